"""Render the vocabulary as one Markdown document, section by section."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stemma.constitution.interface import Established, Label
from stemma.vocabulary import Definition, Status, StatusDefinition, Vocabulary, load_vocabulary


def constitution_markdown(vocabulary: Vocabulary | None = None) -> str:
    """The whole document, ending in one newline; the same table gives the same bytes."""
    v = vocabulary or load_vocabulary()
    sections = (
        _head(v),
        _labels(v),
        _terms("Conditions", "A pair is linked when at least one of these holds.", v.conditions),
        _mechanisms(v),
        _terms("Exclusions", "What looks like a link and is none.", v.exclusions),
        _grounds(v),
        _terms("Kinship", "What a ruling says of a pair, A being named first.", v.kinships, identifier="Kinship"),
        _decisions(v),
        _conservatism(v),
        _statuses(v),
        _threats(v),
        _frameworks(v),
        _changes(v),
    )
    return "\n\n".join(sections) + "\n"


def _head(v: Vocabulary) -> str:
    never = "\n".join(f"- {item}" for item in v.never_enough)
    return f"""# The constitution of model provenance

Version {v.version}. Every ruling of Stemma cites this document and names the version it was made under.
The text is generated from the table that the code itself reads, so the two cannot say different things.

## Provenance

{v.provenance}

None of the following establishes provenance, alone or together:

{never}"""


def _labels(v: Vocabulary) -> str:
    return f"""## Labels

A ruling has one of two labels, **{Label.LINKED}** or **{Label.INDEPENDENT}**, and says how it came by it:

- **{Established.SHOWN}**: evidence was found that establishes the label.
- **{Established.DEFAULT}**: nothing was established. The label is then *{Label.INDEPENDENT}*, because that is
  what holds until a link is shown; the ruling lists what was missing. It is no finding that the two are
  unrelated."""


def _terms(title: str, lead: str, table: Mapping[Any, Definition], identifier: str = "Id") -> str:
    columns = [identifier, "Name", "What it means", "Examples"]
    rows = [(f"**{d.term}**", d.term.meaning, d.definition, _examples(d)) for d in table.values()]
    width = 4 if any(d.examples for d in table.values()) else 3
    return f"## {title}\n\n{lead}\n\n{_table(columns[:width], [row[:width] for row in rows])}"


def _examples(definition: Definition) -> str:
    return "; ".join(definition.examples)


def _mechanisms(v: Vocabulary) -> str:
    rows = [
        (
            f"**{d.term}**",
            d.term.meaning,
            d.definition,
            ", ".join(d.conditions),
            "; ".join(d.examples),
            d.visible,
        )
        for d in v.mechanisms.values()
    ]
    columns = ["Id", "Name", "What it means", "Fulfils", "Examples", "What weights can show of it"]
    return f"## Mechanisms\n\nHow one set of weights became another.\n\n{_table(columns, rows)}"


def _grounds(v: Vocabulary) -> str:
    base = _terms("Evidence standard", "The grounds on which a relation is believed.", v.grounds)
    rules = "\n".join(f"- {rule}" for rule in v.grounds_rules)
    return f"{base}\n\nNot sufficient: {', '.join(v.grounds_insufficient)}.\n\n{rules}"


def _decisions(v: Vocabulary) -> str:
    steps = "\n".join(
        f"{n}. {step.question} → **{step.then}** ({', '.join(step.cite)})" for n, step in enumerate(v.decisions, 1)
    )
    return f"## Order of decision\n\nThe first question answered with yes decides.\n\n{steps}"


def _conservatism(v: Vocabulary) -> str:
    rules = "\n".join(f"- {rule}" for rule in v.conservatism_rules)
    return f"""## Conservatism: {v.conservatism}

{rules}

A ruling is about weights. It says nothing about {_listed(v.not_about)}."""


def _statuses(v: Vocabulary) -> str:
    def rows(kind: str) -> str:
        chosen = {k: d for k, d in v.statuses.items() if d.kind == kind}
        return _status_table(chosen)

    return f"""## Named statuses

Where a yes or no would be a guess, a ruling carries the name of what stands in the way.

### Outcomes

{rows("outcome")}

### Open frontiers

{rows("frontier")}"""


def _status_table(table: Mapping[Status, StatusDefinition]) -> str:
    return _table(["Status", "What it means"], [(f"**{d.term}**", d.definition) for d in table.values()])


def _threats(v: Vocabulary) -> str:
    rows = [(f"**{t.name}**", t.definition, "; ".join(t.means)) for t in v.threats]
    return f"""## Threat model

{_table(["Threat", "What it is", "By which means"], rows)}

Hence weights decide. Metadata can suggest where to look; alone it never confirms a link and never rules one
out."""


def _frameworks(v: Vocabulary) -> str:
    rows = [
        (f.name, c.clause, ", ".join(f"`{field}`" for field in c.fields), c.how)
        for f in v.frameworks
        for c in f.clauses
    ]
    return f"""## Frameworks

Which field of a comparison helps to satisfy which clause, and how. To help is not to conform.

{_table(["Framework", "Clause", "Fields", "How"], rows)}"""


def _changes(v: Vocabulary) -> str:
    entries = "\n".join(f"- **{change.version}** {change.text}" for change in v.changes)
    return f"""## Versions and changes

This document has a semantic version. The patch number changes with wording, the minor number when something
is added that leaves every ruling as it was, the major number when a ruling could come out differently.

{entries}"""


def _listed(items: tuple[str, ...]) -> str:
    return ", ".join(items[:-1]) + f" or {items[-1]}"


def _table(columns: list[str], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
