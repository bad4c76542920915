"use strict";
// Where nodes of the lineage stand, how large their boxes are, and what is written in them.
(() => {
  const ROW = 10;
  // from how many nodes on, how large a box is, how far apart they stand, and how much is written in one
  const SIZES = [
    { from: 0, width: 150, height: 44, wide: 190, tall: 96, sub: 66, font: 11, most: 44 },
    { from: 120, width: 150, height: 20, wide: 158, tall: 76, sub: 25, font: 13, most: 20 },
  ];
  const sizeFor = (count) => SIZES.filter((each) => count >= each.from).at(-1);

  const short = (text, size) => {
    const end = size.from ? 7 : 0; // in a small box the end tells siblings apart
    if (text.length <= size.most) return text;
    return text.slice(0, size.most - end - 1) + "…" + (end ? text.slice(-end) : "");
  };

  const labels = (nodes, size) => {
    const versions = new Map();
    const nameOf = (key) => key.split("@")[0];
    nodes.forEach((node, key) => versions.set(nameOf(key), (versions.get(nameOf(key)) || 0) + 1));
    const lines = (node) => {
      if (size.from) return [short(versions.get(nameOf(node.key)) === 1 ? nameOf(node.key) : node.key, size)];
      return node.title && node.title !== node.key ? [short(node.title, size), short(node.key, size)] : [short(node.key, size)];
    };
    return new Map([...nodes.values()].map((node) => [node.key, (node.state === "alert" ? "⚠ " : "") + lines(node).join("\n")]));
  };

  // in rows by distance; each near the mean of its neighbours, so that few edges cross
  const place = ({ nodes, edges, level }, size, frame) => {
    const rows = new Map();
    [...nodes.keys()].sort().forEach((key) => {
      const at = level.get(key);
      if (!rows.has(at)) rows.set(at, []);
      rows.get(at).push(key);
    });
    const levels = [...rows.keys()].sort((a, b) => a - b);
    const near = new Map([...nodes.keys()].map((key) => [key, []]));
    edges.forEach((edge) => {
      near.get(edge.upstream)?.push(edge.downstream);
      near.get(edge.downstream)?.push(edge.upstream);
    });
    const order = new Map();
    const count = (row) => row.forEach((key, at) => order.set(key, at / Math.max(1, row.length - 1)));
    rows.forEach(count);
    for (let sweep = 0; sweep < 4; sweep += 1) {
      levels.forEach((at) => {
        const row = rows.get(at);
        const mean = (key) => {
          const others = near.get(key).map((other) => order.get(other)).filter((value) => value !== undefined);
          return others.length ? others.reduce((a, b) => a + b, 0) / others.length : order.get(key);
        };
        const means = new Map(row.map((key) => [key, mean(key)]));
        row.sort((a, b) => means.get(a) - means.get(b) || (a < b ? -1 : 1));
        count(row);
      });
    }
    const positions = new Map();
    let y = 0;
    levels.forEach((at) => {
      const row = rows.get(at), aspect = frame.width / Math.max(1, frame.height);
      const fitting = Math.max(2, Math.min(ROW, Math.floor(frame.width / size.wide)));
      const wide = Math.max(fitting, Math.ceil(Math.sqrt((row.length * aspect * size.sub) / size.wide)));
      for (let start = 0; start < row.length; start += wide) {
        const some = row.slice(start, start + wide);
        some.forEach((key, n) => positions.set(key, { x: (n - (some.length - 1) / 2) * size.wide, y }));
        y += size.sub;
      }
      y += size.tall - size.sub;
    });
    return positions;
  };

  const colours = () => {
    const given = getComputedStyle(document.documentElement);
    return Object.fromEntries(["ink", "soft", "card", "bad", "accent", "bg"].map((name) => [name, given.getPropertyValue("--" + name).trim()]));
  };

  window.stemma = Object.assign(window.stemma || {}, { sizeFor, labels, place, colours, READABLE: 0.62 });
})();
