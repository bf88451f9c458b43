// A press on a step: its card (who, when, opinion) beside the picture, and the event diagram:element for the page.
import { isStep } from "./names.js";

/** Shows the server's <template data-element="id"> in the host's .diagram-card, or closes it. */
function show(host, id) {
  const place = host.querySelector(".diagram-card");
  const card = host.querySelector(`template[data-element="${CSS.escape(id)}"]`);
  if (!place) return;
  place.querySelector("[data-card]").replaceChildren(...(card ? [card.content.cloneNode(true)] : []));
  place.hidden = !card;
}

/** Listens to presses on the diagram and to Escape and the card's own close button. */
export function bindCards(host, viewer) {
  viewer.on("element.click", ({ element }) => {
    const step = element.labelTarget ?? element;
    if (!isStep(step)) return show(host, "");
    show(host, step.id);
    const detail = { id: step.id, name: step.businessObject.name ?? "", type: step.type };
    host.dispatchEvent(new CustomEvent("diagram:element", { bubbles: true, detail }));
  });
  host.addEventListener("click", (event) => { if (event.target.closest("[data-close-card]")) show(host, ""); });
  host.addEventListener("keydown", (event) => { if (event.key === "Escape") show(host, ""); });
}
