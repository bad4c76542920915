"""The process that reads an upload: bounds itself before anything else is imported, then scans and prints JSON."""

from __future__ import annotations

import resource
import sys


def _bound() -> None:
    from stemma.usecases.browse.scanning import MEMORY, SECONDS  # noqa: PLC0415 after nothing heavy

    for kind, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS * 2),
        (resource.RLIMIT_FSIZE, 64 << 20),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def main(file: str, catalog: str) -> int:
    """Scan one file; 0 where that worked, 3 where it was refused."""
    import json  # noqa: PLC0415 all of this comes after the bounds
    from pathlib import Path  # noqa: PLC0415

    from stemma.catalog import Catalog  # noqa: PLC0415
    from stemma.errors import LimitExceeded, StemmaError  # noqa: PLC0415
    from stemma.interop.network import Network  # noqa: PLC0415
    from stemma.publish.canonical import to_json  # noqa: PLC0415
    from stemma.publish.result_json import scan_document  # noqa: PLC0415
    from stemma.usecases.scan import scan  # noqa: PLC0415
    from stemma.usecases.settings import Work  # noqa: PLC0415

    try:
        report = scan(file, Catalog(Path(catalog)), Work(network=Network(offline=True), workers=1))
    except StemmaError as error:
        told = {"error": error.message, "advice": error.advice, "limit": isinstance(error, LimitExceeded)}
        sys.stdout.write(json.dumps(told))
        return 3
    sys.stdout.write(to_json(scan_document(report)))
    return 0


if __name__ == "__main__":
    _bound()
    sys.exit(main(*sys.argv[1:]))
