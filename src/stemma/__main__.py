"""``python -m stemma``: the command line without its script."""

from stemma.cli.main import run

if __name__ == "__main__":
    run()
