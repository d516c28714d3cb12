"""What a fit returns, and what a comparison finds: frozen types of plain values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal, NamedTuple

from harness.spec import Spec

Status = Literal["fitted", "skipped", "errored"]
Verdict = Literal[
    # discrepancies, worst first
    "missing",
    "extra",
    "sign_flip",
    "significance_flip",
    "stars_differ",
    "outside_rounding",
    "outside_tolerance",
    # agreement
    "within_rounding",
    "within_tolerance",
    "exact",
    # neither
    "undecided",
    "explained",
    "stale",
    "ambiguous_in_print",
    "not_offered",
    "not_comparable",
]
DISCREPANCIES: tuple[Verdict, ...] = (
    "missing",
    "extra",
    "sign_flip",
    "significance_flip",
    "stars_differ",
    "outside_rounding",
    "outside_tolerance",
)
AGREEMENTS: tuple[Verdict, ...] = ("within_rounding", "within_tolerance", "exact")
Possibility = Literal["impossible", "undecided", "possible"]
PUBLISHED = "published"  # the engine id of the printed table
GOLDEN = "golden"  # the reference when an engine is compared with its own golden file


class Cell(NamedTuple):
    """One number and its address."""

    part: str
    term: str
    measure: str
    value: float


class NotOffered(NamedTuple):
    """A statistic that an engine lacks, and why. `measure` "*" means all of the term."""

    part: str
    term: str
    measure: str
    reason: str


class PrintedCell(NamedTuple):
    """One printed number as text, with its line (1-based) in published.csv or in a log."""

    part: str
    term: str
    measure: str
    text: str
    line: int


@dataclass(frozen=True)
class Estimates:
    """
    What an engine's `fit` returns.

    Attributes:
        cells: every number
        not_offered: statistics of this model that the engine lacks
        recomputed: (part, term, measure) that our code computed from the engine's matrices
        warnings: sentences, the engine's own included
        printed: cells again, as text, of an engine that knows them only to the digits it shows
    """

    cells: tuple[Cell, ...]
    not_offered: tuple[NotOffered, ...] = ()
    recomputed: tuple[tuple[str, str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    printed: tuple[PrintedCell, ...] = ()


@dataclass(frozen=True)
class Provenance:
    """
    Where a result comes from.

    Hashes are sha256 in hex, "" where there is nothing to hash: `spec_sha256` of what the fit depends on
    (`goldenfile.model_sha256`), `data_sha256` of the data file's bytes, `script_sha256` of the R scripts,
    or of the log that was read.
    """

    engine_version: str = ""
    language_version: str = ""
    platform: str = ""
    blas: str = ""
    spec_sha256: str = ""
    data_sha256: str = ""
    script_sha256: str = ""
    harness_version: str = ""
    because: str = ""
    numpy: str = ""
    cpu: str = ""

    def filled(self) -> dict[str, str]:
        """The fields as a document; numpy and cpu only where they are known, as old golden files do not."""
        fields = asdict(self)
        return {name: value for name, value in fields.items() if value or name not in ("numpy", "cpu")}


@dataclass(frozen=True)
class Result:
    """
    One fit: an engine on a column.

    `message` says why it is skipped or errored, `call` is what was run; the rest as in Estimates.
    """

    spec: str
    column: str
    engine: str
    status: Status
    message: str = ""
    call: str = ""
    cells: tuple[Cell, ...] = ()
    not_offered: tuple[NotOffered, ...] = ()
    recomputed: tuple[tuple[str, str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)
    printed: tuple[PrintedCell, ...] = ()


@dataclass(frozen=True)
class Pair:
    """
    One cell of the reference beside the same cell of the candidate.

    Attributes:
        reference: a number, printed text where the reference is `published`, None where it has none
        candidate: a number (in the unit of the print where the reference is `published`), or None where it
            has none
        tolerance: the bound on |candidate - reference| that was applied; None where none applies
        lre: log relative error, 0 to 15; None where it has no meaning
        reason: for `explained`, `not_offered`, `not_comparable`, `undecided`: why
    """

    part: str
    term: str
    measure: str
    reference: float | str | None
    candidate: float | None
    tolerance: float | None
    verdict: Verdict
    lre: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Comparison:
    """Every pair of one column, agreeing ones too. `reference` is an engine, `published` or `golden`."""

    spec: str
    column: str
    reference: str
    candidate: str
    pairs: tuple[Pair, ...]

    @property
    def discrepancies(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.pairs if pair.verdict in DISCREPANCIES)


@dataclass(frozen=True)
class Published:
    """
    A printed table: `golden/<spec>/published.csv`.

    Attributes:
        path: the file, as it is shown to people
        sha256: of its bytes
        columns: column id to its printed cells, in order of print
    """

    path: str
    sha256: str
    columns: Mapping[str, tuple[PrintedCell, ...]]


@dataclass(frozen=True)
class Finding:
    """
    What one check of the audit says about printed numbers: the print against itself and against the text.

    Attributes:
        check: its name, e.g. stars
        column: column id, "" where several columns are meant
        term: the coefficient, test, variable or count
        printed: the numbers as printed
        verdict: whether values exist that agree with all of them at the digits printed; undecided where the
            digits, or what is not printed, leave no test
        found, needed: ends of what the print allows and of what would agree, infinite where there is none
        sentence: the same in words
        at_real_digits: the verdict where trailing zeros are taken for padding, None where none look like it
        real_sentence: its words
        notable: possible, and worth a reader's look
    """

    check: str
    column: str
    term: str
    printed: str
    verdict: Possibility
    found: tuple[float, float]
    needed: tuple[float, float]
    sentence: str
    at_real_digits: Possibility | None = None
    real_sentence: str = ""
    notable: bool = False


@dataclass(frozen=True)
class Outcome:
    """
    One spec, everything that was fitted for it and everything that was compared.

    Attributes:
        spec: the spec
        published: the printed table, None where nothing is printed
        results: one a column and engine, in the spec's order of columns, then of engines
        comparisons: one a column and pair, in the same order
        headlines: column id to the attribution in words
        reproduced: yes, minor, no or not printed
        notes: sentences about the run as a whole (data given by hand, a hash suspended)
        findings: what the audit of the print says
    """

    spec: Spec
    published: Published | None
    results: tuple[Result, ...]
    comparisons: tuple[Comparison, ...]
    headlines: Mapping[str, str]
    reproduced: str
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
