// Short messages. Good news leaves by itself; bad news stays until the reader closes it.
import { onContent } from "./page.js";

const LEAVES_AFTER = 7000;
const SIGNS = { ok: "circle-check", warn: "triangle-alert", danger: "circle-alert" };

function leaveLater(toast) {
  if (toast.dataset.kind === "danger" || toast.dataset.kind === "warn") return;
  let timer = setTimeout(() => toast.remove(), LEAVES_AFTER);
  const stay = () => clearTimeout(timer);
  const go = () => { stay(); timer = setTimeout(() => toast.remove(), LEAVES_AFTER); };
  toast.addEventListener("pointerenter", stay);
  toast.addEventListener("focusin", stay);
  toast.addEventListener("pointerleave", go);
  toast.addEventListener("focusout", go);
}

function show({ text, kind }) {
  const mould = document.getElementById("toast-mould");
  const place = document.getElementById("toasts");
  if (!mould || !place || !text) return;
  const toast = mould.content.firstElementChild.cloneNode(true);
  toast.dataset.kind = kind;
  toast.querySelector("p").textContent = text;
  const sign = toast.querySelector("use");
  sign.setAttribute("href", sign.getAttribute("href").replace(/#.*/, `#${SIGNS[kind] ?? "info"}`));
  place.append(toast);
  leaveLater(toast);
}

// The server asks for one with the header HX-Trigger: {"toast": {"text": "…", "kind": "ok"}}.
document.addEventListener("toast", (event) => show(event.detail));
document.addEventListener("click", (event) => event.target.closest("[data-close-toast]")?.closest(".toast").remove());
onContent((root) => root.querySelectorAll(".toast:not([data-timed])").forEach((toast) => {
  toast.dataset.timed = "";
  leaveLater(toast);
}));
