// What is wrong, while one draws: the server's check of the whole draft and the rules about the drawing, on the elements and in a list.
import { structureOf } from "./structure.js";
import { t } from "./texts.js";

const REST = 600;
const ORDER = ["error", "warning", "hint"];
const SIGNS = { error: "circle-alert", warning: "triangle-alert", hint: "info" };
// Said better by the server, which knows how to mend it.
const SAID_TWICE = new Set(["no-disconnected", "end-event-required", "start-event-required", "no-duplicate-sequence-flows", "fake-join"]);

export class Findings {
  constructor({ modeler, server, file, text, host, icon, addressOf }) {
    Object.assign(this, { modeler, server, file, text, host, icon, addressOf, asked: 0, fromServer: [] });
  }

  /** Looks again once nothing has changed for a while. */
  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), REST);
  }

  async look() {
    const number = ++this.asked;
    if (!this.host.hasChildNodes()) this.host.replaceChildren(Object.assign(document.createElement("p"), { className: "panel-empty", textContent: t("Checking …") }));
    const local = await structureOf(this.modeler.getDefinitions()).catch(() => []);
    let isReached = true;
    try {
      this.fromServer = await this.server.findings({ [this.file]: await this.text() });
    } catch {
      isReached = false;
    }
    if (number !== this.asked) return;
    const wrong = new Set(this.fromServer.filter(({ file, severity }) => file === this.file && severity === "error").map(({ element }) => element));
    const own = local.filter(({ element, code }) => !SAID_TWICE.has(code) || !(wrong.has(element) || isReached));
    this.show([...this.fromServer, ...own.map((finding) => ({ ...finding, file: this.file }))], isReached);
  }

  show(found, isReached) {
    const sorted = found.toSorted((one, two) => (two.file === this.file) - (one.file === this.file) || ORDER.indexOf(one.severity) - ORDER.indexOf(two.severity));
    this.mark(sorted.filter(({ file }) => file === this.file));
    this.list(sorted, isReached);
    const errors = sorted.filter(({ severity }) => severity === "error").length;
    this.host.dispatchEvent(new CustomEvent("findings", { bubbles: true, detail: { all: sorted.length, errors, isReached } }));
  }

  /** The drawn element that a finding is about: a process stands for its pool, what is not drawn for the diagram. */
  shapeOf(id) {
    const registry = this.modeler.get("elementRegistry");
    return registry.get(id) ?? registry.find((element) => element.businessObject?.processRef?.id === id && !element.labelTarget);
  }

  mark(found) {
    const overlays = this.modeler.get("overlays");
    overlays.remove({ type: "finding" });
    const byElement = Map.groupBy ? Map.groupBy(found, ({ element }) => element) : grouped(found);
    for (const [id, own] of byElement) {
      const shape = id && this.shapeOf(id);
      if (!shape || shape === this.modeler.get("canvas").getRootElement()) continue;
      const worst = ORDER.find((severity) => own.some((finding) => finding.severity === severity));
      if (worst === "hint") continue;
      const mark = document.createElement("button");
      mark.type = "button";
      mark.className = "finding-mark";
      mark.dataset.severity = worst;
      mark.title = own.map(({ message }) => message).join("\n");
      mark.setAttribute("aria-label", `${shape.businessObject.name ?? id}: ${mark.title}`);
      mark.append(this.icon(SIGNS[worst]));
      mark.addEventListener("click", () => this.host.dispatchEvent(new CustomEvent("finding:open", { bubbles: true, detail: id })));
      const isLine = Boolean(shape.waypoints);
      overlays.add(shape, "finding", { position: isLine ? { top: -26, left: 4 } : { top: -14, right: 14 }, html: mark });
    }
  }

  list(found, isReached) {
    const rows = found.map((finding) => this.row(finding));
    const note = document.createElement("p");
    note.className = "panel-empty";
    note.textContent = isReached ? t("Nothing is wrong with this draft.") : t("The check can't be reached; only what the drawing shows is listed.");
    const list = Object.assign(document.createElement("ul"), { className: "finding-list" });
    list.append(...rows);
    this.host.replaceChildren(...(rows.length && isReached ? [list] : [note, list]));
  }

  row(finding) {
    const isHere = finding.file === this.file;
    const line = document.createElement("li");
    const address = !isHere && this.addressOf(finding.file ?? "");
    const press = document.createElement(address ? "a" : "button");
    if (address) press.href = `${address}${finding.element && finding.file.endsWith(".bpmn") ? `?element=${encodeURIComponent(finding.element)}` : ""}`;
    else press.type = "button";
    press.dataset.severity = finding.severity;
    press.dataset.element = finding.element ?? "";
    const words = Object.assign(document.createElement("span"), { textContent: finding.message });
    press.append(this.icon(SIGNS[finding.severity] ?? "info", t(finding.severity)), words);
    if (finding.mend) press.append(Object.assign(document.createElement("small"), { textContent: finding.mend }));
    if (!isHere) press.append(Object.assign(document.createElement("small"), { textContent: [finding.file, finding.element].filter(Boolean).join(" · ") }));
    if (isHere) press.addEventListener("click", () => this.goTo(finding.element));
    else if (press.tagName === "BUTTON") press.disabled = true;
    line.append(press);
    return line;
  }

  goTo(id) {
    const shape = id && this.shapeOf(id);
    if (!shape) return;
    this.modeler.get("selection").select(shape);
    this.modeler.get("canvas").scrollToElement(shape, { top: 120, bottom: 120, left: 160, right: 160 });
  }
}

function grouped(found) {
  const groups = new Map();
  for (const finding of found) groups.set(finding.element, [...(groups.get(finding.element) ?? []), finding]);
  return groups;
}
