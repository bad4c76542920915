"""The definitions behind the terms: one table, read from data files and checked against the enumerations."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from stemma.immutable import immutable
from stemma.vocabulary.terms import Condition, Exclusion, Grounds, Kinship, Mechanism, Status, Term

E = TypeVar("E", bound=Term)


@immutable
class Definition:
    """What a term means, in a sentence, with examples; ``term.meaning`` is its title."""

    term: Term
    definition: str
    examples: tuple[str, ...] = ()


D = TypeVar("D", bound=Definition)


@immutable
class MechanismDefinition(Definition):
    """``conditions`` are those that the mechanism fulfils; ``visible`` says what of it weights can show."""

    conditions: tuple[Condition, ...] = ()
    visible: str = ""


@immutable
class StatusDefinition(Definition):
    """``kind`` is "outcome" (a ruling can come to it) or "frontier" (an open question)."""

    kind: str = "frontier"


@immutable
class Decision:
    """One step of the decision order: where the answer is yes, the label is ``then``."""

    question: str
    then: str
    cite: tuple[Term, ...]


@immutable
class Threat:
    """What someone may try, and by which means."""

    name: str
    definition: str
    means: tuple[str, ...]


@immutable
class Clause:
    """A clause of a framework, the fields of a comparison that help to satisfy it, and how."""

    clause: str
    fields: tuple[str, ...]
    how: str


@immutable
class Framework:
    """A framework with the clauses onto which reports are mapped."""

    name: str
    title: str
    clauses: tuple[Clause, ...]


@immutable
class Change:
    """One entry of the change log, newest first."""

    version: str
    text: str


@immutable
class Vocabulary:
    """The whole table. ``version`` is the semantic version of the constitution that it is the matter of."""

    version: str
    provenance: str
    never_enough: tuple[str, ...]
    conditions: Mapping[Condition, Definition]
    mechanisms: Mapping[Mechanism, MechanismDefinition]
    exclusions: Mapping[Exclusion, Definition]
    grounds: Mapping[Grounds, Definition]
    grounds_insufficient: tuple[str, ...]
    grounds_rules: tuple[str, ...]
    kinships: Mapping[Kinship, Definition]
    statuses: Mapping[Status, StatusDefinition]
    decisions: tuple[Decision, ...]
    conservatism: str
    conservatism_rules: tuple[str, ...]
    not_about: tuple[str, ...]
    threats: tuple[Threat, ...]
    frameworks: tuple[Framework, ...]
    changes: tuple[Change, ...]

    def define(self, term: Term) -> Definition:
        """The definition of any term."""
        tables: tuple[Mapping[Any, Definition], ...] = (
            self.conditions,
            self.mechanisms,
            self.exclusions,
            self.grounds,
            self.kinships,
            self.statuses,
        )
        return next(table[term] for table in tables if term in table)


@cache
def load_vocabulary() -> Vocabulary:
    """Read the table that ships with the package; raises ValueError where data and enumerations differ."""
    data = files("stemma.vocabulary") / "data"
    return read_vocabulary(
        tomllib.loads((data / "terms.toml").read_text(encoding="utf-8")),
        tomllib.loads((data / "frameworks.toml").read_text(encoding="utf-8")),
    )


def read_vocabulary(terms: Mapping[str, Any], frameworks: Mapping[str, Any]) -> Vocabulary:
    """Build the table out of parsed data.

    Raises:
        ValueError: an identifier is missing, unknown, or has a field that does not belong to it.
    """
    conservatism, grounds = terms["conservatism"], terms["grounds_rules"]
    return Vocabulary(
        version=terms["version"],
        provenance=terms["provenance"],
        never_enough=tuple(terms["never_enough"]),
        conditions=_defined(Condition, terms["condition"], _definition),
        mechanisms=_defined(Mechanism, terms["mechanism"], _mechanism),
        exclusions=_defined(Exclusion, terms["exclusion"], _definition),
        grounds=_defined(Grounds, terms["grounds"], _definition),
        grounds_insufficient=tuple(grounds["insufficient"]),
        grounds_rules=tuple(grounds["rules"]),
        kinships=_defined(Kinship, terms["kinship"], _definition),
        statuses=_defined(Status, terms["status"], _status),
        decisions=tuple(Decision(d["question"], d["then"], _cited(d["cite"])) for d in terms["decision"]),
        conservatism=conservatism["level"],
        conservatism_rules=tuple(conservatism["rules"]),
        not_about=tuple(conservatism["not_about"]),
        threats=tuple(Threat(t["name"], t["definition"], tuple(t["means"])) for t in terms["threat"]),
        frameworks=tuple(_framework(entry) for entry in frameworks["framework"]),
        changes=tuple(Change(**entry) for entry in terms["change"]),
    )


def _defined(kind: type[E], table: Mapping[str, Any], build: Callable[[E, Any], D]) -> dict[E, D]:
    wanted = [member.name for member in kind]
    if list(table) != wanted:
        raise ValueError(f"{kind.__name__}: got {list(table)}, expected {wanted}")
    return {member: build(member, table[member.name]) for member in kind}


def _definition(term: Term, entry: Mapping[str, Any]) -> Definition:
    _only(term, entry, {"definition", "examples"})
    return Definition(term, entry["definition"], tuple(entry.get("examples", ())))


def _mechanism(term: Mechanism, entry: Mapping[str, Any]) -> MechanismDefinition:
    _only(term, entry, {"definition", "examples", "conditions", "visible"})
    conditions = tuple(Condition[c] for c in entry["conditions"])
    examples = tuple(entry["examples"])
    return MechanismDefinition(term, entry["definition"], examples, conditions, entry["visible"])


def _status(term: Status, entry: Mapping[str, Any]) -> StatusDefinition:
    _only(term, entry, {"definition", "kind"})
    if entry["kind"] not in ("outcome", "frontier"):
        raise ValueError(f"{term}: got kind {entry['kind']!r}, expected outcome or frontier")
    return StatusDefinition(term, entry["definition"], (), entry["kind"])


def _framework(entry: Mapping[str, Any]) -> Framework:
    clauses = tuple(Clause(c["clause"], tuple(c["fields"]), c["how"]) for c in entry["clauses"])
    return Framework(entry["name"], entry["title"], clauses)


def _cited(names: list[str]) -> tuple[Term, ...]:
    known: dict[str, Term] = {**Condition.__members__, **Mechanism.__members__, **Exclusion.__members__}
    return tuple(known[name] for name in names)


def _only(term: Term, entry: Mapping[str, Any], allowed: set[str]) -> None:
    extra = set(entry) - allowed
    if extra:
        raise ValueError(f"{term}: got fields {sorted(extra)}, expected only {sorted(allowed)}")
