"""Immutable values do what frozen dataclasses do; each rule is tried on both."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pytest

from stemma.immutable import immutable

Decorator = Callable[[type], type]


def plain(decorate: Decorator) -> Any:
    @decorate
    class Plain:
        """A name and what is behind it."""

        name: str
        size: int = 3
        tags: list[str] = field(default_factory=list)

        @cached_property
        def twice(self) -> int:
            return 2 * self.size

    return Plain


def unusual(decorate: Decorator) -> Any:
    @decorate
    class Unusual:
        name: str
        secret: str = field(default="", repr=False)
        note: str = field(default="", compare=False)

        def __post_init__(self) -> None:
            if not self.name:
                raise ValueError("no name")

    return Unusual


@immutable
class Base:
    name: str


@immutable
class Derived(Base):
    size: int = 1


def often(cls: type) -> type:
    """Made so often that the class has got an ``__init__`` of its own."""
    kind = immutable(cls)
    before = kind.__init__
    for _ in range(200):
        kind("a")
    assert kind.__init__ is not before
    return kind


BOTH = pytest.mark.parametrize(
    "decorate", [dataclass(frozen=True), immutable, often], ids=["dataclass", "immutable", "made often"]
)


@BOTH
def test_what_is_given_and_what_is_left_out(decorate: Decorator) -> None:
    kind = plain(decorate)
    made = [kind("a"), kind(name="a"), kind("a", 3, []), kind("a", tags=[]), kind(tags=[], size=3, name="a")]
    assert all(vars(x) == {"name": "a", "size": 3, "tags": []} for x in made)
    assert all(x == made[0] for x in made)
    assert made[0].tags is not made[1].tags
    assert repr(made[0]).endswith("Plain(name='a', size=3, tags=[])")


@BOTH
@pytest.mark.parametrize(
    ("given", "named"),
    [
        ((), {}),
        ((), {"size": 1, "tags": []}),
        (("a", 1, [], 4), {}),
        (("a",), {"name": "a"}),
        (("a", 1, []), {"name": "b"}),
        (("a",), {"colour": 1}),
        (("a", 1), {"colour": 1}),
        ((), {"name": "a", "size": 1, "tags": [], "colour": 1}),
    ],
)
def test_calls_that_do_not_fit(decorate: Decorator, given: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        plain(decorate)(*given, **named)


@BOTH
def test_nothing_can_be_changed(decorate: Decorator) -> None:
    made = plain(decorate)("a")
    with pytest.raises(FrozenInstanceError):
        made.name = "b"
    with pytest.raises(FrozenInstanceError):
        made.new = 1
    with pytest.raises(FrozenInstanceError):
        del made.size
    assert (made.twice, made.twice, made.name, made.size) == (6, 6, "a", 3)


@BOTH
def test_fields_that_are_not_shown_or_not_compared(decorate: Decorator) -> None:
    kind = unusual(decorate)
    assert "hush" not in repr(kind("a", secret="hush"))
    assert kind("a", note="x") == kind("a", note="y") != kind("b", note="x")
    assert hash(kind("a", note="x")) == hash(kind("a", note="y"))
    with pytest.raises(ValueError, match="no name"):
        kind("")


@BOTH
def test_the_functions_for_dataclasses(decorate: Decorator) -> None:
    kind = plain(decorate)
    made = kind("a", 1, ["t"])
    assert is_dataclass(kind)
    assert [f.name for f in fields(kind)] == ["name", "size", "tags"]
    assert replace(made, size=2) == kind("a", 2, ["t"])
    assert asdict(made) == {"name": "a", "size": 1, "tags": ["t"]}
    assert list(inspect.signature(kind).parameters) == ["name", "size", "tags"]
    assert inspect.signature(kind).parameters["size"].default == 3
    match made:
        case kind(name, size):
            assert (name, size) == ("a", 1)
        case _:
            pytest.fail("no match")


@BOTH
def test_equal_only_within_one_class(decorate: Decorator) -> None:
    kind, twin = plain(decorate), plain(decorate)
    assert kind("a") != twin("a")
    assert kind("a") != "a"
    with pytest.raises(TypeError):
        hash(kind("a"))  # it holds a list


def test_derived_classes() -> None:
    assert Derived("a") == Derived("a", 1) != Base("a")
    assert repr(Derived("a")) == "Derived(name='a', size=1)"
    assert {Derived("a"): 1}[Derived("a", 1)] == 1


def test_copies_and_pickles() -> None:
    made = Derived("a", 7)
    assert copy.copy(made) == copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made
    with pytest.raises(FrozenInstanceError):
        pickle.loads(pickle.dumps(made)).size = 1


def test_by_identity_where_a_field_is_an_array() -> None:
    @immutable(eq=False)
    class Units:
        array: Any

    one, other = Units(np.zeros(3)), Units(np.zeros(3))
    assert one != other
    assert len({one, other, one}) == 2


def test_own_methods_stay() -> None:
    @immutable
    class Quiet:
        name: str

        def __repr__(self) -> str:
            return "hush"

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

    assert repr(Quiet("a")) == "hush"
    assert (Quiet("a") == Quiet("b"), hash(Quiet("a"))) == (True, 7)


def test_the_message_of_a_call_that_does_not_fit() -> None:
    with pytest.raises(TypeError, match=r"Derived takes name, size; got 3 values without a name, and none by name"):
        Derived("a", 1, 2)  # type: ignore[call-arg]


@pytest.mark.parametrize("decorate", [dataclass(frozen=True, order=True), immutable(order=True)])
def test_ordered_field_by_field(decorate: Decorator) -> None:
    @decorate
    class Version:
        major: int
        minor: int

    kind: Any = Version
    one, two, ten = kind(1, 2), kind(1, 10), kind(2, 0)
    assert sorted([ten, two, one]) == [one, two, ten]
    assert one < two <= kind(1, 10) < ten > two >= kind(1, 10)
    with pytest.raises(TypeError):
        _ = one < (1, 10)
