"""Records to measure with: some fifty lines each, with a parent or two among the two thousand before them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path


def texts(count: int, seed: int = 1) -> Iterator[tuple[str, str, str]]:
    """Name, version and text of ``count`` models, then of the benchmarks that they were measured on."""
    rng = random.Random(seed)
    for number in range(count):
        version = f"1.{number % 10}.0"
        yield f"model-{number}", version, _model(number, version, rng)
    for number in range(7):
        name = f"bench-{number}"
        yield name, "1.0.0", f'stemma: 1\nname: {name}\nversion: "1.0.0"\ntype: benchmark\n'


def registry(folder: Path, count: int) -> Path:
    """Those records as a directory; what is there already is used again."""
    if not (folder / "bench-6" / "bench-6-1.0.0.yaml").is_file():
        for name, version, text in texts(count):
            (folder / name).mkdir(parents=True, exist_ok=True)
            (folder / name / f"{name}-{version}.yaml").write_text(text, encoding="utf-8")
    return folder


def _model(number: int, version: str, rng: random.Random) -> str:
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
version: "{version}"
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
