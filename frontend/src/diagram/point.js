// A sentence beside a picture: a press on [data-point] shows its element on every picture of the page that has it, and a press
// on an element brings its sentences ([data-about]) to the eye.
const LEGIBLE = 0.9;
let listens = false;

function show(host, id) {
  const [canvas, registry] = ["canvas", "elementRegistry"].map((name) => host.viewer.get(name));
  if (registry.get(host.dataset.pointed)) canvas.removeMarker(host.dataset.pointed, "is-picked");
  const element = registry.get(id);
  if (!element) return;
  const { x, y, width, height } = element.waypoints ? middle(element.waypoints) : element;
  const { outer } = canvas.viewbox();
  const seen = { width: outer.width / LEGIBLE, height: outer.height / LEGIBLE };
  canvas.viewbox({ x: x + width / 2 - seen.width / 2, y: y + height / 2 - seen.height / 2, ...seen });
  canvas.addMarker(id, "is-picked");
  host.dataset.pointed = id;
}

function middle(points) {
  const { x, y } = points[Math.floor((points.length - 1) / 2)];
  return { x, y, width: 0, height: 0 };
}

function press({ target }) {
  const button = target.closest("[data-point]");
  if (!button) return;
  for (const host of document.querySelectorAll("[data-diagram][data-drawn]")) show(host, button.dataset.point);
  document.querySelectorAll("[data-point][aria-pressed]").forEach((other) => other.removeAttribute("aria-pressed"));
  button.setAttribute("aria-pressed", "true");
  const picture = document.querySelector("[data-diagram][data-drawn]");
  if (picture?.offsetParent) picture.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

function tell({ detail: { id } }) {
  const mine = [...document.querySelectorAll("[data-about]")];
  for (const item of mine) item.classList.toggle("is-pointed", item.dataset.about === id);
  mine.find((item) => item.dataset.about === id)?.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

/** Listens once for the whole page. */
export function bindPoint() {
  if (listens) return;
  listens = true;
  document.addEventListener("click", press);
  document.addEventListener("diagram:element", tell);
}
