"""Answers to the exercises of lesson 09: tests of suspects.

A test says no more than True or False, so slips that make it say the same are told the same: what to look for.
"""

import math

import torch

from seq2seq_lib.suspects import setup

from . import right, wrong

# ---------------------------------------------------------------- spoiling_costs


@right
def spoiling_costs(suspect):
    parts, vocabs, _, _ = setup(suspect)
    references = list(suspect.references(parts["validation"], vocabs).values())
    answers = [labels[0] for labels in references]
    return suspect.score([*answers[:-1], "?"], references) < suspect.score(answers, references)


@right
def spoiling_costs(suspect):
    parts = suspect.pairs()
    references = [*suspect.references(parts["train"], suspect.vocabs(parts)).values()]
    answers = [labels[-1] for labels in references]
    before = suspect.score(answers, references)
    answers[-1] = "?"
    return before != suspect.score(answers, references)


def spoiled(suspect, spoil=lambda answers: [*answers[:-1], "?"], says=lambda before, after: after < before):
    """What is meant, with something changed: what is done to the answers, what is said of the two scores."""
    parts, vocabs, _, _ = setup(suspect)
    references = list(suspect.references(parts["validation"], vocabs).values())
    answers = [labels[0] for labels in references]
    before = suspect.score(answers, references)
    return says(before, suspect.score(spoil(answers), references))


@wrong("Spoil one answer, the last")
def spoiling_costs(suspect):
    return spoiled(suspect, spoil=lambda answers: ["?", *answers[1:]])


@wrong("Spoil one answer, the last")
def spoiling_costs(suspect):
    return spoiled(suspect, spoil=lambda answers: ["?"] * len(answers))


@wrong("`<=` is content with one that hasn't moved")
def spoiling_costs(suspect):
    return spoiled(suspect, says=lambda before, after: after <= before)


@wrong("It accuses everybody")
def spoiling_costs(suspect):
    return spoiled(suspect, says=lambda before, after: after > before)


@wrong("it only has to fall")
def spoiling_costs(suspect):
    return spoiled(suspect, says=lambda before, after: after == 0)


@wrong("the score has to fall")
def spoiling_costs(suspect):
    return spoiled(suspect, says=lambda before, after: before > 99.9)


@wrong("the wrong way round")
def spoiling_costs(suspect):
    return spoiled(suspect, says=lambda before, after: not after < before)


@wrong("is a float, and a bool is expected")
def spoiling_costs(suspect):
    return spoiled(suspect, says=lambda before, after: before - after)


@wrong("is a `return` missing?")
def spoiling_costs(suspect):
    spoiled(suspect)


@wrong("It accuses everybody")
def spoiling_costs(suspect):
    """The answers have gone before the first score is taken."""
    parts, vocabs, _, _ = setup(suspect)
    references = list(suspect.references(parts["validation"], vocabs).values())
    answers = [labels[0] for labels in references]
    spoiled_answers = answers
    spoiled_answers[-1] = "?"
    return suspect.score(spoiled_answers, references) < suspect.score(answers, references)


@wrong("the same references")
def spoiling_costs(suspect):
    """References of their own for each score."""
    parts, vocabs, _, _ = setup(suspect)
    references = list(suspect.references(parts["validation"], vocabs).values())
    answers = [labels[0] for labels in references]
    worse = [*answers[:-1], "?"]
    return suspect.score(worse, [[answer] for answer in worse]) < suspect.score(answers, references)


@wrong("It accuses everybody")
def spoiling_costs(suspect):
    """What a net writes that has learned nothing."""
    parts, vocabs, _, net = setup(suspect)
    references = suspect.references(parts["validation"], vocabs)
    answers = suspect.translate(net, list(references), vocabs)
    labels = list(references.values())
    return suspect.score([*answers[:-1], "?"], labels) < suspect.score(answers, labels)


@wrong("the wrong way round")
def spoiling_costs(suspect):
    parts, vocabs, _, _ = setup(suspect)
    references = suspect.references(parts["validation"], vocabs)
    answers = [labels[0] for labels in references.values()]
    return suspect.score([*answers[:-1], "?"], references) < suspect.score(answers, references)


# ---------------------------------------------------------------- reports_the_loss

def frozen(net):
    return torch.optim.SGD(net.parameters(), lr=0)


@right
def reports_the_loss(suspect):
    _, _, batches, net = setup(suspect)
    net.eval()
    reported = suspect.epoch(net, torch.optim.SGD(net.parameters(), lr=0), batches)
    total, tokens = 0.0, 0
    for batch in batches:
        total += suspect.loss(net, batch).item() * batch[3].sum().item()
        tokens += batch[3].sum().item()
    return abs(reported - total / tokens) < 1e-4


@right
def reports_the_loss(suspect):
    """Three batches will do, and another optimiser; a tensor says True or False as well."""
    _, _, batches, net = setup(suspect)
    batches = batches[:3]
    said = suspect.epoch(net.eval(), torch.optim.Adam(net.parameters(), lr=0.0), batches)
    with torch.no_grad():
        losses = torch.stack([suspect.loss(net, batch) for batch in batches])
    tokens = torch.stack([batch[3].sum() for batch in batches])
    return torch.isclose((losses * tokens).sum() / tokens.sum(), torch.tensor(said), atol=1e-4)


@right
def reports_the_loss(suspect):
    """The net of the loss is another one, with the same weights."""
    _, vocabs, batches, net = setup(suspect)
    other = suspect.net(vocabs).eval()
    sizes = [int(batch[3].sum()) for batch in batches]
    plain = sum(suspect.loss(other, batch).item() * n for batch, n in zip(batches, sizes)) / sum(sizes)
    return math.isclose(suspect.epoch(net.eval(), frozen(net), batches), plain, abs_tol=1e-4)


def compared(suspect, train=False, optimizer=frozen, weigh=lambda batch: batch[3].sum().item(), given=slice(None),
             mine=slice(None), says=lambda reported, plain: abs(reported - plain) < 1e-4):
    """What is meant, with something changed; given: the batches of the epoch, mine: those of the reader's own loss."""
    _, _, batches, net = setup(suspect)
    net.train(train)
    reported = suspect.epoch(net, optimizer(net), batches[given])
    total, weights = 0.0, 0
    for batch in batches[mine]:
        total += suspect.loss(net, batch).item() * weigh(batch)
        weights += weigh(batch)
    return says(reported, total / weights)


@wrong("Is the dropout off")
def reports_the_loss(suspect):
    return compared(suspect, train=True)


@wrong("Does the optimiser change nothing")
def reports_the_loss(suspect):
    return compared(suspect, optimizer=suspect.optimizer)


@wrong("Does the optimiser change nothing")
def reports_the_loss(suspect):
    return compared(suspect, optimizer=lambda net: torch.optim.SGD(net.parameters(), lr=0.1))


@wrong("multiplied by its tokens")
def reports_the_loss(suspect):
    return compared(suspect, weigh=lambda batch: 1)


@wrong("multiplied by its tokens")
def reports_the_loss(suspect):
    return compared(suspect, weigh=lambda batch: len(batch[3]))


@wrong("multiplied by its tokens")
def reports_the_loss(suspect):
    return compared(suspect, weigh=lambda batch: batch[1].sum().item())


@wrong("do you compare with the loss of the last batch")
def reports_the_loss(suspect):
    return compared(suspect, mine=slice(-1, None))


@wrong("It accuses everybody")
def reports_the_loss(suspect):
    return compared(suspect, mine=slice(1))


@wrong("give the epoch several batches")
def reports_the_loss(suspect):
    return compared(suspect, given=slice(1), mine=slice(1))


@wrong("give the epoch several batches")
def reports_the_loss(suspect):
    return compared(suspect, given=slice(-1, None), mine=slice(-1, None))


@wrong("Compare to 0.0001")
def reports_the_loss(suspect):
    return compared(suspect, says=lambda reported, plain: abs(reported - plain) < 0.5)


@wrong("Compare to 0.0001")
def reports_the_loss(suspect):
    return compared(suspect, says=lambda reported, plain: round(reported) == round(plain))


@wrong("the wrong way round")
def reports_the_loss(suspect):
    return compared(suspect, says=lambda reported, plain: abs(reported - plain) > 1e-4)


@wrong("is a float, and a bool is expected")
def reports_the_loss(suspect):
    return compared(suspect, says=lambda reported, plain: reported - plain)


@wrong("It accuses everybody")
def reports_the_loss(suspect):
    return compared(suspect, says=lambda reported, plain: reported == math.exp(plain))


@wrong("is a `return` missing?")
def reports_the_loss(suspect):
    compared(suspect)


@wrong("'NoneType' object has no attribute 'zero_grad'")
def reports_the_loss(suspect):
    return compared(suspect, optimizer=lambda net: None)


@wrong("with the loss of the last batch")
def reports_the_loss(suspect):
    """The reader's own loop has the slip: `=` for `+=`."""
    _, _, batches, net = setup(suspect)
    net.eval()
    reported = suspect.epoch(net, frozen(net), batches)
    for batch in batches:
        tokens = batch[3].sum().item()
        total = suspect.loss(net, batch).item() * tokens
    return abs(reported - total / tokens) < 1e-4


@wrong("multiplied by its tokens")
def reports_the_loss(suspect):
    """The losses are per token already, and are added up as they are."""
    _, _, batches, net = setup(suspect)
    net.eval()
    reported = suspect.epoch(net, frozen(net), batches)
    total = sum(suspect.loss(net, batch).item() for batch in batches)
    return abs(reported - total / sum(batch[3].sum().item() for batch in batches)) < 1e-4


@wrong("divided by all tokens")
def reports_the_loss(suspect):
    """The sum of all, not divided."""
    _, _, batches, net = setup(suspect)
    net.eval()
    reported = suspect.epoch(net, frozen(net), batches)
    return abs(reported - sum(suspect.loss(net, batch).item() * batch[3].sum().item() for batch in batches)) < 1e-4


@wrong("It lets a wrong program go")
def reports_the_loss(suspect):
    """Twice the same question."""
    _, _, batches, net = setup(suspect)
    net.eval()
    reported = suspect.epoch(net, frozen(net), batches)
    return abs(reported - suspect.epoch(net, frozen(net), batches)) < 1e-4


@wrong("It accuses everybody")
def reports_the_loss(suspect):
    """The loss of other sentences."""
    parts, vocabs, batches, net = setup(suspect)
    net.eval()
    reported = suspect.epoch(net, frozen(net), batches)
    others = suspect.batches(parts["validation"], vocabs)
    total = sum(suspect.loss(net, batch).item() * batch[3].sum().item() for batch in others)
    return abs(reported - total / sum(batch[3].sum().item() for batch in others)) < 1e-4


@wrong("It lets a wrong program go")
def reports_the_loss(suspect):
    """A fresh net knows nothing."""
    _, vocabs, batches, net = setup(suspect)
    return abs(suspect.epoch(net.eval(), frozen(net), batches) - math.log(len(vocabs[1]))) < 0.5


# ---------------------------------------------------------------- steps_are_clean

class Recorder(torch.optim.SGD):
    """Keeps the gradients, and with a rate changes the net."""

    def __init__(self, net, lr=0.0):
        super().__init__(net.parameters(), lr=lr)
        self.net, self.seen = net, []

    def step(self, closure=None):
        self.seen.append(torch.cat([p.grad.flatten() for p in self.net.parameters()]))
        super().step()


def recorded(suspect, numbers, make=Recorder, train=False):
    _, _, batches, net = setup(suspect)
    recorder = make(net.train(train))
    for number in numbers:
        suspect.step(net, recorder, batches[number])
    return recorder.seen


@right
def steps_are_clean(suspect):
    both, alone = recorded(suspect, [0, 1]), recorded(suspect, [1])
    return len(both) == 2 and torch.allclose(both[-1], alone[-1], atol=1e-5)


@right
def steps_are_clean(suspect):
    """Three batches, every gradient against that of its batch alone."""
    several, alone = recorded(suspect, [2, 0, 1]), [recorded(suspect, [i]) for i in (2, 0, 1)]
    return len(several) == 3 and all(len(one) == 1 and (one[0] - g).norm() < 1e-4 for one, g in zip(alone, several))


@right
def steps_are_clean(suspect):
    """By a hook: the optimiser is an ordinary one."""
    gradients = []
    for numbers in ([0, 1], [1]):
        _, _, batches, net = setup(suspect)
        net.eval()
        optimizer, seen = torch.optim.SGD(net.parameters(), lr=0.0), []
        optimizer.register_step_pre_hook(
            lambda *args, net=net, seen=seen: seen.append([p.grad.clone() for p in net.parameters()]))
        for i in numbers:
            suspect.step(net, optimizer, batches[i])
        gradients.append(seen)
    both, alone = gradients
    return len(both) == 2 and all(torch.allclose(a, b, atol=1e-6) for a, b in zip(both[1], alone[0]))


@wrong("You find a step too many")
def steps_are_clean(suspect):
    return len(recorded(suspect, [0, 1])) == 2


@wrong("Now count, too")
def steps_are_clean(suspect):
    return torch.allclose(recorded(suspect, [0, 1])[-1], recorded(suspect, [1])[-1], atol=1e-5)


@wrong("Is the dropout off")
def steps_are_clean(suspect):
    both, alone = recorded(suspect, [0, 1], train=True), recorded(suspect, [1], train=True)
    return len(both) == 2 and torch.allclose(both[-1], alone[-1], atol=1e-5)


@wrong("Two batches have two gradients")
def steps_are_clean(suspect):
    both = recorded(suspect, [0, 1])
    return len(both) == 2 and torch.allclose(both[0], both[1], atol=1e-5)


@wrong("compare the second one")
def steps_are_clean(suspect):
    both, alone = recorded(suspect, [0, 1]), recorded(suspect, [0])
    return len(both) == 2 and torch.allclose(both[-1], alone[-1], atol=1e-5)


@wrong("Compare the second gradient with what its batch")
def steps_are_clean(suspect):
    both, alone = recorded(suspect, [0, 1]), recorded(suspect, [0])
    return len(both) == 2 and torch.allclose(both[0], alone[0], atol=1e-5)


@wrong("It accuses everybody")
def steps_are_clean(suspect):
    def changing(net):
        return Recorder(net, lr=0.1)
    both, alone = recorded(suspect, [0, 1], changing), recorded(suspect, [1], changing)
    return len(both) == 2 and torch.allclose(both[-1], alone[-1], atol=1e-5)


@wrong("what has the batch before left")
def steps_are_clean(suspect):
    both, alone = recorded(suspect, [0, 1]), recorded(suspect, [1])
    return len(both) == 2 and torch.allclose(both[-1], alone[-1], atol=10)


@wrong("the wrong way round")
def steps_are_clean(suspect):
    both, alone = recorded(suspect, [0, 1]), recorded(suspect, [1])
    return not (len(both) == 2 and torch.allclose(both[-1], alone[-1], atol=1e-5))


@wrong("It accuses everybody")
def steps_are_clean(suspect):
    both, alone = recorded(suspect, [0, 1]), recorded(suspect, [1])
    return len(both) == 1 and torch.allclose(both[-1], alone[-1], atol=1e-5)


@wrong("It accuses everybody")
def steps_are_clean(suspect):
    """The recorder forgets to make zeros."""
    class Keeps(Recorder):
        def zero_grad(self):
            pass

    both, alone = recorded(suspect, [0, 1], Keeps), recorded(suspect, [1], Keeps)
    return len(both) == 2 and torch.allclose(both[-1], alone[-1], atol=1e-5)


@wrong("'Bare' object has no attribute 'zero_grad'")
def steps_are_clean(suspect):
    """The recorder has no `zero_grad`."""
    class Bare:
        def __init__(self, net):
            self.net, self.seen = net, []

        def step(self):
            self.seen.append(torch.cat([p.grad.flatten() for p in self.net.parameters()]))

    both, alone = recorded(suspect, [0, 1], Bare), recorded(suspect, [1], Bare)
    return len(both) == 2 and torch.allclose(both[-1], alone[-1], atol=1e-5)


@wrong("is a tuple of length 2, and a bool")
def steps_are_clean(suspect):
    both, alone = recorded(suspect, [0, 1]), recorded(suspect, [1])
    return both, alone


@wrong("It accuses everybody")
def steps_are_clean(suspect):
    """One batch twice."""
    both, alone = recorded(suspect, [0, 0]), recorded(suspect, [1])
    return len(both) == 2 and torch.allclose(both[-1], alone[-1], atol=1e-5)
