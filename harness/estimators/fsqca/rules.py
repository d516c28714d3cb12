"""Conventions on which QCA programs differ, by name."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """
    What is not mathematics but habit. The defaults are those of R's package QCA (Dusa 2019), as observed.

    Attributes:
        tolerance: a value reaches a cut-off where value + tolerance > cut-off (R: the root of the machine
            epsilon)
        zero_below: a coverage of a term smaller than this is 0, in a lone model and over all models
        zero_below_many: the same in each one of several models
        lone_unique: unique coverage of the only term of a model: `undefined` (NaN; R prints "-") or
            `coverage`
        snap: a directly calibrated membership nearer than this to 0 or 1 is moved onto it
    """

    tolerance: float = 2.0**-26
    zero_below: float = 1e-5
    zero_below_many: float = 1e-4
    lone_unique: str = "undefined"
    snap: float = 1e-4


R = Rules()
TEXTBOOK = Rules(tolerance=0.0, zero_below=0.0, zero_below_many=0.0, lone_unique="coverage", snap=0.0)
