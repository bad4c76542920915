"""Stemma: decides from the weights alone which AI models descend from which, and how surely.

The Python interface is the same few verbs as the command line::

    import stemma

    report = stemma.compare("path/to/base", "path/to/suspect")
    report.ruling.label        # Label.LINKED or Label.INDEPENDENT
    report.ruling.reasons      # sentences that cite their numbers
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stemma.catalog import Catalog
    from stemma.usecases.compare import compare, compare_pairs
    from stemma.usecases.inspect import inspect
    from stemma.usecases.models import fingerprint, open_model
    from stemma.usecases.scan import scan
    from stemma.usecases.settings import Work

__all__ = ["Catalog", "Work", "compare", "compare_pairs", "fingerprint", "inspect", "open_model", "scan"]

# Importing stemma must cost nothing: each verb brings its modules with it when it is first used.
_HOMES = {
    "Catalog": "stemma.catalog",
    "Work": "stemma.usecases.settings",
    "compare": "stemma.usecases.compare",
    "compare_pairs": "stemma.usecases.compare",
    "fingerprint": "stemma.usecases.models",
    "inspect": "stemma.usecases.inspect",
    "open_model": "stemma.usecases.models",
    "scan": "stemma.usecases.scan",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'stemma' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__


class _Verbs(ModuleType):
    """The package ``stemma.fingerprint`` bears the name of a verb: importing it must not put it in the verb's place."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Verbs
