"""Which values a fingerprint is taken of, and which it may hold.

Single precision bears the squares of 10^8 values of 1e15. Weights stay so far below that no product that a fingerprint
keeps of ordinary ones comes near it.
"""

from __future__ import annotations

import numpy as np

from stemma.errors import InputError
from stemma.fingerprint.model import Array

_LARGEST_WEIGHT, _LARGEST = 1e12, 1e15


def require_weights(source: str, values: Array) -> None:
    """Refuse what is no weight; ``source`` is the tensor's name, for the message.

    Raises:
        InputError: there are NaN, infinities or absurdly large numbers among ``values``.
    """
    _require(source, values, _LARGEST_WEIGHT)


def require_products(source: str, values: Array) -> None:
    """As :func:`require_weights`, of what was computed from weights."""
    _require(source, values, _LARGEST)


def fit_to_keep(values: Array) -> bool:
    """Whether a fingerprint may hold ``values``."""
    if values.dtype == np.float16:  # none is too large, and numpy finds no maximum of these as fast
        return bool(np.isfinite(values).all())
    return bool(np.abs(values).max(initial=0.0) <= _LARGEST)  # False for a NaN


def _require(source: str, values: Array, most: float) -> None:
    largest = float(np.abs(values).max(initial=0.0))
    if largest <= most:
        return
    held = f"values of up to {largest:.1e}" if np.isfinite(largest) else "NaN or infinite values"
    raise InputError(
        f"{source} holds {held}, expected numbers of at most {most:.0e}.",
        advice="The checkpoint is damaged; fetch it again, or compare an intact revision.",
    )
