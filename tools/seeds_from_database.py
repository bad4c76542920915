"""Write the starter seed list from the Model Provenance Kit's database.

    python tools/seeds_from_database.py DATABASE src/stemma/catalog/seeds/starter.yaml

``size`` is what the model's name states, else the database's class of sizes.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

HUB = "https://huggingface.co/"
FAMILIES = {
    "microsoft--nextcoder": "NextCoder",
    "tesslate--omnicoder": "OmniCoder",
    "ttech--t-models": "T-Lite and T-Pro",
}
SIZES = {"CohereLabs/aya-101": "13B"}  # the database's class (1-10B) counts one of its two stacks
HEADER = """\
# Starter seeds: real models whose fingerprints make a first catalog.
# Facts from the Model Provenance Kit's database (Apache-2.0, see NOTICE); made by tools/seeds_from_database.py.
"""


def stated_size(name: str) -> str | None:
    """The number of parameters that a name states ("1_6b" is 1.6B), or None."""
    found = re.findall(r"(?<![0-9A-Za-z.])(\d+(?:[._]\d+)?)([bBmM])(?![0-9A-Za-z])", name)
    billions = [number for number, unit in found if unit in "bB"]
    millions = [number for number, unit in found if unit in "mM"]
    chosen = f"{billions[0]}B" if billions else f"{millions[0]}M" if millions else None
    return chosen.replace("_", ".") if chosen else None


def note(facts: dict[str, object]) -> str:
    """Architecture and shape in a few words; what the database does not know is left out."""
    names = facts["architectures"]
    words = [", ".join(names) if isinstance(names, list) else str(names)]
    for key, unit in (("num_hidden_layers", "layers"), ("hidden_size", "wide"), ("vocab_size", "tokens")):
        if facts.get(key):
            words.append(f"{facts[key]} {unit}")
    return ", ".join(words)


def seeds(database: Path) -> Iterator[dict[str, str]]:
    """One entry per asset, in the order of the shards."""
    for shard in sorted((database / "catalog" / "by-family").glob("*.json")):
        held = json.loads(shard.read_text(encoding="utf-8"))
        family = held["family"]
        for asset in held["assets"]:
            name = asset["source_uri"].removeprefix(HUB)
            features = json.loads((database / asset["feature_path"]).read_text(encoding="utf-8"))
            yield {
                "id": name,
                "family": FAMILIES.get(family["family_id"], family["display_name"]),
                "publisher": name.partition("/")[0],
                "size": SIZES.get(name) or stated_size(name) or asset["param_bucket"],
                "note": note(features["mfi"]),
            }


def main(database: Path, target: Path) -> None:
    """Write the list, sorted by family and name."""
    entries = sorted(seeds(database), key=lambda seed: (seed["family"].lower(), seed["id"].lower()))
    body = yaml.safe_dump(
        {"schema": "stemma-seeds/1", "seeds": entries}, sort_keys=False, allow_unicode=True, width=110
    )
    target.write_text(HEADER + body, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
