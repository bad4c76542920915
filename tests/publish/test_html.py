"""Pages are well formed, load nothing, run nothing, and escape every string that comes from outside."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import examples
import pytest
from hypothesis import HealthCheck, given, settings
from strategies import HOSTILE, reports

from stemma.publish.html import comparison_page, inspection_page, scan_page
from stemma.publish.html.elements import el
from stemma.publish.html.scale import DARK_HEAT, LIGHT_HEAT
from stemma.publish.html.style import CSS
from stemma.publish.model import ComparisonReport, InspectionReport, ScanReport
from stemma.publish.picture import STEPS

VOID = {"meta", "link", "br", "hr"}
ALLOWED = {
    *VOID,
    "html",
    "head",
    "title",
    "style",
    "body",
    "main",
    "div",
    "section",
    "footer",
    "h1",
    "h2",
    "h3",
    "p",
    "ul",
    "li",
    "dl",
    "dt",
    "dd",
    "b",
    "small",
    "span",
    "code",
    "pre",
    "table",
    "caption",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "figure",
    "figcaption",
    "details",
    "summary",
    "svg",
    "g",
    "rect",
    "line",
    "path",
    "circle",
    "text",
}


class Checker(HTMLParser):
    """Refuses whatever a page must not hold, and gathers its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on") and name != "style", name
            assert name not in {"src", "srcset", "action", "xlink:href", "formaction"}
            assert name != "href" or value == "data:,"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text.append(data)


def check(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    checker.close()
    assert checker.open == []
    assert page.startswith("<!doctype html>") and "url(" not in page and "@import" not in page
    page.encode()
    return checker


@pytest.mark.parametrize("report", examples.COMPARISONS.values(), ids=examples.COMPARISONS)
def test_example_pages_are_sound(report: ComparisonReport) -> None:
    text = " ".join(check(comparison_page(report)).text)
    assert report.a in text and report.b in text
    assert comparison_page(report) == comparison_page(report)


def test_other_pages_are_sound() -> None:
    for scan in (examples.SCAN, examples.SCAN_EMPTY, examples.SCAN_FAILED):
        check(scan_page(scan))
    check(inspection_page(examples.INSPECTION))
    check(inspection_page(InspectionReport("x", error="nothing there")))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports())
def test_no_string_escapes_its_place(report: ComparisonReport) -> None:
    check(comparison_page(report))


@pytest.mark.parametrize("attack", HOSTILE)
def test_hostile_strings_in_scans_and_inspections(attack: str) -> None:
    check(scan_page(ScanReport(attack, attack, 1, 1, error=attack)))
    check(scan_page(ScanReport(attack, attack, 1, 1, not_examined=(attack,), cost={attack: attack})))
    check(
        inspection_page(
            InspectionReport(
                attack, examples.summary(attack), facts={attack: attack}, tokenizer=attack, declared={attack: [attack]}
            )
        )
    )


def test_the_policy_allows_this_style_sheet_and_nothing_else() -> None:
    page = comparison_page(examples.FINE_TUNE)
    digest = base64.b64encode(hashlib.sha256(CSS.encode()).digest()).decode()
    assert f"default-src &#x27;none&#x27;; style-src &#x27;sha256-{digest}&#x27;" in page
    assert page.count("<style>") == 1 and f"<style>{CSS}</style>" in page


def test_what_a_page_must_show() -> None:
    text = " ".join(check(comparison_page(examples.PRUNED)).text)
    for piece in (
        "Model B was made out of",
        "How surely",
        "What this does not mean",
        "Layer by layer",
        "sd away",
        "Which layer goes with which",
        "Null: ",
        "Method: ",
        "32,768",
        "What was not looked at",
        "Terms cited",
        "M6",
        "constitution, version 1.0.0",
        "stemma compare hf:TinyLlama",
        "The same as a table",
    ):
        assert piece in text, piece


def test_every_picture_has_words() -> None:
    for report in examples.COMPARISONS.values():
        page = comparison_page(report)
        assert len(re.findall("<svg ", page)) == len(re.findall(r'role="img"><title>[^<]', page))


def test_far_values_are_clipped_with_their_distance() -> None:
    assert "206 sd away" in comparison_page(examples.FINE_TUNE)
    assert "sd away" not in comparison_page(examples.INDEPENDENT)


def test_the_builder_refuses_what_could_run() -> None:
    for tag in ("script", "style", "iframe", "a b"):
        with pytest.raises(ValueError, match="no element"):
            el(tag)
    for name in ("onload", "style", "on-click"):
        with pytest.raises(ValueError, match="no attribute"):
            el("p", **{name: "x"})


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("heat", [LIGHT_HEAT, DARK_HEAT], ids=["light", "dark"])
def test_the_scale_is_even_in_lightness_and_its_ink_can_be_read(heat: tuple[tuple[str, str], ...]) -> None:
    assert len(heat) == len(STEPS) + 1
    lightness = [_luminance(fill) for fill, _ in heat[1:]]
    assert lightness in (sorted(lightness), sorted(lightness, reverse=True))
    for fill, ink in heat:
        high, low = sorted((_luminance(fill), _luminance(ink)), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5
