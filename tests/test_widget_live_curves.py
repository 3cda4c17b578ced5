"""The live curves without a browser: what is sent, what is kept, and what stays in the notebook."""

import json
import math
import re
from base64 import b64decode
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from helpers import toy_batches, toy_net, toy_vocabs
from test_widgets import BAD, NASTY, Page, alive

from seq2seq_lib import BatchRecord, train
from seq2seq_lib.drawings import as_xml
from seq2seq_lib.plots import Picture
from seq2seq_lib.style import AXIS_COLORS, look
from seq2seq_lib.widgets import LiveCurves, live_curves, places
from seq2seq_lib.widgets.base import style_sheet


def record(updates=40, per_epoch=10, valid=None):
    batches = [BatchRecord(i // per_epoch, 90.0 - i % 50, 20, 1.5 - i % 50 / 40, 0.01) for i in range(updates)]
    valid = [4.0 - e for e in range(updates // per_epoch)] if valid is None else valid
    return SimpleNamespace(batches=batches, valid_losses=valid, rows=[{"epoch": 1, "train_loss": 4.0}])


def finished(*names, **settings):
    with LiveCurves(**settings) as curves:
        for name in names:
            curves.run(name)(record())
    return curves


def test_a_training_is_recorded_to_the_last_update_and_the_last_validation():
    with LiveCurves(theta=0.5) as curves:
        assert curves._running
        history = train(toy_net(), toy_batches(), 0.01, 3, toy_vocabs()[1], "cpu", valid_iter=toy_batches(),
                        on_batch=curves.run("one"), progress=False)
    assert not curves._running and curves._live == {}
    (run,) = curves._runs
    assert (run["updates"], run["epochs"], run["x"]) == (12, 3, list(range(1, 13)))
    assert run["loss"] == pytest.approx([batch.loss / batch.num_tokens for batch in history.batches], rel=1e-3)
    assert run["norm"] == pytest.approx([batch.grad_norm for batch in history.batches], rel=1e-3)
    assert [x for x, _ in run["valid"]] == [4, 8, 12]
    assert [loss for _, loss in run["valid"]] == pytest.approx(history.valid_losses, rel=1e-3)
    assert run["clipped"] == sum(batch.grad_norm > 0.5 for batch in history.batches) > 0
    assert curves.table().loc["one"].equals(history.table())
    assert curves.said == "1 run: one."


def test_the_browser_gives_any_number_of_runs_the_colours_of_the_figures():
    inks = json.loads(re.search(r"^const INKS = (.*);$", LiveCurves._esm, re.M)[1])
    colors = dict(re.findall(r"--([\w-]+):(#\w+);", style_sheet()))
    assert [colors[inks[i % len(inks)]] for i in range(20)] == [look(i)[0] for i in range(20)]
    assert not [name for name in AXIS_COLORS if f'"{name.replace("_", "-")}"' in live_curves.FRONT[1]]


def test_the_widget_changes_nothing_in_the_training():
    plain = train(toy_net(), toy_batches(), 0.01, 2, toy_vocabs()[1], "cpu", progress=False)
    with LiveCurves() as curves:
        seen = train(toy_net(), toy_batches(), 0.01, 2, toy_vocabs()[1], "cpu", progress=False,
                     on_batch=curves.run("x"))
    assert [batch.loss for batch in plain.batches] == [batch.loss for batch in seen.batches]
    assert curves._runs[0]["valid"] == []


def test_a_long_run_is_boiled_down_to_token_weighted_means():
    history = record(5000, 1000)
    with LiveCurves() as curves:
        curves.run("long")(history)
    (run,) = curves._runs
    assert live_curves.MOST_POINTS / 2 < len(run["x"]) <= live_curves.MOST_POINTS
    assert run["x"][-1] == run["updates"] == 5000 and run["stride"] == 16
    assert run["loss"][0] == pytest.approx(sum(b.loss for b in history.batches[:16]) / (16 * 20), rel=1e-3)
    assert run["valid"] == [[1000 * (e + 1), 4.0 - e] for e in range(5)]


def test_reading_in_parts_is_the_same_as_reading_at_once():
    whole, part = record(1237), record(1237)
    with LiveCurves() as curves:
        run = curves.run("in parts")
        run.history, batches = SimpleNamespace(batches=[], valid_losses=[], rows=[]), part.batches
        for i in range(0, 1237, 97):
            run.history.batches.extend(batches[i:i + 97])
            run.read()
        run.history.valid_losses = part.valid_losses
        curves.run("at once")(whole)
    one, two = curves._runs
    assert one | {"name": ""} == two | {"name": ""}


def test_an_interrupted_run_that_goes_on_is_one_run():
    net, net_vocab = toy_net(), toy_vocabs()[1]
    history = train(net, toy_batches(), 0.01, 2, net_vocab, "cpu", progress=False)
    with LiveCurves() as curves:
        train(net, toy_batches(), 0.01, 3, net_vocab, "cpu", history=history, on_batch=curves.run("on"), progress=False)
    assert curves._runs[0]["updates"] == 12
    with curves:  # nothing is left to train: the run stays
        train(net, toy_batches(), 0.01, 3, net_vocab, "cpu", history=history, on_batch=curves.run("on"), progress=False)
    assert [run["updates"] for run in curves._runs] == [12]


def test_a_run_of_the_same_name_replaces_the_old_one():
    curves = finished("a", "b")
    with curves:
        curves.run("a")(record(20))
    assert [(run["name"], run["updates"]) for run in curves._runs] == [("b", 40), ("a", 20)]
    assert list(curves.table().index.unique("run")) == ["b", "a"]


def test_an_exception_in_training_keeps_what_there_is():
    curves = LiveCurves()
    with pytest.raises(FloatingPointError), curves:
        curves.run("burst")(record())
        raise FloatingPointError
    assert not curves._running and curves._runs[0]["updates"] == 40


def test_no_history_is_kept_alive():
    curves = LiveCurves()
    with curves:
        run = curves.run("x")
        run(record())
    assert run.history is None and curves._run is None


def test_a_run_outside_of_with_is_refused():
    with pytest.raises(RuntimeError, match="inside `with curves:`"):
        LiveCurves().run("x")


def test_messages_are_seldom_and_their_share_of_the_time_is_bounded(monkeypatch):
    clock = SimpleNamespace(now=0.0, cost=0.001, sent=0)

    def send(run):
        clock.sent += 1
        clock.now += clock.cost  # what a message takes

    monkeypatch.setattr(live_curves.time, "perf_counter", lambda: clock.now)
    monkeypatch.setattr(live_curves.Run, "read", send)

    def messages(seconds):
        clock.sent, end = 0, clock.now + seconds
        while clock.now < end:
            clock.now += 0.01  # an update
            run(history)
        return clock.sent

    with LiveCurves() as curves:
        run, history = curves.run("x"), record(20)
        assert messages(100) == pytest.approx(100 / live_curves.SECONDS, rel=0.1)
        clock.cost = 0.1  # on a slow machine
        assert messages(1000) * clock.cost < 1000 / live_curves.PATIENCE * 1.1


def test_any_name_will_do(recwarn):
    names = [*NASTY, "训练 一", "$x_1$", "_hidden"]
    curves = finished(*names)
    json.dumps(curves._runs)
    page = Page(str(curves.still()))
    assert {element for element, _ in page.elements} == {"div", "img", "br"}
    figure, legend = [attributes for element, attributes in page.elements if element == "img"]
    drawn = "".join(ElementTree.fromstring(b64decode(legend["src"].partition("base64,")[2])).itertext())
    for name in names:
        shown = " ".join(as_xml(name.encode("utf-8", "replace").decode()).split())[:20]
        assert shown in " ".join(legend["alt"].split()) and shown in " ".join(drawn.split())
    assert recwarn.list == []


def test_the_picture_stays_and_says_what_it_shows():
    curves = finished("a", "b")
    data, _ = curves._repr_mimebundle_()
    assert data["text/plain"] == repr(curves) == "Live curves: 2 runs: a, b."
    image, legend = [attributes for name, attributes in Page(data["text/html"]).elements if name == "img"]
    assert legend["alt"] == "Legend: 1 a, 2 b"
    losses = "loss training from about 4.5 to 2.5, validation from about 4.0 to 1.0"
    assert image["alt"] == f"Curves of 2 training runs. a, 40 updates: {losses}; b, 40 updates: {losses}."
    assert "0 runs" in str(LiveCurves().still())


@pytest.mark.parametrize("name", ["scale", "hidden", "at"])
def test_bad_values_of_controls_do_no_harm(name, monkeypatch):
    curves = finished("a", "b")
    monkeypatch.setattr(live_curves, "plot_curves", lambda runs, theta, scale: Picture(f"{len(runs)} {scale}", ""))
    for value in BAD:
        setattr(curves, name, value)
        assert " linear" in str(curves.still())
        assert not curves.problem or name == "scale"
    curves.scale = "log"
    assert not curves.problem and "2 log" in str(curves.still())


def test_hidden_runs_are_left_out_of_the_picture():
    curves = finished("first", "second")
    curves.hidden = ["first"]
    alts = [attributes["alt"] for name, attributes in Page(str(curves.still())).elements if name == "img"]
    assert "first" not in " ".join(alts) and all("second" in alt for alt in alts)


@pytest.mark.parametrize("theta, line", [(1, 1.0), (None, None), (math.inf, None)])
def test_the_threshold_is_drawn_if_there_is_one(theta, line):
    curves = finished("a", theta=theta)
    assert curves._theta == line and (curves._runs[0]["clipped"] > 0) == (line is not None)


def test_losses_that_are_no_numbers_are_left_out():
    history = record(3, 3, valid=[math.inf])
    history.batches[1] = BatchRecord(0, math.nan, 20, 1.0, 0.0)
    with LiveCurves() as curves:
        curves.run("x")(history)
    assert curves._runs[0]["loss"][1] is None and curves._runs[0]["speed"][1] is None
    assert "img" in str(curves.still())


def test_running_a_cell_again_replaces_the_widget_and_leaks_nothing(monkeypatch):
    runs = []
    monkeypatch.setattr(places, "_running", lambda: ("cell of curves", len(runs)))
    finished("a")
    before = alive()
    for _ in range(20):
        runs.append(1)
        curves = finished("a")
        curves.scale = "log"
    assert alive() == before and curves.scale == "log"
