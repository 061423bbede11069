// The field: what is scanned or typed is checked in turn, each under a number of its own that a repeat keeps.

const form = document.getElementById("check");
const field = document.getElementById("field");
const place = document.getElementById("verdict");
const link = document.getElementById("link");
const waiting = [];
let isSending = false;
let lastNews = null;

const PATIENCE_MS = 8000;
const LONGEST_PAUSE_MS = 5000;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});

document.addEventListener("gate:check", (event) => {
  field.value = event.detail;
  submit();
});

document.addEventListener("keydown", (event) => {
  const choice = form.querySelector(`input[data-key="${CSS.escape(event.key)}"]`);
  if (choice) {
    event.preventDefault();
    choice.checked = true;
    field.focus();
  } else if (event.key === "Escape") {
    field.value = "";
    field.focus();
  } else if (isLost(event)) {
    field.focus();
  }
});

form.addEventListener("change", (event) => {
  if (event.target.name === "direction") field.focus();
});

document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.xhr.status > 0) heard();
});
document.body.addEventListener("htmx:sendError", () => lost());

function submit() {
  const value = field.value.trim();
  if (!value) return;
  const attempt = new FormData(form);
  attempt.set("value", value);
  attempt.set("attempt_id", newNumber());
  waiting.push(attempt);
  field.value = "";
  field.focus();
  if (!isSending) sendAll();
}

async function sendAll() {
  isSending = true;
  while (waiting.length > 0) {
    place.setAttribute("aria-busy", "true");
    show(await sendUntilAnswered(waiting[0]));
    waiting.shift();
  }
  place.removeAttribute("aria-busy");
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
      lost();
      await new Promise((done) => setTimeout(done, pause));
    }
  }
}

function show({ answer, text }) {
  if (answer.status === 401) {
    window.location.assign(`/sign-in?to=${encodeURIComponent(window.location.pathname + window.location.search)}`);
  } else if (answer.ok) {
    place.innerHTML = text;
    window.htmx.process(place);
    document.body.dispatchEvent(new CustomEvent("checked"));
  } else {
    const problem = document.getElementById("problem").content.cloneNode(true);
    problem.querySelector(".problem-text").textContent = text;
    place.replaceChildren(problem);
  }
}

function heard() {
  lastNews = new Date();
  link.hidden = true;
}

function lost() {
  const time = lastNews?.toLocaleTimeString("en-GB", { timeZone: link.dataset.timezone });
  link.textContent = time ? link.dataset.lost.replace("{time}", time) : link.dataset.never;
  link.hidden = false;
}

// A key typed with the focus nowhere is meant for the field: a scanner looks at nothing.
function isLost(event) {
  const isTyping = event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey;
  return isTyping && document.activeElement === document.body;
}

// randomUUID is only there over HTTPS and on the machine itself; a booth on the house network may have neither.
function newNumber() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
