// What the console does in the browser: drawer, messages, asking before doing, sending once, choosing rows, copying.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

const PHONE = matchMedia("(max-width: 640px)");

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

// A dialog begins at its first field; on a phone the keyboard waits until one taps.
function show(dialog) {
  dialog.showModal();
  const first = $("input:not([type=hidden]),select,textarea", dialog);
  if (first && !PHONE.matches) first.focus();
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
  else if ("open" in data) show(document.getElementById(data.open));
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

// A form is sent once; coming back to the page makes its buttons work again. Forms of dialogs, and those with data-stay, are
// sent in place: what was refused is said beside its field, and what was typed stays.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  if (form.matches("dialog form, form[data-stay]") && form.enctype !== "multipart/form-data") {
    event.preventDefault();
    send(form, event.submitter);
  }
  setTimeout(() => all("button", form).forEach((button) => { button.disabled = !!form.dataset.sent; }));
});
function sendable(form) {
  delete form.dataset.sent;
  all("button", form).forEach((button) => { button.disabled = false; });
}
window.addEventListener("pageshow", (event) => { if (event.persisted) all("form[data-sent]").forEach(sendable); });

// What is said of fields, by the browser's own names of what they lack, and of answers that did not come.
const words = document.documentElement.lang === "en" ? {
  valueMissing: "Please fill this in.", choose: "Please choose one.", typeMismatch: "Please correct this.", patternMismatch: "Please correct this.",
  tooShort: "Please write at least {min} characters.", tooLong: "At most {max} characters.", rangeUnderflow: "Not below {min}.",
  rangeOverflow: "Not above {max}.", stepMismatch: "Please give a whole number.", badInput: "This is not complete; please correct it.",
  offline: "No answer came, so it is not known whether this was done. Please try again; nothing is done twice.",
  out: "Your log-in has ended; please reload the page and log in again.", failed: "This did not go through; please reload the page and try again.",
} : {
  valueMissing: "请填写此项。", choose: "请选择一项。", typeMismatch: "格式不对，请修改后再提交。", patternMismatch: "格式不对，请修改后再提交。",
  tooShort: "至少填写 {min} 个字。", tooLong: "最多 {max} 个字。", rangeUnderflow: "不能小于 {min}。",
  rangeOverflow: "不能大于 {max}。", stepMismatch: "请填写整数。", badInput: "没有填完整，请修改后再提交。",
  offline: "网络不通，不知道是否已提交成功。请检查网络后再点一次，不会重复提交。",
  out: "登录已过期，请刷新页面重新登录。", failed: "没有提交成功，请刷新页面后再试。",
};
async function send(form, submitter) {
  clear(form);
  const address = submitter && submitter.hasAttribute("formaction") ? submitter.formAction : form.getAttribute("action") || location.href;
  try {
    const answer = await fetch(address, { method: "POST", headers: { "X-Stay": "1" }, body: new URLSearchParams(new FormData(form, submitter)) });
    const json = (answer.headers.get("Content-Type") || "").includes("json") ? await answer.json() : {};
    if (json.to) { location.assign(json.to); return; }
    complain(form, json.sentence || (answer.status === 401 ? words.out : words.failed), json.fields || []);
  } catch {
    complain(form, words.offline, []);
  }
  sendable(form);
}
function complain(form, sentence, names) {
  const name = names.find((each) => form.elements[each] && (form.elements[each].type !== "hidden" || "region" in form.elements[each].dataset));
  if (name) {
    const field = wrong(form.elements[name], sentence);
    (field.type === "hidden" ? $("select", field.parentElement) : field).focus();
    return;
  }
  const notice = document.createElement("p");
  notice.className = "notice notice-bad";
  notice.setAttribute("role", "alert");
  notice.textContent = sentence;
  form.prepend(notice);
  notice.scrollIntoView({ block: "nearest" });
}
function wrong(field, sentence) {
  const place = field.closest(".control") || field.closest(".field, td, .code-form, .saved-filter, .reply") || field.parentElement;
  right(field);
  const error = document.createElement("p");
  error.className = "error";
  error.id = "error-" + (field.id || field.name);
  error.setAttribute("role", "alert");
  error.textContent = sentence;
  if (field.matches(".reply .input")) field.after(error); else place.append(error);
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", error.id);
  return field;
}
function right(field) {
  if (!field.hasAttribute("aria-invalid")) return;
  const error = document.getElementById(field.getAttribute("aria-describedby"));
  if (error) error.remove();
  field.removeAttribute("aria-invalid");
  field.removeAttribute("aria-describedby");
}
function clear(form) {
  all("[aria-invalid]", form).forEach(right);
  all(":scope > .notice-bad[role=alert]", form).forEach((notice) => notice.remove());
}
document.addEventListener("input", (event) => right(event.target));

// An address that a filter makes names what is asked for, and nothing else.
document.addEventListener("formdata", (event) => {
  if (event.target.matches(".filters")) [...event.formData].forEach(([name, value]) => { if (!value) event.formData.delete(name); });
});

// What a field lacks is said in the language of the page, beside the field, and not in the browser's own words.
document.addEventListener("invalid", (event) => {
  const field = event.target;
  if (field.form.method !== "post") return;
  event.preventDefault();
  const why = Object.keys(words).find((name) => field.validity[name]) || "patternMismatch";
  const text = why === "valueMissing" && field.matches("select,[type=checkbox],[type=file]") ? words.choose : (why === "patternMismatch" && field.title) || words[why];
  wrong(field, text.replace("{min}", field.min || field.minLength).replace("{max}", field.max || field.maxLength));
  if (field === field.form.querySelector(":invalid")) field.focus();
}, true);

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
