// Pick-up: districts chosen step by step, one week of hours at once, and the camera as a scanner where the browser can.
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
      const code = /^[1-9][0-9]{5}$/.test(field.value) ? field.value : "";
      await load(0, null, code && parents(code)[1]);
      for (const level of [1, 2]) if (code) await load(level, parents(code)[level], level === 1 ? parents(code)[2] : code);
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

  const same = document.querySelector("[data-same-hours]");
  if (same) {
    same.hidden = false;
    same.addEventListener("click", () => {
      const [first, ...others] = document.querySelectorAll("input[data-hours]");
      others.forEach((other) => { other.value = first.value; });
    });
  }

  const scan = document.querySelector("[data-scan]");
  if (!scan || !("BarcodeDetector" in window) || !navigator.mediaDevices) return;
  scan.hidden = false;
  scan.addEventListener("click", async () => {
    const dialog = document.getElementById("scanner");
    const video = dialog.querySelector("video");
    const text = dialog.querySelector("[data-scan-text]");
    const input = document.getElementById("code");
    let stream = null;
    dialog.onclose = () => { if (stream) stream.getTracks().forEach((track) => track.stop()); };
    dialog.showModal();
    try {
      const detector = new BarcodeDetector({ formats: ["qr_code"] });
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      await video.play();
      const look = async () => {
        if (!dialog.open) return;
        const [found] = await detector.detect(video);
        if (found && found.rawValue.startsWith("TM1:")) {
          input.value = found.rawValue;
          dialog.close();
          input.form.requestSubmit();
        } else requestAnimationFrame(look);
      };
      await look();
    } catch {
      text.textContent = text.dataset.denied;
    }
  });
})();
