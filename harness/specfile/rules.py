"""What must hold between the parts of a spec: names that are named, settings that need one another."""

import json
from collections.abc import Iterator, Mapping

from harness import expression
from harness.glossary import TESTS, is_test
from harness.result import PUBLISHED
from harness.spec import (
    Agglomeration,
    AnyModel,
    Constructed,
    Descriptive,
    DynamicPanel,
    FuzzySet,
    Index,
    Linear,
    QuantileType,
    StaticPanel,
    did_you_mean,
    terms,
)
from harness.spec.configuration_terms import CONFIGURATION_PARTS, configuration_fault
from harness.specfile.draft import Column, Draft, Found, dotted
from harness.specfile.sentences import ended
from harness.specfile.yamltree import Node, Place, shown


def broken(draft: Draft) -> Iterator[Found]:
    """Every fault that no single key shows; also where other parts of the spec are not valid."""
    for rule in (_engines, _expressions, _column_names, _between, _terms, _open, _panel):
        yield from rule(draft)


# --------------------------------------------------------------------------------------- engines, columns


def _engines(draft: Draft) -> Iterator[Found]:
    for node in draft.listed("engines"):
        if isinstance(node.value, str) and node.value not in draft.engines:
            sentence = f"there is no engine {shown(node.value)}{did_you_mean(node.value, draft.engines)}"
            yield Found(node.place, sentence)


def _column_names(draft: Draft) -> Iterator[Found]:
    for node in _named_columns(draft):
        if draft.columns and isinstance(node.value, str) and node.value not in draft.columns:
            sentence = f"there is no column {shown(node.value)}{did_you_mean(node.value, draft.columns)}"
            yield Found(node.place, sentence)


def _named_columns(draft: Draft) -> Iterator[Node]:
    for section in ("print", "known_differences", "open"):
        for item in draft.listed(section):
            columns = item.child("columns")
            yield from columns.items if columns else ()
    for claim in draft.listed("claims"):
        column = claim.child("column")
        if column:
            yield column


def _between(draft: Draft) -> Iterator[Found]:
    listed = [str(node.value) for node in draft.listed("engines")]
    for item in draft.listed("known_differences"):
        between = item.child("between")
        for node in between.items if between else ():
            if isinstance(node.value, str) and node.value not in (*listed, PUBLISHED):
                ends = did_you_mean(node.value, [*listed, PUBLISHED])
                yield Found(node.place, f"known_differences.between: {shown(node.value)} is not among the "
                                        f"engines of this spec{ends}")  # fmt: skip


# ------------------------------------------------------------------------------------------- expressions


def _expressions(draft: Draft) -> Iterator[Found]:
    derive = draft.at("derive")
    for name, entry in (derive.entries if derive else {}).items():
        for place, sentence in _parsed(entry.node, f"derive.{name}", draft):
            yield Found(place, sentence)
    for item in draft.listed("identities"):
        node = item.child("expression") or item
        for place, sentence in _parsed(node, "identities", draft):
            yield Found(place, sentence)
    for column in draft.columns.values():
        if sample := column.merged.child("sample"):
            for place, sentence in _parsed(sample, "sample", draft):
                yield Found(place, sentence, column.id, inherited=sample.place not in column.own)


def _parsed(node: Node, name: str, draft: Draft) -> Iterator[tuple[Place, str]]:
    if not isinstance(node.value, str) or not node.value:
        return
    try:
        tree = expression.parse(node.value)
    except expression.ExpressionError as error:
        column = node.text_column + error.position if node.text_column else node.place.column
        yield Place(node.place.line, column), ended(f"{name}: {error.message}")
        return
    if expression.needs_panel(tree) and not draft.at("data", "panel"):
        yield node.place, f"{name} takes lags: it needs data.panel. {_WRITE_PANEL}"


# ------------------------------------------------------------------------------------------- data.panel

_WRITE_PANEL = "Write panel: {entity: ..., time: ...} under data."


def _panel(draft: Draft) -> Iterator[Found]:
    if draft.at("data") is None:
        return
    has_panel, has_group = draft.at("data", "panel"), draft.at("data", "panel", "group")
    for column in draft.columns.values():
        model = column.model
        if isinstance(model, StaticPanel) and "group" in model.effects and not has_group:
            yield column.found(("effects",), "effects names 'group': it needs data.panel.group, a column.")
        if model and not has_panel:
            yield from _panel_needed(column, model)


def _panel_needed(column: Column, model: AnyModel) -> Iterator[Found]:
    if isinstance(model, DynamicPanel | StaticPanel | Agglomeration | QuantileType):
        yield column.found(("model",), f"model: {model.model} needs data.panel. {_WRITE_PANEL}")
    elif isinstance(model, FuzzySet) and model.unit == "entity-means":
        yield column.found(("unit",), f"unit: entity-means needs data.panel. {_WRITE_PANEL}")
    elif isinstance(model, Index) and model.by_time:
        yield column.found(("pooled",), f"pooled: by-time needs data.panel. {_WRITE_PANEL}")
    elif isinstance(model, FuzzySet) and model.panel is not None:
        yield column.found(("panel",), f"panel goes by time and entity: it needs data.panel. {_WRITE_PANEL}")
    elif isinstance(model, Linear):
        for path in _panel_settings(model):
            yield column.found(
                path, f"{dotted(path)} goes by time or entity: it needs data.panel. {_WRITE_PANEL}"
            )


def _panel_settings(model: Linear) -> Iterator[tuple[str, ...]]:
    for key in ("regressors", "endogenous"):
        yield from ((key, name) for name, lags in getattr(model, key).items() if lags[1] > 0)
    yield from (("instruments", name) for name, one in model.instruments.items() if one.lags[1] > 0)
    if model.time_dummies:
        yield ("time_dummies",)
    if {"entity", "time"} & set(model.cluster):
        yield ("cluster",)


# ------------------------------------------------------------------------------------------------ terms

_FIT_TERMS = ("model", "entity", "time", "group", "idiosyncratic")


def _terms(draft: Draft) -> Iterator[Found]:
    for section in ("print", "known_differences"):
        for item in draft.listed(section):
            named, parts = item.child("terms"), item.child("parts")
            if not (parts and "as_printed" in parts.plain()):
                for node in named.items if named else ():
                    yield from _term(draft, node, item.child("columns"))
    for claim in draft.listed("claims"):
        term = claim.child("term")
        if term:
            yield from _term(draft, term, claim.child("column"))


def _term(draft: Draft, node: Node, columns: Node | None) -> Iterator[Found]:
    """A fault where none of the columns meant can have the term. Silent while one of them is not valid."""
    wanted = [str(item.value) for item in (columns.items or (columns,))] if columns else list(draft.columns)
    models = [draft.columns[name].model for name in wanted if name in draft.columns]
    if not isinstance(node.value, str) or not models or None in models:
        return
    if not any(model and _has_term(model, node.value, draft) for model in models):
        known = {name: None for model in models if model for name in _coefficients(model)}
        sentence = f"no column meant here has a term {shown(node.value)}"
        yield Found(node.place, f"{sentence}{did_you_mean(node.value, [*known, *_plain_tests()])}")


def _plain_tests() -> list[str]:
    return ["ar1", "ar2", *(name for name in TESTS if "<" not in name)]


def _coefficients(model: AnyModel) -> list[str]:
    if isinstance(model, Descriptive):
        return list(model.variables)
    if isinstance(model, FuzzySet):
        return list(model.conditions)
    if isinstance(model, Constructed):
        return list(model.terms)
    return [*(name for name, _, _ in terms(model.regressors)), "constant"]


def _has_term(model: AnyModel, term: str, draft: Draft) -> bool:
    if isinstance(model, Descriptive):
        return term in model.variables or term.partition("@")[0] in model.variables
    if isinstance(model, FuzzySet):
        return not all(configuration_fault(part, term, model.conditions) for part in CONFIGURATION_PARTS)
    if isinstance(model, Constructed):
        return term.partition("@")[0] in model.terms
    if term in _FIT_TERMS or ("@" not in term and is_test(term)):
        return True
    return all(name in _coefficients(model) or _is_dummy(model, name, draft) for name in term.split("~", 1))


def _is_dummy(model: AnyModel, term: str, draft: Draft) -> bool:
    name, equals, _ = term.partition("=")
    time = draft.at("data", "panel", "time")
    dummies = {*(model.dummies if isinstance(model, Linear) else ()), time.value if time else None}
    return bool(equals) and name in dummies


# ------------------------------------------------------------------------------------------------- open


def _open(draft: Draft) -> Iterator[Found]:
    for item in draft.listed("open"):
        setting, alternatives = item.child("setting"), item.child("alternatives")
        if setting and alternatives and isinstance(setting.value, str):
            columns = item.child("columns")
            for name in [node.value for node in columns.items] if columns else draft.columns:
                column = draft.columns.get(str(name))
                if column and isinstance(column.patch.value, Mapping):
                    yield from _setting(column, setting, alternatives)


def _setting(column: Column, setting: Node, alternatives: Node) -> Iterator[Found]:
    path = str(setting.value)
    used = reach(column.merged, path)
    legal = [_exactly(item.plain()) for item in alternatives.items]
    if used is None and "null" not in legal:
        sentence = f"open.setting: {path} is not set{_advice(column, path)}"
        yield Found(setting.place, sentence, column.id, inherited=True)
    elif used is not None and _exactly(used.plain()) not in legal:
        sentence = f"open.alternatives: {path} is {shown(used.plain())}, which is not among them. Add it."
        yield Found(alternatives.place, sentence, column.id, inherited=True)


def _advice(column: Column, path: str) -> str:
    keys = type(column.model).model_fields if column.model else {}
    if path in keys:
        default = shown([keys[path].default])[1:-1]
        return f". Write it into base: {path}: {default} is the default."
    return did_you_mean(path, list(paths(column.merged)))


def _exactly(value: object) -> str:
    """A value as one text, equal for equal values only: true is not 1."""
    return json.dumps(value, sort_keys=True)


def reach(node: Node, path: str) -> Node | None:
    """
    The value at a dotted path. A key may have dots itself: the longest key that leads there counts.

    None where nothing stands there.
    """
    for key in sorted(node.entries, key=len, reverse=True):
        child = node.entries[key].node
        if path == key:
            return child
        if path.startswith(f"{key}.") and (found := reach(child, path[len(key) + 1 :])):
            return found
    return None


def paths(node: Node, before: str = "") -> Iterator[str]:
    """Every dotted path beneath *node*."""
    for key, entry in node.entries.items():
        yield f"{before}{key}"
        yield from paths(entry.node, f"{before}{key}.")
