"""``stemma record import``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from stemma.cli.options import OfflineOption, OutputOption, PlainFormat, PlainFormatOption, QuietOption
from stemma.cli.output import check_output, say, write
from stemma.cli.parser import Argument, Option
from stemma.cli.progress import Bar
from stemma.cli.record.options import RegistryOption

if TYPE_CHECKING:
    from stemma.publish.registry.imported import ImportReport

SOURCES_HELP = "A model (directory, file, hf:org/name[@rev], pkg:huggingface/..., URL), umr:PATH or kaggle:PATH."


def import_(
    sources: Annotated[list[str], Argument(help=SOURCES_HELP)],
    name: Annotated[
        str | None, Option("--name", help="Name of the record; default: what the source is called.")
    ] = None,
    dry_run: Annotated[bool, Option("--dry-run", help="Write nothing: show the records and the report.")] = False,
    force: Annotated[bool, Option("--force", help="Replace records that say something else.")] = False,
    with_parents: Annotated[
        int, Option("--with-parents", min=0, max=1000, help="Also import up to so many declared parents from the hub.")
    ] = 0,
    digests: Annotated[
        bool, Option("--digests/--no-digests", help="Compute the SHA-256 of local weight files.")
    ] = True,
    form: PlainFormatOption = PlainFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
    offline: OfflineOption = False,
    quiet: QuietOption = False,
) -> None:
    """Make records out of what is written elsewhere: model files, the hub, UMR, Kaggle metadata.

    Every value that is filled in is told with its source. Declared parents become relations with the declaration as
    evidence; those that are not in the registry are listed. What was wrong is told with file and line, and what was
    done about it; what is left to write is listed. All records are written, or none.

    \b
    Examples:
      stemma record import ./my-model --name my-model
      stemma record import hf:acme/chat-7b@9f1c0de --with-parents 5
      stemma record import umr:modelrecords/packages --registry records
      stemma record import kaggle:model-instance-metadata.json --dry-run
    """
    from stemma.interop.network import Network
    from stemma.usecases.records.importing import import_records
    from stemma.usecases.settings import Work

    check_output(output)
    with Bar(quiet=quiet) as bar:
        report = import_records(
            sources,
            name=name,
            registry=registry,
            dry_run=dry_run,
            replace_others=force,
            parents=with_parents,
            digests=digests,
            work=Work(network=Network(offline=offline), progress=bar.update),
        )
    if form is PlainFormat.JSON:
        from stemma.publish.canonical import to_json
        from stemma.publish.registry.imported import imported_document

        write(to_json(imported_document(report)), output)
        return
    _tell(report, quiet=quiet)
    write("\n".join(_shown(report)), output)


def _shown(report: ImportReport) -> list[str]:
    if report.written:
        return [str(each.file) for each in report.records]
    return [f"# {each.file}\n{each.text}" for each in report.records]


def _tell(report: ImportReport, *, quiet: bool) -> None:
    if quiet:
        return
    from stemma.publish.figures import counted

    for note in report.notes:
        say(str(note))
    several = len(report.records) > 3
    for each in report.records:
        if not several:
            for path, source in sorted(each.sources.items()):
                say(f"  {path}: from {source}")
            if each.inherited:
                say(f"Inherited: {', '.join(each.inherited)}.")
            if each.left:
                say(f"Left to write: {', '.join(each.left)}.")
        if each.missing:
            say(f"{each.record.key}: not in the registry: {', '.join(each.missing)}.")
        if each.problem:
            say(f"{each.record.key}: {each.problem}")
    done = "written" if report.written else "read, none written"
    say(f"{counted(len(report.records), 'record')} {done}, {counted(len(report.notes), 'remark')}.")
