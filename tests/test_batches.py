import pytest
import torch
from helpers import EOS, PAD, toy_batches, toy_pairs, toy_vocabs
from hypothesis import given
from hypothesis import strategies as st

from seq2seq_lib import Batches, encode

SRC_VOCAB, TGT_VOCAB = toy_vocabs()
sources, targets = (st.lists(st.sampled_from(letters), max_size=7) for letters in ("abcx", "ABCX"))
pair_lists = st.lists(st.tuples(sources, targets), min_size=1, max_size=12)


def rows_of(batch):
    """The sentence pairs of a batch as ids, without `<eos>` and padding."""
    X, X_valid_len, Y, Y_valid_len = batch
    return [(tuple(x[: n - 1].tolist()), tuple(y[: m - 1].tolist()))
            for x, n, y, m in zip(X, X_valid_len, Y, Y_valid_len)]


def ids_of(pairs):
    return sorted((tuple(SRC_VOCAB[source]), tuple(TGT_VOCAB[target])) for source, target in pairs)


def padding_share(batches):
    cells = sum(X.numel() + Y.numel() for X, _, Y, _ in batches)
    return 1 - sum(int(n.sum() + m.sum()) for _, n, _, m in batches) / cells


# ---------------------------------------------------------------- encode

def test_encode_puts_eos_then_padding_and_counts_eos_but_no_padding():
    ids, valid_len = encode([["a", "b"], [], ["a", "x", "c", "d"]], SRC_VOCAB)
    assert ids.tolist() == [[4, 5, 3, 1, 1], [3, 1, 1, 1, 1], [4, 0, 6, 7, 3]]
    assert valid_len.tolist() == [3, 1, 5]
    assert ids.dtype == valid_len.dtype == torch.int64


def test_truncation_keeps_eos():
    ids, valid_len = encode([["a", "b", "c", "d"], ["a", "b"], ["a"]], SRC_VOCAB, num_steps=3)
    assert ids.tolist() == [[4, 5, 3], [4, 5, 3], [4, 3, 1]]
    assert valid_len.tolist() == [3, 3, 2]


def test_one_step_holds_eos_only():
    ids, valid_len = encode([["a", "b"]], SRC_VOCAB, num_steps=1)
    assert ids.tolist() == [[EOS]] and valid_len.tolist() == [1]


def test_encode_pads_to_num_steps():
    assert encode([["a"]], SRC_VOCAB, num_steps=4)[0].tolist() == [[4, 3, 1, 1]]


@given(st.lists(st.lists(st.sampled_from("abcx"), max_size=7), min_size=1), st.one_of(st.none(), st.integers(1, 9)))
def test_encode_equals_a_loop(token_lists, num_steps):
    ids, valid_len = encode(token_lists, SRC_VOCAB, num_steps)
    width = num_steps or max(map(len, token_lists)) + 1
    assert ids.shape == (len(token_lists), width)
    for row, length, tokens in zip(ids.tolist(), valid_len.tolist(), token_lists):
        expected = [SRC_VOCAB[token] for token in tokens][: width - 1] + [EOS]
        assert length == len(expected)
        assert row == expected + [PAD] * (width - len(expected))


def test_encode_refuses_bad_input():
    with pytest.raises(ValueError, match="no sentences"):
        encode([], SRC_VOCAB)
    with pytest.raises(ValueError, match="num_steps is 0"):
        encode([["a"]], SRC_VOCAB, num_steps=0)
    with pytest.raises(TypeError, match="tokenize"):
        encode(["a b"], SRC_VOCAB)


# ---------------------------------------------------------------- Batches

@given(pair_lists, st.integers(1, 5), st.booleans(), st.booleans(), st.integers(0, 3))
def test_each_pair_comes_exactly_once_an_epoch(pairs, batch_size, shuffle, bucket, seed):
    batches = Batches(pairs, SRC_VOCAB, TGT_VOCAB, batch_size, shuffle=shuffle, bucket=bucket, seed=seed)
    for _ in range(2):
        epoch = list(batches)
        assert sorted(sum(map(rows_of, epoch), [])) == ids_of(pairs)
        assert len(epoch) == len(batches)
        sizes = sorted(len(batch[0]) for batch in epoch)
        assert sizes[1:] == [batch_size] * (len(epoch) - 1) and 0 < sizes[0] <= batch_size


@given(pair_lists, st.integers(1, 5))
def test_a_batch_is_eos_then_padding_and_as_wide_as_its_longest_sentence(pairs, batch_size):
    for X, X_valid_len, Y, Y_valid_len in Batches(pairs, SRC_VOCAB, TGT_VOCAB, batch_size):
        for ids, valid_len in ((X, X_valid_len), (Y, Y_valid_len)):
            assert ids.dtype == valid_len.dtype == torch.int64
            assert ids.shape == (len(valid_len), valid_len.max())
            for row, n in zip(ids, valid_len):
                assert row[n - 1] == EOS
                assert EOS not in row[: n - 1] and PAD not in row[: n - 1]
                assert (row[n:] == PAD).all()


def test_num_steps_cuts_both_sides_and_keeps_eos():
    for X, X_valid_len, Y, Y_valid_len in toy_batches(num_steps=3):
        for ids, valid_len in ((X, X_valid_len), (Y, Y_valid_len)):
            assert valid_len.max() <= 3
            assert (ids[torch.arange(len(ids)), valid_len - 1] == EOS).all()


def test_order_is_a_function_of_seed_and_epoch():
    def epochs(seed, num_epochs=3):
        batches = toy_batches(seed=seed)
        return [[rows_of(batch) for batch in batches] for _ in range(num_epochs)]

    assert epochs(0) == epochs(0)
    first, second, third = epochs(0)
    assert first != second and second != third and first != third
    assert epochs(1)[0] != first
    later = toy_batches(seed=0)
    later.epoch = 2
    assert [rows_of(batch) for batch in later] == third
    assert later.epoch == 3


def test_order_does_not_depend_on_other_random_numbers_and_does_not_touch_them():
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = [rows_of(batch) for batch in toy_batches()]
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    assert [rows_of(batch) for batch in toy_batches()] == first


def test_unshuffled_batches_keep_the_order_of_the_pairs():
    pairs = toy_pairs(10)
    batches = toy_batches(pairs, 4, shuffle=False)
    for _ in range(2):
        rows = sum(map(rows_of, batches), [])
        assert rows == [(tuple(SRC_VOCAB[source]), tuple(TGT_VOCAB[target])) for source, target in pairs]


def test_bucketing_lowers_the_share_of_padding():
    pairs = toy_pairs(400, longest=20)
    mixed, bucketed = (padding_share(list(toy_batches(pairs, 20, bucket=bucket))) for bucket in (False, True))
    assert mixed > 0.3
    assert bucketed < mixed / 4


def test_bucketing_shuffles_the_batches_and_sentences_of_equal_length():
    pairs = toy_pairs(400, longest=20)
    batches = toy_batches(pairs, 20)
    first, second = list(batches), list(batches)
    lengths = [int(X_valid_len.max()) for _, X_valid_len, _, _ in first]
    assert lengths != sorted(lengths)
    assert {frozenset(rows_of(batch)) for batch in first} != {frozenset(rows_of(batch)) for batch in second}


@pytest.mark.parametrize("options, message", [
    (dict(pairs=[]), "no sentences"),
    (dict(batch_size=0), "batch_size is 0"),
    (dict(batch_size=-1), "batch_size is -1"),
    (dict(num_steps=0), "num_steps is 0"),
])
def test_bad_sizes_are_a_value_error_that_names_the_argument(options, message):
    with pytest.raises(ValueError, match=message):
        toy_batches(**options)


@pytest.mark.parametrize("pairs", [[("a b", ["A"])], [(["a"], "A B")]])
def test_sentences_that_are_not_tokenised_are_a_type_error(pairs):
    with pytest.raises(TypeError, match="tokenize"):
        toy_batches(pairs)
