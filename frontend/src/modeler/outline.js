// The process as a text, made by the server: for screen readers, for phones, and to read along while drawing.
import { t } from "./texts.js";

const REST = 700;

export class Outline {
  constructor({ host, server, file, text, choose }) {
    Object.assign(this, { host, server, file, text });
    host.addEventListener("click", (event) => {
      const named = event.target.closest("[data-element], a[href^='#']");
      const id = named?.dataset.element ?? named?.hash?.slice(1).replace(/^(outline|element)-/, "");
      if (!id || !choose) return;
      event.preventDefault();
      choose(decodeURIComponent(id));
    });
    host.addEventListener("shown", () => this.isOld && this.look());
  }

  /** The diagram has changed; the text is made anew when somebody reads it. */
  later() {
    this.isOld = true;
    clearTimeout(this.timer);
    if (!this.host.hidden) this.timer = setTimeout(() => this.look(), REST);
  }

  async look() {
    this.isOld = false;
    const place = this.host.querySelector("[data-outline]") ?? this.host;
    try {
      place.innerHTML = await this.server.outline(this.file, await this.text());
    } catch (error) {
      place.textContent = t("The outline can't be made now: {reason}", { reason: error.message });
      this.isOld = true;
    }
  }
}
