// A list of people with data-people gets a field above it that leaves only those whose name or user name holds what is typed.
import { onContent } from "./page.js";

onContent((root) => root.querySelectorAll("select[data-people]:not([data-ready])").forEach((select) => {
  const all = [...select.options];
  const field = Object.assign(document.createElement("input"), { type: "search", className: "input", placeholder: select.dataset.people });
  field.setAttribute("aria-label", select.dataset.people);
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    const kept = all.filter((one) => !one.value || (select.multiple && one.selected) || one.text.toLowerCase().includes(wanted));
    select.replaceChildren(...kept);
    if (select.multiple) return;
    const found = kept.filter((one) => one.value);
    select.value = wanted && found.length === 1 ? found[0].value : "";
  });
  select.dataset.ready = "";
  select.before(field);
}));
