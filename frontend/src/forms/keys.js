// Undo and redo by key, except where the reader types: there the key belongs to the field.
const types = (element) => element.matches?.("textarea, select, input:not([type=checkbox], [type=radio], [type=button])");

document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || types(event.target)) return;
  const key = event.key.toLowerCase();
  const wanted = key === "y" || (key === "z" && event.shiftKey) ? "[data-redo]" : key === "z" ? "[data-undo]" : null;
  const button = wanted && document.querySelector(`#designer ${wanted}`);
  if (!button || button.disabled) return;
  event.preventDefault();
  button.click();
});
