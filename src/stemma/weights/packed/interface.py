"""What a packing scheme is: it looks at names and shapes and says which tensors together are one matrix.

The shapes decide. What the config says of bits and group sizes only fills gaps, and where it contradicts the
shapes a note says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from stemma.identity import Missing, is_present
from stemma.immutable import immutable
from stemma.weights.interface import LazyTensor

_SECTIONS = ("quantization_config", "quantize_config", "quantization", "compression_config")
_DEEPEST = 8
_BITS = ("bits", "w_bit", "num_bits")
_GROUP = ("group_size", "q_group_size")
_BLOCK = ("weight_block_size", "block_structure")
_ACTIVATIONS = ("input_activations", "output_activations", "kv_cache_scheme")


@immutable
class Found:
    """One matrix and the names of the tensors that store it."""

    tensor: LazyTensor
    parts: tuple[str, ...]


@dataclass
class Notes:
    """Sentences for people, each said once with the tensors it holds for."""

    _names: dict[str, list[str]] = field(default_factory=dict)

    def add(self, sentence: str, name: str) -> None:
        """Note ``sentence`` (without its full stop) of the tensor ``name``."""
        self._names.setdefault(sentence, []).append(name)

    def sentences(self) -> tuple[str, ...]:
        """One sentence each, with the first name and how many more there are."""
        return tuple(f"{sentence} ({_some(names)})." for sentence, names in self._names.items())


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


class Declared:
    """What the config claims about the quantisation; claims fill gaps and never overrule shapes."""

    def __init__(self, config: Mapping[str, Any] | Missing) -> None:
        sections = [config.get(key) for key in _SECTIONS] if is_present(config) else []
        self._sections = tuple(section for section in sections if isinstance(section, Mapping))

    @property
    def method(self) -> str:
        """The declared method in lower case, or the empty string."""
        return self.text("quant_method").lower()

    def text(self, key: str) -> str:
        """The string under ``key``, or the empty string."""
        return next((s[key] for s in self._sections if isinstance(s.get(key), str)), "")

    @property
    def bits(self) -> frozenset[int]:
        """Every number of bits that is claimed anywhere in the section."""
        return self._integers(_BITS)

    @property
    def groups(self) -> frozenset[int]:
        """Every group size that is claimed anywhere in the section; -1 means one group a row."""
        return self._integers(_GROUP)

    def pairs(self, module: str) -> tuple[tuple[int, int], ...]:
        """Claims of ``(bits, group size)`` for ``module``: its own entry first, then the general one."""
        own = [section.get(module) for section in self._sections]
        candidates = [entry for entry in own if isinstance(entry, Mapping)] + list(self._sections)
        pairs = ((_first(entry, _BITS), _first(entry, _GROUP)) for entry in candidates)
        return tuple((bits, group) for bits, group in pairs if bits is not None and group is not None)

    @property
    def blocks(self) -> tuple[tuple[int, int], ...]:
        """Claimed block sizes of a grid of scales, ``(rows, columns)``."""
        found = (v for s in self._sections for v in _walk(s, _BLOCK, 0) if isinstance(v, list | tuple))
        return tuple((b[0], b[1]) for b in found if len(b) == 2 and all(_is_integer(v) and v > 0 for v in b))

    def _integers(self, keys: tuple[str, ...]) -> frozenset[int]:
        found = (value for section in self._sections for value in _walk(section, keys, 0))
        return frozenset(value for value in found if _is_integer(value))

    def compare(self, notes: Notes, name: str, bits: int, group: int | None, columns: int) -> None:
        """Note where a claim differs from what the shapes of ``name`` say."""
        if self.bits and bits not in self.bits:
            claim = f"The config claims {_listed(self.bits)} bits, the shapes hold {bits} and were believed"
            notes.add(claim, name)
        whole = {columns if claimed == -1 else claimed for claimed in self.groups}
        if group is not None and whole and group not in whole and not (group == columns <= max(whole)):
            claim = f"The config claims groups of {_listed(whole)}, the shapes hold {group} and were believed"
            notes.add(claim, name)


def _first(entry: Mapping[str, Any], keys: tuple[str, ...]) -> int | None:
    return next((entry[key] for key in keys if _is_integer(entry.get(key))), None)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 31


def _walk(section: Mapping[str, Any], keys: tuple[str, ...], depth: int) -> Iterator[Any]:
    for key, value in section.items():
        if key in keys:
            yield value
        elif isinstance(value, Mapping) and depth < _DEEPEST and key not in _ACTIVATIONS:
            yield from _walk(value, keys, depth + 1)


def _listed(values: frozenset[int] | set[int]) -> str:
    return ", ".join(str(value) for value in sorted(values)[:4])


Finder = Callable[[Mapping[str, LazyTensor], Declared, Notes], Iterator[Found]]
"""A scheme: yields the matrices it recognises among the tensors.

Raises MalformedFile where names and shapes are unmistakably the scheme's but contradict each other.
"""
