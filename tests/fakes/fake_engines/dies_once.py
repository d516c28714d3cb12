"""Is killed from outside the first time, as an out-of-memory killer would; agrees the second time."""

import os
import signal
from pathlib import Path

from fake_engines import agrees
from fake_engines.agrees import translate, versions

__all__ = ["fit", "translate", "versions"]


def fit(model, sheet):
    marker = Path(os.environ["HARNESS_FAKE_DIES_ONCE"])
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return agrees.fit(model, sheet)
