"""A real browser to click in: headless Chromium, spoken to over a pipe in its own protocol."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 20.0
_KEYS = {"ArrowDown": 40, "ArrowUp": 38, "Enter": 13, "Tab": 9}


class Browser:
    """One page of one browser. Clicks and keys are those of a user: they hit whatever lies at that place."""

    def __init__(self, to: int, back: int, downloads: Path) -> None:
        self._to, self._back, self._unread, self._number = to, back, b"", 0
        self.downloads, self.said = downloads, list[str]()
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = str(self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])
        for domain in ("Page", "Runtime", "Log"):
            self.ask(f"{domain}.enable")
        self.ask("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))
        self.screen()

    def ask(self, method: str, **given: Any) -> dict[str, Any]:
        """The answer to a command of the protocol."""
        self._number += 1
        told: dict[str, Any] = {"id": self._number, "method": method, "params": given}
        if hasattr(self, "_session") and not method.startswith(("Target.", "Browser.")):
            told["sessionId"] = self._session
        os.write(self._to, json.dumps(told).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return dict(answer["result"])
            self._hear(answer)

    def screen(self, width: int = 1280, height: int = 900, *, dark: bool = False, touch: bool = False) -> None:
        """What the page is seen on."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=touch)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])

    def open(self, address: str) -> None:
        """Go to an address, and wait until the page is there."""
        self.run("window.left = true")
        assert "errorText" not in self.ask("Page.navigate", url=address)
        self.wait("!window.left && document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """The value of an expression."""
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, (script, found["exceptionDetails"])
        return found["result"].get("value")

    def wait(self, script: str) -> Any:
        """The value of an expression, once it is true."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if value := self.run(script):
                return value
            time.sleep(0.03)
        raise AssertionError(f"{script} did not come true; at {self.address}: {self.text[:1500]}")

    @property
    def address(self) -> str:
        """Where the page is."""
        return str(self.run("location.href"))

    @property
    def text(self) -> str:
        """What a reader sees."""
        return str(self.run("document.body.innerText"))

    def click(self, words: str, within: str = "body") -> None:
        """Click the link, button or summary that says ``words``."""
        find = (
            f"[...document.querySelectorAll({json.dumps(within)} + ' :is(a,button,summary)')]"
            f".find(e => e.innerText.trim() === {json.dumps(words)} && e.checkVisibility())"
        )
        self.wait(f"!!{find}")
        box = self.run(
            f"(e => {{ e.scrollIntoView({{block: 'center', behavior: 'instant'}});"
            f" const r = e.getClientRects()[0]; return [r.x + r.width / 2, r.y + r.height / 2] }})({find})"
        )
        self.click_at(*box)

    def follow(self, words: str, within: str = "body") -> None:
        """Click, and wait until another page is there."""
        self.run("window.left = true")
        self.click(words, within)
        self.wait("!window.left && document.readyState === 'complete'")

    def click_at(self, x: float, y: float, times: int = 1) -> None:
        """Click a place of the window."""
        self.ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for count in range(1, times + 1):
            for kind in ("mousePressed", "mouseReleased"):
                self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=count)

    def type(self, words: str) -> None:
        """Type into whatever has the focus."""
        self.ask("Input.insertText", text=words)

    def press(self, key: str) -> None:
        """Press a key."""
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        code = _KEYS.get(key, ord(key[0]))
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def choose(self, selector: str, file: Path) -> None:
        """Choose a file to upload."""
        root = self.ask("DOM.getDocument")["root"]["nodeId"]
        found = self.ask("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.ask("DOM.setFileInputFiles", files=[str(file)], nodeId=found)

    def downloaded(self, pattern: str) -> Path:
        """A file that was downloaded whole."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = [path for path in self.downloads.glob(pattern) if path.stat().st_size]
            if found and not list(self.downloads.glob("*.crdownload")):
                return found[0]
            self.run("0")
            time.sleep(0.05)
        raise AssertionError(f"{pattern} was not downloaded: {sorted(self.downloads.iterdir())}")

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """The page as it looks, as PNG."""
        found = self.ask("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))

    def _hear(self, told: dict[str, Any]) -> None:
        if told.get("method") in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
            self.said.append(json.dumps(told["params"])[:500])

    def _read(self) -> dict[str, Any]:
        until = time.monotonic() + 60
        while b"\0" not in self._unread:
            assert select.select([self._back], [], [], max(0.0, until - time.monotonic()))[0], "the browser is silent"
            piece = os.read(self._back, 1 << 20)
            assert piece, "the browser ended"
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\0")
        return dict(json.loads(line))


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser that ends with the block; it reaches nothing but this machine."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed: run scripts/setup-debian.sh")
    (folder / "downloads").mkdir(parents=True)
    theirs, to = os.pipe()
    back, their_back = os.pipe()
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run",
        "--hide-scrollbars", f"--user-data-dir={folder / 'profile'}",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ]  # fmt: skip
    shell = ["bash", "-c", f'exec "$0" "$@" 3<&{theirs} 4>&{their_back}', *command]
    process = subprocess.Popen(shell, pass_fds=(theirs, their_back), stderr=subprocess.DEVNULL)
    for end in (theirs, their_back):
        os.close(end)
    try:
        yield Browser(to, back, folder / "downloads")
    finally:
        os.close(to)
        os.close(back)
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
