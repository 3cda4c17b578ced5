"""Proofs of what a lesson claims, blanks that its reader fills, its minutes, and the bar of a cell that takes long."""

import pytest
import torch
from lessons import lessons
from minutes import Count, count, counts, words
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from seq2seq_lib.checks import Blank, prove
from seq2seq_lib.widgets import progress

# ---------------------------------------------------------------- proofs


def test_claims_that_hold_are_counted(capsys):
    prove({"two is even": lambda: 2 % 2 == 0, "a tensor of one": lambda: torch.tensor(True)})
    prove({"one alone": lambda: True})
    assert capsys.readouterr().out == "✓ 2 claims of this section hold\n✓ 1 claim of this section holds\n"


def test_each_claim_that_fails_is_named_and_nothing_is_raised(capsys):
    prove({"two is odd": lambda: 2 % 2, "a row that is gone": lambda: {}["row"], "two is even": lambda: True})
    assert capsys.readouterr().out == "✗ two is odd\n✗ a row that is gone (it could not be tried: KeyError)\n"


def test_claims_about_other_settings_are_skipped_and_not_tried(capsys):
    prove({"never tried": lambda: 1 / 0, "nor this": lambda: False}, only_if=False)
    prove({"one alone": lambda: True}, only_if=True)
    assert capsys.readouterr().out == (
        "○ 2 claims about the settings of the course were skipped: these are others\n✓ 1 claim of this section holds\n")


# ---------------------------------------------------------------- blanks

def double(x):
    return 2 * x


BLANK = Blank(double, cases=[(1,), (3,)], mistakes=[(lambda x: x * x, "This is the square.")],
              start="Begin with `x`.", after="Well doubled.")


def untouched(x):
    raise NotImplementedError


@pytest.mark.parametrize("piece, status, said", [
    (lambda x: x + x, "right", "Well doubled. The lesson goes on with your `double`."),
    (untouched, "not attempted", "Begin with `x`. The lesson goes on with the course's `double`."),
    (lambda x: x * x, "wrong", "This is the square. The lesson goes on with the course's `double`."),
    (7, "wrong", "The lesson goes on with the course's `double`."),
])
def test_a_blank_gives_back_what_the_lesson_goes_on_with(capsys, piece, status, said):
    went_on = BLANK(piece)
    assert went_on is (piece if status == "right" else double)
    assert BLANK.verdict(piece).status == status
    assert said in capsys.readouterr().out  # shown at once: the cell ends in an assignment


# ---------------------------------------------------------------- minutes

def test_a_lesson_is_counted_by_the_rule():
    aside = {"tags": ["aside"]}
    nb = new_notebook(cells=[
        new_markdown_cell("# 4 · Two words [and a link](https://example.org/of-many-words) <b>here</b>"),
        new_markdown_cell("![A map](x.svg)"),
        new_code_cell("import torch\nfrom x import y\n\nx = 1  # one\n# a comment"),
        new_code_cell("def f():\n    raise NotImplementedError"),
        new_markdown_cell("> **Predict, then run.** What?"), new_code_cell("MaskExplorer(x)"),
        new_markdown_cell("## Aside: skip", metadata=aside), new_code_cell("a\nb", metadata=aside),
        new_code_cell("prove({})", metadata={"tags": ["proof"]}),
        new_markdown_cell("## Exercises\n\nMany words."), new_code_cell("def g():\n    raise NotImplementedError"),
        new_markdown_cell("## Recap\n\nIt counts.")])
    assert count(nb, 30) == Count(words=14, lines=4, questions=1, blanks=1, widgets=1, computing=30)
    assert count(nb, 30).minutes == pytest.approx(14 / 180 + (4 * 6 + 40 + 90 + 120 + 30) / 60 + 2)


def test_words_are_what_is_read():
    assert words("It's `x = 1`, $a_b$; **twice** 3.5") == ["It's", "x", "1", "a_b", "twice", "3.5"]


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.stem)
def test_a_lesson_says_how_long_it_takes(lesson):
    minutes = counts()[lesson.number].minutes
    assert abs(minutes - lesson.minutes) <= 0.1 * lesson.minutes
    assert lesson.minutes <= (60 if lesson.number == 8 else 45)


# ---------------------------------------------------------------- progress

def test_a_bar_goes_through_all_and_leaves_a_line(monkeypatch):
    shown, bars = [], []
    monkeypatch.setattr("seq2seq_lib.widgets.progress_bar.display", lambda data, raw: shown.append(data))
    for item in progress("abc", "short <trainings>"):
        bars.append(item)
    assert bars == ["a", "b", "c"]
    assert shown[0]["text/plain"] == "3 short <trainings>" and "application/vnd.jupyter.widget-view+json" in shown[0]
