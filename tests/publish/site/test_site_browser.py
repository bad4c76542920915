"""A real browser: nothing that a record says runs, nothing is fetched, the list searches, both themes show."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from stemma.usecases.site import build_site
from tests.publish.record.record_examples import ATTACKS, BASE, PLIP, made, nasty
from tests.publish.site.test_site_build import registry

pytestmark = pytest.mark.slow

MOST = 190  # characters that every field takes


def _grouped(attacks: tuple[str, ...]) -> list[str]:
    """Several attacks in one string, to start the browser less often."""
    groups = [""]
    for attack in attacks:
        if len(groups[-1]) + len(attack) > MOST:
            groups.append("")
        groups[-1] += attack + " "
    return [group[:MOST] for group in groups]


GROUPS = _grouped(ATTACKS)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    records = [BASE, *PLIP]
    for number, attack in enumerate(GROUPS):
        data = {key: value for key, value in nasty(attack).data.items() if key not in ("stemma", "name", "type")}
        records.append(made(f"nasty-{number}", "model", **data))
    build_site(registry(folder / "records", records), folder / "out")
    return folder / "out"


class Served:
    """The site on loopback, with every path that was asked for."""

    def __init__(self, folder: Path) -> None:
        asked = self.asked = list[str]()

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                super().do_GET()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the handler's own name
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def served(site: Path) -> Iterator[Served]:
    running = Served(site)
    yield running
    running.server.shutdown()
    running.thread.join()
    running.server.server_close()


def browse(address: str, profile: Path, *options: str) -> tuple[str, str]:
    """The page after its scripts ran, and what the browser logged."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
        "--virtual-time-budget=4000", f"--user-data-dir={profile}",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", *options, "--dump-dom", address,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, check=True, timeout=180)
    return done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def said(log: str) -> list[str]:
    """What the page itself caused: console messages and refused loads."""
    return [line for line in log.splitlines() if "CONSOLE" in line]


@pytest.mark.parametrize("number", range(len(GROUPS)))
def test_nothing_that_a_record_says_runs(site: Path, tmp_path: Path, number: int) -> None:
    page = site / "records" / f"nasty-{number}" / "1.0.0.html"
    dom, log = browse(page.as_uri(), tmp_path)
    assert said(log) == []
    assert "<h1>" in dom and not re.search(r"<(?:script|img|iframe|i|b onload|evil)\b", dom)


def test_a_page_asks_for_itself_and_nothing_else(served: Served, tmp_path: Path) -> None:
    for page in ("/index.html", "/records/plip/1.0.0.html"):
        _, log = browse(served.address + page, tmp_path)
        assert said(log) == []
    assert set(served.asked) == {"/index.html", "/records/plip/1.0.0.html"}


@pytest.mark.parametrize(
    ("state", "shown"),
    [("", None), ("#risk=csam&q=plip", 1), ("#q=laion-5b", 1), ("#type=family", 1), ("#q=no-such-thing", 0)],
)
def test_the_list_searches_and_filters_from_a_folder(site: Path, tmp_path: Path, state: str, shown: int | None) -> None:
    dom, log = browse((site / "index.html").as_uri() + state, tmp_path)
    assert said(log) == []
    items = re.findall(r"<li [^>]*>", dom)
    visible = [item for item in items if "hidden" not in item]
    count = len(items) if shown is None else shown
    assert len(visible) == count
    assert f">{count} record{'' if count == 1 else 's'}<" in dom
    assert re.search(r'<div id="controls" role="search">', dom)


@pytest.mark.parametrize("scheme", [0, 1], ids=["dark", "light"])
def test_both_themes_can_be_drawn(site: Path, tmp_path: Path, scheme: int) -> None:
    picture = tmp_path / "page.png"
    page = (site / "records/plip/1.0.0.html").as_uri()
    browse(page, tmp_path / "p", f"--blink-settings=preferredColorScheme={scheme}", f"--screenshot={picture}")
    assert picture.stat().st_size > 10_000
