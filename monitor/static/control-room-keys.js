// Everything by keyboard. A key is a place on the keyboard, so that it also works while a Chinese input method is on.

const rows = () => [...document.querySelectorAll("#rows .row:not([hidden])")];
const typing = (element) => element.matches("input:not([type=radio]), textarea, select");

function move(step) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.findIndex((row) => row.hasAttribute("aria-current"));
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  const link = next.querySelector(".open");
  link.focus();
  next.scrollIntoView({ block: "nearest" });
  link.click();
}

function toggleKeys() {
  const keys = document.getElementById("keys");
  keys.open = !keys.open;
}

function act(code) {
  const target = document.querySelector(`[data-key="${code}"]`);
  if (!target) return false;
  target.click();
  target.focus();
  if (target.type === "radio") document.getElementById("cause").focus();
  return true;
}

function leave(element) {
  if (element.id === "filter") {
    element.value = "";
    element.dispatchEvent(new Event("input", { bubbles: true }));
    element.blur();
  } else if (act("Escape")) {
    return;
  }
  document.querySelector(".row[aria-current] .open")?.focus();
}

function pressed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.code === "Escape") return void leave(event.target);
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
