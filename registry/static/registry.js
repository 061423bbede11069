// The office's keys: / to search, arrows from row to row, Enter opens (it is a link). Filters take effect when chosen; a slip is printed.

const isWriting = (element) => element.matches("input:not([type='checkbox']), select, textarea");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.querySelector("[data-search]");
  if (event.key === "/" && search && !isWriting(event.target)) {
    event.preventDefault();
    search.focus();
    search.select();
    return;
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event, search);
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-filter]")) event.target.form.requestSubmit();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});

// On a narrow screen the tabs scroll; the current one is kept in sight.
const showTab = () => {
  const tab = document.querySelector(".tabs [aria-current]");
  if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;
};
showTab();
document.addEventListener("htmx:afterSettle", showTab);

function move(event, search) {
  if (isWriting(event.target) && event.target !== search) return;
  const rows = [...document.querySelectorAll("[data-open]")];
  const at = rows.indexOf(document.activeElement);
  const next = event.key === "ArrowDown" ? at + 1 : at - 1;
  if (rows.length === 0 || (at < 0 && event.key === "ArrowUp")) return;
  event.preventDefault();
  if (next < 0) search?.focus();
  else rows[Math.min(next, rows.length - 1)].focus();
}
