// The library gave up touch in 2024 (diagram-js pull request 845). One finger moves the picture, two zoom it.

const middle = ([a, b]) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
const apart = ([a, b]) => Math.hypot(a.x - b.x, a.y - b.y);

/** Binds finger moves on `element` to the diagram's canvas; mouse and pen keep the library's own behaviour. */
export function bindTouch(element, canvas) {
  const fingers = new Map();
  const isTouch = (event) => event.pointerType === "touch";

  element.addEventListener("pointerdown", (event) => {
    if (isTouch(event)) fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  element.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const before = [...fingers.values()];
    const last = fingers.get(event.pointerId);
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (before.length === 1) canvas.scroll({ dx: event.clientX - last.x, dy: event.clientY - last.y });
    if (before.length === 2) pinch(canvas, element, before, [...fingers.values()]);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    element.addEventListener(end, (event) => fingers.delete(event.pointerId));
  }
}

function pinch(canvas, element, before, after) {
  const box = element.getBoundingClientRect();
  const centre = middle(after);
  const scale = canvas.zoom() * (apart(after) / apart(before));
  canvas.zoom(Math.min(4, Math.max(0.2, scale)), { x: centre.x - box.left, y: centre.y - box.top });
}
