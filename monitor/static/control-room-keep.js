// A live update must not take anything out of the reader's hands: what the scripts wrote, a half-filled form, the focus.

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

function holdFocus() {
  if (document.activeElement !== document.body) return;
  const verdict = document.querySelector("#closing input[type=radio]");
  const row = document.querySelector(".row[aria-current] .open");
  (verdict ?? row ?? document.querySelector("#incident"))?.focus({ preventScroll: true });
}

export function keepWhatTheReaderHolds() {
  window.Idiomorph.defaults.callbacks.beforeNodeMorphed = beforeNodeMorphed;
  document.addEventListener("htmx:afterSettle", holdFocus);
}
