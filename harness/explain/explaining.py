"""From a spec to an answer a column: what is printed, what is open, the data, the search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness import goldenfile
from harness.compare import STAND_IN
from harness.engines import Engine, engines
from harness.errors import UsageError
from harness.explain import answer, conventions, counting, fitting, judging
from harness.explain.answer import Answer
from harness.explain.judging import Goal
from harness.explain.search import Found, Search
from harness.explain.space import Setting, Space
from harness.spec import AnyModel, Spec, did_you_mean

if TYPE_CHECKING:
    from harness.dataset import Dataset

Progress = Callable[[str, Found], None]


@dataclass(frozen=True)
class Choice:
    """
    What the command line asks for.

    Attributes:
        budget: fits a column
        columns: ids; empty means all that have something printed
        engine: who fits; "" is the first of the spec's engines that estimates the model
        jobs, executor: worker processes at once, and where: `local`, or `dask://HOST:PORT`
        data: a spec's data name to the file to read instead
    """

    budget: int
    columns: tuple[str, ...] = ()
    engine: str = ""
    jobs: int = 2
    executor: str = "local"
    data: Mapping[str, Path] = field(default_factory=dict)


def explain(spec: Spec, choice: Choice, progress: Progress = lambda column, found: None) -> Iterator[Answer]:
    """
    Which settings give the print, column by column; the first that Ctrl-C interrupts is the last.

    Raises UsageError, one sentence, where nothing can be compared, nothing is open, or a name is unknown;
    GoldenError and DataError where the printed table or the data cannot be read. All before anything is
    fitted, but for the data of later columns.
    """
    for name in choice.data.keys() - {spec.data.name}:
        raise UsageError(f"--data {name}: {spec.id} has it not. Known: {spec.data.name}")
    asked = [_asked(spec, column, choice) for column in _columns(spec, choice.columns)]
    for goal, engine in asked:
        found = _column(goal, engine, choice, progress)
        yield found
        if found.interrupted:
            return


def _columns(spec: Spec, asked: Sequence[str]) -> list[str]:
    """The columns asked for, or all that have something printed."""
    for name in asked:
        if name not in spec.columns:
            known = f"Known: {', '.join(spec.columns)}"
            raise UsageError(f"--column {name}: {spec.id} has no such column. {known}")
    if asked:
        return list(asked)
    published = goldenfile.read_published(spec)
    printed = [name for name in spec.columns if published is not None and published.columns.get(name)]
    return printed or list(spec.columns)[:1]  # whose goal says that nothing is printed


def _asked(spec: Spec, column: str, choice: Choice) -> tuple[Goal, Engine]:
    """What is to be explained, and who fits; raises UsageError while nothing is fitted yet."""
    engine = _engine(spec, spec.columns[column], choice.engine)
    goal = judging.goal(spec, column, goldenfile.read_published(spec), engine.id)
    conventions.axes(spec, column)
    return goal, engine


def _engine(spec: Spec, model: AnyModel, asked: str) -> Engine:
    known = engines()
    if asked and asked not in known:
        raise UsageError(f"--engine {asked}: there is no such engine{did_you_mean(asked, known)}")
    for engine in (known[name] for name in ([asked] if asked else spec.engines)):
        if engine.fits(model.model):
            return engine
    who = asked or f"none of the engines of {spec.id}"
    raise UsageError(f"{who} {'does not estimate' if asked else 'estimates'} model '{model.model}'")


def _column(goal: Goal, engine: Engine, choice: Choice, progress: Progress) -> Answer:
    goal, space, data = _opened(goal, choice.data.get(goal.spec.data.name))
    sheets = fitting.Sheets(space, data)
    counts = counting.Counts(space, goal, sheets)

    def possible(setting: Setting) -> bool:
        return engine.id != counting.ENGINE or counts.possible(setting)

    def told(found: Found) -> None:
        progress(goal.column, found)

    with fitting.pool(fitting.Fits(sheets, engine), choice.jobs, choice.executor) as fits:
        found = Search(space, goal, fits, possible, choice.budget, told).run()
    return answer.answer(space, goal, found, engine.id, tuple(conventions.contradictions(space)))


def _opened(goal: Goal, override: Path | None) -> tuple[Goal, Space, Dataset]:
    """The data, and the space with what they say of it: how many periods there are."""
    column = goal.column
    data = fitting.read(Space(goal.spec, column, conventions.axes(goal.spec, column)), override)
    if data.stand_in:
        name = goal.spec.data.name
        raise UsageError(
            f"{goal.spec.path}: {STAND_IN}, so that no number of a fit can be held against the print. Give "
            f"the paper's own data by --data {name}=PATH, or use --counts-only, which needs none"
        )
    own = goal.spec.data.model_copy(update={"stand_in": False})
    goal = replace(goal, spec=goal.spec.model_copy(update={"data": own}))
    axes = conventions.axes(goal.spec, column, fitting.periods(goal.spec, data))
    return goal, Space(goal.spec, column, axes), data
