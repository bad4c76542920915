"""The zoo's command line: `python -m zoo build --size thin --out DIR [--only NAME...] [--jobs N]`."""

import argparse
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from zoo.build import adopt, build
from zoo.errors import ZooError
from zoo.plan import SIZES, Size, specimens
from zoo.score import command as score
from zoo.workers import workers


def main() -> int:
    parser = argparse.ArgumentParser(prog="zoo", description="Models of known lineage.")
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build", help="make what is missing, and list what there is")
    building.add_argument("--out", type=Path, required=True, help="folder of the zoo")
    building.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these and their ancestors")
    building.add_argument("--jobs", type=workers, default=2, metavar="N", help="workers of one thread each")
    building.add_argument("--adopt", nargs="+", default=[], type=Path, metavar="DIR", help="other zoos to take from")
    measuring = commands.add_parser("calibrate", help="measure twins and derived models of the calibration half")
    measuring.add_argument("--zoo", nargs="+", type=Path, required=True, metavar="DIR", help="built zoos")
    measuring.add_argument("--out", type=Path, required=True, help="the data file (evidence/data/calibration.json)")
    measuring.add_argument("--jobs", type=workers, default=2, metavar="N", help="workers of one thread each")
    score.add_arguments(commands.add_parser("score", help="rule on every pair, and write the page about it"))
    following = commands.add_parser("rule", help="rule on pairs while the zoo is being built")
    following.add_argument("--zoo", type=Path, required=True, metavar="DIR", help="folder of the zoo")
    following.add_argument("--jobs", type=workers, default=2, metavar="N", help="workers of one thread each")
    following.add_argument("--patience", type=float, default=0, metavar="SECONDS", help="wait so long for a next model")
    listing = commands.add_parser("list", help="name the specimens of a size")
    for command in (building, listing):
        command.add_argument("--size", choices=sorted(SIZES), default="thin")
    options = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("zoo").setLevel(logging.INFO)
    if options.command == "calibrate":
        return _finished(lambda: _calibrate(options))
    if options.command == "score":
        return _finished(lambda: score.run(options))
    if options.command == "rule":
        return _finished(lambda: _rule(options))
    size = SIZES[options.size]
    if options.command == "list":
        sys.stdout.writelines(f"{name}\n" for name in specimens(size))
        return 0
    return _finished(lambda: _build(size, options))


def _build(size: Size, options: argparse.Namespace) -> None:
    options.out.mkdir(parents=True, exist_ok=True)
    for other in options.adopt:
        taken = adopt(size, options.out, other)
        logging.getLogger("zoo").info("%d models taken over from %s", len(taken), other)
    build(size, options.out, options.only, options.jobs)


def _rule(options: argparse.Namespace) -> None:
    from zoo.score.follow import follow

    ruled = follow(options.zoo, options.jobs, options.patience)
    logging.getLogger("zoo").info("%d pairs ruled on", ruled)


def _finished(work: Callable[[], None]) -> int:
    """The exit code of a piece of work; what went wrong is said."""
    try:
        work()
    except ZooError as error:
        sys.stderr.write(f"zoo: {error}\n")
        return 3
    return 0


def _calibrate(options: argparse.Namespace) -> None:
    from zoo.calibration import calibrate

    found = calibrate(options.zoo, options.jobs)
    options.out.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
