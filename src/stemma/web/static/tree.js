"use strict";
// A picture of some nodes, drawn by cytoscape.
(() => {
  const { colours, READABLE } = window.stemma;
  const shapes = { model: "round-rectangle", dataset: "barrel", family: "pentagon", adapter: "rhomboid", benchmark: "hexagon", other: "ellipse" };

  const style = (size) => {
    const { ink, soft, card, bad, accent, bg } = colours();
    return [
      { selector: "node", style: { shape: (n) => shapes[n.data("kind")] || "ellipse", width: size.width, height: size.height, "background-color": card, "border-color": soft, "border-width": 1.2, label: "data(label)", color: ink, "font-size": size.font, "text-wrap": "wrap", "text-max-width": size.width - 8, "text-valign": "center", "text-halign": "center", "font-family": "system-ui, sans-serif" } },
      { selector: "node[state = 'no record']", style: { "border-style": "dashed", "background-opacity": 0 } },
      { selector: "node[state = 'withdrawn']", style: { "border-style": "dotted", color: soft } },
      { selector: "node[state = 'alert']", style: { "border-style": "double", "border-width": 5, "border-color": bad } },
      { selector: "node.root", style: { "border-color": accent, "border-width": 3 } },
      { selector: "node:selected", style: { "overlay-color": accent, "overlay-opacity": 0.15, "overlay-padding": 4 } },
      { selector: "edge", style: { width: 1.4, "line-color": soft, "target-arrow-color": soft, "target-arrow-shape": "triangle", "target-arrow-fill": "hollow", "curve-style": "bezier", label: size.from ? "" : "data(label)", "font-size": 9, "text-wrap": "wrap", "text-max-width": 84, color: soft, "text-background-color": bg, "text-background-opacity": 0.85, "min-zoomed-font-size": 7 } },
      { selector: "edge[basis = 'measured']", style: { width: 3, "target-arrow-fill": "filled" } },
      { selector: "edge[basis = 'declared and measured']", style: { width: 5, "target-arrow-fill": "filled", "source-arrow-shape": "circle", "source-arrow-color": soft } },
      { selector: "edge[basis = 'conflicting']", style: { width: 2.2, "line-style": "dashed", "line-color": bad, "target-arrow-color": bad, "target-arrow-fill": "filled", "source-arrow-shape": "tee", "source-arrow-color": bad, color: bad } },
      { selector: "edge[?doubtful]", style: { "line-style": "dotted" } },
      { selector: "edge[!directed]", style: { "target-arrow-shape": "none" } },
      { selector: "edge.near", style: { label: "data(label)", color: ink, "z-index": 9 } },
      { selector: ".dim", style: { opacity: 0.18 } },
      { selector: "edge.way", style: { "line-color": accent, "target-arrow-color": accent, width: 5, opacity: 1 } },
      { selector: "node.way", style: { "border-color": accent, "border-width": 3, opacity: 1 } },
    ];
  };

  window.stemma.tree = (box, tapped, tappedTwice) => {
    let size = window.stemma.sizeFor(0);
    const cy = window.cytoscape({ container: box, style: style(size), minZoom: 0.05, maxZoom: 3, boxSelectionEnabled: false, textureOnViewport: true });
    cy.on("tap", "node", (event) => tapped(event.target.id()));
    cy.on("dbltap", "node", (event) => tappedTwice(event.target.id()));

    const fit = () => {
      cy.resize(); // it looks at its place later than we do
      cy.fit(undefined, 24);
      if (cy.zoom() > 1.2) cy.zoom(1.2).center();
    };
    return {
      show(nodes, edges, root, given) {
        if (given !== size) cy.style(style((size = given)));
        cy.batch(() => {
          cy.elements().remove();
          cy.add([
            ...nodes.map(({ at, ...data }) => ({ group: "nodes", data, position: { ...at }, classes: data.id === root ? "root" : "" })),
            ...edges.map((edge) => ({ group: "edges", data: { ...edge, source: edge.upstream, target: edge.downstream } })),
          ]);
        });
      },
      fit,
      begin(root) {
        fit();
        const middle = cy.getElementById(root);
        if (cy.zoom() >= READABLE || !middle.length) return;
        cy.zoom(READABLE + 0.1).center(middle);
        const top = cy.elements().renderedBoundingBox({ includeLabels: false }).y1;
        if (top > 24) cy.panBy({ x: 0, y: 24 - top });
      },
      light(nodes, edges) {
        cy.elements().removeClass("way dim");
        if (nodes.size) cy.elements().forEach((each) => each.addClass((each.isNode() ? nodes : edges).has(each.id()) ? "way" : "dim"));
      },
      choose(key) {
        cy.edges().removeClass("near");
        if (size.from) cy.getElementById(key).connectedEdges().slice(0, 60).addClass("near");
      },
      png: () => cy.png({ full: true, scale: 2, maxWidth: 8000, maxHeight: 8000, bg: colours().bg }),
      restyle: () => cy.style(style(size)),
      panBy: (x, y) => cy.panBy({ x, y }),
      zoomBy: (factor) => cy.zoom({ level: cy.zoom() * factor, renderedPosition: { x: box.clientWidth / 2, y: box.clientHeight / 2 } }),
      end: () => cy.destroy(),
    };
  };
})();
