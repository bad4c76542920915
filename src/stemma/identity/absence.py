"""Absence as a value: what is not there, and why."""

from __future__ import annotations

from typing import TypeGuard, TypeVar

from stemma.immutable import immutable

T = TypeVar("T")


@immutable
class Missing:
    """Stands where a value could not be had; ``reason`` is a sentence for people, never an empty one."""

    reason: str

    def __post_init__(self) -> None:
        if not self.reason:
            raise ValueError("got no reason, expected why the value is missing")


def is_present(value: T | Missing) -> TypeGuard[T]:
    """True unless ``value`` is :class:`Missing`."""
    return not isinstance(value, Missing)
