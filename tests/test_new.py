"""`harness new ID TABLE`: a spec and its printed table from what other programs write.

The numbers are those of Stata's manual, [XT] xtabond, examples 2 and 4, as
golden/arellano-bond-1991-table-4-stata quotes them; the layouts are those
of esttab, outreg and a journal's booktabs.
"""

import doctest
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness import scaffold, specfile, tables
from harness.cli import main
from harness.engines import engines
from harness.errors import TableError
from harness.scaffold import yamltext
from harness.tables import terms, values, words

LATEX = r"""
\begin{table}\caption{Employment equations}
{ \def\sym#1{\ifmmode^{#1}\else\(^{#1}\)\fi}
\begin{tabular}{l*{2}{c}}
\toprule
 & \multicolumn{2}{c}{Difference GMM} \\ \cmidrule(lr){2-3}
 & \multicolumn{1}{c}{(1)} & \multicolumn{1}{c}{(2)} \\
 & \multicolumn{1}{c}{log\_emp} & \multicolumn{1}{c}{log\_emp} \\
\midrule
L.log\_emp  &  0.686\sym{***} & $0.629^{***}$ \\  % one lag
            & (0.145)         & (0.193)      \\
[1em]
L2.log\_emp & $-0.085$        & $-$0.065 \\
            & (0.056)         & (0.045) \\
Real wage \& benefits   & -0.608\textsuperscript{***} & --- \\
            & (0.178)         &   \\
1984.year   & -0.065          & -0.091 \\
            & (0.058)         & (0.064) \\
\midrule
Sector effects & Yes & No \\
Observations & \multicolumn{1}{c}{611} & 1,611 \\
Instruments & 41 & 41 \\
AR(2)       & -0.52 [0.606]   & -0.35 [0.725] \\
Hansen test, p-value & 0.177  & 0.487 \\
Mean of wages & 3.14 & 3.14 \\
\bottomrule
\multicolumn{3}{l}{\footnotesize Two-step standard errors with Windmeijer's correction in parentheses}\\
\multicolumn{3}{l}{\footnotesize \sym{*} \(p<0.05\), \sym{**} \(p<0.01\), \sym{***} \(p<0.001\)}\\
\end{tabular} }
\end{table}
"""
ESTTAB = """\
------------------------------------------------------------
                      (1)             (2)   
                        n               n   
------------------------------------------------------------
L.n                 0.686***        0.629** 
                   (4.75)          (3.25)   

k                                   0.278***
                                   (3.82)   
------------------------------------------------------------
N                     611             611   
------------------------------------------------------------
t statistics in parentheses
* p<0.05, ** p<0.01, *** p<0.001
"""
ESTTAB_CSV = """"","(1)","(2)"
"","n","n"
="L.n",="0.686***",="0.629**"
="",="(0.145)",="(0.193)"
="N",="611",="611"
="Standard errors in parentheses"
="* p<0.05, ** p<0.01, *** p<0.001"
"""
OUTREG = (
    "\t(1)\t(2)\nVARIABLES\tn\tn\n\t\t\nL.n\t0.686***\t0.629**\n\t(0.145)\t(0.193)\n\t\t\nObservations\t611\t611\n"
    "Number of id\t140\t140\nRobust standard errors in parentheses\t\t\n*** p<0.01, ** p<0.05, * p<0.1\t\t\n"
)
WIDE = """term,estimate,std.error,statistic,p.value
L.n,.6862261,.1445943,4.75,0.000
w,-.6078208,.1782055,-3.41,0.001
(Intercept),1.2,.5,2.4,0.02
R-squared,0.9944,,,
"""


def new(root: Path, text: str, *options: str, name: str = "table.tex") -> Result:
    (root / "specs").mkdir(exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")
    arguments = ["--root", str(root), "new", "paper-table", str(root / name), *options]
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def printed(root: Path) -> list[str]:
    return (root / "golden/paper-table/published.csv").read_text(encoding="utf-8").splitlines()


def spec(root: Path) -> specfile.Spec:
    return specfile.read(root / "specs/paper-table.yaml", engines())


def checks(root: Path) -> None:
    told = CliRunner().invoke(main, ["--root", str(root), "check"], catch_exceptions=False)
    assert told.exit_code == 0, told.output


def test_a_latex_table_becomes_published_csv_as_printed(tmp_path: Path) -> None:
    assert new(tmp_path, LATEX).exit_code == 0
    assert printed(tmp_path) == [
        "part,term,measure,(1),(2)",
        "coefficients,L1.log_emp,estimate,0.686,0.629",
        "coefficients,L1.log_emp,std_error,0.145,0.193",
        "coefficients,L1.log_emp,stars,3,3",
        "coefficients,L2.log_emp,estimate,-0.085,-0.065",
        "coefficients,L2.log_emp,std_error,0.056,0.045",
        "coefficients,L2.log_emp,stars,0,0",
        "coefficients,Real_wage_benefits,estimate,-0.608,",
        "coefficients,Real_wage_benefits,std_error,0.178,",
        "coefficients,Real_wage_benefits,stars,3,",
        "coefficients,year=1984,estimate,-0.065,-0.091",
        "coefficients,year=1984,std_error,0.058,0.064",
        "coefficients,year=1984,stars,0,0",
        'fit,model,n_obs,611,"1,611"',
        "fit,model,n_instruments,41,41",
        "tests,ar2,statistic,-0.52,-0.35",
        "tests,ar2,p_value,0.606,0.725",
        "tests,hansen_j,p_value,0.177,0.487",
        "as_printed,Mean of wages,value,3.14,3.14",
    ]
    checks(tmp_path)


def test_the_spec_has_what_the_table_says_and_leaves_the_rest_open(tmp_path: Path) -> None:
    new(tmp_path, LATEX)
    found = spec(tmp_path)
    first, second = found.columns.values()
    assert (first.model, first.outcome, first.estimator, first.steps) == (
        "dynamic-panel",
        "log_emp",
        "difference",
        2,
    )
    assert dict(first.regressors) == {"log_emp": (1, 2), "Real_wage_benefits": (0, 0)}
    assert dict(second.regressors) == {"log_emp": (1, 2)}
    assert (first.time_dummies, found.data.panel.time) == ((1984,), "year")
    assert found.stars == (0.05, 0.01, 0.001)
    assert found.labels["Real_wage_benefits"] == "Real wage & benefits"
    assert [item.setting for item in found.open] == [
        "transformation",
        "h",
        "small_sample",
        "distribution",
        "constant",
        "instruments",
    ]


def test_each_line_is_told_and_what_was_not_understood_is_marked(tmp_path: Path) -> None:
    told = new(tmp_path, LATEX).stdout
    assert "ok   10  L.log_emp                 coefficients L1.log_emp: estimate" in told
    lost = [line.split(maxsplit=2)[2] for line in told.splitlines() if line.startswith("??")]
    assert [line.split("  ")[0] for line in lost] == ["Sector effects", "Mean of wages"]
    assert max(len(line) for line in told.splitlines() if str(tmp_path) not in line) <= 100


def test_json_tells_the_same(tmp_path: Path) -> None:
    document = json.loads(new(tmp_path, LATEX, "--json").stdout)
    assert document["model"] == "dynamic-panel"
    (lost,) = (line for line in document["lines"] if line["label"] == "Mean of wages")
    assert (lost["line"], lost["understood"]) == (25, False)


def test_the_text_of_esttab_is_read_by_its_columns_and_its_note(tmp_path: Path) -> None:
    assert new(tmp_path, ESTTAB, name="table.txt").exit_code == 0
    assert printed(tmp_path)[1:] == [
        "coefficients,L1.n,estimate,0.686,0.629",
        "coefficients,L1.n,statistic,4.75,3.25",
        "coefficients,L1.n,stars,3,2",
        "coefficients,k,estimate,,0.278",
        "coefficients,k,statistic,,3.82",
        "coefficients,k,stars,,3",
        "fit,model,n_obs,611,611",
    ]
    checks(tmp_path)


@pytest.mark.parametrize(("name", "text"), [("table.csv", ESTTAB_CSV), ("table.txt", OUTREG)])
def test_esttab_s_csv_and_the_tabs_of_outreg_are_read(tmp_path: Path, name: str, text: str) -> None:
    assert new(tmp_path, text, name=name).exit_code == 0
    assert printed(tmp_path)[:5] == [
        "part,term,measure,(1),(2)",
        "coefficients,L1.n,estimate,0.686,0.629",
        "coefficients,L1.n,std_error,0.145,0.193",
        "coefficients,L1.n,stars,3,2",
        "fit,model,n_obs,611,611",
    ]
    checks(tmp_path)


def test_a_table_of_one_regression_with_a_measure_a_column_is_read(tmp_path: Path) -> None:
    assert new(tmp_path, WIDE, name="table.csv").exit_code == 0
    lines = printed(tmp_path)
    assert lines[:5] == [
        "part,term,measure,1",
        "coefficients,L1.n,estimate,.6862261",
        "coefficients,L1.n,std_error,.1445943",
        "coefficients,L1.n,statistic,4.75",
        "coefficients,L1.n,p_value,0.000",
    ]
    assert lines[-1] == "fit,model,r_squared,0.9944"
    checks(tmp_path)


def test_a_table_of_moments_is_a_descriptive_model(tmp_path: Path) -> None:
    text = "Variable,N,Mean,Std. Dev.,Min,Max\nwage,1031,23.92,5.65,8.02,45.23\n"
    assert new(tmp_path, text, name="table.csv").exit_code == 0
    assert printed(tmp_path)[1:3] == ["descriptives,wage,n_obs,1031", "descriptives,wage,mean,23.92"]
    assert spec(tmp_path).columns["1"].model == "descriptive"


def test_a_variable_called_n_is_told_from_the_number_of_observations(tmp_path: Path) -> None:
    new(
        tmp_path,
        ESTTAB.replace("L.n ", "n   ").replace("n               n", "w               w"),
        name="t.txt",
    )
    assert "coefficients,n,statistic,4.75,3.25" in printed(tmp_path)
    assert "fit,model,n_obs,611,611" in printed(tmp_path)


def test_what_stands_in_parentheses_can_be_said_where_the_table_does_not(tmp_path: Path) -> None:
    silent = ESTTAB.replace("t statistics in parentheses\n", "")
    (tmp_path / "guessed").mkdir()
    assert "taken for std_error" in new(tmp_path / "guessed", silent, name="table.txt").stdout
    told = new(tmp_path, silent, "--below", "p_value", name="table.txt")
    assert "taken for" not in told.stdout
    assert "coefficients,k,p_value,,3.82" in printed(tmp_path)


def test_degrees_of_freedom_beside_a_number_and_a_note_in_a_row_are_read(tmp_path: Path) -> None:
    # the layout of R's stargazer; five points worked out by hand: slope 6/10, residual sum of squares 2.4
    text = r"""
\begin{tabular}{@{\extracolsep{5pt}}lc}
\\[-1.8ex]\hline
 & \multicolumn{1}{c}{\textit{Dependent variable:}} \\
\cline{2-2}
\\[-1.8ex] & y \\
\hline \\[-1.8ex]
 x & 0.600 \\
  & (0.283) \\
 Constant & 2.200 \\
  & (0.938) \\
R$^{2}$ & 0.600 \\
Residual Std. Error & 0.894 (df = 3) \\
F Statistic & 4.500 (df = 1; 3) \\
\hline
\textit{Note:}  & \multicolumn{1}{r}{$^{*}$p$<$0.1; $^{**}$p$<$0.05; $^{***}$p$<$0.01} \\
\end{tabular}
"""
    assert new(tmp_path, text).exit_code == 0
    assert printed(tmp_path)[5:] == [
        "fit,model,r_squared,0.600",
        "fit,model,rmse,0.894",
        "fit,model,df_resid,3",
        "tests,f,statistic,4.500",
        "tests,f,df,1",
        "tests,f,df2,3",
    ]


def test_chinese_notes_and_labels_are_read(tmp_path: Path) -> None:
    text = (
        r"\begin{tabular}{lcc} & (1) & (2) \\ \hline 虚拟集聚 & 0.363** & 0.227 \\ & (0.174) & (0.162) \\"
        r"常数项 & 0.063 & 0.046 \\ & (0.029) & (0.022) \\ 观测值 & 1289 & 1289 \\ \end{tabular}"
        "\n注：括号内为稳健标准误，*、**、*** 分别表示在10%、5%、1%水平上显著。"
    )
    assert new(tmp_path, text).exit_code == 0
    assert printed(tmp_path)[1:4] == [
        "coefficients,虚拟集聚,estimate,0.363,0.227",
        "coefficients,虚拟集聚,std_error,0.174,0.162",
        "coefficients,虚拟集聚,stars,2,0",
    ]
    found = spec(tmp_path)
    assert found.stars == (0.1, 0.05, 0.01)
    assert found.columns["(1)"].std_error == "robust"


def test_both_numbers_in_one_cell_are_the_coefficient_and_its_standard_error(tmp_path: Path) -> None:
    text = r"\begin{tabular}{lcc} & (1) & (2) \\ x & 0.11 (0.02) & 0.12** (0.03) \\ N & 3 & 4 \end{tabular}"
    assert new(tmp_path, text).exit_code == 0
    assert printed(tmp_path)[1:4] == [
        "coefficients,x,estimate,0.11,0.12",
        "coefficients,x,std_error,0.02,0.03",
        "coefficients,x,stars,0,2",
    ]


def test_a_chinese_note_on_square_brackets_is_not_one_on_parentheses(tmp_path: Path) -> None:
    text = (
        r"\begin{tabular}{lc} & (1) \\ 虚拟集聚 & −0.36** \\ & [−2.01] \\ 样本量 & N = 1,031 \\ \end{tabular}"
        "\n注：方括号内为t值；**、*分别表示在5%、10%水平上显著。"
    )
    told = new(tmp_path, text)
    assert "taken for" not in told.stdout
    assert printed(tmp_path)[1:] == [
        "coefficients,虚拟集聚,estimate,-0.36",
        "coefficients,虚拟集聚,statistic,-2.01",
        "coefficients,虚拟集聚,stars,2",
        'fit,model,n_obs,"1,031"',
    ]


def test_a_second_panel_changes_nothing_of_the_first_and_is_told(tmp_path: Path) -> None:
    text = (
        r"\begin{tabular}{lc} & (1) \\ \multicolumn{2}{l}{Panel A} \\ x & 0.60 \\ z & 0.1 \\ & (0.2) \\"
        "\n"
        r"\hline \multicolumn{2}{l}{Panel B} \\"
        "\n"
        r"x & 0.70*** \\ & (0.10) \\ N & 30 \\ \end{tabular} Standard errors in parentheses"
    )
    lines = new(tmp_path, text).stdout.splitlines()
    assert printed(tmp_path)[1:] == [
        "coefficients,x,estimate,0.60",
        "coefficients,z,estimate,0.1",
        "coefficients,z,std_error,0.2",
        "fit,model,n_obs,30",
    ]
    assert [line.split()[:2] for line in lines if "Panel" in line[:20]] == [["ok", "1"], ["ok", "2"]]
    assert any("x estimate stands already in line 1: left out. Give each panel a table" in s for s in lines)
    assert any(line.startswith("??    3") and "beneath a row that is left out" in line for line in lines)


def test_the_dependent_variable_of_stargazer_is_not_the_name_of_the_method(tmp_path: Path) -> None:
    text = r"""
\begin{tabular}{@{\extracolsep{5pt}}lcc}
 & \multicolumn{2}{c}{\textit{Dependent variable:}} \\
\cline{2-3}
\\[-1.8ex] & \multicolumn{2}{c}{rating} \\
\\[-1.8ex] & \textit{OLS} & \textit{instrumental} \\
 & \textit{} & \textit{variable} \\
\\[-1.8ex] & (1) & (2)\\
 complaints & 0.692$^{***}$ & 0.682$^{***}$ \\
Observations & 30 & 30 \\
\end{tabular}
"""
    new(tmp_path, text)
    assert [column.outcome for column in spec(tmp_path).columns.values()] == ["rating", "rating"]


def test_a_dependent_variable_that_stands_beside_these_words_is_read(tmp_path: Path) -> None:
    new(tmp_path, "a,(1),(2)\n,Dependent variable: wage,Dependent variable: hours\nx,1.5,2.5\n", name="t.csv")
    assert [column.outcome for column in spec(tmp_path).columns.values()] == ["wage", "hours"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("t.csv", "a,b\nx,1\n" + "*" * 100_000 + " p\n"),
        ("t.txt", "-" * 100_000 + "x\n"),
        ("t.csv", "a,b\nx," + "1" * 100_000 + "x\n"),
        ("t.csv", "a,b\n" + "x " * 50_000 + ",x\n"),
        ("t.txt", "a  b  " * 20_000),
        ("t.tex", "a " + "& 1 " * 1000 + "\\\\"),
        ("t.csv", "a,b\n" + "x,1\n" * 20_000),
        ("t.tex", "{" * 100_000 + "}" * 100_000),
    ],
)
def test_what_no_table_has_is_one_sentence_and_no_long_search(tmp_path: Path, name: str, text: str) -> None:
    told = new(
        tmp_path, text, name=name
    )  # each took minutes to hours, or all the stack, where searched naively
    assert told.exit_code == 2
    assert len(told.stderr.splitlines()) == 1


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    new(tmp_path, LATEX)
    before = (tmp_path / "specs/paper-table.yaml").read_bytes()
    told = new(tmp_path, ESTTAB, name="table.txt")
    assert told.exit_code == 2
    assert "is there already; choose another id" in told.stderr
    assert (tmp_path / "specs/paper-table.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("t.csv", "a,1,2\nb,3\nc,4,5\n", "t.csv:2: the line has 2 cells, most have 3"),
        ("t.tex", "a & 1 \\\\ b & 2 & 3 \\\\ c & 4 \\\\", "the line has 3 cells, most have 2"),
        ("t.tex", "\\begin{tabular}{lc} a & {1 \\\\ \\end{tabular}", "t.tex:1: a brace is not closed"),
        ("t.txt", "Dear editor,\nplease find enclosed\n", "no line has a name and numbers beside it"),
        ("t.txt", "Dear editor\n", "this is no table: no line has two cells or more"),
        ("t.csv", "a,b\nc,d\n", "no line has a name and numbers beside it"),
        ("t.xlsx", "PK", "a workbook, .xlsx, is not read. Save the table as csv or LaTeX"),
        ("t.rtf", "{\\rtf1", "Word's text, .rtf, is not read. Save the table as csv or LaTeX"),
        ("t.csv", 'a,"1,2\n', "this is not csv"),
    ],
)
def test_what_is_no_table_is_one_sentence_and_nothing_is_written(
    tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    told = new(tmp_path, text, name=name)
    assert told.exit_code == 2
    assert sentence in told.stderr
    assert len(told.stderr.splitlines()) == 1
    assert list((tmp_path / "specs").iterdir()) == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("x,1\ny,Größe\n".encode("latin-1"), "t.csv:2: this is not UTF-8. Save the file as UTF-8"),
        (b"\x00\x01", "this is no text"),
    ],
)
def test_an_encoding_that_cannot_be_read_is_one_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(TableError, match=sentence):
        tables.read(tmp_path / "t.csv")


def test_the_examples_in_the_docstrings_hold() -> None:
    for module in (terms, values, words, yamltext):
        failed, tried = doctest.testmod(module)
        assert (failed, tried > 0) == (0, True), module.__name__


PIECES = r"""& \\ \multicolumn{2}{c}{ } { 0.1 (0.2) [0.3,0.4] ** \sym{ L.x 1980.year AR(2) N Constant Yes $ ^
, \begin{tabular}{lc} \end{tabular} \cmidrule(lr){2-3} *p<0.1 estimate std.error mean " = e - ."""


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(st.sampled_from([*PIECES.split(), "\n", " ", "  ", "\t"]), max_size=40),
    suffix=st.sampled_from(["tex", "csv", "txt"]),
)
def test_whatever_the_file_holds_it_ends_in_files_or_in_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], suffix: str
) -> None:
    root = tmp_path_factory.mktemp("fuzz")
    (root / f"t.{suffix}").write_text("".join(pieces))
    try:
        made = scaffold.from_table(root, "t", root / f"t.{suffix}")
    except TableError as fault:
        assert len(str(fault).splitlines()) == 1
    else:
        assert made.printed.is_file()
