"""The pictures in the text of the lessons: the files are what the command makes, and the lessons say what they show."""

import ast
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
import torch
from make_images import main

from seq2seq_lib.drawings import (
    BEAM,
    CARD,
    GREEDY,
    LATER,
    PACKED,
    PALE,
    QUERY,
    STATES,
    STOPS,
    Drawing,
    as_image,
    beam_step,
    clipped_counting,
    drawings,
    greedy_loop,
    packing,
    road_map,
    weighted_sum,
)
from seq2seq_lib.style import COLORS

PROJECT = Path(__file__).parents[1]
IMAGES = PROJECT / "notebooks" / "images"

SVG = "{http://www.w3.org/2000/svg}"


def test_the_committed_pictures_are_what_the_command_makes(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "of_yesterday.svg").write_text("<svg/>")
    main(tmp_path / "images")
    made = {path.name: path.read_bytes() for path in (tmp_path / "images").iterdir()}
    assert made == {path.name: path.read_bytes() for path in IMAGES.iterdir()}, "make images"


@pytest.mark.parametrize("name", drawings())
def test_a_picture_is_a_light_card_with_large_type_and_says_what_it_shows(name):
    svg, alt = drawings()[name]
    root = ElementTree.fromstring(svg)
    card, *rest = root.findall(f"{SVG}rect")
    assert root.find(f"{SVG}title").text == alt and len(alt) > 60
    assert card.get("fill") == CARD and rest and "currentColor" not in svg
    left, top, width, height = map(float, root.get("viewBox").split())
    assert (float(root.get("width")), float(root.get("height"))) == (width, height) and width <= 1080
    sizes = [float(node.get("font-size", root.get("font-size"))) for node in root.iter(f"{SVG}text")]
    assert sizes and min(sizes) * min(1, 980 / width) >= 14
    for node in root.iter(f"{SVG}text"):  # within the card, by the widest of usual fonts
        x, wide = float(node.get("x")) - left, 0.62 * float(node.get("font-size", 16)) * len(node.text)
        start = {"start": x, "middle": x - wide / 2}[node.get("text-anchor")]
        assert 0 <= start and start + wide <= width, node.text


@pytest.mark.parametrize("stop", STOPS + LATER)
def test_one_stop_of_a_road_map_is_lit(stop):
    root = ElementTree.fromstring(road_map(stop).svg)
    drawn = [node.text for node in root.iter(f"{SVG}text")]
    assert drawn == (list(STOPS) if stop in STOPS else ["…", *STOPS[-2:], *LATER])
    assert [node.text for node in root.iter(f"{SVG}text") if node.get("font-weight") == "bold"] == [stop]
    assert road_map(stop).alt.endswith(f"This lesson's stop is {stop}.")


def test_a_stop_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="'beam'; take one of 'text', 'batches'"):
        road_map("beam")


def words(drawing):
    """The words of a drawing and the colours that they are in; those on a box are in white."""
    root = ElementTree.fromstring(drawing.svg)
    return [("".join(node.itertext()), node.get("fill")) for node in root.iter(f"{SVG}text")]


def test_packing_leaves_out_the_padding_and_says_how_many_sentences_are_left_at_each_step():
    drawing = packing(["a b c <eos>".split(), "a <eos>".split()])
    shown = [word for word, _ in words(drawing)]
    assert [shown.count(word) for word in ("a", "b", "<eos>", "<pad>")] == [4, 2, 4, 2]
    assert [word for word in shown if word.isdigit()] == ["2", "2", "1", "1"]
    assert {"8 cells", "6 cells"} <= set(shown) and "2, 2, 1 and 1 sentences" in drawing.alt
    assert drawing.svg.count(f'fill="{PALE}"') == 2


def test_the_sentences_that_are_packed_differ_in_length():
    lengths = [len(sentence.split()) for sentence in PACKED]
    assert len(set(lengths)) == len(lengths) and sorted(lengths, reverse=True) == lengths


def test_greedy_search_reads_what_it_wrote_and_stops_at_eos():
    shown = [word for word, _ in words(greedy_loop(GREEDY))]
    assert [shown.count(word) for word in ("<bos>", "ils", "regardent", "<eos>", "stop")] == [1, 3, 3, 2, 1]


def test_the_scores_of_greedy_search_are_those_of_the_shipped_model():
    from seq2seq_lib import predict_with_probs
    from seq2seq_lib.widgets.shipped import shipped

    model = shipped("eng-fra")
    tokens, probs = predict_with_probs(model.net, "They are watching.", model.src_vocab, model.tgt_vocab, 20)
    assert tokens == [scores[0][0] for scores in GREEDY]
    for scores, row in zip(GREEDY, probs):
        assert model.tgt_vocab.tokens[row.argmax()] == scores[0][0]
        assert all(abs(share - row[model.tgt_vocab[word]]) < 0.02 for word, share in scores)


def lesson_10_table():
    """The table of the lesson that the picture of a step is about."""
    path = PROJECT / "notebooks" / "10_beam_search.ipynb"
    [source] = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.source.startswith("table = {")]
    return ast.literal_eval(source.removeprefix("table = "))


def test_the_step_of_a_beam_is_that_of_lesson_10():
    table = lesson_10_table()
    assert [(prefix, share) for prefix, share, _ in BEAM] == [*table[()].items()]
    assert all(dict(after) == table[(prefix,)] for prefix, _, after in BEAM)


@pytest.mark.parametrize("beam_size", [1, 2, 3, 5])
def test_the_best_of_all_together_stay_in_the_beam(beam_size):
    every = sorted(((share * chance, f"{prefix} {word}") for prefix, share, after in BEAM for word, chance in after),
                   reverse=True)
    shown = dict(words(beam_step(BEAM, beam_size)))
    for rank, (_, name) in enumerate(every):
        assert (shown[name] == "white") == (rank < beam_size), name
    assert sum(text[:1].isdigit() and ". " in text for text in shown) == beam_size  # each with what becomes of it


def lesson_11_numbers():
    """The words, states and query of the lesson that the picture of the weighted sum is about."""
    path = PROJECT / "notebooks" / "11_attention.ipynb"
    [source] = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.source.startswith("words = [")]
    words, states, query = (line.partition(" = ")[2].partition("   #")[0].strip() for line in source.split("\n")[:3])
    return ast.literal_eval(words), *(ast.literal_eval(value[len("torch.tensor("):-1]) for value in (states, query))


def test_the_weighted_sum_is_that_of_lesson_11():
    tokens, states, query = lesson_11_numbers()
    assert tokens == [*STATES] and [*map(tuple, states)] == [*STATES.values()] and tuple(query) == QUERY


@pytest.mark.parametrize("query", [QUERY, (0, 0, 0), (1, 0, 0)])
def test_the_weights_of_the_weighted_sum_are_those_of_a_softmax(query):
    drawing, states = weighted_sum(STATES, query), torch.tensor([*STATES.values()], dtype=torch.float)
    weights = (states @ torch.tensor(query, dtype=torch.float)).softmax(dim=0)
    shown = [word for word, _ in words(drawing)]
    assert all(shown.count(f"{weight:.2f}") >= 1 for weight in weights.tolist())
    assert ", ".join(f"{value:.2f}" for value in (weights @ states).tolist()) in shown
    lines = [*ElementTree.fromstring(drawing.svg).iter(f"{SVG}path")][:4]
    widths = [float(line.get("stroke-width")) for line in lines]
    order = sorted(range(4), key=weights.tolist().__getitem__)
    assert [widths[i] for i in order] == sorted(widths)


@pytest.mark.parametrize("label, prediction, alone, share", [
    ("A B C D E F", "A B B C D", ["B"], "4/5"), ("A B B", "B A B", [], "3/3"), ("A B", "C", ["C"], "0/1"),
    ("A", "A A A", ["A", "A"], "1/3")])
def test_each_word_of_a_prediction_finds_a_partner_of_its_own_or_none(label, prediction, alone, share):
    drawing = clipped_counting(label.split(), prediction.split())
    shown = words(drawing)
    assert [word for word, color in shown if color == COLORS["wrong"] and len(word) == 1] == alone
    assert f"is {share}." in drawing.alt and any(share in word for word, _ in shown)


def test_an_svg_becomes_an_image_that_holds_it():
    image = as_image(*Drawing('<svg xmlns="http://www.w3.org/2000/svg"/>', 'a "circle" <eos>'))
    data = "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4="
    assert image == f'<img alt="a &quot;circle&quot; &lt;eos&gt;" src="data:image/svg+xml;base64,{data}">'
