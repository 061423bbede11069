// The field: what is scanned or typed is checked in turn, each under a number of its own that a repeat keeps.

import { heard, isLost, lost } from "./link.js";
import { forget } from "./records.js";

const form = document.getElementById("check");
const field = document.getElementById("field");
const place = document.getElementById("verdict");
const waiting = [];
let isSending = false;

const PATIENCE_MS = 8000;
const LONGEST_PAUSE_MS = 5000;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const value = field.value.trim();
  field.value = "";
  check(value);
});

document.addEventListener("gate:check", (event) => check(event.detail));

place.addEventListener("click", (event) => {
  const meant = event.target.closest("[data-check]");
  if (meant) check(meant.dataset.check, meant.dataset.as);
});

function check(value, knownAs) {
  if (!value) return;
  const attempt = new FormData(form);
  attempt.set("value", value);
  attempt.set("attempt_id", newNumber());
  if (knownAs) attempt.set("known_as", knownAs);
  waiting.push(attempt);
  for (const direction of form.elements.direction) direction.checked = direction.defaultChecked;
  field.focus();
  document.body.dispatchEvent(new CustomEvent("gate:asked"));
  if (isSending) say(isLost() ? "unasked" : "asking", attempt);
  else sendAll();
}

async function sendAll() {
  isSending = true;
  while (waiting.length > 0) {
    say(isLost() ? "unasked" : "asking", waiting[0]);
    show(await sendUntilAnswered(waiting[0]), waiting[0]);
    waiting.shift();
  }
  isSending = false;
}

async function sendUntilAnswered(attempt) {
  for (let pause = 500; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      const csrf = document.querySelector('meta[name="csrf"]').content;
      const answer = await fetch(form.action, {
        method: "POST",
        body: attempt,
        headers: { "X-CSRF-Token": csrf, "HX-Request": "true" },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const text = await answer.text();
      heard();
      return { answer, text };
    } catch {
      lost(waiting.length);
      say("unasked", waiting.at(-1));
      await new Promise((done) => setTimeout(done, pause));
    }
  }
}

function show({ answer, text }, attempt) {
  if (answer.status === 401) {
    window.location.assign(`/sign-in?to=${encodeURIComponent(window.location.pathname + window.location.search)}`);
  } else if (answer.ok) {
    forget();
    place.innerHTML = text;
    window.htmx.process(place);
    document.body.dispatchEvent(new CustomEvent("checked"));
    document.body.dispatchEvent(new CustomEvent("gate:told"));
    const question = place.querySelector("[data-check]");
    if (question) keepDirection(attempt);
    if (question && !field.value) question.focus();
  } else {
    say("problem", attempt, text);
    document.body.dispatchEvent(new CustomEvent("gate:told"));
    keepDirection(attempt);
    if (field.value) return;
    field.value = attempt.get("value");
    field.select();
  }
}

// No verdict of another stays up as if it were this one's.
function say(what, attempt, sentence) {
  forget();
  const said = document.getElementById(what).content.cloneNode(true);
  said.querySelector(".said-value").textContent = attempt.get("value").slice(0, 40);
  if (sentence) said.querySelector(".said-sentence").textContent = sentence;
  place.replaceChildren(said);
}

function keepDirection(attempt) {
  form.elements.direction.value = attempt.get("direction");
}

// A UUIDv7 (RFC 9562, 5.7): 48 bits of the time, then chance.
function newNumber() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  new DataView(bytes.buffer).setBigUint64(0, (BigInt(Date.now()) << 16n) | BigInt((bytes[6] << 8) | bytes[7]));
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
