"""Which alerts go to which subscriptions, for thousands of both.

* What a subscription asks of the advisory alone (its id, risk, severity, certainty) is answered once for all alerts
  that are alike in it.
* By what it asks of the subject it lies under the values of one such term, the one that fewest subjects are likely to
  have; an alert is held against the subscriptions under its own values, and no others. A query lies under the beginning
  of the one of its words that it shares with the fewest other queries.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from stemma.identity import parse_requirement
from stemma.lineage.keys import MODEL, is_held, name_of
from stemma.lineage.subscriptions import Condition, Subject, all_hold, condition_of, holds
from stemma.registry.edges import Facts
from stemma.registry.interface import GraphSource, IdentitySource
from stemma.registry.marks import owners_of
from stemma.registry.notices import Alert, Delivery, Subscription, delivery_id
from stemma.registry.search import split

BATCH = 2_000
_LETTERS = 5
_OF_SUBJECT = ("model", "query", "owner", "licence")
"""The kinds of terms that ask something of the subject, those first that hold for the fewest."""
_NEED_FACTS = frozenset({"owner", "licence", "query"})
_ON_HUB = f"{MODEL}hf:"
Place = tuple[str, str]
_ANYWHERE: Place = ("", "")


class Audience:
    """Matches alerts with subscriptions; what it has to know of subjects it asks for in batches."""

    def __init__(self, graph: GraphSource, identities: IdentitySource) -> None:
        self._graph, self._identities = graph, identities

    def select(self, alerts: Iterable[Alert], terms: Sequence[str]) -> Iterator[Alert]:
        """The alerts for which all terms hold, in their order."""
        left = iter(alerts)
        while batch := list(islice(left, BATCH)):
            about = self._about(batch, [terms])
            yield from (alert for alert in batch if holds(terms, alert, about[alert.subject]))

    def deliveries(self, alerts: Sequence[Alert], readers: Readers, when: str) -> Iterator[Delivery]:
        """What is to be sent of these revisions, and to whom."""
        if readers:
            about = self._about(alerts, readers.terms)
            for alert in alerts:
                for to in readers.of(alert, about[alert.subject]):
                    yield Delivery(
                        delivery_id(alert.id, alert.revision, to.id), alert.id, alert.revision, to.id, when, when
                    )

    def _about(self, alerts: Sequence[Alert], asked: Iterable[Sequence[str]]) -> Mapping[str, Subject]:
        kinds = {condition_of(term).kind for terms in asked for term in terms}
        keys = {alert.subject for alert in alerts}
        held = [key for key in keys if is_held(key)]
        facts = self._graph.facts(held) if kinds & _NEED_FACTS else {}
        marks = self._identities.marks(held) if "owner" in kinds else {}
        return {key: Subject(key, facts.get(key), _owners(key, facts.get(key), marks.get(key, ()))) for key in keys}


class Readers:
    """The subscriptions that are sent something; made once for many alerts."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self._all = [each for each in subscriptions if each.active and each.url]
        self.terms = tuple({each.terms for each in self._all})
        self._alike: dict[tuple[object, ...], _Shelf] = {}

    def __bool__(self) -> bool:
        return bool(self._all)

    def of(self, alert: Alert, subject: Subject) -> list[Subscription]:
        """The subscriptions whose terms all hold, in their order."""
        alike = (alert.advisory, alert.severity, alert.certainty, alert.risks)
        shelf = self._alike.get(alike)
        if shelf is None:
            shelf = self._alike[alike] = _Shelf(each for each in self._all if _may_hold(each.terms, alert, subject))
        return shelf.of(alert, subject)


def _may_hold(terms: Iterable[str], alert: Alert, subject: Subject) -> bool:
    """Whether the terms hold that ask nothing of the subject."""
    return holds([term for term in terms if condition_of(term).kind not in _OF_SUBJECT], alert, subject)


class _Shelf:
    """Subscriptions by what they ask of the subject, under one place or more each; those that ask nothing lie apart."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self._all = list(subscriptions)
        self._asked_by = [_of_subject(each.terms) for each in self._all]
        spread = Counter(word[:_LETTERS] for conditions in self._asked_by for word in _words(conditions))
        self._at: dict[Place, list[int]] = defaultdict(list)
        for number, conditions in enumerate(self._asked_by):
            for place in _places(conditions, spread) if conditions else [_ANYWHERE]:
                self._at[place].append(number)
        self._lengths = {len(beginning) for kind, beginning in self._at if kind == "query"}

    def of(self, alert: Alert, subject: Subject) -> list[Subscription]:
        """Those whose terms all hold, in their order."""
        near: set[int] = set()
        for place in self._places_of(subject):
            near.update(self._at.get(place, ()))
        return [self._all[each] for each in sorted(near) if all_hold(self._asked_by[each], alert, subject)]

    def _places_of(self, subject: Subject) -> list[Place]:
        model = name_of(subject.key) or subject.key.partition("@")[0].casefold()
        places = [_ANYWHERE, ("model", model)]
        places += [("owner", owner) for owner in subject.owners]
        places += [("licence", licence) for licence in subject.licences]
        for length in self._lengths:
            places += {("query", word[:length]) for word in subject.words}
        return places


def _of_subject(terms: Iterable[str]) -> list[Condition]:
    return [each for each in map(condition_of, terms) if each.kind in _OF_SUBJECT]


def _places(conditions: Iterable[Condition], spread: Mapping[str, int]) -> Iterator[Place]:
    """Under what conditions on the subject lie: all values of the first of the kinds."""
    found = min(conditions, key=lambda each: _OF_SUBJECT.index(each.kind))
    for value in found.values:
        folded = value.casefold()
        if found.kind == "query":
            beginnings = [word[:_LETTERS] for word in split(value)]
            yield ("query", min(beginnings, key=lambda each: (spread[each], each), default=""))
        elif found.kind == "model":
            hub = value.startswith("hf:")
            yield ("model", f"{MODEL}{folded.partition('@')[0]}" if hub else parse_requirement(value).name)
        else:
            yield (found.kind, folded)


def _words(conditions: Iterable[Condition]) -> Iterator[str]:
    return (word for each in conditions if each.kind == "query" for word in split(each.values[0]))


def _owners(key: str, facts: Facts | None, marks: Collection[str]) -> frozenset[str]:
    """The publisher, and the accounts on hubs under which the subject lies."""
    place = [f"huggingface:{key.removeprefix(_ON_HUB)}"] if key.startswith(_ON_HUB) else []
    return owners_of(facts.publisher if facts is not None else "", [*marks, *place])
