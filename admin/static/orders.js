// Orders: "#ship" opens the shipping dialog; a batch goes on by itself until all its lines are done.
"use strict";

addEventListener("load", () => {
  const dialog = location.hash === "#ship" && document.getElementById("ship");
  if (!dialog) return;
  history.replaceState(null, "", location.pathname);
  show(dialog);
});
const going = document.querySelector("form[data-continue]");
if (going) setTimeout(() => going.requestSubmit(), 300);
