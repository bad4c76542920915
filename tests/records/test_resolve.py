"""Inheritance: one linear order, origins that are true, circles and gaps refused with their path."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemma.errors import UnresolvedRecord
from stemma.identity import Missing, parse_requirement
from stemma.records import (
    MemorySource,
    Record,
    RecordSource,
    ResolvedRecord,
    Resolver,
    choose,
    parse_record,
    record_from_data,
    require,
)
from stemma.vocabulary import RelationKind


def record(name: str, *relations: tuple[str, str], version: str = "1.0.0", kind: str = "model", **rest: Any) -> Record:
    edges = [{"kind": each, "target": target} for each, target in relations]
    data = {"stemma": 1, "name": name, "version": version, "type": kind, **rest}
    return record_from_data({**data, "relations": edges} if edges else data, f"{name}.yaml")


def resolve(top: Record, *others: Record) -> ResolvedRecord:
    return Resolver(MemorySource([top, *others])).resolve(top)


def test_a_value_comes_from_the_nearest_that_has_it() -> None:
    old = record("old", about={"architecture": "llama", "languages": ["en"], "description": "The old one."})
    middle = record("middle", ("finetuned-from", "old"), about={"architecture": "llama, wider"})
    top = record("top", ("quantised-from", "middle@^1.0.0"))
    done = resolve(top, middle, old)
    assert done.order == ("top@1.0.0", "middle@1.0.0", "old@1.0.0")
    assert (done.get("about.architecture"), done.origin("about.architecture").record) == (
        "llama, wider",
        "middle@1.0.0",
    )  # type: ignore[union-attr]
    assert done.origin("about.languages").file == "old.yaml"  # type: ignore[union-attr]
    assert done.get("about.description") is None  # said of one piece of work, which a fine-tune is not
    assert done.inherited("about.languages") and done.record.get("about.languages") is None


def test_a_model_inherits_no_description_from_its_data_but_its_risks() -> None:
    data = record("laion", kind="dataset", about={"description": "Pairs.", "languages": ["en"]}, risks={"csam": True})
    bench = record("bench", kind="benchmark", risks={"nsfw": True})
    done = resolve(record("plip", ("trained-on", "laion"), ("evaluated-on", "bench")), data, bench)
    assert set(done.fields) == {"risks.csam"}
    assert done.order == ("plip@1.0.0", "laion@1.0.0")
    assert [edge.target_key for edge in done.edges] == ["laion@1.0.0", "bench@1.0.0"]


def test_in_a_diamond_the_child_speaks_before_its_parent() -> None:
    root = record("root", about={"architecture": "old"})
    left = record("left", ("finetuned-from", "root"))
    right = record("right", ("finetuned-from", "root"), about={"architecture": "new"})
    done = resolve(record("top", ("merged-from", "left"), ("merged-from", "right")), left, right, root)
    assert done.order == ("top@1.0.0", "left@1.0.0", "right@1.0.0", "root@1.0.0")
    assert done.get("about.architecture") == "new"


def test_null_takes_away_and_plus_appends() -> None:
    base = record("base", about={"languages": ["en"], "licenses": ["mit"]}, risks={"bias": True})
    about = {"+languages": ["de"], "licenses": None}
    middle = record("middle", ("finetuned-from", "base"), about=about, risks={"bias": None})
    done = resolve(record("top", ("finetuned-from", "middle"), about={"+languages": ["fr"]}), middle, base)
    assert done.get("about.languages") == ["en", "de", "fr"]
    assert [item.record for item in done.fields["about.languages"].items] == ["base@1.0.0", "middle@1.0.0", "top@1.0.0"]
    assert (done.get("about.licenses"), done.get("risks.bias")) == (None, None)
    assert done.origin("about.licenses") is None and done.fields["about.licenses"].unset
    assert done.document()["about"] == {"languages": ["en", "de", "fr"]}
    assert "risks" not in done.document()


def test_a_merge_is_under_the_terms_of_all_and_has_the_risks_of_any() -> None:
    one = record("one", about={"licenses": ["mit", "x"]}, risks={"bias": False})
    two = record("two", about={"licenses": ["x", "gpl-3.0"]}, risks={"bias": {"present": True, "note": "Seen."}})
    done = resolve(record("top", ("merged-from", "one"), ("merged-from", "two")), one, two)
    assert done.get("about.licenses") == ["mit", "x", "gpl-3.0"]
    assert [o.record for o in done.fields["about.licenses"].items] == ["one@1.0.0", "one@1.0.0", "two@1.0.0"]
    assert (done.get("risks.bias"), done.origin("risks.bias").record) == (
        {"present": True, "note": "Seen."},
        "two@1.0.0",
    )  # type: ignore[union-attr]


def test_a_family_speaks_for_its_members() -> None:
    about = {"description": "A family.", "architecture": "transformer"}
    family = record("family", kind="family", about=about, surveys={"fmti-2023": {"wages": True}})
    done = resolve(record("member", ("variant-of", "family")), family)
    assert done.get("about.description") == "A family."
    assert done.get("surveys.fmti-2023.wages") is True
    data = resolve(record("data", ("variant-of", "family"), kind="dataset"), family)
    assert data.get("about.architecture") is None  # a data set has none


def test_circles_and_missing_parents_are_refused_with_their_path() -> None:
    a, b = record("a", ("finetuned-from", "b")), record("b", ("copy-of", "c@^1.0.0"))
    c = record("c", ("quantised-from", "a"))
    with pytest.raises(UnresolvedRecord, match=r"circle\. \(a@1.0.0 -> b@1.0.0 -> c@1.0.0 -> a@1.0.0\)"):
        resolve(a, b, c)
    with pytest.raises(
        UnresolvedRecord, match=r"no record of that name\. \(a@1.0.0 -> b@1.0.0 -> c@\^1.0.0\)"
    ) as caught:
        resolve(a, b)
    assert caught.value.path == ("a@1.0.0", "b@1.0.0", "c@^1.0.0")
    old = record("c", version="0.9.0")
    with pytest.raises(UnresolvedRecord, match=r"there are versions 0\.9\.0"):
        resolve(a, b, old)
    reported = Resolver(MemorySource([a, b]), dangling="report").resolve(b)
    assert [str(edge.relation.target) for edge in reported.missing] == ["c@^1.0.0"]
    assert isinstance(reported.edges[0].target, Missing)


def test_a_model_may_descend_from_an_earlier_version_of_itself() -> None:
    first = record("a", about={"architecture": "x"})
    second = record("a", ("continued-from", "a@^1.0.0"), version="2.0.0")
    done = resolve(second, first)
    assert (done.order, done.get("about.architecture")) == (("a@2.0.0", "a@1.0.0"), "x")


def test_a_long_chain_needs_no_recursion() -> None:
    chain = [record("m0", about={"architecture": "x"})]
    chain += [record(f"m{n}", ("finetuned-from", f"m{n - 1}")) for n in range(1, 1500)]
    assert resolve(chain[-1], *chain).get("about.architecture") == "x"


class Reversed:
    """A source that lists its versions the other way round."""

    def __init__(self, source: RecordSource) -> None:
        self._source = source

    def versions(self, name: str) -> Any:
        return tuple(reversed(self._source.versions(name)))

    def get(self, name: str, version: Any) -> Record:
        return self._source.get(name, version)


@st.composite
def forests(draw: st.DrawFn) -> list[Record]:
    """Records without circles: each may inherit from earlier ones, in any kind that a model can."""
    kinds = st.sampled_from(["finetuned-from", "merged-from", "composed-from", "quantised-from", "distilled-from"])
    found: list[Record] = []
    for number in range(draw(st.integers(1, 8))):
        parents = draw(st.lists(st.integers(0, number - 1), unique=True, max_size=3)) if number else []
        edges = [(draw(kinds), f"m{parent}") for parent in parents]
        about = {
            key: draw(value)
            for key, value in {
                "architecture": st.sampled_from(["a", "b", None]),
                "licenses": st.lists(st.sampled_from(["mit", "gpl", "x"]), max_size=2, unique=True),
                "+languages": st.lists(st.sampled_from(["en", "de", "fr"]), max_size=2, unique=True),
            }.items()
            if draw(st.booleans())
        }
        risks = draw(st.dictionaries(st.sampled_from(["bias", "csam"]), st.booleans() | st.none(), max_size=2))
        rest = {key: value for key, value in {"about": about, "risks": risks}.items() if value}
        found.append(record(f"m{number}", *edges, **rest))
    return found


@settings(max_examples=150)
@given(forests(), st.randoms(use_true_random=False))
def test_laws_of_inheritance(records: list[Record], random: Any) -> None:
    by_key = {each.key: each for each in records}
    resolved = {each.key: Resolver(MemorySource(records)).resolve(each) for each in records}
    shuffled = list(records)
    random.shuffle(shuffled)
    together = Resolver(Reversed(MemorySource(shuffled)))
    for each in shuffled:
        done = resolved[each.key]
        assert together.resolve(each) == done  # neither the order of asking nor of listing matters
        assert done.order[0] == each.key
        place = {key: rank for rank, key in enumerate(done.order)}
        for key in done.order:
            for parent in by_key[key].relations:
                assert place[key] < place[f"{parent.target.name}@1.0.0"]
        for path, field in done.fields.items():
            origin = by_key[field.origin.record]
            assert path in origin.leaves and origin.key in place
            if path in each.leaves:
                assert origin is each
            if not field.items and not field.unset:
                assert field.value == origin.leaves[path].value
            for item, where in zip(field.value, field.items, strict=True) if field.items else ():
                written = by_key[where.record].leaves[path].value
                assert isinstance(written, list) and item in written
        assert dict(each.data) == dict(by_key[each.key].data)  # nothing was written back


@given(forests())
def test_the_resolved_document_inherits_nothing_new(records: list[Record]) -> None:
    done = Resolver(MemorySource(records)).resolve(records[-1])
    document = done.document()
    document.pop("relations", None)
    alone = record_from_data(document)
    assert {path: leaf.value for path, leaf in alone.leaves.items()} == {
        path: field.value for path, field in done.fields.items() if not field.unset
    }


def source(*versions: tuple[str, str]) -> MemorySource:
    return MemorySource(
        record_from_data({"stemma": 1, "name": "a", "version": version, "type": "model", "status": {"state": state}})
        for version, state in versions
    )


@pytest.mark.parametrize(
    ("asked", "prereleases", "found"),
    [
        ("a", False, "1.10.0"),
        ("a", True, "2.0.0-rc.1"),
        ("a@^1.0.0", False, "1.10.0"),
        ("a@^1.0.0", True, "1.10.0"),
        ("a@<1.10.0", False, "1.9.0"),
        ("a@>=2.0.0-rc.0", False, "2.0.0-rc.1"),
        ("a@2.0.0-rc.1", False, "2.0.0-rc.1"),
        ("a@1.11.0", False, "1.11.0"),
        ("a@>=1.11.0", False, None),
        ("a@~1.9.0 !=1.9.0", False, None),
        ("b", False, None),
    ],
)
def test_the_newest_match_by_semantic_version(asked: str, prereleases: bool, found: str | None) -> None:
    states = [
        ("1.9.0", "deprecated"),
        ("1.10.0", "active"),
        ("1.11.0", "yanked"),
        ("2.0.0-rc.1", "active"),
        ("1.2.0", "active"),
    ]
    records = source(*states)
    chosen = choose(records, parse_requirement(asked), prereleases=prereleases)
    assert (chosen and str(chosen.version)) == found
    if found is None:
        with pytest.raises(UnresolvedRecord, match="No record fits"):
            require(records, parse_requirement(asked), by="top@1.0.0")


def test_of_equal_versions_the_greatest_build_is_taken() -> None:
    chosen = choose(
        source(("1.0.0+a", "active"), ("1.0.0+b", "active"), ("1.0.0", "active")), parse_requirement("a@1.0.0")
    )
    assert chosen is not None and str(chosen.version) == "1.0.0+b"


def test_origins_have_lines() -> None:
    base = parse_record(
        'stemma: 1\nname: base\nversion: "1.0.0"\ntype: model\nabout:\n  architecture: x\n', "base.yaml"
    )
    done = resolve(record("top", ("finetuned-from", "base")), base)
    origin = done.origin("about.architecture")
    assert origin is not None and (origin.file, origin.line) == ("base.yaml", 6)


def test_every_inheriting_kind_passes_on_what_the_table_says() -> None:
    for kind in RelationKind:
        base = record("base", about={"architecture": "x"}, risks={"csam": True})
        edges = [(kind.value, "base")]
        if kind in (RelationKind.DRAWN_FROM, RelationKind.GENERATED_BY):
            top = record("top", *edges, kind="dataset")
        else:
            top = record("top", *edges)
        done = resolve(top, base)
        definition = done.edges[0].relation.definition
        assert ("risks.csam" in done.fields) == ("risk" in definition.passes)
        assert ("about.architecture" in done.fields) == ("build" in definition.passes)
