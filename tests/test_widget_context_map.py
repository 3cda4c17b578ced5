"""The context map without a browser: its points and distances are those of the model's contexts."""

import re
from contextlib import suppress
from functools import lru_cache

import pytest
import torch
from helpers import opened, toy_net, toy_vocabs

from seq2seq_lib import Checkpoint, Vocab, data_folder, encode, load_checkpoint, widgets
from seq2seq_lib.widgets.context_map import _fit, _spread

SETS = {"first letter": {"a b c": "a", "a c d": "a", "b c d e": "b", "b d": "b", "a g f": "a"},
        "length": {"a": "short", "b": "short", "a b c d e f g": "long"}}
NASTY = ["", " \n ", "<script>alert(1)</script>", "😀 👩‍👩‍👧 é", "שלום עולם مرحبا", "a\x00b\u202e\u2028c", "\ud83d",
         "& &lt; \" ' `", "word " * 1000, "line\n" * 1000, "w" * 15_000]


def toy(rnn="gru"):
    return Checkpoint(toy_net(rnn), *toy_vocabs(), None, {"source_language": "eng"})


def context_map(checkpoint=None, **settings):
    widget = widgets.ContextMap(checkpoint or toy(), SETS, **settings)
    assert widget.error is None and not widget.problem
    return widget


@pytest.mark.parametrize("language, settings", [("zho", {}), (None, {"source_language": "zho"})])
def test_sentences_are_cut_in_the_language_of_the_model(language, settings):
    src_vocab, tgt_vocab = toy_vocabs()
    model = Checkpoint(toy_net(), Vocab.from_tokens(src_vocab.tokens, language), tgt_vocab, None, settings)
    widget = context_map(model, own="我们走")
    assert "我 们 走" in re.sub("<[^>]*>", "", widget.html)
    assert widget._specs()[0]["lang"] == "zh"


def contexts(checkpoint, texts):
    """Each sentence read alone, without padding."""
    top = []
    for text in texts:
        ids, _ = encode([text.split()], checkpoint.src_vocab)
        state = checkpoint.net.encoder(ids)[1]
        top.append((state[0] if isinstance(state, tuple) else state)[-1, 0])
    return torch.stack(top).detach()


def points(widget):
    """The places of the points in the picture, by the number of their sentence."""
    found = re.findall(r'transform="translate\((-?\d+) (-?\d+)\)"[^>]*data-value="\[(\d+)\]"', widget.html)
    return {int(i): (int(x), int(y)) for x, y, i in found}


def neighbours(widget):
    """The rows of the list of neighbours: name, distance, distance on the map."""
    rows = re.findall(r"<tr>(.*?)</tr>", widget.html.split("s2s-context-near-list")[1])
    texts = [[re.sub(r"<[^>]*>", "", cell).strip("●■▲◆▼✚★ ") for cell in re.findall(r"<td.*?>(.*?)</td>", row)]
             for row in rows]
    return [(name, float(one), float(two)) for name, one, two in filter(None, texts)]


@pytest.mark.parametrize("rnn", ["rnn", "gru", "lstm"])
def test_neighbours_are_those_in_the_full_space(rnn):
    checkpoint = toy(rnn)
    widget = context_map(checkpoint, own="g g g\nc")
    texts = [*SETS["first letter"], "g g g", "c"]
    full = torch.cdist(contexts(checkpoint, texts), contexts(checkpoint, texts))
    for i in range(len(texts)):
        widget.picked = i
        order = [texts[j] for j in full[i].argsort().tolist() if j != i][:5]
        assert [name for name, _, _ in neighbours(widget)] == order
        for name, far, near in neighbours(widget):
            assert abs(far - full[i, texts.index(name)]) < 0.051 and near <= far + 0.051
        assert widget.said.endswith(f"Nearest to “{texts[i]}” in all 6 axes: “{order[0]}”.")


def test_the_plane_is_that_of_the_principal_axes():
    checkpoint = toy()
    widget = context_map(checkpoint)
    points_ = contexts(checkpoint, SETS["first letter"])
    centred = points_ - points_.mean(dim=0)
    values, vectors = torch.linalg.eigh(centred.T @ centred)
    assert widget.said.startswith(f"{(values[-2:].sum() / values.sum()).item():.0%} of the spread")
    flat = centred @ vectors[:, [-1, -2]]
    drawn = torch.tensor([points(widget)[i] for i in range(len(flat))], dtype=torch.float32)
    ours, theirs = torch.pdist(drawn), torch.pdist(flat)
    torch.testing.assert_close(ours / ours.max(), theirs / theirs.max(), rtol=0, atol=0.01)


def test_typed_sentences_do_not_move_the_plane():
    widget = context_map()
    plane = widget._planes["first letter"][2].clone()
    before, said = points(widget), widget.said.split(".")[0]
    widget.own = "a b c"
    assert torch.equal(widget._planes["first letter"][2], plane) and widget.said.split(".")[0] == said
    assert {i: place for i, place in points(widget).items() if i < 5} == before, "it lies within the old map"
    assert points(widget)[5] == points(widget)[0], "the same sentence, the same point"
    assert widget.picked == 5 and neighbours(widget)[0] == ("a b c", 0.0, 0.0)


def test_the_sentence_that_is_typed_is_picked():
    widget = context_map(own="a\nb\nc")
    for own, picked in (("a\nb b\nc", 6), ("a\nb b\nc\nd", 8), ("a\nb b\nc", 7), ("g\nb b\nc", 5)):
        widget.own = own
        assert widget.picked == picked
    widget.own = ""
    assert widget.html and "yours" not in widget.html


def test_unknown_words_are_marked_and_said():
    widget = context_map()
    widget.own = "a yodel c"
    assert '<span class="s2s-context-unheard">yodel</span>' in widget.html
    assert "The model reads: a &lt;unk&gt; c &lt;eos&gt;" in widget.html
    widget.picked = 0
    assert "The model reads" not in widget.html


def test_groups_differ_in_colour_and_in_mark():
    widget = context_map(own="g")
    cells = re.findall(r'<td class="s2s-context-name" [^>]*aria-label="([^"]*)"[^>]*>(.*?)</td>', widget.html)
    assert len(cells) == 6
    looks = {said.split(", ")[-1]: (re.search("[●■▲◆▼✚★]", cell)[0], re.search(r'data-axis="(\w+)"', cell))
             for said, cell in cells}
    assert len({mark for mark, _ in looks.values()}) == len(looks) == 3
    assert looks["yours"] == ("★", None) and looks["a"][1][1] != looks["b"][1][1]
    assert len(set(re.findall(r'<path d="(M[^"]*z)" transform', widget.html))) == 3


def test_no_two_names_share_a_place():
    own = "\n".join(["a b"] * 12)
    widget = context_map(own=own)
    at = re.findall(r'data-at="(\d+,\d)"', widget.html)
    assert set(at) == {f"{rank},{column}" for column, n in ((0, 9), (1, 8)) for rank in range(n)}, "arrows go on"
    assert len(at) == 17
    lines = re.findall(r"<path d=\"M(\d+) (\d+)L(\d+) (\d+)\" class=\"s2s-context-leader\"", widget.html)
    assert len({line[:2] for line in lines}) == 17 and {line[0] for line in lines} == {"0", "340"}


@pytest.mark.parametrize("wanted, lines", [([0, 0, 0], 3), ([9, 9, 9], 5), ([1.2, 1.4, 7], 8), ([-3, 20], 14), ([], 4)])
def test_names_are_spread_over_lines(wanted, lines):
    taken = _spread(wanted, lines)
    assert taken == sorted(set(taken)) and len(taken) == len(wanted) and all(0 <= line < lines for line in taken)


def test_points_on_one_spot_are_drawn():
    assert _fit([(1.0, 2.0)] * 3, 390, 364) == [(195, 182)] * 3


def test_the_picture_has_a_text():
    alt = re.search(r'role="img" aria-label="([^"]*)"', context_map().html)[1]
    assert alt.startswith("Map of 5 contexts") and all(f"{text} (" in alt for text in SETS["first letter"])


def test_another_set():
    widget = context_map(picked=4, own="g")
    widget.shown = "length"
    assert widget.picked == 0 and len(points(widget)) == 4
    widget.shown = "nothing"
    assert widget.problem


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_a_reader_may_type_anything(text):
    widget = context_map()
    widget.own = text
    assert widget.error is None and len(points(widget)) <= 17 and len(widget.html) < 60_000
    assert not re.search(r"<(script|img|textarea)", widget.html + opened(widget.still()))


def test_too_many_sentences_are_said():
    widget = context_map(own="a\n" * 13)
    assert "Only your first 12" in widget.said
    widget.own = "a\n" * 12
    assert "Only" not in widget.said


@pytest.mark.parametrize("sets", [{}, {"x": {"a": "g", "b": "g"}}, {"x": {str(i): "g" for i in range(25)}},
                                  {"x": {str(i): str(i) for i in range(7)}}])
def test_sets_that_make_no_map_are_refused(sets):
    with pytest.raises(ValueError, match="expected"):
        widgets.ContextMap(toy(), sets)


def test_sentences_go_to_the_device_of_the_net():
    """The device "meta" computes nothing, but it takes no tensors of another device."""
    checkpoint, seen = toy(), []
    checkpoint.net.to("meta").encoder.register_forward_pre_hook(lambda encoder, args: seen.append(args[0].device.type))
    with suppress(RuntimeError):
        widgets.ContextMap(checkpoint, SETS)
    assert seen[0] == "meta"


def test_dropout_does_not_act_and_the_mode_of_the_net_is_left_alone():
    nets = toy_net(dropout=0.5, num_layers=2).eval(), toy_net(dropout=0.5, num_layers=2).train()
    calm, training = (context_map(Checkpoint(net, *toy_vocabs(), None, {"source_language": "eng"})) for net in nets)
    assert points(calm) == points(training)
    assert all(module.training for module in nets[1].modules())


@lru_cache
def shipped():
    return load_checkpoint(data_folder() / "models" / "eng-fra.safetensors")


def test_the_shipped_model_tells_who_does_what_to_whom():
    sets = {"who": {f"{one} {verb} {other} .": one for verb in ("helped", "thanked", "invited")
                    for one, other in (("tom", "mary"), ("mary", "tom"))}}
    widget = widgets.ContextMap(shipped(), sets, own="Tom thanked Mary.")
    assert points(widget)[6] == points(widget)[2]
    for i, who in enumerate(sets["who"].values()):
        widget.picked = i
        verb = list(sets["who"])[i].split()[1]
        nearest = next(name for name, _, _ in neighbours(widget) if name in sets["who"] and verb not in name)
        assert sets["who"][nearest] == who  # of another verb: the same sentence with the names exchanged is nearer
    assert "unheard" not in widget.html
    assert len(str(widget.still())) < 25_000
