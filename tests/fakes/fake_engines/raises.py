"""Raises an error of its own."""

from fake_engines.agrees import translate, versions

__all__ = ["fit", "translate", "versions"]


def fit(model, sheet):
    raise ZeroDivisionError("the fake divided by zero")
