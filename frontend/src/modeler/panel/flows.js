// When a way is taken: the condition on a line, the way that is left when no condition holds, and all ways of a gateway together.
import { getLabel } from "../label-language.js";
import { is } from "../model.js";

const CHOOSING = ["bpmn:ExclusiveGateway", "bpmn:InclusiveGateway"];
const isChoosing = (semantic) => CHOOSING.some((type) => is(semantic, type));

function condition(fields, flow, element, id, label) {
  const { model, modeling } = fields;
  return fields.expression({
    id, label, asks: { ...fields.asks }, placeholder: 'amount > 500000', get: () => flow.conditionExpression?.body,
    set: (text) => modeling.updateProperties(element, { conditionExpression: text ? model.create("bpmn:FormalExpression", { body: text }, flow) : undefined }),
  });
}

export function flowGroup(fields) {
  const { semantic, element, modeling } = fields;
  if (!is(semantic, "bpmn:SequenceFlow")) return null;
  const source = semantic.sourceRef;
  if (!isChoosing(source) && !semantic.conditionExpression) return null;
  const isDefault = source.default === semantic;
  return fields.group("flow", "When this way is taken", [
    isChoosing(source) && fields.tick({
      id: "default", label: "When no other condition holds", help: "The default way needs no condition.", get: () => isDefault,
      set: (on) => fields.model.several(() => {
        if (on && semantic.conditionExpression) modeling.updateProperties(element, { conditionExpression: undefined });
        modeling.updateProperties(element.source, { default: on ? semantic : undefined });
      }),
    }),
    !isDefault && condition(fields, semantic, element, "condition", "Condition"),
  ], { shouldOpen: true });
}

export function waysGroup(fields) {
  const { semantic, element, modeling } = fields;
  if (!isChoosing(semantic) || element.outgoing.length < 2) return null;
  const flows = element.outgoing.filter((flow) => is(flow, "bpmn:SequenceFlow"));
  const called = (flow) => getLabel(flow) || getLabel(flow.target) || flow.target.id;
  return fields.group("ways", "Ways out", [
    fields.select({
      id: "default-way", label: "When no condition holds", blank: "The case stops and somebody must look", options: flows.map((flow) => ({ key: flow.id, label: called(flow) })),
      get: () => semantic.default?.id, set: (id) => modeling.updateProperties(element, { default: flows.find((flow) => flow.id === id)?.businessObject }),
    }),
    ...flows.filter((flow) => flow.businessObject !== semantic.default).map((flow) => condition(fields, flow.businessObject, flow, `condition-${flow.id}`, fields.t("To {target}", { target: called(flow) }))),
  ], { shouldOpen: true });
}
