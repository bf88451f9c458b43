// A BPMN diagram to read: what is done, where the case stands, who and when on a press. The page gives
//   <div class="diagram" data-diagram="address of the XML" data-lang="zh_Hant"> with
//   <script type="application/json"> {"elements": {id: {state, badge, kind, note}}, "path": [flow ids], "focus": id, "words": {state: text}}
//   <template data-element="id"> the card shown on a press, drawn by the server.
// A press also sends the event diagram:element {id, name, type} from the element, for pages that filter by it.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import { bindCards } from "./card.js";
import { translateLabels } from "./labels.js";
import { nameShapes } from "./names.js";
import { markStates } from "./states.js";
import { bindTouch } from "./touch.js";
import { bindZoom } from "./zoom.js";

const COLOURS = { defaultFillColor: "var(--surface)", defaultStrokeColor: "var(--diagram-line)", defaultLabelColor: "var(--ink)" };

/** Draws the diagram into `host`; the viewer is kept on the host for pages that mark further elements. */
export async function mount(host) {
  const canvas = host.querySelector(".diagram-canvas");
  const data = host.querySelector('script[type="application/json"]');
  const state = { elements: {}, path: [], words: {}, ...JSON.parse(data?.textContent || "{}") };
  const answer = await fetch(host.dataset.diagram, { headers: { Accept: "application/xml" } });
  if (!answer.ok) throw new Error(`diagram: ${answer.status}`);
  const viewer = new NavigatedViewer({ container: canvas, bpmnRenderer: COLOURS, textRenderer: { defaultStyle: { fontFamily: getComputedStyle(host).fontFamily } } });
  viewer.on("import.parse.complete", ({ references, definitions }) => translateLabels(definitions, references, host.dataset.lang));
  await viewer.importXML(await answer.text());
  markStates(viewer, state);
  nameShapes(viewer, state);
  bindCards(host, viewer);
  bindTouch(canvas, viewer.get("canvas"));
  bindZoom(host, viewer, state.focus);
  host.viewer = viewer;
  host.dataset.drawn = "";
}
