"use strict";
// What hands do on a canvas: drag, pinch, turn the wheel, tap once or twice.
(() => {
  const STEADY = 6; // so far a tap may slip

  window.stemma.hands = (canvas, { panBy, zoomBy, nodeAt, tapped, tappedTwice }) => {
    const fingers = new Map();
    let way = 0;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      if (!fingers.size) way = 0;
      fingers.set(event.pointerId, event);
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const other = [...fingers.values()].find((each) => each.pointerId !== event.pointerId);
      const dx = event.clientX - before.clientX, dy = event.clientY - before.clientY;
      way += Math.abs(dx) + Math.abs(dy);
      fingers.set(event.pointerId, event);
      if (!other) return panBy(dx, dy);
      const apart = (each) => Math.hypot(each.clientX - other.clientX, each.clientY - other.clientY) || 1;
      const frame = canvas.getBoundingClientRect();
      zoomBy(apart(event) / apart(before), other.clientX - frame.x, other.clientY - frame.y);
    });
    ["pointerup", "pointercancel"].forEach((name) => canvas.addEventListener(name, (event) => fingers.delete(event.pointerId)));
    canvas.addEventListener("click", (event) => way < STEADY && nodeAt(event) && tapped(nodeAt(event).id));
    canvas.addEventListener("dblclick", (event) => nodeAt(event) && tappedTwice(nodeAt(event).id));
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const frame = canvas.getBoundingClientRect();
      zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), event.clientX - frame.x, event.clientY - frame.y);
    }, { passive: false });
  };
})();
