// Saving without getting in the way. Acts leave one after the other, each with the digest of the moment it leaves; what somebody
// types while an answer is on its way stays; after the swap the reader is where he was, or at the part that was just added.
const designer = () => document.getElementById("designer");
const inside = (ctx) => ctx.sourceElement?.closest?.("#designer") ?? null;
const live = (element) => (element.isConnected ? element : (element.id && document.getElementById(element.id)) || null);
let sent = null;

function say(word, kind) {
  const place = document.getElementById("designer-state");
  if (!place) return;
  place.textContent = place.dataset[word];
  place.dataset.kind = kind;
}

const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !["hidden", "submit", "button"].includes(field.type));
const valueOf = (field) => (field.type === "checkbox" ? field.checked : field.value);

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (!inside(ctx)) return;
  const form = ctx.sourceElement.closest("form");
  if (!form || form.method !== "post") return;
  const base = live(form)?.elements.base;
  if (base && ctx.request.body?.set) ctx.request.body.set("base", base.value);
  sent = form.matches("[data-panel]") ? { at: form.elements.at?.value, values: new Map(fieldsOf(form).map((field) => [field, valueOf(field)])) } : null;
  say("saving", "info");
});

// What was typed since the act left, to be put back after the page is swapped.
let typed = [];
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (!inside(ctx)) return;
  if (ctx.response && ctx.response.status >= 400) {
    say("failed", "danger");
    return;
  }
  typed = sent ? [...sent.values].filter(([field, value]) => field.isConnected && valueOf(field) !== value).map(([field]) => [field.name, field.value, field.type]) : [];
});

function putBack() {
  const form = document.getElementById("panel-form");
  if (form?.elements.at.value !== sent?.at) typed = [];
  for (const [name, value, type] of typed) {
    const field = form && [...form.elements].find((one) => one.name === name && (type !== "checkbox" || one.value === value));
    if (!field) continue;
    if (type === "checkbox") field.checked = !field.checked;
    else field.value = value;
  }
  if (typed.length) form?.querySelector(`[name="${CSS.escape(typed[0][0])}"]`)?.dispatchEvent(new Event("change", { bubbles: true }));
  typed = [];
}

document.addEventListener("htmx:after:swap", ({ detail }) => {
  if (!designer()) return;
  const post = detail?.ctx?.request?.method?.toUpperCase() === "POST";
  if (post) say("saved", "ok");
  putBack();
  const nowhere = document.activeElement === document.body || document.activeElement === null;
  if (post && designer().dataset.new !== undefined) {
    const first = document.querySelector("#panel-form input:not([type=hidden], [type=checkbox]), #panel-form textarea");
    first?.focus();
    first?.select();
  } else if (nowhere) document.querySelector('.outline [aria-current="true"]')?.focus({ preventScroll: true });
});

document.addEventListener("htmx:error", () => say("failed", "danger"));
