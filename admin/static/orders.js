// Orders: "#ship" opens the shipping dialog; a batch goes on by itself until all its lines are done.
"use strict";

if (location.hash === "#ship") {
  const dialog = document.getElementById("ship");
  if (dialog) dialog.showModal();
}
const going = document.querySelector("form[data-continue]");
if (going) setTimeout(() => going.requestSubmit(), 300);
