"""Tokens with their ids, out of whichever file a tokenizer was saved in; raw strings, nothing interpreted.

| file | kind |
|---|---|
| ``tokenizer.json`` | ``tokenizer.json bpe`` / ``unigram`` / ``wordpiece`` / ``wordlevel`` |
| ``tokenizer.model``, ``spiece.model``, ... | ``sentencepiece unigram`` / ``bpe`` / ``word`` / ``char`` |
| ``vocab.json``, ``vocab.txt`` | the name of the file |

The first of these that is there is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any

from stemma.errors import InputError, LimitExceeded, MalformedFile, UnsupportedFormat
from stemma.identity import Missing
from stemma.weights.interface import ByteSource, FileSet, RawTokenizer
from stemma.weights.once import Once
from stemma.weights.protobuf import fields
from stemma.weights.strict_json import parse_json_object, read_json_object

MAX_FILE = 64_000_000
MAX_SENTENCEPIECE = 8_000_000
MAX_TOKENS = 1_500_000
_read: Once[tuple[str, bytes], RawTokenizer] = Once()
_SPM_KINDS = {1: "unigram", 2: "bpe", 3: "word", 4: "char"}
_TRAINER_SPEC, _MODEL_TYPE, _BYTE_FALLBACK = 2, 3, 35


def read_tokenizer(files: FileSet) -> tuple[RawTokenizer | Missing, tuple[str, ...]]:
    """The tokenizer of a folder, and warnings; a damaged one is a warning: weights can be read without it."""
    names = set(files.names())
    for name, reader in _READERS.items():
        if name in names:
            try:
                tokenizer = reader(files.open(name))
                return _with_added(tokenizer, files, names), ()
            except (InputError, LimitExceeded) as error:
                return Missing(f"{name} cannot be read: {error}"), (f"The tokenizer is left out: {error}",)
    return Missing("no tokenizer file lies beside the weights"), ()


def _tokenizer_json(source: ByteSource) -> RawTokenizer:
    data = _whole(source, MAX_FILE)
    return _read.get((source.name, sha256(data).digest()), lambda: _parsed(data, source.name))


def _parsed(data: bytes, file: str) -> RawTokenizer:
    document = parse_json_object(data, file)
    model = document.get("model")
    if not isinstance(model, dict):
        raise MalformedFile(file, "no model", "an object with a vocabulary")
    vocab = model.get("vocab")
    if isinstance(vocab, list):
        pairs = [(entry[0] if isinstance(entry, list) and entry else entry, i) for i, entry in enumerate(vocab)]
    elif isinstance(vocab, dict):
        pairs = list(vocab.items())
    else:
        raise MalformedFile(file, "no vocabulary", "a map or a list of tokens")
    # Files written before 2020 do not name their model; a list is always Unigram.
    kind = model.get("type") or ("Unigram" if isinstance(vocab, list) else "BPE" if "merges" in model else "WordPiece")
    entries = document.get("added_tokens")
    added = (
        [(t.get("content"), t.get("id")) for t in entries if isinstance(t, dict)] if isinstance(entries, list) else []
    )
    merges = model.get("merges")
    facts = {
        "added": len(added),
        "merges": len(merges) if isinstance(merges, list) else 0,
        **{key: model.get(key) for key in ("unk_token", "unk_id", "continuing_subword_prefix", "byte_fallback")},
        **{part: _types(document.get(part)) for part in ("normalizer", "pre_tokenizer", "decoder")},
    }
    return RawTokenizer(f"tokenizer.json {str(kind)[:40].lower()}", _by_id(file, [*pairs, *added]), facts)


def _types(part: Any) -> list[str]:
    if not isinstance(part, dict):
        return []
    children = [child for value in part.values() if isinstance(value, list) for child in value]
    return [str(node["type"])[:40] for node in [part, *children[:32]] if isinstance(node, dict) and "type" in node]


def _vocab_json(source: ByteSource) -> RawTokenizer:
    return RawTokenizer("vocab.json", _by_id(source.name, read_json_object(source, MAX_FILE).items()))


def _vocab_txt(source: ByteSource) -> RawTokenizer:
    data = _whole(source, MAX_FILE)
    if data.count(b"\n") > MAX_TOKENS:
        raise LimitExceeded(f"{source.name} has more than {MAX_TOKENS} lines.")
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise MalformedFile(source.name, f"bytes that are no UTF-8 ({error.reason})", "a token a line") from error
    if lines[-1] == "":
        lines.pop()
    return RawTokenizer("vocab.txt", _by_id(source.name, ((line.rstrip("\r"), i) for i, line in enumerate(lines))))


def _sentencepiece(source: ByteSource) -> RawTokenizer:
    data = _whole(source, MAX_SENTENCEPIECE)
    if not data.startswith(b"\n"):
        raise UnsupportedFormat(f"{source.name} is no SentencePiece model.", advice="tokenizer.json is read as well.")
    pieces: list[tuple[object, object]] = []
    kind, byte_fallback = "unigram", False
    for number, value in fields(memoryview(data), source.name):
        if number == 1 and isinstance(value, memoryview):
            pieces.append((_piece(value, source.name), len(pieces)))
        elif number == _TRAINER_SPEC and isinstance(value, memoryview):
            spec = dict(fields(value, source.name))
            model_type = spec.get(_MODEL_TYPE, 1)
            kind = _SPM_KINDS.get(model_type, "unknown") if isinstance(model_type, int) else "unknown"
            byte_fallback = spec.get(_BYTE_FALLBACK) == 1
    tokens = _by_id(source.name, pieces)
    return RawTokenizer(f"sentencepiece {kind}", tokens, {"byte_fallback": byte_fallback})


def _piece(message: memoryview, file: str) -> str | None:
    for number, value in fields(message, file):
        if number == 1 and isinstance(value, memoryview):
            return bytes(value).decode("utf-8", errors="replace")
    return None


def _with_added(tokenizer: RawTokenizer, files: FileSet, names: set[str]) -> RawTokenizer:
    """Add the tokens that slow tokenizers keep in files of their own."""
    if tokenizer.kind.startswith("tokenizer.json"):
        return tokenizer
    added: list[tuple[object, object]] = []
    if "added_tokens.json" in names:
        added += read_json_object(files.open("added_tokens.json"), MAX_FILE).items()
    if "tokenizer_config.json" in names:
        decoder = read_json_object(files.open("tokenizer_config.json"), MAX_FILE).get("added_tokens_decoder")
        for number, token in decoder.items() if isinstance(decoder, dict) else ():
            if isinstance(token, dict) and number.isascii() and number.isdigit() and len(number) < 10:
                added.append((token.get("content"), int(number)))
    if not added:
        return tokenizer
    tokens = {**tokenizer.tokens, **_by_id("the added tokens", added)}
    return RawTokenizer(tokenizer.kind, tokens, {**tokenizer.facts, "added": len(added)})


def _by_id(file: str, pairs: Iterable[tuple[object, object]]) -> Mapping[int, str]:
    tokens: dict[int, str] = {}
    for token, number in pairs:
        if not isinstance(token, str) or type(number) is not int or not 0 <= number < 1 << 31:
            raise MalformedFile(file, f"the token {str(token)[:40]!r} with id {str(number)[:40]}", "a string and an id")
        tokens[number] = token
    if not tokens or len(tokens) > MAX_TOKENS:
        raise MalformedFile(file, f"{len(tokens)} tokens", f"1 to {MAX_TOKENS}")
    return tokens


def _whole(source: ByteSource, limit: int) -> bytes:
    if source.size > limit:
        raise LimitExceeded(f"{source.name} has {source.size} bytes, at most {limit} are read.")
    return bytes(source.read(0, source.size))


_READERS: Mapping[str, Callable[[ByteSource], RawTokenizer]] = {
    "tokenizer.json": _tokenizer_json,
    "tokenizer.model": _sentencepiece,
    "spiece.model": _sentencepiece,
    "sentencepiece.bpe.model": _sentencepiece,
    "spm.model": _sentencepiece,
    "vocab.json": _vocab_json,
    "vocab.txt": _vocab_txt,
}
