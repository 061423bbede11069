// The office's keys: / to search, arrows or j and k from row to row, Enter opens (it is a link). Filters take effect when chosen; a slip is printed.

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
  if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event, search, event.key === "ArrowDown" ? 1 : -1);
  else if ((event.key === "j" || event.key === "k") && !isWriting(event.target)) move(event, search, event.key === "j" ? 1 : -1);
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
  const tabs = tab?.closest(".tabs");
  if (tabs) tabs.scrollLeft = tab.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
};
showTab();
document.addEventListener("htmx:afterSettle", showTab);

function move(event, search, by) {
  if (isWriting(event.target) && event.target !== search) return;
  const rows = [...document.querySelectorAll("[data-open]")];
  const here = document.activeElement;
  const at = rows.findIndex((row) => row === here || row.closest("tr")?.contains(here));
  if (rows.length === 0 || (at < 0 && by < 0)) return;
  event.preventDefault();
  if (at + by < 0) search?.focus();
  else rows[Math.min(at + by, rows.length - 1)].focus();
}
