import { newStation } from "./stations.js";
import { t } from "./texts.js";

// What may be drawn: whatever the engine can't run is not offered, in the append, create and replace menus alike.
const CANT_RUN = /link|compensation|complex|ad-hoc|adhoc|data-store|data-object|event-based-instantiat|instantiating|event-subprocess|event-sub-process|multiple-participant|conditional-start|signal-start|timer-start|error-start|escalation-start|non-interrupting-.*start/i;
const NO_HEADS = new Set(["toggle-participant-multiplicity", "toggle-is-collection", "toggle-adhoc"]);
const MENUS = ["bpmn-replace", "bpmn-append", "bpmn-create"];
const LOW = 500;
const ICON = "bpmn-icon-user-task";

export class Menus {
  constructor(popupMenu, palette, contextPad, elementFactory, create, autoPlace, bpmnFactory, moddle) {
    Object.assign(this, { elementFactory, create, autoPlace, bpmnFactory, moddle });
    for (const menu of MENUS) popupMenu.registerProvider(menu, LOW, this);
    palette.registerProvider(LOW, this);
    contextPad.registerProvider(LOW, this);
  }

  station() {
    return this.elementFactory.createShape({ type: "bpmn:UserTask", businessObject: newStation(this.bpmnFactory, this.moddle) });
  }

  getPopupMenuEntries() {
    return (entries) => Object.fromEntries(Object.entries(entries).filter(([key, entry]) => !CANT_RUN.test(`${key} ${entry.className ?? ""} ${entry.id ?? ""}`)));
  }

  getPopupMenuHeaderEntries() {
    return (entries) => Object.fromEntries(Object.entries(entries).filter(([key]) => !NO_HEADS.has(key)));
  }

  /** A task of no kind can't be run: the palette and the pad give stations. */
  getPaletteEntries() {
    const begin = (event) => this.create.start(event, this.station());
    return (entries) => Object.fromEntries(Object.entries(entries).filter(([key]) => !CANT_RUN.test(key)).map(([key, entry]) => [
      key, key === "create.task" ? { ...entry, className: ICON, title: t("A station: a person approves or fills in"), action: { dragstart: begin, click: begin } } : entry,
    ]));
  }

  getContextPadEntries() {
    const begin = (event, source) => this.create.start(event, this.station(), { source });
    const append = (_, source) => this.autoPlace.append(source, this.station());
    return (entries) => {
      const task = entries["append.append-task"];
      if (!task) return entries;
      return { ...entries, "append.append-task": { ...task, className: ICON, title: t("A station after it"), action: { ...task.action, dragstart: begin, click: append } } };
    };
  }
}
Menus.$inject = ["popupMenu", "palette", "contextPad", "elementFactory", "create", "autoPlace", "bpmnFactory", "moddle"];

export const menusModule = { __init__: ["menus"], menus: ["type", Menus] };
