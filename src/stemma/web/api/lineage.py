"""The joined graph, and rulings."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from stemma.client.shapes import EdgeEntry, Lineage, NodeEntry, RulingEntry, RulingList, StepEntry, Ways
from stemma.registry import MeasuredEdge
from stemma.registry.notices import Step
from stemma.usecases.browse.graph import MAX_DEPTH, MAX_NODES, Seen, around, find, ways
from stemma.web.api.answers import said
from stemma.web.api.parameters import Key, problems
from stemma.web.state import state_of

router = APIRouter(tags=["lineage"])
Depth = Annotated[int, Query(ge=0, le=MAX_DEPTH)]
Most = Annotated[int, Query(ge=2, le=MAX_NODES)]


@router.get("/lineage", response_model=Lineage, responses=problems(404), operation_id="lineage")
def lineage(request: Request, root: Key, up: Depth = 1, down: Depth = 1, limit: Most = 500) -> Response:
    """What lies around a node: nodes, and edges with what they rest on."""
    with state_of(request).holding.look() as registry:
        seen = around(find(root, registry), registry, up=up, down=down, limit=limit)
    return said(request, entry(seen))


@router.get("/lineage/ways", response_model=Ways, responses=problems(404), operation_id="ways")
def between(request: Request, upstream: Key, downstream: Key) -> Response:
    """The ways from one node down to another, short ones first, at most twenty."""
    with state_of(request).holding.look() as registry:
        above, below = find(upstream, registry), find(downstream, registry)
        found = ways(above, below, registry)
    return said(request, Ways(above, below, tuple(tuple(map(step_entry, way)) for way in found)))


@router.get("/rulings", response_model=RulingList, responses=problems(404), operation_id="rulings")
def rulings(request: Request, subject: Key) -> Response:
    """The rulings over weights that a subject has a part in, with their evidence."""
    with state_of(request).holding.look() as registry:
        found = list(registry.graph.measured([find(subject, registry)]))
    return said(request, RulingList(tuple(map(ruling_entry, found))))


def entry(seen: Seen) -> Lineage:
    """A part of the graph as the API says it."""
    nodes = (NodeEntry(n.key, n.title, n.kind, n.state, n.distance, n.advisories) for n in seen.nodes)
    edges = (
        EdgeEntry(e.upstream, e.downstream, e.relations, e.style, e.directed, e.grounds, e.doubts) for e in seen.edges
    )
    return Lineage(seen.root, tuple(nodes), tuple(edges), seen.complete)


def step_entry(step: Step) -> StepEntry:
    """A step as the API says it."""
    return StepEntry(step.upstream, step.downstream, step.basis, step.kind, step.grounds, step.note)


def ruling_entry(edge: MeasuredEdge) -> RulingEntry:
    """A ruling as the API says it."""
    evidence = json.loads(edge.evidence) if edge.evidence else []
    return RulingEntry(
        edge.id,
        edge.a,
        edge.b,
        edge.label,
        edge.established,
        str(edge.kinship),
        edge.direction,
        str(edge.mechanism or ""),
        edge.confidence or "",
        edge.reasons,
        edge.not_examined,
        edge.basis,
        edge.date,
        edge.alpha,
        edge.constitution,
        tuple(evidence),
    )
