// Which optional moves people may make at a station, and where they may send a case back to.
import { isStation } from "../model.js";
import { wordsOf } from "./people.js";

const STEP = "credit:Step";

export function movesGroup(fields) {
  if (!isStation(fields.element)) return null;
  const at = (name) => fields.inside(STEP, "moves", "credit:Moves", name);
  const onlyThese = Boolean(at("allow").get());
  const moves = fields.catalogue.moves;
  return fields.group("moves", "Allowed moves", [
    !onlyThese && fields.choices({ id: "forbid", label: "Not allowed here", help: "Nothing chosen: all of them are allowed.", options: moves, ...at("forbid") }),
    fields.choices({ id: "allow", label: "Only these are allowed", help: "Choose here instead, to name those that are allowed.", options: moves, ...at("allow") }),
    fields.select({ id: "transferTo", label: "Transfer to", usual: "pool", blank: "who could have claimed it", options: [{ key: "anyone", label: fields.t("anybody") }], ...at("transferTo") }),
    fields.select({ id: "signers", label: "People who were added", usual: "advise", blank: "advise", options: [{ key: "count", label: fields.t("decide: their refusal is the answer") }], ...at("signers") }),
  ]);
}

export function sendBackGroup(fields) {
  if (!isStation(fields.element)) return null;
  const at = (name) => fields.inside(STEP, "sendBack", "credit:SendBack", name);
  const to = at("to").get() ?? "";
  const others = fields.stations().filter(({ key }) => key !== fields.element.id);
  const isList = to !== "" && to !== "any" && to !== "none";
  const modes = at("modes");
  const first = others[0]?.key;
  return fields.group("sendBack", "Sending back", [
    fields.select({
      id: "sendBack-kind", label: "May be sent back to", blank: "any station that was passed",
      options: [{ key: "none", label: fields.t("nowhere") }, ...(first ? [{ key: "list", label: fields.t("only these stations") }] : [])],
      get: () => (isList ? "list" : to === "any" ? "" : to), set: (kind) => at("to").set(kind === "list" ? first : kind),
    }),
    isList && fields.choices({ id: "sendBack-to", label: "Stations", options: others, get: () => to, set: (value) => at("to").set(value || "none") }),
    to !== "none" && fields.choices({ id: "barred", label: "Never from here to", options: others, ...at("barred") }),
    to !== "none" && fields.select({
      id: "sendBack-modes", label: "How it comes back", blank: "straight back or step by step, as the sender chooses",
      options: [{ key: "straight", label: fields.t("straight back to the sender") }, { key: "step", label: fields.t("step by step") }],
      get: () => (wordsOf(modes.get()).length === 1 ? modes.get() : ""), set: (mode) => modes.set(mode),
    }),
    to !== "none" && wordsOf(modes.get()).length !== 1 && fields.select({
      id: "sendBack-default", label: "Offered first", usual: "step", blank: "step by step", options: [{ key: "straight", label: fields.t("straight back to the sender") }, { key: "step", label: fields.t("step by step") }], ...at("default"),
    }),
  ]);
}
