// The papers that a station asks for.
import { isStation } from "../model.js";

const TYPE = "credit:Step";

export function documentsGroup(fields) {
  const { element, semantic, model, catalogue } = fields;
  if (!isStation(element)) return null;
  const documents = fields.part(TYPE)?.get("documents") ?? [];
  const edit = (work) => model.edit(element, semantic, TYPE, (step) => work(step.get("documents"), step));
  const items = documents.map((document, index) => {
    const at = (name) => ({ id: `document-${index}-${name}`, get: () => document.get(name), set: (value) => edit((list) => list[index].set(name, value || undefined)) });
    const kind = catalogue.documents.find(({ key }) => key === document.type)?.label ?? document.type;
    return {
      id: `document-${index}`, label: document.required ? `${kind} *` : kind, remove: () => edit((list) => list.splice(index, 1)),
      entries: [
        fields.select({ ...at("type"), label: "Document", blank: null, options: catalogue.documents }),
        fields.tick({ ...at("required"), label: "Required" }),
        fields.expression({ ...at("when"), label: "Only where", help: "Nothing said: in every case.", placeholder: 'customer_kind = "enterprise"' }),
      ],
    };
  });
  const add = () => edit((list, step) => list.push(model.create("credit:Document", { type: catalogue.documents[0]?.key ?? "other", required: true }, step)));
  return fields.list("documents", "Documents required", items, add);
}
