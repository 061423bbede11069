// The filter hides rows that do not hold the words typed, and always says how many it hides.

let isHeldHidden = false; // the row under the cursor was hidden by typing; news alone never hides it

function apply(isTyped) {
  const words = document.getElementById("filter").value.trim().toLowerCase();
  let hidden = 0;
  for (const row of document.querySelectorAll("#rows .row")) {
    const isOther = words !== "" && !row.textContent.toLowerCase().includes(words);
    const isHeld = row.hasAttribute("aria-current") && !isTyped && !isHeldHidden;
    row.hidden = isOther && !isHeld;
    hidden += row.hidden ? 1 : 0;
  }
  const line = document.getElementById("filtered");
  line.hidden = hidden === 0;
  line.textContent = hidden === 0 ? "" : line.dataset.text.replace("{n}", hidden);
}

// Keys act on the row under the cursor, so that must be one that can be seen.
function typed() {
  apply(true);
  const current = document.querySelector("#rows .row[aria-current]");
  if (current?.hidden) document.querySelector("#rows .row:not([hidden]) .open")?.click();
  isHeldHidden = document.querySelector("#rows .row[aria-current]")?.hidden ?? false;
}

export const isFiltering = () => document.getElementById("filter").value !== "";

export function showAll() {
  document.getElementById("filter").value = "";
  typed();
}

export function filterRows() {
  document.addEventListener("input", (event) => {
    if (event.target.id === "filter") typed();
  });
  document.addEventListener("htmx:afterSwap", () => apply(false));
}
