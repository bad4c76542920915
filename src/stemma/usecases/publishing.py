"""Publish one record: find it, resolve it, and hand out its view and its lineage."""

from __future__ import annotations

from stemma.immutable import immutable
from stemma.publish.graph import Graph
from stemma.publish.record import RecordView, lineage_graph, record_view
from stemma.records import Resolver
from stemma.usecases.registry import Chosen, locate, sets_beside


@immutable
class Publication:
    """A record ready for any rendering: its view, one step of its lineage, and the whole of it upstream."""

    view: RecordView
    nearby: Graph
    lineage: Graph


def publish_record(asked: str, registry: Chosen = None) -> Publication:
    """What is to be shown of the record that ``asked`` names: a YAML file, or ``NAME[@RANGE]`` in the registry.

    A relation whose target is not there is shown as such.

    Raises:
        InputError: there is no such record, or it breaks the rules; or a question set beside it does.
        UnresolvedRecord: the records run in a circle.
    """
    located = locate(asked, registry)
    resolver = Resolver(located.source, dangling="report")
    resolved = resolver.resolve(located.record)
    sets = sets_beside(located.source)
    versions = sorted(located.source.versions(located.record.name), reverse=True)
    return Publication(
        record_view(resolved, versions=[f"{located.record.name}@{version}" for version in versions], surveys=sets),
        lineage_graph(located.record, resolver.edges, up=1),
        lineage_graph(located.record, resolver.edges),
    )
