"""The published schemas of the documents about records."""

from __future__ import annotations

from collections.abc import Mapping

from stemma.publish.registry.documents import DIFFERENCE, PROBLEMS, RESOLVED
from stemma.publish.registry.imported import IMPORTED
from stemma.publish.registry.stores import STATISTICS, VERIFICATION
from stemma.publish.schemas import shapes
from stemma.publish.schemas.shapes import Shape, choice, count, many, named, nullable, text, thing
from stemma.records import Bump
from stemma.vocabulary import Mechanism, RecordType, RelationKind

_BUMP = choice((bump.name.lower() for bump in Bump), "Part of the version that has to rise.")
_ORIGIN = {
    "record": text("NAME@VERSION of the record that wrote it."),
    "file": text("The file, or empty."),
    "line": count("The line; 0 where there was no text."),
}

_RESOLVED: dict[str, Shape] = {
    "record": text("NAME@VERSION."),
    "type": choice((str(kind) for kind in RecordType), "What the record describes."),
    "digest": text("Content digest of the record as written."),
    "order": many(text("NAME@VERSION."), "The linear order of inheritance, the record itself first."),
    "document": named(shapes.ANYTHING, "The record with all that it inherits, in the record language."),
    "origins": named(
        thing(
            {
                **_ORIGIN,
                "unset": {"type": "boolean", "description": "It was said that there is no value."},
                "items": many(thing(_ORIGIN, "One item."), "Of a list that several records wrote: one an item."),
            },
            "Where the field was written.",
        ),
        "By dotted path.",
    ),
    "relations": many(
        thing(
            {
                "kind": choice((str(kind) for kind in RelationKind), "How it relates to the target."),
                "target": text("NAME or NAME@RANGE, as written."),
                "found": nullable(text("NAME@VERSION that was chosen.")),
                "missing": nullable(text("Why there is none.")),
                "mechanism": choice((str(m) for m in Mechanism), "Of a weight edge.", or_null=True),
            },
            "One relation.",
        ),
        "The relations of the record itself.",
    ),
}

_PROBLEM = thing(
    {
        "file": text("The file."),
        "line": count("From 1; 0 where unknown."),
        "column": count("From 1; 0 where unknown."),
        "rule": text("Which rule is broken, as a stable word."),
        "message": text("What was got."),
        "advice": text("What was expected, what to do, or what was done."),
    },
    "One problem.",
)

_PROBLEMS: dict[str, Shape] = {
    "files": count("Files that were looked at."),
    "records": many(text("NAME@VERSION."), "Records without a problem of their own."),
    "problems": many(_PROBLEM, "In order of place."),
}

_IMPORTED: dict[str, Shape] = {
    "written": {"type": "boolean", "description": "False for a dry run."},
    "records": many(
        thing(
            {
                "record": text("NAME@VERSION."),
                "file": text("Where it lies, or would."),
                "sources": named(
                    text("Where the value was found."), "By dotted path, or relations with kind and target."
                ),
                "inherited": many(text("Dotted path."), "What its parents give."),
                "left": many(text("Dotted path."), "What is left to write."),
                "missing": many(text("NAME or NAME@RANGE."), "Targets that are not in the registry."),
                "problem": text("Why it cannot be resolved; empty where it can."),
                "text": text("The record in the record language."),
            },
            "One record.",
        ),
        "In the order of the sources.",
    ),
    "notes": many(_PROBLEM, "What was wrong in the sources, and what was done about it."),
}

_DIFFERENCE: dict[str, Shape] = {
    "old": text("NAME@VERSION."),
    "new": text("NAME@VERSION."),
    "bump": _BUMP,
    "needed": text("The least version that the changes ask for after the old one."),
    "changes": many(
        thing(
            {
                "path": text("Dotted path, or relations with kind and target."),
                "kind": choice(("added", "removed", "changed"), "What happened to it."),
                "old": shapes.ANYTHING,
                "new": shapes.ANYTHING,
                "bump": _BUMP,
                "reason": text("A sentence."),
            },
            "One change.",
        ),
        "In the order of the language.",
    ),
}

_HEAD = text("Hash of the last entry of the audit log; empty where it has none.")

_STATISTICS: dict[str, Shape] = {
    "registry": text("The directory or database."),
    "revision": text("Revision of the tables of a database; empty for a directory."),
    "counts": named(count("How many."), "By what is counted: records, edges, rulings, advisories, alerts, ..."),
    "head": _HEAD,
}

_VERIFICATION: dict[str, Shape] = {
    "sound": {"type": "boolean", "description": "True where there is no problem."},
    "entries": count("Entries of the audit log."),
    "head": _HEAD,
    "records": count("Records that were looked at."),
    "unlogged": count("Of these, records that the log does not name one by one."),
    "problems": many(text("A sentence."), "What is not as the log says."),
}

TITLES: Mapping[str, tuple[str, dict[str, Shape]]] = {
    RESOLVED: ("A record with all that it inherits", _RESOLVED),
    PROBLEMS: ("What is wrong in records", _PROBLEMS),
    DIFFERENCE: ("What changed between two records", _DIFFERENCE),
    IMPORTED: ("What an import of records brought", _IMPORTED),
    STATISTICS: ("What a registry holds", _STATISTICS),
    VERIFICATION: ("Whether a registry is sound", _VERIFICATION),
}
