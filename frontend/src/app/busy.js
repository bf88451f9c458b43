// A line runs along the top when an answer takes longer than a quarter of a second; after a second it is also said.
import { announce, text } from "./page.js";

const bar = () => document.querySelector(".busy-bar");
let running = 0;
let shown;
let said;

function start() {
  if (running++) return;
  shown = setTimeout(() => { if (bar()) bar().hidden = false; }, 250);
  said = setTimeout(() => bar()?.setAttribute("aria-label", text("working")), 1000);
}

function stop() {
  running = Math.max(0, running - 1);
  if (running) return;
  clearTimeout(shown);
  clearTimeout(said);
  if (bar()) bar().hidden = true;
}

document.addEventListener("htmx:before:request", start);
document.addEventListener("htmx:finally:request", stop);
addEventListener("pageshow", () => { running = 1; stop(); });
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  start();
  hold(event.target, event.submitter);
});

// A second press of the same button is the commonest double submission. The buttons are held after the browser took
// the values, for a disabled button is not sent; the page that is left behind lets go of them again.
function hold(form, submitter) {
  if (form.method === "dialog" || form.target === "_blank") return;
  setTimeout(() => {
    const buttons = [...form.elements, submitter].filter((field) => field?.type === "submit" && !field.disabled);
    buttons.forEach((button) => { button.disabled = true; });
    addEventListener("pageshow", () => buttons.forEach((button) => { button.disabled = false; }), { once: true });
    setTimeout(() => buttons.forEach((button) => { button.disabled = false; }), 15000);
  });
}

addEventListener("offline", () => announce(text("offline"), "warn"));
