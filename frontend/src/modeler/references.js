// What names a station by its id follows when the id changes: rules of other stations, and the variables that its answers make.
import { part, semanticOf } from "./model.js";

const inWords = (text, old, id) => text?.split(/(\s+)/).map((word) => (word === old ? id : word)).join("");

/** `<old>_result`, `<old>_answers` in an expression become those of the new id. */
export function inExpression(text, old, id) {
  const escaped = old.replaceAll(/[.*+?^${}()|[\]\\-]/g, "\\$&");
  return text?.replaceAll(new RegExp(`(?<![\\w.])${escaped}(?=_(result|answers)\\b)`, "g"), id);
}

function inStep(step, old, id) {
  for (const eyes of step.get("fourEyes")) eyes.step = inWords(eyes.step, old, id);
  const back = step.sendBack;
  if (back?.to) back.to = inWords(back.to, old, id);
  if (back?.barred) back.barred = inWords(back.barred, old, id);
  for (const outcome of step.get("outcomes")) if (outcome.then === old) outcome.then = id;
  for (const document of step.get("documents")) if (document.when) document.when = inExpression(document.when, old, id);
  step.get("candidates").forEach((rule) => inRule(rule, old, id));
}

function inRule(rule, old, id) {
  if (["actor_of", "superior"].includes(rule.rule)) rule.value = inWords(rule.value, old, id);
  else if (rule.value) rule.value = inExpression(rule.value, old, id);
  for (const inner of [...rule.get("also"), ...rule.get("except")]) inRule(inner, old, id);
}

/** Changes every mention of a station in this diagram, as commands. */
export function renameReferences({ model }, old, id) {
  model.elementRegistry.forEach((element) => {
    const semantic = semanticOf(element);
    if (element.labelTarget || !semantic) return;
    const step = part(semantic, "credit:Step");
    if (step && mentions(step, old)) model.edit(element, semantic, "credit:Step", (made) => inStep(made, old, id));
    const condition = semantic.conditionExpression?.body;
    if (condition && inExpression(condition, old, id) !== condition) {
      model.set(element, semantic.conditionExpression, { body: inExpression(condition, old, id) });
    }
    const process = part(semantic.processRef ?? semantic, "credit:Process");
    if (process?.recall === old) model.edit(element, semantic.processRef ?? semantic, "credit:Process", (made) => made.set("recall", id));
  });
}

const mentions = (step, old) => JSON.stringify(step, (key, value) => (key.startsWith("$") ? undefined : value)).includes(old);
