// Saves by itself a moment after the last change and never over what somebody else has saved: of two states the person chooses.
import { Refused, Unreachable } from "../modeler/server.js";

const REST = 1500;
const AGAIN = 5000;

export class Saving {
  /** `tell(word, kind)` shows the state; `ask(said)` resolves to "mine" or "theirs". */
  constructor({ server, file, editor, tell, ask }) {
    Object.assign(this, { server, file, editor, tell, ask, isChanged: false, running: null });
    addEventListener("beforeunload", (event) => { if (this.isChanged) event.preventDefault(); });
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.save(); });
  }

  async read() {
    const { text, digest } = await this.server.read(this.file);
    Object.assign(this, { base: text, digest });
    return text;
  }

  touch() {
    this.isChanged = true;
    if (!this.isAsking) this.tell("unsaved", "warn");
    this.later(REST);
  }

  later(rest) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), rest);
  }

  async save() {
    clearTimeout(this.timer);
    if (!this.isChanged || this.isAsking) return;
    if (this.running) return this.later(200);
    this.running = this.write().finally(() => { this.running = null; });
    await this.running;
  }

  async write() {
    this.isChanged = false;
    this.tell("saving", "info");
    let text = "";
    try {
      text = await this.editor.text();
      const { digest } = await this.server.write(this.file, text, this.digest);
      Object.assign(this, { base: text, digest });
      this.tell(this.isChanged ? "unsaved" : "saved", this.isChanged ? "warn" : "ok");
    } catch (fault) {
      this.isChanged = true;
      await this.failed(fault);
    }
  }

  async failed(fault) {
    if (fault instanceof Unreachable) {
      this.tell("offline", "danger");
      this.later(AGAIN);
    } else if (fault instanceof Refused && fault.status === 409 && fault.body.digest) {
      await this.overtaken(fault.body);
    } else this.tell("failed", "danger", fault.message);
  }

  /** Somebody saved the draft. Where this file is as it was only others were touched, and nobody need be asked. */
  async overtaken(said) {
    const theirs = await this.server.read(this.file).catch(() => null);
    if (theirs?.text === this.base) {
      this.digest = theirs.digest;
      this.later(0);
      return;
    }
    this.isAsking = true;
    this.tell("failed", "danger");
    const chosen = await this.ask(said);
    this.isAsking = false;
    if (chosen === "mine") {
      Object.assign(this, { digest: said.digest, base: theirs?.text });
      this.later(0);
    } else {
      this.isChanged = false;
      location.reload();
    }
  }
}
