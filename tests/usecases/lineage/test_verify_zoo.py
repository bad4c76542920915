"""Verification over a zoo of records that tell the truth, lie, or say nothing.

Plainly: 33 records, their claims held against the weights in their folders. Slow: 44 records, by stored fingerprints,
and every record is also looked through for ancestors that it does not declare.
"""

from __future__ import annotations

from collections import Counter

import pytest

from stemma.identity import is_present
from stemma.lineage import Verdict, Verification
from stemma.usecases.lineage.verify import Asked, verify
from tests.lineage.graphs import NOW
from tests.usecases.lineage.zoo import CLAIMS, Entry, build

Found = dict[str, tuple[Entry, Verification]]


@pytest.fixture(scope="module")
def by_weights(tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder = tmp_path_factory.mktemp("zoo")
    made = build(folder, 3, catalog=False)
    places = {entry.name: str(folder / "models" / entry.name) for entry in made}
    how = Asked(str(folder / "records"), folder / "catalog", places, when=NOW)
    return {entry.name: (entry, verify(entry.name, how).verification) for entry in made}


@pytest.fixture(scope="module")
def by_fingerprints(tmp_path_factory: pytest.TempPathFactory) -> Found:
    folder = tmp_path_factory.mktemp("zoo")
    how = Asked(str(folder / "records"), folder / "catalog", shortlist=4, when=NOW)
    return {entry.name: (entry, verify(entry.name, how).verification) for entry in build(folder)}


def _check(found: Found, basis: str) -> None:
    """No true claim contradicted, all hold; every false one contradicted; what was read is said."""
    claims = Counter(entry.claim for entry, _ in found.values())
    assert len(found) >= 30 and all(claims[claim] >= 8 for claim in CLAIMS), claims
    told = {
        (entry.claim, name): [(str(c.kind), c.verdict, c.reason) for c in verification.claims]
        for name, (entry, verification) in found.items()
    }
    expected = {"true": Verdict.HOLDS, "false": Verdict.CONTRADICTED}
    wrong = {key: each for key, each in told.items() if any(verdict is not expected[key[0]] for _, verdict, _ in each)}
    assert wrong == {}
    assert min(sum(len(each) for key, each in told.items() if key[0] == claim) for claim in expected) >= 9
    read = {c.ruling.basis for _, v in found.values() for c in v.claims if is_present(c.ruling)}
    assert read == {basis}
    assert all(basis in v.weights for _, v in found.values())


def test_claims_against_weights(by_weights: Found) -> None:
    _check(by_weights, "weights")


@pytest.mark.slow
def test_claims_against_fingerprints(by_fingerprints: Found) -> None:
    _check(by_fingerprints, "fingerprint")
    assert {v.searched for _, v in by_fingerprints.values()} == {len(by_fingerprints)}


@pytest.mark.slow
def test_what_is_not_declared_is_found(by_fingerprints: Found) -> None:
    """Relatives are of the family, ancestors are ancestors (or equal to one), and nobody's silence goes unnoticed."""
    for name, (entry, verification) in by_fingerprints.items():
        told = {each.subject.split("@")[0]: each.ancestor for each in verification.undeclared}
        assert all(other.split("-")[0] == name.split("-")[0] for other in told), (name, told)
        false_ancestors = {other for other, ancestor in told.items() if ancestor} - entry.ancestors
        assert all(other.endswith(("-copy", "-bf16")) for other in false_ancestors), (name, told)
        assert told or entry.claim == "true" or not entry.ancestors, name
        assert not any(other.endswith("-twin") for other in told) and not (told and name.endswith("-twin"))


def test_without_weights_nothing_is_established(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("zoo")
    made = build(folder, 1, catalog=False)
    how = Asked(str(folder / "records"), folder / "catalog", when=NOW)
    for entry in made:
        verification = verify(entry.name, how).verification
        assert {claim.verdict for claim in verification.claims} <= {Verdict.NOT_ESTABLISHED}
        assert not verification.contradicted and "not at hand" in verification.weights
