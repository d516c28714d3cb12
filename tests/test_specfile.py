"""Reading a spec: what it says, what is refused, in which words and where."""

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import specfile
from harness.engines import engines
from harness.errors import SpecError, UsageError
from harness.spec import DynamicPanel, Spec
from harness.specfile import known_trees, schema, yamltree

ENGINES = tuple(engines())
ROOT = Path(__file__).resolve().parents[1]

DYNAMIC = """\
title: A table
source: {citation: A paper, read_from: the paper}
data: {file: firms.csv, panel: {entity: firm, time: year}}
derive: {log_emp: log(emp)}
engines: [python-pydynpd, r-plm]
base:
  model: dynamic-panel
  outcome: log_emp
  regressors: {log_emp: [1, 2], wage: 0}
  time_dummies: [1980, 1981]
  estimator: difference
  steps: 1
  std_error: robust
  instruments:
    gmm: {log_emp: {lags: [2, null]}}
    iv: {x: {variables: {wage: 0, time_dummies: 0}}}
columns:
  "(1)": {}
  "(2)": {steps: 2, std_error: windmeijer}
"""
LINEAR = """\
title: A table
source: {citation: A paper, read_from: the paper}
data: {file: rows.csv}
engines: [r-stats]
base: {model: linear, outcome: y, regressors: {x: 0, z: 0}, std_error: robust}
columns:
  a: {}
  b: {endogenous: {x: 0}, instruments: {w: {}}}
"""


def read(folder: Path, text: str | bytes, name: str = "table.yaml") -> Spec:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return specfile.read(path, ENGINES)


def faults(folder: Path, text: str | bytes, name: str = "table.yaml") -> list[str]:
    """The faults as people see them, without the folder."""
    with pytest.raises(SpecError) as error:
        read(folder, text, name)
    return [str(problem).replace(f"{folder}/", "") for problem in error.value.problems]


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


# ---------------------------------------------------------------------------------------------- what it says


def test_a_column_is_the_base_with_its_changes(tmp_path: Path) -> None:
    spec = read(tmp_path, DYNAMIC)
    one, two = spec.columns.values()
    assert isinstance(one, DynamicPanel) and isinstance(two, DynamicPanel)
    assert (one.steps, one.std_error, two.steps, two.std_error) == (1, "robust", 2, "windmeijer")
    assert one.regressors == two.regressors == {"log_emp": (1, 2), "wage": (0, 0)}
    assert (spec.id, list(spec.columns)) == ("table", ["(1)", "(2)"])


def test_mappings_merge_lists_replace_and_null_removes(tmp_path: Path) -> None:
    patch = '"(3)": {regressors: {wage: null, capital: [0, 1]}, time_dummies: [1981], derived: null}'
    spec = read(tmp_path, f"{DYNAMIC}  {patch}\n")
    column = spec.columns["(3)"]
    assert isinstance(column, DynamicPanel)
    assert column.regressors == {"log_emp": (1, 2), "capital": (0, 1)}
    assert column.time_dummies == (1981,)
    assert column.instruments.gmm["log_emp"].lags == (2, None)


def test_a_changed_variable_keeps_its_place_in_the_order_of_print(tmp_path: Path) -> None:
    spec = read(tmp_path, DYNAMIC + '  "(3)": {regressors: {k: 0, log_emp: 1}}\n')
    assert list(spec.merged["(3)"]["regressors"]) == ["log_emp", "wage", "k"]


@pytest.mark.parametrize(
    ("target", "patch", "merged"),
    [  # RFC 7396, appendix A, the cases whose two sides are mappings
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merging_is_that_of_rfc_7396(target: object, patch: object, merged: object) -> None:
    trees = [yamltree.read(json.dumps(one))[0] for one in (target, patch)]
    assert trees[0] and trees[1]
    assert yamltree.merge(trees[0], trees[1]).plain() == merged


@pytest.mark.parametrize(
    ("text", "value"),
    [  # YAML 1.2.2, example 10.3 and the tables of section 10.3.2
        ("null", None), ("~", None), ("", None), ("true", True), ("FALSE", False), ("0", 0), ("-19", -19),
        ("0o7", 7), ("0x3A", 58), ("0.", 0.0), ("-0.0", 0.0), (".5", 0.5), ("+12e03", 12000.0), 
        ("-2E+05", -2e5),
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("1_000", "1_000"), ("012", 12), ("12:30", "12:30"),
    ],
)  # fmt: skip
def test_plain_words_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    found = yamltree.resolve(text)
    assert found == value and type(found) is type(value)


def test_the_hash_is_of_the_files_bytes(tmp_path: Path) -> None:
    spec = read(tmp_path, DYNAMIC)
    told = subprocess.run(["sha256sum", tmp_path / "table.yaml"], capture_output=True, text=True, check=True)
    assert spec.sha256 == told.stdout.split()[0]


def test_a_mark_at_the_files_beginning_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf" + DYNAMIC.replace("\n", "\r\n").encode()).title == "A table"


# ------------------------------------------------------------------------------------------- finding a spec


def test_a_spec_is_found_by_its_id_or_by_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "specs").mkdir()
    for name in ("specs/empl-uk.yaml", "mine.yaml"):
        (tmp_path / name).write_text(LINEAR)
    monkeypatch.chdir(tmp_path)
    assert specfile.find("empl-uk", tmp_path) == tmp_path / "specs" / "empl-uk.yaml"
    assert specfile.find("mine.yaml", tmp_path) == Path("mine.yaml")
    assert specfile.all_paths(tmp_path) == [tmp_path / "specs" / "empl-uk.yaml"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("empl-ku", "there is no spec 'empl-ku' in {root}/specs; did you mean 'empl-uk'?"),
        ("zzz", "there is no spec 'zzz' in {root}/specs. There are empl-uk."),
        (
            "no/such.yaml",
            "'no/such.yaml' does not exist. Give the path of a YAML file, or an id: harness list",
        ),
    ],
)
def test_a_spec_that_is_not_there_is_said_with_the_nearest_one(
    tmp_path: Path, name: str, sentence: str
) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "empl-uk.yaml").write_text(LINEAR)
    with pytest.raises(UsageError) as error:
        specfile.find(name, tmp_path)
    assert str(error.value) == sentence.format(root=tmp_path)


# ------------------------------------------------------------------------------------------ what is refused

YAML_FAULTS = {
    "empty": (b"", "1:1: the file is empty. Begin with title: ..."),
    "only a comment": (b"# a table\n", "1:1: the file is empty. Begin with title: ..."),
    "a list": (b"- a\n", "1:1: the file is no mapping of keys at its top. Begin with title: ..."),
    "latin-1": ("x: 1\ntitle: é\n".encode("latin-1"), "2: the file is not in UTF-8. Save it as UTF-8."),
    "two documents": (b"a: 1\n---\nb: 2\n", "3:1: a second document begins. One file is one table."),
    "a tab": (
        b"a:\n\t- b\n",
        "2:1: this character begins no value. Put the text in quotes; indent with blanks."),
    "two colons": (b"a: b: c\n", "1:5: a second ': ' on this line. Put the text in quotes, or indent it."),
    "an open bracket": (
        b"a: [1, 2\nb: 3\n",
        "2:2: the list or mapping is not closed here. Write , or the closing bracket.",
    ),
    "open quotes": (b'a: "b\n', "2:1: the quotes are not closed."),
    "text after a bracket": (
        b"title: [XT] xtabond\n",
        "1:13: this does not fit what stands above. Indent like the line above; put a text in quotes where "
        "it begins with [ { ' or \".",
    ),
    "a null byte": (b"a: \0\n", "1:4: this character is not allowed in YAML. Remove it."),
    "no character": (b'a: "\\U0011FFFF"\n', "1:1: this cannot be read as YAML (ValueError) from here on."),
    "deep": (b"[" * 1000, "1:25: the file is nested more than 24 levels deep."),
}  # fmt: skip


@pytest.mark.parametrize("name", YAML_FAULTS)
def test_what_is_no_yaml_is_one_sentence_with_its_place(tmp_path: Path, name: str) -> None:
    text, sentence = YAML_FAULTS[name]
    assert faults(tmp_path, text) == [f"table.yaml:{sentence}"]


# What is changed in DYNAMIC, ¦ before the place of the fault (else the place is in front), and the fault.
DYNAMIC_FAULTS = {
    "a misspelt key at the top": (
        "derive:", "¦deriv:",
        "unknown key 'deriv'; did you mean 'derive'?"),
    "a misspelt key in a group": (
        "variables: {wage", "¦variabels: {wage",
        "every column: unknown key 'variabels' in instruments.iv.x; did you mean 'variables'?"),
    "a key of another model": (
        '"(1)": {}', '"(1)": {¦effects: [time]}',
        'column "(1)": \'effects\' is a key of model panel, not of model dynamic-panel. Remove it.'),
    "a key of a column at the top": (
        "derive:", "¦weights: emp\nderive:",
        "'weights' is a key of a column, not of the top level. Put it under base."),
    "a key of the top in base": (
        "  model:", "  ¦engines: [r-plm]\n  model:",
        "every column: 'engines' is a key of the top level, not of a column. Indent it less."),
    "a required key of the top": (
        "title: A table\n", "",
        "1:1: the required key 'title' is missing. Add it at the top of the file."),
    "a required key of a mapping": (
        ", read_from: the paper", "",
        "2:1: the required key 'read_from' is missing. Add it to source."),
    "a required key of the model": (
        "  outcome: log_emp\n", "",
        "6:1: every column: the required key 'outcome' is missing. Add it to base."),
    "a required key removed": (
        '"(1)": {}', '"(1)": {outcome: ¦null}',
        'column "(1)": null removes \'outcome\', which is required. Give it a value.'),
    "lags upside down": (
        "lags: [2, null]", "lags: ¦[4, 2]",
        "every column: instruments.gmm.log_emp.lags is [4, 2]; the last lag comes before the first. "
        "Write [2, 4]."),
    "lags in one column": (
        '"(1)": {}', '"(1)": {regressors: {wage: ¦[2, 0]}}',
        'column "(1)": regressors.wage is [2, 0]; the last lag comes before the first. Write [0, 2].'),
    "leads": (
        "wage: 0}\n", "wage: ¦-1}\n",
        "every column: regressors.wage is -1; leads (negative lags) are not offered; the first lag is"
        " 0 or more."),
    "lags of another type": (
        "wage: 0}\n", "wage: ¦[0, a]}\n",
        "every column: regressors.wage is [0, a]; write [first, last], two whole numbers, or one "
        "whole number."),
    "a lag beyond every panel": (
        "log_emp: [1, 2]", "log_emp: ¦[1, 1000000000]",
        "every column: regressors.log_emp is [1, 1000000000]; the longest lag is 999."),
    "time dummies of another type": (
        "[1980, 1981]", "¦[1980, b]",
        "every column: time_dummies is [1980, b]; write all, or a list of whole numbers, e.g. [1980, "
        "1981]."),
    "a time dummy twice": (
        "[1980, 1981]", "¦[1980, 1980]",
        "every column: time_dummies is [1980, 1980]; 1980 stands there twice. Write it once."),
    "a misspelt word": (
        "estimator: difference", "estimator: ¦diference",
        "every column: estimator is 'diference'; did you mean 'difference'? Possible are difference, "
        "system."),
    "robust with two steps": (
        "std_error: windmeijer", "std_error: ¦robust",
        'column "(2)": std_error: robust does not go with steps: 2. Use conventional or windmeijer '
        "(the robust variance of two steps is windmeijer)."),
    "cluster without columns": (
        '"(1)": {}', '"(1)": {std_error: ¦cluster}',
        'column "(1)": std_error: cluster needs \'cluster\'. Write for instance cluster: [entity].'),
    "cluster with another variance": (
        '"(1)": {}', '"(1)": {cluster: ¦[entity]}',
        'column "(1)": \'cluster\' stands only with std_error: cluster, not with robust. Remove one.'),
    "the outcome among the regressors": (
        "log_emp: [1, 2]", "log_emp: ¦[0, 2]",
        "every column: the outcome log_emp explains itself. Write log_emp: [1, ...] for its lags."),
    "time dummies in gmm": (
        "gmm: {log_emp", "gmm: {¦time_dummies: {lags: 2}, log_emp",
        "every column: time_dummies stands in a gmm group. Put it into an iv group."),
    "a reserved group": (
        "gmm: {log_emp", "gmm: {level_gmm: ¦{variables: [wage], lags: 2}, log_emp",
        "every column: the group name 'level_gmm' is reserved for all level GMM columns. Choose "
        "another."),
    "a group in gmm and in iv": (
        "iv: {x:", "iv: {log_emp:",
        "16:19: every column: the group name 'log_emp' stands in gmm and in iv; a group's name names "
        "its tests. Rename one and name its variable in 'variables'."),
    "a level equation in differences": (
        "lags: [2, null]", "lags: [2, null], equation: ¦level",
        "every column: equation: level needs estimator: system; a difference estimator has no level "
        "equation."),
    "another model's word": (
        "model: dynamic-panel", "model: ¦dynamic-pannel",
        "every column: there is no model 'dynamic-pannel'; did you mean 'dynamic-panel'?"),
    "no model": (
        "  model: dynamic-panel\n", "",
        "6:1: every column: the required key 'model' is missing. Add it to base: one of dynamic-"
        "panel, panel, linear, descriptive, index, agglomeration, quantile-type, fuzzy-set."),
    "an unknown engine": (
        "r-plm]", "¦r-plmm]",
        "there is no engine 'r-plmm'; did you mean 'r-plm'?"),
    "an engine twice": (
        "r-plm]", "python-pydynpd]",
        "5:10: engines is [python-pydynpd, python-pydynpd]; python-pydynpd stands there twice. Write "
        "it once."),
    "a number for a text": (
        "title: A table", "title: ¦1991",
        'title is 1991; it must be a text. Write "1991".'),
    "a text for a number": (
        '"(1)": {}', '"(1)": {ci_level: ¦high}',
        'column "(1)": ci_level is \'high\'; it must be a number.'),
    "a number out of bounds": (
        '"(1)": {}', '"(1)": {ci_level: ¦95}',
        'column "(1)": ci_level is 95; it must be less than 1.'),
    "a word for true": (
        '"(1)": {}', '"(1)": {constant: ¦yes}',
        'column "(1)": constant is \'yes\'; it must be true or false.'),
    "a column's id that is no text": (
        '"(1)": {}', "¦1: {}",
        'a key is a text, and 1 is none. Write "1".'),
    "an empty column": (
        '"(1)": {}', '¦"(1)":',
        'column "(1)": the column is empty; write {} where it changes nothing.'),
    "a key twice": (
        '"(2)"', '¦"(1)"',
        "the key '(1)' stands here again, first in line 18. Keep one."),
    "an anchor": (
        '"(1)": {}', '"(1)": ¦&one {}',
        "anchors (&) are not allowed. Write the value out; a column inherits from base."),
    "an alias": (
        "steps: 2,", "steps: ¦*two,",
        "aliases (*) are not allowed. Write the value out."),
    "a tag": (
        "title: A table", "title: ¦!!str A table",
        "tags (!) are not allowed. Remove it; put a text that begins with ! in quotes."),
    "a directive": (
        "title: A table", "%YAML 1.1\n¦---\ntitle: A table",
        "directives (%) are not allowed. Remove the line."),
    "an infinite number": (
        '"(1)": {}', '"(1)": {ci_level: ¦.inf}',
        ".inf is no finite number. Put it in quotes if it is a text."),
    "a number of many digits": (
        "time_dummies: [1980", "time_dummies: [¦9" + "0" * 5000,
        "the number has more than 15 digits. Put it in quotes if it is a text."),
    "an escape sequence of terminals": (
        "title: A table", 'title: ¦"\\e[31mA table"',
        "the text has the invisible character U+001B. Remove it."),
    "half a character": (
        "title: A table", 'title: ¦"\\ud800"',
        "the text has the invisible character U+D800. Remove it."),
    "an expression": (
        "log(emp)", "log(emp¦",
        "derive.log_emp: ')' was expected to close log(x), not the end."),
    "a sample": (
        '"(1)": {}', '"(1)": {sample: year >¦ }',
        'column "(1)": sample: a number, a name or \'(\' was expected, not the end.'),
    "no panel": (
        ", panel: {entity: firm, time: year}", "",
        "7:10: every column: model: dynamic-panel needs data.panel. Write panel: {entity: ..., time: "
        "...} under data."),
    "effects of a group that is not named": (
        '"(2)": {steps: 2, std_error: windmeijer}', '"(2)": {model: panel, estimator: random, effects: '
        "¦[group, entity], steps: null, instruments: null}",
        "column \"(2)\": effects names 'group': it needs data.panel.group, a column."),
    "a panel with one key for both": (
        "time: year", "time: ¦firm",
        "'firm' is the entity and the time. Name two columns."),
    "a file outside": (
        "file: firms.csv", "file: ¦../firms.csv",
        "data.file is '../firms.csv'; a spec reads beneath its own folder only. Put the file there, "
        "or give --data NAME=PATH."),
    "an absolute file": (
        "file: firms.csv", "file: ¦/etc/passwd",
        "data.file is '/etc/passwd'; a spec reads beneath its own folder only. Put the file there, or"
        " give --data NAME=PATH."),
    "a drive": (
        "file: firms.csv", "file: ¦C:\\firms.csv",
        "data.file is 'C:\\\\firms.csv'; a spec reads beneath its own folder only. Put the file there, "
        "or give --data NAME=PATH."),
    "an address": (
        "file: firms.csv", 'file: ¦"https://example.org/firms.csv"',
        "data.file is 'https://example.org/firms.csv'; nothing is read from the network. Download the"
        " file and put it beside the spec."),
    "a hash": (
        "file: firms.csv", "file: firms.csv, sha256: ¦0F3C",
        "data.sha256 is '0F3C'; a sha256 has 64 hexadecimal digits in lower case. Write what "
        "sha256sum prints."),
    "a variant's name": (
        "derive:", "variants: {sargn: ¦xtabond}\nderive:",
        "'sargn' has no variants; did you mean 'sargan'?"),
    "a variant": (
        '"(1)": {}', '"(1)": {variants: {wald: ¦al}}',
        'column "(1)": \'wald\' has no variant \'al\'; did you mean \'all\'?'),
    "stars upside down": (
        "derive:", "stars: ¦[0.01, 0.05]\nderive:",
        "stars is [0.01, 0.05]; one star comes first, so the limits decrease. Write [0.05, 0.01]."),
    "a star's limit": (
        "derive:", "stars: ¦[5]\nderive:",
        "stars is [5]; limits of p lie between 0 and 1."),
}  # fmt: skip


def _place(text: str) -> str:
    before = text.partition("¦")[0]
    return f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


@pytest.mark.parametrize("name", DYNAMIC_FAULTS)
def test_a_fault_is_one_sentence_with_its_place_and_the_next_step(tmp_path: Path, name: str) -> None:
    old, new, sentence = DYNAMIC_FAULTS[name]
    text = changed(DYNAMIC, old, new)
    place = f"{_place(text)}: " if "¦" in text else ""
    assert faults(tmp_path, text.replace("¦", "")) == [f"table.yaml:{place}{sentence}"]


# The same for LINEAR.
LINEAR_FAULTS = {
    "an endogenous variable that explains nothing": (
        "{x: 0}, instruments", "{v: ¦0}, instruments",
        "column \"b\": v is endogenous and not among the regressors. Add v to 'regressors' too."),
    "endogenous without instruments": (
        "endogenous: {x: 0}, instruments: {w: {}}", "endogenous: ¦{x: 0}",
        'column "b": 1 endogenous terms need as many excluded instruments; there are 0. Add to '
        "'instruments'."),
    "instruments without endogenous": (
        "endogenous: {x: 0}, instruments: {w: {}}", "instruments: ¦{w: {}}",
        "column \"b\": 'instruments' stands only with 'endogenous'. Name the regressors that are "
        "endogenous."),
    "an exogenous regressor among the instruments": (
        "instruments: {w: {}}", "instruments: {w: {}, z: ¦{}}",
        'column "b": z is an exogenous regressor and so its own instrument. List excluded instruments only.'),
    "lags without a panel": (
        "z: 0}", "z: ¦[0, 1]}",
        "every column: regressors.z goes by time or entity: it needs data.panel. Write panel: "
        "{entity: ..., time: ...} under data."),
    "a cluster of entities without a panel": (
        "a: {}", "a: {std_error: cluster, cluster: ¦[entity]}",
        'column "a": cluster goes by time or entity: it needs data.panel. Write panel: '
        "{entity: ..., time: ...} under data."),
    "a lag in derive without a panel": (
        "engines:", "derive: {l: ¦\"lag(x, 1)\"}\nengines:",
        "derive.l takes lags: it needs data.panel. Write panel: {entity: ..., time: ...} under data."),
    "an unknown column": (
        "columns:", "print: [{columns: [¦aa], decimals: 3}]\ncolumns:",
        "there is no column 'aa'; did you mean 'a'?"),
    "an unknown part": (
        "columns:", "print: [{parts: [¦coeficients]}]\ncolumns:",
        "print.parts is 'coeficients'; there is no such part; did you mean 'coefficients'?"),
    "an unknown measure": (
        "columns:", "print: [{measures: [¦std_eror]}]\ncolumns:",
        "print.measures is 'std_eror'; there is no such measure; did you mean 'std_error'?"),
    "a measure of another part": (
        "columns:", "print: [{parts: [tests], measures: ¦[estimate]}]\ncolumns:",
        "part 'tests' has no measure 'estimate'."),
    "an unknown term": (
        "columns:", "print: [{terms: [x, ¦capital]}]\ncolumns:",
        "no column meant here has a term 'capital'. There are x, z, constant, ar1, ar2, hansen_j, sargan, "
        "wald, f, "
        "f_effects, hausman, hausman_m1, hausman_m2, hausman_m3, breusch_pagan_lm, lm_rho, lm_star_mu, "
        "lm_star_rho, lm_joint, poolability_entity, poolability_entity_slopes, poolability_time."),
    "an engine that the spec does not use": (
        "columns:", "known_differences: [{between: [published, ¦r-plm], within: {rtol: 0.1}, "
        "reason: rounding, evidence: p. 3}]\ncolumns:",
        "known_differences.between: 'r-plm' is not among the engines of this spec. There are r-stats, "
        "published."),
    "a difference without a bound": (
        "columns:", "known_differences: [{between: [published, r-stats], within: ¦{}, reason: rounding, "
        "evidence: p. 3}]\ncolumns:",
        "'within' has no bound. Give at least one of rtol, atol, std_errors."),
    "a difference without a cause": (
        "columns:", "known_differences: [{between: [published, r-stats], within: {rtol: 1}, "
        "reason: ¦Unknown., evidence: p. 3}]\ncolumns:",
        "known_differences.reason is 'Unknown.'; a reason is a cause; where the cause is unknown the "
        "difference stays a discrepancy."),
    "a difference of an engine from itself": (
        "columns:", "known_differences: [{between: ¦[r-stats, r-stats], within: {rtol: 1}, "
        "reason: rounding, evidence: p. 3}]\ncolumns:",
        "known_differences.between is [r-stats, r-stats]; write two different engines, e.g. [published, "
        "r-plm]."),
    "an open setting that is nowhere": (
        "columns:", "open: [{setting: ¦std_eror, because: no word, alternatives: [robust, conventional]}]\n"
        "columns:",
        "every column: open.setting: std_eror is not set; did you mean 'std_error'?"),
    "an open setting that is left to its default": (
        "columns:", "open: [{setting: ¦small_sample, columns: [a], because: no word, alternatives: "
        "[none, n-k]}]\ncolumns:",
        "column \"a\": open.setting: small_sample is not set. Write it into base: small_sample: none is "
        "the default."),
    "an open setting whose value is no alternative": (
        "columns:", "open: [{setting: std_error, because: no word, alternatives: ¦[conventional, cluster]}]\n"
        "columns:",
        "every column: open.alternatives: std_error is 'robust', which is not among them. Add it."),
    "a claim about another column": (
        "columns:", "claims: [{text: x grows, column: ¦c, term: x, sign: positive}]\ncolumns:",
        "there is no column 'c'. There are a, b."),
    "a claim that claims nothing": (
        "columns:", "claims: [¦{text: x grows, column: a, term: x}]\ncolumns:",
        "the claim claims nothing. Give at least one of sign, value, p_below, p_above."),
    "a claim whose number is no text": (
        "columns:", "claims: [{text: x is 0.10, column: a, term: x, value: ¦0.10}]\ncolumns:",
        'claims.value is 0.1; it must be a text. Write "0.10".'),
    "a column named like the table's header": (
        "a: {}", "¦term: {}",
        "a column cannot be called 'term': published.csv has that name taken."),
}  # fmt: skip


@pytest.mark.parametrize("name", LINEAR_FAULTS)
def test_settings_that_need_one_another_are_held_together(tmp_path: Path, name: str) -> None:
    old, new, sentence = LINEAR_FAULTS[name]
    text = changed(LINEAR, old, new) if old != "columns:" else LINEAR.replace("\ncolumns:", f"\n{new}")
    assert faults(tmp_path, text.replace("¦", "")) == [f"table.yaml:{_place(text)}: {sentence}"]


def test_all_faults_are_listed_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = DYNAMIC.replace("title", "titel").replace("r-plm", "r-plmm").replace("wage: 0}\n", "wage: a}\n")
    text = text.replace("steps: 2", "stps: 2").replace("log(emp)", "log(emp")
    places = [fault.split(": ")[0] for fault in faults(tmp_path, text)]
    lines = [int(place.split(":")[1]) for place in places]
    assert lines == sorted(lines) and set(lines) == {1, 4, 5, 9, 19}


def test_a_fault_that_some_columns_inherit_names_them(tmp_path: Path) -> None:
    text = DYNAMIC.replace("wage: 0}\n", "wage: a}\n", 1) + '  "(3)": {regressors: {wage: 1}}\n'
    (fault,) = faults(tmp_path, text)
    assert fault.startswith('table.yaml:9:39: columns "(1)", "(2)": regressors.wage is')


def test_beyond_a_hundred_faults_the_rest_is_counted(tmp_path: Path) -> None:
    listed = faults(tmp_path, LINEAR + "".join(f"k{number}: 1\n" for number in range(150)))
    assert len(listed) == 101 and listed[-1].endswith("there are 50 faults more. Mend these first.")


def test_a_file_whose_name_is_no_id_is_told_a_fitting_one(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, LINEAR, name="My Table_1.yaml")
    sentence = "the file's name is the spec's id and has a-z, 0-9 and - only. Call it my-table-1.yaml."
    assert fault == f"My Table_1.yaml: {sentence}"


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    for path, sentence in (
        (tmp_path, "this is no file. Give the path of a YAML file."),
        (Path("/dev/zero"), "this is no file. Give the path of a YAML file."),
        (tmp_path / "none.yaml", "the file cannot be read: No such file or directory."),
    ):
        with pytest.raises(SpecError) as error:
            specfile.read(path, ENGINES)
        assert str(error.value) == f"{path}: {sentence}"


def test_the_place_is_said_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "table.yaml"
    path.write_text("- a\n")
    with pytest.raises(SpecError, match=r"^table\.yaml:1:1: "):
        specfile.read(path, ENGINES)


# -------------------------------------------------------------------------------------- files of strangers

_WIDE = "base:\n  model: panel\n  estimator: pooled\n  outcome: y\n  std_error: robust\n  regressors:\n"
_HEAD = LINEAR.partition("base:")[0]
_COLUMNS = "columns:\n" + "".join(f"  c{number}: {{}}\n" for number in range(200))
STRANGE = {
    "brackets": b"[" * 1_000_000,
    "braces": b"{a: " * 250_000,
    "dashes": b"- " * 500_000,
    "steps": b"".join(b" " * level + b"a:\n" for level in range(1400)),
    "one word": b"a" * 1_000_000,
    "empty lines": b"\n" * 1_000_000,
    "a billion laughs": b"".join(b"a%d: &a%d [%s]\n" % (n, n, b"*a%d, " % (n - 1) * 9) for n in range(1, 40)),
    "keys that are lists": b"{" + b"? [a], " * 5000 + b"}",
    "null bytes": b"\0" * 1000,
    "too large": b"a: 1\n" * 300_000,
    "long lags": f"{_HEAD}{_WIDE}".encode() + b"    x: [0, 999]\n    z: [0, 999]\n" + _COLUMNS.encode(),
    "wrong in every column": (
        f"{_HEAD}{_WIDE}{''.join(f'    x{n}: a{chr(10)}' for n in range(5000))}{_COLUMNS}".encode()
    ),
    "many open settings": (
        f"{_HEAD}{_WIDE}    x: 0\n{_COLUMNS}open:\n".encode()
        + b"  - {setting: stps, because: a, alternatives: [1, 2]}\n" * 900
    ),
    "a deep expression": f"{_HEAD}derive: {{z: '{'(' * 1999}'}}\n".encode(),
    "a dotted path": f"{_HEAD}{_WIDE}    x: 0\n{_COLUMNS}open: [{{setting: {'a.' * 5000}}}]\n".encode(),
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_file_ends_in_short_sentences(tmp_path: Path, name: str) -> None:
    assert all(len(fault) < 2000 for fault in faults(tmp_path, STRANGE[name]))


_MARKS = st.sampled_from(
    [
        *"[]{}:,-#&*!|>'\"%@`?~ \n\t0.e\\",
        "null",
        "true",
        "-1",
        "1e999",
        "<<: ",
        "- ",
        "? ",
        "---\n",
        "é",
        "\u2028",
    ]
)


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """DYNAMIC with a line lost, doubled or moved in, or a character changed or put in, up to three times."""
    text = DYNAMIC
    for _ in range(draw(st.integers(1, 3))):
        lines = text.splitlines(keepends=True) or [""]
        line, at = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, max(len(text) - 1, 0)))
        match draw(st.sampled_from(["delete", "double", "indent", "change", "insert"])):
            case "delete":
                text = "".join(lines[:line] + lines[line + 1 :])
            case "double":
                text = "".join(lines[: line + 1] + lines[line:])
            case "indent":
                lines[line] = " " * draw(st.integers(0, 6)) + lines[line].lstrip()
                text = "".join(lines)
            case "change":
                text = text[:at] + draw(_MARKS) + text[at + 1 :]
            case _:
                text = text[:at] + draw(_MARKS) + text[at:]
    return text


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=mutations())
def test_a_damaged_spec_is_a_spec_or_a_list_of_faults(tmp_path: Path, text: str) -> None:
    path = tmp_path / "table.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    try:
        spec = specfile.read(path, ENGINES)
    except SpecError as error:
        last = text.count("\n") + 2
        for problem in error.problems:
            assert 0 <= problem.line <= last and problem.message[-1] in ".?", problem
    else:
        assert spec.columns


# ------------------------------------------------------------------------------- trees kept between runs


def test_a_kept_tree_is_the_tree_that_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "specs").glob("*.yaml"))]
    texts.append("a: [-0.0, 1, 1.0, true, null, '1', \"x\\ty\", {}, [], .5]\nb: |\n  two\n  lines\n")
    parsed = [repr(yamltree.read(text)) for text in texts]
    assert [repr(known_trees.read(text)) for text in texts] == parsed

    def not_again(text: str) -> None:
        raise AssertionError(f"parsed again: {text[:40]}")

    monkeypatch.setattr(yamltree, "read", not_again)
    assert [repr(known_trees.read(text)) for text in texts] == parsed


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=mutations())
def test_a_damaged_text_has_the_same_tree_or_the_same_faults_every_time(tmp_path: Path, text: str) -> None:
    once = repr(yamltree.read(text))
    assert repr(known_trees.read(text)) == once
    assert repr(known_trees.read(text)) == once


def test_a_text_with_faults_is_not_kept(tmp_path: Path) -> None:
    assert known_trees.read("a: 1\na: 2\n")[1]
    assert not list((tmp_path / "cache").rglob("*.json"))


def test_another_reader_reads_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a: 1\n"
    known_trees.read(text)
    monkeypatch.setattr(known_trees, "_reader", lambda: b"another")
    monkeypatch.setattr(yamltree, "read", lambda text: (None, []))
    assert known_trees.read(text) == (None, [])


def test_reading_imports_no_library_of_numbers() -> None:
    paths = sorted((ROOT / "specs").glob("*.yaml"))
    code = (
        "import sys; from pathlib import Path\n"
        "from harness import specfile; from harness.engines import engines\n"
        f"specfile.read(Path({str(paths[0])!r}), engines())\n"
        "print(*sorted({'numpy', 'pandas', 'scipy', 'rpy2', 'jsonschema'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.strip() == ""


# ------------------------------------------------------------------------------------------- the JSON Schema


def validator() -> jsonschema.Draft202012Validator:
    committed = json.loads((ROOT / "harness" / "spec.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(committed)
    return jsonschema.Draft202012Validator(committed)


def as_written(text: str) -> object:
    tree, found = yamltree.read(text)
    assert tree and not found
    return tree.plain()


def test_the_committed_schema_is_in_step() -> None:
    committed = (ROOT / "harness" / "spec.schema.json").read_text(encoding="utf-8")
    assert committed == schema.text(), "python -m harness.specfile.schema > harness/spec.schema.json"


@pytest.mark.parametrize("path", sorted((ROOT / "specs").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_spec_of_the_library_fits_the_schema(path: Path) -> None:
    assert not list(validator().iter_errors(as_written(path.read_text(encoding="utf-8"))))


def test_the_schema_takes_patches_with_null() -> None:
    text = DYNAMIC + '  "(3)": {regressors: {wage: null}, instruments: {iv: null}, time_dummies: null}\n'
    assert not list(validator().iter_errors(as_written(text)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title:", "titel:"),
        ("citation:", "citatoin:"),
        ("estimator: difference", "estimater: difference"),
        ("estimator: difference", "estimator: diference"),
        ("lags: [2, null]", "lag: [2, null]"),
        ("lags: [2, null]", "lags: [2, null, 3]"),
        ("wage: 0}\n", "wage: x}\n"),
        ("steps: 2", "stps: 2"),
        ("engines: [python-pydynpd, r-plm]", "engines: r-plm"),
    ],
)
def test_the_schema_refuses_a_misspelt_key_and_a_wrong_value(old: str, new: str) -> None:
    assert list(validator().iter_errors(as_written(changed(DYNAMIC, old, new))))


def test_every_key_of_the_schema_has_its_description() -> None:
    document = schema.spec_schema()
    mappings = {"spec": document, **document["$defs"]}
    bare = [
        f"{name}.{key}"
        for name, mapping in mappings.items()
        for key, entry in mapping.get("properties", {}).items()
        if not re.search(r"\w", entry.get("description", ""))
    ]
    assert bare == []
