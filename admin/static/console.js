// What the console does in the browser: drawer, messages, asking before doing, sending once, choosing rows, copying.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

function ask(text) {
  const dialog = $("#confirm");
  $(".confirm-text", dialog).textContent = text;
  dialog.showModal();
  return new Promise((answer) => {
    const yes = $("[data-yes]", dialog);
    yes.onclick = () => { dialog.close("yes"); };
    dialog.onclose = () => { answer(dialog.returnValue === "yes"); dialog.returnValue = ""; };
  });
}

// Buttons that ask first are type="button": without this script they do nothing at all, rather than act without asking.
document.addEventListener("click", async (event) => {
  const target = event.target.closest("[data-confirm],[data-action],[data-drawer],[data-dismiss],[data-close],[data-open],[data-copy],[data-print],[data-pick]");
  if (!target) {
    all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    return;
  }
  const data = target.dataset;
  if ("drawer" in data) document.body.classList.toggle("drawer-open");
  else if ("dismiss" in data) target.closest(".toast").remove();
  else if ("close" in data) target.closest("dialog").close();
  else if ("open" in data) document.getElementById(data.open).showModal();
  else if ("print" in data) window.print();
  else if ("pick" in data) pick(data.pick === "all");
  else if ("copy" in data) {
    const field = document.getElementById(data.copy);
    field.select();
    try { await navigator.clipboard.writeText(field.value); } catch { document.execCommand("copy"); }
    target.textContent = data.done || "✓";
  } else {
    if (data.confirm && !(await ask(data.confirm))) return;
    const form = target.form;
    if (!form.reportValidity()) return;
    if (data.action) form.elements.action.value = data.action;
    form.requestSubmit();
  }
});

// A form is sent once; coming back to the page makes its buttons work again.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  if (event.target.dataset.sent) { event.preventDefault(); return; }
  event.target.dataset.sent = "1";
  setTimeout(() => all("button", event.target).forEach((button) => { button.disabled = true; }));
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  all("form[data-sent]").forEach((form) => { delete form.dataset.sent; all("button", form).forEach((button) => { button.disabled = false; }); });
});

// Rows to choose, and the bar of what can be done with them.
function count() {
  const boxes = all("input[form=batch]");
  const chosen = boxes.filter((box) => box.checked).length;
  $("[data-chosen]").textContent = chosen;
  $("#batch").hidden = !chosen;
  all("[data-pick-all]").forEach((box) => { box.checked = chosen === boxes.length; box.indeterminate = chosen > 0 && chosen < boxes.length; });
}
function pick(on) {
  all("input[form=batch]").forEach((box) => { box.checked = on; });
  count();
}

// On a phone the filters are folded: several are set before one looks.
const PHONE = matchMedia("(max-width: 640px)");
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]") && !(PHONE.matches && event.target.closest(".filters"))) event.target.form.requestSubmit();
  if (event.target.matches("[data-pick-all]")) pick(event.target.checked);
  if (event.target.matches("input[form=batch]")) count();
  if (event.target.matches("[data-shows]")) showFor(event.target);
});

// <select data-shows="name"> shows only those [data-name~="value"] that fit its value.
function showFor(select) {
  const name = select.dataset.shows;
  all(`[data-${name}]`, select.form).forEach((part) => { part.hidden = !part.dataset[name].split(" ").includes(select.value); });
}
all("[data-shows]").forEach(showFor);

all(".tabs .on").forEach((tab) => { tab.parentElement.scrollLeft = tab.offsetLeft - 40; });

all(".toast-good").forEach((toast) => setTimeout(() => toast.remove(), 6000));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.body.classList.remove("drawer-open");
  if (event.key === "/" && !event.target.matches("input,textarea,select")) {
    const search = $(".filters input[type=search]");
    if (search) { event.preventDefault(); search.focus(); }
  }
});
