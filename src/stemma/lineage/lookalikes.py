"""Names that readers may take for one another: other letters of the same look, case, hyphens for underscores."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

_SEPARATORS = frozenset("-_. ")
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[-_. ](?=[0-9])")  # 1.1b is not 11b


def skeleton(name: str) -> str:
    """What is left of a name for the eye; two names with one skeleton look alike.

    Reference: Unicode Technical Standard 39, section 4, with a shorter table.
    """
    sequences, letters = _table()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    parted = _BETWEEN_DIGITS.sub("/", decomposed)
    bare = "".join(letters.get(each, each) for each in parted if not unicodedata.combining(each))
    for seen, meant in sequences:
        bare = bare.replace(seen, meant)
    visible = (each for each in bare if unicodedata.category(each) not in ("Cf", "Cc"))
    return "".join(each for each in visible if each not in _SEPARATORS)


def lookalikes(names: Iterable[str]) -> list[tuple[str, ...]]:
    """Groups of different names that look alike, each sorted, in order."""
    alike: dict[str, set[str]] = defaultdict(set)
    for name in names:
        alike[skeleton(name)].add(name)
    return sorted(tuple(sorted(group)) for group in alike.values() if len(group) > 1)


@cache
def _table() -> tuple[tuple[tuple[str, str], ...], dict[str, str]]:
    path = files("stemma.lineage") / "data" / "lookalikes.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple((seen, meant) for seen, meant in table["sequences"]), dict(table["letters"])
