"""``stemma record validate``, ``fmt`` and ``migrate``"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from stemma.cli.exits import Exit
from stemma.cli.options import OutputOption, QuietOption
from stemma.cli.output import check_output, say, show, write
from stemma.cli.parser import Leave, Option
from stemma.cli.record.options import PathsArgument, RegistryOption

if TYPE_CHECKING:
    from stemma.usecases.records.check import Rewritten


class CheckFormat(StrEnum):
    """How findings are written."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"


CheckOption = Annotated[bool, Option("--check", help="Change nothing; leave with status 3 if anything would change.")]


def validate(
    paths: PathsArgument,
    locked: Annotated[bool, Option("--locked", help="Also compare records with their locks.")] = False,
    form: Annotated[CheckFormat, Option("--format", "-f", help="How to write the result.")] = CheckFormat.TABLE,
    output: OutputOption = None,
    registry: RegistryOption = None,
) -> None:
    """Check records: the language, their places, what they lead to, and their versions.

    Every problem is told with file, line and column. The exit status is 3 where there is one. In SARIF, files are told
    relative to the directory in which the command runs: run it at the top of the repository.

    \b
    Examples:
      stemma record validate records
      stemma record validate records --format sarif -o records.sarif
      stemma record validate draft.yaml
    """
    from stemma.usecases.records.check import check_paths

    check_output(output)
    checked = check_paths(paths, registry=registry, locked=locked)
    match form:
        case CheckFormat.TABLE:
            from stemma.publish.registry.terminal import render_checked

            show(lambda console: render_checked(checked, console), output)
        case CheckFormat.JSON:
            from stemma.publish.canonical import to_json
            from stemma.publish.registry.documents import problems_document

            write(to_json(problems_document(checked)), output)
        case CheckFormat.SARIF:
            from stemma.identity.version import VERSION
            from stemma.publish.canonical import to_json
            from stemma.publish.registry.sarif import problems_sarif

            write(to_json(problems_sarif(checked, VERSION, Path.cwd())), output)
    if checked.problems:
        raise Leave(Exit.BAD_INPUT)


def fmt(paths: PathsArgument, check: CheckOption = False, quiet: QuietOption = False) -> None:
    """Lay out records alike; comments and the order of keys stay.

    \b
    Examples:
      stemma record fmt records
      stemma record fmt --check records
    """
    from stemma.usecases.records.check import format_files

    _tell(format_files(paths, write=not check), "laid out", check=check, quiet=quiet)


def migrate(paths: PathsArgument, check: CheckOption = False, quiet: QuietOption = False) -> None:
    """Bring records to the present version of the record language.

    \b
    Examples:
      stemma record migrate records
      stemma record migrate --check records
    """
    from stemma.usecases.records.check import migrate_files

    _tell(migrate_files(paths, write=not check), "migrated", check=check, quiet=quiet)


def _tell(rewritten: Rewritten, done: str, *, check: bool, quiet: bool) -> None:
    for path in rewritten.changed:
        write(str(path), None)
    if not quiet:
        verb = "to be " if check else ""
        say(f"{len(rewritten.changed)} of {rewritten.files} {verb}{done}.")
    if check and rewritten.changed:
        raise Leave(Exit.BAD_INPUT)
