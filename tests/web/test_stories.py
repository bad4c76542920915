"""The three stories of the README, clicked through in a real browser, over SQLite and over PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stemma.records import parse_record
from stemma.web import WebSettings, create_app
from tests.real.conftest import minilm
from tests.registry.backends import Backend
from tests.registry.conftest import kept, postgres
from tests.web.driver import Browser, browser
from tests.web.serving import serving
from tests.web.stories import DATA, SCRATCH, Stage, set_up

__all__ = ["kept", "minilm", "postgres"]
pytestmark = [pytest.mark.slow, pytest.mark.parametrize("kept", ["sqlite", "postgresql"], indirect=True)]


@pytest.fixture(scope="module")
def stage(minilm: Path, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    assert minilm.is_dir()
    return set_up(tmp_path_factory.mktemp("stage"))


@pytest.fixture
def home(kept: Backend, stage: Stage) -> Iterator[str]:
    """The address of a server over the stories' registry."""
    stage.moved_to(kept.url)
    with serving(create_app(WebSettings(kept.url, catalog=stage.catalog, rate=0))) as client:
        yield str(client.base_url)


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path / "browser") as found:
        yield found
        assert found.said == []


def searched(page: Browser, words: str) -> None:
    """Jump to the search by its key, type, and open the first thing found."""
    page.press("/")
    page.wait("document.activeElement.id === 'q'")
    page.type(words)
    page.wait(f"document.querySelector('#found li > a')?.innerText.toLowerCase().startsWith('{words[:4]}')")
    page.wait("!document.querySelector('.htmx-request')")
    page.press("ArrowDown")
    page.wait("document.activeElement.matches('#found li > a')")
    page.run("window.left = true")
    page.press("Enter")
    page.wait("!window.left && document.readyState === 'complete'")


def test_every_other_layer_is_gone_and_it_is_still_the_same_model(page: Browser, home: str) -> None:
    page.open(home)
    searched(page, "ours")
    page.follow("with minilm@1.0.0")
    told = page.text
    assert "LINKED" in told.upper()
    assert "structural modification with weight inheritance (M6)" in told
    assert "18 of 18 matrices of the mapped layers are equal" in told
    assert "Layer by layer" in told and "What was not looked at" in told
    assert "Which layer goes with which" in told
    titles = page.run("[...document.querySelectorAll('svg title')].map(e => e.textContent)")
    assert [title for title in titles if "no partner" in title] == [f"encoder.{n}: no partner" for n in (1, 3, 5)]


def test_a_fingerprint_finds_its_parent_and_what_was_found_is_declared(page: Browser, home: str, stage: Stage) -> None:
    page.open(home)
    page.follow("Scan")
    page.choose("input[type=file]", stage.folder / "ours.stemma")
    page.follow("Scan", within="form")
    assert "1 of 1 candidates are linked." in page.text
    page.run("document.querySelector('input[name=name]').focus()")
    page.type("ours-too")
    page.click("Draft")
    record = parse_record(page.downloaded("ours-too-draft.yaml").read_text("utf-8"))
    (relation,) = record.relations
    assert (relation.kind, str(relation.target)) == ("pruned-from", "minilm@^1.0.0")
    assert "evidence sha256:" in relation.evidence[0].note


def test_the_card_says_from_scratch_and_the_weights_say_otherwise(page: Browser, home: str) -> None:
    page.open(home)
    searched(page, "ours")
    assert SCRATCH in page.text
    page.follow("Lineage explorer")
    page.wait("document.getElementById('explorer').dataset.ready")
    assert page.run("document.getElementById('told').innerText") == "2 nodes, 1 edge"
    page.follow("measured")
    assert "structural modification with weight inheritance (M6)" in page.text
    page.open(f"{home}/records/ours/1.0.0")
    notice = f"[...document.querySelectorAll('a')].find(e => e.innerText.includes('{SCRATCH}')).innerText"
    page.follow(page.run(notice))
    assert "ours@1.0.0 is possibly affected by backdoor" in page.text
    assert "M6\tmeasured\tE2" in page.run("document.querySelector('table').innerText")


def test_an_advisory_finds_everyone_below_and_leaves_alone_who_was_measured(page: Browser, home: str) -> None:
    page.open(home)
    page.follow("Advisories")
    page.follow("The data hold images of abuse.")
    assert DATA in page.text and "3 surely affected, 0 possibly." in page.text
    page.wait("[...document.querySelectorAll('details')].every(e => e.open)")
    told = page.text
    assert "rrt-mil@1.0.0" in told and "judged" not in told
    page.follow("rrt-mil@1.0.0")
    assert DATA in page.text
    page.open(f"{home}/records/judged/1.0.0")
    assert DATA not in page.text
