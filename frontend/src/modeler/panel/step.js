// What a station is: its form, its due time, and what else is special about it.
import { isStation } from "../model.js";
import { formEntries } from "./station-form.jsx";

const TYPE = "credit:Step";

export function stepGroup(fields) {
  const { catalogue, element } = fields;
  if (!isStation(element)) return null;
  const attribute = (name) => fields.attribute(TYPE, name);
  const isOutside = Boolean(attribute("outside").get());
  const delegates = catalogue.delegates.map(({ key, help }) => ({ key, label: help ? `${key} – ${help}` : key }));
  return fields.group("step", "Station", [
    ...formEntries(fields, attribute("form")),
    fields.duration({ id: "due", label: "Due in", help: "Working time from the moment the task opens.", ...attribute("due") }),
    fields.tick({ id: "batch", label: "May be approved many at once", ...attribute("batch") }),
    fields.tick({ id: "final", label: "Final decision", help: "Who decides here may also terminate the case.", ...attribute("final") }),
    fields.tick({ id: "signature", label: "Signed with the password", help: "Who decides here enters his password once more. Not in a vote, nor where many are approved at once.", ...attribute("signature") }),
    fields.tick({ id: "skipSame", label: "Passes by itself for who did the step before", help: "Never after a return, in a vote, or where four eyes are asked for.", ...attribute("skipSame") }),
    fields.select({ id: "waits", label: "Clock", blank: "Runs from the start", options: [{ key: "customer", label: fields.t("Stands still until the customer has come") }], ...attribute("waits") }),
    fields.select({ id: "conditions", label: "Conditions of the approval", blank: "Play no part here", options: [{ key: "met", label: fields.t("Must be settled before this can be completed") }], ...attribute("conditions") }),
    fields.tick({ id: "outside", label: "Reaches the outside world", help: "Nobody can be sent back to before it, unless something undoes it.", ...attribute("outside") }),
    isOutside && fields.select({ id: "compensation", label: "What undoes it", options: delegates, ...attribute("compensation") }),
  ], { shouldOpen: true });
}
