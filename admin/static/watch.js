// What the worker is busy with is asked for again every two seconds, until it is done: <… data-watch="address">.
"use strict";

(() => {
  const PAUSE = 2000;

  async function look() {
    const part = document.querySelector("[data-watch]");
    if (!part) return;
    try {
      const response = await fetch(part.dataset.watch, { headers: { Accept: "text/html" }, redirect: "error" });
      if (!response.ok) return;
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-part]");
      if (fresh && !part.contains(document.activeElement)) part.replaceWith(fresh);
    } catch { /* the next look may succeed */ }
    setTimeout(look, PAUSE);
  }

  setTimeout(look, PAUSE);
})();
