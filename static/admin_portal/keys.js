/* Keys for the queue and the page of a case. Every one stands for a link or field that is on the page; without this file all is reachable. */
(() => {
  "use strict";

  const help = document.querySelector("[data-keys-help]");
  const opener = document.querySelector("[data-keys-open]");
  if (!help || !opener) {
    return;
  }
  const STORE = "keys-off";
  const choice = help.querySelector("[data-keys-on]");

  const stored = () => {
    try {
      return window.localStorage.getItem(STORE) === "1";
    } catch {
      return false;
    }
  };
  const store = (off) => {
    try {
      window.localStorage.setItem(STORE, off ? "1" : "0");
    } catch {
      /* The choice holds until the page is left. */
    }
  };

  let off = stored();
  choice.checked = !off;
  choice.addEventListener("change", () => {
    off = !choice.checked;
    store(off);
  });
  opener.hidden = false;
  opener.addEventListener("click", () => help.showModal());

  const rows = () => [...document.querySelectorAll("#result_list tbody th a[href], #result_list tbody td a[href]")];
  const move = (step) => {
    const links = [...new Map(rows().map((link) => [link.closest("tr"), link]).reverse()).values()].reverse();
    if (!links.length) {
      return false;
    }
    const now = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
    const next = now < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(now + step, 0), links.length - 1);
    links[next].focus();
    links[next].scrollIntoView({ block: "nearest" });
    return true;
  };
  const inList = () => Boolean(document.activeElement.closest("#result_list tbody tr"));

  const act = (key) => {
    if (key === "?") {
      help.showModal();
      return true;
    }
    if (key === "/") {
      const field = document.getElementById("words");
      field?.focus();
      field?.select();
      return Boolean(field);
    }
    if (key === "j" || (key === "ArrowDown" && inList())) {
      return move(1);
    }
    if (key === "k" || (key === "ArrowUp" && inList())) {
      return move(-1);
    }
    // Links only: no key ever writes anything.
    const link = document.querySelector(`a[data-key="${CSS.escape(key)}"]`);
    link?.click();
    return Boolean(link);
  };

  document.addEventListener("keydown", (event) => {
    const busy = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
    const typing = event.target.closest("input, textarea, select, [contenteditable], dialog[open]");
    if (busy || event.defaultPrevented || (typing && event.target.type !== "checkbox")) {
      return;
    }
    if (!off && act(event.key)) {
      event.preventDefault();
    }
  });
})();
