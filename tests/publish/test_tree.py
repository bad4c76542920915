"""The family graph in every form: schema, words, escaping, determinism."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from stemma.publish.schemas import load_schema
from stemma.publish.tree_graph import tree_dot, tree_page, tree_svg
from stemma.publish.tree_json import tree_document
from stemma.publish.tree_model import EdgeKind, TreeEdge, TreeModel, TreeReport
from stemma.publish.tree_terminal import render_tree
from stemma.vocabulary import Mechanism

EVIL = '<script>alert("x")</script>'
REPORT = TreeReport(
    (TreeModel("./base", 1), TreeModel("./tuned", 1), TreeModel(EVIL, 1), TreeModel("./lost", 2, "nothing there")),
    (
        TreeEdge("./base", "./tuned", EdgeKind.DERIVATION, True, Mechanism.M2, True, ("Because.",), -120.0, 0.04),
        TreeEdge("./tuned", EVIL, EdgeKind.MERGE, False, Mechanism.M9, False, (EVIL,), None, None),
    ),
    pairs=3,
    linked=2,
)


def test_the_document_follows_its_schema() -> None:
    document = tree_document(REPORT)
    Draft202012Validator(load_schema("stemma.tree/1")).validate(document)
    assert [e["directed"] for e in document["edges"]] == [True, False]  # type: ignore[index,union-attr,call-overload]
    assert document["families"] == 1


@pytest.mark.parametrize("render", [tree_svg, tree_page])
def test_names_cannot_become_markup(render) -> None:  # type: ignore[no-untyped-def]
    text = render(REPORT)
    assert "<script" not in text and "&lt;script" in text
    assert text == render(REPORT)


def test_the_picture_is_well_formed() -> None:
    root = ElementTree.fromstring(tree_svg(REPORT))
    assert root.tag.endswith("svg")
    assert '"./base"' in tree_dot(REPORT)


def test_the_terminal_shows_tree_edges_and_failures() -> None:
    buffer = io.StringIO()
    render_tree(REPORT, Console(file=buffer, width=120))
    text = buffer.getvalue()
    assert "→ tuned  [M2]" in text and "– " in text and "nothing there" in text
