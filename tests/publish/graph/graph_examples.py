"""Graphs to draw: one with everything in it, chance ones of a stated seed, and hostile ones."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from stemma.publish.graph import Direction, Edge, Graph, Kind, Node, State, Style

NASTY = (
    "<script>alert(1)</script>",
    "\" onload='x' <b>&amp;",
    "</style></title></svg><img src=x onerror=y>",
    '"]; evil [label="x',
    "\\",
    '\\"',
    "\\N \\l &quot; <b>",
    "a\x00b\r\nc\ud800\u202e",
    "]]>--><!--",
    "{{7*7}} $(id) `id` %s",
)

EVERYTHING = Graph(
    (
        Node("a", ("meta-llama/Llama-2-7b-hf", "1.0.0")),
        Node("b", ("a name that nobody would write on one line", "adapter"), Kind.ADAPTER, State.ALERT, remark="A-1"),
        Node("c", ("merged", "0.9.0"), Kind.MODEL, State.WITHDRAWN),
        Node("d", ("MMBench",), Kind.BENCHMARK),
        Node("e", ("sibling",), state=State.FOCUS),
        Node("f", ("Llama",), Kind.FAMILY, link="llama.html"),
        Node("g", ("数据集",), Kind.DATASET, State.MISSING),
        Node("h", ("alone",), Kind.OTHER),
    ),
    (
        Edge("a", "b", "adapter", Style.CONFIRMED),
        Edge("b", "c", "merged", Style.CONFLICTING, remark="the weights contradict it"),
        Edge("a", "c", "quantised", Style.MEASURED),
        Edge("d", "c", "evaluated on", Style.UNRESOLVED),
        Edge("a", "e", "common ancestor", Style.MEASURED, directed=False),
        Edge("c", "a", "a cycle"),
        Edge("f", "a", "variant"),
        Edge("g", "a", "trained on"),
        Edge("g", "c", "trained on"),
        Edge("e", "e", "itself"),
    ),
    "Everything at once",
)


def by_chance(nodes: int, edges: int, seed: int, reach: int | None = None) -> Graph:
    """Any edges at all, cycles included; with ``reach``, from a little earlier only."""
    dice = random.Random(seed)
    ends = [
        (dice.randrange(max(0, (b := dice.randrange(1, nodes)) - reach), b), b)
        if reach
        else (dice.randrange(nodes), dice.randrange(nodes))
        for _ in range(edges)
    ]
    return Graph(
        tuple(Node(str(n), (f"model-{n}", "1.0.0")) for n in range(nodes)),
        tuple(Edge(str(a), str(b), "fine-tuned") for a, b in ends),
    )


texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=60))


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any small graph with any strings."""
    count = draw(st.integers(0, 9))
    nodes = tuple(
        Node(
            f"{number}{draw(texts)}",
            tuple(draw(st.lists(texts, min_size=1, max_size=3))),
            draw(st.sampled_from(Kind)),
            draw(st.sampled_from(State)),
            draw(st.sampled_from([None, "x.html", "https://example.org/?a=1&b='\""])),
            draw(texts),
        )
        for number in range(count)
    )
    ends = st.integers(0, max(0, count - 1))
    edges = draw(
        st.lists(
            st.builds(
                lambda a, b, label, style, directed, remark: Edge(
                    nodes[a].id, nodes[b].id, label, style, directed, remark
                ),
                ends,
                ends,
                texts,
                st.sampled_from(Style),
                st.booleans(),
                texts,
            ),
            max_size=14 if count else 0,
        )
    )
    return Graph(nodes, tuple(edges), draw(texts), draw(st.sampled_from(Direction)))
