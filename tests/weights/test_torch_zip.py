"""torch's zip files: what torch writes is read without it; what would run code is refused, and does not run."""

from __future__ import annotations

import argparse
import io
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from stemma.errors import LimitExceeded, MalformedFile, StemmaError, UnsafeFile, UnsupportedFormat
from stemma.weights.formats.pickle_opcodes import read_pickle
from stemma.weights.formats.torch_words import vocabulary
from stemma.weights.formats.torch_zip import read_archive
from tests.weights.sources import Bytes

OrdinaryTensor = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)


def saved(value: Any, **options: Any) -> Bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return Bytes("pytorch_model.bin", buffer.getvalue())


def archive(pickled: bytes, members: dict[str, bytes] | None = None, compression: int = zipfile.ZIP_STORED) -> Bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as target:
        target.writestr("archive/data.pkl", pickled)
        for name, data in (members or {}).items():
            target.writestr(f"archive/{name}", data)
    return Bytes("pytorch_model.bin", buffer.getvalue())


def run(pickled: bytes) -> Any:
    return read_pickle(pickled, "t", vocabulary("t"))


@pytest.mark.parametrize(
    "view",
    [
        lambda t: t,
        lambda t: t[1:],
        lambda t: t[:, 1:, ::2],
        lambda t: t.permute(2, 0, 1),
        lambda t: t.permute(1, 2, 0),
        lambda t: t.transpose(1, 2),
        lambda t: t[0, 0, 0],
        lambda t: t[:0],
        lambda t: t[:, :0],
        lambda t: t[0].unsqueeze(1).expand(3, 1, 4),
        torch.nn.Parameter,
    ],
)
def test_views_of_a_storage(view: Callable[[torch.Tensor], torch.Tensor]) -> None:
    expected = view(OrdinaryTensor).detach().numpy()
    tensor = read_archive(saved({"a": view(OrdinaryTensor)}))[0]["a"]
    assert tensor.shape == expected.shape
    np.testing.assert_array_equal(tensor.read_all(), expected)
    if expected.ndim:
        parts = [tensor.read(i, i + 1) for i in range(len(expected))]
        np.testing.assert_array_equal(np.concatenate(parts) if parts else tensor.read(0, 0), expected)


@pytest.mark.parametrize(
    "dtype",
    [
        *(torch.bfloat16, torch.float16, torch.float64, torch.int8, torch.uint8, torch.int64, torch.bool),
        *(torch.uint16, torch.uint32, torch.complex64),
        *(torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e8m0fnu),
    ],
    ids=str,
)
def test_dtypes(dtype: torch.dtype) -> None:
    bits = torch.arange(64, dtype=torch.uint8)
    tensor = (bits % 2 == 0) if dtype == torch.bool else bits.view(dtype)
    read = read_archive(saved({"a": tensor}))[0]["a"].read_all()
    assert read.tobytes() == tensor.contiguous().view(torch.uint8).numpy().tobytes()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickle_protocols(protocol: int) -> None:
    tensors = read_archive(saved({"a": torch.ones(2, 2)}, pickle_protocol=protocol))[0]
    np.testing.assert_array_equal(tensors["a"].read_all(), np.ones((2, 2)))


def test_weights_inside_a_training_checkpoint() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2))
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    extra = {"epoch": 3, "args": argparse.Namespace(lr=0.1), "best": np.float64(0.5), "rng": torch.get_rng_state()}
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "names": {"a", "b"}}
    tensors, warnings = read_archive(saved({**state, "extra": extra}))
    assert list(tensors) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    assert "optimizer" in warnings[0]


def test_tied_weights_are_two_names_of_one_storage() -> None:
    shared = torch.ones(2, 2)
    assert set(read_archive(saved({"a": shared, "b": shared}))[0]) == {"a", "b"}


class Payload:
    """What an attacker pickles."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._reduced = (function, arguments)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._reduced


def test_code_is_refused_and_does_not_run(tmp_path: Path) -> None:
    import os
    import subprocess

    trace = tmp_path / "trace"
    for function, argument in ((os.system, f"touch {trace}"), (exec, f"open({str(trace)!r}, 'w')")):
        with pytest.raises(UnsafeFile, match="no part of saved weights"):
            read_archive(saved({"a": torch.ones(1), "b": Payload(function, argument)}))
    with pytest.raises(UnsafeFile):
        read_archive(saved(Payload(subprocess.check_call, ["touch", str(trace)])))
    assert not trace.exists()


@pytest.mark.parametrize(
    "pickled",
    [
        b"cos\nsystem\n(S'true'\ntR.",
        b"c__builtin__\neval\n(X\x01\x00\x00\x001tR.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93.",
        b"ctorch\n_utils._rebuild_tensor_v2.__globals__\n.",
        b"ctorch.storage\n__builtins__\n.",
        b"ccollections\nOrderedDict.__init__\n.",
        b"(ios\nsystem\n.",
        b"(cos\nsystem\no.",
        b"\x82\x01.",
        b"Pabc\n.",
        b"ctorch._utils\n_rebuild_from_type_v2\n.",
        b"\x80\x04\x8c\x05numpy\x8c\x04load\x93\x85R.",
        b"cnumpy.testing._private.utils\nrunstring\n.",
        b"ctorch.hub\nload\n.",
    ],
)
def test_what_only_code_needs_is_refused(pickled: bytes) -> None:
    with pytest.raises(UnsafeFile):
        run(pickled)


@pytest.mark.parametrize(
    "pickled",
    [
        b"",
        b".",
        b"(.",
        b"K",
        b"X\xff\xff\xff\x7fabc.",
        b"\x8d" + b"\xff" * 8 + b".",
        b"\x80\x09.",
        b"h\x05.",
        b"}(K\x01u.",
        b"K\x01K\x02s.",
        b"])a)e.",
        b"}(]K\x01u.",
        b"}))s.",
        b"\x8b\xff\xff\xff\x7f.",
        b"c" + b"x" * 400 + b".",
        b"X\x01\x00\x00\x00\xff.",
        b"NR.",
        b"(NNQ.",
        b"NQ.",
        b"ctorch._utils\n_rebuild_tensor_v2\n)R.",
        b"ctorch._utils\n_rebuild_parameter\n(NNNtR.",
        b"ctorch._utils\n_rebuild_tensor_v2\n(NNNNtR.",
    ],
)
def test_damaged_pickles(pickled: bytes) -> None:
    with pytest.raises(MalformedFile):
        run(pickled)


def test_the_machine_reads_what_pickle_writes() -> None:
    value = {"a": [1, -2, 1 << 70, 2.5, None, True], "b": ((), (1,), (1, 2, 3, 4)), 3: {"c": b"bytes"}}
    for protocol in (2, 3, 4, 5):
        assert run(pickle.dumps({**value, 3: {"c": "text"}} if protocol == 2 else value, protocol))["a"] == value["a"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(1 << 100), 1 << 100) | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner),
    ),
    st.integers(2, 5),
)
def test_plain_values_survive(value: Any, protocol: int) -> None:
    if not _has_surrogates(value):
        assert run(pickle.dumps(value, protocol)) == value


def _has_surrogates(value: Any) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in str(value)) or "\\ud" in repr(value)


def test_a_pickle_that_never_ends_is_bounded() -> None:
    with pytest.raises(LimitExceeded):
        run(b"N0" * 1_000_001 + b"N.")


def test_a_pickle_that_unfolds_is_bounded() -> None:
    doubled: Any = {"a": 1}
    for _ in range(11):
        doubled = {str(i): doubled for i in range(9)}
    with pytest.raises(LimitExceeded):
        read_archive(archive(pickle.dumps(doubled, 2)))
    endless: dict[str, Any] = {}
    endless["a"] = endless
    with pytest.raises(LimitExceeded):
        read_archive(archive(pickle.dumps(endless, 2)))


def view(shape: str, stride: str, offset: bytes = b"K\x00", elements: bytes = b"K\x04") -> bytes:
    """The pickle of {"a": tensor} by hand; ``shape`` and ``stride`` are pickled tuples."""
    storage = (
        b"(X\x07\x00\x00\x00storagectorch\nFloatStorage\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu" + elements + b"tQ"
    )
    call = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + offset + shape.encode("latin1") + stride.encode("latin1")
    return b"\x80\x02}X\x01\x00\x00\x00a" + call + b"\x89)tRs."


@pytest.mark.parametrize(
    ("pickled", "data"),
    [
        (view("K\x05\x85", "K\x01\x85"), bytes(16)),
        (view("K\x02K\x02\x86", "K\x03K\x01\x86"), bytes(16)),
        (view("K\x04\x85", "K\x01\x85", b"K\x01"), bytes(16)),
        (view("K\x04\x85", "K\x01\x85", b"J\xff\xff\xff\xff"), bytes(16)),
        (view("K\x04\x85", "J\xff\xff\xff\xff\x85"), bytes(16)),
        (view("K\x04\x85", ")"), bytes(16)),
        (view("K\x04\x85", "K\x01\x85"), bytes(15)),
        (view("J\xff\xff\xff\x7f\x85", "K\x00\x85"), bytes(16)),
        (view("K\x03K\x03\x86", "K\x01K\x01\x86", elements=b"K\x05"), bytes(20)),
        (view("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fK\x00\x86", "K\x01K\x01\x86"), bytes(16)),
        (view("N", "K\x01\x85"), bytes(16)),
        (view("N\x85", "K\x01\x85"), bytes(16)),
    ],
)
def test_views_that_do_not_fit(pickled: bytes, data: bytes) -> None:
    with pytest.raises(MalformedFile):
        read_archive(archive(pickled, {"data/0": data}))


def test_a_view_by_hand_that_fits() -> None:
    tensors, _ = read_archive(archive(view("K\x04\x85", "K\x01\x85"), {"data/0": np.arange(4, dtype="<f4").tobytes()}))
    np.testing.assert_array_equal(tensors["a"].read_all(), np.arange(4))


def test_a_storage_that_is_not_there() -> None:
    with pytest.raises(MalformedFile):
        read_archive(archive(view("K\x04\x85", "K\x01\x85")))


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(UnsupportedFormat, match="compressed"):
        read_archive(archive(bytes(1 << 20), compression=zipfile.ZIP_DEFLATED))


@pytest.mark.filterwarnings("ignore")
def test_old_files_and_torchscript_are_refused_with_advice() -> None:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), buffer)
    refused = [
        saved({"a": torch.ones(2)}, _use_new_zipfile_serialization=False),
        Bytes("t", buffer.getvalue()),
        archive(b"N.", {"byteorder": b"big"}),
    ]
    for source in refused:
        with pytest.raises(UnsupportedFormat) as caught:
            read_archive(source)
        assert "safetensors" in caught.value.advice


def changed(at: int, value: bytes) -> Bytes:
    """A good archive with ``value`` written over byte ``at`` counted from the end record (negative: from it back)."""
    data = bytearray(archive(view("K\x04\x85", "K\x01\x85"), {"data/0": bytes(16)}).data)
    start = data.rindex(b"PK\5\6") + at
    data[start : start + len(value)] = value
    return Bytes("t", bytes(data))


@pytest.mark.parametrize(
    "source",
    [
        Bytes("t", b"PK\3\4" + bytes(30)),
        changed(0, b"XXXX"),
        changed(10, struct.pack("<H", 9)),
        changed(12, struct.pack("<I", 1 << 30)),
        changed(16, struct.pack("<I", 3)),
        changed(10, struct.pack("<HII", 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)),
    ],
)
def test_directories_that_lie(source: Bytes) -> None:
    with pytest.raises((MalformedFile, LimitExceeded)):
        for tensor in read_archive(source)[0].values():
            tensor.read_all()


def test_local_headers_that_lie() -> None:
    source = archive(view("K\x04\x85", "K\x01\x85"), {"data/0": bytes(16)})
    data = source.data.replace(b"archive/data/0", b"archive/data/9", 1)
    with pytest.raises(StemmaError):
        read_archive(Bytes("t", data))[0]["a"].read_all()


def test_large_archives_with_wide_numbers(tmp_path: Path) -> None:
    path = tmp_path / "wide.pt"
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("archive/data.pkl", view("K\x04\x85", "K\x01\x85"))
        with target.open("archive/data/0", "w", force_zip64=True) as member:
            member.write(np.arange(4, dtype="<f4").tobytes())
    tensors, _ = read_archive(Bytes("t", path.read_bytes()))
    np.testing.assert_array_equal(tensors["a"].read_all(), np.arange(4))


@given(st.binary(max_size=300))
def test_any_pickle_is_read_or_refused(data: bytes) -> None:
    try:
        run(data)
    except StemmaError as error:
        assert error.message
