"""``stemma catalog ...``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from stemma.cli.exits import Exit
from stemma.cli.options import (
    MODEL_HELP,
    CacheOption,
    OfflineOption,
    PlainFormat,
    PlainFormatOption,
    QuietOption,
    SampleOption,
    WorkersOption,
    work_of,
)
from stemma.cli.output import say, show, write
from stemma.cli.parser import Argument, Group, Leave, Option
from stemma.cli.progress import Bar
from stemma.cli.scan_command import CatalogOption

if TYPE_CHECKING:
    from stemma.catalog import Catalog
    from stemma.publish.model import CatalogListing

app = Group(
    help="Keep a catalog of fingerprints to scan against.",
    commands={
        "add": "stemma.cli.catalog_commands:add",
        "list": "stemma.cli.catalog_commands:list_",
        "show": "stemma.cli.catalog_commands:show_",
        "remove": "stemma.cli.catalog_commands:remove",
        "export": "stemma.cli.catalog_commands:export",
        "import": "stemma.cli.catalog_commands:import_",
        "verify": "stemma.cli.catalog_commands:verify",
        "build": "stemma.cli.catalog_commands:build",
    },
)


def _open(directory: Path | None) -> Catalog:
    from stemma.catalog import Catalog
    from stemma.usecases.catalogs import default_catalog

    return Catalog(directory or default_catalog())


def add(
    models: Annotated[list[str], Argument(help=MODEL_HELP)],
    catalog: CatalogOption = None,
    name: Annotated[str | None, Option("--name", help="Name in the catalog; default: the model's own.")] = None,
    replace: Annotated[bool, Option("--replace", help="Put it in place of one of the same name.")] = False,
    sample: SampleOption = False,
    cache: CacheOption = True,
    offline: OfflineOption = False,
    workers: WorkersOption = None,
    quiet: QuietOption = False,
) -> None:
    """Fingerprint models into the catalog; adding the same twice changes nothing.

    \b
    Examples:
      stemma catalog add ./base-1 ./base-2
      stemma catalog add hf:org/name --name org--name
    """
    from stemma.errors import InputError
    from stemma.usecases.catalogs import add_models

    if name is not None and len(models) > 1:
        raise InputError("One --name was given for several models.", advice="Add them one at a time.")
    opened = _open(catalog)
    with Bar(quiet=quiet) as bar:
        work = work_of(bar, sample=sample, cache=cache, offline=offline, workers=workers)
        for model in models:
            (addition,) = add_models(opened, [model], work, name=name, replace=replace)
            if not quiet:
                say(f"{addition.change}: {addition.entry.name}")


def list_(catalog: CatalogOption = None, form: PlainFormatOption = PlainFormat.TABLE) -> None:
    """List the fingerprints of the catalog.

    \b
    Examples:
      stemma catalog list
      stemma catalog list --format json
    """
    from stemma.usecases.catalogs import listing

    _write(listing(_open(catalog)), form)


def show_(
    name: Annotated[str, Argument(help="Name in the catalog.")],
    catalog: CatalogOption = None,
) -> None:
    """Print what one fingerprint says of its model, as JSON.

    \b
    Example:
      stemma catalog show org--name
    """
    import json

    summary = _open(catalog).show(name)
    write(json.dumps(summary.description, indent=2, sort_keys=True, ensure_ascii=False), None)


def remove(
    names: Annotated[list[str], Argument(help="Names in the catalog.")],
    catalog: CatalogOption = None,
    quiet: QuietOption = False,
) -> None:
    """Take fingerprints out of the catalog.

    \b
    Example:
      stemma catalog remove org--name
    """
    opened = _open(catalog)
    for name in names:
        opened.remove(name)
        if not quiet:
            say(f"removed: {name}")


def export(
    path: Annotated[Path, Argument(help="The file to write.")],
    catalog: CatalogOption = None,
    quiet: QuietOption = False,
) -> None:
    """Write the whole catalog to one file, with digests.

    \b
    Example:
      stemma catalog export catalog.zip
    """
    count = _open(catalog).export(path)
    if not quiet:
        say(f"exported: {count} fingerprints to {path}")


def import_(
    path: Annotated[Path, Argument(help="A file that `stemma catalog export` wrote.")],
    catalog: CatalogOption = None,
    replace: Annotated[bool, Option("--replace", help="Replace fingerprints of the same names.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Take in an exported catalog, all of it or nothing; digests are checked.

    \b
    Example:
      stemma catalog import catalog.zip
    """
    additions = _open(catalog).import_(path, replace=replace)
    if not quiet:
        say(f"imported: {len(additions)} fingerprints")


def verify(
    catalog: CatalogOption = None,
    repair: Annotated[bool, Option("--repair", help="Rebuild the index from the files.")] = False,
    form: PlainFormatOption = PlainFormat.TABLE,
) -> None:
    """Check every file against its digest and the index. Exit status: 0 sound, 3 something is wrong.

    \b
    Examples:
      stemma catalog verify
      stemma catalog verify --repair
    """
    from stemma.usecases.catalogs import verified

    opened = _open(catalog)
    if repair:
        done = opened.repair()
        say(f"kept {len(done.kept)}, taken in {len(done.adopted)}, dropped {len(done.dropped)}")
    found = verified(opened)
    _write(found, form)
    if found.problems:
        raise Leave(Exit.BAD_INPUT)


def build(
    seeds: Annotated[
        Path | None, Argument(help="A YAML list of hub models; default: the starter list that ships with Stemma.")
    ] = None,
    catalog: CatalogOption = None,
    limit: Annotated[int | None, Option("--limit", min=1, help="Only the first so many.")] = None,
    workers: Annotated[int, Option("--workers", min=1, max=16, help="Models at once.")] = 2,
    quiet: QuietOption = False,
) -> None:
    """Fingerprint a list of hub models by byte range; what is done stays done when interrupted.

    Exit status: 0 all are in the catalog, 3 some could not be read (they are named, and tried again by the next run).

    \b
    Examples:
      stemma catalog build
      stemma catalog build my-seeds.yaml --catalog ./catalog
    """
    from stemma.usecases.crawl import build_catalog

    def tell(name: str, reason: str | None) -> None:
        if reason is not None:
            say(f"not taken: {name}: {reason}")
        elif not quiet:
            say(f"taken: {name}")

    with Bar(quiet=quiet) as bar:
        work = work_of(bar, sample=True, workers=workers)
        outcome = build_catalog(_open(catalog), seeds, work, limit=limit, tell=tell)
    if not quiet:
        say(f"{outcome.done} of {outcome.asked} models are in the catalog.")
    if outcome.failed:
        raise Leave(Exit.BAD_INPUT)


def _write(found: CatalogListing, form: PlainFormat) -> None:
    if form is PlainFormat.JSON:
        from stemma.publish.canonical import to_json
        from stemma.publish.result_json import catalog_document

        write(to_json(catalog_document(found)), None)
        return
    from stemma.publish.terminal import render_catalog

    show(lambda console: render_catalog(found, console), None)
