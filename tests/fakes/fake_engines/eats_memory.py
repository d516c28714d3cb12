"""Asks for one GB after another."""

from fake_engines.agrees import translate, versions

__all__ = ["fit", "translate", "versions"]


def fit(model, sheet):
    hoard = []
    while True:
        hoard.append(bytearray(2**30))
