"""The published schemas of the documents about the joined graph."""

from __future__ import annotations

from collections.abc import Mapping

from stemma.advisories import RiskKind, Severity
from stemma.lineage import Agreement, ConflictKind, Verdict
from stemma.publish.lineage import documents
from stemma.publish.schemas import shapes
from stemma.publish.schemas.shapes import Shape, choice, count, many, maybe, nullable, number, text, thing
from stemma.registry.notices import Certainty
from stemma.vocabulary import Grounds, RelationKind

_KEY = "NAME@VERSION of a record, NAME where no version is held, or model:REFERENCE."
_BASIS = choice(("declared", "measured"), "Whether a record says so, or the weights show it.")
_GROUNDS = many(choice(Grounds, "E1, E2 or E3."), "Why it is believed.")

_STEP = thing(
    {
        "upstream": text(_KEY),
        "downstream": text(_KEY),
        "basis": _BASIS,
        "kind": text("The kind of relation; of a measured edge its mechanism or kinship."),
        "grounds": _GROUNDS,
        "note": text("Why the step is not sure; empty where it is."),
    },
    "One step.",
)
_PATH = many(_STEP, "The most upstream step first.")

_RULING = thing(
    {
        "a": text(_KEY),
        "b": text(_KEY),
        **shapes.RULING_IN_SHORT,
        "reasons": many(text("A sentence."), "Why, citing numbers."),
        "not_examined": many(text("A sentence."), "What could not be looked at, and why."),
        "looked_everywhere": shapes.LOOKED_EVERYWHERE,
        "component": text("The part that alone was looked at; empty where whole models were."),
        "basis": choice(("weights", "fingerprint", "ranges"), "What was read."),
        "fingerprint_a": text("Digest of A's fingerprint."),
        "fingerprint_b": text("Digest of B's fingerprint."),
        "alpha": number("Chance of calling an independent pair linked."),
        "date": text("When it was ruled."),
    },
    "A ruling; A is the declared parent or the candidate, B the subject.",
)

_VERIFICATION: dict[str, Shape] = {
    "asked": text("The record or model, as asked for."),
    "subject": text(_KEY),
    "weights": text("Which weights were looked at and what was read of them, or why none were."),
    "claims": many(
        thing(
            {
                "kind": choice(RelationKind, "What is declared."),
                "target": text("NAME or NAME@RANGE, as written."),
                "parent": text(_KEY),
                "grounds": _GROUNDS,
                "denied": {"type": "boolean", "description": "The edge is denied; the verdict is on the denial."},
                "verdict": choice(Verdict, "What the weights say of it."),
                "reason": text("A sentence."),
                "differs": text("What the weights show otherwise than declared, though the edge may hold."),
                "line": count("Line of the relation; 0 where there was no text."),
                "ruling": maybe(_RULING),
            },
            "One declared weight edge.",
        ),
        "In the order of the record.",
    ),
    "undeclared": many(
        thing(
            {
                "subject": text(_KEY),
                "ancestor": {"type": "boolean", "description": "It was shown that this one came first."},
                "ruling": _RULING,
            },
            "One relative.",
        ),
        "Relatives that the weights show and no declared edge explains.",
    ),
    "licences": many(
        thing(
            {
                "upstream": text("NAME@VERSION."),
                "stated": many(text("Licence."), "What it states."),
                "declared": many(text("Licence."), "What the record declares itself."),
                "agreement": choice(Agreement, "How the two compare."),
                "dropped": many(text("In words."), "What is asked for upstream and not here."),
                "path": many(text("NAME@VERSION."), "From the record to the upstream one."),
            },
            "One upstream record that states a licence.",
        ),
        "Licences inherited along edges that hand terms on.",
    ),
    "searched": maybe(count("Fingerprints that were looked through.")),
    "kept": {"type": "boolean", "description": "Whether rulings and fingerprint digests are in the registry now."},
    "cost": shapes.COST,
}

_ADVISORY = thing(
    {
        "id": text("Its id."),
        "modified": text("When it last changed."),
        "withdrawn": text("When it was taken back; empty where it stands."),
        "summary": text("A sentence."),
        "severity": choice(Severity, "How bad it is."),
        "risks": many(choice(RiskKind, "A kind of risk."), "What it warns of."),
        "records": many(text("NAME."), "Records that it is about."),
        "repositories": many(text("hub:owner/name, or an address."), "Repositories that it is about."),
        "digests": many(text("algorithm:hex"), "Files or weights that it is about."),
        "aliases": many(text("An id."), "Its ids elsewhere."),
        "atlas": many(text("An id of MITRE ATLAS."), "Techniques."),
        "avid": many(text("An id of AVID."), "Reports."),
        "references": many(text("An address."), "Where more is told."),
    },
    "An advisory in short.",
)

_IMPACT: dict[str, Shape] = {
    "asked": text("The advisory, record or model, as asked for."),
    "subject": text(f"{_KEY} Empty where an advisory was asked for."),
    "impacts": many(
        thing(
            {
                "advisory": _ADVISORY,
                "reached": many(
                    thing(
                        {
                            "subject": text(_KEY),
                            "certainty": choice(Certainty, "How surely it is affected."),
                            "risks": many(choice(RiskKind, "A kind of risk."), "Which risks reach it."),
                            "start": text("What the advisory names, where the path begins."),
                            "path": _PATH,
                            "note": text("Why what the advisory names is not surely affected; empty where it is."),
                        },
                        "One subject.",
                    ),
                    "Surely affected before possibly, near before far.",
                ),
                "ended": many(text("NAME@VERSION."), "Versions below that the advisory says are not affected."),
            },
            "One advisory.",
        ),
        "The advisory that was asked for, or all that reach the subject, by id.",
    ),
    "relatives": many(text("A sentence."), "How weights without a record were placed in the graph."),
    "not_examined": many(text("A sentence."), "What could not be looked at."),
    "alpha": number("Chance of calling any independent candidate linked, in the scan of weights without a record."),
    "framework": nullable(thing({"name": text("Its name."), "title": text("Its title.")}, "The framework asked for.")),
    "clauses": many(
        thing(
            {
                "clause": text("The clause."),
                "how": text("How a report helps to satisfy it."),
                "fields": many(text("A path in this document."), "The fields that do."),
            },
            "One clause.",
        ),
        "Clauses of the framework that this report helps to satisfy. Helping is not conforming.",
    ),
    "cost": shapes.COST,
}

_LINEAGE: dict[str, Shape] = {
    "subject": text(_KEY),
    "what": choice(("show", "ancestors", "descendants", "path"), "What was asked for."),
    "nodes": many(
        thing(
            {
                "key": text(_KEY),
                "type": text("What the record describes, or that there is none."),
                "title": text("Its title; empty where it has none."),
                "depth": count("How many steps away."),
                "path": _PATH,
            },
            "One node.",
        ),
        "Near before far.",
    ),
    "edges": many(
        thing(
            {
                "upstream": text(_KEY),
                "downstream": text(_KEY),
                "basis": _BASIS,
                "kind": text("The kind of relation; of a measured edge its mechanism, kinship or label."),
                "asked": text("NAME or NAME@RANGE, as declared; empty for a measured edge."),
                "method": text("How, as declared, such as LoRA; empty where nothing is said."),
                "component": text("Which part, as declared; empty for the whole."),
                "directed": {"type": "boolean", "description": "Whether it is known which of the two came first."},
                "note": text("Why it is not sure; empty where it is."),
                "sources": many(
                    thing(
                        {
                            "grounds": choice(Grounds, "E1, E2 or E3."),
                            "source": text("Where it can be checked."),
                            "date": text("When it was given."),
                            "by": text("Who vouches for it."),
                            "denies": {"type": "boolean", "description": "The source denies the edge."},
                            "signature": text("A signature over it, or where one is."),
                            "note": text("What it says."),
                        },
                        "One source.",
                    ),
                    "Side by side, never averaged.",
                ),
            },
            "One edge.",
        ),
        "The edges of the node, for show.",
    ),
    "paths": many(_PATH, "For path: the ways, a shortest first."),
    "complete": {"type": "boolean", "description": "False where a bound ended the walk."},
}

_CONFLICTS: dict[str, Shape] = {
    "names": many(text("NAME."), "The records asked for; empty for the whole registry."),
    "conflicts": many(
        thing(
            {
                "kind": choice(ConflictKind, "What disagrees with what."),
                "subjects": many(text(_KEY), "The nodes it is about."),
                "sides": many(text("A sentence."), "What each source holds."),
            },
            "One disagreement.",
        ),
        "In the order of kinds and subjects.",
    ),
}

_PROBLEMS: dict[str, Shape] = {
    "files": count("Files that were looked at."),
    "advisories": many(text("An id."), "Advisories without a fault."),
    "problems": many(
        thing(
            {
                "file": text("The file."),
                "line": count("From 1; 0 where unknown."),
                "column": count("From 1; 0 where unknown."),
                "message": text("What was got."),
                "advice": text("What was expected, or what to do."),
                "rule": text("Which rule is broken, as a stable word."),
            },
            "One problem.",
        ),
        "In order of place.",
    ),
}

_LIST: dict[str, Shape] = {"advisories": many(_ADVISORY, "By id.")}

TITLES: Mapping[str, tuple[str, dict[str, Shape]]] = {
    documents.VERIFICATION: ("What weights say of the claims of a record", _VERIFICATION),
    documents.IMPACT: ("Whom an advisory reaches", _IMPACT),
    documents.LINEAGE: ("A part of the joined graph", _LINEAGE),
    documents.CONFLICTS: ("Where declarations and weights disagree", _CONFLICTS),
    documents.ADVISORIES: ("The advisories of a registry", _LIST),
    documents.ADVISORY_PROBLEMS: ("What is wrong in advisories", _PROBLEMS),
}
