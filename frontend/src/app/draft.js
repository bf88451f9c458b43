// What somebody has typed is not lost. form[data-guard] asks before the page is left with unsent changes;
// form[data-autosave="url"] also sends itself there as a draft two seconds after the last key, when the tab is hidden,
// on Ctrl+S (a button with data-save-draft), and before a button with data-saves="form id" does its own work elsewhere.
// The state stands in [data-saved-state="form id"].
import { announce, csrfToken, refusalIn, text } from "./page.js";

const PAUSE = 2000;
const dirty = new Map();
const timers = new WeakMap();
// A field may stand outside of its form (form="…"), as the opinion in the action bar does.
const guarded = ({ form }) => (form?.matches("[data-guard], [data-autosave]") ? form : undefined);

function state(form, message, kind) {
  const place = document.querySelector(`[data-saved-state="${form.id}"]`);
  if (!place) return;
  place.textContent = message;
  place.dataset.kind = kind;
}

/** Sends the draft; the form stays dirty when the answer is not 2xx, and the reader is told. */
async function save(form, { leaving = false } = {}) {
  clearTimeout(timers.get(form));
  const version = dirty.get(form);
  state(form, text("saving"), "info");
  try {
    const body = new FormData(form);
    for (const field of form.elements) if (field.type === "password") body.delete(field.name); // a signature is no draft
    const headers = { "X-CSRFToken": csrfToken(), "X-Requested-With": "draft" };
    const answer = await fetch(form.dataset.autosave, { method: "POST", body, headers, keepalive: leaving, redirect: "error" });
    if (!answer.ok) throw new Error(refusalIn(await answer.text()));
    if (dirty.get(form) === version) dirty.delete(form);
    delete form.dataset.failed;
    state(form, text("saved").replace("{time}", new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" })), "ok");
  } catch (error) {
    form.dataset.failed = "";
    state(form, text("unsaved"), "danger");
    if (error.name === "Error" && error.message) announce(error.message, "danger");
  }
}

function changed({ target }) {
  const form = guarded(target);
  if (!form || target.type === "file" || target.type === "password") return;
  dirty.set(form, (dirty.get(form) ?? 0) + 1);
  if (!form.dataset.autosave) return;
  clearTimeout(timers.get(form));
  timers.set(form, setTimeout(() => save(form), PAUSE));
}

document.addEventListener("input", changed);
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-save-draft]");
  const form = button && (button.form ?? document.getElementById(button.dataset.saveDraft));
  if (!form?.dataset.autosave) return;
  event.preventDefault();
  save(form);
});
document.addEventListener("submit", ({ target, defaultPrevented }) => {
  if (defaultPrevented) return;
  clearTimeout(timers.get(target));
  dirty.delete(target);
});
document.addEventListener("submit", async (event) => {
  const { target, submitter } = event;
  const form = document.getElementById(submitter?.dataset.saves);
  if (!form || !dirty.has(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  await save(form);
  if (!dirty.has(form)) target.requestSubmit(submitter);
}, true);

const unsaved = (keeps) => [...dirty.keys()].filter((form) => form.isConnected && Boolean(form.dataset.autosave) === keeps);
const leave = () => unsaved(true).forEach((form) => save(form, { leaving: true }));
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") leave(); });
addEventListener("pagehide", leave);
// A form that keeps drafts asks only when the last one could not be sent.
addEventListener("beforeunload", (event) => {
  if (unsaved(false).length || unsaved(true).some((form) => form.dataset.failed !== undefined)) event.preventDefault();
});
