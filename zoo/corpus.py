"""Text that lies on every Python machine, in two halves that share no file.

Sources: the `.py` files of the standard library (code and docstrings), and licence, README and METADATA
texts of the installed distributions; where more is needed, the `.py` files of these as well. A file belongs to the half
that a hash of its name selects, so "the other corpus" exists wherever the zoo is built.
"""

import hashlib
import os
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Half = Literal["first", "second"]
HALVES: tuple[Half, Half] = ("first", "second")

_SKIPPED_FOLDERS = {"test", "tests", "idlelib", "lib2to3", "site-packages", "__pycache__", "encodings"}
_TEXT_NAMES = ("METADATA", "LICENSE", "README", "COPYING", "NOTICE")
_LARGEST_FILE = 150_000


@dataclass(frozen=True)
class Corpus:
    """The texts of the two halves, joined in the order of their hashed names, and a digest of both."""

    first: str
    second: str
    digest: str

    def half(self, half: Half) -> str:
        return self.first if half == "first" else self.second


def collect(bytes_per_half: int, sources: bool = False) -> Corpus:
    """Read up to `bytes_per_half` bytes of text for each half; the same machine gives the same corpus.

    With `sources` the code of installed distributions is read too, and text that was read before is passed over, for
    distributions carry copies of each other's code.
    """
    seen: set[bytes] = set()
    texts: dict[Half, list[str]] = {"first": [], "second": []}
    filled = dict.fromkeys(HALVES, 0)
    for digest, path in sorted(_hashed_files(sources)):
        half = HALVES[digest[0] & 1]
        if filled[half] >= bytes_per_half:
            continue
        content = path.read_bytes()
        if sources and (known := hashlib.sha256(content).digest()) in seen:
            continue
        seen |= {known} if sources else set()
        text = content[: bytes_per_half - filled[half]].decode("utf-8", errors="ignore")
        texts[half].append(text)
        filled[half] += len(text.encode())
    first, second = ("\n\n".join(texts[half]) for half in HALVES)
    return Corpus(first, second, hashlib.sha256(f"{first}\0{second}".encode()).hexdigest())


def _hashed_files(sources: bool) -> Iterator[tuple[bytes, Path]]:
    roots = {Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))}
    for root in sorted(roots):
        for path in _text_files(root, sources):
            yield hashlib.sha256(path.relative_to(root).as_posix().encode()).digest()[1:], path


def _text_files(root: Path, sources: bool) -> Iterator[Path]:
    library = root.name == "site-packages"
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if f not in _SKIPPED_FOLDERS]
        for name in files:
            code = name.endswith(".py") and (sources or not library)
            wanted = code or (library and name.startswith(_TEXT_NAMES))
            path = Path(folder) / name
            if wanted and path.suffix not in {".pyc", ".so"} and path.stat().st_size <= _LARGEST_FILE:
                yield path
