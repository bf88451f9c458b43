// What two texts of a diagram say differently, element by element. Where shapes stand is left out; the server's report says it in sentences.
const DRAWING = /BPMNDiagram$/;

function said(element) {
  const attributes = [...element.attributes].filter(({ name }) => name !== "id").map(({ name, value }) => `${name}="${value}"`);
  const inner = [...element.children].filter((child) => !child.hasAttribute("id") || child.namespaceURI?.startsWith("urn:creditflow")).map(said);
  const own = element.children.length ? "" : element.textContent.trim();
  return [[element.localName, ...attributes].join(" "), own, ...inner].filter(Boolean).join(" · ");
}

function elementsOf(text) {
  const root = new DOMParser().parseFromString(text, "application/xml").documentElement;
  const found = new Map();
  const walk = (element) => {
    if (DRAWING.test(element.localName)) return;
    if (element.id && !element.namespaceURI?.startsWith("urn:creditflow")) found.set(element.id, { name: element.getAttribute("name") ?? "", said: said(element) });
    for (const child of element.children) walk(child);
  };
  walk(root);
  return found;
}

/** [{id, name, theirs, mine}] for every element that differs; an empty text: not there. */
export function changesBetween(theirs, mine) {
  const [one, two] = [elementsOf(theirs), elementsOf(mine)];
  return [...new Set([...one.keys(), ...two.keys()])]
    .filter((id) => one.get(id)?.said !== two.get(id)?.said)
    .map((id) => ({ id, name: two.get(id)?.name || one.get(id)?.name || "", theirs: one.get(id)?.said ?? "", mine: two.get(id)?.said ?? "" }));
}
