"""Metrics of one server, as Prometheus reads them."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})
_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Requests by route, method and status, how long they took, and whether the registry answers."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        labels = ("route", "method", "status")
        self._requests = Counter("stemma_requests", "Requests.", labels, registry=self._registry)
        self._seconds = Histogram(
            "stemma_request_seconds",
            "Seconds that requests took.",
            ("route",),
            buckets=_BOUNDS,
            registry=self._registry,
        )
        self._up = Gauge("stemma_registry_up", "1 where the registry answered last time.", registry=self._registry)

    def seen(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request has ended."""
        self._requests.labels(route, method if method in _METHODS else "other", str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def registry_up(self, up: bool) -> None:
        """Whether the registry answered."""
        self._up.set(1 if up else 0)

    def text(self) -> bytes:
        """All of it, as it stands."""
        return generate_latest(self._registry)
