"""Time of one exact query over generated search vectors, warm and in process: ``python -m benchmarks.scan_vectors``.

A share of the vectors stands close to others, as families of models do, so that the best are hard to tell apart.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
import numpy.typing as npt

from stemma.catalog.search import PACK_FROM, nearest, pack

_BLOCK = 50_000


def generate(count: int, length: int, families: int = 1000) -> npt.NDArray[np.float32]:
    """Unit vectors; every second one is a noisy copy of one of ``families`` founders."""
    generator = np.random.Generator(np.random.PCG64(0))
    founders = generator.standard_normal((families, length), dtype=np.float32)
    vectors = np.empty((count, length), np.float32)
    for start in range(0, count, _BLOCK):
        block = vectors[start : start + _BLOCK]
        block[:] = generator.standard_normal(block.shape, dtype=np.float32)
        block[::2] = founders[generator.integers(0, families, len(block[::2]))] + 0.3 * block[::2]
        block /= np.linalg.norm(block, axis=1, keepdims=True)
    return vectors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=15)
    parser.add_argument("--limit", type=int, default=20)
    options = parser.parse_args()
    vectors = generate(options.count, 256)
    begin = time.perf_counter()
    packed = pack(vectors) if options.count >= PACK_FROM else None
    print(f"{options.count:,} vectors, packed in {time.perf_counter() - begin:.2f} s")
    generator = np.random.Generator(np.random.PCG64(1))
    picked = generator.integers(0, options.count, options.queries)
    queries = vectors[picked] + 0.02 * generator.standard_normal((options.queries, 256), dtype=np.float32)
    for name, codes in [("float32", None), *([("packed", packed)] if packed else [])]:
        seconds, looked_at, right = [], [], 0
        nearest(vectors, queries[0], options.limit, packed=codes)
        for query in queries:
            begin = time.perf_counter()
            rows, cosines = nearest(vectors, query, options.limit, packed=codes)
            seconds.append(time.perf_counter() - begin)
            looked_at.append(len(rows))
            found = set(rows[np.argsort(-cosines)[: options.limit]].tolist())
            right += found == set(np.argsort(-(vectors @ query))[: options.limit].tolist())
        print(
            f"{name}: median {statistics.median(seconds):.4f} s, least {min(seconds):.4f} s, most {max(seconds):.4f} s;"
            f" {statistics.median(looked_at):.0f} rows in the second stage;"
            f" {right} of {options.queries} agree with a plain product"
        )


if __name__ == "__main__":
    main()
