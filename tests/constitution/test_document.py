"""The constitution as published.

Refresh the committed file with: ``python -m stemma.constitution.document docs/constitution.md``
"""

from __future__ import annotations

from pathlib import Path

from stemma.constitution.document import constitution_markdown
from stemma.constitution.document.__main__ import main
from stemma.constitution.interface import Ruling
from stemma.vocabulary import Condition, Exclusion, Grounds, Kinship, Mechanism, Status, load_vocabulary

COMMITTED = Path(__file__).parents[2] / "docs" / "constitution.md"


def test_the_committed_document_is_what_the_table_gives() -> None:
    assert COMMITTED.read_bytes() == constitution_markdown().encode()


def test_every_term_is_in_the_document() -> None:
    text = constitution_markdown()
    for kind in (Condition, Mechanism, Exclusion, Grounds, Kinship, Status):
        for term in kind:
            assert f"| **{term}** |" in text


def test_rulings_name_the_version_of_the_document() -> None:
    assert Ruling.__dataclass_fields__["constitution"].default == load_vocabulary().version


def test_the_refresh_command_writes_the_document(tmp_path: Path) -> None:
    target = tmp_path / "constitution.md"
    assert main([str(target)]) == 0
    assert target.read_bytes() == COMMITTED.read_bytes()
    assert main([]) == 3


def test_no_table_row_is_broken() -> None:
    columns = 0
    for line in constitution_markdown().splitlines():
        cells = line.replace("\\|", "").count("|") if line.startswith("|") else 0
        assert not (cells and columns) or cells == columns
        columns = cells
