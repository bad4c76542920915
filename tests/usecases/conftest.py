"""The hub on loopback, a clock that only counts, and a client with manners."""

from tests.hub.fixtures import clock, hub, transfer

__all__ = ["clock", "hub", "transfer"]
