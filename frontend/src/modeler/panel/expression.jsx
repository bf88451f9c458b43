// An expression in bpmn.io's FEEL editor: what is known at this element is offered, and the server says what is wrong while one types.
import FeelEditor from "@bpmn-io/feel-editor";
import { DescriptionEntry } from "@bpmn-io/properties-panel";
import { useEffect, useRef, useState } from "@bpmn-io/properties-panel/preact/hooks";
import { linter } from "@codemirror/lint";
import { EditorView } from "@codemirror/view";
import { t } from "../texts.js";
import { FUNCTIONS } from "./functions.js";

const TYPING = 350;
const BUILTINS = FUNCTIONS.map(([name, ...params]) => ({ name, type: "function", params: params.map((param) => ({ name: param })) }));

/** What is known at an element, as the editor wants it. */
function offered(names) {
  return names.map(({ name, type, label, values, from }) => ({
    name, detail: type === "Any" ? "" : type,
    info: [label, from && t("set by {from}", { from }), values?.length ? values.map((value) => `"${value}"`).join(", ") : ""].filter(Boolean).join(" · "),
  }));
}

/** Asks the server about the text; an answer that can't be had is no fault of the text. */
function serverLint(asks, known, tell) {
  return linter(async (view) => {
    const text = view.state.doc.toString();
    if (!text.trim()) {
      tell("");
      return [];
    }
    try {
      const found = await asks.server.feel(text, await known());
      if (view.state.doc.toString() !== text) return []; // a late answer is about a text that stands there no more
      tell(found.map(({ message }) => message).join(" "));
      return found.map(({ start, end, message, severity }) => ({ from: Math.min(start, text.length), to: Math.min(end, text.length), message, severity: severity ?? "error" }));
    } catch {
      return [];
    }
  }, { delay: TYPING });
}

export function Expression({ id, label, description, element, disabled, getValue, setValue, asks, placeholder }) {
  const host = useRef();
  const editor = useRef();
  const state = useRef({});
  const [fault, setFault] = useState("");
  const value = getValue() ?? "";
  Object.assign(state.current, { setValue, value });
  const commit = () => {
    clearTimeout(state.current.timer);
    if (!editor.current) return;
    const text = editor.current._cmEditor.state.doc.toString().trim();
    if (text !== state.current.value) state.current.setValue(text || undefined);
  };

  useEffect(() => {
    let names;
    const known = () => (names ??= asks.text().then((xml) => asks.server.names(asks.file, xml, element.id)).catch(() => []));
    const begin = () => {
      editor.current = new FeelEditor({
        container: host.current, value: state.current.value, builtins: BUILTINS, readOnly: disabled, placeholder,
        contentAttributes: { id: `field-${id}`, "aria-label": label },
        onChange: () => {
          clearTimeout(state.current.timer);
          state.current.timer = setTimeout(commit, TYPING);
        },
        extensions: [EditorView.lineWrapping, EditorView.domEventHandlers({ blur: commit }), serverLint(asks, known, setFault)],
      });
      known().then((found) => editor.current?.setVariables(offered(found)));
    };
    // An element may have dozens of expressions in groups that are closed: an editor is made when it is first seen.
    const sight = new IntersectionObserver(([seen]) => {
      if (!seen.isIntersecting || editor.current) return;
      sight.disconnect();
      begin();
    });
    sight.observe(host.current);
    return () => {
      sight.disconnect();
      commit();
      editor.current?._cmEditor.destroy();
      editor.current = null;
    };
  }, [element]);

  useEffect(() => {
    const view = editor.current?._cmEditor;
    // What came from elsewhere (undo) is shown; what is being typed is not disturbed.
    if (view && !view.hasFocus && view.state.doc.toString().trim() !== value) editor.current.setValue(value);
  }, [value]);

  return (
    <div class={`bio-properties-panel-entry${fault ? " has-error" : ""}`} data-entry-id={id}>
      <label class="bio-properties-panel-label" for={`field-${id}`} onClick={() => editor.current?.focus()}>{label} <abbr class="panel-feel" title={t("An expression in FEEL")}>FEEL</abbr></label>
      <div ref={host} class={`panel-expression bio-properties-panel-input${disabled ? " disabled" : ""}`} />
      <div class="bio-properties-panel-error" aria-live="polite">{fault}</div>
      <DescriptionEntry forId={id} element={element} value={description} />
    </div>
  );
}
