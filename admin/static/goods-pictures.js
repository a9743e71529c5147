// Pictures in forms: choose files, see them arrive, put them in order (drag, or the arrows), take them away.
"use strict";

(() => {
  const holder = (node) => node.closest("[data-pictures]");
  const full = (box) => box.querySelectorAll("[data-tile]").length >= Number(box.dataset.most);

  function changed(box) {
    box.querySelector(".picture-add").hidden = full(box);
    box.dispatchEvent(new CustomEvent("pictures", { bubbles: true }));
  }

  function problem(box, text) {
    const line = box.querySelector("[data-problem]");
    line.textContent = text;
    line.hidden = !text;
  }

  async function send(box, file) {
    const tile = box.querySelector("template").content.firstElementChild.cloneNode(true);
    const picture = tile.querySelector("img");
    picture.src = URL.createObjectURL(file);
    tile.classList.add("waiting");
    box.insertBefore(tile, box.querySelector(".picture-add"));
    changed(box);
    const form = new FormData();
    form.append("file", file);
    form.append("purpose", box.dataset.purpose);
    let answer = {};
    try {
      const response = await fetch(box.dataset.address, { method: "POST", body: form, headers: { "X-CSRF-Token": box.dataset.token, Accept: "application/json" } });
      answer = await response.json();
    } catch { answer = { detail: "" }; }
    URL.revokeObjectURL(picture.src);
    if (!answer.key) {
      tile.remove();
      problem(box, answer.detail || answer.error || box.dataset.failed);
    } else {
      tile.classList.remove("waiting");
      tile.querySelector("input").value = answer.key;
      picture.src = box.dataset.shown.replace("KEY", answer.key);
      problem(box, "");
    }
    changed(box);
  }

  document.addEventListener("change", async (event) => {
    if (!event.target.matches("[data-file]")) return;
    const box = holder(event.target);
    for (const file of [...event.target.files]) if (!full(box)) await send(box, file);
    event.target.value = "";
  });

  let dragged = null;
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("[data-most]:not([data-most='1']) [data-tile]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    dragged.classList.add("dragged");
  });
  document.addEventListener("dragover", (event) => {
    const over = dragged && event.target.closest("[data-tile]");
    if (!over || holder(over) !== holder(dragged)) return;
    event.preventDefault();
    if (over === dragged) return;
    const box = over.getBoundingClientRect();
    over[event.clientX > box.left + box.width / 2 ? "after" : "before"](dragged);
  });
  document.addEventListener("drop", (event) => { if (dragged) event.preventDefault(); });
  document.addEventListener("dragend", () => {
    if (!dragged) return;
    dragged.classList.remove("dragged");
    dragged.dispatchEvent(new Event("input", { bubbles: true }));
    changed(holder(dragged));
    dragged = null;
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tile-left],[data-tile-right],[data-tile-remove]");
    if (!button) return;
    const tile = button.closest("[data-tile]"), box = holder(tile);
    if ("tileRemove" in button.dataset) tile.remove();
    else if ("tileLeft" in button.dataset && tile.previousElementSibling) tile.previousElementSibling.before(tile);
    else if ("tileRight" in button.dataset && tile.nextElementSibling?.matches("[data-tile]")) tile.nextElementSibling.after(tile);
    changed(box);
  });
})();
