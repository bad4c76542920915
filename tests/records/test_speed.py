"""Ten thousand records are read and resolved within what two cores do in ten seconds; one is there at once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from hashlib import sha256

import pytest

from stemma.records import MemorySource, Resolver, parse_record
from tests.records.test_read import GOOD

COUNT = 10_000


def generated(number: int, rng: random.Random) -> str:
    """A record of some fifty lines, with one parent or two among those before it."""
    parents = [rng.randrange(max(0, number - 2_000), number)] if number > 20 else []
    relations = "".join(
        f"  - kind: finetuned-from\n    target: model-{parent}@^1.0.0\n    evidence:\n"
        f"      - grounds: E1\n        source: https://example.org/{number}\n        by: Acme\n"
        for parent in parents
    )
    if parents and rng.random() < 0.2:
        relations += f"  - {{kind: merged-from, target: model-{rng.randrange(20)}, coefficient: 0.5}}\n"
    return f"""\
stemma: 1
name: model-{number}
version: "1.{number % 10}.0"
type: model
about:
  title: Model {number}
  description: >-
    A model made for tests; it answers questions
    and writes text in several languages.
  publisher: Acme
  release_date: "2026-03-01"
  licenses: [apache-2.0]
  links:
    card: https://example.org/{number}
  tags: [chat, text]
  languages: [en, de, fr]
  parameters: {number}
relations:
{relations}  - kind: evaluated-on
    target: bench-{number % 7}
identity:
  hubs:
    - hub: huggingface
      id: acme/model-{number}
  files:
    - path: model.safetensors
      sha256: "{sha256(str(number).encode()).hexdigest()}"
      size: 13476839424
risks:
  bias: {{present: true, note: Measured.}}
card:
  intended_use:
    - Answering questions of customers in several languages.
  limitations:
    - Makes up facts, as all models do.
surveys:
  fmti-2023:
    wages: false
    data_size: true
"""


@pytest.mark.slow
def test_ten_thousand_records() -> None:
    rng = random.Random(1)
    texts = [generated(number, rng) for number in range(COUNT)]
    start = time.process_time()
    records = [parse_record(text, f"{number}.yaml") for number, text in enumerate(texts)]
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
