// The bell asks how many notices are unread, while somebody looks at the page. Most answers are 304 without a body.
const EVERY = 25_000;
const bell = document.querySelector("[data-bell]");
let etag = "";
let timer;

function show(number) {
  const count = bell.querySelector(".count");
  count.hidden = number === 0;
  count.textContent = number < 100 ? number : "99+";
  bell.setAttribute("aria-label", number ? bell.dataset.some.replace("{count}", number) : bell.dataset.none);
}

/** Asks once and comes back later; a login that is over ends it. */
async function ask() {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    const answer = await fetch(bell.dataset.bell, { headers: { "If-None-Match": etag }, cache: "no-store", redirect: "manual" });
    if (answer.type === "opaqueredirect" || answer.status === 401) return;
    if (answer.ok) {
      etag = answer.headers.get("ETag") ?? "";
      show((await answer.json()).unread);
    }
  } catch {
    // The bank cannot be reached just now.
  }
  timer = setTimeout(ask, EVERY);
}

if (bell) {
  timer = setTimeout(ask, EVERY);
  document.addEventListener("visibilitychange", ask);
}
