"""Leaves the process as a script would."""

import sys

from fake_engines.agrees import translate, versions

__all__ = ["fit", "translate", "versions"]


def fit(model, sheet):
    print("bye")
    sys.exit(0)
