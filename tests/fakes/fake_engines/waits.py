"""Takes a moment, then agrees."""

import os
import time

from fake_engines import agrees
from fake_engines.agrees import translate, versions

__all__ = ["fit", "translate", "versions"]


def fit(model, sheet):
    time.sleep(float(os.environ.get("HARNESS_FAKE_WAITS", "0.4")))
    return agrees.fit(model, sheet)
