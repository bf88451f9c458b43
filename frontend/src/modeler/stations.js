// A station as it is drawn anew: a person's task with a name for its results, and the two answers that most stations give.
// Who drags one needs no menu of kinds first; what is not wanted is taken away in the panel.
const ANSWERS = {
  approve: { kind: "approve", labels: { zh_Hans: "同意", en: "Approve", zh_Hant: "同意" } },
  refuse: { kind: "refuse", then: "end", labels: { zh_Hans: "拒绝", en: "Refuse", zh_Hant: "拒絕" } },
  done: { kind: "neutral", labels: { zh_Hans: "完成", en: "Done", zh_Hant: "完成" } },
};

/** An answer with its words; `id` may be one that nobody knows. `make(type, values, parent)` makes model elements. */
export function answer(id, step, make) {
  const { labels = {}, ...values } = ANSWERS[id] ?? { kind: "neutral" };
  const made = make("credit:Outcome", { id, ...values }, step);
  made.labels = Object.entries(labels).map(([lang, text]) => make("credit:Label", { lang, text }, made));
  return made;
}

/** The answers that are not among `taken`, the usual first. */
export const freeAnswer = (taken) => Object.keys(ANSWERS).find((id) => !taken.includes(id)) ?? `answer_${taken.length + 1}`;

/** "station_1", "station_2" …: conditions name a station's result by its id. */
function freeId(ids) {
  for (let number = 1; ; number += 1) if (!ids.assigned(`station_${number}`)) return `station_${number}`;
}

/** A model element for a new station. */
export function newStation(bpmnFactory, moddle) {
  const make = (type, values, parent) => Object.assign(moddle.create(type, values), { $parent: parent });
  const id = freeId(moddle.ids);
  const station = bpmnFactory.create("bpmn:UserTask", { id });
  const extension = make("bpmn:ExtensionElements", { values: [] }, station);
  const step = make("credit:Step", {}, extension);
  step.outcomes = ["approve", "refuse"].map((name) => answer(name, step, make));
  extension.values.push(step);
  station.extensionElements = extension;
  return station;
}
