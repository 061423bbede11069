// Every page: the form word on requests, whether somebody made them, and what went wrong in words.

import { clearFields, tellAtField } from "./field.js";

const notice = document.getElementById("notice");

document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = document.querySelector('meta[name="csrf"]').content;
  if (!event.detail.triggeringEvent) event.detail.headers["X-Unattended"] = "1"; // by the page's clock or the stream
});

document.addEventListener("htmx:beforeRequest", (event) => clearFields(event.detail.elt));

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

document.addEventListener("htmx:sendError", () => show(notice.dataset.other));

document.addEventListener("htmx:afterRequest", (event) => {
  // A page asks by itself all the time; only what somebody did takes the message away.
  if (event.detail.successful && event.detail.requestConfig.verb !== "get") hide();
});

notice.querySelector("[data-close-notice]").addEventListener("click", hide);

function show(text) {
  notice.querySelector(".notice-text").textContent = text;
  notice.hidden = false;
}

function hide() {
  notice.hidden = true;
}
