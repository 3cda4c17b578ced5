"""The decoder stepper without a browser: its controls are set, and what it shows is read."""

import json
import re
from html import unescape

import pytest
import torch
from helpers import CONTEXTS, RNNS, opened, toy_net, toy_vocabs
from test_widgets import BAD, NASTY, Page, alive
from test_widgets import run as run  # a fixture

from seq2seq_lib import Vocab, data_folder, encode, load_checkpoint, predict, teacher_forcing
from seq2seq_lib.widgets import DecoderStepper

SRC_VOCAB, TGT_VOCAB = toy_vocabs()


def stepper(rnn="gru", context="every_step", num_layers=2, seed=0, **settings):
    """A stepper of a toy net; its source language is taken for French, so that letters stay as they are."""
    options = dict(sentence="a b c", label="C A", num_steps=7, source="fra", target="eng") | settings
    net = toy_net(rnn, context, num_layers, dropout=0.5, seed=seed)
    return DecoderStepper(net, SRC_VOCAB, Vocab.from_tokens([token.lower() for token in TGT_VOCAB.tokens]), **options)


@pytest.fixture(scope="module")
def shipped():
    return load_checkpoint(data_folder() / "models" / "eng-fra.safetensors")


def bars(widget):
    """Token, percent and mark of each bar."""
    found = re.findall(r'"s2s-decoder-candidate[^>]*><bdi[^>]*>([^<]*)</bdi>.*?<b>([^<]*)</b><span>([^<]*)</span>',
                       widget.html)
    return [tuple(map(unescape, bar)) for bar in found]


def probabilities(widget, tokens):
    """What the library says of the next token, in one pass over all of them."""
    X, n = encode([widget.sentence.lower().split()], widget.src_vocab)
    ids = torch.tensor([[*widget.tgt_vocab[tokens], 0]])  # the last one falls off
    with torch.no_grad():
        return widget.net.eval()(X, teacher_forcing(ids), n)[0][0, -1].softmax(0)


def pressed(widget, *buttons):
    for name in buttons:
        setattr(widget, name, getattr(widget, name) + 1)
    assert not widget.problem
    return widget


# --------------------------------------------------------------------- what the model says

@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("rnn", RNNS)
@pytest.mark.parametrize("seed", range(3))
def test_steps_and_the_jump_to_the_end_write_what_predict_writes(rnn, context, seed):
    expected = predict(toy_net(rnn, context, 2, seed=seed), [list("abc")], SRC_VOCAB, TGT_VOCAB, 7)[0].lower().split()
    expected += ["<eos>"] * (len(expected) < 7)
    widget = stepper(rnn, context, seed=seed)
    for n in range(len(expected) + 2):
        assert widget.written == expected[:n]
        pressed(widget, "step")
    assert ("The sentence has ended" if expected[-1] == "<eos>" else "Stopped at the limit of 7") in widget.said
    assert pressed(stepper(rnn, context, seed=seed), "to_end").written == expected
    assert pressed(stepper(rnn, context, seed=seed), "step", "to_end").written == expected


@pytest.mark.parametrize("rnn", RNNS)
def test_the_bars_are_the_five_likeliest_with_their_probabilities(rnn):
    widget = stepper(rnn)
    for n in range(3):
        p = probabilities(widget, widget.written)
        shown = bars(widget)
        assert [token for token, _, _ in shown] == [widget.tgt_vocab.tokens[i] for i in p.topk(5).indices]
        for (_, percent, _), likely in zip(shown, p.topk(5).values.tolist()):
            number = float({"> 99%": "100", "< 0.1%": "0"}.get(percent, percent.removesuffix("%")))
            assert abs(number - 100 * likely) < (0.51 if likely >= 0.01 else 0.11)
        widget.path = [[*widget.written, "c"], n + 1]


def test_another_word_is_written_and_the_sentence_goes_on_from_there():
    widget = pressed(stepper(), "to_end")
    other = next(token for token, _, mark in [*bars(pressed(widget, "again"))][1:] if token != "<eos>")
    button = next(a for _, a in Page(widget.html).elements
                  if a.get("role") == "button" and a["aria-label"].startswith(f"{other},"))
    widget.path = json.loads(button["data-value"])[0]
    assert widget.written == [other] and f"“{other}” goes in" in widget.said
    pressed(widget, "step")
    assert widget.written[1] == widget.tgt_vocab.tokens[probabilities(widget, [other]).argmax()]


def test_one_can_go_back_and_forth_without_losing_what_was_written():
    widget = pressed(stepper(seed=2), "step", "step", "step")
    written = widget.written
    assert widget.said.startswith("Step 3:")
    assert pressed(widget, "back", "back").said.startswith("Step 1:") and widget.written == written
    assert [mark for token, _, mark in bars(widget) if token == written[1]] == ["✓ written"]
    assert pressed(widget, "step").said.startswith("Step 2:") and widget.written == written
    assert pressed(widget, "back", "back", "back", "back").said.startswith("Step 0:")
    rows = [json.loads(a["data-value"])[0] for _, a in Page(widget.html).elements if a.get("role") == "gridcell"]
    assert rows == [[written, at] for at in range(4)]
    widget.path = [["a"], 0]  # another word at step 0: what came after it is gone
    assert widget.written == ["a"]
    assert pressed(widget, "again").written == []


def test_where_each_word_leads():
    widget, tried = stepper(seed=1, leads=True), 0
    for _, attributes in Page(widget.html).elements:
        if attributes.get("role") == "button":
            tried += 1
            token, leads = attributes["aria-label"].split(", ")[0], attributes["aria-label"].split(" leads on to ")[1]
            other = stepper(seed=1, path=[[token], 1])
            rest = pressed(other, "to_end").written[1:]
            assert leads == (" ".join(rest) or "the end")
    assert tried >= 4


def test_in_training_the_label_goes_in_whatever_the_decoder_says():
    widget = stepper(mode="train", label="c a")
    for n, asked_for in enumerate(["c", "a", "<eos>"]):
        p = probabilities(widget, ["c", "a"][:n])[widget.tgt_vocab[asked_for]]
        assert widget.written == ["c", "a", "<eos>"][:n]
        assert f"asks for “{asked_for}”: {p:.0%}" in widget.said or p < 0.01 or p > 0.99
        assert f"<td class=\"s2s-number\">{-p.log():.2f}</td>" in widget.html
        assert [token for token, _, mark in bars(widget) if mark == "✓ asked for"] == [asked_for]
        pressed(widget, "step")
    assert widget.written == ["c", "a", "<eos>"]
    assert not [1 for _, attributes in Page(widget.html).elements if attributes.get("role") == "button"]
    widget.label = "a"
    assert widget.written == ["a", "<eos>"] and not widget.problem
    widget.mode = "predict"
    assert not widget.problem
    widget.label, widget.mode = "", "train"
    assert widget.problem == "Training needs the right answer: type a label."


def test_unknown_words_long_sentences_and_limits_are_named():
    widget = stepper(sentence="a x b " + "c " * 10)
    assert "read as &lt;unk&gt;: “x”" in widget.html and "Only the first 6 of 13 tokens" in widget.html
    widget.mode, widget.label = "train", "c zzz"
    assert "asks for “<unk>”" in pressed(widget, "step").said
    widget.mode, widget.sentence = "predict", " "
    assert widget.problem == "There is no sentence yet: type one in French."


def test_dropout_does_not_act_and_the_mode_of_the_net_is_left_alone():
    for training in (True, False):
        widget = stepper(leads=True)
        widget.net.train(training)
        before = pressed(widget, "to_end").html
        assert pressed(widget, "again", "to_end").html == before and widget.net.training == training


@pytest.mark.parametrize("calls", range(8))
def test_an_error_leaves_the_mode_of_the_net_alone_whenever_it_comes(calls):
    widget, seen = stepper(leads=True), []

    def fail(*_):
        seen.append(1)
        if len(seen) > calls:
            raise RuntimeError("no memory left")

    widget.net.train()
    widget.net.decoder.register_forward_pre_hook(fail)
    widget.to_end += 1
    assert "no memory left" in widget.problem
    assert all(module.training for module in widget.net.modules())


def test_another_sentence_starts_again_and_another_tokens_state_is_checked():
    widget = pressed(stepper(), "step", "step")
    widget.sentence = "c c"
    assert widget.written == [] and widget.said.startswith("Step 0:")
    for path in ([["zzz"], 0], "x", [["a"], "b"], [[1], 0], [["a"]], [["a"], 0, 0], None):
        widget.path = path
        assert widget.problem and "Error" not in widget.problem
    widget.path = [["a", "<eos>", "b"], 9]
    assert "ended" in widget.said


def test_vocabularies_must_be_those_of_the_net(shipped):
    with pytest.raises(ValueError, match="tgt_vocab has"):
        DecoderStepper(shipped.net, shipped.src_vocab, SRC_VOCAB)
    with pytest.raises(TypeError, match="no control 'words'"):
        DecoderStepper(words=3)


def test_the_state_is_drawn_with_a_text_that_says_what_it_shows():
    widget = pressed(stepper(), "step")
    strips = [attributes for name, attributes in Page(widget.html).elements if name == "svg"]
    assert [strip["aria-label"].split(":")[0] for strip in strips] == [
        "Context, the encoder's last state", "Hidden state after step 0", "Hidden state after step 1"]
    _, hiddens, _ = widget._run(widget.written)
    assert all(f"{(hidden > 0.5).sum()} above 0.5" in strip["aria-label"] for strip, hidden in zip(strips, hiddens))
    assert all(strip["role"] == "img" for strip in strips)
    assert opened(widget.still()).count('role="img"') == 3  # in the still picture too


# ------------------------------------------------------------------------ the shipped model

def test_without_a_net_it_steps_through_the_shipped_model(shipped):
    widget = pressed(DecoderStepper(), "to_end")
    expected = predict(shipped.net, "They are watching.", shipped.src_vocab, shipped.tgt_vocab, 30)
    assert " ".join(widget.written) == f"{expected} <eos>"
    widget.sentence = "I lost."
    expected = predict(shipped.net, "I lost.", shipped.src_vocab, shipped.tgt_vocab, 30)
    assert " ".join(pressed(widget, "to_end").written) == f"{expected} <eos>"


def test_a_translator_can_open_it_on_its_own_sentence(shipped):
    widget = DecoderStepper(shipped.net, shipped.src_vocab, shipped.tgt_vocab, sentence="He's calm.", leads=True)
    assert "“<bos>” goes in" in widget.said
    expected = predict(shipped.net, "He's calm.", shipped.src_vocab, shipped.tgt_vocab, 30)
    for _ in range(40):
        pressed(widget, "step")
    assert " ".join(widget.written) == f"{expected} <eos>"


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
@pytest.mark.parametrize("mode", ["predict", "train"])
def test_a_reader_may_type_anything_in_either_field(text, mode):
    widget = DecoderStepper(mode=mode, path=[["il"], 1])
    for name in ("sentence", "label"):
        setattr(widget, name, text)
        for html in (widget.html, opened(widget.still())):
            assert not re.search(r"<(script|img|textarea)", html)
        assert bool(widget.html) != bool(widget.problem) and "Error" not in widget.problem
        json.dumps(widget._picture, ensure_ascii=False).encode()
        for button in ("step", "to_end", "back"):
            setattr(widget, button, getattr(widget, button) + 1)
            assert "Error" not in widget.problem
        setattr(widget, name, "Go.")


@pytest.mark.parametrize("value", BAD, ids=repr)
def test_a_bad_value_is_answered_with_a_sentence_of_ours(value):
    for name in DecoderStepper._controls:
        widget = DecoderStepper(**{name: value})
        assert bool(widget.html) != bool(widget.problem) and "Error" not in widget.problem


def test_what_was_written_stays_when_the_cell_runs_again_unless_the_sentence_is_another(run):
    run("cell", lambda: pressed(DecoderStepper(sentence="I lost."), "to_end"))
    again = run("cell", lambda: DecoderStepper(sentence="I lost."))
    assert again.written[-1] == "<eos>"
    count = alive()
    other = run("cell", lambda: DecoderStepper(sentence="He's calm."))
    assert other.written == [] and alive() == count
