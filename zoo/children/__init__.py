"""Children of a real BERT-like checkpoint, each with what is true of it.

`python -m zoo.children minilm OUT` makes them; `manifest.jsonl` in OUT has one line a pair. The children
that need no training need no torch either.
"""
