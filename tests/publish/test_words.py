"""What rulings say in plain words."""

from __future__ import annotations

import itertools
from typing import Any

import examples
import pytest
from hypothesis import HealthCheck, given, settings
from strategies import reports

from stemma.constitution.interface import Direction, Established, Label, LayerPair
from stemma.evidence.interface import Evidence, SiteValue
from stemma.publish.model import ComparisonReport
from stemma.publish.picture import layer_picture, site_layer
from stemma.publish.words import headline, in_plain_words, scan_headline, verdict
from stemma.vocabulary import Exclusion, Kinship, Mechanism


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Model B was made out of the trained weights of model A, by fine-tuning (M2)."),
        ({"kinship": Kinship.ANCESTOR}, "Model A was made out of the trained weights of model B, by fine-tuning (M2)."),
        (
            {"kinship": Kinship.COPY, "mechanism": Mechanism.M1},
            "Model A and model B hold the same trained weights (M1).",
        ),
        (
            {"kinship": Kinship.UNDETERMINED, "mechanism": None},
            "Model A and model B share trained weights. Which came first is not established.",
        ),
        (
            {"label": Label.INDEPENDENT, "exclusion": Exclusion.X4},
            "Model A and model B share no trained weights. What makes them look alike is this: "
            "independent runs under a shared seed (X4).",
        ),
        (
            {"label": Label.INDEPENDENT, "established": Established.DEFAULT},
            "No link between model A and model B was established; they count as independent.",
        ),
    ],
)
def test_headlines(changes: dict[str, Any], said: str) -> None:
    assert headline(examples.ruling(**changes)) == said


def test_every_combination_has_words() -> None:
    for label, established, kinship, direction in itertools.product(Label, Established, Kinship, Direction):
        ruling = examples.ruling(label=label, established=established, kinship=kinship, direction=direction)
        words = in_plain_words(ComparisonReport("a", "b", ruling))
        assert words.verdict == verdict(ruling) and words.headline.endswith(".")
        assert words.surety and words.not_meant


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports())
def test_independence_is_never_called_shown_by_default(report: ComparisonReport) -> None:
    words = in_plain_words(report)
    if report.ruling and report.ruling.established is Established.DEFAULT:
        assert "shown" not in words.verdict or "not shown" in words.verdict


def test_a_default_says_that_it_is_none_of_a_finding() -> None:
    assert "default, not a finding" in in_plain_words(examples.INDEPENDENT).surety[0]


def test_odds_come_from_the_strongest_test_and_alpha_from_the_plan() -> None:
    first, second = in_plain_words(examples.FINE_TUNE).surety
    assert "“mlp order”" in first and "1 in 10⁷⁹⁵⁶ cases" in first
    assert second.startswith("312 tests") and second.endswith("1 in 1,000,000 cases.")


def test_a_copy_rests_on_facts() -> None:
    assert "chance plays no part" in in_plain_words(examples.COPY).surety[0]


def test_named_statuses_are_explained() -> None:
    assert any("Such forks cannot" in s for s in in_plain_words(examples.EARLY_FORK).surety)
    unknown = examples.report("./x", status="something new")
    assert "Named status: something new." in in_plain_words(unknown).surety


def test_scans_in_a_sentence() -> None:
    assert scan_headline(examples.SCAN) == "This model is linked to 2 of the candidates in the catalog."
    assert scan_headline(examples.SCAN_EMPTY).startswith("No link")
    assert scan_headline(examples.SCAN_FAILED).startswith("The catalog could not")


@pytest.mark.parametrize(
    ("site", "found"),
    [
        ("decoder.3", ("decoder", 3)),
        ("decoder.3/q", ("decoder", 3)),
        ("enc.12.expert4/up", ("enc", 12)),
        ("norm gains", None),
        ("decoder", None),
        ("x.99999999999999", None),
        ("", None),
    ],
)
def test_sites_of_layers(site: str, found: tuple[str, int] | None) -> None:
    column = site_layer(site)
    assert (column and (column.stack, column.layer)) == found


def test_experts_of_a_layer_share_a_cell_with_their_range() -> None:
    cells = tuple(
        SiteValue(s, s, 1.0, p, e)
        for s, p, e in (("d.0.expert0", -1.0, 0.2), ("d.0.expert1", -9.0, 0.6), ("d.1", None, 0.0))
    )
    test = Evidence("t", "d", 1.0, 1.0, None, "", "", 2, per_site=cells)
    picture = layer_picture(examples.ruling(evidence=(test,)))
    assert picture is not None
    first, second = picture.rows[0].cells
    assert first and (first.count, first.low, first.high, first.log10_p, first.sure) == (2, 0.2, 0.6, -9.0, True)
    assert first.effect == pytest.approx(0.4) and second and not second.sure


def test_deep_models_are_cut_and_counted() -> None:
    cells = tuple(SiteValue(f"d.{n}", f"d.{n}", 1.0, -9.0, 0.5) for n in range(300))
    test = Evidence("t", "d", 1.0, 1.0, None, "", "", 2, per_site=cells)
    picture = layer_picture(examples.ruling(evidence=(test,), layer_map=(LayerPair("d.0", "d.0"),)))
    assert picture and len(picture.columns) == 256 and picture.left_out == 44
