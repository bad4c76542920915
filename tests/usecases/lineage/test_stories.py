"""The two stories of the README, from end to end, in every kind of registry."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stemma.advisories import Advisory, RiskKind
from stemma.cache import FeatureCache
from stemma.catalog import Catalog
from stemma.interop.umr import convert, read_packages
from stemma.lineage import ConflictKind, conflicts
from stemma.publish.lineage.model import ImpactReport
from stemma.records import write_record
from stemma.registry import Registry
from stemma.registry.notices import Certainty
from stemma.usecases.alerts.raising import keep_advisories
from stemma.usecases.catalogs import add_models
from stemma.usecases.lineage.impact import impact_in
from stemma.usecases.lineage.verify import Asked, verify_in
from stemma.usecases.settings import Work
from tests.lineage.graphs import NOW, advisory, fill, text
from tests.real.conftest import Nursery

UMR = Path(__file__).parents[2] / "data" / "umr"


def _told(report: ImpactReport) -> dict[str, Certainty]:
    return {each.subject: each.certainty for impact in report.impacts for each in impact.reached}


def _path(report: ImpactReport, subject: str) -> list[tuple[str, str, str]]:
    reached = next(each for impact in report.impacts for each in impact.reached if each.subject == subject)
    return [(step.upstream, step.kind, step.downstream) for step in reached.path]


def _keep(registry: Registry, warning: Advisory) -> None:
    assert all(kept.fresh for kept in keep_advisories(registry, [warning], NOW))


@pytest.fixture
def umr(registry: Registry) -> Registry:
    """The records of the Unified Model Record, and a model that was only evaluated on LAION-5B."""
    packages, _ = read_packages(UMR)
    with registry.transaction():
        fill(registry, *(write_record(draft.data) for draft in convert(packages)))
        fill(registry, text("judged", "evaluated-on laion-5b"), text("plip-q8", "quantised-from plip"))
    return registry


def test_an_advisory_on_laion_5b_reaches_plip_and_all_below(umr: Registry) -> None:
    _keep(umr, advisory("laion-5b", identifier="x_DEMO-2026-0001"))
    report = impact_in(umr, "x_DEMO-2026-0001")
    told = _told(report)
    assert set(told.values()) == {Certainty.AFFECTED}
    assert {"plip@1.0.0", "plip-q8@1.0.0", "rrt-mil@1.0.0"} <= told.keys()
    assert "judged@1.0.0" not in told and "clip@1.0.0" not in told
    assert _path(report, "plip-q8@1.0.0") == [
        ("laion-5b@1.0.0", "trained-on", "plip@1.0.0"),
        ("plip@1.0.0", "quantised-from", "plip-q8@1.0.0"),
    ]


def test_seen_from_below_it_is_the_same(umr: Registry) -> None:
    _keep(umr, advisory("laion-5b", identifier="x_DEMO-2026-0001"))
    whole = impact_in(umr, "x_DEMO-2026-0001")
    for subject in ("plip-q8", "rrt-mil", "judged", "clip"):
        seen = impact_in(umr, subject)
        assert (f"{subject}@1.0.0" in _told(whole)) == bool(seen.impacts)
        if seen.impacts:
            assert _path(seen, f"{subject}@1.0.0") == _path(whole, f"{subject}@1.0.0")


def test_once_withdrawn_it_reaches_nobody(umr: Registry) -> None:
    _keep(umr, advisory("laion-5b"))
    assert _told(impact_in(umr, "x_T-1"))
    _keep(umr, advisory("laion-5b", withdrawn="2026-04-01T00:00:00Z", modified="2026-04-01T00:00:00Z"))
    assert not _told(impact_in(umr, "x_T-1")) and not impact_in(umr, "plip").impacts


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    """Models are fingerprinted once for all kinds of registries."""
    return Work(cache=FeatureCache(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="module")
def minilm_catalog(minilm: Path, work: Work, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("catalog")
    add_models(Catalog(place), [str(minilm)], work, name="minilm")
    return place


@pytest.fixture(scope="module")
def from_scratch(nursery: Nursery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A child of the real model whose card makes it a model of its own."""
    child = tmp_path_factory.mktemp("published") / "from-scratch"
    shutil.copytree(nursery.make("layers-dropped"), child)
    (child / "README.md").write_text("---\nlicense: apache-2.0\n---\nTrained from scratch by us.\n", encoding="utf-8")
    return child


def test_a_card_that_claims_training_from_scratch_is_caught(
    registry: Registry, from_scratch: Path, minilm_catalog: Path, work: Work
) -> None:
    fill(registry, text("minilm"), text("from-scratch"), text("below", "finetuned-from from-scratch"))
    _keep(registry, advisory("minilm", risks=[RiskKind.BACKDOOR]))
    assert not {"from-scratch@1.0.0", "below@1.0.0"} & _told(impact_in(registry, "x_T-1")).keys()

    how = Asked(catalog=minilm_catalog, weights={"from-scratch": str(from_scratch)}, keep=True, when=NOW)
    found = verify_in(registry, "from-scratch", how, work).verification
    assert [(each.subject, each.ancestor) for each in found.undeclared] == [("minilm@1.0.0", True)]
    assert found.silent and not found.claims

    report = impact_in(registry, "x_T-1")
    told = _told(report)
    assert {"from-scratch@1.0.0", "below@1.0.0"} <= told.keys()
    assert _path(report, "below@1.0.0") == [
        ("minilm@1.0.0", "M6", "from-scratch@1.0.0"),
        ("from-scratch@1.0.0", "finetuned-from", "below@1.0.0"),
    ]
    kinds = [each.kind for each in conflicts(registry.graph, registry.records.names())]
    assert kinds == [ConflictKind.UNDECLARED]


def test_weights_without_a_record_get_the_advisories_of_what_they_descend_from(
    registry: Registry, nursery: Nursery, minilm_catalog: Path, work: Work
) -> None:
    fill(registry, text("data", type="dataset"), text("minilm", "trained-on data"))
    _keep(registry, advisory("data"))
    child = str(nursery.make("int8"))
    report = impact_in(registry, child, catalog=minilm_catalog, framework="eu-ai-act", work=work, when=NOW)
    assert _told(report) == {f"model:{child}": Certainty.AFFECTED}
    assert _path(report, f"model:{child}") == [
        ("data@1.0.0", "trained-on", "minilm@1.0.0"),
        ("minilm@1.0.0", "M7", f"model:{child}"),
    ]
    assert {each.clause.clause for each in report.clauses} >= {"Article 15", "Annex IV"}
