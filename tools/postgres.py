"""A PostgreSQL of our own: a throw-away cluster in a temporary folder, reached by a socket in it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

_USER = "nobody"
_SETTINGS = "-c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=40"


def binaries() -> Path | None:
    """Where Debian puts the server's programs, the newest version; None where there is no server."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


@dataclass(eq=False)
class Cluster:
    """A running server. ``stop`` and ``start`` are what a restart of the machine is to its clients."""

    programs: Path
    folder: Path
    settings: str = _SETTINGS
    _count: list[int] = field(default_factory=lambda: [0])

    def url(self, database: str) -> str:
        """How to reach a database."""
        return f"postgresql://{_USER}@/{database}?host={self.folder}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        options = f"{self.settings} -c unix_socket_directories='{self.folder}'"
        self._run("pg_ctl", "start", "-w", "-D", self.folder / "data", "-l", self.folder / "log", "-o", options)

    def stop(self) -> None:
        """Stop it at once; what was committed stays."""
        self._run("pg_ctl", "stop", "-w", "-D", self.folder / "data", "-m", "immediate")

    def fresh(self, template: str = "template0") -> str:
        """The URL of a database that nobody has used, a copy of ``template``."""
        self._count[0] += 1
        return self.create(f"registry_{self._count[0]}", template)

    def create(self, name: str, template: str = "template0") -> str:
        """The URL of a new database of that name."""
        self._ask(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Take a database away, whoever uses it."""
        name = url.partition("?")[0].rpartition("/")[2]
        self._ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _ask(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def _run(self, program: str, *arguments: object) -> None:
        words = [str(self.programs / program), *map(str, arguments)]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PGTZ": "UTC"}
        user = _USER if os.geteuid() == 0 else None
        done = subprocess.run(
            words,
            user=user,
            group=pwd.getpwnam(_USER).pw_gid if user else None,
            extra_groups=[] if user else None,
            cwd=self.folder,
            env=environment,
            stdout=subprocess.DEVNULL,  # a pipe would stay open as long as the server runs
            stderr=subprocess.DEVNULL if program == "pg_ctl" else subprocess.PIPE,
            timeout=120,
            check=False,
        )
        if done.returncode:
            log = self.folder / "log"
            told = log.read_text() if log.is_file() else done.stderr.decode()
            raise RuntimeError(f"{program} failed with {done.returncode}: {told}")


@contextmanager
def cluster(settings: str = _SETTINGS, folder: Path | None = None) -> Iterator[Cluster]:
    """A new server, gone with all its data at the end."""
    programs = binaries()
    if programs is None:
        raise FileNotFoundError("PostgreSQL is not installed: run scripts/setup-debian.sh")
    made = Path(tempfile.mkdtemp(prefix="stemma-pg-", dir=folder))  # short: the path of a socket has 107 bytes at most
    if os.geteuid() == 0:
        shutil.chown(made, _USER, pwd.getpwnam(_USER).pw_gid)
    try:
        server = Cluster(programs, made, settings)
        server._run("initdb", "-D", made / "data", "-U", _USER, "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(made, ignore_errors=True)
