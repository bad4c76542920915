"""Which scheme a model follows: the one that explains most of its tensors, by names and by shapes.

The configuration has no say, since metadata can be swapped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from stemma.anatomy.interface import Role
from stemma.anatomy.naming import Path
from stemma.anatomy.scheme import Scheme
from stemma.immutable import immutable

READS_RESIDUAL = frozenset((Role.Q, Role.K, Role.V, Role.GATE, Role.UP, Role.Q_A, Role.KV_A, Role.ROUTER))
_LARGE = re.compile(r"\.\d\d+(?=\.|$)")
_TEXT = {"decoder", "encoder"}
WRITES_RESIDUAL = frozenset((Role.O, Role.DOWN))


@immutable
class Kind:
    """Names that differ in nothing but their larger numbers, with one of them and how many there are."""

    sample: Path
    shape: tuple[int, ...]
    count: int


def kinds(paths: Iterable[Path], shapes: Mapping[str, tuple[int, ...]]) -> tuple[Kind, ...]:
    """Names grouped by pattern and shape; numbers below ten stay apart, since some names give them a meaning."""
    counts: Counter[tuple[object, ...]] = Counter()
    samples: dict[tuple[object, ...], Path] = {}
    for path in paths:
        shape = shapes[path.name]
        key = (_LARGE.sub(".#", path.name), shape)
        counts[key] += 1
        samples.setdefault(key, path)
    return tuple(Kind(samples[key], shapes[samples[key].name], count) for key, count in counts.items())


def hidden_size(shapes: Iterable[tuple[int, ...]]) -> int:
    """The most frequent axis length among vectors and matrices: the width of the residual; 0 if there is none."""
    counts: Counter[int] = Counter()
    for shape in shapes:
        if len(shape) <= 2:
            counts.update(set(shape))
    return max(counts, key=lambda length: (counts[length], -length), default=0)


def choose(kinds: Sequence[Kind], width: int, schemes: Sequence[Scheme], component: str = "") -> Scheme | None:
    """The scheme that explains most; on a tie the one whose orientations fit the width, then the more specific.

    Where all that is equal, a scheme made for the component goes before others, and text before towers.

    None where no scheme explains a single tensor.
    """
    present = {_pattern(kind.sample.segments) for kind in kinds}
    best: tuple[tuple[int, int, int, bool], Scheme] | None = None
    home = {component} & {scheme.stack for scheme in schemes} or _TEXT
    for scheme in schemes:
        if not all(_occurs(path, present) for path in scheme.signature):
            continue
        score = (*_score(scheme, kinds, width), len(scheme.signature), scheme.stack in home)
        if score[0] and (best is None or score > best[0]):
            best = (score, scheme)
    return best[1] if best else None


def _score(scheme: Scheme, kinds: Sequence[Kind], width: int) -> tuple[int, int]:
    explained = fitting = 0
    for kind in kinds:
        match = scheme.match(kind.sample.segments)
        if match is None:
            continue
        explained += kind.count
        roles = {slot.role for slot in match.rule.slots}
        if match.bias or len(kind.shape) != 2 or not roles:
            continue
        rows, columns = kind.shape[::-1] if match.rule.transposed else kind.shape
        fits = (columns == width if roles & READS_RESIDUAL else True) and (
            rows == width if roles & WRITES_RESIDUAL else True
        )
        fitting += kind.count * fits
    return explained, fitting


def _pattern(segments: Sequence[str]) -> tuple[str, ...]:
    end = -1 if segments[-1] in ("weight", "bias") else len(segments)
    return tuple("#" if s.isdecimal() else s for s in segments[:end])


def _occurs(path: tuple[str, ...], present: set[tuple[str, ...]]) -> bool:
    return tuple("#" if re.fullmatch(r"<\w+>|\d+", s) else s for s in path) in present
