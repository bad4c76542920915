"use strict";
(() => {
  const box = document.getElementById("explorer");
  if (!box || !window.cytoscape) return;
  const API = "/api/v1/lineage";
  const MANY = 300; // from here on everything is drawn on one canvas
  const { sizeFor, labels, place } = window.stemma;
  const told = document.getElementById("told");
  const panel = document.getElementById("panel");
  const here = new URL(location.href);
  const base = { root: box.dataset.root, up: box.dataset.up, down: box.dataset.down };
  const parts = new Map(); // what each expansion brought: key -> {nodes, edges}
  let held = new Map(), chosen = null, from = here.searchParams.get("from") || "", to = here.searchParams.get("to") || "", ways = [];

  const ask = async (path, query) => {
    const answer = await fetch(path + "?" + new URLSearchParams(query), { headers: { Accept: "application/json" } });
    const data = await answer.json();
    if (!answer.ok) throw new Error(data.detail || "The server answered with " + answer.status + ".");
    return data;
  };
  const say = (text) => (told.textContent = text);
  const counted = (count, noun) => count.toLocaleString("en") + " " + noun + (count === 1 ? "" : "s");
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

  box.replaceChildren();
  box.classList.add("live");
  let view = null, drawnBy = "";

  const show = (shown) => {
    const count = shown.nodes.size, size = sizeFor(count), by = count > MANY ? "crowd" : "tree";
    if (by !== drawnBy) {
      view?.end();
      box.view = view = window.stemma[by](box, choose, guarded(double));
      drawnBy = box.dataset.drawnBy = by;
    }
    const positions = place(shown, size, { width: box.clientWidth, height: box.clientHeight }), words = labels(shown.nodes, size);
    const nodes = [...shown.nodes].map(([id, node]) => ({ ...node, id, label: words.get(id), at: positions.get(id) }));
    const edges = [...shown.edges].filter(([, edge]) => shown.nodes.has(edge.upstream) && shown.nodes.has(edge.downstream)).map(([id, edge]) => {
      const label = edge.relations.join(", ") + (edge.basis === "declared" ? "" : " (" + edge.basis + ")");
      return { ...edge, id, label, doubtful: edge.doubts.length > 0 && edge.basis !== "conflicting" };
    });
    view.show(nodes, edges, base.root, size);
  };

  const draw = (fit) => {
    const shown = visible();
    held = shown.nodes;
    show(shown);
    highlight();
    if (fit) view.begin(parts.get("").root);
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
    const nodes = new Set(), edges = new Set();
    ways.forEach((way) => way.forEach((step) => {
      nodes.add(step.upstream).add(step.downstream);
      edges.add(step.upstream + "\n" + step.downstream).add(step.downstream + "\n" + step.upstream);
    }));
    view.light(nodes, edges);
  };

  const expand = async (key) => {
    parts.set(key, await ask(API, { root: key, up: 1, down: 1, limit: 500 }));
    draw(false);
  };

  const findWays = async () => {
    const there = await ask(API + "/ways", { upstream: from, downstream: to });
    const back = there.ways.length ? there : await ask(API + "/ways", { upstream: to, downstream: from });
    ways = back.ways;
    const missing = [...new Set(ways.flat().flatMap((step) => [step.upstream, step.downstream]))].filter((key) => !held.has(key));
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

  const choose = (key) => {
    const node = held.get(key);
    chosen = key;
    view.choose(key);
    panel.querySelector("[data-name]").textContent = node.title || key;
    const link = panel.querySelector("a");
    const [name, version] = key.split("@");
    link.hidden = !version || key.startsWith("model:");
    link.href = link.hidden ? "" : "/records/" + encodeURIComponent(name) + "/" + encodeURIComponent(version);
    panel.querySelector("[data-told]").textContent = [key, node.kind, node.state === "plain" ? "" : node.state, node.advisories.join(", ")].filter(Boolean).join(" · ");
    panel.hidden = false;
    panel.querySelector("[data-do=expand]").disabled = parts.has(key);
    panel.querySelector("[data-do=collapse]").disabled = !parts.has(key);
  };
  const double = (key) => {
    choose(key);
    return parts.has(key) ? deeds.collapse() : expand(key);
  };

  const deeds = {
    expand: () => expand(chosen),
    collapse: () => { parts.delete(chosen); draw(false); },
    centre: () => { location.search = new URLSearchParams({ ...base, root: chosen }).toString(); },
    from: () => { from = chosen; to = ""; ways = []; draw(false); say("Now choose the other end, and press “Way to here”."); },
    to: () => { to = chosen; return from ? findWays() : say("First choose where the way begins."); },
    clear: () => { from = to = ""; ways = []; draw(false); },
    fit: () => view.fit(),
    png: () => {
      const link = document.createElement("a");
      link.href = view.png();
      link.download = "lineage-" + base.root.replace(/[^\w.-]+/g, "-") + ".png";
      link.click();
    },
  };

  document.querySelectorAll("[data-do]").forEach((button) => button.addEventListener("click", guarded(() => deeds[button.dataset.do]())));
  const keys = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
  box.addEventListener("keydown", (event) => {
    if (!view || event.target !== box || event.ctrlKey || event.metaKey || event.altKey) return;
    if (keys[event.key]) view.panBy(...keys[event.key]);
    else if (event.key === "+" || event.key === "-") view.zoomBy(event.key === "+" ? 1.25 : 0.8);
    else return;
    event.preventDefault();
  });
  let touched = false, frame = [box.clientWidth, box.clientHeight];
  ["pointerdown", "wheel", "keydown"].forEach((name) => box.addEventListener(name, () => (touched = true), { passive: true, capture: true }));
  new ResizeObserver(() => {
    const now = [box.clientWidth, box.clientHeight];
    if (view && (now[0] !== frame[0] || now[1] !== frame[1])) {
      if (touched) view.panBy((now[0] - frame[0]) / 2, (now[1] - frame[1]) / 2);
      else requestAnimationFrame(() => view.begin(parts.get("").root));
    }
    frame = now;
  }).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => view?.restyle());
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
