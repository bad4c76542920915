"""``stemma record show`` and ``resolve``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from stemma.cli.options import OutputOption, PlainFormat, PlainFormatOption
from stemma.cli.output import check_output, show, write
from stemma.cli.parser import Option
from stemma.cli.record.options import RecordArgument, RegistryOption
from stemma.cli.server import ServerOption, asking

if TYPE_CHECKING:
    from stemma.records import ResolvedRecord


def show_(
    record: RecordArgument,
    origins: Annotated[bool, Option("--origins", help="Tell for each field which record and line wrote it.")] = False,
    form: PlainFormatOption = PlainFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
    server: ServerOption = None,
) -> None:
    """Show a record with all that it inherits.

    \b
    Examples:
      stemma record show my-model
      stemma record show my-model@^1.2 --origins
      stemma record show my-model --format json
      stemma record show my-model --server https://models.example.org
    """
    check_output(output)
    resolved = _resolved(record, registry, server)
    match form:
        case PlainFormat.TABLE:
            from stemma.publish.registry.terminal import render_resolved

            show(lambda console: render_resolved(resolved, console, origins=origins), output)
        case PlainFormat.JSON:
            from stemma.publish.canonical import to_json
            from stemma.publish.registry.documents import resolved_document

            write(to_json(resolved_document(resolved)), output)


def _resolved(record: str, registry: str | None, server: str | None) -> ResolvedRecord:
    if server is not None:
        from stemma.client.reports import record_of

        with asking(server, registry=registry) as ask:
            return record_of(ask, record)
    from stemma.usecases.records.versions import show_record

    return show_record(record, registry=registry)


def resolve(record: RecordArgument, output: OutputOption = None, registry: RegistryOption = None) -> None:
    """Print the whole record, inherited fields included, in the record language.

    For programs that read one file. What it prints is not for writing back: a record never copies what it inherits.

    \b
    Examples:
      stemma record resolve my-model
      stemma record resolve my-model -o whole.yaml
    """
    from stemma.records import write_record
    from stemma.usecases.records.versions import show_record

    check_output(output)
    resolved = show_record(record, registry=registry)
    write(
        f"# {resolved.key} with all that it inherits; not for writing back\n{write_record(resolved.document())}", output
    )
