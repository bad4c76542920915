"""Nothing is lost and nothing is there twice, at whatever step the process is killed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stemma.registry import Subscription, alert_id, delivery_id
from tests.alerts.killed import ADVISORY, NOW, RECORDS, opened
from tests.alerts.receiver import Receiver
from tests.registry.backends import made_ready
from tools.postgres import Cluster, binaries, cluster

SECRET = "whsec_" + "c2VjcmV0" * 4
REACHED = ("base@1.0.0", "data@1.0.0", "late@1.0.0")


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    """A server of this module's own."""
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed: run scripts/setup-debian.sh")
    with cluster() as server:
        yield server


def prepared(url: str, hook: str, create: Callable[[], object] = lambda: None) -> None:
    """A registry with two records and one subscription."""
    if "://" in url:
        made_ready(url, create)
    else:
        Path(url).mkdir()
    registry = opened(url, NOW)
    for each in RECORDS:
        registry.records.put(each)
    registry.subscriptions.put(Subscription("team", ("risk=poisoning",), hook, NOW, SECRET))
    registry.close()


def outcomes(fresh: Callable[[], str]) -> list[dict[str, Any]]:
    """What every step left; ``fresh`` makes a registry and gives its URL."""
    found = []
    with subprocess.Popen(
        [sys.executable, "-m", "tests.alerts.killed"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        while not found or found[-1]["killed"]:
            process.stdin.write(fresh() + "\n")
            process.stdin.flush()
            found.append(json.loads(process.stdout.readline()))
        process.stdin.close()
        assert process.wait(30) == 0
    return found


def check(found: list[dict[str, Any]], receiver: Receiver) -> None:
    """The promises, step by step."""
    alerts = [[subject, 1, "open"] for subject in REACHED]
    ids = {delivery_id(alert_id(ADVISORY.id, subject), 1, "team") for subject in REACHED}
    assert len(found) > 40
    assert [each["killed"] for each in found] == [True] * (len(found) - 1) + [False]
    states = set()
    for each in found:
        assert each["ended"] == 0
        left, after = each["after"]
        told = {subject for subject, _, _ in left["alerts"]}
        expected = set(REACHED) if left["late"] else set(REACHED[:2])
        assert told == (expected if left["advisories"] else set())
        assert len(left["deliveries"]) == len(left["alerts"])
        assert left["late"] <= bool(left["advisories"])
        states.add((bool(left["advisories"]), left["late"], sum(d[1] == "delivered" for d in left["deliveries"])))
        assert after["alerts"] == alerts
        assert {(d[0], d[1]) for d in after["deliveries"]} == {(one, "delivered") for one in ids}
        assert left["chain"] == after["chain"] == []
    assert {(False, False, 0), (True, False, 0), *((True, True, n) for n in range(4))} == states
    by_id = {one: [got.body for got in receiver.got if got.id == one] for one in ids}
    assert {got.id for got in receiver.got} == ids
    assert all(len(bodies) >= len(found) and len(set(bodies)) == 1 for bodies in by_id.values())
    assert sum(map(len, by_id.values())) <= len(found) * len(ids) + 2 * len(ids)


def test_sqlite_loses_nothing_wherever_the_process_is_killed(tmp_path: Path) -> None:
    with Receiver() as receiver:
        prepared(f"sqlite:///{tmp_path}/first.db", receiver.url)
        count = iter(range(1_000))

        def fresh() -> str:
            path = tmp_path / f"{next(count)}.db"
            shutil.copy(tmp_path / "first.db", path)
            return f"sqlite:///{path}"

        check(outcomes(fresh), receiver)


@pytest.mark.slow
def test_a_directory_loses_nothing_wherever_the_process_is_killed(tmp_path: Path) -> None:
    with Receiver() as receiver:
        prepared(f"{tmp_path}/first", receiver.url)
        count = iter(range(1_000))
        check(outcomes(lambda: str(shutil.copytree(tmp_path / "first", tmp_path / str(next(count))))), receiver)


@pytest.mark.slow
def test_postgresql_loses_nothing_wherever_the_process_is_killed(postgres: Cluster) -> None:
    with Receiver() as receiver:
        prepared(postgres.url("killed"), receiver.url, lambda: postgres.create("killed"))
        made: list[str] = []

        def fresh() -> str:
            if made:
                postgres.drop(made.pop())
            made.append(postgres.fresh("killed"))
            return made[0]

        check(outcomes(fresh), receiver)
