// The library draws shapes without name, role or tab stop. Here each step gets them, in the order of the picture
// (left to right), with its state in words; Enter and Space press it.

const STEPS = /Task$|CallActivity|SubProcess|Event$|Gateway/;

export const isStep = (element) => !element.labelTarget && !element.waypoints && STEPS.test(element.type);

function spoken(element, { elements, words }) {
  const mark = elements[element.id];
  return [element.businessObject.name || words[element.type] || element.type.replace("bpmn:", ""), mark && (mark.note ?? words[mark.state])].filter(Boolean).join(", ");
}

/** Makes every step of the diagram reachable by Tab and readable by a screen reader. */
export function nameShapes(viewer, state) {
  const registry = viewer.get("elementRegistry");
  const svg = viewer.get("canvas")._svg;
  svg.setAttribute("role", "group");
  svg.removeAttribute("tabindex");
  const steps = registry.filter(isStep).sort((a, b) => a.x - b.x || a.y - b.y);
  for (const element of steps) {
    const shape = registry.getGraphics(element);
    shape.setAttribute("role", "button");
    shape.setAttribute("tabindex", "0");
    shape.setAttribute("aria-label", spoken(element, state));
    shape.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      viewer.get("eventBus").fire("element.click", { element, originalEvent: event });
    });
  }
}
