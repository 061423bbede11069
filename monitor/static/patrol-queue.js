// Scans are kept in the phone until the server has answered them. The same id is the same scan, however often it is sent.

import { serverNow } from "./patrol-clock.js";

const KEY = "dayuan-patrol-scans";
const TIMEOUT_MS = 10_000;
const place = document.getElementById("scan").dataset;
const csrf = document.querySelector("meta[name=csrf]").content;
const onTheirWay = new Set(); // ids that this page is sending now
let sending = false;

const kept = () => JSON.parse(localStorage.getItem(KEY) ?? "[]");
const store = (scans) => localStorage.setItem(KEY, JSON.stringify(scans));
const isOwn = (scan) => scan.guard === place.guard; // a phone goes from hand to hand

export const waiting = () => kept().filter(isOwn).length;
export const waitingOfOthers = () => kept().length - waiting();

// randomUUID is missing where the page does not come by https.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export function newScan(tag) {
  return { id: newId(), guard: place.guard, site: place.site, tag, scanned_at: serverNow().toISOString(), offline: false };
}

export function keep(scan) {
  store([...kept(), scan]);
}

function forget(scan) {
  store(kept().filter((each) => each.id !== scan.id));
}

function markOffline(scan) {
  store(kept().map((each) => (each.id === scan.id ? { ...each, offline: true } : each)));
}

// What a request came to: {kind: "answered", answer} | {kind: "refused", text} | {kind: "not-allowed", text} |
// {kind: "signed-out"} | {kind: "no-link"}. Only what is answered or refused is done with.
export async function post(path, body, headers = {}) {
  try {
    const response = await fetch(path, {
      method: "POST",
      body,
      headers: { "X-CSRF-Token": csrf, "HX-Request": "true", ...headers }, // problems come as a sentence in the reader's language
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.ok) return { kind: "answered", answer: await response.json() };
    if (response.status === 401) return { kind: "signed-out" };
    if (response.status === 403) return { kind: "not-allowed", text: await response.text() };
    if (response.status === 429 || response.status >= 500) return { kind: "no-link" };
    return { kind: "refused", text: await response.text() };
  } catch {
    return { kind: "no-link" };
  }
}

export async function sendScan(scan) {
  const { guard: _, ...body } = scan;
  onTheirWay.add(scan.id);
  const outcome = await post("/api/monitor/patrols/scans", JSON.stringify(body), { "Content-Type": "application/json" });
  onTheirWay.delete(scan.id);
  if (outcome.kind === "answered" || outcome.kind === "refused") forget(scan);
  else markOffline(scan);
  return outcome;
}

// Send what waits of this guard, oldest first; stop when the link is gone again.
export async function sendKept() {
  const done = { answered: [], refused: [] };
  if (sending) return done;
  sending = true;
  try {
    for (const scan of kept().filter((each) => isOwn(each) && !onTheirWay.has(each.id))) {
      const outcome = await sendScan({ ...scan, offline: true });
      if (outcome.kind === "answered") done.answered.push({ scan, answer: outcome.answer });
      else if (outcome.kind === "refused") done.refused.push({ scan, text: outcome.text });
      else break;
    }
  } finally {
    sending = false;
  }
  return done;
}
