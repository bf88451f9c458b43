// htmx 4 under a policy without eval: no hx-on, no trigger filters, no js: values (a test looks for them in the templates).
import htmx from "htmx.org";
import { announce, onContent, refusalIn, text } from "./page.js";

window.htmx = htmx;

// A form that came back with errors puts the reader on the summary of them; so does a page that was loaded whole.
onContent((root) => root.querySelector(".error-summary")?.focus());

document.addEventListener("htmx:error", ({ detail }) => {
  announce(detail.error?.name === "AbortError" ? text("timeout") : text("offline"), "danger");
});

// A refusal comes as a whole page. Its sentence is said; the page is not swapped into the middle of this one. A form with
// errors (422) has no such sentence and is swapped as usual.
document.addEventListener("htmx:before:swap", (event) => {
  const { response, text: body } = event.detail.ctx;
  if (!response || response.status < 400) return;
  const refusal = refusalIn(body);
  if (!refusal && response.status < 500) return;
  event.preventDefault();
  announce(refusal || text("failed"), "danger");
});
