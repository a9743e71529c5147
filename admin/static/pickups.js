// Pick-up: one week of hours at once, and the camera as a scanner.
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
  if (!scan || !navigator.mediaDevices) return;
  scan.hidden = false;

  // What reads a code from a frame: the browser where it can, else the library, which is fetched when it is needed.
  const reader = async () => {
    if ("BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
      const detector = new BarcodeDetector({ formats: ["qr_code"] });
      return async (video) => (await detector.detect(video))[0]?.rawValue;
    }
    if (!window.jsQR) {
      await new Promise((done, failed) => {
        const script = document.createElement("script");
        script.src = scan.dataset.library;
        script.onload = done;
        script.onerror = failed;
        document.head.append(script);
      });
    }
    const canvas = document.createElement("canvas");
    const brush = canvas.getContext("2d", { willReadFrequently: true });
    return async (video) => {
      if (!video.videoWidth) return undefined;
      const scale = Math.min(1, 800 / Math.max(video.videoWidth, video.videoHeight));
      canvas.width = Math.round(video.videoWidth * scale);
      canvas.height = Math.round(video.videoHeight * scale);
      brush.drawImage(video, 0, 0, canvas.width, canvas.height);
      const { data } = brush.getImageData(0, 0, canvas.width, canvas.height);
      return window.jsQR(data, canvas.width, canvas.height, { inversionAttempts: "dontInvert" })?.data;
    };
  };

  scan.addEventListener("click", async () => {
    const dialog = document.getElementById("scanner");
    const video = dialog.querySelector("video");
    const text = dialog.querySelector("[data-scan-text]");
    const input = document.getElementById("code");
    let stream = null;
    dialog.onclose = () => { if (stream) stream.getTracks().forEach((track) => track.stop()); };
    text.textContent = text.dataset.aim;
    dialog.showModal();
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      if (!dialog.open) { dialog.onclose(); return; }
      video.srcObject = stream;
      await video.play();
      const read = await reader();
      while (dialog.open) {
        const found = await read(video);
        if (found?.startsWith("TM1:")) {
          input.value = found;
          dialog.close();
          input.form.requestSubmit();
        } else {
          if (found) text.textContent = text.dataset.other;
          await new Promise((done) => setTimeout(done, 100));
        }
      }
    } catch (error) {
      text.textContent = error?.name === "NotAllowedError" ? text.dataset.denied : text.dataset.missing;
    }
  });
})();
