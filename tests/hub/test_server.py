"""The hub on loopback as huggingface_hub sees it: what the other tests rely on."""

from __future__ import annotations

import hashlib
from pathlib import Path

import httpx
import pytest
from huggingface_hub import HfApi, get_hf_file_metadata, hf_hub_url, snapshot_download
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

from tests.hub.server import Fault, Hub

WEIGHTS = bytes(range(256)) * 100
FILES = {"config.json": b"{}", "w.safetensors": WEIGHTS}
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()


def test_listing(hub: Hub) -> None:
    commit = hub.add("org/m", FILES)
    for revision in (None, "main", commit):
        info = HfApi(endpoint=hub.endpoint, token=False).model_info("org/m", revision=revision, files_metadata=True)
        assert info.sha == commit
        assert info.siblings is not None
        sizes = {sibling.rfilename: (sibling.size, sibling.lfs) for sibling in info.siblings}
        assert sizes["config.json"] == (2, None)
        assert sizes["w.safetensors"][0] == len(WEIGHTS)
        assert sizes["w.safetensors"][1] is not None
        assert sizes["w.safetensors"][1].sha256 == SHA256


def test_metadata_of_a_file(hub: Hub) -> None:
    commit = hub.add("org/m", FILES)
    url = hf_hub_url("org/m", "w.safetensors", endpoint=hub.endpoint)
    held = get_hf_file_metadata(url, token=False)
    assert (held.commit_hash, held.etag, held.size) == (commit, SHA256, len(WEIGHTS))
    assert held.location.startswith(hub.cdn)


def test_snapshot(hub: Hub, tmp_path: Path) -> None:
    hub.add("org/m", FILES)
    folder = Path(snapshot_download("org/m", endpoint=hub.endpoint, cache_dir=tmp_path, token=False))
    assert (folder / "w.safetensors").read_bytes() == WEIGHTS
    assert (folder / "w.safetensors").resolve().name == SHA256


def test_refusals(hub: Hub, tmp_path: Path) -> None:
    hub.add("org/gated", FILES, gated=True)
    hub.add("org/private", FILES, private=True)
    api = HfApi(endpoint=hub.endpoint, token=False)
    for name in ("org/private", "org/none"):
        with pytest.raises(RepositoryNotFoundError):
            api.model_info(name)
    with pytest.raises(RevisionNotFoundError):
        api.model_info("org/gated", revision="none")
    with pytest.raises(GatedRepoError):
        get_hf_file_metadata(hf_hub_url("org/gated", "config.json", endpoint=hub.endpoint), token=False)
    allowed = HfApi(endpoint=hub.endpoint, token=hub.token)
    assert allowed.model_info("org/private").private


@pytest.mark.parametrize(
    ("wanted", "status", "expected"),
    [
        ("bytes=0-9", 206, WEIGHTS[:10]),
        ("bytes=25590-99999", 206, WEIGHTS[25590:]),
        ("bytes=25000-", 206, WEIGHTS[25000:]),
        ("bytes=-7", 206, WEIGHTS[-7:]),
        ("bytes=99999-", 416, b""),
        ("lines=1-2", 200, WEIGHTS),
    ],
)
def test_ranges(hub: Hub, wanted: str, status: int, expected: bytes) -> None:
    hub.add("org/m", FILES)
    url = f"{hub.endpoint}/org/m/resolve/main/w.safetensors"
    answer = httpx.get(url, headers={"Range": wanted}, follow_redirects=True)
    assert (answer.status_code, answer.content) == (status, expected)
    assert hub.bytes_served("w.safetensors") == len(expected)


def test_faults_wear_off(hub: Hub) -> None:
    hub.plain["a"] = b"abc"
    hub.faults.append(Fault(path="/a", status=503, times=2, skip=1))
    statuses = [httpx.get(f"{hub.endpoint}/plain/a").status_code for _ in range(4)]
    assert statuses == [200, 503, 503, 200]
    assert [line.status for line in hub.requests("/a")] == statuses
