"""Tokenizers trained on the corpus, and the corpus as streams of token ids."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from zoo.corpus import HALVES, Corpus, Half

Kind = Literal["bpe", "wordpiece"]
Stream = NDArray[np.int32]

RESERVED = tuple(f"<reserved_{i}>" for i in range(16))
"""Rows that no text ever selects; real vocabularies carry such rows too."""

_SPECIAL: dict[Kind, dict[str, str]] = {
    "bpe": {"unk_token": "<unk>", "pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"},
    "wordpiece": {
        "unk_token": "[UNK]",
        "pad_token": "[PAD]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    },
}


def train_tokenizer(kind: Kind, corpus: Corpus, size: int) -> PreTrainedTokenizerFast:
    """A byte-level BPE or a WordPiece tokenizer with `size` entries, trained on both halves."""
    special = [*_SPECIAL[kind].values(), *RESERVED]
    tokenizer: Any
    trainer: Any
    if kind == "bpe":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=special,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
    else:
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokenizer.decoder = decoders.WordPiece()
        trainer = trainers.WordPieceTrainer(
            vocab_size=size, special_tokens=special, limit_alphabet=200, show_progress=False
        )
    pieces = [piece for half in HALVES for piece in corpus.half(half)[:1_000_000].split("\n\n")]
    tokenizer.train_from_iterator(pieces, trainer)
    wrapper: Any = PreTrainedTokenizerFast
    wrapped: PreTrainedTokenizerFast = wrapper(tokenizer_object=tokenizer, **_SPECIAL[kind])
    return wrapped


def encode(tokenizer: PreTrainedTokenizerFast, text: str) -> Stream:
    """The token ids of `text`, shape (tokens,), without special tokens."""
    pieces = tokenizer.backend_tokenizer.encode_batch(text.split("\n\n"), add_special_tokens=False)
    return np.concatenate([np.asarray(piece.ids, dtype=np.int32) for piece in pieces if piece.ids])


class Shelf:
    """Tokenizers and token streams in a folder: every worker and every resumed build sees the same."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._streams: dict[tuple[Kind, Half], Stream] = {}

    def fill(self, kind: Kind, corpus: Corpus, size: int) -> None:
        """Train the tokenizer and encode both halves, unless that was done before."""
        done = self._folder / kind / "complete"
        if done.exists():
            return
        tokenizer = train_tokenizer(kind, corpus, size)
        tokenizer.save_pretrained(self._folder / kind)
        for half in HALVES:
            np.save(self._folder / kind / f"{half}.npy", encode(tokenizer, corpus.half(half)))
        done.write_text(corpus.digest)

    def tokenizer(self, kind: Kind) -> PreTrainedTokenizerFast:
        loaded: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(self._folder / kind)
        return loaded

    def text_ids(self, kind: Kind, half: Half) -> Stream:
        key = (kind, half)
        if key not in self._streams:
            self._streams[key] = np.load(self._folder / kind / f"{half}.npy")
        return self._streams[key]
