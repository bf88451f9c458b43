// The form of a station: chosen, opened in the designer, or made on the spot. A new one shows what the case was begun with,
// read-only, and asks for a remark; so a station drawn a moment ago can be worked at once.
import { nameIn } from "../label-language.js";
import { t } from "../texts.js";
import { AddButton } from "./add-button.jsx";

const TYPE = "credit:Step";
const REMARK = { en: "Remarks", zh_Hans: "备注", zh_Hant: "備註" };
const inAddress = (name) => name.split("/").map(encodeURIComponent).join("/");

export function formEntries(fields, attribute) {
  const options = fields.catalogue.forms.filter((form) => !form.part);
  const chosen = attribute.get();
  const isThere = options.some(({ key }) => key === chosen);
  return [
    fields.select({ id: "form", label: "Form", help: "What is shown and asked here.", options, ...attribute }),
    isThere && { id: "form-open", component: OpenForm, address: `${fields.asks.server.address}/form/${inAddress(chosen)}.form` },
    !chosen && !fields.isReadOnly && { id: "form-make", component: AddButton, label: t("Make a form for it"), onClick: () => makeForm(fields, attribute) },
  ];
}

function OpenForm({ id, address }) {
  return <div class="bio-properties-panel-entry" data-entry-id={id}><a href={address}>{t("Open the form")}</a></div>;
}

/** The shared parts that the first station of the diagram shows. */
async function partsOf({ model, asks }) {
  for (const { id } of model.stations()) {
    const form = model.elementRegistry.get(id).businessObject.extensionElements?.values?.find((value) => value.$type === TYPE)?.form;
    const found = form && await asks.server.read(`${form}.form`).then(({ text }) => JSON.parse(text).include ?? [], () => []);
    if (found?.length) return found;
  }
  return [];
}

async function makeForm(fields, attribute) {
  const folder = fields.asks.file.split("/")[0];
  const taken = fields.catalogue.forms.map(({ key }) => key);
  const stem = `${folder}/${fields.element.id.toLowerCase()}`;
  let key = stem;
  for (let number = 2; taken.includes(key); number += 1) key = `${stem}_${number}`;
  const title = Object.fromEntries(["en", "zh_Hans", "zh_Hant"].map((language) => [language, nameIn(fields.semantic, language)]).filter(([, words]) => words));
  const parts = await partsOf(fields);
  const remark = `${key.split("/")[1]}_note`;
  const content = {
    schemaVersion: 1, key, title: Object.keys(title).length ? title : fields.element.id,
    ...(parts.length ? { include: parts, access: { "*": "read", [remark]: "edit" } } : {}),
    components: [{ type: "textarea", key: remark, label: REMARK }],
  };
  if (await fields.addFile(`${key}.form`, `${JSON.stringify(content, null, 2)}\n`)) attribute.set(key);
}
