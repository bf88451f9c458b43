// The properties of what is selected, drawn with bpmn.io's panel; which groups there are is told by groups.js.
import { DebounceInputModule, PropertiesPanel } from "@bpmn-io/properties-panel";
import { render } from "@bpmn-io/properties-panel/preact";
import { getLabel } from "../label-language.js";
import { semanticOf } from "../model.js";
import { t } from "../texts.js";
import { groupsOf } from "./groups.js";
import { Fields } from "./fields.jsx";

/** "bpmn:UserTask" in the analyst's words. */
export function kindOf(semantic) {
  const kind = semantic.eventDefinitions?.[0]?.$type.replace("bpmn:", "").replace("EventDefinition", "");
  const words = semantic.$type.replace("bpmn:", "").replaceAll(/([a-z])([A-Z])/g, "$1 $2");
  return kind ? `${t(words)} · ${t(`${kind} event`)}` : t(words);
}

function Head({ element }) {
  const semantic = semanticOf(element);
  return (
    <header class="panel-head">
      <strong>{getLabel(element) || semantic.name || semantic.id}</strong>
      <span>{kindOf(semantic)} <code>{semantic.id}</code></span>
    </header>
  );
}

const Message = ({ text }) => <p class="panel-empty">{text}</p>;

export class Panel {
  constructor(config, eventBus, injector, canvas, selection) {
    Object.assign(this, { host: config.host, settings: config, eventBus, injector, canvas, selection });
    this.layout = {};
    const later = () => this.later();
    eventBus.on(["selection.changed", "import.done", "root.set", "panel.refresh"], later);
    eventBus.on(["elements.changed", "commandStack.changed"], later);
    eventBus.on("diagram.destroy", () => render(null, this.host));
    eventBus.on("propertiesPanel.showEntry", later);
  }

  later() {
    cancelAnimationFrame(this.waiting);
    this.waiting = requestAnimationFrame(() => this.draw());
  }

  current() {
    const chosen = this.selection.get();
    if (chosen.length > 1) return null;
    const element = chosen[0] ?? this.canvas.getRootElement();
    return element.labelTarget ?? element;
  }

  draw() {
    const element = this.current();
    // What is open is told to the panel when another element is shown, and not again: it would be put back under the hand.
    if (this.shown !== element?.id) this.begun = this.layout;
    this.shown = element?.id;
    this.element = element;
    if (!element || element.isImplicit) {
      render(<Message text={element ? "" : t("Several elements are selected. Select one to see its properties.")} />, this.host);
      return;
    }
    const fields = new Fields(element, this.injector, this.settings);
    render(
      <div class="panel-body" key={element.id}>
        <Head element={element} />
        <PropertiesPanel
          element={element} groups={groupsOf(fields)} eventBus={this.eventBus}
          layoutConfig={this.begun} layoutChanged={(layout) => { this.layout = layout; }}
        />
      </div>, this.host);
  }
}
Panel.$inject = ["config.panel", "eventBus", "injector", "canvas", "selection"];

export const panelModule = { __depends__: [DebounceInputModule], __init__: ["panel"], panel: ["type", Panel] };
