"""Batches of real text for the real tokenizer: masked passages, and pairs of neighbouring ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from tokenizers import Tokenizer

from zoo.corpus import Half, collect

_CORPUS_BYTES = 3_000_000
_CLS, _SEP, _MASK = "[CLS]", "[SEP]", "[MASK]"


class Text:
    """One half of the local corpus as one stream of token ids."""

    def __init__(self, tokenizer: Path, half: Half) -> None:
        self.tokenizer = Tokenizer.from_file(str(tokenizer))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        lines = [line for line in collect(_CORPUS_BYTES).half(half).splitlines() if line.strip()]
        encoded = self.tokenizer.encode_batch_fast(lines, add_special_tokens=False)
        self.ids: npt.NDArray[np.int64] = np.concatenate([np.array(e.ids, dtype=np.int64) for e in encoded])

    def _id(self, token: str) -> int:
        found: int | None = self.tokenizer.token_to_id(token)
        if found is None:
            raise LookupError(f"the tokenizer has no {token}: these batches are for BERT's")
        return found

    def _windows(self, starts: npt.NDArray[np.int64], length: int) -> npt.NDArray[np.int64]:
        """Passages of `length` tokens from the starts, special tokens around them included."""
        inner = self.ids[starts[:, None] + np.arange(length - 2)]
        edge = np.ones((len(starts), 1), dtype=np.int64)
        return np.concatenate([edge * self._id(_CLS), inner, edge * self._id(_SEP)], axis=1)

    def masked(self, order: int, batch: int, length: int) -> Iterator[tuple[Any, Any]]:
        """Inputs with 15 % of the tokens masked, and the targets (-100 elsewhere)."""
        rng = np.random.default_rng(order)
        while True:
            rows = self._windows(rng.integers(0, len(self.ids) - length, batch), length)
            hidden = rng.random(rows.shape) < 0.15
            hidden[:, [0, -1]] = False
            masked = np.where(hidden, self._id(_MASK), rows)
            yield torch.from_numpy(masked), torch.from_numpy(np.where(hidden, rows, -100))

    def neighbours(self, order: int, batch: int, length: int) -> Iterator[tuple[Any, Any]]:
        """Passages, and the passages that follow them."""
        rng = np.random.default_rng(order)
        while True:
            starts = rng.integers(0, len(self.ids) - 2 * length, batch)
            pair = self._windows(starts, length), self._windows(starts + length - 2, length)
            yield torch.from_numpy(pair[0]), torch.from_numpy(pair[1])
