// Expressions while they are typed: the form's fields, their values and the functions are offered, and the server says what is
// wrong. The text field stays what it is: without script it is typed into and checked when it is sent.
import { Server } from "../modeler/server.js";
import { FUNCTIONS } from "../modeler/panel/functions.js";

const TYPING = 350;
const MOST = 8;
const FIELDS = "textarea[data-expression]";
const WORD = /[\p{L}_][\p{L}\p{N}_]*$/u;
// A value is wanted: field = "…, field in ("…, "…
const WANTS_VALUE = /([\p{L}_][\p{L}\p{N}_]*)\s*(?:=|!=|in)\s*\(?(?:\s*"[^"]*"\s*,)*\s*("?)([^"\s,()]*)$/u;

const known = () => JSON.parse(document.getElementById("known-names")?.textContent || "[]");
const starts = (text, typed) => text.toLowerCase().startsWith(typed.toLowerCase());
const has = (text, typed) => text.toLowerCase().includes(typed.toLowerCase());

/** What fits at the caret: {insert, shown, detail, from, back}; `back`: how far the caret goes back after it. */
export function offersAt(text, names, asked) {
  const value = WANTS_VALUE.exec(text);
  const field = value && names.find(({ name, values }) => name === value[1] && values.length);
  if (field) {
    const [, , quote, typed] = value;
    return field.values.filter(({ value: one, label }) => has(one, typed) || has(label, typed))
      .map(({ value: one, label }) => ({ insert: `"${one}"`, shown: `"${one}"`, detail: label, from: text.length - typed.length - quote.length, back: 0 }));
  }
  const typed = WORD.exec(text)?.[0] ?? "";
  if ((!typed && !asked) || (text.match(/"/g) ?? []).length % 2) return [];
  const from = text.length - typed.length;
  const fields = names.filter(({ name, label }) => has(name, typed) || has(label, typed)).toSorted((one, two) => starts(two.name, typed) - starts(one.name, typed))
    .map(({ name, label }) => ({ insert: name, shown: name, detail: label, from, back: 0 }));
  const functions = typed ? FUNCTIONS.filter(([name]) => starts(name, typed))
    .map(([name, ...params]) => ({ insert: `${name}()`, shown: `${name}(${params.join(", ")})`, detail: "", from, back: params.length ? 1 : 0 })) : [];
  return [...fields, ...functions].filter(({ insert }) => insert !== typed);
}

class Expression {
  constructor(area) {
    this.area = area;
    this.offers = [];
    this.list = Object.assign(document.createElement("ul"), { className: "expression-offers", id: `${area.id}-offers`, hidden: true });
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", document.getElementById("known-names")?.dataset.label ?? "");
    this.faults = Object.assign(document.createElement("div"), { className: "expression-faults", id: `${area.id}-faults` });
    this.faults.setAttribute("role", "status");
    area.after(this.list, this.faults);
    area.setAttribute("aria-autocomplete", "list");
    area.setAttribute("aria-controls", this.list.id);
    area.setAttribute("aria-describedby", `${area.getAttribute("aria-describedby") ?? ""} ${this.faults.id}`.trim());
    area.addEventListener("input", () => { this.offer(); this.checkLater(); });
    area.addEventListener("keydown", (event) => this.key(event));
    area.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", ({ target }) => { const row = target.closest("li"); if (row) this.take(Number(row.dataset.at)); });
  }

  offer(asked = false) {
    this.names = known();
    const { selectionStart: at, selectionEnd: end, value } = this.area;
    this.offers = at === end ? offersAt(value.slice(0, at), this.names, asked).slice(0, MOST) : [];
    this.list.replaceChildren(...this.offers.map(({ shown, detail }, at) => {
      const row = Object.assign(document.createElement("li"), { id: `${this.list.id}-${at}` });
      row.setAttribute("role", "option");
      row.dataset.at = at;
      row.append(Object.assign(document.createElement("code"), { textContent: shown }), Object.assign(document.createElement("span"), { textContent: detail }));
      return row;
    }));
    this.list.hidden = this.offers.length === 0;
    this.list.style.top = `${this.area.offsetTop + this.area.offsetHeight + 2}px`; // below the field, which must stay to be seen
    this.choose(0);
  }

  choose(at) {
    this.at = at;
    [...this.list.children].forEach((row, number) => row.setAttribute("aria-selected", String(number === at)));
    const row = this.list.children[at];
    if (row && !this.list.hidden) this.area.setAttribute("aria-activedescendant", row.id);
    else this.area.removeAttribute("aria-activedescendant");
    row?.scrollIntoView?.({ block: "nearest" });
  }

  close() {
    this.list.hidden = true;
    this.area.removeAttribute("aria-activedescendant");
  }

  key(event) {
    if (event.isComposing) return;
    if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      this.offer(true);
      return;
    }
    if (this.list.hidden) return;
    const count = this.offers.length;
    const act = {
      ArrowDown: () => this.choose((this.at + 1) % count), ArrowUp: () => this.choose((this.at + count - 1) % count),
      Enter: () => this.take(this.at), Escape: () => this.close(), // Tab leaves the field, as it does everywhere
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  take(at) {
    const { insert, from, back } = this.offers[at];
    this.area.setRangeText(insert, from, this.area.selectionEnd, "end");
    this.area.selectionStart = this.area.selectionEnd -= back;
    this.close();
    this.checkLater();
  }

  checkLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), TYPING);
  }

  async check() {
    const text = this.area.value;
    const names = (this.names ?? known()).map(({ name, type }) => ({ name, type }));
    const found = text.trim() ? await new Server(document.getElementById("designer").dataset.draft).feel(text, names).catch(() => null) : [];
    if (!found || this.area.value !== text || !this.area.isConnected) return; // a late answer is about a text that stands there no more
    const said = document.getElementById(`${this.area.id}-findings`);
    if (said) said.hidden = true; // what was found in the text of before
    this.area.setAttribute("aria-invalid", String(found.some(({ severity }) => severity === "error")));
    this.faults.replaceChildren(...found.map(({ message, severity }) => {
      const line = Object.assign(document.createElement("p"), { className: "finding", textContent: message });
      line.dataset.kind = severity === "error" ? "danger" : "warn";
      return line;
    }));
  }
}

const made = new WeakSet();
document.addEventListener("focusin", ({ target }) => {
  if (!target.matches?.(FIELDS) || target.disabled || made.has(target)) return;
  made.add(target);
  new Expression(target);
});
