"""Answers to the blanks and exercises of lesson 10, right and wrong ones; `test_checks` tries them.

Then, what the checks call right is what the library does.
"""

import math
import statistics

import numpy as np
import pytest
import torch

from seq2seq_lib import beam_step, search
from seq2seq_lib.checks import lesson_10
from seq2seq_lib.loss import MaskedSoftmaxCELoss
from seq2seq_lib.training import teacher_forcing

PAD, BOS, EOS = 1, 2, 3


# ---------------------------------------------------------------- answers

def in_a_loop(table, sentence):
    prefix, total = (), 0
    for word in sentence:
        total += math.log(table[prefix][word])
        prefix += (word,)
    return total


def by_the_product(table, sentence, *, log=math.log, until=None):
    return log(math.prod(table[tuple(sentence[:i])][word] for i, word in enumerate(sentence[:until])))


def by_numpy(table, sentence):
    return np.log([table[sentence[:i]][word] for i, word in enumerate(sentence)]).sum()


def first_only(table, sentence):
    total, prefix = 0.0, ()
    for word in sentence:
        total += math.log(table[prefix][word])
        return total


def behind_itself(table, sentence):
    return sum(math.log(table[sentence[: i + 1]][word]) for i, word in enumerate(sentence))


def prefix_in_a_list(table, sentence):
    prefix, total = [], 0.0
    for word in sentence:
        total += math.log(table[prefix][word])
        prefix.append(word)
    return total


def as_shown(sums, log_probs, beam_size):
    best = (sums.unsqueeze(1) + log_probs).view(-1).topk(beam_size)
    return best.values, best.indices // log_probs.shape[1], best.indices % log_probs.shape[1]


def with_divmod(sums, log_probs, beam_size):
    best = (sums[:, None] + log_probs).flatten().topk(beam_size)
    pairs = [divmod(place, log_probs.shape[1]) for place in best.indices.tolist()]
    return best.values, *torch.tensor(pairs).T


def by_unraveling(sums, log_probs, beam_size):
    longer = sums.double()[:, None] + log_probs
    order = longer.flatten().argsort(descending=True)[:beam_size]
    prefixes, tokens = torch.unravel_index(order, longer.shape)
    return [longer[prefixes, tokens], prefixes, tokens]


def pairs_in_lists(sums, log_probs, beam_size):
    sums, prefixes, tokens = as_shown(sums, log_probs, beam_size)
    return sums, prefixes.tolist(), tokens.tolist()


def of_each_prefix(sums, log_probs, beam_size):
    best = (sums[:, None] + log_probs).topk(beam_size, dim=1)
    return best.values.flatten(), torch.arange(len(sums)).repeat_interleave(beam_size), best.indices.flatten()


def best_of_each(sums, log_probs, beam_size):
    best = (sums[:, None] + log_probs).max(dim=1)
    order = best.values.argsort(descending=True)[:beam_size]
    return best.values[order], order, best.indices[order]


def by_the_token(sums, log_probs, beam_size):
    _, prefixes, tokens = as_shown(torch.zeros_like(sums), log_probs, beam_size)
    return sums[prefixes] + log_probs[prefixes, tokens], prefixes, tokens


def changes_the_sums(sums, log_probs, beam_size):
    log_probs += sums[:, None]
    return as_shown(torch.zeros_like(sums), log_probs, beam_size)


def by_counting(open_sums, finished, n_best=1):
    """Each open prefix that is above fewer than `n_best` finished ones can still get among them."""
    return not any(sum(done >= still for done in finished) < n_best for still in open_sums)


def by_sorting(open_sums, finished, n_best=1):
    best = sorted(finished, reverse=True)[:n_best]
    return len(open_sums) == 0 or (len(best) == n_best and best[-1] >= max(open_sums))


def by_tensors(open_sums, finished, n_best=1):
    if not open_sums:
        return True
    if len(finished) < n_best:
        return False
    return (torch.tensor(finished).sort(descending=True).values[n_best - 1] >= max(open_sums)).item()


def empty_raises(open_sums, finished, n_best=1):
    return len(finished) >= n_best and sorted(finished)[-n_best] >= max(open_sums)


def too_few_raise(open_sums, finished, n_best=1):
    return not open_sums or sorted(finished)[-n_best] >= max(open_sums)


def forced(net, X, X_valid_len, Y, Y_valid_len, *, dec_input=teacher_forcing, logs=lambda scores: scores.log_softmax(2),
           lengths=lambda n: n):
    """One pass, and a loop over the real positions; the options put slips into it."""
    scores = logs(net(X, dec_input(Y), X_valid_len)[0])
    return torch.stack([scores[i, range(n), Y[i, :n]].sum() for i, n in enumerate(lengths(Y_valid_len).tolist())])


def minus_the_loss(net, X, X_valid_len, Y, Y_valid_len):
    with torch.inference_mode():
        return -MaskedSoftmaxCELoss()(net(X, teacher_forcing(Y), X_valid_len)[0].double(), Y, Y_valid_len)


def one_by_one(net, X, X_valid_len, Y, Y_valid_len):
    return torch.cat([minus_the_loss(net, X[i, :n][None], X_valid_len[[i]], Y[i, :m][None], Y_valid_len[[i]])
                      for i, (n, m) in enumerate(zip(X_valid_len.tolist(), Y_valid_len.tolist()))])


def deaf_to_lengths(net, X, X_valid_len, Y, Y_valid_len):
    return forced(net, X, None, Y, Y_valid_len)


def greedily(net, X, X_valid_len, Y, Y_valid_len):
    return forced(net, X, X_valid_len, Y, Y_valid_len, logs=lambda scores: scores.log_softmax(2).sort(2)[0][..., -1:]
                  .expand(scores.shape))


def step(sums, scores, beam_size, *, log=lambda scores: scores.log_softmax(-1), never=(PAD, BOS), first=False):
    """Sentence by sentence; the options put slips into it."""
    rows = []
    for one, lines in zip(sums, scores):
        if first:
            lines = lines.index_fill(1, torch.tensor(never), -math.inf)
        longer = one.view(-1, 1) + log(lines)
        if never:
            longer[:, list(never)] = -math.inf
        rows.append(as_shown(torch.zeros(len(longer)), longer, beam_size))
    return tuple(map(torch.stack, zip(*rows)))


def by_two_sieves(sums, scores, beam_size):
    """First the best of each prefix, then the best of these: nothing is lost by it."""
    log_probs = scores.log_softmax(dim=2)
    log_probs[..., [PAD, BOS]] = -math.inf
    best, tokens = log_probs.topk(min(beam_size, scores.shape[2]), dim=2)
    best, places = (best + sums[..., None]).flatten(1).topk(beam_size)
    return best, places // tokens.shape[2], tokens.flatten(1).gather(1, places)


def masks_the_scores(sums, scores, beam_size):
    scores[:, :, [PAD, BOS]] = -math.inf
    return step(sums, scores, beam_size, never=())


def revived(sums, scores, beam_size):
    return step(sums.nan_to_num(neginf=0.0), scores, beam_size)


def each_of_its_own(sums, scores, beam_size):
    longer = sums[:, :, None] + scores.log_softmax(2).index_fill(2, torch.tensor([PAD, BOS]), -math.inf)
    best, tokens = longer.topk(min(beam_size, longer.shape[2]), dim=2)
    return best, torch.arange(longer.shape[1])[:, None].expand_as(tokens), tokens


def swaps(sums, scores, beam_size):
    sums, prefixes, tokens = step(sums, scores, beam_size)
    return sums, tokens, prefixes


def draws(scores, temperature=1.0, top_k=None, top_p=None):
    """One row after another, the words ranked by sorting."""
    rows = []
    for row in scores.double():
        probs = torch.softmax(row / temperature, 0)
        order = probs.argsort(descending=True)[:top_k]
        if top_p is not None:
            below = (probs[order].cumsum(0) < top_p).sum()
            order = order[: below + 1]
        kept = torch.zeros_like(probs)
        kept[order] = probs[order] / probs[order].sum()
        rows.append(kept)
    return torch.stack(rows)


def by_scores(scores, temperature=1.0, top_k=None, top_p=None, *, crosses=True, by_place=True, rest=-math.inf):
    """As listings have it: scores of what is cut off are -inf, then one softmax."""
    scores = scores / temperature
    ordered, order = scores.sort(dim=1, descending=True)
    drop = torch.zeros_like(scores, dtype=torch.bool)
    if top_k is not None:
        drop |= torch.arange(scores.shape[1]) >= top_k if by_place else ordered < ordered[:, top_k - 1 : top_k]
    if top_p is not None:
        sums = ordered.softmax(1).cumsum(1)
        drop |= torch.cat((sums.new_zeros(len(sums), 1), sums[:, :-1]), 1) >= top_p if crosses else sums > top_p
    return scores.masked_fill(drop.gather(1, order.argsort(1)), rest).softmax(1)


def a_token(scores, temperature=1.0, top_k=None, top_p=None):
    return torch.multinomial(draws(scores, temperature, top_k, top_p), 1)


def heats_in_place(scores, temperature=1.0, top_k=None, top_p=None):
    return draws(scores.div_(temperature), 1.0, top_k, top_p)


ANSWERS = {
    lesson_10.log_prob: (
        [in_a_loop, by_the_product, by_numpy],
        [
            (lambda table, sentence: in_a_loop(table, sentence[:-1]), "`<eos>` has a probability too"),
            (lambda table, sentence: by_the_product(table, sentence, log=float), "This is the probability itself"),
            (lambda table, sentence: by_the_product(table, sentence, log=float, until=-1), "You multiply"),
            (lambda table, sentence: by_the_product(table, sentence, log=math.log10), "base 10"),
            (lambda table, sentence: by_the_product(table, sentence, log=math.log2), "base 2"),
            (lambda table, sentence: -in_a_loop(table, sentence), "This is the loss"),
            (lambda table, sentence: statistics.mean(math.log(table[sentence[:i]][sentence[i]])
                                                     for i in range(len(sentence))), "mean per word"),
            (lambda table, sentence: sum(math.log(table[()][word]) for word in sentence), "as if it were the first"),
            (lambda table, sentence: sum(math.log(table[sentence[i - 1 : i] if i else ()][word])
                                         for i, word in enumerate(sentence)), "the one word before it"),
            (first_only, "stand in the loop"),
            (lambda table, sentence: torch.tensor(in_a_loop(table, sentence)), "`.item()` takes the number out"),
            (behind_itself, "raised KeyError"),
            (prefix_in_a_list, "raised TypeError"),
        ],
    ),
    lesson_10.best_continuations: (
        [as_shown, with_divmod, by_unraveling],
        [
            (of_each_prefix, "best of *each* prefix"),
            (best_of_each, "another result"),
            (lambda *args: (as_shown(*args)[0], *as_shown(*args)[:0:-1]), "Prefix and token are swapped"),
            (lambda *args: [part.flip(0) for part in as_shown(*args)], "the wrong way round"),
            (lambda sums, log_probs, k: as_shown(torch.zeros_like(sums), log_probs, k), "by the new token alone"),
            (by_the_token, "Add first, then choose"),
            (lambda sums, log_probs, k: as_shown(sums, log_probs.exp(), k), "You add probabilities"),
            (lambda sums, log_probs, k: as_shown(torch.zeros_like(sums), sums[:, None] * log_probs, k), "You multiply"),
            (lambda sums, log_probs, k: (sums[:, None] + log_probs).flatten().topk(k), "places in the long row"),
            (pairs_in_lists, "Keep them in tensors"),
            (lambda sums, log_probs, k: (sums[:, None] + log_probs).topk(k), "another result"),
            (lambda sums, log_probs, k: as_shown(sums, log_probs, k)[0], "is a tensor of shape (3,) and type float32"),
            (lambda sums, log_probs, k: as_shown(sums, log_probs.T, k), "raised RuntimeError"),
            (changes_the_sums, "right result, but it changes its argument `log_probs`"),
        ],
    ),
    lesson_10.may_stop: (
        [by_counting, by_sorting, by_tensors],
        [
            (lambda open_sums, finished, n_best=1: not by_counting(open_sums, finished, n_best), "wrong way round"),
            (lambda open_sums, finished, n_best=1: len(finished) >= n_best, "You only count what is finished"),
            (lambda open_sums, finished, n_best=1: not open_sums, "You wait until nothing is open"),
            (lambda open_sums, finished, n_best=1: by_counting(open_sums, finished), "You don't look at `n_best`"),
            (lambda open_sums, finished, n_best=1: by_counting(open_sums, finished, min(n_best, len(finished) or 1)),
             "You stop with fewer than `n_best` finished"),
            (lambda open_sums, finished, n_best=1: by_counting(open_sums[:1], finished, n_best), "first open prefix"),
            (lambda open_sums, finished, n_best=1: by_counting(sorted(open_sums)[:1], finished, n_best), "worst open"),
            (lambda open_sums, finished, n_best=1: by_counting([s + 1e-9 for s in open_sums], finished, n_best),
             "`>=`"),
            (lambda open_sums, finished, n_best=1: not open_sums or len(finished) > n_best and by_counting(
                open_sums, finished, n_best), "one more than `n_best`"),
            (lambda *args: by_tensors(*args) and len(args[1]) > 0, "another result"),
            (lambda *args: torch.tensor(by_tensors(*args)), "`.item()` takes the number out"),
            (empty_raises, "raised ValueError"),
            (too_few_raise, "raised IndexError"),
            (lambda *args: args[1].sort() or by_tensors(*args), "right result, but it changes its argument `finished`"),
        ],
    ),
    lesson_10.sentence_log_prob: (
        [forced, minus_the_loss, one_by_one],
        [
            (lambda *args: -forced(*args), "This is the loss of lesson 4"),
            (lambda *args: forced(*args, lengths=lambda n: n - 1), "`<eos>` is missing"),
            (lambda *args: forced(*args, lengths=lambda n: torch.full_like(n, args[3].shape[1])), "count the padding"),
            (lambda *args: forced(*args) / args[4], "mean per token"),
            (lambda *args: forced(*args).exp(), "This is the probability itself"),
            (lambda *args: forced(*args).sum(), "one number for the whole batch"),
            (lambda *args: forced(*args, dec_input=lambda Y: Y), "very word that it is asked for"),
            (lambda *args: forced(*args, logs=lambda scores: scores), "You add up the scores"),
            (lambda *args: forced(*args, logs=lambda scores: scores.softmax(2)), "You add up probabilities"),
            (lambda *args: forced(*args, logs=lambda scores: scores.log_softmax(1)), "runs over the steps"),
            (deaf_to_lengths, "Pass `X_valid_len`"),
            (greedily, "take the likeliest word"),
            (lambda *args: forced(*args).tolist(), "is a list of length 1, and a tensor"),
        ],
    ),
    lesson_10.beam_step: (
        [step, by_two_sieves, beam_step],
        [
            (each_of_its_own, "another result than expected: `result[0]` is a tensor of shape (1, 2, 3)"),
            (swaps, "Prefix and token are swapped"),
            (lambda *args: step(*args, log=lambda scores: scores), "The softmax is missing"),
            (lambda *args: step(*args, log=lambda scores: scores.softmax(-1)), "You add probabilities"),
            (lambda *args: step(*args, log=lambda scores: scores.log_softmax(0)), "runs over the prefixes"),
            (lambda *args: step(*args, never=()), "`<pad>` and `<bos>` are among your tokens"),
            (lambda *args: step(*args, never=(PAD, BOS, EOS)), "no sentence would end"),
            (lambda *args: step(*args, first=True), "before the softmax"),
            (masks_the_scores, "changes its argument `scores`"),
            (revived, "has come back"),
            (lambda sums, scores, k: step(torch.zeros_like(sums), scores, k), "by the new token alone"),
            (lambda *args: [part[0] for part in step(*args)], "is a tensor of shape (3,) and type float32"),
            (lambda *args: step(*args)[1:], "is a tuple of length 2, and a tuple of length 3"),
        ],
    ),
    lesson_10.sampling_probs: (
        [draws, by_scores],
        [
            (lambda scores, t, k, p: draws(scores, 1 / t, k, p), "You multiply by the temperature"),
            (lambda scores, t, k, p: draws(scores, 1.0, k, p), "The temperature has no effect"),
            (lambda scores, t, k, p: draws(scores, t, k), "`top_p` has no effect"),
            (lambda scores, t, k, p: draws(scores, t, None, p), "`top_k` has no effect"),
            (lambda scores, t, k, p: draws(scores, t), "Nothing is cut off yet"),
            (lambda *args: by_scores(*args, crosses=False), "carries the sum across"),
            (lambda *args: by_scores(*args, by_place=False), "equally likely"),
            (lambda *args: by_scores(*args, rest=0.0), "has the score 0"),
            (lambda scores, *args: draws(scores, *args) * draws(scores, *args).gt(0).sum(1, keepdim=True), "result"),
            (a_token, "You have drawn a token already"),
            (heats_in_place, "right result, but it changes its argument `scores`"),
            (lambda scores, t, k, p: draws(scores.T, t, k, p).T, "another result"),
            (lambda *args: draws(*args).tolist(), "is a list of length 1, and a tensor"),
        ],
    ),
}


# ---------------------------------------------------------------- the checks and the library

@pytest.mark.parametrize("seed", range(5))
def test_the_answer_is_the_librarys_step(seed):
    for sums, scores, beam_size in lesson_10.beam_step.cases:
        order = torch.randperm(len(sums), generator=torch.Generator().manual_seed(seed))
        ours = lesson_10.beam_step.answer(sums[order], scores[order], beam_size)
        theirs = beam_step(sums[order], scores[order], beam_size)
        torch.testing.assert_close(ours[0], theirs[0])
        assert all(torch.equal(a[ours[0].isfinite()], b[ours[0].isfinite()]) for a, b in zip(ours[1:], theirs[1:]))


def test_the_best_continuations_stand_in_front_of_all_in_order():
    for sums, log_probs, beam_size in lesson_10.best_continuations.cases:
        best = sorted(((total + log_prob, prefix, token) for prefix, total in enumerate(sums.tolist())
                       for token, log_prob in enumerate(log_probs[prefix].tolist())), reverse=True)[:beam_size]
        ours = [part.tolist() for part in lesson_10.best_continuations.piece(sums, log_probs, beam_size)]
        assert ours[0] == pytest.approx([one[0] for one in best])
        assert list(zip(*ours[1:])) == [one[1:] for one in best]


def test_no_two_longer_prefixes_are_equally_likely():
    """Else another order than ours would be as right."""
    cases = [*lesson_10.beam_step.cases]
    cases += [(sums[None], torch.nn.functional.pad(log_probs, (3, 0), value=-99.0)[None], beam_size)
              for sums, log_probs, beam_size in lesson_10.best_continuations.cases]
    for sums, scores, beam_size in cases:
        gaps = beam_step(sums, scores, beam_size + 1)[0].diff().abs()
        assert gaps[gaps.isfinite()].min() > 0.01


def test_a_search_scores_its_answer_as_the_warm_up_does():
    """`<pad>` and `<bos>` may be likely; a translation is scored as it stands."""
    net, X, X_valid_len, _, _ = lesson_10.sentence_log_prob.cases[2]
    found = [one for [one] in search.search_with_beam(net, X, X_valid_len, num_steps=6, beam_size=3)]
    valid_len = torch.tensor([len(one.ids) for one in found])
    Y = torch.tensor([one.ids + [PAD] * (6 - len(one.ids)) for one in found])
    scores = lesson_10.sentence_log_prob.answer(net, X, X_valid_len, Y, valid_len)
    torch.testing.assert_close(scores, torch.tensor([one.log_prob for one in found]))


def test_when_it_may_stop_nothing_that_is_open_gets_in():
    """Against a search of all that may become of the open prefixes: they fall by any amount, or by none."""
    generator = torch.Generator().manual_seed(0)
    seen = set()
    for _ in range(500):
        sizes = torch.randint(0, 4, (2,), generator=generator).tolist()
        open_sums, finished = ((-torch.randint(1, 8, (n,), generator=generator) / 2).tolist() for n in sizes)
        n_best = torch.randint(1, 4, (1,), generator=generator).item()
        best = sorted(finished, reverse=True)[:n_best]
        changes = any(sorted([*finished, still], reverse=True)[:n_best] != best for still in open_sums)
        assert lesson_10.may_stop.piece(open_sums, finished, n_best) is not changes
        seen.add(changes)
    assert seen == {True, False}


def test_tables_hold_probabilities():
    for table, sentence in lesson_10.log_prob.cases:
        assert all(min(probs.values()) > 0 and math.isclose(sum(probs.values()), 1) for probs in table.values())
        assert repr(table).count("\n") == len(table) - 1 and sentence[-1] == "<eos>"


def test_what_is_drawn_from_adds_up_to_one_and_holds_what_was_asked_for():
    for scores, temperature, top_k, top_p in lesson_10.sampling_probs.cases:
        probs = lesson_10.sampling_probs.answer(scores, temperature, top_k, top_p)
        whole = (scores.double() / temperature).softmax(1)
        torch.testing.assert_close(probs.sum(1), torch.ones(len(probs)))
        for kept, row in zip(probs > 0, whole):
            assert top_k is None or kept.sum() <= top_k
            if top_p is not None and kept.sum() != top_k:  # the nucleus, and not one token more
                assert row[kept].sum() >= top_p > row[kept].sum() - row[kept].min()
            assert row[kept].min() >= row.masked_fill(kept, 0).max()


def test_the_table_of_the_exercise():
    sums, prefixes, tokens = lesson_10.beam_step.answer(*lesson_10.beam_step.cases[0])
    torch.testing.assert_close(sums.exp(), torch.tensor([[0.2, 0.1, 0.09]]))
    assert (prefixes.tolist(), tokens.tolist()) == ([[0, 0, 1]], [[5, 4, 4]])
    rows = [lesson_10.sampling_probs.answer(torch.tensor([[0.5, 0.25, 0.15, 0.1]]).log(), *settings)[0].tolist()
            for settings in ((2.0, None, None), (0.5, None, None), (1.0, 2, None), (1.0, None, 0.7), (1.0, None, 0.8))]
    assert [[round(p, 2) for p in row] for row in rows] == [
        [0.37, 0.26, 0.2, 0.17], [0.72, 0.18, 0.07, 0.03], [0.67, 0.33, 0, 0], [0.67, 0.33, 0, 0],
        [0.56, 0.28, 0.17, 0]]
