"""Answers to the blanks and exercises of lesson 12, right and wrong ones; `test_checks` tries them.

Then, what the checks call right is what the library does, and a record is told its first fault.
"""

import random

import pytest
import torch

from seq2seq_lib.bleu import corpus_bleu, draw_sentences, paired_bootstrap
from seq2seq_lib.checks import lesson_12
from seq2seq_lib.checks.record import Record, Rule
from seq2seq_lib.experiments import verdict

# ---------------------------------------------------------------- answers


def in_a_loop(a, b, references, draws):
    differences = []
    for rows in draws.tolist():
        labels = [references[i] for i in rows]
        ours, theirs = [a[i] for i in rows], [b[i] for i in rows]
        differences.append(corpus_bleu(theirs, labels) - corpus_bleu(ours, labels))
    return torch.tensor(differences)


def by_filling(a, b, references, draws):
    differences = torch.zeros(len(draws), dtype=torch.float64)
    for n, rows in enumerate(draws):
        picked = [(a[i], b[i], references[i]) for i in rows]
        ours, theirs, labels = zip(*picked)
        differences[n] = corpus_bleu(theirs, labels) - corpus_bleu(ours, labels)
    return differences


def changed(a, b, references, draws, of_b=lambda draws: draws, labels_of=lambda references, rows: [
        references[i] for i in rows], join=lambda a, b: b - a, score=corpus_bleu):
    scores = [[score([said[i] for i in rows], labels_of(references, rows)) for rows in own.tolist()]
              for said, own in ((a, draws), (b, of_b(draws)))]
    return join(*torch.tensor(scores, dtype=torch.float64))


def mean_score(said, labels):
    return sum(corpus_bleu([one], [label]) for one, label in zip(said, labels)) / len(said)


def by_numbers(differences, low, high):
    agree = {(x > 0) - (x < 0) for x in [*differences, low, high]}
    return {frozenset([1]): "holds here", frozenset([-1]): "does not hold here"}.get(frozenset(agree),
                                                                                     "cannot tell here")


def by_a_loop(differences, low, high):
    ups = downs = 0
    for difference in differences:
        if difference > 0:
            ups += 1
        elif difference < 0:
            downs += 1
    if ups == len(differences) and not low <= 0 <= high:
        return "holds here"
    if downs == len(differences) and not low <= 0 <= high:
        return "does not hold here"
    return "cannot tell here"


def with_tensors(differences, low, high):
    signs = torch.tensor(differences).sign()
    if (signs == 1).all() and low > 0:
        return "holds here"
    return "does not hold here" if (signs == -1).all() and high < 0 else "cannot tell here"


def both(up, down):
    return lambda d, low, high: "holds here" if up(d, low, high) else (
        "does not hold here" if down(d, low, high) else "cannot tell here")


def paired(right_a, right_b, samples, seed, draw=None, change=lambda *four: four):
    counts = draw_sentences(len(right_a), samples, seed)
    each = torch.tensor([int(b) - int(a) for a, b in zip(right_a, right_b)]).double() * 100 / len(right_a)
    differences = counts @ each
    bounds = differences.quantile(torch.tensor([0.025, 0.975]).double()).tolist()
    return change(each.sum(), *bounds, (differences > 1e-9).float().mean())


def made(**entries):
    """A record as a reader writes it, with other entries."""
    record = {"claim": "Short rows are copied better than long ones.", "changed": ("ten letters", "five letters"),
              "held equal": ["number of weights", "number of updates"], "prediction": "30 points, with all seeds",
              "scores": {1: (12, 70.5), 2: (9.5, 64), 3: (14, 71)}, "verdict": "holds here"}
    return lambda: record | {key.replace("_", " "): value for key, value in entries.items()}


ANSWERS = {
    lesson_12.paired_differences: (
        [in_a_loop, by_filling, changed],
        [
            (lambda *args: changed(*args, join=lambda a, b: a - b), "You subtract b from a"),
            (lambda *args: changed(*args, of_b=lambda draws: draws.roll(1, 0)), "another draw than a"),
            (lambda *args: changed(*args, of_b=lambda draws: torch.randint(draws.shape[1], draws.shape)),
             "draws by itself"),
            (lambda *args: changed(*args, labels_of=lambda references, rows: references), "aren't drawn along"),
            (lambda *args: changed(*args, score=mean_score), "the mean of the sentences' scores"),
            (lambda a, b, references, draws: torch.full(
                (len(draws),), corpus_bleu(b, references) - corpus_bleu(a, references)), "difference of all sentences"),
            (lambda *args: changed(*args, join=lambda a, b: b / a), "You divide the two scores"),
            (lambda *args: changed(*args, join=lambda a, b: (b - a).abs()), "absolute difference"),
            (lambda *args: changed(*args, labels_of=lambda references, rows: [references[i][0] for i in rows]),
             "the first reference alone"),
            (lambda *args: in_a_loop(*args).tolist(), "in a list"),
            (lambda *args: in_a_loop(*args).mean(), "This is the mean"),
            (lambda *args: in_a_loop(*args)[:1], "`return` stand in the loop"),
            (lambda *args: changed(*args)[:, None], "shape (4, 1)"),
            (lambda a, b, references, draws: corpus_bleu(b[draws], references[draws]), "raised TypeError"),
            (lambda a, b, references, draws: [a.reverse(), in_a_loop(a[::-1], b, references, draws)][1],
             "right result, but it changes its argument `a`"),
        ],
    ),
    lesson_12.verdict: (
        [by_numbers, by_a_loop, with_tensors, verdict],
        [
            (both(lambda d, low, high: sum(d) > 0, lambda d, low, high: sum(d) < 0), "the mean alone"),
            (both(lambda d, low, high: low > 0, lambda d, low, high: high < 0), "The interval decides alone"),
            (both(lambda d, low, high: min(d) > 0, lambda d, low, high: max(d) < 0), "The seeds decide alone"),
            (both(lambda d, low, high: any(x > 0 for x in d) and low > 0,
                  lambda d, low, high: any(x < 0 for x in d) and high < 0), "not `any(...)`"),
            (both(lambda d, low, high: min(d) > 0 and low > 0, lambda *args: True), "What doesn't hold may be open"),
            (both(lambda d, low, high: min(d) > 0 and low > 0, lambda *args: False), "never comes out"),
            (both(lambda d, low, high: min(d) >= 0 and low >= 0, lambda d, low, high: max(d) <= 0 and high <= 0),
             "Zero speaks for neither side"),
            (both(lambda d, low, high: min(d) > 0 and low >= 0, lambda d, low, high: max(d) < 0 and high <= 0),
             "ends at zero"),
            (both(lambda d, low, high: min(d) > 0 and low > high, lambda d, low, high: max(d) < 0 and low > high),
             "never true"),
            (both(lambda d, low, high: min(d) > 0 and high > 0, lambda d, low, high: max(d) < 0 and low < 0),
             "its lower end lies above zero"),
            (lambda d, low, high: by_numbers(d, low, high).capitalize(), "letter for letter"),
            (lambda d, low, high: by_numbers(d, low, high) == "holds here", "is a bool"),
            (lambda d, low, high: by_numbers([-x for x in d], -high, -low), "are swapped"),
            (lambda d, low, high: by_numbers(d[:-1], low, high), "another result"),
        ],
    ),
    lesson_12.confounds: (
        [lambda: {3: "seeds", 2: "updates", 1: "weights"}],
        [
            (lambda: {1: "weights", 2: "updates", 3: "training sentences"}, "In experiment 3 both read the same"),
            (lambda: {1: "test sentences", 2: "search", 3: "updates"}, "In experiment 1 both are scored on"),
            (lambda: {1: "weights", 2: "seeds", 3: "seeds"}, "In experiment 2 old and new have the same five seeds"),
            (lambda: {1: "weights", 2: "updates", 3: None}, "Exactly one name"),
            (lambda: {1: "weights", 2: "updates", 3: "seed"}, "letter for letter"),
            (lambda: {}, "An entry for each"),
            (lambda: "weights", "is a str of length 7, and a dict"),
            (lambda: 1 / 0, "raised ZeroDivisionError"),
        ],
    ),
    lesson_12.paired_bootstrap_right: (
        [paired, lambda *args: list(paired(*args))],
        [
            (lambda *args: paired(*args, change=lambda gain, low, high, wins: (-gain, low, high, wins)), "a less b"),
            (lambda *args: paired(*args, change=lambda gain, low, high, wins: (gain, -high, -low, wins)),
             "In your samples you subtract b from a"),
            (lambda *args: paired(*args, change=lambda gain, low, high, wins: (gain, low, high)), "wins are missing"),
            (lambda *args: paired(*args, change=lambda gain, low, high, wins: (gain, [low, high], wins)), "unpacks it"),
            (lambda a, b, samples, seed: paired(a, b, samples, 0), "The seed has no effect"),
            (lambda a, b, samples, seed: paired(b, a, samples, seed), "You subtract b from a"),
            (lambda a, b, samples, seed: paired(a, b, 1000, seed), "another number of samples"),
            (lambda a, b, samples, seed: paired(a, b, samples, seed + 1), "another result"),
            (lambda a, b, samples, seed: [paired(a, b, samples, seed), a.sort()][0],
             "right result, but it changes its argument `right_a`"),
        ],
    ),
    lesson_12.my_experiment: (
        [made(), made(scores={1: (12, 70.5), 2: (9.5, 6), 3: (14, 71)}, verdict="cannot tell here"),
         made(claim="短的序列比长的容易。", changed=(10, 5)), made(scores={n: (0, 100) for n in range(3)})],
        [
            (made(claim=""), "One of the six entries"),
            (made(claim=7), "Write the claim as a sentence"),
            (made(prediction=0.5), "A prediction stands there"),
            (made(changed=("ten letters",)), "has two sides"),
            (made(changed=("ten letters", "...")), "has two sides"),
            (made(held_equal={"weights": 100}), "is a list of texts"),
            (made(held_equal=["updates", 7]), "is a list of texts"),
            (made(held_equal=["updates", "ten letters"]), "It can't be both"),
            (made(scores={1: (12, "70"), 2: (9, 64), 3: (14, 71)}), "from each seed to two numbers"),
            (made(scores={1: 12, 2: 9, 3: 14}), "from each seed to two numbers"),
            (made(scores={1: (12, 70), 2: (9, float("nan")), 3: (14, 71)}), "from 0 to 100"),
            (made(scores={1: (12, 70), 2: (9, 9), 3: (14, 71)}), "Your seeds don't agree"),
            (made(verdict="does not hold here"), "With every seed b is ahead"),
            (made(verdict=["holds here"]), "is one of three"),
            (lambda: made, "is a function, and a dict"),
        ],
    ),
}


# ---------------------------------------------------------------- the checks and the library

def test_the_differences_are_those_of_the_paired_bootstrap():
    a, b, references, _ = lesson_12.paired_differences.cases[1]
    generator = torch.Generator().manual_seed(3)
    draws = torch.randint(len(a), (41, len(a)), generator=generator)
    differences = lesson_12.paired_differences.piece(a, b, references, draws)
    known = paired_bootstrap(a, b, references, samples=41, seed=3)
    bounds = differences.quantile(torch.tensor([0.025, 0.975])).tolist()
    assert bounds == pytest.approx(known[1:3], rel=1e-4)
    assert (differences > 0).double().mean().item() == pytest.approx(known.wins)


def test_no_difference_of_the_cases_is_near_zero():
    """Else the rounding of single precision would decide."""
    for args in lesson_12.paired_differences.cases:
        differences = lesson_12.paired_differences.piece(*args)
        assert (differences[differences != 0].abs() > 0.05).all()


def test_a_difference_of_scores_in_single_precision_is_as_right():
    def single(a, b, references, draws):
        return changed(a, b, references, draws, join=lambda a, b: b.float() - a.float())

    assert lesson_12.paired_differences.verdict(single).status == "right"


@pytest.mark.parametrize("number", range(len(lesson_12.verdict.cases)))
def test_the_cases_of_the_verdict_could_come_from_an_experiment(number):
    """The mean of the seeds lies in its interval."""
    differences, low, high = lesson_12.verdict.cases[number]
    assert low <= sum(differences) / len(differences) <= high


def test_the_draws_of_the_core_exercise_are_the_librarys():
    for right_a, _, samples, seed in lesson_12.paired_bootstrap_right.cases:
        draws = lesson_12._draws(len(right_a), samples, seed)
        counts = torch.stack([row.bincount(minlength=len(right_a)) for row in draws])
        assert torch.equal(counts.double(), draw_sentences(len(right_a), samples, seed))


def test_both_bounds_are_samples():
    """So nothing depends on how a quantile is taken between two."""
    assert all((samples - 1) % 40 == 0 for _, _, samples, _ in lesson_12.paired_bootstrap_right.cases)


# ---------------------------------------------------------------- records

COUNTED = Record(lambda: {"n": 1}, [Rule("no number", lambda record: record["n"] is None, {}, "No number."),
                                    Rule("even", lambda record: record["n"] % 2 == 0, {"n": 2}, "Even."),
                                    Rule("large", lambda record: record["n"] > 9, {"n": 11}, "Large.")], "Go.", "Done.")


@pytest.mark.parametrize("record, message", [
    ({"n": 2}, "Even."), ({"n": 12}, "Even."), ({"n": 13}, "Large."), ({}, "No number."), ({"n": "x"}, "Even."),
    ([1], "`result` is a list of length 1, and a dict of length 1 is expected"),
    ({"to mend": "nothing"}, "No number."),
])
def test_a_record_is_told_its_first_fault(record, message):
    verdict = COUNTED(lambda: record)
    assert verdict.status == "wrong" and message in verdict.message
    assert verdict.details.startswith("input\n  nothing\nexpected\n  {'to mend': 'nothing'}")


def test_a_record_without_a_fault_is_right():
    assert COUNTED(lambda: {"n": 7, "more": 1}).status == "right"
    assert COUNTED.marks(lambda: {"n": 7}, 2) == 2 and COUNTED.marks(lambda: {"n": 8}, 2) == 0


@pytest.mark.parametrize("check", [lesson_12.confounds, lesson_12.my_experiment], ids=lambda check: check.name)
def test_each_example_of_a_rule_has_this_fault_first(check):
    assert [check.look(rule.example) for rule in check.rules] == [{"to mend": rule.name} for rule in check.rules]
    assert len({rule.name for rule in check.rules}) == len(check.rules)


def test_no_message_of_the_warm_up_gives_the_answer_away():
    right = {1: "weight", 2: "update", 3: "seed"}
    for rule in lesson_12.confounds.rules:
        number = next((n for n in right if rule.name.startswith(f"experiment {n}")), None)
        assert number is None or right[number] not in rule.message


def test_whatever_stands_in_a_record_it_is_told_something():
    rng = random.Random(0)
    junk = [None, 0, "", "x", [], {}, (1, 2), [None], {0: (1, 2)}, {0: None}, float("nan"), object(), torch.zeros(2),
            len]
    for _ in range(300):
        record = made()()
        for key in rng.sample(list(record), rng.randint(1, 3)):
            record[key] = rng.choice(junk)
        assert lesson_12.my_experiment.look(record)["to mend"]
