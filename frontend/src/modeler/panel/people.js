// Whom a station is for: the rules that find people, who must keep away, and what a copy does not show.
import { isStation } from "../model.js";
import { AddButton } from "./add-button.jsx";

const TYPE = "credit:Step";
const NESTED = [["also", "credit:Also", "Only those also found by"], ["except", "credit:Except", "But not those found by"]];

export function candidatesGroup(fields) {
  if (!isStation(fields.element)) return null;
  const rules = fields.part(TYPE)?.get("candidates") ?? [];
  const change = (index, work) => fields.model.edit(fields.element, fields.semantic, TYPE, (step) => work(step.get("candidates")[index], step));
  const items = rules.map((rule, index) => ({
    id: `candidates-${index}`, label: words(fields, rule), remove: () => fields.model.edit(fields.element, fields.semantic, TYPE, (step) => step.get("candidates").splice(index, 1)),
    entries: [
      ...ruleEntries(fields, `candidates-${index}`, rule, (work) => change(index, work)),
      index > 0 && fields.tick({ id: `candidates-${index}-otherwise`, label: "Only where those before found nobody", get: () => rule.otherwise, set: (value) => change(index, (made) => made.set("otherwise", value || undefined)) }),
      ...NESTED.flatMap(([name, type, label]) => nested(fields, index, rule, name, type, label, change)),
    ],
  }));
  const add = () => fields.model.edit(fields.element, fields.semantic, TYPE, (step) => step.get("candidates").push(fields.model.create("credit:Candidates", { rule: "group" }, step)));
  return fields.list("candidates", "Who may do it", items, add, "Rules beside each other add up.");
}

function ruleEntries(fields, id, rule, change) {
  const offered = fields.rules().map(({ key, label }) => ({ key, label }));
  const help = fields.rules().find(({ key }) => key === rule.rule)?.help;
  return [
    fields.select({ id: `${id}-rule`, label: "Rule", help, options: offered, blank: null, get: () => rule.rule, set: (value) => change((made) => { made.set("rule", value); made.set("value", undefined); }) }),
    valueEntry(fields, `${id}-value`, rule, (value) => change((made) => made.set("value", value || undefined))),
  ];
}

function nested(fields, index, rule, name, type, label, change) {
  const inner = rule.get(name);
  const add = { id: `candidates-${index}-${name}-add`, component: AddButton, label: fields.t("{label} …", { label: fields.t(label) }), disabled: fields.isReadOnly, onClick: () => change(index, (made) => made.get(name).push(fields.model.create(type, { rule: "branch" }, made))) };
  const items = inner.map((one, at) => fields.inner(
    `candidates-${index}-${name}-${at}`, `${fields.t(label)}: ${words(fields, one)}`,
    ruleEntries(fields, `candidates-${index}-${name}-${at}`, one, (work) => change(index, (made) => work(made.get(name)[at]))),
    () => change(index, (made) => made.get(name).splice(at, 1)),
  ));
  return [...items, add];
}

/** What the value of a rule must be decides how it is asked for. */
function valueEntry(fields, id, rule, set) {
  const { catalogue } = fields;
  const get = () => rule.value;
  const kind = fields.rules().find(({ key }) => key === rule.rule)?.kind ?? "";
  const label = { group: "Group", user: "Person", position: "Position", branch: "Branch", step: "Station", decision: "Decision", level: "Levels up at most", feel: "Expression" }[kind];
  if (!label) return null;
  if (kind === "feel") return fields.expression({ id, label, get, set, placeholder: 'business_line + "_leaders"' });
  if (kind === "level") return fields.text({ id, label, help: "1 to 9; after a blank the id of a station, for the superior of who did it.", get, set, validate: (value) => (/^[1-9]( \S+)?$/.test(value ?? "") ? null : fields.t("A number from 1 to 9.")) });
  const options = { group: catalogue.groups, user: catalogue.users, position: catalogue.positions, branch: catalogue.branches, step: fields.stations(), decision: fields.decisions() }[kind];
  return fields.select({ id, label, options, blank: kind === "branch" ? "The branch of the case" : "–", get, set });
}

function words(fields, rule) {
  const known = fields.rules().find(({ key }) => key === rule.rule);
  const value = [...fields.catalogue.groups, ...fields.catalogue.users, ...fields.stations()].find(({ key }) => key === rule.value)?.label ?? rule.value ?? "";
  return [known?.label ?? rule.rule, value].filter(Boolean).join(": ");
}

export function fourEyesGroup(fields) {
  if (!isStation(fields.element)) return null;
  return fields.group("fourEyes", "Four eyes", [fields.choices({
    id: "fourEyes", label: "Who did one of these must keep away", options: fields.stations().filter(({ key }) => key !== fields.element.id),
    get: () => (fields.part(TYPE)?.get("fourEyes") ?? []).map(({ step }) => step).join(" "),
    set: (value) => fields.model.edit(fields.element, fields.semantic, TYPE, (made) => made.set("fourEyes", wordsOf(value).map((step) => fields.model.create("credit:FourEyes", { step }, made)))),
  })]);
}

export const wordsOf = (text) => (text ?? "").split(/\s+/).filter(Boolean);

export function copyGroup(fields) {
  if (!isStation(fields.element)) return null;
  const form = fields.catalogue.forms.find(({ key }) => key === fields.part(TYPE)?.form);
  const shown = (form?.fields ?? []).map(({ key, label }) => ({ key, label }));
  return fields.group("copy", "Copies (CC)", [
    fields.choices({ id: "hidden", label: "A copy does not show", help: "Whoever is sent a copy sees what the station sees, less these fields.", options: shown, ...fields.inside(TYPE, "copy", "credit:Copy", "hidden") }),
  ]);
}
