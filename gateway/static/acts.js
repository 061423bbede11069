// The keys of what is done beside checking: each presses the button that shows it. Opening by hand asks why first.

import { remember } from "./records.js";

const place = document.getElementById("verdict");
const called = document.getElementById("called");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey) return;
  const name = event.altKey ? `Alt+${event.code.replace("Key", "")}` : event.key;
  const button = document.querySelector(`[data-press="${CSS.escape(name)}"]`);
  if (!button) return;
  event.preventDefault();
  if (!event.repeat) button.click(); // a key that is held down opens once
});

document.getElementById("open-by-hand").addEventListener("click", () => {
  remember();
  place.replaceChildren(document.getElementById("opening").content.cloneNode(true));
  window.htmx.process(place);
  ask();
});

// Where the page asks why, the digits are answers at once.
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === place) ask();
});

document.body.addEventListener("gate:asked", () => called.replaceChildren());

function ask() {
  place.querySelector("form[data-asks] [data-digit]")?.focus();
}
