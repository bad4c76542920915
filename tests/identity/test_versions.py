"""Laws of versions and ranges: a total order that follows SemVer 2.0.0, and ranges that are the sets they say.

Numbers of the fixed order: https://semver.org/#spec-item-11.
"""

from __future__ import annotations

import itertools
import pickle

import pytest
import semver
from hypothesis import given
from hypothesis import strategies as st

from stemma.errors import BadReference, BadVersion
from stemma.identity import (
    Range,
    Requirement,
    Version,
    name_problem,
    parse_loose_requirement,
    parse_name,
    parse_requirement,
    successor,
)

small = st.integers(0, 3)
identifiers = st.sampled_from(["0", "1", "2", "11", "a", "b", "alpha", "rc", "x-y", "0a"])
prereleases = st.lists(identifiers, max_size=3).map(".".join)
builds = st.lists(st.sampled_from(["1", "01", "b"]), max_size=2).map(".".join)


@st.composite
def versions(draw: st.DrawFn) -> Version:
    text = f"{draw(small)}.{draw(small)}.{draw(small)}"
    pre, build = draw(prereleases), draw(builds)
    return Version.parse(text + (f"-{pre}" if pre else "") + (f"+{build}" if build else ""))


@st.composite
def terms(draw: st.DrawFn) -> str:
    sign = draw(st.sampled_from(["==", "!=", ">=", "<=", ">", "<", "^", "~", "=", ""]))
    partial = sign in ("^", "~", ">=", "<") and draw(st.booleans())
    return sign + (f"{draw(small)}.{draw(small)}" if partial else str(draw(versions())))


ranges = st.lists(terms(), max_size=3).map(" ".join).map(Range.parse)


def test_the_order_of_the_specification() -> None:
    texts = "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0"
    order = [Version.parse(text) for text in f"{texts} 1.9.0 1.10.0 2.0.0".split()]
    turned = order[::-1]
    assert sorted(turned) == order
    assert all(one.compare(other) < 0 for one, other in itertools.pairwise(order))


@given(versions(), versions(), versions())
def test_versions_are_totally_ordered(a: Version, b: Version, c: Version) -> None:
    assert (a < b) + (a == b) + (b < a) == 1
    assert not (a < b < c) or a < c
    assert (a == b) == (hash(a) == hash(b) and str(a) == str(b))
    assert (a.compare(b) > 0) == (semver.Version.parse(str(a)) > semver.Version.parse(str(b)))
    assert Version.parse(str(a)) == a == pickle.loads(pickle.dumps(a))


@given(versions(), versions())
def test_nothing_lies_between_a_version_and_its_successor(a: Version, b: Version) -> None:
    after = successor(a)
    assert a.compare(after) < 0
    assert not (a.compare(b) < 0 and b.compare(after) < 0)


@given(ranges, ranges, versions())
def test_intersection_holds_what_both_hold(a: Range, b: Range, version: Version) -> None:
    assert (version in (a & b)) == (version in a and version in b)
    assert a & b == b & a
    assert a & a == a


@given(ranges, ranges, ranges)
def test_intersection_is_associative(a: Range, b: Range, c: Range) -> None:
    assert (a & b) & c == a & (b & c)


@given(ranges, versions())
def test_canonical_text_means_the_same(span: Range, version: Version) -> None:
    assert Range.parse(str(span)) == span
    assert not (span.is_empty and version in span)
    assert span.is_empty or span.low in span
    assert span & Range.parse("*") == span


@given(st.lists(terms(), max_size=4), versions())
def test_a_conjunction_is_its_terms(parts: list[str], version: Version) -> None:
    assert (version in Range.parse(", ".join(parts))) == all(version in Range.parse(part) for part in parts)


@given(versions(), versions())
def test_bounds_follow_precedence(bound: Version, version: Version) -> None:
    order = version.compare(bound)
    assert (version in Range.parse(f">={bound}")) == (order >= 0)
    assert (version in Range.parse(f">{bound}")) == (order > 0)
    assert (version in Range.parse(f"<={bound}")) == (order <= 0)
    assert (version in Range.parse(f"=={bound}")) == (order == 0)
    assert (version in Range.parse(f"!={bound}")) == (order != 0)
    early = not bound.prerelease and version.release == bound.release
    assert (version in Range.parse(f"<{bound}")) == (order < 0 and not early)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("^1.2.3", "1.2.3 1.9.0 1.10.0", "1.2.2 2.0.0 2.0.0-rc.1"),
        ("^0.2.3", "0.2.3 0.2.9", "0.3.0 0.3.0-a"),
        ("^0.0.3", "0.0.3", "0.0.4 0.0.4-a"),
        ("^0", "0.0.0 0.9.9", "1.0.0"),
        ("^0.0", "0.0.0 0.0.9", "0.1.0"),
        ("~1.2.3", "1.2.3 1.2.9", "1.3.0 1.3.0-a"),
        ("~1", "1.0.0 1.9.0", "2.0.0"),
        (">=1.0.0 <2.0.0 !=1.4.0", "1.0.0 1.5.0", "1.4.0 2.0.0 1.4.0+build"),
        ("*", "0.0.0-0 9.9.9", ""),
        ("1.0.0", "1.0.0 1.0.0+build", "1.0.1 1.0.0-a"),
    ],
)
def test_ranges_as_documented(text: str, inside: str, outside: str) -> None:
    span = Range.parse(text)
    assert [v for v in inside.split() if Version.parse(v) not in span] == []
    assert [v for v in outside.split() if Version.parse(v) in span] == []


def test_an_empty_range_is_known_to_be() -> None:
    for text in (">1.0.0 <1.0.1", ">=2 <1", "==1.0.0 !=1.0.0", "==1.0.0 ==1.0.1"):
        assert Range.parse(text).is_empty, text
    assert not Range.parse(">1.0.0 <=1.0.1-0").is_empty


@pytest.mark.parametrize(
    "text", ["1", "1.0", "v1.0.0", "01.0.0", "1.0.0-", "1.0.0-01", "", "latest", "1.0.0 ", "9" * 300]
)
def test_what_is_no_version(text: str) -> None:
    with pytest.raises(BadVersion):
        Version.parse(text)


@pytest.mark.parametrize("text", ["==1.0", "!=1", ">1", "<=1.2", "1.0", "> =1.0.0 x", "||", "^", "1.0.0" * 200, "1.x"])
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(BadVersion):
        Range.parse(text)


@pytest.mark.parametrize(
    ("text", "name", "span"),
    [
        ("llama2", "llama2", "*"),
        ("llama2@^1.0.0", "llama2", "^1.0.0"),
        ("xp3-all>=1.0.0", "xp3-all", ">=1.0.0"),
        ("bloomz-7b1-1.0.0", "bloomz-7b1", "1.0.0"),
        ("mt5 == 1.0.0", "mt5", "1.0.0"),
        ("a-1.0.0-rc.1", "a", "1.0.0-rc.1"),
    ],
)
def test_spellings_of_requirements(text: str, name: str, span: str) -> None:
    asked = parse_loose_requirement(text)
    assert asked == Requirement(name, Range.parse(span))
    assert parse_requirement(str(asked)) == asked


NAMES = [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "a\\b",
    "A",
    "a..b",
    "-a",
    "a-",
    "a.",
    "con",
    "nul.txt",
    "lpt1",
    "a b",
    "ä",
    "a\0",
    "a\n",
]


@pytest.mark.parametrize("name", [*NAMES, "a" * 129])
def test_names_that_are_no_names(name: str) -> None:
    assert name_problem(name) is not None
    with pytest.raises(BadReference):
        parse_name(name)


@given(st.text(max_size=30))
def test_a_good_name_is_a_plain_file_name(name: str) -> None:
    if name_problem(name) is None:
        assert name == name.lower() and name.isascii() and "/" not in name and "\\" not in name and ".." not in name


@pytest.mark.parametrize("text", ["a@", "a@ ", "@1.0.0", "a@b@c", "A@1.0.0", "a" * 1000])
def test_what_is_no_requirement(text: str) -> None:
    with pytest.raises((BadReference, BadVersion)):
        parse_requirement(text)
