// A button inside a group that adds one more of something.
export function AddButton({ id, label, disabled, onClick }) {
  return <div class="bio-properties-panel-entry" data-entry-id={id}><button type="button" class="panel-add" disabled={disabled} onClick={onClick}>+ {label}</button></div>;
}
