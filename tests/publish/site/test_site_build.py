"""A site holds a page for every record, leads nowhere else, is reproducible, and rebuilds only what changed."""

from __future__ import annotations

import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from stemma.errors import InputError
from stemma.publish.site import read_manifest
from stemma.publish.site.index import script
from stemma.records import Record, write_record
from stemma.usecases.site import SiteReport, build_site
from tests.publish.record.record_examples import ATTACKS, BASE, FULL, PLIP, made, nasty

RECORDS = [*PLIP, FULL, BASE, made("plip", "model", "2.0.0", about={"title": "PLIP", "tags": ["pathology"]})]


def registry(folder: Path, records: list[Record]) -> Path:
    """A directory of records."""
    for record in records:
        place = folder / record.name / f"{record.name}-{record.version}.yaml"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(write_record(dict(record.data)), encoding="utf-8")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SiteReport]:
    folder = tmp_path_factory.mktemp("site")
    report = build_site(registry(folder / "records", RECORDS), folder / "out")
    return folder / "out", report


class Links(HTMLParser):
    """Every address and identifier of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: list[str] = []
        self.scripts = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.scripts += tag == "script"
        assert "src" not in told and not any(name.startswith("on") for name in told)
        if told.get("href"):
            self.targets.append(str(told["href"]))
        if told.get("id"):
            self.ids.append(str(told["id"]))


def test_every_record_and_version_has_a_page_and_its_alternates(built: tuple[Path, SiteReport]) -> None:
    out, report = built
    assert report.records == len(RECORDS)
    for record in RECORDS:
        for ending in ("html", "json", "jsonld", "md"):
            assert (out / "records" / record.name / f"{record.version}.{ending}").is_file()
    assert (out / "records/plip/index.html").is_file()
    assert report.written == 4 * len(RECORDS) + len({r.name for r in RECORDS}) + 2


def test_every_link_leads_to_something(built: tuple[Path, SiteReport]) -> None:
    out, _ = built
    for page in out.rglob("*.html"):
        links = Links(page.read_text(encoding="utf-8"))
        assert len(links.ids) == len(set(links.ids))
        assert links.scripts == (page == out / "index.html")
        for target in links.targets:
            parts = urlsplit(target)
            if parts.scheme:
                assert parts.scheme in {"https", "http"} or target == "data:,"
            elif parts.path:
                assert (page.parent / unquote(parts.path)).resolve().is_file(), (page, target)
            else:
                assert parts.fragment in links.ids, (page, target)


def test_pages_lead_up_and_down_a_step_at_a_time(built: tuple[Path, SiteReport]) -> None:
    out, _ = built
    text = (out / "records/clip/1.0.0.html").read_text(encoding="utf-8")
    assert 'href="../webimagetext/1.0.0.html"' in text and 'href="../plip/1.0.0.html"' in text
    assert "../laion-5b/" not in text
    assert "Made from this" in text
    newest = (out / "records/plip/2.0.0.html").read_text(encoding="utf-8")
    assert 'href="../plip/1.0.0.html"' in newest


def test_the_list_has_the_newest_of_each_name_and_its_risks(built: tuple[Path, SiteReport]) -> None:
    out, _ = built
    listed = {each["name"]: each for each in json.loads((out / "index.json").read_text())["records"]}
    assert listed["plip"]["version"] == "2.0.0" and listed["plip"]["versions"] == 2
    assert listed["laion-5b"]["risks"] == ["csam", "nsfw"]
    text = (out / "index.html").read_text(encoding="utf-8")
    assert text.count("<li ") == len(listed)
    assert 'data-risk="csam|nsfw"' in text and f"<script>{script()}</script>" in text
    assert 'id="controls" role="search" hidden=""' in text  # until the script shows them
    assert not re.search("<li [^>]*hidden", text)
    assert re.search(r"script-src &#x27;sha256-[\w+/=]+&#x27;", text)


def test_a_second_build_writes_nothing_and_a_site_is_reproducible(tmp_path: Path) -> None:
    source = registry(tmp_path / "records", RECORDS)
    first = build_site(source, tmp_path / "a")
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "a/records").rglob("*.html")}
    again = build_site(source, tmp_path / "a")
    assert (again.written, again.unchanged) == (0, first.written)
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "a/records").rglob("*.html")} == before
    build_site(source, tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_a_change_rewrites_what_it_touches_and_nothing_else(tmp_path: Path) -> None:
    source = registry(tmp_path / "records", RECORDS)
    build_site(source, tmp_path / "out")
    before = contents(tmp_path / "out")
    changed = made("twitter", "dataset", about={"title": "X"})
    registry(source, [changed])
    build_site(source, tmp_path / "out")
    after = contents(tmp_path / "out")
    touched = {place for place in after if before.get(place) != after[place]}
    assert "records/twitter/1.0.0.html" in touched and "records/pathology-twitter/1.0.0.html" in touched
    assert not any(place.startswith(("records/clip/", "records/laion")) for place in touched)
    build_site(source, tmp_path / "fresh")
    assert contents(tmp_path / "fresh") == after


def test_what_is_gone_is_taken_away_and_what_was_damaged_is_mended(tmp_path: Path) -> None:
    source = registry(tmp_path / "records", RECORDS)
    build_site(source, tmp_path / "out")
    (source / "plip" / "plip-2.0.0.yaml").unlink()
    (tmp_path / "out/records/clip/1.0.0.html").unlink()
    (tmp_path / "out/notes.txt").write_text("mine")
    report = build_site(source, tmp_path / "out")
    assert report.removed == 4 and not (tmp_path / "out/records/plip/2.0.0.html").exists()
    assert (tmp_path / "out/records/clip/1.0.0.html").is_file() and (tmp_path / "out/notes.txt").is_file()


def test_a_directory_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    source = registry(tmp_path / "records", RECORDS)
    with pytest.raises(InputError, match="no site"):
        build_site(source, source)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/manifest.json").write_text(
        '{"schema": "stemma.site-manifest/1", "code": "", "pages": {"../x": {}}}'
    )
    with pytest.raises(InputError, match="no site"):
        build_site(source, tmp_path / "out")
    with pytest.raises(InputError, match="no records"):
        build_site(tmp_path / "out", tmp_path / "other")


@pytest.mark.parametrize(
    "place",
    ["../x.html", "/etc/passwd", "records/../index.html", "records/a/../../b.html", "records/a/b.txt", "x.html"],
)
def test_a_manifest_cannot_name_what_no_site_holds(place: str) -> None:
    text = json.dumps({"schema": "stemma.site-manifest/1", "code": "", "pages": {place: {"input": "", "bytes": 1}}})
    assert read_manifest(text) is None


def test_nasty_records_make_a_sound_site(tmp_path: Path) -> None:
    records = [BASE]
    for number, attack in enumerate(ATTACKS):
        data = dict(nasty(attack).data) | {"name": f"nasty-{number}"}
        records.append(made(**{key.replace("type", "kind"): value for key, value in data.items() if key != "stemma"}))
    build_site(registry(tmp_path / "records", records), tmp_path / "out")
    for page in (tmp_path / "out").rglob("*.html"):
        links = Links(page.read_text(encoding="utf-8"))
        assert links.scripts == (page.name == "index.html" and page.parent.name == "out")
        assert all(re.match(r"https?://|data:,$|#|[\w./@+%-]+$", target) for target in links.targets)


@pytest.mark.slow
def test_a_thousand_records_build_in_a_tenth_of_what_ten_thousand_may_take(tmp_path: Path) -> None:
    records = [
        made(
            f"model-{n}",
            "model",
            about={"title": f"Model {n}", "description": "Made up.", "tags": [f"tag-{n % 7}"]},
            relations=[{"kind": "finetuned-from", "target": f"model-{n // 2}"}] if n else [],
        )
        for n in range(1000)
    ]
    source = registry(tmp_path / "records", records)
    began = time.process_time()
    build_site(source, tmp_path / "out")
    assert time.process_time() - began < 18.0
