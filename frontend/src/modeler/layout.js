// A picture for a diagram that has none. Each process is laid out by bpmn.io's layouter; pools, lanes and whatever it leaves out are
// drawn around and below, so that no element is ever missing on the canvas.
import { layoutProcess } from "bpmn-auto-layout";
import { BpmnModdle } from "bpmn-moddle";

const GAP = 60;
const HEAD = 30;
const SIZES = { "bpmn:TextAnnotation": [100, 40], "bpmn:DataObjectReference": [36, 50], "bpmn:DataStoreReference": [50, 50], "bpmn:Group": [140, 80] };
const isFlowNode = (element) => element.$instanceOf?.("bpmn:FlowNode");

/** The XML with a diagram for each of its elements; everything else is as it was. */
export async function layOut(xml, extensions) {
  const moddle = new BpmnModdle(extensions);
  const { rootElement: definitions } = await moddle.fromXML(xml);
  const processes = definitions.rootElements.filter((root) => root.$type === "bpmn:Process");
  const collaboration = definitions.rootElements.find((root) => root.$type === "bpmn:Collaboration");
  const drawing = new Drawing(moddle, collaboration ?? processes[0]);
  let top = GAP;
  for (const process of processes) top = await drawProcess(drawing, definitions, process, participantOf(collaboration, process), top);
  for (const participant of (collaboration?.participants ?? []).filter((one) => !one.processRef)) {
    drawing.shape(participant, { x: GAP, y: top, width: 600, height: 60 }, { isHorizontal: true });
    top += 60 + GAP;
  }
  for (const flow of collaboration?.messageFlows ?? []) drawing.line(flow, straight(drawing, flow));
  drawing.rest(definitions, top);
  definitions.diagrams = [drawing.diagram(definitions)];
  return (await moddle.toXML(definitions, { format: true })).xml;
}

const participantOf = (collaboration, process) => collaboration?.participants?.find((participant) => participant.processRef === process);

/** Where the layouter would put the nodes of one process: {id: bounds} and {id: waypoints}; nothing where it gives up. */
async function placesOf(definitions, process) {
  const moddle = new BpmnModdle();
  const alone = new BpmnModdle();
  try {
    const { xml } = await moddle.toXML(definitions);
    const { rootElement } = await alone.fromXML(xml);
    rootElement.rootElements = rootElement.rootElements.filter((root) => root.$type !== "bpmn:Collaboration" && (root.$type !== "bpmn:Process" || root.id === process.id));
    for (const root of rootElement.rootElements) delete root.laneSets;
    rootElement.diagrams = [];
    const laid = await layoutProcess((await alone.toXML(rootElement)).xml);
    const { rootElement: drawn } = await new BpmnModdle().fromXML(laid);
    const parts = drawn.diagrams.flatMap((diagram) => diagram.plane.planeElement).filter((part) => part.bpmnElement);
    return {
      shapes: new Map(parts.filter((part) => part.bounds).map((part) => [part.bpmnElement.id, { ...pick(part.bounds), isExpanded: part.isExpanded }])),
      lines: new Map(parts.filter((part) => part.waypoint).map((part) => [part.bpmnElement.id, part.waypoint.map(({ x, y }) => ({ x, y }))])),
    };
  } catch {
    return { shapes: new Map(), lines: new Map() };
  }
}

const pick = ({ x, y, width, height }) => ({ x, y, width, height });

async function drawProcess(drawing, definitions, process, participant, top) {
  const { shapes, lines } = await placesOf(definitions, process);
  const nodes = process.get("flowElements").filter(isFlowNode);
  let spare = Math.max(0, ...[...shapes.values()].map(({ y, height }) => y + height)) + GAP;
  nodes.forEach((node, index) => {
    if (!shapes.has(node.id)) shapes.set(node.id, { x: 100 + (index % 8) * 150, y: (spare += index % 8 ? 0 : 110) - 110, ...sizeOf(node) });
  });
  const lanes = (process.laneSets ?? []).flatMap((set) => set.lanes ?? []);
  const inLanes = lanes.length > 0;
  const bands = inLanes ? intoLanes(lanes, nodes, shapes) : [];
  const boxes = [...shapes.values()];
  const left = Math.min(...boxes.map(({ x }) => x), 100);
  const high = inLanes ? 0 : Math.min(...boxes.map(({ y }) => y), 0);
  const shiftX = GAP + 2 * HEAD + 40 - left;
  const shiftY = top + (participant ? 30 : 0) - high;
  for (const [id, bounds] of shapes) shapes.set(id, { ...bounds, x: bounds.x + shiftX, y: bounds.y + shiftY });
  const width = Math.max(...[...shapes.values()].map(({ x, width: wide }) => x + wide), 400) - GAP + 40;
  const height = inLanes ? bands.reduce((sum, band) => sum + band.height, 0) : Math.max(...boxes.map(({ y, height: tall }) => y + tall), 100) - high + 60;
  const poolTop = inLanes ? shiftY : top;
  if (participant) drawing.shape(participant, { x: GAP, y: poolTop, width, height }, { isHorizontal: true });
  for (const band of bands) drawing.shape(band.lane, { x: GAP + (participant ? HEAD : 0), y: poolTop + band.top, width: width - (participant ? HEAD : 0), height: band.height }, { isHorizontal: true });
  for (const node of everyNode(process)) {
    const bounds = shapes.get(node.id);
    if (bounds) drawing.shape(node, pick(bounds), node.$instanceOf("bpmn:SubProcess") ? { isExpanded: bounds.isExpanded ?? false } : {});
  }
  for (const flow of everyFlow(process)) {
    const points = inLanes ? null : lines.get(flow.id)?.map(({ x, y }) => ({ x: x + shiftX, y: y + shiftY }));
    if (drawing.has(flow.sourceRef) && drawing.has(flow.targetRef)) drawing.line(flow, points ?? straight(drawing, flow));
  }
  return poolTop + height + GAP;
}

const everyNode = (scope) => scope.get("flowElements").flatMap((element) => (isFlowNode(element) ? [element, ...(element.flowElements ? everyNode(element) : [])] : []));
const everyFlow = (scope) => scope.get("flowElements").flatMap((element) => (element.$type === "bpmn:SequenceFlow" ? [element] : element.flowElements ? everyFlow(element) : []));

function sizeOf(node) {
  if (node.$instanceOf("bpmn:Event")) return { width: 36, height: 36 };
  return node.$instanceOf("bpmn:Gateway") ? { width: 50, height: 50 } : { width: 100, height: 80 };
}

/** Moves every node into the band of its lane; nodes that would lie over each other get a row of their own. */
function intoLanes(lanes, nodes, shapes) {
  const laneOf = new Map(lanes.flatMap((lane) => (lane.flowNodeRef ?? []).map((node) => [node.id, lane])));
  let top = 0;
  return lanes.map((lane) => {
    const own = nodes.filter((node) => (laneOf.get(node.id) ?? lanes[0]) === lane && !node.attachedToRef);
    const rows = [];
    for (const node of own.toSorted((one, two) => shapes.get(one.id).x - shapes.get(two.id).x)) {
      const { x, width, height } = shapes.get(node.id);
      const row = rows.findIndex((end) => x > end + 20);
      const at = row < 0 ? rows.length : row;
      rows[at] = x + width;
      const y = top + 30 + at * 110 + (80 - height) / 2;
      for (const rider of nodes.filter((other) => other.attachedToRef === node)) shapes.set(rider.id, { ...shapes.get(rider.id), x: x + width / 2 - 18, y: y + height - 18, width: 36, height: 36 });
      shapes.set(node.id, { ...shapes.get(node.id), y });
    }
    const band = { lane, top, height: 60 + Math.max(1, rows.length) * 110 - 30 };
    top += band.height;
    return band;
  });
}

function straight(drawing, { sourceRef, targetRef }) {
  const [from, to] = [drawing.bounds(sourceRef), drawing.bounds(targetRef)];
  if (!from || !to) return [{ x: 0, y: 0 }, { x: 50, y: 0 }];
  const start = { x: from.x + from.width, y: from.y + from.height / 2 };
  const end = { x: to.x, y: to.y + to.height / 2 };
  if (end.x <= start.x) {
    const below = Math.max(from.y + from.height, to.y + to.height) + 20;
    return [{ x: start.x - from.width / 2, y: from.y + from.height }, { x: start.x - from.width / 2, y: below }, { x: end.x + to.width / 2, y: below }, { x: end.x + to.width / 2, y: to.y + to.height }];
  }
  const middle = (start.x + end.x) / 2;
  return start.y === end.y ? [start, end] : [start, { x: middle, y: start.y }, { x: middle, y: end.y }, end];
}

/** Shapes and lines of one plane. */
class Drawing {
  constructor(moddle, root) {
    Object.assign(this, { moddle, root, parts: [], places: new Map() });
  }

  has(element) {
    return this.places.has(element?.id);
  }

  bounds(element) {
    return this.places.get(element?.id);
  }

  shape(element, bounds, more = {}) {
    if (this.has(element)) return;
    this.places.set(element.id, bounds);
    this.parts.push(this.moddle.create("bpmndi:BPMNShape", { id: `${element.id}_di`, bpmnElement: element, bounds: this.moddle.create("dc:Bounds", bounds), ...more }));
  }

  line(element, points) {
    if (this.has(element)) return;
    this.places.set(element.id, { ...points[0], width: 0, height: 0 });
    this.parts.push(this.moddle.create("bpmndi:BPMNEdge", { id: `${element.id}_di`, bpmnElement: element, waypoint: points.map((point) => this.moddle.create("dc:Point", point)) }));
  }

  /** Notes, data and groups below everything else, and the lines between them. */
  rest(definitions, top) {
    const artifacts = definitions.rootElements.flatMap((root) => [...(root.artifacts ?? []), ...(root.flowElements ?? []).flatMap((element) => [element, ...(element.artifacts ?? [])])]);
    artifacts.filter(({ $type }) => SIZES[$type]).forEach((element, index) => {
      const [width, height] = SIZES[element.$type];
      this.shape(element, { x: GAP + (index % 8) * 150, y: top + Math.floor(index / 8) * 100, width, height });
    });
    for (const element of artifacts) if (element.$type === "bpmn:Association" && this.has(element.sourceRef) && this.has(element.targetRef)) this.line(element, straight(this, element));
  }

  diagram(definitions) {
    const plane = this.moddle.create("bpmndi:BPMNPlane", { id: "plane_1", bpmnElement: this.root, planeElement: this.parts });
    const diagram = this.moddle.create("bpmndi:BPMNDiagram", { id: "diagram_1", plane });
    for (const part of this.parts) part.$parent = plane;
    plane.$parent = diagram;
    diagram.$parent = definitions;
    return diagram;
  }
}
