// The row to try a decision with: a field for each value it needs, the answer, and the rules that fired.
export class Trying {
  constructor({ form, fields, result, words, ask, fired, show }) {
    Object.assign(this, { fields, result, words, ask, fired, show, typed: {}, decision: null });
    form.addEventListener("input", ({ target }) => { this.typed[target.name] = target.value; });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.run();
    });
  }

  /** The decision that is shown now; what was typed stays with the name of the value. */
  offer(decision) {
    const same = JSON.stringify(decision?.variables) === JSON.stringify(this.decision?.variables);
    this.decision = decision;
    if (same && this.fields.dataset.of === decision?.id) return;
    this.fields.dataset.of = decision?.id ?? "";
    this.fields.replaceChildren(...(decision?.variables ?? []).map((one) => this.field(one)));
    this.result.replaceChildren();
    this.fired([]);
  }

  field({ name, label, type, choices }) {
    const field = Object.assign(document.createElement("label"), { className: "field" });
    field.append(Object.assign(document.createElement("span"), { className: "field-label", textContent: label }));
    const offered = type === "boolean" ? ["true", "false"] : choices;
    const input = document.createElement(offered.length && type ? "select" : "input");
    if (input.tagName === "SELECT") input.append(...["", ...offered].map((value) => new Option(value, value)));
    else Object.assign(input, { autocomplete: "off", inputMode: type === "number" ? "decimal" : "text" });
    Object.assign(input, { name, value: this.typed[name] ?? "" });
    field.append(input, Object.assign(document.createElement("span"), { className: "hint", textContent: [name, type].filter(Boolean).join(" · ") }));
    return field;
  }

  async run() {
    if (!this.decision) return;
    const values = Object.fromEntries([...this.fields.querySelectorAll("[name]")].map(({ name, value }) => [name, value]));
    this.tell(await this.ask(this.decision.id, values));
  }

  tell({ fault, value, rules }) {
    const line = (words, text, kind) => {
      const one = Object.assign(document.createElement("p"), { className: kind ? "finding" : "" });
      if (kind) one.dataset.kind = kind;
      if (words) one.append(Object.assign(document.createElement("strong"), { textContent: `${words}: ` }));
      one.append(text);
      return one;
    };
    if (fault) {
      this.fired([]);
      return this.result.replaceChildren(line("", fault, "danger"));
    }
    const shown = typeof value === "string" ? value : JSON.stringify(value);
    const named = rules.map((one) => this.rule(one));
    const fired = Object.assign(document.createElement("p"), {});
    fired.append(Object.assign(document.createElement("strong"), { textContent: `${this.words.rules}: ` }), ...(named.length ? named : [this.words.none]));
    this.result.replaceChildren(line(this.words.result, Object.assign(document.createElement("output"), { textContent: shown }), ""), fired);
    this.fired(rules.map(({ id }) => id).filter(Boolean));
  }

  rule({ decision, rule, id }) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button small quiet", textContent: `${rule}${decision === this.decision.id ? "" : ` (${decision})`}` });
    button.addEventListener("click", () => this.show(decision, id));
    return button;
  }
}
