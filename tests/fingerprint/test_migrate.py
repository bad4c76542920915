"""Fingerprints of older formats become current step by step, and are checked as any other."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest

from stemma.errors import IncompatibleFingerprint, MalformedFile
from stemma.fingerprint import from_bytes, to_bytes
from stemma.fingerprint.migrate import Arrays, Record, Step, steps_from
from stemma.fingerprint.schema import FORMAT
from stemma.identity import Missing
from tests.fingerprint.models import draw_weights, fingerprint_of_weights

NOW = fingerprint_of_weights(draw_weights(1, layers=2))
DATA = to_bytes(NOW)
OLDER, OLDEST = "stemma.fingerprint/older", "stemma.fingerprint/oldest"
RESPONSES = "written before responses were kept"


def with_responses(record: Record) -> Record:
    return {**record, "responses": {"missing": RESPONSES}}


def without_their_arrays(record: Record, arrays: Arrays) -> Arrays:
    return {name: array for name, array in arrays.items() if not name.startswith("response")}


def with_the_label(record: Record) -> Record:
    return {**{key: value for key, value in record.items() if key != "name"}, "label": record["name"]}


TWO = {
    OLDEST: Step(OLDER, with_the_label, lambda record, arrays: arrays),
    OLDER: Step(FORMAT, with_responses, without_their_arrays),
}


def of_format(form: str, **changes: Any) -> bytes:
    """The file as an older version might have written it: another format, another description."""
    end = 8 + int.from_bytes(DATA[:8], "little")
    head = json.loads(DATA[8:end])
    record = json.loads(head["__metadata__"]["stemma"]) | changes
    head["__metadata__"] = {"format": form, "stemma": json.dumps(record)}
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + DATA[end:]


def test_what_an_older_format_did_not_keep_is_absent_with_a_reason() -> None:
    found = from_bytes(of_format(OLDER), steps=TWO)
    assert found.responses == Missing(RESPONSES)
    assert found.parts.keys() == NOW.parts.keys()
    assert from_bytes(to_bytes(found)).responses == found.responses


def test_steps_are_taken_one_after_the_other() -> None:
    found = from_bytes(of_format(OLDEST, name="kept/name"), steps=TWO)
    assert (found.label, found.responses) == ("kept/name", Missing(RESPONSES))


def test_an_older_file_that_is_damaged_is_an_error() -> None:
    with pytest.raises(MalformedFile, match="'name'"):
        from_bytes(of_format(OLDEST), steps=TWO)


def test_the_current_format_takes_no_step() -> None:
    assert steps_from(FORMAT, "x", TWO) == ()


@pytest.mark.parametrize(
    "steps",
    [{}, {OLDER: Step(OLDER, dict, lambda _, a: a)}, {OLDER: TWO[OLDEST], OLDEST: Step(OLDER, dict, lambda _, a: a)}],
)
def test_steps_that_lead_nowhere_are_refused(steps: dict[str, Step]) -> None:
    with pytest.raises(IncompatibleFingerprint, match="Fingerprint the model again"):
        from_bytes(of_format(OLDER), steps=steps)
