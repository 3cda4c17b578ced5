"""Search: which sentence does the model hold likeliest? With a beam of prefixes, or exactly (lesson 10)."""

import math
from typing import NamedTuple

import torch

from .text import BOS, EOS, PAD

ROUNDING = 1e-4  # the sum of one sentence differs by less from batch to batch, in float32


class Finished(NamedTuple):
    """A finished sentence of a search: its score, the sum of its log-probabilities, its ids with `<eos>`."""

    score: float
    log_prob: float
    ids: list


def length_penalty(length, alpha):
    """((5 + length) / 6)^alpha, by which a sum of log-probabilities is divided (Wu et al. 2016, section 7).

    Args:
        length: tokens of the sentence, `<eos>` included.
        alpha: 0 or more; with 0 the penalty is 1, and long sentences get no help.
    """
    return ((5 + length) / 6) ** alpha


def beam_step(sums, scores, beam_size):
    """Keep the `beam_size` best of all prefixes that are one token longer: of all together, not of each prefix.

    Args:
        sums: `(sentences, width)`, the log-probability of each prefix; -inf where there is none.
        scores: `(sentences, width, vocab_size)`, the decoder's, before the softmax.
        beam_size: how many to keep; fewer are there if `width * vocab_size` is less.

    Returns:
        Three tensors `(sentences, beam_size)`, best first: the sums of the longer prefixes, the number of the prefix
        that each came from, and the token that it goes on with. `<pad>` and `<bos>` are never among them while
        there is anything else: their sums are -inf.
    """
    vocab_size = scores.shape[2]
    longer = (sums.unsqueeze(2) + _log_probs(scores)).flatten(start_dim=1)  # (sentences, width * vocab_size)
    sums, places = longer.topk(min(beam_size, longer.shape[1]))  # (sentences, beam_size)
    return sums, places // vocab_size, places % vocab_size


def _log_probs(scores):
    """The log-probability of each token; -inf for `<pad>` and `<bos>`, which nobody writes."""
    log_probs = scores.log_softmax(dim=-1)
    if log_probs[..., EOS].isnan().any():  # one NaN makes its whole row NaN
        raise FloatingPointError("the decoder's scores are not numbers (NaN), so no token is the likeliest; take "
                                 "weights from before the training went wrong, or look for a division in the decoder")
    log_probs[..., [PAD, BOS]] = -torch.inf
    return log_probs


@torch.inference_mode()
def search_with_beam(net, X, X_valid_len, num_steps, beam_size, n_best=1, alpha=0.0):
    """Search each sentence of a batch with a beam; `beam_search` is the same for text.

    Args:
        net: a `Seq2Seq` in evaluation mode, whose decoder has `select`.
        X, X_valid_len: source ids `(batch, source num_steps)`, and the real tokens of each.
        num_steps, beam_size, n_best, alpha: as for `beam_search`.

    Returns:
        For each sentence a list of at most `n_best` `Finished`, best first.

    Raises:
        FloatingPointError: scores that are not numbers.
    """
    device = next(net.parameters()).device
    state = net.start(X.to(device), X_valid_len)
    finished = [[] for _ in X]
    numbers = torch.arange(len(X), device=device)  # of the sentences that are still searched
    sums = torch.zeros(len(X), 1, device=device)  # (sentences, width): the first step starts from one prefix
    ids = torch.full((len(X), 1, 1), BOS, device=device)  # (sentences, width, tokens so far)
    for length in range(1, num_steps + 1):
        width = sums.shape[1]
        scores, state = net.decoder(ids[:, :, -1].reshape(-1, 1), state)  # (sentences * width, 1, vocab_size)
        sums, prefixes, tokens = beam_step(sums, scores.view(len(sums), width, -1), beam_size)
        rows = torch.arange(len(sums), device=device).unsqueeze(1)  # (sentences, 1)
        ids = torch.cat((ids[rows, prefixes], tokens.unsqueeze(2)), dim=2)
        ended = (tokens == EOS) | (length == num_steps)
        for row, place in (ended & sums.isfinite()).nonzero().tolist():
            log_prob = sums[row, place].item()
            finished[numbers[row]].append(Finished(log_prob / length_penalty(length, alpha), log_prob,
                                                   ids[row, place, 1:].tolist()))
        sums = sums.masked_fill(ended, -torch.inf)
        most = sums.amax(dim=1) / length_penalty(num_steps, alpha)  # sums only fall, and no penalty is larger
        go_on = [row for row, number in enumerate(numbers.tolist())
                 if most[row] > nth_best(finished[number], n_best)]
        if not go_on:
            break
        state = net.decoder.select(state, (rows * width + prefixes)[go_on].flatten())
        numbers, sums, ids = numbers[go_on], sums[go_on], ids[go_on]
    return [sorted(found, key=lambda one: -one.score)[:n_best] for found in finished]


def nth_best(finished, n):
    """Return the score of the n-th best of some `Finished`, or -inf if there are fewer."""
    return sorted((one.score for one in finished), reverse=True)[n - 1] if len(finished) >= n else -math.inf


@torch.inference_mode()
def exact_search(net, X, num_steps, bound=-math.inf, at_most=50_000):
    """Find the likeliest of all translations of one sentence, if one is likelier than `bound`.

    A prefix whose sum is not above the best finished sentence is dropped with all that could follow it, for sums only
    fall (Stahlberg and Byrne 2019, *On NMT Search Errors and Model Errors*, who go depth first). The nearer the bound
    to the best, the fewer prefixes are left: give it what a beam has found.

    Args:
        net: a `Seq2Seq` in evaluation mode, whose decoder has `select`.
        X: source ids `(1, source num_steps)`, without padding.
        num_steps: the longest translation; what has not ended there counts as finished.
        bound: a log-probability that some translation is known to have. What is likelier by less than 1e-4 may be the
            same one, rounded otherwise, and doesn't count.
        at_most: prefixes of one length; with more the search gives up.

    Returns:
        A `Finished`, or None if nothing is likelier than `bound`.

    Raises:
        RuntimeError: more than `at_most` prefixes were left.
        FloatingPointError: scores that are not numbers.
    """
    device = next(net.parameters()).device
    state, bound = net.start(X.to(device), torch.tensor([X.shape[1]])), bound + ROUNDING
    best, sums, ids = None, torch.zeros(1, device=device), torch.full((1, 1), BOS, device=device)  # (prefixes, tokens)
    for length in range(1, num_steps + 1):
        scores, state = net.decoder(ids[:, -1:], state)  # (prefixes, 1, vocab_size)
        longer = sums.unsqueeze(1) + _log_probs(scores[:, 0])  # (prefixes, vocab_size)
        ends = longer if length == num_steps else longer[:, EOS : EOS + 1]
        if ends.max() > bound:
            prefix, token = divmod(ends.argmax().item(), ends.shape[1])
            bound = ends.max().item()
            best = Finished(bound, bound, [*ids[prefix, 1:].tolist(), token if length == num_steps else EOS])
        longer[:, EOS] = -torch.inf
        prefixes, tokens = (longer > bound).nonzero(as_tuple=True)
        if length == num_steps or len(prefixes) == 0:
            return best
        if len(prefixes) > at_most:
            raise RuntimeError(f"more than {at_most} prefixes of {length} tokens are likelier than the bound; "
                               "give a better bound, from a wider beam, or a shorter sentence")
        sums, ids = longer[prefixes, tokens], torch.cat((ids[prefixes], tokens.unsqueeze(1)), dim=1)
        state = net.decoder.select(state, prefixes)
