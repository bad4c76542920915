"""Numbers and strings as people read them."""

from __future__ import annotations

import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stemma.identity import Missing
from stemma.publish import figures


@given(st.text(alphabet=st.characters(), max_size=60))
def test_nothing_invisible_gets_through(text: str) -> None:
    shown = figures.visible(text)
    assert all(unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in shown)
    shown.encode()


def test_long_strings_are_cut() -> None:
    assert figures.visible("a" * 50, 10) == "a" * 10 + "…"
    assert figures.visible("\x1b[0m") == "\\x1b[0m"
    assert figures.visible("模型 é") == "模型 é"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (math.nan, "undefined"), (math.inf, "∞"), (-math.inf, "−∞"), (0.0, "0"), (206.2, "206.2"),
     (12345.6, "12,346"), (0.985, "0.985"), (-0.01, "−0.010"), (3.2e-7, "3.20e−07"), (1.5e9, "1.50e+09")],
)  # fmt: skip
def test_number(value: float | None, shown: str) -> None:
    assert figures.number(value) == shown


@pytest.mark.parametrize(
    ("log10_p", "shown"),
    [(None, "–"), (0.0, "1"), (-0.49, "0.32"), (-3.5, "0.00032"), (-4.0, "10⁻⁴"), (-312.7, "10⁻³¹²"),
     (math.nan, "undefined")],
)  # fmt: skip
def test_p_values_never_underflow_and_never_overstate(log10_p: float | None, shown: str) -> None:
    assert figures.p_value(log10_p) == shown


@pytest.mark.parametrize(
    ("log10_p", "shown"), [(0.0, "1 in 1"), (-6.0, "1 in 1,000,000"), (-2.5, "1 in 316"), (-312.7, "1 in 10³¹²")]
)
def test_odds(log10_p: float, shown: str) -> None:
    assert figures.one_in(log10_p) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.985, ".98"),
        (-0.001, ".00"),
        (0.0, ".00"),
        (-0.01, "−.01"),
        (1.04, "1.04"),
        (math.nan, "?"),
        (55.2, "55"),
        (12345.0, "1e+04"),
    ],
)
def test_short(value: float, shown: str) -> None:
    assert figures.short(value) == shown


def test_sizes_counts_and_costs() -> None:
    assert [figures.size(n) for n in (0, 999, 999_999, 4_400_193_536)] == ["0 B", "999 B", "1 MB", "4.4 GB"]
    assert [figures.magnitude(n) for n in (12, 22_713_216, 1_100_048_384)] == ["12", "22.7 M", "1.1 B"]
    assert figures.count(Missing("why")) == "missing: why"
    assert figures.cost("bytes_read", 4_400_193_536) == "4.4 GB read"
    assert figures.cost("read_seconds", 1.234) == "1.23 s read"
    assert figures.cost("seconds", math.nan) == "seconds undefined"
    assert [figures.anything(v) for v in (True, None, 1.5, 2000, "x")] == ["yes", "–", "1.5", "2,000", "x"]
