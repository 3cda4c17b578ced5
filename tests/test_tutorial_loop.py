"""Each step from the tutorials' loop to `train` leaves the loss and the gradients of a given batch as they were.

One step, packing, mends them: without it the encoder reads the padding. Trimming takes padding away, so it is without
effect where none is read: on the target's side, and on the source's with packing.
"""

import itertools

import pytest
import torch
from helpers import (
    RNNS,
    assert_close,
    gradients,
    random_ids,
    reference_loss,
    toy_batches,
    toy_net,
    toy_pairs,
    toy_vocabs,
    weights,
)
from tutorial_loop import STEPS, tutorial_batches, tutorial_clipping, tutorial_loss, tutorial_train

from seq2seq_lib import batch_loss, grad_clipping

PAIRS = toy_pairs(24, longest=8)
SCORING = [("pack",), ()]


def tutorial(steps, seed=0, pairs=PAIRS, batch_size=5):
    return list(tutorial_batches(pairs, *toy_vocabs(), batch_size, steps, seed))


def loss_and_gradients(net, batch, steps):
    loss = tutorial_loss(net, batch, steps)
    return loss.detach(), gradients(loss, net)


def trimmed(batch, sides):
    X, X_valid_len, Y, Y_valid_len = batch
    return (X[:, : X_valid_len.max()] if "source" in sides else X, X_valid_len,
            Y[:, : Y_valid_len.max()] if "target" in sides else Y, Y_valid_len)


def updated_weights(batch_steps, steps):
    net = toy_net(num_layers=2).double()
    start = weights(net)
    tutorial_train(net, tutorial(batch_steps), lr=0.01, theta=0.5, steps=steps)
    assert all(not torch.equal(p, start[name]) for name, p in net.named_parameters())
    return weights(net)


def test_tutorial_batches_are_all_as_wide_as_the_longest_sentence_of_the_data():
    longest_source = 1 + max(len(source) for source, _ in PAIRS)
    longest_target = 1 + max(len(target) for _, target in PAIRS)
    for X, _, Y, _ in tutorial(()):
        assert X.shape[1] == longest_source and Y.shape[1] == longest_target
    assert any(X.shape[1] < longest_source for X, _, _, _ in tutorial(("trim", "bucket")))


@pytest.mark.parametrize("bucket", [(), ("bucket",)])
def test_trimming_takes_away_columns_that_hold_padding_only(bucket):
    for wide, narrow in zip(tutorial(bucket), tutorial(("trim", *bucket)), strict=True):
        for ours, theirs in zip(narrow, trimmed(wide, ("source", "target"))):
            assert torch.equal(ours, theirs)


def test_bucketing_changes_only_who_is_in_a_batch_with_whom():
    def rows(steps):
        return sorted((x.tolist(), y.tolist()) for X, _, Y, _ in tutorial(steps) for x, y in zip(X, Y))

    assert rows(()) == rows(("bucket",))


@pytest.mark.parametrize("rnn", RNNS)
@pytest.mark.parametrize("score_real", [(), ("score_real",)])
def test_trimming_leaves_loss_and_gradients_as_they_were_once_the_encoder_skips_padding(rnn, score_real):
    net = toy_net(rnn, num_layers=2).double()
    for batch in tutorial(()):
        before = loss_and_gradients(net, batch, ("pack", *score_real))
        after = loss_and_gradients(net, trimmed(batch, ("source", "target")), ("pack", *score_real))
        assert_close(before, after, rtol=1e-9)


@pytest.mark.parametrize("rnn", RNNS)
def test_trimming_the_target_leaves_loss_and_gradients_as_they_were(rnn):
    net = toy_net(rnn, num_layers=2).double()
    for batch in tutorial(()):
        before, after = loss_and_gradients(net, batch, ()), loss_and_gradients(net, trimmed(batch, ("target",)), ())
        assert_close(before, after, rtol=1e-9)


def test_trimming_the_source_moves_the_loss_while_the_encoder_reads_the_padding():
    """It is a step on the way to packing: less padding is read."""
    net = toy_net(num_layers=2).double()
    batch = min(tutorial(("bucket",)), key=lambda batch: batch[1].max())
    before, after = tutorial_loss(net, batch), tutorial_loss(net, trimmed(batch, ("source",)))
    assert abs(before - after) > 1e-6


@pytest.mark.parametrize("rnn", RNNS)
@pytest.mark.parametrize("steps", SCORING)
def test_scoring_real_positions_only_leaves_loss_and_gradients_as_they_were(rnn, steps):
    net = toy_net(rnn, num_layers=2).double()
    for batch in tutorial(()):
        before, after = (loss_and_gradients(net, batch, some) for some in (steps, (*steps, "score_real")))
        assert_close(before, after, rtol=1e-9)


@pytest.mark.parametrize("theta", [0.01, 1.0, 1e6])
def test_clipping_gives_the_same_norm_and_gradients(theta):
    results = []
    for clip in (tutorial_clipping, grad_clipping):
        net = toy_net(num_layers=2).double()
        tutorial_loss(net, tutorial(())[0]).backward()
        norm = clip(net, theta)
        results.append((norm, {name: p.grad for name, p in net.named_parameters()}))
    assert_close(*results, rtol=1e-9)


@pytest.mark.parametrize("step", ["clip", "fused", "score_real"])
@pytest.mark.parametrize("steps", SCORING)
def test_step_leaves_the_updated_weights_as_they_were(step, steps):
    assert_close(updated_weights((), steps), updated_weights((), (*steps, step)), rtol=1e-6, atol=1e-8)


def test_trimming_leaves_the_updated_weights_as_they_were_once_the_encoder_skips_padding():
    assert_close(updated_weights((), ("pack",)), updated_weights(("trim",), ("pack",)), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("rnn", RNNS)
def test_packing_changes_the_loss_if_and_only_if_there_is_padding(rnn):
    net = toy_net(rnn, num_layers=2).double()
    for X_valid_len, num_steps, padded in (([4, 4, 4], 4, False), ([4, 2, 3], 4, True), ([4, 4, 4], 5, True)):
        batch = (random_ids(X_valid_len, num_steps), torch.tensor(X_valid_len),
                 random_ids([5, 2, 3], 6, seed=1), torch.tensor([5, 2, 3]))
        before, after = loss_and_gradients(net, batch, ()), loss_and_gradients(net, batch, ("pack",))
        if padded:
            assert abs(before[0] - after[0]) > 1e-6
        else:
            assert_close(before, after, rtol=1e-9)


@pytest.mark.parametrize("rnn", RNNS)
@pytest.mark.parametrize("steps", [("pack",), ("pack", "score_real"), ("pack", "score_real", "trim", "bucket")])
def test_packing_gives_the_loss_and_gradients_of_the_unpadded_sentences_one_by_one(rnn, steps):
    net = toy_net(rnn, num_layers=2).double()
    X, X_valid_len, Y, Y_valid_len = batch = tutorial(steps)[0]
    alone = sum(reference_loss(net, x[:n], y[:m]) for x, n, y, m in zip(X, X_valid_len, Y, Y_valid_len))
    alone = alone / Y_valid_len.sum()
    assert_close(loss_and_gradients(net, batch, steps), (alone.detach(), gradients(alone, net)), rtol=1e-6)


def test_all_steps_together_give_the_loss_of_the_library():
    net = toy_net(num_layers=2).double()
    for batch in tutorial(STEPS):
        assert_close(tutorial_loss(net, batch, STEPS), batch_loss(net, *batch) / batch[3].sum(), rtol=1e-12)


def test_tutorial_train_counts_the_real_target_tokens():
    num_tokens = sum(len(target) + 1 for _, target in PAIRS)
    for steps in ((), STEPS):
        assert tutorial_train(toy_net(), tutorial(steps), steps=steps) == num_tokens
    first = tutorial(())[:2]
    assert tutorial_train(toy_net(), tutorial(()), max_batches=2) == sum(int(batch[3].sum()) for batch in first)


def test_every_combination_of_steps_trains():
    start = weights(toy_net())
    for count in range(len(STEPS) + 1):
        for steps in itertools.combinations(STEPS, count):
            net = toy_net()
            tutorial_train(net, tutorial(steps)[:1], steps=steps)
            assert all(p.isfinite().all() for p in net.parameters())
            assert any(not torch.equal(p, start[name]) for name, p in net.named_parameters())


def test_all_steps_are_what_train_does():
    from seq2seq_lib import train

    ours, theirs = toy_net(num_layers=2).double(), toy_net(num_layers=2).double()
    train(ours, toy_batches(PAIRS, 5), 0.01, 1, toy_vocabs()[1], "cpu", theta=0.5, progress=False)
    tutorial_train(theirs, tutorial(STEPS), lr=0.01, theta=0.5, steps=STEPS)
    assert_close(weights(ours), weights(theirs), rtol=1e-9)
