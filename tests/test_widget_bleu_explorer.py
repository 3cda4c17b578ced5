"""The BLEU explorer without a browser: what it shows is what the library and sacreBLEU compute."""

import random
import re
import time

import pytest
import sacrebleu
from helpers import opened
from test_widgets import BAD, NASTY, Page

from seq2seq_lib import bleu, brevity_penalty, ngram_precisions
from seq2seq_lib.widgets import BleuExplorer


def bars(widget, name):
    """The bars under a sentence, in reading order: `(kind, what stands on it)`."""
    table = re.split('class="s2s-bleu-sentence[^"]*"', widget.html)[1 if name == "label" else 2].split("</table>")[0]
    return [(kind, words) for kind, words in re.findall(r's2s-cell s2s-bleu-(\w+)[^>]*>([^<]*)<', table)]


def counts(widget):
    """The rows of the table of counts: `(n-gram, in prediction, in label, counted)`."""
    return [(gram, *map(int, numbers)) for gram, *numbers in re.findall(
        r"<bdi>([^<]*)</bdi></td>" + r'<td class="s2s-number">(\d+)</td>' * 3, widget.html)]


def score_rows(widget):
    table = widget.html.split("BLEU, this course")[1].split("</table>")[0]
    return [re.findall(r'<td class="s2s-number">([^<]*)</td>', row) for row in table.split("<tr>")[1:]]


def sacre(prediction, label, smooth):
    return sacrebleu.corpus_bleu([prediction], [[label]], smooth_method=smooth, tokenize="none", force=True).score


def test_it_starts_with_the_example_of_the_lesson():
    widget = BleuExplorer()
    assert (widget.label, widget.prediction, widget.n) == ("A B C D E F", "A B B C D", 1)
    assert "p₁ = 4/5, p₂ = 3/4, p₃ = 1/3, p₄ = 0/2; brevity penalty 0.8187." in widget.said
    assert counts(widget) == [("A", 1, 1, 1), ("B", 2, 1, 1), ("C", 1, 1, 1), ("D", 1, 1, 1)]
    assert "✂ 2 → 1" in widget.html and "p₁ = 4/5 = 0.8000" in widget.html
    assert [row[3] for row in score_rows(widget)] == ["0.7323", "0.6815", "0.5940", "0.0000"]
    assert [row[4] for row in score_rows(widget)] == ["0.6550", "0.6342", "0.4788", "0.0000"]
    assert "38.72 with its smoothing, 0.00 without. It smooths p₄ = (1/2) / 2." in widget.html


def test_pairs_carry_the_same_number_and_a_sign():
    widget = BleuExplorer()
    assert bars(widget, "prediction") == [
        ("match", "✓ 1"), ("match", "✓ 2"), ("clipped", "✂"), ("match", "✓ 3"), ("match", "✓ 4")]
    assert bars(widget, "label") == [("match", f"✓ {i}") for i in (1, 2, 3, 4)] + [("free", "·")] * 2
    widget.n = 2
    pairs = [("match", f"✓ {i}") for i in (1, 2, 3)]
    assert sorted(bars(widget, "prediction")) == [*pairs, ("missing", "✗")]
    assert sorted(bars(widget, "label")) == [("free", "·")] * 2 + pairs


def test_the_ngram_that_is_picked_is_framed_in_both_sentences():
    widget = BleuExplorer(ngram=1)
    framed = re.findall(r's2s-bleu-looked-at"[^>]*title="“(\w)”', widget.html)
    assert framed == ["B", "B", "B"]  # one in the label, two in the prediction
    for beyond in (99, -5):
        widget.ngram = beyond
        assert widget.html.count('aria-selected="true"') == 1


@pytest.mark.parametrize("seed", range(40))
def test_scores_are_those_of_the_library_and_of_sacrebleu(seed):
    rng = random.Random(seed)
    label, prediction = (" ".join(rng.choices("abcd", k=rng.randint(1, 9))) for _ in range(2))
    for n in (1, 2, 3, 4):
        widget = BleuExplorer(label=label, prediction=prediction, n=n)
        orders = ngram_precisions(prediction, label, 4)
        assert [row[3] for row in score_rows(widget)] == [f"{bleu(prediction, label, k):.4f}" for k in (1, 2, 3, 4)]
        assert [row[0] for row in score_rows(widget)][: len(orders)] == [f"{o.matched} / {o.total}" for o in orders]
        assert f"{sacre(prediction, label, 'exp'):.2f} with its smoothing" in widget.html
        assert f"{sacre(prediction, label, 'none'):.2f} without" in widget.html
        papineni = float(score_rows(widget)[3][4])
        assert papineni == pytest.approx(sacre(prediction, label, "none") / 100, abs=5.1e-5)
        if n <= len(orders):
            matches = [words for kind, words in bars(widget, "prediction") if kind == "match"]
            assert len(matches) == orders[n - 1].matched == sum(row[3] for row in counts(widget))
            assert sorted(matches) == sorted(w for kind, w in bars(widget, "label") if kind == "match")
            assert sum(row[1] for row in counts(widget)) == orders[n - 1].total


@pytest.mark.parametrize("prediction", ["A", "A B C D E F", "A B C D E F G", "A " * 60])
def test_the_point_lies_on_the_curve(prediction):
    widget = BleuExplorer(prediction=prediction)
    length = len(prediction.split())
    points = [tuple(map(float, point.split(","))) for point in re.search(r'points="([^"]*)"', widget.html)[1].split()]
    x, y = (float(re.search(rf'{name}="([\d.]+)"', widget.html)[1]) for name in ("cx", "cy"))
    assert any(abs(x - px) < 4 and abs(y - py) < 6 for px, py in points)
    assert f"The prediction has {length}: {brevity_penalty(length, 6):.4f}" in widget.html
    texts = [float(value) for value in re.findall(r'<text x="([-\d.]+)"', widget.html)]
    assert len(texts) == widget.html.count("<text ") > 0 and all(0 <= value <= 400 for value in texts)


def test_a_short_prediction_leaves_orders_out():
    widget = BleuExplorer(label="va !", prediction="va !", n=3)
    assert "The prediction has no 3-gram" in widget.html and counts(widget) == []
    assert score_rows(widget)[3] == ["0 / 0", "none", "left out", "1.0000", "0.0000"]
    assert "0.00 with its smoothing, 0.00 without. The prediction has no 3-grams" in widget.html


def test_nothing_to_smooth_is_said():
    assert "Without a single match" in BleuExplorer(prediction="u v w x y").html
    assert "Every order has a match" in BleuExplorer(prediction="A B C D E F").html
    assert "p₃ = (1/2) / 3, p₄ = (1/4) / 2" in BleuExplorer(prediction="A B X C D").html


@pytest.mark.parametrize("name", ["label", "prediction"])
def test_empty_text_is_answered_with_a_sentence(name):
    widget = BleuExplorer(**{name: " \n"})
    assert widget.problem == f"The {name} is empty: there is no n-gram to count. Type some words." and not widget.html
    setattr(widget, name, "A")
    assert widget.html and not widget.problem


@pytest.mark.parametrize("text", [text for text in NASTY if text.split()], ids=range(len(NASTY) - 2))
@pytest.mark.parametrize("n", [1, 4])
def test_any_text_in_both_sentences(text, n):
    widget = BleuExplorer(label=text, prediction=text, n=n)
    assert bool(widget.html) != bool(widget.problem) and "Error" not in widget.problem
    for html in (widget.html, opened(widget.still())):
        assert not re.search(r"<(script|img|textarea)", html)


@pytest.mark.parametrize("value", BAD, ids=repr)
def test_a_bad_row_or_order_is_answered(value):
    for name in ("ngram", "n"):
        widget = BleuExplorer(**{name: value})
        assert bool(widget.html) != bool(widget.problem) and "Traceback" not in widget.problem


def test_a_thousand_words_are_counted_and_thirty_drawn_at_once():
    words = [f"w{i}" for i in range(1000)]
    widget = BleuExplorer(label=" ".join(words), prediction=" ".join(words[::-1]))
    assert "p₁ = 1000/1000" in widget.said and "+ 970 more" in widget.html and "988 more" in widget.html
    assert len(bars(widget, "prediction")) == 30 and len(counts(widget)) == 12
    used = time.process_time()
    for i in range(10):
        widget.prediction = " ".join(words[i:])
    assert (time.process_time() - used) / 10 < 0.1


def test_the_still_picture_keeps_the_curve_and_its_text():
    page = Page(opened(BleuExplorer().still()))
    curves = [attributes for name, attributes in page.elements if name == "svg" and "role" in attributes]
    assert len(curves) == 1 and curves[0]["role"] == "img" and "It rises to 1 at 6 tokens" in curves[0]["aria-label"]


def test_running_the_cell_again_keeps_what_was_typed(monkeypatch):
    from seq2seq_lib.widgets import places

    for run in (1, 2):
        monkeypatch.setattr(places, "_running", lambda run=run: ("cell", run))
        widget = BleuExplorer()
        if run == 1:
            widget.prediction, widget.n = "A B", 2
    assert (widget.prediction, widget.n) == ("A B", 2)
    places._runs.clear()
