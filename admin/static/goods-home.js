// The home page's form: add, move and remove parts; find products and pick them.
"use strict";

(() => {
  const form = document.getElementById("home-form");
  let count = form.querySelectorAll("[data-part]").length;

  function wake(part) {
    part.querySelectorAll("[data-target]").forEach((select) => {
      select.addEventListener("change", () => { part.querySelector("[data-target-product]").hidden = select.value !== "product"; });
    });
  }
  form.querySelectorAll("[data-part]").forEach(wake);

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const part = button.closest("[data-part]"), data = button.dataset;
    if ("partAdd" in data) {
      const made = document.createElement("div");
      count += 1;
      made.innerHTML = document.getElementById(`${data.partAdd}-part`).innerHTML.replaceAll("_NEW_", `_n${count}_`).replaceAll('value="NEW"', `value="n${count}"`);
      const fresh = made.firstElementChild;
      form.querySelector(`[data-parts=${data.partAdd}]`).append(fresh);
      wake(fresh);
      fresh.querySelector("input:not([type=hidden])")?.focus();
    } else if ("partRemove" in data) part.remove();
    else if ("partUp" in data && part.previousElementSibling) part.previousElementSibling.before(part);
    else if ("partDown" in data && part.nextElementSibling) part.nextElementSibling.after(part);
    else if ("chipRemove" in data) {
      const picker = button.closest("[data-picker]");
      button.closest("[data-chip]").remove();
      picker.querySelector("[data-find]").hidden = false;
    }
  });

  let waiting = 0;
  form.addEventListener("input", (event) => {
    if (!event.target.matches("[data-find]")) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => find(event.target), 250);
  });
  form.addEventListener("focusin", (event) => { if (event.target.matches("[data-find]")) find(event.target); });
  form.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.matches("[data-find]")) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    document.querySelectorAll("[data-found]").forEach((list) => { if (!list.closest("[data-picker]").contains(event.target)) list.hidden = true; });
  });

  async function find(field) {
    const picker = field.closest("[data-picker]"), list = picker.querySelector("[data-found]");
    const response = await fetch(`${picker.dataset.address}?q=${encodeURIComponent(field.value)}`, { headers: { Accept: "application/json" } });
    if (!response.ok) return;
    const found = await response.json();
    list.replaceChildren(...found.map((each) => {
      const button = document.createElement("button");
      button.type = "button";
      const picture = document.createElement("img"), words = document.createElement("span"), note = document.createElement("small");
      if (each.picture) picture.src = each.picture;
      picture.alt = "";
      words.textContent = each.title;
      note.textContent = each.note;
      button.append(picture, words, note);
      button.addEventListener("click", () => pick(picker, each));
      return button;
    }));
    list.hidden = !found.length;
  }

  function pick(picker, each) {
    const chips = picker.querySelector("[data-chips]"), field = picker.querySelector("[data-find]");
    if (![...chips.querySelectorAll("input")].some((input) => input.value === each.id)) {
      const chip = picker.querySelector("template").content.firstElementChild.cloneNode(true);
      chip.querySelector("input").value = each.id;
      chip.querySelector("[data-chip-title]").textContent = each.title;
      if (each.picture) chip.querySelector("img").src = each.picture;
      chips.append(chip);
    }
    picker.querySelector("[data-found]").hidden = true;
    field.value = "";
    field.hidden = chips.children.length >= Number(picker.dataset.most);
  }
})();
