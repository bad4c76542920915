"""A model of 300 tensors takes milliseconds, one of 30,000 about a second."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from stemma.anatomy import dissect
from tests.anatomy.arrays import ArrayTensor, checkpoint
from tests.anatomy.test_dissect import WIDE, D, llama


@pytest.mark.parametrize(("layers", "experts", "seconds"), [(33, 0, 0.1), (48, 208, 2.0)])
def test_dissecting_is_quick(layers: int, experts: int, seconds: float) -> None:
    shapes = llama(layers)
    for layer in range(layers):
        for expert in range(experts):
            p = f"model.layers.{layer}.mlp.experts.{expert}."
            shapes |= {
                f"{p}gate_proj.weight": (WIDE, D),
                f"{p}up_proj.weight": (WIDE, D),
                f"{p}down_proj.weight": (D, WIDE),
            }
    zeros = {shape: np.zeros(shape, np.float32) for shape in set(shapes.values())}
    made = checkpoint({})
    made = replace(made, tensors={name: ArrayTensor(name, zeros[shapes[name]]) for name in sorted(shapes)})
    dissect(made)
    start = time.process_time()
    anatomy = dissect(made)
    assert time.process_time() - start < seconds
    assert len(anatomy.parts) == len(shapes)
