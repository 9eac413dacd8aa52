// Only in a preview: load the page anew when it is no longer of what is there.
"use strict";

const { events, build } = document.currentScript.dataset;
// A template of a site's own may not tell what its page is of.
let shown = build;
new EventSource(events).addEventListener("site", ({ data }) => {
  if (shown !== undefined && data !== shown) location.reload();
  shown = data;
});
