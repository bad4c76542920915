"""Every verb of the Python interface stays what it is, whatever was imported before."""

from __future__ import annotations

import subprocess
import sys

import pytest

import stemma


@pytest.mark.parametrize("first", ["import stemma", "import stemma.fingerprint", "import stemma; stemma.compare"])
def test_no_package_takes_the_place_of_a_verb(first: str) -> None:
    kept = f"all(not inspect.ismodule(getattr(stemma, verb)) for verb in {stemma.__all__})"
    asked = f"{first}; import stemma, inspect; assert {kept}"
    subprocess.run([sys.executable, "-c", asked], check=True)


def test_the_package_behind_the_verb_can_still_be_imported() -> None:
    from stemma.fingerprint import Fingerprint

    assert callable(stemma.fingerprint)
    assert Fingerprint.__module__.startswith("stemma.fingerprint")
