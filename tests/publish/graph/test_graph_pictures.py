"""SVG is well formed, accessible and inert, DOT is valid and inert, whatever the strings; both are reproducible."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from graph_examples import EVERYTHING, NASTY, graphs
from hypothesis import given, settings

from stemma.publish.graph import Edge, Graph, Kind, Node, State, Style, dot_document, svg_document, svg_element

SVG = "{http://www.w3.org/2000/svg}"
ALLOWED = {"svg", "title", "desc", "style", "g", "path", "text", "rect", "circle", "a"}
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def check(text: str) -> ElementTree.Element:
    assert not CONTROL.search(text) and "url(" not in text and "@import" not in text
    root = ElementTree.fromstring(text.encode())
    for element in root.iter():
        assert element.tag.removeprefix(SVG) in ALLOWED, element.tag
        for name, value in element.attrib.items():
            assert not name.startswith("on") and name != "style" and not name.startswith("{")
            assert name != "href" or re.match(r"https?://|[\w./-]+$", value)
    return root


@settings(max_examples=100)
@given(graphs())
def test_no_string_becomes_markup(graph: Graph) -> None:
    root = check(svg_document(graph))
    assert len(root.findall(f".//{SVG}path[@class='border']")) >= len(graph.nodes)


def test_the_picture_is_said_in_words() -> None:
    root = check(svg_document(EVERYTHING))
    assert root.get("role") == "group"
    assert root[0].tag == f"{SVG}title" and root[0].text == "Everything at once"
    said = root[1].text or ""
    assert "merged 0.9.0: merged, conflicting, the weights contradict it." in said
    assert "meta-llama/Llama-2-7b-hf 1.0.0 and sibling: common ancestor, measured." in said
    assert "alone: no relation." in said
    assert root.get("aria-labelledby") == root[0].get("id")


def test_a_picture_without_links_is_one_image() -> None:
    assert check(svg_document(Graph((Node("a", ("a",)),)))).get("role") == "img"


def test_the_key_holds_what_the_picture_uses() -> None:
    words = "".join(check(svg_document(EVERYTHING)).itertext())
    for word in [*Kind, *Style, State.ALERT, State.MISSING, State.WITHDRAWN, "way not known"]:
        assert str(word) in words
    plain = Graph((Node("a", ("a",)), Node("b", ("b",))), (Edge("a", "b"),))
    assert 'class="key"' not in svg_document(plain)


def test_every_distinction_has_a_form_besides_its_colour() -> None:
    picture = svg_document(EVERYTHING)
    sheet = picture[picture.index("<style>") : picture.index("</style>")]
    forms = {re.sub(r"[^{]*\{|(?:stroke|fill):var\([^)]*\);?|\}", "", rule) for rule in re.findall(
        r"\.graph \.(?:measured|confirmed|conflicting|unresolved)\{[^}]*\}", sheet
    )}  # fmt: skip
    assert len(forms) == 4
    for part in ("prefers-color-scheme:dark", "@media print", "focus-visible"):
        assert part in sheet


def test_the_same_graph_gives_the_same_bytes() -> None:
    assert svg_document(EVERYTHING) == svg_document(EVERYTHING)
    assert dot_document(EVERYTHING) == dot_document(EVERYTHING)
    assert str(svg_element(EVERYTHING, "up")) != str(svg_element(EVERYTHING, "down"))


def test_dot_uses_the_shapes_people_know() -> None:
    text = dot_document(EVERYTHING)
    for shape in ("box", "cylinder", "house", "parallelogram", "hexagon", "ellipse"):
        assert f'shape="{shape}"' in text
    assert 'n0 -> n1 [color="black:invis:black", label="adapter"' in text
    assert 'dir="none"' in text


def _graphviz(text: str, *options: str) -> bytes:
    dot = shutil.which("dot")
    if dot is None:
        pytest.skip("Graphviz is not installed")
    done = subprocess.run([dot, *options], input=text.encode(), capture_output=True, check=False, timeout=60)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()
    return done.stdout


def test_graphviz_reads_it(tmp_path: Path) -> None:
    drawn = _graphviz(dot_document(EVERYTHING), "-Tsvg").decode()
    assert drawn.count('class="node"') == 8 and drawn.count('class="edge"') == 10


@pytest.mark.parametrize("attack", NASTY)
def test_graphviz_sees_nasty_strings_as_text(attack: str) -> None:
    graph = Graph(
        (Node(attack, (attack, attack), remark=attack), Node("b", (attack,), Kind.DATASET, State.MISSING)),
        (Edge(attack, "b", attack, remark=attack),),
        attack,
    )
    drawn = _graphviz(dot_document(graph), "-Tsvg").decode()
    assert drawn.count('class="node"') == 2 and drawn.count('class="edge"') == 1
    root = ElementTree.fromstring(drawn)
    assert not any(element.tag.endswith(("script", "img", "b")) for element in root.iter())
