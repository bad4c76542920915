"""A record as LaTeX that compiles with a small installation; every string is text, never a command."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from stemma.publish.figures import visible
from stemma.publish.record.surveys import SurveyView, percent
from stemma.publish.record.values import Entry, Grid, Item, Section
from stemma.publish.record.view import RecordView

_PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[utf8]{inputenc}
  \newcommand{\uni}[2]{{\footnotesize[U+#1]}}
  \pdfinfoomitdate=1 \pdftrailerid{} \pdfsuppressptexinfo=-1
\else
  \newcommand{\uni}[2]{\char"#1\relax}
\fi
\usepackage[margin=25mm]{geometry}
\usepackage{array}
\usepackage{longtable}
\usepackage[hidelinks]{hyperref}
\setlength{\parindent}{0pt}\setlength{\parskip}{0.5em}
\setlength{\emergencystretch}{3em}\raggedright
\newcommand{\from}[1]{ {\footnotesize\itshape(from #1)}}
"""
_COMMANDS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_\hspace{0pt}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "{''}",
    "'": "{'}",
    "`": r"\textasciigrave{}",
    "-": r"{-}",
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "{'}",
    "“": "``",
    "”": "''",
    "…": r"\dots{}",
    "×": r"$\times$",
    "ß": r"\ss{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "/": r"/\hspace{0pt}",
}
_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0308": '"',
    "\u030a": "r",
    "\u0327": "c",
    "\u030c": "v",
    "\u0304": "=",
}


def record_latex(view: RecordView) -> str:
    """The whole document."""
    return _PREAMBLE + "\\begin{document}\n" + "\n\n".join(_body(view)) + "\n\\end{document}\n"


def _body(view: RecordView) -> Iterator[str]:
    yield f"{{\\LARGE\\bfseries {tex(view.title)}}} {{\\Large {tex(str(view.resolved.version))}}}\\\\ {tex(view.type)}"
    if view.notice:
        yield f"\\fbox{{\\parbox{{0.95\\linewidth}}{{\\bfseries {_text(view.notice)}}}}}"
    for item in view.alerts:
        yield f"\\fbox{{\\parbox{{0.95\\linewidth}}{{\\textbf{{Alert}} {_item(item)}}}}}"
    if view.description:
        yield from map(_prose, view.description.items)
    yield "\\section*{About}\n\n" + _entries(view.about.entries)
    for title, grid in (("Relations", view.relations), ("Risks", view.risks)):
        if grid:
            yield f"\\section*{{{title}}}\n\n{_grid(grid)}"
    for section in (*view.card, view.identity, view.extensions):
        if section:
            yield _section(section)
    yield from map(_survey, view.surveys)
    yield f"\\section*{{How to cite}}\n\n{_text(view.citation)}"
    if view.inheritance:
        items = "\n".join(f"\\item {tex(each.key)}" for each in view.inheritance)
        yield f"\\section*{{Inherited from}}\n\n\\begin{{enumerate}}\n{items}\n\\end{{enumerate}}"
    yield f"{{\\footnotesize Record {tex(view.key)}, content {_breakable(str(view.resolved.record.digest))}.}}"


def _section(section: Section) -> str:
    parts = [f"\\section*{{{tex(section.title)}}}"]
    parts += [_prose(item) for entry in section.entries if entry.prose for item in entry.items]
    rest = tuple(entry for entry in section.entries if not entry.prose)
    return "\n\n".join([*parts, *([_entries(rest)] if rest else []), *map(_grid, section.grids)])


def _entries(entries: tuple[Entry, ...]) -> str:
    return "\n\n".join(f"\\textbf{{{tex(e.label)}}}\\quad {', '.join(map(_item, e.items))}" for e in entries)


def _survey(survey: SurveyView) -> str:
    rows = [(name, tally) for name, tally in survey.domains] + [("All", survey.overall)]
    lines = [f"{tex(name)} & {t.yes} & {t.no} & {t.unanswered} & {tex(percent(t))} \\\\" for name, t in rows]
    head = "Domain & Yes & No & Unanswered & Yes of all \\\\ \\hline \\noalign{\\vskip 3pt} \\endhead"
    return _table(f"\\section*{{{tex(survey.title)}}}\n\n", "lrrrr", head, lines)


def _grid(grid: Grid) -> str:
    shares = (f"{0.94 * share:.3f}" for share in grid.shares)
    columns = "".join(f">{{\\raggedright\\arraybackslash}}p{{{share}\\linewidth}}" for share in shares)
    head = " & ".join(f"\\textbf{{{tex(name.removeprefix('>'))}}}" for name in grid.columns)
    rows = [" & ".join("\\newline ".join(map(_item, cell)) for cell in row) + " \\\\[3pt]" for row in grid.rows]
    return _table("", columns, head + " \\\\ \\hline \\noalign{\\vskip 3pt} \\endhead", rows)


def _table(before: str, columns: str, head: str, rows: list[str]) -> str:
    begin = f"{before}{{\\small\\setlength{{\\tabcolsep}}{{3pt}}\\begin{{longtable}}{{{columns}}}\n"
    return begin + head + "\n" + "\n".join(rows) + "\n\\end{longtable}}"


def _item(item: Item) -> str:
    text = tex(item.text) if len(item.text) < 30 or " " in item.text else _breakable(item.text)
    shown = f"\\href{{{_address(item.link)}}}{{{text}}}" if item.link else text
    return "{}" + shown + (f"\\from{{{tex(item.origin.key)}}}" if item.origin else "")


def _prose(item: Item) -> str:
    return _text(item.text) + (f"\\from{{{tex(item.origin.key)}}}" if item.origin else "")


def _text(text: str) -> str:
    lines = (tex(line.strip()) for line in text.replace("\t", " ").splitlines())
    return "\n\n".join(line for line in lines if line)


def tex(text: str) -> str:
    """One line of text as LaTeX; characters that pdfTeX has no letter for stand as their number."""
    return "".join(map(_character, visible(" ".join(text.split()), 10**9)))


def _character(character: str) -> str:
    if character in _COMMANDS:
        return _COMMANDS[character]
    if character.isascii():
        return character
    base, *accents = list(unicodedata.normalize("NFD", character))
    if base.isascii() and base.isalpha() and len(accents) == 1 and accents[0] in _ACCENTS:
        letter = {"i": "\\i", "j": "\\j"}.get(base, base)
        return f"{{\\{_ACCENTS[accents[0]]}{{{letter}}}}}"
    return f"\\uni{{{ord(character):X}}}{{}}"


def _breakable(text: str) -> str:
    """A long word that may break anywhere after eight characters."""
    return "\\hspace{0pt}".join(tex(text[at : at + 8]) for at in range(0, len(text), 8))


def _address(link: str) -> str:
    """An address in which TeX sees nothing but characters."""
    safe = re.sub(r"[^A-Za-z0-9._~:/?=&;,@+!*()#%-]", lambda m: "".join(f"%{b:02X}" for b in m[0].encode()), link)
    return re.sub(r"([#%&~])", r"\\\1", safe).replace("\\~", "\\string~")
