// Dialogs are native. A link with data-dialog="id" opens it in place; without script its href leads to the same form.
// data-confirm="question" asks before a form is sent; htmx requests with hx-confirm use the same dialog.
import { onContent } from "./page.js";

function open(dialog) {
  if (dialog.open) dialog.close();
  dialog.showModal();
  dialog.querySelector("[autofocus], textarea, input:not([type=hidden]), select")?.focus();
  dialog.dispatchEvent(new CustomEvent("opened"));
}

/** Resolves to true when the reader agrees; `source` may carry data-confirm-title, -action and -kind. */
export function ask(question, source) {
  const dialog = document.getElementById("confirm");
  dialog.querySelector("h2").textContent = source.dataset.confirmTitle || dialog.dataset.title;
  dialog.querySelector(".dialog-body p").textContent = question;
  const agree = dialog.querySelector("[value=yes]");
  agree.textContent = source.dataset.confirmAction || agree.dataset.label;
  agree.className = `button ${source.dataset.confirmKind || "primary"}`;
  dialog.returnValue = "";
  dialog.showModal();
  agree.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (dialog && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    open(dialog);
  }
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  // A press on the backdrop has the dialog itself as its target.
  if (event.target.matches("dialog:modal") && !insideOf(event.target, event)) event.target.close();
});

function insideOf(dialog, { clientX, clientY }) {
  const box = dialog.getBoundingClientRect();
  return clientX >= box.left && clientX <= box.right && clientY >= box.top && clientY <= box.bottom;
}

// In the capture phase, so that neither htmx nor the double-press guard sees a form that was not agreed to.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const source = event.submitter?.dataset.confirm ? event.submitter : form;
  if (!source.dataset.confirm || form.dataset.agreed !== undefined) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { submitter } = event;
  if (!(await ask(source.dataset.confirm, source))) return;
  form.dataset.agreed = "";
  form.requestSubmit(submitter);
  delete form.dataset.agreed;
}, true);

document.addEventListener("htmx:confirm", async (event) => {
  const { ctx, issueRequest, dropRequest } = event.detail;
  event.preventDefault();
  if (await ask(ctx.confirm, ctx.sourceElement)) issueRequest();
  else dropRequest();
});

// The server may send a page with a dialog open (errors in it, or no script on the way there): make it modal again.
onContent((root) => root.querySelectorAll("dialog[open]").forEach((dialog) => { if (!dialog.matches(":modal")) open(dialog); }));
