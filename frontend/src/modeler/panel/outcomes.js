// The buttons of a station; the id of the one pressed becomes <station>_result.
import { isStation } from "../model.js";
import { answer, freeAnswer } from "../stations.js";
import { wordsOf } from "./people.js";

const TYPE = "credit:Step";
const LANGUAGES = [["zh_Hans", "Label (简体)"], ["en", "Label (English)"], ["zh_Hant", "Label (繁體)"]];
const KINDS = [["approve", "approves"], ["refuse", "refuses"], ["neutral", "neither"]];
const THEN = [["end", "ends the case as refused"], ["initiator", "goes back to the initiator"], ["previous", "goes back to the station before"]];

export function outcomesGroup(fields) {
  const { element, semantic, model } = fields;
  if (!isStation(element)) return null;
  const outcomes = fields.part(TYPE)?.get("outcomes") ?? [];
  const edit = (work) => model.edit(element, semantic, TYPE, (step) => work(step.get("outcomes"), step));
  const items = outcomes.map((outcome, index) => {
    const at = (name) => ({ id: `outcome-${index}-${name}`, get: () => outcome.get(name), set: (value) => edit((list) => list[index].set(name, value || undefined)) });
    return {
      id: `outcome-${index}`, label: wordsFor(outcome, fields), remove: () => edit((list) => list.splice(index, 1)),
      entries: [
        ...LANGUAGES.map(([lang, label]) => fields.text({ id: `outcome-${index}-${lang}`, label, get: () => labelOf(outcome, lang), set: (text) => edit((list) => setLabel(model, list[index], lang, text)) })),
        fields.text({ ...at("id"), label: "Id", help: fields.t("Conditions name it: {name} = {id}", { name: `${element.id}_result`, id: JSON.stringify(outcome.id) }), validate: (value) => (wordsOf(value).length === 1 ? null : fields.t("One word.")) }),
        fields.select({ ...at("kind"), label: "It", blank: null, options: KINDS.map(([key, label]) => ({ key, label: fields.t(label) })), get: () => outcome.kind ?? "neutral" }),
        fields.select({ ...at("opinion"), label: "An opinion is", blank: "optional", options: [{ key: "required", label: fields.t("required") }] }),
        outcome.kind === "refuse" && fields.select({ ...at("then"), label: "The case then", usual: "follow", blank: "follows the line drawn", options: [...THEN.map(([key, label]) => ({ key, label: fields.t(label) })), ...fields.stations().map(({ key, label }) => ({ key, label: fields.t("goes to {station}", { station: label }) }))] }),
      ],
    };
  });
  const add = () => edit((list, step) => list.push(answer(freeAnswer(list.map(({ id }) => id)), step, (type, values, parent) => model.create(type, values, parent))));
  return fields.list("outcomes", "Answers (buttons)", items, add, "Without any there is one button: done.");
}

const labelOf = (outcome, lang) => outcome.get("labels").find((label) => label.lang === lang)?.text;

function setLabel(model, outcome, lang, text) {
  const labels = outcome.get("labels");
  const old = labels.find((label) => label.lang === lang);
  if (old && text) old.text = text;
  else if (old) labels.splice(labels.indexOf(old), 1);
  else if (text) labels.push(model.create("credit:Label", { lang, text }, outcome));
}

function wordsFor(outcome, fields) {
  return labelOf(outcome, fields.language) ?? outcome.get("labels")[0]?.text ?? outcome.id;
}
