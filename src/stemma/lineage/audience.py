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
from functools import lru_cache
from itertools import islice

from stemma.identity import parse_requirement
from stemma.lineage.keys import MODEL, is_held, name_of
from stemma.lineage.subscriptions import Condition, Subject, all_hold, condition_of, holds
from stemma.registry.edges import Facts
from stemma.registry.interface import GraphSource
from stemma.registry.marks import owners_of
from stemma.registry.notices import Alert, Delivery, Subscription, delivery_id
from stemma.registry.search import split, split_once

BATCH = 2_000
_LETTERS = 5
_OF_SUBJECT = ("model", "query", "owner", "licence")
"""The kinds of terms that ask something of the subject, those first that hold for the fewest."""
_NEED_FACTS = frozenset({"owner", "licence", "query"})
_ON_HUB = f"{MODEL}hf:"


class Audience:
    """Matches alerts with subscriptions; what it has to know of subjects it asks for in batches."""

    def __init__(self, graph: GraphSource) -> None:
        self._graph = graph

    def select(self, alerts: Iterable[Alert], terms: Sequence[str]) -> Iterator[Alert]:
        """The alerts for which all terms hold, in their order."""
        left, kinds = iter(alerts), _kinds(terms)
        while batch := list(islice(left, BATCH)):
            about = self._about(batch, kinds)
            yield from (alert for alert in batch if holds(terms, alert, about[alert.subject]))

    def deliveries(self, alerts: Sequence[Alert], readers: Readers, when: str) -> Iterator[Delivery]:
        """What is to be sent of these revisions, and to whom."""
        if readers:
            about = self._about(alerts, readers.kinds)
            for alert in alerts:
                for to in readers.of(alert, about[alert.subject]):
                    yield Delivery(
                        delivery_id(alert.id, alert.revision, to.id), alert.id, alert.revision, to.id, when, when
                    )

    def _about(self, alerts: Sequence[Alert], kinds: Collection[str]) -> Mapping[str, Subject]:
        """The subjects, as far as terms of these kinds ask for it."""
        keys = {alert.subject for alert in alerts}
        held = [key for key in keys if is_held(key)]
        facts = self._graph.facts(held) if not _NEED_FACTS.isdisjoint(kinds) else {}
        return {key: _subject(key, facts.get(key), words="query" in kinds) for key in keys}


class Readers:
    """The subscriptions that are sent something; made once for many alerts."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self._all = [each for each in subscriptions if each.active and each.url]
        self.kinds = _kinds(term for each in self._all for term in each.terms)
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


def _kinds(terms: Iterable[str]) -> frozenset[str]:
    return frozenset(condition_of(term).kind for term in terms)


def _may_hold(terms: Iterable[str], alert: Alert, subject: Subject) -> bool:
    """Whether the terms hold that ask nothing of the subject."""
    return holds([term for term in terms if condition_of(term).kind not in _OF_SUBJECT], alert, subject)


class _Shelf:
    """Subscriptions by what they ask of the subject, under one value of a kind or more; others lie apart."""

    def __init__(self, subscriptions: Iterable[Subscription]) -> None:
        self._all = list(subscriptions)
        self._asked_by = [_of_subject(each.terms) for each in self._all]
        spread = Counter(word[:_LETTERS] for conditions in self._asked_by for word in _words(conditions))
        self._anywhere = [number for number, conditions in enumerate(self._asked_by) if not conditions]
        self._at: dict[str, dict[str, list[int]]] = {kind: defaultdict(list) for kind in _OF_SUBJECT}
        for number, conditions in enumerate(self._asked_by):
            if conditions:
                first = min(conditions, key=lambda each: _OF_SUBJECT.index(each.kind))
                for place in _places(first, spread):
                    self._at[first.kind][place].append(number)
        self._lengths = {len(beginning) for beginning in self._at["query"]}

    def of(self, alert: Alert, subject: Subject) -> list[Subscription]:
        """Those whose terms all hold, in their order."""
        near = set(self._anywhere)
        for kind, values in self._values_of(subject):
            numbers = self._at[kind]
            for value in values:
                if value in numbers:
                    near.update(numbers[value])
        return [self._all[each] for each in sorted(near) if all_hold(self._asked_by[each], alert, subject)]

    def _values_of(self, subject: Subject) -> tuple[tuple[str, Collection[str]], ...]:
        """Under what subscriptions may lie that are about a subject, by kind."""
        model = name_of(subject.key) or subject.key.partition("@")[0].casefold()
        beginnings = {word[:length] for length in self._lengths for word in subject.words}
        return ("model", (model,)), ("owner", subject.owners), ("licence", subject.licences), ("query", beginnings)


def _of_subject(terms: Iterable[str]) -> list[Condition]:
    return [each for each in map(condition_of, terms) if each.kind in _OF_SUBJECT]


def _places(asked: Condition, spread: Mapping[str, int]) -> Iterator[str]:
    """Under what values of its kind a condition on the subject lies: all that it holds for."""
    for value in asked.values:
        folded = value.casefold()
        if asked.kind == "query":
            beginnings = [word[:_LETTERS] for word in split(value)]
            yield min(beginnings, key=lambda each: (spread[each], each), default="")
        elif asked.kind == "model":
            hub = value.startswith("hf:")
            yield f"{MODEL}{folded.partition('@')[0]}" if hub else parse_requirement(value).name
        else:
            yield folded


def _words(conditions: Iterable[Condition]) -> Iterator[str]:
    return (word for each in conditions if each.kind == "query" for word in split(each.values[0]))


def _subject(key: str, facts: Facts | None, *, words: bool) -> Subject:
    """Everything by which a subject is found; ``words``: those that a query looks through as well."""
    if facts is None:
        place = f"huggingface:{key.removeprefix(_ON_HUB)}" if key.startswith(_ON_HUB) else ""
        return Subject(key, owners_of("", [place]), _folded(()), split_once(key) if words else ())
    text = f"{key} {facts.title} {facts.publisher} {' '.join(facts.licenses)}"
    return Subject(key, facts.owners, _folded(facts.licenses), split_once(text) if words else ())


@lru_cache(maxsize=4_096)
def _folded(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(each.casefold() for each in names)
