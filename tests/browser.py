"""A headless Chromium driven over the DevTools protocol, on the two pipes that it reads and writes for that."""

from __future__ import annotations

import base64
import json
import os
import selectors
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
BOUND = 60.0
"""Seconds after which an answer is given up."""

_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
    "--disable-extensions", "--no-default-browser-check", "--remote-debugging-pipe",
)  # fmt: skip
# The browser reads commands from descriptor 3 and writes answers to descriptor 4.
_WRAPPER = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'


class BrowserError(Exception):
    """The browser refused a command or a script in the page threw."""


class Browser:
    """One browser process. Pages are opened one at a time with `page`."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(from_browser, selectors.EVENT_READ)
        self._pending = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def send(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result; events that come before it are kept."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        while True:
            answer = self._next(BOUND)
            if answer.get("id") != self._number:
                self.events.append(answer)
            elif "error" in answer:
                raise BrowserError(f"{method}: {answer['error']}")
            else:
                result: dict[str, Any] = answer["result"]
                return result

    def wait_for(self, event: str, session: str) -> dict[str, Any]:
        """The first kept or coming event of this name; it is taken away."""
        for place, kept in enumerate(self.events):
            if kept.get("method") == event and kept.get("sessionId") == session:
                return self.events.pop(place)
        while True:
            coming = self._next(BOUND)
            if coming.get("method") == event and coming.get("sessionId") == session:
                return coming
            self.events.append(coming)

    def _next(self, bound: float) -> dict[str, Any]:
        end = time.monotonic() + bound
        while b"\0" not in self._pending:
            if not self._waiting.select(max(0.0, end - time.monotonic())):
                raise BrowserError(f"no answer within {bound:g} s")
            data = os.read(self._from, 1 << 20)
            if not data:
                raise BrowserError("the browser has ended")
            self._pending += data
        whole, _, self._pending = self._pending.partition(b"\0")
        answer: dict[str, Any] = json.loads(whole)
        return answer

    @contextmanager
    def page(
        self, file: Path, *, width: int, height: int = 900, scripts: bool = True, dark: bool = False
    ) -> Iterator[Page]:
        """A file opened in a window of this width, and closed again."""
        self.events.clear()
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.send(f"{domain}.enable")
        page.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        # Nothing moves by itself, so that what is asked about a place is asked of where it ends.
        wishes = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce"}
        page.send("Emulation.setEmulatedMedia", features=[{"name": one, "value": wishes[one]} for one in wishes])
        if not scripts:
            page.send("Emulation.setScriptExecutionDisabled", value=True)
        page.send("Page.navigate", url=file.as_uri())
        self.wait_for("Page.loadEventFired", session)
        try:
            yield page
        finally:
            self.send("Target.closeTarget", targetId=target)


class Page:
    """A page in the browser."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._browser.send(method, self._session, **parameters)

    def run(self, expression: str) -> Any:
        """The value of an expression of JavaScript in the page; of a promise, what it comes to."""
        found = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise BrowserError(str(found["exceptionDetails"]))
        return found["result"].get("value")

    def key(self, name: str, code: int) -> None:
        """Press a key and let it go."""
        for kind in ("rawKeyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code)

    def requests(self) -> list[str]:
        """The addresses that the page asked for."""
        self.run("0")
        return [event["params"]["request"]["url"] for event in self._events("Network.requestWillBeSent")]

    def messages(self) -> list[str]:
        """What the console was told, by the page or by the browser, and what was thrown."""
        self.run("0")
        told = [str(event["params"]["args"]) for event in self._events("Runtime.consoleAPICalled")]
        told += [str(event["params"]["exceptionDetails"]) for event in self._events("Runtime.exceptionThrown")]
        return told + [str(event["params"]["entry"]["text"]) for event in self._events("Log.entryAdded")]

    def _events(self, name: str) -> list[dict[str, Any]]:
        return [
            one for one in self._browser.events if one.get("method") == name and one.get("sessionId") == self._session
        ]

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """A PNG of the window, or of the whole page."""
        clip: dict[str, Any] = {}
        if whole:
            size = self.send("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"captureBeyondViewport": True, "clip": {**size, "scale": 1}}
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png", **clip)["data"]))

    def pdf(self) -> bytes:
        """The page as it is printed."""
        return base64.b64decode(self.send("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"])


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser with a profile of its own under ``folder``; it ends with the block."""
    assert CHROMIUM is not None, "there is no Chromium"
    read_commands, to_browser = os.pipe()
    from_browser, write_answers = os.pipe()
    command = [CHROMIUM, *_FLAGS, f"--user-data-dir={folder}", "about:blank"]
    with subprocess.Popen(
        ["bash", "-c", _WRAPPER, "bash", str(read_commands), str(write_answers), *command],
        pass_fds=(read_commands, write_answers),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        os.close(read_commands)
        os.close(write_answers)
        try:
            found = Browser(to_browser, from_browser)
            yield found
            found.send("Browser.close")
            running.wait(BOUND)
        finally:
            running.kill()
            os.close(to_browser)
            os.close(from_browser)
