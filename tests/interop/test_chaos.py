"""Whatever a server does wrong: the exact bytes come, or one error of ours."""

from __future__ import annotations

import random

import pytest

from stemma.errors import StemmaError
from stemma.weights.http_source import HttpFile
from stemma.weights.http_transfer import Transfer
from tests.hub.server import Fault, Hub

DATA = random.Random(5).randbytes(2_000_000)


def random_fault(rng: random.Random) -> Fault:
    """One fault of any kind."""
    amount = rng.choice([0, 1, 1000, 65_536, 400_000])
    return rng.choice(
        [
            Fault(status=rng.choice([200, 204, 206, 301, 304, 400, 403, 404, 408, 416, 429, 500, 503])),
            Fault(cut=amount),
            Fault(length=amount),
            Fault(whole=True),
            Fault(etag="another"),
            Fault(extra=b"x" * max(1, amount)),
            Fault(page=b"<html></html>" * rng.choice([1, 5000])),
            Fault(redirect=rng.choice(["/nowhere", "", "//", "http://127.0.0.1:1/", "?a=b"])),
            Fault(status=206, headers={"Content-Range": rng.choice(["bytes 0-6/7", "bytes */7", "x", ""])}),
            Fault(status=429, headers={"Retry-After": rng.choice(["-1", "soon", "1e9", "3", "9" * 40])}),
            Fault(status=302, headers={"Location": "a" * 3000}),
        ]
    )


@pytest.mark.parametrize("seed", range(10))
def test_exact_bytes_or_an_error(hub: Hub, transfer: Transfer, seed: int) -> None:
    rng = random.Random(seed)
    hub.plain["w.bin"] = DATA
    url = f"{hub.endpoint}/plain/w.bin"
    if seed % 2:
        commit = hub.add("org/m", {"w.bin": DATA})
        url = f"{hub.endpoint}/org/m/resolve/{commit}/w.bin"
    exact = 0
    for _ in range(12):
        hub.faults[:] = []
        try:
            file = HttpFile(transfer, url, "w.bin")
            hub.faults[:] = [random_fault(rng) for _ in range(rng.randrange(4))]
            for _ in range(3):
                offset = rng.randrange(len(DATA))
                length = rng.randrange(min(len(DATA) - offset, rng.choice([100, 10_000, 2_000_000])) + 1)
                assert file.read(offset, length) == DATA[offset : offset + length]
                exact += 1
        except StemmaError as error:
            assert str(error)
    assert exact
