// Which language the names on the canvas are in. The BPMN name is the Simplified Chinese one; other languages are credit:label
// elements beside it. bpmn-js asks getLabel and setLabel for every name that it draws or edits (build.mjs puts these in).
import { plain_getLabel, plain_setLabel } from "bpmn-js/lib/util/LabelUtil";

export const BASE = "zh_Hans";
let shown = BASE;
let written = null;

export const shownLanguage = () => shown;
export const showLanguage = (language) => { shown = language; };

const labelsOf = (semantic) => (semantic?.extensionElements?.values ?? []).filter((value) => value.$type === "credit:Label");

/** The name of a model element in exactly this language, or "". */
export function nameIn(semantic, language) {
  if (language === BASE) return semantic.name ?? labelsOf(semantic).find((label) => label.lang === BASE)?.text ?? "";
  return labelsOf(semantic).find((label) => label.lang === language)?.text ?? "";
}

/** What typing on the canvas changes: the name itself while it has no translations, else the text of the language shown. */
export const languageToWrite = (semantic) => (shown === BASE || labelsOf(semantic).length === 0 ? BASE : shown);

/** Runs `work` with every label read and written in one language. */
export function inLanguage(language, work) {
  const before = written;
  written = language;
  try {
    return work();
  } finally {
    written = before;
  }
}

const isFreeText = (semantic) => semantic.$instanceOf("bpmn:TextAnnotation") || semantic.$instanceOf("bpmn:Group");

export function getLabel(element) {
  const own = plain_getLabel(element);
  if (own === undefined || isFreeText(element.businessObject)) return own;
  if (written) return nameIn(element.businessObject, written);
  return nameIn(element.businessObject, shown) || own;
}

export function setLabel(element, text) {
  const semantic = element.businessObject;
  if (isFreeText(element.businessObject) || !written || written === BASE) return plain_setLabel(element, text);
  writeLabel(semantic, written, text);
  return element;
}

function writeLabel(semantic, language, text) {
  const model = semantic.$model;
  const extension = semantic.extensionElements ?? model.create("bpmn:ExtensionElements", { values: [] });
  const others = extension.get("values").filter((value) => value.$type !== "credit:Label" || value.lang !== language);
  const label = text ? [model.create("credit:Label", { lang: language, text })] : [];
  const last = others.findLastIndex((value) => value.$type === "credit:Label") + 1;
  extension.values = [...others.slice(0, last), ...label, ...others.slice(last)];
  for (const value of label) value.$parent = extension;
  extension.$parent = semantic;
  semantic.extensionElements = extension.values.length ? extension : undefined;
}

// A label typed in one language is undone in the same, whatever is shown by then.
export class LabelCommands {
  constructor(eventBus, commandStack) {
    eventBus.on("diagram.init", () => {
      const handler = commandStack._getHandler("element.updateLabel");
      for (const verb of ["execute", "revert"]) {
        const plain = handler[verb];
        handler[verb] = (context) => {
          context.language ??= written ?? languageToWrite(context.element.businessObject);
          return inLanguage(context.language, () => plain(context));
        };
      }
    });
  }
}
LabelCommands.$inject = ["eventBus", "commandStack"];

export const labelLanguageModule = { __init__: ["labelCommands"], labelCommands: ["type", LabelCommands] };
