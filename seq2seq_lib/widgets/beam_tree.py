"""Beam tree: a beam search of one sentence, step by step, with what it cuts off."""

import math
from typing import NamedTuple

import torch

from ..search import Finished, beam_step, length_penalty, nth_best
from ..text import BOS, EOS

CUT_OFF = 3  # prefixes of each step that are kept in mind though the beam lets them go


class Prefix(NamedTuple):
    """The beginning of a translation: its ids, the sum of their log-probabilities, and whether it stays in the beam.

    `parent` is the place, in the step before, of the prefix that it is longer than by one token.
    """

    ids: tuple
    log_prob: float
    parent: int
    stays: bool


class Tree(NamedTuple):
    """A beam search of one sentence, for the `beam_size` best translations.

    steps: for each step a list of `Prefix`, best first: those that stay, then the best of those that were cut off; step
        0 has the empty one. greedy: the ids that greedy search has written at each step, as far as they are in the
        tree. The rest is what the search was asked for.
    """

    steps: list
    greedy: list
    num_steps: int
    beam_size: int
    alpha: float

    def has_ended(self, prefix):
        return prefix.ids[-1:] == (EOS,) or len(prefix.ids) == self.num_steps

    def open_at(self, step):
        """Return the places of the prefixes that the next step goes on from."""
        return [place for place, prefix in enumerate(self.steps[step]) if prefix.stays and not self.has_ended(prefix)]

    def score_of(self, ids, log_prob):
        return log_prob / length_penalty(len(ids), self.alpha)

    def finished(self, step):
        """Return the sentences that have ended up to a step, best score first, each a `Finished`."""
        ended = [prefix for prefixes in self.steps[: step + 1] for prefix in prefixes
                 if prefix.stays and self.has_ended(prefix)]
        found = [Finished(self.score_of(ids, log_prob), log_prob, list(ids)) for ids, log_prob, *_ in ended]
        return sorted(found, key=lambda one: -one.score)

    def shelf(self, step):
        return self.finished(step)[: self.beam_size]

    def alive(self, step):
        """Return the ids of all prefixes that an open one of a step, or a finished sentence, begins with."""
        ends = [self.steps[step][place].ids for place in self.open_at(step)]
        ends += [tuple(one.ids) for one in self.finished(step)]
        return {ids[:length] for ids in ends for length in range(len(ids) + 1)}

    def most(self, step):
        """Return the best open sum, and the score that nothing longer can exceed: sums fall, penalties have an end."""
        best = max((self.steps[step][place].log_prob for place in self.open_at(step)), default=-math.inf)
        return best, best / length_penalty(self.num_steps, self.alpha)

    def is_certain(self, step, n_best):
        """Can nothing that is open after a step come among the `n_best` finished sentences any more?"""
        return not self.most(step)[1] > nth_best(self.finished(step), n_best)


@torch.inference_mode()
def grow(net, X, X_valid_len, num_steps, beam_size, alpha):
    """Search one sentence as `search_with_beam` does with `n_best=beam_size`, and remember every step.

    Args:
        net: a `Seq2Seq` in evaluation mode, whose decoder has `select`.
        X, X_valid_len: source ids `(1, source num_steps)`, and how many of them are real.
        num_steps, beam_size, alpha: as for `beam_search`.

    Returns:
        A `Tree`.

    Raises:
        FloatingPointError: scores that are not numbers.
    """
    device = next(net.parameters()).device
    state = net.start(X.to(device), X_valid_len)
    tree = Tree([[Prefix((), 0.0, 0, True)]], [()], num_steps, beam_size, alpha)
    for step in range(num_steps):
        places = tree.open_at(step)
        before = [tree.steps[step][place] for place in places]
        read = torch.tensor([[prefix.ids[-1] if prefix.ids else BOS] for prefix in before], device=device)  # (open, 1)
        scores, state = net.decoder(read, state)  # (open, 1, vocab_size)
        scores = scores.transpose(0, 1)  # (1, open, vocab_size)
        sums = scores.new_tensor([[prefix.log_prob for prefix in before]])  # (1, open)

        found = _best(sums, scores, beam_size + CUT_OFF)
        greedy = next((row for row, prefix in enumerate(before) if prefix.ids == tree.greedy[-1]), None)
        if greedy is not None:
            [(log_prob, _, token)] = _best(sums[:, greedy, None], scores[:, greedy, None], 1)
            tree.greedy.append((*tree.greedy[-1], token))
            if (greedy, token) not in [one[1:] for one in found]:
                found[-1] = log_prob, greedy, token  # its own is never left out
        tree.steps.append([Prefix((*before[row].ids, token), log_prob, places[row], place < beam_size)
                           for place, (log_prob, row, token) in enumerate(found)])
        if tree.is_certain(step + 1, beam_size):
            break
        rows = [row for _, row, token in found[:beam_size] if token != EOS]
        state = net.decoder.select(state, torch.tensor(rows, device=device))
    return tree


def _best(sums, scores, n):
    """Return what `beam_step` keeps of one sentence, as `(log_prob, row, token)`, without what is no prefix."""
    return [one for one in zip(*(tensor[0].tolist() for tensor in beam_step(sums, scores, n))) if one[0] > -math.inf]


@torch.inference_mode()
def go_on(net, X, X_valid_len, num_steps, ids=()):
    """Let a sentence begin with some ids, and go on with the likeliest token at each step, `<pad>` and `<bos>` never.

    Args:
        net, X, X_valid_len, num_steps: as for `grow`.
        ids: what it begins with.

    Returns:
        Its ids, a tuple, and its log-probability.
    """
    device = next(net.parameters()).device
    state, written, sums = net.start(X.to(device), X_valid_len), [], None
    while written[-1:] != [EOS] and len(written) < num_steps:
        read = torch.tensor([[written[-1] if written else BOS]], device=device)  # (1, 1)
        scores, state = net.decoder(read, state)  # (1, 1, vocab_size)
        sums = scores.new_zeros(1, 1) if sums is None else sums
        if len(written) < len(ids):
            written.append(ids[len(written)])
            sums = sums + scores.log_softmax(dim=2)[:, :, written[-1]]
        else:
            sums, _, tokens = beam_step(sums, scores, 1)
            written.append(tokens.item())
    return tuple(written), sums.item()

