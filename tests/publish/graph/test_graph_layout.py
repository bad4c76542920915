"""Nothing overlaps, every edge leads down its layers and ends on borders, and time is bounded."""

from __future__ import annotations

import time
from itertools import combinations, pairwise

import pytest
from graph_examples import EVERYTHING, by_chance, graphs
from hypothesis import given, settings

from stemma.publish.graph import Direction, Edge, Graph, Kind, Node
from stemma.publish.graph.layout import Layout, lay_out
from stemma.publish.graph.layout.order import ordered
from stemma.publish.graph.layout.place import places
from stemma.publish.graph.layout.ranks import ranks, without_cycles
from stemma.publish.graph.text import width, wrap


def check(graph: Graph) -> Layout:
    layout = lay_out(graph)
    assert len(layout.boxes) == len(graph.nodes) and len(layout.routes) == len(graph.edges)
    for box in layout.boxes:
        assert box.x - box.width / 2 >= 0 and box.x + box.width / 2 <= layout.width
        assert box.y - box.height / 2 >= 0 and box.y + box.height / 2 <= layout.height
    for one, other in combinations(layout.boxes, 2):
        apart = max(
            abs(one.x - other.x) - (one.width + other.width) / 2, abs(one.y - other.y) - (one.height + other.height) / 2
        )
        assert apart > -1e-6
    boxes = dict(zip((node.id for node in graph.nodes), layout.boxes, strict=True))
    for edge, route in zip(graph.edges, layout.routes, strict=True):
        assert len(route.points) % 3 == 1
        for end, (x, y) in ((edge.source, route.points[0]), (edge.target, route.points[-1])):
            box = boxes[end]
            assert abs(x - box.x) <= box.width / 2 + 1e-6 and abs(y - box.y) <= box.height / 2 + 1e-6
        assert all(0 <= x <= layout.width and 0 <= y <= layout.height for x, y in route.points)
    return layout


@settings(max_examples=150)
@given(graphs())
def test_any_graph_has_a_sound_layout(graph: Graph) -> None:
    assert check(graph) == lay_out(graph)


@pytest.mark.parametrize("direction", Direction)
def test_everything_at_once(direction: Direction) -> None:
    check(Graph(EVERYTHING.nodes, EVERYTHING.edges, direction=direction))


@pytest.mark.parametrize(
    "graph",
    [by_chance(300, 400, 1, reach=40), by_chance(300, 400, 2), by_chance(300, 300, 3, reach=3)],
    ids=["tree-like", "tangled", "deep"],
)
def test_three_hundred_nodes_take_less_than_a_second(graph: Graph) -> None:
    began = time.process_time()
    check_time = lay_out(graph)
    assert time.process_time() - began < 1.0
    assert len(check_time.boxes) == 300


def test_many_long_edges_are_bounded_too() -> None:
    nodes = tuple(Node(str(n), (str(n),)) for n in range(300))
    chain = tuple(Edge(str(a), str(b)) for a, b in pairwise(range(300)))
    shortcuts = tuple(Edge("0", str(n)) for n in range(2, 300))
    began = time.process_time()
    check(Graph(nodes, chain + shortcuts))
    assert time.process_time() - began < 3.0


def test_what_came_first_stands_first() -> None:
    graph = Graph(tuple(Node(n, (n,)) for n in "abc"), (Edge("c", "b"), Edge("b", "a")))
    layout = lay_out(graph)
    assert layout.boxes[2].y < layout.boxes[1].y < layout.boxes[0].y
    assert layout.boxes[0].x == pytest.approx(layout.boxes[1].x) == pytest.approx(layout.boxes[2].x)


def test_a_wide_graph_runs_to_the_right() -> None:
    names = [f"upstream-{n}" for n in range(15)]
    graph = Graph(tuple(Node(n, (n,)) for n in [*names, "child"]), tuple(Edge(n, "child", "trained on") for n in names))
    layout = lay_out(graph)
    assert layout.width < 600
    assert layout.boxes[-1].x > max(box.x for box in layout.boxes[:-1])


def test_turned_edges_keep_their_arrow() -> None:
    graph = Graph(tuple(Node(n, (n,)) for n in "ab"), (Edge("a", "b"), Edge("b", "a")))
    layout = check(graph)
    forth, back = layout.routes
    assert forth.points[0][1] < forth.points[-1][1] and back.points[0][1] > back.points[-1][1]


def test_cycles_are_broken_at_one_edge() -> None:
    assert without_cycles(3, [(0, 1), (1, 2), (2, 0)]) == [(0, 1), (1, 2), (0, 2)]
    assert without_cycles(1, [(0, 0)]) == [(0, 0)]
    assert ranks(4, [(0, 1), (1, 2), (3, 2), (0, 0)]) == [0, 1, 2, 1]


def test_crossings_that_can_be_avoided_are() -> None:
    assert ordered([[0, 1], [2, 3]], [(0, 3), (1, 2)], [0, 1, 2, 3]) in ([[0, 1], [3, 2]], [[1, 0], [2, 3]])


def test_a_parent_stands_over_the_middle_of_its_children() -> None:
    where = places([[0], [1, 2, 3]], [(0, child, 1.0) for child in (1, 2, 3)], [10.0] * 4, 5.0)
    assert where[1:] == pytest.approx([5.0, 20.0, 35.0])
    assert where[0] == pytest.approx(20.0)


def test_labels_break_after_separators_and_never_grow_too_wide() -> None:
    lines = wrap("organisation/a-model-with-a-long-name-1.0.0", 13, 120, 4)
    assert "".join(lines) == "organisation/a-model-with-a-long-name-1.0.0"
    assert all(width(line, 13) <= 120 for line in lines)
    assert wrap("x" * 400, 13, 120, 2)[-1].endswith("…")
    assert wrap("", 13, 120, 2) == ("",)


def test_graphs_that_cannot_be_are_refused() -> None:
    node = Node("a", ("a",))
    with pytest.raises(ValueError, match="two nodes"):
        Graph((node, node))
    with pytest.raises(ValueError, match="no node"):
        Graph((node,), (Edge("a", "b"),))
    with pytest.raises(ValueError, match="no label"):
        Node("a", ())
    for link in ("javascript:alert(1)", "data:text/html,x", "//evil.example", "/etc", "ftp://x", " x"):
        with pytest.raises(ValueError, match="link"):
            Node("a", ("a",), Kind.MODEL, link=link)
