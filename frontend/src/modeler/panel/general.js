// Names in three languages, the id, and notes.
import { BASE, nameIn } from "../label-language.js";
import { is } from "../model.js";
import { renameReferences } from "../references.js";
import { t } from "../texts.js";

const LANGUAGES = [[BASE, "Name (简体)"], ["en", "Name (English)"], ["zh_Hant", "Name (繁體)"]];
const RESERVED = /^(start|end|root)$/i;
const RESERVED_PARTS = [".BoundaryEvent", " [child]", ".EndJoin", "StartEventSplit", "StartEventJoin"];
const ID = /^[A-Za-z_][\w.-]*$/;

/** Why a text can't be an id here, or null. */
export function idFault(id, semantic, taken) {
  if (!id) return t("An id is needed.");
  if (!ID.test(id)) return t("An id begins with a letter and has only letters, digits, - _ and .");
  if (RESERVED.test(id) || RESERVED_PARTS.some((part) => id.includes(part))) return t("The engine keeps this id for itself. Choose another.");
  const other = taken(id);
  return other && other !== semantic ? t("Another element has this id.") : null;
}

export function generalGroup(fields) {
  const { element, semantic, model } = fields;
  if (is(semantic, "bpmn:Collaboration")) return null;
  const isNote = is(semantic, "bpmn:TextAnnotation");
  return fields.group("general", "General", [
    isNote ? note(fields) : LANGUAGES.map(([language, label]) => name(fields, language, label)),
    fields.text({
      id: "id", label: "Id", help: is(semantic, "bpmn:FlowNode") ? "Other rules name the element by it; they follow when it changes." : undefined,
      get: () => semantic.id, validate: (value) => idFault(value?.trim(), semantic, (id) => model.moddle.ids?.assigned(id)),
      set: (value) => setId(fields, value?.trim()),
    }),
    is(semantic, "bpmn:Process") || isNote ? null : fields.text({
      id: "documentation", label: "Note for other analysts", lines: 2, get: () => semantic.documentation?.[0]?.text,
      set: (value) => model.set(element, semantic, { documentation: value ? [model.create("bpmn:Documentation", { text: value }, semantic)] : [] }),
    }),
  ], { shouldOpen: true });
}

function note(fields) {
  const { element, semantic, modeling } = fields;
  return fields.text({ id: "note", label: "Text", lines: 3, get: () => semantic.text, set: (value) => modeling.updateProperties(element, { text: value ?? "" }) });
}

function name(fields, language, label) {
  const { element, semantic, model } = fields;
  const process = is(semantic, "bpmn:Participant") ? semantic.processRef : null;
  return fields.text({
    id: `name-${language}`, label, get: () => nameIn(semantic, language),
    set: (value) => model.several(() => {
      if (is(semantic, "bpmn:Process")) renameProcess(fields, semantic, language, value);
      else model.rename(element, language, value ?? "");
      if (process) renameProcess(fields, process, language, value);
    }),
  });
}

function renameProcess({ element, model }, process, language, value) {
  if (language === BASE) model.set(element, process, { name: value || undefined });
  else model.relabel(element, process, language, value ?? "");
}

function setId(fields, id) {
  const { element, semantic, model, modeling } = fields;
  if (!id || id === semantic.id || idFault(id, semantic, (wanted) => model.moddle.ids?.assigned(wanted))) return;
  const old = semantic.id;
  model.several(() => {
    modeling.updateProperties(element, { id });
    renameReferences(fields, old, id);
  });
}
