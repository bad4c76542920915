"""Run by the peer's own interpreter: reads pairs of model names, writes modelDNA's verdict on each.

It does what the peer's `compare` verb does, with each fingerprint taken once.
"""

import json
import sys
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any


@lru_cache(maxsize=512)
def _fingerprint(folder: str) -> Any:
    extract = import_module("modeldna.fingerprint.extract").extract_fingerprint
    return extract(import_module("modeldna.scan").open_source(folder, revision="main"), mode="fast", model_id=folder)


def _verdict(suspect: str, candidate: str) -> str:
    compare = import_module("modeldna.compare").compare_fingerprints
    judge = import_module("modeldna.verdict").judge
    try:
        a, b = _fingerprint(suspect), _fingerprint(candidate)
    except import_module("modeldna.cli").READ_ERRORS as error:
        return f"ERROR: {error}"
    types = {candidate: b.arch.torch_dtype}
    found = judge([(compare(a, b), candidate)], suspect_dtype=a.arch.torch_dtype, candidate_dtypes=types)
    return str(found.verdict.value)


def main() -> None:
    models = Path(sys.argv[1])
    for line in sys.stdin:
        a, b = json.loads(line)
        sys.stdout.write(json.dumps([[a, b], _verdict(str(models / b), str(models / a))]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
