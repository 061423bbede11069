// A picture that is taken, dropped or pasted: the plates in it are offered, and one chosen is checked.

const chooser = document.getElementById("picture");
const plates = document.getElementById("plates");
let reading = 0;

document.getElementById("take-picture").addEventListener("click", () => chooser.click());
chooser.addEventListener("change", () => {
  if (chooser.files.length > 0) read(chooser.files[0]);
  chooser.value = "";
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "F4" || event.altKey) return;
  event.preventDefault();
  chooser.click();
});

document.addEventListener("paste", (event) => {
  const picture = [...(event.clipboardData?.files ?? [])].find(isPicture);
  if (picture) read(picture);
});

document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  const picture = [...event.dataTransfer.files].find(isPicture);
  if (picture) read(picture);
});

document.body.addEventListener("gate:asked", () => {
  plates.hidden = true;
});

function isPicture(file) {
  return file.type.startsWith("image/");
}

async function read(picture) {
  const number = ++reading;
  say(plates.dataset.reading);
  const body = new FormData();
  body.set("picture", picture);
  const csrf = document.querySelector('meta[name="csrf"]').content;
  let answer;
  try {
    answer = await fetch("/api/gateway/plates/readings", {
      method: "POST",
      body,
      headers: { "X-CSRF-Token": csrf, "HX-Request": "true" },
    });
  } catch {
    if (number === reading) say(plates.dataset.unsent);
    return;
  }
  if (number !== reading) return;
  if (answer.ok) offer((await answer.json()).plates, picture);
  else say(await answer.text());
}

function offer(found, picture) {
  if (found.length === 0) {
    say(plates.dataset.none);
    return;
  }
  say(plates.dataset.read);
  const thumbnail = new Image();
  thumbnail.src = URL.createObjectURL(picture);
  thumbnail.alt = "";
  thumbnail.addEventListener("load", () => URL.revokeObjectURL(thumbnail.src));
  plates.prepend(thumbnail);
  for (const plate of found) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plate";
    button.textContent = plate.text;
    button.addEventListener("click", () => {
      document.dispatchEvent(new CustomEvent("gate:check", { detail: plate.text }));
    });
    plates.append(button);
  }
  plates.querySelector("button").focus();
}

function say(text) {
  const words = document.createElement("span");
  words.textContent = text;
  plates.replaceChildren(words);
  plates.hidden = false;
}
