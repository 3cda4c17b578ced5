import functools
import random

import pytest
import torch
from helpers import BOS, CONTEXTS, EOS, PAD, RNNS, toy_net, toy_vocabs
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_lib import Vocab, beam_search, encode, predict, predict_with_probs, tokenize

SRC_VOCAB, TGT_VOCAB = toy_vocabs()
sentence_lists = st.lists(st.lists(st.sampled_from("abcdefgx"), max_size=8), min_size=1, max_size=6)
every_search = pytest.mark.parametrize("beam_size", [1, 3])


def translate(net, sentences, num_steps=7, **options):
    return predict(net, sentences, SRC_VOCAB, TGT_VOCAB, num_steps, **options)


def hypotheses(net, sentences, num_steps=7, beam_size=3, **options):
    return beam_search(net, sentences, SRC_VOCAB, TGT_VOCAB, num_steps, beam_size, **options)


def greedy(net, tokens, num_steps):
    """One sentence, one step at a time."""
    if not tokens:
        return ""
    X, _ = encode([tokens[: num_steps - 1]], SRC_VOCAB)
    state, token, words = net.decoder.init_state(net.encoder(X)), BOS, []
    for _ in range(num_steps):
        scores, state = net.decoder(torch.tensor([[token]]), state)
        token = max(range(len(TGT_VOCAB)), key=lambda i: scores[0, 0, i].item())
        if token == EOS:
            break
        words.append(TGT_VOCAB.to_tokens(token))
    return " ".join(words)


def eager_net(seed=0, bias=0.0):
    """A net whose `<eos>` has `bias` more score, so that it ends early or never."""
    net = toy_net("gru", seed=seed).double()
    with torch.no_grad():
        net.decoder.dense.bias[EOS] += bias
    return net


@settings(max_examples=20)
@given(sentences=sentence_lists, seed=st.integers(0, 100), num_steps=st.integers(1, 8),
       rnn=st.sampled_from(RNNS), context=st.sampled_from(CONTEXTS))
def test_predict_equals_a_plain_greedy_loop(sentences, seed, num_steps, rnn, context):
    net = toy_net(rnn, context, num_layers=2, seed=seed).double()
    assert translate(net, sentences, num_steps) == [greedy(net, tokens, num_steps) for tokens in sentences]


def test_translations_of_the_toy_net_differ_so_that_these_tests_can_fail():
    translations = translate(eager_net(), [list("abc"), list("gfe"), list("a"), list("cccc")])
    assert len(set(translations)) > 1


@every_search
def test_one_string_gives_a_string_and_a_list_gives_a_list(beam_size):
    translated = functools.partial(translate, eager_net(bias=-3.0), beam_size=beam_size)
    one = translated("a b c")
    assert isinstance(one, str) and one
    assert translated(["a b c"]) == [one]
    assert translated([["a", "b", "c"]]) == translated((("a", "b", "c"),)) == [one]
    assert translated(["a b c", "d"]) == [one, translated("d")]


@every_search
def test_strings_are_tokenized_in_their_language(beam_size):
    src_vocab = Vocab([["j'", "ai", "i", "'m", "我", "们"]])
    net = toy_net()
    net.encoder.embedding = torch.nn.Embedding(len(src_vocab), 5)
    net.encoder.settings["vocab_size"] = len(src_vocab)
    for language, text, tokens in (("eng", "I’m", "i 'm"), ("fra", "J’ai", "j' ai"), ("zho", "我们", "我 们")):
        translation = predict(net, text, src_vocab, TGT_VOCAB, 7, language=language, beam_size=beam_size)
        assert [translation] == predict(net, [tokens.split()], src_vocab, TGT_VOCAB, 7, beam_size=beam_size)


def assert_equal_probs(one, other):
    assert one[0] == other[0]
    torch.testing.assert_close(one[1], other[1])


def test_the_language_is_that_of_the_source_vocabulary():
    tokens = ["j'", "ai", "i", "'m", "我", "们", "we", "geht", "'s"]
    net = toy_net()
    net.encoder.embedding = torch.nn.Embedding(len(Vocab([tokens])), 5)
    net.encoder.settings["vocab_size"] = len(Vocab([tokens]))
    for language, text in ((None, "I'm"), ("fra", "J’ai"), ("zho", "我们"), ("deu", "geht's")):
        vocab, cut = Vocab([tokens], language=language), tokenize(text, language or "eng")
        assert len(cut) == 2 and all(token in vocab for token in cut)
        for beam_size in (1, 3):
            translated = functools.partial(predict, net, src_vocab=vocab, tgt_vocab=TGT_VOCAB, num_steps=7,
                                           beam_size=beam_size)
            assert [translated(sentences=text)] == translated(sentences=[cut])
        assert_equal_probs(*(predict_with_probs(net, sentence, vocab, TGT_VOCAB, 7) for sentence in (text, cut)))
    with_other = predict(net, "J'ai", Vocab([tokens], language="eng"), TGT_VOCAB, 7, language="fra")  # told, it obeys
    assert [with_other] == predict(net, [["j'", "ai"]], vocab, TGT_VOCAB, 7)


@every_search
def test_no_sentences_give_no_translations(beam_size):
    assert translate(eager_net(), [], beam_size=beam_size) == []


@every_search
def test_empty_sentence_has_the_empty_translation(beam_size):
    translated = functools.partial(translate, eager_net(), beam_size=beam_size)
    assert translated("") == translated(" \u202f ") == ""
    assert translated(["", "a", []]) == ["", translated("a"), ""]


@every_search
def test_unknown_word_is_read_as_unk(beam_size):
    translated = functools.partial(translate, eager_net(bias=-3.0), beam_size=beam_size)
    assert translated([["a", "zebra"]]) == translated([["a", "<unk>"]])
    assert len(set(translated([["a", last] for last in ("zebra", *"abcdefg")]))) > 1  # a second word is read


@every_search
def test_over_long_source_loses_its_last_tokens(beam_size):
    for seed in range(10):
        translated = functools.partial(translate, eager_net(seed, bias=-3.0), beam_size=beam_size)
        longer = [["a", "b", "c", *more] for more in ("d", "gg", "defgabc")]
        assert translated(longer, 4) == 3 * translated([["a", "b", "c"]], 4)
    assert len(set(translated([["a", "b", "c", last] for last in "abcdefg"], 5))) > 1  # a fourth word is read


@given(sentences=sentence_lists, order=st.randoms(use_true_random=False), batch_size=st.integers(1, 7),
       beam_size=st.integers(1, 4))
@settings(max_examples=30)
def test_order_and_number_of_the_sentences_do_not_change_a_translation(sentences, order, batch_size, beam_size):
    translated = functools.partial(translate, eager_net(bias=-3.0), beam_size=beam_size)
    places = list(range(len(sentences)))
    order.shuffle(places)
    whole = translated(sentences)
    assert translated([sentences[i] for i in places], batch_size=batch_size) == [whole[i] for i in places]


@every_search
@pytest.mark.parametrize("num_steps", [1, 2, 5])
def test_translation_that_does_not_end_stops_at_num_steps(num_steps, beam_size):
    for sentence in ("a", "a b c"):
        translation = translate(eager_net(bias=-1e9), sentence, num_steps, beam_size=beam_size)
        assert len(translation.split()) == num_steps


@every_search
def test_translation_stops_at_eos_and_does_not_show_it(beam_size):
    assert translate(eager_net(bias=1e9), ["a", "a b c"], beam_size=beam_size) == ["", ""]
    for seed in range(20):
        for translation in translate(eager_net(seed, bias=1.0), ["a", "a b c", "g g g"], beam_size=beam_size):
            assert "<eos>" not in translation.split()


@every_search
def test_decoding_stops_when_all_sentences_have_ended(beam_size):
    net, steps = eager_net(bias=1e9), []
    net.decoder.register_forward_hook(lambda *_: steps.append(1))
    translate(net, ["a", "a b c"], num_steps=50, beam_size=beam_size)
    assert len(steps) == 1


@every_search
@pytest.mark.parametrize("training", [True, False])
def test_predict_leaves_the_training_mode_as_it_was(training, beam_size):
    net = toy_net(dropout=0.5, num_layers=2).train(training)
    translate(net, ["a b", "c"], beam_size=beam_size)
    assert net.training == net.encoder.training == net.decoder.dropout.training == training
    with pytest.raises(TypeError):
        translate(net, ["a b", 3], beam_size=beam_size)
    assert net.training == training


@every_search
def test_predict_uses_no_dropout_and_no_random_numbers_and_keeps_no_gradients(beam_size):
    net = toy_net(dropout=0.5, num_layers=2).train()
    translated = functools.partial(translate, net, beam_size=beam_size)
    state = torch.get_rng_state()
    first = translated(["a b c d", "c"])
    assert all(translated(["a b c d", "c"]) == first for _ in range(5))
    assert torch.equal(torch.get_rng_state(), state)
    needed = []
    net.decoder.register_forward_hook(lambda decoder, given, scores: needed.append(scores[0].requires_grad))
    translated("c")
    assert needed and not any(needed)


@every_search
def test_predict_computes_on_the_device_it_is_given(beam_size):
    net, devices = eager_net(), []
    translated = functools.partial(translate, net, "a b", beam_size=beam_size)
    assert translated(device="cpu") == translated(device=torch.device("cpu")) == translated()
    net.encoder.register_forward_pre_hook(lambda encoder, given: devices.append(given[0].device.type))
    with pytest.raises((NotImplementedError, RuntimeError)):  # "meta" holds no numbers: no word is the likeliest
        translated(device="meta")
    assert devices == ["meta"] and next(net.parameters()).device.type == "meta"


@every_search
@pytest.mark.parametrize("sentence", [3, None, b"a b", ["a", 3], {"a": 1}])
def test_what_is_no_sentence_is_a_type_error_that_shows_it(sentence, beam_size):
    with pytest.raises(TypeError, match="is not a sentence"):
        translate(eager_net(), ["a b", sentence], beam_size=beam_size)


@every_search
@pytest.mark.parametrize("batch_size", [0, -1, -4])
def test_batch_size_below_1_is_a_value_error_that_names_it(batch_size, beam_size):
    for sentences in ("a b", ["a"], []):
        with pytest.raises(ValueError, match=f"batch_size is {batch_size}; it must be 1 or more"):
            translate(eager_net(), sentences, batch_size=batch_size, beam_size=beam_size)


@every_search
@pytest.mark.parametrize("num_steps", [0, -3])
def test_num_steps_below_1_is_a_value_error_that_names_it(num_steps, beam_size):
    for sentences in ("a b", ["a"], []):
        with pytest.raises(ValueError, match=f"num_steps is {num_steps}"):
            translate(eager_net(), sentences, num_steps, beam_size=beam_size)


@pytest.mark.parametrize("beam_size", [0, -2])
def test_beam_size_below_1_is_a_value_error_that_names_it(beam_size):
    for sentences in (["a"], []):
        for search in (translate, hypotheses):
            with pytest.raises(ValueError, match=f"beam_size is {beam_size}; it must be 1 or more"):
                search(eager_net(), sentences, beam_size=beam_size)


@every_search
def test_vocabularies_of_another_size_are_a_value_error_that_names_which(beam_size):
    net, small = eager_net(), Vocab([["a"]])
    with pytest.raises(ValueError, match="src_vocab has 5 tokens.*11"):
        predict(net, "a", small, TGT_VOCAB, 7, beam_size=beam_size)
    with pytest.raises(ValueError, match="tgt_vocab has 5 tokens.*11"):
        predict(net, "a", SRC_VOCAB, small, 7, beam_size=beam_size)


# ------------------------------------------------------------------ with a beam: what is found, test_search.py asks

@settings(max_examples=25)
@given(sentences=sentence_lists, seed=st.integers(0, 100), num_steps=st.integers(1, 8), alpha=st.floats(0, 2),
       rnn=st.sampled_from(RNNS), context=st.sampled_from(CONTEXTS))
def test_a_beam_of_one_is_greedy_search_where_pad_and_bos_are_never_likeliest(sentences, seed, num_steps, alpha, rnn,
                                                                              context):
    """Greedy search writes `<pad>` and `<bos>` too where they are, which a beam does not: so here they never are."""
    net = toy_net(rnn, context, num_layers=2, seed=seed).double()
    with torch.no_grad():
        net.decoder.dense.bias[[PAD, BOS]] -= 1e9
    found = hypotheses(net, sentences, num_steps, 1, alpha=alpha)
    assert [one.text for one, in found] == translate(net, sentences, num_steps)


@settings(max_examples=15)
@given(sentences=sentence_lists, seed=st.integers(0, 100), beam_size=st.integers(2, 5))
def test_predict_with_a_beam_writes_the_first_of_beam_search(sentences, seed, beam_size):
    net = eager_net(seed, bias=-2.0)
    found = hypotheses(net, sentences, beam_size=beam_size, n_best=beam_size)
    assert translate(net, sentences, beam_size=beam_size) == [best.text for best, *_ in found]


def test_a_beam_finds_other_translations_than_greedy_search_so_that_these_tests_can_fail():
    sentences = [[a, b] for a in "abcdefg" for b in "abcdefg"]
    greedy, of_three, of_ten = (translate(eager_net(bias=-2.0), sentences, beam_size=width) for width in (1, 3, 10))
    assert sum(map(str.__ne__, greedy, of_three)) > 5 and sum(map(str.__ne__, of_three, of_ten)) > 5


@pytest.mark.parametrize("rnn", RNNS)
def test_a_batch_of_any_size_in_any_order_gives_the_same_hypotheses(rnn):
    """In float64; float32 rounds otherwise from batch to batch, and of two that are nearly as likely either may win."""
    draw = random.Random(0)
    sentences = [draw.choices("abcdefgx", k=draw.randint(0, 8)) for _ in range(80)]
    net = toy_net(rnn, num_layers=2, seed=1).double()
    whole = hypotheses(net, sentences, n_best=3, alpha=0.6)
    for batch_size in (1, 7, 64):
        places = draw.sample(range(80), 80)
        found = hypotheses(net, [sentences[i] for i in places], n_best=3, alpha=0.6, batch_size=batch_size)
        for ours, theirs in zip(found, (whole[i] for i in places)):
            assert [one.text for one in ours] == [one.text for one in theirs]
            assert [one[1:] for one in ours] == [pytest.approx(one[1:], rel=1e-12) for one in theirs]


def test_a_hypothesis_says_its_text_its_log_probability_and_its_score():
    net = eager_net(bias=-2.0)
    for found, sentence in zip(hypotheses(net, ["a b", "c"], n_best=3, alpha=1), (["a", "b"], ["c"])):
        for one in found:
            ids = TGT_VOCAB[one.text.split()] + [EOS] * (len(one.text.split()) < 7)
            X, _ = encode([sentence], SRC_VOCAB)
            log_probs = net(X, torch.tensor([[BOS, *ids[:-1]]]))[0][0].log_softmax(dim=1)
            assert one.log_prob == pytest.approx(sum(row[token].item() for row, token in zip(log_probs, ids)))
            assert one.score == pytest.approx(one.log_prob * 6 / (5 + len(ids)))
        assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_an_empty_sentence_has_one_hypothesis_of_its_own():
    first, found, last = hypotheses(eager_net(), ["", "a", []], n_best=3)
    assert first == last == [("", 0.0, 0.0)] and len(found) == 3
    first.append("of the reader's")
    assert len(last) == 1
    assert hypotheses(eager_net(), []) == []


def test_one_string_is_a_type_error_that_says_what_to_pass():
    with pytest.raises(TypeError, match=r"sentences is one string; beam_search takes a list: \[sentence\]"):
        hypotheses(eager_net(), "a b")


@pytest.mark.parametrize("n_best", [0, -1, 4])
def test_n_best_that_a_beam_does_not_hold_is_a_value_error(n_best):
    for sentences in (["a"], []):
        with pytest.raises(ValueError, match=f"n_best is {n_best} and beam_size 3; n_best must be 1 or more"):
            hypotheses(eager_net(), sentences, n_best=n_best)


@pytest.mark.parametrize("alpha", [-0.1, float("nan")])
def test_alpha_below_0_is_a_value_error(alpha):
    for sentences in (["a"], []):
        with pytest.raises(ValueError, match=f"alpha is {alpha}; it must be 0 or more"):
            hypotheses(eager_net(), sentences, alpha=alpha)


# ------------------------------------------------------------------ with probabilities

@settings(max_examples=20)
@given(tokens=st.lists(st.sampled_from("abcdefgx"), max_size=9), seed=st.integers(0, 100), num_steps=st.integers(1, 8),
       rnn=st.sampled_from(RNNS), context=st.sampled_from(CONTEXTS))
def test_probabilities_are_those_of_the_steps_that_predict_takes(tokens, seed, num_steps, rnn, context):
    net = toy_net(rnn, context, num_layers=2, seed=seed).double()
    words, probs = predict_with_probs(net, tokens, SRC_VOCAB, TGT_VOCAB, num_steps)
    translation = translate(net, [tokens], num_steps)[0].split()
    assert words == translation + ["<eos>"] * (bool(tokens) and len(translation) < num_steps)
    assert probs.shape == (len(words), len(TGT_VOCAB))
    if not tokens:
        return
    state, token = net.decoder.init_state(net.encoder(encode([tokens[: num_steps - 1]], SRC_VOCAB)[0])), BOS
    for word, row in zip(words, probs):
        scores, state = net.decoder(torch.tensor([[token]]), state)
        torch.testing.assert_close(row, scores[0, 0].softmax(0))
        token = row.argmax().item()
        assert TGT_VOCAB.to_tokens(token) == word


@pytest.mark.parametrize("training", [True, False])
def test_probabilities_know_no_dropout_and_leave_the_training_mode_as_it_was(training):
    net = toy_net(dropout=0.5, num_layers=2).train(training)
    (words, probs), (again, same) = (predict_with_probs(net, "a b", SRC_VOCAB, TGT_VOCAB, 7) for _ in range(2))
    assert net.training == net.decoder.dropout.training == training
    assert words == again and torch.equal(probs, same) and not probs.requires_grad


# ------------------------------------------------------------------ the mode of the net

def modes(net):
    return {name: module.training for name, module in net.named_modules()}


def fail(*_):
    raise RuntimeError("no memory left")


@pytest.mark.parametrize("function", [
    predict, predict_with_probs, functools.partial(predict, beam_size=3),
    lambda net, sentence, *others: beam_search(net, [sentence], *others, beam_size=3),
], ids=["predict", "predict_with_probs", "predict_with_a_beam", "beam_search"])
@pytest.mark.parametrize("training", [True, False])
def test_an_error_on_the_way_leaves_the_mode_of_every_part_as_it_was(function, training):
    net = toy_net(dropout=0.5, num_layers=2).train(training)
    net.encoder.train(not training)  # somebody has frozen one half
    before = modes(net)
    function(net, "a b", SRC_VOCAB, TGT_VOCAB, 7)
    assert modes(net) == before
    part = net if function is predict_with_probs else net.decoder
    part.register_forward_pre_hook(fail)
    with pytest.raises(RuntimeError, match="no memory left"):
        function(net, "a b", SRC_VOCAB, TGT_VOCAB, 7)
    assert modes(net) == before
