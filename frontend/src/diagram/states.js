// What happened where: marker classes on shapes and flows, badges with counts. Each state also has a sign of its own
// (dash, weight, badge text), so that nothing is said by colour alone.

const SIGNS = { done: "✓", running: "▶", returned: "↩", refused: "✕", incident: "!", added: "▶", removed: "✕" };

function badge({ state, badge: text, count, kind, note }) {
  const element = document.createElement("span");
  element.className = "diagram-badge";
  element.dataset.kind = kind ?? { done: "ok", running: "info", returned: "warn", refused: "danger", incident: "danger" }[state] ?? "neutral";
  element.textContent = text ?? (count > 1 ? `${SIGNS[state]} ${count}` : SIGNS[state]);
  if (note) element.title = note;
  element.setAttribute("aria-hidden", "true");
  return element;
}

/** Where the badge of an element stands: on its corner; of a flow, on the middle of its longest piece. */
function place({ waypoints }) {
  if (!waypoints) return { top: -11, right: 15 };
  const pieces = waypoints.slice(1).map((end, i) => ({ start: waypoints[i], end, length: Math.hypot(end.x - waypoints[i].x, end.y - waypoints[i].y) }));
  const { start, end } = pieces.reduce((longest, piece) => (piece.length > longest.length ? piece : longest));
  const [left, top] = ["x", "y"].map((axis) => Math.min(...waypoints.map((point) => point[axis])));
  return { left: (start.x + end.x) / 2 - left - 14, top: (start.y + end.y) / 2 - top - 12 };
}

const isVisited = (mark) => ["done", "running", "returned", "refused"].includes(mark?.state);

/** The flows between two places that the case has been at: the way it went. */
function walked(registry, elements) {
  return registry.filter(({ source, target }) => source && isVisited(elements[source.id]) && isVisited(elements[target.id])).map(({ id }) => id);
}

/** Paints `elements` ({id: {state, badge, kind, note}}) and the flows already walked, told by `path` alone where it is exact;
 *  unknown ids are left alone. */
export function markStates(viewer, { elements, path, exact }) {
  const [canvas, overlays, registry] = ["canvas", "overlays", "elementRegistry"].map((name) => viewer.get(name));
  for (const [id, mark] of Object.entries(elements)) {
    if (!registry.get(id)) continue;
    if (mark.state) canvas.addMarker(id, `is-${mark.state}`);
    const isGateway = registry.get(id).type.endsWith("Gateway");
    if (mark.badge !== undefined || (SIGNS[mark.state] && !isGateway)) overlays.add(id, { position: place(registry.get(id)), html: badge(mark) });
  }
  for (const id of [...path, ...(exact ? [] : walked(registry, elements))]) if (registry.get(id)) canvas.addMarker(id, "is-walked");
}
