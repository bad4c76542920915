"""Digests, and the root digest over files that OpenSSF Model Signing defines."""

from __future__ import annotations

from hashlib import sha256
from itertools import permutations

import pytest

from stemma.identity import Digest, oms_root

NAMES = ("model.safetensors", "onnx/model.onnx", "onnx-q8/model.onnx", "a.bin")
# What the manifest of model-signing 1.1.1 hashes to for files of these names, each holding its own name.
SIGNED = "0f5f6dc3d460720610cb674da76552a492ceb8163254a9631024ac3a6592e24f"


def of_name(name: str) -> Digest:
    return Digest("sha256", sha256(name.encode()).hexdigest())


@pytest.mark.parametrize("names", list(permutations(NAMES)))
def test_the_root_is_that_of_model_signing(names: tuple[str, ...]) -> None:
    assert oms_root({name: of_name(name) for name in names}) == Digest("sha256", SIGNED)


def test_the_root_is_defined_over_one_algorithm() -> None:
    with pytest.raises(ValueError, match="blake3"):
        oms_root({"a": of_name("a"), "b": Digest("blake3", "0" * 64)})
