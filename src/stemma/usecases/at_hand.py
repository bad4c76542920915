"""Two models whose weights are at hand, opened again for a closer look."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from stemma.anatomy.interface import Facts, Tokens
from stemma.evidence.aligned.interface import Array, Key, WeightSource
from stemma.evidence.pair import NO_WEIGHTS, Supplier
from stemma.fingerprint import SUFFIX
from stemma.fingerprint.moments import to_float32
from stemma.identity import Missing
from stemma.usecases.models import Model, open_model
from stemma.usecases.settings import Work


class OpenWeights:
    """A model that is open, as the closer look reads it."""

    def __init__(self, model: Model) -> None:
        self._tensors = {(p.role, p.site): p.tensor for p in model.anatomy.parts if not p.bias and p.tensor.shape}
        self._anatomy = model.anatomy

    @property
    def facts(self) -> Facts:
        """Config facts."""
        return self._anatomy.facts

    @property
    def tokens(self) -> Tokens | Missing:
        """Token strings by id."""
        return self._anatomy.tokens

    @property
    def shapes(self) -> Mapping[Key, tuple[int, ...]]:
        """The shape of every part that is no bias and no scalar."""
        return {key: tensor.shape for key, tensor in self._tensors.items()}

    def rows(self, key: Key, start: int, stop: int) -> Array:
        """Rows ``start:stop`` of a part, float32."""
        return np.ascontiguousarray(to_float32(self._tensors[key].read(start, stop)))


@dataclass
class AtHand:
    """Opens both models when the ruling asks for their weights, tells of progress and keeps what that cost."""

    a: str
    b: str
    work: Work
    opened: list[Model] = field(default_factory=list)
    started: float = 0.0

    @property
    def supplier(self) -> Supplier | Missing:
        """What ``PairEvidence`` takes; Missing where a side is a stored fingerprint or only samples may be read."""
        stored = any(reference.endswith(SUFFIX) for reference in (self.a, self.b))
        return NO_WEIGHTS if stored or self.work.sample else self._open

    def _open(self) -> tuple[WeightSource, WeightSource]:
        self.started = time.perf_counter()
        return self._one(self.a), self._one(self.b)

    def _one(self, reference: str) -> OpenWeights:
        model = open_model(reference, self.work)
        model.meter.tell = lambda read: self.work.progress(f"{reference}, closer look", read, 0)
        self.opened.append(model)
        return OpenWeights(model)

    def finish(self) -> Mapping[str, float]:
        """Ends the progress; the cost of the closer look by name, empty where none was taken."""
        for model in self.opened:
            self.work.progress(f"{model.reference}, closer look", model.meter.read, model.meter.read)
        if not self.opened:
            return {}
        return {
            "bytes_read_again": sum(m.meter.read for m in self.opened),
            "closer_look_seconds": time.perf_counter() - self.started,
        }
