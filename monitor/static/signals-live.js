// The list of signals keeps itself new: the stream says that something came, the page asks for what it shows. Keys do all.

const SILENCE_MS = 12_000; // the server speaks at least every 5 s, so two missed words are a lost link
const PAUSE_MS = 150; // a flood of signals becomes a few questions

const line = document.getElementById("link");
const pause = document.getElementById("pause");
let lastNews = null;
let stalledSince = null;
let pausedAt = null;
let asking = false;
let askAgain = false;

function timeOf(moment) {
  if (moment === null) return "–";
  return new Intl.DateTimeFormat("en-GB", { timeZone: line.dataset.timezone, timeStyle: "medium" }).format(moment);
}

function tell(state, moment) {
  const words = line.dataset[state].replace("{time}", timeOf(moment));
  if (line.textContent !== words) line.textContent = words;
  line.dataset.state = state;
}

function heard() {
  lastNews = new Date();
  if (pausedAt !== null) tell("paused", pausedAt);
  else if (stalledSince !== null) tell("stalled", stalledSince.at);
  else tell("live", lastNews);
}

async function ask() {
  if (pausedAt !== null) return;
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  const list = "#heard";
  try {
    const address = document.querySelector(list).dataset.ask;
    await window.htmx.ajax("GET", address, { source: list, target: list, select: list, swap: "morph:outerHTML show:none" });
  } finally {
    window.setTimeout(() => {
      asking = false;
      if (askAgain) {
        askAgain = false;
        ask();
      }
    }, PAUSE_MS);
  }
}

function turn() {
  pausedAt = pausedAt === null ? new Date() : null;
  pause.setAttribute("aria-pressed", String(pausedAt !== null));
  pause.querySelector("span").textContent = pausedAt === null ? pause.dataset.go : pause.dataset.paused;
  heard();
  ask();
}

function move(step) {
  const all = [...document.querySelectorAll("#heard tbody summary")];
  const at = all.indexOf(document.activeElement);
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.isComposing) return;
  if (event.target.matches("input, select, textarea")) return;
  const acts = { KeyP: turn, KeyJ: () => move(1), KeyK: () => move(-1), Slash: () => document.getElementById("text").focus() };
  if (!(event.code in acts)) return;
  event.preventDefault();
  acts[event.code]();
}

function listen() {
  const stream = new EventSource(line.dataset.stream);
  const lost = () => {
    tell("lost", lastNews);
  };
  stream.addEventListener("alive", (event) => {
    const { live, since } = JSON.parse(event.data);
    stalledSince = live ? null : { at: since === null ? null : new Date(since) };
    heard();
  });
  for (const news of ["signals-changed", "reload"]) {
    stream.addEventListener(news, () => {
      heard();
      ask();
    });
  }
  stream.addEventListener("error", lost);
  window.setInterval(() => {
    if (lastNews !== null && new Date() - lastNews > SILENCE_MS) lost();
    if (stream.readyState === EventSource.CLOSED) window.location.reload(); // refused: the answer leads to the sign-in
  }, 5_000);
  stream.addEventListener("open", ask); // between the page and its stream something may have come
}

document.addEventListener("keydown", pressed);
if (line !== null) {
  pause.addEventListener("click", turn);
  listen();
}
