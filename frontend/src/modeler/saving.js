// Saves by itself two seconds after the last change; says what it does; never writes over what somebody else has saved.
import { Refused, Unreachable } from "./server.js";
import { moment, t } from "./texts.js";

const REST = 2000;
const RETRY = [3000, 6000, 12000, 30000];

export class Saving {
  /** `tell(state, sentence)` shows: saved, unsaved, saving, offline, refused, conflict, read_only. `settleConflict(theirs)` asks the person. */
  constructor({ server, file, diagram, tell, settleConflict, toast }) {
    Object.assign(this, { server, file, diagram, tell, settleConflict, toast, tries: 0, digest: "" });
    addEventListener("online", () => this.isLost && this.save());
    addEventListener("beforeunload", (event) => { if (this.isPending) event.preventDefault(); });
    document.addEventListener("visibilitychange", () => { if (document.hidden && this.isPending) this.save(); });
  }

  get isPending() {
    return this.diagram.isChanged || Boolean(this.running);
  }

  /** Something was changed, or undone. */
  touch() {
    if (!this.diagram.isChanged) return;
    if (!this.isAsking) this.tell("unsaved", t("Not saved yet"));
    this.later(REST);
  }

  later(rest) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), rest);
  }

  /** Saves what there is; of several calls at once the last one counts. */
  async save(note = "") {
    clearTimeout(this.timer);
    if (this.isAsking) return;
    if (this.running) {
      await this.running;
      return this.save(note);
    }
    if (!this.diagram.isChanged && !note) return;
    this.running = this.write(note).finally(() => { this.running = null; });
    await this.running;
    if (this.diagram.isChanged && !this.isLost && !this.isAsking && !this.isRefused) this.later(REST);
  }

  /** Puts a new file beside the diagram, on the state that the diagram is saved as. Throws Refused or Unreachable. */
  async addFile(name, content) {
    await this.save();
    const { digest } = await this.server.write(name, content, this.digest);
    this.digest = digest;
  }

  async write(note) {
    const text = await this.diagram.text();
    const at = this.diagram.modeler.get("commandStack")._stackIdx;
    this.tell("saving", t("Saving …"));
    try {
      const { digest, saved_at: savedAt } = await this.server.write(this.file, text, this.digest, { note });
      this.digest = digest;
      this.succeeded(text, at, savedAt);
    } catch (error) {
      await this.failed(error, text);
    }
  }

  succeeded(text, at, savedAt) {
    this.isLost = this.isRefused = false;
    this.tries = 0;
    const stack = this.diagram.modeler.get("commandStack");
    if (stack._stackIdx === at) this.diagram.settle(text);
    else Object.assign(this.diagram, { base: at, original: text, isLaidOut: false });
    this.tell(this.diagram.isChanged ? "unsaved" : "saved", this.diagram.isChanged ? t("Not saved yet") : t("Saved at {time}", { time: moment(savedAt) }));
  }

  async failed(error, text) {
    if (error instanceof Unreachable) {
      this.isLost = true;
      this.tell("offline", t("No connection. Your changes are here and will be saved as soon as it is back."));
      this.later(RETRY[Math.min(this.tries++, RETRY.length - 1)]);
    } else if (error instanceof Refused && error.status === 409 && error.body.digest) {
      await this.overtaken(error.body, text);
    } else {
      this.isRefused = true;
      this.tell("refused", t("Not saved: {reason}", { reason: error.message }));
    }
  }

  /** Somebody else saved. Where this file is as it was, only others were touched: we go on over it and say so. */
  async overtaken(said, mine) {
    const theirs = await this.server.read(this.file).catch(() => null);
    if (theirs && theirs.text === this.diagram.original) {
      this.digest = theirs.digest;
      this.toast(t("{by} has saved other files of this draft meanwhile.", said), "info");
      this.later(0);
      return;
    }
    this.isAsking = true;
    this.tell("conflict", said.sentence);
    try {
      await this.settleConflict({ said, mine, theirs, saving: this });
    } finally {
      this.isAsking = false;
    }
  }
}
