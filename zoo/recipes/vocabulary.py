"""Vocabularies trimmed, reordered and rebuilt; every shared token keeps its row."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from zoo.corpus import Corpus, Half
from zoo.recipes.interface import Bench, Made
from zoo.tokens import train_tokenizer
from zoo.vocabulary import mixed_rows, renumbered, shuffled, special_count, with_rows

_SAMPLE_TOKENS = 200_000


@dataclass(frozen=True)
class TrimVocabulary:
    """Only the first `share` of the entries, which are the most frequent."""

    share: float

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        rows = torch.arange(round(self.share * parent.model.config.vocab_size))
        return Made(with_rows(bench.architecture, parent.model, rows), renumbered(parent.tokenizer, rows))


@dataclass(frozen=True)
class ShuffleVocabulary:
    """All entries but the special ones under other ids."""

    seed: int

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        rows = shuffled(parent.model.config.vocab_size, special_count(parent.tokenizer), self.seed)
        return Made(with_rows(bench.architecture, parent.model, rows), renumbered(parent.tokenizer, rows))


@dataclass(frozen=True)
class RebuildVocabulary:
    """A tokenizer trained anew on one half; an entry that is new gets the mean of its pieces' rows."""

    half: Half
    entries: int

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        text = bench.text(self.half, _SAMPLE_TOKENS)
        tokenizer = train_tokenizer(bench.architecture.kind, Corpus(text, text, ""), self.entries)
        old = parent.tokenizer.get_vocab()
        spelt = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
        mixing = [[old[t]] if t in old else _pieces(parent, str(tokenizer.decode([i]))) for t, i in spelt]
        return Made(mixed_rows(bench.architecture, parent.model, mixing), tokenizer)


def _pieces(parent: Made, text: str) -> list[int]:
    ids: list[int] = parent.tokenizer.encode(text, add_special_tokens=False)
    return ids or [0]
