// What a guard answers for: F8 or F9 says what is done, a digit why, Enter sends it. Words are asked only where no reason fits.

const field = document.getElementById("field");
// When the key that comes next was pressed, not when a busy page came to it.
let pressed = null;
let burst = { from: 0, at: -Infinity };
let digit = { key: "", at: -Infinity };

// A scanner's keys follow each other within a few milliseconds; nobody types a phone number like that.
const SCANNER_PAUSE_MS = 60;

// Before the field takes the key: while a reason is chosen, a digit is one.
document.addEventListener("keydown", onKey, { capture: true });

document.addEventListener("click", (event) => {
  const button = event.target.closest("form.decision [data-key]");
  if (button) choose(button.form, button);
});

document.addEventListener("input", (event) => {
  const form = event.target.closest("form.decision");
  if (!form) return;
  if (event.target.name === "words") {
    const added = event.inputType === "insertText" ? event.data.length : 0;
    const at = pressed ?? event.timeStamp;
    const goesOn = added > 0 && at - burst.at < SCANNER_PAUSE_MS;
    burst = { from: goesOn ? burst.from : event.target.value.length - added, at };
    pressed = null;
  }
  weigh(form);
});

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.requestConfig.verb !== "post" || event.detail.target.id !== "verdict") return;
  document.body.dispatchEvent(new CustomEvent("checked"));
  if (!document.querySelector("form.decision[data-asks]")) field.focus();
});

function onKey(event) {
  pressed = event.timeStamp;
  const form = document.querySelector("form.decision");
  if (!form) return;
  const button = form.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  const isAtOnce = event.key.length === 1 && event.timeStamp - digit.at < SCANNER_PAUSE_MS;
  const { words } = form.elements;
  if (button) {
    event.preventDefault();
    choose(form, button);
  } else if (isAtOnce && document.activeElement !== field) {
    for (const one of form.querySelectorAll(":checked")) one.checked = false;
    weigh(form);
    field.value = digit.key;
    field.focus();
  } else if (event.target === words && event.key === "Enter" && isScan(words.value.slice(burst.from))) {
    event.preventDefault();
    document.dispatchEvent(new CustomEvent("gate:check", { detail: words.value.slice(burst.from).trim() }));
  } else if (event.target !== words && event.target !== field) {
    pick(form, event);
  }
}

function choose(form, button) {
  if (form.elements.verdict) form.elements.verdict.value = button.value;
  for (const each of form.querySelectorAll("[data-key]")) each.setAttribute("aria-pressed", String(each === button));
  for (const group of form.querySelectorAll("[data-for]")) {
    group.hidden = group.dataset.for !== button.value;
    group.disabled = group.hidden;
    if (group.hidden) for (const one of group.querySelectorAll(":checked")) one.checked = false;
  }
  form.querySelector(".decision-last").hidden = false;
  form.querySelector("[data-for]:enabled input").focus();
  weigh(form);
}

function pick(form, event) {
  const reason = form.querySelector(`[data-for]:enabled [data-digit="${CSS.escape(event.key)}"]`);
  if (!reason) return;
  event.preventDefault();
  digit = { key: event.key, at: event.timeStamp };
  reason.checked = true;
  reason.focus();
  weigh(form);
}

// Only a decision with its reason can be sent; with none of those that are offered, it is said in words.
function weigh(form) {
  const reason = form.querySelector("[name=reason]:checked")?.value;
  const { words } = form.elements;
  const isOther = reason === "other";
  const wasAsked = !words.disabled;
  words.disabled = !isOther;
  words.closest("label").hidden = !isOther;
  if (isOther && !wasAsked) words.focus();
  form.querySelector("button:not([type])").disabled = !reason || (isOther && !words.value.trim());
}

// A card held to the reader while the guard writes must not become the words that let in somebody else.
function isScan(text) {
  return /^(DY1:.*|[0-9A-F]{4,32})$/i.test(text.trim());
}
