"""A made-up hub: records whose descendants are spread as on the real one, a few bases having most of them.

Three in a hundred records are data sets. Models form families whose sizes follow a power law (exponent 1.9); the two
biggest are set, so that what is reached from them is known. In a family two thirds derive from its base directly, the
others from any member before them. Members declare data sets that they were trained on, the more used ones more often,
so that there are five edges for three records.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from stemma.registry import Subscription

BIGGEST, SECOND = "base-0", "base-1"
_KINDS = ("finetuned-from", "quantised-from", "adapter-of", "merged-from", "converted-from")
_WEIGHTS = (45, 25, 20, 5, 5)
_WHEN, _SECRET = "2026-01-01T00:00:00Z", "whsec_bm90IGEgc2VjcmV0LCBidXQgb2YgaXRzIGxlbmd0aA=="
_LICENSES = ("apache-2.0", "mit", "llama3.1", "cc-by-nc-4.0", "other")


@dataclass(frozen=True)
class Hub:
    """How big it is, and how many descendants the two biggest bases have."""

    records: int
    edges: int
    biggest: int
    second: int


def hub(records: int) -> Hub:
    """The measures of a hub of so many records."""
    biggest = min(100_000, records // 3)
    return Hub(records, records * 5 // 3, biggest, min(33_000, biggest // 3))


def lines(size: Hub, seed: int = 1) -> Iterator[str]:
    """Every record as a line of JSON, with exactly ``size.edges`` edges in all."""
    random = Random(seed)
    datasets = max(2, size.records * 3 // 100)
    for number in range(datasets):
        yield _line(random, f"data-{number}", "dataset", [])
    models, derived = size.records - datasets, 0
    plan = list(_parents(random, size, models))
    random.shuffle(plan)  # they do not come to a hub family by family
    for made, (name, parent) in enumerate(plan, 1):
        relations = [] if parent is None else [{"kind": random.choices(_KINDS, _WEIGHTS)[0], "target": parent}]
        derived += len(relations)
        wanted = size.edges * made // models - derived
        data_edges = max(0, wanted)
        derived += data_edges
        chosen = {int(datasets * random.random() ** 3) for _ in range(data_edges)}
        while len(chosen) < data_edges:
            chosen.add(random.randrange(datasets))
        relations += [{"kind": "trained-on", "target": f"data-{each}@^1.0.0"} for each in sorted(chosen)]
        yield _line(
            random, name, "adapter" if relations and relations[0]["kind"] == "adapter-of" else "model", relations
        )


def subscriptions(each: int) -> Iterator[Subscription]:
    """So many of every kind: by model, owner, licence, risk and query. A third of them hear of the biggest base."""
    for number in range(each):
        owner = number * 200_000 // each
        by_kind = {
            "model": (f"model=m-0-{number},m-1-{number}@^1.0.0",),
            "owner": (f"owner=owner-{owner}",),
            "licence": (f"licence={_LICENSES[number % len(_LICENSES)]}", f"owner=owner-{owner + 1}"),
            "licence-severity": (f"licence={_LICENSES[number % len(_LICENSES)]}", "severity=critical"),
            "risk": (f"risk={('backdoor', 'harmful-content')[number % 2]}", f"model=m-0-{number + each}"),
            "query": (f"query=m-0-{10_000 + number * 7} owner",),
        }
        for kind, terms in by_kind.items():
            yield Subscription(f"{kind}-{number}", terms, f"https://example.org/{kind}/{number}", _WHEN, _SECRET)


def _parents(random: Random, size: Hub, models: int) -> Iterator[tuple[str, str | None]]:
    """Every model with the one it derives from, family after family."""
    left, family = models, 0
    while left > 0:
        members = size.biggest if family == 0 else size.second if family == 1 else _family_size(random)
        members = min(members, left - 1)
        base = f"base-{family}"
        yield base, None
        for number in range(members):
            direct = number == 0 or random.random() < 2 / 3
            parent = base if direct else f"m-{family}-{random.randrange(number)}"
            yield f"m-{family}-{number}", parent if random.random() < 0.5 else f"{parent}@^1.0.0"
        left -= members + 1
        family += 1


def _family_size(random: Random) -> int:
    return int(min(20_000, random.paretovariate(0.9))) - 1


def _line(random: Random, name: str, of: str, relations: list[dict[str, str]]) -> str:
    owner = f"owner-{int(200_000 * random.random() ** 4)}"
    about = {"title": name.upper(), "publisher": owner, "licenses": [random.choice(_LICENSES)]}
    hubs = [{"hub": "huggingface", "id": f"{owner}/{name}", "revision": f"{random.getrandbits(160):040x}"}]
    data = {"stemma": 1, "name": name, "version": "1.0.0", "type": of, "about": about}
    if relations:
        declared = {"grounds": "E1", "source": f"https://hub.example/{owner}/{name}", "date": "2026-01-01"}
        data["relations"] = [{**each, "evidence": [declared]} for each in relations]
    files = [{"path": "model.safetensors", "sha256": f"{random.getrandbits(256):064x}", "size": 1}]
    return json.dumps({**data, "identity": {"hubs": hubs, "files": files}}, separators=(",", ":")) + "\n"
