"""The lineage explorer under a user's hands: clicks on its canvas, its buttons, its files, its address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from stemma.registry.sql import SqlRegistry, load_lines
from stemma.web import WebSettings, create_app
from tests.registry.backends import made_ready
from tests.web.driver import Browser, browser
from tests.web.serving import serving

pytestmark = pytest.mark.slow
CROWD = 4_999
BASE = {"stemma": 1, "name": "base", "version": "1.0.0", "type": "model"}
NOW = "performance.now()"
BOX = "document.getElementById('explorer')"
GRAPH = "document.getElementById('explorer')._cyreg.cy"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("explorer")) as found:
        yield found


@pytest.fixture(scope="module")
def home(place: Path) -> Iterator[str]:
    with serving(create_app(WebSettings(str(place), rate=0))) as client:
        yield str(client.base_url)


def explore(page: Browser, address: str) -> None:
    page.open(address)
    page.wait("document.getElementById('explorer').dataset.ready")


def click_node(page: Browser, key: str, times: int = 1) -> None:
    """Click the middle of a node, where the canvas has drawn it."""
    x, y = page.run(
        f"(() => {{ const box = document.getElementById('explorer'); box.scrollIntoView({{block: 'center'}});"
        f" const at = {GRAPH}.getElementById('{key}').renderedPosition(), r = box.getBoundingClientRect();"
        " return [r.x + at.x, r.y + at.y] })()"
    )
    page.click_at(x, y, times)
    page.wait(f"document.querySelector('#panel [data-told]').innerText.startsWith('{key}')")


def shown(page: Browser) -> set[str]:
    return set(page.run(f"{GRAPH}.nodes().map(n => n.id())"))


def told(page: Browser) -> str:
    return str(page.run("document.getElementById('told').innerText"))


def test_a_node_is_expanded_and_collapsed_and_the_address_keeps_it(page: Browser, home: str) -> None:
    explore(page, f"{home}/lineage?root=plip")
    before = shown(page)
    assert "webimagetext@1.0.0" not in before and "clip@1.0.0" in before
    click_node(page, "clip@1.0.0")
    assert page.run("document.querySelector('#panel a').getAttribute('href')") == "/records/clip/1.0.0"
    page.click("Expand")
    page.wait(f"{GRAPH}.getElementById('webimagetext@1.0.0').length")
    grown = shown(page)
    assert before < grown and "open=clip%401.0.0" in page.address
    explore(page, page.address)
    assert shown(page) == grown, "what was sent to somebody shows the same"
    click_node(page, "clip@1.0.0")
    page.click("Collapse")
    page.wait(f"!{GRAPH}.getElementById('webimagetext@1.0.0').length")
    assert shown(page) == before and "open=" not in page.address


def test_a_double_click_expands_and_collapses(page: Browser, home: str) -> None:
    explore(page, f"{home}/lineage?root=plip")
    before = shown(page)
    click_node(page, "clip@1.0.0", times=2)
    page.wait(f"{GRAPH}.nodes().length > {len(before)}")
    click_node(page, "clip@1.0.0", times=2)
    page.wait(f"{GRAPH}.nodes().length === {len(before)}")


def test_depth_is_chosen_in_the_form(page: Browser, home: str) -> None:
    explore(page, f"{home}/lineage?root=plip")
    near = shown(page)
    page.run("document.querySelector('select[name=up]').focus()")
    page.press("3")
    page.follow("Show")
    page.wait("document.getElementById('explorer').dataset.ready")
    assert "up=3" in page.address and near < shown(page)


def test_the_way_between_two_nodes_is_lit_and_can_be_put_out(page: Browser, home: str) -> None:
    explore(page, f"{home}/lineage?root=plip&up=2")
    click_node(page, "webimagetext@1.0.0")
    page.click("Way from here")
    assert "choose the other end" in told(page)
    click_node(page, "plip@1.0.0")
    page.click("Way to here")
    page.wait(f"{GRAPH}.elements('.way').length")
    assert told(page) == "One way leads between webimagetext@1.0.0 and plip@1.0.0."
    way = page.run(f"{GRAPH}.nodes('.way').map(n => n.id())")
    assert sorted(way) == ["clip@1.0.0", "plip@1.0.0", "webimagetext@1.0.0"]
    assert page.run(f"{GRAPH}.elements('.dim').length") > 0
    explore(page, page.address)
    page.wait(f"{GRAPH}.elements('.way').length")
    page.click("Clear the way")
    page.wait(f"!{GRAPH}.elements('.way, .dim').length")
    assert "from=" not in page.address


def test_another_node_becomes_the_middle(page: Browser, home: str) -> None:
    explore(page, f"{home}/lineage?root=plip")
    click_node(page, "clip@1.0.0")
    page.follow("Centre here")
    page.wait("document.getElementById('explorer').dataset.ready")
    assert page.run(f"{GRAPH}.nodes('.root').map(n => n.id())") == ["clip@1.0.0"]


def test_the_picture_is_kept_as_png_and_as_svg(page: Browser, home: str) -> None:
    explore(page, f"{home}/lineage?root=plip&open=clip%401.0.0")
    page.click("PNG")
    picture = page.downloaded("lineage-plip*.png").read_bytes()
    assert picture.startswith(b"\x89PNG") and len(picture) > 10_000
    page.click("SVG")
    text = page.downloaded("lineage*.svg").read_text(encoding="utf-8")
    assert ET.fromstring(text).tag.endswith("svg") and "Web Image Text" in text


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that holds a base with very many descendants."""
    url = f"sqlite:///{tmp_path_factory.mktemp('crowd')}/crowd.db"
    made_ready(url)
    common = {"stemma": 1, "version": "1.0.0", "type": "model"}
    relation = {"relations": [{"kind": "finetuned-from", "target": "base"}]}
    children = [common | {"name": f"child-{number:04}"} | relation for number in range(CROWD)]
    registry = SqlRegistry(url, lambda: "2026-03-01T12:00:00Z", "tests")
    load_lines(registry.database, registry.audit, [json.dumps(each).encode() for each in (BASE, *children)])
    registry.close()
    with serving(create_app(WebSettings(url, rate=0))) as client:
        explore_at = f"{client.base_url}/lineage?root=base&up=0"
        yield explore_at


def mouse(page: Browser, kind: str, x: float, y: float, **more: object) -> None:
    page.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)


def test_five_thousand_nodes_are_drawn_moved_and_chosen(page: Browser, crowd: str) -> None:
    explore(page, crowd)
    assert told(page) == f"{CROWD + 1:,} nodes, {CROWD:,} edges" and page.run(f"{BOX}.dataset.drawnBy") == "crowd"
    left, top = page.run(f"({BOX}.scrollIntoView(), (r => [r.x, r.y])({BOX}.getBoundingClientRect()))")
    before = page.run(f"{BOX}.view.at('base@1.0.0')")
    moments = []
    mouse(page, "mousePressed", left + 300, top + 200, button="left", clickCount=1)
    for step in range(1, 31):
        mouse(page, "mouseMoved", left + 300 + 2 * step, top + 200 + step, button="left", buttons=1)
        moments.append(page.run(f"new Promise(r => requestAnimationFrame(() => setTimeout(() => r({NOW}))))"))
    mouse(page, "mouseReleased", left + 360, top + 230, button="left", clickCount=1)
    after = page.run(f"{BOX}.view.at('base@1.0.0')")
    assert (round(after["x"] - before["x"]), round(after["y"] - before["y"])) == (60, 30)
    assert sorted(b - a for a, b in pairwise(moments))[15] < 250, "milliseconds a move"
    x, y = left + after["x"], top + after["y"]
    near = f"{BOX}.view.at('child-0001@1.0.0').x - {BOX}.view.at('child-0000@1.0.0').x"
    apart = page.run(near)
    mouse(page, "mouseWheel", x, y, deltaX=0, deltaY=-200)
    assert page.wait(f"Math.abs({near}) > 1.2 * Math.abs({apart})")
    page.click_at(x, y)
    page.wait("document.querySelector('#panel [data-told]').innerText.startsWith('base@1.0.0')")
    page.click("Fit")
    page.run(f"{BOX}.focus()")
    fitted = page.run(f"{BOX}.view.at('base@1.0.0')")
    page.press("ArrowDown")
    assert page.wait(f"{BOX}.view.at('base@1.0.0').y === {fitted['y']} - 40")
    page.click("PNG")
    assert page.downloaded("lineage-base*.png").read_bytes().startswith(b"\x89PNG")


def test_nothing_was_complained_of(page: Browser) -> None:
    assert page.said == []
