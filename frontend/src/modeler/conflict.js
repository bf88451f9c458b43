// Two people changed the same diagram: what is to become of the two is asked, and nothing is written before the answer.
import { changesBetween } from "./comparing.js";
import { moment, t } from "./texts.js";

/** "a/b.bpmn" → "a/b_mine.bpmn", "a/b_mine_2.bpmn" … until it is free. */
export function nameOfCopy(name, taken) {
  const stem = name.replace(/\.bpmn$/, "");
  for (let number = 1; ; number += 1) {
    const copy = `${stem}_mine${number > 1 ? `_${number}` : ""}.bpmn`;
    if (!taken.includes(copy)) return copy;
  }
}

function fill(dialog, { said, mine, theirs }) {
  dialog.querySelector("[data-sentence]").textContent = said.sentence;
  dialog.querySelector("[data-who]").textContent = t("{by}, {at}", { by: said.by ?? "", at: moment(said.at) });
  const table = dialog.querySelector("[data-changes]");
  const rows = theirs ? changesBetween(theirs.text, mine) : [];
  table.hidden = true;
  table.querySelector("tbody").replaceChildren(...rows.map(({ id, name, theirs: other, mine: own }) => {
    const row = document.createElement("tr");
    for (const text of [name && name !== id ? `${name} (${id})` : id, other || t("not there"), own || t("not there")]) row.append(Object.assign(document.createElement("td"), { textContent: text }));
    return row;
  }));
  dialog.querySelector("[data-none]").hidden = rows.length > 0;
}

/** Asks; resolves when the answer has been carried out. */
export function settleConflict(dialog, { server, files, reload, toast }) {
  return async ({ said, mine, theirs, saving }) => {
    fill(dialog, { said, mine, theirs });
    dialog.showModal();
    const choice = await answer(dialog);
    if (choice === "copy") {
      const copy = nameOfCopy(saving.file, files);
      const { digest } = await server.write(copy, mine, said.digest, { note: t("Mine, kept as a copy") });
      files.push(copy);
      saving.digest = digest;
      toast(t("Your state is kept as {name}.", { name: copy }), "ok");
    } else if (choice === "mine") {
      const { digest } = await server.write(saving.file, mine, said.digest, { note: t("Put in the place of the state of {by}", said) });
      saving.digest = digest;
      saving.diagram.settle(mine);
      saving.tell("saved", t("Saved"));
      return;
    }
    await reload();
  };
}

function answer(dialog) {
  return new Promise((resolve) => {
    const pressed = (event) => {
      const choice = event.target.closest("[data-choice]")?.dataset.choice;
      if (choice === "compare") {
        const table = dialog.querySelector("[data-changes]");
        table.hidden = !table.hidden;
      } else if (choice) {
        dialog.removeEventListener("click", pressed);
        dialog.close();
        resolve(choice);
      }
    };
    dialog.addEventListener("click", pressed);
    // Escape must not close it without an answer: the two states would stay apart unseen.
    dialog.addEventListener("cancel", (event) => event.preventDefault());
  });
}
