// Reading a code: from the camera's live picture, or from a picture that was taken.
import { post } from "./patrol-queue.js";

const place = document.getElementById("scan").dataset;
let reader = null;

export const canScan = () => window.isSecureContext && navigator.mediaDevices?.getUserMedia !== undefined;

// The phone's own reader where it has one; ours otherwise, from our own server.
async function detector() {
  if (reader) return reader;
  const own = window.BarcodeDetector && (await window.BarcodeDetector.getSupportedFormats()).includes("qr_code");
  if (own) {
    reader = new window.BarcodeDetector({ formats: ["qr_code"] });
  } else {
    const { BarcodeDetector, prepareZXingModule } = await import("/static/vendor/barcode-detector.js");
    prepareZXingModule({ overrides: { locateFile: (file) => `/static/vendor/${file}` } });
    reader = new BarcodeDetector({ formats: ["qr_code"] });
  }
  return reader;
}

async function codeIn(picture) {
  const [found] = await (await detector()).detect(picture);
  return found?.rawValue ?? null;
}

// Resolves with the code, or with null when the guard stops; rejects when the camera may not be used.
export async function scanWithCamera() {
  const section = document.getElementById("camera");
  const video = section.querySelector("video");
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  let stopped = false;
  const stop = () => { stopped = true; };
  document.getElementById("camera-stop").addEventListener("click", stop, { once: true });
  try {
    section.hidden = false;
    video.srcObject = stream;
    await video.play();
    while (!stopped && document.visibilityState === "visible") {
      const code = await codeIn(video);
      if (code !== null) return code;
      await new Promise((resolve) => { window.requestAnimationFrame(resolve); });
    }
    return null;
  } finally {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
    section.hidden = true;
  }
}

// The server reads a picture best; without a link the phone does it, and the scan is kept: {answer} | {tag} | {text}.
// The picture goes under the id and time of `scan`: if it arrived and only the answer was lost, the tag repeats nothing.
export async function readPicture(picture, scan) {
  const form = new FormData();
  form.set("picture", picture);
  for (const name of ["id", "site", "scanned_at"]) form.set(name, scan[name]);
  const outcome = await post("/api/monitor/patrols/scans/picture", form);
  if (outcome.kind === "answered") return { answer: outcome.answer };
  if (outcome.kind === "refused" || outcome.kind === "not-allowed") return { text: outcome.text };
  if (outcome.kind === "signed-out") return { text: place.signIn };
  try {
    const tag = await codeIn(await createImageBitmap(picture));
    return tag === null ? {} : { tag };
  } catch {
    return {};
  }
}
