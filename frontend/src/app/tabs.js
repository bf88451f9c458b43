// Tabs inside a page: links to sections (#documents). Without script all sections stand below each other and the links
// jump; with it one is shown, the address keeps the choice, and a section that loads itself is told when first seen.
import { onContent } from "./page.js";

const tabsOf = (bar) => [...bar.querySelectorAll('a[href^="#"]')];
const panelOf = (tab) => document.getElementById(tab.hash.slice(1));

function choose(bar, tab, { keep = true } = {}) {
  for (const other of tabsOf(bar)) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    if (panelOf(other)) panelOf(other).hidden = !chosen;
  }
  if (keep) history.replaceState(history.state, "", tab.hash);
  panelOf(tab)?.dispatchEvent(new CustomEvent("shown", { bubbles: true }));
}

function setUp(bar) {
  bar.setAttribute("role", "tablist");
  tabsOf(bar).forEach((tab) => {
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", tab.hash.slice(1));
    tab.id ||= `tab-${tab.hash.slice(1)}`;
    panelOf(tab)?.setAttribute("role", "tabpanel");
    panelOf(tab)?.setAttribute("aria-labelledby", tab.id);
  });
  const wanted = tabsOf(bar).find((tab) => tab.hash === location.hash);
  choose(bar, wanted ?? tabsOf(bar)[0], { keep: Boolean(wanted) });
}

document.addEventListener("click", (event) => {
  const tab = event.target.closest?.('[data-tabs] a[href^="#"]');
  if (!tab) return;
  event.preventDefault();
  choose(tab.closest("[data-tabs]"), tab);
});

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[data-tabs] [role=tab]");
  if (!tab || event.altKey || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const tabs = tabsOf(tab.closest("[data-tabs]"));
  const next = tabs.at((tabs.indexOf(tab) + (event.key === "ArrowRight" ? 1 : -1)) % tabs.length);
  event.preventDefault();
  next.focus();
  choose(next.closest("[data-tabs]"), next);
});

onContent((root) => root.querySelectorAll("[data-tabs]").forEach(setUp));
