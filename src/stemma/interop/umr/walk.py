"""UMR files on disk: one, or all of a directory ``NAME/NAME-VERSION.yaml``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from stemma.errors import InputError, InvalidRecord, Problem, StemmaError
from stemma.interop.umr.read import Package, read_package
from stemma.registry.directory import read_bounded, record_files

MAX_FILES = 100_000


def read_packages(path: Path) -> tuple[list[Package], list[Problem]]:
    """The packages of a file or directory by name and version, and the files that could not be read.

    Raises:
        InputError: there is nothing at ``path``, or more than ``MAX_FILES`` files.
    """
    packages: dict[tuple[str, str], Package] = {}
    refused: list[Problem] = []
    for file, place in _files(path):
        try:
            package = read_package(read_bounded(file), place)
        except InvalidRecord as error:
            refused += error.problems
            continue
        except StemmaError as error:
            refused.append(Problem(place, 0, 0, error.message, error.advice or "It was not read.", "read"))
            continue
        first = packages.setdefault((package.name, str(package.version)), package)
        if first is not package:
            message = f"{package.name}@{package.version} stands in {first.file}, too."
            refused.append(Problem(place, 0, 0, message, "It was not read.", "name"))
    return sorted(packages.values(), key=lambda p: (p.name, p.version)), refused


def _files(path: Path) -> Iterator[tuple[Path, str]]:
    if path.is_file():
        yield path, path.name
        return
    if not path.is_dir():
        raise InputError(
            f"There is no UMR file or directory {path}.", advice="Name NAME-VERSION.yaml, or their directory."
        )
    for count, place in enumerate(record_files(path)):
        if count >= MAX_FILES:
            raise InputError(f"{path} holds more than {MAX_FILES} files.", advice="Import a part of it.")
        yield path / place, place
