"""Opening a model: find its container, read the headers, gather what its files say beside the weights.

Nothing is interpreted here; roles come from ``anatomy``. When several containers hold the same model, the
first of ``FORMATS`` is read and the others are named in ``warnings``. Readers are imported when a file calls for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any, NoReturn

from stemma.errors import MalformedFile, ModelNotFound, UnsupportedFormat
from stemma.identity import Missing, is_present
from stemma.weights.adapters.detect import detect
from stemma.weights.declared import read_declared
from stemma.weights.formats.interface import Contents, Format
from stemma.weights.formats.shards import listed
from stemma.weights.interface import Checkpoint, FileSet, RawTokenizer
from stemma.weights.packed import unpack
from stemma.weights.strict_json import read_json_object
from stemma.weights.tokenizers import read_tokenizer

FORMATS = (
    ("stemma.weights.formats.safetensors", "SafetensorsFormat", (".safetensors",)),
    ("stemma.weights.formats.torch_zip", "TorchZipFormat", (".bin", ".pth", ".pt", ".ckpt")),
    ("stemma.weights.formats.gguf", "GgufFormat", (".gguf",)),
    ("stemma.weights.formats.onnx", "OnnxFormat", (".onnx",)),
)
"""Module and class of each format in the order of preference, with the endings without which no file is of it."""
MAX_CONFIG = 16_000_000
ADAPTER_CONFIG = "adapter_config.json"
_NO_CONFIG = Missing("no config.json lies beside the weights")


def open_checkpoint(files: FileSet, *, base: Checkpoint | None = None) -> Checkpoint:
    """Open the one model that ``files`` holds; only headers and small files are read.

    Args:
        base: for an adapter, the model that it is applied to.

    Raises:
        ModelNotFound: no weights in a known container.
        InputError: several models, or a file that cannot be used.
        SourceError, LimitExceeded: bytes could not be had, or a bound was hit.
    """
    container, contents = _read_container(files)
    if not contents.tensors:
        raise MalformedFile(files.label, "no tensor at all", "the weights of a model")
    config = _config(files, contents)
    tensors, packing = unpack(contents.tensors, config)
    declared, unread_claims = read_declared(files, config)
    tokenizer, unread_tokens = _tokenizer(files, contents)
    checkpoint = Checkpoint(
        label=files.label,
        container=container,
        layout=contents.layout,
        weight_files=contents.weight_files,
        tensors={name: tensors[name] for name in sorted(tensors)},
        config=config,
        tokenizer=tokenizer,
        declared={**declared, **contents.declared},
        warnings=contents.warnings + packing + unread_claims + unread_tokens,
        held=contents.held,
    )
    return _adapted(files, checkpoint, base)


def _adapted(files: FileSet, checkpoint: Checkpoint, base: Checkpoint | None) -> Checkpoint:
    """The base with the adapter applied, or the adapter alone; anything else stays as it is."""
    settings: Mapping[str, Any] | Missing = Missing(f"no {ADAPTER_CONFIG} lies beside the adapter")
    if ADAPTER_CONFIG in files.names():
        settings = read_json_object(files.open(ADAPTER_CONFIG), MAX_CONFIG)
    kind = detect([file.name for file in checkpoint.weight_files], checkpoint.tensors, settings)
    if not is_present(kind):
        unused = () if base is None else (f"The base {base.label} was not used: {files.label} is no adapter.",)
        return replace(checkpoint, warnings=checkpoint.warnings + unused)
    if not is_present(settings):
        raise MalformedFile(files.label, "an adapter without its config", ADAPTER_CONFIG)
    declared = {**checkpoint.declared, "adapter": {**checkpoint.declared.get("adapter", {}), "kind": kind}}
    adapters = import_module("stemma.weights.adapters.apply")
    if base is None:
        _, remarks = adapters.adapter_parts(checkpoint.tensors, settings)
        warnings = (*checkpoint.warnings, *remarks, "An adapter without its base: only its own tensors are read.")
        return replace(checkpoint, layout="adapter", declared=declared, warnings=warnings)
    tensors, remarks = adapters.apply_adapter(base.tensors, checkpoint.tensors, settings)
    return replace(
        checkpoint,
        layout=base.layout,
        weight_files=base.weight_files + checkpoint.weight_files,
        tensors=tensors,
        config=base.config,
        tokenizer=checkpoint.tokenizer if is_present(checkpoint.tokenizer) else base.tokenizer,
        declared=declared,
        warnings=base.warnings + checkpoint.warnings + remarks,
        held={} if base.held.keys() & checkpoint.held.keys() else {**base.held, **checkpoint.held},
    )


def _read_container(files: FileSet) -> tuple[str, Contents]:
    found = [(kind, names) for kind in _formats(files.names()) if (names := kind.candidates(files))]
    if not found:
        _refuse_nothing_found(files)
    kind, names = found[0]
    contents = kind.read(files, names)
    unread = tuple(
        f"Left unread: {listed(names)} ({other.name}); {kind.name} was preferred." for other, names in found[1:]
    )
    return kind.name, replace(contents, warnings=contents.warnings + unread)


def _formats(names: tuple[str, ...]) -> Iterator[Format]:
    """The formats that files of these names may be of; a lone file may be of any, whatever its name."""
    for module, kind, endings in FORMATS:
        if len(names) == 1 or any(name.lower().endswith(endings) for name in names):
            yield getattr(import_module(module), kind)()


def _refuse_nothing_found(files: FileSet) -> NoReturn:
    names = files.names()
    if "model_index.json" in names:
        raise UnsupportedFormat(
            f"{files.label} is a pipeline of several models (model_index.json).",
            advice="Name the folder of one of them, such as unet or text_encoder.",
        )
    raise ModelNotFound(
        f"{files.label} holds no weights in a container that is read here.",
        advice=f"Read are {', '.join(getattr(import_module(module), kind).name for module, kind, _ in FORMATS)}.",
    )


def _config(files: FileSet, contents: Contents) -> Mapping[str, Any] | Missing:
    if "config.json" in files.names():
        return {**read_json_object(files.open("config.json"), MAX_CONFIG), **contents.config}
    return contents.config or _NO_CONFIG


def _tokenizer(files: FileSet, contents: Contents) -> tuple[RawTokenizer | Missing, tuple[str, ...]]:
    return (contents.tokenizer, ()) if is_present(contents.tokenizer) else read_tokenizer(files)
