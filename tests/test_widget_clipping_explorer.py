"""The clipping explorer without a browser: its numbers are those of `grad_clipping`."""

import pytest
import torch
from helpers import assert_identical, toy_batches, toy_net, weights
from test_widgets import BAD, Page

from seq2seq_lib import batch_loss, grad_clipping
from seq2seq_lib.widgets import ClippingExplorer


@pytest.fixture
def explorer():
    return ClippingExplorer(toy_net(), toy_batches(shuffle=False))


def gradient_norms(net, batch, theta):
    X, X_valid_len, Y, Y_valid_len = batch
    net.zero_grad()
    (batch_loss(net, X, X_valid_len, Y, Y_valid_len) / Y_valid_len.sum()).backward()
    before = grad_clipping(net, theta)
    return before, torch.cat([p.grad.flatten() for p in net.parameters()]).norm().item()


@pytest.mark.parametrize("power", [-1.0, 0.0, 1.0])
def test_norms_are_those_of_training(explorer, power):
    explorer.power = power
    for i, batch in enumerate(toy_batches(shuffle=False)):
        explorer.batch = i
        before, after = gradient_norms(toy_net(), batch, 10**power)
        assert explorer.norms[i] == pytest.approx(before, rel=1e-4)
        factor = f"multiplied by {after / before:.2f}" if before > 10**power else "nothing changes"
        assert f"gradient norm {before:.2f}" in explorer.said and factor in explorer.said


def test_points_keep_the_length_of_their_gradient(explorer):
    for (x, y), norm in zip(explorer.points, explorer.norms):
        assert (x * x + y * y) ** 0.5 == pytest.approx(norm, rel=1e-4) and y >= 0


def test_the_longest_is_shown_first(explorer):
    assert explorer.norms[explorer.batch] == max(explorer.norms)


def test_layers_make_up_the_whole(explorer):
    for layers, norm in zip(explorer.layers, explorer.norms):
        assert list(layers) == ["encoder.embedding", "encoder.rnn", "decoder.embedding", "decoder.rnn", "decoder.dense"]
        assert sum(value**2 for value in layers.values()) ** 0.5 == pytest.approx(norm, rel=1e-4)


def test_the_net_is_left_as_it_was():
    net = toy_net()
    before = weights(net)
    ClippingExplorer(net, toy_batches())
    for name, value in weights(net).items():
        assert_identical(value, before[name])
    assert all(p.grad is None for p in net.parameters())


def test_the_counts_follow_the_threshold(explorer):
    explorer.power = -2.0
    assert f"{len(explorer.norms)} of {len(explorer.norms)} batches are clipped" in explorer.said
    explorer.power = 2.0
    assert f"0 of {len(explorer.norms)} batches are clipped" in explorer.said


def test_one_batch_will_do_and_none_is_a_sentence():
    assert "of 1 batches" in ClippingExplorer(toy_net(), [next(iter(toy_batches()))]).said
    with pytest.raises(ValueError, match="no batches"):
        ClippingExplorer(toy_net(), [])


def test_more_than_forty_batches_are_cut():
    assert len(ClippingExplorer(toy_net(), list(toy_batches(batch_size=1)) * 9).norms) == 40


@pytest.mark.parametrize("value", BAD)
def test_bad_values_are_a_sentence_or_do_no_harm(explorer, value):
    explorer.batch = value
    assert explorer.html and not explorer.problem
    explorer.power = value
    assert explorer.error is None
    assert explorer.problem.startswith("θ = ") or -2 <= value <= 2
    explorer.power = 0.0
    assert not explorer.problem


def test_the_picture_has_a_label(explorer):
    ((_, svg),) = [element for element in Page(explorer.html).elements if element[0] == "svg"]
    assert svg["role"] == "img" and "arrow of length" in svg["aria-label"]
