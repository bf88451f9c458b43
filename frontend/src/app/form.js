// A form that is asked again while somebody fills it in: questions go one after the other, each with the values of the moment
// it leaves, and an answer to values that have changed since is thrown away and asked for again. So no answer can undo what was
// typed while it was on its way, and the last one always belongs to what stands on the page.
const sent = new WeakMap();

const asked = (ctx) => (ctx.sourceElement?.closest?.("#form-body") ? ctx.sourceElement.form : null);

function values(form) {
  const entered = [...new FormData(form)].filter(([, value]) => typeof value === "string");
  return new URLSearchParams(entered);
}

document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  const form = asked(ctx);
  if (!form) return;
  const body = values(form);
  sent.set(ctx, body.toString());
  const pressed = ctx.sourceElement.type === "submit";
  body.append(pressed ? ctx.sourceElement.name : "_update", "1");
  ctx.request.body = body;
});

document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  const form = asked(ctx);
  if (!form || event.defaultPrevented || sent.get(ctx) === values(form).toString()) return;
  event.preventDefault();
  if (ctx.sourceElement.type === "submit") ctx.sourceElement.click();
  else ctx.sourceElement.dispatchEvent(new Event("change", { bubbles: true }));
});
