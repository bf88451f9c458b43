// A walk of tokens over the diagram of the page, step by step: the server's links do the same by loading the page anew.
// <div data-module data-step="n"> with <script type="application/json"> [{elements, path, words}], links [data-to=first|back|next|n].

const drawn = (host) => new Promise((resolve) => {
  const look = () => (host.viewer ? resolve(host.viewer) : setTimeout(look, 60));
  look();
});

/** Takes the marks of one step off the picture and puts those of another on. */
function repaint(viewer, before, after) {
  const [canvas, overlays, registry] = ["canvas", "overlays", "elementRegistry"].map((name) => viewer.get(name));
  for (const [id, { state }] of Object.entries(before.elements)) if (state && registry.get(id)) canvas.removeMarker(id, `is-${state}`);
  for (const id of before.path) if (registry.get(id)) canvas.removeMarker(id, "is-walked");
  overlays.clear();
  for (const id of after.path) if (registry.get(id)) canvas.addMarker(id, "is-walked");
  for (const [id, { state, badge, note }] of Object.entries(after.elements)) {
    if (!registry.get(id)) continue;
    canvas.addMarker(id, `is-${state}`);
    const sign = Object.assign(document.createElement("span"), { className: "diagram-badge", textContent: badge, title: note ?? "" });
    sign.dataset.kind = state === "incident" ? "danger" : "info";
    sign.setAttribute("aria-hidden", "true");
    overlays.add(id, { position: { top: -11, right: 15 }, html: sign });
  }
  const focus = registry.get(after.focus);
  if (focus) canvas.scrollToElement(focus, 80);
}

/** Binds the links of a walk. */
export async function mount(walk) {
  const steps = JSON.parse(walk.querySelector("script").textContent);
  const host = document.querySelector(".diagram");
  let at = Number(walk.dataset.step);

  async function go(to) {
    const next = Math.max(0, Math.min(steps.length - 1, to));
    if (next === at) return;
    const before = steps[at];
    at = next;
    walk.querySelector("[data-number]").textContent = at + 1;
    walk.querySelector("[data-words]").textContent = steps[at].words;
    walk.querySelector("progress").value = at;
    const address = new URL(location.href);
    address.searchParams.set("step", at);
    history.replaceState(null, "", address);
    repaint(await drawn(host), before, steps[at]);
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-to]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go({ first: 0, back: at - 1, next: at + 1 }[link.dataset.to] ?? Number(link.dataset.to));
  });
  document.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select, .diagram")) return;
    event.preventDefault();
    go(at + step);
  });
}
