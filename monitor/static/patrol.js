// The patrol page: three ways to scan, one way to send, and a sheet that is asked for anew.
import { say, sayKept, sayProblem, sayScan, saySent } from "./patrol-answer.js";
import { canScan, readPicture, scanWithCamera } from "./patrol-camera.js";
import { runClock } from "./patrol-clock.js";
import { keep, newScan, sendKept, sendScan, waiting, waitingOfOthers } from "./patrol-queue.js";

const words = document.getElementById("scan").dataset;
const REFRESH_MS = 30_000;

function refresh() {
  if (!navigator.onLine) return;
  window.htmx.ajax("GET", location.pathname + location.search, { source: "#sheet", target: "#sheet", select: "#sheet", swap: "morph:outerHTML show:none" });
}

function tellCount(id, n) {
  const line = document.getElementById(id);
  line.hidden = n === 0;
  line.textContent = n === 0 ? "" : words[id].replace("{n}", n);
}

function tellWaiting() {
  tellCount("waiting", waiting());
  tellCount("others", waitingOfOthers());
}

async function scanned(scan) {
  keep(scan); // before it is sent: a page that is closed meanwhile loses nothing
  tellWaiting();
  const outcome = await sendScan(scan);
  if (outcome.kind === "answered") sayScan(outcome.answer);
  else if (outcome.kind === "refused") sayProblem(outcome.text);
  else if (outcome.kind === "signed-out") say("warn", words.signIn, "");
  else if (outcome.kind === "not-allowed") say("bad", words.refused, `${outcome.text} ${words.notAllowed}`);
  else sayKept();
  tellWaiting();
  if (outcome.kind !== "no-link") refresh();
}

async function sendWhatWaits() {
  const done = await sendKept();
  if (done.answered.length > 0 || done.refused.length > 0) {
    saySent(done);
    refresh();
  }
  tellWaiting();
}

document.getElementById("typing").addEventListener("submit", async (event) => {
  event.preventDefault();
  const code = document.getElementById("code");
  const tag = code.value.trim();
  if (tag === "") return;
  code.value = "";
  code.blur();
  await scanned(newScan(tag));
});

document.getElementById("picture").addEventListener("change", async (event) => {
  const [picture] = event.target.files;
  if (!picture) return;
  say("calm", words.looking, "");
  const scan = newScan(null);
  const outcome = await readPicture(picture, scan);
  event.target.value = "";
  if (outcome.tag) await scanned({ ...scan, tag: outcome.tag });
  else if (outcome.answer) sayScan(outcome.answer), refresh();
  else sayProblem(outcome.text ?? words.pictureUnread);
});

if (canScan()) {
  const start = document.getElementById("camera-start");
  start.hidden = false;
  start.addEventListener("click", async () => {
    start.disabled = true;
    try {
      const tag = await scanWithCamera();
      if (tag !== null) await scanned(newScan(tag));
    } catch {
      say("warn", words.cameraRefused, "");
    } finally {
      start.disabled = false;
    }
  });
} else {
  document.getElementById("no-camera").hidden = false;
}

window.addEventListener("online", sendWhatWaits);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") sendWhatWaits().then(refresh);
});
window.setInterval(() => {
  if (waiting() > 0) sendWhatWaits();
  else if (document.visibilityState === "visible") refresh();
}, REFRESH_MS);
runClock();
tellWaiting();
if (waiting() > 0) sendWhatWaits();
