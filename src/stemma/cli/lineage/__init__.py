"""``stemma lineage ...``"""

from __future__ import annotations

from stemma.cli.parser import Group

app = Group(
    help="""Walk the joined graph: what records declare and what weights show.

    A NODE is NAME or NAME@RANGE of a record (the newest version that the range allows), or model:REFERENCE for weights
    without a record.

    \b
    Examples:
      stemma lineage show plip
      stemma lineage descendants laion-5b
      stemma lineage path laion-5b plip --all
      stemma lineage conflicts
    """,
    commands={
        "show": "stemma.cli.lineage.walk:show_",
        "ancestors": "stemma.cli.lineage.walk:ancestors",
        "descendants": "stemma.cli.lineage.walk:descendants",
        "path": "stemma.cli.lineage.walk:path",
        "conflicts": "stemma.cli.lineage.walk:conflicts",
    },
)
