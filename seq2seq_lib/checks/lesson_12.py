"""The checks of lesson 12, experiments: of its blanks and of its exercises."""

import random

import torch

from ..bleu import corpus_bleu
from ..experiments import verdict as _verdict
from .blank import Blank
from .record import Record, Rule
from .runner import OWN_DRAWS, Exercise, in_single_precision, plain, twice
from .runner import draws as _draws

# ---------------------------------------------------------------- blank: differences on the same draws


def _scores(said, references, draws):
    """The score of each draw: `(samples,)`."""
    return torch.tensor([corpus_bleu([said[i] for i in rows], [references[i] for i in rows])
                         for rows in draws.tolist()])


def _paired_differences(a, b, references, draws):
    return _scores(b, references, draws) - _scores(a, references, draws)


def _differences_but(score=_scores, draws_of_b=lambda draws: draws, join=lambda a, b: b - a):
    """The answer, with another step in one place: a mistake."""
    return lambda a, b, references, draws: join(score(a, references, draws),
                                                score(b, references, draws_of_b(draws)))


def _of_all(said, references, draws):
    return torch.full((len(draws),), corpus_bleu(said, references))


def _references_left_behind(said, references, draws):
    return torch.tensor([corpus_bleu([said[i] for i in rows], references) for rows in draws.tolist()])


def _mean_of_sentences(said, references, draws):
    each = torch.tensor([corpus_bleu([text], [labels]) for text, labels in zip(said, references)])
    return each[draws].mean(dim=1)


def _each_once(said, references, draws):
    return torch.cat([_scores(said, references, rows.unique()[None]) for rows in draws])


def _first_reference(said, references, draws):
    return _scores(said, [labels[:1] for labels in references], draws)


_LABELS = [["ils regardent la mer .", "elles regardent la mer ."], ["elle a perdu ses clés hier soir ."],
           ["le chat dort dans le jardin ."],
           ["je crois que nous sommes en retard .", "nous sommes en retard , je crois ."],
           ["le thé est déjà froid ."], ["ils ont gagné le match d' hier ."], ["il pleut depuis ce matin ."]]
_OURS = ["ils regardent la mer .", "elle a perdu son livre hier .", "le chat dort dans le jardin .",
         "nous sommes en retard , je crois .", "le thé est froid .", "ils ont perdu le match d' hier .",
         "il pleut depuis ce matin ."]
_THEIRS = ["elles regardent le ciel .", "elle a perdu ses clés .", "le chat dort dans la maison .",
           "je crois que nous sommes en avance .", "le thé est déjà froid .", "ils ont gagné le match .",
           "il pleut depuis hier ."]


_OTHER_DRAW = ("b gets another draw than a. Then a hard sentence may be in one of the two alone, and its score falls "
               "for that reason: take the same `rows` for both.")

paired_differences = Blank(
    _paired_differences,
    call=lambda function, *args: twice(lambda *again: in_single_precision(function, *again), *args),
    cases=[(_THEIRS[:3], _OURS[:3], _LABELS[:3], torch.tensor([[0, 1, 2], [1, 1, 2], [0, 2, 0], [1, 0, 1]])),
           (_OURS, _THEIRS, _LABELS, _draws(7, 5, 0)), (_THEIRS[2:], _OURS[2:], _LABELS[2:], _draws(5, 6, 1))],
    mistakes=[
        (_differences_but(join=lambda a, b: a - b),
         "You subtract b from a. What b scores more is b less a."),
        *[(_differences_but(draws_of_b=other), _OTHER_DRAW)
          for other in (lambda draws: draws.roll(1, 0), lambda draws: draws.roll(-1, 0), lambda draws: draws.flip(0))],
        (lambda *args: OWN_DRAWS,
         "Your function draws by itself, so its result is another one each time. The draws are given, and both systems "
         "are scored on them: `draws`."),
        (_differences_but(score=_references_left_behind),
         "The references aren't drawn along: each translation is compared with another sentence's. Take "
         "`references[i]` for the same `i`."),
        (_differences_but(score=_mean_of_sentences),
         "You take the mean of the sentences' scores. BLEU pools the counts (lesson 7): one call of `corpus_bleu` for "
         "all sentences of a draw."),
        (_differences_but(score=_of_all),
         "Every draw gets the difference of all sentences. Score those that it names, each as often as it names them."),
        (_differences_but(score=_each_once),
         "You count a sentence once where a draw has it twice. Draws repeat sentences: that is the bootstrap."),
        (_differences_but(score=_first_reference),
         "You compare with the first reference alone. `references[i]` is a list, and `corpus_bleu` takes all of it."),
        (_differences_but(score=lambda said, references, draws: _scores(said, references, draws.T)),
         "You take the columns of `draws`. A draw is a row."),
        (_differences_but(join=lambda a, b: (b - a).abs()),
         "You take the absolute difference. Its sign says who is ahead: keep it."),
        (_differences_but(join=lambda a, b: b / a),
         "You divide the two scores. The difference is asked for: b's less a's."),
        (_differences_but(join=lambda a, b: 100 * (b - a) / a),
         "This is how many percent b is ahead. The plain difference is asked for, in BLEU."),
        (_differences_but(join=lambda a, b: b > a),
         "This is who won. Return by how much: b's score less a's."),
        (_differences_but(join=lambda a, b: b),
         "These are b's scores. Subtract a's, on the same draws."),
        (_differences_but(join=lambda a, b: (b - a).mean()),
         "This is the mean. Return the difference of each draw: how far they spread is what you want to know."),
        (_differences_but(join=lambda a, b: (b - a).sort().values),
         "The right differences, sorted. Leave them in the order of the draws."),
        (_differences_but(join=lambda a, b: (b - a)[:1]),
         "This is the first draw alone. Does `return` stand in the loop?"),
        (_differences_but(join=lambda a, b: (b - a).tolist()),
         "The right differences, in a list. `torch.tensor(...)` makes a tensor of it."),
        (_differences_but(join=lambda a, b: (b - a) / 100),
         "The right differences, divided by 100. `corpus_bleu` goes from 0 to 100, and so do they."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with a loop over the draws, `for rows in "
          "draws.tolist()`: which translations does `rows` name, and which references?",
    after="Both systems meet the same hard sentences, so what's left in the difference is what they do differently.",
)


# ---------------------------------------------------------------- blank: the rule of the verdict

_NAMES = ("holds here", "does not hold here", "cannot tell here")


def _ruled(holds, fails, names=_NAMES):
    """A rule: `holds` and `fails` tell, from the differences and the interval, if the claim does."""
    def rule(differences, low, high):
        return names[0] if holds(differences, low, high) else names[1] if fails(differences, low, high) else names[2]
    return rule


def _rule(seeds=all, above=lambda x: x > 0, seed_above=lambda x: x > 0, interval=True):
    """The rule with something changed; against the claim it is the same rule, seen from the other side."""
    def speaks(differences, bound):
        return seeds([seed_above(x) for x in differences]) and (not interval or above(bound))

    return _either(speaks)


def _either(speaks):
    """One question for both sides: `speaks(differences, bound)`."""
    return _ruled(lambda differences, low, high: speaks(differences, low),
                  lambda differences, low, high: speaks([-x for x in differences], -high))


def _mean(values):
    return sum(values) / len(values)


_ALWAYS_TWO = ("What doesn't hold may be open: where the seeds disagree, or where zero lies in the interval, the "
               "verdict is `\"cannot tell here\"`.")
_BY_NAME = ("Return the verdict by its name, letter for letter: `\"holds here\"`, `\"does not hold here\"` or "
            "`\"cannot tell here\"`.")

verdict = Blank(
    _verdict,
    cases=[([1.2, 0.8, 2.1], 0.5, 2.2), ([-1.2, -0.8, -2.1], -2.2, -0.5), ([1.2, -0.3, 2.1], 0.4, 1.6),
           ([0.4, 0.9, 0.2], -0.3, 1.3), ([-1.2, 0.3, -2.1], -1.6, -0.4), ([-0.4, -0.9, -0.2], -1.3, 0.3),
           ([0.7, -0.6, 0.1, -0.3], -0.6, 0.5), ([2.0, 1.0, -0.1, 1.5, 1.1], 0.2, 2.0),
           ([-2.0, -1.0, 0.1, -1.5, -1.1], -2.0, -0.2), ([-0.2, 1.4, 2.4], 0.6, 1.9), ([3.5, 2.9], 2.5, 4.0),
           ([-0.3, -0.4, 1.9], -0.5, 1.3), ([0.3, 0.4, -1.9], -1.3, 0.5), ([-0.1, -0.2, 3.1], 0.2, 1.6),
           ([0.1, 0.2, -3.1], -1.6, -0.2), ([1.3, 0.9, -0.2], 0.2, 1.2), ([0.3, 2.8, 4.0], 1.5, 3.2),
           ([-0.3, -2.8, -4.0], -3.2, -1.5),
           ([1.0, 0.0, 2.0], 0.3, 1.7), ([0.5, 1.0, 1.5], 0.0, 2.0), ([-1.0, 0.0, -2.0], -1.7, -0.3),
           ([-0.5, -1.0, -1.5], -2.0, 0.0)],
    edges=4,
    mistakes=[
        (_either(lambda differences, low: _mean(differences) > 0),
         "You go by the mean alone. Both kinds of chance have a say: every seed must agree, and the interval must "
         "exclude zero."),
        (_rule(seeds=lambda agree: True),
         "The interval decides alone, or one seed that agrees is enough for you. It knows the chance of the sentences, "
         "not that of the seeds: all differences must have the sign too, `all(...)`, not `any(...)`."),
        (_rule(interval=False),
         "The seeds decide alone. The interval must exclude zero as well: its lower end lies above zero, `low > 0`, or "
         "its upper end below, `high < 0`."),
        (_rule(seeds=lambda agree: sum(agree) > len(agree) / 2),
         "You let the majority of the seeds decide. All of them must agree."),
        (_rule(seeds=lambda agree: agree[0]),
         "You look at the first seed alone. All of them must agree: does a `return` stand in the loop?"),
        (_ruled(lambda differences, low, high: min(differences) > 0 and low > 0, lambda *args: True), _ALWAYS_TWO),
        (_ruled(lambda differences, low, high: min(differences) > 0 and low > 0, lambda *args: False),
         "`\"does not hold here\"` never comes out: all seeds below zero, and the whole interval too."),
        (_ruled(lambda differences, low, high: min(differences) > 0 and low > 0,
                lambda differences, low, high: max(differences) < 0),
         "Against the claim you ask the seeds alone. The interval must lie below zero as well: `high < 0`."),
        (_ruled(lambda differences, low, high: min(differences) > 0 and low > 0,
                lambda differences, low, high: high < 0),
         "Against the claim you ask the interval alone. All seeds must lie below zero as well."),
        (_ruled(lambda differences, low, high: min(differences) > 0 or low > 0,
                lambda differences, low, high: max(differences) < 0 or high < 0),
         "One of the two is enough for you. Both must hold: `and`, not `or`."),
        (_ruled(lambda differences, low, high: (min(differences) > 0 or max(differences) < 0) and (low > 0 or high < 0),
                lambda *args: False),
         "Where everything speaks against the claim, you say that it holds. What agrees must lie above zero."),
        (_rule(seed_above=lambda x: x >= 0, above=lambda x: x >= 0),
         "Zero speaks for neither side: a seed without a difference doesn't agree, and an interval that ends at zero "
         "doesn't exclude it. Compare with `>` and `<`."),
        (_rule(above=lambda x: x >= 0), "An interval that ends at zero doesn't exclude it: `low > 0`, `high < 0`."),
        (_rule(seed_above=lambda x: x >= 0), "A seed without a difference agrees with nobody: compare with `> 0`."),
        (_ruled(lambda differences, low, high: max(differences) < 0 and high < 0,
                lambda differences, low, high: min(differences) > 0 and low > 0),
         "The two verdicts are swapped. A difference above zero speaks for the claim."),
        (_ruled(lambda differences, low, high: min(differences) > 0 and low > high,
                lambda differences, low, high: max(differences) < 0 and low > high),
         "`low > high` is never true. Compare each of the two with zero."),
        (_ruled(lambda differences, low, high: low <= min(differences) and max(differences) <= high and low > 0,
                lambda differences, low, high: low <= min(differences) and max(differences) <= high and high < 0),
         "You ask whether the differences lie within the interval. Ask for their signs, and whether zero lies in it."),
        *[(_ruled(lambda differences, low, high: min(differences) > 0 and low > 0,
                  lambda differences, low, high: max(differences) < 0 and high < 0, names), _BY_NAME)
          for names in (("holds", "does not hold", "cannot tell"), (True, False, None), (1, -1, 0),
                        ("Holds here", "Does not hold here", "Cannot tell here"),
                        ("holds here.", "does not hold here.", "cannot tell here."),
                        ("holds here", "doesn't hold here", "can't tell here"))],
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the case that speaks for the claim: all "
          "differences above zero, and `low` too.",
    after="Of three verdicts one admits that you don't know. It is the one that papers print least.",
)


# ---------------------------------------------------------------- warm-up: find the confound

def _confounds():
    return {1: "weights", 2: "updates", 3: "seeds"}


_CHOICES = ("weights", "updates", "training sentences", "seeds", "search", "test sentences")
_HELD = {
    1: {"updates": "the updates are held equal: 4,000 in each run",
        "training sentences": "both nets read the same sentences, in the same order",
        "seeds": "both nets are run with the same five seeds",
        "search": "both search greedily",
        "test sentences": "both are scored on the same test sentences"},
    2: {"weights": "the sizes are the same, and a net that reads backwards has no weight more",
        "training sentences": "all of them read the same sentences; to turn these round is the claim itself",
        "seeds": "old and new have the same five seeds",
        "search": "all search with a beam of 5",
        "test sentences": "old and new are scored on the same test sentences, last month's table too"},
    3: {"weights": "the nets have the same size, and dropout has no weights",
        "updates": "both train for 4,000 updates",
        "training sentences": "both read the same sentences",
        "search": "all search with a beam of 5",
        "test sentences": "both are scored on the same test sentences"},
}

confounds = Record(
    _confounds,
    rules=[
        Rule("the experiments", lambda found: set(found) != {1, 2, 3}, {1: "weights"},
             "An entry for each of the three experiments: its number, 1 to 3, then a name."),
        Rule("more than one name", lambda found: any(type(name) is not str for name in found.values()),
             _confounds() | {2: ["weights", "updates"]},
             "Exactly one name for each experiment, as a string: one thing differs that the claim doesn't name."),
        Rule("a name", lambda found: not set(found.values()) <= set(_CHOICES), _confounds() | {1: "num_hiddens"},
             "The names are those of the table, letter for letter, such as `\"training sentences\"`."),
        *[Rule(f"experiment {number}: {name}", lambda found, number=number, name=name: found[number] == name,
               _confounds() | {number: name},
               f"In experiment {number} {reason}. Go through the other names: which of them isn't said to be the same?")
          for number, reasons in _HELD.items() for name, reason in reasons.items()],
    ],
    start="Delete the line `raise NotImplementedError`, and begin with experiment 1: which names does its text hold "
          "equal?",
    after="Each of the three gains may still be real. Their experiments can't say so: run the other net with as many "
          "weights, as many updates, or report all ten seeds of both.",
)


# ---------------------------------------------------------------- core: the paired bootstrap of right translations

def _paired_bootstrap_right(right_a, right_b, samples, seed):
    return _right_but()(right_a, right_b, samples, seed)


def _percent(right, draws):
    return 100 * torch.tensor(right, dtype=torch.float64)[draws].mean(dim=1)  # (samples,)


def _bounds(values, low=0.025, high=0.975):
    return tuple(values.quantile(values.new_tensor([low, high])).tolist())


def _gain(right_a, right_b):
    return 100 * (sum(right_b) - sum(right_a)) / len(right_a)


def _right_but(draw=_draws, draw_b=None, percent=_percent, bounds=lambda a, b: _bounds(b - a),
               wins=lambda a, b: (b > a).double().mean().item(), last=lambda *four: four):
    """The answer, with another step in one place: a mistake."""
    def bootstrap(right_a, right_b, samples, seed):
        draws = draw(len(right_a), samples, seed)
        draws_b = draw_b(len(right_a), samples, seed) if draw_b else draws
        a, b = percent(right_a, draws), percent(right_b, draws_b)
        return last(_gain(right_a, right_b), *bounds(a, b), wins(a, b))
    return bootstrap


def _next_draws(sentences, samples, seed):
    """Those that the generator gives after a's."""
    return _draws(sentences, 2 * samples, seed)[samples:]


def _in_turn(place):
    return lambda sentences, samples, seed: _draws(sentences, 2 * samples, seed)[place::2]


def _by_random(sentences, samples, seed):
    rng = random.Random(seed)
    return torch.tensor([rng.choices(range(sentences), k=sentences) for _ in range(samples)])


def _one_by_one(pick):
    """Drawn with `random`, one sentence after another."""
    def draw(sentences, samples, seed):
        rng = random.Random(seed)
        return torch.tensor([[pick(rng, sentences) for _ in range(sentences)] for _ in range(samples)])
    return draw


def _by_numpy(sentences, samples, seed):
    import numpy as np

    return torch.tensor(np.random.default_rng(seed).integers(sentences, size=(samples, sentences)))


def _by_numpy_choice(sentences, samples, seed):
    import numpy as np

    rng = np.random.RandomState(seed)
    return torch.tensor(np.array([rng.choice(sentences, sentences) for _ in range(samples)]))


def _where_they_differ(right_a, right_b, samples, seed):
    pairs = [pair for pair in zip(right_a, right_b) if pair[0] != pair[1]]
    a, b = (_percent(right, _draws(len(pairs), samples, seed)) for right in zip(*pairs))
    return _gain(right_a, right_b), *_bounds(b - a), (b > a).double().mean().item()


def _around(a, b):
    half = 1.96 * (b - a).std().item()
    return (b - a).mean().item() - half, (b - a).mean().item() + half


def _around_the_difference(right_a, right_b, samples, seed):
    draws = _draws(len(right_a), samples, seed)
    half = 1.96 * (_percent(right_b, draws) - _percent(right_a, draws)).std().item()
    gain, _, _, wins = _paired_bootstrap_right(right_a, right_b, samples, seed)
    return gain, gain - half, gain + half, wins


def _mean_of_samples(right_a, right_b, samples, seed):
    draws = _draws(len(right_a), samples, seed)
    return ((_percent(right_b, draws) - _percent(right_a, draws)).mean().item(),
            *_paired_bootstrap_right(right_a, right_b, samples, seed)[1:])


def _by_columns(right, draws):
    return 100 * torch.tensor(right, dtype=torch.float64)[draws].mean(dim=0)


def _apart(a, b):
    return tuple(one - other for one, other in zip(_bounds(b), _bounds(a)))


def _ends_apart(a, b):
    (low_a, high_a), (low_b, high_b) = _bounds(a), _bounds(b)
    return low_b - high_a, high_b - low_a


def _counts(right_a, right_b, samples, seed):
    gain, low, high, wins = _paired_bootstrap_right(right_a, right_b, samples, seed)
    return *(value * len(right_a) / 100 for value in (gain, low, high)), wins


def _answers(sentences, a, b, seed):
    """Right and wrong translations of two systems, which often agree."""
    rng = random.Random(seed)
    hard = [rng.random() for _ in range(sentences)]
    return tuple([(h + rng.random()) / 2 < share for h in hard] for share in (a, b))


_MINE = ("A fair draw, but not the one that the text asks for, so your numbers can't be compared. Draw with "
         "`torch.randint(sentences, (samples, sentences), generator=generator)`.")
_OWN = ("Each of the two systems has draws of its own. Then one of them may get the easy sentences: draw once, and "
        "take the same sentences for both.")
_WINS_SHARE = "The wins are a share, from 0 to 1: divide the number of samples that b wins by that of all samples."
_BELL = ("These are 1.96 standard deviations to either side. That takes the samples for a bell curve; the quantiles "
         "need no curve.")

paired_bootstrap_right = Exercise(
    _paired_bootstrap_right,
    call=lambda function, *args: twice(lambda *again: plain(function(*again)), *args),
    cases=[(*_answers(10, 0.5, 0.5, 3), 401, 0), (*_answers(20, 0.5, 0.6, 2), 401, 1),
           (*_answers(12, 0.5, 0.5, 5), 801, 2), (*_answers(30, 0.4, 0.45, 1), 401, 5),
           (*_answers(40, 0.5, 0.55, 1), 401, 3)],
    mistakes=[
        *[(_right_but(draw=of_a, draw_b=of_b), _OWN) for of_a, of_b in [
            (_draws, _next_draws), (_in_turn(0), _in_turn(1)),
            (_draws, lambda sentences, samples, seed: _draws(sentences, samples, seed + 1))]],
        (_right_but(draw=lambda sentences, samples, seed: torch.arange(sentences).expand(samples, -1)),
         "All of your samples are alike: without replacement, each of them has every sentence once. Draw with "
         "replacement: `torch.randint`."),
        (lambda right_a, right_b, samples, seed: _paired_bootstrap_right(right_b, right_a, samples, seed),
         "You subtract b from a, and count a's wins. What is asked for is b less a, and b's wins."),
        (_right_but(last=lambda gain, low, high, wins: (-gain, low, high, wins)),
         "Your first number is a less b. The difference is b less a, as in the samples."),
        (_right_but(last=lambda gain, low, high, wins: (gain, -high, -low, wins)),
         "In your samples you subtract b from a. The difference is b less a there, too."),
        (_right_but(last=lambda gain, low, high, wins: (gain / 100, low / 100, high / 100, wins)),
         "You return shares, from 0 to 1. The first three numbers are percentage points: multiply by 100."),
        (_right_but(last=lambda gain, low, high, wins: (gain / 100, low, high, wins)),
         "The difference is a share, and the bounds are percentage points. Multiply it by 100, too."),
        (_right_but(last=lambda gain, low, high, wins: (gain, low / 100, high / 100, wins)),
         "The bounds are shares, and the difference is in percentage points. Multiply them by 100, too."),
        (_right_but(wins=lambda a, b: 100 * (b > a).double().mean().item()), _WINS_SHARE),
        (_right_but(wins=lambda a, b: (b > a).sum().item()), _WINS_SHARE),
        (_right_but(bounds=lambda a, b: _bounds(b - a, 0.05, 0.95)),
         "Between your bounds lie 90 % of the samples: you leave out 5 % at either end. 95 % leave 2.5 % at either "
         "end."),
        (_right_but(bounds=lambda a, b: _bounds(b - a, 0.25, 0.75)),
         "Between your bounds lie half of the samples. The quantiles are 0.025 and 0.975."),
        (_right_but(bounds=lambda a, b: ((b - a).min().item(), (b - a).max().item())),
         "These are the smallest and the largest of all samples. They move apart the more you draw; leave out 2.5 % at "
         "either end."),
        (_right_but(bounds=_around), _BELL),
        (_around_the_difference, _BELL),
        (_right_but(wins=lambda a, b: (b >= a).double().mean().item()),
         "You count ties as wins. b wins a sample if it has more right, not as many: `>`."),
        (_right_but(wins=lambda a, b: ((b > a).double() + (b == a).double() / 2).mean().item()),
         "You count a tie as half a win. b wins a sample only if it has more right."),
        (_right_but(wins=lambda a, b: (a > b).double().mean().item()),
         "You count the samples in which a has more right. Those that b wins are asked for."),
        (_mean_of_samples,
         "You return the mean of the samples' differences. It lies near, but the difference itself is that of all "
         "sentences: no draw is needed."),
        *[(_right_but(bounds=apart),
           "You take the bounds of each system, and subtract those. Take the difference in each sample, then the "
           "bounds of these.") for apart in (_apart, _ends_apart)],
        (lambda *args: OWN_DRAWS,
         "Your function draws by itself, another sample each time. Give the generator the seed: "
         "`torch.Generator().manual_seed(seed)`."),
        (lambda right_a, right_b, samples, seed: _paired_bootstrap_right(right_a, right_b, samples, 0),
         "The seed has no effect: yours is always 0. Give the generator the one that is handed in."),
        (lambda right_a, right_b, samples, seed: _paired_bootstrap_right(right_a, right_b, 1000, seed),
         "You draw another number of samples than `samples`."),
        *[(_right_but(draw=draw), _MINE) for draw in (
            _by_random, _by_numpy, _by_numpy_choice, _one_by_one(lambda rng, n: rng.randrange(n)),
            _one_by_one(lambda rng, n: rng.randint(0, n - 1)), _one_by_one(lambda rng, n: int(n * rng.random())),
            lambda sentences, samples, seed: torch.randint(
                sentences, (sentences, samples), generator=torch.Generator().manual_seed(seed)).T)],
        (_right_but(percent=_by_columns),
         "You average over the samples: along `dim=0` there is a number for each place in a draw. A sample is a row: "
         "`dim=1`."),
        (_counts,
         "This is how many translations more are right. Divide by the number of sentences, and multiply by 100."),
        (_right_but(last=lambda gain, low, high, wins: (gain, high, low, wins)),
         "The bounds are right, in the wrong order: the low one first."),
        (_right_but(last=lambda gain, low, high, wins: (low, high, gain, wins)),
         "The right numbers in another order: first the difference, then its bounds, then the wins."),
        (_right_but(last=lambda gain, low, high, wins: (gain, (low, high), wins)),
         "The bounds are a tuple within the tuple. A star unpacks it: `*bounds`."),
        (_right_but(last=lambda gain, low, high, wins: (gain, low, high)),
         "The wins are missing: the share of samples in which b has more right."),
        (_right_but(last=lambda gain, low, high, wins: (gain, gain - low, high - gain, wins)),
         "Your bounds are distances from the difference. Return the bounds themselves."),
        (_right_but(draw=lambda sentences, samples, seed: torch.randint(
            sentences - 1, (samples, sentences), generator=torch.Generator().manual_seed(seed))),
         "The last sentence is never drawn: the upper end of `randint` is left out, so it has to be the number of "
         "sentences."),
        (_where_they_differ,
         "You leave out the sentences on which both agree. They pull the difference towards zero, and belong to the "
         "percentages: draw from all."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the two lines that draw: `draws` is (samples, "
          "sentences), and `torch.tensor(right_b).double()[draws]` has that shape too.",
    after="This is `paired_bootstrap` with another score. It knows the chance of the sentences; for that of the seeds "
          "you need other trainings, and no bootstrap replaces them.",
)


# ---------------------------------------------------------------- stretch: an experiment of one's own

def _my_experiment():
    return {"claim": "Rows of letters are copied better than they are turned round.",
            "changed": ("the targets are turned round", "the targets are copies"),
            "held equal": ["sources", "number of weights", "updates", "seeds"],
            "prediction": "about 5 points more, with most of the seeds",
            "scores": {0: (40.5, 52.0), 1: (43.0, 49.5), 2: (38.0, 50.0)}, "verdict": "holds here"}


def _with(**entries):
    return _my_experiment() | {key.replace("_", " "): value for key, value in entries.items()}


def _is_text(value):
    return type(value) is str and value.strip(" .…?-") != ""


def _is_sentence(value):
    return _is_text(value) and (len(value.split()) > 2 or not value.isascii())


def _has_two_sides(changed):
    return type(changed) in (tuple, list) and len(changed) == 2 and all(str(side).strip(" .…?-") for side in changed)


def _pairs(record):
    """The scores, a pair of floats for each seed; raises where they are none."""
    if any(type(score) is str for pair in record["scores"].values() for score in pair):
        raise TypeError
    return [(float(a), float(b)) for a, b in record["scores"].values()]


def _flat(record):
    return [score for pair in _pairs(record) for score in pair]


def _differ(record):
    return [b - a for a, b in _pairs(record)]


def _is_stated(list_of_texts):
    return type(list_of_texts) in (tuple, list) and all(map(_is_text, list_of_texts))


def _counts_for_both(text):
    return any(word in text.lower() for word in ("weight", "parameter", "update", "epoch", "step", "iteration"))


def _seeds_alone(record):
    """The verdict by the seeds' part of the rule."""
    return _NAMES[0] if min(_differ(record)) > 0 else _NAMES[1] if max(_differ(record)) < 0 else _NAMES[2]


def _contradicts(name):
    return lambda record: _seeds_alone(record) == name != record["verdict"]


_ENTRIES = tuple(_my_experiment())

my_experiment = Record(
    _my_experiment,
    rules=[
        Rule("an entry", lambda record: any(not record.get(key) for key in _ENTRIES), {"claim": "Sorting is easy."},
             f"One of the six entries is missing or empty: `{'`, `'.join(_ENTRIES)}`."),
        Rule("the claim", lambda record: not _is_sentence(record["claim"]), _with(claim="sorting"),
             "Write the claim as a sentence, one that could turn out false: b does something better than a."),
        Rule("the prediction", lambda record: not _is_text(record["prediction"]), _with(prediction="..."),
             "A prediction stands there before the first run: by how much do you expect b to be ahead, and with how "
             "many of the seeds?"),
        Rule("the prediction, a repetition", lambda record: record["prediction"].strip() == record["claim"].strip(),
             _with(prediction=_my_experiment()["claim"]),
             "Your prediction repeats the claim. Say what you expect to see: by how much, and with how many of the "
             "seeds?"),
        Rule("what is changed", lambda record: not _has_two_sides(record["changed"]), _with(changed="the targets"),
             "`\"changed\"` has two sides: what a has, and what b has, in a tuple."),
        Rule("what is changed, a repetition", lambda record: record["changed"][0] == record["changed"][1],
             _with(changed=("copies", "copies")),
             "Both sides of `\"changed\"` are the same. What does b have that a doesn't?"),
        Rule("the list of what is held equal", lambda record: not _is_stated(record["held equal"]),
             _with(held_equal="weights"),
             "`\"held equal\"` is a list of texts, one for each thing that is the same for a and b."),
        Rule("weights or updates", lambda record: not any(map(_counts_for_both, record["held equal"])),
             _with(held_equal=["sources"]),
             "Neither the weights nor the updates are among what you hold equal. At least one of the two should be, or "
             "it may be what has made the difference: count them for a and b."),
        Rule("what is changed, held equal", lambda record: set(record["held equal"]) & set(record["changed"]),
             _with(held_equal=["the targets are copies", "updates"]),
             "What you have changed stands among what you hold equal. It can't be both."),
        Rule("the form of the scores", lambda record: not _pairs(record), _with(scores=[(40.5, 52.0)]),
             "`\"scores\"` is a dictionary from each seed to two numbers, a's and b's: `{0: (41.5, 80.0), ...}`. Each "
             "seed is run with both."),
        Rule("the number of seeds", lambda record: len(_pairs(record)) < 3, _with(scores={0: (40.5, 52.0)}),
             "Two runs or fewer can't tell chance from effect. Take three seeds at the least, and better five."),
        Rule("percentages", lambda record: not all(0 <= score <= 100 for score in _flat(record)),
             _with(scores={0: (140, 152), 1: (143, 149), 2: (138, 150)}),
             "The scores are percentages, from 0 to 100. What are yours?"),
        Rule("shares", lambda record: max(_flat(record)) <= 1 and any(0 < score < 1 for score in _flat(record)),
             _with(scores={0: (0.4, 0.5), 1: (0.4, 0.6), 2: (0.3, 0.5)}),
             "These scores are shares, from 0 to 1: multiply them by 100. (If they are percentages, nearly nothing is "
             "right, and the experiment can tell nothing: make the task easier.)"),
        Rule("the floor", lambda record: not any(_flat(record)), _with(scores=dict.fromkeys(range(3), (0, 0))),
             "All scores are 0. An experiment at its floor can tell nothing: whatever you change, neither can do "
             "worse. Take shorter rows, fewer letters or more updates."),
        Rule("the ceiling", lambda record: min(_flat(record)) == 100, _with(scores=dict.fromkeys(range(3), (100, 100))),
             "All scores are 100. An experiment at its ceiling can tell nothing: whatever you change, neither can do "
             "better. Take longer rows, more letters or fewer updates."),
        Rule("the same for a and b", lambda record: not any(_differ(record)),
             _with(scores={0: (40.5, 40.5), 1: (43, 43), 2: (38, 38)}),
             "With every seed a and b score exactly the same. Does what you change reach the nets at all?"),
        Rule("the same for all seeds", lambda record: len(set(_pairs(record))) == 1 and any(
            0 < score < 100 for score in _flat(record)), _with(scores=dict.fromkeys(range(3), (40.5, 52.0))),
             "Every seed gives the same two scores. Does the seed reach the nets: `torch.manual_seed(seed)`, before "
             "each of them is made?"),
        Rule("the form of the verdict", lambda record: record["verdict"] not in _NAMES, _with(verdict="copying"),
             "`\"verdict\"` is one of three, letter for letter: `\"holds here\"`, `\"does not hold here\"`, `\"cannot "
             "tell here\"`."),
        Rule("the verdict, all for b", _contradicts(_NAMES[0]), _with(verdict=_NAMES[2]),
             "With every seed b is ahead, and the claim says that b scores more. Your verdict says something else."),
        Rule("the verdict, all for a", _contradicts(_NAMES[1]), _with(scores={0: (52, 40), 1: (49, 43), 2: (50, 38)}),
             "With every seed a is ahead, and the claim says that b scores more. Your verdict says something else."),
        Rule("the verdict, divided", _contradicts(_NAMES[2]), _with(scores={0: (40.5, 52), 1: (43, 49.5), 2: (38, 36)}),
             "Your seeds don't agree: b isn't ahead with all of them, nor is a. Whatever the mean says, the rule has "
             "one verdict for that."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with what you can write before the first run: the "
          "claim, what you change, what you hold equal, and your prediction.",
    after="The record is sound. If a and b were equally good, three seeds would still agree one time in four, five "
          "seeds one time in sixteen: how many were yours? And was your prediction right?",
)

BLANKS = (paired_differences, verdict)
EXERCISES = (confounds, paired_bootstrap_right, my_experiment)
