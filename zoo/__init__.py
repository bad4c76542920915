"""Models of known lineage, made here, so that every ruling can be scored against the truth.

`python -m zoo build --size thin --out DIR` trains base models on text found on any Python machine and
derives children, twins, forks and disguised copies from them. Nothing in `stemma` imports this package.
"""
