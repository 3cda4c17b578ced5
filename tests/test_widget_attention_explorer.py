"""The attention explorer without a browser: its weights are those of one pass, and changed ones do what they say."""

import re
from html import unescape

import pytest
import torch
from helpers import attention_net, toy_net, toy_vocabs
from test_widget_context_map import NASTY

from seq2seq_lib import Checkpoint, Vocab, data_folder, encode, load_checkpoint, predict, teacher_forcing, widgets
from seq2seq_lib.widgets.attention_explorer import MOST_STEPS, MOST_WORDS

SENTENCES = ["a b c", "g f e d", "b", "a a zebra c"]


def toy(seed=0, **options):
    return Checkpoint(attention_net(seed=seed, **options).double(), *toy_vocabs(), None, {"source_language": "eng"})


def explorer(*models, **settings):
    settings.setdefault("sentence", "a b c")
    widget = widgets.AttentionExplorer(*(models or (toy(),)), **settings)
    assert widget.error is None and not widget.problem
    return widget


def in_one_pass(model, tokens, written):
    """The attention of a decoder that reads what was written, in one pass: `(steps, source num_steps)`."""
    X, X_valid_len = encode([tokens], model.src_vocab)
    net, Y = model.net.eval(), torch.tensor([model.tgt_vocab[written]])
    with torch.no_grad():
        return net.decoder.attend(teacher_forcing(Y), net.start(X, X_valid_len))[1][0]


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("score", ["dot", "general", "additive"])
def test_the_translation_is_that_of_predict_and_the_weights_those_of_one_pass(sentence, score):
    model = toy(seed=3, score=score)
    widget = explorer(model, sentence=sentence)
    written, weights = widget.translate(0)
    text = predict(model.net, [sentence.split()], model.src_vocab, model.tgt_vocab, MOST_STEPS)[0]
    assert " ".join(written).removesuffix("<eos>").strip() == text
    torch.testing.assert_close(weights, in_one_pass(model, sentence.split(), written))


@pytest.mark.parametrize("name", ["eng-fra-attention", "eng-zho-attention"])
def test_a_shipped_model_is_shown_as_it_is(name):
    model = load_checkpoint(data_folder() / "models" / f"{name}.safetensors")
    widget = explorer(model, sentence="They are watching.")
    written, weights = widget.translate(0)
    torch.testing.assert_close(weights, in_one_pass(model, widget.tokens(), written), atol=1e-5, rtol=1e-4)
    assert written[-1] == "<eos>" and weights.shape == (len(written), 5)


@pytest.mark.parametrize("padding", [1, 4])
def test_padding_changes_nothing_with_the_mask_and_something_without(padding):
    widget = explorer(sentence="a b c")
    written, weights = widget.translate(0)
    with_mask, masked = widget.translate(0, padding=padding)
    assert with_mask == written and (masked[:, -padding:] == 0).all()
    torch.testing.assert_close(masked[:, :-padding], weights)
    _, bare = widget.translate(0, padding=padding, masked=False)
    assert (bare[:, -padding:] > 0).all()
    torch.testing.assert_close(bare.sum(dim=1), torch.ones(len(bare), dtype=bare.dtype))


def test_shuffled_weights_are_the_same_in_other_places_and_equal_ones_are_equal():
    widget = explorer(sentence="a b c d e")
    _, own = widget.translate(0)
    _, shuffled = widget.translate(0, "shuffled", padding=2)
    assert (shuffled[:, 6:] == 0).all()
    torch.testing.assert_close(shuffled[0].sort().values[2:], own[0].sort().values)  # of the first step: same input
    assert not torch.equal(shuffled[0, :6], own[0])
    _, even = widget.translate(0, "even", padding=2)
    torch.testing.assert_close(even, torch.tensor([1 / 6] * 6 + [0.0] * 2).expand_as(even).to(even.dtype))
    assert "weigh" not in vars(widget.models[0].net.decoder)


def test_the_decoder_has_its_weights_back_after_an_error():
    widget = explorer()
    decoder = widget.models[0].net.decoder
    decoder.dense = None
    widget.weights = "even"
    assert "TypeError" in widget.problem and "weigh" not in vars(decoder)


def grid(widget):
    """The numbers of the grid, row by row, as they are shown."""
    rows = re.findall(r"<tr><th.*?</tr>", widget.html.split("<tbody>")[1])
    return [[re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<td.*?</td>", row)] for row in rows]


def test_the_grid_shows_the_weights_and_the_lines_the_larger_ones():
    widget = explorer(sentence="a b c")
    written, weights = widget.translate(0)
    shown = grid(widget)
    assert len(shown) == len(written)
    for row, numbers in zip(shown, weights.tolist()):
        for cell, weight in zip(row, numbers, strict=True):
            assert cell == "" and weight < 0.005 or abs(float(cell.strip(">%")) / 100 - weight) < 0.0051
    widget.view = "lines"
    assert widget.html.count("<path") == (weights >= 0.03).sum()


def test_the_chosen_row_or_column_is_told():
    widget = explorer(sentence="a b c", at=[1, 2])
    written, weights = widget.translate(0)
    best = ["a", "b", "c", "<eos>"][weights[1].argmax()]
    assert widget.said.startswith(f"“{written[1]}” looks at “{best}” with ")
    widget.side = "source"
    assert widget.said.startswith(f"“c” is looked at by “{written[weights[:, 2].argmax()]}” with ")
    assert "s2s-attention-picked" in widget.html
    label = unescape(re.search(r'aria-label="Attention\. (.*?)"', widget.html)[1])
    assert f"{written[1]} looks at “{best}”" in label


def test_what_other_weights_make_it_write_is_told():
    model = toy(seed=5)
    for sentence in SENTENCES:
        widget = explorer(model, sentence=sentence, weights="shuffled")
        own, other = (" ".join(widget.translate(0, kind)[0]) for kind in ("own", "shuffled"))
        assert ("With its own weights, without padding, it writes: " in widget.html) == (own != other)
        assert ("It writes the same" in widget.html) == (own == other)
    assert "read as &lt;unk&gt;: “zebra”" in widget.html


def test_models_stand_side_by_side():
    widget = explorer(toy(), toy(seed=1))
    assert widget.html.count('role="grid"') == 2
    assert widget.translate(0)[0] != widget.translate(1)[0]


def test_without_models_the_shipped_ones_are_shown():
    widget = widgets.AttentionExplorer()
    assert "French: " in widget.html and "Chinese: " in widget.html and "regardent" in widget.html


@pytest.mark.parametrize("text", NASTY)
def test_whatever_is_typed_is_shown_escaped_or_refused_in_a_sentence(text):
    widget = explorer()
    widget.sentence = text
    assert widget.error is None or isinstance(widget.error, ValueError)
    assert bool(widget.html) != bool(widget.problem) and "<script" not in widget.html


def test_a_sentence_that_is_too_long_is_refused():
    widget = explorer()
    widget.sentence = "a " * (MOST_WORDS + 1)
    assert widget.problem == "The sentence has 17 tokens; 16 are the most that can be drawn."


@pytest.mark.parametrize("at", [None, [], [99, 99], [-1, -5], ["a", 1], [True, 2], "x", {}, [0.5, 1]])
def test_a_place_that_is_none_is_mended(at):
    widget = explorer()
    widget.at = at
    assert widget.html and not widget.problem


def test_a_decoder_that_does_not_attend_is_refused():
    with pytest.raises(TypeError, match="does not attend"):
        widgets.AttentionExplorer(Checkpoint(toy_net(), *toy_vocabs(), None, {}))


def test_sentences_are_cut_in_the_language_of_the_model():
    vocab = Vocab.from_tokens(toy_vocabs()[0].tokens, "zho")
    widget = explorer(Checkpoint(toy().net, vocab, toy_vocabs()[1], None, {}), sentence="我们走")
    assert widget.tokens() == ["我", "们", "走"] and widget._specs()[0]["lang"] == "zh"
    assert repr(widget) == repr(explorer(Checkpoint(toy().net, vocab, toy_vocabs()[1], None, {}), sentence="我们走"))
