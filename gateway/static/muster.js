// The muster's pages: the list is searched at once, printed, and a roll is called with the keys.

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  const one = event.target.closest("[data-forgive]");
  if (one) forgive(one.dataset.forgive, one.closest("tr").querySelector(".who b").textContent);
  if (event.target.closest("[data-forgive-nobody]")) forgive("", "");
});

// Whoever is chosen on the list is the only one: nobody forgives all by mistake.
function forgive(subject, name) {
  const form = document.getElementById("forgive");
  const whom = form.querySelector(".forgive-one");
  whom.hidden = !subject;
  whom.querySelector("b").textContent = name;
  form.elements.subject.value = subject;
  form.elements.subject.disabled = !subject;
  form.elements.area.disabled = Boolean(subject);
  form.elements.area.closest("label").hidden = Boolean(subject);
  form.scrollIntoView({ block: "center" });
  form.elements.reason.focus({ preventScroll: true });
}

document.addEventListener("input", (event) => {
  const field = event.target.closest("[data-filter-rows]");
  if (!field) return;
  const words = field.value.trim().toLowerCase();
  for (const row of document.querySelectorAll(`${field.dataset.filterRows} tbody tr`)) {
    row.hidden = !row.textContent.toLowerCase().includes(words);
  }
});

let last = 0; // the place on the list where the last mark was made: the next one goes on there

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input, select, textarea")) return;
  const rows = [...document.querySelectorAll(".roll [data-line]")];
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const to = here < 0 ? Math.min(last, rows.length - 1) : here + (event.key === "ArrowDown" ? 1 : -1);
    if (rows[to]) {
      event.preventDefault();
      rows[to].focus();
    }
  } else if (event.key === "u") {
    document.querySelector("[data-undo]")?.click();
  } else if (here >= 0) {
    const button = rows[here].querySelector(`[data-mark="${CSS.escape(event.key)}"]`);
    if (!button) return;
    last = here;
    button.click();
  }
});

document.addEventListener("htmx:afterSettle", () => {
  const rows = document.querySelectorAll(".roll [data-line]");
  const isLost = document.activeElement === document.body || document.activeElement === null;
  if (isLost && last >= 0 && rows.length) rows[Math.min(last, rows.length - 1)].focus({ preventScroll: true });
});
