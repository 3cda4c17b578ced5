import math

import pytest
import torch
from helpers import CONTEXTS, PAD, RNNS, assert_close, gradients, random_ids, toy_net
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from seq2seq_lib import MaskedSoftmaxCELoss, batch_loss, sequence_mask, teacher_forcing

valid_lens = st.lists(st.integers(1, 6), min_size=1, max_size=5)
seeds = st.integers(0, 2**31)


def scores_and_labels(valid_lens, wider, seed, vocab_size=11):
    generator = torch.Generator().manual_seed(seed)
    num_steps = max(valid_lens) + wider
    Y_hat = 3 * torch.randn(len(valid_lens), num_steps, vocab_size, generator=generator, dtype=torch.float64)
    return Y_hat.requires_grad_(), random_ids(valid_lens, num_steps, seed=seed), torch.tensor(valid_lens)


# ---------------------------------------------------------------- sequence_mask

def test_sequence_mask_example():
    X, valid_len = torch.tensor([[1, 2, 3], [4, 5, 6]]), torch.tensor([1, 2])
    assert sequence_mask(X, valid_len).tolist() == [[1, 0, 0], [4, 5, 0]]
    assert sequence_mask(X, valid_len, value=-1).tolist() == [[1, -1, -1], [4, 5, -1]]
    assert X.tolist() == [[1, 2, 3], [4, 5, 6]]


@pytest.mark.parametrize("shape", [(3, 4), (3, 4, 2), (3, 4, 2, 5)])
def test_sequence_mask_equals_a_loop_whatever_axes_stand_behind(shape):
    X, valid_len = torch.randn(shape, generator=torch.Generator().manual_seed(0)), torch.tensor([0, 2, 4])
    expected = X.clone()
    for row, n in zip(expected, valid_len):
        for step in range(4):
            if step >= n:
                row[step] = 7
    assert torch.equal(sequence_mask(X, valid_len, value=7), expected)


@pytest.mark.parametrize("shape, valid_len", [
    ((2, 3), [1]), ((2, 3), [1, 2, 3]), ((2, 3), [[1, 2]]), ((3,), [1, 2, 3])])
def test_sequence_mask_refuses_shapes_that_do_not_fit(shape, valid_len):
    with pytest.raises(ValueError, match="X .* and valid_len .* do not fit"):
        sequence_mask(torch.zeros(shape), torch.tensor(valid_len))


# ---------------------------------------------------------------- MaskedSoftmaxCELoss

@given(valid_lens, st.integers(0, 3), seeds)
def test_total_loss_equals_cross_entropy_that_ignores_padding(valid_lens, wider, seed):
    Y_hat, Y, valid_len = scores_and_labels(valid_lens, wider, seed)
    ours = MaskedSoftmaxCELoss()(Y_hat, Y, valid_len).sum()
    theirs = F.cross_entropy(Y_hat.flatten(0, 1), Y.flatten(), ignore_index=PAD, reduction="sum")
    assert_close(ours, theirs, rtol=1e-12)
    assert_close(*(torch.autograd.grad(loss, Y_hat) for loss in (ours, theirs)), rtol=1e-12)


@given(valid_lens, st.integers(0, 3), seeds)
def test_loss_of_a_sentence_is_the_sum_over_its_real_positions_by_hand(valid_lens, wider, seed):
    Y_hat, Y, valid_len = scores_and_labels(valid_lens, wider, seed)
    losses = MaskedSoftmaxCELoss()(Y_hat, Y, valid_len)
    assert losses.shape == (len(valid_lens),)
    for i, n in enumerate(valid_lens):
        by_hand = 0
        for t in range(n):
            scores = Y_hat[i, t].tolist()
            by_hand += math.log(sum(map(math.exp, scores))) - scores[Y[i, t]]
        assert losses[i].item() == pytest.approx(by_hand, rel=1e-9)


@given(valid_lens, st.integers(1, 3), seeds)
def test_what_stands_under_the_padding_moves_neither_loss_nor_gradient(valid_lens, wider, seed):
    Y_hat, Y, valid_len = scores_and_labels(valid_lens, wider, seed)
    other_scores, other_labels = Y_hat.detach().clone(), Y.clone()
    for i, n in enumerate(valid_lens):
        other_scores[i, n:] = 1e30 * torch.randn_like(other_scores[i, n:])
        other_labels[i, n:] = torch.randint(11, other_labels[i, n:].shape)
    other_scores.requires_grad_()
    losses = MaskedSoftmaxCELoss()(Y_hat, Y, valid_len)
    other = MaskedSoftmaxCELoss()(other_scores, other_labels, valid_len)
    assert torch.equal(losses, other)
    gradient, = torch.autograd.grad(losses.sum(), Y_hat)
    other_gradient, = torch.autograd.grad(other.sum(), other_scores)
    assert torch.equal(gradient, other_gradient)
    for i, n in enumerate(valid_lens):
        assert not other_gradient[i, n:].any()
        assert other_gradient[i, :n].any(dim=1).all()


def test_equal_scores_cost_the_logarithm_of_the_vocabulary():
    Y = random_ids([4, 2], 4)
    losses = MaskedSoftmaxCELoss()(torch.zeros(2, 4, 11), Y, torch.tensor([4, 2]))
    assert_close(losses, torch.tensor([4, 2]) * math.log(11))


@pytest.mark.parametrize("scores, labels, valid_len, message", [
    ((2, 3, 5), (2, 4), [1, 1], "Y_hat .* and Y .* do not fit"),
    ((2, 5), (2, 5), [1, 1], "Y_hat .* and Y .* do not fit"),
    ((2, 3, 5), (2, 3), [1], "valid_len"),
    ((2, 3, 5), (2, 3), [1, 4], "valid_len"),
    ((2, 3, 5), (2, 3), [0, 3], "valid_len"),
    ((0, 3, 5), (0, 3), [], "Y|valid_len"),
    ((2, 0, 5), (2, 0), [0, 0], "Y|valid_len"),
])
def test_sizes_that_do_not_match_are_a_value_error_that_names_them(scores, labels, valid_len, message):
    with pytest.raises(ValueError, match=message):
        MaskedSoftmaxCELoss()(torch.zeros(scores), torch.zeros(labels, dtype=torch.long),
                              torch.tensor(valid_len, dtype=torch.long))


# ---------------------------------------------------------------- batch_loss and teacher forcing

@pytest.mark.parametrize("rnn", RNNS)
@pytest.mark.parametrize("context", CONTEXTS)
def test_batch_loss_equals_the_masked_loss_of_all_scores(rnn, context):
    net = toy_net(rnn, context, num_layers=2).double()
    X, Y, X_valid_len, Y_valid_len = (random_ids([4, 2, 3], 4), random_ids([1, 5, 3], 6, seed=1),
                                      torch.tensor([4, 2, 3]), torch.tensor([1, 5, 3]))
    ours = batch_loss(net, X, X_valid_len, Y, Y_valid_len)
    Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
    theirs = MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len).sum()
    assert ours.shape == ()
    assert_close(ours, theirs, rtol=1e-12)
    assert_close(gradients(ours, net), gradients(theirs, net), rtol=1e-9)


def test_teacher_forcing_puts_bos_before_the_label_and_drops_its_last_token():
    Y = torch.tensor([[7, 8, 9, 3], [7, 3, 1, 1]])
    assert teacher_forcing(Y).tolist() == [[2, 7, 8, 9], [2, 7, 3, 1]]
    assert Y.tolist() == [[7, 8, 9, 3], [7, 3, 1, 1]]
