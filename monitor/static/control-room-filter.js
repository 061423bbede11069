// The filter hides rows that do not hold the words typed, and always says how many it hides.

function apply() {
  const words = document.getElementById("filter").value.trim().toLowerCase();
  let hidden = 0;
  for (const row of document.querySelectorAll("#rows .row")) {
    row.hidden = words !== "" && !row.textContent.toLowerCase().includes(words);
    hidden += row.hidden ? 1 : 0;
  }
  const line = document.getElementById("filtered");
  line.hidden = hidden === 0;
  line.textContent = hidden === 0 ? "" : line.dataset.text.replace("{n}", hidden);
}

export function filterRows() {
  document.addEventListener("input", (event) => {
    if (event.target.id === "filter") apply();
  });
  document.addEventListener("htmx:afterSwap", apply);
}
