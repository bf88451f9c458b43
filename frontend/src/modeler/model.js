// Reading and changing what a diagram says: the credit: parts of an element are changed on a copy that is put in place as one
// command, so every change can be undone and nothing that is not understood is lost.
import { getBusinessObject, is } from "bpmn-js/lib/util/ModelUtil";
import { isLabelExternal } from "bpmn-js/lib/util/LabelUtil";
import { BASE, getLabel, inLanguage, nameIn } from "./label-language.js";

export { getBusinessObject as semanticOf, is };

/** The extension part of one type ("credit:Step") of a model element, or undefined. */
export function part(owner, type) {
  return owner?.extensionElements?.values?.find((value) => value.$type === type);
}

/** A copy of a model element with all that it contains; what is referred to stays the same object. */
export function copyOf(source, parent) {
  if (!source?.$descriptor || source.$descriptor.isGeneric) return source;
  const copy = source.$model.create(source.$type);
  for (const property of source.$descriptor.properties) {
    if (property.isVirtual || !Object.hasOwn(source, property.ns.localName)) continue;
    const value = source[property.ns.localName];
    if (property.isReference) copy[property.ns.localName] = value;
    else copy[property.ns.localName] = Array.isArray(value) ? value.map((one) => copyOf(one, copy)) : copyOf(value, copy);
  }
  Object.assign(copy.$attrs, source.$attrs);
  copy.$parent = parent;
  return copy;
}

/** Whether nothing is said in an element: no attribute and no child. */
export function saysNothing(element) {
  return Object.keys(element.$attrs ?? {}).length === 0
    && element.$descriptor.properties.every((property) => {
      const value = Object.hasOwn(element, property.ns.localName) ? element[property.ns.localName] : undefined;
      return value === undefined || (Array.isArray(value) && value.length === 0);
    });
}

export class Model {
  constructor(eventBus, modeling, commandStack, moddle, elementRegistry) {
    Object.assign(this, { modeling, commandStack, moddle, elementRegistry });
    eventBus.on("diagram.init", () => commandStack.registerHandler("studio.several", Several));
  }

  /** Several changes that are undone together. */
  several(work) {
    this.commandStack.execute("studio.several", { work });
  }

  /** Sets attributes of any model element that belongs to a shape. */
  set(element, target, values) {
    this.modeling.updateModdleProperties(element, target, values);
  }

  create(type, values = {}, parent = undefined) {
    const made = this.moddle.create(type, values);
    made.$parent = parent;
    return made;
  }

  /** Changes the extension part `type` of `owner`: `change(part)` gets a copy to work on. What says nothing afterwards goes. */
  edit(element, owner, type, change, { keepEmpty = false } = {}) {
    const before = owner.extensionElements?.values ?? [];
    const old = part(owner, type);
    const made = old ? copyOf(old) : this.moddle.create(type);
    change(made);
    const keeps = keepEmpty || !saysNothing(made);
    const others = keeps ? before.map((value) => (value === old ? made : value)) : before.filter((value) => value !== old);
    this.replace(element, owner, keeps && !old ? [...others, made] : others);
  }

  /** Puts a list of extension parts in the place of those that are there. */
  replace(element, owner, values) {
    const extension = values.length ? this.create("bpmn:ExtensionElements", { values }, owner) : undefined;
    for (const value of values) value.$parent = extension;
    this.set(element, owner, { extensionElements: extension });
  }

  /** Gives an element its name in one language; the drawn label follows. */
  rename(element, language, text) {
    const semantic = getBusinessObject(element);
    const rest = language === BASE ? "" : semantic.name;
    if (!text && rest) this.relabel(element, semantic, language, "");
    else inLanguage(language, () => this.modeling.updateLabel(element, text));
    if (isLabelExternal(semantic) && !element.label && getLabel(element)) this.modeling.updateLabel(element, nameIn(semantic, BASE));
  }

  /** The credit:label of any model element, drawn or not. */
  relabel(element, owner, language, text) {
    const others = (owner.extensionElements?.values ?? []).filter((value) => value.$type !== "credit:Label" || value.lang !== language);
    const last = others.findLastIndex((value) => value.$type === "credit:Label") + 1;
    const label = text ? [this.create("credit:Label", { lang: language, text })] : [];
    this.replace(element, owner, [...others.slice(0, last), ...label, ...others.slice(last)]);
  }

  /** Every station of the diagram: {id, name}, in the order of the file. */
  stations() {
    const found = this.elementRegistry.filter((element) => !element.labelTarget && isStation(element));
    return found.map((element) => ({ id: element.id, name: getLabel(element) || element.id }));
  }
}
Model.$inject = ["eventBus", "modeling", "commandStack", "moddle", "elementRegistry"];

/** A command made of the commands that its work gives. */
class Several {
  preExecute(context) {
    context.work();
  }
}

export const isStation = (element) => is(element, "bpmn:UserTask") || is(element, "bpmn:ManualTask") || element.type === "bpmn:Task";

export const modelModule = { __init__: ["model"], model: ["type", Model] };
