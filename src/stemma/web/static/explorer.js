"use strict";
(() => {
  const box = document.getElementById("explorer");
  if (!box || !window.cytoscape) return;
  const API = "/api/v1/lineage";
  const ROW = 10, WIDE = 190, TALL = 96, SUB = 66;
  const told = document.getElementById("told");
  const panel = document.getElementById("panel");
  const here = new URL(location.href);
  const base = { root: box.dataset.root, up: box.dataset.up, down: box.dataset.down };
  const parts = new Map(); // what each expansion brought: key -> {nodes, edges}
  let chosen = null, from = here.searchParams.get("from") || "", to = here.searchParams.get("to") || "", ways = [];

  const ask = async (path, query) => {
    const answer = await fetch(path + "?" + new URLSearchParams(query), { headers: { Accept: "application/json" } });
    const data = await answer.json();
    if (!answer.ok) throw new Error(data.detail || "The server answered with " + answer.status + ".");
    return data;
  };
  const say = (text) => (told.textContent = text);
  const counted = (count, noun) => count.toLocaleString("en") + " " + noun + (count === 1 ? "" : "s");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const shapes = { model: "round-rectangle", dataset: "barrel", family: "pentagon", adapter: "rhomboid", benchmark: "hexagon", other: "ellipse" };

  const style = () => {
    const ink = colour("ink"), soft = colour("soft"), card = colour("card"), bad = colour("bad"), accent = colour("accent"), bg = colour("bg");
    return [
      { selector: "node", style: { shape: (n) => shapes[n.data("kind")] || "ellipse", width: 150, height: 44, "background-color": card, "border-color": soft, "border-width": 1.2, label: "data(label)", color: ink, "font-size": 11, "text-wrap": "wrap", "text-max-width": 138, "text-valign": "center", "text-halign": "center", "font-family": "system-ui, sans-serif" } },
      { selector: "node[state = 'no record']", style: { "border-style": "dashed", "background-opacity": 0 } },
      { selector: "node[state = 'withdrawn']", style: { "border-style": "dotted", color: soft } },
      { selector: "node[state = 'alert']", style: { "border-style": "double", "border-width": 5, "border-color": bad } },
      { selector: "node.root", style: { "border-color": accent, "border-width": 3 } },
      { selector: "node:selected", style: { "overlay-color": accent, "overlay-opacity": 0.15, "overlay-padding": 4 } },
      { selector: "edge", style: { width: 1.4, "line-color": soft, "target-arrow-color": soft, "target-arrow-shape": "triangle", "target-arrow-fill": "hollow", "curve-style": "bezier", label: "data(label)", "font-size": 9, color: soft, "text-background-color": bg, "text-background-opacity": 0.85, "min-zoomed-font-size": 7 } },
      { selector: "edge[basis = 'measured']", style: { width: 3, "target-arrow-fill": "filled" } },
      { selector: "edge[basis = 'declared and measured']", style: { width: 5, "target-arrow-fill": "filled", "source-arrow-shape": "circle", "source-arrow-color": soft } },
      { selector: "edge[basis = 'conflicting']", style: { width: 2.2, "line-style": "dashed", "line-color": bad, "target-arrow-color": bad, "target-arrow-fill": "filled", "source-arrow-shape": "tee", "source-arrow-color": bad, color: bad } },
      { selector: "edge[?doubtful]", style: { "line-style": "dotted" } },
      { selector: "edge[!directed]", style: { "target-arrow-shape": "none" } },
      { selector: ".dim", style: { opacity: 0.18 } },
      { selector: "edge.way", style: { "line-color": accent, "target-arrow-color": accent, width: 5, opacity: 1 } },
      { selector: "node.way", style: { "border-color": accent, "border-width": 3, opacity: 1 } },
    ];
  };

  const short = (text) => (text.length > 44 ? text.slice(0, 43) + "…" : text);
  const label = (node) => {
    const lines = node.title && node.title !== node.key ? [short(node.title), short(node.key)] : [short(node.key)];
    if (node.state === "alert") lines[0] = "⚠ " + lines[0];
    return lines.join("\n");
  };

  const visible = () => {
    const nodes = new Map(), edges = new Map();
    const level = new Map();
    const take = (part, shift) => {
      part.nodes.forEach((node) => {
        if (!nodes.has(node.key)) nodes.set(node.key, node);
        if (!level.has(node.key)) level.set(node.key, node.distance + shift);
      });
      part.edges.forEach((edge) => edges.set(edge.upstream + "\n" + edge.downstream, edge));
    };
    take(parts.get(""), 0);
    let grew = true;
    const taken = new Set([""]);
    while (grew) {
      grew = false;
      for (const [key, part] of parts) {
        if (!taken.has(key) && level.has(key)) {
          take(part, level.get(key));
          taken.add(key);
          grew = true;
        }
      }
    }
    [...parts.keys()].filter((key) => !taken.has(key)).forEach((key) => parts.delete(key));
    return { nodes, edges, level };
  };

  const place = ({ nodes, edges, level }) => {
    const rows = new Map();
    [...nodes.keys()].sort().forEach((key) => {
      const at = level.get(key);
      if (!rows.has(at)) rows.set(at, []);
      rows.get(at).push(key);
    });
    const near = new Map([...nodes.keys()].map((key) => [key, []]));
    edges.forEach((edge) => {
      near.get(edge.upstream)?.push(edge.downstream);
      near.get(edge.downstream)?.push(edge.upstream);
    });
    const order = new Map();
    const count = (row) => row.forEach((key, at) => order.set(key, at / Math.max(1, row.length - 1)));
    rows.forEach(count);
    for (let sweep = 0; sweep < 4; sweep += 1) {
      [...rows.keys()].sort((a, b) => a - b).forEach((at) => {
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
    [...rows.keys()].sort((a, b) => a - b).forEach((at) => {
      const row = rows.get(at), aspect = box.clientWidth / Math.max(1, box.clientHeight);
      const fitting = Math.max(2, Math.min(ROW, Math.floor(box.clientWidth / WIDE)));
      const wide = Math.max(fitting, Math.ceil(Math.sqrt((row.length * aspect * SUB) / WIDE)));
      for (let start = 0; start < row.length; start += wide) {
        const some = row.slice(start, start + wide);
        some.forEach((key, n) => positions.set(key, { x: (n - (some.length - 1) / 2) * WIDE, y }));
        y += SUB;
      }
      y += TALL - SUB;
    });
    return positions;
  };

  box.replaceChildren();
  box.classList.add("live");
  const cy = cytoscape({ container: box, style: style(), minZoom: 0.05, maxZoom: 3, boxSelectionEnabled: false, textureOnViewport: true, hideEdgesOnViewport: false });

  const fitAll = () => {
    cy.fit(undefined, 24);
    if (cy.zoom() > 1.2) cy.zoom(1.2).center();
  };

  const draw = (fit) => {
    const shown = visible(), positions = place(shown);
    cy.batch(() => {
      cy.elements().remove();
      shown.nodes.forEach((node, key) => cy.add({ group: "nodes", data: { ...node, id: key, label: label(node) }, position: positions.get(key), classes: key === base.root ? "root" : "" }));
      shown.edges.forEach((edge, id) => {
        if (!shown.nodes.has(edge.upstream) || !shown.nodes.has(edge.downstream)) return;
        const words = edge.relations.join(", ") + (edge.basis === "declared" ? "" : " (" + edge.basis + ")");
        cy.add({ group: "edges", data: { ...edge, id, source: edge.upstream, target: edge.downstream, label: words, doubtful: edge.doubts.length > 0 && edge.basis !== "conflicting" } });
      });
    });
    highlight();
    if (fit) fitAll();
    say(counted(shown.nodes.size, "node") + ", " + counted(shown.edges.size, "edge") + (parts.get("").complete ? "" : "; there is more than is shown"));
    remember();
  };

  const remember = () => {
    const next = new URL(location.href);
    const open = [...parts.keys()].filter(Boolean).join(" ");
    [["open", open], ["from", from], ["to", to]].forEach(([name, value]) => (value ? next.searchParams.set(name, value) : next.searchParams.delete(name)));
    history.replaceState(null, "", next);
    const svg = document.getElementById("as-svg");
    if (svg) svg.href = "/lineage.svg" + next.search;
  };

  const highlight = () => {
    cy.elements().removeClass("way dim");
    if (!ways.length) return;
    const nodes = new Set(), edges = new Set();
    ways.forEach((way) => way.forEach((step) => {
      nodes.add(step.upstream).add(step.downstream);
      edges.add(step.upstream + "\n" + step.downstream).add(step.downstream + "\n" + step.upstream);
    }));
    cy.elements().forEach((each) => each.addClass((each.isNode() ? nodes : edges).has(each.id()) ? "way" : "dim"));
  };

  const expand = async (key) => {
    parts.set(key, await ask(API, { root: key, up: 1, down: 1, limit: 500 }));
    draw(false);
  };

  const findWays = async () => {
    const there = await ask(API + "/ways", { upstream: from, downstream: to });
    const back = there.ways.length ? there : await ask(API + "/ways", { upstream: to, downstream: from });
    ways = back.ways;
    const missing = [...new Set(ways.flat().flatMap((step) => [step.upstream, step.downstream]))].filter((key) => !cy.getElementById(key).length);
    for (const key of missing.slice(0, 12)) parts.set(key, await ask(API, { root: key, up: 1, down: 1, limit: 60 }));
    draw(missing.length > 0);
    say(ways.length ? (ways.length === 1 ? "One way leads" : ways.length + " ways lead") + " between " + from + " and " + to + "." : "No way leads between " + from + " and " + to + ".");
  };

  const guarded = (work) => async (...given) => {
    try {
      await work(...given);
    } catch (error) {
      say(error.message);
    }
  };

  const show = (node) => {
    chosen = node.id();
    panel.querySelector("[data-name]").textContent = node.data("title") || chosen;
    const link = panel.querySelector("a");
    const [name, version] = chosen.split("@");
    link.hidden = !version || chosen.startsWith("model:");
    link.href = link.hidden ? "" : "/records/" + encodeURIComponent(name) + "/" + encodeURIComponent(version);
    panel.querySelector("[data-told]").textContent = [chosen, node.data("kind"), node.data("state") === "plain" ? "" : node.data("state"), node.data("advisories").join(", ")].filter(Boolean).join(" · ");
    panel.hidden = false;
    panel.querySelector("[data-do=expand]").disabled = parts.has(chosen);
    panel.querySelector("[data-do=collapse]").disabled = !parts.has(chosen);
  };

  const deeds = {
    expand: () => expand(chosen),
    collapse: () => { parts.delete(chosen); draw(false); },
    centre: () => { location.search = new URLSearchParams({ ...base, root: chosen }).toString(); },
    from: () => { from = chosen; to = ""; ways = []; draw(false); say("Now choose the other end, and press “Way to here”."); },
    to: () => { to = chosen; return from ? findWays() : say("First choose where the way begins."); },
    clear: () => { from = to = ""; ways = []; draw(false); },
    fit: () => fitAll(),
    png: () => {
      const link = document.createElement("a");
      link.href = cy.png({ full: true, scale: 2, maxWidth: 8000, maxHeight: 8000, bg: colour("bg") });
      link.download = "lineage-" + base.root.replace(/[^\w.-]+/g, "-") + ".png";
      link.click();
    },
  };

  document.querySelectorAll("[data-do]").forEach((button) => button.addEventListener("click", guarded(() => deeds[button.dataset.do]())));
  cy.on("tap", "node", (event) => show(event.target));
  cy.on("dbltap", "node", guarded((event) => (parts.has(event.target.id()) ? deeds.collapse() : expand(event.target.id()))));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => cy.style(style()));
  document.getElementById("tools").hidden = false;

  guarded(async () => {
    say("Loading …");
    parts.set("", await ask(API, { ...base, limit: 5000 }));
    const open = (here.searchParams.get("open") || "").split(" ").filter(Boolean).slice(0, 40);
    for (const key of open) parts.set(key, await ask(API, { root: key, up: 1, down: 1, limit: 500 }));
    document.getElementById("more")?.remove();
    draw(true);
    if (from && to) await findWays();
    box.dataset.ready = "yes";
  })();
})();
