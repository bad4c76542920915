"""ONNX: the initialisers of a graph, inside the file or in external data.

Exporters keep the names of most parameters, but fold the transposition of linear layers into new tensors with
names like ``onnx::MatMul_123``. Those are named after the module whose MatMul consumes them, and turned back to
(out, in). Parameters with equal values are stored once and named by Identity nodes: they get their names back.
Constants without a name of their own (scalars, indices, masks) are no weights and stay out.
"""

from __future__ import annotations

import math
import re

from stemma.errors import MalformedFile
from stemma.weights.formats.interface import Contents
from stemma.weights.formats.onnx_data import DataReader
from stemma.weights.formats.onnx_graph import Graph, Initialiser, Node, read_graph
from stemma.weights.formats.shards import choose_shards, listed
from stemma.weights.interface import FileSet, LazyTensor

_STRING = 8
_INDICES = frozenset({6, 7, 9})  # I32, I64, BOOL: axes, shapes, masks
_ANONYMOUS = re.compile(r"(onnx::.*|_v_\d+|val_\d+|\d+|const_fold_.*|_?inlfunc_.*|.*_transposed)")


class OnnxFormat:
    """One .onnx file, at the top or in the folder ``onnx``."""

    name = "onnx"

    def candidates(self, files: FileSet) -> tuple[str, ...]:
        return tuple(name for name in files.names() if re.fullmatch(r"(onnx/)?[^/]+\.onnx", name))

    def read(self, files: FileSet, names: tuple[str, ...]) -> Contents:
        top = [name for name in names if "/" not in name]
        chosen = choose_shards(files, top or names, stem="model" if top else "onnx/model", suffix=".onnx")
        source = files.open(chosen.names[0])
        graph = read_graph(source)
        reader = DataReader(files, source)
        tensors, warnings = _named_tensors(reader, graph)
        return Contents(
            tensors=tensors,
            weight_files=(source, *reader.others.values()),
            held={} if reader.others else {source.name: len(tensors)},
            layout="onnx",
            config={"onnx": {**graph.facts, **graph.metadata}},
            declared={"onnx": graph.metadata} if graph.metadata else {},
            warnings=chosen.warnings + warnings,
        )


def _named_tensors(reader: DataReader, graph: Graph) -> tuple[dict[str, LazyTensor], tuple[str, ...]]:
    consumers: dict[str, list[tuple[Node, int]]] = {}
    for node in graph.nodes:
        for position, name in enumerate(node.inputs):
            consumers.setdefault(name, []).append((node, position))
    taken = {initialiser.name for initialiser in graph.initialisers}
    tensors: dict[str, LazyTensor] = {}
    strings: list[str] = []
    unnamed: list[str] = []
    for initialiser in graph.initialisers:
        if initialiser.data_type == _STRING:
            strings.append(initialiser.name)
            continue
        name, turned = initialiser.name, False
        if _ANONYMOUS.fullmatch(name):
            if _is_constant(initialiser):
                continue
            name, turned = _module_name(initialiser, consumers.get(name, []), taken)
            if name == initialiser.name:
                unnamed.append(name)
        if name in tensors:
            raise MalformedFile(reader.file, f"the initialiser {name[:120]!r} twice", "every name once")
        tensors[name] = reader.tensor(initialiser, name, turned)
        taken.add(name)
        for alias in _aliases(consumers.get(initialiser.name, [])):
            if alias not in taken:
                tensors[alias] = reader.tensor(initialiser, alias, turned)
                taken.add(alias)
    warnings = [f"Tensors of strings are left out: {listed(strings)}."] if strings else []
    warnings += [f"{len(unnamed)} tensors have no name but a number: {listed(unnamed)}."] if unnamed else []
    return {name: tensors[name] for name in sorted(tensors)}, tuple(warnings)


def _aliases(consumers: list[tuple[Node, int]]) -> list[str]:
    found = [name for node, _ in consumers if node.operation == "Identity" for name in node.outputs]
    return [name for name in found if name and not name.startswith("/") and not _ANONYMOUS.fullmatch(name)]


def _is_constant(initialiser: Initialiser) -> bool:
    return math.prod(initialiser.shape) <= 1 or initialiser.data_type in _INDICES


def _module_name(initialiser: Initialiser, consumers: list[tuple[Node, int]], taken: set[str]) -> tuple[str, bool]:
    """A name after the module that consumes the tensor, and whether the tensor lies the other way round."""
    turned = False
    for node, position in consumers:
        path = _module_path(node)
        if not path:
            continue
        if node.operation in ("MatMul", "Gemm") and len(initialiser.shape) == 2 and position == 1:
            turned = not node.transposed
        leaf = "bias" if len(initialiser.shape) == 1 else "weight"
        name = f"{path}.{leaf}"
        if name not in taken:
            return name, turned
    return initialiser.name, False


def _module_path(node: Node) -> str:
    """``/encoder/layer.0/query/MatMul`` or the last scope of the newer exporter, as dotted names."""
    if node.scope:
        named = re.findall(r"'([^']*)'", node.scope)
        return named[-2] if len(named) > 1 else ""
    parts = node.name.strip("/").split("/")[:-1]
    return ".".join(parts) if node.name.startswith("/") else ""
