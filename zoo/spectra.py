"""How many singular values of a trained matrix rise above the Marchenko-Pastur bulk.

For an m x n matrix of i.i.d. entries with deviation s the singular values end at s (sqrt m + sqrt n).
The bulk's s is estimated from the median singular value (Gavish & Donoho 2014, section on unknown noise).
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zoo.architectures import Architecture, Part


def spikes(matrix: NDArray[np.floating[Any]]) -> int:
    """The number of singular values above the edge of the bulk; `matrix` is (m, n)."""
    small, large = sorted(matrix.shape)
    wide = (matrix if len(matrix) == small else matrix.T).astype(np.float64)
    values = np.sqrt(np.maximum(np.linalg.eigvalsh(wide @ wide.T), 0.0))
    deviation = float(np.median(values)) / np.sqrt(large * _median_of_bulk(small / large))
    return int(np.sum(values > deviation * (np.sqrt(small) + np.sqrt(large))))


def mean_spikes(architecture: Architecture, model: Any, part: Part) -> float:
    """Mean number of spikes over all matrices of one part of a model; 0 where it has none."""
    counts = [
        spikes(matrix.float().numpy())
        for name, tensor in model.state_dict().items()
        if architecture.part(name) == part
        for matrix in (tensor if tensor.dim() == 3 else [tensor])
    ]
    return float(np.mean(counts)) if counts else 0.0


@lru_cache(maxsize=64)
def _median_of_bulk(ratio: float) -> float:
    """Median of the Marchenko-Pastur law with unit variance and aspect `ratio` <= 1."""
    low, high = (1 - np.sqrt(ratio)) ** 2, (1 + np.sqrt(ratio)) ** 2
    middle = np.linspace(low, high, 20_001)
    middle = (middle[1:] + middle[:-1]) / 2
    density = np.sqrt((high - middle) * (middle - low)) / middle
    mass = np.cumsum(density)
    return float(middle[np.searchsorted(mass, mass[-1] / 2)])
