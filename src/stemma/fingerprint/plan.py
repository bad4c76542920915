"""Which tensors get a corner, a learned part, a whole vector: decided from shapes alone, before anything is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from stemma.anatomy.interface import Part, Role
from stemma.fingerprint.schema import Parameters
from stemma.immutable import immutable

_LOW_RANK_ATTENTION = frozenset({Role.Q_A, Role.Q_B, Role.KV_A, Role.K_B, Role.V_B})
SAMPLED_ROLES = _LOW_RANK_ATTENTION | frozenset(
    {Role.Q, Role.K, Role.V, Role.O, Role.GATE, Role.UP, Role.DOWN, Role.STATE_IN, Role.STATE_OUT, Role.OTHER_MATRIX}
)
_UNITS_IN_COLUMNS = frozenset({Role.O, Role.DOWN, Role.STATE_OUT})
ADAPTER_ROLES = frozenset({Role.ADAPTER_A, Role.ADAPTER_B})
GAIN_ROLES = frozenset({Role.NORM, Role.ATTENTION_NORM, Role.MLP_NORM, Role.FINAL_NORM})
EMBEDDING_ROLES = frozenset({Role.TOKEN_EMBEDDING, Role.HEAD})


@immutable
class Plan:
    """``side`` of every corner, the keys that get one, the keys that get a learned part, how much of each vector."""

    side: int
    corners: frozenset[str]
    learned: frozenset[str]
    vectors: Mapping[str, int]


def unit_axis(role: Role) -> int:
    """The axis that the units of a sampled matrix lie on (neurons, the dimensions of heads, channels)."""
    return 1 if role in _UNITS_IN_COLUMNS else 0


def plan_reading(parts: Sequence[Part], parameters: Parameters, *, full: bool = True) -> Plan:
    """Spread the budget of ``parameters`` over ``parts``; depends on roles, sites and shapes only.

    Where not the ``full`` values are read, fewer layers get a learned part, of those that would; all else is the same.
    """
    matrices = [p for p in parts if _is_sampled(p, parameters)]
    corners = frozenset(p.key for p in matrices)
    learned = _learned(matrices, parameters.spectrum_layers)
    side = _side(len(corners), len(learned), parameters)
    if not full:
        learned &= _learned(matrices, parameters.sampled_spectrum_layers)
    return Plan(side, corners, learned, _vectors([p for p in parts if len(p.tensor.shape) == 1], parameters))


def _is_sampled(part: Part, parameters: Parameters) -> bool:
    if len(part.tensor.shape) != 2 or part.site.expert >= parameters.experts:
        return False
    return part.role in ADAPTER_ROLES or (part.role in SAMPLED_ROLES and min(part.tensor.shape) >= 8)


def _vectors(parts: Sequence[Part], parameters: Parameters) -> dict[str, int]:
    """How many leading values are kept of each vector: gains of the residual stream whole, the rest within budget."""
    gains = {p.key: p.tensor.shape[0] for p in parts if p.role in GAIN_ROLES and not p.bias}
    gains = {key: min(length, parameters.gain_limit) for key, length in gains.items()}
    others = [p for p in parts if p.key not in gains]
    left = parameters.vector_bytes // 2 - sum(gains.values())
    most = min(parameters.vector_limit, max(32, left // max(1, len(others))))
    return gains | {p.key: min(p.tensor.shape[0], most) for p in others}


def _learned(matrices: Sequence[Part], count: int) -> frozenset[str]:
    """The keys of the matrices of at most ``count`` layers of each stack."""
    layers = _spread_layers(matrices, count)
    return frozenset(p.key for p in matrices if (p.site.stack, p.site.layer) in layers and p.role not in ADAPTER_ROLES)


def _spread_layers(parts: Sequence[Part], count: int) -> frozenset[tuple[str, int]]:
    """At most ``count`` layers of each stack, evenly spread from the first to the last."""
    chosen: set[tuple[str, int]] = set()
    for stack in sorted({p.site.stack for p in parts}):
        layers = sorted({p.site.layer for p in parts if p.site.stack == stack})
        chosen.update((stack, layer) for layer in evenly_spread(layers, count))
    return frozenset(chosen)


def evenly_spread(layers: Sequence[int], count: int) -> list[int]:
    """At most ``count`` of ``layers``, from the first to the last."""
    if len(layers) <= count:
        return list(layers)
    return [layers[round(i * (len(layers) - 1) / max(1, count - 1))] for i in range(count)]


def _side(corners: int, learned: int, parameters: Parameters) -> int:
    """The longest side, a multiple of eight, with which ``corners`` one-byte squares fit the budget.

    So must two factors of that side per component of ``learned`` of them: corners s^2 + 2 rank learned s <= bytes.
    """
    half = parameters.spectrum_rank * learned / max(1, corners)
    side = int((parameters.corner_bytes / max(1, corners) + half**2) ** 0.5 - half)
    return max(16, min(parameters.corner_limit, side // 8 * 8))
