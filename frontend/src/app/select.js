// Ticked rows: the box in the head ticks all, Shift ticks a range, the bar above the table shows how many and what to do.
import { onContent } from "./page.js";

const boxes = (table) => [...table.querySelectorAll("tbody input[type=checkbox]:not(:disabled)")];
let last;

function refresh(table) {
  const all = boxes(table);
  const ticked = all.filter((box) => box.checked).length;
  const head = table.querySelector("thead input[type=checkbox]");
  if (head) {
    head.checked = ticked > 0 && ticked === all.length;
    head.indeterminate = ticked > 0 && ticked < all.length;
  }
  const bar = document.querySelector(`[data-bulk="${table.id}"]`);
  if (!bar) return;
  bar.hidden = ticked === 0;
  const count = bar.querySelector("[data-count]");
  if (count) count.textContent = ticked;
}

document.addEventListener("click", (event) => {
  const box = event.target.closest?.("table[data-selectable] input[type=checkbox]");
  if (!box) return;
  const table = box.closest("table");
  const all = boxes(table);
  if (box.closest("thead")) all.forEach((other) => { other.checked = box.checked; });
  else if (event.shiftKey && all.includes(last)) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
    all.slice(from, to + 1).forEach((other) => { other.checked = box.checked; });
  }
  last = box;
  refresh(table);
});

onContent((root) => root.querySelectorAll("table[data-selectable]").forEach(refresh));
