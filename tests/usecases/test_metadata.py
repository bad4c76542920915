"""Metadata never makes a ruling: names, publisher, card, model type, tokenizer and architecture, swapped over pairs.

- No independent pair becomes linked, and nothing shown of it is taken back.
- No link by exact weights is lost.
- A wrong head count or quantisation field may only weaken a ruling, and is named in ``not_examined``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stemma.constitution.interface import Established, Label, Ruling
from stemma.usecases.compare import compare
from stemma.usecases.settings import Work
from tests.models import CONFIG, VOCABULARY, Weights, as_bf16, draw, tokenizer, tuned, write

BASE = draw(1)
WORK = Work(workers=1)

INDEPENDENT = {"trained apart": draw(4), "a twin": draw(5, bulk=1), "another depth": draw(6, layers=3)}
EXACT = {"a copy": BASE, "a rounded copy": as_bf16(BASE), "a fine-tune": tuned(BASE, 2)}
PAIRS = INDEPENDENT | EXACT
UNSHOWN = ("trained apart", "another depth")
"""Of the same vocabulary: one may have learned from the other's outputs, which leaves no trace."""

CARD = """---
base_model: org/base
base_model_relation: finetune
license: mit
tags: [llama, org/base]
---
# A fine-tune of org/base by org
"""

Disguise = Callable[[Path, Weights], Path]


def _config(**changes: Any) -> dict[str, Any]:
    return {**CONFIG, **changes}


def _layers(weights: Weights) -> int:
    return len({name.split(".")[2] for name in weights if ".layers." in name})


def _renamed(folder: Path, weights: Weights) -> Path:
    named = _config(_name_or_path="org/base", num_hidden_layers=_layers(weights), publisher="org")
    return write(folder / "org--base", weights, config=named)


def _as(model_type: str, architecture: str) -> Disguise:
    def disguise(folder: Path, weights: Weights) -> Path:
        layers = _layers(weights)
        described = _config(model_type=model_type, architectures=[architecture], num_hidden_layers=layers)
        return write(folder, weights, config=described)

    return disguise


def _carded(folder: Path, weights: Weights) -> Path:
    return write(folder, weights, card=CARD)


def _other_tokenizer(folder: Path, weights: Weights) -> Path:
    return write(folder, weights, tokens=tokenizer("word"))


def _shuffled_tokenizer(folder: Path, weights: Weights) -> Path:
    turned = {f"token{(n * 7 + 3) % VOCABULARY}": n for n in range(VOCABULARY)}
    return write(folder, weights, tokens={**tokenizer(), "model": {"type": "BPE", "vocab": turned, "merges": []}})


def _without(name: str) -> Disguise:
    def disguise(folder: Path, weights: Weights) -> Path:
        (write(folder, weights) / name).unlink()
        return folder

    return disguise


def _no_facts(folder: Path, weights: Weights) -> Path:
    return write(folder, weights, config={"model_type": "llama"})


DISGUISES: dict[str, Disguise] = {
    "the other's name": _renamed,
    "another model type": _as("mistral", "MistralForCausalLM"),
    "an unknown model type": _as("frobnicator", "FrobnicatorForCausalLM"),
    "no decoder at all": _as("bert", "BertModel"),
    "a card that claims the base": _carded,
    "another tokenizer": _other_tokenizer,
    "the same tokens at other ids": _shuffled_tokenizer,
    "no tokenizer": _without("tokenizer.json"),
    "no config": _without("config.json"),
}


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("plain") / "base", BASE)


@pytest.fixture(scope="module")
def plain(base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ruling]:
    """The rulings with honest metadata."""
    folder = tmp_path_factory.mktemp("honest")
    return {name: ruled(base, write(folder / name, weights)) for name, weights in PAIRS.items()}


def ruled(a: Path, b: Path) -> Ruling:
    ruling = compare(str(a), str(b), WORK).ruling
    assert ruling is not None
    return ruling


def test_the_pairs_are_what_they_are(plain: dict[str, Ruling]) -> None:
    for name, ruling in plain.items():
        assert ruling.label is (Label.INDEPENDENT if name in INDEPENDENT else Label.LINKED), name
        assert ruling.established is (Established.DEFAULT if name in UNSHOWN else Established.SHOWN), name


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("name", INDEPENDENT)
def test_no_independent_pair_becomes_linked(
    base: Path, plain: dict[str, Ruling], tmp_path: Path, name: str, disguise: str
) -> None:
    ruling = ruled(base, DISGUISES[disguise](tmp_path / "model", INDEPENDENT[name]))
    assert ruling.label is Label.INDEPENDENT, ruling.reasons
    if name == "a twin":
        assert ruling.exclusion is plain[name].exclusion


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("name", EXACT)
def test_no_link_is_lost(base: Path, plain: dict[str, Ruling], tmp_path: Path, name: str, disguise: str) -> None:
    ruling = ruled(base, DISGUISES[disguise](tmp_path / "model", EXACT[name]))
    assert (ruling.label, ruling.established) == (Label.LINKED, Established.SHOWN), ruling.reasons
    assert (ruling.kinship, ruling.mechanism) == (plain[name].kinship, plain[name].mechanism)


def test_a_name_alone_changes_nothing_at_all(base: Path, plain: dict[str, Ruling], tmp_path: Path) -> None:
    for name, weights in PAIRS.items():
        assert ruled(base, _renamed(tmp_path / name, weights)) == plain[name]


WRONG_FIELDS: dict[str, dict[str, Any]] = {
    "more heads": {"num_attention_heads": 8, "head_dim": 16},
    "fewer heads": {"num_attention_heads": 2, "head_dim": 64, "num_key_value_heads": 1},
    "heads that do not divide": {"num_attention_heads": 7, "head_dim": None},
    "no head dimension": {"head_dim": None, "num_attention_heads": None, "num_key_value_heads": None},
    "a quantisation that is none": {"quantization_config": {"quant_method": "gptq", "bits": 4, "group_size": 128}},
    "a quantisation nobody knows": {"quantization_config": {"quant_method": "frob", "bits": 3}},
}
_STRENGTH = {
    (Label.LINKED, Established.SHOWN): 2,
    (Label.INDEPENDENT, Established.DEFAULT): 1,
    (Label.INDEPENDENT, Established.SHOWN): 0,
}


@pytest.mark.parametrize("field", WRONG_FIELDS)
@pytest.mark.parametrize("name", PAIRS)
def test_a_wrong_field_may_only_weaken(
    base: Path, plain: dict[str, Ruling], tmp_path: Path, name: str, field: str
) -> None:
    weights = PAIRS[name]
    described = _config(num_hidden_layers=_layers(weights), **WRONG_FIELDS[field])
    written = write(tmp_path / "model", weights, config={k: v for k, v in described.items() if v is not None})
    ruling = ruled(base, written)
    if name in INDEPENDENT:
        assert ruling.label is Label.INDEPENDENT, ruling.reasons
    else:
        assert _STRENGTH[ruling.label, ruling.established] <= _STRENGTH[plain[name].label, plain[name].established]
        assert ruling.label is Label.LINKED, ruling.reasons
    word = "head" if "head" in field else "quantisation"
    assert any(word in sentence.lower() for sentence in ruling.not_examined), ruling.not_examined
