// The buttons and keys of the document viewer; they work on {scale, rotation} and the page in sight, whatever the sheet is.

const STEP = 1.25;
const clamp = (scale) => Math.min(6, Math.max(0.1, scale));

/** Binds the tools of `host` to `sheet`, which is drawn into the scrolling `canvas`. */
export function bindTools(host, canvas, sheet) {
  const view = { scale: 1, rotation: 0 };
  let fit = "fit-width";
  const place = (name) => host.querySelector(`[data-${name}]`);
  const room = () => ({ width: canvas.clientWidth - 28, height: canvas.clientHeight - 28 });

  function draw() {
    const size = sheet.size(view.rotation);
    if (fit) view.scale = clamp(Math.min(room().width / size.width, fit === "fit-page" ? room().height / size.height : 3));
    sheet.draw({ ...view });
    if (place("zoom")) place("zoom").textContent = `${Math.round(view.scale * 100)}%`;
  }

  function current() {
    const middle = canvas.scrollTop + canvas.clientHeight / 3;
    const at = sheet.elements.findLastIndex((element) => element.offsetTop <= middle);
    return Math.max(0, at) + 1;
  }

  function go(number) {
    const wanted = Math.min(sheet.pages, Math.max(1, Math.trunc(number) || 1));
    canvas.scrollTop = sheet.elements[wanted - 1].offsetTop - 10;
  }

  function zoom(factor) {
    const page = current();
    fit = "";
    view.scale = clamp(view.scale * factor);
    draw();
    if (sheet.pages > 1) go(page);
  }

  const acts = {
    previous: () => go(current() - 1),
    next: () => go(current() + 1),
    "zoom-in": () => zoom(STEP),
    "zoom-out": () => zoom(1 / STEP),
    "fit-width": () => { fit = "fit-width"; draw(); },
    "fit-page": () => { fit = "fit-page"; draw(); },
    rotate: () => { view.rotation = (view.rotation + 90) % 360; draw(); },
  };
  const keys = { "+": "zoom-in", "=": "zoom-in", "-": "zoom-out", 0: "fit-width", r: "rotate", PageDown: "next", PageUp: "previous" };

  host.addEventListener("click", (event) => acts[event.target.closest("[data-act]")?.dataset.act]?.());
  host.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input")) return;
    event.preventDefault();
    acts[keys[event.key]]();
  });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(event.deltaY < 0 ? 1.1 : 1 / 1.1);
  }, { passive: false });
  canvas.addEventListener("scroll", () => { if (place("page")) place("page").value = current(); }, { passive: true });
  place("page")?.addEventListener("change", ({ target }) => go(target.value));
  if (place("pages")) place("pages").textContent = sheet.pages;
  if (place("page")) Object.assign(place("page"), { max: sheet.pages, value: 1, disabled: sheet.pages === 1 });
  new ResizeObserver(() => { if (fit) draw(); }).observe(canvas);
}
