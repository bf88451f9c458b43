// The kinds of entries that the panel is made of. A group says what is read and written; how it looks stands here.
import { CheckboxEntry, CollapsibleEntry, Group, ListGroup, SelectEntry, TextAreaEntry, TextFieldEntry } from "@bpmn-io/properties-panel";
import { semanticOf } from "../model.js";
import { language, t } from "../texts.js";
import { Choices } from "./choices.jsx";
import { Duration } from "./duration.jsx";
import { Expression } from "./expression.jsx";
import { Suggested } from "./suggested.jsx";

/** What groups work with: the element, what may be chosen, and makers of entries. */
export class Fields {
  constructor(element, injector, { catalogue, server, file, isReadOnly, text, addFile }) {
    this.element = element;
    this.semantic = semanticOf(element);
    this.model = injector.get("model");
    this.modeling = injector.get("modeling");
    this.commandStack = injector.get("commandStack");
    this.language = language;
    this.debounce = injector.get("debounceInput");
    this.asks = { server, file, text };
    Object.assign(this, { injector, catalogue, isReadOnly, addFile });
  }

  t(sentence, facts) {
    return t(sentence, facts);
  }

  /** The rules that find people: {key, label, kind, help}. */
  rules() {
    return (this.catalogue.candidate_rules ?? this.catalogue.rules ?? []).map((rule) => ({ ...rule, kind: rule.kind ?? rule.value_kind }));
  }

  /** Every station that may be named: those drawn here first, then those of the draft's other diagrams. */
  stations() {
    const here = this.model.stations().map(({ id, name }) => ({ key: id, label: name }));
    const others = (this.catalogue.steps ?? []).filter(({ id, file }) => file !== this.asks.file && !here.some(({ key }) => key === id));
    return [...here, ...others.map(({ id, label }) => ({ key: id, label }))];
  }

  decisions() {
    return this.catalogue.decisions.map(({ id, name }) => ({ key: id, label: name && name !== id ? `${name} (${id})` : id }));
  }

  /** The props that every entry has; `help` stands under it. */
  entry(component, { id, label, help, get, set, ...more }) {
    return {
      component, id, label: t(label), element: this.element, description: help ? t(help) : undefined, disabled: this.isReadOnly,
      getValue: get, setValue: (value) => { if (!this.isReadOnly) set(value); }, debounce: this.debounce, translate: t,
      isEdited: () => { const value = get?.(); return Array.isArray(value) ? value.length > 0 : Boolean(value); }, ...more,
    };
  }

  text(settings) {
    return this.entry(settings.lines ? TextAreaEntry : TextFieldEntry, { ...settings, ...(settings.lines ? { rows: settings.lines, monospace: settings.monospace } : {}), placeholder: settings.placeholder });
  }

  /** A word out of `options` ({key, label}); `usual` is the word that saying nothing means. What nobody knows stays to be seen. */
  select({ options, blank = "–", usual, ...asked }) {
    const settings = { ...asked, get: () => (asked.get() === usual ? "" : asked.get()) };
    const known = options.map(({ key, label }) => ({ value: key, label: label && label !== key ? label : key }));
    const getOptions = () => {
      const value = settings.get() ?? "";
      const strange = value && !known.some((option) => option.value === value) ? [{ value, label: t("{value} (unknown)", { value }) }] : [];
      return [...(blank === null ? [] : [{ value: "", label: t(blank) }]), ...known, ...strange];
    };
    return this.entry(SelectEntry, { ...settings, get: () => settings.get() ?? "", set: (value) => settings.set(value || undefined), getOptions });
  }

  tick(settings) {
    return this.entry(CheckboxEntry, { ...settings, get: () => Boolean(settings.get()) });
  }

  /** Several out of many, kept as words with blanks between them. */
  choices({ get, set, ...settings }) {
    const words = () => (get() ?? "").split(/\s+/).filter(Boolean);
    return this.entry(Choices, { ...settings, get: words, set: (chosen) => set(chosen.join(" ") || undefined) });
  }

  duration(settings) {
    return this.entry(Duration, settings);
  }

  expression(settings) {
    return this.entry(Expression, { ...settings, asks: this.asks });
  }

  /** Free text with what is known offered. */
  suggested({ options, ...settings }) {
    return this.entry(Suggested, { ...settings, options });
  }

  group(id, label, entries, more = {}) {
    const shown = entries.flat().filter(Boolean);
    return shown.length ? { id, label: t(label), component: Group, entries: shown, translate: t, ...more } : null;
  }

  /** A list of things of one kind: items {id, label, entries, remove}, add. */
  list(id, label, items, add, help) {
    const shown = items.map((item) => ({ ...item, entries: item.entries.flat().filter(Boolean), remove: this.isReadOnly ? undefined : stopping(item.remove) }));
    return { id, label: t(label), component: ListGroup, items: shown, add: this.isReadOnly ? undefined : stopping(add), translate: t, tooltip: help ? t(help) : undefined };
  }

  /** Entries that open and close inside a group. */
  inner(id, label, entries, remove) {
    return { id, component: CollapsibleEntry, label, entries: entries.flat().filter(Boolean), remove: this.isReadOnly || !remove ? undefined : stopping(remove), translate: t, element: this.element };
  }

  /** Reads and writes one attribute of the extension part `type` of the element. */
  attribute(type, name, fallback) {
    const owner = this.semantic;
    return {
      get: () => this.part(type)?.get(name) ?? fallback,
      set: (value) => this.model.edit(this.element, owner, type, (made) => made.set(name, value === "" || value === false || value === fallback ? undefined : value)),
    };
  }

  part(type) {
    return this.semantic.extensionElements?.values?.find((value) => value.$type === type);
  }

  /** Reads and writes one attribute of a child of the extension part `type`, as `credit:deadline` in `credit:step`. */
  inside(type, child, childType, name) {
    return {
      get: () => this.part(type)?.get(child)?.get(name),
      set: (value) => this.model.edit(this.element, this.semantic, type, (made) => {
        const own = made.get(child) ?? this.model.create(childType, {}, made);
        own.set(name, value === "" || value === false ? undefined : value);
        made.set(child, Object.keys(own).some((key) => own[key] !== undefined && !key.startsWith("$")) ? own : undefined);
      }),
    };
  }
}

function stopping(work) {
  return work && ((event) => {
    event?.stopPropagation?.();
    work();
  });
}
