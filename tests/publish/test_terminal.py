"""Terminal reports: whatever is in them, they keep to the width, to the encoding and to plain letters."""

from __future__ import annotations

import io
import re

import examples
import pytest
from hypothesis import HealthCheck, given, settings
from rich.cells import cell_len
from rich.console import Console
from strategies import reports

from stemma.publish import terminal
from stemma.publish.model import CatalogListing, ComparisonReport, FingerprintReport, InspectionReport
from stemma.publish.terminal_parts import in_ascii


def console(width: int = 80, *, encoding: str = "utf-8", colour: bool = False) -> tuple[Console, io.BytesIO]:
    raw = io.BytesIO()
    system = "truecolor" if colour else None
    stream = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    return Console(file=stream, width=width, color_system=system, force_terminal=colour, legacy_windows=False), raw


def written(report: ComparisonReport, width: int = 80) -> str:
    out, raw = console(width)
    terminal.render_comparison(report, out)
    return raw.getvalue().decode()


@pytest.mark.parametrize("width", [40, 80, 120, 300])
@pytest.mark.parametrize("report", examples.COMPARISONS.values(), ids=examples.COMPARISONS)
def test_lines_keep_to_the_width(report: ComparisonReport, width: int) -> None:
    assert max(cell_len(line) for line in written(report, width).splitlines()) <= min(width, 120)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(reports())
def test_no_control_characters_from_a_report_reach_the_terminal(report: ComparisonReport) -> None:
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", written(report))


def test_markup_in_names_is_not_read() -> None:
    report = ComparisonReport("[bold red]x[/]", "[/nothing]", None, "[link=http://x]y")
    text = written(report)
    assert "[bold red]x[/]" in text and "[/nothing]" in text and "[link=http://x]y" in text


@pytest.mark.parametrize("report", examples.COMPARISONS.values(), ids=examples.COMPARISONS)
def test_a_terminal_without_unicode_gets_ascii(report: ComparisonReport) -> None:
    out, raw = console(encoding="ascii")
    terminal.render_comparison(report, out)
    assert b"?" not in raw.getvalue()
    assert raw.getvalue().isascii()


def test_superscripts_in_ascii() -> None:
    assert in_ascii("1 in 10⁻³¹² – “x”") == '1 in 10^-312 - "x"'


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out, raw = console(colour=True)
    terminal.render_comparison(examples.FINE_TUNE, out)
    assert not re.search(rb"\x1b\[[\d;]*3[0-9]m", raw.getvalue())


def test_plain_words_come_first() -> None:
    text = written(examples.FINE_TUNE, 120)
    order = ["LINKED", "made out of the trained weights", "How surely", "Why", "Layer by layer", "Evidence"]
    assert [text.index(piece) for piece in order] == sorted(text.index(piece) for piece in order)


def test_the_picture_counts_layers_beyond_chance() -> None:
    assert re.search(r"mlp order +[▁▂▃▄▅▆▇█]{24} .* 24/24", written(examples.FINE_TUNE))
    assert re.search(r"mlp order +·{24} .* 0/24", written(examples.INDEPENDENT))


def test_other_reports_are_written() -> None:
    out, raw = console(100)
    terminal.render_inspection(examples.INSPECTION, out)
    terminal.render_inspection(InspectionReport("x", error="nothing there"), out)
    terminal.render_fingerprint(examples.FINGERPRINT, out)
    terminal.render_fingerprint(FingerprintReport("x", error="nothing there"), out)
    for scan in (examples.SCAN, examples.SCAN_EMPTY, examples.SCAN_FAILED):
        terminal.render_scan(scan, out)
    terminal.render_catalog(examples.CATALOG, out)
    terminal.render_catalog(CatalogListing("./empty"), out)
    text = raw.getvalue().decode()
    for piece in ("token_embedding", "nothing there", "tinyllama-chat.stemma", "corrected for 10,000", "linked, desc",
                  "0 candidates", "the index says 400000"):  # fmt: skip
        assert piece in text
