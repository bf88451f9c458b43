// The modeler with all its parts. The file is kept as it came until something is changed, so that looking at it changes nothing.
import Modeler from "bpmn-js/lib/Modeler";
import ColorPickerModule from "bpmn-js-color-picker";
import { CreateAppendAnythingModule } from "bpmn-js-create-append-anything";
import minimapModule from "diagram-js-minimap";
import credit from "../../credit-moddle.json";
import { labelLanguageModule } from "./label-language.js";
import { menusModule } from "./menus.js";
import { modelModule } from "./model.js";
import { panelModule } from "./panel/renderer.jsx";
import { readOnlyModule } from "./read-only.js";
import { translateModule } from "./texts.js";

export const COLOURS = { defaultFillColor: "var(--surface)", defaultStrokeColor: "var(--diagram-line)", defaultLabelColor: "var(--ink)" };
const SMALLEST = 0.62;
const PALETTE = 90;
export const UNRESOLVED = /^unresolved reference/;

// On saving the library would put shapes into another order in the file; a reader of differences is better served by the old one.
const fileOrderModule = { bpmnDiOrdering: ["value", null] };

export function makeCanvas(container, panel, isReadOnly) {
  return new Modeler({
    container, panel, bpmnRenderer: COLOURS, moddleExtensions: { credit },
    textRenderer: { defaultStyle: { fontFamily: getComputedStyle(container).fontFamily } },
    additionalModules: [
      translateModule, fileOrderModule, labelLanguageModule, modelModule, CreateAppendAnythingModule, ColorPickerModule, minimapModule, menusModule, panelModule,
      ...(isReadOnly ? [readOnlyModule] : []),
    ],
  });
}

/** One diagram on a canvas: its text as it stands, and what could not be read of it. */
export class Diagram {
  constructor(modeler, layOut) {
    Object.assign(this, { modeler, layOut, warnings: [] });
  }

  async open(text) {
    this.original = text;
    const { text: drawn, isNew } = await this.drawn(text);
    const { warnings } = await this.modeler.importXML(drawn);
    this.warnings = warnings.filter((warning) => !keepReference(warning, this.modeler.get("elementRegistry")));
    this.base = this.modeler.get("commandStack")._stackIdx;
    this.isLaidOut = isNew;
    this.known = undefined;
    showWhole(this.modeler);
  }

  /** A diagram without a picture gets one. */
  async drawn(text) {
    const isDrawn = /BPMNShape\b/.test(text) || !/<(\w+:)?(startEvent|task|userTask|endEvent|exclusiveGateway|serviceTask|subProcess|callActivity)\b/.test(text);
    return isDrawn ? { text, isNew: false } : { text: await this.layOut(text), isNew: true };
  }

  get isChanged() {
    return this.isLaidOut || this.modeler.get("commandStack")._stackIdx !== this.base;
  }

  /** The XML as it would be saved; the very bytes that came where nothing has been changed. */
  text() {
    if (!this.isChanged) return Promise.resolve(this.original);
    const at = this.modeler.get("commandStack")._stackIdx;
    if (this.known?.at !== at) this.known = { at, xml: this.modeler.saveXML({ format: true }).then(({ xml }) => xml) };
    return this.known.xml;
  }

  /** From here on the text counts as unchanged. */
  settle(text) {
    this.original = text;
    this.base = this.modeler.get("commandStack")._stackIdx;
    this.isLaidOut = false;
  }
}

/** The whole diagram where it can be read so, else its beginning; the palette must not lie over it. */
export function showWhole(modeler) {
  const canvas = modeler.get("canvas");
  const scale = Math.min(canvas.zoom("fit-viewport", "auto"), 1);
  const { inner, outer } = canvas.viewbox();
  const readable = Math.max(scale * 0.9, SMALLEST);
  const beside = PALETTE / readable;
  const height = outer.height / readable;
  const middle = inner.height < height ? inner.y - (height - inner.height) / 2 : inner.y - 40;
  canvas.viewbox({ x: inner.x - beside, y: middle, width: outer.width / readable, height });
}

/** A reference to what is not in this file would be lost on saving: it is kept as it was written. True where that could be done. */
function keepReference({ message, element, property, value }) {
  if (!UNRESOLVED.test(message ?? "") || !element || !property) return false;
  const descriptor = element.$descriptor.propertiesByName[property];
  if (descriptor?.isMany) element.get(property).push({ id: value });
  else element.set(property, { id: value });
  return true;
}
