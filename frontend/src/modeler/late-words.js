// Some parts of the libraries have no words but English ones. What they show is put into the reader's language as it appears.

/** Watches `container`; `words` gives for an English text the text to show, or nothing. Returns what ends it. */
export function translateLate(container, words) {
  const visit = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      const shown = words(node.textContent.trim());
      if (shown && shown !== node.textContent.trim()) node.textContent = shown;
      return;
    }
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    const title = words(node.getAttribute("title") ?? "");
    if (title && title !== node.getAttribute("title")) node.setAttribute("title", title);
    for (const child of node.childNodes) visit(child);
  };
  visit(container);
  const watch = new MutationObserver((changes) => changes.forEach(({ type, target, addedNodes }) => (type === "childList" ? addedNodes.forEach(visit) : visit(target))));
  watch.observe(container, { childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["title"] });
  return () => watch.disconnect();
}
