"""What a value in a record may look like. The table of fields is made of these; everything else reads the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import IntEnum
from typing import Literal

from stemma.immutable import immutable
from stemma.vocabulary import Facet, RecordType

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

Form = Literal["line", "prose", "name", "version", "requirement", "date", "digest", "sha256", "url", "purl", "language"]
Merge = Literal["replace", "union", "worst"]


class Bump(IntEnum):
    """The part of a version that must rise; a larger value includes the smaller ones."""

    NONE = 0
    PATCH = 1
    MINOR = 2
    MAJOR = 3


@immutable
class Text:
    """A string; ``form`` says what it must be. ``most`` bounds its characters."""

    form: Form = "line"
    most: int = 500


@immutable
class Choice:
    """One of a few words, each with what it means."""

    words: Mapping[str, str]


@immutable
class Whole:
    """An integer from ``least`` to ``most``."""

    least: int = 0
    most: int = 10**18


@immutable
class Number:
    """A finite number."""


@immutable
class Flag:
    """true or false."""


@immutable
class ListOf:
    """A list; a leaf list may also be written ``+key`` to append to what is inherited."""

    item: Shape
    most: int = 1_000


@immutable
class Thing:
    """A mapping with known keys."""

    fields: tuple[Field, ...]
    extensions: bool = False  # whether x-... keys may stand beside the known ones


@immutable
class Named:
    """A mapping whose keys are names; ``known`` lists them where they are known, ``own`` allows x-... besides."""

    value: Shape
    what: str
    known: Mapping[str, str] = field(default_factory=dict)
    most: int = 1_000


@immutable
class Either:
    """The short form of a thing, which stands for ``{key: value}``, or the thing itself."""

    key: str
    short: Shape
    long: Thing


@immutable
class Anything:
    """Any JSON value; extensions are kept as they are."""


Shape = Text | Choice | Whole | Number | Flag | ListOf | Thing | Named | Either | Anything


@immutable
class Field:
    """One key of the language.

    ``facet`` None: a section, whose own fields or entries are the leaves. Else a leaf: the unit of inheritance, of
    origins and of change. ``merge`` says how values from several parents combine (the record's own value always wins):
    "replace" takes the first in linear order, "union" joins lists, "worst" lets a raised flag win. ``added`` and
    ``changed`` are the bumps that a new or a different value needs; a removal needs the larger of both. ``types`` are
    the records that may have it; None means all.
    """

    key: str
    shape: Shape
    about: str
    facet: Facet | None = None
    required: bool = False
    merge: Merge = "replace"
    added: Bump = Bump.MINOR
    changed: Bump = Bump.PATCH
    types: frozenset[RecordType] | None = None

    @property
    def inherits(self) -> bool:
        """Whether some relation may hand this field down."""
        return self.facet not in (None, Facet.OWN)
