// The live link: the stream says that something changed, the page asks for the truth; silence is said in words, of the
// link and of the monitoring core behind it: a server that answers for a core that is dead is no news.

import { serverNow } from "./control-room-clock.js";

const SILENCE_MS = 12_000; // the server speaks at least every 5 s, so two missed words are a lost link
const DAY_MS = 86_400_000;
const PAUSE_MS = 150; // a flood of changes becomes a few questions

let lastNews = null;
let stalled = null; // while the monitoring core is silent: since when, as far as the server knows
let asking = false;
let askAgain = false;

const line = () => document.getElementById("link");

function timeOf(moment) {
  if (moment === null) return "–";
  const format = { timeZone: line().dataset.timezone, hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  const time = new Intl.DateTimeFormat("en-GB", format).format(moment);
  if (serverNow() - moment < DAY_MS) return time;
  return `${new Intl.DateTimeFormat("sv-SE", { timeZone: format.timeZone }).format(moment)} ${time}`; // 2026-11-23
}

function tell(state, moment = lastNews) {
  const words = line().dataset[state].replace("{time}", timeOf(moment));
  if (line().textContent !== words) line().textContent = words;
  line().dataset.state = state;
  document.body.dataset.link = state;
}

function heard() {
  lastNews = serverNow();
  if (stalled === null) tell("live");
  else tell("stalled", stalled.since);
}

// The alarm under the cursor stays there, also when nobody has chosen it: a key pressed now must not meet another one.
function here() {
  const query = new URLSearchParams(location.search);
  const row = document.querySelector(".row[aria-current]");
  if (row !== null && !query.has("alarm")) query.set("alarm", row.id.replace("row-", ""));
  return query.size === 0 ? location.pathname : `${location.pathname}?${query}`;
}

export async function ask() {
  if (asking) {
    askAgain = true;
    return;
  }
  asking = true;
  try {
    await window.htmx.ajax("GET", here(), { source: "#board", target: "#board", select: "#board", swap: "morph:outerHTML show:none" });
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

// An answer about another alarm than the one now under the cursor comes too late to be shown.
function dropStale(event) {
  const { elt, path } = event.detail.requestConfig;
  const isOldQuestion = elt.id === "board" && path !== here();
  const row = elt.closest(".row");
  const isOldChoice = elt.matches(".open") && row !== null && !row.hasAttribute("aria-current");
  if (!isOldQuestion && !isOldChoice) return;
  event.detail.shouldSwap = false;
  if (isOldQuestion) askAgain = true;
}

export function listen() {
  let stream = null;
  let wasLost = false;
  const lost = () => {
    wasLost = true;
    tell("lost");
  };
  const alive = (event) => {
    const { live, since } = JSON.parse(event.data);
    const wasStalled = stalled !== null;
    stalled = live ? null : { since: since === null ? null : new Date(since) };
    heard();
    if (wasLost || (wasStalled && live)) ask(); // what changed meanwhile was not said
    wasLost = false;
  };
  const open = () => {
    stream?.close();
    stream = new EventSource(line().dataset.stream);
    stream.addEventListener("alive", alive);
    for (const change of ["alarm-changed", "arming-changed", "reload"]) {
      stream.addEventListener(change, () => {
        heard();
        ask();
      });
    }
    stream.addEventListener("error", () => {
      lost();
      if (stream.readyState === EventSource.CLOSED) ask(); // refused: the answer says why, and leads to the sign-in
    });
  };
  document.addEventListener("htmx:beforeSwap", dropStale);
  document.addEventListener("htmx:sendError", lost); // a button that did not reach the server
  open();
  window.setInterval(() => {
    if (lastNews !== null && serverNow() - lastNews > SILENCE_MS) lost();
    if (stream.readyState === EventSource.CLOSED) open();
  }, 5_000);
}
