"""`python -m benchmarks` measures every figure and writes docs/performance.md; `--smoke` only proves it runs."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import FIGURES
from benchmarks.place import Figure, Place
from benchmarks.report import page

ROOT = Path(__file__).parents[1]


def main() -> int:
    arguments = _parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="stemma-benchmarks-") as temporary:
        folder = Path(arguments.folder or temporary).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        peer = None if arguments.smoke or arguments.no_peer else arguments.peer or _install_peer(folder)
        place = Place(folder, str(Path(sys.executable).parent / "stemma"), peer, arguments.smoke)
        figures: list[Figure] = []
        for name in arguments.only or FIGURES:
            for figure in FIGURES[name](place):
                figures.append(figure)
                print(f"{figure.name}: {figure.value:.3g} {figure.unit} (at most {figure.limit:g})", flush=True)
    arguments.out.write_text(page(figures, _peer_version(peer)), encoding="utf-8")
    return 0 if arguments.smoke or all(figure.held for figure in figures) else 1


def _install_peer(folder: Path) -> str:
    """modelDNA in an environment of its own, so that neither meets the other's libraries."""
    environment = folder / "peer"
    if not (environment / "bin/modeldna").exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        subprocess.run([environment / "bin/pip", "install", "-q", "modeldna==0.1.0"], check=True)
    return str(environment / "bin/modeldna")


def _peer_version(peer: str | None) -> str:
    if peer is None:
        return "modelDNA not run"
    shown = subprocess.run([peer, "--version"], check=True, capture_output=True, text=True)
    return shown.stdout.strip()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--folder", help="keep the generated models here (about 12 GB) and use them again")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "performance.md")
    parser.add_argument("--peer", help="an installed modeldna; default: install it beside the models")
    parser.add_argument("--no-peer", action="store_true", help="leave out the comparison with modelDNA")
    parser.add_argument("--only", nargs="+", choices=sorted(FIGURES), help="these figures alone")
    parser.add_argument("--smoke", action="store_true", help="toy models, two runs, no limits, nothing installed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
