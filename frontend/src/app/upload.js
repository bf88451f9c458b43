// Upload with progress: fetch has none, so a form[data-upload] is sent by XHR. Choosing or dropping files sends at once.
// The answer is the element named by data-upload, alone or in its page; its content replaces the old one, messages come along.
import htmx from "htmx.org";
import { announce, csrfToken, refusalIn, text } from "./page.js";

function send(form) {
  const chooser = form.querySelector("input[type=file]");
  if (!chooser.files.length) return chooser.click();
  if (form.dataset.sending !== undefined) return;
  form.dataset.sending = "";
  const meter = form.querySelector("progress");
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("X-CSRFToken", csrfToken());
  request.setRequestHeader("HX-Request", "true");
  request.upload.onprogress = ({ loaded, total }) => { if (meter) { meter.max = total; meter.value = loaded; } };
  request.onerror = () => finish(text("offline"));
  request.onload = () => finish(refusalIn(request.responseText) || (request.status >= 400 && request.status !== 422 ? text("failed") : ""));
  if (meter) meter.closest(".progress").hidden = false;
  request.send(new FormData(form));

  function finish(problem) {
    delete form.dataset.sending;
    if (meter) meter.closest(".progress").hidden = true;
    chooser.value = "";
    if (problem) announce(problem, "danger");
    else replace(form.dataset.upload, request.responseText);
  }
}

function replace(selector, html) {
  const target = document.querySelector(selector);
  const fresh = new DOMParser().parseFromString(html, "text/html");
  target.replaceChildren(...(fresh.querySelector(selector) ?? fresh.body).childNodes);
  htmx.process(target);
  fresh.querySelectorAll("#toasts .toast").forEach((toast) => announce(toast.querySelector("p").textContent, toast.dataset.kind));
}

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-upload]");
  if (form && event.target.type === "file" && event.target.files.length) send(form);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-upload]") || event.defaultPrevented) return;
  event.preventDefault();
  send(event.target);
}, true);
for (const [type, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
  document.addEventListener(type, (event) => event.target.closest?.(".drop")?.classList.toggle("over", over));
}
