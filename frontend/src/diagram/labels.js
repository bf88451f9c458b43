// The names in the reader's language: <credit:label lang="en"> on any element; the element's own name is zh_Hans.

function labelOf(element, lang) {
  const labels = element.extensionElements?.values?.filter(({ $type }) => $type.endsWith(":label")) ?? [];
  return labels.find((label) => label.lang === lang)?.$body?.trim();
}

function walk(element, visit, seen) {
  if (!element?.$type || seen.has(element)) return;
  seen.add(element);
  visit(element);
  for (const property of ["rootElements", "flowElements", "participants", "laneSets", "lanes", "artifacts", "childLaneSet"]) {
    for (const child of [element[property] ?? []].flat()) walk(child, visit, seen);
  }
}

/** Gives each element of the parsed file the name that the reader of `lang` expects. */
export function translateLabels(definitions, references, lang) {
  if (!lang || lang === "zh_Hans") return;
  walk(definitions, (element) => {
    const label = labelOf(element, lang);
    if (label) element.name = label;
  }, new Set());
}
