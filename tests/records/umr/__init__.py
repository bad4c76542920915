"""The 88 records of the UMR repository (``tests/data/umr``), and what its own rule of inheritance makes of them."""

from __future__ import annotations

from pathlib import Path

DATA = Path(__file__).parents[2] / "data" / "umr"
