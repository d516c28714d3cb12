"""The reference of the spec language as Markdown, made from the types: what `specs/README.md` shows."""

from collections.abc import Iterator
from typing import Any

from harness.spec import MODELS, Head

Schema = dict[str, Any]

_BEGINNING = """\
# The spec language

One YAML 1.2 file is one printed table; its id is the file's stem. Unknown keys are errors; there are no anchors, tags
or templates. A column is the merge patch (RFC 7396) of its mapping on `base`: mappings merge, lists and scalars
replace, `null` removes a key. Validation comes after the merge. `harness check` says what is wrong, and where.

The tables below are made from the program's own types: `python -m harness.specfile.reference > specs/README.md`.
"""

_ENDING = """\
## Expressions in `derive` and `sample`

`+ - * /`, comparisons (not chained), `and or not`, `x in [1, 2]`, `x not in ['a', 'b']`, numbers, `'texts'`, names, and
`` `names with blanks` ``. Functions: `log exp sqrt abs round(x, digits) float32(x) lag(x, k) diff(x) is_missing(x)
quantile_group(x, k[, by=column])`. `lag` and `diff` go by time within the entity; missing spreads; `sample` keeps rows
that are true. `float32` rounds once to single precision; `round` to the nearest decimal of the exact binary value, ties
to even; `quantile_group` is Stata's `xtile`. The logarithm of a value that is not positive, or a division by 0, is an
error that names the row.

## The printed table

`golden/<id>/published.csv` has the header `part,term,measure` and then the spec's column ids; numbers are text, exactly
as printed; empty is not printed. Terms: `x`, `L2.x`, `constant`, `year=1980`. A covariance has the term `x~y` in order
of print; those of dummies are not kept. A test's name is its term (`ar1`, `hansen_j`, `sargan`, `wald`, `f`, ...), `fit`
has the term `model`. A plain `sargan`, `wald`, `n_obs`, `n_groups` or `n_instruments` means the variant that the spec's
`variants` say, else the first of `harness/glossary.py`.

In a table of configurations literals stand in the order of `conditions`, `~` is absent. `truth_table` has whole
configurations (`A*~B*C`) with `output` (1, 0, C, ?), `n_cases`, `inclusion`, `pri`; `necessity` has `A`, `A*B` or `A+~B`.
A solution is a set of models and a model a set of terms, its terms sorted as text: `intermediate:A*~B` (a term),
`intermediate:model:A*~B + C` (a model), `intermediate:solution` (the whole; `n_models`). The unique coverage in one of
several models is at `intermediate:model:A*~B + C|C`; the role of a literal (`core` or `●`, `peripheral` or `•`) at
`intermediate:A*~B|~B`, measure `role`. A term that the paper only names, without a number, is printed as `listed`, 1.

Part `panel` has the same terms, models, `<solution>:solution` where there is one model, and necessary sets: pooled
`inclusion` and `coverage`, and how far the consistencies of the periods (`between_distance`) and of the entities
(`within_distance`) lie from equal ones, 0 where all are alike; `coverage_between_distance` and
`coverage_within_distance` for coverage. One period, or one entity, is `intermediate:A*~B|year=2005`; it has the value 1
where nobody is a member.

Part `robustness` is at `<solution>:solution`, or at each of several models: fit- and case-oriented robustness over all
`tests` (Oana and Schneider 2021), a single test at `<solution>:solution|<test>`. A range is at
`<solution>:solution|incl_cut`, `...|calibration.A.crossover`: the models stay the same for `range_low` < x <=
`range_high` (`n_cut`: from `range_low` on). A test solution with other anchors counts with its own memberships; the
models of an ambiguous one count one by one. Part `checks` has the sets (`n_in`, `n_out`, `n_half` cases) and the
positive configurations (`simultaneous_subset`, yes or no).

In a dynamic panel `t-groups` has G-1 degrees of freedom with a constant and G without one, as xtabond2 prints.
"""


def text() -> str:
    """The whole page."""
    tables = [
        _table("Top level", Head.model_json_schema()),
        "`base` (a mapping) and `columns` (id: patch, at least one, in order of print) hold the model.\n",
    ]
    nested = (
        "Source",
        "Data",
        "PanelKeys",
        "Limits",
        "PrintRule",
        "OpenSetting",
        "KnownDifference",
        "Bound",
        "Claim",
    )
    tables += [_table(_PLACES[name], Head.model_json_schema()["$defs"][name]) for name in nested]
    for name, model in MODELS.items():
        schema = model.model_json_schema()
        tables.append(_table(f"Model `{name}`", schema))
        tables += [
            _table(_PLACES[key], schema["$defs"][key]) for key in _GROUPS if key in schema.get("$defs", {})
        ]
    tables.append(_table("`log`", MODELS["linear"].model_json_schema()["$defs"]["StataLog"]))
    return "\n".join([_BEGINNING, *tables, _ENDING])


_GROUPS = (
    "GmmGroup",
    "IvGroup",
    "LevelInstrument",
    "Calibration",
    "Necessity",
    "PanelDiagnostics",
    "Robustness",
    "Variation",
)
_PLACES = {
    "Source": "`source`",
    "Data": "`data`",
    "PanelKeys": "`data.panel`",
    "Limits": "`limits`",
    "PrintRule": "`print`, a list of",
    "OpenSetting": "`open`, a list of",
    "KnownDifference": "`known_differences`, a list of",
    "Bound": "`known_differences[].within`",
    "Claim": "`claims`, a list of",
    "GmmGroup": "`instruments.gmm.<group>`",
    "IvGroup": "`instruments.iv.<group>`",
    "LevelInstrument": "`instruments.<variable>`",
    "Calibration": "`calibration.<SET>`",
    "Necessity": "`necessity`",
    "PanelDiagnostics": "`panel` (of a fuzzy-set model)",
    "Robustness": "`robustness`",
    "Variation": "`robustness.tests.<name>`",
}


def _table(title: str, schema: Schema) -> str:
    return "\n".join([f"## {title}\n", "| key | default | meaning |", "|---|---|---|", *_rows(schema), ""])


def _rows(schema: Schema) -> Iterator[str]:
    required = set(schema.get("required", ()))
    for key, value in schema["properties"].items():
        default = "required" if key in required else _default(value)
        meaning = value.get("description", "").replace("|", "\\|")
        choices = _choices(value)
        yield f"| `{key}` | {default} | {meaning}{f'. One of {choices}' if choices else ''} |"


def _default(value: Schema) -> str:
    default = value.get("default")
    if default is None or default in ([], {}) or isinstance(default, dict):
        return ""
    return f"`{'true' if default is True else 'false' if default is False else default}`"


def _choices(value: Schema) -> str:
    """The words that a key may have, where these are few."""
    found = [item for one in (value, *value.get("anyOf", ())) for item in one.get("enum", ())]
    return ", ".join(f"`{item}`" for item in found)


if __name__ == "__main__":
    print(text(), end="")
