/* Small helps only: every page works without this file. */
(() => {
  "use strict";

  document.documentElement.classList.add("has-js");

  // The summary has autofocus, which browsers ignore when the address has a fragment, as after a jump to a field.
  const summary = document.querySelector("[data-error-summary]");
  if (summary && window.location.hash) {
    summary.focus();
  }

  // A link to a field moves the focus into it, not only the page: the first choice of a group counts as the field.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-error-summary] a[href^='#']");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) {
      return;
    }
    event.preventDefault();
    (field.closest(".pp-field") || field).scrollIntoView();
    field.focus({ preventScroll: true });
  });

  // The second click of an impatient hand must not send a form twice; a page taken back from the history may send again.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) {
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    window.setTimeout(() => delete form.dataset.sent, 5000);
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) {
      window.print();
    }
  });
})();
