"""Any report at all, for property tests: hostile strings and numbers that are not finite included."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from stemma.constitution.interface import Direction, Established, Label, LayerPair, Ruling
from stemma.evidence.interface import Background, Evidence, SiteValue
from stemma.identity import Missing
from stemma.publish.model import ComparisonReport, ModelSummary
from stemma.vocabulary import Exclusion, Kinship, Mechanism, Status

HOSTILE = (
    "<script>alert(1)</script>",
    "\" onload='x' <b>&amp;",
    "</style></title><img src=x onerror=y>",
    "\x1b[31mred\x1b]8;;http://x\x07",
    "\u202eevil",
    "[bold]markup[/bold][/]",
    "a\x00b\r\nc\ud800",
)
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=12))
numbers = st.floats(allow_nan=True, allow_infinity=True)
sites = st.one_of(
    st.builds("decoder.{}/{}".format, st.integers(0, 5), st.sampled_from(["q", "mlp"])),
    st.builds("decoder.{}.expert{}/up".format, st.integers(0, 3), st.integers(0, 3)),
    texts,
)
log10_ps = st.one_of(st.none(), numbers)
cells = st.builds(SiteValue, sites, sites, numbers, log10_ps, numbers)
facts = st.dictionaries(texts, st.one_of(st.none(), st.booleans(), st.integers(), numbers, texts), max_size=3)
evidence = st.builds(
    Evidence,
    test=texts,
    site=sites,
    statistic=numbers,
    effect=numbers,
    log10_p=log10_ps,
    null=texts,
    method=texts,
    sample=st.integers(0, 10**12),
    background=st.one_of(st.none(), st.builds(Background, numbers, numbers, texts)),
    per_site=st.lists(cells, max_size=5).map(tuple),
    facts=facts,
)
pairs = st.builds(LayerPair, sites, sites)


def sentences(count: int = 3) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(texts, max_size=count).map(tuple)


rulings = st.builds(
    Ruling,
    label=st.sampled_from(Label),
    established=st.sampled_from(Established),
    kinship=st.sampled_from(Kinship),
    direction=st.sampled_from(Direction),
    mechanism=st.one_of(st.none(), st.sampled_from(Mechanism)),
    exclusion=st.one_of(st.none(), st.sampled_from(Exclusion)),
    reasons=sentences(),
    not_examined=sentences(),
    evidence=st.lists(evidence, max_size=3).map(tuple),
    status=st.one_of(st.just(""), st.sampled_from(Status), texts),
    layer_map=st.lists(pairs, max_size=4).map(tuple),
    alpha=st.floats(1e-12, 0.5),
    tests_planned=st.integers(0, 10**6),
    looked_everywhere=st.one_of(st.none(), st.booleans()),
    constitution=texts,
    cost=facts,
)
missing = st.builds(Missing, texts.filter(bool))
summaries = st.builds(
    ModelSummary,
    name=texts,
    container=texts,
    parameters=st.integers(0, 10**13),
    layers=st.one_of(missing, st.integers(0, 200)),
    hidden=st.one_of(missing, st.integers(0, 10**5)),
    architecture=st.one_of(missing, texts),
    roles=st.dictionaries(texts, st.integers(0, 999), max_size=2),
    missing=st.dictionaries(texts, texts, max_size=2),
    warnings=sentences(2),
)


@st.composite
def reports(draw: Any) -> ComparisonReport:
    found = draw(st.booleans())
    return ComparisonReport(
        draw(texts),
        draw(texts),
        draw(rulings) if found else None,
        None if found else draw(texts),
        draw(st.one_of(st.none(), summaries)),
        draw(st.one_of(st.none(), summaries)),
        draw(facts),
        "0.1.0",
    )
