// The form of a product: a table of SKUs from option names and values, filling all rows, the detail as it will look.
"use strict";

(() => {
  const form = document.getElementById("goods-form");
  const table = document.getElementById("skus"), body = table.tBodies[0];
  const pattern = document.getElementById("sku-row");
  const switched = document.getElementById("with-options"), options = document.getElementById("options"), fill = document.getElementById("fill");
  const lines = [...document.querySelectorAll("[data-option]")];
  const split = (text) => [...new Set(text.split(/[,，、;；\n]+/).map((each) => each.trim()).filter(Boolean))];
  const rows = () => [...body.querySelectorAll("[data-sku]")];
  const values = (row) => [0, 1, 2].map((number) => row.querySelector(`[name=sku_option_${number}]`).value.trim());

  function heads() {
    lines.forEach((line, number) => {
      const name = switched.checked ? line.querySelector("[name=option_name]").value.trim() : "";
      document.querySelectorAll(`[data-option-cell="${number}"]`).forEach((cell) => {
        cell.hidden = !name;
        if (cell.tagName === "TH") cell.textContent = name; else cell.dataset.label = name;
      });
    });
    if (fill) fill.hidden = rows().length < 2;
  }

  function fresh(combination) {
    const row = pattern.content.firstElementChild.cloneNode(true);
    combination.forEach((value, number) => { row.querySelector(`[name=sku_option_${number}]`).value = value; });
    return row;
  }

  function product(lists) {
    return lists.reduce((all, list) => all.flatMap((head) => list.map((value) => [...head, value])), [[]]);
  }

  document.getElementById("generate")?.addEventListener("click", () => {
    const used = lines.map((line) => ({ name: line.querySelector("[name=option_name]").value.trim(), list: split(line.querySelector("[data-values]").value) }));
    const chosen = used.map((each) => (each.name && each.list.length ? each.list : [""]));
    if (chosen.every((list) => list.length === 1 && !list[0])) return;
    const combinations = product(chosen).slice(0, 200);
    const known = new Map(rows().map((row) => [values(row).join("\n"), row]));
    const single = rows().length === 1 && values(rows()[0]).every((value) => !value) ? rows()[0] : null;
    const made = combinations.map((combination, place) => {
      const row = known.get(combination.join("\n"));
      if (row) return row;
      if (single && place === 0) {
        combination.forEach((value, number) => { single.querySelector(`[name=sku_option_${number}]`).value = value; });
        return single;
      }
      return fresh(combination);
    });
    const stem = (made.map((row) => row.querySelector("[name=sku_code]").value).find(Boolean) || "").replace(/-\d+$/, "");
    const taken = new Set(made.map((row) => row.querySelector("[name=sku_code]").value));
    let number = 1;
    made.forEach((row) => {
      const code = row.querySelector("[name=sku_code]");
      if (code.value || !stem) return;
      while (taken.has(`${stem}-${number}`)) number += 1;
      code.value = `${stem}-${number}`;
      taken.add(code.value);
    });
    body.replaceChildren(...made);
    heads();
  });

  switched.addEventListener("change", () => {
    options.hidden = !switched.checked;
    if (!switched.checked) {
      lines.forEach((line) => { line.querySelector("[name=option_name]").value = ""; });
      rows().slice(1).forEach((row) => row.remove());
    }
    heads();
  });
  lines.forEach((line) => line.querySelector("[name=option_name]").addEventListener("input", heads));

  document.addEventListener("click", (event) => {
    const remove = event.target.closest("[data-sku-remove]");
    if (remove && rows().length > 1) { remove.closest("[data-sku]").remove(); heads(); }
    if (event.target.closest("[data-fill-go]")) {
      fill.querySelectorAll("[data-fill]").forEach((field) => {
        if (!field.value) return;
        rows().forEach((row) => { const cell = row.querySelector(`input[name=sku_${field.dataset.fill}]:not([type=hidden]):not([readonly])`); if (cell) cell.value = field.value; });
        field.value = "";
      });
    }
  });

  // A SKU has at most one picture; its key travels in a field of its own, so that every row sends exactly one.
  document.addEventListener("pictures", (event) => {
    const cell = event.target.closest(".sku-picture");
    if (cell) cell.querySelector("[name=sku_picture]").value = cell.querySelector("[name=sku_picture_tile]")?.value || "";
    const adder = event.target.closest("[data-detail-picture]");
    const key = adder?.querySelector("[data-tile] input")?.value;
    if (key) {
      const start = detail.selectionStart, before = detail.value.slice(0, start), after = detail.value.slice(detail.selectionEnd);
      const gap = before && !before.endsWith("\n") ? "\n" : "";
      detail.value = `${before}${gap}![](${key})\n${after}`;
      adder.querySelectorAll("[data-tile]").forEach((tile) => tile.remove());
      adder.querySelector(".picture-add").hidden = false;
      look();
    }
  });

  // The detail as it will look; the server reads it by the same few signs (backend/catalog/detail.py).
  const detail = document.getElementById("detail"), shown = document.getElementById("detail-shown");
  function add(parent, tag, text) {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    parent.append(node);
    return node;
  }
  function look() {
    shown.replaceChildren();
    let list = null, paragraph = null;
    detail.value.split(/\r?\n/).forEach((raw) => {
      const line = raw.trim();
      const picture = line.match(/^!\[([^\[\]]{0,64})\]\(([0-9a-f]{32}(?:\.[a-z0-9]{1,8})?)\)$/);
      const heading = line.match(/^#{1,3} +(\S.*)$/), item = line.match(/^[-*•·] +(\S.*)$/);
      if (!item) list = null;
      if (!line || picture || heading || item) paragraph = null;
      if (picture) { const image = add(shown, "img"); image.src = `/api/v1/pictures/${picture[2]}?size=640`; image.alt = picture[1]; }
      else if (heading) add(shown, "h4", heading[1]);
      else if (item) { list = list || add(shown, "ul"); add(list, "li", item[1]); }
      else if (line && paragraph) paragraph.append(document.createElement("br"), line);
      else if (line) paragraph = add(shown, "p", line);
    });
  }
  detail.addEventListener("input", look);
  look();
  heads();

  // Whoever leaves with changes is asked.
  let touched = false;
  form.addEventListener("input", () => { touched = true; });
  form.addEventListener("submit", () => { touched = false; });
  window.addEventListener("beforeunload", (event) => { if (touched) event.preventDefault(); });
})();
