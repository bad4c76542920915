"""`python -m zoo.children MODEL OUT [--only NAME ...] [--demo] [--no-torch]`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from zoo.children.minilm import find_minilm
from zoo.children.nursery import make
from zoo.children.plan import CHILDREN, DEMO, Bench, Child


def main() -> None:
    arguments = _parser().parse_args()
    parent = find_minilm() if arguments.model == "minilm" else Path(arguments.model).resolve()
    bench = Bench(parent, Path(arguments.out).resolve(), arguments.tune_steps, arguments.scratch_steps)
    if arguments.demo:
        _put_beside(parent, bench.out)
    for child in _chosen(arguments):
        began = time.monotonic()
        state = "made" if make(child, bench) else "there already"
        print(f"{child.name:24}{state:16}{time.monotonic() - began:8.1f} s", flush=True)


def _put_beside(parent: Path, out: Path) -> None:
    """A link to the parent beside its children, so that a command can name both in a few letters."""
    out.mkdir(parents=True, exist_ok=True)
    link = out / "minilm"
    if not link.is_symlink():
        link.symlink_to(parent, target_is_directory=True)


def _chosen(arguments: argparse.Namespace) -> Sequence[Child]:
    names = set(DEMO) if arguments.demo else set(arguments.only or [child.name for child in CHILDREN])
    unknown = names - {child.name for child in CHILDREN}
    if unknown:
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(c.name for c in CHILDREN)}")
    return [c for c in CHILDREN if c.name in names and not (arguments.no_torch and c.torch)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m zoo.children", description=__doc__)
    parser.add_argument("model", help="a folder, or `minilm` for the installed all-MiniLM-L6-v2")
    parser.add_argument("out", help="the folder for the children and manifest.jsonl")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these children alone")
    parser.add_argument("--demo", action="store_true", help="the two children of the README, in seconds")
    parser.add_argument("--no-torch", action="store_true", help="leave out what needs torch")
    parser.add_argument("--tune-steps", type=int, default=100)
    parser.add_argument("--scratch-steps", type=int, default=300)
    return parser


if __name__ == "__main__":
    main()
