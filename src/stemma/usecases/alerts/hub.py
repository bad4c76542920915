"""Look at repositories on the hub, and raise alerts where they are not what they were.

How a repository was seen, the advisory on what changed and its alerts are one transaction: a change is found once, and
once it is found it is told, whatever happens to the process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from stemma.errors import AccessDenied, BadReference, ModelNotFound, RateLimited, SourceError
from stemma.identity import HubReference, parse_reference
from stemma.identity.version import VERSION
from stemma.interop.crawl import Manners
from stemma.interop.hub_look import look
from stemma.interop.webhooks.incoming import HubEvent, read_event, require_secret
from stemma.lineage.sightings import HubFinding, advisory_for, changes, concerned, seen
from stemma.publish.alerts.model import WatchReport
from stemma.registry import Registry, Sighting
from stemma.usecases.alerts.raising import Raised, keep_advisories
from stemma.usecases.settings import DEFAULT_WORK, Work
from stemma.weights.http_waits import Clock

HUB = "huggingface"
MAIN = "main"
PAGE = 2_000


@dataclass
class _Tally:
    looked: int = 0
    first: int = 0
    findings: list[tuple[HubFinding, str]] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    raised: Raised = field(default_factory=Raised)


def check_hub(
    registry: Registry,
    asked: Sequence[str] = (),
    *,
    now: Callable[[], str],
    work: Work = DEFAULT_WORK,
    limit: int | None = None,
    manners: Manners | None = None,
    clock: Clock = time,
    tell: Callable[[str], None] = lambda _repository: None,
) -> WatchReport:
    """Look at repositories and compare them with how they were seen before.

    Args:
        registry: what was seen before, and whom it concerns.
        asked: ``hf:org/name[@revision]``; default: all that records of the registry and subscriptions name.
        now: tells the time.
        work: how the hub is reached.
        limit: look at so many at most, at those first that were not seen for longest.
        manners: seconds between two, and of rest after a refusal by rate.
        clock: what pauses are measured and waited with.
        tell: hears of every repository before it is looked at.

    Raises:
        BadReference: what was asked for is no model of the hub.
        RateLimited: the hub still refuses after all rests; what was seen until then is kept.
    """
    rules, tally = manners or Manners(), _Tally()
    references = [_reference(each) for each in asked] or watched(registry)
    for number, reference in enumerate(_longest_unseen(registry, references)[:limit]):
        if number:
            clock.sleep(rules.pause)
        tell(str(reference))
        try:
            sighting = _patiently(reference, work, now, rules, clock)
        except (AccessDenied, ModelNotFound, SourceError, BadReference) as error:
            if isinstance(error, RateLimited):
                raise
            tally.failures[str(reference)] = error.message
            continue
        _compare(registry, sighting, tally)
    return WatchReport(tally.looked, tally.first, tuple(tally.findings), tally.failures, tally.raised.told, VERSION)


def take_event(
    registry: Registry,
    body: bytes,
    secret: str | None,
    expected: str,
    *,
    now: Callable[[], str],
    work: Work = DEFAULT_WORK,
) -> WatchReport | None:
    """What a webhook of the hub told: the repositories it names are looked at; None where it is about no model.

    ``secret`` came with the request, ``expected`` is what was agreed on.

    Raises:
        AccessDenied: the secret is another.
        InputError, LimitExceeded: the body is no event.
    """
    require_secret(secret, expected)
    event = read_event(body)
    return None if event is None else check_hub(registry, list(_named(event)), now=now, work=work)


def _named(event: HubEvent) -> Iterator[str]:
    for name in event.repositories:
        yield from (f"hf:{name}@{revision}" for revision in event.revisions or (MAIN,))


def watched(registry: Registry) -> list[HubReference]:
    """The repositories that records of the registry and terms of subscriptions name, by name."""
    found = {f"hf:{mark.partition(':')[2]}" for mark in _marks(registry)}
    return [_reference(each) for each in sorted(found | _subscribed(registry))]


def _subscribed(registry: Registry) -> set[str]:
    """The repositories that subscriptions name."""
    terms = (term.partition("=") for subscription in registry.subscriptions.all() for term in subscription.terms)
    named = (value.strip() for kind, _, values in terms if kind == "model" for value in values.split(","))
    return {value for value in named if value.startswith("hf:")}


def _marks(registry: Registry) -> Iterator[str]:
    """Every mark of a repository on the hub: without a revision, since that is what may change."""
    keys: list[str] = []
    for name in registry.records.names():
        keys += (f"{name}@{version}" for version in registry.records.versions(name))
        if len(keys) >= PAGE:
            yield from _of_hub(registry, keys)
            keys = []
    yield from _of_hub(registry, keys)


def _of_hub(registry: Registry, keys: Sequence[str]) -> Iterator[str]:
    for marks in registry.identities.marks(keys).values():
        yield from (mark for mark in marks if mark.startswith(f"{HUB}:") and "@" not in mark)


def _reference(asked: str) -> HubReference:
    parsed = parse_reference(asked)
    if not isinstance(parsed, HubReference):
        raise BadReference(f"{asked[:80]!r} is no model of the hub.", advice="Write hf:org/name[@revision].")
    return parsed


def _longest_unseen(registry: Registry, references: Iterable[HubReference]) -> list[HubReference]:
    """Never seen before long unseen; of one time by name."""
    last = {(each.repository, each.revision): each.at for each in registry.sightings.all()}
    each_once = dict.fromkeys(references)
    return sorted(each_once, key=lambda r: (last.get((f"{HUB}:{r.name}", r.revision or MAIN), ""), str(r)))


def _patiently(reference: HubReference, work: Work, now: Callable[[], str], rules: Manners, clock: Clock) -> Sighting:
    for rest in range(rules.rests + 1):
        try:
            return look(reference, work.network, now())
        except RateLimited:
            if rest == rules.rests:
                raise
            clock.sleep(rules.rest)
    raise AssertionError("the last rest raises")


def _compare(registry: Registry, sighting: Sighting, tally: _Tally) -> None:
    with registry.transaction():
        before = _before(registry, sighting)
        found = list(changes(before, sighting))
        registry.sightings.put(seen(before, sighting))
        kept = [(finding, *_keep(registry, finding)) for finding in found]
    tally.looked += 1
    tally.first += before is None
    for finding, advisory, raised in kept:
        tally.findings.append((finding, advisory))
        tally.raised += raised


def _before(registry: Registry, sighting: Sighting) -> Sighting | None:
    try:
        return registry.sightings.get(sighting.repository, sighting.revision)
    except KeyError:
        return None


def _keep(registry: Registry, finding: HubFinding) -> tuple[str, Raised]:
    """Keep the advisory on a finding; its id, or "" where it concerns nothing in the registry."""
    keys = registry.identities.bearers([finding.repository]).get(finding.repository, ())
    watched_by_name = f"hf:{finding.repository.partition(':')[2]}" in {
        each.partition("@")[0] for each in _subscribed(registry)
    }
    marks = registry.identities.marks(keys)
    advisory = advisory_for(finding, concerned(finding, marks), watched=watched_by_name)
    if advisory is None:
        return "", Raised()
    if advisory.id in registry.advisories.ids():
        return advisory.id, Raised()
    return advisory.id, keep_advisories(registry, [advisory], finding.at)[0].raised
