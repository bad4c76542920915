"""Training that goes on from a trained parent: fine-tuning, continued pretraining, a grown vocabulary."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from transformers import PreTrainedTokenizerFast

from zoo.corpus import Half
from zoo.recipes.interface import Bench, Made
from zoo.training import Schedule

_SAMPLE_TOKENS = 400_000


@dataclass(frozen=True)
class Tune:
    """Every parameter trained on, on one half of the corpus."""

    half: Half
    order: int
    schedule: Schedule

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        losses = bench.train(parent.model, bench.batches(parent.tokenizer, self.half, self.order), self.schedule)
        return Made(parent.model, parent.tokenizer, losses, self.schedule.steps)


@dataclass(frozen=True)
class ExtendVocabulary:
    """`rows` frequent words of one half get tokens and fresh rows; then everything is trained on."""

    rows: int
    half: Half
    order: int
    schedule: Schedule

    def make(self, bench: Bench, parents: Sequence[Made]) -> Made:
        (parent,) = parents
        text = bench.text(self.half, _SAMPLE_TOKENS)
        tokenizer = parent.tokenizer
        tokenizer.add_tokens(_new_words(tokenizer, text, self.rows))
        torch.manual_seed(self.order)
        parent.model.resize_token_embeddings(parent.model.config.vocab_size + self.rows, mean_resizing=False)
        stream = bench.encode(tokenizer, text)
        losses = bench.train(parent.model, bench.batches_of(stream, tokenizer, self.order), self.schedule)
        return Made(parent.model, tokenizer, losses, self.schedule.steps)


def _new_words(tokenizer: PreTrainedTokenizerFast, text: str, count: int) -> list[str]:
    """The `count` most frequent plain words without a token of their own (ties by spelling)."""
    known = {token.strip("Ġ#").lower() for token in tokenizer.get_vocab()}
    words = Counter(w.lower() for w in text.split() if w.isalpha() and len(w) > 3)
    unknown = sorted((w for w in words if w not in known), key=lambda w: (-words[w], w))
    return unknown[:count]
