// Keys are written on the thing they press: data-key="mod+enter" on a button, "/" on the search box, "alt+arrowright"
// on a link; several are split by a space. In a list (data-rows) j and k walk, x ticks, and data-row-key acts on the row
// in focus. Keys without Ctrl or Alt can be switched off in the help (WCAG 2.1.4); the choice stays in the browser.
import { isTyping } from "./page.js";

const SWITCH = "single-keys";
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** The name of a key press, as written in data-key: modifiers in the order mod, alt, shift, then the key. */
function nameOf(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("mod");
  if (event.altKey) parts.push("alt");
  if (event.shiftKey && event.key.length > 1) parts.push("shift");
  return [...parts, event.key.toLowerCase()].join("+");
}

const isPlain = (name) => !name.includes("mod+") && !name.includes("alt+");
const singleKeysOn = () => localStorage.getItem(SWITCH) !== "off";
const isShown = (element) => element.checkVisibility?.() ?? element.offsetParent !== null;

function press(element) {
  if (element.matches("input:not([type=submit]), select, textarea")) {
    element.focus();
    element.select?.();
  } else element.click();
}

function rows() {
  return [...document.querySelectorAll("[data-rows] .row-link")].filter(isShown);
}

function walk(step) {
  const links = rows();
  const row = document.activeElement?.closest?.("[data-rows] tr, [data-rows] li");
  const at = links.findIndex((link) => row?.contains(link));
  links[at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + step))]?.focus();
}

function onRow(name) {
  const row = document.activeElement?.closest?.("[data-rows] tr, [data-rows] li");
  const target = name === "x" ? row?.querySelector("input[type=checkbox]") : row?.querySelector(`[data-row-key="${CSS.escape(name)}"]`);
  target?.click();
  return Boolean(target);
}

function inList(name) {
  if (!document.querySelector("[data-rows]")) return false;
  if (name === "j" || name === "k") {
    walk(name === "j" ? 1 : -1);
    return true;
  }
  return onRow(name);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.repeat && event.key === "Enter") return;
  const name = nameOf(event);
  const scope = document.querySelector("dialog:modal") ?? document;
  if (isPlain(name) && (isTyping(event.target) || !singleKeysOn())) return;
  const bound = [...scope.querySelectorAll("[data-key]")].find((element) => element.dataset.key.split(" ").includes(name) && isShown(element) && !element.disabled);
  if (bound) {
    event.preventDefault();
    press(bound);
  } else if (scope === document && isPlain(name) && inList(name)) event.preventDefault();
});

/** "mod+enter" as the reader's keyboard writes it: Ctrl Enter, or ⌘ Enter. */
function spell(name) {
  const signs = { mod: isMac ? "⌘" : "Ctrl", alt: isMac ? "⌥" : "Alt", shift: "Shift", arrowleft: "←", arrowright: "→", enter: "Enter", escape: "Esc" };
  return name.split("+").map((part) => signs[part] ?? part.toUpperCase());
}

function line(name, label) {
  const key = document.createElement("dt");
  for (const part of spell(name)) {
    const sign = document.createElement("kbd");
    sign.textContent = part;
    key.append(sign, " ");
  }
  const what = document.createElement("dd");
  what.textContent = label;
  return [key, what];
}

// The help lists what this page really offers; texts come from data-key-label, else from the element itself.
function fillHelp(dialog) {
  const list = dialog.querySelector("[data-shortcut-list]");
  const fixed = [...dialog.querySelectorAll("[data-list-keys] [data-keys]")].filter(() => document.querySelector("[data-rows]"));
  const seen = new Set();
  const bound = [...document.querySelectorAll("[data-key], [data-row-key]")].flatMap((element) => {
    const name = (element.dataset.key ?? element.dataset.rowKey).split(" ")[0];
    const label = element.dataset.keyLabel ?? element.getAttribute("aria-label") ?? element.textContent.trim();
    if (seen.has(name) || !label) return [];
    seen.add(name);
    return line(name, label);
  });
  list.replaceChildren(...bound, ...fixed.flatMap((item) => line(item.dataset.keys, item.textContent)));
  const box = dialog.querySelector("[data-single-keys]");
  box.checked = singleKeysOn();
  box.onchange = () => localStorage.setItem(SWITCH, box.checked ? "on" : "off");
}

document.addEventListener("click", (event) => {
  if (event.target.closest('[data-dialog="shortcuts"]')) fillHelp(document.getElementById("shortcuts"));
}, true);
