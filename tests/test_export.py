"""`harness export`: the agreed table, and the way back by `harness new`."""

import doctest
import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import ROOT

from harness import export, goldenfile, run, scaffold, specfile, tables
from harness.cli import main
from harness.compare.print_rules import Style
from harness.engines import engines
from harness.errors import UsageError
from harness.export import forms, labels, layout

pytestmark = pytest.mark.slow

REPRODUCED = [  # whose print an engine gives in every cell: the number exported is then the print
    "arellano-bond-1991-table-4-stata",
    "grunfeld-stata",
    "nist-longley",
    "plm-manual-grunfeld",
    "plm-manual-produc",
    "pydynpd-benchmark-1",
    "roodman-2009-difference-gmm",
    "roodman-2009-ols-lsdv-anderson-hsiao",
    "roodman-2009-system-gmm",
    "stata-xtdpdsys",
    "wooldridge-2010-job-training",
    "wooldridge-wage-panel",
    "xtabond2-help-system",
]


def outcome(identifier: str) -> run.Outcome:
    return run.from_golden(specfile.read(ROOT / f"specs/{identifier}.yaml", engines()))


def harness(root: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--root", str(root), *arguments], catch_exceptions=False)


@pytest.mark.parametrize("identifier", REPRODUCED)
@pytest.mark.parametrize(("form", "name"), [("latex", "t.tex"), ("csv", "t.csv")])
def test_the_way_back_gives_the_printed_table_byte_for_byte(
    tmp_path: Path, identifier: str, form: str, name: str
) -> None:
    told = outcome(identifier)
    source = tmp_path / name
    source.write_text(export.FORMS[form](export.agreed(told, terms=True)), encoding="utf-8")
    made = scaffold.from_table(tmp_path, "again", source)
    assert made.printed.read_bytes() == (goldenfile.folder(told.spec) / "published.csv").read_bytes()
    assert made.faults == ()


def test_a_number_that_is_not_the_print_s_is_the_engine_s() -> None:
    # Windmeijer (2005), Table 2, prints -2.493, -2.826 and -1.999
    text = forms.comma_separated(export.agreed(outcome("windmeijer-2005-table-2")))
    golden = {
        result.column: next(c.value for c in result.cells if c[:3] == ("tests", "ar1", "statistic"))
        for result in outcome("windmeijer-2005-table-2").results
        if result.engine == "python-dpd"
    }
    assert f'"AR(1), statistic",{",".join(f"{golden[c]:.3f}" for c in golden)}' in text


def test_every_spec_has_a_table_or_a_sentence_that_says_why_not() -> None:
    for path in specfile.all_paths(ROOT):
        told = outcome(path.stem)
        try:
            table = export.agreed(told)
        except UsageError as fault:
            assert told.published is None
            assert "Say which numbers belong in it" in str(fault)
        else:
            for form in export.FORMS.values():
                assert len(form(table).splitlines()) > 1 + len(table.notes)


def test_a_table_of_percentiles_that_nobody_has_printed_has_them() -> None:
    lines = forms.comma_separated(export.agreed(outcome("empl-uk-descriptives"))).splitlines()
    assert any(line.startswith('"capital, p25",0.221,') for line in lines)


def test_another_engine_s_number_is_a_footnote_of_its_cell(line) -> None:
    root = line("fake-agrees", "fake-off")
    told = harness(root, "export", "line")
    assert told.exit_code == 0
    row = next(row for row in told.stdout.splitlines() if row.startswith("x &"))
    assert re.fullmatch(r"x & \$1\.\d{3}\$\\textsuperscript\{a\} & .* \\\\", row)
    assert re.search(r"\[a\] fake-off gives 1, x estimate: \d\.\d+", told.stdout)


def test_agreement_has_no_footnote(line) -> None:
    assert "textsuperscript" not in harness(line("fake-agrees"), "export", "line").stdout


def test_before_print_a_table_has_what_is_usual_and_the_decimals_asked_for(line) -> None:
    told = harness(line("fake-agrees"), "export", "line", "--csv", "--decimals", "2").stdout
    assert re.search(r"^x,\d\.\d\d,\d\.\d\d$", told, re.MULTILINE)
    assert re.search(r"^,\(\d\.\d\d\),\(\d\.\d\d\)$", told, re.MULTILINE)


def test_stars_follow_from_p_and_the_spec_s_limits() -> None:
    told = outcome("virtual-agglomeration-table-3")
    table = export.agreed(told)
    p = {
        result.column: cell.value
        for result in told.results
        if result.engine == "python-dpd"
        for cell in result.cells
        if cell[:3] == ("coefficients", "V1", "p_value")
    }
    wanted = [sum(value < limit for limit in (0.10, 0.05, 0.01)) for value in p.values()]
    assert [entry.stars for entry in table.blocks[0][0].entries] == wanted
    assert "The data are a stand-in for those of the paper" in table.notes


def test_markdown_has_one_line_a_row_and_escapes_what_it_would_read_itself() -> None:
    table = export.agreed(outcome("stata-xtdpdsys"), terms=True)
    lines = forms.markdown(table).splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert len(rows) == 2 + sum(map(len, table.blocks))
    assert r"| L1.log\_emp | .8221535 |" in rows


def test_latex_escapes_its_specials_and_keeps_other_scripts() -> None:
    entry = layout.Entry("-0.1", 2, "a,b")
    line = layout.Line("R&D_50% ~{x} 集聚 \\ $", (entry,))
    text = forms.latex(layout.Agreed("100% of #1", ("(1)",), ((line,),), ("p<0.1",)))
    assert "R\\&D\\_50\\% \\textasciitilde{}\\{x\\} 集聚 \\textbackslash{} \\$ & $-0.1^{**}$" in text
    assert "xelatex" in text.splitlines()[1]
    grid = tables.read_text(text, "t.tex")
    assert grid.rows[-1].cells == ("R&D_50% ~{x} 集聚 \\ $", "-0.1**^a,b")
    assert grid.notes == ("100% of #1", "p<0.1.")


@pytest.mark.parametrize(
    ("value", "like", "how", "text"),
    [
        ("0.68622614", ".7000000", Style(), ".6862261"),
        ("-0.0854", "-.10", Style(), "-.09"),
        ("1611.4", "1,000", Style(), "1,611"),
        ("11912345", "13000000", Style(significant=3), "11900000"),
        ("0.0000038", "1.20e-5", Style(), "3.80e-6"),
        ("0.1299", "0.11", Style(truncated=True), "0.12"),
        ("0.0004", "<0.001", Style(), "<0.001"),
    ],
)
def test_numbers_have_the_digits_and_the_dress_of_the_print(
    value: str, like: str, how: Style, text: str
) -> None:
    assert layout.rounded(Decimal(value), like, how) == text


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_pdflatex_sets_the_table(tmp_path: Path) -> None:
    body = forms.latex(export.agreed(outcome("roodman-2009-difference-gmm")))
    whole = f"\\documentclass{{article}}\\usepackage{{booktabs}}\\begin{{document}}{body}\\end{{document}}"
    (tmp_path / "t.tex").write_text(whole)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout[-2000:]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--engine", "r-plm"], "--engine r-plm: line has it not. Known: fake-missing"),
        ([], "line: fake-missing fitted no column, so there is nothing to export: the fake package"),
    ],
)
def test_what_cannot_be_exported_is_one_sentence(line, arguments: list[str], sentence: str) -> None:
    told = harness(line("fake-missing"), "export", "line", *arguments)
    assert told.exit_code == 2
    assert sentence in told.stderr


def test_the_examples_in_the_docstrings_hold() -> None:
    for module in (layout, forms, labels):
        failed, tried = doctest.testmod(module)
        assert (failed, tried > 0) == (0, True), module.__name__
