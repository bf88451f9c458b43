// The page of the modeler: <div class="modeler" data-address="/studio/drafts/…" data-file="…" data-may-change> and its parts.
import { COLOURS, Diagram, makeCanvas } from "./canvas.js";
import credit from "../../credit-moddle.json";
import { settleConflict } from "./conflict.js";
import { Findings } from "./findings.js";
import { showLanguage } from "./label-language.js";
import { translateLate } from "./late-words.js";
import { Outline } from "./outline.js";
import { showPresence } from "./presence.js";
import { Saving } from "./saving.js";
import { Server } from "./server.js";
import { language, loadTexts, t, translateModule } from "./texts.js";
import { bindToolbar } from "./toolbar.js";
import Modeler from "bpmn-js/lib/Modeler";

const host = document.querySelector(".modeler");
const { address, file, mayChange, texts, layout, simulation } = host.dataset;
const server = new Server(address);
const isNarrow = matchMedia("(max-width: 760px)").matches;
const EMPTY = { forms: [], groups: [], users: [], positions: [], branches: [], delegates: [], decisions: [], rules: [], steps: [], processes: [], moves: [], documents: [] };

const find = (selector) => document.querySelector(selector);
const EDITORS = { bpmn: "diagram", dmn: "table", form: "form" };
const addressOf = (name) => { const editor = EDITORS[name.split(".").pop()]; return editor ? `${address}/${editor}/${name}` : ""; };
const toast = (text, kind) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind } }));

/** An icon of the page's sprite; the template shows where it lies. */
function icon(name, label) {
  const made = find("#icon-mould").content.firstElementChild.cloneNode(true);
  made.firstElementChild.setAttribute("href", made.firstElementChild.getAttribute("href").replace(/#.*/, `#${name}`));
  if (label) {
    made.removeAttribute("aria-hidden");
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", label);
  }
  return made;
}

function tell(state, sentence) {
  const place = find("#save-state");
  place.dataset.state = state;
  place.querySelector("span").textContent = sentence;
}

function fail(error) {
  tell("refused", t("The diagram can't be shown: {reason}", { reason: error.message }));
  host.dataset.drawn = "failed";
  console.error(error);
}

async function onlyOutline() {
  const { text } = await begun;
  await new Outline({ host: find("#outline"), server, file, text: async () => text }).look();
  find("#outline").hidden = false;
}

async function everything() {
  // The panel asks for choices only when something is selected: the picture need not wait for them.
  const settings = { host: find("#panel"), catalogue: { ...EMPTY }, server, file, isReadOnly: !mayChange };
  const modeler = makeCanvas(find("#canvas"), settings, !mayChange);
  const layOut = async (text) => (await import(layout)).layOut(text, { credit });
  const diagram = new Diagram(modeler, layOut);
  settings.text = () => diagram.text();
  const fetchChoices = () => server.catalogue().then((catalogue) => { Object.assign(settings.catalogue, catalogue); modeler.get("eventBus").fire("panel.refresh"); });
  fetchChoices().catch(() => toast(t("The choices could not be fetched. Reload the page to try again."), "warn"));

  const saving = new Saving({ server, file, diagram, tell, toast, settleConflict: settleConflict(find("#conflict"), { server, files: JSON.parse(host.dataset.files), reload: () => open(), toast }) });
  settings.addFile = async (name, content) => {
    try {
      await saving.addFile(name, content);
      await fetchChoices();
      return true;
    } catch (error) {
      toast(error.message, "danger");
      return false;
    }
  };
  const findings = new Findings({ modeler, server, file, text: () => diagram.text(), host: find("#finding-list"), icon, addressOf });
  const outline = new Outline({ host: find("#outline"), server, file, text: () => diagram.text(), choose: (id) => findings.goTo(id) });

  async function open(asked = server.read(file)) {
    const { text, digest } = await asked;
    saving.digest = digest;
    await diagram.open(text);
    tell(mayChange ? "saved" : "read_only", mayChange ? t("Everything is saved") : t("Read only"));
    if (diagram.warnings.length) toast(t("Some parts of the file could not be read: {what}", { what: diagram.warnings.map(({ message }) => message).slice(0, 3).join("; ") }), "warn");
    if (diagram.isLaidOut && mayChange) saving.touch();
    findings.look();
    outline.later();
  }

  modeler.on("commandStack.changed", ({ trigger }) => {
    if (trigger === "clear") return;
    saving.touch();
    findings.later();
    outline.later();
  });
  bindToolbar(find("#toolbar"), modeler, { save: () => askForNote(saving), simulate: () => toggleSimulation(diagram) });
  bindTabs();
  nameCanvas();
  speakInMenus(find("#canvas"));
  await open(begun);
  const wanted = new URLSearchParams(location.search).get("element");
  if (wanted) findings.goTo(wanted);
  Object.assign(host, { modeler, diagram, saving });
}

function nameCanvas() {
  const svg = find("#canvas .djs-container svg");
  svg.setAttribute("role", "application");
  svg.setAttribute("aria-label", t("Diagram. Press ? for the keys."));
  find("#to-canvas")?.addEventListener("click", (event) => {
    event.preventDefault();
    svg.focus();
  });
}

// An Enter that ends the composing of a Chinese word is no choice in a menu; and the menus count in English.
function speakInMenus(canvas) {
  canvas.addEventListener("keydown", (event) => event.isComposing && event.stopPropagation(), true);
  translateLate(canvas, (words) => {
    const [, number] = /^(\d+) results? found$/.exec(words) ?? [];
    return number && t("{number} found", { number });
  });
}

function bindTabs() {
  document.addEventListener("findings", ({ detail }) => {
    const tab = find('[data-tabs] a[href="#findings"]');
    const count = tab.querySelector(".count") ?? tab.appendChild(Object.assign(document.createElement("span"), { className: "count" }));
    count.textContent = detail.all;
    count.hidden = detail.all === 0;
    count.dataset.errors = detail.errors;
    host.dataset.checked = String(detail.errors);
  });
  document.addEventListener("finding:open", () => find('[data-tabs] a[href="#findings"]').click());
}

/** Ctrl+S: what was changed may be noted; an empty note saves all the same. */
function askForNote(saving) {
  if (!mayChange) return;
  const dialog = find("#note");
  dialog.showModal();
  dialog.querySelector("textarea").value = "";
  dialog.querySelector("form").onsubmit = (event) => {
    event.preventDefault();
    dialog.close();
    saving.save(dialog.querySelector("textarea").value.trim());
  };
}

let endSimulation = null;

async function toggleSimulation(diagram) {
  const stage = find("#simulation");
  const button = find('[data-act="simulate"]');
  if (endSimulation) {
    endSimulation();
    endSimulation = null;
    stage.replaceChildren();
  } else {
    find("#simulation-style").media = "all";
    const { simulate } = await import(simulation);
    stage.hidden = false;
    const options = { bpmnRenderer: COLOURS, moddleExtensions: { credit }, additionalModules: [translateModule], textRenderer: { defaultStyle: { fontFamily: getComputedStyle(stage).fontFamily } } };
    endSimulation = await simulate(Modeler.NavigatedViewer, stage, await diagram.text(), { options, t });
  }
  stage.hidden = !endSimulation;
  host.classList.toggle("simulating", Boolean(endSimulation));
  button.setAttribute("aria-pressed", String(Boolean(endSimulation)));
}

const begun = server.read(file);
begun.catch(() => {}); // said where it is awaited
await loadTexts(texts);
showLanguage(language);
showPresence(find("#presence"), server, file);
await (isNarrow ? onlyOutline() : everything()).then(() => { host.dataset.drawn = "yes"; }, fail);
