// A press on a step: its card (who, when, opinion) beside the picture, and the event diagram:element for the page.
import { isStep } from "./names.js";

function line(tag, content, className = "") {
  return Object.assign(document.createElement(tag), { textContent: content, className });
}

/** The card of a mark: step, who and when, what was decided, the opinion. */
function cardOf(name, { who, when, outcome, note, opinion }) {
  const about = [who, when].filter(Boolean).join(" · ");
  return [line("h3", name), about && line("p", about), (outcome || note) && line("p", outcome || note, "strong"), opinion && line("p", opinion, "opinion")].filter(Boolean);
}

/** Shows the card of `step` in the host's .diagram-card: the server's own template, else what the marks say; or closes it. */
function show(host, step, mark) {
  const place = host.querySelector(".diagram-card");
  const own = step && host.querySelector(`template[data-element="${CSS.escape(step.id)}"]`);
  if (!place) return;
  const content = own ? [own.content.cloneNode(true)] : mark ? cardOf(step.businessObject.name ?? "", mark) : [];
  place.querySelector("[data-card]").replaceChildren(...content);
  place.hidden = !content.length;
}

/** Listens to presses on the diagram and to Escape and the card's own close button. */
export function bindCards(host, viewer, { elements }) {
  viewer.on("element.click", ({ element }) => {
    const step = element.labelTarget ?? element;
    if (!isStep(step)) return show(host);
    show(host, step, elements[step.id]);
    if (host.dataset.filter && elements[step.id]) {
      // The page lists what stands at this station: go there.
      location.assign(host.dataset.filter.replace("__element__", encodeURIComponent(step.id)));
      return;
    }
    const detail = { id: step.id, name: step.businessObject.name ?? "", type: step.type };
    host.dispatchEvent(new CustomEvent("diagram:element", { bubbles: true, detail }));
  });
  host.addEventListener("click", (event) => { if (event.target.closest("[data-close-card]")) show(host); });
  host.addEventListener("keydown", (event) => { if (event.key === "Escape") show(host); });
}
