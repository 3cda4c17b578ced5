import itertools
import math

import pytest
import torch
from helpers import (
    BOS,
    CONTEXTS,
    EOS,
    PAD,
    RNNS,
    SCORES,
    assert_close,
    assert_identical,
    attention_net,
    gradients,
    padded_batch,
    random_ids,
    reference_loss,
    states,
    toy_batches,
    toy_pairs,
    toy_vocabs,
    weights,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

from seq2seq_lib import (
    AttentionDecoder,
    Encoder,
    GeneralScore,
    Seq2Seq,
    batch_loss,
    beam_search,
    dot_score,
    evaluate_loss,
    load_checkpoint,
    masked_softmax,
    predict,
    save_checkpoint,
    teacher_forcing,
    train,
)
from seq2seq_lib.search import search_with_beam
from seq2seq_lib.widgets import DecoderStepper

SRC_VOCAB, TGT_VOCAB = toy_vocabs()
designs = dict(rnn=st.sampled_from(RNNS), context=st.sampled_from(CONTEXTS), num_layers=st.integers(1, 2),
               score=st.sampled_from(SCORES), bidirectional=st.booleans())
every_design = pytest.mark.parametrize("rnn, context, num_layers, score", [
    (rnn, context, num_layers, score) for rnn in RNNS for context in CONTEXTS for num_layers in (1, 2)
    for score in SCORES])
seeds = st.integers(0, 2**31)
lengths = st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=4)
wider = st.tuples(st.integers(0, 3), st.integers(0, 3))


def random_scores(batch, queries, keys, seed=0):
    return 3 * torch.randn(batch, queries, keys, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def random_states(*shape, seed=0):
    return torch.randn(*shape, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


# ---------------------------------------------------------------- the softmax and its mask

@given(valid_len=st.lists(st.integers(1, 6), min_size=1, max_size=4), queries=st.integers(1, 3), seed=seeds)
def test_weights_are_a_softmax_over_the_real_keys_and_exactly_0_on_padding(valid_len, queries, seed):
    scores = random_scores(len(valid_len), queries, max(valid_len) + 2, seed)
    ours = masked_softmax(scores, torch.tensor(valid_len))
    assert_close(ours.sum(dim=2), torch.ones(len(valid_len), queries, dtype=torch.float64))
    for i, n in enumerate(valid_len):
        assert not ours[i, :, n:].any()
        for q in range(queries):
            raised = [math.exp(score) for score in scores[i, q, :n]]
            assert_close(ours[i, q, :n], torch.tensor([e / sum(raised) for e in raised], dtype=torch.float64))


@pytest.mark.parametrize("there", [1e30, -1e30, math.inf, math.nan])
def test_what_stands_on_padding_does_not_matter_to_weights_or_gradients(there):
    scores, valid_len = random_scores(2, 3, 5), torch.tensor([2, 5])
    padded = scores.clone()
    padded[0, :, 2:] = there
    padded.requires_grad_()
    ours = masked_softmax(padded, valid_len)
    assert_identical(ours.detach(), masked_softmax(scores, valid_len))
    ours.square().sum().backward()
    assert padded.grad.isfinite().all() and not padded.grad[0, :, 2:].any()
    assert padded.grad[0, :, :2].all() and padded.grad[1].all()


def test_without_lengths_there_is_no_padding_and_scores_are_left_as_they_were():
    scores = random_scores(2, 3, 5)
    before = scores.clone()
    assert_identical(masked_softmax(scores, None), scores.softmax(dim=-1))
    assert_identical(masked_softmax(scores, torch.tensor([5, 5])), scores.softmax(dim=-1))
    masked_softmax(scores, torch.tensor([1, 2]))
    assert_identical(scores, before)


@pytest.mark.parametrize("valid_len", [[3], [3, 2, 1], [3, 0], [4, 1], [-1, 3]])
def test_lengths_that_do_not_fit_are_a_value_error_that_names_them(valid_len):
    with pytest.raises(ValueError, match="valid_len"):
        masked_softmax(random_scores(2, 1, 3), torch.tensor(valid_len))
    net = attention_net()
    with pytest.raises(ValueError, match="valid_len"):
        net.decoder.init_state(net.encoder(random_ids([3, 2], 3)), torch.tensor(valid_len))


# ---------------------------------------------------------------- scores

def test_dot_attention_equals_pytorchs_own():
    queries, values, valid_len = random_states(3, 4), random_states(3, 5, seed=1), torch.tensor([5, 1, 3])
    mask = (torch.arange(5) < valid_len[:, None])[:, None]  # (batch, 1, keys), true where one may look
    expected = F.scaled_dot_product_attention(queries, values, values, attn_mask=mask, scale=1.0)
    assert_close(masked_softmax(dot_score(queries, values), valid_len) @ values, expected, rtol=1e-9)
    expected = F.scaled_dot_product_attention(queries, values, values, scale=1.0)
    assert_close(masked_softmax(dot_score(queries, values), None) @ values, expected, rtol=1e-9)


def looped_score(score, query, key):
    """The score of one query and one key, both `(num_hiddens,)`, as the papers write it."""
    if score is dot_score:
        return sum(q * k for q, k in zip(query, key))
    W = score.W.weight
    if isinstance(score, GeneralScore):
        return sum(query[i] * W[i, j] * key[j] for i in range(len(query)) for j in range(len(key)))
    return sum(score.v.weight[0, i] * torch.tanh(W[i] @ query + score.U.weight[i] @ key) for i in range(len(query)))


@pytest.mark.parametrize("score", SCORES)
@torch.no_grad()
def test_scores_equal_a_loop_over_sentences_queries_and_keys(score):
    score = attention_net(score=score).double().decoder.score
    queries, keys = random_states(2, 3), random_states(2, 4, seed=1)
    expected = [[[looped_score(score, query, key) for key in keys[i]] for query in queries[i]] for i in range(2)]
    assert_close(score(queries, keys), torch.tensor(expected, dtype=torch.float64), rtol=1e-9)


# ---------------------------------------------------------------- the decoder

@every_design
@torch.no_grad()
def test_decoder_equals_a_hand_written_loop(rnn, context, num_layers, score):
    """Sentence by sentence, step by step, and one source token after another, of the real ones."""
    net = attention_net(rnn, context, num_layers, score=score).double()
    X, valid_len, dec_input = random_ids([4, 2, 3], 5), torch.tensor([4, 2, 3]), random_ids([3, 3, 3], 3, seed=1)
    decoder = net.decoder
    Y_hat, _ = net(X, dec_input, valid_len)
    _, ours, _ = decoder.attend(dec_input, net.start(X, valid_len))
    assert ours.shape == (3, 3, 5)
    for i, n in enumerate(valid_len):
        values, hidden = net.encoder(X[i : i + 1, :n])
        fixed = states(hidden)[0][-1]
        for t in range(3):
            step = decoder.embedding(dec_input[i : i + 1, t])
            step = torch.cat((step, fixed), dim=1) if context == "every_step" else step
            top, hidden = decoder.rnn(step[None], hidden)
            h = top[0, 0]
            raised = [torch.exp(looped_score(decoder.score, h, value[0])) for value in values]
            shares = [e / sum(raised) for e in raised]
            c = sum(share * value[0] for share, value in zip(shares, values))
            attentional = torch.tanh(decoder.combine.weight[:, :6] @ c + decoder.combine.weight[:, 6:] @ h)
            assert_close(Y_hat[i, t], decoder.dense.weight @ attentional + decoder.dense.bias, rtol=1e-9)
            assert_close(ours[i, t, :n], torch.stack(shares), rtol=1e-9)
            assert not ours[i, t, n:].any()


@every_design
def test_one_pass_over_all_steps_equals_passes_of_one_step(rnn, context, num_layers, score):
    net = attention_net(rnn, context, num_layers, score=score).double()
    X, X_valid_len, dec_input = random_ids([4, 2, 3], 4), torch.tensor([4, 2, 3]), random_ids([6, 6, 2], 6, seed=1)
    start = net.start(X, X_valid_len)
    Y_hat, end = net.decoder(dec_input, start)
    state, steps, looked = start, [], []
    for t in range(6):
        looked.append(net.decoder.attend(dec_input[:, t : t + 1], state)[1])
        scores, state = net.decoder(dec_input[:, t : t + 1], state)
        steps.append(scores)
    assert_close(Y_hat, torch.cat(steps, dim=1), rtol=1e-9)
    assert_close(net.decoder.attend(dec_input, start)[1], torch.cat(looked, dim=1), rtol=1e-9)
    for one_pass, step_by_step in zip(states(end[0]), states(state[0])):
        assert_close(one_pass, step_by_step, rtol=1e-9)


def test_the_weights_that_are_told_are_those_that_were_used():
    """With other ones, say all on the second word, the decoder reads that word's state alone."""
    net = attention_net(context="initial").double()
    X, dec_input = random_ids([4, 4], 4), random_ids([3, 3], 3, seed=1)
    net.decoder.weigh = lambda queries, values, valid_len: F.one_hot(torch.ones(2, 3, dtype=torch.long), 4).double()
    output, told, _ = net.decoder.attend(dec_input, net.start(X))
    assert told[:, :, 1].eq(1).all() and told.sum() == 6
    said, state = net.encoder(X)
    queries, _ = net.decoder.rnn(net.decoder.embedding(dec_input.T), state)  # (num_steps, batch, num_hiddens)
    both = torch.cat((said[1].expand(3, -1, -1), queries), dim=2)
    assert_close(output, torch.tanh(net.decoder.combine(both)).permute(1, 0, 2))


def test_dropout_acts_in_front_of_the_output_layer_in_training_only():
    decoder = AttentionDecoder(11, 5, 200, 1, dropout=0.4)
    X, state = random_ids([3, 3], 3), decoder.init_state((torch.ones(4, 2, 200), torch.ones(1, 2, 200)))
    read = []  # what the output layer reads
    decoder.dense.register_forward_pre_hook(lambda layer, inputs: read.append(inputs[0]))
    decoder(X, state)
    assert 0.3 < (read[0] == 0).float().mean() < 0.5
    decoder.eval()(X, state)
    assert (read[1] != 0).all()


# ---------------------------------------------------------------- padding and neighbours change nothing

@settings(max_examples=50)
@given(lengths=lengths, wider=wider, seed=seeds, **designs)
def test_sentence_in_a_padded_batch_has_the_weights_loss_and_gradient_it_has_alone(
        rnn, context, num_layers, score, bidirectional, lengths, wider, seed):
    net = attention_net(rnn, context, num_layers, score=score, bidirectional=bidirectional).double()
    X, X_valid_len, Y, Y_valid_len = padded_batch(lengths, wider, seed)
    _, together, _ = net.decoder.attend(teacher_forcing(Y), net.start(X, X_valid_len))
    assert_close(together.sum(dim=2), torch.ones(Y.shape, dtype=torch.float64), rtol=1e-12)
    for i, (n, m) in enumerate(zip(X_valid_len, Y_valid_len)):
        _, alone, _ = net.decoder.attend(teacher_forcing(Y[i : i + 1, :m]), net.start(X[i : i + 1, :n]))
        assert_close(together[i, :m, :n], alone[0], rtol=1e-9)
        assert not together[i, :, n:].any()
    alone = sum(reference_loss(net, x[:n], y[:m]) for x, n, y, m in zip(X, X_valid_len, Y, Y_valid_len))
    total = batch_loss(net, X, X_valid_len, Y, Y_valid_len)
    assert_close(total, alone, rtol=1e-9)
    assert_close(gradients(total, net), gradients(alone, net), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("score", SCORES)
def test_without_lengths_the_decoder_looks_at_padding(score):
    """The pitfall of lesson 11 is there to be shown: the translation depends on the neighbours."""
    net = attention_net(score=score).double()
    X = random_ids([2], 5)
    output, state = net.encoder(X, torch.tensor([2]))
    _, ours, _ = net.decoder.attend(torch.tensor([[BOS]]), net.decoder.init_state((output, state)))
    assert (ours[0, 0, 2:] > 0).all()


@settings(max_examples=30)
@given(sentences=st.lists(st.lists(st.sampled_from("abcdefgx"), max_size=8), min_size=1, max_size=6),
       batch_size=st.integers(1, 6), beam_size=st.sampled_from([1, 3]), seed=st.integers(0, 50), **designs)
def test_sentence_in_any_batch_has_the_translation_it_has_alone(
        rnn, context, num_layers, score, bidirectional, sentences, batch_size, beam_size, seed):
    net = attention_net(rnn, context, num_layers, seed=seed, score=score, bidirectional=bidirectional).double()
    options = dict(num_steps=7, beam_size=beam_size)
    together = predict(net, sentences, SRC_VOCAB, TGT_VOCAB, batch_size=batch_size, **options)
    assert together == [predict(net, [sentence], SRC_VOCAB, TGT_VOCAB, **options)[0] for sentence in sentences]


def test_a_selected_sentence_looks_at_its_own_source():
    net = attention_net().double()
    X, valid_len, rows = random_ids([4, 2, 3], 4), torch.tensor([4, 2, 3]), torch.tensor([2, 0, 0, 1])
    token, state = torch.full((3, 1), BOS), net.start(X, valid_len)
    _, before, _ = net.decoder.attend(token, state)
    _, after, _ = net.decoder.attend(token[rows], net.decoder.select(state, rows))
    assert_close(after, before[rows])
    assert (after > 0).sum(dim=2).flatten().tolist() == [3, 4, 4, 2]


# ---------------------------------------------------------------- search

def every_sentence(net, x, num_steps):
    """Every sentence there can be with its log-probability, likeliest first: each length in a pass of its own."""
    words = [token for token in range(8) if token not in (PAD, BOS, EOS)]
    ranked = []
    for n in range(1, num_steps + 1):
        sentences = [[*sentence, EOS] for sentence in itertools.product(words, repeat=n - 1)]
        if n == num_steps:  # what has not ended there counts as finished
            sentences += map(list, itertools.product(words, repeat=n))
        Y = torch.tensor(sentences)
        scores, _ = net(x.expand(len(Y), -1), teacher_forcing(Y))
        losses = F.cross_entropy(scores.permute(0, 2, 1), Y, reduction="none").sum(dim=1)
        ranked += zip((-losses).tolist(), sentences)
    return sorted(ranked, reverse=True)


@pytest.mark.parametrize("seed", range(8))
def test_beam_search_finds_what_exhaustive_search_finds(seed):
    """Of all sentences of up to 4 tokens, with a vocabulary of 8."""
    net = attention_net(RNNS[seed % 3], CONTEXTS[seed % 2], seed=seed, score=SCORES[seed // 3], vocab_size=8)
    net.double().eval()
    X, valid_len = random_ids([4, 2], 4, vocab_size=8, seed=seed), torch.tensor([4, 2])
    found = search_with_beam(net, X, valid_len, num_steps=4, beam_size=5**4, n_best=20)
    for x, n, ours in zip(X, valid_len, found):
        log_probs, sentences = zip(*every_sentence(net, x[:n], num_steps=4)[:20])
        assert [one.ids for one in ours] == list(sentences)
        assert_close(torch.tensor([one.log_prob for one in ours]), torch.tensor(log_probs))


def test_a_beam_of_one_is_greedy_search():
    net = attention_net().double()
    net.decoder.dense.bias.data[[PAD, BOS]] = -100  # which no beam writes, and a random net might
    sentences = [" ".join(source) for source, _ in toy_pairs(30)]
    greedy = predict(net, sentences, SRC_VOCAB, TGT_VOCAB, 7)
    found = beam_search(net, sentences, SRC_VOCAB, TGT_VOCAB, 7, beam_size=1)
    assert [hypotheses[0].text for hypotheses in found] == greedy


# ---------------------------------------------------------------- training, files, widgets

@pytest.mark.parametrize("score", SCORES)
def test_the_toy_task_is_learned_and_its_sentences_are_translated(score):
    torch.manual_seed(1)
    net = Seq2Seq(Encoder(11, 8, 16, 1, bidirectional=True), AttentionDecoder(11, 8, 16, 1, score=score))
    before = evaluate_loss(net, toy_batches(), TGT_VOCAB)
    train(net, toy_batches(), 0.02, 40, TGT_VOCAB, "cpu", progress=False)
    assert evaluate_loss(net, toy_batches(), TGT_VOCAB) < before / 3
    sources, targets = zip(*toy_pairs())
    translations = predict(net, sources, SRC_VOCAB, TGT_VOCAB, 7)
    assert sum(text.split() == target for text, target in zip(translations, targets)) >= 9  # of 11, learned by heart


@every_design
def test_every_weight_has_a_gradient(rnn, context, num_layers, score):
    net = attention_net(rnn, context, num_layers, score=score).double()
    X, X_valid_len, Y, Y_valid_len = next(iter(toy_batches(batch_size=11)))
    for name, gradient in gradients(batch_loss(net, X, X_valid_len, Y, Y_valid_len), net).items():
        assert gradient.isfinite().all() and gradient.any(), name


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("rnn", RNNS)
def test_a_checkpoint_is_loaded_by_its_path_alone(tmp_path, rnn, score):
    path, net = tmp_path / "net.safetensors", attention_net(rnn, "initial", 2, dropout=0.3, score=score)
    history = train(net, toy_batches(), 0.01, 2, TGT_VOCAB, "cpu", progress=False)
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, history)
    loaded = load_checkpoint(path)
    assert type(loaded.net.decoder) is AttentionDecoder
    assert_identical(weights(loaded.net), weights(net))
    assert loaded.net.encoder.settings == net.encoder.settings == dict(
        vocab_size=11, embed_size=5, num_hiddens=6, num_layers=2, dropout=0.3, rnn=rnn, bidirectional=True)
    assert loaded.net.decoder.settings == net.decoder.settings == dict(
        vocab_size=11, embed_size=5, num_hiddens=6, num_layers=2, dropout=0.3, rnn=rnn, context="initial", score=score)
    sentences = [source for source, _ in toy_pairs()]
    assert (predict(loaded.net, sentences, SRC_VOCAB, TGT_VOCAB, 7, beam_size=2)
            == predict(net, sentences, SRC_VOCAB, TGT_VOCAB, 7, beam_size=2))
    for one in (net, loaded.net):  # and both go on alike
        train(one, toy_batches(), 0.01, 3, TGT_VOCAB, "cpu", progress=False,
              history=history if one is net else loaded.history)
    assert_identical(weights(loaded.net), weights(net))


def test_a_file_from_before_there_were_two_directions_is_loaded(tmp_path):
    path, net = tmp_path / "net.safetensors", attention_net(bidirectional=False)
    del net.encoder.settings["bidirectional"]
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB)
    loaded = load_checkpoint(path).net
    assert_identical(weights(loaded), weights(net))
    assert not loaded.encoder.settings["bidirectional"]


@pytest.mark.parametrize("part, change, message", [
    ("encoder", dict(bidirectional=False), "other names or shapes"),
    ("encoder", dict(num_layers=4), "num_layers of its encoder is 4, its weights are for 2"),
    ("encoder", dict(num_hiddens=3), "num_hiddens of its encoder is 3, its weights are for 6"),
    ("decoder", dict(score="dot"), "other names or shapes"),
    ("decoder", dict(score="louder"), "score is 'louder'"),
])
def test_a_file_whose_settings_do_not_fit_its_weights_says_so(tmp_path, part, change, message):
    path, net = tmp_path / "net.safetensors", attention_net(num_layers=2)
    getattr(net, part).settings |= change
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB)
    with pytest.raises(ValueError, match=message):
        load_checkpoint(path)


@pytest.mark.parametrize("rnn", RNNS)
def test_the_stepper_writes_what_the_net_translates(rnn):
    net = attention_net(rnn)
    stepper = DecoderStepper(net, SRC_VOCAB, TGT_VOCAB, 7, sentence="a c d")
    stepper.to_end = 1
    assert not stepper.problem
    written = [token for token in stepper.written if token != "<eos>"]
    assert " ".join(written) == predict(net, "a c d", SRC_VOCAB, TGT_VOCAB, 7)


# ---------------------------------------------------------------- errors

def test_an_unknown_score_is_a_value_error_that_names_the_choices():
    with pytest.raises(ValueError, match="score is 'cosine'.*'dot', 'general', 'additive'"):
        AttentionDecoder(11, 5, 6, 1, score="cosine")


def test_sizes_that_differ_from_the_encoders_are_a_value_error():
    with pytest.raises(ValueError, match="num_hiddens is 6 in the encoder and 8 in the decoder"):
        Seq2Seq(Encoder(11, 5, 6, 1, bidirectional=True), AttentionDecoder(11, 5, 8, 1))


@pytest.mark.parametrize("X", [torch.zeros(3, 2, dtype=torch.long), torch.zeros(2, 0, dtype=torch.long)])
def test_input_of_another_batch_or_of_no_steps_is_a_value_error(X):
    net = attention_net()
    with pytest.raises(ValueError, match="the decoder's X has the shape .* state is of 2 sentences"):
        net.decoder(X, net.start(random_ids([3, 2], 3)))
