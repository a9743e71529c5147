// What is wrong with a field stands beside it, in the language of the page (browsers speak their own); chosen files by name.
"use strict";

(() => {
  const said = document.body.dataset;
  const home = (field) => field.closest(".control") || field.closest(".field") || field.closest("td, .ask label") || field.closest("label")?.parentElement || field.parentElement;

  function complaint(field) {
    if (!field.validity.valueMissing) return field.validity.rangeUnderflow || field.validity.rangeOverflow ? said.sayRange : said.sayFormat;
    if (field.type === "file") return said.sayFile;
    if (field.type === "checkbox") return said.sayTick;
    return field.type === "radio" || field.tagName === "SELECT" ? said.sayChoose : said.sayEmpty;
  }

  function clear(field) {
    const place = home(field);
    place.querySelectorAll(".error[data-live]").forEach((line) => line.remove());
    place.closest(".field")?.classList.remove("wrong");
    field.removeAttribute("aria-invalid");
  }

  let first = null;
  document.addEventListener("invalid", (event) => {
    const field = event.target, place = home(field);
    event.preventDefault();
    clear(field);
    place.querySelectorAll(".error").forEach((line) => line.remove());
    const line = document.createElement("p");
    line.className = "error";
    line.dataset.live = "";
    line.textContent = complaint(field);
    place.append(line);
    place.closest(".field")?.classList.add("wrong");
    field.setAttribute("aria-invalid", "true");
    if (!first) setTimeout(() => { first.focus(); first = null; });
    first = first || field;
  }, true);
  ["input", "change"].forEach((kind) => document.addEventListener(kind, (event) => { if (event.target.matches("[aria-invalid]")) clear(event.target); }));

  document.addEventListener("change", (event) => {
    const box = event.target.closest(".file");
    if (box) box.querySelector(".file-name").textContent = [...event.target.files].map((each) => each.name).join(", ") || box.dataset.none;
  });

  document.querySelector("dialog[data-open-now]")?.showModal();

  // What the server found wrong is brought into view.
  const wrong = document.querySelector(".wrong .input:not([type=hidden]), .wrong textarea, .wrong select, .wrong input:not([type=hidden])");
  if (wrong && !document.querySelector("[autofocus]")) wrong.focus();
})();
