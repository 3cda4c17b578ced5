"""The experiment board without a browser: the question comes before its answer, and the answer is the table's."""

import json
import re

import pandas as pd
import pytest
from helpers import comparison_rows, opened, toy_experiments
from test_widgets import BAD, Page, run  # noqa: F401

from seq2seq_lib.experiments import CLAIMS, METRICS, Claim
from seq2seq_lib.widgets import ExperimentBoard, experiment_board
from seq2seq_lib.widgets.experiment_drawing import differences, signed, ticks

HOLDS, FAILS, OPEN = "holds here", "does not hold here", "cannot tell here"
CURVE = "learning curve"


def board(claim="more", guess=HOLDS, **settings):
    """A board on which the reader has predicted something of the claim."""
    widget = ExperimentBoard(*toy_experiments(), claim=claim, guesses=[[claim, guess]] if guess else [], **settings)
    assert widget.error is None and not widget.problem
    return widget


def small(differences, bounds=(1.5, 1.0), guess=HOLDS, says="It is better.", named=None, **settings):
    """A board of one claim, one comparison."""
    claim = Claim(says, "Doe 2020, On It", (), {"it": ("a", "b")}, {"a": "old", "b": "new"} if named is None else named)
    table = pd.DataFrame(comparison_rows("c", "it", differences, bounds=bounds))
    return ExperimentBoard(table, {"c": claim}, guesses=[["c", guess]] if guess else [], **settings)


def shown(widget):
    """The names of the controls that are seen."""
    return [spec["name"] for spec in widget._picture["controls"] if not spec["hidden"]]


def options(widget, name):
    (spec,) = [spec for spec in widget._picture["controls"] if spec["name"] == name]
    return dict(spec["options"])


def buttons(widget):
    """The attributes of the three guesses."""
    return [attributes for _, attributes in Page(widget.html).elements if attributes.get("data-set") == "guesses"]


def press(widget, i):
    """Press the i-th of the guesses, as the front end does."""
    widget.guesses = json.loads(buttons(widget)[i]["data-value"])[0]


def alts(widget):
    return [attributes["aria-label"] for name, attributes in Page(widget.html).elements if name == "svg"]


# ---------------------------------------------------------------- the question

def test_the_question_comes_first_and_gives_nothing_away():
    widget = board(guess=None)
    assert widget.said == (
        "Doe and Roe 2020: More is better. Compared here: “half of the data” with “all of the data”, five seeds. Write "
        "your prediction down: does it hold here?")
    page = Page(widget.html)
    assert page.texts == [
        "More is better.", "Doe and Roe 2020, ", "On More Data", "Does it hold here?", "holds", "does not hold",
        "cannot tell"]
    assert alts(widget) == [] and shown(widget) == ["claim", "comparison"]
    sent = json.dumps(widget._picture, ensure_ascii=False) + str(widget.still().partition("<img")[0])
    for text in (sent, re.sub("<style>.*?</style>", "", opened(widget.still()))):
        assert not re.search(r"\d\.\d BLEU|[+−]\d\.\d|seeds agree|says the opposite", text)
    for one in (board("length", None), board("copying", None)):
        assert HOLDS not in Page(one.html).text and OPEN not in one.said


@pytest.mark.parametrize("i, guess", [(0, HOLDS), (1, FAILS), (2, OPEN)])
def test_a_press_shows_the_runs_and_another_takes_it_back(i, guess):
    widget = board(guess=None)
    covered = widget.html
    assert [button["aria-pressed"] for button in buttons(widget)] == ["false"] * 3
    press(widget, i)
    assert widget.guesses == [["more", guess]] and len(alts(widget)) == 2
    assert [button["aria-pressed"] == "true" for button in buttons(widget)] == [n == i for n in range(3)]
    assert ("as you predicted" in widget.said) == (guess == HOLDS)
    assert ("good that you asked the runs" in widget.said) == (guess != HOLDS)
    press(widget, (i + 1) % 3)
    assert len(widget.guesses) == 1 and widget.guesses[0][1] != guess
    press(widget, (i + 1) % 3)
    assert widget.guesses == [] and widget.html == covered


def test_each_claim_keeps_its_guess():
    widget = board(guess=None)
    press(widget, 0)
    widget.claim = "length"
    assert alts(widget) == [] and "does it hold here?" in widget.said
    press(widget, 1)
    assert widget.guesses == [["more", HOLDS], ["length", FAILS]]
    assert "You predicted that it does not hold; good that" in widget.said
    widget.claim = "more"
    assert "as you predicted" in widget.said


def test_a_cell_that_runs_again_keeps_the_guesses(run):  # noqa: F811
    make = lambda: ExperimentBoard(*toy_experiments())  # noqa: E731
    press(run("a", make), 2)
    assert "You predicted that one cannot tell" in run("a", make).said


@pytest.mark.parametrize("value", [*BAD, [["more"]], [["more", "x"]], ["more", HOLDS], [[["more"], HOLDS]]], ids=repr)
def test_whatever_is_set_as_guesses_is_no_guess(value):
    widget = board()
    widget.guesses = value
    assert not widget.problem and alts(widget) == []
    press(widget, 0)
    assert widget.guesses == [["more", HOLDS]]


# ---------------------------------------------------------------- the verdicts

def test_it_holds_where_all_seeds_and_the_interval_say_so():
    widget = small([4, 5, 6, 3, 2])
    assert widget.said == (
        "It is better. Holds here, as you predicted: all five seeds agree, and the interval over sentences (+3.0 to "
        "+5.0) excludes zero. Compared: it, lengths: all. “old” 31.0, “new” 35.0 BLEU. Differences: seed 0 +4.0, "
        "seed 1 +5.0, seed 2 +6.0, seed 3 +3.0, seed 4 +2.0; mean +4.0, 95 % interval +3.0 to +5.0.")
    assert "✓ holds here" in Page(widget.html).text


def test_it_does_not_hold_where_all_speak_against_it():
    widget = small([-4, -5, -3], guess=FAILS)
    assert "Does not hold here, as you predicted: all three seeds agree, and the interval over sentences (−5.0 to " \
           "−3.0) excludes zero." in widget.said
    assert "✗ does not hold here" in Page(widget.html).text


@pytest.mark.parametrize("values, bounds, reason", [
    ([4, 5, 6, -3, 2], (1.5, 1.0), "seed 3 says the opposite."),
    ([-4, 5, 6, -3, 20], (1.5, 1.0), "seeds 0 and 3 say the opposite."),
    ([-4, -5, 1, -3, -2], (1.5, 1.0), "seed 2 says the opposite."),
    ([0.3, 0.2, 0.4], (0.1, 0.5), "the interval over sentences (−0.2 to +0.8) includes zero."),
    ([1, -1, 0.6], (0.1, 0.5),
     "seed 1 says the opposite and the interval over sentences (−0.3 to +0.7) includes zero."),
])
def test_one_cannot_tell_and_it_says_why(values, bounds, reason):
    widget = small(values, bounds, guess=OPEN)
    assert f"Cannot tell here, as you predicted: {reason}" in widget.said
    assert "? cannot tell here" in Page(widget.html).text


# ---------------------------------------------------------------- one seed alone

def test_a_seed_alone_may_mislead():
    widget = board("length", OPEN, seed="3")
    assert widget.said.startswith(
        "Longer is worse. From seed 3 alone you would have concluded: “all of the data, 4 joined” is better than “all "
        "of the data, 1 alone” (−2.5, 95 % interval −4.0 to −1.0). All five say otherwise: cannot tell here, for "
        "seed 3 says the opposite. Compared: one,")
    widget.seed = "0"
    assert "“all of the data, 1 alone” is better than" in widget.said and "All five say otherwise" in widget.said


@pytest.mark.parametrize("values, seed, words, every", [
    ([4, 5, 6], "1", "“new” is better than “old” (+5.0, 95 % interval +3.5 to +6.5)", "All three say so too: holds"),
    ([4, 5, 1], "2", "no difference shown (+1.0, 95 % interval −0.5 to +2.5)", "All three say otherwise: holds"),
    ([-4, -5], "0", "“old” is better than “new” (−4.0, 95 % interval −5.5 to −2.5)", "All two say so too: does not"),
    ([1, -1], "0", "no difference shown (+1.0, 95 % interval −0.5 to +2.5)", "All two say so too: cannot tell"),
])
def test_what_a_seed_alone_says_and_whether_all_do(values, seed, words, every):
    assert f"alone you would have concluded: {words}. {every}" in small(values, seed=seed).said


def test_the_other_seeds_are_faint():
    assert "s2s-experiment-faint" not in board().html
    widget = board(seed="2")
    faint = re.findall(r's2s-experiment-(run|one|all|mean)[^"]* s2s-experiment-faint', widget.html)
    assert sorted(faint) == sorted(["run"] * 4 + ["one"] * 4 + ["all"] + ["mean"] * 2)
    assert widget.html.count("s2s-experiment-chosen") == 1


def test_a_seed_that_the_table_lacks_is_answered_with_a_sentence():
    assert "choose 'all' or '0'" in ExperimentBoard(*toy_experiments(), seed="9").problem
    table, claims, curves = toy_experiments()
    few = table[(table.claim != "length") | (table.seed != "4")]
    widget = ExperimentBoard(few, claims, curves, claim="length", seed="4")
    assert "has no such runs" in widget.problem
    widget.seed = "3"
    assert not widget.problem and "four seeds" in widget.said


def test_a_claim_without_rows_is_answered_with_a_sentence():
    table, claims, curves = toy_experiments()
    widget = ExperimentBoard(table[table.claim != "length"], claims, curves, claim="length")
    assert "make experiments" in widget.problem
    widget.claim = "more"
    assert not widget.problem


# ---------------------------------------------------------------- comparisons, lengths, lists

def test_controls_are_there_where_there_is_a_choice():
    assert shown(board()) == ["claim", "comparison", "group", "seed", "view"]
    assert shown(board(comparison="the other")) == ["claim", "comparison", "seed", "view"]
    assert shown(board("length")) == ["claim", "seed"]
    assert shown(board(view=CURVE)) == ["claim", "group", "view"]
    assert options(board(), "group") == {"all": "all", "1 to 4": "1 to 4"}
    assert options(board(), "seed") == {"all five": "all"} | {seed: seed for seed in "01234"}
    assert options(board(), "claim") == {"More is better.": "more", "Longer is worse.": "length",
                                         "Backwards is better.": "copying"}


def test_a_group_has_its_own_verdict_and_is_not_what_was_predicted():
    widget = board(group="1 to 4")
    assert "More is better. Does not hold here: all five seeds agree" in widget.said
    assert "lengths: 1 to 4." in widget.said and "predicted" not in widget.said


def test_what_another_claim_or_comparison_lacks_is_left_behind():
    widget = board(group="1 to 4", seed="2", view="runs")
    widget.comparison = "the other"
    assert not widget.problem and (widget.group, widget.seed) == ("all", "2")
    widget.claim = "length"
    assert not widget.problem and (widget.comparison, widget.seed) == ("one", "all")
    widget.claim = "more"
    assert widget.comparison == "one direction"
    widget.view = CURVE
    widget.claim = "copying"
    assert not widget.problem and widget.view == "runs" and "Write your prediction" in widget.said
    widget.set_state({"claim": "more", "comparison": "the other"})  # one message
    assert not widget.problem and widget.comparison == "the other"
    assert "Comparison is 'x'; choose" in ExperimentBoard(*toy_experiments(), comparison="x").problem


def test_a_difference_of_differences_has_no_runs_and_is_said_in_words():
    widget = board(comparison="twice as much gains more")
    (alt,) = alts(widget)
    assert "seed 2: −1.0, −2.5 to +0.5" in alt
    assert "above zero it says: twice as much gains more." in Page(widget.html).text
    assert "1/8" not in widget.html + widget.said and "half of the data" not in widget.said
    assert "Cannot tell here: seed 2 says the opposite." in widget.said
    widget.seed = "3"
    assert "concluded: “twice as much gains more” holds (+2.0" in widget.said
    assert "Compared here: twice as much gains more, five" in board(guess=None, comparison=widget.comparison).said


def test_a_pair_is_named_with_its_group():
    widget = board("length")
    texts = Page(widget.html).texts
    assert "Differences are “all of the data, 1 alone” less “all of the data, 4 joined”." in texts
    assert "4 joined" in texts and "1 alone" in texts


def test_a_share_of_right_translations_is_no_bleu():
    widget = board("copying")
    assert "“half of the data” 31.0, “all of the data” 31.4 % right." in widget.said and "BLEU" not in widget.said
    assert METRICS["right"] in Page(widget.html).texts and "percentage points" in Page(widget.html).text
    assert "Sutskever 2014" in Page(widget.html).texts


# ---------------------------------------------------------------- the pictures

def test_the_pictures_show_every_run_in_its_place():
    widget = small([4, 5, -6, 3])
    scores, apart = alts(widget)
    assert "seed 2: 31.0 and 25.0;" in scores and scores.endswith("means 30.8 and 32.2.")
    assert "seed 2: −6.0, −7.5 to −4.5;" in apart and apart.endswith("mean: +1.5, +0.5 to +2.5.")
    runs = re.findall(r'class="s2s-experiment-run ([\w-]+)"', widget.html)
    assert runs == ["s2s-plus", "s2s-plus", "s2s-minus", "s2s-plus"]
    heights = [float(y) for y in re.findall(r'<circle cx="118" cy="([\d.]+)"', widget.html)]
    assert heights == sorted(heights, reverse=True) and len(heights) == 4, "a higher score stands higher"
    places = [float(x) for x in re.findall(r'<circle cx="([\d.]+)" cy="[\d.]+" r="6"', widget.html)]
    zero = float(re.search(r'd="M([\d.]+) 8V[\d.]+" class="s2s-experiment-zero"', widget.html)[1])
    assert [x > zero for x in places] == [True, True, False, True] and places[1] > places[0]


def test_a_mark_is_hollow_where_the_interval_includes_zero():
    html = differences({"0": (1, 0.5, 1.5), "1": (1, -0.5, 1.5), "2": (-1, -2, -0.1)}, (0.3, -1, 1), "BLEU", None)
    assert [("hollow" in name) for name in re.findall(r'class="(s2s-experiment-(?:one|all)[^"]*)"', html)] == [
        False, True, False, True]


@pytest.mark.parametrize("values", [[0, 0, 0], [0.01, 0.02], [80, 90], [-0.2, -0.1], [1e-9, -1e-9]])
def test_any_differences_are_drawn_within_the_picture(values):
    for widget in (small(values, bounds=(0, 0)), small(values)):
        numbers = [float(x) for x in re.findall(r'\b(?:x|cx)="(-?[\d.]+)"', widget.html)]
        assert not widget.problem and 0 <= min(numbers) and max(numbers) <= 350


def test_numbers_are_rounded_and_signed():
    assert [signed(x) for x in (1.26, -1.24, 0.04, -0.04, 0.0, 12)] == ["+1.3", "−1.2", "0.0", "0.0", "0.0", "+12.0"]
    assert ticks(0.2, 9.7) == [2, 4, 6, 8] and ticks(-3, 3, 5) == [-2, 0, 2] and len(ticks(0, 100)) == 6
    said = small([1.23456, 2.34567]).said
    assert "seed 0 +1.2, seed 1 +2.3" in said and "1.23" not in said


# ---------------------------------------------------------------- the learning curve

def test_the_learning_curve_has_a_line_for_each_name():
    widget = board(view=CURVE)
    assert widget.said == (
        "More is better. BLEU after training on 1/8, 1/2, all of the sentences, lengths: all, means of the seeds: a "
        "net 11.0, 21.0, 31.0; another net 9.0, 26.0, 51.0.")
    (alt,) = alts(widget)
    assert "a net: 1/8 11.0, 1/2 21.0, all 31.0; another net: 1/8 9.0, 1/2 26.0, all 51.0." in alt
    lines = re.findall(r'<path d="M([\d. L]+)"></path><circle', widget.html)
    (x1, _), (x2, _), (x3, _) = [map(float, point.split()) for point in lines[0].split("L")]
    assert len(lines) == 2 and x2 - x1 == pytest.approx(2 * (x3 - x2), abs=0.2), "from 1/8 to 1/2 it doubles twice"
    assert widget.html.count('r="3.5"') == 18 and "another net" in Page(widget.html).texts
    assert 'class="s2s-experiment-curve s2s-experiment-dashed"' in widget.html
    widget.group = "1 to 4"
    assert "lengths: 1 to 4, means of the seeds: a net 16.0" in widget.said
    widget.view = "runs"
    assert len(alts(widget)) == 2


def test_without_a_prediction_there_is_no_curve():
    widget = board(guess=None, view=CURVE)
    assert alts(widget) == [] and "11.0" not in widget.said


def test_the_names_at_the_ends_do_not_meet():
    table, claims, curves = toy_experiments()
    curves[["BLEU"]] = 20.0
    widget = ExperimentBoard(table, claims, curves, view=CURVE, guesses=[["more", HOLDS]])
    heights = [float(y) for y in re.findall(r'<text x="226.0" y="([\d.]+)"', widget.html)]
    assert len(heights) == 3 and min(b - a for a, b in zip(heights, heights[1:])) >= 18


# ---------------------------------------------------------------- what is kept, and markup

def test_by_default_it_shows_what_is_kept(monkeypatch):
    loaded = []
    rows = [row for name, claim in CLAIMS.items() for comparison in claim.comparisons
            for row in comparison_rows(name, comparison, [1, 2, 3, 4, 5])]
    monkeypatch.setattr(experiment_board, "load_comparisons", lambda: pd.DataFrame(rows))
    settings = sum(CLAIMS["more data"].curve.values(), ())
    curves = pd.DataFrame([{"setting": setting, "seed": 0, "BLEU": 30} for setting in settings])
    monkeypatch.setattr(experiment_board, "load_scores", lambda *names: loaded.append(names) or curves)
    widget = ExperimentBoard(guesses=[[name, HOLDS] for name in CLAIMS])
    names = " ".join(name for claim in CLAIMS.values() for name in (*claim.named.values(), *claim.comparisons))
    raw = {setting for claim in CLAIMS.values() for setting in claim.named if setting not in names}
    for name, claim in CLAIMS.items():
        widget.claim = name
        for comparison in claim.comparisons:
            widget.comparison = comparison
            assert not widget.problem and claim.says in widget.said and "Holds here" in widget.said
            assert not [name for name in raw if name in widget.said + Page(widget.html).text]
    assert loaded == []
    widget.claim = "more data"
    widget.view = CURVE
    assert loaded == [CLAIMS["more data"].experiments] and "context at every step 30.0, 30.0, 30.0" in widget.said


def test_names_are_text():
    nasty = "<script>alert(1)</script>"
    widget = small([1, 2], says=nasty, named={"a": nasty, "b": nasty})
    assert nasty in widget.said and "<script" not in widget.html and "<script" not in opened(widget.still())
    assert "<script" not in str(widget.still())


def test_a_bad_claim_is_answered_with_a_sentence():
    widget = board()
    for value in ("x", None, ["more"], 3):
        widget.claim = value
        assert widget.problem.startswith("Claim is")
    widget.claim = "more"
    assert not widget.problem and "as you predicted" in widget.said
    assert ExperimentBoard(*toy_experiments(), claim="x").problem
