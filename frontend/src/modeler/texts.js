// The words of the modeler: English sentences are the keys; one dictionary per language is fetched with the page.
let dictionary = {};

/** The language of the page as our files name it. */
export const language = { "zh-Hans": "zh_Hans", "zh-Hant": "zh_Hant" }[document.documentElement.lang] ?? "en";

export async function loadTexts(address) {
  if (!address) return;
  const answer = await fetch(address);
  if (answer.ok) dictionary = await answer.json();
}

/** The words for an English sentence in the language of the page; {names} in it are filled with facts. */
export function t(sentence, facts = {}) {
  const words = dictionary[sentence] ?? dictionary[sentence?.trim?.()] ?? sentence;
  return String(words ?? "").replaceAll(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
}

/** Replaces the service by which bpmn.io's parts ask for their words. */
export const translateModule = { translate: ["value", t] };

/** A moment as the reader's language writes it: the time alone today, with the day otherwise. */
export function moment(text) {
  const when = text ? new Date(text) : new Date();
  const isToday = when.toDateString() === new Date().toDateString();
  return when.toLocaleString(document.documentElement.lang, isToday ? { timeStyle: "short" } : { dateStyle: "short", timeStyle: "short" });
}
