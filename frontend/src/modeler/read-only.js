// A draft that may not be changed can be looked at in full: nothing that would change it has any effect.
const STARTS = ["shape.move.start", "elements.move.start", "connect.start", "connection.start", "resize.start", "create.start", "bendpoint.move.start", "connectionSegment.move.start", "spaceTool.selection.start", "global-connect.start"];

class ReadOnly {
  constructor(eventBus, commandStack, contextPad, directEditing) {
    eventBus.on(STARTS, 10000, (event) => {
      event.preventDefault();
      event.stopPropagation();
      return false;
    });
    contextPad.registerProvider(100, { getContextPadEntries: () => () => ({}), getMultiElementContextPadEntries: () => () => ({}) });
    commandStack.execute = () => undefined;
    directEditing.activate = () => false;
  }
}
ReadOnly.$inject = ["eventBus", "commandStack", "contextPad", "directEditing"];

export const readOnlyModule = { __init__: ["readOnly"], readOnly: ["type", ReadOnly] };
