// Token simulation: a person picks each way and sees where tokens go. Fetched when first asked for; conditions are not evaluated.
import SimulationModule from "bpmn-js-token-simulation/lib/viewer.js";
import { translateLate } from "./late-words.js";

const WORDS = [
  "Token Simulation", "Toggle Simulation Log", "Simulation Log", "Reset Simulation", "Play/Pause Simulation", "Pause Simulation", "Play Simulation", "Trigger Event",
  "Set Sequence Flow", "Add pause point", "Remove pause point", "Found unsupported elements", "Not supported", "Finished", "No Entries", "Exit Token Simulation",
];

/** Runs the simulation of a diagram in `container`; answers what ends it. */
export async function simulate(Viewer, container, xml, { options, t }) {
  const viewer = new Viewer({ container, ...options, additionalModules: [...(options.additionalModules ?? []), SimulationModule] });
  const texts = new Map(WORDS.map((words) => [words, t(words)]));
  const stop = translateLate(container, (words) => texts.get(words));
  await viewer.importXML(xml);
  viewer.get("canvas").zoom("fit-viewport", "auto");
  viewer.get("toggleMode").toggleMode(true);
  return () => {
    stop();
    viewer.destroy();
  };
}
