"""Records are found by words alike on every backend."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.identity import Version
from stemma.registry import Query, Registry
from stemma.registry.search import split, words_of
from tests.registry.texts import text


def _about(title: str, publisher: str = "", licence: str = "", risk: str = "") -> str:
    lines = ["about:", f"  title: '{title}'"]
    lines += [f"  publisher: {publisher}"] if publisher else []
    lines += [f"  licenses: [{licence}]"] if licence else []
    lines += [f"risks: {{{risk}: true}}"] if risk else []
    return "\n".join(lines) + "\n"


@pytest.fixture
def filled(registry: Registry) -> Registry:
    """Some records, one of them in two versions."""
    with registry.transaction():
        registry.records.put(text("llama2-7b", more=_about("Llama 2 7B", "Meta AI", "LicenseRef-llama2")))
        registry.records.put(text("llama2-7b", "1.1.0", more=_about("Llama 2, seven billion", "Meta AI")))
        registry.records.put(text("llama", more=_about("LLaMA", "Meta AI")))
        registry.records.put(text("plip", more=_about("PLIP: Pathologie für alle", "Stanford", "MIT")))
        registry.records.put(text("laion-5b", more=_about("LAION-5B", "LAION e.V.", "CC-BY-4.0", "csam")))
        registry.records.put(text("alpaca", more=_about("Alpaca, a child of llama", "Stanford")))
    return registry


def test_every_version_that_fits_is_found_by_what_it_is_known_for(filled: Registry) -> None:
    hub = {"hubs": "identity:\n  hubs:\n    - {hub: huggingface, id: Stan-Labs/clip}\n"}["hubs"]
    filled.records.put(text("clip", more=hub))
    told = {
        "meta ai": ["llama2-7b@1.0.0", "llama2-7b@1.1.0", "llama@1.0.0"],
        "Stanford": ["alpaca@1.0.0", "plip@1.0.0"],
        "stan-labs": ["clip@1.0.0"],
        "stan": [],
        "meta": [],
    }
    assert {owner: list(filled.search.keys(Query(owner=owner))) for owner in told} == told
    assert list(filled.search.keys(Query(licence="mit"))) == ["plip@1.0.0"]
    assert list(filled.search.keys(Query("lla"))) == ["alpaca@1.0.0", *told["meta ai"]]
    assert len(filled.search.keys(Query())) == 7
    filled.records.remove("plip", Version.parse("1.0.0"))
    assert list(filled.search.keys(Query(owner="stanford"))) == ["alpaca@1.0.0"]


ASKED: tuple[tuple[Query, list[str]], ...] = (
    (Query(), ["alpaca", "laion-5b", "llama", "llama2-7b", "plip"]),
    (Query("llama"), ["llama", "llama2-7b", "alpaca"]),
    (Query("LLA"), ["llama", "llama2-7b", "alpaca"]),
    (Query("seven meta"), ["llama2-7b"]),
    (Query("licenseref"), []),  # only the version before the newest says so
    (Query("stanford"), ["alpaca", "plip"]),
    (Query("für"), ["plip"]),
    (Query("FU\u0308R"), ["plip"]),
    (Query("laion-5b"), ["laion-5b"]),
    (Query(risk="csam"), ["laion-5b"]),
    (Query("lai", risk="csam", licence="CC-BY-4.0"), ["laion-5b"]),
    (Query(licence="mit"), ["plip"]),
    (Query(type="dataset"), []),
    (Query("nothing-like-it"), []),
    (Query("' OR 1=1 -- \" * & | : ! ( )"), []),
    (Query("%_"), ["alpaca", "laion-5b", "llama", "llama2-7b", "plip"]),
)


def test_words_find_records(filled: Registry) -> None:
    for query, names in ASKED:
        page = filled.search.find(query)
        assert (query, [found.name for found in page.found]) == (query, names)
        assert (page.total, page.complete) == (len(names), True)


def test_a_found_record_is_the_newest_usable_version(filled: Registry) -> None:
    (found,) = filled.search.find(Query("seven")).found
    assert (found.key, found.versions, found.facts.title) == ("llama2-7b@1.1.0", 2, "Llama 2, seven billion")


def test_pages_follow_one_another(filled: Registry) -> None:
    whole = [found.name for found in filled.search.find(Query()).found]
    parts = [filled.search.find(Query(), offset=at, limit=2) for at in (0, 2, 4, 6)]
    assert [found.name for part in parts for found in part.found] == whole


def test_what_was_taken_out_or_replaced_is_not_found(filled: Registry) -> None:
    from stemma.identity import Version

    filled.records.remove("plip", Version.parse("1.0.0"))
    filled.records.put(text("llama", more=_about("Renamed")), replace=True)
    assert filled.search.find(Query("pathologie")).found == ()
    assert [found.name for found in filled.search.find(Query("renamed")).found] == ["llama"]
    assert filled.search.find(Query("LLaMA", licence="x")).found == ()


def test_what_was_made_of_a_name_is_told_in_part_and_counted(registry: Registry) -> None:
    with registry.transaction():
        registry.records.put(text("base"))
        for number in range(5):
            registry.records.put(text(f"child-{number}", relations=(("finetuned-from", "base@^1.0.0"),)))
    edges, count = registry.search.made_of("base", 2)
    assert ([edge.key for edge in edges], count) == (["child-0@1.0.0", "child-1@1.0.0"], 5)
    assert registry.search.made_of("nobody", 2) == ([], 0)


@given(st.text(max_size=60))
def test_words_hold_nothing_that_a_database_could_mistake(written: str) -> None:
    assert all(word.isalnum() for word in split(written))
    words = words_of({"name": "a", "type": "model", "about": {"title": written}}, ())
    assert set(words.split(" ")) == {"type_model", "a", *split(written)}
