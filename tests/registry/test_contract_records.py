"""What every registry promises of records and of the graph that they declare."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from stemma.errors import InputError, InvalidRecord
from stemma.identity import Range, Requirement, Version
from stemma.records import MemorySource, Resolver, choose, record_from_data
from stemma.registry import Held, Registry, admitted, newest
from stemma.registry.sql import Database, SqlRegistry
from stemma.registry.sql.database import Query
from stemma.vocabulary import RecordType, RelationKind
from stemma.vocabulary.relations import Side
from tests.registry.backends import Backend
from tests.registry.texts import text
from tests.registry.values import ruling

V1 = Version.parse("1.0.0")


def test_a_record_is_found_again_as_it_was_written(registry: Registry) -> None:
    written = text("base", more="about: {title: Base é}  # kept\n")
    record = registry.records.put(written)
    assert registry.records.get("base", V1) == record
    assert registry.records.text("base", V1) == written
    assert list(registry.records.names()) == ["base"]
    registry.records.put(text("base", "1.10.0"))
    registry.records.put(text("a", "1.9.0"))
    assert [(name, str(version), read) for name, version, read in registry.records.texts()] == [
        ("a", "1.9.0", text("a", "1.9.0")), ("base", "1.0.0", written), ("base", "1.10.0", text("base", "1.10.0"))
    ]  # fmt: skip


def test_versions_come_in_the_order_of_versions(registry: Registry) -> None:
    for version in ("1.10.0", "1.9.0", "1.10.0-rc.1"):
        registry.records.put(text("base", version))
    assert [str(v) for v in registry.records.versions("base")] == ["1.9.0", "1.10.0-rc.1", "1.10.0"]


def test_what_is_not_there_is_a_key_error(registry: Registry) -> None:
    assert list(registry.records.versions("nothing")) == []
    for look in (registry.records.get, registry.records.text, registry.records.remove):
        with pytest.raises(KeyError):
            look("nothing", V1)
    registry.records.put(text("base"))
    with pytest.raises(KeyError):
        registry.records.get("base", Version.parse("2.0.0"))


def test_published_content_does_not_change_in_silence(registry: Registry) -> None:
    registry.records.put(text("base"))
    registry.records.put(text("base"))
    changed = text("base", more="about: {title: Other}\n")
    with pytest.raises(InputError, match=r"base@1\.0\.0 is there already"):
        registry.records.put(changed)
    assert registry.records.put(changed, replace=True).title == "Other"
    assert registry.records.get("base", V1).title == "Other"
    assert [entry.action for entry in registry.audit.entries()] == ["record.put", "record.replace"]


def test_a_bad_record_is_not_written(registry: Registry) -> None:
    with pytest.raises(InvalidRecord):
        registry.records.put("stemma: 1\nname: ../../etc\n")
    assert list(registry.records.names()) == []
    assert list(registry.audit.entries()) == []


def test_a_replaced_and_a_removed_record_leave_no_edges(registry: Registry) -> None:
    child = text("child", relations=(("finetuned-from", "base@^1.0.0"), ("trained-on", "data")))
    registry.records.put(child)
    assert [edge.target for edge in registry.graph.declared(["child"], "downstream")] == ["base", "data"]
    registry.records.put(text("child", relations=(("finetuned-from", "other"),)), replace=True)
    assert [edge.target for edge in registry.graph.declared(["child"], "downstream")] == ["other"]
    assert list(registry.graph.declared(["base"], "upstream")) == []
    registry.records.remove("child", V1)
    assert list(registry.graph.declared(["child"], "downstream")) == []
    assert list(registry.records.names()) == []
    assert registry.graph.versions_of(["child"]) == {}


def test_a_store_resolves(registry: Registry) -> None:
    registry.records.put(text("base", more="about: {architecture: llama}\n"))
    child = registry.records.put(text("child", relations=(("finetuned-from", "base@^1.0.0"),)))
    assert Resolver(registry.records).resolve(child).get("about.architecture") == "llama"


def test_edges_are_found_from_either_end(registry: Registry) -> None:
    registry.records.put(text("child", "1.10.0", relations=(("finetuned-from", "base@^1.0.0"),)))
    registry.records.put(text("child", "1.9.0", relations=(("finetuned-from", "base"), ("evaluated-on", "bench"))))
    registry.records.put(text("tower", relations=(("component-of", "child@1.9.0"),)))
    registry.records.put(text("loop", relations=(("copy-of", "loop@1.0.0"),)))
    down = list(registry.graph.declared(["base", "nothing", "base"], "upstream"))
    assert [(edge.key, edge.position, edge.kind, str(edge.requirement)) for edge in down] == [
        ("child@1.10.0", 0, RelationKind.FINETUNED_FROM, "base@^1.0.0"),
        ("child@1.9.0", 0, RelationKind.FINETUNED_FROM, "base"),
    ]
    assert {(edge.upstream, edge.downstream) for edge in down} == {("base", "child")}
    up = list(registry.graph.declared(["child"], "downstream"))
    assert [(edge.key, edge.upstream) for edge in up] == [
        ("child@1.10.0", "base"), ("child@1.9.0", "base"), ("child@1.9.0", "bench"), ("tower@1.0.0", "tower")
    ]  # fmt: skip
    assert [edge.key for edge in registry.graph.declared(["tower"], "upstream")] == ["tower@1.0.0"]
    assert [edge.key for edge in registry.graph.declared(["loop"], "upstream")] == ["loop@1.0.0"]
    assert list(registry.graph.declared([], "upstream")) == []


@pytest.mark.parametrize("limit", range(9))
def test_a_bounded_read_gives_the_first_names_and_their_first_neighbours(registry: Registry, limit: int) -> None:
    with registry.transaction():
        registry.records.put(text("b", relations=(("component-of", "tower"), ("finetuned-from", "base"))))
        registry.records.put(text("b", "1.1.0", relations=(("merged-from", "base"), ("copy-of", "base"))))
        registry.records.put(text("a", "2.0.0", relations=(("trained-on", "data"), ("copy-of", "base@1.0.0"))))
        registry.records.put(text("tower", relations=(("composed-from", "b"),)))
    inner = [
        ("b", "tower", "b@1.0.0", 0), ("b", "tower", "tower@1.0.0", 0), ("base", "a", "a@2.0.0", 1),
        ("base", "b", "b@1.0.0", 1), ("base", "b", "b@1.1.0", 0), ("base", "b", "b@1.1.0", 1),
        ("data", "a", "a@2.0.0", 0),
    ]  # fmt: skip
    found = list(registry.graph.declared(["data", "base", "b", "none"], "upstream", limit))
    told = [(edge.upstream, edge.downstream, edge.key, edge.position) for edge in found]
    first = inner[:limit]
    if limit == 1:  # the same place in both records: by the kind
        first = [("b", "tower", "tower@1.0.0", 0)]
    assert sorted(told) == sorted(first)
    assert found == [e for e in registry.graph.declared(["data", "base", "b"], "upstream") if e in found], "in order"
    (up,) = registry.graph.declared(["a", "b"], "downstream", 1)
    assert (up.key, up.upstream) == ("a@2.0.0", "base")


@pytest.mark.parametrize("limit", range(4))
def test_a_bounded_read_of_rulings_gives_the_first_subjects(registry: Registry, limit: int) -> None:
    edges = [ruling("c@1.0.0", "a@1.0.0"), ruling("b@1.0.0", "a@1.0.0"), ruling("b@1.0.0", "x@1.0.0")]
    for edge in edges:
        registry.rulings.put(edge)
    registry.rulings.put(ruling("x@1.0.0", "y@1.0.0"))
    first = [*sorted(edges[:2], key=lambda edge: edge.id), edges[2]][:limit]
    found = list(registry.graph.measured(["b@1.0.0", "a@1.0.0", "none"], limit))
    assert found == sorted(first, key=lambda edge: edge.id)


@pytest.mark.parametrize("kept", ["sqlite", "postgresql"], indirect=True)
def test_of_a_base_with_very_many_descendants_few_edges_are_looked_at(kept: Backend) -> None:
    registry = kept.open()
    assert isinstance(registry, SqlRegistry)
    numbers = {
        "sqlite": "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 20000)",
        "postgresql": "WITH s AS (SELECT generate_series(1, 20000) AS n)",
    }[kept.name]
    ends = ("'base', 'child-' || n", "'child-' || n, 'base'")
    rows = " UNION ALL ".join(f"SELECT {each}, 1, '1.0.0', 0, '*', 0 FROM s" for each in ends)
    database = Database(kept.url)
    with database.writing() as connection:
        connection.exec_driver_sql(f"INSERT INTO edges {numbers} {rows}")
    with database.writing() as connection:
        connection.exec_driver_sql("ANALYZE edges")
    sides: tuple[Side, ...] = ("upstream", "downstream")
    for side in sides:
        assert len(list(registry.graph.declared(["base"], side, 10))) == 10
        if (kept.name, side) == ("postgresql", "downstream"):
            continue  # what a record was made of is as much as its text holds: no index is kept in that order
        question = registry.graph.question(side, bounded=True)
        with database.reading() as connection:
            assert _looked_at(connection, question) < 200, side
    database.close()


def _looked_at(connection: Connection, question: Query) -> int:
    """Rows, or for SQLite steps of its machine by the hundred, that an answer of ten takes."""
    values = {"values": '["base"]', "most": 10}
    if connection.dialect.name == "sqlite":
        raw, steps = connection.connection.dbapi_connection, [0]
        assert raw is not None
        raw.set_progress_handler(lambda: steps.append(1), 100)
        assert len(connection.execute(question, values).all()) == 10
        raw.set_progress_handler(None, 0)
        return sum(steps)
    compiled = question.compile(dialect=connection.dialect)
    told = connection.exec_driver_sql(
        f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled}", {**compiled.params, **values}
    ).scalar()
    plans, most = [told[0]["Plan"]], 0  # type: ignore[index]
    while plans:
        plan = plans.pop()
        most = max(most, int(plan["Actual Rows"]))
        plans += plan.get("Plans", ())
    return most


def test_the_evidence_of_an_edge_is_in_its_record(registry: Registry) -> None:
    evidence = "{grounds: E1, source: card}, {grounds: E3, source: paper, denies: true}"
    relation = f"relations:\n  - {{kind: finetuned-from, target: base, evidence: [{evidence}]}}\n"
    registry.records.put(text("child", more=relation))
    (edge,) = registry.graph.declared(["base"], "upstream")
    assert [str(ground) for ground in edge.grounds] == ["E1"]
    assert edge.denied
    declared = registry.records.get(edge.name, Version.parse(edge.version)).relations[edge.position]
    assert [each.source for each in declared.evidence] == ["card", "paper"]


def test_a_big_level_is_one_call(registry: Registry) -> None:
    with registry.transaction():
        for number in range(40):
            registry.records.put(text(f"m{number}", relations=(("finetuned-from", "base"),)))
    names = [f"m{number}" for number in range(40)] + [f"none{number}" for number in range(70_000)]
    assert len(list(registry.graph.declared(names, "downstream"))) == 40
    assert len(registry.graph.versions_of(names)) == 40


def test_versions_at_hand_say_which_are_yanked(registry: Registry) -> None:
    registry.records.put(text("base", "1.10.0", more="status: {state: yanked, reason: Wrong data.}\n"))
    registry.records.put(text("base", "1.9.0"))
    held = [Held("1.9.0", False), Held("1.10.0", True)]
    assert registry.graph.versions_of(["base", "none"]) == {"base": held}


def test_facts_are_what_records_write_of_themselves(registry: Registry) -> None:
    about = "about: {title: A base, publisher: Acme, licenses: [MIT, Apache-2.0]}\n"
    about += "identity: {hubs: [{hub: huggingface, id: Labs/base}]}\n"
    registry.records.put(text("base", more=about))
    registry.records.put(text("plain"))
    found = registry.graph.facts(["base@1.0.0", "plain@1.0.0", "base@2.0.0", "model:hf:acme/x"])
    assert sorted(found) == ["base@1.0.0", "plain@1.0.0"]
    owners = {"acme", "labs"}
    assert found["base@1.0.0"] == (RecordType.MODEL, "active", "A base", "Acme", ("MIT", "Apache-2.0"), owners)
    assert found["plain@1.0.0"] == (RecordType.MODEL, "active", "plain", "", (), frozenset())


def test_records_are_found_by_what_marks_them(registry: Registry) -> None:
    hub = "{hub: huggingface, id: acme/base, revision: 9f1c0de}"
    file = "{path: a.safetensors, sha256: " + "a" * 64 + ", size: 1}"
    registry.records.put(text("base", more=f"identity: {{hubs: [{hub}], files: [{file}]}}\n"))
    registry.records.put(text("copy", more=f"identity: {{files: [{file}]}}\n"))
    registry.records.put(text("plain"))
    digest, name = "sha256:" + "a" * 64, "huggingface:acme/base"
    assert registry.identities.marks(["base@1.0.0", "plain@1.0.0", "base@2.0.0", "none@1.0.0"]) == {
        "base@1.0.0": {name, f"{name}@9f1c0de", digest},
        "plain@1.0.0": set(),
    }
    found = registry.identities.bearers([digest, name, f"{name}@9f1c0de", f"{name}@main", "sha256:" + "b" * 64])
    assert {mark: list(keys) for mark, keys in found.items()} == {
        digest: ["base@1.0.0", "copy@1.0.0"],
        name: ["base@1.0.0"],
        f"{name}@9f1c0de": ["base@1.0.0"],
    }
    registry.records.put(text("copy"), replace=True)
    registry.records.remove("base", V1)
    assert registry.identities.bearers([digest, name]) == {}


def test_rulings_are_found_from_either_subject(registry: Registry) -> None:
    first, second = ruling("base@1.0.0", "child@1.0.0"), ruling("model:hf:a/b@main", "base@1.0.0")
    assert registry.rulings.put(first)
    assert registry.rulings.put(second)
    assert not registry.rulings.put(first)
    assert {edge.id for edge in registry.graph.measured(["base@1.0.0"])} == {first.id, second.id}
    assert list(registry.graph.measured(["model:hf:a/b@main", "nothing@1.0.0"])) == [second]
    assert list(registry.rulings.all()) == sorted((first, second), key=lambda edge: edge.id)


def test_another_opening_finds_it_all(kept: Backend) -> None:
    kept.open().records.put(text("child", relations=(("finetuned-from", "base"),)))
    other = kept.open()
    assert other.records.text("child", V1) == text("child", relations=(("finetuned-from", "base"),))
    assert [edge.key for edge in other.graph.declared(["base"], "upstream")] == ["child@1.0.0"]


_NUMBERS = st.sampled_from(["0.9.0", "1.0.0", "1.0.0-rc.1", "1.2.0", "1.2.0+b1", "2.0.0-a", "2.0.0"])
_RANGES = st.sampled_from(["*", "^1.0.0", "1.2.0", ">=1.0.0-rc.1", "<2.0.0", "!=2.0.0", "2.0.0-a", "<0.0.1"])


@given(st.dictionaries(_NUMBERS, st.booleans(), max_size=5), _RANGES)
@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
def test_the_newest_of_what_is_held_is_what_records_would_choose(versions: dict[str, bool], span: str) -> None:
    status = {"state": "yanked", "reason": "Wrong."}
    source = MemorySource(
        record_from_data(
            {"stemma": 1, "name": "base", "version": v, "type": "model", **({"status": status} if yanked else {})}
        )
        for v, yanked in versions.items()
    )
    held = [Held(version, yanked) for version, yanked in versions.items()]
    chosen = choose(source, Requirement("base", Range.parse(span)))
    assert newest(held, span) == (None if chosen is None else chosen.version)
    assert all(version in Range.parse(span) for version in admitted(held, span))
