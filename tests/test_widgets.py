"""The widgets without a browser: their controls are set, and what they show is read."""

import json
import math
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest
import torch
from helpers import assert_close, opened, random_ids, toy_batches, toy_experiments, toy_net, toy_vocabs
from torch.nn import functional as F

from seq2seq_lib import Batches, Checkpoint, Vocab, encode, load_corpus, tokenize, widgets
from seq2seq_lib.style import AXIS_COLORS, COLORS
from seq2seq_lib.widgets import base, places
from seq2seq_lib.widgets.controls import Button, Checkbox, Choice, Slider, State, Text
from seq2seq_lib.widgets.drawing import handle, pick, stop
from seq2seq_lib.widgets.markup import Html, lifeless, tag
from seq2seq_lib.widgets.words import percent

NASTY = ["", " \n \t ", "<script>alert(1)</script>", "</textarea><img src=x onerror=alert(1)>", "😀 👩‍👩‍👧 é",
         "שלום עולם مرحبا", "a\x00b\u202e\u2028c", "\ud83d", "& &lt; \" ' `", "word " * 1000, "line\n" * 1000,
         "w" * 15_000, "x" * 50_000]
BAD = [None, "x", -1, 10**9, 2.5, math.nan, math.inf, True, [], [1, "a"], {}, object]


def loss_batch():
    """Scores, labels and valid lengths of three sentences, and the vocabulary of the labels."""
    vocab = Vocab([list("abcdefg")])
    generator = torch.Generator().manual_seed(1)
    return torch.randn(3, 8, len(vocab), generator=generator), random_ids([4, 6, 8], 8), torch.tensor([4, 6, 8]), vocab


class Trial(widgets.LessonWidget):
    """One control of each kind, to try the base on."""

    title = "Trial"
    steps = Slider(3, "steps", 1, 9, axis="num_steps")
    share = Slider(0.5, "share", 0.0, 1.0, step=0.1)
    word = Text("go", "Word")
    lines = Text("a\nb", "Lines", lines=3)
    kind = Choice("gru", "Kind", ["rnn", "gru", "lstm"])
    secret = Checkbox(False, "Secret")
    more = Button("More")
    cell = State(0)
    hint = Text("", "Hint", hidden=lambda widget: not widget.secret)

    def react(self, name):
        if name == "more":
            self.word += "!"

    def render(self):
        if self.word == "zero":
            return 1 / 0
        if self.word == "empty":
            raise ValueError("The word is empty.")
        cells = [tag("td", i, **pick("cell", i, f"cell {i}", at=(0, i), chosen=i == self.cell)) for i in range(3)]
        knob = tag("b", **handle("steps", self.steps, 1, 9, "steps"))
        return tag("div", self.word, self.lines, tag("table", tag("tr", cells), role="grid"), knob,
                   tag("i", **stop("steps", 3))), f"{self.steps} steps of {self.word}"


MAKERS = {
    "Trial": Trial,
    "BatchExplorer": widgets.BatchExplorer,
    "AttentionExplorer": widgets.AttentionExplorer,
    "BeamExplorer": widgets.BeamExplorer,
    "BleuExplorer": widgets.BleuExplorer,
    "CaseFile": lambda **settings: widgets.CaseFile(tests={"mine": bool}, **settings),
    "DecoderStepper": widgets.DecoderStepper,
    "ClippingExplorer": lambda **settings: widgets.ClippingExplorer(toy_net(), toy_batches(), **settings),
    "ExperimentBoard": lambda **settings: widgets.ExperimentBoard(*toy_experiments(), **settings),
    "MaskExplorer": lambda **settings: widgets.MaskExplorer(*loss_batch(), **settings),
    "Translator": widgets.Translator,
    "ContextMap": lambda **settings: widgets.ContextMap(
        Checkpoint(toy_net(), *toy_vocabs(), None, {}), {"x": {"a b": "g", "b a": "g", "c": "h"}}, **settings),
    "ShapeInspector": widgets.ShapeInspector,
    "ShapeInspector, encoder": lambda **settings: widgets.ShapeInspector("encoder", **settings),
}


@pytest.fixture(params=MAKERS)
def make(request):
    return MAKERS[request.param]


class Page(HTMLParser):
    """Elements `(name, attributes)` and the text of some HTML."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.texts = [], []
        self.feed(html)
        self.text = " ".join(self.texts)

    def handle_starttag(self, name, attributes):
        self.elements.append((name, dict(attributes)))

    def handle_data(self, data):
        self.texts.append(data)


def alive():
    from ipywidgets.widgets.widget import _instances

    return len(_instances)


# --------------------------------------------------------------------- every widget

def test_every_widget_is_tried_here():
    assert set(widgets.__all__) <= set(MAKERS) | {"LessonWidget", "LiveCurves", "progress"}  # test_widget_live_curves


def test_the_library_does_not_load_ipywidgets():
    code = ("import sys, seq2seq_lib; assert not {'ipywidgets', 'anywidget', 'matplotlib'} & set(sys.modules); "
            "from seq2seq_lib import widgets; assert 'ipywidgets' in sys.modules")
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_widget_draws_itself_and_says_what_it_shows(make):
    widget = make()
    assert widget.html and widget.said and not widget.problem and widget.error is None
    labels = [spec["label"] for spec in widget._picture["controls"] if spec["kind"] != "state" and not spec["hidden"]]
    assert all(labels) and len(set(labels)) == len(labels)
    json.dumps(widget._picture)


def test_what_can_be_focused_has_a_name_a_role_and_keeps_its_keys(make):
    focusable = [attributes for _, attributes in Page(make().html).elements if "tabindex" in attributes]
    assert focusable
    for attributes in focusable:
        assert attributes["aria-label"] and attributes["role"]
        assert attributes["data-lm-suppress-shortcuts"] == "true"
    stops = [attributes for attributes in focusable if attributes["role"] == "gridcell"]
    grids = sum(attributes.get("role") == "grid" for _, attributes in Page(make().html).elements)
    assert sum(attributes["tabindex"] == "0" for attributes in stops) == (grids if stops else 0)  # one stop for each


def test_a_still_picture_stands_in(make):
    one, two = make(), make()
    data, _ = one._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == repr(one) == repr(two) and "0x" not in repr(one)
    assert data["text/html"] == two._repr_mimebundle_()[0]["text/html"]
    page = Page(data["text/html"])
    assert one.title in page.text and one.said in page.text and "A still picture." in page.text
    (image,) = [attributes for name, attributes in page.elements if name == "img"]
    assert image["alt"] == f"{one.title}. {one.said}"
    for name, attributes in Page(opened(one.still())).elements:
        assert name not in ("script", "input", "button")
        assert not [key for key in attributes if key == "tabindex" or key.startswith("data-s")]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_a_reader_may_type_anything(make, text):
    widget = make()
    for name, control in widget._controls.items():
        if not isinstance(control, Text):
            continue
        before = getattr(widget, name)
        if name in ("fra", "zho"):  # shown with its language only
            continue
        setattr(widget, name, text)
        assert widget.error is None or isinstance(widget.error, ValueError)
        assert bool(widget.html) != bool(widget.problem)
        assert "Error" not in widget.problem
        for html in (widget.html, opened(widget.still())):
            assert not re.search(r"<(script|img|textarea)", html)
        json.dumps(widget._picture, ensure_ascii=False).encode()
        setattr(widget, name, before)
        assert widget.html and not widget.problem


def fits(control, spec, value):
    """Whether a control of this kind, with these bounds, can hold a value."""
    if isinstance(control, Slider):
        whole = type(value) is int or type(value) is float and (value.is_integer() or type(spec["step"]) is float)
        return whole and spec["low"] <= value <= spec["high"]
    if isinstance(control, Choice):
        return value in [option for _, option in spec["options"]]
    if isinstance(control, Button):
        return type(value) is int and value >= 0
    return isinstance(value, {Text: str, Checkbox: bool, State: object}[type(control)])


@pytest.mark.parametrize("value", BAD, ids=repr)
def test_a_bad_value_is_answered_with_a_sentence(make, value):
    widget = make()
    for name, control in widget._controls.items():
        before, shown = getattr(widget, name), widget.html
        setattr(widget, name, value)  # never raises
        if widget.problem:
            assert not widget.html and "Traceback" not in widget.problem and len(widget.problem) < 400
        elif value != before:  # True is 1: then nothing has changed
            assert widget.html and fits(control, control.spec(widget), getattr(widget, name)), name
        setattr(widget, name, before)
        if isinstance(control, Button):
            continue
        assert widget.html == shown and not widget.problem, name


@pytest.mark.parametrize("value", BAD, ids=repr)
def test_a_bad_first_value_is_answered_with_a_sentence(make, value):
    for name in make()._controls:
        widget = make(**{name: value})
        assert bool(widget.html) != bool(widget.problem) and "Traceback" not in str(widget.still())


def test_an_unknown_control_is_refused_by_name(make):
    with pytest.raises(TypeError, match="colour.*it has"):
        make(colour=1)


# ------------------------------------------------------------------------- the base

def test_an_exception_becomes_a_sentence():
    widget = Trial(word="zero")
    assert widget.problem == "ZeroDivisionError: division by zero" and widget.html == ""
    assert isinstance(widget.error, ZeroDivisionError)
    assert "division by zero" in widget._repr_mimebundle_()[0]["text/html"]
    widget.word = "empty"
    assert widget.problem == "The word is empty."
    widget.word = "go"
    assert widget.html and not widget.problem and widget.error is None


def test_an_exception_in_react_becomes_a_sentence_too():
    class Broken(Trial):
        def react(self, name):
            raise KeyError("there is no such word")

    widget = Broken()
    widget.steps = 4
    assert "no such word" in widget.problem


def test_a_change_is_drawn_once_with_what_follows_from_it():
    drawn = []

    class Counted(Trial):
        def render(self):
            drawn.append(self.values())
            return super().render()

    widget = Counted()
    widget.more = 1
    assert widget.word == "go!" and len(drawn) == 2
    widget.set_state({"steps": 5, "word": "run"})  # one message from the browser
    assert widget.said == "5 steps of run" and len(drawn) == 3
    widget.steps = 5
    assert len(drawn) == 3


def test_a_hidden_control_follows_the_state():
    widget = Trial()
    hidden = [spec["hidden"] for spec in widget._picture["controls"] if spec["name"] == "hint"]
    widget.secret = True
    assert hidden == [True]
    assert [spec["hidden"] for spec in widget._picture["controls"] if spec["name"] == "hint"] == [False]


def test_sliders_take_whole_numbers_or_fractions():
    widget = Trial()
    widget.share = 0.25
    assert not widget.problem
    widget.steps = 2.5
    assert widget.problem == "steps is 2.5; it must be a whole number from 1 to 9."


def test_markup_escapes_all_but_markup():
    made = tag("p", "<b>", tag("i", "&"), None, ["x", Html("<br>")], class_="a", aria_label='"<', hidden=True, id=None)
    assert made == '<p class="a" aria-label="&quot;&lt;" hidden="">&lt;b&gt;<i>&amp;</i>x<br></p>'


def test_a_still_picture_keeps_every_word_and_loses_what_answers_to_keys():
    text = ' tabindex="0" role="button" aria-x data-a role >'
    made = tag("p", text, title=text, tabindex=0, role="button", data_set="x", data_axis="batch", aria_label="a name")
    page = Page(lifeless(tag("div", made, tag("svg", role="img", aria_label=text), aria_label="a name")))
    assert page.text == text
    assert page.elements == [("div", {}), ("p", {"title": text, "data-axis": "batch", "aria-label": "a name"}),
                             ("svg", {"role": "img", "aria-label": text})]


def test_a_still_picture_has_the_words_of_its_widget(make):
    widget = make()
    for name, value in (("n", 3), ("label", "the role of it"), ("prediction", "the role of"),
                        ("eng", "a role aria-x\ndata-set role"), ("sentence", "the role of data-x"),
                        ("own", "the role of")):
        if name in widget._controls:
            setattr(widget, name, value)
    assert widget.html and Page(lifeless(Html(widget.html))).text == Page(widget.html).text


# ------------------------------------------------------------ running a cell again

@pytest.fixture
def run(monkeypatch):
    """A function that runs code as a cell of a notebook would be."""
    runs = []

    def run(cell, code):
        runs.append(cell)
        monkeypatch.setattr(places, "_running", lambda: (cell, len(runs)))
        return code()

    yield run
    places._runs.clear()


def test_a_hundred_runs_leave_one_alive(make, run):
    before = alive()
    run("a", make)
    one = alive() - before
    for _ in range(100):
        last = run("a", make)
    assert alive() - before == one
    assert last.comm is not None
    last.close()
    assert alive() == before


def test_other_cells_and_other_widgets_of_a_cell_stay(run):
    first, second = run("a", lambda: (Trial(), Trial()))
    other = run("b", Trial)
    assert first.comm and second.comm and other.comm
    again = run("a", Trial)
    assert not first.comm and not second.comm and other.comm and again.comm


def test_the_state_is_kept_when_a_cell_runs_again(run):
    old = run("a", Trial)
    old.steps, old.word, old.cell = 7, "<run>", 2
    new = run("a", Trial)
    assert (new.steps, new.word, new.cell) == (7, "<run>", 2) and new.said == "7 steps of <run>"
    assert run("b", Trial).steps == 3
    assert run("a", lambda: Trial(steps=5)).steps == 5, "what the code says anew goes before"
    assert run("a", lambda: Trial(steps=5)).word == "<run>"


def test_a_state_that_no_longer_fits_is_dropped(run):
    run("a", Trial).word = 5
    assert run("a", Trial).word == "go"


def test_each_of_several_widgets_keeps_its_own_state(run):
    first, second = run("a", lambda: (Trial(), Trial()))
    first.steps, second.steps = 1, 2
    assert [widget.steps for widget in run("a", lambda: (Trial(), Trial()))] == [1, 2]


def test_outside_a_notebook_nothing_is_closed():
    assert places._running() == (None, None)
    one, two = Trial(), Trial()
    assert one.comm and two.comm


# --------------------------------------------------------------------- colours

def luminance(color):
    parts = [int(color[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, two):
    low, high = sorted([luminance(one), luminance(two)])
    return (high + 0.05) / (low + 0.05)


def mixed(one, two, share):
    parts = [(int(one[i:i + 2], 16) * (1 - share) + int(two[i:i + 2], 16) * share) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(part):02x}" for part in parts)


@pytest.mark.parametrize("name", AXIS_COLORS)
def test_axis_colours_are_readable_on_light_and_dark(name):
    color = AXIS_COLORS[name]
    assert contrast("#ffffff", color) >= 4.5, "as a fill under white text, and as text on white"
    share = int(re.search(r"--dye: white (\d+)%", base.style_sheet())[1]) / 100
    assert contrast(mixed(color, "#ffffff", share), "#212121") >= 4.5, "as text on JupyterLab's dark colours"


def test_cells_of_a_batch_are_readable_in_white():
    for kind in ("real", "eos", "unknown"):
        assert contrast("#ffffff", COLORS[kind]) >= 4.5


SHEETS = {path.stem: path.read_text(encoding="utf-8") for path in base.FOLDER.glob("*.css")}
CLASS = re.compile(r"s2s-[a-z](?:-?[a-z]+)*")


def classes(text):
    return set(CLASS.findall(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)))


@pytest.mark.parametrize("name", sorted(set(SHEETS) - {"front"}))
def test_the_classes_of_one_widget_begin_with_its_name(name):
    word = name.split("_")[0]
    own = classes(SHEETS[name]) - classes(SHEETS["front"])
    assert own and not {found for found in own if found != f"s2s-{word}" and not found.startswith(f"s2s-{word}-")}
    paths = [path for path in base.FOLDER.iterdir() if path.stem.startswith(word) and path.suffix in (".py", ".js")]
    code = "".join(path.read_text(encoding="utf-8") for path in paths)
    begun = tuple(re.findall(r"s2s-[a-z-]+(?=\{)", code))  # the rest of these is written when the widget is drawn
    assert not {found for found in own - classes(code) if not found.startswith(begun)}


def test_no_widget_uses_a_class_of_another():
    prefixes = {name: f"s2s-{name.split('_')[0]}" for name in SHEETS if name != "front"}
    for path in [*base.FOLDER.glob("*.py"), *base.FOLDER.glob("*.js")]:
        if path.stem == "still":  # it knows how large some parts of each are
            assert classes(path.read_text(encoding="utf-8")) <= set().union(*map(classes, SHEETS.values()))
            continue
        for name, prefix in prefixes.items():
            if not path.stem.startswith(name.split("_")[0]):
                found = classes(path.read_text(encoding="utf-8"))
                assert not {one for one in found if one == prefix or one.startswith(f"{prefix}-")}, (path.name, name)


def test_a_widget_has_the_shared_look_and_its_own_and_the_site_has_all():
    sheet = widgets.Translator._css
    assert SHEETS["front"] in sheet and SHEETS["translator"] in sheet and SHEETS["shape_inspector"] not in sheet
    assert all(rules in base.style_sheet() for rules in SHEETS.values())
    assert all(SHEETS[cls.__module__.rpartition(".")[2]] in cls._css for cls in (
        getattr(widgets, name) for name in widgets.__all__ if name not in ("LessonWidget", "progress")))
    assert Trial._css == base.style_sheet([])
    assert type("Mine", (widgets.Translator,), {})._css == sheet


def test_plus_and_minus_have_one_colour_each_in_every_widget():
    assert ".s2s .s2s-plus { --fill: var(--batch); }" in SHEETS["front"]
    assert ".s2s .s2s-minus { --fill: var(--num-steps); }" in SHEETS["front"]
    for name, rules in SHEETS.items():
        assert name == "front" or not re.search(r"s2s-(plus|minus)", rules)
    for widget in (widgets.ShapeInspector, widgets.DecoderStepper):
        assert re.search(r"path \{[^}]*(stroke|fill): var\(--fill\)", SHEETS[widget.__module__.rpartition(".")[2]])


@pytest.mark.parametrize("p, words", [(1, ">99%"), (0.9951, ">99%"), (0.994, "99%"), (0.5, "50%"), (0.01, "1%"),
                                      (0.0099, "1.0%"), (0.001, "0.1%"), (0.0009, "<0.1%"), (0, "<0.1%")])
def test_a_probability_is_written_coarsely_and_never_as_certain(p, words):
    assert percent(p) == words


def test_type_is_large_enough_to_be_projected():
    sizes = [float(size) for size in re.findall(r"font(?:-size)?:\s*(?:\w+ )?([\d.]+)px", base.style_sheet())]
    assert sizes and min(sizes) >= 14


# ------------------------------------------------------------------ batch explorer

def grid(widget):
    """The tokens and ids of the cells, in reading order."""
    return re.findall(r"<bdi>([^<]*)</bdi> <small>(\d+)</small>", widget.html)


def train_vocab(column, language, min_freq=2):
    pairs = load_corpus("eng-fra", "train")
    return Vocab([tokenize(pair[column], language) for pair in pairs], min_freq)


def test_the_batch_explorer_shows_what_the_library_computes():
    widget = widgets.BatchExplorer(eng="I lost.\nThey are watching.", num_steps=6)
    vocab = train_vocab(0, "eng")
    ids, valid_len = encode([tokenize(s, "eng") for s in ["I lost.", "They are watching."]], vocab, 6)
    assert [int(id_) for _, id_ in grid(widget)] == ids.flatten().tolist()
    assert re.findall(r'<td class="s2s-number">(\d+)</td>', widget.html) == [str(n) for n in valid_len.tolist()]
    assert widget.said.startswith("2 × 6 = 12 cells, 3 of them padding (25% wasted). No unknown tokens, no ")


def test_a_changed_word_becomes_unknown():
    widget = widgets.BatchExplorer(eng="They are watching.")
    assert ("&lt;unk&gt;", "0") not in grid(widget)
    widget.eng = "They are yodelling."
    assert grid(widget)[2] == ("&lt;unk&gt;", "0") and "1 unknown token" in widget.said
    widget.cell = [0, 2]
    assert "“yodelling” is not in the vocabulary; it was seen 0 times" in widget.html


def test_a_rare_word_is_cut_off_by_min_freq():
    vocab = train_vocab(0, "eng", 1)
    widget = widgets.BatchExplorer(eng=vocab.tokens[-1], min_freq=1)
    assert "No unknown tokens" in widget.said
    widget.min_freq = 9
    assert "1 unknown token" in widget.said


def test_a_sentence_that_is_cut_keeps_its_end():
    widget = widgets.BatchExplorer(eng="They are watching.", num_steps=3)
    assert [token for token, _ in grid(widget)] == ["they", "are", "&lt;eos&gt;"]
    assert "1 sentence cut" in widget.said and "watching ." in widget.html
    widget.num_steps = 1
    assert [token for token, _ in grid(widget)] == ["&lt;eos&gt;"]


def test_the_mask_is_one_on_real_cells():
    widget = widgets.BatchExplorer(eng="I lost.\nThey are watching.", cells="mask")
    shown = re.findall(r'data-at="[\d,]+"[^>]*>([01])</td>', widget.html)
    assert "".join(shown) == "111100" + "111110"


def test_drawn_sentences_are_a_batch_of_the_library():
    widget = widgets.BatchExplorer()
    for bucketed in (False, True):
        widget.bucketed = bucketed
        widget.another += 1
        sources = list(dict.fromkeys(source for source, _ in load_corpus("eng-fra", "train")))
        sources = sources[::math.ceil(len(sources) / 2000)]
        tokens = [tokenize(source, "eng") for source in sources]
        vocab = train_vocab(0, "eng", 1)
        rows = Batches([(t, t) for t in tokens], vocab, vocab, 6, bucket=bucketed).order(0)[widget.another]
        assert widget.eng.split("\n") == [sources[row] for row in rows]
        assert widget.num_steps == min(24, 1 + max(len(tokens[row]) for row in rows))


def test_bucketing_draws_anew_only_what_was_drawn():
    widget = widgets.BatchExplorer(eng="Mine.")
    widget.bucketed = True
    assert widget.eng == "Mine."
    widget.another += 1
    drawn = widget.eng
    widget.bucketed = False
    assert widget.eng != drawn


def test_each_language_keeps_its_text():
    widget = widgets.BatchExplorer(eng="Go.")
    widget.language = "fra"
    assert grid(widget)[0][0] == "va"
    ids, _ = encode([tokenize("Ils regardent.", "fra")], train_vocab(1, "fra"), 6)
    assert [int(id_) for _, id_ in grid(widget)][-6:] == ids.flatten().tolist()
    widget.language = "eng"
    assert widget.eng == "Go."


def test_a_thousand_lines_are_a_batch_of_twelve():
    widget = widgets.BatchExplorer(eng="Go.\n" * 1000)
    assert widget.said.startswith("12 × 6") and "988 are not" in widget.said


# ------------------------------------------------------------------- mask explorer

def test_the_mask_explorer_shows_the_loss_of_the_library():
    Y_hat, Y, valid_len, vocab = loss_batch()
    widget = widgets.MaskExplorer(Y_hat, Y, valid_len, vocab)
    loss = F.cross_entropy(Y_hat.flatten(0, 1), Y.flatten(), ignore_index=1)  # the mean over all but <pad>
    assert widget.said.startswith(f"Loss {loss:.2f}, perplexity {loss.exp():.2f}. 18 of 24 cells count.")
    assert "at the other 6 exactly 0." in widget.said


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("average", ["token", "steps", "sentence"])
def test_averages_and_gradients(average, masked):
    Y_hat, Y, valid_len, vocab = loss_batch()
    widget = widgets.MaskExplorer(Y_hat, Y, valid_len, vocab, average=average, masked=masked, cells="gradient")
    n = valid_len if masked else torch.full((3,), 8)
    scores = Y_hat.clone().requires_grad_()
    rows = [F.cross_entropy(scores[i, :n[i]], Y[i, :n[i]], reduction="sum") for i in range(3)]
    loss = {"token": sum(rows) / n.sum(), "steps": sum(row / 8 for row in rows) / 3,
            "sentence": sum(row / m for row, m in zip(rows, n)) / 3}[average]
    loss.backward()
    assert widget.said.startswith(f"Loss {loss:.2f},")
    shown = [float(value) for value in re.findall(r"<small>([\d.]+)</small>", widget.html)]
    assert_close(torch.tensor(shown), scores.grad.norm(dim=2).flatten(), rtol=0, atol=0.006)
    assert [value == 0 for value in shown] == [step >= m for m in n.tolist() for step in range(8)]


def test_valid_lengths_can_be_dragged_and_come_back():
    widget = widgets.MaskExplorer(*loss_batch())
    before = widget.html
    widget.lengths = [3, 6, 8]
    assert "17 of 24 cells" in widget.said and "nothing asks the model to stop" in widget.html
    widget.lengths = [7, 6, 8]
    assert "21 of 24 cells" in widget.said and "3 cells of padding count" in widget.html
    widget.true_lengths += 1
    assert widget.lengths == [4, 6, 8] and widget.html == before


def test_the_darkest_cell_counts_and_only_masked_cells_are_exactly_zero():
    Y_hat, Y, valid_len, vocab = loss_batch()
    Y_hat[0, 6, 1] -= 99  # a loss of padding that would outshine all words
    Y_hat[1, 0, Y[1, 0]] += 99  # a word with next to no loss
    for cells in ("loss", "gradient"):
        html = widgets.MaskExplorer(Y_hat, Y, valid_len, vocab, cells=cells).html
        assert "--heat:1.00" in html
        assert html.count("<small>0</small>") == 6 and "<small>≈ 0</small>" in html
    assert "--heat:1.00" in widgets.MaskExplorer(Y_hat, Y, valid_len, vocab, masked=False).html


def test_the_handles_stand_at_the_valid_lengths():
    elements = Page(widgets.MaskExplorer(*loss_batch()).html).elements
    knobs = [attributes for _, attributes in elements if attributes.get("role") == "slider"]
    assert [(knob["aria-valuenow"], knob["aria-valuemin"], knob["aria-valuemax"]) for knob in knobs] == [
        ("4", "1", "8"), ("6", "1", "8"), ("8", "1", "8")]
    without = Page(widgets.MaskExplorer(*loss_batch(), masked=False).html).elements
    assert not [1 for _, attributes in without if attributes.get("role") == "slider"]


def test_wrong_lengths_are_answered_with_a_sentence():
    widget = widgets.MaskExplorer(*loss_batch())
    for lengths in ([0, 6, 8], [4, 6], [4, 6, 9]):
        widget.lengths = lengths
        assert widget.problem.startswith("valid_len")
    widget.true_lengths += 1
    assert not widget.problem


def test_the_mask_explorer_leaves_the_scores_alone():
    Y_hat, Y, valid_len, vocab = loss_batch()
    Y_hat.requires_grad_()
    widgets.MaskExplorer(Y_hat * 1, Y, valid_len, vocab).average = "steps"
    assert Y_hat.grad is None
    with pytest.raises(ValueError, match="pass a part"):
        widgets.MaskExplorer(torch.zeros(40, 5, 9), torch.zeros(40, 5, dtype=torch.long), torch.ones(40), vocab)
