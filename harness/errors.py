"""Who raises what: every error the harness raises on purpose, with its exit code."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """
    One fault in a file that a person wrote.

    Attributes:
        file: the path as the user gave it
        line: 1-based; 0 where the whole file is meant
        column: 1-based; 0 where the whole line is meant
        message: what is wrong and the next step, one sentence or two
    """

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place}: {self.message}"


class HarnessError(Exception):
    """The message names the place, the fault and the next step."""

    exit_code = 2


class UsageError(HarnessError):
    """The command line asks for something that does not exist."""


class ProblemsError(HarnessError):
    """A file has faults; all of them are listed."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in sorted(problems)))
        self.problems = tuple(sorted(problems))


class SpecError(ProblemsError):
    """A spec is not valid. Raised by `specfile`."""


class DataError(HarnessError):
    """A data file is missing, altered, or not fit for the model. Raised by `datafile` and `dataset`."""


class DataMissingError(DataError):
    """There is no data file; the message says how to get it where the spec does."""


class TableError(HarnessError):
    """Somebody's table or log cannot be read. Raised by `tables` and `statalog`."""


class GoldenError(ProblemsError):
    """A golden file does not fit its spec. Raised by `goldenfile`."""


class Unsupported(Exception):  # noqa: N818 - a verdict of an engine, not a fault
    """An engine cannot do this setting: the fit ends `skipped` with the message as its reason."""


class NotInstalled(Unsupported):
    """An engine is not on this machine: `skipped`; the message holds the command that mends it."""


class EstimationError(HarnessError):
    """An engine could do it and failed: the fit ends `errored`."""

    exit_code = 3
