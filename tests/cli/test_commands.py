"""Every command, every format, on small models."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from stemma.publish.schemas import load_schema
from tests.cli.conftest import Command, Result
from tests.hub.server import Hub
from tests.models import write


def valid(text: str, schema: str) -> Any:
    """The document, after its published schema was asked."""
    document = json.loads(text)
    assert document["schema"] == schema
    Draft202012Validator(load_schema(schema)).validate(document)
    return document


def is_page(text: str) -> bool:
    """A whole page that loads nothing."""
    return text.startswith("<!doctype html>") and not re.search(r"""(src|href)\s*=\s*["']?https?:|<script""", text)


def test_inspect(stemma: Command) -> None:
    table = stemma("inspect", "base")
    assert table.code == 0
    assert re.search(r"decoder +gate +4 +256 x 128", table.out)
    document = valid(stemma("inspect", "base", "-f", "json").out, "stemma.inspection/1")
    assert {r["role"] for r in document["roles"]} >= {"q", "k", "v", "o", "gate", "up", "down", "head"}
    assert is_page(stemma("inspect", "base", "--format", "html").out)


def test_inspect_of_a_stored_fingerprint(stemma: Command, tmp_path: Path) -> None:
    path = str(tmp_path / "base.stemma")
    stemma("fingerprint", "base", "-o", path)
    assert re.search(r"decoder +gate +4 +256 x 128", stemma("inspect", path).out)
    document = valid(stemma("inspect", path, "-f", "json").out, "stemma.inspection/1")
    assert document["files"][0]["digest"].startswith("sha256:")


def test_fingerprint(stemma: Command, tmp_path: Path) -> None:
    one = tmp_path / "one.stemma"
    table = stemma("fingerprint", "base", "-o", str(one))
    assert (table.code, one.is_file()) == (0, True)
    assert str(one) in table.out.replace("\n", "")
    done = stemma("fingerprint", "base", "other", "-o", str(tmp_path), "--format", "json")
    for line in done.out.splitlines():
        valid(line, "stemma.fingerprint-report/1")
    assert {path.name for path in tmp_path.iterdir()} == {"one.stemma", "base.stemma", "other.stemma"}
    assert (tmp_path / "base.stemma").read_bytes() == one.read_bytes()
    assert stemma("fingerprint", "base", "-o", str(one), "--quiet").out == ""


@pytest.mark.parametrize(
    ("a", "b", "label", "established", "code"),
    [
        ("base", "tuned", "linked", "shown", 0),
        ("base", "base", "linked", "shown", 0),
        ("base", "twin", "independent", "shown", 1),
        ("base", "other", "independent", "default", 2),
        ("bare", "bare2", "independent", "default", 2),
    ],
)
def test_compare(stemma: Command, a: str, b: str, label: str, established: str, code: int) -> None:
    done = stemma("compare", a, b, "--format", "json")
    document = valid(done.out, "stemma.comparison/1")
    assert (document["label"], document["established"], done.code) == (label, established, code)
    assert (document["a"], document["b"], done.err) == (a, b, "")
    table = stemma("compare", a, b)
    assert table.code == code
    assert label.upper() in table.out
    page = stemma("compare", a, b, "-f", "html")
    assert (page.code, is_page(page.out)) == (code, True)
    sarif = stemma("compare", a, b, "-f", "sarif")
    assert (sarif.code, json.loads(sarif.out)["version"]) == (code, "2.1.0")


def test_compare_stored_fingerprints_and_samples(stemma: Command, tmp_path: Path) -> None:
    stemma("fingerprint", "base", "tuned", "-o", str(tmp_path))
    stored = stemma("compare", str(tmp_path / "base.stemma"), str(tmp_path / "tuned.stemma"), "-f", "json")
    whole = stemma("compare", "base", "tuned", "-f", "json")
    assert json.loads(stored.out)["evidence"] == json.loads(whole.out)["evidence"]
    sampled = stemma("compare", "base", "tuned", "--sample", "--no-cache")
    assert sampled.code == 0


def test_a_result_in_a_file(stemma: Command, tmp_path: Path) -> None:
    target = tmp_path / "result.json"
    done = stemma("compare", "base", "other", "-f", "json", "-o", str(target))
    assert (done.code, done.out) == (2, "")
    valid(target.read_text(encoding="utf-8"), "stemma.comparison/1")
    stemma("compare", "base", "other", "-o", str(target))
    assert target.read_text(encoding="utf-8").count("INDEPENDENT") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


@pytest.fixture
def catalog(stemma: Command, tmp_path: Path) -> Path:
    folder = tmp_path / "catalog"
    assert stemma("catalog", "add", "base", "other", "-c", str(folder), "-q") == Result(0, "", "")
    return folder


def test_scan(stemma: Command, catalog: Path) -> None:
    done = stemma("scan", "tuned", "-c", str(catalog), "-f", "json")
    document = valid(done.out, "stemma.scan/1")
    assert done.code == 0
    assert [c["name"] for c in document["candidates"]] == ["base", "other"]
    assert document["corrected_for"] == 2
    assert re.search(r"1 +base +linked", stemma("scan", "tuned", "-c", str(catalog)).out)
    assert is_page(stemma("scan", "tuned", "-c", str(catalog), "-f", "html").out)
    assert json.loads(stemma("scan", "tuned", "-c", str(catalog), "-f", "sarif").out)["version"] == "2.1.0"
    assert stemma("scan", "bare2", "-c", str(catalog), "--limit", "1").code == 2


def test_scan_of_an_empty_catalog(stemma: Command, tmp_path: Path) -> None:
    done = stemma("scan", "tuned", "-c", str(tmp_path / "none"))
    assert done.code == 3
    assert "stemma catalog add" in done.err


def test_catalog(stemma: Command, catalog: Path, tmp_path: Path) -> None:
    at = ("-c", str(catalog))
    again = stemma("catalog", "add", "base", *at)
    assert (again.code, "unchanged: base" in again.err) == (0, True)
    listed = valid(stemma("catalog", "list", "-f", "json", *at).out, "stemma.catalog/1")
    assert [entry["name"] for entry in listed["entries"]] == ["base", "other"]
    assert "2 fingerprints" in stemma("catalog", "list", *at).out
    assert json.loads(stemma("catalog", "show", "base", *at).out)["container"] == "safetensors"
    assert stemma("catalog", "verify", *at).code == 0
    archive = tmp_path / "all.zip"
    assert "2 fingerprints" in stemma("catalog", "export", str(archive), *at).err
    assert stemma("catalog", "remove", "other", *at).err == "removed: other\n"
    assert stemma("catalog", "remove", "other", *at).code == 3
    assert stemma("catalog", "import", str(archive), *at).code == 0
    assert stemma("catalog", "add", "tuned", "--name", "base", *at).code == 3
    assert stemma("catalog", "add", "tuned", "--name", "base", "--replace", *at).code == 0
    assert stemma("catalog", "add", "base", "tuned", "--name", "x", *at).code == 3
    damaged = next((catalog / "fingerprints").glob("other.*"))
    damaged.write_bytes(damaged.read_bytes()[:-9])
    found = stemma("catalog", "verify", "-f", "json", *at)
    assert found.code == 3
    assert valid(found.out, "stemma.catalog/1")["problems"]
    assert "taken in 0, dropped 2" in stemma("catalog", "verify", "--repair", *at).err
    damaged.unlink()
    assert stemma("catalog", "verify", *at).code == 0


def test_local_models_go_by_their_own_names(stemma: Command, models: Path, tmp_path: Path) -> None:
    """A catalog is handed on: no path of this machine is part of a name."""
    stored = tmp_path / "stored.stemma"
    stemma("fingerprint", "other", "-o", str(stored))
    folder = str(tmp_path / "catalog")
    added = stemma("catalog", "add", str(models / "base"), "./tuned/", str(stored), "-c", folder)
    assert added.err.splitlines() == ["added: base", "added: tuned", "added: other"]


def test_the_catalog_of_the_environment(stemma: Command, tmp_path: Path) -> None:
    folder = str(tmp_path / "own")
    assert stemma("catalog", "add", "base", STEMMA_CATALOG=folder).code == 0
    assert stemma("scan", "tuned", STEMMA_CATALOG=folder).code == 0
    assert stemma("catalog", "list", "-c", folder).out.startswith(folder)


def test_catalog_build(process: Command, hub: Hub, models: Path, tmp_path: Path) -> None:
    """The hub is on loopback and the pace is the real one: a model a second."""
    hub.add("org/base", models / "base")
    rows = [{"id": name, "family": "F", "publisher": "org", "size": "1B"} for name in ("org/base", "org/none")]
    seeds = tmp_path / "seeds.yaml"
    seeds.write_text(json.dumps({"schema": "stemma-seeds/1", "seeds": rows}), encoding="utf-8")
    folder = str(tmp_path / "catalog")
    done = process("catalog", "build", str(seeds), "-c", folder, HF_ENDPOINT=hub.endpoint)
    assert done.code == 3
    assert "taken: hf:org/base\n" in done.err
    assert re.search(r"^not taken: hf:org/none: ", done.err, re.M)
    assert "1 of 2 models are in the catalog." in done.err
    again = process("catalog", "build", str(seeds), "-c", folder, "--limit", "1", HF_ENDPOINT=hub.endpoint)
    assert (again.code, again.err) == (0, "1 of 1 models are in the catalog.\n")
    assert process("scan", "tuned", "-c", folder).code == 0
    hub_model = process("compare", "hf:org/base", "tuned", "-f", "json", HF_ENDPOINT=hub.endpoint)
    assert json.loads(hub_model.out)["label"] == "linked"
    offline = process("compare", "hf:org/none", "tuned", "--offline", HF_ENDPOINT=hub.endpoint)
    assert offline.code == 3


@pytest.mark.parametrize("endpoint", ["http://[::1", "http://hub.example:99999", "hub.example", "ftp://hub.example"])
def test_an_endpoint_that_is_no_address_is_bad_input(process: Command, endpoint: str) -> None:
    done = process("inspect", "hf:org/base", HF_ENDPOINT=endpoint)
    assert done.code == 3
    assert f"HF_ENDPOINT is {endpoint!r}, expected an http(s) address" in done.err
    assert "or unset it" in done.err


def test_cache(stemma: Command, tmp_path: Path) -> None:
    own = {"STEMMA_CACHE": str(tmp_path / "cache")}
    stemma("compare", "base", "tuned", **own)
    held = json.loads(stemma("cache", "info", "-f", "json", **own).out)
    assert held["entries"] == 2
    assert f"{own['STEMMA_CACHE']}: 2 entries" in stemma("cache", "info", **own).out
    assert stemma("cache", "verify", **own).code == 0
    entry = next(path for path in (tmp_path / "cache" / "values").rglob("*") if path.is_file())
    entry.write_bytes(entry.read_bytes()[:-1])
    damaged = stemma("cache", "verify", **own)
    assert (damaged.code, "dropped:" in damaged.err) == (3, True)
    assert stemma("cache", "trim", "0", **own).code == 0
    stemma("compare", "base", "tuned", **own)
    assert "MB freed" in stemma("cache", "clear", **own).err
    assert json.loads(stemma("cache", "info", "-f", "json", **own).out)["entries"] == 0


def test_no_cache_leaves_none(stemma: Command, tmp_path: Path) -> None:
    own = tmp_path / "cache"
    stemma("compare", "base", "tuned", "--no-cache", STEMMA_CACHE=str(own))
    assert not own.exists()


def test_a_cache_that_cannot_be_used_is_said_and_work_goes_on(process: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = process("compare", "base", "tuned", STEMMA_CACHE=str(tmp_path / "file" / "cache"))
    assert done.code == 0
    assert "no fingerprint is kept" in done.err
    assert process("compare", "base", "tuned", "-q", STEMMA_CACHE=str(tmp_path / "file" / "cache")).err == ""


def test_an_odd_name_is_shown_safely(stemma: Command, models: Path) -> None:
    odd = models / "a\x1b[31m\nname"
    write(odd, {})
    done = stemma("inspect", odd.name)
    assert done.code == 3
    assert "\x1b" not in done.err
