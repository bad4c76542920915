"""Model records of the Unified Model Record format (UMR, arXiv 2410.02230), read into the record language.

``packages, refused = read_packages(path)`` reads ``NAME-VERSION.yaml`` files; ``convert(packages)`` gives a
:class:`stemma.interop.drafts.Draft` for each, in the order of names and versions, with notes on all that is wrong in
them. Kinds of relations are chosen by :mod:`stemma.interop.umr.kinds`, since UMR has one kind alone.
"""

from __future__ import annotations

from stemma.interop.umr.convert import convert
from stemma.interop.umr.read import Package, Upstream, read_package
from stemma.interop.umr.walk import read_packages

__all__ = ["Package", "Upstream", "convert", "read_package", "read_packages"]
