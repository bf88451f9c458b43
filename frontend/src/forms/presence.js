// Who else has this draft open, told every twenty seconds, so that two people know of each other before they collide.
import { Server } from "../modeler/server.js";

const EVERY = 20000;

async function look() {
  const designer = document.getElementById("designer");
  if (!designer || document.hidden) return;
  const others = await new Server(designer.dataset.draft).presence(designer.dataset.name).catch(() => []);
  const place = document.querySelector("[data-presence]");
  if (place) place.textContent = others.length ? designer.dataset.here.replace("{names}", others.map(({ name }) => name).join(", ")) : "";
}

look();
setInterval(look, EVERY);
document.addEventListener("visibilitychange", look);
