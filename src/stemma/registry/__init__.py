"""What is remembered of models: their records. Stores share one interface; the directory is the one for a team.

``store = RecordDirectory(Path("records"))`` reads and writes ``NAME/NAME-VERSION.yaml``; it is a
:class:`stemma.records.RecordSource`, so that ``Resolver(store)`` resolves what lies in it. ``check_directory`` looks at
everything in one and reports every problem.
"""

from __future__ import annotations

from stemma.registry.directory import RecordDirectory
from stemma.registry.interface import RecordStore
from stemma.registry.lint import Checked, check_directory

__all__ = ["Checked", "RecordDirectory", "RecordStore", "check_directory"]
