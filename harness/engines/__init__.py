"""The engines by id: what each can estimate, and what it needs installed. Imports none of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Protocol, cast

if TYPE_CHECKING:
    from harness.result import Estimates
    from harness.sheet import Sheet
    from harness.spec import AnyModel


class EngineModule(Protocol):
    """
    The three functions of an engine's module.

    One that only writes scripts for another program may have a fourth, `script(spec, column, model, sheet)`:
    `translate` from the data file on, for `harness show`.
    """

    def translate(self, model: AnyModel, sheet: Sheet) -> str:
        """The exact call, as a text that a person could run. Runs nothing, imports no estimation library."""

    def fit(self, model: AnyModel, sheet: Sheet) -> Estimates:
        """Raises Unsupported (skipped), NotInstalled (skipped) or EstimationError (errored)."""

    def versions(self) -> tuple[str, str]:
        """(engine version, language version), e.g. ("plm 2.6-2", "R 4.2.2"). Raises NotInstalled."""


@dataclass(frozen=True)
class Engine:
    """
    One line of the table of engines.

    Attributes:
        id: as written in specs
        module: where its three functions are; imported in a worker only. "": not in this version
        models: the models it can estimate; empty where only the module itself knows
        language: R starts once per worker, and never in the parent
        mend: the command that installs what it needs
        needs: the package without which it cannot run, where the harness itself does not depend on it
        program: the one that it starts, as the path knows it
        writes_only: it writes a script for a program that the harness never runs
        reads_log: it reads a column's `log` and no data
    """

    id: str
    module: str
    models: tuple[str, ...] = ()
    language: Literal["python", "r"] = "python"
    mend: str = "make setup"
    needs: str = ""
    program: str = ""
    writes_only: bool = False
    reads_log: bool = False

    def fits(self, model: str) -> bool:
        """Whether it estimates *model* from data, so that other data or settings give other numbers."""
        can = bool(self.module) and not (self.writes_only or self.reads_log)
        return can and (not self.models or model in self.models)

    def load(self) -> EngineModule:
        """The module. Only a worker calls this: it imports the estimation library."""
        return cast(EngineModule, import_module(self.module))


_CONSTRUCTED = ("index", "agglomeration", "quantile-type")
_MCDM = "pip install 'replication-harness[mcdm]'"
_R = {"language": "r", "mend": "sudo apt-get install r-base-core r-cran-plm"}
MEND_QCA = "Rscript -e 'install.packages(\"QCA\")'"
_BUILT_IN = (
    Engine("python-dpd", "harness.engines.python_dpd", ("dynamic-panel",)),
    Engine("python-pydynpd", "harness.engines.python_pydynpd", ("dynamic-panel",)),
    Engine("python-linearmodels", "harness.engines.python_linearmodels", ("panel", "linear")),
    Engine("python-pandas", "harness.engines.python_pandas", ("descriptive",)),
    Engine("r-plm", "harness.engines.r_plm", ("dynamic-panel", "panel"), needs="plm", **_R),  # type: ignore[arg-type]
    Engine("r-stats", "harness.engines.r_stats", ("linear",), **_R),  # type: ignore[arg-type]
    Engine("python-index", "harness.engines.python_index", _CONSTRUCTED),
    Engine("python-pymcdm", "harness.engines.python_pymcdm", ("index",), mend=_MCDM, needs="pymcdm"),
    Engine("python-fsqca", "harness.engines.python_fsqca", ("fuzzy-set",)),
    Engine("r-qca", "harness.engines.r_qca", ("fuzzy-set",), "r", MEND_QCA, needs="QCA"),
    Engine("r-base", "harness.engines.r_base", ("descriptive", *_CONSTRUCTED), **_R),  # type: ignore[arg-type]
    Engine(
        "gretl-dpanel",
        "harness.engines.gretl_dpanel",
        ("dynamic-panel",),
        mend="sudo apt-get install gretl",
        program="gretlcli",
    ),
    Engine("stata-log", "harness.engines.stata_log", ("dynamic-panel", "panel", "linear"), reads_log=True),
    Engine(
        "stata-xtabond2",
        "harness.engines.stata_xtabond2",
        ("dynamic-panel",),
        mend="install Stata",
        writes_only=True,
    ),
)


@cache
def engines() -> Mapping[str, Engine]:
    """
    Every engine by id: the built-in ones, and those that installed packages add.

    A package adds one by an entry point in the group `harness.engines`: its name is the engine's id, its
    value the module with `translate`, `fit` and `versions`.
    """
    added = (Engine(point.name, point.value) for point in entry_points(group="harness.engines"))
    return MappingProxyType({engine.id: engine for engine in (*_BUILT_IN, *added)})
