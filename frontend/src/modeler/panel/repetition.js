// Asked of many: how many there are or over which list it goes, and when it is enough.
import { is } from "../model.js";

export function manyGroup(fields) {
  const { semantic, element, model } = fields;
  const loop = semantic.loopCharacteristics;
  if (!loop) return null;
  const expression = (name, label, help, placeholder) => fields.expression({
    id: name, label, help, placeholder, get: () => loop.get(name)?.body,
    set: (text) => model.set(element, loop, { [name]: text ? model.create("bpmn:FormalExpression", { body: text }, loop) : undefined }),
  });
  const attribute = (name) => ({ id: name, get: () => loop.get(name)?.toString(), set: (value) => model.set(element, loop, { [name]: value || undefined }) });
  if (is(loop, "bpmn:StandardLoopCharacteristics")) {
    return fields.group("loop", "Repetition", [
      expression("loopCondition", "Again while"),
      fields.text({ id: "loopMaximum", label: "At most so often", get: () => loop.loopMaximum?.toString(), set: (value) => model.set(element, loop, { loopMaximum: /^\d+$/.test(value ?? "") ? Number(value) : undefined }) }),
      fields.tick({ id: "testBefore", label: "Ask before the first time", get: () => loop.testBefore, set: (value) => model.set(element, loop, { testBefore: value || undefined }) }),
    ], { shouldOpen: true });
  }
  return fields.group("many", "Asked of many", [
    fields.tick({ id: "isSequential", label: "One after the other", get: () => loop.isSequential, set: (value) => model.set(element, loop, { isSequential: value || undefined }) }),
    expression("loopCardinality", "How many", "A number, or an expression that gives one.", "3"),
    fields.suggested({ ...attribute("collection"), label: "Or one for each in the list", help: "A variable that holds a list.", options: [] }),
    loop.collection && fields.text({ ...attribute("elementVariable"), label: "One of them is called", help: "Rules inside name the item by it." }),
    expression("completionCondition", "Enough when", "Sees answers, nrOf_<answer>, nrOfInstances, nrOfCompletedInstances.", 'nrOf_refuse >= 1'),
  ], { shouldOpen: true });
}
