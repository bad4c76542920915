"""The figures of the UMR paper (arXiv 2410.02230), made from its own records.

- the provenance graph of LLaMA-VID;
- the graph of PLIP with what it depends on;
- LLaVA-1.6 Vicuna 13B as HTML, PDF, LaTeX and GraphViz.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from stemma.interop.umr import convert, read_packages
from stemma.publish.graph import Graph, dot_document, svg_document
from stemma.publish.record import lineage_graph, record_html, record_latex, record_pdf, record_view
from stemma.records import MemorySource, Record, Resolver, parse_record, write_record
from tests.publish.record.typeset import compiled, words_of
from tests.records.umr import DATA
from tests.records.umr.reference import upstream_graph

PACKAGES, _ = read_packages(DATA)
NEWEST = {package.name: package for package in PACKAGES}


@pytest.fixture(scope="module")
def records() -> dict[str, Record]:
    return {draft.name: parse_record(write_record(draft.data)) for draft in convert(PACKAGES)}


@pytest.fixture(scope="module")
def resolver(records: dict[str, Record]) -> Resolver:
    return Resolver(MemorySource(records.values()))


def picture(records: dict[str, Record], resolver: Resolver, name: str, up: int = 300) -> Graph:
    return lineage_graph(records[name], resolver.edges, up=up)


def drawn(dot: str) -> set[tuple[str, str]]:
    """Pairs of names, what was made before what it was made of, as Graphviz reads them."""
    if shutil.which("dot") is None:
        pytest.skip("Graphviz is not installed")
    done = subprocess.run(["dot", "-Tplain"], input=dot, capture_output=True, text=True, check=True, timeout=60)
    nodes = dict(re.findall(r"^node (\w+) .*?\\n([^@\"]+)@", done.stdout, re.MULTILINE))
    return {(nodes[target], nodes[source]) for source, target in re.findall(r"^edge (\w+) (\w+)", done.stdout, re.M)}


OF_BENCHMARKS = {
    *(("mme", data) for data in ("youcook2", "coco", "flickr30k", "msr-vtt")),
    ("pope", "coco"),
}
"""What LLaMA-VID was measured on is made from these; they are no part of its provenance, so ours leaves them out."""


@pytest.mark.parametrize(
    ("name", "edges", "left_out", "some"),
    [
        ("llama-vid", 22, OF_BENCHMARKS, {("llama-vid", "gpt4"), ("llama-vid", "bert"), ("llama-vid", "mme")}),
        ("plip", 6, set(), {("plip", "clip"), ("plip", "laion-5b"), ("plip", "pathology-twitter")}),
        ("llava-1.6-vicuna-13b", 13, set(), {("vicuna-13b", "llama2-13b"), ("llava-1.6-vicuna-13b", "vicuna-13b")}),
    ],
)
def test_graphs_have_the_edges_of_the_paper(
    records: dict[str, Record],
    resolver: Resolver,
    name: str,
    edges: int,
    left_out: set[tuple[str, str]],
    some: set[tuple[str, str]],
) -> None:
    graph = picture(records, resolver, name)
    found = drawn(dot_document(graph))
    assert found == upstream_graph(name, NEWEST) - left_out
    assert some <= found
    assert len(found) == svg_document(graph).count('class="edge declared"') == edges


SAID = ("LLaVA-1.6 Vicuna 13B", "vicuna-13b@1.0.0", "mm-instruct-data@1.0.0", "Be transparent about the model")
"""What every form says of the last figure: the name, parents, and a caution that came from Vicuna."""


def test_llava_as_html(records: dict[str, Record], resolver: Resolver) -> None:
    record = records["llava-1.6-vicuna-13b"]
    page = record_html(record_view(resolver.resolve(record)), picture(records, resolver, record.name, 1))
    text = re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert all(said in text for said in SAID)
    assert page.count('class="edge declared"') == 6


def test_llava_as_pdf(records: dict[str, Record], resolver: Resolver, tmp_path: Path) -> None:
    record = records["llava-1.6-vicuna-13b"]
    pdf = tmp_path / "llava.pdf"
    pdf.write_bytes(record_pdf(record_view(resolver.resolve(record)), picture(records, resolver, record.name, 1)))
    text = " ".join(words_of(pdf).split())
    assert all(said in text for said in SAID)


def test_llava_as_latex(records: dict[str, Record], resolver: Resolver, tmp_path: Path) -> None:
    log, pdf = compiled(record_latex(record_view(resolver.resolve(records["llava-1.6-vicuna-13b"]))), tmp_path)
    assert pdf.is_file(), log[-2000:]
    text = words_of(pdf).replace("-\n", "-")
    assert all(said in " ".join(text.split()) for said in SAID)


def test_every_record_is_published_in_every_form(records: dict[str, Record], resolver: Resolver) -> None:
    for record in records.values():
        view, graph = record_view(resolver.resolve(record)), picture(records, resolver, record.name, 1)
        assert record_html(view, graph).startswith("<!doctype html>")
        assert record_latex(view).rstrip().endswith(r"\end{document}")
        assert svg_document(graph).rstrip().endswith("</svg>") and dot_document(graph).startswith("digraph ")
