"""Verifications, walks, conflicts, advisories and impacts on a terminal."""

from __future__ import annotations

from rich.console import Console

from stemma.advisories import Advisory
from stemma.errors import Problem
from stemma.identity import Missing
from stemma.lineage import Agreement
from stemma.publish.figures import counted
from stemma.publish.lineage.model import (
    AdvisoryListing,
    ConflictReport,
    ImpactReport,
    LineageReport,
    Source,
    VerifyReport,
)
from stemma.publish.lineage.words import (
    claim_words,
    doubts,
    impact_headline,
    path_words,
    reason_of,
    ruling_words,
    verification_headline,
)
from stemma.publish.terminal_parts import facts_grid, write, write_heading, write_section, write_table

MOST_ROWS = 200


def render_verification(report: VerifyReport, console: Console) -> None:
    """Each claim with its verdict and reason; undeclared relatives; licences."""
    found = report.verification
    write_heading(console, verification_headline(report))
    write(console, facts_grid({"subject": found.subject, "weights": found.weights}))
    rows = [
        (claim.verdict.value, claim_words(claim), claim.parent, _read(claim.ruling), ", ".join(claim.grounds))
        for claim in found.claims
    ]
    write_table(console, "Declared", ["verdict", "claim", "means", "read", "grounds"], rows)
    reasons = [f"{claim_words(c)}: {c.reason}{f' But: {c.differs}.' if c.differs else ''}" for c in found.claims]
    write_section(console, "Why", reasons)
    others = [
        (each.subject, "ancestor" if each.ancestor else "relative", ruling_words(each.ruling))
        for each in found.undeclared
    ]
    write_table(console, "Not declared, but shown by the weights", ["model", "is", "how"], others)
    write_section(console, "Licences", _licences(report))
    searched = found.searched
    looked = f"Undeclared ancestors were not looked for: {searched.reason}." if isinstance(searched, Missing) else ""
    if not isinstance(searched, Missing):
        looked = f"Undeclared ancestors were looked for among {counted(searched, 'fingerprint')}."
    write_section(console, "Looked at", [looked])


def _read(ruling: object) -> str:
    return "" if isinstance(ruling, Missing) else str(getattr(ruling, "basis", ""))


def _licences(report: VerifyReport) -> list[str]:
    told = []
    for each in report.verification.licences:
        if each.agreement is Agreement.SAME:
            continue
        stated, own = ", ".join(each.stated), ", ".join(each.declared) or "nothing"
        dropped = f" Not named here: {'; '.join(each.dropped)}." if each.dropped else ""
        told.append(f"{each.upstream} states {stated}, the record {own} ({each.agreement}).{dropped}")
    return told


def render_impact(report: ImpactReport, console: Console) -> None:
    """Advisories with those whom they reach, each with its path."""
    write_heading(console, impact_headline(report))
    write_section(console, "Relatives by their weights", report.relatives)
    for impact in report.impacts:
        advisory = impact.advisory
        write_section(console, advisory.id, [_in_short(advisory)])
        shown = impact.reached[:MOST_ROWS]
        rows = [(str(each.certainty), each.subject, reason_of(each)) for each in shown]
        write_table(console, "", ["how surely", "who", "along which path"], rows)
        rest = len(impact.reached) - len(shown)
        reasons = [sentence for each in shown for sentence in (*doubts(each.path), *([each.note] if each.note else []))]
        write_section(console, "Not sure because", list(dict.fromkeys(reasons))[:20])
        ended = [f"{key} lies below and is not affected, as the advisory says." for key in impact.ended]
        more = [f"{rest} more are not shown; --format json has all."] if rest else []
        write_section(console, "Besides", [*ended, *more])
    if report.framework is not None:
        name = f"{report.framework.name}: {report.framework.title}"
        rows = [(each.clause.clause, each.clause.how, ", ".join(each.fields)) for each in report.clauses]
        write_table(console, name, ["clause", "how this report helps", "fields"], rows)
    write_section(console, "Not examined", report.not_examined)


def _in_short(advisory: Advisory) -> str:
    risks = ", ".join(risk.value for risk in advisory.risks)
    facts = [risks, f"severity {advisory.severity}", f"modified {advisory.modified}"]
    facts += [*advisory.aliases, *advisory.atlas, *advisory.avid]
    return f"{advisory.summary or 'No summary.'} ({'; '.join(facts)})"


def render_lineage(report: LineageReport, console: Console) -> None:
    """A node with its edges, what lies above or below it, or the ways between two."""
    write_heading(console, report.subject)
    if report.what == "show":
        _render_edges(report, console)
        return
    if report.what == "path":
        write_section(console, "Ways", [path_words(path) for path in report.paths] or ["There is none."])
        notes = [sentence for path in report.paths for sentence in doubts(path)]
        write_section(console, "Not sure because", list(dict.fromkeys(notes)))
        return
    found = report.nodes[1:]
    rows = [(str(node.depth), node.key, node.type, path_words(node.path)) for node in found[:MOST_ROWS]]
    write_table(console, "", [">steps", "node", "type", "along"], rows)
    more = [f"{len(found) - MOST_ROWS} more are not shown; --format json has all."] if len(found) > MOST_ROWS else []
    bound = [] if report.complete else ["A bound ended the walk: there may be more."]
    write_section(console, "In all", [f"{counted(len(found), report.what.removesuffix('s'))}.", *more, *bound])


def _render_edges(report: LineageReport, console: Console) -> None:
    sections: dict[str, list[tuple[str, ...]]] = {"Made of": [], "Made from it": [], "Compared, no way shown": []}
    for edge in report.edges:
        below = edge.downstream == report.subject
        title = "Compared, no way shown" if not edge.directed else "Made of" if below else "Made from it"
        sources = "; ".join(map(_source, edge.sources))
        how = " ".join(part for part in (edge.kind, edge.method, edge.component and f"({edge.component})") if part)
        sections[title].append((how, edge.upstream if below else edge.downstream, edge.basis, sources, edge.note))
    for title, rows in sections.items():
        write_table(console, title, ["kind", "node", "basis", "sources", "not sure because"], rows)
    if not report.edges:
        write_section(console, "Edges", ["None."])


def _source(source: Source) -> str:
    grounds = f"{source.grounds} denies" if source.denies else source.grounds
    signed = "signed" if source.signature else ""
    return " ".join(part for part in (grounds, source.source, source.date, source.by, signed) if part)


def render_conflicts(report: ConflictReport, console: Console) -> None:
    """Each disagreement with what every source holds."""
    write_heading(console, counted(len(report.conflicts), "conflict") if report.conflicts else "no conflict")
    for conflict in report.conflicts:
        write_section(console, f"{conflict.kind}: {', '.join(conflict.subjects)}", conflict.sides)


def render_advisories(listing: AdvisoryListing, console: Console) -> None:
    """Advisories, one a line."""
    rows = [
        (
            advisory.id,
            "withdrawn" if advisory.is_withdrawn else str(advisory.severity),
            ", ".join(risk.value for risk in advisory.risks),
            ", ".join((*advisory.records, *advisory.repositories)),
            advisory.modified[:10],
            advisory.summary,
        )
        for advisory in listing.advisories
    ]
    write_table(console, "", ["id", "severity", "risks", "about", "modified", "summary"], rows)
    if not rows:
        write_heading(console, "no advisory")


def render_advisory_problems(files: int, problems: tuple[Problem, ...], console: Console) -> None:
    """Problems, one a line as compilers write them, then a count."""
    for problem in problems:
        console.print(str(problem), markup=False, highlight=False, soft_wrap=True)
    found = counted(len(problems), "problem") if problems else "no problem"
    console.print(f"{counted(files, 'file')}, {found}.", highlight=False)
