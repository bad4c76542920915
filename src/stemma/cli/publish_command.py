"""``stemma publish``"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, assert_never

from stemma.cli.options import OutputOption
from stemma.cli.output import check_output, write, write_bytes
from stemma.cli.parser import Argument, Option
from stemma.cli.record.options import RegistryOption


class RecordFormat(StrEnum):
    """How a record is published."""

    HTML = "html"
    PDF = "pdf"
    LATEX = "latex"
    MARKDOWN = "markdown"
    DOT = "dot"
    SVG = "svg"
    JSON = "json"
    JSONLD = "jsonld"


def publish(
    record: Annotated[str, Argument(help="A YAML file, or NAME[@RANGE] in the registry.")],
    form: Annotated[RecordFormat, Option("--format", "-f", help="What to publish it as.")] = RecordFormat.HTML,
    output: OutputOption = None,
    registry: RegistryOption = None,
) -> None:
    """Publish a record with all it inherits, every value with its origin. The same record gives the same bytes.

    html and pdf show one step of the lineage; dot and svg draw all that it was made from. pdf needs the extra pdf.

    \b
    Examples:
      stemma publish plip --format html -o plip.html
      stemma publish records/plip/plip-1.0.0.yaml --format svg -o plip.svg
      stemma publish llama2-7b@^1.0.0 --format markdown -o README.md
    """
    from stemma.publish.graph import dot_document, svg_document
    from stemma.publish.record import record_html, record_json, record_jsonld, record_latex, record_markdown, record_pdf
    from stemma.usecases.publishing import publish_record

    check_output(output)
    found = publish_record(record, registry)
    match form:
        case RecordFormat.HTML:
            write(record_html(found.view, found.nearby), output)
        case RecordFormat.PDF:
            write_bytes(record_pdf(found.view, found.nearby), output)
        case RecordFormat.LATEX:
            write(record_latex(found.view), output)
        case RecordFormat.MARKDOWN:
            write(record_markdown(found.view), output)
        case RecordFormat.DOT:
            write(dot_document(found.lineage), output)
        case RecordFormat.SVG:
            write(svg_document(found.lineage), output)
        case RecordFormat.JSON:
            write(record_json(found.view), output)
        case RecordFormat.JSONLD:
            write(record_jsonld(found.view), output)
        case _:
            assert_never(form)
