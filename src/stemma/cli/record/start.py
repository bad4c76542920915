"""``stemma record new``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from stemma.cli.options import QuietOption
from stemma.cli.output import say, write
from stemma.cli.parser import Argument, Option
from stemma.cli.record.options import RegistryOption
from stemma.vocabulary import RecordType, RelationKind

if TYPE_CHECKING:
    from stemma.usecases.records.start import Started


def new(
    name: Annotated[str, Argument(help="Name of the record: a-z, 0-9 with . _ - between.")],
    parents: Annotated[
        list[str] | None,
        Option("--from", metavar="NAME[@RANGE]", help="A record that it is made from; may be given several times."),
    ] = None,
    kind: Annotated[
        RelationKind, Option("--kind", metavar="KIND", help="How it is made from them, such as quantised-from.")
    ] = RelationKind.FINETUNED_FROM,
    of: Annotated[
        RecordType, Option("--type", metavar="TYPE", help="model, dataset, family, adapter or benchmark.")
    ] = RecordType.MODEL,
    version: Annotated[str, Option("--version", help="Its version.")] = "1.0.0",
    registry: RegistryOption = None,
    quiet: QuietOption = False,
) -> None:
    """Start a record that inherits from others, and list what is left to write.

    A parent without a range is held to the major version of its newest record. The registry is made where there is
    none. The path of the new file goes to standard output.

    \b
    Examples:
      stemma record new my-model --from llama2-13b
      stemma record new my-model-awq --from my-model --kind quantised-from
      stemma record new my-data --type dataset
    """
    from stemma.usecases.records.start import start_record

    started = start_record(name, parents or [], kind=kind, of=of, version=version, registry=registry)
    tell(started, quiet=quiet)


def tell(started: Started, *, quiet: bool) -> None:
    """Where a record was begun, and what is left to write."""
    write(str(started.file), None)
    if quiet:
        return
    for path, source in sorted(started.sources.items()):
        say(f"  {path}: from {source}")
    if started.inherited:
        say(f"Inherited: {', '.join(started.inherited)}.")
    if started.left:
        say(f"Left to write: {', '.join(started.left)}.")
