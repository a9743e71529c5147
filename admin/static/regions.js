// A district chosen step by step: <input data-region="code">, whose value becomes the code; as it is where this cannot run.
"use strict";

(() => {
  const field = document.querySelector("input[data-region]");
  if (field) {
    const box = document.createElement("div");
    box.className = "regions";
    const selects = [0, 1, 2].map(() => box.appendChild(document.createElement("select")));
    selects.forEach((select) => { select.className = "input"; });
    const parents = (code) => [null, code.slice(0, 2) + "0000", code.slice(0, 4) + "00"];
    const load = async (level, parent, chosen) => {
      const select = selects[level];
      const answer = await fetch("/api/v1/regions" + (parent ? "?parent=" + parent : ""));
      const { items } = await answer.json();
      select.replaceChildren(new Option("…", ""), ...items.map((each) => new Option(each.name, each.code, false, each.code === chosen)));
      select.disabled = !items.length;
    };
    const start = async () => {
      const known = field.dataset.region || field.value;
      const code = /^[1-9][0-9]{5}$/.test(known) ? known : "";
      await load(0, null, code && parents(code)[1]);
      for (const level of [1, 2]) if (code) await load(level, parents(code)[level], level === 1 ? parents(code)[2] : code);
      field.value = code;
      field.type = "hidden";
      field.after(box);
    };
    selects.forEach((select, level) => select.addEventListener("change", async () => {
      field.value = level === 2 ? select.value : "";
      for (let below = level + 1; below < 3; below += 1) { selects[below].replaceChildren(); selects[below].disabled = true; }
      if (level < 2 && select.value) await load(level + 1, select.value, "");
    }));
    start().catch(() => { field.type = "text"; });
  }
})();
