// A BPMN diagram to read: what is done, where the case stands, who and when on a press. The page gives
//   <div class="diagram" data-diagram="address of the XML" data-lang="zh_Hant"> with
//   <script type="application/json"> {"elements": {id: {state, badge, kind, note, who, when, outcome, opinion}},
//     "path": [flow ids], "focus": id, "words": {state: text}}, and/or data-marks="address that answers the elements",
//   <template data-element="id"> a card of the server's own for the press on a step.
// A press also sends the event diagram:element {id, name, type} from the element, for pages that filter by it.
import NavigatedViewer from "bpmn-js/lib/NavigatedViewer";
import { bindCards } from "./card.js";
import { translateLabels } from "./labels.js";
import { nameShapes } from "./names.js";
import { bindPick } from "./pick.js";
import { bindPoint } from "./point.js";
import { markStates } from "./states.js";
import { bindTouch } from "./touch.js";
import { bindZoom } from "./zoom.js";

const COLOURS = { defaultFillColor: "var(--surface)", defaultStrokeColor: "var(--diagram-line)", defaultLabelColor: "var(--ink)" };

async function get(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer;
}

/** What the page knows of the elements, with what the marks' address adds; of one case, the running step is where it stands. */
async function stateOf(host) {
  const data = host.querySelector('script[type="application/json"]');
  const state = { elements: {}, path: [], words: {}, ...JSON.parse(data?.textContent || "{}") };
  if (host.dataset.marks) Object.assign(state.elements, await (await get(host.dataset.marks)).json());
  const marks = Object.entries(state.elements);
  const isOneCase = marks.some(([, mark]) => mark.state === "done");
  if (isOneCase) state.focus ??= marks.find(([, mark]) => mark.state === "running")?.[0];
  return state;
}

/** Draws the diagram into `host`; the viewer is kept on the host for pages that mark further elements. */
export async function mount(host) {
  const canvas = host.querySelector(".diagram-canvas");
  const [xml, state] = await Promise.all([get(host.dataset.diagram), stateOf(host)]);
  const viewer = new NavigatedViewer({ container: canvas, bpmnRenderer: COLOURS, textRenderer: { defaultStyle: { fontFamily: getComputedStyle(host).fontFamily } } });
  viewer.on("import.parse.complete", ({ references, definitions }) => translateLabels(definitions, references, host.dataset.lang));
  await viewer.importXML(await xml.text());
  markStates(viewer, state);
  nameShapes(viewer, state);
  bindCards(host, viewer, state);
  bindPick(host, viewer);
  bindPoint();
  bindTouch(canvas, viewer.get("canvas"));
  bindZoom(host, viewer, state.focus);
  host.viewer = viewer;
  host.dataset.drawn = "";
}
