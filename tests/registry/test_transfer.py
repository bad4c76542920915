"""A whole registry as a directory and back."""

from __future__ import annotations

import filecmp
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stemma.errors import InputError, InvalidRecord
from stemma.registry import (
    AlertState,
    DirectoryRegistry,
    FingerprintDigest,
    MemoryRegistry,
    Registry,
    export_registry,
    import_registry,
    verify_registry,
)
from tests.registry.backends import Anew, Backend, clock
from tests.registry.texts import text
from tests.registry.values import advisory, alert, delivery, ruling, sighting, subscription

_NAMES = st.sampled_from(["base", "child", "x1", "data-set"])
_VERSIONS = st.sampled_from(["1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1+b.1"])
_TEXTS = st.sampled_from(["", "about: {title: Ünï}  # kept\n", "\n# a tail\n", "x-a: {b: [1, null]}\n"])
_TIMES = st.sampled_from(["2026-03-01T00:00:00Z", "2026-03-01T00:00:00.25Z", "2026-04-01T00:00:00Z"])
_WORDS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20)


@st.composite
def _changes(draw: st.DrawFn) -> list[tuple[str, object]]:
    record = st.builds(
        lambda name, version, target, more: text(name, version, relations=(("finetuned-from", target),), more=more),
        _NAMES, _VERSIONS, _NAMES, _TEXTS,
    )  # fmt: skip
    kinds = st.one_of(
        st.tuples(st.just("record"), record),
        st.tuples(st.just("ruling"), st.builds(ruling, _WORDS, _NAMES, status=_WORDS, alpha=st.floats(1e-300, 0.05))),
        st.tuples(st.just("advisory"), st.builds(advisory, st.sampled_from(["A", "B"]), _TIMES)),
        st.tuples(st.just("alert"), st.builds(alert, subject=_WORDS, note=_WORDS, state=st.sampled_from(AlertState))),
        st.tuples(st.just("subscription"), st.builds(subscription, _NAMES, note=_WORDS, secret=_WORDS)),
        st.tuples(st.just("delivery"), st.builds(lambda s: delivery(alert(subject=s)), _WORDS)),
        st.tuples(st.just("digest"), st.builds(FingerprintDigest, _WORDS, _NAMES, _NAMES, _TIMES)),
        st.tuples(st.just("sighting"), st.builds(sighting, _NAMES, name=_WORDS, gone=st.booleans())),
    )
    return draw(st.lists(kinds, max_size=14))


def _fill(registry: Registry, changes: list[tuple[str, object]]) -> None:
    puts = {
        "record": lambda value: registry.records.put(value, replace=True),
        "ruling": registry.rulings.put,
        "advisory": registry.advisories.put,
        "alert": lambda value: registry.alerts.put([value]),
        "subscription": registry.subscriptions.put,
        "delivery": lambda value: registry.outbox.add([value]),
        "digest": registry.fingerprints.put,
        "sighting": registry.sightings.put,
    }
    for kind, value in changes:
        puts[kind](value)


def _same(left: Path, right: Path) -> bool:
    found = filecmp.dircmp(left, right, ignore=[".lock"])
    _, differ, errors = filecmp.cmpfiles(left, right, found.common_files, shallow=False)
    whole = not (found.left_only or found.right_only or differ or errors)
    return whole and all(_same(left / each, right / each) for each in found.common_dirs)


@given(_changes())
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_is_lost_between_directories(changes: list[tuple[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        first = MemoryRegistry(clock, "tests")
        _fill(first, changes)
        export_registry(first, folder / "out", secrets=True)
        second = DirectoryRegistry(folder / "out", clock, "others")
        third = MemoryRegistry(clock, "others")
        import_registry(third, folder / "out")
        assert second.counts() == first.counts() == third.counts()
        for number, each in enumerate((second, third)):
            export_registry(each, folder / f"again-{number}", secrets=True)
            assert _same(folder / "out", folder / f"again-{number}")
        assert verify_registry(third).problems == ()


@given(_changes())
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_nothing_is_lost_on_any_backend(anew: Anew, changes: list[tuple[str, object]]) -> None:
    with tempfile.TemporaryDirectory() as temporary, anew(Path(temporary)) as made:
        folder, registry = Path(temporary), made.open()
        first = MemoryRegistry(clock, "tests")
        _fill(first, changes)
        export_registry(first, folder / "out", secrets=True)
        import_registry(registry, folder / "out")
        assert registry.counts() == first.counts()
        export_registry(registry, folder / "again", secrets=True)
        assert _same(folder / "out", folder / "again")
        assert verify_registry(registry).problems == ()


def test_an_export_holds_secrets_only_where_it_is_asked_for(registry: Registry, tmp_path: Path) -> None:
    registry.subscriptions.put(subscription(secret="whsec_kept"))
    export_registry(registry, tmp_path / "shared")
    export_registry(registry, tmp_path / "backup", secrets=True)
    shared, backup = (tmp_path / name / "_registry" / "subscriptions.jsonl" for name in ("shared", "backup"))
    everything = b"".join(path.read_bytes() for path in shared.parent.iterdir())
    assert b"whsec_" not in everything and "whsec_kept" in backup.read_text()
    assert shared.stat().st_mode & 0o077 == 0 and backup.stat().st_mode & 0o077 == 0
    other = MemoryRegistry(clock, "others")
    import_registry(other, tmp_path / "shared")
    assert other.subscriptions.get("team") == subscription(secret="")
    import_registry(registry, tmp_path / "shared")  # of its own, it keeps the secret that it has
    assert registry.subscriptions.get("team").secret == "whsec_kept"
    registry.subscriptions.put(subscription(secret="whsec_kept", url="https://example.net/elsewhere"))
    import_registry(registry, tmp_path / "shared")  # but a secret is not moved to another address
    assert registry.subscriptions.get("team") == subscription(secret="")


@pytest.mark.parametrize("kept", ["sqlite"], indirect=True)
def test_nobody_else_may_read_the_file_of_a_registry(kept: Backend, tmp_path: Path) -> None:
    registry = kept.open()
    registry.subscriptions.put(subscription())
    files = list(tmp_path.rglob("registry.db*"))
    assert len(files) == 3  # with the log and its index
    assert [path.name for path in files if path.stat().st_mode & 0o077] == []


def test_what_is_there_is_not_overwritten(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="is there already"):
        export_registry(registry, tmp_path / "out")


def test_a_registry_with_content_takes_in_another_and_logs_it(registry: Registry, tmp_path: Path) -> None:
    other = MemoryRegistry(clock, "others")
    _fill(other, [("record", text("child")), ("advisory", advisory()), ("alert", alert())])
    export_registry(other, tmp_path / "out")
    registry.records.put(text("base"))
    import_registry(registry, tmp_path / "out")
    assert list(registry.records.names()) == ["base", "child"]
    assert [entry.action for entry in registry.audit.entries()] == [
        "record.put", "record.put", "advisory.put", "alerts.put", "registry.import"
    ]  # fmt: skip
    assert {entry.actor for entry in registry.audit.entries()} == {"tests"}
    assert verify_registry(registry).problems == ()


def test_a_damaged_export_is_taken_in_not_at_all(registry: Registry, tmp_path: Path) -> None:
    other = MemoryRegistry(clock, "others")
    _fill(other, [("record", text("child")), ("alert", alert())])
    export_registry(other, tmp_path / "out")
    alerts = tmp_path / "out" / "_registry" / "alerts.jsonl"
    alerts.write_text(alerts.read_text().replace('"revision":1', '"revision":"1"'))
    with pytest.raises(InputError, match=r"alerts\.jsonl:1: Got what is no Alert"):
        import_registry(registry, tmp_path / "out")
    assert not any(registry.counts().values())


def test_texts_that_no_database_holds_are_refused(registry: Registry, tmp_path: Path) -> None:
    other = MemoryRegistry(clock, "others")
    _fill(other, [("alert", alert(note="x"))])
    export_registry(other, tmp_path / "out")
    alerts = (tmp_path / "out" / "_registry" / "alerts.jsonl").read_text()
    for bad in ("\\u0000", "\\ud800"):
        home = tmp_path / bad[1:] / "_registry"
        home.mkdir(parents=True)
        (home / "alerts.jsonl").write_text(alerts.replace('"note":"x"', f'"note":"{bad}"'))
        with pytest.raises(InputError, match="no text may hold"):
            import_registry(registry, home.parent)


def test_a_log_that_was_changed_is_not_taken_over(registry: Registry, tmp_path: Path) -> None:
    other = MemoryRegistry(clock, "others")
    _fill(other, [("record", text("child")), ("record", text("base"))])
    export_registry(other, tmp_path / "out")
    log = tmp_path / "out" / "_registry" / "audit.jsonl"
    log.write_text(log.read_text().replace("child@1.0.0", "chilD@1.0.0"))
    with pytest.raises(InputError, match="not sound"):
        import_registry(registry, tmp_path / "out")
    assert not any(registry.counts().values())


def test_a_plain_directory_of_records_comes_in(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "in" / "base").mkdir(parents=True)
    (tmp_path / "in" / "base" / "base-1.0.0.yaml").write_text(text("base"))
    (tmp_path / "in" / "README.md").write_text("hello")
    import_registry(registry, tmp_path / "in")
    assert [entry.action for entry in registry.audit.entries()] == ["record.put"]
    (tmp_path / "in" / "base" / "base-1.1.0.yaml").write_text(text("base", "2.0.0"))
    with pytest.raises(InvalidRecord, match="Expected it at"):
        import_registry(registry, tmp_path / "in")
    assert len(list(registry.records.texts())) == 1


def test_content_that_was_changed_behind_the_log_is_found_out(tmp_path: Path) -> None:
    registry = DirectoryRegistry(tmp_path, clock, "tests")
    for name in ("a", "b"):
        registry.records.put(text(name))
    registry.advisories.put(advisory())
    assert verify_registry(registry).problems == ()
    (tmp_path / "a" / "a-1.0.0.yaml").write_text(text("a", more="about: {title: Other}\n"))
    (tmp_path / "b" / "b-1.0.0.yaml").unlink()
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "c-1.0.0.yaml").write_text(text("c"))
    advisories = tmp_path / "_registry" / "advisories.jsonl"
    advisories.write_text(advisories.read_text().replace('modified\\":', 'modified\\": '))
    found = verify_registry(DirectoryRegistry(tmp_path, clock))
    assert [problem.split(",")[0].split(" is")[0].split(" was")[0] for problem in found.problems[:2]] == [
        "a@1.0.0", "b@1.0.0"
    ]  # fmt: skip
    assert "STEMMA-2026-1" in found.problems[2]
    assert (found.records, found.unlogged) == (2, 1)
