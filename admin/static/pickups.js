// Pick-up: one week of hours at once, and the camera as a scanner where the browser can.
"use strict";

(() => {
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
