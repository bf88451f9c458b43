// What the program does by itself: services, decisions, called processes, scripts.
import { is } from "../model.js";

const SERVICE = "credit:Service";
const DECISION = "credit:Decision";

export function serviceGroup(fields) {
  if (!is(fields.semantic, "bpmn:ServiceTask")) return null;
  const delegates = fields.catalogue.delegates.map(({ key, help }) => ({ key, label: help ? `${key} – ${help}` : key }));
  const at = (name) => ({ id: name, ...fields.attribute(SERVICE, name) });
  const isOutside = Boolean(at("outside").get());
  return fields.group("service", "Service", [
    fields.select({ ...at("delegate"), label: "What is done", options: delegates }),
    fields.tick({ ...at("async"), label: "As a job, after the step before is saved", help: "For what may take long." }),
    fields.tick({ ...at("outside"), label: "Reaches the outside world", help: "Nobody can be sent back to before it, unless something undoes it." }),
    isOutside && fields.select({ ...at("compensation"), label: "What undoes it", options: delegates }),
  ], { shouldOpen: true });
}

export function decisionGroup(fields) {
  if (!is(fields.semantic, "bpmn:BusinessRuleTask")) return null;
  const ref = fields.attribute(DECISION, "ref");
  const known = fields.catalogue.decisions.find(({ id }) => id === ref.get());
  const columns = (known?.inputs ?? []).map((input) => input.expression ?? input.label ?? input.name ?? input).join(", ");
  return fields.group("decision", "Decision", [
    fields.select({ id: "decision", label: "Decision table", help: columns ? fields.t("It reads: {names}", { names: columns }) : undefined, options: fields.decisions(), ...ref }),
    fields.text({ id: "result", label: "The result is kept as", help: "The name by which conditions read it.", ...fields.attribute(DECISION, "result") }),
  ], { shouldOpen: true });
}

export function callGroup(fields) {
  const { semantic, element, modeling, catalogue } = fields;
  if (!is(semantic, "bpmn:CallActivity")) return null;
  const options = catalogue.processes.map((process) => ({ key: process.id ?? process.key, label: process.name ?? process.label }));
  return fields.group("call", "Called process", [
    fields.select({ id: "calledElement", label: "Process", help: "Only processes of this draft can be called.", options, get: () => semantic.calledElement, set: (value) => modeling.updateProperties(element, { calledElement: value }) }),
  ], { shouldOpen: true });
}

export function scriptGroup(fields) {
  const { semantic, element, modeling } = fields;
  if (!is(semantic, "bpmn:ScriptTask")) return null;
  return fields.group("script", "Script", [
    fields.text({ id: "script", label: "What is set", help: "One line each: name = expression in FEEL.", lines: 4, monospace: true, get: () => semantic.script, set: (value) => modeling.updateProperties(element, { script: value || undefined, ...(semantic.scriptFormat ? {} : { scriptFormat: "feel" }) }) }),
  ], { shouldOpen: true });
}
