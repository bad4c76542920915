"""The version of this program; the build takes it from the package's metadata."""

from __future__ import annotations

from importlib.metadata import version

VERSION = version("stemma")
