"""Can do nothing, and says so."""

from fake_engines.agrees import translate, versions
from harness.errors import Unsupported

__all__ = ["fit", "translate", "versions"]


def fit(model, sheet):
    raise Unsupported("the fake engine estimates nothing")
