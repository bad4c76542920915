"""``stemma publish`` and ``stemma site build`` as they are typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.publish.record.record_examples import FULL, PLIP, made
from tests.publish.site.test_site_build import registry

STARTS = {
    "html": b"<!doctype html>",
    "pdf": b"%PDF-",
    "latex": b"\\documentclass",
    "markdown": b"---\n",
    "dot": b"digraph ",
    "svg": b"<?xml",
    "json": b"{",
    "jsonld": b"{",
}


def stemma(*words: str, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    """The command as a process of its own."""
    command = [sys.executable, "-m", "stemma", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("publish")
    registry(folder / "records", [*PLIP, FULL])
    return folder


@pytest.mark.parametrize("form", STARTS)
def test_every_format_goes_to_standard_output_or_a_file(place: Path, form: str) -> None:
    done = stemma("publish", "plip", "--format", form, cwd=place)
    assert (done.returncode, done.stderr) == (0, b"") and done.stdout.startswith(STARTS[form])
    again = stemma("publish", "records/plip/plip-1.0.0.yaml", "-f", form, "-o", f"plip.{form}", cwd=place)
    assert (again.returncode, again.stdout) == (0, b"")
    assert (place / f"plip.{form}").read_bytes() == done.stdout


def test_pictures_show_the_whole_upstream_and_pages_one_step(place: Path) -> None:
    assert b"Web Image Text" in stemma("publish", "plip", "--format", "dot", cwd=place).stdout
    assert b"Web Image Text" not in stemma("publish", "plip", cwd=place).stdout


def test_what_is_not_there_is_said(place: Path) -> None:
    done = stemma("publish", "plop", cwd=place)
    assert done.returncode == 3 and b"No record fits plop" in done.stderr
    done = stemma("publish", "plip", "--format", "word", cwd=place)
    assert done.returncode == 3
    done = stemma("publish", "plip", "-o", "nowhere/x.html", cwd=place)
    assert done.returncode == 3 and b"no directory" in done.stderr


def test_a_site_is_built_and_said(place: Path) -> None:
    done = stemma("site", "build", "records", "--out", "out", cwd=place)
    assert done.returncode == 0 and b"8 records: " in done.stderr
    assert len(json.loads((place / "out/index.json").read_text())["records"]) == 8
    done = stemma("site", "build", "--out", "out", "--quiet", cwd=place)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    done = stemma("site", "build", "--out", "records", cwd=place)
    assert done.returncode == 3 and b"no site" in done.stderr


def test_a_question_set_of_ones_own_is_scored_and_a_change_of_it_is_noticed(tmp_path: Path) -> None:
    registry(tmp_path / "records", [made("base", "model", surveys={"own": {"owner": True}})])
    (tmp_path / "records" / "_surveys").mkdir()
    file = tmp_path / "records" / "_surveys" / "own.toml"
    told = 'id = "own"\ntitle = "Our own"\n[[domain]]\nname = "Care"\n[[domain.subdomain]]\nname = "Who"\n'
    file.write_text(told + '[domain.subdomain.indicators]\nowner = "Owner named"\nreviewed = "Reviewed"\n')
    page = stemma("publish", "base", cwd=tmp_path).stdout.decode()
    assert "Our own" in page and "Owner named" in page and "1 yes, 0 no, 1 unanswered" in page
    assert stemma("site", "build", "--out", "out", cwd=tmp_path).returncode == 0
    assert b" 0 files written" in stemma("site", "build", "--out", "out", cwd=tmp_path).stderr
    file.write_text(file.read_text().replace("Our own", "Our questions"))
    assert b" 0 files written" not in stemma("site", "build", "--out", "out", cwd=tmp_path).stderr
    assert "Our questions" in (tmp_path / "out/records/base/1.0.0.html").read_text()
