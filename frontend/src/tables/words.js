// The words of the table editor's library: English sentences are the keys, a dictionary per language is fetched with the page.
let dictionary = {};

export async function loadWords(address) {
  const answer = address ? await fetch(address) : null;
  if (answer?.ok) dictionary = await answer.json();
}

/** The words for an English sentence; { names } in it are filled with facts. */
export function say(sentence, facts = {}) {
  const words = dictionary[sentence?.trim?.()] ?? sentence;
  return String(words ?? "").replaceAll(/\{\s*(\w+)\s*\}/g, (whole, name) => facts[name] ?? whole);
}

/** Takes the place of the service by which the library asks for its words. */
export const translating = { translate: ["value", say] };
