// The buttons above the canvas. Each has a key of its own on the canvas too; the list of them is behind "?".
import { showLanguage, shownLanguage } from "./label-language.js";

const isTyping = (target) => target.closest?.("input, textarea, select, [contenteditable=true], .cm-editor, dialog");

export function bindToolbar(bar, modeler, { save, simulate }) {
  const get = (name) => modeler.get(name);
  const acts = {
    undo: () => get("commandStack").undo(),
    redo: () => get("commandStack").redo(),
    "zoom-in": () => get("zoomScroll").stepZoom(1),
    "zoom-out": () => get("zoomScroll").stepZoom(-1),
    fit: () => get("canvas").zoom("fit-viewport", "auto"),
    find: () => get("searchPad").toggle(),
    minimap: () => get("minimap").toggle(),
    align: (button) => openAlignment(modeler, button),
    save,
    simulate,
    "show-help": (button) => {
      const shows = document.querySelector(".modeler").classList.toggle("without-help");
      button.setAttribute("aria-pressed", String(!shows));
      localStorage.setItem("modeler-help", shows ? "off" : "on");
    },
  };
  bar.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button && acts[button.dataset.act]) acts[button.dataset.act](button);
  });
  const button = (act) => bar.querySelector(`[data-act="${act}"]`);
  if (localStorage.getItem("modeler-help") === "off") acts["show-help"](button("show-help"));
  const refresh = () => {
    for (const [act, may] of [["undo", get("commandStack").canUndo()], ["redo", get("commandStack").canRedo()]]) if (button(act)) button(act).disabled = !may;
  };
  modeler.on(["commandStack.changed", "import.done"], refresh);
  modeler.on("selection.changed", ({ newSelection }) => { if (button("align")) button("align").disabled = newSelection.length < 2; });
  modeler.on("minimap.toggle", ({ open }) => button("minimap")?.setAttribute("aria-pressed", String(open)));
  bindLanguage(document.querySelector("select[data-names]"), modeler);
  bindKeys(acts);
  refresh();
}

function openAlignment(modeler, button) {
  const chosen = modeler.get("selection").get();
  if (chosen.length < 2) return;
  const box = button.getBoundingClientRect();
  modeler.get("popupMenu").open(chosen, "align-elements", { x: box.left, y: box.bottom + 4, cursor: { x: box.left, y: box.bottom + 4 } });
}

/** The names on the canvas in another language; nothing in the diagram changes by it. */
function bindLanguage(choice, modeler) {
  if (!choice) return;
  choice.value = shownLanguage();
  choice.addEventListener("change", () => {
    showLanguage(choice.value);
    redraw(modeler);
  });
}

export function redraw(modeler) {
  const graphics = modeler.get("graphicsFactory");
  const registry = modeler.get("elementRegistry");
  registry.forEach((element) => {
    if (element.parent) graphics.update(element.waypoints ? "connection" : "shape", element, registry.getGraphics(element));
  });
  modeler.get("eventBus").fire("panel.refresh");
}

// Undo and redo work wherever the person is, as long as he is not typing: the library binds them to the canvas alone.
function bindKeys(acts) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || !(event.ctrlKey || event.metaKey) || isTyping(event.target) || event.target.closest?.(".djs-container")) return;
    const key = event.key.toLowerCase();
    if (key === "z" || key === "y") {
      event.preventDefault();
      acts[key === "y" || event.shiftKey ? "redo" : "undo"]();
    }
  });
}
