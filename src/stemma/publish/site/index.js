"use strict";
(() => {
  const controls = document.getElementById("controls");
  const count = document.getElementById("count");
  const fields = [...controls.querySelectorAll("input, select")];
  const items = [...document.querySelectorAll("#list > li")];
  const words = items.map((item) => item.textContent.toLowerCase());
  const part = (item, name) => (item.dataset[name] || "").split("|");
  let waiting = 0;

  const show = () => {
    const wanted = Object.fromEntries(fields.map((field) => [field.id, field.value.trim()]));
    const asked = wanted.q.toLowerCase().split(/\s+/).filter(Boolean);
    let seen = 0;
    items.forEach((item, at) => {
      const fits =
        asked.every((word) => words[at].includes(word)) &&
        ["type", "licence", "risk", "tag"].every((name) => !wanted[name] || part(item, name).includes(wanted[name]));
      item.hidden = !fits;
      seen += fits;
    });
    count.textContent = seen === 1 ? "1 record" : seen.toLocaleString("en") + " records";
    const kept = new URLSearchParams(Object.entries(wanted).filter((pair) => pair[1])).toString();
    try {
      history.replaceState(null, "", kept ? "#" + kept : location.pathname);
    } catch (error) {
      if (error.name !== "SecurityError") throw error;
    }
  };

  const before = new URLSearchParams(location.hash.slice(1));
  fields.forEach((field) => {
    field.value = before.get(field.id) || "";
    if (field.selectedIndex === -1) field.value = "";
    field.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(show, 80);
    });
  });
  document.addEventListener("keydown", (event) => {
    const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      document.getElementById("q").focus();
    } else if (event.key === "Escape" && event.target.id === "q") {
      event.target.value = "";
      show();
    }
  });
  controls.hidden = false;
  show();
})();
