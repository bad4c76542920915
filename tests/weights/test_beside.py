"""Tokenizers and declared parents: read as they are, bounded, and never in the way of the weights."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import sentencepiece
import tokenizers
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import models, trainers

from stemma.errors import MalformedFile, StemmaError
from stemma.identity import Missing, is_present
from stemma.weights.declared import read_declared
from stemma.weights.interface import RawTokenizer
from stemma.weights.strict_json import parse_json_object
from stemma.weights.strict_yaml import parse_yaml_object
from stemma.weights.tokenizers import read_tokenizer
from tests.weights.sources import Files

CORPUS = ["the quick brown fox jumps over the lazy dog", "pack my box with five dozen liquor jugs"] * 20


def read(files: dict[str, bytes]) -> RawTokenizer:
    tokenizer, warnings = read_tokenizer(Files(files))
    assert is_present(tokenizer) and warnings == ()
    return tokenizer


@pytest.mark.parametrize(
    ("model", "trainer", "kind"),
    [
        (models.BPE(unk_token="?"), trainers.BpeTrainer(vocab_size=60, special_tokens=["?", "<s>"]), "bpe"),
        (models.WordPiece(unk_token="?"), trainers.WordPieceTrainer(vocab_size=60, special_tokens=["?"]), "wordpiece"),
        (models.WordLevel(unk_token="?"), trainers.WordLevelTrainer(special_tokens=["?"]), "wordlevel"),
        (models.Unigram(), trainers.UnigramTrainer(vocab_size=60, special_tokens=["<s>"]), "unigram"),
    ],
    ids=["bpe", "wordpiece", "wordlevel", "unigram"],
)
def test_tokenizer_json_as_its_library_writes_it(model: models.Model, trainer: trainers.Trainer, kind: str) -> None:
    source = tokenizers.Tokenizer(model)
    source.train_from_iterator(CORPUS, trainer)
    source.add_tokens(["<added>"])
    tokenizer = read({"tokenizer.json": source.to_str().encode()})
    assert tokenizer.kind == f"tokenizer.json {kind}"
    assert dict(tokenizer.tokens) == {i: t for t, i in source.get_vocab(with_added_tokens=True).items()}


@pytest.mark.parametrize("kind", ["unigram", "bpe", "char", "word"])
@pytest.mark.filterwarnings("ignore")
def test_sentencepiece_as_its_library_writes_it(kind: str) -> None:
    target = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=target, vocab_size=45, model_type=kind, hard_vocab_limit=False,
        minloglevel=2,
    )  # fmt: skip
    library = sentencepiece.SentencePieceProcessor(model_proto=target.getvalue())
    tokenizer = read({"tokenizer.model": target.getvalue()})
    assert tokenizer.kind == f"sentencepiece {kind}"
    assert dict(tokenizer.tokens) == {i: library.id_to_piece(i) for i in range(library.get_piece_size())}


def test_plain_vocabularies_and_added_tokens() -> None:
    assert dict(read({"vocab.txt": "[PAD]\nthe\n##s\r\nÄ\n".encode()}).tokens) == {
        0: "[PAD]",
        1: "the",
        2: "##s",
        3: "Ä",
    }
    added = {
        "vocab.json": b'{"a": 0, "b": 1}',
        "added_tokens.json": b'{"<x>": 2}',
        "tokenizer_config.json": b'{"added_tokens_decoder": {"3": {"content": "<y>"}, "bad": {}}}',
    }
    assert dict(read(added).tokens) == {0: "a", 1: "b", 2: "<x>", 3: "<y>"}


@pytest.mark.parametrize(
    "files",
    [
        {"tokenizer.json": b"{}"},
        {"tokenizer.json": b'{"model": {"vocab": {"a": -1}}}'},
        {"tokenizer.json": b'{"model": {"vocab": {"a": 1e3}}}'},
        {"tokenizer.json": b'{"model": {"vocab": {"a": true}}}'},
        {"tokenizer.json": b'{"model": {"vocab": {}}}'},
        {"tokenizer.json": b'{"model": {"vocab": [[1, 2]]}}'},
        {"tokenizer.model": b"not sentencepiece"},
        {"tokenizer.model": b"\n\xff\xff\xff\x7f"},
        {"tokenizer.model": b"\n\x02\x10"},
        {"vocab.txt": b"\xff\xfe"},
        {"vocab.txt": b""},
        {"vocab.json": b"[1]"},
    ],
)
def test_damaged_tokenizers_are_absent_with_a_reason(files: dict[str, bytes]) -> None:
    tokenizer, warnings = read_tokenizer(Files(files))
    assert isinstance(tokenizer, Missing) and next(iter(files)) in tokenizer.reason
    assert len(warnings) == 1


def test_claims_are_kept_by_source() -> None:
    files = Files(
        {
            "README.md": b"---\nbase_model:\n- org/a\n- org/b\nbase_model_relation: merge\nlicense: 1.0\nx: y\n---\n",
            "adapter_config.json": b'{"peft_type": "LORA", "base_model_name_or_path": "org/c", "r": 8}',
            "mergekit_config.yml": b"merge_method: slerp\nmodels:\n  - model: org/a\n",
        }
    )
    claims, warnings = read_declared(files, {"_name_or_path": "org/d"})
    assert warnings == ()
    assert claims == {
        "card": {"base_model": ["org/a", "org/b"], "base_model_relation": "merge", "license": "1.0"},
        "adapter": {"peft_type": "LORA", "base_model_name_or_path": "org/c"},
        "merge": {"merge_method": "slerp", "models": [{"model": "org/a"}]},
        "config": {"_name_or_path": "org/d"},
    }


@pytest.mark.parametrize(
    "card", [b"", b"# Just text", b"---\n---\n", b"--- \r\n---\r\n", b"\xef\xbb\xbf---\nx: 1\n---", b"---x\n"]
)
def test_cards_without_claims(card: bytes) -> None:
    assert read_declared(Files({"README.md": card}), {}) == ({}, ())


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [1]\nb: *a",
        "&a [*a]",
        "[" * 5000,
        "- a\n- b",
        "a: [",
        "{a: 1}: 2",
        "? [a]\n: b",
        "!!python/object/apply:os.system [true]: x\na: *z",
        "a: \x00",
    ],
)
def test_yaml_that_is_refused(text: str) -> None:
    with pytest.raises(MalformedFile):
        parse_yaml_object(text, "README.md")


def test_yaml_builds_nothing_but_text() -> None:
    text = "a: 2020-13-45\nb: 0x1F\nc: ~\nd: !!python/name:os.system x\ne: 1:2:3\nf: .inf"
    found = parse_yaml_object(text, "README.md")
    assert {type(value) for value in found.values()} == {str}


def test_a_card_without_an_end_is_a_warning(tmp_path: Path) -> None:
    claims, warnings = read_declared(Files({"README.md": b"---\na: 1\n"}), {})
    assert claims == {} and "README.md" in warnings[0]


@given(st.text(max_size=200))
def test_any_yaml_is_read_or_refused(text: str) -> None:
    try:
        parse_yaml_object(text, "t")
    except StemmaError as error:
        assert error.message


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), _JSON))
def test_json_objects_survive(value: dict[str, object]) -> None:
    text = json.dumps(value)
    assert json.dumps(parse_json_object(text.encode(), "t")) == text
