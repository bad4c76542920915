"""Every form is sound and inert whatever the strings, and the same record gives the same bytes."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from record_examples import ATTACKS, FULL, PLIP, nasty, picture_of, view_of

from stemma.publish.record import record_html, record_json, record_jsonld, record_latex, record_markdown, record_pdf
from stemma.publish.record.latex import tex
from stemma.publish.record.markdown import escaped
from stemma.records import Record
from tests.publish.record.typeset import compiled, words_of

VOID = {"meta", "link", "br", "hr"}
REFUSED = {"script", "iframe", "img", "object", "embed", "form", "base", "i", "input"}
RECORDS = [PLIP[-1], FULL, *(nasty(attack) for attack in ATTACKS)]
lines = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=80)


class Checker(HTMLParser):
    """Refuses what could run or load, gathers text and tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text: list[str] = []
        self.lang = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in REFUSED, tag
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on") and name not in {"style", "src", "srcset", "action", "xlink:href"}
            assert name != "href" or re.match(r"https?://|data:,$|#|[\w./@+-]+$", value or "")
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
    assert (
        checker.open == [] and "url(" not in page and "@import" not in page and "default-src &#x27;none&#x27;" in page
    )
    return checker


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.title[:20])
def test_pages_are_sound(record: Record) -> None:
    text = " ".join(check(record_html(view_of(record), picture_of(record))).text)
    assert str(record.version) in text and "How to cite" in text and str(record.digest) in text


def test_a_page_shows_everything() -> None:
    found = check(record_html(view_of(FULL), picture_of(FULL)))
    text = " ".join(" ".join(found.text).split())
    for piece in (
        "Deprecated since 2026-04",
        "ViT-B/32 and a text transformer from clip@1.0.0",
        "laion-5b@1.0.0",
        "And with fine-grained classes.",
        "Foundation Model Transparency Index",
        "1 yes, 1 no, 98 unanswered",
        "Tickets name customers.",
        "0.453",
        "In order of precedence",
    ):
        assert piece in text, piece
    assert found.tags.count("h1") == 1 and found.tags.count("main") == 1
    assert 'href="#record"' in record_html(view_of(FULL))


def test_long_text_is_shown_whole() -> None:
    text = "word " * 2000
    record = nasty("x")
    view = view_of(record)
    assert view.description
    from dataclasses import replace

    long = replace(view, description=replace(view.description, items=(replace(view.description.items[0], text=text),)))
    assert "".join(check(record_html(long)).text).count("word") == 2000


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(lines)
def test_no_string_escapes_its_place(line: str) -> None:
    record = nasty(line)
    view = view_of(record)
    check(record_html(view, picture_of(record)))
    json.loads(record_json(view))
    json.loads(record_jsonld(view))
    front, body = _card(record_markdown(view))
    assert front["stemma"] == "nasty@1.0.0" and "<script" not in body
    latex = record_latex(view)
    assert latex.count("\\end{document}") == 1 and "\\input" not in latex and "\\write" not in latex


def _card(text: str) -> tuple[dict[str, object], str]:
    _, front, body = re.split(r"^---\n", text, maxsplit=2, flags=re.MULTILINE)
    return yaml.safe_load(front), body


def test_front_matter_speaks_the_words_of_the_hub() -> None:
    front, _ = _card(record_markdown(view_of(FULL)))
    assert front["license"] == "other" and front["license_name"] == "Apache-2.0 and LicenseRef-Acme"
    assert front["base_model"] == ["plip", "clip"] and front["base_model_relation"] == "merge"
    assert front["datasets"] == ["laion-5b"] and front["pipeline_tag"] == "text-generation"
    assert front["language"] == ["en", "de"] and front["new_version"] == "acme-chat-7b"
    (index,) = front["model-index"]  # type: ignore[misc]
    assert index["results"][1]["metrics"] == [{"type": "accuracy", "value": 0.453}]
    front, _ = _card(record_markdown(view_of(PLIP[-1])))
    assert front["license"] == "mit" and front["base_model_relation"] == "finetune"
    front, _ = _card(record_markdown(view_of(PLIP[1])))
    assert front == {"license": "cc-by-4.0", "stemma": "laion-5b@1.0.0"}


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_shows_nasty_strings_as_text(attack: str) -> None:
    shown = escaped(" ".join("".join(c for c in attack if c.isprintable()).split()))
    assert "<" not in shown and not re.search(r"(?<!\\)[`*_\[\]|#$!]", shown)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.title[:20])
def test_a_markdown_parser_finds_no_markup_of_a_record(record: Record) -> None:
    _, body = _card(record_markdown(view_of(record)))
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(body)
    flat = [inner for token in tokens for inner in (token, *(token.children or ()))]
    assert {token.content for token in flat if token.type.startswith("html")} <= {"<br>"}
    assert not any(token.type in {"image", "fence", "code_block", "code_inline", "hr"} for token in flat)
    assert all(
        str(token.attrs["href"]).startswith(("https://example.org/", "https://huggingface.co/"))
        for token in flat
        if token.type == "link_open"
    )
    headings = [flat[at + 1].content for at, token in enumerate(flat) if token.type == "heading_open"]
    assert "How to cite" in headings and len(headings) < 16
    shown = "".join(token.content for token in flat if token.type == "text")
    assert escaped_away(record.title) in escaped_away(shown)


def escaped_away(text: str) -> str:
    """Letters and digits alone, as what is left to compare where spaces and entities differ."""
    return "".join(character for character in text if character.isalnum())


def test_latex_has_no_live_character() -> None:
    for character in map(chr, range(32, 0x250)):
        shown = tex(f"a{character}b")
        bare = re.sub(r"\\[A-Za-z]+|\\.|\$\\times\$", "", shown)
        assert not re.search(r"[\\$&#%^_~]", bare), (character, shown)
    assert (
        tex("é ç ğ i̇ 数") == r"{\'{e}} {\c{c}} {\uni{11F}{}} i\uni{307}{} \uni{6570}{}" or tex("数") == r"\uni{6570}{}"
    )


def test_json_is_the_resolved_record_without_places() -> None:
    told = json.loads(record_json(view_of(FULL)))
    schema = json.loads((files("stemma.publish.schemas") / "resolved-record-1.json").read_text(encoding="utf-8"))
    jsonschema.validate(told, schema)
    assert told["record"] == "acme-chat-7b@1.2.0-rc.1"
    assert told["origins"]["about.architecture"]["record"] == "clip@1.0.0"
    assert told["document"]["about"]["architecture"] == "ViT-B/32 and a text transformer"
    assert {edge["kind"] for edge in told["relations"]} == {"merged-from", "trained-on", "evaluated-on"}
    assert all((edge["found"] is None) != (edge["missing"] is None) for edge in told["relations"])
    assert {origin["file"] for origin in told["origins"].values()} == {""}


def test_jsonld_has_its_context_within_and_prov_edges() -> None:
    told = json.loads(record_jsonld(view_of(PLIP[-1])))
    assert isinstance(told["@context"], dict) and told["@id"] == "urn:stemma:record:plip@1.0.0"
    assert told["wasDerivedFrom"] == ["urn:stemma:record:clip@1.0.0"]
    (derivation,) = told["qualifiedDerivation"]
    assert derivation["mechanism"] == "M2" and derivation["hadActivity"]["kind"] == "finetuned-from"
    assert told["trainedOn"] == ["urn:stemma:record:laion-5b@1.0.0", "urn:stemma:record:pathology-twitter@1.0.0"]
    assert told["evaluatedOn"] == ["urn:stemma:record:kather-colon"]


@pytest.mark.parametrize("record", [PLIP[-1], FULL, nasty(ATTACKS[0])], ids=["plip", "full", "nasty"])
def test_the_same_record_gives_the_same_bytes(record: Record) -> None:
    for form in (record_html, record_json, record_jsonld, record_markdown, record_latex, record_pdf):
        assert form(view_of(record)) == form(view_of(record))


def test_pdf_is_one_document_without_a_date() -> None:
    pdf = record_pdf(view_of(FULL), picture_of(FULL))
    assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
    assert b"/JavaScript" not in pdf and b"/Launch" not in pdf and b"CreationDate" not in pdf


@pytest.mark.parametrize("attack", ATTACKS)
def test_pdf_takes_nasty_strings_as_text(attack: str) -> None:
    record = nasty(attack)
    assert record_pdf(view_of(record), picture_of(record)).startswith(b"%PDF-")


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS[:-2], ids=range(len(ATTACKS) - 2))
def test_pdf_shows_nasty_strings_letter_for_letter(attack: str, tmp_path: Path) -> None:
    record = nasty(attack)
    (tmp_path / "record.pdf").write_bytes(record_pdf(view_of(record)))
    shown = words_of(tmp_path / "record.pdf")
    assert escaped_away(record.title) in escaped_away(shown)
    assert "root:x:0" not in shown


@pytest.mark.slow
@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.title[:20])
def test_latex_compiles(record: Record, tmp_path: Path) -> None:
    log, pdf = compiled(record_latex(view_of(record)), tmp_path)
    assert pdf.is_file(), log[-2000:]
    shown = words_of(pdf)
    assert "root:x:0" not in log + shown
    assert "content sha256" in shown and "How to cite" in shown
