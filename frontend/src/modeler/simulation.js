// Token simulation: a person picks each way and sees where tokens go. Fetched when first asked for; conditions are not evaluated.
import SimulationModule from "bpmn-js-token-simulation/lib/viewer.js";

const WORDS = [
  "Token Simulation", "Toggle Simulation Log", "Simulation Log", "Reset Simulation", "Play/Pause Simulation", "Pause Simulation", "Play Simulation", "Trigger Event",
  "Set Sequence Flow", "Add pause point", "Remove pause point", "Found unsupported elements", "Not supported", "Finished", "No Entries", "Exit Token Simulation",
];

/** The library has no words but English ones: what it shows is translated as it appears. */
function translated(container, t) {
  const texts = new Map(WORDS.map((words) => [words, t(words)]));
  const visit = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const words = texts.get(node.textContent.trim());
      if (words && words !== node.textContent.trim()) node.textContent = words;
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    const title = node.getAttribute("title");
    if (texts.has(title)) node.setAttribute("title", texts.get(title));
    for (const child of node.childNodes) visit(child);
  };
  visit(container);
  const watch = new MutationObserver((changes) => changes.forEach(({ type, target, addedNodes }) => (type === "childList" ? addedNodes.forEach(visit) : visit(target))));
  watch.observe(container, { childList: true, subtree: true, attributes: true, attributeFilter: ["title"] });
  return () => watch.disconnect();
}

/** Runs the simulation of a diagram in `container`; answers what ends it. */
export async function simulate(Viewer, container, xml, { options, t }) {
  const viewer = new Viewer({ container, ...options, additionalModules: [...(options.additionalModules ?? []), SimulationModule] });
  const stop = translated(container, t);
  await viewer.importXML(xml);
  viewer.get("canvas").zoom("fit-viewport", "auto");
  viewer.get("toggleMode").toggleMode(true);
  return () => {
    stop();
    viewer.destroy();
  };
}
