// The page of a decision table: the editor, saving, what the check says, trying. mount(element) is called when it comes into view.
import { Server } from "../modeler/server.js";
import { Editor } from "./editor.js";
import { Findings } from "./findings.js";
import { Saving } from "./saving.js";
import { Trying } from "./trying.js";
import { loadWords } from "./words.js";

const PAUSE = 500;
const PRESENCE = 20000;

export async function mount(page) {
  const words = JSON.parse(page.querySelector("script[type='application/json']").textContent);
  await loadWords(page.dataset.words);
  const desk = new Desk(page, words);
  await desk.begin();
}

class Desk {
  constructor(page, words) {
    const part = (name) => page.querySelector(`[data-${name}]`);
    Object.assign(this, { page, words, part, decisions: [] });
    this.server = new Server(page.dataset.draft);
    this.state = document.getElementById("table-state");
    this.editor = new Editor(part("canvas"), { changed: () => this.changed(), shown: () => this.shown() });
    this.findings = new Findings({ canvas: part("canvas"), list: part("findings"), editor: this.editor, words });
    this.saving = new Saving({ server: this.server, file: page.dataset.name, editor: this.editor, tell: (...said) => this.tell(...said), ask: (said) => this.settle(said) });
    this.trying = new Trying({ form: part("try-form"), fields: part("try-fields"), result: part("try-result"), words, ask: (decision, values) => this.attempt(decision, values), fired: (rules) => this.findings.fire(rules), show: (decision, rule) => this.editor.show(decision, rule) });
    document.addEventListener("click", ({ target }) => this.act(target.closest("[data-table-act]")?.dataset.tableAct));
    document.addEventListener("keydown", (event) => this.key(event));
  }

  async begin() {
    const text = await this.saving.read();
    await this.editor.open(text);
    await this.check(text);
    this.page.dataset.opened = "";
    const look = () => { if (!document.hidden) this.look(); };
    look();
    setInterval(look, PRESENCE);
  }

  tell(word, kind, more = "") {
    this.state.textContent = [this.words[word], more].filter(Boolean).join(": ");
    this.state.dataset.kind = kind;
  }

  act(name) {
    if (name === "save") this.saving.save();
    else if (name === "undo") this.editor.undo();
    else if (name === "redo") this.editor.redo();
  }

  /** Undo and redo wherever the reader is on the page, except in the fields of the trial. */
  key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.defaultPrevented || event.target.closest?.("[data-try-form], input, textarea, [contenteditable]")) return;
    const key = event.key.toLowerCase();
    const wanted = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : "";
    if (!wanted) return;
    event.preventDefault();
    this.act(wanted);
  }

  changed() {
    this.saving.touch();
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => this.check(await this.editor.text()), PAUSE);
  }

  async check(xml) {
    const asked = (this.asked = (this.asked ?? 0) + 1);
    const said = await this.server.json(`table-check/${this.page.dataset.name}`, { xml }).catch((fault) => ({ fault: fault.message, findings: [], decisions: this.decisions }));
    if (asked !== this.asked) return;
    this.decisions = said.decisions;
    this.findings.show(said.findings, said.fault);
    if (said.html !== undefined) this.part("text").innerHTML = said.html;
    this.offer();
  }

  async attempt(decision, values) {
    return this.server.json(`table-try/${this.page.dataset.name}`, { xml: await this.editor.text(), decision, values }).catch((fault) => ({ fault: fault.message, value: null, rules: [] }));
  }

  /** Another view is shown: the tabs, the trial and the marks follow it. */
  shown() {
    const tabs = this.editor.views(this.words.overview).map(({ view, name, active }) => {
      const tab = Object.assign(document.createElement("a"), { href: "#", textContent: name });
      if (active) tab.setAttribute("aria-current", "page");
      tab.addEventListener("click", (event) => { event.preventDefault(); this.editor.modeler.open(view); });
      return tab;
    });
    this.part("views").replaceChildren(...tabs);
    this.offer();
    requestAnimationFrame(() => { this.findings.paint(); this.findings.place(); });
  }

  offer() {
    const active = this.editor.views("").find((one) => one.active);
    this.trying.offer(this.decisions.find(({ id }) => id === active?.id) ?? this.decisions[0]);
  }

  async look() {
    const others = await this.server.presence(this.page.dataset.name).catch(() => []);
    const place = document.querySelector("[data-presence]");
    place.textContent = others.length ? this.words.here.replace("{names}", others.map(({ name }) => name).join(", ")) : "";
  }

  /** Two states of one table: shows who and when, and waits for a choice. */
  settle(said) {
    const dialog = document.getElementById("table-conflict");
    dialog.querySelector("[data-sentence]").textContent = said.sentence;
    dialog.showModal();
    return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }));
  }
}
