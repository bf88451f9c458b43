// htmx 4 under a policy without eval: no hx-on, no trigger filters, no js: values (a test looks for them in the templates).
import htmx from "htmx.org";
import { announce, onContent, text } from "./page.js";

window.htmx = htmx;

// A form that came back with errors puts the reader on the summary of them; so does a page that was loaded whole.
onContent((root) => root.querySelector(".error-summary")?.focus());

document.addEventListener("htmx:error", ({ detail }) => {
  announce(detail.error?.name === "AbortError" ? text("timeout") : text("offline"), "danger");
});

// An answer without a page of its own (session over, gateway down) is said, not swapped into the middle of the screen.
document.addEventListener("htmx:before:swap", (event) => {
  const { response } = event.detail.ctx;
  if (!response || response.status < 500) return;
  event.preventDefault();
  announce(text("failed"), "danger");
});
