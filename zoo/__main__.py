"""The zoo's command line: `python -m zoo build --size thin --out DIR [--only NAME...] [--jobs N]`."""

import argparse
import logging
import sys
from pathlib import Path

from zoo.build import adopt, build
from zoo.errors import ZooError
from zoo.plan import SIZES, specimens


def main() -> int:
    parser = argparse.ArgumentParser(prog="zoo", description="Models of known lineage.")
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build", help="make what is missing, and list what there is")
    building.add_argument("--out", type=Path, required=True, help="folder of the zoo")
    building.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these and their ancestors")
    building.add_argument("--jobs", type=int, default=2, choices=(1, 2), help="workers of one thread each")
    building.add_argument("--adopt", nargs="+", default=[], type=Path, metavar="DIR", help="other zoos to take from")
    listing = commands.add_parser("list", help="name the specimens of a size")
    for command in (building, listing):
        command.add_argument("--size", choices=sorted(SIZES), default="thin")
    options = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("zoo").setLevel(logging.INFO)
    size = SIZES[options.size]
    if options.command == "list":
        sys.stdout.writelines(f"{name}\n" for name in specimens(size))
        return 0
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        for other in options.adopt:
            taken = adopt(size, options.out, other)
            logging.getLogger("zoo").info("%d models taken over from %s", len(taken), other)
        build(size, options.out, options.only, options.jobs)
    except ZooError as error:
        sys.stderr.write(f"zoo: {error}\n")
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
