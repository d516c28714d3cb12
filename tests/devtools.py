"""A headless Chromium, spoken to in its own protocol over two pipes: no driver, no port, no package."""

import base64
import itertools
import json
import os
import select
import subprocess
import time
from collections import deque
from pathlib import Path
from typing import Any, Self

# Chromium calls home unless it is told not to; none of it is a request of the page.
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--mute-audio",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
]
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27}


class Browser:
    """One Chromium with one page. Closes with the `with` block; its messages come one after another."""

    def __init__(self, program: str, profile: Path) -> None:
        self._program, self._profile = program, profile
        self._ids, self._events = itertools.count(1), deque[dict[str, Any]]()
        self._left = b""

    def __enter__(self) -> Self:
        child_in, self._out = os.pipe()
        self._in, child_out = os.pipe()
        self._process = subprocess.Popen(
            [self._program, *_FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            preexec_fn=lambda: _to_three_and_four(child_in, child_out),
            close_fds=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(child_in)
        os.close(child_out)
        self._session = ""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self.send(f"{domain}.enable")
        return self

    def __exit__(self, *_: object) -> None:
        self._session = ""
        try:
            self.send("Browser.close")
            self._process.wait(5)
        except (OSError, RuntimeError, TimeoutError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait(5)
        os.close(self._out)
        os.close(self._in)

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """The answer to one command. Raises RuntimeError with the browser's own words."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while (answer := self._read()).get("id") != number:
            self._events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def open(self, url: str, width: int = 1280, height: int = 900, dark: bool = False) -> list[str]:
        """Load *url*; returns every URL that was asked for, from anywhere, until the page stood."""
        self._events.clear()
        self.resize(width, height)
        self.media("screen", dark)
        self.send("Page.navigate", url="about:blank")
        self._until("Page.loadEventFired")
        self._events.clear()
        self.send("Page.navigate", url=url)
        self._until("Page.loadEventFired")
        time.sleep(0.05)  # its script has run at load; a first frame follows
        return self.requests()

    def requests(self) -> list[str]:
        """Every URL asked for since the page was opened."""
        sent = [event for event in self._events if event.get("method") == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]

    def complaints(self) -> list[str]:
        """What the page threw or the browser refused, in words."""
        told = [e for e in self._events if e.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded")]
        return [json.dumps(event["params"])[:400] for event in told]

    def resize(self, width: int, height: int) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 700,
        )

    def media(self, kind: str, dark: bool = False) -> None:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", media=kind, features=[scheme])

    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression (promises are waited for)."""
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(json.dumps(answer["exceptionDetails"])[:800])
        return answer["result"].get("value")

    def press(self, key: str) -> None:
        """One key, down and up."""
        text = {"text": "\r"} if key == "Enter" else {}
        code = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        self.send("Input.dispatchKeyEvent", type="keyDown", **code, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", **code)

    def point(self, x: float, y: float, click: bool = False) -> None:
        """Move the mouse there, and click it where asked."""
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        for kind in ("mousePressed", "mouseReleased") if click else ():
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"]))

    def pdf(self) -> bytes:
        return base64.b64decode(self.send("Page.printToPDF", preferCSSPageSize=True)["data"])

    def _until(self, method: str) -> None:
        while not any(event.get("method") == method for event in self._events):
            self._events.append(self._read())

    def _read(self, seconds: float = 15) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while b"\0" not in self._left:
            if not select.select([self._in], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimeoutError(f"Chromium said nothing for {seconds:g} s")
            if not (more := os.read(self._in, 1 << 20)):
                raise RuntimeError("Chromium ended before its time")
            self._left += more
        message, _, self._left = self._left.partition(b"\0")
        return json.loads(message)


def _to_three_and_four(child_in: int, child_out: int) -> None:
    """Where Chromium looks for its pipes. By way of high numbers: the two may be 3 and 4 crosswise."""
    high_in, high_out = os.dup2(child_in, 93), os.dup2(child_out, 94)
    os.dup2(high_in, 3)
    os.dup2(high_out, 4)
