"""Surgery on vocabularies: rows of the model and entries of its tokenizer, always together."""

import copy
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from zoo.architectures import Architecture


def with_rows(architecture: Architecture, model: Any, rows: Tensor) -> Any:
    """A model whose token i has the given model's row `rows[i]`."""
    return _rebuilt(architecture, model, len(rows), lambda tensor: tensor[rows].clone())


def mixed_rows(architecture: Architecture, model: Any, mixing: Sequence[Sequence[int]]) -> Any:
    """A model whose token i has the mean of the given model's rows `mixing[i]`."""

    def mix(tensor: Tensor) -> Tensor:
        return torch.stack([tensor[list(rows)].mean(dim=0) for rows in mixing])

    return _rebuilt(architecture, model, len(mixing), mix)


def _rebuilt(architecture: Architecture, model: Any, size: int, rows: Callable[[Tensor], Tensor]) -> Any:
    config, old = copy.deepcopy(model.config), model.config.vocab_size
    config.vocab_size = size
    built = type(model)(config).to(model.dtype)
    state = model.state_dict()
    built.load_state_dict({n: rows(t) if _is_rows(architecture, n, t, old) else t for n, t in state.items()})
    return built.eval()


def _is_rows(architecture: Architecture, name: str, tensor: Tensor, vocabulary: int) -> bool:
    known = architecture.axes(name)[0] == "free" and architecture.part(name) == "other"
    return known and tensor.shape[0] == vocabulary and architecture.place(name) is None and "position" not in name


def shuffled(size: int, fixed: int, seed: int) -> Tensor:
    """A random order of `size` ids in which the first `fixed` stay."""
    moved = torch.randperm(size - fixed, generator=torch.Generator().manual_seed(seed)) + fixed
    return torch.cat([torch.arange(fixed), moved])


def special_count(tokenizer: PreTrainedTokenizerFast) -> int:
    """How many ids the special tokens take; they come first."""
    return len(tokenizer.all_special_tokens)


def renumbered(tokenizer: PreTrainedTokenizerFast, rows: Tensor) -> PreTrainedTokenizerFast:
    """The tokenizer whose id i is the old id `rows[i]`; entries that no row names are gone, and their merges."""
    new_id = {int(old): new for new, old in enumerate(rows)}
    described = json.loads(tokenizer.backend_tokenizer.to_str())
    model = described["model"]
    model["vocab"] = {token: new_id[old] for token, old in model["vocab"].items() if old in new_id}
    for merge in list(model.get("merges", ())):
        pieces = merge.split(" ") if isinstance(merge, str) else merge
        if any(piece not in model["vocab"] for piece in (*pieces, "".join(pieces))):
            model["merges"].remove(merge)
    for added in described["added_tokens"]:
        added["id"] = new_id[added["id"]]
    return _wrapped(described, tokenizer)


def meaningless(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """The tokenizer with every entry but the special ones spelt anew: whole words that no text holds."""
    described = json.loads(tokenizer.backend_tokenizer.to_str())
    special = set(tokenizer.all_special_tokens)
    described["added_tokens"] = [added for added in described["added_tokens"] if added["content"] in special]
    vocabulary: Mapping[str, int] = described["model"]["vocab"]
    spelt = {t if t in special else f"zx{i * 7919 % 99991}q": i for t, i in vocabulary.items()}
    described["model"] = {"type": "WordLevel", "vocab": spelt, "unk_token": tokenizer.unk_token}
    described |= {"pre_tokenizer": {"type": "WhitespaceSplit"}, "decoder": None, "normalizer": None}
    return _wrapped(described, tokenizer)


def _wrapped(described: Mapping[str, Any], like: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    wrapper: Any = PreTrainedTokenizerFast
    made: PreTrainedTokenizerFast = wrapper(
        tokenizer_object=Tokenizer.from_str(json.dumps(described)), **like.special_tokens_map
    )
    return made
