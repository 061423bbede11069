// The pad for plates by touch: the province first, then the other signs. The field stays the one place that is checked.

const pad = document.getElementById("keypad");
const form = document.getElementById("check");
const field = document.getElementById("field");
const opener = document.getElementById("show-keypad");

opener.addEventListener("click", () => show(pad.hidden));

pad.addEventListener("click", (event) => {
  const key = event.target.closest("button");
  if (!key) return;
  if (key.dataset.sign) type(key.dataset.sign);
  else act[key.dataset.does]();
});

// Nothing on the pad takes the focus from the field: a card may be held to the reader at any moment.
pad.addEventListener("pointerdown", (event) => event.preventDefault());

field.addEventListener("input", turnToWhatComes);
document.body.addEventListener("gate:asked", turnToWhatComes);

const act = {
  turn: () => turn(pad.dataset.shows === "signs" ? "provinces" : "signs"),
  back: () => {
    field.value = field.value.endsWith("应急") ? field.value.slice(0, -2) : field.value.slice(0, -1);
    turnToWhatComes();
  },
  clear: () => {
    field.value = "";
    turnToWhatComes();
  },
  check: () => {
    form.requestSubmit();
    turnToWhatComes();
  },
  close: () => show(false),
};

function type(sign) {
  field.value += sign;
  turnToWhatComes();
}

function turnToWhatComes() {
  turn(field.value === "" ? "provinces" : "signs");
}

function turn(to) {
  pad.dataset.shows = to;
  for (const keys of pad.querySelectorAll("[data-keys]")) keys.hidden = keys.dataset.keys !== to;
  for (const word of pad.querySelectorAll("[data-when]")) word.hidden = word.dataset.when !== to;
}

function show(isShown) {
  pad.hidden = !isShown;
  opener.setAttribute("aria-expanded", String(isShown));
  turnToWhatComes();
  field.focus();
}
