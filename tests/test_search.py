"""Search, beside two references written plainly in `helpers`: a beam of lists of prefixes, and all sequences."""

import math

import pytest
import torch
from helpers import (
    BOS,
    CONTEXTS,
    EOS,
    PAD,
    RNNS,
    all_sequences,
    assert_close,
    assert_identical,
    random_ids,
    reference_beam,
    reference_search,
    toy_net,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from seq2seq_lib import Encoder, Seq2Seq, beam_step, exact_search, length_penalty, teacher_forcing
from seq2seq_lib.search import search_with_beam

DESIGNS = [(rnn, context, num_layers) for rnn in RNNS for context in CONTEXTS for num_layers in (1, 2)]
ALPHAS = (0, 0.6, 1, 2)
UNK = 0
ALL = all_sequences(vocab_size=8, num_steps=4)


def net_of(design, seed=0, biases=(), **options):
    """A net of random weights, sure enough of itself that long sentences are as likely as short ones.

    biases: pairs of a token and what its score has more at every step.
    """
    net = toy_net(*design, seed=seed, **options).double().eval()
    with torch.no_grad():
        net.decoder.dense.weight.mul_(4)
        for token, bias in biases:
            net.decoder.dense.bias[token] += bias
    return net


def net_and_sources(seed, *biases):
    """A net, of another design with each seed, and two sentences: ids, and their valid lengths."""
    return net_of(DESIGNS[seed % len(DESIGNS)], seed, biases), random_ids([4, 2], 4, seed=seed), [4, 2]


def net_of_8_and_source(seed):
    """The same with a vocabulary of 8, of which 6 are ever written, and one sentence without padding."""
    return net_of(DESIGNS[seed % len(DESIGNS)], seed, words="abcd"), random_ids([3], 3, vocab_size=8, seed=seed)


def search(net, X, valid_lens, *sizes, **options):
    return search_with_beam(net, X, torch.tensor(valid_lens), *sizes, **options)


def assert_same(ours, theirs):
    """The same hypotheses in the same order; the numbers are as equal as sums in another order are."""
    assert [one.ids for one in ours] == [ids for _, _, ids in theirs]
    assert_close([(one.score, one.log_prob) for one in ours], [(score, log_prob) for score, log_prob, _ in theirs],
                 rtol=1e-9)


# ---------------------------------------------------------------- the length penalty

@pytest.mark.parametrize("length, alpha, penalty", [(1, 0.7, 1), (7, 1, 2), (19, 0.5, 2), (13, 2, 9), (30, 0, 1)])
def test_length_penalty_by_hand(length, alpha, penalty):
    assert length_penalty(length, alpha) == pytest.approx(penalty)


# ---------------------------------------------------------------- one step

def step_by_loops(sums, log_probs, beam_size):
    """The best continuations of one sentence: `(sum, prefix, token)`, best first."""
    longer = [(before + more, prefix, token) for prefix, (before, row) in enumerate(zip(sums, log_probs))
              for token, more in enumerate(row) if token not in (PAD, BOS) and before + more > -math.inf]
    return sorted(longer, reverse=True)[:beam_size]


@settings(max_examples=60)
@given(seed=st.integers(0, 1000), sentences=st.integers(1, 4), width=st.integers(1, 5), beam_size=st.integers(1, 40),
       vocab_size=st.integers(5, 9), dead=st.floats(0, 1))
def test_beam_step_equals_a_loop(seed, sentences, width, beam_size, vocab_size, dead):
    generator = torch.Generator().manual_seed(seed)
    scores = 3 * torch.randn(sentences, width, vocab_size, generator=generator, dtype=torch.float64)
    scores[:, :, EOS + 1].masked_fill_(torch.rand(sentences, width, generator=generator) < 0.2, -torch.inf)
    sums = 3 * torch.randn(sentences, width, generator=generator, dtype=torch.float64)
    sums[torch.rand(sentences, width, generator=generator) < dead] = -torch.inf
    before = sums.clone(), scores.clone()
    kept = beam_step(sums, scores, beam_size)
    assert_identical((sums, scores), before)  # what is handed in stays as it is
    assert [part.shape for part in kept] == 3 * [(sentences, min(beam_size, width * vocab_size))]
    for row, totals, *places in zip(range(sentences), *(part.tolist() for part in kept)):
        expected = step_by_loops(sums[row].tolist(), scores[row].log_softmax(dim=1).tolist(), beam_size)
        assert list(zip(*places))[: len(expected)] == [(prefix, token) for _, prefix, token in expected]
        assert totals[: len(expected)] == pytest.approx([total for total, _, _ in expected])
        assert totals[len(expected) :] == [-math.inf] * (len(totals) - len(expected))


def test_beam_step_keeps_the_best_of_all_prefixes_together():
    sums = torch.tensor([0.5, 0.3, 0.2]).log()[None]
    probs = torch.tensor([[[0, 0, 0, .1, .5, .4], [0, 0, 0, .3, .3, .4], [0, 0, 0, 0, .1, .9]]])
    total, prefixes, tokens = beam_step(sums, probs.log(), 3)
    assert_close(total.exp(), torch.tensor([[.25, .20, .18]]))
    assert prefixes.tolist() == [[0, 0, 2]] and tokens.tolist() == [[4, 5, 5]]


# ---------------------------------------------------------------- a beam by hand

LETTERS = {BOS: "", EOS: ".", 4: "A", 5: "B"}


class Table(nn.Module):
    """A decoder that knows by heart the probabilities of what follows each prefix; its state is what it has read."""

    def __init__(self, table):
        super().__init__()
        self.table = table

    def init_state(self, enc_outputs):
        return [""] * enc_outputs[1].shape[1]

    def forward(self, X, state):
        state = [prefix + LETTERS.get(token, "?") for prefix, token in zip(state, X[:, 0].tolist())]
        following = [self.table.get(prefix, {".": 1}) for prefix in state]
        probs = [[[probs.get(LETTERS.get(token), 0) for token in range(6)]] for probs in following]
        return torch.tensor(probs, dtype=torch.float64).log(), state

    def select(self, state, rows):
        return [state[row] for row in rows.tolist()]


def net_of_table(table):
    return Seq2Seq(Encoder(5, 2, 2, 1), Table(table)).eval()


def by_hand(table, *sizes, **options):
    """Search a table; return for each hypothesis its letters and its probability."""
    found, = search(net_of_table(table), torch.tensor([[4, EOS]]), [2], *sizes, **options)
    return [("".join(map(LETTERS.get, one.ids)), round(math.exp(one.log_prob), 9)) for one in found]


GREEDY_LOSES = {"": {"A": 0.6, "B": 0.4}, "A": {"A": 0.4, "B": 0.35, ".": 0.25}, "B": {".": 0.9, "A": 0.1}}


def test_a_beam_finds_what_greedy_search_passes_by():
    assert by_hand(GREEDY_LOSES, 5, 1) == [("AA.", 0.24)]
    assert by_hand(GREEDY_LOSES, 5, 2) == [("B.", 0.36)]
    assert by_hand(GREEDY_LOSES, 5, 6, n_best=6) == [("B.", 0.36), ("AA.", 0.24), ("AB.", 0.21), ("A.", 0.15),
                                                     ("BA.", 0.04)]  # there are no more


def test_what_has_ended_leaves_its_place_in_the_beam_to_others():
    table = {"": {".": 0.5, "A": 0.3, "B": 0.2}, "A": {"A": 0.5, "B": 0.4, ".": 0.1}, "AB": {"A": 0.1, ".": 0.9}}
    assert by_hand(table, 5, 2, n_best=2) == [(".", 0.5), ("AA.", 0.15)]
    assert by_hand(table, 5, 3, n_best=3) == [(".", 0.5), ("B.", 0.2), ("AA.", 0.15)]


def test_what_has_not_ended_at_num_steps_counts_as_finished_there():
    table = {"": {"A": 0.6, "B": 0.4}, "A": {"A": 0.9, ".": 0.1}}
    assert by_hand(table, 2, 3, n_best=3) == [("AA", 0.54), ("B.", 0.4), ("A.", 0.06)]
    assert by_hand(table, 1, 2, n_best=2) == [("A", 0.6), ("B", 0.4)]


def test_with_a_length_penalty_a_longer_sentence_overtakes_a_finished_one():
    table = {"": {".": 0.5, "A": 0.5}, "A": {"A": 0.75, ".": 0.25}} | {"A" * n: {"A": 1} for n in range(2, 6)}
    assert by_hand(table, 9, 2) == by_hand(table, 9, 2, alpha=0.4) == [(".", 0.5)]
    assert by_hand(table, 9, 2, alpha=1) == [("AAAAAA.", 0.375)]  # log 0.375 / 2 = -0.49, and log 0.5 = -0.69


# ---------------------------------------------------------------- a whole search, beside a beam of lists

@settings(max_examples=200)
@given(seed=st.integers(0, 10_000), design=st.sampled_from(DESIGNS), eos=st.floats(-3, 3),
       valid_lens=st.lists(st.integers(1, 5), min_size=1, max_size=3), num_steps=st.integers(1, 6),
       beam_size=st.integers(1, 6), alpha=st.floats(0, 2), data=st.data())
def test_a_search_finds_what_a_beam_of_lists_finds(seed, design, eos, valid_lens, num_steps, beam_size, alpha, data):
    net, n_best = net_of(design, seed, [(EOS, eos)]), data.draw(st.integers(1, beam_size))
    X = random_ids(valid_lens, 5, seed=seed)
    found = search(net, X, valid_lens, num_steps, beam_size, n_best=n_best, alpha=alpha)
    for x, valid_len, ours in zip(X, valid_lens, found, strict=True):
        assert_same(ours, reference_beam(net, x[:valid_len], num_steps, beam_size, alpha)[:n_best])


def test_widths_and_penalties_matter_to_these_nets_so_that_these_tests_can_fail():
    found = {(1, 0): [], (2, 0): [], (6, 0): [], (6, 1): [], (6, 2): []}
    for seed in range(30):
        net, X, valid_lens = net_and_sources(seed)
        for (beam_size, alpha), best in found.items():
            best += [one.ids for one, in search(net, X, valid_lens, 6, beam_size, alpha=alpha)]
    for one, other in zip(found.values(), list(found.values())[1:]):
        assert sum(ours != theirs for ours, theirs in zip(one, other)) >= 5
    assert 10 < sum(ids[-1] == EOS for ids in found[6, 0]) < 50  # some are cut
    assert sum(1 < len(ids) < 6 for ids in found[6, 0]) >= 5


# ---------------------------------------------------------------- beside all sequences

def test_a_beam_as_wide_as_all_sequences_finds_what_exhaustive_search_finds():
    assert len(ALL) == 1 + 5 + 5**2 + 5**3 + 5**4
    for seed in range(204):
        net, X = net_of_8_and_source(seed)
        n_best, alpha = (1, 4, len(ALL))[seed % 3], ALPHAS[seed // 3 % 4]
        found, = search(net, X, [3], 4, len(ALL), n_best=n_best, alpha=alpha)
        assert_same(found, reference_search(net, X[0], ALL, alpha)[:n_best])


# ---------------------------------------------------------------- what is written

def all_written(net, X, valid_lens, num_steps=6, beam_size=6, **options):
    """All that a search returns, of both sentences."""
    return [one for found in search(net, X, valid_lens, num_steps, beam_size, n_best=beam_size, **options)
            for one in found]


@pytest.mark.parametrize("alpha", ALPHAS)
def test_no_hypothesis_comes_twice_and_none_goes_on_after_eos(alpha):
    for seed in range(12):
        for found in search(*net_and_sources(seed), 6, 6, n_best=6, alpha=alpha):
            assert len({tuple(one.ids) for one in found}) == len(found) == 6
            assert all(EOS not in one.ids[:-1] and (one.ids[-1] == EOS or len(one.ids) == 6) for one in found)


def test_pad_and_bos_are_never_written_even_by_a_net_that_loves_them_and_unk_is():
    for seed in range(12):
        for beam_size in (1, 6, 50):  # after the first step there are not as many as 50
            written = all_written(*net_and_sources(seed, (PAD, 60), (BOS, 60), (UNK, 40)), 4, beam_size)
            tokens = {token for one in written for token in one.ids}
            assert UNK in tokens and tokens.isdisjoint({PAD, BOS})


def test_the_sum_is_that_of_one_teacher_forced_pass_and_the_score_is_divided_by_the_penalty():
    for seed in range(24):
        (net, X, valid_lens), alpha = net_and_sources(seed), ALPHAS[seed // 2 % 4]
        for one in all_written(net.float(), X[:1], valid_lens[:1], alpha=alpha):
            Y = torch.tensor([one.ids])
            log_probs = net(X[:1], teacher_forcing(Y), torch.tensor([4]))[0].log_softmax(dim=2)
            assert one.log_prob == pytest.approx(log_probs[0].gather(1, Y.T).sum().item(), abs=1e-5)
            assert one.score == pytest.approx(one.log_prob / ((5 + len(one.ids)) / 6) ** alpha)


def test_the_first_of_n_best_are_those_of_fewer():
    for seed in range(24):
        inputs, alpha = net_and_sources(seed), ALPHAS[seed // 2 % 4]
        of_six = search(*inputs, 6, 6, n_best=6, alpha=alpha)
        for n_best in (1, 3):
            assert search(*inputs, 6, 6, n_best=n_best, alpha=alpha) == [found[:n_best] for found in of_six]


def test_there_are_fewer_than_n_best_where_there_are_no_more():
    net, X = net_of_8_and_source(0)
    assert sorted(one.ids for one in all_written(net, X, [3], 1, 99)) == [[UNK], [EOS], [4], [5], [6], [7]]
    assert len(all_written(net, X, [3], 2, 99)) == 1 + 5 * 6


# ---------------------------------------------------------------- when the search is over

def rows_read(net):
    """A list that gets the number of rows of each step that the decoder takes."""
    rows = []
    net.decoder.register_forward_pre_hook(lambda decoder, given: rows.append(len(given[0])))
    return rows


def test_a_search_is_over_when_nothing_open_can_overtake():
    net, X, valid_lens = net_and_sources(0, (EOS, 300))
    rows = rows_read(net)
    for alpha in ALPHAS:
        search(net, X, valid_lens, 30, 4, alpha=alpha)
        assert rows == [2]  # one step, from one prefix of each sentence
        rows.clear()
    search(net, X, valid_lens, 30, 4, n_best=2)
    assert rows == [2, 8]  # the second best takes one more


@pytest.mark.parametrize("table, steps, alpha", [
    ({"": {"A": 0.9, ".": 0.1}, "A": {".": 0.8, "A": 0.2}}, 2, 0),  # 0.18 is above what ended first, not above 0.72
    ({"A" * n: {"A": 1} for n in range(6)} | {"AAAAAA": {".": 0.5, "A": 0.3, "B": 0.2}}, 7, 1),
], ids=["the best that has ended", "scores"])  # the second: log 0.3 / 3 = -0.40; log 0.5 = -0.69, and half of it -0.35
def test_open_prefixes_are_compared_with(table, steps, alpha):
    net = net_of_table(table)
    rows = rows_read(net)
    search(net, torch.tensor([[4, EOS]]), [2], 13, 2, alpha=alpha)
    assert len(rows) == steps


def test_a_sentence_whose_best_is_found_is_not_searched_further():
    net = net_of_table({"": {"A": 0.9, ".": 0.1}, "A": {"A": 0.9, ".": 0.1}, "AA": {".": 1}})
    net.decoder.init_state = lambda enc_outputs: ["", "AA", ""]  # before the second there is nothing but its end
    rows = rows_read(net)
    found = search(net, torch.tensor(3 * [[4, EOS]]), [2, 2, 2], 9, 2)
    assert rows == [3, 4, 4]
    assert [one.ids for one, in found] == [[4, 4, EOS], [EOS], [4, 4, EOS]]


@pytest.mark.parametrize("num_steps", [1, 2, 5])
def test_a_search_that_never_ends_stops_at_num_steps(num_steps):
    net, X, valid_lens = net_and_sources(0, (EOS, -1e9))
    rows = rows_read(net)
    written = all_written(net, X, valid_lens, num_steps, 3)
    assert len(rows) == num_steps and [len(one.ids) for one in written] == 6 * [num_steps]


# ---------------------------------------------------------------- exact search

def test_exact_search_finds_the_likeliest_of_all_sequences():
    for seed in range(120):
        net, X = net_of_8_and_source(seed)
        best, second = reference_search(net, X[0], ALL)[:2]
        assert_same([exact_search(net, X, 4)], [best])
        assert exact_search(net, X, 4, bound=best[1]) is None
        if best[1] - second[1] > 1e-3:
            assert_same([exact_search(net, X, 4, bound=second[1])], [best])


def test_no_beam_finds_more_than_exact_search_and_some_find_less():
    missed = 0
    for seed in range(36):
        net, X, _ = net_and_sources(seed)
        best = exact_search(net, X[:1], 6)
        for beam_size in (1, 2, 6):
            (found,), = search(net, X[:1], [4], 6, beam_size)
            assert found.log_prob <= best.log_prob + 1e-9
            better = exact_search(net, X[:1], 6, bound=found.log_prob)
            assert (better is None and found.ids == best.ids) or better.ids == best.ids != found.ids
            missed += better is not None
    assert 20 < missed < 80


def test_what_a_beam_has_found_is_not_likelier_than_itself_by_rounding():
    for seed in range(36):
        net, X, _ = net_and_sources(seed, (EOS, -3))
        (found, *_), = search(net.float(), X[:1], [4], 6, 200)
        better = exact_search(net, X[:1], 6, bound=found.log_prob)
        assert better is None or better.ids != found.ids


def test_exact_search_writes_neither_pad_nor_bos():
    for seed in range(12):
        net, X, _ = net_and_sources(seed, (PAD, 60), (BOS, 60))
        assert {PAD, BOS}.isdisjoint(exact_search(net, X[:1], 3).ids)


def test_the_nearer_the_bound_the_fewer_prefixes_are_read():
    net, X = net_of_8_and_source(2)
    rows, read = rows_read(net), []
    for bound in (-math.inf, *(exact_search(net, X, 4).log_prob - below for below in (0.5, 0.01))):
        rows.clear()
        exact_search(net, X, 4, bound=bound)
        read.append(sum(rows))
    assert read[0] > read[1] > read[2], read


def test_exact_search_gives_up_with_too_many_prefixes():
    net, X = net_of_8_and_source(0)
    with torch.no_grad():
        net.decoder.dense.weight.zero_()
        net.decoder.dense.bias.zero_()[EOS] = -50  # all words are as likely, and none ends
    assert len(exact_search(net, X, 4, at_most=125).ids) == 4
    with pytest.raises(RuntimeError, match="more than 124 prefixes of 3 tokens are likelier .*give a better bound"):
        exact_search(net, X, 4, at_most=124)
    with pytest.raises(RuntimeError, match="more than 4 prefixes of 1 token"):
        exact_search(net, X, 4, at_most=4)


# ---------------------------------------------------------------- what is no number

def test_scores_that_are_no_numbers_are_an_error_that_says_so():
    for broken in (math.nan, math.inf):
        net, X, valid_lens = net_and_sources(0, (5, broken))
        with pytest.raises(FloatingPointError, match="scores are not numbers.*take weights from before"):
            search(net, X, valid_lens, 4, 3)
        with pytest.raises(FloatingPointError, match="scores are not numbers"):
            exact_search(net, X[:1], 4)
