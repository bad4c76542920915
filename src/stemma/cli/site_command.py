"""``stemma site ...``"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

from stemma.cli.options import QuietOption
from stemma.cli.output import say
from stemma.cli.parser import Argument, Group, Option
from stemma.cli.progress import Bar

app = Group(
    help="""Publish a whole registry of records as a static site.

    \b
    Examples:
      stemma site build records --out site
    """,
    commands={"build": "stemma.cli.site_command:build"},
)


def build(
    registry: Annotated[
        str | None, Argument(help="Directory or database of records. Default: STEMMA_REGISTRY, else records.")
    ] = None,
    out: Annotated[Path, Option("--out", "-o", help="Directory of the site; made where there is none.")] = Path("site"),
    title: Annotated[str, Option("--title", help="Title of the list.")] = "Model records",
    quiet: QuietOption = False,
) -> None:
    """Build the site: a page per record and version, a list to search and filter, JSON, JSON-LD and Markdown beside.

    It loads nothing from elsewhere and works from a folder. Pages that would come out the same are left alone.

    \b
    Examples:
      stemma site build records --out site
      stemma site build --out public --title "Models of Acme"
    """
    from stemma.publish.figures import counted
    from stemma.usecases.site import build_site

    with Bar(quiet=quiet, counts=True) as bar:
        report = build_site(registry, out, title=title, progress=partial(bar.update, "records"))
    if not quiet:
        say(
            f"{counted(report.records, 'record')}: {counted(report.written, 'file')} written, "
            f"{report.unchanged:,} unchanged, {report.removed:,} removed, in {out}"
        )
