"use strict";
// Nodes and edges of a crowd as strokes on a canvas: as few as may be for all that look alike.
(() => {
  const ARROWS = 0.3, LEGIBLE = 5, CHUNK = 50; // very long paths cost more than many short ones
  const outline = {
    model: (pen, x, y, w, h) => pen.roundRect(x, y, w, h, 5),
    adapter: (pen, x, y, w, h) => { pen.moveTo(x + 6, y); pen.lineTo(x + w, y); pen.lineTo(x + w - 6, y + h); pen.lineTo(x, y + h); pen.closePath(); },
    other: (pen, x, y, w, h) => pen.rect(x, y, w, h),
  };
  const lines = {
    "declared": { width: 1.3, hollow: true },
    "measured": { width: 2.6 },
    "declared and measured": { width: 4, dot: true },
    "conflicting": { width: 2.2, dash: [7, 5], bar: true, ink: "bad" },
  };
  const borders = {
    "alert": { width: 1.5, ink: "bad", twice: true },
    "withdrawn": { width: 1.2, dash: [1.5, 3], text: "soft" },
    "no record": { width: 1.2, dash: [5, 4], bare: true },
  };
  const grouped = (some, name) => {
    const groups = new Map();
    some.forEach((each) => {
      const key = name(each);
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(each);
    });
    return [...groups.values()];
  };

  const ends = (pen, group, look, width, ink) => {
    const head = 6 + width;
    pen.beginPath();
    if (group[0].directed) group.forEach(({ ends: [x1, y1, x2, y2] }) => {
      const long = Math.hypot(x2 - x1, y2 - y1) || 1, dx = (x2 - x1) / long, dy = (y2 - y1) / long;
      pen.moveTo(x2, y2);
      pen.lineTo(x2 - head * dx + head * 0.45 * dy, y2 - head * dy - head * 0.45 * dx);
      pen.lineTo(x2 - head * dx - head * 0.45 * dy, y2 - head * dy + head * 0.45 * dx);
      pen.closePath();
    });
    const whole = pen.fillStyle;
    if (look.hollow) pen.fillStyle = ink.bg;
    pen.fill();
    pen.fillStyle = whole;
    pen.lineWidth = 1.2;
    pen.stroke();
    pen.beginPath();
    group.forEach(({ ends: [x, y] }) => (look.dot ? pen.roundRect(x - 4, y - 1, 8, 8, 4) : look.bar ? pen.rect(x - 7, y + 1, 14, 2) : null));
    pen.fill();
  };

  // ``lit`` is the colour of a way
  const drawEdges = (pen, some, scale, ink, lit = "") => {
    grouped(some, (edge) => edge.basis + "|" + edge.doubtful + "|" + edge.directed).forEach((group) => {
      const look = lines[group[0].basis] || lines.declared, width = look.width + (lit ? 1.5 : 0);
      for (let at = 0; at < group.length; at += CHUNK) {
        const part = group.slice(at, at + CHUNK);
        pen.strokeStyle = pen.fillStyle = lit || ink[look.ink || "soft"];
        pen.lineWidth = width * scale < 1.3 ? 1 / scale : width; // a hair costs least
        pen.setLineDash(group[0].doubtful ? [1.5, 4] : look.dash || []);
        pen.beginPath();
        part.forEach(({ ends: [x1, y1, x2, y2] }) => { pen.moveTo(x1, y1); pen.lineTo(x2, y2); });
        pen.stroke();
        pen.setLineDash([]);
        if (scale >= ARROWS) ends(pen, part, look, width, ink);
      }
    });
  };

  // ``root`` and, where ``lit``, all of them have a border that stands out
  const drawNodes = (pen, some, scale, ink, size, root, lit = false) => {
    pen.font = `${size.font}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const { width, height } = size;
    grouped(some, (node) => (node.id === root) + "|" + node.state + "|" + node.kind).forEach((group) => {
      const look = borders[group[0].state] || { width: 1.2 }, marked = lit || group[0].id === root;
      const trace = scale < ARROWS ? outline.other : outline[group[0].kind] || outline.other;
      pen.beginPath();
      group.forEach(({ at }) => trace(pen, at.x - width / 2, at.y - height / 2, width, height));
      pen.fillStyle = look.bare ? ink.bg : ink.card;
      pen.fill();
      pen.setLineDash(look.dash || []);
      pen.strokeStyle = marked ? ink.accent : ink[look.ink || "soft"];
      pen.lineWidth = Math.max(marked ? 3 : look.width, 0.5 / scale);
      pen.stroke();
      pen.setLineDash([]);
      if (look.twice) {
        pen.strokeStyle = ink[look.ink];
        pen.lineWidth = look.width;
        pen.beginPath();
        group.forEach(({ at }) => trace(pen, at.x - width / 2 + 3, at.y - height / 2 + 3, width - 6, height - 6));
        pen.stroke();
      }
      if (size.font * scale < LEGIBLE) return;
      pen.fillStyle = ink[look.text || "ink"];
      group.forEach(({ at, label }) => pen.fillText(label, at.x, at.y + 0.5));
    });
  };

  const drawWords = (pen, some, scale, ink, size) => {
    if (scale * (size.font - 2) < LEGIBLE) return;
    pen.font = `${size.font - 2}px system-ui, sans-serif`;
    some.forEach(({ ends: [x1, y1, x2, y2], label }) => {
      const x = (x1 + x2) / 2, y = (y1 + y2) / 2, wide = pen.measureText(label).width + 6;
      pen.fillStyle = ink.bg;
      pen.fillRect(x - wide / 2, y - 8, wide, 16);
      pen.fillStyle = ink.ink;
      pen.fillText(label, x, y);
    });
  };

  Object.assign(window.stemma, { drawEdges, drawNodes, drawWords });
})();
