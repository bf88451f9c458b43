// The picture starts readable: whole if the letters stay legible, else near the place where the case stands. The wheel
// belongs to the page until the reader has pressed into the picture.

const LEGIBLE = 0.62;

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

function near(canvas, { x, y, width, height }) {
  const scale = 0.9;
  const { outer } = canvas.viewbox();
  const size = { width: outer.width / scale, height: outer.height / scale };
  canvas.viewbox({ x: x + width / 2 - size.width / 2, y: y + height / 2 - size.height / 2, ...size });
}
