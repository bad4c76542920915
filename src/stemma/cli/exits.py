"""Exit codes, one per outcome; they are part of the interface and never change meaning."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stemma.constitution.interface import Ruling


class Exit(IntEnum):
    """What a command's exit status says."""

    OK = 0
    LINKED = 0
    SHOWN_INDEPENDENT = 1
    FOUND = 1
    NOT_ESTABLISHED = 2
    BAD_INPUT = 3
    INTERNAL = 4
    INTERRUPTED = 130


def exit_of(ruling: Ruling) -> Exit:
    """The exit status of a ruling."""
    from stemma.constitution.interface import Established, Label

    if ruling.label is Label.LINKED:
        return Exit.LINKED
    return Exit.SHOWN_INDEPENDENT if ruling.established is Established.SHOWN else Exit.NOT_ESTABLISHED
