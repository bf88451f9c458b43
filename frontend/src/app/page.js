// What the behaviours share: translated texts of the page, the toast, work on every new piece of content.

/** The translated text `key` that base.html put on #texts. */
export function text(key) {
  return document.getElementById("texts")?.dataset[key] ?? "";
}

/** Says `message` to everybody, screen readers included; kind is ok, info, warn or danger. */
export function announce(message, kind = "info") {
  document.dispatchEvent(new CustomEvent("toast", { detail: { text: message, kind } }));
}

/** The sentence of a refusal, which comes as a whole page; empty where `html` is something else. */
export function refusalIn(html) {
  return new DOMParser().parseFromString(html, "text/html").querySelector("[data-refusal]")?.textContent.trim() ?? "";
}

/** The token that the server wants back with each unsafe request. */
export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/** Calls `work(root)` for the page now and for every part that htmx puts into it later. */
export function onContent(work) {
  const first = () => work(document);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", first);
  else first();
  document.addEventListener("htmx:after:swap", (event) => work(event.detail?.ctx?.target ?? document));
}

/** True where a key press belongs to the field the reader types in. */
export function isTyping(target) {
  return target.isContentEditable || (target.matches?.("input, select, textarea") && !target.matches("[type=checkbox], [type=radio], [type=button]"));
}
