// A live update must not take anything out of the reader's hands: what the scripts wrote, a half-filled form, the focus.

let unsent = null; // {alarm, words, wasFocused}: a form that somebody else's deed took away while it was filled

const isTheSame = (before, after) => before.dataset?.keep !== undefined && before.dataset.keep === after.dataset?.keep;

// The form stays as it was typed; only the version that the reader now sees goes with it.
function takeVersion(before, after) {
  const [held, shown] = [before, after].map((form) => form.querySelector("input[name=version]"));
  if (held && shown) held.value = shown.value;
}

function beforeNodeMorphed(before, after) {
  if (before.dataset?.own !== undefined) return false;
  if (!isTheSame(before, after)) return true;
  takeVersion(before, after);
  return false;
}

// What the reader has folded out stays so.
const beforeAttributeUpdated = (name, node) => !(name === "open" && node.matches("details"));

function holdWords() {
  const form = document.getElementById("closing");
  if (!form) return;
  const words = document.getElementById("cause").value;
  unsent = words === "" ? null : { alarm: form.dataset.keep, words, wasFocused: form.contains(document.activeElement) };
}

// The words stay to be read where the form was; a field holds the keys of who goes on typing.
function giveWordsBack() {
  if (unsent === null || document.getElementById("closing")) return;
  const place = document.getElementById(`unsent-${unsent.alarm}`);
  if (place) {
    place.hidden = false;
    const field = place.querySelector("input");
    field.value = unsent.words;
    if (unsent.wasFocused) field.focus();
  }
  unsent = null;
}

function holdFocus() {
  if (document.activeElement !== document.body) return;
  const verdict = document.querySelector("#closing input[type=radio]");
  const row = document.querySelector(".row[aria-current] .open");
  (verdict ?? row ?? document.querySelector("#incident"))?.focus({ preventScroll: true });
}

export function keepWhatTheReaderHolds() {
  Object.assign(window.Idiomorph.defaults.callbacks, { beforeNodeMorphed, beforeAttributeUpdated });
  document.addEventListener("click", (event) => {
    if (event.target.closest("#closing-cancel")) document.getElementById("closing").reset(); // the reader's own deed
  });
  document.addEventListener("htmx:beforeSwap", holdWords);
  document.addEventListener("htmx:afterSettle", () => {
    giveWordsBack();
    holdFocus();
  });
}
