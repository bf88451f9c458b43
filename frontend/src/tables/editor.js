// The library's editor for the three kinds of view, in our words; says when something was changed.
import Modeler from "dmn-js/lib/Modeler";
import { say, translating } from "./words.js";

const KINDS = ["drd", "decisionTable", "literalExpression", "boxedExpression"];

export class Editor {
  constructor(canvas, { changed, shown }) {
    const options = Object.fromEntries(KINDS.map((kind) => [kind, { additionalModules: [translating] }]));
    this.canvas = canvas;
    this.modeler = new Modeler({ container: canvas, ...options });
    this.modeler.on("viewer.created", ({ viewer }) => {
      viewer.get("eventBus").on("commandStack.changed", ({ trigger }) => { if (trigger !== "clear") changed(); });
    });
    this.modeler.on("views.changed", () => shown());
  }

  /** Shows a model; the first table rather than the picture, which is one press away. */
  async open(xml) {
    await this.modeler.importXML(xml, { open: false });
    const views = this.modeler.getViews();
    await this.modeler.open(views.find(({ type }) => type !== "drd") ?? views[0]);
  }

  /** What can be shown: [{view, name, kind, active}]. */
  views(overview) {
    const active = this.modeler.getActiveView();
    return this.modeler.getViews().map((view) => ({ view, kind: view.type, id: view.element.id, name: view.type === "drd" ? overview : view.name || view.id, active: view.element === active?.element }));
  }

  async text() {
    return (await this.modeler.saveXML({ format: true })).xml;
  }

  get stack() {
    return this.modeler.getActiveViewer()?.get("commandStack", false);
  }

  undo() {
    if (this.stack?.canUndo()) this.stack.undo();
  }

  redo() {
    if (this.stack?.canRedo()) this.stack.redo();
  }

  /** Shows the decision if it is not shown, then the element in it. */
  async show(decision, element) {
    const wanted = this.modeler.getViews().find(({ element: one }) => one.id === decision);
    if (wanted && wanted.element !== this.modeler.getActiveView()?.element) await this.modeler.open(wanted);
    const cell = element && this.canvas.querySelector(`[data-element-id="${CSS.escape(element)}"]`);
    cell?.scrollIntoView({ block: "center", inline: "center" });
    (cell?.querySelector("[contenteditable], [tabindex]") ?? cell)?.focus?.();
  }

  /** A rule at the end whose inputs are these texts (null: any value). */
  addRule(texts) {
    const viewer = this.modeler.getActiveViewer();
    viewer.get("editorActions").trigger("addRule");
    const row = viewer.get("sheet").getRoot().rows.at(-1);
    texts.forEach((text, i) => { if (text !== null && row.cells[i]) viewer.get("modeling").editCell(row.cells[i].businessObject, text); });
  }
}

export { say };
