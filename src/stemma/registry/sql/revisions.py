"""Revisions of the tables: which one a database has, and migrations between them, which ship with the package."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import MetaData, Table, func, inspect, select

from stemma.errors import InputError
from stemma.registry.sql.database import Database

HEAD = "0006"
"""The revision that this version of Stemma works with."""
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
FIRST_TABLES_OF = {
    "0002": ("advisories", "advisory_subjects", "alerts", "subscriptions", "deliveries"),
    "0004": ("sightings",),
}
"""Tables that a revision added, which going back takes away."""


def revision_of(database: Database) -> str | None:
    """The revision of the tables; None where there are none."""
    with database.reading() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        table = Table("alembic_version", MetaData(), autoload_with=connection)
        found = connection.scalar(select(table.c.version_num))
    return None if found is None else str(found)


def require_current(database: Database) -> None:
    """Raises InputError unless the tables are of the revision ``HEAD``."""
    found = revision_of(database)
    if found is None:
        raise InputError(f"{database.shown} is no registry yet.", advice="Make it one with: stemma registry init")
    if found != HEAD:
        newer = found not in REVISIONS
        raise InputError(
            f"The registry {database.shown} has revision {found}, expected {HEAD}.",
            advice="Use a newer Stemma." if newer else "Bring it up with: stemma registry migrate",
        )


def migrate(database: Database, to: str = HEAD, *, drop: bool = False) -> None:
    """Bring the tables to a revision, all of it or nothing.

    Raises:
        InputError: there is no such revision, or going back would lose values and ``drop`` is not set.
    """
    from alembic import command  # noqa: PLC0415 slow to import, and only changes of the tables need it
    from alembic.config import Config  # noqa: PLC0415

    if to not in REVISIONS:
        raise InputError(f"Got the revision {to[:40]!r}, expected one of {', '.join(REVISIONS)}.")
    found = revision_of(database)
    if found is not None and found not in REVISIONS:
        require_current(database)
    back = found is not None and to < found
    if back and not drop:
        _refuse_loss(database, to)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if back else command.upgrade)(config, to)


def _refuse_loss(database: Database, to: str) -> None:
    gone = [name for revision, tables in FIRST_TABLES_OF.items() if revision > to for name in tables]
    with database.reading() as connection:
        there = set(inspect(connection).get_table_names())
        for name in gone:
            if name in there:
                table = Table(name, MetaData(), autoload_with=connection)
                count = connection.scalar(select(func.count()).select_from(table))
                if count:
                    raise InputError(
                        f"Going back to revision {to} would lose {count} rows of {name}.",
                        advice="Export the registry first, then go back with --drop.",
                    )
