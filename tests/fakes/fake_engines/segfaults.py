"""Reads from address zero."""

import ctypes

from fake_engines.agrees import translate, versions

__all__ = ["fit", "translate", "versions"]


def fit(model, sheet):
    ctypes.string_at(0)
