"""Old texts come to the present language step by step, with comments. No step exists yet; the tests bring theirs."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import pytest

from stemma.errors import InvalidRecord
from stemma.records import LANGUAGE, language_of, migrate_record

TEXT = "# head\nstemma: 1\nname: a # mine\nold_key: x\n"


def rename(tree: MutableMapping[str, Any]) -> None:
    tree["new_key"] = tree.pop("old_key")


def number(tree: MutableMapping[str, Any]) -> None:
    tree["count"] = 1


def test_steps_are_taken_in_turn_and_comments_stay() -> None:
    text, steps = migrate_record(TEXT, steps={1: rename, 2: number}, to=3)
    assert steps == (1, 2)
    assert text == "# head\nstemma: 3\nname: a # mine\nnew_key: x\ncount: 1\n"
    assert language_of(text) == 3


def test_the_present_language_needs_no_step() -> None:
    assert migrate_record(TEXT) == (TEXT, ())
    assert language_of(TEXT) == LANGUAGE


@pytest.mark.parametrize(
    ("text", "to", "words"),
    [
        ("stemma: 9\n", 1, "expected at most 1"),
        ("stemma: 1\n", 3, "no step leads to 3"),
        ("name: a\n", 1, "missing or no integer"),
        ('stemma: "1"\n', 1, "missing or no integer"),
        ("[1]\n", 1, "missing or no integer"),
        ("a: *b\n", 1, "aliases"),
    ],
)
def test_what_cannot_be_migrated(text: str, to: int, words: str) -> None:
    with pytest.raises(InvalidRecord, match=words):
        migrate_record(text, "a.yaml", steps={2: number}, to=to)
