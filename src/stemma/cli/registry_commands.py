"""``stemma registry ...``"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from stemma.cli.exits import Exit
from stemma.cli.options import OutputOption, PlainFormat, PlainFormatOption, QuietOption
from stemma.cli.output import check_output, say, show, write
from stemma.cli.parser import Argument, Group, Leave, Option
from stemma.cli.record.options import RegistryOption

app = Group(
    help="""Keep records, rulings, advisories and alerts: in a directory, in SQLite or in PostgreSQL.

    A registry is a directory, FILE.db (or sqlite:///PATH) or postgresql://USER@HOST/NAME: --registry, else
    $STEMMA_REGISTRY, else ./records. Databases need the extra registry, PostgreSQL the extra postgres.

    \b
    Examples:
      stemma registry init models.db
      stemma registry import records --registry models.db
      stemma registry verify --registry models.db
    """,
    commands={
        "init": "stemma.cli.registry_commands:init",
        "import": "stemma.cli.registry_commands:import_",
        "export": "stemma.cli.registry_commands:export",
        "stats": "stemma.cli.registry_commands:stats",
        "verify": "stemma.cli.registry_commands:verify",
        "migrate": "stemma.cli.registry_commands:migrate",
    },
)
_EVERY = 10_000


def init(
    place: Annotated[
        str | None, Argument(help="A directory, FILE.db or postgresql://...; default: as for --registry.")
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Make a registry; where there is one already, nothing changes.

    A directory of records needs no init to be read. With it, what is no record is kept beside them in _registry, and
    every change is logged. A PostgreSQL database has to be there, empty.

    \b
    Examples:
      stemma registry init records
      stemma registry init models.db
      stemma registry init postgresql://stemma@db.example/models
    """
    from stemma.usecases.registry_work import init_registry

    made = init_registry(place)
    if not quiet:
        say("made" if made else "It is there already; nothing changed.")


def import_(
    source: Annotated[
        Path, Argument(help="A directory, or a file of records as lines of JSON (.jsonl) that were validated.")
    ],
    force: Annotated[bool, Option("--force", help="Replace records that say something else.")] = False,
    registry: RegistryOption = None,
    quiet: QuietOption = False,
) -> None:
    """Take in a whole registry or a directory of records, all of it or nothing.

    An empty registry takes over the audit log of the other too. Lines of JSON go into a database without being
    validated again, which is fast: 3 million records take minutes.

    \b
    Examples:
      stemma registry import records --registry models.db
      stemma registry import backup --registry postgresql://stemma@db.example/models
      stemma registry import records.jsonl --registry models.db
    """
    from stemma.publish.figures import counted
    from stemma.usecases.registry_work import import_from

    done = import_from(source, registry, _teller(quiet), replace=force)
    if not quiet:
        more = "edge" if source.suffix == ".jsonl" else "other value"
        say(f"imported: {counted(done.records, 'record')}, {counted(done.others, more)}")


def export(
    path: Annotated[Path, Argument(help="The directory to write; it must not be there yet.")],
    secrets: Annotated[
        bool, Option("--secrets", help="Write the secrets of webhooks too: keep the directory as safe as the registry.")
    ] = False,
    registry: RegistryOption = None,
    quiet: QuietOption = False,
) -> None:
    """Write the whole registry to a directory, which is a registry itself.

    Nothing is lost but the secrets that webhooks are signed with, unless --secrets is given. Without them nothing is
    sent from an import; where the registry knows the subscription, it keeps its secret.

    \b
    Examples:
      stemma registry export shared --registry models.db
      stemma registry export backup --secrets --registry models.db
    """
    from stemma.publish.figures import counted
    from stemma.usecases.registry_work import export_to

    done = export_to(path, registry, _teller(quiet), secrets=secrets)
    if not quiet:
        say(f"exported: {counted(done.records, 'record')}, {counted(done.others, 'other value')} to {path}")


def stats(
    form: PlainFormatOption = PlainFormat.TABLE, output: OutputOption = None, registry: RegistryOption = None
) -> None:
    """Count what the registry holds, and print the head of its audit log.

    Note the head in another place: it proves later that nothing before it was changed or cut off.

    \b
    Examples:
      stemma registry stats
      stemma registry stats --registry models.db --format json
    """
    from stemma.usecases.registry_work import count_registry

    check_output(output)
    found = count_registry(registry)
    if form is PlainFormat.JSON:
        from stemma.publish.canonical import to_json
        from stemma.publish.registry.stores import statistics_document

        write(to_json(statistics_document(found.place, found.revision, found.counts, found.head)), output)
        return
    from stemma.publish.registry.stores import render_statistics

    show(lambda console: render_statistics(found.place, found.revision, found.counts, found.head, console), output)


def verify(
    form: PlainFormatOption = PlainFormat.TABLE, output: OutputOption = None, registry: RegistryOption = None
) -> None:
    """Check the audit log, and records and advisories against it. Exit status: 0 sound, 3 something is wrong.

    \b
    Examples:
      stemma registry verify
      stemma registry verify --registry models.db --format json
    """
    from stemma.usecases.registry_work import check_registry

    check_output(output)
    found = check_registry(registry)
    if form is PlainFormat.JSON:
        from stemma.publish.canonical import to_json
        from stemma.publish.registry.stores import verified_document

        write(to_json(verified_document(found)), output)
    else:
        from stemma.publish.registry.stores import render_verified

        show(lambda console: render_verified(found, console), output)
    if found.problems:
        raise Leave(Exit.BAD_INPUT)


def migrate(
    to: Annotated[str | None, Option("--to", metavar="REVISION", help="Default: what this Stemma works with.")] = None,
    drop: Annotated[bool, Option("--drop", help="Go back even where values are lost by it.")] = False,
    registry: RegistryOption = None,
    quiet: QuietOption = False,
) -> None:
    """Bring the tables of a database to another revision, all of it or nothing. Export first.

    \b
    Examples:
      stemma registry migrate --registry models.db
      stemma registry migrate --to 0001 --registry models.db
    """
    from stemma.usecases.registry_work import migrate_registry

    done = migrate_registry(registry, to, drop=drop)
    if not quiet:
        same = done.before == done.after
        say(f"revision {done.after}; nothing changed" if same else f"revision {done.before or 'none'} to {done.after}")


def _teller(quiet: bool) -> Callable[[int], None]:
    def tell(done: int) -> None:
        if not quiet and done % _EVERY == 0:
            say(f"{done:,} records")

    return tell
