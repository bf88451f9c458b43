// Several out of a list, as tick boxes; long lists can be searched. What is chosen stands first.
import { useMemo, useState } from "@bpmn-io/properties-panel/preact/hooks";
import { DescriptionEntry } from "@bpmn-io/properties-panel";
import { t } from "../texts.js";

const LONG = 9;

export function Choices({ id, label, description, element, options, disabled, getValue, setValue }) {
  const [search, setSearch] = useState("");
  const chosen = getValue();
  const known = useMemo(() => {
    const strange = chosen.filter((key) => !options.some((option) => option.key === key)).map((key) => ({ key, label: t("{value} (unknown)", { value: key }) }));
    return [...options, ...strange].sort((one, two) => chosen.includes(two.key) - chosen.includes(one.key));
  }, [element, options.length]);
  const wanted = search.trim().toLowerCase();
  const fits = ({ key, label: words }) => !wanted || `${key} ${words}`.toLowerCase().includes(wanted);
  const toggle = (key, on) => setValue(on ? [...chosen, key] : chosen.filter((other) => other !== key));
  return (
    <div class="bio-properties-panel-entry" data-entry-id={id}>
      <fieldset class="panel-choices">
        <legend class="bio-properties-panel-label">{label}{chosen.length ? ` (${chosen.length})` : ""}</legend>
        {known.length > LONG && <input type="search" class="bio-properties-panel-input" value={search} aria-label={t("Search in: {label}", { label })} placeholder={t("Search")} onInput={(event) => setSearch(event.target.value)} />}
        <div class="panel-choices-list">
          {known.filter(fits).map(({ key, label: words }) => (
            <label key={key}>
              <input type="checkbox" name={id} value={key} checked={chosen.includes(key)} disabled={disabled} onChange={(event) => toggle(key, event.target.checked)} />
              <span>{words || key}</span>{words && words !== key && <code>{key}</code>}
            </label>
          ))}
          {known.length === 0 && <p class="panel-none">{t("There is nothing to choose.")}</p>}
        </div>
      </fieldset>
      <DescriptionEntry forId={id} element={element} value={description} />
    </div>
  );
}
