// What may be drawn: whatever the engine can't run is not offered, in the append, create and replace menus alike.
const CANT_RUN = /link|compensation|complex|ad-hoc|adhoc|data-store|data-object|event-based-instantiat|instantiating|event-subprocess|event-sub-process|multiple-participant|conditional-start|signal-start|timer-start|error-start|escalation-start|non-interrupting-.*start/i;
const NO_HEADS = new Set(["toggle-participant-multiplicity", "toggle-is-collection", "toggle-adhoc"]);
const MENUS = ["bpmn-replace", "bpmn-append", "bpmn-create"];
const LOW = 500;

export class Menus {
  constructor(popupMenu, palette) {
    for (const menu of MENUS) popupMenu.registerProvider(menu, LOW, this);
    palette.registerProvider(LOW, this);
  }

  getPopupMenuEntries() {
    return (entries) => Object.fromEntries(Object.entries(entries).filter(([key, entry]) => !CANT_RUN.test(`${key} ${entry.className ?? ""} ${entry.id ?? ""}`)));
  }

  getPopupMenuHeaderEntries() {
    return (entries) => Object.fromEntries(Object.entries(entries).filter(([key]) => !NO_HEADS.has(key)));
  }

  getPaletteEntries() {
    return (entries) => Object.fromEntries(Object.entries(entries).filter(([key]) => !CANT_RUN.test(key)));
  }
}
Menus.$inject = ["popupMenu", "palette"];

export const menusModule = { __init__: ["menus"], menus: ["type", Menus] };
