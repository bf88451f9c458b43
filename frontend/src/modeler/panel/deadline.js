// The chain around the due date, one link a line; kept as comma lists by kind: remind="PT4H before, PT0M" superior="P1D".
import { isStation } from "../model.js";
import { durationWords, readDuration } from "./duration.jsx";

const TYPE = "credit:Step";
const KINDS = [
  ["remind", "Remind the holder"], ["superior", "Tell his superior"], ["deputy", "Give it to the deputy"], ["supervisor", "Put it before the supervisors"],
];

/** `<credit:deadline …>` as links [{kind, delay, before}] in the order of the kinds. */
export function linksOf(deadline) {
  return KINDS.flatMap(([kind]) => (deadline?.get(kind) ?? "").split(",").map((text) => text.trim()).filter(Boolean).map((text) => {
    const [delay, side] = text.split(/\s+/);
    return { kind, delay, before: side === "before" };
  }));
}

/** The attributes for some links; a kind without links has none. */
export function attributesOf(links) {
  return Object.fromEntries(KINDS.map(([kind]) => [
    kind, links.filter((link) => link.kind === kind && link.delay).map(({ delay, before }) => (before ? `${delay} before` : delay)).join(", ") || undefined,
  ]));
}

export function deadlineGroup(fields) {
  const step = fields.part(TYPE);
  if (!isStation(fields.element)) return null;
  const links = linksOf(step?.deadline);
  const write = (next) => fields.model.edit(fields.element, fields.semantic, TYPE, (made) => {
    const values = attributesOf(next);
    const own = made.deadline ?? fields.model.create("credit:Deadline", {}, made);
    for (const [kind, text] of Object.entries(values)) own.set(kind, text);
    made.set("deadline", Object.values(values).some(Boolean) ? own : undefined);
  });
  const change = (index, values) => write(links.map((link, at) => (at === index ? { ...link, ...values } : link)));
  const items = links.map((link, index) => ({
    id: `deadline-${index}`, label: label(fields, link), remove: () => write(links.filter((_, at) => at !== index)),
    entries: [
      fields.select({ id: `deadline-${index}-kind`, label: "What happens", blank: null, options: options(fields), get: () => link.kind, set: (kind) => change(index, { kind }) }),
      fields.duration({ id: `deadline-${index}-delay`, label: "How long", help: "Working time.", get: () => link.delay, set: (delay) => delay && change(index, { delay }) }),
      fields.select({ id: `deadline-${index}-side`, label: "Before or after", blank: "after it is due", options: [{ key: "before", label: fields.t("before it is due") }], get: () => (link.before ? "before" : ""), set: (side) => change(index, { before: side === "before" }) }),
    ],
  }));
  return fields.list("deadline", "Reminders and escalation", items, () => write([...links, { kind: "remind", delay: "PT4H", before: false }]), "Links need a due time. None of them ever answers for anybody.");
}

const options = (fields) => KINDS.map(([key, words]) => ({ key, label: fields.t(words) }));

function label(fields, { kind, delay, before }) {
  const [, amount] = readDuration(delay);
  const when = amount === "0" ? fields.t("when it is due") : fields.t(before ? "{time} before it is due" : "{time} after it is due", { time: durationWords(delay) });
  return `${fields.t(KINDS.find(([key]) => key === kind)[1])} · ${when}`;
}
