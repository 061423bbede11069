// A refer: F8 and F9 say what is decided, Enter in the words sends it.

let chosen = null;

document.addEventListener("keydown", (event) => {
  const form = document.querySelector("form.decision");
  if (!form) return;
  const button = form.querySelector(`button[data-key="${event.key}"]`);
  if (button) {
    event.preventDefault();
    choose(form, button);
  } else if (event.key === "Enter" && event.target.name === "words") {
    event.preventDefault();
    if (isScan(event.target.value)) handOver(event.target);
    else if (chosen?.isConnected) chosen.click();
  }
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
  document.dispatchEvent(new CustomEvent("gate:check", { detail: words.value }));
  words.value = "";
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
