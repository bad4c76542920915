"""The file of a fingerprint: it comes back as it was, to the byte, and nothing hostile gets past the reader."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import stat
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stemma.anatomy.interface import Role, Site
from stemma.errors import IncompatibleFingerprint, MalformedFile, StemmaError
from stemma.fingerprint import Fingerprint, build_fingerprint, from_bytes, load, save, to_bytes
from stemma.fingerprint.coded import dequantise, quantise
from stemma.fingerprint.store import LIMIT, describe
from stemma.identity import Missing, is_present
from tests.fingerprint.models import NONE, as_anatomy, draw_weights, fingerprint_of_weights

FULL = fingerprint_of_weights(draw_weights(1, layers=2))
SAMPLED = build_fingerprint(as_anatomy(draw_weights(1, layers=2), tokens=False), (), full=False)
DATA = to_bytes(FULL)
HEAD = 8 + int.from_bytes(DATA[:8], "little")
BODY = DATA[HEAD:]


def header() -> dict[str, Any]:
    """Without the digest, so that what is made of it is looked at."""
    head = dict(json.loads(DATA[8:HEAD]))
    del head["__metadata__"]["blake3"]
    return head


def rebuilt(head: dict[str, Any], body: bytes = BODY) -> bytes:
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + body


def with_record(record: Any) -> bytes:
    head = header()
    head["__metadata__"]["stemma"] = record if isinstance(record, str) else json.dumps(record)
    return rebuilt(head)


def with_arrays(arrays: dict[str, NDArray[Any]]) -> bytes:
    """The file with other arrays under the same description."""
    head: dict[str, Any] = {"__metadata__": header()["__metadata__"]}
    offset, names = 0, {"int8": "I8", "float32": "F32", "float16": "F16", "uint64": "U64", "int64": "I64"}
    for name, array in arrays.items():
        end = offset + array.nbytes
        head[name] = {"dtype": names[array.dtype.name], "shape": list(array.shape), "data_offsets": [offset, end]}
        offset = end
    return rebuilt(head, b"".join(a.tobytes() for a in arrays.values()))


def arrays() -> dict[str, NDArray[Any]]:
    from stemma.fingerprint.record import arrays_of

    return arrays_of(FULL)


def assert_equal(a: Any, b: Any) -> None:
    if dataclasses.is_dataclass(a) and not isinstance(a, type):
        assert type(a) is type(b)
        for f in dataclasses.fields(a):
            assert_equal(getattr(a, f.name), getattr(b, f.name))
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        assert np.array_equal(a, b)
    elif isinstance(a, dict):
        assert set(a) == set(b)
        for key in a:
            assert_equal(a[key], b[key])
    elif isinstance(a, tuple):
        assert len(a) == len(b)
        for left, right in zip(a, b, strict=True):
            assert_equal(left, right)
    else:
        assert a == b


@pytest.mark.parametrize("fingerprint", [FULL, SAMPLED], ids=["full", "sampled"])
def test_what_is_at_hand_and_what_is_stored_are_equal(fingerprint: Fingerprint) -> None:
    assert_equal(from_bytes(to_bytes(fingerprint)), fingerprint)


@pytest.mark.parametrize("fingerprint", [FULL, SAMPLED], ids=["full", "sampled"])
def test_bytes_are_the_same_after_a_round_trip(fingerprint: Fingerprint) -> None:
    data = to_bytes(fingerprint)
    assert to_bytes(from_bytes(data)) == data


def test_bytes_do_not_depend_on_threads_or_blocks() -> None:
    weights = draw_weights(1, layers=2)
    many = build_fingerprint(as_anatomy(weights), (), workers=4)
    assert to_bytes(many) == DATA


def test_bytes_do_not_depend_on_the_order_of_mappings() -> None:
    turned = dataclasses.replace(FULL, parts=dict(reversed(list(FULL.parts.items()))))
    assert to_bytes(turned) == DATA


def test_arrays_begin_on_eight_bytes() -> None:
    assert HEAD % 8 == 0


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=40))
@example([1e-42, 0.0])
@example([3.4e38, -3.4e38])
def test_quantising_twice_changes_nothing(values: list[float]) -> None:
    row = np.array([values], np.float32)
    codes, scale = quantise(row)
    again = quantise(dequantise(codes, scale))
    assert np.array_equal(codes, again[0])
    assert np.array_equal(scale, again[1])
    assert np.all(np.abs(dequantise(codes, scale) - row) <= scale * 0.51 + 127 * np.finfo(np.float32).tiny)


def test_a_gain_beyond_half_precision_is_kept() -> None:
    weights = draw_weights(1, layers=2)
    weights[Role.FINAL_NORM, NONE][3] = 1e6
    found = from_bytes(to_bytes(fingerprint_of_weights(weights))).parts["model/final_norm"].vector
    assert is_present(found)
    assert found[3] == 1e6


def test_a_label_that_is_no_unicode_can_be_stored() -> None:
    odd = dataclasses.replace(FULL, label=os.fsdecode(b"mod\xffel"))
    assert from_bytes(to_bytes(odd)).label == "mod?el"


def test_every_fact_is_kept() -> None:
    facts = dataclasses.asdict(FULL.facts)
    for name, value in facts.items():
        kinds: list[Any] = [True, False] if isinstance(value, bool) else [7] if isinstance(value, int) else ["other"]
        for other in [*kinds, *([Missing("not stated")] if name != "shared_layers" else [])]:
            changed = dataclasses.replace(FULL, facts=dataclasses.replace(FULL.facts, **{name: other}))
            assert from_bytes(to_bytes(changed)).facts == changed.facts


def test_an_mlp_outside_the_layers_has_no_responses() -> None:
    weights = draw_weights(1, layers=2)
    head = Site("decoder", -1, -1, "pooler")
    weights |= {(role, head): weights[role, Site("decoder", 1)] for role in (Role.GATE, Role.UP, Role.DOWN)}
    made = fingerprint_of_weights(weights)
    assert is_present(made.responses) and [r.layer for r in made.responses] == [0, 1]
    assert_equal(from_bytes(to_bytes(made)), made)


class TestFiles:
    def test_save_and_load(self, tmp_path: Path) -> None:
        path = tmp_path / "a.stemma"
        save(FULL, path)
        assert path.read_bytes() == DATA
        assert_equal(load(path), FULL)
        assert [p.name for p in tmp_path.iterdir()] == ["a.stemma"]

    def test_mode_follows_the_umask(self, tmp_path: Path) -> None:
        before = os.umask(0o027)
        try:
            save(FULL, tmp_path / "a.stemma")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "a.stemma").stat().st_mode) == 0o640

    def test_nothing_is_left_of_a_save_that_fails(self, tmp_path: Path) -> None:
        (tmp_path / "a.stemma").mkdir()
        with pytest.raises(StemmaError, match="could not be written"):
            save(FULL, tmp_path / "a.stemma")
        assert [p.name for p in tmp_path.iterdir()] == ["a.stemma"]

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(StemmaError, match="could not be written"):
            save(FULL, tmp_path / "none" / "a.stemma")
        with pytest.raises(StemmaError, match="could not be read"):
            load(tmp_path / "none" / "a.stemma")

    def test_too_large(self, tmp_path: Path) -> None:
        path = tmp_path / "a.stemma"
        with path.open("wb") as stream:
            stream.truncate(LIMIT + 1)
        with pytest.raises(MalformedFile, match="more than"):
            load(path)

    def test_describe_decodes_no_array(self, tmp_path: Path) -> None:
        path = tmp_path / "a.stemma"
        path.write_bytes(DATA[:HEAD])
        assert describe(path)["label"] == FULL.label


class TestDamage:
    @pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 100, HEAD - 1, HEAD, HEAD + 1, len(DATA) - 1])
    def test_truncated(self, length: int) -> None:
        with pytest.raises(StemmaError):
            from_bytes(DATA[:length])

    @pytest.mark.parametrize("older", ["stemma.fingerprint/0", "stemma.fingerprint/1", "stemma.fingerprint/3"])
    def test_another_format_version(self, older: str) -> None:
        head = header()
        head["__metadata__"]["format"] = older
        with pytest.raises(IncompatibleFingerprint, match=r"expected 'stemma\.fingerprint/2'"):
            from_bytes(rebuilt(head))

    def test_a_plain_safetensors_file(self) -> None:
        with pytest.raises(IncompatibleFingerprint, match="got format 'none'"):
            from_bytes(struct.pack("<Q", 2) + b"{}")

    @pytest.mark.parametrize("record", ["", "[]", "[" * 100_000, '{"a":' * 100_000, "{", '{"label": 1}'])
    def test_a_description_that_is_none(self, record: str) -> None:
        with pytest.raises(StemmaError):
            from_bytes(with_record(record))

    def test_codes_and_scales_that_would_multiply_to_gigabytes(self) -> None:
        held = arrays()
        name = next(n for n in held if n.startswith("corner/"))
        held[name] = np.zeros((1, 400_000), np.int8)
        held[name.replace("corner/", "scale/")] = np.ones(400_000, np.float32)
        with pytest.raises(MalformedFile, match="scales"):
            from_bytes(with_arrays(held))

    def test_a_corner_larger_than_its_tensor(self) -> None:
        held = arrays()
        name = next(n for n in held if n.startswith("corner/"))
        held[name] = np.zeros((64, 5000), np.int8)
        held[name.replace("corner/", "scale/")] = np.ones(64, np.float32)
        with pytest.raises(MalformedFile, match="its tensor"):
            from_bytes(with_arrays(held))

    @given(st.integers(0, len(DATA) - 1), st.integers(0, 7))
    def test_no_bit_may_be_lost(self, place: int, bit: int) -> None:
        harmed = bytearray(DATA)
        harmed[place] ^= 1 << bit
        with pytest.raises(StemmaError):
            from_bytes(bytes(harmed))

    def test_lost_bits_of_numbers_are_told_as_such(self) -> None:
        with pytest.raises(MalformedFile, match=r"BLAKE3 digest .* as its header says"):
            from_bytes(DATA[:-1] + bytes([DATA[-1] ^ 1]))

    def test_a_file_from_before_there_was_a_digest(self) -> None:
        assert_equal(from_bytes(rebuilt(header())), FULL)

    @pytest.mark.parametrize("place", ["anchors", "responses", "tokenizer", "hidden"])
    def test_absence_without_a_reason(self, place: str) -> None:
        record = json.loads(header()["__metadata__"]["stemma"])
        (record["facts"] if place in record["facts"] else record)[place] = {"missing": ""}
        with pytest.raises(MalformedFile, match="no reason"):
            from_bytes(with_record(record))

    def test_responses_of_nothing(self) -> None:
        """Of a model that has none, so that no array is left over."""
        data = to_bytes(SAMPLED)
        end = 8 + int.from_bytes(data[:8], "little")
        head = json.loads(data[8:end])
        record = json.loads(head["__metadata__"]["stemma"]) | {"responses": []}
        head["__metadata__"] = {"format": head["__metadata__"]["format"], "stemma": json.dumps(record)}
        with pytest.raises(MalformedFile, match="responses of no layer"):
            from_bytes(rebuilt(head, data[end:]))

    def test_anchors_whose_keys_do_not_ascend(self) -> None:
        held = arrays()
        held["anchors/keys"] = held["anchors/keys"][::-1]
        with pytest.raises(MalformedFile, match="ascend"):
            from_bytes(with_arrays(held))

    @pytest.mark.parametrize("value", [np.nan, np.inf, -3e15])
    def test_values_that_are_no_numbers_to_compute_with(self, value: float) -> None:
        kinds = ("sketch", "exact/", "scale/", "response-shares/", "anchors/embedding-scale")
        for name in (next(n for n in arrays() if n.startswith(kind)) for kind in kinds):
            held = arrays()
            held[name] = held[name].copy()
            held[name].reshape(-1)[0] = value
            with pytest.raises(MalformedFile, match="absurdly large"):
                from_bytes(with_arrays(held))

    def test_an_array_that_nothing_describes(self) -> None:
        with pytest.raises(MalformedFile, match="nothing describes"):
            from_bytes(with_arrays(arrays() | {"payload": np.zeros(8, np.int8)}))

    def test_an_array_that_is_not_there(self) -> None:
        held = arrays()
        del held["sketch"]
        with pytest.raises(MalformedFile, match="sketch"):
            from_bytes(with_arrays(held))

    def test_a_part_twice(self) -> None:
        record = json.loads(header()["__metadata__"]["stemma"])
        record["parts"].append(record["parts"][0])
        with pytest.raises(MalformedFile, match="one key"):
            from_bytes(with_record(record))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


RECORD = json.loads(header()["__metadata__"]["stemma"])
PLACES = [place for place in places(RECORD) if place]


def read_and_use(data: bytes) -> None:
    """Only StemmaError may come out of reading; what is accepted can be used and stored again."""
    try:
        found = from_bytes(data)
    except StemmaError:
        return
    assert found.parameters >= 0
    assert found.root is not None
    assert all(found.layers(stack) for stack in found.stacks)
    assert to_bytes(from_bytes(to_bytes(found))) == to_bytes(found)


@settings(max_examples=150)
@given(st.sampled_from(PLACES), JSON)
def test_any_value_anywhere_in_the_description(place: tuple[Any, ...], value: Any) -> None:
    record = copy.deepcopy(RECORD)
    at = record
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    read_and_use(with_record(record))


@settings(max_examples=150)
@given(st.data())
def test_any_bytes_anywhere(data: st.DataObject) -> None:
    damaged = bytearray(DATA)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(DATA) - 1))] = data.draw(st.integers(0, 255))
    read_and_use(bytes(damaged))


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_file(data: bytes) -> None:
    read_and_use(data)
