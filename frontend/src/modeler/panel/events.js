// What an event waits for or tells, and what a case has become at an end.
import { is } from "../model.js";

const TIMERS = [["timeDuration", "After a time"], ["timeDate", "At a moment"], ["timeCycle", "Again and again"]];
const NAMED = {
  "bpmn:MessageEventDefinition": ["message", "messageRef", "bpmn:Message", "name", "messages", "Message"],
  "bpmn:SignalEventDefinition": ["signal", "signalRef", "bpmn:Signal", "name", "signals", "Signal"],
  "bpmn:ErrorEventDefinition": ["error", "errorRef", "bpmn:Error", "errorCode", "errors", "Error code"],
  "bpmn:EscalationEventDefinition": ["escalation", "escalationRef", "bpmn:Escalation", "escalationCode", "escalations", "Escalation code"],
};
const STATUSES = [["approved", "Approved"], ["conditional", "Approved with conditions"], ["refused", "Refused"], ["withdrawn", "Withdrawn"]];
const ISO = /^(R\d*\/.+|P(?=[\dT])[\dYMWDTHS.,]+|\d{4}-\d\d-\d\d.*)$/i;

export function eventGroup(fields) {
  const { semantic } = fields;
  if (is(semantic, "bpmn:SendTask") || is(semantic, "bpmn:ReceiveTask")) {
    return fields.group("message", "Message", [named(fields, semantic, NAMED["bpmn:MessageEventDefinition"])], { shouldOpen: true });
  }
  const definition = semantic.eventDefinitions?.[0];
  if (!definition) return null;
  if (is(definition, "bpmn:TimerEventDefinition")) return fields.group("timer", "Timer", timer(fields, definition), { shouldOpen: true });
  if (is(definition, "bpmn:ConditionalEventDefinition")) return fields.group("conditional", "Condition", [conditional(fields, definition)], { shouldOpen: true });
  const kind = NAMED[definition.$type];
  return kind ? fields.group(kind[0], kind[5], [named(fields, definition, kind)], { shouldOpen: true }) : null;
}

/** Message, signal, error, escalation: kept once in the file under its name and referred to by id. */
function named(fields, holder, [key, reference, type, word, offered, label]) {
  const { element, model } = fields;
  const definitions = rootOf(fields.semantic);
  const known = definitions.get("rootElements").filter((root) => root.$type === type);
  const names = [...new Set([...known.map((one) => one.get(word) ?? one.name ?? one.id), ...(fields.catalogue[offered] ?? [])])].map((name) => name.key ?? name);
  return fields.suggested({
    id: key, label, help: "Choose one that is known, or type a new name.", options: names.filter(Boolean).map((name) => ({ key: name, label: name })),
    get: () => holder.get(reference)?.get(word) ?? holder.get(reference)?.name,
    set: (name) => model.several(() => {
      const found = known.find((one) => (one.get(word) ?? one.name) === name);
      const made = found ?? (name ? model.create(type, { id: model.moddle.ids.nextPrefixed(`${key}_`), name, ...(word === "name" ? {} : { [word]: name }) }, definitions) : undefined);
      if (made && !found) model.set(element, definitions, { rootElements: [...definitions.rootElements, made] });
      model.set(element, holder, { [reference]: made });
    }),
  });
}

function rootOf(semantic) {
  let at = semantic;
  while (at.$parent) at = at.$parent;
  return at;
}

function timer(fields, definition) {
  const { element, model } = fields;
  const kind = TIMERS.map(([name]) => name).find((name) => definition.get(name)) ?? "timeDuration";
  const body = definition.get(kind)?.body;
  const write = (name, text) => model.set(element, definition, Object.fromEntries(TIMERS.map(([each]) => [each, each === name && text !== undefined ? model.create("bpmn:FormalExpression", { body: text }, definition) : undefined])));
  const entry = { id: "timer-value", get: () => body, set: (text) => write(kind, text) };
  const isExpression = Boolean(body) && !ISO.test(body);
  const counts = fields.attribute("credit:Timer", "counts");
  const isWorking = counts.get() === "working";
  // A moment has no working time: it goes when a moment is chosen.
  const turn = (name) => model.several(() => {
    write(name, body ?? "");
    if (name === "timeDate" && counts.get()) counts.set(undefined);
  });
  return [
    fields.select({ id: "timer-kind", label: "Rings", blank: null, options: TIMERS.map(([key, label]) => ({ key, label: fields.t(label) })), get: () => kind, set: turn }),
    (kind !== "timeDate" || counts.get()) && fields.select({
      id: "timer-counts", label: "Counts", blank: "The time on the wall", usual: "wall", options: [{ key: "working", label: fields.t("Working time of the bank") }], ...counts,
      help: isWorking ? "By the bank's calendar. On the edge of a station it stands still while that waits for the customer." : "Day and night, holidays too.",
    }),
    isExpression
      ? fields.expression({ ...entry, label: "When, as an expression", help: isWorking ? "A text: \"P2D\", \"PT8H\", \"R3/PT4H\"." : "A date, a time or a duration." })
      : kind === "timeDuration" ? fields.duration({ ...entry, label: "How long", byWall: !isWorking, help: "As ISO text also an expression may stand here." })
        : fields.text({ ...entry, label: kind === "timeDate" ? "Moment" : "Repetition", placeholder: kind === "timeDate" ? "2026-12-31T09:00:00" : "R3/PT4H", help: "ISO 8601, or an expression." }),
  ];
}

function conditional(fields, definition) {
  const { element, model } = fields;
  return fields.expression({
    id: "conditional", label: "Goes on when", get: () => definition.condition?.body,
    set: (text) => model.set(element, definition, { condition: text ? model.create("bpmn:FormalExpression", { body: text }, definition) : undefined }),
  });
}

export function endGroup(fields) {
  const { semantic } = fields;
  if (!is(semantic, "bpmn:EndEvent")) return null;
  return fields.group("end", "End of the case", [fields.select({
    id: "status", label: "A case that ends here is", blank: "Finished", options: STATUSES.map(([key, label]) => ({ key, label: fields.t(label) })), ...fields.attribute("credit:End", "status"),
  })], { shouldOpen: true });
}
