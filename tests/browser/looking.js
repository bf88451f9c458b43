// What a machine can see of a page that a person would dislike: the list of sentences, empty where all is well.
({ phone, chinese, words, deep }) => {
  const found = [];
  const say = (what, element, more = "") => found.push(`${what}: ${name(element)}${more ? ` – ${more}` : ""}`);
  const name = (element) => {
    const kind = element.className && element.className.baseVal === undefined ? `.${String(element.className).trim().split(/\s+/).join(".")}` : "";
    const text = (element.textContent || element.value || element.getAttribute("aria-label") || "").trim().replace(/\s+/g, " ");
    return `${element.tagName.toLowerCase()}${element.id ? `#${element.id}` : ""}${kind} “${text.slice(0, 60)}”`;
  };
  const seen = (element) => {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    const box = element.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && !element.closest(".visually-hidden, .skip-link, [aria-hidden=true]") && !clipped(element);
  };
  const clipped = (element) => {
    for (let one = element; one; one = one.parentElement) if (/inset\(50%|inset\(100%/.test(getComputedStyle(one).clipPath)) return true;
    return false;
  };
  const scrolls = (element) => {
    for (let one = element.parentElement; one; one = one.parentElement)
      if (/(auto|scroll)/.test(getComputedStyle(one).overflowX) && one.scrollWidth > one.clientWidth) return true;
    return false;
  };
  const all = [...document.body.querySelectorAll("*")].filter((element) => !element.closest("svg, canvas") && seen(element));
  const dialog = document.querySelector("dialog[open]:modal");
  const inside = (element) => !dialog || dialog.contains(element);

  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) {
    const widest = all.filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e)).slice(-1)[0] || document.body;
    say("sticks out", widest, `${wide} px`);
  }
  for (const element of all) {
    const look = getComputedStyle(element);
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (own && /(hidden|clip)/.test(look.overflowX) && element.scrollWidth > element.clientWidth + 1 && !element.title) say("cut off", element);
    if (own && look.overflowY === "hidden" && element.scrollHeight > element.clientHeight + 3) say("cut off below", element);
    if (own && element.matches(".button, button, .badge, th, .tabs a, summary") && look.overflowX === "visible" && element.scrollWidth > element.clientWidth + 2) say("text leaves its box", element);
    if (element.matches("input:not([type=checkbox], [type=radio], [type=range], [type=file], [type=hidden]), select") && element.scrollWidth > element.clientWidth + 2 && element.readOnly) say("cut off", element);
  }

  if (chinese) {
    const allowed = new RegExp(words, "gi");
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) {
      const at = walker.currentNode.parentElement;
      if (at && seen(at) && !at.closest("script, style, kbd, code, pre, .mono, [lang=en], [lang|=en], textarea, .brand, option, .bjs-powered-by")) texts.push([walker.currentNode.data, at]);
    }
    for (const element of all) for (const attribute of ["title", "placeholder", "aria-label", "alt"]) if (element.hasAttribute(attribute) && !element.closest("[lang|=en], .bjs-powered-by")) texts.push([element.getAttribute(attribute), element]);
    for (const [text, at] of texts) {
      const left = text.replace(allowed, " ").match(/[A-Za-z]{3,}/g);
      if (left) say("left in English", at, left.join(" ").slice(0, 80));
    }
  }

  const targets = all.filter((e) => e.matches("a[href], button, summary, input, select, textarea, [role=button]") && inside(e) && !e.disabled);
  for (const element of targets) {
    const look = getComputedStyle(element);
    if (look.display === "inline" && element.matches("a")) continue;
    // A small target may stand where nothing else can be hit within 24 px (WCAG 2.5.8).
    const middle = element.getBoundingClientRect();
    const lonely = (least) => targets.every((other) => {
      if (other === element || other.contains(element) || element.contains(other)) return true;
      const b = other.getBoundingClientRect();
      const x = Math.max(b.left - (middle.left + middle.width / 2), middle.left + middle.width / 2 - b.right, 0);
      const y = Math.max(b.top - (middle.top + middle.height / 2), middle.top + middle.height / 2 - b.bottom, 0);
      return Math.hypot(x, y) >= least / 2;
    });
    const label = element.matches("[type=checkbox], [type=radio]") && (element.closest("label") || document.querySelector(`label[for="${CSS.escape(element.id || "-")}"]`));
    const box = (label || element).getBoundingClientRect();
    if (look.opacity === "0" || look.appearance === "none" && box.width === 0) continue;
    const least = phone && element.matches(".button.primary, .button.approve, .button.refuse, .button.danger") && !element.matches(".small") ? 44 : 24;
    if (Math.min(box.width, box.height) < least - 0.5 && !(element.matches("[type=checkbox], [type=radio]") && lonely(least))) say(`smaller than ${least} px`, element, `${Math.round(box.width)} × ${Math.round(box.height)}`);
  }

  const [title] = document.title.split(" · ");
  if (!title.trim() || document.title.trim().startsWith("·")) found.push(`no title: “${document.title}”`);
  const heads = [...document.querySelectorAll("h1")].filter((h) => h.textContent.trim());
  if (heads.length !== 1) found.push(`${heads.length} headings of the first order`);

  if (deep) {
    const fields = targets.filter((e) => e.closest("main") && !e.closest("[data-canvas], .djs-container")).slice(0, 80);
    for (const element of fields) {
      element.focus();
      if (document.activeElement !== element) continue;
      const box = element.getBoundingClientRect();
      const top = document.elementFromPoint(Math.min(Math.max(box.left + box.width / 2, 0), innerWidth - 1), Math.min(Math.max(box.top + Math.min(box.height, 40) / 2, 0), innerHeight - 1));
      const bar = top && top.closest(".action-bar, .bulk-bar, .top-bar, .main-menu, .toasts");
      if (bar && !bar.contains(element)) say("covered by a bar when it has the focus", element, name(bar).slice(0, 60));
      const looks = [element, element.nextElementSibling, element.parentElement, element.closest("label")].filter(Boolean);
      if (element.matches(":focus-visible") && !looks.some((e) => { const l = getComputedStyle(e); return (l.outlineStyle !== "none" && parseFloat(l.outlineWidth) > 0) || l.boxShadow !== "none"; })) say("no sign of the focus", element);
    }
    document.activeElement.blur();
    scrollTo(0, 0);
  }
  return [...new Set(found)];
}
