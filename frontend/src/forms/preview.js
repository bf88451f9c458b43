// The picture: which step, how wide, in which language; a press beside a control in it chooses the field in the outline.
import { onContent } from "../app/page.js";

const frame = () => document.getElementById("preview");
const kept = { width: "", language: "" };

function draw() {
  const picture = frame();
  if (!picture) return;
  picture.classList.toggle("phone", kept.width === "390");
  if (!kept.language) return;
  const address = new URL(picture.src);
  if (address.searchParams.get("language") === kept.language) return;
  address.searchParams.set("language", kept.language);
  picture.src = address;
}

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-preview-width]")) kept.width = target.value;
  else if (target.matches("[data-preview-language]")) kept.language = target.value;
  else if (target.matches("[data-preview-tools] [name=step]")) return target.form.requestSubmit();
  else return;
  draw();
});

/** The row of the outline that shows a key. */
const rowOf = (key) => [...document.querySelectorAll(".outline .part-row code")].find((code) => code.textContent === key)?.closest("a");

// A control is there to be tried: choosing its row would draw the picture anew, and what was tried would be gone.
const TRIED = "input, select, textarea, button, summary, a, label.choice, label.check";

function choose({ target }) {
  if (target.closest?.(TRIED)) return;
  const field = target.closest?.("[id^='field-'], .field");
  const id = field?.id || field?.querySelector("[id^='field-']")?.id || "";
  const row = rowOf(id.replace(/^field-/, "").split(".")[0]);
  if (row && row.getAttribute("aria-current") !== "true") row.click();
}

onContent(() => {
  const picture = frame();
  if (!picture) return;
  const tools = document.querySelector("[data-preview-width]");
  if (tools) tools.value = kept.width;
  const language = document.querySelector("[data-preview-language]");
  if (language && kept.language) language.value = kept.language;
  draw();
  if (picture.dataset.heard) return;
  picture.dataset.heard = "1";
  picture.addEventListener("load", () => picture.contentDocument?.addEventListener("click", choose));
  picture.contentDocument?.addEventListener("click", choose);
});
