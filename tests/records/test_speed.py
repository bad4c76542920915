"""Ten thousand records are read and resolved within what two cores do in ten seconds; one is there at once."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.process import run_once
from benchmarks.record_texts import registry, texts
from stemma.records import MemorySource, Resolver, parse_record
from tests.records.test_read import GOOD

COUNT = 10_000


@pytest.mark.slow
def test_ten_thousand_records() -> None:
    found = [text for _, _, text in texts(COUNT)]
    start = time.process_time()
    records = [parse_record(text, f"{number}.yaml") for number, text in enumerate(found)]
    resolver = Resolver(MemorySource(records))
    deepest = max(len(resolver.resolve(record).order) for record in records)
    assert time.process_time() - start < 20  # seconds of one core
    assert deepest > 20


def test_one_record_is_there_at_once() -> None:
    code = (
        "import sys, time, resource\n"
        "from stemma.records import MemorySource, Resolver, parse_record\n"
        "record = parse_record(sys.stdin.read())\n"
        "Resolver(MemorySource([record]), dangling='report').resolve(record)\n"
        "use = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(use.ru_utime + use.ru_stime)\n"
        "print('ruamel.yaml' in sys.modules or 'numpy' in sys.modules)\n"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], input=GOOD, capture_output=True, text=True, check=True)
        for _ in range(3)
    ]
    assert {run.stdout.split()[1] for run in runs} == {"False"}
    assert min(float(run.stdout.split()[0]) for run in runs) < 0.3


def test_the_command_shows_one_of_many_at_once(tmp_path: Path) -> None:
    """The registry is not read for it. A bound on processor time; docs/performance.md has the time that passes."""
    folder = registry(tmp_path, 1_000)
    command = [sys.executable, "-m", "stemma", "record", "show", "model-999", "--registry", str(folder)]
    runs = [run_once(command) for _ in range(3)]
    assert min(run.cpu for run in runs) < 0.4
