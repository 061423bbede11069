// An earlier entry, opened from the list, stands in the place of the verdict until Escape.

const place = document.getElementById("verdict");
let before = null;

document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target !== place) return;
  before = event.detail.requestConfig.verb === "get" ? (before ?? place.innerHTML) : null;
});

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === place) place.scrollIntoView({ block: "nearest" });
});

export function remember() {
  before ??= place.innerHTML;
}

export function forget() {
  before = null;
}

export function goBack() {
  if (before === null) return;
  place.innerHTML = before;
  window.htmx.process(place);
  before = null;
}
