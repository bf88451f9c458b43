// Choosing on the picture where tasks move: a press on a station with tasks, then on the one they go to, sets the list of that
// station (select[data-from]) in the same form. The lists alone do the same work, so the picture is never needed.

/** Binds the diagram of a form with select[data-from] lists; what is chosen shows as +n and −n. */
export function bindPick(host, viewer) {
  const form = host.closest("[data-pick]")?.closest("form");
  if (!form) return;
  const [canvas, overlays, registry] = ["canvas", "overlays", "elementRegistry"].map((name) => viewer.get(name));
  const lists = [...form.querySelectorAll("select[data-from]")];
  let from;

  const mark = (id, marker, on) => { if (registry.get(id)) canvas[on ? "addMarker" : "removeMarker"](id, marker); };

  function show() {
    overlays.remove({ type: "pick" });
    for (const list of lists) {
      for (const { value } of list.options) if (value) mark(value, "is-added", false);
    }
    for (const list of lists.filter(({ value }) => value)) {
      const note = (id, text, kind) => {
        if (!registry.get(id)) return;
        const badge = Object.assign(document.createElement("span"), { className: "diagram-badge", textContent: text });
        badge.dataset.kind = kind;
        overlays.add(id, "pick", { position: { bottom: 11, left: -6 }, html: badge });
      };
      note(list.dataset.from, `−${list.dataset.number}`, "danger");
      note(list.value, `+${list.dataset.number}`, "ok");
      mark(list.value, "is-added", true);
    }
  }

  host.addEventListener("diagram:element", ({ detail: { id } }) => {
    if (from && id !== from.dataset.from && [...from.options].some(({ value }) => value === id)) {
      from.value = id;
      mark(from.dataset.from, "is-picked", false);
      from = undefined;
      return show();
    }
    if (from) mark(from.dataset.from, "is-picked", false);
    from = lists.find((list) => list.dataset.from === id);
    if (from) mark(id, "is-picked", true);
  });
  form.addEventListener("change", show);
  show();
}
