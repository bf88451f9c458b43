// The one script of every page: htmx for swaps, and small behaviours that read data attributes.
// Nothing here decides anything; a page without script does the same work by links and forms.
import "./htmx.js";
import "./busy.js";
import "./toast.js";
import "./dialog.js";
import "./menu.js";
import "./theme.js";
import "./draft.js";
import "./shortcuts.js";
import "./rows.js";
import "./select.js";
import "./people.js";
import "./tabs.js";
import "./upload.js";
import "./money.js";
import "./island.js";
import "./bell.js";
import "./form.js";

document.documentElement.dataset.ready = "";
