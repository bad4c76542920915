"""Whom an advisory reaches: risks along relations, versions, fixes, certainty, paths."""

from __future__ import annotations

from typing import Any

import pytest

from stemma.advisories import Effect, RiskKind, load_propagation
from stemma.lineage import Impact, impact_of
from stemma.registry.interface import Registry
from stemma.registry.notices import Certainty
from stemma.vocabulary import RelationKind, load_relations
from tests.lineage.graphs import advisory, fill, memory, ruling, text, undetermined

STORY = (
    text("laion-5b", type="dataset"),
    text("clip"),
    text("plip", "finetuned-from clip", "trained-on laion-5b"),
    text("plip-q8", "quantised-from plip"),
    text("judged", "evaluated-on laion-5b"),
)


def _impact(registry: Registry, *args: Any, **more: Any) -> Impact:
    within = more.pop("within", None)
    return impact_of(advisory(*args, **more), registry.graph, registry.identities, within=within)


def _told(impact: Impact) -> dict[str, str]:
    return {key: str(impact.certainty(key)) for key in impact.hits}


def _filled(*texts: str) -> Registry:
    return fill(memory(), *texts)


SURE, MAYBE = str(Certainty.AFFECTED), str(Certainty.POSSIBLY)


def test_the_story_of_the_readme() -> None:
    impact = _impact(_filled(*STORY), "laion-5b")
    assert _told(impact) == {"laion-5b@1.0.0": SURE, "plip@1.0.0": SURE, "plip-q8@1.0.0": SURE}
    path = [(step.upstream, step.kind, step.downstream) for step in impact.path("plip-q8@1.0.0")]
    assert path == [
        ("laion-5b@1.0.0", "trained-on", "plip@1.0.0"),
        ("plip@1.0.0", "quantised-from", "plip-q8@1.0.0"),
    ]
    assert impact.start("plip-q8@1.0.0") == "laion-5b@1.0.0"


@pytest.mark.parametrize("risk", RiskKind)
@pytest.mark.parametrize("kind", RelationKind)
def test_the_table_is_what_decides(risk: RiskKind, kind: RelationKind) -> None:
    definition = load_relations().kinds[kind]
    of, to = sorted(definition.of)[0], sorted(definition.to)[0]
    registry = _filled(text("own", f"{kind} target", type=of.value), text("target", type=to.value))
    up, down = ("target", "own") if definition.target == "upstream" else ("own", "target")
    told = _told(_impact(registry, up, risks=[risk]))
    expected = {Effect.TRAVELS: SURE, Effect.FADES: MAYBE, Effect.BYTE_COPIES: MAYBE, Effect.STOPS: None}
    assert told.get(f"{down}@1.0.0") == expected[load_propagation().rule(risk, kind).effect]
    assert f"{up}@1.0.0" in told
    assert f"{up}@1.0.0" not in _told(_impact(registry, down, risks=[risk]))


def test_what_faded_stays_possible_all_the_way_down() -> None:
    registry = _filled(
        text("base"),
        text("tuned", "finetuned-from base"),
        text("copy", "copy-of tuned"),
        text("next", "finetuned-from copy"),
    )
    impact = _impact(registry, "base", risks=[RiskKind.BACKDOOR])
    assert _told(impact) == {"base@1.0.0": SURE, "tuned@1.0.0": MAYBE, "copy@1.0.0": MAYBE, "next@1.0.0": MAYBE}
    assert [bool(step.note) for step in impact.path("next@1.0.0")] == [True, False, True]


def test_a_sure_way_beats_a_shorter_unsure_one() -> None:
    registry = _filled(
        text("base"),
        text("copy", "copy-of base"),
        text("again", "copy-of copy"),
        text("end", "finetuned-from base", "copy-of again"),
        text("below", "copy-of end"),
    )
    impact = _impact(registry, "base", risks=[RiskKind.BACKDOOR])
    assert impact.certainty("end@1.0.0") is Certainty.AFFECTED and len(impact.path("end@1.0.0")) == 3
    assert impact.certainty("below@1.0.0") is Certainty.AFFECTED


def test_only_affected_versions() -> None:
    registry = _filled(
        text("base@1.0.0"),
        text("base@2.0.0"),
        text("old", "finetuned-from base@^1.0.0"),
        text("new", "finetuned-from base@^2.0.0"),
    )
    assert list(_told(_impact(registry, "base<2.0.0"))) == ["base@1.0.0", "old@1.0.0"]


def test_a_range_whose_newest_is_mended_is_possibly_affected() -> None:
    registry = _filled(text("base@1.0.0"), text("base@1.1.0"), text("child", "finetuned-from base@^1.0.0"))
    impact = _impact(registry, "base<1.1.0")
    assert _told(impact) == {"base@1.0.0": SURE, "child@1.0.0": MAYBE}
    assert impact.path("child@1.0.0")[0].note.endswith("it may have 1.0.0, but 1.1.0 is the newest")


def test_a_range_whose_newest_is_affected_is_affected() -> None:
    registry = _filled(text("base@1.0.0"), text("base@1.1.0"), text("child", "finetuned-from base@^1.0.0"))
    assert _told(_impact(registry, "base"))["child@1.0.0"] == SURE


def test_a_fixed_version_ends_the_walk() -> None:
    registry = _filled(
        text("data", type="dataset"),
        text("model@1.0.0", "trained-on data"),
        text("model@1.1.0", "trained-on data"),
        text("bad", "finetuned-from model@1.0.0"),
        text("good", "finetuned-from model@1.1.0"),
    )
    impact = _impact(registry, "data", "model<1.1.0")
    assert sorted(_told(impact)) == ["bad@1.0.0", "data@1.0.0", "model@1.0.0"]
    assert impact.ended == ("model@1.1.0",)


def test_versions_that_nobody_holds() -> None:
    registry = _filled(
        text("pinned", "trained-on data@1.0.0"),
        text("ranged", "trained-on data@^1.0.0"),
        text("mended", "trained-on data@2.0.0"),
    )
    assert _told(_impact(registry, "data<2.0.0")) == {"data": SURE, "pinned@1.0.0": SURE, "ranged@1.0.0": MAYBE}
    assert set(_told(_impact(registry, "data")).values()) == {SURE}


def test_an_unheld_version_beside_held_ones() -> None:
    registry = _filled(text("data@2.0.0", type="dataset"), text("old", "trained-on data@1.0.0"))
    impact = _impact(registry, "data<2.0.0")
    assert _told(impact) == {"data": SURE, "old@1.0.0": SURE}
    assert [step.upstream for step in impact.path("old@1.0.0")] == ["data"]


def test_a_measured_edge_carries_as_a_declared_one_does() -> None:
    registry = _filled(text("base"), text("scratch"), text("below", "quantised-from scratch"))
    assert "scratch@1.0.0" not in _told(_impact(registry, "base"))
    registry.rulings.put(ruling("base@1.0.0", "scratch@1.0.0"))
    impact = _impact(registry, "base")
    assert _told(impact)["below@1.0.0"] == SURE
    assert impact.path("below@1.0.0")[0].basis == "measured" and impact.path("below@1.0.0")[0].grounds == ("E2",)


def test_a_link_without_a_direction_leads_perhaps() -> None:
    registry = _filled(text("base"), text("other"))
    registry.rulings.put(undetermined("other@1.0.0", "base@1.0.0"))
    assert _told(_impact(registry, "base")) == {"base@1.0.0": SURE, "other@1.0.0": MAYBE}


def _with_file(key: str, digest: str, *relations: str) -> str:
    return text(key, *relations, identity={"files": [{"path": "model.bin", "sha256": digest * 64}]})


def test_a_malicious_file_goes_where_its_bytes_go() -> None:
    registry = _filled(
        _with_file("base", "a"),
        _with_file("same", "a", "copy-of base"),
        _with_file("resaved", "b", "copy-of base"),
        text("unknown", "copy-of base"),
        _with_file("tuned", "a", "finetuned-from base"),
        _with_file("elsewhere", "a"),
    )
    named = _told(_impact(registry, "base", risks=[RiskKind.MALICIOUS_FILE]))
    assert named == {"base@1.0.0": SURE, "same@1.0.0": SURE, "unknown@1.0.0": MAYBE}
    entry = {"database_specific": {"stemma": {"digests": ["sha256:" + "a" * 64]}}}
    by_digest = _told(_impact(registry, risks=[RiskKind.MALICIOUS_FILE], entries=[entry]))
    assert [key for key, told in by_digest.items() if told == SURE] == [
        "base@1.0.0", "elsewhere@1.0.0", "same@1.0.0", "tuned@1.0.0",
    ]  # fmt: skip
    assert by_digest["unknown@1.0.0"] == MAYBE and "resaved@1.0.0" not in by_digest


_ACME = {"hub": "huggingface", "id": "acme/base"}


def test_a_repository_is_found_by_its_name_and_commits() -> None:
    def published(key: str, revision: str) -> str:
        return text(key, identity={"hubs": [{"hub": "huggingface", "id": "acme/base", "revision": revision}]})

    registry = _filled(
        published("base@1.0.0", "aaa"), published("base@2.0.0", "bbb"), text("child", "copy-of base@1.0.0")
    )
    registry.rulings.put(ruling("model:hf:acme/base", "model:hf:who/knows"))
    ranges = [{"type": "GIT", "repo": "https://huggingface.co/acme/base", "events": [{"introduced": "0"}]}]
    told = _told(_impact(registry, risks=[RiskKind.BACKDOOR], entries=[{"ranges": ranges}]))
    assert told == {
        "base@1.0.0": SURE, "base@2.0.0": SURE, "model:hf:acme/base": SURE, "child@1.0.0": SURE,
        "model:hf:who/knows": MAYBE,
    }  # fmt: skip
    ranges[0]["events"] = [{"introduced": "0"}, {"fixed": "bbb"}]
    mended = _told(_impact(registry, risks=[RiskKind.BACKDOOR], entries=[{"ranges": ranges}]))
    assert mended == {
        "base@1.0.0": MAYBE,
        "model:hf:acme/base": MAYBE,
        "child@1.0.0": MAYBE,
        "model:hf:who/knows": MAYBE,
    }


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([{"introduced": "0"}], [SURE, SURE, SURE, SURE]),
        ([{"introduced": "bbb"}], [MAYBE, SURE, MAYBE, MAYBE]),
        ([{"introduced": "0"}, {"fixed": "bbb"}], [MAYBE, None, MAYBE, MAYBE]),
        ([{"introduced": "0"}, {"limit": "bbb"}], [MAYBE, None, MAYBE, MAYBE]),
        ([{"introduced": "0"}, {"last_affected": "bbb"}], [MAYBE, SURE, MAYBE, MAYBE]),
        ([{"introduced": "aaa"}, {"fixed": "ccc"}, {"introduced": "bbb"}], [SURE, SURE, None, MAYBE]),
    ],
)
@pytest.mark.parametrize("named", [False, True])
def test_the_order_of_commits_is_never_guessed(
    events: list[dict[str, str]], expected: list[str | None], named: bool
) -> None:
    """Records at three commits and one at a branch, found by their repository, or by their record too."""
    registry = _filled(
        *(
            text(f"base@{number}.0.0", identity={"hubs": [_ACME | {"revision": revision}]})
            for number, revision in enumerate(("aaa", "bbb", "ccc", "main"), 1)
        )
    )
    entry: dict[str, Any] = {
        "ranges": [{"type": "GIT", "repo": "https://huggingface.co/acme/base", "events": events}]
    } | ({"database_specific": {"stemma": {"record": "base"}}} if named else {})
    impact = _impact(registry, risks=[RiskKind.BACKDOOR], entries=[entry])
    told = _told(impact)
    assert [told.get(f"base@{number}.0.0") for number in range(1, 5)] == expected
    notes = {hit.note for hit in impact.hits.values() if not hit.certain}
    assert all(note.startswith("undetermined: ") for note in notes)


def test_a_commit_that_fixed_it_ends_the_walk() -> None:
    fixed = text("fixed", "continued-from base", identity={"hubs": [_ACME | {"revision": "bbb"}]})
    bad = text("base", identity={"hubs": [_ACME | {"revision": "aaa"}]})
    registry = _filled(bad, fixed, text("below", "finetuned-from fixed"), text("beside", "finetuned-from base"))
    events = [{"introduced": "aaa"}, {"fixed": "bbb"}]
    ranges = [{"type": "GIT", "repo": "https://huggingface.co/acme/base", "events": events}]
    impact = _impact(registry, entries=[{"ranges": ranges}])
    assert _told(impact) == {"base@1.0.0": SURE, "beside@1.0.0": SURE, "model:hf:acme/base": MAYBE}
    assert impact.ended == ("fixed@1.0.0",)


def test_several_risks_each_go_their_own_way() -> None:
    registry = _filled(text("base"), text("tuned", "finetuned-from base"))
    impact = _impact(registry, "base", risks=[RiskKind.MALICIOUS_FILE, RiskKind.LICENCE])
    assert impact.hits["tuned@1.0.0"].risks == (RiskKind.LICENCE,)
    assert set(impact.hits["base@1.0.0"].risks) == {RiskKind.MALICIOUS_FILE, RiskKind.LICENCE}


def test_a_withdrawn_advisory_reaches_nobody() -> None:
    assert not _impact(_filled(*STORY), "laion-5b", withdrawn="2026-03-02T00:00:00Z").hits


def test_within_some_nodes_alone() -> None:
    registry = _filled(*STORY)
    some = ["laion-5b@1.0.0", "plip@1.0.0"]
    assert list(_impact(registry, "laion-5b", within=some).hits) == some


def test_circles_end() -> None:
    registry = _filled(text("a", "finetuned-from b"), text("b", "finetuned-from a"))
    assert _told(_impact(registry, "a", risks=[RiskKind.BACKDOOR])) == {"a@1.0.0": SURE, "b@1.0.0": MAYBE}
