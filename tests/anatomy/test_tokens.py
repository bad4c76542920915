from stemma.anatomy.tokens import canonical_tokens, spelling
from stemma.identity import Missing
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
