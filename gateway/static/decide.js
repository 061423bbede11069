// A refer: F8 and F9 say what is decided, Enter in the words sends it.

let chosen = null;
let burst = { from: 0, at: -Infinity };

// A scanner's keys follow each other within a few milliseconds; nobody types a phone number like that.
const SCANNER_PAUSE_MS = 60;

document.addEventListener("keydown", (event) => {
  const form = document.querySelector("form.decision");
  if (!form) return;
  const button = form.querySelector(`button[data-key="${CSS.escape(event.key)}"]`);
  if (button) {
    event.preventDefault();
    choose(form, button);
  } else if (event.key === "Enter" && event.target.name === "words") {
    event.preventDefault();
    if (isScan(event.target.value.slice(burst.from))) handOver(event.target);
    else if (chosen?.isConnected) chosen.click();
  }
});

document.addEventListener("input", (event) => {
  if (event.target.name !== "words") return;
  const added = event.inputType === "insertText" ? event.data.length : 0;
  const goesOn = added > 0 && event.timeStamp - burst.at < SCANNER_PAUSE_MS;
  burst = { from: goesOn ? burst.from : event.target.value.length - added, at: event.timeStamp };
});

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.requestConfig.verb !== "post") return;
  chosen = null;
  document.body.dispatchEvent(new CustomEvent("checked"));
  document.getElementById("field").focus();
});

// A card held to the reader while the guard writes must not become the words that let in somebody else.
function isScan(text) {
  return /^(DY1:.*|[0-9A-F]{4,32})$/i.test(text.trim());
}

function handOver(words) {
  document.dispatchEvent(new CustomEvent("gate:check", { detail: words.value.slice(burst.from) }));
  words.value = words.value.slice(0, burst.from);
}

function choose(form, button) {
  const words = form.elements.words;
  const group = form.querySelector(`optgroup[data-for="${button.value}"]`);
  if (!group.contains(form.elements.reason.selectedOptions[0])) group.querySelector("option").selected = true;
  if (chosen === button && words.value.trim()) {
    button.click();
    return;
  }
  chosen = button;
  for (const each of form.querySelectorAll("button")) each.setAttribute("aria-pressed", String(each === button));
  words.focus();
}
