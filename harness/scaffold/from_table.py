"""A spec and its published.csv from a table at hand."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness import goldenfile, specfile, tables
from harness.engines import engines
from harness.errors import ProblemsError
from harness.scaffold import settings
from harness.scaffold.blank import places, write, write_spec
from harness.scaffold.yamltext import flow
from harness.tables import Below, Remark, Table
from harness.tables.terms import Term

_ENGINES = {
    "linear": ("python-linearmodels", "r-stats"),
    "panel": ("python-linearmodels", "r-plm"),
    "dynamic-panel": ("python-dpd", "r-plm"),
    "descriptive": ("python-pandas", "r-base"),
}
MODELS = tuple(_ENGINES)
_TIMES = frozenset({"year", "time", "period", "quarter", "month", "date", "yr", "t", "wave", "年份"})


@dataclass(frozen=True)
class Made:
    """
    What was made of a table.

    Attributes:
        spec, printed: the two files
        remarks: what was made of each line
        model: the model of the new spec
        unsaid: settings that are open, or stand in the spec as placeholders
        faults: what `harness check` still finds
    """

    spec: Path
    printed: Path
    remarks: tuple[Remark, ...]
    model: str
    unsaid: tuple[str, ...]
    faults: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "spec": str(self.spec),
            "printed": str(self.printed),
            "model": self.model,
            "lines": [asdict(remark) for remark in self.remarks],
            "unsaid": list(self.unsaid),
            "faults": list(self.faults),
        }


def from_table(
    root: Path, identifier: str, source: Path, below: Below | None = None, model: str | None = None
) -> Made:
    """
    Write specs/<identifier>.yaml and golden/<identifier>/published.csv from the table in *source*.

    below : what stands in parentheses, where the table does not say it
    model : one of MODELS; None: as the rows of the table suggest
    Raises UsageError where the identifier is taken, TableError where *source* is no table; nothing is then
    written.
    """
    spec, printed = places(root, identifier)
    table = tables.table(tables.read(source), str(source), below)
    name = model or settings.model(((r.part, r.term, r.measure) for r in table.rows), table.words)
    draft = _Draft(identifier, source.name, table, name, _data(spec.parent, identifier))
    write_spec(root, spec, draft.text())
    write(printed, _published(table, draft.names))
    return Made(spec, printed, table.remarks, name, tuple(draft.unsaid()), tuple(_faults(spec)))


def _data(folder: Path, identifier: str) -> Path | None:
    """The data, where somebody has put them in their place already."""
    found = (folder / f"{identifier}.csv", folder / "data" / f"{identifier}.csv")
    return next((path for path in found if path.is_file()), None)


def _faults(path: Path) -> Iterator[str]:
    try:
        goldenfile.read_published(specfile.read(path, engines()))
    except ProblemsError as fault:
        yield from (str(problem) for problem in fault.problems)


def _published(table: Table, names: Mapping[str, str]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["part", "term", "measure", *table.columns])
    writer.writerows([row.part, names.get(row.term, row.term), row.measure, *row.texts] for row in table.rows)
    return out.getvalue()


# ------------------------------------------------------------------------------------------------- the spec


@dataclass(frozen=True)
class _Draft:
    """A spec that is being written."""

    identifier: str
    source: str
    table: Table
    model: str
    data: Path | None

    @property
    def names(self) -> Mapping[str, str]:
        """A term as it was read to the term of the spec: a dummy that the model has not is a variable."""
        return {name: _spoken(term, self._is_dummy(term)) for name, term in self.table.terms.items()}

    def text(self) -> str:
        """The file."""
        return "\n".join([*self._head(), *self._base(), *self._columns(), *self._open(), *self._labels(), ""])

    def unsaid(self) -> Iterator[str]:
        """What somebody has to look up."""
        if self.model != "descriptive":
            yield from () if any(self.table.outcomes) else (f"outcome ({self._outcome})",)
        yield from ("title", "source", "data.file")
        yield from ("data.panel",) if self._panel else ()
        yield from ("stars",) if self.table.has_stars and not self.table.stars else ()
        yield from (item["setting"] for item in self._left_open())

    # ------------------------------------------------------------------------------------------- top level

    def _head(self) -> Iterator[str]:
        yield f"title: {flow(self.identifier)}  # as printed"
        yield "source:"
        yield '  citation: "Author (year), Journal volume(issue), pages"'
        yield f"  read_from: {flow(self.source)}"
        yield "data:"
        file = self.data.name if self.data else f"{self.identifier}.csv"
        yield f"  file: {file}  # beside this file, or in its data/"
        if self.data:
            yield f"  sha256: {hashlib.sha256(self.data.read_bytes()).hexdigest()}"
        else:
            yield "  obtain: not at hand yet  # where the data come from; then put the file in its place"
        if self._panel:
            yield f"  panel: {flow(self._panel)}  # the columns that identify a row"
        yield f"engines: {flow(_ENGINES[self.model])}"
        if self.table.stars:
            yield f"stars: {flow(self.table.stars)}"
        elif self.table.has_stars:
            yield "stars: [0.10, 0.05, 0.01]  # the table does not say what a star stands for"

    def _base(self) -> Iterator[str]:
        yield "base:"
        yield f"  model: {self.model}"
        if self.model == "descriptive":
            yield f"  variables: {flow(list(dict.fromkeys(row.term for row in self.table.rows)))}"
            yield f"  measures: {flow(list(dict.fromkeys(row.measure for row in self.table.rows)))}"
            return
        yield f"  outcome: {flow(self._outcome)}"
        yield f"  regressors: {flow(self._regressors(None))}"
        for setting, value, _ in self._settings():
            if value is not None:
                yield f"  {setting.name}: {flow(value)}"
        if dummies := self._dummies(None):
            yield f"  dummies: {flow(dummies)}"
        if self.model == "dynamic-panel":
            yield f"  instruments: {flow(self._instruments()[0])}"

    def _columns(self) -> Iterator[str]:
        yield "columns:"
        for place, column in enumerate(self.table.columns):
            yield f"  {flow(str(column), quoted=True)}: {flow(self._patch(place))}"

    def _patch(self, place: int) -> dict[str, Any]:
        """What a column changes in base."""
        if self.model == "descriptive":
            return {}
        patch: dict[str, Any] = {}
        if self.table.outcomes[place] not in ("", self._outcome):
            patch["outcome"] = self.table.outcomes[place]
        whole, own = self._regressors(None), self._regressors(place)
        changed = {name: own.get(name) for name, lags in whole.items() if own.get(name) != lags}
        if changed and any(self._printed(place)):
            patch["regressors"] = changed
        if any(self._printed(place)) and self._times(place) != self._times(None):
            patch["time_dummies"] = self._times(place)
        if self._dummies(place) != self._dummies(None):
            patch["dummies"] = {name: self._dummies(place).get(name) for name in self._dummies(None)}
        return patch

    def _open(self) -> Iterator[str]:
        items = list(self._left_open())
        if items:
            yield "open:"
        for item in items:
            yield f"  - setting: {item['setting']}"
            yield f"    because: {flow(item['because'])}"
            yield f"    alternatives: {flow(item['alternatives'])}"

    def _left_open(self) -> Iterator[dict[str, Any]]:
        for setting, _, settled in self._settings():
            if not settled:
                told = f"{setting.because} The table does not say it."
                yield {"setting": setting.name, "because": told, "alternatives": list(setting.alternatives)}
        if self.model == "dynamic-panel":
            because = "The table does not list the instruments."
            yield {"setting": "instruments", "because": because, "alternatives": self._instruments()}

    def _labels(self) -> Iterator[str]:
        labels = {
            term.variable: term.label
            for term in self.table.terms.values()
            if not term.lag and not term.value and term.label != term.variable and term.variable != "constant"
        }
        if labels:
            yield "labels:"
            yield from (f"  {flow(name)}: {flow(label)}" for name, label in labels.items())

    # ---------------------------------------------------------------------------------------------- the model

    def _settings(self) -> Iterator[tuple[settings.Setting, Any, bool]]:
        """The model's settings; the table's own rows settle constant and time dummies."""
        for setting, value, settled in settings.values(self.model, self.table.words):
            if setting.name == "constant" and "constant" in self.table.terms:
                yield setting, True, True
                continue
            if setting.name == "time_dummies" and self._times(None):
                yield setting, self._times(None), True
            else:
                yield setting, value, settled
        if self.model == "linear" and self._times(None):
            yield settings.Setting("time_dummies", (), ""), self._times(None), True

    @property
    def _outcome(self) -> str:
        """From the heads; else the variable that stands there with lags only; else a placeholder."""
        named = next((name for name in self.table.outcomes if name), None)
        if named:
            return named
        terms = [term for term in self.table.terms.values() if not term.value]
        now = {term.variable for term in terms if not term.lag}
        lagged = [term.variable for term in terms if term.lag and term.variable not in now]
        if lagged and self.model == "dynamic-panel":
            return lagged[0]
        return "outcome" if "outcome" not in now else "dependent_variable"

    @property
    def _panel(self) -> dict[str, str]:
        lagged = any(term.lag for term in self.table.terms.values())
        if self.model in ("panel", "dynamic-panel") or lagged or self._times(None):
            return {"entity": "entity", "time": self._time}
        return {}

    @property
    def _time(self) -> str:
        named = (t.variable for t in self.table.terms.values() if t.value and t.variable.lower() in _TIMES)
        return next(named, "time")

    def _is_dummy(self, term: Term) -> bool:
        return bool(term.value) and (self._is_time(term) or self.model == "linear")

    def _is_time(self, term: Term) -> bool:
        return bool(term.value) and term.variable == self._time and term.value.isdigit()

    def _printed(self, place: int | None) -> Iterator[Term]:
        """The terms that a column prints; of all columns where *place* is None."""
        shown = {
            row.term
            for row in self.table.rows
            if row.part == "coefficients" and (any(row.texts) if place is None else row.texts[place])
        }
        yield from (term for name, term in self.table.terms.items() if name in shown)

    def _times(self, place: int | None) -> list[int]:
        return [int(term.value) for term in self._printed(place) if self._is_time(term)]

    def _dummies(self, place: int | None) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for term in self._printed(place):
            if self._is_dummy(term) and not self._is_time(term):
                value = int(term.value) if term.value.isdigit() else term.value
                found.setdefault(term.variable, []).append(value)
        return found

    def _regressors(self, place: int | None) -> dict[str, int | list[int]]:
        lags: dict[str, list[int]] = {}
        for term in self._printed(place):
            if term.variable != "constant" and not self._is_dummy(term):
                name = _spoken(term._replace(lag=0), False)
                lags.setdefault(name, []).append(term.lag)
        return {name: _range(found) for name, found in lags.items()}

    def _instruments(self) -> list[dict[str, Any]]:
        """The outcome's lags, all else its own instrument; the same collapsed; all of them by their lags."""
        others = {name: lags for name, lags in self._regressors(None).items() if name != self._outcome}
        tested = [name for name in self._tested if name in others]  # a test names its group of instruments
        own = {name: {"lags": [2, None]} for name in (self._outcome, *tested)}
        plain = {name: lags for name, lags in others.items() if name not in tested}
        plain |= {"time_dummies": 0} if self._times(None) else {}
        group = next(
            (name for name in self._tested if name not in {*others, self._outcome, "level_gmm"}), "iv"
        )
        iv = {"iv": {group: {"variables": plain}}} if plain else {}
        collapsed = {name: {**lags, "collapse": True} for name, lags in own.items()}
        found = [{"gmm": own, **iv}, {"gmm": collapsed, **iv}]
        if plain:
            found.append({"gmm": {**own, **{name: {"lags": [2, None]} for name in others}}})
        return found

    @property
    def _tested(self) -> list[str]:
        """The groups of instruments that printed tests name."""
        named = (re.fullmatch(r"(?:diff_hansen|hansen_excl)_(.+)", row.term) for row in self.table.rows)
        return list(dict.fromkeys(found[1] for found in named if found))


def _spoken(term: Term, is_dummy: bool) -> str:
    """The term's name in the spec."""
    if not term.value or is_dummy:
        return term.name
    return f"{term.variable}_{term.value}"


def _range(lags: Sequence[int]) -> int | list[int]:
    first, last = min(lags), max(lags)
    return first if first == last else [first, last]
