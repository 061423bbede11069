// The link to the server: since when it is lost, and what waits for it.

const link = document.getElementById("link");
let lastNews = new Date();

document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.xhr.status > 0) heard();
});
for (const failed of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(failed, () => {
    if (link.hidden) lost(0);
  });
}

export function heard() {
  lastNews = new Date();
  link.hidden = true;
}

export function isLost() {
  return !link.hidden;
}

export function lost(waiting) {
  const time = lastNews.toLocaleTimeString("en-GB", { timeZone: link.dataset.timezone });
  const words = waiting > 0 ? link.dataset.lostWaiting : link.dataset.lost;
  link.textContent = words.replace("{time}", time).replace("{n}", waiting);
  link.hidden = false;
}
