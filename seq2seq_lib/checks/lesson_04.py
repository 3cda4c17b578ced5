"""The checks of lesson 04, the masked loss: of its blanks and of its exercises."""

import copy
import math

import torch
from torch.nn import functional as F

from ..loss import sequence_mask
from ..text import PAD, UNK
from .blank import Blank
from .runner import Exercise

# ---------------------------------------------------------------- for all

def _losses(Y_hat, Y):
    return F.cross_entropy(Y_hat.permute(0, 2, 1), Y, reduction="none")  # (batch, num_steps)


_generator = torch.Generator().manual_seed(0)


def _batch(valid_len, num_steps, vocab_size, scale=1):
    """Make scores and labels, `<pad>` after each end; small scores, so that any change moves a loss."""
    valid_len = torch.tensor(valid_len)
    Y_hat = scale * torch.randn(len(valid_len), num_steps, vocab_size, generator=_generator)
    Y = torch.randint(3, vocab_size, (len(valid_len), num_steps), generator=_generator)
    return Y_hat.round(decimals=1), sequence_mask(Y, valid_len, PAD), valid_len


# ---------------------------------------------------------------- blank: the loss of one token

def _token_loss(scores, y):
    probs = scores.exp() / scores.exp().sum()
    return -probs[y].log()


token_loss = Blank(
    _token_loss,
    cases=[(torch.tensor([-1.0, 0.0, 2.0, 2.5, 1.0]), 3), (torch.tensor([-1.0, 0.0, 2.0, 2.5, 1.0]), 0),
           (torch.tensor([1.0, 2.0, 3.0]), torch.tensor(1)), (torch.tensor([0.5, 0.5]), 0)],
    mistakes=[
        (lambda scores, y: scores.softmax(dim=0)[y],
         "This is the probability of the right word. Its loss is minus the logarithm of that."),
        (lambda scores, y: scores.log_softmax(dim=0)[y],
         "The minus is missing: log p is negative, and the loss is `-log p`."),
        (lambda scores, y: 1 - scores.softmax(dim=0)[y],
         "You took 1 − p. The loss is `-log p`, which has no upper limit."),
        (lambda scores, y: -scores[y],
         "You took minus the score. The softmax comes first: the exponentials, divided by their sum."),
        (lambda scores, y: -(scores[y] / scores.sum()).log(),
         "You divided the scores by their sum. The softmax takes the exponentials first."),
        (lambda scores, y: -scores.log_softmax(dim=0),
         "This is the loss of every word. Pick the right one: `[y]`."),
        (lambda scores, y: -scores.log_softmax(dim=0).max(),
         "You took the word that the decoder likes best. The loss is about the right one, `y`, whatever it likes."),
        (lambda scores, y: -scores.softmax(dim=0).log2()[y],
         "Your logarithm has base 2. Take the natural one: `log`."),
        (lambda scores, y: -scores.softmax(dim=0).log10()[y],
         "Your logarithm has base 10. Take the natural one: `log`."),
        (lambda scores, y: -scores.softmax(dim=0).log_softmax(dim=0)[y],
         "You apply softmax twice: once is enough."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the softmax: the exponentials of the scores, "
          "divided by their sum.",
    after="All other words have a say in it too, by the sum: raise the score of any, and the loss grows.",
)


# ---------------------------------------------------------------- blank: the mask

def _my_sequence_mask(X, valid_len, value=0):
    steps = torch.arange(X.shape[1])  # (num_steps,)
    return X.masked_fill(steps >= valid_len[:, None], value)


def _where(keep):
    """Return a mistake: `value` at the wrong places, those where `keep(steps, lengths)` is False."""
    return lambda X, valid_len, value=0: X.masked_fill(~keep(torch.arange(X.shape[1]), valid_len[:, None]), value)


def _real(X, valid_len):
    return torch.arange(X.shape[1]) < valid_len[:, None]  # (batch, num_steps)


my_sequence_mask = Blank(
    _my_sequence_mask,
    cases=[(torch.tensor([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]), torch.tensor([2, 3]), 0),
           (torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]), torch.tensor([3, 1, 2]), 0),
           (torch.tensor([[0.5, math.inf, math.inf], [0.5, 0.25, math.inf]]), torch.tensor([1, 2]), 0),
           (torch.tensor([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]), torch.tensor([2, 1]), -1)],
    mistakes=[
        (_where(lambda steps, lengths: steps >= lengths),
         "Your mask is the wrong way round: it overwrites the real positions and keeps the padding."),
        (_where(lambda steps, lengths: steps <= lengths),
         "You keep one position too many. The step that is equal to the valid length is past the end: `>=`."),
        (_where(lambda steps, lengths: steps < lengths - 1),
         "You overwrite the last real position, the `<eos>`. Steps are counted from 0: `steps >= valid_len[:, None]`."),
        (lambda X, valid_len, value=0: X * _real(X, valid_len),
         "You multiply by the mask. What comes after the end may be infinite, and infinity times zero is not a "
         "number; nor does this put `value` there. `masked_fill` writes over it, whatever it is."),
        (lambda X, valid_len, value=0: X * _real(X, valid_len) + value * ~_real(X, valid_len),
         "You multiply by the mask. What comes after the end may be infinite, and infinity times zero is not a "
         "number: `masked_fill` writes over it, whatever it is."),
        (lambda X, valid_len, value=0: _my_sequence_mask(X, valid_len),
         "You always write 0. Write `value`."),
        (lambda X, valid_len, value=0: _real(X, valid_len),
         "This is the mask. Put it to use: return `X`, with `value` where the mask is False."),
        (lambda X, valid_len, value=0: ~_real(X, valid_len),
         "This says where the padding is. Put it to use: return `X`, with `value` there."),
        (lambda X, valid_len, value=0: X,
         "You return `X` as it came. `masked_fill` makes a copy; return that."),
    ],
    start="Delete the line `raise NotImplementedError`, and compare `steps` with `valid_len[:, None]`; "
          "`X.masked_fill(where, value)` returns a copy of `X` with `value` wherever `where` is True.",
    after="It is right for labels as well: with `value=1` it writes `<pad>` after each end.",
)


# ---------------------------------------------------------------- blank: the loss of a batch

class _MaskedLoss(torch.nn.Module):
    """What the lesson goes on with."""

    def forward(self, Y_hat, Y, valid_len):
        losses = F.cross_entropy(Y_hat.permute(0, 2, 1), Y, reduction="none")
        return _my_sequence_mask(losses, valid_len).sum(dim=1)


def _MyMaskedLoss(Y_hat, Y, valid_len):
    return _MaskedLoss()(Y_hat, Y, valid_len)


_ONE_LOSS = "one loss, where a loss for each position is needed"


def _run_loss(make, Y_hat, Y, valid_len):
    """Make a reader's loss and call it; a function is called as it is."""
    loss = make() if isinstance(make, type) else make
    try:
        return loss(Y_hat, Y, valid_len)
    except IndexError:  # the mask asks for the second axis of the losses
        return _ONE_LOSS


def _summed(masked, by=_losses):
    """Return a mistake: the sums over the sentences of losses that are masked in another way."""
    return lambda Y_hat, Y, valid_len: masked(by(Y_hat, Y), valid_len).sum(dim=1)


_case = _batch([2, 4], 5, 6, scale=2)

MyMaskedLoss = Blank(
    _MyMaskedLoss,
    piece=_MaskedLoss,
    call=_run_loss,
    cases=[_case, _batch([3, 1, 4], 4, 7, scale=2), _batch([2, 3], 6, 5, scale=2),
           (_case[0], torch.where(_case[1] == PAD, 3, _case[1]), _case[2]),
           (torch.cat((_case[0][:, :-1], torch.where(torch.arange(6) == PAD, -math.inf, _case[0][:, -1:])), dim=1),
            *_case[1:])],
    mistakes=[
        (lambda *args: _ONE_LOSS,
         'Your losses are a single number, the mean over all positions. With `reduction="none"`, `cross_entropy` keeps '
         "one for each."),
        (_summed(lambda losses, valid_len: losses),
         "You sum over all positions, the padding too. Put `my_sequence_mask` between the losses and the sum."),
        (lambda Y_hat, Y, valid_len: sequence_mask(_losses(Y_hat, Y), valid_len).mean(dim=1),
         "You take the mean over all steps, so the padding counts as if it were answered perfectly. Return the sum."),
        (lambda Y_hat, Y, valid_len: sequence_mask(_losses(Y_hat, Y), valid_len).sum(),
         "This is one number for the whole batch. Keep the sum of each sentence: `sum(dim=1)`."),
        (lambda Y_hat, Y, valid_len: sequence_mask(_losses(Y_hat, Y), valid_len).sum(dim=0),
         "You sum over the sentences. Sum over the steps: `sum(dim=1)`."),
        (lambda Y_hat, Y, valid_len: sequence_mask(_losses(Y_hat, Y), valid_len),
         "The masked losses are right. Now sum them over the steps: `sum(dim=1)`."),
        (lambda Y_hat, Y, valid_len: sequence_mask(_losses(Y_hat, Y), valid_len).sum(dim=1) / valid_len,
         "You divide already. This class returns the sum of each sentence; what to divide by comes later."),
        (lambda Y_hat, Y, valid_len: _losses(sequence_mask(Y_hat, valid_len), Y).sum(dim=1),
         "You set *scores* to zero. That is a guess at random, with a loss of its own; mask the losses."),
        (_summed(sequence_mask, lambda Y_hat, Y: F.cross_entropy(
            Y_hat.reshape(len(Y), -1, Y.shape[1]), Y, reduction="none")),
         "You `reshape` the scores where the axis has to move: the numbers of one position end up in several. Use "
         "`permute(0, 2, 1)`."),
        (_summed(sequence_mask, lambda Y_hat, Y: _losses(Y_hat.softmax(dim=2), Y)),
         "You apply softmax twice. `cross_entropy` wants the scores as they are, and does the softmax itself."),
        (_summed(lambda losses, valid_len: losses * _real(losses, valid_len)),
         "You multiply by the mask. Where `<pad>` has probability 0 the loss is infinite, and infinity times zero is "
         "not a number: use `my_sequence_mask`."),
        (lambda Y_hat, Y, valid_len: _summed(lambda losses, valid_len: losses.masked_fill(Y == PAD, 0))(
            Y_hat, Y, valid_len),
         "You leave out what is labelled `<pad>`, and do not read `valid_len`. There the sentence ends, whatever "
         "comes after."),
    ],
    start='Delete the line `raise NotImplementedError`, and begin with `F.cross_entropy(...)`: `reduction="none"`, and '
          "the vocabulary on axis 1.",
    after="Padded positions add exactly zero to it, however wrong the scores are there.",
)


# ---------------------------------------------------------------- warm-up: perplexity


def _perplexity(probs):
    return math.exp(-sum(math.log(p) for p in probs) / len(probs))


perplexity = Exercise(
    _perplexity,
    cases=[([0.5, 0.125],), ([0.5, 0.5, 0.5],), ([0.9, 0.2, 0.6, 0.05],), ([0.01],), ([1.0, 1.0],)],
    mistakes=[
        (lambda probs: 1 / _perplexity(probs),
         "The minus is missing: log p is negative, and the loss is `-log p`. A perplexity is never below 1."),
        (lambda probs: math.log(_perplexity(probs)),
         "This is the loss per token. The perplexity is its exponential."),
        (lambda probs: -math.log(_perplexity(probs)),
         "This is the mean of log p. The loss is its negative, and the perplexity is the exponential of that."),
        (lambda probs: math.exp(-sum(math.log(p) for p in probs)),
         "You took the sum of the losses. Take their mean: else a long sentence is always more perplexing than a short "
         "one."),
        (lambda probs: len(probs) / sum(probs),
         "You took the mean of the probabilities. Take the logarithm of each first, then the mean."),
        (lambda probs: sum(1 / p for p in probs) / len(probs),
         "You took the exponential of each loss, and then the mean. The mean comes first, then the exponential."),
        (lambda probs: 2 ** math.log(_perplexity(probs)),
         "Your loss is in nats, and you raised 2 to it. With natural logarithms use `exp`."),
        (lambda probs: math.exp(math.log2(_perplexity(probs))),
         "Your logarithm has base 2 and your exponential base e. Use one base for both: `log` and `exp`."),
        (lambda probs: math.exp(math.log10(_perplexity(probs))),
         "Your logarithm has base 10 and your exponential base e. Use one base for both: `log` and `exp`."),
        (lambda probs: math.log(len(probs) / sum(probs)),
         "You took the mean of the probabilities, and its loss. The mean is over the losses, and then comes the "
         "exponential."),
        (lambda probs: _perplexity(probs[:-1] or probs),
         "You leave out the last word, `<eos>`. The model has to say it like any other."),
        (lambda probs: torch.tensor(probs).log_softmax(dim=0).mean().neg().exp().item(),
         "You apply softmax to the probabilities. They are probabilities already: take their logarithm."),
        (lambda probs: _perplexity([sum(probs) / len(probs)]),
         "You took the mean of the probabilities. Take the logarithm of each first, then the mean."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the loss of each word: −log of its probability.",
    after="It is one over the geometric mean of the probabilities. So one word with probability 0 makes it infinite, "
          "however good the others are.",
)


# ---------------------------------------------------------------- core: graded on the answer only

def _answers(Y, start, valid_len):
    steps = torch.arange(Y.shape[1])
    return (steps >= start[:, None]) & (steps < valid_len[:, None])  # (batch, num_steps)


def _answer_loss(Y_hat, Y, start, valid_len):
    return _losses(Y_hat, Y)[_answers(Y, start, valid_len)].mean()


def _kept(mask):
    """Return a mistake: the right quotient over the wrong positions."""
    return lambda Y_hat, Y, start, valid_len: _losses(Y_hat, Y)[mask(Y, start, valid_len)].mean()


def _overwritten(losses, mask):
    return losses.masked_fill(~mask, 0)


def _multiplied(losses, mask):
    return losses * mask


def _divided(quotient, masked):
    """Return a mistake: the right positions, masked one way, but another quotient of the sums `(batch,)`."""
    def loss(Y_hat, Y, start, valid_len):
        sums = masked(_losses(Y_hat, Y), _answers(Y, start, valid_len)).sum(dim=1)
        return quotient(sums, Y, start, valid_len)
    return loss


_QUOTIENTS = [
    (lambda sums, Y, start, valid_len: sums.sum() / valid_len.sum(),
     "You add up the right losses, but divide by all real tokens, the question's too. Divide by as many positions "
     "as count."),
    (lambda sums, Y, start, valid_len: sums.sum() / Y.numel(),
     "You set the others to zero and then take the mean over *all* positions, so they count as if they were "
     "right. Divide by as many positions as count."),
    (lambda sums, Y, start, valid_len: (sums / (valid_len - start)).mean(),
     "You take the mean of each sentence, and then the mean of these: a token of a short answer weighs more. "
     "Divide the total of the batch by its number of tokens."),
    (lambda sums, Y, start, valid_len: sums.sum(),
     "This is the sum. Divide it by the number of positions that count."),
    (lambda sums, Y, start, valid_len: sums,
     "This is a sum for each sentence. Add them up, and divide by the number of positions that count."),
    (lambda sums, Y, start, valid_len: sums / (valid_len - start),
     "This is a loss for each sentence. Add up the sums first, and divide once, by all positions that count."),
    (lambda sums, Y, start, valid_len: sums.mean(),
     "You take the mean over the sentences. Divide by tokens, not by sentences."),
    (lambda sums, Y, start, valid_len: -sums.sum() / (valid_len - start).sum(),
     "The number is right and its sign is not: the loss is *minus* log p."),
]


def _reshaped(Y_hat, Y, start, valid_len):
    batch, num_steps, vocab_size = Y_hat.shape
    losses = F.cross_entropy(Y_hat.reshape(batch, vocab_size, num_steps), Y, reduction="none")
    return losses[_answers(Y, start, valid_len)].mean()


def _twice_softmax(Y_hat, Y, start, valid_len):
    return _answer_loss(Y_hat.softmax(dim=2), Y, start, valid_len)


def _answer_case(start, valid_len, num_steps, vocab_size):
    Y_hat, Y, valid_len = _batch(valid_len, num_steps, vocab_size, scale=2)
    return Y_hat, Y, torch.tensor(start), valid_len


def _anything_after(Y_hat, Y, start, valid_len):
    """Put words after the ends of the rows."""
    return Y_hat, torch.where(Y == PAD, 3, Y), start, valid_len


def _without_hope(Y_hat, Y, start, valid_len):
    """Give the filling probability 0 at the last step, which is one of padding."""
    Y_hat = Y_hat.clone()
    Y_hat[:, -1, PAD] = -math.inf
    return Y_hat, Y, start, valid_len


_first, _second = _answer_case([2], [5], 7, 6), _answer_case([2, 4], [4, 7], 8, 5)

answer_loss = Exercise(
    _answer_loss,
    cases=[_first, _second, _answer_case([1, 3, 2], [6, 7, 3], 9, 7), _answer_case([3, 2], [6, 6], 7, 4),
           _anything_after(*_second), _without_hope(*_first)],
    mistakes=[
        (_kept(lambda Y, start, valid_len: torch.arange(Y.shape[1]) < valid_len[:, None]),
         "You count the question too. A position counts only from `start` on."),
        (_kept(lambda Y, start, valid_len: (torch.arange(Y.shape[1]) >= start[:, None]).expand(Y.shape)),
         "You count the padding too. A position counts only below `valid_len`."),
        (_kept(lambda Y, start, valid_len: torch.ones_like(Y, dtype=torch.bool)),
         "You count every position: there is no mask yet, or it has no effect."),
        (_kept(lambda Y, start, valid_len: torch.arange(Y.shape[1]) < start[:, None]),
         "You count the question and leave out the answer. It is the other way round."),
        (_kept(lambda Y, start, valid_len: ~_answers(Y, start, valid_len)),
         "Your mask is the wrong way round: you count what should not count, and nothing else."),
        (_kept(lambda Y, start, valid_len: _answers(Y, start + 1, valid_len)),
         "Your answers begin one step too late. The position `start` itself counts: `>=`."),
        (_kept(lambda Y, start, valid_len: _answers(Y, start - 1, valid_len)),
         "Your answers begin one step too early. `start` is the first position that counts."),
        (_kept(lambda Y, start, valid_len: _answers(Y, start, valid_len - 1)),
         "You leave out the last position of each answer, its `<eos>`. It counts: `steps < valid_len`."),
        (_kept(lambda Y, start, valid_len: _answers(Y, start, valid_len + 1)),
         "You count one step too many at the end: the first `<pad>`. Use `<`, not `<=`."),
        (_kept(lambda Y, start, valid_len: _answers(Y, start, start + valid_len)),
         "You take `valid_len` for the length of the answer. It counts the whole row: an answer goes from `start` to "
         "below `valid_len`."),
        (_kept(lambda Y, start, valid_len: _answers(Y, start[:1].expand_as(start), valid_len)),
         "All rows begin at the `start` of the first one. Each has its own: `start[:, None]`."),
        (_kept(lambda Y, start, valid_len: (torch.arange(Y.shape[1]) >= start[:, None]) & (Y != PAD)),
         "You leave out what is labelled `<pad>`, and do not read `valid_len`. There it ends, whatever comes after."),
        (_kept(lambda Y, start, valid_len: Y != PAD),
         "You count the question too, and all that is not labelled `<pad>`. A position counts from `start` on and "
         "below `valid_len`, whatever comes after."),
        (lambda Y_hat, Y, start, valid_len: _answer_loss(Y_hat, Y, start, valid_len).exp(),
         "This is the perplexity. The loss per token is its logarithm: leave the exponential out."),
        (lambda Y_hat, Y, start, valid_len: _divided(
            lambda sums, Y, start, valid_len: sums.sum() / (valid_len - start).sum(), lambda losses, mask: losses)(
            Y_hat * _answers(Y, start, valid_len)[:, :, None], Y, start, valid_len),
         "You set *scores* to zero. That is a guess at random, with a loss of its own; set the losses to zero."),
        *[(_divided(quotient, by), message) for quotient, message in _QUOTIENTS for by in (_overwritten, _multiplied)],
        (_divided(lambda sums, Y, start, valid_len: sums.sum() / (valid_len - start).sum(), _multiplied),
         "You multiply by the mask. Where a decoder gives `<pad>` probability 0 the loss is infinite, and infinity "
         "times zero is not a number: pick the positions that count, or overwrite the others by `masked_fill`."),
        (_reshaped,
         "You `reshape` the scores where the axis has to move: the numbers of one position end up in several. Use "
         "`permute(0, 2, 1)`."),
        (_twice_softmax,
         "You apply softmax twice. `cross_entropy` wants the scores as they are, and does the softmax itself."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the loss of every position, `(batch, "
          "num_steps)`.",
    after="Models that chat are trained with such a mask. Try it with `start` all 0: it is the lesson's loss per "
          "token.",
)


# ---------------------------------------------------------------- stretch: audit a loss

def _audit(loss, Y_hat, Y, valid_len):
    return _facts(loss, Y_hat, Y, valid_len)


def _facts(loss, Y_hat, Y, valid_len, *, scores=True, labels=True, positions="all", change="random", filling=PAD,
           order=(0, 1, 2), flip=(False, False, False), narrower=False, within=False):
    """The answer, and with other settings the mistakes."""
    before, steps = loss(Y_hat, Y, valid_len), torch.arange(Y.shape[1])
    padding = steps >= valid_len[:, None]  # (batch, num_steps)
    padding = padding & (steps < valid_len.max()) if within else padding

    def moves(Y_hat, Y):
        return not torch.allclose(loss(Y_hat, Y, valid_len), before, atol=1e-6)

    looks = scores and moves(torch.where(padding[:, :, None], 3 * torch.randn(Y_hat.shape), Y_hat), Y)
    looks = looks or labels and moves(Y_hat, torch.where(padding, (Y + 3) % Y_hat.shape[2], Y))
    more = -1 if narrower else 5
    wide = moves(F.pad(Y_hat, (0, 0, 0, more)), F.pad(Y, (0, more), value=filling))
    places = [(i, t) for i, n in enumerate(valid_len.tolist()) for t in range(n)]
    places = {"all": places, "first": [(0, 0)], "last": places[-1:], "at once": [tuple(zip(*places))],
              "words": [(i, t) for i, t in places if t < valid_len[i] - 1], "later": [(i, t) for i, t in places if t],
              "sentence": [(i, t) for i, t in places if not i],
              "cells": [(i, t) for i in range(len(Y)) for t in range(Y.shape[1])]}[positions]
    missed = False
    for i, t in places:
        other = Y_hat.clone()
        other[i, t] = other[i, t] + (1 if change == "constant" else 3 * torch.randn(other[i, t].shape))
        missed = missed or not moves(other, Y)
    facts = [fact != turned for fact, turned in zip((bool(looks), wide, missed), flip)]
    return tuple(facts[i] for i in order)


def _setting(**settings):
    return lambda loss, Y_hat, Y, valid_len: _facts(loss, Y_hat, Y, valid_len, **settings)


class _Loss:
    """A loss to be audited, that shows itself by a description."""

    def __init__(self, compute):
        self.compute = compute

    def __call__(self, Y_hat, Y, valid_len):
        return self.compute(Y_hat, Y, valid_len)

    def __repr__(self):
        return f"<{self.compute.__doc__}>"


def _thrice(audit, *args):
    """Run an audit three times and take the result that came most often: by chance, random scores may move nothing."""
    results = [audit(*copy.deepcopy(args)) for _ in range(2)] + [audit(*args)]
    return max(results, key=results.count)


# The losses, each as a listing might have it.

def _per_token(Y_hat, Y, valid_len):
    """the loss per token"""
    return sequence_mask(_losses(Y_hat, Y), valid_len).sum() / valid_len.sum()


def _no_mask(Y_hat, Y, valid_len):
    """the mean over all positions, without a mask"""
    return _losses(Y_hat, Y).mean()


def _mean_over_num_steps(Y_hat, Y, valid_len):
    """masked, then the mean over num_steps"""
    return sequence_mask(_losses(Y_hat, Y), valid_len).mean()


def _without_eos(Y_hat, Y, valid_len):
    """masked with valid_len - 1, per token"""
    return sequence_mask(_losses(Y_hat, Y), valid_len - 1).sum() / (valid_len - 1).sum()


def _ignoring_pad(Y_hat, Y, valid_len):
    """cross_entropy with ignore_index"""
    return F.cross_entropy(Y_hat.permute(0, 2, 1), Y, ignore_index=PAD)


def _with_a_brake(Y_hat, Y, valid_len):
    """the loss per token, and a brake on large scores at all positions up to the longest end"""
    sizes = Y_hat.logsumexp(dim=2).square()  # (batch, num_steps)
    return _per_token(Y_hat, Y, valid_len) + 0.1 * (sizes[:, : int(valid_len.max())]).mean()


def _without_first(Y_hat, Y, valid_len):
    """masked from the second word on, per token"""
    return sequence_mask(_losses(Y_hat, Y)[:, 1:], valid_len - 1).sum() / (valid_len - 1).sum()


def _without_second(Y_hat, Y, valid_len):
    """masked, and without the second word, per token"""
    losses = sequence_mask(_losses(Y_hat, Y), valid_len)
    return (losses.sum() - losses[:, 1].sum()) / (valid_len - 1).sum()


def _one_length_for_all(Y_hat, Y, valid_len):
    """masked with the shortest valid length, per token"""
    shortest = int(valid_len.min())
    return _losses(Y_hat, Y)[:, :shortest].mean()


audit = Exercise(
    _audit,
    cases=[(_Loss(loss), *_batch(valid_len, num_steps, vocab_size))
           for loss, valid_len, num_steps, vocab_size in [
               (_per_token, [3, 5], 6, 7), (_no_mask, [2, 4], 5, 8), (_mean_over_num_steps, [4, 2, 3], 5, 6),
               (_without_eos, [3, 4], 5, 7), (_ignoring_pad, [2, 5, 4], 7, 8), (_with_a_brake, [5, 2], 6, 9),
               (_one_length_for_all, [2, 4], 6, 7), (_without_first, [4, 2], 5, 7), (_without_second, [4, 3], 6, 7),
               (_no_mask, [3, 3], 5, 7), (_per_token, [2, 5], 5, 7)]],
    mistakes=[
        (_setting(flip=(True, True, True)),
         "All three facts are the wrong way round: True says that the loss has the fault."),
        (_setting(flip=(True, True, False)),
         "Your first two facts are the wrong way round: they are True if the loss *moves*."),
        (_setting(flip=(False, False, True)),
         "Your third fact is the wrong way round: it is True if there is a real position without any effect."),
        (_setting(scores=False),
         "You put other labels under the padding, but leave the scores there as they are. A loss may look at the "
         "scores alone: try both."),
        (_setting(labels=False),
         "You put other scores in the padding, but leave the labels there as they are. A loss that goes by labels, as "
         "`ignore_index` does, is then never found out: try both."),
        (_setting(within=True),
         "You try the padding up to the longest end only. Where all sentences are equally long, that is none: take all "
         "of it, up to the last step."),
        (_setting(narrower=True),
         "For the width you take a step away, and that may be a real one. Add steps of padding at the end."),
        (_setting(positions="later"),
         "You leave out the first position of each sentence. A loss may miss that one: `range(n)`."),
        (_setting(positions="sentence"),
         "You try the positions of the first sentence only. The one that is missed may be in another."),
        (_setting(positions="first"),
         "Your third fact is that of the first real position only. Either you try no other, or the later ones find "
         "scores that you have changed already: a new `clone` for each."),
        (_setting(positions="last"),
         "Your third fact is that of the last real position only: each one overwrites the one before. One that is "
         "missed is enough for True."),
        (_setting(positions="words"),
         "You leave out the last real position of each sentence, its `<eos>`. A loss may miss that one: `range(n)`."),
        (_setting(positions="at once"),
         "Your third fact is True only if *no* real position counts. Change one at a time, not all at once, and ask "
         "whether `any` of them is missed, not `all`."),
        (_setting(positions="cells"),
         "You try the positions of padding too: that a good loss does not move there is no fault. Go only up to each "
         "valid length."),
        (_setting(change="constant"),
         "You add the same number to all scores of a position. A softmax does not notice that: put random ones there."),
        (_setting(filling=UNK),
         "You add `<unk>` at the end: `F.pad` fills with 0. Padding is `value=PAD`."),
        (_setting(order=(1, 0, 2)),
         "You have the first two facts swapped. The order is: padding, width, missed."),
        (_setting(order=(2, 1, 0)),
         "You have the first and the last fact swapped. The order is: padding, width, missed."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the second fact: add five steps of padding "
          "at the end of each row and compare.",
    call=_thrice,
    after="Such tests know nothing of the code that they test. Keep them: try them on `ignore_index`, and on the loss "
          "of the next listing that you read.",
)

EXERCISES = (perplexity, answer_loss, audit)
BLANKS = (token_loss, my_sequence_mask, MyMaskedLoss)
