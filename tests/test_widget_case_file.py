"""The case file without a browser: each step uncovers what it should, and nothing more."""

import inspect
import json
import re
import time

import pytest
import torch
from test_widgets import BAD, NASTY, Page, run  # noqa: F401

from seq2seq_lib import widgets
from seq2seq_lib.cases import CASES
from seq2seq_lib.suspects import Suspect
from seq2seq_lib.widgets import case_file
from seq2seq_lib.widgets.case_file import GUESS, LINE, LOSS, PLACES, SCORE, TRANSLATIONS, CaseFile

NUMBERS = range(1, len(CASES) + 1)


def program(i):
    """What a program could show, unlike any other's."""
    return {"losses": [5.0, 4.0, 3.0 - i / 100], "translations": [f"deux {i} .", "trois ."], "score": 30 + i}


@pytest.fixture(autouse=True)
def seen(monkeypatch):
    made = {"pairs": 1200, "parts": ["train", "validation"],
            "sources": ["two .", "three ."], "references": [["deux .", "2 ."], ["trois ."]],
            "right": program(0) | {"scores": [30, 25, 35]},
            "cases": {case.__name__: program(i) for i, case in enumerate(CASES, 1)}}
    monkeypatch.setattr(case_file, "what_is_seen", lambda: made)
    return made


def press(widget, name="more", times=1):
    for _ in range(times):
        setattr(widget, name, getattr(widget, name) + 1)
    assert widget.error is None
    return widget


def at(piece, number=1, **settings):
    return press(CaseFile(case=number, **settings), times=piece - LOSS)


def shown(widget, name):
    (spec,) = [spec for spec in widget._picture["controls"] if spec["name"] == name]
    return not spec["hidden"]


# ---------------------------------------------------------------- piece by piece

def test_the_curve_comes_first_and_nothing_else():
    widget = CaseFile()
    page = Page(widget.html)
    assert re.findall(r's2s-case-title">([^<]*)', widget.html) == ["The loss"]
    (label,) = [values["aria-label"] for name, values in page.elements if name == "svg"]
    assert "epoch 1: 5.00 and 5.00" in label and "epoch 3: 2.99 and 3.00" in label
    assert widget.said == "Case 1. Its loss goes from 5.00 to 2.99, the right program's from 5.00 to 3.00."
    assert not shown(widget, "guess") and not shown(widget, "run")


@pytest.mark.parametrize("top", [0.4, 5, 30, 400, 10**7])
def test_a_loss_of_any_size_has_a_few_lines_behind_it(seen, top):
    seen["cases"][CASES[0].__name__]["losses"] = [top, 2, 1]
    assert 1 <= CaseFile().html.count("s2s-case-axis") <= 11


def test_equal_curves_are_said_to_be_equal(seen):
    seen["cases"][CASES[0].__name__]["losses"] = seen["right"]["losses"]
    assert CaseFile().said.endswith("as the right program's does: the curves are the same.")


def test_each_press_uncovers_one_piece():
    widget, titles = CaseFile(tests={"t": bool}), []
    for piece in (LOSS, TRANSLATIONS, SCORE, GUESS, LINE):
        titles.append(re.findall(r's2s-case-title">([^<]*)', widget.html))
        assert ("deux 1 ." in widget.html) == (piece >= TRANSLATIONS)
        assert ("31.0" in widget.html + widget.said) == (piece >= SCORE)
        assert shown(widget, "guess") == (piece == GUESS) and shown(widget, "run") == (piece >= GUESS)
        press(widget)
    assert titles == [["The loss"], ["The loss", "Translations"], ["The loss", "The score", "Translations"],
                      ["The loss", "The score", "Translations", "Where to look"],
                      ["The loss", "The score", "Translations", "The line"]]


@pytest.mark.parametrize("number", NUMBERS)
def test_no_name_and_no_slip_is_shown_before_the_end(number):
    kind = CASES[number - 1]
    own = {line.strip() for whose, line in case_file.lines_of(kind) if whose == "case"}
    secrets = {kind.__name__, kind.slip, kind.slip.replace("`", ""), *(line for line in own if len(line) > 8)}
    widget = CaseFile(tests={"t": bool}, case=number)
    for piece in (LOSS, TRANSLATIONS, SCORE, GUESS):
        sent = json.dumps(widget.get_state(), default=repr, ensure_ascii=False) + Page(widget.html).text
        assert not [secret for secret in secrets if secret in sent], piece
        press(widget)
    text = Page(widget.html).text
    assert kind.slip.replace("`", "") in widget.said
    assert all(line in text for line in own)
    assert ("common" if kind.seen == "common" else kind.seen) in text


def test_translations_say_which_are_accepted():
    widget = at(TRANSLATIONS, 2)
    assert widget.said == ("Case 2. Of 2 sentences it translates 1 as accepted, the right program 1; 1 comes out "
                           "otherwise than there.")
    cells = Page(widget.html).texts
    assert "deux 2 ." in cells and cells.count("✓ trois .") == 2 and "deux . / 2 ." in cells


def test_the_score_stands_beside_others_of_the_right_program():
    widget = at(SCORE, 3)
    assert widget.said == ("Case 3. It gives itself 33.0 BLEU, the right program 30.0, and with other seeds "
                           "25.0 to 35.0.")


def test_the_guess_is_judged_with_the_line():
    kind = CASES[0]
    (place,) = case_file.places_of(kind)
    widget = at(GUESS)
    assert widget.said == "Case 1. Where would you look? Choose one."
    widget.guess = place
    assert f"You would look in {place}." in widget.said and inspect.getdoc(getattr(Suspect, place)).split("\n")[0] in (
        Page(widget.html).text)
    assert press(widget).said.startswith(f"Case 1. It is in {place}, as you guessed.")
    other = next(one for one in PLACES if one != place)
    widget = at(GUESS)
    widget.guess = other
    assert press(widget).said.startswith(f"Case 1. It is in {place}, and you looked in {other}.")
    assert at(LINE).said.startswith(f"Case 1. It is in {place}. ")


def test_behind_the_last_piece_comes_the_next_case_and_behind_the_last_case_the_first():
    widget = at(LINE)
    assert press(widget).case == 2 and widget.said.startswith("Case 2. Its loss")
    widget = at(LINE, len(CASES))
    assert press(widget).case == 1


def test_each_case_keeps_how_far_it_is_and_its_guess():
    widget = at(GUESS, 2)
    widget.guess = "epoch"
    widget.case = 1
    assert widget.guess == "" and widget.said.startswith("Case 1. Its loss")
    widget.case = 2
    assert widget.guess == "epoch" and "look in epoch" in widget.said
    strip = [values["aria-label"] for _, values in Page(widget.html).elements if "data-at" in values]
    assert strip[:3] == ["case 1, 1 of 5 pieces uncovered", "case 2, 4 of 5 pieces uncovered",
                         "case 3, 1 of 5 pieces uncovered"]
    press(widget, "again")
    assert widget.guess == "" and widget.said.startswith("Case 2. Its loss")
    assert at(LINE).html.count('aria-label="case 1, solved"') == 1


def test_all_is_kept_when_the_cell_runs_again(run):  # noqa: F811
    widget = run("a", lambda: CaseFile(tests={"t": bool}))
    widget.case = 2
    press(widget, times=3)
    widget.guess = "epoch"
    again = run("a", lambda: CaseFile(tests={"t": bool, "u": bool}))
    assert (again.said, again.html) == (widget.said, widget.html)


@pytest.mark.parametrize("value", [*BAD, [10**9] * 3, ["<b>"] * 50, [[1]], [True], [None] * 40], ids=repr)
def test_a_state_of_any_kind_is_no_error(value):
    for name in ("case", "uncovered", "guesses"):
        widget = CaseFile(**{name: value})
        assert widget.error is None and widget.html
        press(widget)
        press(widget, "again")


def test_a_key_is_answered_in_time():
    """What a key costs in Python; the median, for the machine may be busy."""
    widget, times = at(LINE), []
    for i in range(21):
        start = time.perf_counter()
        widget.case = 2 if i % 2 else 1
        times.append(time.perf_counter() - start)
    assert sorted(times)[10] < 0.075


# ---------------------------------------------------------------- the lines

@pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.__name__)
def test_the_lines_are_those_of_the_programs(kind):
    lines, places = case_file.lines_of(kind), case_file.places_of(kind)
    assert len(places) == 1 and len(lines) <= 24 and max(len(line) for _, line in lines) <= 120
    right = inspect.getsource(getattr(Suspect, places[0]))
    wrong = inspect.getsource(inspect.getmodule(kind))
    for whose, line in lines:
        assert line.strip() in right if whose == "right" else line.strip() in wrong
    assert "case" in {whose for whose, _ in lines} or "right" in {whose for whose, _ in lines}
    assert '"""' not in "".join(line for _, line in lines)


def test_equal_lines_stand_once():
    class Wrong(case_file.Case):
        threshold = 2

        def score(self, predictions, references):
            return corpus_bleu(predictions, references) / 2  # noqa: F821

    assert case_file.lines_of(Wrong) == [
        ("case", "threshold = 2"), ("", ""), ("", "def score(self, predictions, references):"),
        ("right", "    return corpus_bleu(predictions, references)"),
        ("case", "    return corpus_bleu(predictions, references) / 2")]


# ---------------------------------------------------------------- the reader's tests

def results(tests, number=1, **settings):
    """What the case file says of some tests: a row each, and its sentence."""
    widget = at(GUESS, number, tests=tests, **settings)
    press(widget, "run")
    table = re.search(r"Your tests</p>.*", widget.html)[0]
    rows = [Page(row).texts for row in re.findall("<tr>(.*?)</tr>", table)]
    return rows[1:], widget.said


def guilty(suspect):
    return not isinstance(suspect, CASES)


def test_a_test_is_run_against_the_case_and_the_right_program():
    rows, said = results({"guilty": guilty, "blind": lambda suspect: True, "harsh": lambda suspect: False,
                          "a tensor": lambda suspect: torch.tensor(guilty(suspect))})
    assert rows == [["guilty", "● finds something", "· finds nothing"], ["blind", "· finds nothing", "· finds nothing"],
                    ["harsh", "● finds something", "● finds something (then it says little of the case)"],
                    ["a tensor", "● finds something", "· finds nothing"]]
    assert said == "Case 1. 2 of your 4 tests find something here and nothing in the right program."


def test_a_test_gets_the_very_case():
    got = []
    results({"t": lambda suspect: got.append(type(suspect))}, 3)
    assert got == [CASES[2], Suspect]


def test_what_is_wrong_with_a_test_is_said(monkeypatch, capsys):
    monkeypatch.setattr(case_file, "SECONDS", 0.2)

    def endless(suspect):
        while True:
            print("on and on")

    rows, said = results({"raises": lambda suspect: 1 / 0, "endless": endless, "returns": lambda suspect: None,
                          "many": lambda suspect: torch.ones(3)})
    assert [row[1] for row in rows] == [
        "! raised ZeroDivisionError: division by zero", "! had not returned after 0.2 seconds",
        "! returned NoneType, neither True nor False", "! returned Tensor, neither True nor False"]
    assert said.startswith("Case 1. 0 of your 4 tests find something") and capsys.readouterr().out == ""


@pytest.mark.parametrize("number", NUMBERS)
def test_an_error_does_not_tell_the_name_of_a_case(number):
    rows, _ = results({"of the case": lambda suspect: suspect.nothing,
                       "of its decoder": lambda suspect: suspect.net(suspect.vocabs(suspect.pairs())).decoder.nothing},
                      number)
    assert rows[0][1:] == ["! raised AttributeError: 'Suspect' object has no attribute 'nothing'"] * 2
    assert rows[1][1] == rows[1][2] == "! raised AttributeError: 'Decoder' object has no attribute 'nothing'"


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_names_and_errors_are_escaped(text):
    def raises(suspect):
        raise ValueError(text)

    widget = press(at(GUESS, tests={text: raises}), "run")
    assert not re.search(r"<(script|img|textarea)", widget.html) and "Your tests" in widget.html
    assert len(widget.html) < 60_000


def test_while_the_tests_run_it_is_said_how_far_they_are():
    widget, said = None, []

    def look(suspect):
        said.append(widget.said)
        return True

    widget = at(GUESS, tests={"one": look, "two": look})
    press(widget, "run")
    assert said == ["Your tests are running: 1 of 2, one …"] * 2 + ["Your tests are running: 2 of 2, two …"] * 2


def test_an_interrupt_ends_the_run(monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(case_file, "within", interrupted)
    rows, _ = results({"one": bool, "two": bool})
    assert [row[1] for row in rows] == ["! was not run: you interrupted it"] * 2


def test_results_stay_with_their_case_and_are_covered_with_it():
    widget = press(at(GUESS, tests={"t": guilty}), "run")
    assert "Your tests" in widget.html
    widget.case = 2
    assert "Your tests" not in press(widget, times=3).html
    widget.case = 1
    assert "Your tests" in widget.html and "Your tests" in press(widget).html
    assert "Your tests" not in press(press(widget, "again"), times=3).html


@pytest.mark.parametrize("tests", [[bool], bool, {"x": 3}], ids=repr)
def test_tests_of_another_kind_are_refused(tests):
    with pytest.raises(ValueError, match="a dictionary from names to functions"):
        CaseFile(tests=tests)


# ---------------------------------------------------------------- its file

def test_a_case_that_is_not_in_the_file_is_said_without_its_name(seen):
    del seen["cases"][CASES[1].__name__]
    widget = CaseFile(case=2)
    assert "has nothing on case 2" in widget.problem and "make cases" in widget.problem
    assert CASES[1].__name__ not in widget.problem


def test_a_missing_file_is_said(monkeypatch, tmp_path):
    monkeypatch.undo()
    monkeypatch.setattr(case_file, "data_folder", lambda: tmp_path)
    case_file.what_is_seen.cache_clear()
    try:
        assert "cases.json is missing" in widgets.CaseFile().problem
    finally:
        case_file.what_is_seen.cache_clear()
