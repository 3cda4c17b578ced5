"""The shape inspector without a browser: what it says of a tensor is what PyTorch says of it."""

import itertools
import re

import pytest
import torch
from test_contract import TGT_VOCAB, Remembering, decoder_of_ones_own
from torch import nn

from seq2seq_lib import Decoder, Encoder, Seq2Seq, widgets
from seq2seq_lib.widgets.shape_catcher import catch, random_ids
from seq2seq_lib.widgets.shape_inspector import AXES
from seq2seq_lib.widgets.shape_quiz import diagnose, numbers_in

RNNS = ("rnn", "gru", "lstm")
CONTEXTS = ("initial", "every_step")


def inspector(part="model", **settings):
    widget = widgets.ShapeInspector(part, **settings)
    assert widget.error is None and not widget.problem
    return widget


def shapes(widget):
    return {key: tuple(box.tensor.shape) for key, box in widget._boxes.items()}


def cards(widget):
    """What a screen reader says of each box."""
    return re.findall(r'aria-label="((?:encoder|decoder), [^"]*)"', widget.html)


# ------------------------------------------------------------------ real tensors of a real forward pass

def test_the_shapes_of_the_encoder():
    widget = inspector("encoder")
    assert shapes(widget) == {"X": (4, 5), "embs": (5, 4, 8), "output": (5, 4, 16), "state": (2, 4, 16),
                              "context": (4, 16)}
    assert "Decoder" not in widget.html and "decoder" not in widget.html
    assert not any("decoder" in spec["label"] for spec in widget._picture["controls"] if not spec.get("hidden"))


def test_the_shapes_of_the_model():
    expected = {"X": (4, 5), "embs": (5, 4, 8), "output": (5, 4, 16), "state": (2, 4, 16), "context": (4, 16),
                "dec_input": (4, 6), "dec_embs": (6, 4, 8), "inputs": (6, 4, 24), "dec_output": (6, 4, 16),
                "hidden": (2, 4, 16), "scores": (6, 4, 10), "Y_hat": (4, 6, 10)}
    assert shapes(inspector()) == expected
    del expected["inputs"]
    assert shapes(inspector(context="initial")) == expected
    expected |= {"state_c": (2, 4, 16), "hidden_c": (2, 4, 16)}
    assert shapes(inspector(context="initial", rnn="lstm")) == expected


@pytest.mark.parametrize("rnn, context", list(itertools.product(RNNS, CONTEXTS)))
def test_the_tensors_are_those_of_the_library(rnn, context):
    boxes = {key: box.tensor for key, box in inspector(rnn=rnn, context=context)._boxes.items()}
    torch.manual_seed(0)
    random = torch.random.get_rng_state()
    widget = inspector(rnn=rnn, context=context)
    assert torch.equal(torch.random.get_rng_state(), random), "the reader's random numbers are left alone"
    net = Seq2Seq(Encoder(10, 8, 16, 2, rnn=rnn), Decoder(10, 8, 16, 2, rnn=rnn, context=context))
    modules = {box.maker.split("(")[0]: box.module for box in widget._boxes.values() if box.module}
    for name, module in modules.items():
        net.get_submodule(name).load_state_dict(module.state_dict())
    assert set(modules) == {"encoder.embedding", "encoder.rnn", "decoder.embedding", "decoder.rnn", "decoder.dense"}
    with torch.no_grad():
        Y_hat, (hidden, used) = net(boxes["X"], boxes["dec_input"], torch.tensor([4, 5, 5, 5]))
        output, state = net.encoder(boxes["X"], torch.tensor([4, 5, 5, 5]))
    pairs = [("Y_hat", Y_hat), ("context", used), ("output", output)]
    pairs += [(f"{key}{part}", tensor) for key, pair in (("state", state), ("hidden", hidden))
              for part, tensor in zip(("", "_c"), pair if rnn == "lstm" else [pair])]
    for key, tensor in pairs:
        torch.testing.assert_close(boxes[key], tensor, rtol=0, atol=1e-6)
    assert torch.equal(boxes["Y_hat"], boxes["scores"].permute(1, 0, 2))
    if context == "every_step":
        assert torch.equal(boxes["inputs"][3], torch.cat((boxes["dec_embs"][3], boxes["context"]), dim=1))


def test_the_first_sentence_is_padded_and_its_output_zero():
    boxes = inspector("encoder")._boxes
    assert boxes["X"].tensor[0, -2:].tolist() == [3, 1] and boxes["X"].tensor[1:, -1].tolist() == [3, 3, 3]
    assert boxes["output"].tensor[-1, 0].abs().max() == 0 and boxes["output"].tensor[-1, 1:].abs().max() > 0


@pytest.mark.parametrize("rnn, context, layers", list(itertools.product(RNNS, CONTEXTS, (1, 2, 4))))
def test_the_parameters_are_counted_and_their_formula_is_right(rnn, context, layers):
    widget = inspector(rnn=rnn, context=context, num_layers=layers, vocab_size=12, embed_size=5, num_hiddens=7)
    total = 0
    for module in {box.module for box in widget._boxes.values() if box.module}:
        count = sum(p.numel() for p in module.parameters())
        total += count
        for box in widget._boxes.values():
            if box.module is module:
                assert eval(box.formula.replace("·", "*")) == count
                widget.picked = box.key
                assert f"= {count:,}." in widget.html
                assert any(f"{box.name}: " in said and f"{count:,} parameters" in said for said in cards(widget))
    assert widget.said.endswith(f"together {total:,}.")


class Reader(nn.Module):
    """An encoder of one's own: no `settings`, and other names for its parts than the library's."""

    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
        super().__init__()
        self.words = nn.Embedding(vocab_size, embed_size)
        self.layers = nn.LSTM(embed_size, num_hiddens, num_layers)

    def forward(self, X, valid_len=None):
        return self.layers(self.words(X.T))


def caught(make_encoder, make_decoder):
    X, valid_len = random_ids(4, 5, 13)
    boxes, stop = catch(make_encoder, make_decoder, X, valid_len, random_ids(4, 7, len(TGT_VOCAB))[0])
    return {box.key: box for box in boxes}, stop


@pytest.mark.parametrize("name, more", [("SutskeverDecoder", set()), ("ChoDecoder", {"inputs"})])
def test_a_decoder_of_ones_own_is_caught_like_the_library_s(name, more):
    boxes, stop = caught(lambda: Encoder(13, 5, 6, 1), lambda: decoder_of_ones_own(name))
    assert stop == "" and set(boxes) == more | {"X", "embs", "output", "state", "context", "dec_input", "dec_embs",
                                                "dec_output", "hidden", "scores", "Y_hat"}
    assert boxes["dec_output"].tensor.shape == (7, 4, 6) and boxes["hidden"].tensor.shape == (1, 4, 6)
    assert torch.equal(boxes["Y_hat"].tensor, boxes["scores"].tensor.permute(1, 0, 2))
    for box in boxes.values():
        assert not box.module or eval(box.formula.replace("·", "*")) == sum(p.numel() for p in box.module.parameters())


def test_parts_are_known_by_their_kind_not_by_their_names():
    boxes, stop = caught(lambda: Reader(13, 5, 6, 2), lambda: Decoder(13, 5, 6, 2, rnn="lstm"))
    assert stop == "" and boxes["embs"].maker == "encoder.words(X.T)" and "LSTM of 2 layers" in boxes["output"].made
    assert boxes["output"].maker == "encoder.layers(embs)" and boxes["state_c"].tensor.shape == (2, 4, 6)
    alone, _ = caught(lambda: Reader(13, 5, 6, 2), None)
    assert list(alone) == ["X", "embs", "output", "state", "state_c", "context"]


def test_a_decoder_without_recurrent_layers_shows_what_it_has():
    boxes, stop = caught(lambda: Encoder(13, 5, 6, 1), lambda: Remembering(13, 6))
    assert stop == "" and list(boxes)[5:] == ["dec_input", "dec_embs", "Y_hat"]
    embs = boxes["dec_embs"]  # this decoder does not put time first
    assert embs.axes == ("batch", "num_steps", "embed_size") and embs.tensor.shape == (4, 7, 6)
    assert embs.maker == "decoder.embedding(dec_input)" and "Time" not in embs.made
    assert boxes["Y_hat"].maker == "decoder.dense(output)"


# ----------------------------------------------------------------------- what is shown

def test_each_box_has_its_shape_in_words_and_numbers_and_colours():
    widget = inspector()
    assert len(cards(widget)) == len(widget._boxes) == 12
    assert "encoder, output: num_steps × batch × num_hiddens = 5 × 4 × 16, 2,880 parameters" in cards(widget)
    assert "decoder, inputs: num_steps × batch × (embed_size + num_hiddens) = 6 × 4 × 24" in cards(widget)
    for name in AXES:
        for kind in ("s2s-shape-edge", "s2s-shape-axis"):
            assert f'class="{kind}" data-axis="{name}"' in widget.html


def test_each_box_stands_in_the_column_of_its_half():
    for widget in (inspector(), inspector("encoder"), inspector(alike=False, dec_layers=1)):
        halves = []
        for row in re.findall(r"<tr>(.*?)</tr>", widget.html.split("s2s-shape-detail")[0]):
            cells = re.findall(r"<td(?: ([^>]*))?>", row)
            for column, cell in enumerate(cells):
                if "data-at" in cell:
                    halves.append(re.search(r'aria-label="(\w+)', cell)[1])
                    assert halves[-1] == ["encoder", "decoder"][column] and re.search(rf'data-at="\d+,{column}"', cell)
        assert len(halves) == len(widget._boxes)


def test_a_slider_changes_the_shapes():
    widget = inspector()
    widget.batch, widget.num_layers, widget.tgt_steps = 3, 1, 7
    assert shapes(widget)["hidden"] == (1, 3, 16) and shapes(widget)["Y_hat"] == (3, 7, 10)


def test_the_heat_map_is_a_slice_of_the_tensor():
    widget = inspector("encoder", picked="output", axis="num_steps", index=2)
    assert "Heat map of output[2, :, :]: 4 rows along batch, 16 columns along num_hiddens" in widget.html
    widget.axis = "batch"
    assert "Heat map of output[:, 2, :]: 5 rows along num_steps" in widget.html
    values = widget._boxes["output"].tensor[:, 2]
    cells = widget.html.split("<svg")[-1]
    plus = sum(len(re.findall("M", path)) for path in re.findall(r'<path d="([^"]*)" class="s2s-plus"', cells))
    minus = sum(len(re.findall("M", path)) for path in re.findall(r'<path d="([^"]*)" class="s2s-minus"', cells))
    step = values.abs().max() / 10 / 2
    assert plus == (values > step).sum() and minus == (values < -step).sum()


def test_the_slice_follows_the_picked_box_and_the_sizes():
    widget = inspector(picked="output", axis="num_steps", index=4)
    widget.src_steps = 3
    assert widget.index == 2 and not widget.problem
    widget.picked = "state"
    assert widget.axis == "batch" and not widget.problem
    widget.picked = "X"
    assert [spec["hidden"] for spec in widget._picture["controls"] if spec["name"] in ("axis", "index")] == [True] * 2
    widget.picked = "inputs"
    assert {spec["name"]: spec for spec in widget._picture["controls"]}["axis"]["options"] == [
        ["num_steps", "num_steps"], ["batch", "batch"]]


def test_ids_are_shown_as_numbers():
    widget = inspector(picked="X")
    ids = [int(id_) for id_ in re.findall(r'class="s2s-cell s2s-\w+">(\d+)<', widget.html)]
    assert ids == widget._boxes["X"].tensor.flatten().tolist()


@pytest.mark.parametrize("part", ["encoder", "model"])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_still_picture_is_the_same_whatever_the_last_digits(part, sign):
    widget = inspector(part)
    before = str(widget.still())
    output = widget._boxes["output"].tensor
    output.add_(sign * 1e-6 * (output != 0))
    widget.draw()
    assert str(widget.still()) == before and len(before) < 40_000


# ------------------------------------------------------------------- sizes that cannot work

def test_no_steps_stops_the_encoder():
    widget = inspector("encoder", src_steps=0)
    assert "It stops here" in widget.html and "at least one sentence of one token" in widget.said
    assert list(shapes(widget)) == ["X"]
    widget.src_steps = 1
    assert "It stops" not in widget.html and len(shapes(widget)) == 5


def test_no_sentences_no_layers_no_target_steps():
    assert "at least one sentence" in inspector(batch=0).said
    assert "num_layers is 0; it must be 1 or more" in inspector(num_layers=0).said
    widget = inspector(tgt_steps=0)
    assert "one step or more" in widget.said and list(shapes(widget)) == [
        "X", "embs", "output", "state", "context", "dec_input"]


@pytest.mark.parametrize("settings, words", [
    ({"dec_hiddens": 8}, "num_hiddens is 16 in the encoder and 8 in the decoder"),
    ({"dec_layers": 1}, "num_layers is 2 in the encoder and 1 in the decoder"),
    ({"dec_layers": 0}, "num_layers is 0")])
def test_halves_that_do_not_fit_are_explained_beside_the_encoder(settings, words):
    widget = inspector(alike=False, **settings)
    assert words in widget.said and "It stops here" in widget.html
    assert list(shapes(widget)) == ["X", "embs", "output", "state", "context", "dec_input"]
    widget.alike = True
    assert "It stops" not in widget.said and len(shapes(widget)) == 12


def test_every_corner_of_the_sliders_is_drawn():
    ends = {"batch": (0, 1, 8), "src_steps": (0, 1, 12), "tgt_steps": (0, 1, 12), "vocab_size": (5, 40),
            "embed_size": (1, 24), "num_hiddens": (1, 32), "num_layers": (0, 4)}
    widget = inspector()
    for values in itertools.product(*ends.values()):
        widget.set_state(dict(zip(ends, values)))
        assert widget.html and widget.error is None, values
        assert ("It stops" in widget.said) == (0 in values)


def test_a_part_that_is_none():
    with pytest.raises(ValueError, match="'encoder', 'model'"):
        widgets.ShapeInspector("decoder")


# -------------------------------------------------------------------------------- the quiz

def ask(widget, answer):
    widget.answer = answer
    widget.check += 1
    found = re.search(r'class="s2s-shape-verdict">([^<]*)<', widget.html)
    return found[1] if found else ""


@pytest.mark.parametrize("answer", ["5 4 16", "(5, 4, 16)", "[5,4,16]", "5 × 4 × 16", "5x4*16",
                                    " torch.Size([5, 4, 16]) "])
def test_an_answer_may_be_written_in_many_ways(answer):
    assert numbers_in(answer) == [5, 4, 16]
    assert ask(inspector(quiz=True), answer) == "✓ Right. Pick the next one."


@pytest.mark.parametrize("answer", ["", "  ", "five", "5.5 4", "-5 4 16", "٥ ٤", "<b>", "5 4 16 abc", ","])
def test_what_is_no_shape_is_said(answer):
    assert "whole numbers" in ask(inspector(quiz=True), answer)


@pytest.mark.parametrize("picked, answer, words", [
    ("output", "4 5 16", "num_steps and batch are swapped: axis 0 counts num_steps."),
    ("output", "5 4 8", "Axis 2 is not 8, which is embed_size."),
    ("output", "6 4 16", "Axis 0 is not 6, which is target steps."),
    ("output", "99 4 16", "Axis 0 is not 99."),
    ("output", "4 16", "output has 3 axes, and you wrote 2 sizes. There is one for num_steps too."),
    ("output", "16 5 4", "The sizes are right, their order is not. Axis 0 counts num_steps."),
    ("state", "4 16", "There is one for num_layers too."),
    ("context", "2 4 16", "context has 2 axes, and you wrote 3 sizes."),
    ("inputs", "6 4 8", "along the last axis two vectors stand side by side"),
    ("Y_hat", "6 4 10", "batch and num_steps are swapped: axis 0 counts batch."),
    ("dec_embs", "5 4 8", "Axis 0 is not 5, which is source steps."),
])
def test_a_wrong_answer_is_diagnosed(picked, answer, words):
    widget = inspector(quiz=True, picked=picked)
    said = ask(widget, answer)
    assert said.startswith("✗ ") and words in said.replace("&#x27;", "'")
    assert widget.said == "Quiz: 0 of 10 shapes found."


def test_the_quiz_hides_what_it_asks_and_shows_what_was_found():
    widget = inspector("encoder", quiz=True, picked="embs")
    assert widget.said == "Quiz: 0 of 4 shapes found."
    assert "encoder, X: batch × num_steps = 4 × 5" in cards(widget)
    assert sum("asked for" in said for said in cards(widget)) == 4
    assert "heatmap" not in widget.html and "5 × 4 × 8" not in widget.html
    assert ask(widget, "5 4 8").startswith("✓") and "heatmap" in widget.html
    assert widget.said == "Quiz: 1 of 4 shapes found."
    widget.picked = "context"
    assert widget.answer == "" and "heatmap" not in widget.html
    widget.reveal += 1
    assert widget.said == "Quiz: 2 of 4 shapes found." and "context: batch × num_hiddens = 4 × 16" in str(cards(widget))
    widget.num_hiddens = 5
    assert widget.said == "Quiz: 0 of 4 shapes found.", "other sizes are other questions"
    widget.quiz = False
    assert "asked for" not in widget.html


def test_equal_sizes_are_warned_of():
    widget = inspector("encoder", quiz=True, picked="output", batch=5)
    assert "num_steps and batch are both 5 here" in ask(widget, "5 5 16")


def test_the_answer_is_read_back_as_it_is_typed_and_escaped():
    widget = inspector(quiz=True, answer="5 4")
    assert "<b>5 × 4</b>" in widget.html and "verdict" not in widget.html
    widget.answer = "<script>"
    assert "&lt;script&gt;" in widget.html and "<script" not in widget.html


def test_diagnose_does_not_give_the_answer_away():
    for part in ("encoder", "model"):
        widget = inspector(part)
        known = {name: size for _, name, size in widget._given()}
        for box in widget._boxes.values():
            for guess in ("1 2 3", "99 98", "77", "50 51 52 53"):
                said = diagnose(guess, box, known)
                named = set(map(int, re.findall(r"\d+", said)))
                assert said and not {size for size in box.tensor.shape if size > 4} & named
