"""An agreed table as LaTeX, csv or Markdown."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping

from harness.export.layout import Agreed, Entry, Line

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%",
    "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
    ">": r"\textgreater{}", "|": r"\textbar{}",
}  # fmt: skip
_OTHER_SCRIPTS = re.compile(r"[^\x00-\u024f\u2000-\u206f]")


def latex(table: Agreed) -> str:
    """A table environment for the package booktabs."""
    lines = ["\\begin{table}[htbp]", "\\centering", f"\\caption{{{escaped(table.title)}}}"]
    lines.append(f"\\begin{{tabular}}{{l{'c' * len(table.heads)}}}\n\\toprule")
    lines.append(_row(["", *map(escaped, table.heads)]))
    for block in table.blocks:
        lines += ["\\midrule", *(_latex_line(line) for line in block)]
    lines += ["\\bottomrule", "\\end{tabular}", ""]
    lines += [f"{{\\footnotesize {escaped(note)}.}}\n" for note in table.notes]
    text = "\n".join([*lines, "\\end{table}", ""])
    if _OTHER_SCRIPTS.search(text):
        text = "% letters beyond Latin: compile with xelatex or lualatex, e.g. with the package ctex\n" + text
    return "% needs \\usepackage{booktabs}\n" + text


def _latex_line(line: Line) -> str:
    return _row([escaped(line.label), *(_latex_entry(entry, line.in_parentheses) for entry in line.entries)])


def _row(cells: list[str]) -> str:
    # [ or * at the start would belong to the \\ of the row above
    guard = "{}" if cells[0][:1] in ("[", "*") else ""
    return f"{guard}{' & '.join(cells)} \\\\"


def _latex_entry(entry: Entry, in_parentheses: bool) -> str:
    if not re.search(r"\d", entry.text):
        return escaped(entry.text)
    number = re.sub(r"e(-?\d+)$", r"\\mathrm{e}{\1}", entry.text.replace(",", "{,}"))
    number = f"({number})" if in_parentheses else number
    stars = f"^{{{'*' * entry.stars}}}" if entry.stars else ""
    marks = f"\\textsuperscript{{{entry.marks}}}" if entry.marks else ""
    return f"${number}{stars}${marks}"


def escaped(text: str) -> str:
    r"""
    Words as LaTeX prints them; what cannot be printed is left out.

    >>> escaped("R&D_50% ~x"), escaped("新质生产力")
    ('R\\&D\\_50\\% \\textasciitilde{}x', '新质生产力')
    """
    return "".join(_SPECIAL.get(letter, letter) for letter in text if letter.isprintable())


def comma_separated(table: Agreed) -> str:
    """The same as csv, standard errors in parentheses; `harness new` reads it back."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["", *table.heads])
    writer.writerows([line.label, *_plain(line)] for block in table.blocks for line in block)
    writer.writerows([note] for note in table.notes)
    return out.getvalue()


def markdown(table: Agreed) -> str:
    """The same as a table of GitHub's Markdown."""
    rows = [["", *table.heads], ["---"] * (len(table.heads) + 1)]
    rows += [[line.label, *_plain(line)] for block in table.blocks for line in block]
    lines = ["| " + " | ".join(_harmless(cell) for cell in row) + " |" for row in rows]
    notes = [f"{_harmless(note)}." for note in table.notes]
    return "\n".join([f"**{_harmless(table.title)}**", "", *lines, "", "\n\n".join(notes), ""])


def _plain(line: Line) -> Iterator[str]:
    for text, stars, marks in line.entries:
        number = f"({text})" if line.in_parentheses and re.search(r"\d", text) else text
        yield number + "*" * stars + (f"^{marks}" if marks else "")


def _harmless(text: str) -> str:
    return re.sub(r"([\\`*_\[\]|~#<])", r"\\\1", text) if set(text) != {"-"} else text


FORMS: Mapping[str, Callable[[Agreed], str]] = {
    "latex": latex,
    "csv": comma_separated,
    "markdown": markdown,
}
