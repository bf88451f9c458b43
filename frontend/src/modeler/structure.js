// bpmnlint's rules about the drawing itself, run in the browser at once; what needs the bank or the engine is the server's.
import { Linter } from "bpmnlint";
import endRequired from "bpmnlint/rules/end-event-required";
import fakeJoin from "bpmnlint/rules/fake-join";
import labelRequired from "bpmnlint/rules/label-required";
import disconnected from "bpmnlint/rules/no-disconnected";
import duplicateFlows from "bpmnlint/rules/no-duplicate-sequence-flows";
import joinFork from "bpmnlint/rules/no-gateway-join-fork";
import overlapping from "bpmnlint/rules/no-overlapping-elements";
import startRequired from "bpmnlint/rules/start-event-required";
import superfluousGateway from "bpmnlint/rules/superfluous-gateway";
import superfluousTermination from "bpmnlint/rules/superfluous-termination";
import { t } from "./texts.js";

const RULES = {
  "end-event-required": [endRequired, "error", "There is no end event."],
  "start-event-required": [startRequired, "error", "There is no start event."],
  "no-disconnected": [disconnected, "error", "Nothing leads here, or nothing leads on."],
  "no-duplicate-sequence-flows": [duplicateFlows, "error", "Two lines lead the same way."],
  "fake-join": [fakeJoin, "warning", "Lines meet here without a gateway: each of them goes on by itself."],
  "no-gateway-join-fork": [joinFork, "warning", "This gateway joins and forks at once; two gateways say it more clearly."],
  "superfluous-gateway": [superfluousGateway, "warning", "One line in, one line out: this gateway decides nothing."],
  "superfluous-termination": [superfluousTermination, "warning", "A plain end would do here."],
  "no-overlapping-elements": [overlapping, "hint", "It lies over another element, or outside of what holds it."],
  "label-required": [labelRequired, "hint", "It has no name."],
};
const CATEGORIES = { error: "error", warning: "warn", hint: "info" };

const linter = new Linter({
  config: { rules: Object.fromEntries(Object.entries(RULES).map(([name, [, severity]]) => [name, CATEGORIES[severity]])) },
  resolver: { resolveRule: (pkg, name) => RULES[name][0], resolveConfig: () => null },
});

/** Findings in the shape of the server's: {element, severity, code, message}. */
export async function structureOf(definitions) {
  const found = await linter.lint(definitions);
  return Object.entries(found).flatMap(([code, reports]) => reports.map(({ id }) => ({ element: id, severity: RULES[code][1], code, message: t(RULES[code][2]), isLocal: true })));
}
