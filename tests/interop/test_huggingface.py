"""Models on a hub, resolved by huggingface_hub and read by ranges: against the hub on loopback."""

from __future__ import annotations

import hashlib
import json
import random
import resource
import signal
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import hf_hub_download
from safetensors.numpy import save

from stemma.errors import (
    AccessDenied,
    BadReference,
    LimitExceeded,
    ModelNotFound,
    RateLimited,
    SourceChanged,
    SourceError,
    UnsafeFile,
)
from stemma.identity import Digest, Missing, UrlReference, parse_reference
from stemma.interop.network import Network
from stemma.interop.resolve import page_of_model, raw_file, resolve
from stemma.weights.http_transfer import Transfer
from stemma.weights.interface import FileSet
from stemma.weights.open import open_checkpoint
from tests.hub.fixtures import CountingClock
from tests.hub.server import Fault, Hub, free_port_url

WEIGHTS = {
    f"model.layers.{n}.mlp.up_proj.weight": np.random.default_rng(n).standard_normal((512, 1024), np.float32)
    for n in range(6)
}
FILES = {
    "config.json": b'{"model_type": "llama", "num_hidden_layers": 6}',
    "model.safetensors": save(WEIGHTS),
    "README.md": b"---\nbase_model: a/b\n---\n",
    "sub folder/vocab #1.txt": b"x" * 10_000,
}


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HF_ENDPOINT", "HF_TOKEN", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def network(hub: Hub, transfer: Transfer, tmp_path: Path) -> Network:
    return Network(endpoint=hub.endpoint, cache=tmp_path / "hf", transfer=transfer, token="")


def open_hub(text: str, network: Network) -> FileSet:
    return resolve(parse_reference(text), network)


def test_header_and_window_of_a_model_serve_little(hub: Hub, network: Network) -> None:
    commit = hub.add("org/m", FILES)
    files = open_hub("hf:org/m", network)
    assert files.label == f"hf:org/m@{commit[:12]}"
    assert files.names() == tuple(sorted(FILES))
    checkpoint = open_checkpoint(files)
    assert checkpoint.config == json.loads(FILES["config.json"])
    name = "model.layers.3.mlp.up_proj.weight"
    assert np.array_equal(checkpoint.tensors[name].read(100, 110), WEIGHTS[name][100:110])
    total = len(FILES["model.safetensors"])
    assert total > 12_000_000
    assert hub.bytes_served("model.safetensors") < 0.02 * total


def test_what_the_hub_vouches_for(hub: Hub, network: Network) -> None:
    commit = hub.add("org/m", FILES)
    files = open_hub(f"hf:org/m@{commit}", network)
    file = files.open("model.safetensors")
    assert file.known_sha256 == Digest("sha256", hashlib.sha256(FILES["model.safetensors"]).hexdigest())
    assert (file.size, file.is_local) == (len(FILES["model.safetensors"]), False)
    assert isinstance(file.version, str)
    assert file.version.startswith(commit)
    assert isinstance(files.open("config.json").known_sha256, Missing)
    assert bytes(files.open("sub folder/vocab #1.txt").read(0, 10_000)) == b"x" * 10_000
    with pytest.raises(ModelNotFound, match="no file nothing"):
        files.open("nothing")


def test_revisions(hub: Hub, network: Network) -> None:
    old = hub.add("org/m", {"config.json": b"old"})
    new = hub.add("org/m", {"config.json": b"new"})
    hub.add("org/m", {"config.json": b"dev"}, branch="refs/pr/1")
    read = {
        text: bytes(open_hub(text, network).open("config.json").read(0, 3))
        for text in ("hf:org/m", f"hf:org/m@{old}", f"pkg:huggingface/org/m@{new}", "hf:org/m@refs/pr/1")
    }
    assert list(read.values()) == [b"new", b"old", b"new", b"dev"]


def test_endpoint_from_the_environment(
    hub: Hub, transfer: Transfer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("org/m", FILES)
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint + "/")
    files = open_hub("hf:org/m", Network(cache=tmp_path, transfer=transfer))
    assert bytes(files.open("README.md").read(0, 3)) == b"---"


@pytest.mark.parametrize("closed", ["gated", "private"])
def test_token_opens_what_is_closed(
    hub: Hub, transfer: Transfer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    hub.add("org/m", FILES, gated=closed == "gated", private=closed == "private")
    network = Network(endpoint=hub.endpoint, cache=tmp_path, transfer=transfer)
    with pytest.raises((AccessDenied, ModelNotFound), match=r"HF_TOKEN|credentials"):
        open_hub("hf:org/m", network).open("config.json").read(0, 5)
    monkeypatch.setenv("HF_TOKEN", hub.token)
    files = open_hub("hf:org/m", network)
    assert bytes(files.open("model.safetensors").read(0, 8)) == FILES["model.safetensors"][:8]
    assert all("Authorization" not in line.headers for line in hub.requests(server="cdn"))


def test_the_token_is_not_shown_to_a_hub_that_only_the_reference_names(
    hub: Hub, transfer: Transfer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.add("org/m", FILES)
    monkeypatch.setenv("HF_TOKEN", hub.token)
    reference = parse_reference(f"pkg:huggingface/org/m?repository_url={hub.endpoint}")
    files = resolve(reference, Network(cache=tmp_path, transfer=transfer))
    files.open("config.json").read(0, 5)
    assert hub.log
    assert all("authorization" not in {k.lower() for k in line.headers} for line in hub.log)


def test_missing_and_of_another_kind(hub: Hub, network: Network) -> None:
    commit = hub.add("org/m", FILES)
    hub.add("org/d", {"a.csv": b"1"}, kind="datasets")
    for text, words in [
        ("hf:org/none", "missing, or private"),
        ("hf:org/m@nowhere", "no such revision"),
        (f"hf:org/m@{commit[::-1]}", "no such revision"),
        ("hf:org/d", "is a dataset on the hub"),
    ]:
        with pytest.raises(ModelNotFound, match=words):
            open_hub(text, network)


def test_rate_limits_are_obeyed(hub: Hub, network: Network, clock: CountingClock) -> None:
    hub.add("org/m", FILES)
    hub.faults.append(Fault(path="/api/models/org/m", status=429, headers={"Retry-After": "9"}, times=2))
    open_hub("hf:org/m", network)
    assert [round(wait - 0.5) for wait in clock.slept] == [9, 9]
    hub.faults.append(Fault(path="/api/models/org/m", status=429, times=99))
    with pytest.raises(RateLimited):
        open_hub("hf:org/m", network)


def test_trouble_of_the_hub(hub: Hub, network: Network) -> None:
    hub.add("org/m", FILES)
    hub.faults.append(Fault(status=502, times=3))
    open_hub("hf:org/m", network)
    for fault, words in [
        (Fault(status=503, times=99), "HTTP 503"),
        (Fault(status=403, times=99), "refuses access"),
        (Fault(page=b"<html>portal</html>", times=99), "no model description"),
        (Fault(page=b'{"sha": "main", "id": "org/m"}', times=99), "names no commit"),
        (Fault(page=b"[1]", times=99), "no model description"),
    ]:
        hub.faults[:] = [fault]
        with pytest.raises((SourceError, AccessDenied), match=words):
            open_hub("hf:org/m", network)


def test_unreachable_hub_says_what_to_do(transfer: Transfer, tmp_path: Path) -> None:
    network = Network(endpoint=free_port_url(), cache=tmp_path, transfer=transfer)
    with pytest.raises(SourceError, match="HF_ENDPOINT to a mirror, or HF_HUB_OFFLINE"):
        open_hub("hf:org/m", network)
    with pytest.raises(BadReference, match="no hub"):
        open_hub("hf:org/m", Network(endpoint="ftp://x", cache=tmp_path, transfer=transfer))


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a/../../b", "a\\..\\b"])
def test_names_that_leave_the_folder(hub: Hub, network: Network, name: str) -> None:
    hub.add("org/m", {name: b"x"})
    with pytest.raises(UnsafeFile, match="lists a file named"):
        open_hub("hf:org/m", network)


def test_faults_on_the_way_to_the_weights(hub: Hub, network: Network) -> None:
    hub.add("org/m", FILES)
    data = FILES["model.safetensors"]
    file = open_hub("hf:org/m", network).open("model.safetensors")
    hub.faults += [
        Fault(path="model.safetensors", server="hub", status=429, headers={"Retry-After": "3"}),
        Fault(path="model.safetensors", server="cdn", status=503),
        Fault(path="model.safetensors", server="cdn", cut=2_000_000),
        Fault(path="model.safetensors", server="cdn", stall=1_000_000),
    ]
    assert bytes(file.read(0, len(data))) == data
    hub.faults.append(Fault(path="model.safetensors", server="cdn", etag="other"))
    with pytest.raises(SourceChanged):
        file.read(5_000_000, 1000)


def test_download_on_demand_then_cache_then_offline(
    hub: Hub, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = hub.add("org/m", FILES)
    network.download = True
    files = open_hub("hf:org/m", network)
    assert hub.bytes_served("model.safetensors") == 0
    file = files.open("model.safetensors")
    assert file.is_local
    assert bytes(file.read(0, file.size)) == FILES["model.safetensors"]
    assert hub.bytes_served("README.md") == 0

    network.download = False
    hub.log.clear()
    files = open_hub("hf:org/m", network)
    assert files.open("model.safetensors").is_local
    assert not files.open("README.md").is_local

    hub.log.clear()
    assert open_hub(f"hf:org/m@{commit}", network).names() == ("model.safetensors",)
    assert hub.log == []

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert open_hub(f"hf:org/m@{commit}", network).names() == ("model.safetensors",)
    with pytest.raises(ModelNotFound, match=f"It holds hf:org/m@{commit}"):
        open_hub("hf:org/m", network)
    with pytest.raises(ModelNotFound, match="offline"):
        open_hub("hf:org/other", network)
    with pytest.raises(SourceError, match="offline"):
        resolve(UrlReference("https://example.org/a.safetensors"), network)
    assert hub.log == []


def test_a_full_disk_while_downloading(hub: Hub, network: Network) -> None:
    hub.add("org/m", FILES)
    network.download = True
    files = open_hub("hf:org/m", network)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(LimitExceeded, match="could not be stored"):
            files.open("model.safetensors")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    network.download = False
    assert not open_hub("hf:org/m", network).open("model.safetensors").is_local


def test_the_cached_branch_is_used_when_offline(hub: Hub, network: Network) -> None:
    hub.add("org/m", FILES)
    hf_hub_download("org/m", "config.json", endpoint=hub.endpoint, cache_dir=network.cache, token=False)
    network.offline = True
    assert open_hub("hf:org/m", network).names() == ("config.json",)


def test_a_snapshot_without_all_its_shards_is_not_enough(hub: Hub, network: Network) -> None:
    index = json.dumps({"weight_map": {"a": "s-1.safetensors", "b": "s-2.safetensors"}}).encode()
    commit = hub.add(
        "org/m",
        {"model.safetensors.index.json": index, "s-1.safetensors": b"1" * 9000, "s-2.safetensors": b"2" * 9000},
    )
    network.download = True
    files = open_hub("hf:org/m", network)
    files.open("model.safetensors.index.json")
    files.open("s-1.safetensors")
    network.download = False
    files = open_hub(f"hf:org/m@{commit}", network)
    assert [files.open(name).is_local for name in files.names()] == [True, True, False]


def test_a_truncated_file_in_the_cache_is_not_used(hub: Hub, network: Network) -> None:
    hub.add("org/m", FILES)
    network.download = True
    open_hub("hf:org/m", network).open("model.safetensors")
    network.download = False
    assert network.cache is not None
    blob = max(network.cache.rglob("blobs/*"), key=lambda path: path.stat().st_size)
    blob.write_bytes(blob.read_bytes()[:-5])
    assert not open_hub("hf:org/m", network).open("model.safetensors").is_local


def test_addresses_on_the_hub(hub: Hub, network: Network) -> None:
    commit = hub.add("org/m", FILES, gated=True)
    network.token = hub.token
    by_page = resolve(UrlReference(f"{hub.endpoint}/org/m/tree/main"), network)
    assert by_page.label == f"hf:org/m@{commit[:12]}"
    by_file = resolve(UrlReference(f"{hub.endpoint}/org/m/blob/main/model.safetensors"), network)
    assert by_file.names() == ("config.json", "model.safetensors")
    assert open_checkpoint(by_file).tensors.keys() == WEIGHTS.keys()
    assert page_of_model("https://h/org/m/resolve/main/a") is None
    assert raw_file("https://h/o/n/blob/r/a/b?x=1") == "https://h/o/n/resolve/r/a/b?x=1"


def test_local_paths_need_no_network(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(random.Random(0).randbytes(10))
    assert resolve(parse_reference(str(tmp_path))).names() == ("a.bin",)
    assert resolve(parse_reference(str(tmp_path / "a.bin"))).open("a.bin").size == 10
