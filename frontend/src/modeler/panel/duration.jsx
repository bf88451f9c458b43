// A length of time: a number and a unit for the usual ones, the ISO text for all others. Written as P2D, PT4H, PT30M, P1W.
import { useEffect, useState } from "@bpmn-io/properties-panel/preact/hooks";
import { DescriptionEntry } from "@bpmn-io/properties-panel";
import { t } from "../texts.js";

const FORMS = { minutes: /^PT(\d+)M$/, hours: /^PT(\d+)H$/, days: /^P(\d+)D$/, weeks: /^P(\d+)W$/ };
const WRITE = { minutes: (n) => `PT${n}M`, hours: (n) => `PT${n}H`, days: (n) => `P${n}D`, weeks: (n) => `P${n}W` };
const WORKING = { minutes: "minutes", hours: "working hours", days: "working days", weeks: "working weeks" };
const ALL = { minutes: "minutes", hours: "hours", days: "days", weeks: "weeks" };
const OTHER = "other";

/** "P2D" → ["days", "2"]; what is no single number of one unit → ["other", text]. */
export function readDuration(text) {
  for (const [unit, form] of Object.entries(FORMS)) {
    const found = form.exec(text ?? "");
    if (found) return [unit, found[1]];
  }
  return text ? [OTHER, text] : ["days", ""];
}

/** "PT4H" → "4 working hours", in the reader's words; what is no single number of one unit stays as it is written. */
export function durationWords(text) {
  const [unit, amount] = readDuration(text);
  return unit === OTHER ? text : t("{number} {unit}", { number: amount, unit: t(WORKING[unit]) });
}

export function Duration({ id, label, description, element, disabled, getValue, setValue, byWall }) {
  const value = getValue() ?? "";
  const [unit, amount] = readDuration(value);
  const [chosen, setChosen] = useState(unit);
  const [typed, setTyped] = useState(amount);
  useEffect(() => {
    setTyped(amount);
    if (value) setChosen(unit);
  }, [value, element]);
  const write = (nextUnit, text) => {
    const next = text === "" ? "" : nextUnit === OTHER ? text : WRITE[nextUnit](Number.parseInt(text, 10) || 0);
    if (next !== value) setValue(next || undefined);
  };
  const units = byWall ? ALL : WORKING;
  return (
    <div class="bio-properties-panel-entry" data-entry-id={id}>
      <label class="bio-properties-panel-label" for={`field-${id}`}>{label}</label>
      <div class="panel-duration">
        <input
          id={`field-${id}`} name={id} class="bio-properties-panel-input" type={chosen === OTHER ? "text" : "number"} min="0" value={typed} disabled={disabled}
          onInput={(event) => setTyped(event.target.value)} onChange={(event) => write(chosen, event.target.value.trim())}
        />
        <select
          class="bio-properties-panel-input" aria-label={t("Unit of: {label}", { label })} value={chosen} disabled={disabled}
          onChange={(event) => { setChosen(event.target.value); write(event.target.value, event.target.value === OTHER ? value : typed); }}
        >
          {Object.entries(units).map(([key, words]) => <option key={key} value={key}>{t(words)}</option>)}
          <option value={OTHER}>{t("ISO 8601 text")}</option>
        </select>
      </div>
      <DescriptionEntry forId={id} element={element} value={description} />
    </div>
  );
}
