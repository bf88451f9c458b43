// Who may begin a case of the process, who owns it, and how far it can be taken back.
import { is } from "../model.js";

const TYPE = "credit:Process";

/** The process that an element stands for: itself, that of its pool, or of the only pool with something in it. */
export function processOf(semantic) {
  if (is(semantic, "bpmn:Process")) return semantic;
  if (is(semantic, "bpmn:Participant")) return semantic.processRef ?? null;
  const inside = is(semantic, "bpmn:Collaboration") ? (semantic.participants ?? []).filter(({ processRef }) => processRef) : [];
  return inside.length === 1 ? inside[0].processRef : null;
}

function setting({ element, model }, process, name) {
  const find = () => process.extensionElements?.values?.find((value) => value.$type === TYPE);
  return {
    get: () => find()?.get(name),
    set: (value) => model.edit(element, process, TYPE, (made) => made.set(name, value || undefined)),
  };
}

export function processGroup(fields) {
  const { catalogue, element, model } = fields;
  const process = processOf(fields.semantic);
  if (!process) return null;
  return fields.group("process", "Process", [
    fields.semantic !== process && fields.text({ id: "process-id", label: "Process id", get: () => process.id, set: (value) => value && model.set(element, process, { id: value.trim() }) }),
    fields.tick({ id: "executable", label: "Can be started", help: "A pool drawn only for show is left out when the draft is published.", get: () => process.isExecutable, set: (value) => model.set(element, process, { isExecutable: value }) }),
    fields.choices({ id: "starters", label: "May begin a case", help: "Nobody chosen: everybody may.", options: catalogue.groups, ...setting(fields, process, "starters") }),
    fields.select({ id: "owner", label: "Owner", help: "This group sees every case and may terminate it.", options: catalogue.groups, ...setting(fields, process, "owner") }),
    fields.select({ id: "administrator", label: "Process administrators", help: "They get what nobody was found for. Nobody chosen: the bank's own.", options: catalogue.groups, ...setting(fields, process, "administrator") }),
  ], { shouldOpen: true });
}

export function processMovesGroup(fields) {
  const process = processOf(fields.semantic);
  if (!process) return null;
  const stations = fields.stations().map(({ key, label }) => ({ key, label: fields.t("until {station}", { station: label }) }));
  return fields.group("process-moves", "Taking back and urging", [
    fields.select({ id: "recall", label: "The initiator may recall a case", blank: "By the house rule", options: [{ key: "always", label: fields.t("always") }, { key: "never", label: fields.t("never") }, ...stations], ...setting(fields, process, "recall") }),
    fields.select({ id: "withdraw", label: "Taking back one's own last step", usual: "acted", blank: "Until somebody after it has acted", options: [{ key: "opened", label: fields.t("Until somebody after it has opened it") }, { key: "never", label: fields.t("never") }], ...setting(fields, process, "withdraw") }),
    fields.duration({ id: "urgeEvery", label: "Urge again after", help: "Half an hour where nothing is said.", byWall: true, ...setting(fields, process, "urgeEvery") }),
    fields.text({ id: "urgeSuperior", label: "Tell the superior from this urge on", help: "The third where nothing is said.", validate: (value) => (!value || /^[1-9]\d?$/.test(value) ? null : fields.t("A number from 1 to 99.")), ...numeric(setting(fields, process, "urgeSuperior")) }),
  ]);
}

const numeric = ({ get, set }) => ({ get: () => get()?.toString(), set: (value) => set(/^[1-9]\d?$/.test(value ?? "") ? Number(value) : undefined) });
