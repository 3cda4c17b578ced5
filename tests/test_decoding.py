import pytest
import torch
from helpers import BOS, CONTEXTS, EOS, RNNS, toy_net, toy_vocabs
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_lib import Vocab, encode, predict, predict_with_probs, tokenize

SRC_VOCAB, TGT_VOCAB = toy_vocabs()
sentence_lists = st.lists(st.lists(st.sampled_from("abcdefgx"), max_size=8), min_size=1, max_size=6)


def translate(net, sentences, num_steps=7, **options):
    return predict(net, sentences, SRC_VOCAB, TGT_VOCAB, num_steps, **options)


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


def test_one_string_gives_a_string_and_a_list_gives_a_list():
    net = eager_net()
    one = translate(net, "a b c")
    assert isinstance(one, str) and one
    assert translate(net, ["a b c"]) == [one]
    assert translate(net, [["a", "b", "c"]]) == translate(net, (("a", "b", "c"),)) == [one]
    assert translate(net, ["a b c", "d"]) == [one, translate(net, "d")]


def test_strings_are_tokenized_in_their_language():
    src_vocab = Vocab([["j'", "ai", "i", "'m", "我", "们"]])
    net = toy_net()
    net.encoder.embedding = torch.nn.Embedding(len(src_vocab), 5)
    net.encoder.settings["vocab_size"] = len(src_vocab)
    for language, text, tokens in (("eng", "I’m", "i 'm"), ("fra", "J’ai", "j' ai"), ("zho", "我们", "我 们")):
        translation = predict(net, text, src_vocab, TGT_VOCAB, 7, language=language)
        assert [translation] == predict(net, [tokens.split()], src_vocab, TGT_VOCAB, 7)


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
        assert [predict(net, text, vocab, TGT_VOCAB, 7)] == predict(net, [cut], vocab, TGT_VOCAB, 7)
        assert_equal_probs(*(predict_with_probs(net, sentence, vocab, TGT_VOCAB, 7) for sentence in (text, cut)))
    with_other = predict(net, "J'ai", Vocab([tokens], language="eng"), TGT_VOCAB, 7, language="fra")  # told, it obeys
    assert [with_other] == predict(net, [["j'", "ai"]], vocab, TGT_VOCAB, 7)


def test_no_sentences_give_no_translations():
    assert translate(eager_net(), []) == []


def test_empty_sentence_has_the_empty_translation():
    net = eager_net()
    assert translate(net, "") == translate(net, " \u202f ") == ""
    assert translate(net, ["", "a", []]) == ["", translate(net, "a"), ""]


def test_unknown_word_is_read_as_unk():
    net = eager_net()
    assert translate(net, [["a", "zebra"]]) == translate(net, [["a", "<unk>"]])
    assert len(set(translate(net, [["a", last] for last in ("zebra", *"abcdefg")]))) > 1  # a second word is read


def test_over_long_source_loses_its_last_tokens():
    net = eager_net()
    assert translate(net, [list("abcdefgabc")], 4) == translate(net, [list("abc")], 4)
    assert len(set(translate(net, [["a", "b", "c", last] for last in "abcdefg"], 5))) > 1  # a fourth word is read


@given(sentences=sentence_lists, order=st.randoms(use_true_random=False), batch_size=st.integers(1, 7))
@settings(max_examples=15)
def test_order_and_number_of_the_sentences_do_not_change_a_translation(sentences, order, batch_size):
    net = eager_net()
    places = list(range(len(sentences)))
    order.shuffle(places)
    whole = translate(net, sentences)
    assert translate(net, [sentences[i] for i in places], batch_size=batch_size) == [whole[i] for i in places]


@pytest.mark.parametrize("num_steps", [1, 2, 5])
def test_translation_that_does_not_end_stops_at_num_steps(num_steps):
    for sentence in ("a", "a b c"):
        assert len(translate(eager_net(bias=-1e9), sentence, num_steps).split()) == num_steps


def test_translation_stops_at_eos_and_does_not_show_it():
    assert translate(eager_net(bias=1e9), ["a", "a b c"]) == ["", ""]
    for seed in range(20):
        for translation in translate(eager_net(seed, bias=1.0), ["a", "a b c", "g g g"]):
            assert "<eos>" not in translation.split()


def test_decoding_stops_when_all_sentences_have_ended():
    net, steps = eager_net(bias=1e9), []
    net.decoder.register_forward_hook(lambda *_: steps.append(1))
    translate(net, ["a", "a b c"], num_steps=50)
    assert len(steps) == 1


@pytest.mark.parametrize("training", [True, False])
def test_predict_leaves_the_training_mode_as_it_was(training):
    net = toy_net(dropout=0.5, num_layers=2).train(training)
    translate(net, ["a b", "c"])
    assert net.training == net.encoder.training == net.decoder.dropout.training == training
    with pytest.raises(TypeError):
        translate(net, ["a b", 3])
    assert net.training == training


def test_predict_uses_no_dropout_and_no_random_numbers_and_keeps_no_gradients():
    net = toy_net(dropout=0.5, num_layers=2).train()
    state = torch.get_rng_state()
    first = translate(net, ["a b c d", "c"])
    assert all(translate(net, ["a b c d", "c"]) == first for _ in range(5))
    assert torch.equal(torch.get_rng_state(), state)
    needed = []
    net.decoder.register_forward_hook(lambda decoder, given, scores: needed.append(scores[0].requires_grad))
    translate(net, "c")
    assert needed and not any(needed)


def test_predict_computes_on_the_device_it_is_given():
    net, devices = eager_net(), []
    translation = translate(net, "a b")
    assert translate(net, "a b", device="cpu") == translate(net, "a b", device=torch.device("cpu")) == translation
    net.encoder.register_forward_pre_hook(lambda encoder, given: devices.append(given[0].device.type))
    with pytest.raises((NotImplementedError, RuntimeError)):  # "meta" holds no numbers: no word is the likeliest
        translate(net, "a b", device="meta")
    assert devices == ["meta"] and next(net.parameters()).device.type == "meta"


@pytest.mark.parametrize("sentence", [3, None, b"a b", ["a", 3], {"a": 1}])
def test_what_is_no_sentence_is_a_type_error_that_shows_it(sentence):
    with pytest.raises(TypeError, match="is not a sentence"):
        translate(eager_net(), ["a b", sentence])


@pytest.mark.parametrize("batch_size", [0, -1])
def test_batch_size_below_1_is_a_value_error_that_names_it(batch_size):
    for sentences in ("a b", ["a"], []):
        with pytest.raises(ValueError, match=f"batch_size is {batch_size}; it must be 1 or more"):
            translate(eager_net(), sentences, batch_size=batch_size)


@pytest.mark.parametrize("num_steps", [0, -3])
def test_num_steps_below_1_is_a_value_error_that_names_it(num_steps):
    for sentences in ("a b", ["a"], []):
        with pytest.raises(ValueError, match=f"num_steps is {num_steps}"):
            translate(eager_net(), sentences, num_steps)


def test_vocabularies_of_another_size_are_a_value_error_that_names_which():
    net, small = eager_net(), Vocab([["a"]])
    with pytest.raises(ValueError, match="src_vocab has 5 tokens.*11"):
        predict(net, "a", small, TGT_VOCAB, 7)
    with pytest.raises(ValueError, match="tgt_vocab has 5 tokens.*11"):
        predict(net, "a", SRC_VOCAB, small, 7)


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


@pytest.mark.parametrize("function", [predict, predict_with_probs])
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
