"""The checks of lesson 09, the bug hunt: blanks and exercises are tests, and `hunt` runs any test on all suspects."""

import math

import torch
from torch.nn import functional as F

from .. import cases as wrong
from ..bounds import one_thread
from ..suspects import RIGHT, setup
from ..text import PAD
from .blank import Blank
from .hunt import Hunt
from .runner import Exercise

hunt = Hunt()

_NAMES = {suspect: f"right program R{number}" for number, suspect in enumerate(RIGHT, 1)} | {
    case: f"case {number}" for number, case in enumerate(wrong.CASES, 1)}


def _run(test, suspect):
    with one_thread():
        said = test(suspect)
    return bool(said) if isinstance(said, torch.Tensor) and said.numel() == 1 or "bool" in type(said).__name__ else said


def _suspects(*guilty):
    """The cases of an exercise: the right programs, and those that its test must find, by their numbers only."""
    found = [suspect() for suspect in (*RIGHT, *guilty)]
    for suspect in found:
        suspect.label = _NAMES[type(suspect)]
    return [(suspect,) for suspect in found]


_TURNED = ("It is the wrong way round: `True` means that nothing is found, so it is the right programs that should get "
           "`True`.")


def _check(kind, test, guilty, *, accuses, blind, turned=_TURNED, others=(), start, after):
    """Make a `Blank` or an `Exercise` of a test: its cases are the right programs and the guilty ones.

    A test says no more than True or False, so slips that make it say the same are told the same: what to look for.

    Args:
        accuses: what a test hears that accuses everybody.
        blind: what a test hears that accuses nobody.
        turned: what a test hears that accuses the right programs and nobody else.
        others: other wrong tests, each with what it hears.
    """
    def answer(suspect):
        return _run(test, suspect)

    answer.__name__ = test.__name__
    pairs = [*others, (lambda suspect: not test(suspect), turned),
             (lambda suspect: True, f"It lets a wrong program go. {blind}"),
             (lambda suspect: False, f"It accuses everybody, the right programs too. {accuses}")]
    mistakes = [(lambda suspect, wrong_test=wrong_test: _run(wrong_test, suspect), said) for wrong_test, said in pairs]
    options = {"piece": test} if kind is Blank else {}
    check = kind(answer, _suspects(*guilty), mistakes, start, after, call=_run, **options)
    check.seconds = 20
    return check


# ---------------------------------------------------------------- the blanks

def _padding_changes_nothing(suspect):
    _, _, batches, net = setup(suspect)
    net.eval()
    X, X_valid_len, Y, Y_valid_len = batches[0]
    wide = F.pad(X, (0, 3), value=PAD), X_valid_len, F.pad(Y, (0, 3), value=PAD), Y_valid_len
    return abs(suspect.loss(net, batches[0]) - suspect.loss(net, wide)).item() < 1e-4


padding_changes_nothing = _check(
    Blank, _padding_changes_nothing, (wrong.PaddingRead, wrong.Unmasked, wrong.ViewForPermute),
    accuses="Two floats are seldom equal to the last digit, so don't compare them by `==`; and take the size of their "
            "difference, `abs(...)`.",
    blind="Compare the loss of `batches[0]` with that of `wide`, and take the size of the difference, `abs(...)`: one "
          "far below zero is below 0.0001 too.",
    start="Delete the line `raise NotImplementedError`, and begin with `suspect.loss(net, batches[0])`.",
    after="It needs no right answer, only the question what must not matter.",
)


def _first_loss_is_log_V(suspect):
    _, vocabs, batches, net = setup(suspect)
    loss = suspect.loss(net.eval(), batches[0]).item()
    return abs(loss - math.log(len(vocabs[1]))) < 0.5


first_loss_is_log_V = _check(
    Blank, _first_loss_is_log_V, (wrong.PerSentence,),
    accuses="A fresh net's loss is near log V and never equal to it, so leave it some room; and it is in nats, so "
            "the logarithm is the natural one, `math.log(len(vocabs[1]))`.",
    blind="Is its loss really within half a nat of log V? Take the size of the difference, `abs(...)`.",
    start="Delete the line `raise NotImplementedError`, and begin with `math.log(len(vocabs[1]))`.",
    after="It costs one batch and no training, so it belongs at the start of every project.",
)


def _perfect_scores_100(suspect):
    parts, vocabs, _, _ = setup(suspect)
    labels = {" ".join(source): " ".join(target) for source, target in parts["validation"]}
    references = suspect.references(parts["validation"], vocabs)
    perfect = [labels[source] for source in references]
    return suspect.score(perfect, list(references.values())) > 99.9


perfect_scores_100 = _check(
    Blank, _perfect_scores_100, (wrong.ReferencesThroughVocab,),
    accuses="The score goes from 0 to 100, not to 1; leave a little room below 100. And does each list of references "
            "meet its own answer?",
    blind="Take the perfect answers from `labels`. If they come from the suspect's own references, and those are "
          "spoiled, both are spoiled in the same way.",
    start="Delete the line `raise NotImplementedError`, and begin with `suspect.score(perfect, ...)`.",
    after="A ruler has to show 100 for 100, and that is only its upper end.",
)


# ---------------------------------------------------------------- warm-up: a spoiled answer must cost something

def _spoiling_costs(suspect):
    parts, vocabs, _, _ = setup(suspect)
    references = list(suspect.references(parts["validation"], vocabs).values())
    answers = [labels[0] for labels in references]
    return suspect.score([*answers[:-1], "?"], references) < suspect.score(answers, references)


spoiling_costs = _check(
    Exercise, _spoiling_costs, (wrong.FirstSentenceOnly,),
    accuses="One spoiled sentence doesn't make the score of a corpus 0, it only has to fall; and both scores need the "
            "same references.",
    blind="Spoil one answer, the last: the first may be the only one that it looks at. And the score has to fall: "
          "`<=` is content with one that hasn't moved.",
    turned="The right programs should get `True`. Either the comparison is the wrong way round, or the two scores "
           "aren't what you think: print both for `Suspect()`. (`references` is a dictionary: its `.values()` are the "
           "lists of answers.)",
    start="Delete the line `raise NotImplementedError`, and begin with the references, as `perfect_scores_100` does.",
    after="Two ends of a ruler: 100 for what is perfect, and less for what is not.",
)


# ---------------------------------------------------------------- core: is the reported loss the loss?

def _reports_the_loss(suspect):
    _, _, batches, net = setup(suspect)
    net.eval()
    reported = suspect.epoch(net, torch.optim.SGD(net.parameters(), lr=0), batches)
    total, tokens = 0.0, 0
    for batch in batches:
        total += suspect.loss(net, batch).item() * batch[3].sum().item()
        tokens += batch[3].sum().item()
    return abs(reported - total / tokens) < 1e-4


reports_the_loss = _check(
    Exercise, _reports_the_loss, (wrong.LastBatchOnly,),
    accuses="Three things to look at. Is the dropout off (`net.eval()`) before both losses are taken? Does the "
            "optimiser change nothing (`torch.optim.SGD(net.parameters(), lr=0)`)? Is each batch's loss, which is per "
            "token, multiplied by its tokens before it is added up, and the total divided by all tokens?",
    blind="Its loss differs from the right one in the third digit, since a fresh net is equally bad at every batch. "
          "Compare to 0.0001, take the size of the difference, `abs(...)`, and give the epoch several batches.",
    turned="It praises the wrong program and accuses the right ones. Are `True` and `False` the wrong way round, or do "
           "you compare with the loss of the last batch? The epoch's is the loss per token over all batches.",
    start="Delete the line `raise NotImplementedError`, and begin with `reported = suspect.epoch(...)`, where the "
          "optimiser is `torch.optim.SGD(net.parameters(), lr=0)`.",
    after="The same trick, a learning rate of 0, tells whether anything else changes the net on the way.",
)


# ---------------------------------------------------------------- stretch: what the optimiser gets to see

class _Recorder(torch.optim.SGD):
    """An optimiser that changes nothing and keeps the gradient of each step, one long vector."""

    def __init__(self, net):
        super().__init__(net.parameters(), lr=0)
        self.net, self.seen = net, []

    def step(self, closure=None):
        self.seen.append(torch.cat([p.grad.flatten() for p in self.net.parameters()]))


def _recorded(suspect, numbers):
    """The gradients that an optimiser sees on some batches, one after another, from a fresh net."""
    _, _, batches, net = setup(suspect)
    recorder = _Recorder(net.eval())
    for number in numbers:
        suspect.step(net, recorder, batches[number])
    return recorder.seen


def _steps_are_clean(suspect):
    both, alone = _recorded(suspect, [0, 1]), _recorded(suspect, [1])
    return len(both) == 2 and torch.allclose(both[-1], alone[-1], atol=1e-5)


steps_are_clean = _check(
    Exercise, _steps_are_clean, (wrong.NoZeroGrad, wrong.StepBeforeClipping),
    accuses="Is the dropout off (`net.eval()`), in both runs? Two batches have two gradients: compare the second one "
            "with what the same batch gives to a fresh net. And compare floats by `torch.allclose`.",
    blind="Take two batches, one after another. There must be as many steps as batches; and the second gradient must "
          "be what the second batch gives to a fresh net, which has nothing left from before.",
    others=[(lambda suspect: len(_recorded(suspect, [0, 1])) == 2,
             "You find a step too many. But what has the batch before left in the gradient? Compare the second "
             "gradient with what its batch gives to a fresh net."),
            (lambda suspect: torch.allclose(_recorded(suspect, [0, 1])[-1], _recorded(suspect, [1])[-1], atol=1e-5),
             "You find what is left over from the batch before. Now count, too: there must be as many steps as "
             "batches."),
            (lambda suspect: torch.allclose(*_recorded(suspect, [0, 1])[:2], atol=1e-5),
             "Two batches have two gradients, so those of a right program differ. Compare the second one with what the "
             "same batch gives to a fresh net.")],
    start="Delete the line `raise NotImplementedError`, and begin with a `Recorder` and two calls of `suspect.step`.",
    after="With either of the two the loss still falls, and both train another net than you think.",
)

BLANKS = (padding_changes_nothing, first_loss_is_log_V, perfect_scores_100)
EXERCISES = (spoiling_costs, reports_the_loss, steps_are_clean)
