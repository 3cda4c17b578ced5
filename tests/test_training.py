import math
import signal
import threading
from contextlib import nullcontext

import pytest
import torch
from helpers import (
    BOS,
    RNNS,
    assert_close,
    assert_identical,
    gradients,
    reference_loss,
    toy_batches,
    toy_net,
    toy_pairs,
    toy_vocabs,
    weights,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from seq2seq_lib import (
    Batches,
    History,
    Vocab,
    batch_loss,
    best_device,
    encode,
    evaluate_loss,
    grad_clipping,
    teacher_forcing,
    train,
    training,
)

SRC_VOCAB, TGT_VOCAB = toy_vocabs()
NUM_BATCHES, NUM_EPOCHS = 4, 3  # 11 pairs in batches of 3
VALID_PAIRS = toy_pairs(5, seed=1)


def toy_train(net, data_iter=None, num_epochs=NUM_EPOCHS, lr=0.01, **options):
    data_iter = toy_batches() if data_iter is None else data_iter
    return train(net, data_iter, lr, num_epochs, TGT_VOCAB, "cpu", progress=False, **options)


def losses_one_by_one(net, pairs):
    """Total loss and number of target tokens, a sentence and a token at a time, without padding."""
    total, num_tokens = 0, 0
    with torch.no_grad():
        for source, target in pairs:
            (x,), (y,) = encode([source], SRC_VOCAB)[0], encode([target], TGT_VOCAB)[0]
            total += reference_loss(net, x, y).item()
            num_tokens += len(target) + 1
    return total, num_tokens


def interrupt_at(*batches):
    """A callback that presses Ctrl-C during the batches of these numbers, counted from 1 over the whole run."""
    def on_batch(history):
        if len(history.batches) in batches:
            signal.raise_signal(signal.SIGINT)
    return on_batch


def losses_of(history):
    """All of a history that does not hang on the clock."""
    return [batch[:4] for batch in history.batches], history.valid_losses


# ---------------------------------------------------------------- what is minimised and reported

@pytest.mark.parametrize("rnn", RNNS)
def test_an_epochs_loss_is_the_mean_over_all_its_real_tokens(rnn):
    """With a learning rate of 0 the weights stay, so each epoch's loss is that of the data, sentence by sentence."""
    net, pairs, valid_pairs = toy_net(rnn).double(), toy_pairs(11), toy_pairs(5, seed=1)
    history = toy_train(net, toy_batches(pairs), 2, lr=0.0, valid_iter=toy_batches(valid_pairs))
    total, num_tokens = losses_one_by_one(net, pairs)
    valid_total, valid_tokens = losses_one_by_one(net, valid_pairs)
    assert len(history) == len(history.rows) == 2
    for row in history.rows:
        assert row["train_loss"] == pytest.approx(total / num_tokens, rel=1e-9)
        assert row["valid_loss"] == pytest.approx(valid_total / valid_tokens, rel=1e-9)
        assert row["train_perplexity"] == pytest.approx(math.exp(total / num_tokens), rel=1e-9)
        assert row["valid_perplexity"] == pytest.approx(math.exp(valid_total / valid_tokens), rel=1e-9)
    assert sum(batch.num_tokens for batch in history.batches) == 2 * num_tokens


def test_training_equals_a_hand_written_loop():
    """Plain Adam, PyTorch's clipping, one unpadded sentence at a time; dropout needs no test here."""
    ours, theirs = toy_net(num_layers=2).double(), toy_net(num_layers=2).double()
    history = toy_train(ours, theta=0.5)
    optimizer, norms, losses = torch.optim.Adam(theirs.parameters(), lr=0.01), [], []
    batches = toy_batches()
    for _ in range(NUM_EPOCHS):
        for X, X_valid_len, Y, Y_valid_len in batches:
            optimizer.zero_grad()
            loss = sum(reference_loss(theirs, x[:n], y[:m]) for x, n, y, m in zip(X, X_valid_len, Y, Y_valid_len))
            (loss / Y_valid_len.sum()).backward()
            norms.append(nn.utils.clip_grad_norm_(theirs.parameters(), 0.5).item())
            losses.append(loss.item())
            optimizer.step()
    assert_close(dict(ours.named_parameters()), dict(theirs.named_parameters()), rtol=1e-5, atol=1e-7)
    assert [batch.grad_norm for batch in history.batches] == pytest.approx(norms, rel=1e-5)
    assert [batch.loss for batch in history.batches] == pytest.approx(losses, rel=1e-5)
    assert min(norms) < 0.5 < max(norms), "some gradients are clipped here, and some are not"


def test_history_tells_epoch_tokens_and_norm_of_each_batch():
    history = toy_train(toy_net())
    assert [batch.epoch for batch in history.batches] == [0] * 4 + [1] * 4 + [2] * 4
    assert all(batch.num_tokens > 0 and batch.grad_norm > 0 and batch.seconds > 0 for batch in history.batches)
    for epoch, row in enumerate(history.rows):
        batches = history.batches[4 * epoch : 4 * epoch + 4]
        num_tokens = sum(batch.num_tokens for batch in batches)
        assert row["epoch"] == epoch + 1
        assert row["train_loss"] == pytest.approx(sum(batch.loss for batch in batches) / num_tokens)
        assert row["grad_norm"] == pytest.approx(sum(batch.grad_norm for batch in batches) / 4)
        assert row["tokens_per_second"] == pytest.approx(num_tokens / sum(batch.seconds for batch in batches))


def test_history_is_a_pandas_table_of_epochs():
    import pandas as pd

    table = toy_train(toy_net(), valid_iter=toy_batches(VALID_PAIRS)).table()
    assert isinstance(table, pd.DataFrame)
    assert list(table.index) == [1, 2, 3]
    assert {"train_loss", "valid_loss", "train_perplexity", "grad_norm", "tokens_per_second"} <= set(table.columns)
    assert table.notna().all(axis=None)


def test_empty_and_unfinished_histories_can_be_shown():
    assert len(History().table()) == 0
    assert "0 epochs" in repr(History())
    history = toy_train(toy_net(), on_batch=interrupt_at(6))
    assert len(history.table()) == len(history) == 1
    assert "1 epoch, 6 updates" in repr(history)


def test_training_lowers_the_loss_of_sentences_it_sees():
    net = toy_net(sizes=(16, 32))
    history = toy_train(net, num_epochs=60)
    assert history.rows[-1]["train_loss"] < 0.3 * history.rows[0]["train_loss"]


def test_validation_changes_nothing_in_training():
    with_it, without = toy_net(dropout=0.5, num_layers=2), toy_net(dropout=0.5, num_layers=2)
    torch.manual_seed(0)
    first = toy_train(with_it, valid_iter=toy_batches(VALID_PAIRS))
    torch.manual_seed(0)
    second = toy_train(without)
    assert_identical(weights(with_it), weights(without))
    assert losses_of(first)[0] == losses_of(second)[0]
    assert second.valid_losses == [None] * NUM_EPOCHS


@pytest.mark.parametrize("training", [True, False])
def test_evaluate_loss_uses_no_dropout_and_leaves_the_training_mode_as_it_was(training):
    net, pairs = toy_net(dropout=0.5, num_layers=2).train(training), toy_pairs(5)
    first = evaluate_loss(net, toy_batches(pairs), TGT_VOCAB)
    assert evaluate_loss(net, toy_batches(pairs), TGT_VOCAB) == first
    assert net.training == net.decoder.dropout.training == training
    net.eval()
    total, num_tokens = losses_one_by_one(net, pairs)
    assert first == pytest.approx(total / num_tokens, rel=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_evaluate_loss_leaves_the_mode_of_every_part_as_it_was_after_an_error_too(training):
    def breaks():
        yield from toy_batches()
        raise OSError("the disk is gone")

    net = toy_net(dropout=0.5, num_layers=2).train(training)
    net.encoder.train(not training)
    before = [module.training for module in net.modules()]
    for batches, error in ((toy_batches(), None), (breaks(), OSError), ([], ValueError)):
        with pytest.raises(error) if error else nullcontext():
            evaluate_loss(net, batches, TGT_VOCAB)
        assert [module.training for module in net.modules()] == before


def test_dropout_acts_in_training_though_the_net_came_in_evaluation_mode():
    a, b = toy_net(dropout=0.5, num_layers=2).eval(), toy_net(dropout=0.5, num_layers=2).eval()
    torch.manual_seed(1)
    toy_train(a)
    torch.manual_seed(2)
    toy_train(b)
    assert any(not torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters()))


# ---------------------------------------------------------------- clipping

@pytest.mark.parametrize("theta", [1e-3, 0.5, 5.0, 1e4, float("inf")])
def test_grad_clipping_equals_pytorchs(theta):
    """PyTorch divides by the norm plus 1e-6."""
    net = toy_net().double()
    net.encoder.embedding.weight.requires_grad_(False)  # a parameter without a gradient is passed over
    batch_loss(net, *next(iter(toy_batches()))).backward()
    before = {name: p.grad.clone() for name, p in net.named_parameters() if p.grad is not None}
    norm = grad_clipping(net, theta)
    ours = {name: p.grad.clone() for name, p in net.named_parameters() if p.grad is not None}
    for name, p in net.named_parameters():
        if p.grad is not None:
            p.grad.copy_(before[name])
    assert norm == pytest.approx(nn.utils.clip_grad_norm_(net.parameters(), theta).item(), rel=1e-12)
    assert isinstance(norm, float)
    theirs = {name: p.grad for name, p in net.named_parameters() if p.grad is not None}
    assert_close(ours, theirs, rtol=2e-6)
    if norm <= theta:
        assert_identical(ours, before)
    else:
        assert math.sqrt(sum(g.square().sum().item() for g in ours.values())) == pytest.approx(theta, rel=1e-12)


def test_grad_clipping_by_hand():
    net = nn.Linear(2, 1)
    net.weight.grad, net.bias.grad = torch.tensor([[3.0, 0.0]]), torch.tensor([4.0])
    assert grad_clipping(net, 1) == 5
    assert_close(net.weight.grad, torch.tensor([[0.6, 0.0]]))
    assert_close(net.bias.grad, torch.tensor([0.8]))


@pytest.mark.parametrize("theta", [0, -1, float("nan")])
def test_theta_that_is_not_above_0_is_a_value_error_that_names_it(theta):
    with pytest.raises(ValueError, match="theta is"):
        grad_clipping(toy_net(), theta)


def test_clipping_a_net_without_gradients_is_a_value_error_that_says_to_go_backward_first():
    with pytest.raises(ValueError, match="backward"):
        grad_clipping(toy_net(), 1)


# ---------------------------------------------------------------- interrupts and resuming

@pytest.fixture(scope="module")
def unbroken():
    """The weights and the history of an unbroken run with dropout, for each seed."""
    runs = {}

    def run(seed):
        if seed not in runs:
            net = toy_net("gru", num_layers=2, dropout=0.4, seed=seed)
            torch.manual_seed(seed)
            history = toy_train(net, valid_iter=toy_batches(VALID_PAIRS, shuffle=False))
            runs[seed] = weights(net), losses_of(history)
        return runs[seed]
    return run


@pytest.mark.parametrize("batch", range(1, NUM_BATCHES * NUM_EPOCHS + 1))
def test_interrupt_is_taken_at_the_end_of_the_batch_and_the_history_is_whole(unbroken, batch):
    net = toy_net("gru", num_layers=2, dropout=0.4)
    torch.manual_seed(0)
    history = toy_train(net, valid_iter=toy_batches(VALID_PAIRS, shuffle=False), on_batch=interrupt_at(batch))
    batches, valid_losses = losses_of(history)
    assert batches == unbroken(0)[1][0][:batch]
    assert len(history) in (batch // NUM_BATCHES, (batch - 1) // NUM_BATCHES)
    assert valid_losses == unbroken(0)[1][1][: len(history)]
    assert all(state["step"] == batch for state in history.optimizer.state.values())
    assert len(history.rows) == len(history.table()) == len(history)


@settings(max_examples=20)
@given(seed=st.integers(0, 3), stops=st.sets(st.integers(1, NUM_BATCHES * NUM_EPOCHS), min_size=1, max_size=4))
def test_resuming_gives_bit_for_bit_the_weights_of_an_unbroken_run(unbroken, seed, stops):
    net, history = toy_net("gru", num_layers=2, dropout=0.4, seed=seed), None
    torch.manual_seed(seed)
    for i in range(len(stops) + 1):
        if i > 0:  # the world goes on between two runs
            torch.manual_seed(1000 + i)
            net.eval()
        history = toy_train(net, valid_iter=toy_batches(VALID_PAIRS, shuffle=False), history=history,
                            on_batch=interrupt_at(*stops))
    assert_identical(weights(net), unbroken(seed)[0])
    assert losses_of(history) == unbroken(seed)[1]


@pytest.mark.parametrize("rnn", RNNS)
def test_training_in_two_halves_equals_training_in_one_go(rnn):
    whole, halves = (toy_net(rnn, "initial", num_layers=2, dropout=0.4) for _ in range(2))
    torch.manual_seed(0)
    toy_train(whole)
    torch.manual_seed(0)
    history = toy_train(halves, num_epochs=1)
    torch.rand(7)
    assert toy_train(halves, history=history) is history
    assert_identical(weights(whole), weights(halves))


def test_resuming_is_exact_with_two_threads_too():
    """On matrices large enough that PyTorch shares them out."""
    def run(net, **options):
        return toy_train(net, toy_batches(toy_pairs(128, longest=3), 64), 1, **options)

    unbroken, broken = (toy_net(dropout=0.4, sizes=(64, 128)) for _ in range(2))
    torch.set_num_threads(2)
    try:
        torch.manual_seed(0)
        run(unbroken)
        torch.manual_seed(0)
        history = run(broken, on_batch=interrupt_at(1))
        assert len(history.batches) == 1
        run(broken, history=history)
    finally:
        torch.set_num_threads(1)
    assert_identical(weights(broken), weights(unbroken))


def test_shuffled_validation_is_reported_bit_for_bit_after_resuming():
    pairs = toy_pairs(40, seed=1)
    unbroken = toy_train(toy_net(), valid_iter=toy_batches(pairs))
    net = toy_net()
    history = toy_train(net, valid_iter=toy_batches(pairs), on_batch=interrupt_at(6))
    toy_train(net, valid_iter=toy_batches(pairs), history=history)
    assert history.valid_losses == unbroken.valid_losses


def test_interrupt_at_the_end_of_an_epoch_is_taken_there():
    def on_epoch(history):
        if len(history) == 2:
            signal.raise_signal(signal.SIGINT)

    history = toy_train(toy_net(), on_epoch=on_epoch)
    assert len(history) == 2 and len(history.batches) == 8


def test_second_interrupt_is_a_keyboard_interrupt():
    def impatient(history):
        for _ in range(2):
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        toy_train(toy_net(), on_batch=impatient)
    assert signal.getsignal(signal.SIGINT) is before


def test_previous_interrupt_handler_is_restored():
    def handler(signum, frame):
        raise AssertionError("not during training")

    def broken(history):
        raise OSError("a callback that fails")

    before = signal.signal(signal.SIGINT, handler)
    try:
        toy_train(toy_net())
        assert signal.getsignal(signal.SIGINT) is handler
        toy_train(toy_net(), on_batch=interrupt_at(2))
        assert signal.getsignal(signal.SIGINT) is handler
        with pytest.raises(OSError, match="a callback that fails"):
            toy_train(toy_net(), on_batch=broken)
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_training_works_in_a_thread():
    net, alone, result = toy_net(), toy_net(), []
    thread = threading.Thread(target=lambda: result.append(toy_train(net)))
    thread.start()
    thread.join()
    toy_train(alone)
    assert len(result[0]) == NUM_EPOCHS
    assert_identical(weights(net), weights(alone))


def test_a_history_of_all_epochs_is_not_trained_further():
    net = toy_net()
    history = toy_train(net)
    before = weights(net)
    assert len(toy_train(net, history=history)) == NUM_EPOCHS
    assert_identical(weights(net), before)


# ---------------------------------------------------------------- options

def test_callbacks_see_every_batch_and_every_epoch():
    seen = []
    toy_train(toy_net(), on_batch=lambda history: seen.append(("batch", len(history.batches))),
              on_epoch=lambda history: seen.append(("epoch", len(history))))
    expected = []
    for epoch in range(NUM_EPOCHS):
        expected += [("batch", 4 * epoch + i) for i in (1, 2, 3, 4)] + [("epoch", epoch + 1)]
    assert seen == expected


def test_lr_may_be_a_function_of_the_share_of_training_done():
    shares = []

    def lr(share):
        shares.append(share)
        return 0.01

    by_function, by_number = toy_net(), toy_net()
    toy_train(by_function, lr=lr)
    toy_train(by_number, lr=0.01)
    assert shares == pytest.approx([i / 12 for i in range(12)])
    assert_identical(weights(by_function), weights(by_number))
    falling = toy_net()
    toy_train(falling, lr=lambda share: 0.01 * (1 - share))
    assert not torch.equal(falling.decoder.dense.weight, by_number.decoder.dense.weight)


def test_lr_as_a_function_sees_the_same_shares_after_an_interrupt():
    unbroken, broken = toy_net(), toy_net()
    toy_train(unbroken, lr=lambda share: 0.01 * (1 - share))
    history = toy_train(broken, lr=lambda share: 0.01 * (1 - share), on_batch=interrupt_at(6))
    toy_train(broken, lr=lambda share: 0.01 * (1 - share), history=history)
    assert_identical(weights(broken), weights(unbroken))


def test_lr_may_be_changed_when_going_on():
    net = toy_net()
    history = toy_train(net, num_epochs=1)
    before = {name: p.detach().clone() for name, p in net.named_parameters()}
    toy_train(net, num_epochs=2, lr=0.0, history=history)
    assert_identical({name: p.detach() for name, p in net.named_parameters()}, before)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no cuda device")
@pytest.mark.parametrize("rnn", RNNS)
def test_bf16_is_less_exact_and_keeps_the_weights_in_float32(rnn):
    exact, rough = toy_net(rnn), toy_net(rnn)
    first = train(exact, toy_batches(), 0.01, 3, TGT_VOCAB, "cuda", progress=False)
    second = train(rough, toy_batches(), 0.01, 3, TGT_VOCAB, "cuda", bf16=True, progress=False)
    assert all(p.dtype == torch.float32 and p.isfinite().all() for p in rough.parameters())
    assert second.rows[-1]["train_loss"] == pytest.approx(first.rows[-1]["train_loss"], rel=0.05)
    assert second.rows[-1]["train_loss"] != first.rows[-1]["train_loss"]


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_bf16_is_refused_off_cuda_before_anything_is_changed(device):
    net = toy_net()
    before = weights(net)
    with pytest.raises(ValueError, match=f"this is {device}.*leave bf16 out"):
        train(net, toy_batches(), 0.01, 1, TGT_VOCAB, device, bf16=True, progress=False)
    assert_identical(weights(net), before)


def test_data_iter_may_be_a_list_of_batches():
    by_list, by_batches = toy_net(), toy_net()
    toy_train(by_list, list(toy_batches(shuffle=False)))
    toy_train(by_batches, toy_batches(shuffle=False))
    assert_identical(weights(by_list), weights(by_batches))


def test_bos_of_the_vocabulary_starts_the_decoder():
    Y = torch.tensor([[7, 3]])
    assert teacher_forcing(Y)[0, 0] == TGT_VOCAB["<bos>"] == BOS


def test_progress_bar_is_shown_only_when_asked_for(capsys):
    toy_train(toy_net())
    assert capsys.readouterr() == ("", "")
    train(toy_net(), toy_batches(), 0.01, 2, TGT_VOCAB, "cpu")
    assert "8/8" in capsys.readouterr().err


def test_best_device_is_one_that_this_machine_has():
    assert torch.zeros(1, device=best_device()).device.type == best_device().type


@pytest.mark.parametrize("cuda, best", [(True, "cuda"), (False, "cpu")])
def test_mps_is_never_taken_unasked(monkeypatch, cuda, best):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert best_device() == torch.device(best)


def test_random_numbers_are_those_of_the_device_that_trains_not_of_the_current_one(monkeypatch):
    states = [torch.tensor([0], dtype=torch.uint8), torch.tensor([1], dtype=torch.uint8)]

    class Cuda:  # a machine with two graphics cards, of which the first is the current one
        def get_rng_state(device=None):
            return states[device.index if device else 0]

        def set_rng_state(state, device=None):
            states[device.index if device else 0] = state

    monkeypatch.setattr(torch, "get_device_module", lambda device: Cuda)
    second = torch.device("cuda", 1)
    assert training._get_rng_state(second)["cuda"].item() == 1
    training._set_rng_state({"cuda": torch.tensor([9], dtype=torch.uint8)}, second)
    assert [state.item() for state in states] == [0, 9]


# ---------------------------------------------------------------- errors

def test_vocabulary_of_another_net_is_a_value_error_that_names_both_sizes():
    net = toy_net()
    before = weights(net)
    with pytest.raises(ValueError, match="tgt_vocab has 5 tokens.*11"):
        train(net, toy_batches(), 0.01, 1, Vocab([["A"]]), "cpu", progress=False)
    assert_identical(weights(net), before)


def test_history_of_another_net_is_a_value_error():
    history = toy_train(toy_net(), num_epochs=1)
    with pytest.raises(ValueError, match="history is of another net"):
        toy_train(toy_net(), history=history)


@pytest.mark.parametrize("data_iter", [[], iter([])])
def test_data_without_batches_is_a_value_error(data_iter):
    with pytest.raises(ValueError, match="no batches"):
        toy_train(toy_net(), data_iter)


def test_data_that_can_be_iterated_only_once_is_a_value_error_in_the_second_epoch():
    with pytest.raises(ValueError, match="once an epoch"):
        toy_train(toy_net(), iter(list(toy_batches())))


def test_validation_data_without_batches_is_a_value_error():
    with pytest.raises(ValueError, match="no batches"):
        evaluate_loss(toy_net(), [], TGT_VOCAB)


def test_gradient_that_is_no_number_stops_training_and_keeps_weights_and_history():
    def poison(history):
        if len(history.batches) == 5:
            with torch.no_grad():
                net.decoder.dense.bias[7] = float("nan")
            kept.update(weights(net))

    net, kept, history = toy_net(), {}, History()
    with pytest.raises(FloatingPointError, match="epoch 2.*smaller learning rate"):
        toy_train(net, history=history, on_batch=poison)
    torch.testing.assert_close(weights(net), kept, rtol=0, atol=0, equal_nan=True)
    assert len(history.batches) == 5 and len(history) == 1


def test_gradients_of_a_batch_do_not_add_up_to_those_of_the_next():
    net = toy_net()
    batch_loss(net, *next(iter(toy_batches()))).backward()  # left over from a lesson
    clean = toy_net()
    toy_train(net)
    toy_train(clean)
    assert_identical(weights(net), weights(clean))


def test_toy_gradients_are_not_zero_so_that_these_tests_can_fail():
    net = toy_net()
    grads = gradients(batch_loss(net, *next(iter(Batches(toy_pairs(), SRC_VOCAB, TGT_VOCAB, 11)))), net)
    assert all(g.abs().max() > 1e-4 for g in grads.values())
