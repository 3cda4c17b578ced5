"""Answers to the blanks and exercises of lesson 09, and what the hunt says of tests; `test_checks` tries the answers.

An answer is a test, and says no more than True or False: slips that make it say the same are told the same.
"""

import math
import re
from xml.etree import ElementTree

import pytest
import torch
from torch.nn import functional as F

from seq2seq_lib.cases import CASES
from seq2seq_lib.checks import lesson_09
from seq2seq_lib.checks.hunt import Hunt, Trial
from seq2seq_lib.suspects import RIGHT, Suspect, setup
from seq2seq_lib.text import PAD

# ---------------------------------------------------------------- answers


def widened(suspect, *, same=lambda a, b: torch.allclose(a, b, atol=1e-4), more=5, evaluate=True, longer=False):
    _, _, batches, net = setup(suspect)
    net.train(not evaluate)
    X, X_valid_len, Y, Y_valid_len = batches[0]
    wide = F.pad(X, (0, more), value=PAD), X_valid_len, F.pad(Y, (0, more), value=PAD), Y_valid_len + longer * more
    return same(suspect.loss(net, batches[0]), suspect.loss(net, wide))


def first(suspect, *, good=lambda loss, V: math.log(V) - 0.3 < loss < math.log(V) + 0.3):
    _, vocabs, batches, net = setup(suspect)
    return good(suspect.loss(net, batches[-1]).item(), len(vocabs[1]))


def perfect(suspect, *, good=lambda score: score >= 99.99, own=False, part="validation"):
    parts, vocabs, _, _ = setup(suspect)
    references = suspect.references(parts[part], vocabs)
    said = {" ".join(source): " ".join(target) for source, target in parts[part]}
    answers = [labels[0] if own else said[source] for source, labels in references.items()]
    return good(suspect.score(answers, list(references.values())))


def spoiled(suspect, *, at=-1, word="zzz", good=lambda before, after: before - after > 1e-9):
    parts, vocabs, _, _ = setup(suspect)
    references = list(suspect.references(parts["test"], vocabs).values())
    answers = [labels[-1] for labels in references]
    before = suspect.score(answers, references)
    answers = [word] * len(answers) if at is None else [
        word if i == at % len(answers) else said for i, said in enumerate(answers)]
    return good(before, suspect.score(answers, references))


def reported(suspect, *, train=False, lr=0, weigh=True, only=None, bound=1e-4):
    _, _, batches, net = setup(suspect)
    net.train(train)
    said = suspect.epoch(net, torch.optim.Adam(net.parameters(), lr=lr), batches)
    losses = [suspect.loss(net, batch).item() for batch in batches]
    tokens = [batch[3].sum().item() if weigh else 1 for batch in batches]
    plain = losses[only] if only is not None else sum(a * n for a, n in zip(losses, tokens)) / sum(tokens)
    return math.isclose(said, plain, abs_tol=bound)


class Watcher:
    """An optimiser that is no `Optimizer` at all, and keeps gradients."""

    def __init__(self, net):
        self.net, self.seen = net, []

    def zero_grad(self):
        self.net.zero_grad()

    def step(self):
        self.seen.append([p.grad.clone() for p in self.net.parameters()])


def watched(suspect, numbers, train=False):
    _, _, batches, net = setup(suspect)
    watcher = Watcher(net.train(train))
    for number in numbers:
        suspect.step(net, watcher, batches[number])
    return watcher.seen


def equal(one, other):
    return all(torch.allclose(a, b, atol=1e-6) for a, b in zip(one, other))


def clean(suspect, **options):
    both, alone = watched(suspect, [2, 3], **options), watched(suspect, [3], **options)
    return len(both) == 2 and equal(both[1], alone[0])


def never(suspect):
    return False


ANSWERS = {
    lesson_09.padding_changes_nothing: (
        [widened, lambda suspect: widened(suspect, more=1)],
        [(lambda suspect: not widened(suspect), "wrong way round"),
         (lambda suspect: widened(suspect, same=lambda a, b: a - b > 1e-4), "result than expected"),
         (lambda suspect: widened(suspect, evaluate=False), "accuses everybody"),
         (lambda suspect: widened(suspect, same=lambda a, b: (b - a).item() > -1e9), "lets a wrong program go"),
         (lambda suspect: widened(suspect, same=lambda a, b: (a - b).item() > -1e-4), "result than expected")],
    ),
    lesson_09.first_loss_is_log_V: (
        [first, lambda suspect: first(suspect, good=lambda loss, V: round(abs(loss - math.log(V))) == 0)],
        [(lambda suspect: first(suspect, good=lambda loss, V: loss == math.log(V)), "leave it some room"),
         (lambda suspect: first(suspect, good=lambda loss, V: abs(loss - math.log2(V)) < 0.5), "natural one"),
         (lambda suspect: first(suspect, good=lambda loss, V: loss > 1), "half a nat"),
         (lambda suspect: first(suspect, good=lambda loss, V: loss > 2 * math.log(V)), "wrong way round")],
    ),
    lesson_09.perfect_scores_100: (
        [perfect, lambda suspect: perfect(suspect, part="test")],
        [(lambda suspect: perfect(suspect, own=True), "Take the perfect answers from `labels`"),
         (lambda suspect: perfect(suspect, good=lambda score: score == 1), "0 to 100"),
         (lambda suspect: perfect(suspect, good=lambda score: score < 99.9), "wrong way round"),
         (lambda suspect: perfect(suspect, good=lambda score: score), "result")],
    ),
    lesson_09.spoiling_costs: (
        [spoiled, lambda suspect: spoiled(suspect, word="")],
        [(lambda suspect: spoiled(suspect, at=0), "the last"),
         (lambda suspect: spoiled(suspect, at=None), "the last"),
         (lambda suspect: spoiled(suspect, good=lambda before, after: after <= before), "hasn't moved"),
         (lambda suspect: spoiled(suspect, good=lambda before, after: after == 0), "only has to fall"),
         (lambda suspect: spoiled(suspect, good=lambda before, after: after > before), "accuses everybody"),
         (lambda suspect: spoiled(suspect, good=lambda before, after: before == after), "wrong way round")],
    ),
    lesson_09.reports_the_loss: (
        [reported, lambda suspect: reported(suspect, bound=1e-5)],
        [(lambda suspect: reported(suspect, train=True), "dropout off"),
         (lambda suspect: reported(suspect, lr=0.02), "change nothing"),
         (lambda suspect: reported(suspect, weigh=False), "multiplied by its tokens"),
         (lambda suspect: reported(suspect, only=0), "accuses everybody"),
         (lambda suspect: reported(suspect, only=-1), "the last batch"),
         (lambda suspect: reported(suspect, bound=1), "Compare to 0.0001"),
         (lambda suspect: not reported(suspect), "the wrong way round")],
    ),
    lesson_09.steps_are_clean: (
        [clean, lambda suspect: clean(suspect) is True],
        [(lambda suspect: len(watched(suspect, [0, 1])) == 2, "a step too many"),
         (lambda suspect: equal(watched(suspect, [0, 1])[-1], watched(suspect, [1])[-1]), "Now count, too"),
         (lambda suspect: clean(suspect, train=True), "dropout off"),
         (lambda suspect: len(watched(suspect, [0])) == 1, "a step too many"),
         (lambda suspect: len(watched(suspect, [0])) < 3, "Take two batches"),
         (lambda suspect: equal(*watched(suspect, [0, 1])[:2]), "Two batches have two gradients"),
         (never, "accuses everybody")],
    ),
}


# ---------------------------------------------------------------- the hunt

@pytest.fixture
def hunt():
    return Hunt(CASES[:3], RIGHT)


def says_true(suspect):
    return True


def says_false(suspect):
    return False


def accuses_the_lstm(suspect):
    _, _, _, net = setup(suspect)
    return "GRU" in type(net.encoder.rnn).__name__


def finds_the_second(suspect):
    return torch.tensor(not isinstance(suspect, CASES[1]))


def to_do(suspect):
    raise NotImplementedError


def raises(suspect):
    return suspect.loss_per_token


def accuses_the_lstm_and_raises(suspect):
    return accuses_the_lstm(suspect) if type(suspect) in RIGHT else [][0]


@pytest.mark.parametrize("test, status, said", [
    (finds_the_second, "right", "`finds_the_second` finds 1 of 3 cases, and accuses none of the right programs."),
    (says_true, "wrong", "finds 0 of 3 cases, and accuses none of the right programs. It says `True` to everybody"),
    (says_false, "wrong", "accuses 3 of the 3 programs that are right, so what it finds doesn't count yet. It says "
                          "`False` to everybody"),
    (lambda suspect: not finds_the_second(suspect), "wrong", "Is it the wrong way round?"),
    (accuses_the_lstm, "wrong", "accuses 1 of the 3 programs that are right, so what it finds doesn't count yet. "
                                "They're built in different ways"),
    (to_do, "not attempted", "`to_do` is not written yet"),
    (raises, "wrong", "On right program R1: Your function raised AttributeError"),
    (accuses_the_lstm_and_raises, "wrong", "An error isn't a find, and it accuses 1 of the right programs"),
    (lambda suspect: None, "wrong", "It returned None"),
    (lambda suspect: 0.5, "wrong", "It returned a float"),
    ("a test", "wrong", "not a function"),
])
def test_the_hunt_says_what_a_test_is_worth_and_why(hunt, test, status, said):
    report = hunt(test)
    assert report.status == status and said in report.message
    assert not any(case.slip in repr(report) + report._repr_html_() for case in CASES)
    assert not any(case.__name__ in repr(report) + report._repr_html_() for case in CASES)


def test_a_test_that_never_ends_is_stopped(hunt, monkeypatch):
    monkeypatch.setattr(Trial, "seconds", 0.2)

    def endless(suspect):
        while True:
            pass

    report = hunt(endless)
    assert "Is there a loop that never ends?" in report.message and not hunt.rows


def test_the_grid_fills_and_a_test_that_is_mended_replaces_its_row(hunt):
    hunt(says_true)
    report = hunt(finds_the_second)
    assert hunt.rows == {"says_true": [False] * 6, "finds_the_second": [False, True] + [False] * 4}
    assert hunt.found() == [2] and hunt.found_by(finds_the_second) == [CASES[1]]
    assert repr(report).endswith("says_true         ···  ✓✓✓\nfinds_the_second  ·●·  ✓✓✓")
    finds_the_second.__name__ = "says_true"
    hunt(finds_the_second)
    finds_the_second.__name__ = "finds_the_second"
    assert hunt.rows["says_true"][1] and len(hunt.rows) == 2


def test_who_accuses_a_right_program_has_found_nothing(hunt):
    report = hunt(says_false)
    assert hunt.found() == [] and "find 0 of the 3 cases together; 3 are still at large" in report.message


def test_when_nobody_is_left_a_question_that_finds_nothing_is_no_mistake():
    hunt = Hunt(CASES[1:2], RIGHT)
    assert hunt(says_true).status == "wrong" and hunt(says_true, finds_the_second).status == "right"
    assert hunt(says_true).status == "right"
    assert hunt(says_false).status == "wrong"


def test_the_grid_is_a_table_that_says_what_it_shows(hunt):
    html = hunt(finds_the_second, says_false)._repr_html_()
    root = ElementTree.fromstring(html)
    [table] = root.iter("table")
    assert re.match(r"Which test finds which case .* 1 of 3 are found\.", "".join(table.find("caption").itertext()))
    assert [node.text for node in table.find("thead").iter("th")] == ["test", "1", "2", "3", "R1", "R2", "R3"]
    assert [len(row) for row in table.iter("tr")] == [7] * 4
    assert html.startswith(" \n<div>")  # of a folded output JupyterLab shows the first line


def test_a_test_gets_a_suspect_of_its_own_and_the_random_numbers_stay(hunt):
    def spoils(suspect):
        suspect.rows.clear()
        torch.manual_seed(7)
        return True

    before = torch.get_rng_state()
    hunt(spoils)
    assert torch.equal(torch.get_rng_state(), before) and Suspect().rows
