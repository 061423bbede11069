// Everything by keyboard. A key is a place on the keyboard, so that it also works while a Chinese input method is on.

import { isFiltering, showAll } from "./control-room-filter.js";

const rows = () => [...document.querySelectorAll("#rows .row:not([hidden])")];
const typing = (element) => element.matches("input:not([type=radio]), textarea, select");

function go(row) {
  if (!row) return;
  const link = row.querySelector(".open");
  link.focus();
  row.scrollIntoView({ block: "nearest" });
  link.click();
}

function move(step) {
  const all = rows();
  const at = all.findIndex((row) => row.hasAttribute("aria-current"));
  go(all[Math.min(Math.max(at + step, 0), all.length - 1)]);
}

// The next below the cursor that nobody has acknowledged; from the end on, again from the top.
function moveToNew() {
  const all = rows();
  const at = all.findIndex((row) => row.hasAttribute("aria-current"));
  go([...all.slice(at + 1), ...all.slice(0, at + 1)].find((row) => row.dataset.state === "unacknowledged"));
}

function toggleKeys() {
  const keys = document.getElementById("keys");
  keys.open = !keys.open;
}

// What the filter hides is out of the keys' reach.
function act(code) {
  const target = document.querySelector(`[data-key="${code}"]`);
  if (!target || (code !== "Escape" && document.querySelector(".row[aria-current][hidden]"))) return false;
  target.click();
  target.focus();
  if (target.type === "radio") document.getElementById("cause").focus();
  return true;
}

const here = () => document.querySelector(".row[aria-current]:not([hidden]) .open") ?? rows()[0]?.querySelector(".open");

// One step back: out of the filter's box, the list of keys, the closing form, the filter, and back to the list.
function leave(element) {
  const keys = document.getElementById("keys");
  if (element.id === "filter") element.blur();
  else if (keys.open) keys.open = false;
  else if (act("Escape")) return;
  else if (isFiltering()) showAll();
  here()?.focus();
}

// From the filter's box into the list: to the alarm under the cursor, else to the first that is left.
function leaveFilter(code) {
  if (code !== "Enter" && code !== "ArrowDown") return false;
  here()?.focus();
  return true;
}

function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.code === "Escape") {
    event.preventDefault(); // else the browser empties the filter's box
    return void leave(event.target);
  }
  if (event.target.id === "filter" && leaveFilter(event.code)) return void event.preventDefault();
  if (typing(event.target)) return;
  const done = () => event.preventDefault();
  if (event.key === "?" || (event.shiftKey && event.code === "Slash")) return done(), toggleKeys();
  if (event.shiftKey) return;
  switch (event.code) {
    case "KeyJ":
    case "ArrowDown":
      if (event.code === "ArrowDown" && event.target.type === "radio") return;
      return done(), move(1);
    case "KeyK":
    case "ArrowUp":
      if (event.code === "ArrowUp" && event.target.type === "radio") return;
      return done(), move(-1);
    case "KeyN":
      return done(), moveToNew();
    case "Home":
      return done(), move(-rows().length);
    case "Slash":
      return done(), document.getElementById("filter").focus();
    case "Enter":
      if (event.target.matches(".row .open")) return done(), document.getElementById("incident").focus();
      return;
    default:
      if (!event.repeat && act(event.code)) done();
  }
}

// The cursor moves at once; what belongs to it follows from the server.
function mark(event) {
  const chosen = event.target.closest(".row .open")?.closest(".row");
  if (!chosen) return;
  for (const row of document.querySelectorAll(".row[aria-current]")) row.removeAttribute("aria-current");
  chosen.setAttribute("aria-current", "true");
}

// When the closing form appears, its first choice is under the fingers.
function meetForm() {
  const form = document.getElementById("closing");
  if (form && !form.dataset.met) {
    form.dataset.met = "yes";
    form.querySelector("input[type=radio]").focus();
  }
}

export function obeyKeys() {
  document.addEventListener("keydown", pressed);
  document.addEventListener("click", mark);
  document.addEventListener("htmx:afterSettle", meetForm);
  meetForm();
}
