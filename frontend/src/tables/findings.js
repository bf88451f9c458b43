// What the check says, at the cell: a mark in its corner with the sentence, and the list of all below. The marks lie over the
// editor and follow its cells, because the library draws these anew whenever it likes.
const sheet = new CSSStyleSheet();
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

const kindOf = ({ severity }) => (severity === "error" ? "danger" : "warn");
const placeOf = ({ cell, rule }) => cell || rule;

export class Findings {
  constructor({ canvas, list, editor, words }) {
    Object.assign(this, { canvas, list, editor, words, found: [], fired: [] });
    this.layer = Object.assign(document.createElement("div"), { className: "cell-marks" });
    this.told = Object.assign(document.createElement("div"), { className: "cell-told", popover: "auto" });
    this.told.setAttribute("popover", "auto");
    canvas.append(this.layer, this.told);
    const later = () => { cancelAnimationFrame(this.frame); this.frame = requestAnimationFrame(() => this.place()); };
    new MutationObserver((changes) => { if (changes.some(({ target }) => !this.layer.contains(target) && !this.told.contains(target))) later(); }).observe(canvas, { childList: true, subtree: true, attributes: true, characterData: true });
    new ResizeObserver(later).observe(canvas);
    canvas.addEventListener("scroll", later, true);
  }

  show(found, fault) {
    this.found = found;
    this.paint();
    this.write(fault);
    this.place();
  }

  /** Marks the cells of the rules that fired in a trial. */
  fire(rules) {
    this.fired = rules;
    this.paint();
  }

  cellOf(id) {
    return this.canvas.querySelector(`[data-element-id="${CSS.escape(id)}"]`);
  }

  paint() {
    const cells = this.fired.flatMap((id) => [...(this.cellOf(id)?.closest("tr")?.querySelectorAll("[data-element-id]") ?? [])].map((one) => one.dataset.elementId));
    const rule = (id, look, of = "") => `.table-canvas ${of}[data-element-id="${CSS.escape(id)}"] { ${look} }`;
    const marked = this.found.filter(placeOf).map((one) => rule(placeOf(one), `box-shadow: inset 0 0 0 2px var(--mark-${kindOf(one)}) !important`, one.cell ? "" : ".rule-index"));
    sheet.replaceSync([...cells.map((id) => rule(id, "background: var(--mark-fired) !important")), ...marked].join("\n"));
  }

  place() {
    const frame = this.canvas.getBoundingClientRect();
    const byCell = Map.groupBy ? Map.groupBy(this.found.filter(placeOf), placeOf) : grouped(this.found.filter(placeOf));
    this.layer.replaceChildren(...[...byCell].flatMap(([id, several]) => {
      const box = this.cellOf(id)?.getBoundingClientRect();
      if (!box || box.right < frame.left || box.left > frame.right || box.bottom < frame.top || box.top > frame.bottom) return [];
      const mark = Object.assign(document.createElement("button"), { type: "button", className: "cell-mark", textContent: "!" });
      mark.dataset.kind = several.some(({ severity }) => severity === "error") ? "danger" : "warn";
      mark.title = several.map(({ message }) => message).join("\n");
      mark.setAttribute("aria-label", `${this.words.finding}: ${mark.title}`);
      mark.style.left = `${box.right - frame.left - 19}px`;
      mark.style.top = `${box.top - frame.top + 2}px`;
      mark.addEventListener("click", () => this.tell(mark, several));
      return [mark];
    }));
  }

  tell(mark, several) {
    this.told.replaceChildren(...several.map((one) => this.sentence(one, false)));
    const box = mark.getBoundingClientRect();
    this.told.showPopover();
    this.told.style.left = `${Math.max(8, Math.min(box.left, innerWidth - 340))}px`;
    this.told.style.top = `${box.bottom + 4}px`;
  }

  write(fault) {
    const lines = this.found.map((one) => this.sentence(one, true));
    if (fault) lines.unshift(this.sentence({ severity: "error", message: fault }, false));
    if (!lines.length) lines.push(Object.assign(document.createElement("p"), { className: "muted", textContent: this.words.fine }));
    this.list.replaceChildren(...lines);
  }

  sentence(one, leads) {
    const line = Object.assign(document.createElement("p"), { className: "finding" });
    line.dataset.kind = kindOf(one);
    line.append(Object.assign(document.createElement("strong"), { textContent: this.words[kindOf(one)] }), Object.assign(document.createElement("span"), { textContent: one.message }));
    if (leads && (placeOf(one) || one.decision)) line.append(this.press(this.words.goto, () => this.editor.show(one.decision, placeOf(one))));
    if (leads && one.example?.length) line.append(this.press(this.words.add_rule, async () => { await this.editor.show(one.decision); this.editor.addRule(one.example); }));
    return line;
  }

  press(words, act) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button small quiet", textContent: words });
    button.addEventListener("click", act);
    return button;
  }
}

function grouped(several) {
  const found = new Map();
  for (const one of several) found.set(placeOf(one), [...(found.get(placeOf(one)) ?? []), one]);
  return found;
}
