from hashlib import sha256

from stemma.anatomy.tokens import canonical_tokens, spelling
from stemma.identity import Missing, is_present
from stemma.weights.interface import RawTokenizer


def spelled(*tokens: str) -> list[str]:
    got = canonical_tokens(RawTokenizer("test", dict(enumerate(tokens))))
    assert not isinstance(got, Missing)
    return list(got.by_id.values())


def test_the_same_surface_token_in_every_kind() -> None:
    assert spelled("Ġthe", "ing", "Ċ", "<|endoftext|>") == [" the", "ing", "\n", "<|endoftext|>"]
    assert spelled("▁the", "ing", "<0x0A>", "<s>") == [" the", "ing", "<0x0A>", "<s>"]
    assert spelled("the", "##ing", "[CLS]", "##") == [" the", "ing", "[CLS]", " ##"]


def test_byte_level_tokens_are_utf8() -> None:
    assert spelled("ĠcafÃ©", "Ã") == [" café", "<0xC3>"]


def test_tokens_without_marks_stay() -> None:
    assert spelled("A", "B") == ["A", "B"]
    assert spelling({}) == "plain"


def test_absence_is_passed_on() -> None:
    absent = Missing("no tokenizer file")
    assert canonical_tokens(absent) is absent


def test_keys_are_those_of_the_strings_alone() -> None:
    tokens = canonical_tokens(RawTokenizer("test", {7: "a", 2: "Ġb", 3: "Ġc"}))
    assert is_present(tokens)
    ids, keys = tokens.keys
    assert ids.tolist() == [7, 2, 3]
    assert keys.tolist() == [int.from_bytes(sha256(text).digest()[:8], "big") for text in (b"a", b" b", b" c")]
