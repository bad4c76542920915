"""Reports on a terminal: plain words first, then a picture by layer and the numbers.

Everything is a function of the report and the console, whose width, colours and encoding are respected. Names and
sentences out of files are shown with their control characters escaped and never read as markup.
"""

from __future__ import annotations

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from stemma.constitution.interface import Established, Label, Ruling
from stemma.evidence.interface import Evidence
from stemma.evidence.merge import Merge
from stemma.identity import Missing, is_present
from stemma.publish import figures
from stemma.publish.figures import visible
from stemma.publish.model import (
    CatalogListing,
    ComparisonReport,
    FingerprintReport,
    InspectionReport,
    ModelSummary,
    ScanReport,
)
from stemma.publish.terminal_merge import render_merge
from stemma.publish.terminal_parts import (
    WIDEST,
    facts_grid,
    write,
    write_failure,
    write_heading,
    write_mapping,
    write_section,
    write_table,
    write_title,
)
from stemma.publish.terminal_picture import picture_lines
from stemma.publish.words import candidate_verdict, direction_words, in_plain_words, mechanism_words, scan_sentence


def render_comparison(report: ComparisonReport, console: Console) -> None:
    """Write a comparison: the ruling, how surely, the picture, the evidence, what was not looked at."""
    words = in_plain_words(report)
    write(console, _verdict_panel(words.verdict, words.headline, _colour(report.ruling), console))
    write(console, _pair(report))
    write_section(console, "How surely" if report.ruling else "Error", words.surety)
    if report.ruling:
        write_section(console, "Why", report.ruling.reasons)
        _picture(console, report.ruling)
        _evidence_table(console, report.ruling.evidence)
        write_section(console, "Not looked at", report.ruling.not_examined)
    write_section(console, "What this does not mean", words.not_meant)
    _footer(console, report)


def render_inspection(report: InspectionReport, console: Console) -> None:
    """Write what a model is made of."""
    if report.summary is None:
        write_failure(console, report.reference, report.error)
        return
    write_heading(console, report.reference)
    facts = dict(_summary_facts(report.summary), tokenizer=figures.anything(report.tokenizer))
    write(console, facts_grid(facts))
    write_table(
        console,
        "Files",
        ["File", "Format", ">Size", ">Tensors", "Digest"],
        [(f.name, f.format, figures.size(f.size), _if_counted(f.tensors), _in_short(f.digest)) for f in report.files],
    )
    write_table(
        console,
        "Types",
        ["Type", ">Tensors", ">Parameters"],
        [(d.dtype, figures.count(d.tensors), figures.count(d.parameters)) for d in report.dtypes],
    )
    write_table(
        console,
        "Roles",
        ["Stack", "Role", ">Tensors", "Shapes"],
        [(r.stack or "–", r.role, figures.count(r.tensors), ", ".join(r.shapes)) for r in report.roles],
    )
    write_mapping(console, "Configuration", report.facts)
    write_mapping(console, "Declared (never evidence)", report.declared)
    write_section(console, "Missing", [f"{name}: {why}" for name, why in sorted(report.summary.missing.items())])
    write_section(console, "Without a role", [f"{e.tensor}: {e.reason}" for e in report.exempt])
    write_section(console, "Warnings", report.summary.warnings)


def render_fingerprint(report: FingerprintReport, console: Console) -> None:
    """Write what was fingerprinted, and where it lies."""
    if report.summary is None:
        write_failure(console, report.reference, report.error)
        return
    write_heading(console, report.reference)
    facts = {
        "fingerprint": figures.anything(report.output),
        "size": figures.size(report.size),
        "digest": report.digest,
        "schema": report.schema,
        **_summary_facts(report.summary),
        "cost": ", ".join(figures.cost(k, v) for k, v in sorted(report.cost.items())),
    }
    write(console, facts_grid(facts))
    write_section(console, "Warnings", report.summary.warnings)


def render_scan(report: ScanReport, console: Console) -> None:
    """Write the ranked candidates of a scan."""
    if report.error is not None:
        write_failure(console, report.query, report.error)
        return
    write_heading(console, report.query)
    write(console, Text(visible(scan_sentence(report))))
    write_table(
        console,
        "",
        [">#", "Candidate", "Ruling", ">p, corrected", ">Likeness"],
        [
            (str(c.rank), c.name, candidate_verdict(c), figures.p_value(c.corrected_log10_p), figures.number(c.score))
            for c in report.candidates
        ],
    )
    if isinstance(report.merge, Merge):
        render_merge(report.merge, console)
    write_section(console, "Not looked at", report.not_examined)


def render_catalog(listing: CatalogListing, console: Console) -> None:
    """Write the fingerprints that a catalog holds."""
    write_heading(console, listing.catalog)
    write(console, Text(figures.counted(len(listing.entries), "fingerprint")))
    write_table(
        console,
        "",
        ["Model", ">Parameters", ">Layers", ">Hidden", ">Size", "Digest"],
        [
            (
                e.name,
                figures.magnitude(e.parameters) if is_present(e.parameters) else "–",
                str(e.layers) if is_present(e.layers) else "–",
                str(e.hidden) if is_present(e.hidden) else "–",
                figures.size(e.size),
                _in_short(e.digest),
            )
            for e in listing.entries
        ],
    )
    write_section(console, "Problems", listing.problems)


def _colour(ruling: Ruling | None) -> str:
    if ruling is None:
        return "red"
    if ruling.label is Label.LINKED:
        return "yellow"
    return "green" if ruling.established is Established.SHOWN else "blue"


def _verdict_panel(title: str, sentence: str, colour: str, console: Console) -> RenderableType:
    if console.options.ascii_only:
        return Group(Text(title.upper(), style="bold"), Text(sentence))
    body = Text(sentence, style="bold")
    return Panel(body, title=Text(title.upper()), title_align="left", border_style=colour, padding=(0, 1))


def _pair(report: ComparisonReport) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for letter, name, model in (("A", report.a, report.model_a), ("B", report.b, report.model_b)):
        described = Text(visible(name))
        if model:
            described.append("  " + visible(_in_a_line(model)), style="dim")
        table.add_row(Text(letter, style="bold"), described)
    if report.ruling and report.ruling.label is Label.LINKED:
        table.add_row(Text("→", style="bold"), Text("direction " + direction_words(report.ruling)))
        if report.ruling.mechanism:
            table.add_row(Text("·", style="bold"), Text("mechanism " + mechanism_words(report.ruling)))
    return Padding(table, (0, 1), expand=False)


def _in_a_line(model: ModelSummary) -> str:
    parts = [figures.magnitude(model.parameters) + " parameters", model.container]
    if is_present(model.layers):
        parts.insert(1, f"{model.layers} layers")
    return ", ".join(parts)


def _picture(console: Console, ruling: Ruling) -> None:
    lines = picture_lines(ruling, min(console.width, WIDEST), ascii_only=console.options.ascii_only)
    if lines:
        write_title(console, "Layer by layer")
        for line in lines:
            write(console, line)


def _evidence_table(console: Console, evidence: tuple[Evidence, ...]) -> None:
    wide = console.width >= 100
    columns = ["Test", "Where", ">Effect", ">Statistic", ">p", ">Sample", "Without a link"]
    rows = [
        (
            e.test,
            e.site,
            figures.number(e.effect),
            figures.number(e.statistic),
            figures.p_value(e.log10_p),
            figures.count(e.sample),
            background_words(e),
        )
        for e in evidence
    ]
    write_table(console, "Evidence", columns if wide else columns[:-1], rows if wide else [r[:-1] for r in rows])


def background_words(evidence: Evidence) -> str:
    """Where the statistic lies when there is no link."""
    b = evidence.background
    return f"{figures.number(b.mean)} ± {figures.number(b.sd)} ({b.source})" if b else "no background: a fact"


def _in_short(digest: str | Missing) -> str:
    return "–" if isinstance(digest, Missing) else f"{digest[:19]}…"


def _if_counted(number: int | Missing) -> str:
    return "–" if isinstance(number, Missing) else figures.count(number)


def _summary_facts(summary: ModelSummary) -> dict[str, str]:
    return {
        "container": summary.container,
        "architecture": figures.anything(summary.architecture),
        "parameters": figures.count(summary.parameters),
        "layers": figures.count(summary.layers),
        "hidden": figures.count(summary.hidden),
    }


def _footer(console: Console, report: ComparisonReport) -> None:
    parts = [f"stemma {report.stemma}".strip()]
    if report.ruling:
        parts.append(f"constitution {report.ruling.constitution}")
        parts.extend(figures.cost(k, v) for k, v in sorted({**report.ruling.cost, **report.cost}.items()))
    write(console, Text("\n" + visible(" · ".join(parts)), style="dim"))
