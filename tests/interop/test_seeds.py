"""Seed lists: the one that ships, and what a broken one is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stemma.catalog.seeds import Seed, load_seeds, starter_seeds
from stemma.errors import MalformedFile, ModelNotFound, StemmaError
from stemma.identity import HubReference

GOOD = """\
schema: stemma-seeds/1
seeds:
- id: org/name
  revision: v1.0
  family: F
  publisher: org
  size: 1.5B
- {id: org/other, family: F, publisher: org, size: 40B+, note: "free: text"}
"""


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "seeds.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_starter_list() -> None:
    seeds = starter_seeds()
    assert len(seeds) >= 150
    assert len({seed.id for seed in seeds}) == len(seeds)
    assert len({seed.family for seed in seeds}) >= 30
    assert {"openai-community/gpt2", "meta-llama/Llama-3.1-8B"} <= {seed.id for seed in seeds}


def test_its_licence_lies_beside_it() -> None:
    folder = Path(str(load_seeds.__globals__["__file__"])).parent
    assert "Apache License" in (folder / "LICENSE-model-provenance-kit").read_text()
    assert "Model Provenance Kit" in (folder / "NOTICE").read_text()


def test_a_list_is_read(tmp_path: Path) -> None:
    assert load_seeds(written(tmp_path, GOOD)) == (
        Seed(HubReference("org/name", "v1.0"), "F", "org", "1.5B"),
        Seed(HubReference("org/other"), "F", "org", "40B+", "free: text"),
    )


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("seeds/1", "seeds/2"), 1, "expected 'stemma-seeds/1'"),
        (("- id: org/name", "- id: orgname"), 3, "expected org/name"),
        (("- id: org/name", "- id: ../x"), 3, "expected org/name"),
        (("v1.0", "a..b"), 3, "expected org/name"),
        (("- id: org/name", "- name: org/name"), 3, "the field 'name'"),
        (("  family: F\n", ""), 3, "got no family"),
        (("  family: F\n", "  family: F\n  family: G\n"), 6, "twice"),
        (("  family: F\n", "  family: [F]\n"), 5, "got a list"),
        (("  family: F\n", "  family: ' '\n"), 5, "an empty family"),
        (("1.5B", "big"), 7, "expected a size"),
        (("org/other", "org/name, revision: v1.0"), 8, "a second time"),
        (("- {id", "- [{id"), 9, "expected"),
        (("- {id: org/other", "- [x]\n- {id: org/other"), 8, "expected a mapping"),
        (("  size: 1.5B", "  size: &a 1.5B\n  note: *a"), 8, "an alias"),
        (("free: text", "]" * 3 + '"}\n- ' + "[" * 50 + '"'), 9, "deep nesting"),
    ],
)
def test_errors_name_the_line(tmp_path: Path, change: tuple[str, str], line: int, words: str) -> None:
    with pytest.raises(MalformedFile, match=words) as caught:
        load_seeds(written(tmp_path, GOOD.replace(*change, 1)))
    assert caught.value.file.endswith(f":{line}")


def test_no_file_and_no_yaml(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound):
        load_seeds(tmp_path / "none")
    for junk in (b"", b"\xff\xfe\x00", b"\0", b"[" * 100_000):
        with pytest.raises(MalformedFile):
            load_seeds(written(tmp_path, junk))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80), st.integers(0, len(GOOD)))
def test_any_bytes_give_seeds_or_an_error_of_ours(
    tmp_path_factory: pytest.TempPathFactory, junk: bytes, at: int
) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        load_seeds(written(folder, GOOD[:at].encode() + junk + GOOD[at:].encode()))
    except StemmaError as error:
        assert str(error)
