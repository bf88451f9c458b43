// Dragging parts of the outline, and kinds from the palette into it. It is an extra: the buttons of the panel do the same.
// What is dropped goes as the hidden form #drop: which act, which part, into what, before which child.
let held = null;
let target = null;

const mark = document.createElement("div");
mark.className = "drop-mark";

function begin(event) {
  const kind = event.target.closest?.("[data-new-kind]");
  const part = event.target.closest?.(".part[draggable]");
  if (!kind && !part) return;
  held = kind ? { kind: kind.dataset.newKind } : { at: part.dataset.at, kind: part.dataset.kind, element: part };
  event.dataTransfer.effectAllowed = kind ? "copy" : "move";
  event.dataTransfer.setData("text/plain", held.kind);
  part?.classList.add("held");
  event.stopPropagation();
}

/** The list under the pointer that may take what is held, and the place in it. */
function placeFor(event) {
  let list = event.target.closest?.(".outline ul[data-into]");
  const into = (one) => one.closest(".part")?.dataset.kind ?? "form";
  const takes = (one) => !held.element?.contains(one) && (held.kind === "section" ? into(one) === "form" : into(one) !== "table" || !["table", "text"].includes(held.kind));
  while (list && !takes(list)) list = list.parentElement.closest("ul[data-into]");
  if (!list) return null;
  const parts = [...list.children].filter((one) => one.matches(".part"));
  const after = parts.findIndex((one) => event.clientY < one.getBoundingClientRect().top + one.firstElementChild.offsetHeight / 2);
  return { list, parts, index: after < 0 ? parts.length : after };
}

function over(event) {
  if (!held) return;
  target = placeFor(event);
  if (!target) return mark.remove();
  event.preventDefault();
  target.list.insertBefore(mark, target.parts[target.index] ?? null);
}

function drop(event) {
  if (!held || !target) return;
  event.preventDefault();
  const form = document.getElementById("drop");
  form.elements.act.value = held.at === undefined ? `add:${held.kind}` : "move";
  form.elements.at.value = held.at ?? "";
  form.elements.to.value = target.list.dataset.into;
  form.elements.index.value = target.index;
  end();
  form.requestSubmit();
}

function end() {
  held?.element?.classList.remove("held");
  mark.remove();
  held = target = null;
}

document.addEventListener("dragstart", begin);
document.addEventListener("dragover", over);
document.addEventListener("drop", drop);
document.addEventListener("dragend", end);
