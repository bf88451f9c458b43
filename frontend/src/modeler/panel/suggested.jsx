// A name that may be new, with those that are known offered while typing.
import { useEffect, useState } from "@bpmn-io/properties-panel/preact/hooks";
import { DescriptionEntry } from "@bpmn-io/properties-panel";

export function Suggested({ id, label, description, element, options, disabled, getValue, setValue, placeholder }) {
  const value = getValue() ?? "";
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value, element]);
  return (
    <div class="bio-properties-panel-entry" data-entry-id={id}>
      <label class="bio-properties-panel-label" for={`field-${id}`}>{label}</label>
      <input
        id={`field-${id}`} name={id} class="bio-properties-panel-input" list={`list-${id}`} value={text} disabled={disabled} placeholder={placeholder}
        autocomplete="off" spellcheck={false} onInput={(event) => setText(event.target.value)}
        onChange={(event) => event.target.value.trim() !== value && setValue(event.target.value.trim())}
      />
      <datalist id={`list-${id}`}>{options.map(({ key, label: words }) => <option key={key} value={key}>{words !== key ? words : undefined}</option>)}</datalist>
      <DescriptionEntry forId={id} element={element} value={description} />
    </div>
  );
}
