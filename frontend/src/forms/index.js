// The form designer: every act is a form that is sent and answered with the page; these parts only make that pleasant.
import "./swap.js";
import "./drag.js";
import "./expressions.js";
import "./keys.js";
import "./preview.js";
import "./presence.js";
