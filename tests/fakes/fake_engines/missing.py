"""Is not installed."""

from fake_engines.agrees import translate, versions
from harness.errors import NotInstalled

__all__ = ["fit", "translate", "versions"]


def fit(model, sheet):
    raise NotInstalled("the fake package is not installed. Mend: make setup")
