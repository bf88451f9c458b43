// A press anywhere on a row opens it, as the link in it does; marking text or pressing a control does not.
document.addEventListener("click", (event) => {
  const row = event.target.closest?.("[data-rows] tbody tr");
  if (!row || event.target.closest("a, button, input, label, select, summary, form") || String(getSelection())) return;
  const link = row.querySelector(".row-link");
  if (!link) return;
  if (event.ctrlKey || event.metaKey) open(link.href, "_blank");
  else link.click();
});
