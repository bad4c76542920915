"use strict";
// A picture of very many nodes on one canvas. Nodes are drawn anew with every move. Edges cost more: they lie on a sheet
// of their own that is moved along, and is made anew, a part with every frame, once the hand rests.
(() => {
  const { colours, drawEdges, drawNodes, drawWords, READABLE } = window.stemma;
  const LEAST = 0.03, MOST = 3, RESTS = 120, AROUND = 0.25, A_FRAME = 400, NAMED = 60, PIXELS = 16e6;

  window.stemma.crowd = (box, tapped, tappedTwice) => {
    const canvas = box.appendChild(document.createElement("canvas")), screen = canvas.getContext("2d");
    let size = window.stemma.sizeFor(0), nodes = new Map(), edges = [], root = "", chosen = "";
    let way = { nodes: new Set(), edges: new Set() };
    let zoom = 1, left = 0, top = 0, ink = colours(), sharp = 1, due = false, rest = 0, making = 0, sheet = null;

    const all = () => {
      const seen = { x1: Infinity, x2: -Infinity, y1: Infinity, y2: -Infinity };
      nodes.forEach(({ at }) => {
        seen.x1 = Math.min(seen.x1, at.x - size.width / 2);
        seen.x2 = Math.max(seen.x2, at.x + size.width / 2);
        seen.y1 = Math.min(seen.y1, at.y - size.height / 2);
        seen.y2 = Math.max(seen.y2, at.y + size.height / 2);
      });
      return seen;
    };
    const part = (margin) => {
      const wide = box.clientWidth * margin, high = box.clientHeight * margin;
      return { x1: (-left - wide) / zoom, y1: (-top - high) / zoom, x2: (box.clientWidth - left + wide) / zoom, y2: (box.clientHeight - top + high) / zoom };
    };
    const crossing = (seen) => edges.filter(({ ends: [x1, y1, x2, y2] }) => !((x1 < seen.x1 && x2 < seen.x1) || (x1 > seen.x2 && x2 > seen.x2) || (y1 < seen.y1 && y2 < seen.y1) || (y1 > seen.y2 && y2 > seen.y2)));
    const inside = (seen) => [...nodes.values()].filter(({ at }) => at.x > seen.x1 - size.width && at.x < seen.x2 + size.width && at.y > seen.y1 - size.height && at.y < seen.y2 + size.height);

    const paintNodes = (pen, scale, seen) => {
      const near = inside(seen), lit = way.nodes.size > 0;
      pen.globalAlpha = lit ? 0.3 : 1;
      drawNodes(pen, near, scale, ink, size, root);
      pen.globalAlpha = 1;
      if (!lit) return;
      drawEdges(pen, edges.filter((edge) => way.edges.has(edge.id)), scale, ink, ink.accent);
      drawNodes(pen, near.filter((node) => way.nodes.has(node.id)), scale, ink, size, root, true);
    };
    const paintChosen = (pen) => {
      const own = edges.filter((edge) => edge.upstream === chosen || edge.downstream === chosen), { at } = nodes.get(chosen);
      drawEdges(pen, own, zoom, ink, ink.ink);
      drawNodes(pen, own.flatMap((edge) => [nodes.get(edge.upstream), nodes.get(edge.downstream)]), zoom, ink, size, root);
      pen.strokeStyle = ink.accent;
      pen.lineWidth = 3;
      pen.strokeRect(at.x - size.width / 2 - 5, at.y - size.height / 2 - 5, size.width + 10, size.height + 10);
      drawWords(pen, own.slice(0, NAMED), zoom, ink, size);
    };

    const draw = () => {
      due = false;
      screen.setTransform(1, 0, 0, 1, 0, 0);
      screen.fillStyle = ink.bg;
      screen.fillRect(0, 0, canvas.width, canvas.height);
      screen.setTransform(zoom * sharp, 0, 0, zoom * sharp, left * sharp, top * sharp);
      screen.globalAlpha = way.nodes.size ? 0.15 : Math.min(0.6, Math.max(0.25, 300 / edges.length));
      if (sheet) screen.drawImage(sheet.canvas, sheet.x1, sheet.y1, sheet.x2 - sheet.x1, sheet.y2 - sheet.y1);
      screen.globalAlpha = 1;
      paintNodes(screen, zoom, part(0));
      if (nodes.has(chosen)) paintChosen(screen);
    };
    const soon = () => {
      if (!due) requestAnimationFrame(draw);
      due = true;
    };

    const makeSheet = () => {
      const turn = (making += 1), seen = part(AROUND), some = crossing(seen), scale = zoom, next = document.createElement("canvas");
      next.width = canvas.width * (1 + 2 * AROUND);
      next.height = canvas.height * (1 + 2 * AROUND);
      const pen = next.getContext("2d");
      pen.setTransform(scale * sharp, 0, 0, scale * sharp, -seen.x1 * scale * sharp, -seen.y1 * scale * sharp);
      const go = (from) => {
        if (turn !== making) return;
        drawEdges(pen, some.slice(from, from + A_FRAME), scale, ink);
        if (from + A_FRAME < some.length) {
          requestAnimationFrame(() => go(from + A_FRAME));
          return;
        }
        sheet = { canvas: next, ...seen };
        soon();
      };
      go(0);
    };
    const moved = () => {
      soon();
      making += 1;
      clearTimeout(rest);
      rest = setTimeout(makeSheet, RESTS);
    };
    const anew = () => {
      soon();
      makeSheet();
    };
    const fitted = () => {
      sharp = Math.min(2, window.devicePixelRatio || 1);
      canvas.width = Math.round(box.clientWidth * sharp);
      canvas.height = Math.round(box.clientHeight * sharp);
      draw();
      makeSheet();
    };

    const zoomTo = (level, x, y) => {
      const next = Math.min(MOST, Math.max(LEAST, level));
      left = x - ((x - left) * next) / zoom;
      top = y - ((y - top) * next) / zoom;
      zoom = next;
      moved();
    };
    const panBy = (x, y) => {
      left += x;
      top += y;
      moved();
    };
    const fit = () => {
      const { x1, x2, y1, y2 } = all();
      zoom = Math.min(1.2, Math.max(LEAST, Math.min((box.clientWidth - 48) / (x2 - x1), (box.clientHeight - 48) / (y2 - y1))));
      left = (box.clientWidth - (x1 + x2) * zoom) / 2;
      top = (box.clientHeight - (y1 + y2) * zoom) / 2;
      anew();
    };
    const nodeAt = (event) => {
      const frame = canvas.getBoundingClientRect();
      const x = (event.clientX - frame.x - left) / zoom, y = (event.clientY - frame.y - top) / zoom;
      return [...nodes.values()].find(({ at }) => Math.abs(at.x - x) <= size.width / 2 && Math.abs(at.y - y) <= size.height / 2);
    };
    window.stemma.hands(canvas, { panBy, zoomBy: (factor, x, y) => zoomTo(zoom * factor, x, y), nodeAt, tapped, tappedTwice });
    const watch = new ResizeObserver(fitted);
    watch.observe(box);

    return {
      show(given, between, start, how) {
        size = how;
        root = start;
        sheet = null;
        nodes = new Map(given.map((node) => [node.id, node]));
        edges = between.map((edge) => {
          const a = nodes.get(edge.upstream).at, b = nodes.get(edge.downstream).at, down = Math.sign(b.y - a.y) * (size.height / 2);
          return { ...edge, ends: [a.x, a.y + down, b.x, b.y - down] };
        });
        fitted();
      },
      fit,
      begin(key) {
        fit();
        if (zoom >= READABLE || !nodes.has(key)) return;
        const { at } = nodes.get(key);
        zoom = READABLE + 0.1;
        left = box.clientWidth / 2 - at.x * zoom;
        top = Math.min(24 - all().y1 * zoom, box.clientHeight / 2 - at.y * zoom);
        anew();
      },
      light: (some, between) => { way = { nodes: some, edges: between }; soon(); },
      choose: (key) => { chosen = key; soon(); },
      png() {
        const seen = all(), page = document.createElement("canvas"), pen = page.getContext("2d");
        const wide = seen.x2 - seen.x1 + 48, high = seen.y2 - seen.y1 + 48, scale = Math.min(2, Math.sqrt(PIXELS / (wide * high)));
        page.width = wide * scale;
        page.height = high * scale;
        pen.fillStyle = ink.bg;
        pen.fillRect(0, 0, page.width, page.height);
        pen.setTransform(scale, 0, 0, scale, (24 - seen.x1) * scale, (24 - seen.y1) * scale);
        drawEdges(pen, edges, scale, ink);
        paintNodes(pen, scale, seen);
        return page.toDataURL();
      },
      restyle: () => { ink = colours(); anew(); },
      panBy,
      zoomBy: (factor) => zoomTo(zoom * factor, box.clientWidth / 2, box.clientHeight / 2),
      at: (key) => ({ x: nodes.get(key).at.x * zoom + left, y: nodes.get(key).at.y * zoom + top }),
      end: () => { watch.disconnect(); making += 1; clearTimeout(rest); canvas.remove(); },
    };
  };
})();
