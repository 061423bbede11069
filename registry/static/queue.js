// A queue's keys: x chooses the row that one is on, and each button has a letter.

const isWriting = (element) => element.matches("input:not([type='checkbox']), select, textarea");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
  const queue = document.querySelector(".queue");
  if (!queue) return;
  if (event.key === "x") tick(queue);
  else {
    const button = queue.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  }
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-tick-all]")) return;
  for (const box of boxes(event.target.form)) box.checked = event.target.checked;
});

const boxes = (queue) => queue.querySelectorAll("input[name='applications']");

function tick(queue) {
  const row = document.activeElement.closest("tr");
  const box = row && queue.contains(row) && row.querySelector("input[name='applications']");
  if (box) box.checked = !box.checked;
}
