"""The 88 records of the UMR repository as a site: whole, linked, and quiet in a browser."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from stemma.usecases.records.importing import import_records
from stemma.usecases.site import build_site
from tests.publish.site.test_site_browser import browse, said
from tests.publish.site.test_site_build import contents
from tests.records.umr import DATA


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("umr")
    import_records([f"umr:{DATA}"], registry=folder / "records")
    assert build_site(folder / "records", folder / "site").records == 88
    return folder / "site"


def test_every_record_has_its_pages_and_every_link_leads_somewhere(site: Path) -> None:
    assert len(list(site.glob("records/*/*.html"))) == 88 + 87  # a page for each version, and one for each name
    assert len(json.loads((site / "index.json").read_text())["records"]) == 87
    for page in site.rglob("*.html"):
        for target in re.findall(r'href="([^"#:]+)(?:#[^"]*)?"', page.read_text(encoding="utf-8")):
            assert (page.parent / target).is_file(), (page, target)


def test_the_same_records_give_the_same_bytes(site: Path, tmp_path: Path) -> None:
    build_site(site.parent / "records", tmp_path / "again")
    assert contents(tmp_path / "again") == contents(site)


@pytest.mark.slow
@pytest.mark.parametrize("window", ["1280,1000", "500,1000"], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", [0, 1], ids=["dark", "light"])
def test_a_browser_finds_what_the_risk_of_laion_reaches(site: Path, tmp_path: Path, window: str, scheme: int) -> None:
    index = (site / "index.html").as_uri() + "#risk=csam"
    options = (f"--window-size={window}", f"--blink-settings=preferredColorScheme={scheme}")
    dom, log = browse(index, tmp_path, *options)
    assert said(log) == []
    shown = re.findall(r"<li (?![^>]*hidden)[^>]*>.*?<a [^>]*>([^<]+)</a>", dom, flags=re.DOTALL)
    assert shown == ["LAION 5B", "PLIP", "RRT-MIL"]
    page, log = browse((site / "records/llava-1.6-vicuna-13b/1.0.0.html").as_uri(), tmp_path, *options)
    assert said(log) == [] and "from vicuna-13b@1.0.0" in re.sub(r"<[^>]+>", "", page)
