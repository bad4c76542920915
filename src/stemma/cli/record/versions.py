"""``stemma record diff``, ``bump`` and ``lock``"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from stemma.cli.options import OutputOption, PlainFormat, PlainFormatOption, QuietOption
from stemma.cli.output import check_output, say, show, write
from stemma.cli.parser import Argument, Option
from stemma.cli.record.options import RECORD_HELP, RecordArgument, RegistryOption


class Level(StrEnum):
    """Parts of a version."""

    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


def diff(
    old: Annotated[str, Argument(help=RECORD_HELP)],
    new: Annotated[str, Argument(help=RECORD_HELP)],
    form: PlainFormatOption = PlainFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
) -> None:
    """Say what changed between two records, which bump of the version that needs, and why.

    \b
    Examples:
      stemma record diff my-model@1.0.0 my-model@1.1.0
      stemma record diff my-model draft.yaml --format json
    """
    from stemma.usecases.records.versions import diff_versions

    check_output(output)
    found = diff_versions(old, new, registry=registry)
    match form:
        case PlainFormat.TABLE:
            from stemma.publish.registry.terminal import render_difference

            show(lambda console: render_difference(found.difference, found.needed, console), output)
        case PlainFormat.JSON:
            from stemma.publish.canonical import to_json
            from stemma.publish.registry.documents import difference_document

            write(to_json(difference_document(found.difference, found.needed)), output)


def bump(
    record: RecordArgument,
    level: Annotated[
        Level | None, Option("--level", metavar="LEVEL", help="major, minor or patch; default: what the changes need.")
    ] = None,
    to: Annotated[str | None, Option("--to", metavar="VERSION", help="This version.")] = None,
    registry: RegistryOption = None,
    quiet: QuietOption = False,
) -> None:
    """Write the next version of a record into the registry; a bump that is too small is refused.

    A draft (a changed copy of the newest version, in a file of its own) gets the version that its changes need. A
    record of the registry is copied under its next version, to be edited there.

    \b
    Examples:
      stemma record bump draft.yaml
      stemma record bump draft.yaml --to 2.0.0
      stemma record bump my-model --level minor
    """
    from stemma.records import Bump
    from stemma.usecases.records.versions import bump_record

    asked = None if level is None else Bump[level.name]
    bumped = bump_record(record, level=asked, version=to, registry=registry)
    write(str(bumped.file), None)
    if not quiet:
        say(f"{bumped.before} -> {bumped.record.key}")
        for change in bumped.difference.changes:
            say(f"  {change.bump.name.lower()}: {change.reason}")


def lock(
    record: RecordArgument,
    output: Annotated[
        Path | None, Option("--output", "-o", help="Write the lock here; default: beside the record.")
    ] = None,
    registry: RegistryOption = None,
    quiet: QuietOption = False,
) -> None:
    """Pin every record that this one leads to, to version and content digest.

    `stemma record validate --locked` fails once they have come apart.

    \b
    Examples:
      stemma record lock my-model
      stemma record validate --locked records
    """
    from stemma.usecases.records.versions import write_lock

    check_output(output)
    locked = write_lock(record, registry=registry, output=output)
    write(str(locked.file), None)
    if not quiet:
        say(f"{len(locked.lock.pins)} pinned, {len(locked.lock.missing)} not found.")
        for asked, reason in locked.lock.missing.items():
            say(f"  {asked}: {reason}")
