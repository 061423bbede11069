// Every page: the form word on requests, whether somebody made them, and what went wrong in words.

import { clearFields, tellAtField } from "./field.js";

const notice = document.getElementById("notice");
let lastNews = new Date();

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = document.querySelector('meta[name="csrf"]').content;
  if (!event.detail.triggeringEvent) event.detail.headers["X-Unattended"] = "1"; // by the page's clock or the stream
});

document.addEventListener("htmx:beforeRequest", (event) => clearFields(event.detail.elt));

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.xhr.getResponseHeader("X-Form")) Object.assign(detail, { shouldSwap: true, isError: false }); // it came back with its errors
});

document.addEventListener("htmx:responseError", (event) => {
  const answer = event.detail.xhr;
  if (answer.status === 401) {
    window.location.assign(`/sign-in?to=${encodeURIComponent(window.location.pathname + window.location.search)}`);
    return;
  }
  const problem = answer.getResponseHeader("X-Problem");
  if (problem && tellAtField(event.detail.elt, problem, answer.responseText)) hide();
  else show(problem ? answer.responseText : notice.dataset.other);
});

document.addEventListener("htmx:sendError", (event) => {
  if (!event.detail?.requestConfig?.triggeringEvent) return; // a page that asks by itself has its own word for that
  const time = lastNews.toLocaleTimeString("en-GB", { timeZone: notice.dataset.timezone });
  show(notice.dataset.lost.replace("{time}", time));
  notice.dataset.tells = "lost";
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { boosted, requestConfig, successful, xhr } = event.detail;
  if (xhr.status > 0) lastNews = new Date();
  // A page asks by itself all the time: that shows that the link is back; any other message waits for somebody's doing.
  if (successful && (notice.dataset.tells === "lost" || boosted || requestConfig.verb !== "get")) hide();
});

notice.querySelector("[data-close-notice]").addEventListener("click", hide);

function show(text) {
  notice.querySelector(".notice-text").textContent = text;
  notice.hidden = false;
  delete notice.dataset.tells;
}

function hide() {
  notice.hidden = true;
}
