"""What every route works with."""

from __future__ import annotations

from fastapi import Request

from stemma.immutable import immutable
from stemma.interop.oidc import Provider
from stemma.usecases.browse.holding import Holding
from stemma.web.access import Doorkeeper
from stemma.web.metrics import Metrics
from stemma.web.settings import Services, WebSettings


@immutable
class State:
    """One server."""

    settings: WebSettings
    services: Services
    holding: Holding
    metrics: Metrics
    doorkeeper: Doorkeeper
    provider: Provider | None = None


def state_of(request: Request) -> State:
    """The server that a request came to."""
    found = request.app.state.stemma
    assert isinstance(found, State)
    return found
