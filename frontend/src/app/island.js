// Heavy parts (diagram, document viewer) are loaded when they come into view: data-module="/static/dist/diagram-….js",
// data-module-style for their sheet. The module exports mount(element).
import { announce, onContent, text } from "./page.js";

function addStyle(href) {
  if (!href || document.querySelector(`link[href="${CSS.escape(href)}"]`)) return;
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  document.head.append(link);
}

async function load(element) {
  addStyle(element.dataset.moduleStyle);
  try {
    const module = await import(element.dataset.module);
    await module.mount(element);
  } catch (error) {
    element.classList.add("island-failed");
    announce(text("failed"), "danger");
    console.error(error);
  }
}

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    watcher.unobserve(target);
    load(target);
  }
});

onContent((root) => root.querySelectorAll("[data-module]:not([data-mounted])").forEach((element) => {
  element.dataset.mounted = "";
  watcher.observe(element);
}));
