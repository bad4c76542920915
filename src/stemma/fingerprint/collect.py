"""One pass over one tensor: everything the fingerprint keeps of it, gathered block by block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from stemma.anatomy.interface import Part
from stemma.fingerprint.coded import Coded, requantise
from stemma.fingerprint.digest import ValueDigest, value_digest
from stemma.fingerprint.model import Array, LearnedPart, PartPrint
from stemma.fingerprint.moments import MomentAccumulator, Moments, to_float32
from stemma.fingerprint.numbers import require_weights
from stemma.fingerprint.plan import Plan, unit_axis
from stemma.fingerprint.schema import Parameters
from stemma.fingerprint.spectrum import Spectrum, centred, learned_spectrum
from stemma.identity import Digest, Missing
from stemma.immutable import immutable
from stemma.weights.interface import LazyTensor

_SAMPLED = Missing("only a sample of the weights was read")


@immutable(eq=False)
class _Gathered:
    digest: Digest | Missing
    moments: Moments | Missing
    leading: Array


class _LeadingBlock:
    """Copies the leading ``rows`` x ``columns`` of what streams past."""

    def __init__(self, rows: int, columns: int) -> None:
        self._block = np.zeros((rows, columns), np.float32)

    def add(self, start: int, values: NDArray[np.float32]) -> None:
        rows, columns = self._block.shape
        if start < rows:
            stop = min(start + len(values), rows)
            self._block[start:stop] = values[: stop - start, :columns]

    def result(self) -> Array:
        return self._block


class Listener(Protocol):
    """Gathers something of its own while a tensor streams past."""

    def add(self, start: int, values: NDArray[np.float32]) -> None:
        """Rows from ``start`` on, as float32; their memory is used again for the rows that follow."""


def collect_part(
    part: Part, plan: Plan, parameters: Parameters, *, full: bool, listeners: Sequence[Listener] = ()
) -> tuple[PartPrint, Spectrum | None]:
    """The print of one part, and its spectrum if one was planned.

    ``full`` reads every value and lets ``listeners`` have them too, else only the planned leading block is read.

    Raises:
        InputError: the values read hold NaN, infinities or what no computation in single precision bears, so that
            nothing can be said of them.
    """
    tensor = part.tensor
    rows, columns = _leading_shape(part, plan, parameters)
    gathered = _gather_all(tensor, rows, columns, listeners) if full else _gather_leading(tensor, rows, columns)
    moments = gathered.moments
    ends = gathered.leading if isinstance(moments, Missing) else np.array([moments.smallest, moments.largest])
    require_weights(part.source, ends)
    return _print(part, plan, parameters, gathered)


def _leading_shape(part: Part, plan: Plan, parameters: Parameters) -> tuple[int, int]:
    shape = part.tensor.shape
    if part.key in plan.vectors:
        return plan.vectors[part.key], 1
    if part.key not in plan.corners:
        return 0, 1
    side = parameters.spectrum_side if part.key in plan.learned else plan.side
    return min(shape[0], side), min(shape[1], side)


def _gather_all(tensor: LazyTensor, rows: int, columns: int, listeners: Sequence[Listener]) -> _Gathered:
    moments, digest, leading = MomentAccumulator(), ValueDigest(tensor.shape), _LeadingBlock(rows, columns)
    room = np.empty(0, np.float32)
    for start, stored in tensor.blocks():
        if room.size < stored.size:
            room = np.empty(stored.size, np.float32)
        values = _as_float32(stored, room)
        flat = values.reshape(len(values), -1) if values.ndim else values.reshape(1, 1)
        with np.errstate(over="ignore", invalid="ignore"):  # told of once all is read
            moments.add(values, stored)
            for listener in (leading, *listeners):
                listener.add(start, flat)
        if not digest.restart:
            digest.add(stored, values)
    return _Gathered(value_digest(tensor, digest), moments.result(), leading.result())


def _as_float32(stored: NDArray[Any], room: NDArray[np.float32]) -> NDArray[np.float32]:
    """``stored`` as float32, written into ``room``: the same memory for every block stays in the processor's cache."""
    if stored.dtype == np.float32:
        return stored
    values = room[: stored.size].reshape(stored.shape)
    np.copyto(values, stored, casting="unsafe")
    return values


def _gather_leading(tensor: LazyTensor, rows: int, columns: int) -> _Gathered:
    if not rows:
        return _Gathered(_SAMPLED, _SAMPLED, np.zeros((0, columns), np.float32))
    one_axis = len(tensor.shape) == 1
    block = tensor.read(0, rows).reshape(-1, 1) if one_axis else tensor.window(slice(0, rows), slice(0, columns))
    return _Gathered(_SAMPLED, _SAMPLED, np.ascontiguousarray(to_float32(block)))


def _print(part: Part, plan: Plan, parameters: Parameters, gathered: _Gathered) -> tuple[PartPrint, Spectrum | None]:
    extras: dict[str, object] = {}
    spectrum = None
    if part.key in plan.vectors:
        extras["vector"] = narrowed(gathered.leading[:, 0]).astype(np.float32)
    if part.key in plan.corners:
        corner = gathered.leading[: plan.side, : plan.side]
        extras["coded"] = Coded.of(corner)
        extras["exact"] = corner[: parameters.exact_rows, : parameters.exact_columns].copy()
    if part.key in plan.learned:
        block = centred(gathered.leading, unit_axis(part.role))
        spectrum = learned_spectrum(block, parameters.spectrum_rank)
        extras["learned"] = _learned(spectrum, plan.side)
    made = PartPrint(
        part.key,
        part.role,
        part.site,
        part.bias,
        part.certain,
        part.source,
        part.tensor.shape,
        part.tensor.storage,
        gathered.digest,
        gathered.moments,
        **extras,  # type: ignore[arg-type]
    )
    return made, spectrum


def _learned(spectrum: Spectrum, side: int) -> LearnedPart:
    strengths = tuple(float(v) / spectrum.edge for v in spectrum.values) if spectrum.edge else ()
    kept = slice(len(strengths))
    return LearnedPart(
        requantise(spectrum.left[:side, kept].T),
        requantise((spectrum.right[:side, kept] * spectrum.values[kept]).T),
        spectrum.shape,
        spectrum.noise,
        spectrum.edge,
        spectrum.capped,
        strengths,
    )


def narrowed(values: Array) -> NDArray[np.float16] | Array:
    """A vector as it is stored: half precision, or float32 where a value lies beyond its range."""
    fits = np.abs(values).max(initial=0.0) <= np.finfo(np.float16).max
    return values.astype(np.float16) if fits else values
