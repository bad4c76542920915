"""Which values a fingerprint can be taken of."""

from __future__ import annotations

import numpy as np

from stemma.errors import InputError
from stemma.fingerprint.model import Array

_LARGEST = 1e15
"""Of values up to this the squares of 10^8 add up within single precision; no trained weight comes near it."""


def require_numbers(source: str, values: Array) -> None:
    """Refuse what no computation in single precision bears; ``source`` is the tensor's name, for the message.

    Raises:
        InputError: there are NaN, infinities or absurdly large numbers among ``values``.
    """
    largest = float(np.abs(values).max(initial=0.0))
    if largest <= _LARGEST:
        return
    held = f"values of up to {largest:.1e}" if np.isfinite(largest) else "NaN or infinite values"
    raise InputError(
        f"{source} holds {held}, expected numbers of at most {_LARGEST:.0e}.",
        advice="The checkpoint is damaged; fetch it again, or compare an intact revision.",
    )
