"""Several writers, processes that are killed, a database that goes away, a disk that is full, damaged files."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from stemma.errors import InputError, RegistryUnavailable, StemmaError
from stemma.identity import Version
from stemma.registry import DirectoryRegistry, Registry, chain_problems, verify_registry
from stemma.registry.sql import HEAD, Database, SqlRegistry, migrate, revision_of
from stemma.registry.sql.database import IDLE_SECONDS
from tests.registry.backends import Backend, clock, made_ready
from tests.registry.texts import text
from tests.registry.values import advisory, alert, delivery, ruling, subscription
from tools.postgres import Cluster, cluster

DURABLE = ("directory", "sqlite", "postgresql")


@pytest.mark.parametrize("kept", DURABLE, indirect=True)
def test_writers_wait_for_one_another(kept: Backend) -> None:
    """Each with a registry of its own, as processes have: nothing is lost, the log is one chain."""
    failed: list[StemmaError] = []

    def write(number: int) -> None:
        try:
            registry = kept.open()
            for version in range(8):
                with registry.transaction():
                    registry.records.put(text(f"m{number}", f"1.{version}.0", relations=(("finetuned-from", "base"),)))
                    registry.alerts.put([alert(subject=f"m{number}@1.{version}.0")])
        except StemmaError as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    registry = kept.open()
    assert failed == []
    assert len(list(registry.graph.declared(["base"], "upstream"))) == 32
    assert len(list(registry.alerts.find())) == 32
    entries = list(registry.audit.entries())
    assert [entry.seq for entry in entries] == list(range(1, 65))
    assert list(chain_problems(entries)) == []


@pytest.mark.parametrize("kept", ["sqlite", "postgresql"], indirect=True)
def test_threads_share_a_registry_in_sql(kept: Backend) -> None:
    """A transaction belongs to its thread: another reads what was there before it."""
    registry = kept.open()
    registry.records.put(text("base"))
    seen: list[int] = []
    with registry.transaction():
        registry.records.put(text("child"))
        reader = threading.Thread(target=lambda: seen.append(len(list(registry.records.names()))))
        reader.start()
        reader.join(30)
    assert seen == [1]
    assert len(list(registry.records.names())) == 2


def _run(code: str, *words: str) -> subprocess.CompletedProcess[str]:
    run = [sys.executable, "-c", code, *words]
    return subprocess.run(run, capture_output=True, text=True, timeout=120, check=False, cwd=Path(__file__).parents[2])


_WRITE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from tests.registry.backends import clock
from tests.registry.texts import text
from tests.registry.values import alert, delivery
kind, place, when = sys.argv[1:]
if kind == "directory":
    from stemma.registry import DirectoryRegistry
    registry = DirectoryRegistry(Path(place), clock, "tests")
else:
    from stemma.registry.sql import SqlRegistry
    registry = SqlRegistry(place, clock, "tests")
registry.records.put(text("acknowledged"))
print("acknowledged", flush=True)
with registry.transaction():
    registry.records.put(text("half"))
    registry.alerts.put([alert()])
    if when == "within":
        os.kill(os.getpid(), signal.SIGKILL)
    registry.outbox.add([delivery(alert())])
print("whole", flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("kept", DURABLE, indirect=True)
@pytest.mark.parametrize("when", ["within", "after"])
def test_what_was_acknowledged_outlives_a_kill_and_nothing_half_does(kept: Backend, when: str) -> None:
    registry = kept.open()
    place = str(registry.path) if isinstance(registry, DirectoryRegistry) else kept.url
    done = _run(_WRITE_AND_DIE, kept.name, place, when)
    assert done.returncode == -signal.SIGKILL, done.stderr
    other = kept.open()
    whole = done.stdout.split() == ["acknowledged", "whole"]
    assert whole == (when == "after")
    assert list(other.records.names()) == (["acknowledged", "half"] if whole else ["acknowledged"])
    assert len(list(other.alerts.find())) == len(list(other.outbox.all())) == int(whole)
    assert verify_registry(other).problems == ()
    other.records.put(text("after"))


def _die_at(step: int, folder: Path) -> bool:
    """A process whose transaction is killed at its n-th change of a file; True where it came through."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    left = step

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left
        changes = event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir")
        if changes or (event == "open" and "x" in str(arguments[1])):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    registry = DirectoryRegistry(folder, clock, "tests")
    sys.addaudithook(count)
    with registry.transaction():
        registry.records.put(text("m1"))
        registry.records.remove("m0", Version.parse("1.0.0"))
        registry.alerts.put([alert()])
    os._exit(0)


def test_a_directory_is_never_half_changed_wherever_the_process_dies(tmp_path: Path) -> None:
    """Killed at every change of a file in turn: the next one finds all of the transaction, or nothing of it."""
    outcomes, through, step = set(), False, 0
    while not through:
        step += 1
        folder = tmp_path / str(step)
        folder.mkdir()
        DirectoryRegistry(folder, clock, "tests").records.put(text("m0"))
        through = _die_at(step, folder)
        registry = DirectoryRegistry(folder, clock, "tests")
        found = (*registry.records.names(), len(list(registry.alerts.find())), len(list(registry.audit.entries())))
        assert found in (("m0", 0, 1), ("m1", 1, 4))
        assert verify_registry(registry).problems == ()
        outcomes.add(found)
        registry.records.put(text("after"))
        assert not [each for each in (folder / "_registry").iterdir() if each.name in (".stage", ".commit", ".done")]
    assert len(outcomes) == 2
    assert step > 12


@pytest.fixture
def own_server() -> Cluster:
    """A server that may be stopped."""
    with cluster() as server:
        yield server


def test_a_database_that_goes_away_and_comes_back(own_server: Cluster) -> None:
    url = own_server.create("registry")
    made_ready(url)
    registry = SqlRegistry(url, clock, "tests")
    registry.records.put(text("before"))
    own_server.stop()
    with pytest.raises(RegistryUnavailable, match="could not be used"):
        registry.records.put(text("lost"))
    with pytest.raises(RegistryUnavailable):
        list(registry.graph.declared(["base"], "upstream"))
    own_server.start()
    assert list(registry.records.names()) == ["before"]
    registry.records.put(text("after"))
    with pytest.raises(RegistryUnavailable), registry.transaction():
        registry.records.put(text("half"))
        own_server.stop()
        registry.alerts.put([alert()])
    own_server.start()
    assert list(registry.records.names()) == ["after", "before"]
    assert verify_registry(registry).problems == ()
    registry.close()


@pytest.mark.slow
def test_a_connection_that_died_while_idle_is_replaced_unseen(own_server: Cluster) -> None:
    url = own_server.create("registry")
    made_ready(url)
    registry = SqlRegistry(url, clock, "tests")
    registry.records.put(text("before"))
    own_server.stop()
    own_server.start()
    time.sleep(IDLE_SECONDS + 0.5)
    registry.records.put(text("after"))
    assert list(registry.records.names()) == ["after", "before"]
    registry.close()


_FILL_THE_DISK = """
import resource, sys
from stemma.errors import RegistryUnavailable, StemmaError
from stemma.registry.sql import SqlRegistry
from tests.registry.backends import clock
from tests.registry.texts import text
from pathlib import Path
registry = SqlRegistry(sys.argv[1], clock, "tests")
resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))
done = 0
try:
    while done < 1_000:
        registry.records.put(text(f"m{done}", more=f"about: {{description: {'x' * 50_000}}}\\n"))
        done += 1
except RegistryUnavailable as error:
    print(done, error.message)
"""


def test_a_full_disk_is_an_error_and_loses_nothing(tmp_path: Path) -> None:
    """The kernel refuses to let the files grow; what was acknowledged before is there, and work goes on with room."""
    url = f"sqlite:///{tmp_path}/registry.db"
    made_ready(url)
    done = _run(_FILL_THE_DISK, url)
    count, _, message = done.stdout.partition(" ")
    assert "could not be used" in message, done.stderr
    registry = SqlRegistry(url, clock, "tests")
    assert int(count) > 3
    assert len(list(registry.records.names())) == int(count)
    assert verify_registry(registry).problems == ()
    registry.records.put(text("after"))
    registry.close()


def test_a_full_disk_leaves_a_directory_as_it_was(tmp_path: Path) -> None:
    registry = DirectoryRegistry(tmp_path, clock, "tests")
    registry.records.put(text("base"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(StemmaError, match="could not be written"), registry.transaction():
            registry.records.put(text("child"))
            registry.alerts.put(alert(subject=f"m{number}@1.0.0") for number in range(100))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    for each in (registry, DirectoryRegistry(tmp_path, clock, "tests")):
        assert list(each.records.names()) == ["base"]
        assert list(each.alerts.find()) == []
    registry.records.put(text("child"))


@pytest.mark.parametrize("kept", ["sqlite", "postgresql"], indirect=True)
def test_migrations_go_up_and_down_with_data(kept: Backend) -> None:
    registry = kept.open()
    registry.records.put(text("child", relations=(("finetuned-from", "base"),)))
    registry.rulings.put(ruling("base@1.0.0", "child@1.0.0"))
    entries = list(registry.audit.entries())
    database = Database(kept.url)
    migrate(database, "0001")
    assert revision_of(database) == "0001"
    with pytest.raises(InputError, match=f"has revision 0001, expected {HEAD}"):
        kept.open()
    migrate(database)
    again = kept.open()
    assert again.records.text("child", Version.parse("1.0.0")) == text("child", relations=(("finetuned-from", "base"),))
    assert [edge.key for edge in again.graph.declared(["base"], "upstream")] == ["child@1.0.0"]
    assert list(again.rulings.all()) == [ruling("base@1.0.0", "child@1.0.0")]
    assert list(again.audit.entries()) == entries
    again.advisories.put(advisory())
    with pytest.raises(InputError, match="would lose 1 rows of advisories"):
        migrate(database, "0001")
    assert list(again.advisories.ids()) == ["STEMMA-2026-1"]
    migrate(database, "0001", drop=True)
    migrate(database)
    assert list(kept.open().advisories.ids()) == []
    with pytest.raises(InputError, match="expected one of 0001"):
        migrate(database, "9999")
    database.close()


@pytest.mark.parametrize("kept", ["sqlite", "postgresql"], indirect=True)
def test_the_tables_are_those_that_the_code_knows(kept: Backend) -> None:
    """A change of the schema needs a migration."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from stemma.registry.sql.schema import metadata

    def ours(name: str | None, _kind: str, _parents: object) -> bool:
        return (
            not str(name).startswith("record_words") and name != "ix_records_words"
        )  # made by statements of their own

    database = Database(kept.url)
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": ours})
        assert compare_metadata(context, metadata) == []
    database.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("hello " * 1000)
    with pytest.raises(RegistryUnavailable, match="not a database"):
        SqlRegistry(f"sqlite:///{tmp_path}/text.db", clock)
    with pytest.raises(InputError, match="There is no registry at"):
        SqlRegistry(f"sqlite:///{tmp_path}/none.db", clock)
    assert not (tmp_path / "none.db").exists()
    with pytest.raises(InputError, match="SQLite and PostgreSQL"):
        SqlRegistry("mysql://localhost/x", clock)


def test_a_password_is_in_no_message() -> None:
    with pytest.raises(RegistryUnavailable) as caught:
        SqlRegistry("postgresql://me:secret@127.0.0.1:1/x", clock)
    assert "secret" not in str(caught.value)


def test_a_journal_that_points_elsewhere_is_refused(tmp_path: Path) -> None:
    """A directory may come from anybody."""
    home = tmp_path / "in" / "_registry"
    (home / ".commit").mkdir(parents=True)
    (home / "alerts.jsonl").touch()
    (home / ".commit" / "0").write_text("gotcha")
    (home / ".commit" / "manifest.json").write_text('{"../outside.yaml": "0"}')
    with pytest.raises(InputError, match="which is no file of a registry"):
        DirectoryRegistry(tmp_path / "in", clock).records.put(text("base"))
    assert not (tmp_path / "outside.yaml").exists()


def _values(registry: Registry) -> None:
    registry.subscriptions.put(subscription())
    registry.outbox.add([delivery(alert())])


def test_tables_are_read_anew_when_another_process_wrote_them(tmp_path: Path) -> None:
    first, second = DirectoryRegistry(tmp_path, clock), DirectoryRegistry(tmp_path, clock)
    assert list(second.subscriptions.all()) == []
    _values(first)
    assert len(list(second.subscriptions.all())) == len(list(second.outbox.all())) == 1
    assert (tmp_path / "_registry" / "subscriptions.jsonl").stat().st_mode & 0o077 == 0
    assert (tmp_path / "_registry" / ".lock").stat().st_mode & 0o077 == 0
