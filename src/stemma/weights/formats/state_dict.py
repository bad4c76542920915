"""Finding the weights in what a training script saved: bare, wrapped ("state_dict", "model"), or nested."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stemma.errors import LimitExceeded
from stemma.weights.formats.interface import MAX_NAME
from stemma.weights.formats.shards import listed
from stemma.weights.formats.torch_words import TensorView

MAX_DEPTH = 12
MAX_NODES = 1_000_000
_WRAPPERS = ("state_dict", "model_state_dict", "model_state", "model", "module", "net", "params", "weights")
_PARALLEL = "module."


def find_tensors(root: Any, file: str) -> tuple[dict[str, TensorView], tuple[str, ...]]:
    """Tensors by dotted name, and warnings about what beside them was left out.

    The tensors of the top level are taken where there are some; else those under the first known wrapper that
    has any; else those of every branch, with the path as name.

    Raises:
        LimitExceeded: the pickle holds itself, or unfolds into too many entries.
    """
    inside, path = root, ""
    for _ in range(MAX_DEPTH):
        if not isinstance(inside, dict) or any(isinstance(value, TensorView) for value in inside.values()):
            break
        wrapper = next((key for key in _WRAPPERS if key in inside and any(_walk(inside[key], file))), None)
        if wrapper is None:
            break
        inside, path = inside[wrapper], f"{path}{wrapper}."
    tensors = dict(_walk(inside, file))
    if tensors and all(name.startswith(_PARALLEL) for name in tensors):
        tensors = {name.removeprefix(_PARALLEL): view for name, view in tensors.items()}
    others = [str(key)[:80] for key in root if not path.startswith(f"{key}.")] if path else []
    if not others:
        return tensors, ()
    return tensors, (f"{file}: read were the tensors under {path[:-1]!r}; beside it lie {listed(others)}.",)


def _walk(root: Any, file: str) -> Iterator[tuple[str, TensorView]]:
    """Every tensor below, with its dotted path."""
    level: list[tuple[str, Any]] = [("", root)]
    nodes = 0
    for _ in range(MAX_DEPTH):
        below: list[tuple[str, Any]] = []
        for path, node in level:
            if isinstance(node, TensorView):
                yield path or "tensor", node
            elif isinstance(node, dict | list | tuple):
                nodes += len(node)
                if nodes > MAX_NODES:
                    raise LimitExceeded(f"{file}: its pickle unfolds into more than {MAX_NODES} entries.")
                below += _children(path, node, file)
        level = below
        if not level:
            return
    raise LimitExceeded(f"{file}: its pickle nests more than {MAX_DEPTH} levels.")


def _children(path: str, node: Any, file: str) -> Iterator[tuple[str, Any]]:
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if not isinstance(value, TensorView | dict | list | tuple):
            continue
        name = f"{path}.{key}" if path else str(key)
        if len(name) > MAX_NAME:
            raise LimitExceeded(f"{file}: its pickle holds a name of {len(name)} characters.")
        yield name, value
