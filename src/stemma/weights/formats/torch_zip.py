"""PyTorch's zip files (.bin, .pt, .pth, .ckpt), without torch, and without running a pickle.

The pickle inside is read by :mod:`pickle_machine`, which cannot execute anything; tensors are ranges of the stored
members beside it. What torch.save wrote before version 1.6 and TorchScript archives are refused with advice.
"""

from __future__ import annotations

from stemma.errors import LimitExceeded, MalformedFile, UnsupportedFormat
from stemma.weights.formats.interface import Contents
from stemma.weights.formats.pickle_opcodes import read_pickle
from stemma.weights.formats.shards import choose_shards, listed, merge_shards, with_suffix
from stemma.weights.formats.state_dict import find_tensors
from stemma.weights.formats.strided import StridedTensor
from stemma.weights.formats.torch_words import DTYPES, TensorView, vocabulary
from stemma.weights.formats.zip_directory import Member, data_offset, read_directory
from stemma.weights.interface import ByteSource, FileSet, LazyTensor

MAX_PICKLE = 64_000_000
_SUFFIXES = (".bin", ".pth", ".pt", ".ckpt")
_NO_WEIGHTS = ("training_args", "optimizer", "scheduler", "rng_state", "random_states", "scaler", "openvino")
_CONVERT = "Load it with torch once and save it again, best as safetensors."


class TorchZipFormat:
    """Files of torch.save since version 1.6: single, or sharded with an index."""

    name = "torch"

    def candidates(self, files: FileSet) -> tuple[str, ...]:
        found = with_suffix(files, _SUFFIXES, sniff=looks_like_torch)
        return tuple(name for name in found if not name.startswith(_NO_WEIGHTS))

    def read(self, files: FileSet, names: tuple[str, ...]) -> Contents:
        suffix = next((s for s in _SUFFIXES if any(name.endswith(s) for name in names)), "")
        group = [name for name in names if name.endswith(suffix)] or list(names)
        chosen = choose_shards(files, group, stem="pytorch_model", suffix=suffix)
        sources = tuple(files.open(name) for name in chosen.names)
        parsed = [read_archive(source) for source in sources]
        tensors, warnings = merge_shards(
            [(s.name, found) for s, (found, _) in zip(sources, parsed, strict=True)], chosen
        )
        warnings += tuple(remark for _, remarks in parsed for remark in remarks)
        if others := sorted(set(names) - set(group)):
            warnings += (f"Left unread beside {chosen.names[0]}: {listed(others)}.",)
        held = {source.name: len(found) for source, (found, _) in zip(sources, parsed, strict=True)}
        return Contents(tensors=tensors, weight_files=sources, held=held, warnings=warnings)


def looks_like_torch(source: ByteSource) -> bool:
    """Whether the file begins like a zip archive."""
    return source.size >= 22 and bytes(source.read(0, 4)) == b"PK\3\4"


def read_archive(source: ByteSource) -> tuple[dict[str, LazyTensor], tuple[str, ...]]:
    """The tensors of one file, and warnings about what was left out.

    Raises:
        UnsupportedFormat: a legacy file or TorchScript.
        UnsafeFile: the pickle asks for more than tensors.
        MalformedFile, LimitExceeded: see the parts.
    """
    if not looks_like_torch(source):
        raise UnsupportedFormat(
            f"{source.name} is no zip archive: an old pickle of torch (before 1.6), or another format.",
            advice=f"Old pickles are not opened here. {_CONVERT}",
        )
    members = read_directory(source)
    prefix = _prefix(source, members)
    _check_byte_order(source, members.get(f"{prefix}byteorder"))
    pickle = members[f"{prefix}data.pkl"]
    if pickle.size > MAX_PICKLE:
        raise LimitExceeded(f"{source.name} has a pickle of {pickle.size} bytes, at most {MAX_PICKLE} are read.")
    data = bytes(source.read(data_offset(source, pickle), pickle.size))
    root = read_pickle(data, source.name, vocabulary(source.name))
    views, warnings = find_tensors(root, source.name)
    places = _Places(source, {name.removeprefix(f"{prefix}data/"): member for name, member in members.items()})
    return {name: places.tensor(name, view) for name, view in views.items()}, warnings


def _prefix(source: ByteSource, members: dict[str, Member]) -> str:
    found = [name.removesuffix("data.pkl") for name in members if name.endswith("/data.pkl") and name.count("/") == 1]
    if any(name.endswith("/constants.pkl") or "/code/" in name for name in members):
        raise UnsupportedFormat(
            f"{source.name} is a TorchScript archive, which holds code.", advice=f"It is not opened here. {_CONVERT}"
        )
    if len(found) != 1:
        raise UnsupportedFormat(f"{source.name} is a zip archive, but not one of torch.save.", advice=_CONVERT)
    return found[0]


def _check_byte_order(source: ByteSource, member: Member | None) -> None:
    if member is None:
        return
    order = bytes(source.read(data_offset(source, member), min(member.size, 16)))
    if order != b"little":
        raise UnsupportedFormat(f"{source.name} was saved with byte order {order!r}.", advice=_CONVERT)


class _Places:
    """Where storages lie; a member's local header is read when its first tensor is, and only then."""

    def __init__(self, source: ByteSource, members: dict[str, Member]) -> None:
        self._source = source
        self._members = members
        self._known: dict[str, int] = {}

    def tensor(self, name: str, view: TensorView) -> StridedTensor:
        member = self._members.get(view.storage.key)
        storage, dtype = DTYPES[view.dtype]
        needed = view.last * dtype.itemsize
        if member is None or member.size < needed:
            raise MalformedFile(
                self._source.name,
                f"a storage of {0 if member is None else member.size} bytes for {name!r}",
                f"at least {needed}",
                advice="The file is damaged or hostile: fetch it again.",
            )
        return StridedTensor(
            self._source,
            lambda: self._offset(member),
            name,
            dtype=dtype,
            storage=storage,
            shape=view.shape,
            strides=view.strides,
            offset=view.offset,
        )

    def _offset(self, member: Member) -> int:
        if member.name not in self._known:
            self._known[member.name] = data_offset(self._source, member)
        return self._known[member.name]
