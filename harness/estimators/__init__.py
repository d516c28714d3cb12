"""Estimators and tests on plain arrays: numpy and scipy alone, usable as a library."""
