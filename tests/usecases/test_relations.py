"""Merges in a scan, and the family graph of a few drawn models, from files to report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from stemma.catalog import Catalog
from stemma.errors import InputError
from stemma.evidence.merge import Merge, MergeKind
from stemma.fingerprint import Fingerprint
from stemma.identity import Missing
from stemma.publish.merge_config import merge_configuration
from stemma.publish.tree_model import EdgeKind
from stemma.usecases.catalogs import add_models
from stemma.usecases.merging import merge_among
from stemma.usecases.models import fingerprint
from stemma.usecases.scan import scan
from stemma.usecases.settings import Work
from stemma.usecases.tree import tree
from stemma.vocabulary import Kinship, Mechanism
from tests.models import draw, tuned, write

WORK = Work(cache=None, workers=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``base``, its children ``one`` and ``two``, their merge, a copy of ``base``, and ``other`` trained apart."""
    place = tmp_path_factory.mktemp("family")
    base = draw(1)
    one, two = tuned(base, 2), tuned(base, 3)
    merge = {k: (np.float32(0.3) * one[k] + np.float32(0.7) * two[k]).astype(one[k].dtype) for k in one}
    for name, weights in (("base", base), ("one", one), ("two", two), ("merge", merge), ("copy", base)):
        write(place / name, weights)
    write(place / "other", draw(7))
    return place


def test_a_scan_names_the_parents_of_a_merge(folder: Path, tmp_path: Path) -> None:
    catalog = Catalog(tmp_path / "catalog")
    add_models(catalog, [str(folder / n) for n in ("base", "one", "two", "other")], WORK)
    report = scan(str(folder / "merge"), catalog, WORK)
    assert isinstance(report.merge, Merge) and report.merge.kind is MergeKind.LINEAR
    assert {p.name: round(p.coefficient, 3) for p in report.merge.parents} == {"one": 0.3, "two": 0.7}
    assert "merge_method: linear" in merge_configuration(report.merge)
    ruled = {c.name: c.ruling for c in report.candidates}
    for parent in ("one", "two"):
        ruling = ruled[parent]
        assert ruling is not None and (ruling.mechanism, ruling.kinship) == (Mechanism.M9, Kinship.DESCENDANT)
    assert ruled["base"] is not None and ruled["base"].kinship is not Kinship.DESCENDANT


def test_the_family_graph_groups_copies_and_hangs_merges_on_all_parents(folder: Path) -> None:
    names = [str(folder / n) for n in ("base", "one", "two", "merge", "copy", "other", "missing")]
    report = tree(names, WORK)
    found = {(Path(e.source).name, Path(e.target).name, e.kind) for e in report.edges}
    assert {("one", "merge", EdgeKind.MERGE), ("two", "merge", EdgeKind.MERGE)} <= found
    assert ("base", "copy", EdgeKind.COPY) in found
    derived = {frozenset(pair[:2]) for pair in found if pair[2] is EdgeKind.DERIVATION}
    assert derived == {frozenset(("base", "one")), frozenset(("base", "two"))}
    numbers = {Path(m.name).name: m.family for m in report.models}
    assert numbers["base"] == numbers["merge"] != numbers["other"]
    assert report.models[-1].error is not None and report.families == 2
    again = tree(names, WORK)
    assert again.edges == report.edges


def test_a_model_that_is_not_linked_is_a_parent_of_an_exact_merge_alone(folder: Path) -> None:
    def printed(name: str) -> Fingerprint:
        return fingerprint(str(folder / name), WORK).fingerprint

    one, other = draw(21), draw(22)
    exact = {k: (np.float32(0.9) * one[k] + np.float32(0.1) * other[k]).astype(one[k].dtype) for k in one}
    for name, weights in (("left", one), ("right", other), ("mixed", exact), ("went-on", tuned(exact, 5, share=0.01))):
        write(folder / name, weights)
    models = {name: printed(name) for name in ("left", "right")}
    found = merge_among(printed("mixed"), models, ["left"])
    assert isinstance(found, Merge) and set(found.members) == {"left", "right"}
    assert isinstance(merge_among(printed("went-on"), models, ["left"]), Missing)
    assert isinstance(merge_among(printed("went-on"), models, ["left", "right"]), Merge)


def test_a_tree_needs_two_models_named_once(folder: Path) -> None:
    with pytest.raises(InputError, match="expected 2"):
        tree([str(folder / "base")], WORK)
    with pytest.raises(InputError, match="twice"):
        tree([str(folder / "base")] * 2, WORK)
