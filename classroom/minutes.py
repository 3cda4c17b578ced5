"""How long a lesson takes in class, by one rule for all: `make minutes` prints what goes into it.

Words of prose outside the exercises at 180 a minute, 6 seconds for each line of code, 40 for each question, 90 for each
blank, 2 minutes for each widget, the computing (the table of TEACHING.md), and the warm-up exercise, 2 minutes. Not
counted: the core and stretch exercises, folded proofs, imports, the glossary, and asides (their cells carry the tag
`aside`).
Run: python classroom/minutes.py
"""

import re
from typing import NamedTuple

import nbformat
from lessons import PROJECT, lessons

QUESTION = "**Predict, then run.**"
BLANK = re.compile(r"^\s*raise NotImplementedError", re.MULTILINE)
WIDGETS = re.compile(r"\b(?:AttentionExplorer|BatchExplorer|BeamExplorer|BleuExplorer|CaseFile|ClippingExplorer|"
                     r"ContextMap|DecoderStepper|ExperimentBoard|LiveCurves|MaskExplorer|ShapeInspector|ShapeQuiz|"
                     r"Translator)\(")
WARM_UP = 2  # minutes


class Count(NamedTuple):
    """What a lesson has that takes time; `minutes` is their sum by the rule."""

    words: int
    lines: int
    questions: int
    blanks: int
    widgets: int
    computing: int  # seconds

    @property
    def minutes(self):
        seconds = 6 * self.lines + 40 * self.questions + 90 * self.blanks + 120 * self.widgets + self.computing
        return self.words / 180 + seconds / 60 + WARM_UP


def count(nb, computing=0):
    """Count what takes time in a lesson; `computing` is in seconds."""
    cells = [cell for cell in _in_class(nb) if not {"aside", "proof"} & {*cell.metadata.get("tags", [])}]
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    lines = [line for source in code for line in source.splitlines()
             if line.strip() and not line.startswith(("import ", "from ", "#"))]
    blanks = sum(len(BLANK.findall(source)) for source in code)
    widgets = sum(bool(WIDGETS.search(source)) for source in code)
    return Count(len(words(prose)), len(lines), prose.count(QUESTION), blanks, widgets, computing)


def words(markdown):
    """Return the words that are read: no tags, no pictures, no addresses of links, no bars of tables."""
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)|<[^>]*>|\]\([^)]*\)", " ", markdown)
    return re.findall(r"[^\W_]+(?:[’'_.·-][^\W_]+)*", text)


def _in_class(nb):
    """The cells up to the exercises, and the recap behind them; not the glossary, where one looks up a word."""
    exercises = False
    for cell in nb.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("## "):
            exercises = cell.source.startswith(("## Exercises", "## Glossary"))
        if not exercises:
            yield cell


def computing():
    """Return the seconds that each lesson computes on a small computer, by its number: a table of TEACHING.md."""
    teaching = (PROJECT / "TEACHING.md").read_text(encoding="utf-8")
    table = teaching.partition("| lesson | seconds | processor seconds |")[2].partition("\n\n")[0]
    return {int(number): int(seconds) for number, seconds in re.findall(r"^\| (\d\d) \| (\d+) \|", table, re.MULTILINE)}


def counts():
    """Return the `Count` of each lesson, by its number."""
    seconds = computing()
    return {lesson.number: count(nbformat.read(lesson.path, as_version=4), seconds[lesson.number])
            for lesson in lessons()}


def main():
    print(f"{'lesson':<22}{'words':>7}{'lines':>7}{'questions':>11}{'blanks':>8}{'widgets':>9}{'computing':>11}"
          f"{'minutes':>9}{'stated':>8}")
    found = counts()
    for lesson in lessons():
        one = found[lesson.number]
        print(f"{lesson.stem:<22}{one.words:>7}{one.lines:>7}{one.questions:>11}{one.blanks:>8}{one.widgets:>9}"
              f"{one.computing:>9} s{one.minutes:>9.1f}{lesson.minutes:>8}")


if __name__ == "__main__":
    main()
