import math

import pytest
import torch
from helpers import (
    BOS,
    CONTEXTS,
    RNNS,
    assert_close,
    assert_identical,
    gradients,
    padded_batch,
    random_ids,
    reference_loss,
    states,
    toy_net,
    toy_vocabs,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from seq2seq_lib import (
    Decoder,
    Encoder,
    MaskedSoftmaxCELoss,
    Seq2Seq,
    batch_loss,
    predict,
    remember_from_start,
    teacher_forcing,
)
from seq2seq_lib.model import Dropout

designs = dict(rnn=st.sampled_from(RNNS), context=st.sampled_from(CONTEXTS), num_layers=st.integers(1, 2))
seeds = st.integers(0, 2**31)
lengths = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=4)
wider = st.tuples(st.integers(0, 3), st.integers(0, 3))
every_design = [(rnn, context, num_layers) for rnn in RNNS for context in CONTEXTS for num_layers in (1, 2)]


# ---------------------------------------------------------------- padding changes nothing

@given(lengths=lengths, wider=wider, seed=seeds, **designs)
def test_sentence_in_a_padded_batch_has_the_context_it_has_alone(rnn, context, num_layers, lengths, wider, seed):
    for dtype, rtol, atol in ((torch.float32, 1e-5, 1e-6), (torch.float64, 1e-9, 1e-14)):
        net = toy_net(rnn, context, num_layers).to(dtype)
        X, X_valid_len, _, _ = padded_batch(lengths, wider, seed)
        output, state = net.encoder(X, X_valid_len)
        _, context_vector = net.decoder.init_state((output, state))
        for i, n in enumerate(X_valid_len):
            output_alone, state_alone = net.encoder(X[i : i + 1, :n])
            assert_close(output[:n, i], output_alone[:, 0], rtol, atol)
            assert not output[n:, i].any()
            for together, alone in zip(states(state), states(state_alone)):
                assert_close(together[:, i], alone[:, 0], rtol, atol)
            assert_close(context_vector[i], states(state_alone)[0][-1, 0], rtol, atol)


@given(lengths=lengths, wider=wider, seed=seeds, **designs)
def test_sentence_in_a_padded_batch_has_the_loss_and_gradient_it_has_alone(
        rnn, context, num_layers, lengths, wider, seed):
    """And the batch has the sum of them."""
    net = toy_net(rnn, context, num_layers).double()
    X, X_valid_len, Y, Y_valid_len = padded_batch(lengths, wider, seed)
    Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
    losses = MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len)
    alone = [reference_loss(net, x[:n], y[:m]) for x, n, y, m in zip(X, X_valid_len, Y, Y_valid_len)]
    for together, by_itself in zip(losses, alone):
        assert_close(together, by_itself, rtol=1e-9)
        assert_close(gradients(together, net), gradients(by_itself, net), rtol=1e-6, atol=1e-13)
    total = batch_loss(net, X, X_valid_len, Y, Y_valid_len)
    assert_close(total, sum(alone), rtol=1e-9)
    assert_close(gradients(total, net), gradients(sum(alone), net), rtol=1e-6, atol=1e-13)


@settings(max_examples=10)
@given(lengths=lengths, wider=wider, seed=seeds, **designs)
def test_float32_shows_the_same_loss_up_to_its_rounding(rnn, context, num_layers, lengths, wider, seed):
    net = toy_net(rnn, context, num_layers)
    X, X_valid_len, Y, Y_valid_len = padded_batch(lengths, wider, seed)
    with torch.no_grad():
        total = batch_loss(net, X, X_valid_len, Y, Y_valid_len)
        alone = sum(reference_loss(net, x[:n], y[:m]) for x, n, y, m in zip(X, X_valid_len, Y, Y_valid_len))
    assert_close(total, alone, rtol=1e-6, atol=1e-6)


@given(sentences=st.lists(st.lists(st.sampled_from("abcdefgx"), max_size=8), min_size=1, max_size=6),
       batch_size=st.integers(1, 6), seed=st.integers(0, 50), **designs)
def test_sentence_in_any_batch_has_the_translation_it_has_alone(rnn, context, num_layers, sentences, batch_size, seed):
    net = toy_net(rnn, context, num_layers, seed=seed).double()
    together = predict(net, sentences, *toy_vocabs(), num_steps=7, batch_size=batch_size)
    assert together == [predict(net, [sentence], *toy_vocabs(), num_steps=7)[0] for sentence in sentences]


@pytest.mark.parametrize("rnn", RNNS)
def test_without_valid_lengths_the_encoder_reads_the_padding(rnn):
    """The pitfall of lesson 2 is there to be shown."""
    net = toy_net(rnn)
    X = random_ids([2], 6)
    for read, alone in zip(states(net.encoder(X)[1]), states(net.encoder(X[:, :2])[1])):
        assert (read - alone).abs().max() > 0.01


# ---------------------------------------------------------------- the encoder

@pytest.mark.parametrize("rnn", RNNS)
@pytest.mark.parametrize("num_layers", [1, 2])
def test_encoder_shapes(rnn, num_layers):
    encoder = Encoder(11, 5, 6, num_layers, rnn=rnn)
    for valid_len in (None, torch.tensor([4, 1, 3]), torch.tensor([3, 1, 3]), torch.tensor([4, 4, 4])):
        output, state = encoder(random_ids([4, 1, 3], 4), valid_len)
        assert output.shape == (4, 3, 6)
        assert isinstance(state, tuple) == (rnn == "lstm")
        assert all(s.shape == (num_layers, 3, 6) for s in states(state))


@pytest.mark.parametrize("rnn", RNNS)
@pytest.mark.parametrize("num_layers", [1, 2])
def test_last_output_is_the_top_layers_state(rnn, num_layers):
    """At the last step without padding; at each sentence's last real step with it."""
    net = toy_net(rnn, num_layers=num_layers)
    X, valid_len = random_ids([4, 2, 3], 4), torch.tensor([4, 2, 3])
    output, state = net.encoder(X)
    assert torch.equal(output[-1], states(state)[0][-1])
    output, state = net.encoder(X, valid_len)
    assert torch.equal(output[valid_len - 1, torch.arange(3)], states(state)[0][-1])
    assert not torch.equal(output[-1], states(state)[0][-1])


@pytest.mark.parametrize("rnn, layers", [("rnn", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM)])
@pytest.mark.parametrize("num_layers", [1, 2])
def test_two_directions_equal_two_rnns_of_which_one_reads_the_reversed_sentence(rnn, layers, num_layers):
    """Each sentence alone and unpadded, each direction and each layer a net of its own."""
    encoder = Encoder(11, 5, 6, num_layers, rnn=rnn, bidirectional=True).double()
    weights, X, valid_len = encoder.rnn.state_dict(), random_ids([4, 1, 3], 5), torch.tensor([4, 1, 3])
    output, state = encoder(X, valid_len)
    assert output.shape == (5, 3, 6) and all(part.shape == (num_layers, 3, 6) for part in states(state))
    for i, n in enumerate(valid_len):
        read, last = encoder.embedding(X[i, :n]), []
        for layer in range(num_layers):
            said = []
            for direction in ("", "_reverse"):
                one = layers(read.shape[1], 3).double()
                one.load_state_dict({f"{name}_l0": weights[f"{name}_l{layer}{direction}"]
                                     for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")})
                outputs, end = one(read.flip(0) if direction else read)
                said.append(outputs.flip(0) if direction else outputs)
                last.append([part[0] for part in states(end)])
            read = torch.cat(said, dim=1)
        assert_close(output[:n, i], read)
        assert not output[n:, i].any()
        for part, ours in enumerate(states(state)):
            assert_close(ours[:, i].flatten(), torch.cat([end[part] for end in last]))


@given(lengths=lengths, wider=wider, seed=seeds, rnn=st.sampled_from(RNNS), num_layers=st.integers(1, 2))
def test_sentence_in_a_padded_batch_is_read_in_two_directions_as_alone(rnn, num_layers, lengths, wider, seed):
    encoder = Encoder(11, 5, 6, num_layers, rnn=rnn, bidirectional=True).double()
    X, X_valid_len, _, _ = padded_batch(lengths, wider, seed)
    output, state = encoder(X, X_valid_len)
    for i, n in enumerate(X_valid_len):
        output_alone, state_alone = encoder(X[i : i + 1, :n])
        assert_close(output[:n, i], output_alone[:, 0], rtol=1e-9)
        assert not output[n:, i].any()
        for together, alone in zip(states(state), states(state_alone)):
            assert_close(together[:, i], alone[:, 0], rtol=1e-9)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_what_follows_a_word_is_known_to_two_directions_only(bidirectional):
    encoder, X = Encoder(11, 5, 6, 1, bidirectional=bidirectional), random_ids([5], 5)
    other = X.clone()
    other[0, 2] = 4 + (X[0, 2] - 3) % 7  # another word in the middle
    changed = (encoder(X)[0] != encoder(other)[0]).any(dim=2).flatten()
    assert changed.tolist() == [bidirectional, bidirectional, True, True, True]


@pytest.mark.parametrize("rnn", RNNS)
def test_two_directions_start_every_decoder(rnn):
    for context in CONTEXTS:
        net = Seq2Seq(Encoder(11, 5, 6, 2, rnn=rnn, bidirectional=True), Decoder(11, 5, 6, 2, rnn=rnn, context=context))
        assert net(random_ids([4, 2], 4), random_ids([3, 3], 3), torch.tensor([4, 2]))[0].shape == (2, 3, 11)


def test_gru_steps_equal_hand_written_ones():
    """PyTorch's GRU applies the reset gate behind the recurrent product: n = tanh(W x + b + r * (U h + c))."""
    encoder = toy_net("gru").double().encoder
    W, U, b, c = (p.chunk(3) for p in encoder.rnn.parameters())  # each for the reset gate, the update gate and n
    X = random_ids([5], 5)
    output, state = encoder(X)
    h = torch.zeros(6, dtype=torch.float64)
    for t, i in enumerate(X[0]):
        x = encoder.embedding.weight[i]
        r, z = (torch.sigmoid(W[k] @ x + b[k] + U[k] @ h + c[k]) for k in (0, 1))
        n = torch.tanh(W[2] @ x + b[2] + r * (U[2] @ h + c[2]))
        h = (1 - z) * n + z * h
        assert_close(output[t, 0], h)
    assert_close(state[0, 0], h)


def test_dropout_acts_in_training_only_and_with_one_layer_too():
    X = random_ids([5, 3], 5)
    for num_layers in (1, 2):
        encoder = Encoder(11, 5, 6, num_layers, dropout=0.5)
        assert not torch.equal(encoder(X)[1], encoder(X)[1])
        encoder.eval()
        assert torch.equal(encoder(X)[1], encoder(X)[1])


def test_the_decoder_drops_in_front_of_its_output_layer_in_training_only():
    decoder = Decoder(11, 5, 200, 1, dropout=0.4)
    X, state = random_ids([3, 3], 3), decoder.init_state((None, torch.ones(1, 2, 200)))
    read = []  # what the output layer reads
    decoder.dense.register_forward_pre_hook(lambda layer, inputs: read.append(inputs[0]))
    decoder(X, state)
    assert 0.3 < (read[0] == 0).float().mean() < 0.5
    decoder.eval()(X, state)
    assert (read[1] != 0).all()


@pytest.mark.parametrize("p", [0.1, 0.25, 0.5, 0.999])
@pytest.mark.parametrize("shape", [(40, 50, 61), (122_001,)])  # also a number of values that four does not divide
def test_dropout_sets_a_share_to_zero_scales_the_rest_and_its_gradients_are_the_same(p, shape):
    torch.manual_seed(1)
    X = torch.ones(shape, dtype=torch.float64, requires_grad=True)
    Y = Dropout(p)(X)
    kept = Y[Y != 0]
    assert abs((Y == 0).double().mean() - p) < 4 * math.sqrt(p * (1 - p) / X.numel())
    assert_close(kept, torch.full_like(kept, 1 / (1 - p)), rtol=1e-4 if p < 0.9 else 0.02)
    Y.sum().backward()
    assert_identical(X.grad, Y.detach())


def test_dropout_draws_each_value_by_itself_and_again_the_same_with_the_same_seed():
    torch.manual_seed(2)
    first, second = (Dropout(0.5)(torch.ones(100_000)) for _ in range(2))
    assert (first != second).float().mean() == pytest.approx(0.5, abs=0.01)
    for step in (1, 2, 3, 4):  # neighbours share a random number, and yet know nothing of each other
        assert (first[step:] != first[:-step]).float().mean() == pytest.approx(0.5, abs=0.01)
    torch.manual_seed(2)
    assert_identical(Dropout(0.5)(torch.ones(100_000)), first)


@pytest.mark.parametrize("p, training, same", [(0, True, 1.0), (0.5, False, 1.0), (1, True, 0.0)])
def test_dropout_of_nothing_in_evaluation_and_of_all(p, training, same):
    assert_identical(Dropout(p).train(training)(torch.ones(5)), torch.full((5,), same))


def test_one_layer_with_dropout_gives_no_warning(recwarn):
    Encoder(11, 5, 6, 1, dropout=0.5)
    Decoder(11, 5, 6, 1, dropout=0.5)
    assert not recwarn.list


# ---------------------------------------------------------------- the decoder

@pytest.mark.parametrize("rnn, context, num_layers", every_design)
def test_one_pass_over_all_steps_equals_passes_of_one_step(rnn, context, num_layers):
    net = toy_net(rnn, context, num_layers).double()
    X, X_valid_len, dec_input = random_ids([4, 2, 3], 4), torch.tensor([4, 2, 3]), random_ids([6, 6, 2], 6, seed=1)
    start = net.decoder.init_state(net.encoder(X, X_valid_len))
    Y_hat, end = net.decoder(dec_input, start)
    state, steps = start, []
    for t in range(6):
        scores, state = net.decoder(dec_input[:, t : t + 1], state)
        steps.append(scores)
    assert Y_hat.shape == (3, 6, 11)
    assert_close(Y_hat, torch.cat(steps, dim=1), rtol=1e-9)
    for one_pass, step_by_step in zip(states(end[0]), states(state[0])):
        assert_close(one_pass, step_by_step, rtol=1e-9)


@pytest.mark.parametrize("rnn, context, num_layers", every_design)
def test_decoder_equals_a_hand_written_loop_over_pytorch_layers(rnn, context, num_layers):
    """The context that is fed at every step is the encoder's, at each step the same."""
    net = toy_net(rnn, context, num_layers).double()
    X, dec_input = random_ids([4, 4], 4), random_ids([5, 5], 5, seed=1)
    decoder = net.decoder
    output, hidden = net.encoder(X)
    fixed = output[-1]
    expected = []
    for t in range(5):
        step = decoder.embedding(dec_input[:, t])
        if context == "every_step":
            step = torch.cat((step, fixed), dim=1)
        top, hidden = decoder.rnn(step[None], hidden)
        expected.append(top[0] @ decoder.dense.weight.T + decoder.dense.bias)
    Y_hat, _ = net(X, dec_input)
    assert_close(Y_hat, torch.stack(expected, dim=1), rtol=1e-9)


@pytest.mark.parametrize("rnn, context, num_layers", every_design)
def test_init_state_is_the_encoders_state_and_its_top_layer(rnn, context, num_layers):
    net = toy_net(rnn, context, num_layers)
    output, state = net.encoder(random_ids([4, 4], 4))
    hidden, context_vector = net.decoder.init_state((output, state))
    for ours, theirs in zip(states(hidden), states(state)):
        assert torch.equal(ours, theirs)
    assert torch.equal(context_vector, output[-1])


def test_context_is_seen_at_every_step_in_one_design_only():
    """With the first hidden state taken away, only "every_step" still knows the source."""
    for context, knows in (("every_step", True), ("initial", False)):
        net = toy_net("gru", context)
        scores = []
        for seed in (0, 1):
            hidden, context_vector = net.decoder.init_state(net.encoder(random_ids([5], 5, seed=seed)))
            scores.append(net.decoder(torch.tensor([[BOS]]), (torch.zeros_like(hidden), context_vector))[0])
        assert torch.equal(*scores) != knows


def test_a_pass_leaves_the_state_it_was_given_as_it_was():
    net = toy_net()
    state = net.decoder.init_state(net.encoder(random_ids([5], 5)))
    before = [t.clone() for t in state]
    net.decoder(torch.tensor([[BOS]]), state)
    assert all(torch.equal(a, b) for a, b in zip(state, before))


# ---------------------------------------------------------------- the two together

def test_net_returns_scores_and_the_decoders_last_state():
    net = toy_net("lstm", num_layers=2)
    Y_hat, (hidden, _) = net(random_ids([4, 2], 4), random_ids([3, 3], 3), torch.tensor([4, 2]))
    assert Y_hat.shape == (2, 3, 11)
    assert [s.shape for s in hidden] == [(2, 2, 6)] * 2


@pytest.mark.parametrize("rnn, layers", [("rnn", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM)])
def test_rnn_names_the_recurrent_layers(rnn, layers):
    net = toy_net(rnn)
    assert isinstance(net.encoder.rnn, layers) and isinstance(net.decoder.rnn, layers)


def test_defaults_are_a_gru_that_sees_the_context_at_every_step_without_dropout():
    decoder = Decoder(11, 5, 6, 2)
    assert isinstance(decoder.rnn, nn.GRU) and isinstance(Encoder(11, 5, 6, 2).rnn, nn.GRU)
    assert decoder.rnn.input_size == 5 + 6
    assert decoder.rnn.dropout == 0 and decoder.dropout.p == 0


# ---------------------------------------------------------------- errors

@pytest.mark.parametrize("change, message", [
    (dict(rnn="tree"), "rnn is 'tree'.*'rnn', 'gru', 'lstm'"),
    (dict(vocab_size=0), "vocab_size is 0"),
    (dict(embed_size=0), "embed_size is 0"),
    (dict(num_hiddens=-1), "num_hiddens is -1"),
    (dict(num_layers=0), "num_layers is 0"),
])
def test_bad_sizes_are_a_value_error_that_names_the_argument(change, message):
    for part in (Encoder, Decoder):
        with pytest.raises(ValueError, match=message):
            part(**dict(vocab_size=11, embed_size=5, num_hiddens=6, num_layers=1) | change)


def test_two_directions_of_an_odd_size_are_a_value_error_that_names_it():
    with pytest.raises(ValueError, match="num_hiddens is 7; with bidirectional=True it must be even"):
        Encoder(11, 5, 7, 1, bidirectional=True)


def test_unknown_context_is_a_value_error_that_names_the_choices():
    with pytest.raises(ValueError, match="context is 'last'.*'every_step', 'initial'"):
        Decoder(11, 5, 6, 1, context="last")


@pytest.mark.parametrize("name, encoder, decoder", [
    ("rnn", dict(rnn="gru"), dict(rnn="lstm")),
    ("num_hiddens", dict(num_hiddens=6), dict(num_hiddens=7)),
    ("num_layers", dict(num_layers=1), dict(num_layers=2)),
])
def test_parts_that_do_not_fit_are_a_value_error_that_names_what_differs(name, encoder, decoder):
    sizes = dict(vocab_size=11, embed_size=5, num_hiddens=6, num_layers=1)
    with pytest.raises(ValueError, match=rf"^{name} is .* in the encoder and .* in the decoder"):
        Seq2Seq(Encoder(**sizes | encoder), Decoder(**sizes | decoder))


@pytest.mark.parametrize("shape", [(0, 4), (3, 0), (0, 0)])
def test_batch_of_length_0_is_a_value_error_that_names_it(shape):
    net = toy_net()
    with pytest.raises(ValueError, match="X has the shape"):
        net.encoder(torch.zeros(shape, dtype=torch.long))
    with pytest.raises(ValueError, match="X has the shape"):
        net.encoder(torch.zeros(shape, dtype=torch.long), torch.zeros(shape[0], dtype=torch.long))


def test_decoder_input_of_no_steps_is_a_value_error_that_names_it():
    net = toy_net()
    with pytest.raises(ValueError, match="X has the shape|dec_input"):
        net(random_ids([3], 3), torch.zeros(1, 0, dtype=torch.long))


@pytest.mark.parametrize("valid_len", [[3], [3, 2, 1], [3, 0], [4, 1], [-1, 3]])
def test_valid_lengths_that_do_not_fit_are_a_value_error_that_names_them(valid_len):
    with pytest.raises(ValueError, match="valid_len"):
        toy_net().encoder(random_ids([3, 2], 3), torch.tensor(valid_len))


def test_source_and_target_of_different_batches_are_a_value_error_that_names_them():
    with pytest.raises(ValueError, match="X has 2 sentences and dec_input 1"):
        toy_net()(random_ids([3, 2], 3), random_ids([3], 3))


@pytest.mark.parametrize("context", CONTEXTS)
def test_state_of_another_batch_is_a_value_error(context):
    net = toy_net(context=context)
    state = net.decoder.init_state(net.encoder(random_ids([3, 2], 3)))
    with pytest.raises(ValueError, match="2"):
        net.decoder(random_ids([3, 2, 3], 3), state)


# ---------------------------------------------------------------- a net that remembers from the start

@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("rnn", ["gru", "lstm"])
def test_after_a_raised_bias_a_state_fades_slowly(rnn, num_layers):
    """Nothing comes in and all weights are zero: then only the gate acts, and it keeps sigmoid(bias) at each step."""
    net = toy_net(rnn, "every_step", num_layers)
    for p in net.parameters():
        p.data.zero_()
    assert remember_from_start(net, bias=2.0) is net
    for part in (net.encoder, net.decoder):
        size, width = part.rnn.hidden_size, part.rnn.input_size
        start = torch.rand(num_layers, 1, size)
        state = (torch.zeros_like(start), start) if rnn == "lstm" else start
        _, after = part.rnn(torch.zeros(3, 1, width), state)
        kept = after[1] if rnn == "lstm" else after
        assert_close(kept, start * (1 / (1 + math.exp(-2.0))) ** 3, 1e-5, 1e-6)


@pytest.mark.parametrize("rnn, gates", [("gru", 3), ("lstm", 4)])
def test_the_bias_of_one_gate_is_raised_in_each_layer_and_direction(rnn, gates):
    torch.manual_seed(0)
    net = Seq2Seq(Encoder(11, 5, 6, 2, rnn=rnn, bidirectional=True), Decoder(11, 5, 6, 2, rnn=rnn))
    before = {name: p.clone() for name, p in net.named_parameters()}
    remember_from_start(net, bias=2.0)
    raised = {name: (p - before[name]).flatten() for name, p in net.named_parameters() if (p != before[name]).any()}
    assert set(raised) == {*(f"encoder.rnn.bias_hh_l{n}{way}" for n in (0, 1) for way in ("", "_reverse")),
                           *(f"decoder.rnn.bias_hh_l{n}" for n in (0, 1))}
    for by in raised.values():
        size = len(by) // gates
        assert_close(by, torch.tensor([0.0, 2.0, *[0.0] * (gates - 2)]).repeat_interleave(size), atol=1e-6)


def test_a_plain_rnn_has_no_gates():
    with pytest.raises(ValueError, match="no gates; make it with rnn='gru' or 'lstm'"):
        remember_from_start(toy_net("rnn", "initial", 1))
