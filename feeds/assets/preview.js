// Only in a preview: load the page anew when a file was saved.
"use strict";

let seen = null;
new EventSource(document.currentScript.dataset.events).addEventListener("site", ({ data }) => {
  if (seen !== null && seen !== data) location.reload();
  seen = data;
});
