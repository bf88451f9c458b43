// The picture starts readable: whole if the letters stay legible, else near the place where the case stands. The wheel
// belongs to the page until the reader has pressed into the picture.

const LEGIBLE = 0.62;
const NEAR = 0.9;
const EDGE = 24;

/** Binds the buttons [data-act=zoom-in|zoom-out|fit|focus] of the host and sets the first view. */
export function bindZoom(host, viewer, focus) {
  const canvas = viewer.get("canvas");
  const wheel = viewer.get("zoomScroll");
  const element = focus && viewer.get("elementRegistry").get(focus);
  const acts = {
    "zoom-in": () => wheel.stepZoom(1),
    "zoom-out": () => wheel.stepZoom(-1),
    fit: () => canvas.zoom("fit-viewport", "auto"),
    focus: () => { if (element) near(canvas, element); },
  };
  acts.fit();
  if (element && canvas.zoom() < LEGIBLE) acts.focus();
  wheel.toggle(false);
  host.addEventListener("click", (event) => acts[event.target.closest("[data-act]")?.dataset.act]?.());
  host.querySelector(".diagram-canvas").addEventListener("pointerdown", () => wheel.toggle(true));
  host.addEventListener("pointerleave", () => wheel.toggle(false));
}

/** Shows `element` in the middle at a legible size, but no blank beyond the edge of the picture. */
function near(canvas, { x, y, width, height }) {
  const { outer, inner } = canvas.viewbox();
  const size = { width: outer.width / NEAR, height: outer.height / NEAR };
  const within = (wanted, start, whole, seen) => Math.max(start - EDGE, Math.min(wanted, start + whole + EDGE - seen));
  canvas.viewbox({
    x: within(x + width / 2 - size.width / 2, inner.x, inner.width, size.width),
    y: within(y + height / 2 - size.height / 2, inner.y, inner.height, size.height),
    ...size,
  });
}
