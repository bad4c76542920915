"use strict";
(() => {
  const typing = (target) => ["INPUT", "SELECT", "TEXTAREA"].includes(target.tagName);
  const results = () => [...document.querySelectorAll("#found li > a")];

  document.addEventListener("keydown", (event) => {
    const search = document.getElementById("q");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && search && !typing(event.target)) {
      event.preventDefault();
      search.focus();
      search.select();
      return;
    }
    const at = results().indexOf(event.target);
    if (event.target === search || at >= 0) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const next = results()[at + step];
      if (next) next.focus();
      else if (at === 0 && step < 0) search.focus();
      else return;
      event.preventDefault();
    }
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy).textContent;
    await navigator.clipboard.writeText(text);
    const said = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = said), 1500);
  });

  if (navigator.clipboard) document.querySelectorAll("button[data-copy]").forEach((button) => (button.hidden = false));
})();
