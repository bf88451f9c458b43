// Who else has the draft open. Told every twenty seconds, so that two people on one draft know of each other before they collide.
import { moment, t } from "./texts.js";

const EVERY = 20000;

export function showPresence(host, server, page) {
  const look = async () => {
    if (document.hidden) return;
    try {
      const others = await server.presence(page);
      host.hidden = others.length === 0;
      host.replaceChildren(...others.map(({ name, since, page: where }) => {
        const chip = Object.assign(document.createElement("span"), { className: "badge", textContent: name });
        chip.dataset.kind = "info";
        chip.title = t("{name} has this draft open since {time}: {page}", { name, time: moment(since), page: where || "" });
        return chip;
      }));
      if (others.length) host.prepend(Object.assign(document.createElement("span"), { className: "muted small", textContent: t("Also here:") }));
    } catch {
      host.hidden = true;
    }
  };
  look();
  setInterval(look, EVERY);
  document.addEventListener("visibilitychange", look);
}
