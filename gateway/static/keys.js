// Where keys go: what is typed into no other field is meant for the check, for a scanner looks at nothing.

import { goBack } from "./records.js";

const form = document.getElementById("check");
const field = document.getElementById("field");

document.addEventListener("keydown", (event) => {
  const choice = form.querySelector(`input[data-key="${CSS.escape(event.key)}"]`);
  if (choice) {
    event.preventDefault();
    choice.checked = true;
    field.focus();
  } else if (event.key === "Escape") {
    field.value = "";
    field.focus();
    goBack();
  } else if (isForTheField(event)) {
    field.focus();
  }
});

form.addEventListener("change", (event) => {
  if (event.target.name === "direction") field.focus();
});

// What was opened by hand keeps no keys: the next card's Enter would open it again.
document.addEventListener("click", (event) => {
  if (event.target.closest(".check-line, .inside-line, summary, .acts button:not(#open-by-hand), .line button")) field.focus({ preventScroll: true });
});

function isForTheField(event) {
  const isSign = event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey;
  const isPress = event.key === " " && event.target.closest("button, summary, a, [tabindex], input[type=radio]");
  return isSign && !isPress && !event.defaultPrevented && !isText(event.target);
}

function isText(element) {
  return element.matches("input:not([type=radio], [type=file]), textarea, select");
}
