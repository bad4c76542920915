"""How the records of models and data sets on the Hugging Face hub are called."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from stemma.identity import Version
from stemma.interop.drafts import record_name
from stemma.records import Record
from stemma.vocabulary import RecordType

if TYPE_CHECKING:
    from stemma.registry import RecordStore


class HubNames:
    """The name of the record for a name on the hub.

    - Of the records in ``store``, the one that states this name on the hub (``identity.hubs``).
    - Else organisation and name together, so that ``a/llama`` and ``b/llama`` stay apart.
    - A data set whose name a model has already gets ``-data`` after it.
    """

    def __init__(self, store: RecordStore | None) -> None:
        self._store = store
        self._models: set[str] = set()

    def __call__(self, hub: str, data: bool) -> str:
        """The name for ``org/name``; ``data`` is true for data sets. Raises BadReference where none can be made."""
        stated = None if self._store is None else self._stated(self._store, hub.lower(), data=data)
        if stated is not None:
            return stated
        name = record_name(hub)
        if not data:
            self._models.add(name)
            return name
        return f"{name}-data" if name in self._models or self._is_model(name) else name

    def _stated(self, store: RecordStore, hub: str, *, data: bool) -> str | None:
        for name, version, text in self._newest:
            if hub in text:
                record = store.get(name, version)
                if _is_data(record) is data and hub in _on_hub(record):
                    return name
        return None

    @cached_property
    def _newest(self) -> list[tuple[str, Version, str]]:
        """Every name with the text of its newest version in lower case: most are passed over without parsing."""
        store = self._store
        if store is None:
            return []
        newest = ((name, max(store.versions(name))) for name in store.names())
        return [(name, version, store.text(name, version).lower()) for name, version in newest]

    def _is_model(self, name: str) -> bool:
        store = self._store
        versions = store.versions(name) if store is not None else ()
        return store is not None and bool(versions) and not _is_data(store.get(name, max(versions)))


def _is_data(record: Record) -> bool:
    return record.type in (RecordType.DATASET, RecordType.BENCHMARK)


def _on_hub(record: Record) -> set[str]:
    hubs = record.get("identity.hubs")
    entries = [entry for entry in hubs if isinstance(entry, dict)] if isinstance(hubs, list) else []
    return {str(entry.get("id")).lower() for entry in entries if entry.get("hub") == "huggingface"}
