"""The plots: every series is drawn and can be told from the others, Chinese is drawn, and pictures are small."""

import base64
import os
import re
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch

from seq2seq_lib import BatchRecord, History, Vocab, data_folder, plots, read_pairs
from seq2seq_lib.style import AXIS_COLORS, CARD, CHINESE_FONT, COLORS, DARK, FAINT, FONT, INK, PALE

LIBRARY = Path(plots.__file__).parent
CHINESE = ["我们", "赢了", "。", "<eos>"]


def history(num_epochs=3):
    made = History()
    made.batches = [BatchRecord(epoch, 10.0 / (epoch + 1), 5, 1.0, 0.1) for epoch in range(num_epochs)]
    made.valid_losses = [2.5 / (epoch + 1) for epoch in range(num_epochs)]
    return made


def curve(name):
    return {"name": name, "x": [1, 2], "loss": [5.0, 2.0], "norm": [1.0, 0.5], "speed": [100, 90], "valid": [[2, 2.5]]}


def series(n):
    return [f"series {i}" for i in range(n)]


SEVERAL = {  # how to draw n series
    "plot_lines": lambda n: plots.plot_lines({name: {0: i, 1: i + 1} for i, name in enumerate(series(n))}, "x", "y"),
    "plot_intervals": lambda n: plots.plot_intervals(
        {name: {"a": (i, i - 1, i + 2), "b": (i, i - 1, i + 2)} for i, name in enumerate(series(n))}, "x", "y"),
    "plot_history": lambda n: plots.plot_history({name: history() for name in series(n)}),
    "plot_map": lambda n: plots.plot_map(torch.arange(4.0 * n).view(2 * n, 2) ** 2, 2 * series(n), 2 * series(n)),
}


@pytest.fixture
def figures(monkeypatch):
    """The figures that are drawn, with their texts, instead of pictures."""
    import matplotlib.pyplot as plt

    drawn = []
    monkeypatch.setattr(plots, "picture", lambda figure, alt: drawn.append((figure, alt)))
    yield drawn
    plt.close("all")


def looks(figure):
    """The look of each series in the legend: colour, marker, whether that is filled, and line style."""
    found = {}
    for handle, label in zip(*figure.axes[0].get_legend_handles_labels()):
        line = handle[0] if isinstance(handle, tuple) else handle  # of an error bar
        filled = line.get_markerfacecolor() == line.get_color()
        found[label] = line.get_color(), line.get_marker(), filled, line.get_linestyle()
    return found


def test_lines_are_put_in_words_by_their_ends_or_as_one_says(figures):
    for said in ["", "it rises"]:
        plots.plot_lines({"loss": {1: 4.0, 3: 2.0}}, "step", "nats", "A title", said)
    assert [alt for _, alt in figures] == ["A title. Lines of nats over step: loss goes from 4 at 1 to 2 at 3.",
                                           "A title. Lines of nats over step: it rises."]


@pytest.mark.parametrize("n", [1, 2, 6, 7, 8, 13, 24])
@pytest.mark.parametrize("name", SEVERAL)
def test_every_series_is_drawn_and_has_a_look_of_its_own_with_and_without_its_colour(figures, name, n):
    SEVERAL[name](n)
    (figure, alt), = figures
    found = looks(figure)
    per_series = 2 if name == "plot_history" else 1  # training and validation
    assert len(found) == len(set(found.values())) == per_series * n
    assert len({look[1:] for look in found.values()}) > min(per_series * n, 14) - 1
    assert all(name in alt for name in series(n))


@pytest.mark.parametrize("name", SEVERAL)
def test_the_first_six_series_look_as_in_all_lessons(figures, name):
    SEVERAL[name](6)
    (figure, _), = figures
    found = [look for label, look in looks(figure).items() if not label.endswith("validation")]
    assert [look[0] for look in found] == [*AXIS_COLORS.values()]
    assert "".join(look[1] for look in found) == "os^Dvx"
    assert len({look[3] for look in found}) == 1


@pytest.mark.parametrize("n", [1, 4, 5, 8, 20])
def test_error_bars_stay_with_their_label(figures, n):
    SEVERAL["plot_intervals"](n)
    ax = figures[0][0].axes[0]
    places = sorted(x for container in ax.containers for x in container[0].get_xdata())
    assert -0.5 < places[0] <= places[n - 1] < 0.5 < places[n] < 1.5
    assert len({round(place, 6) for place in places}) == 2 * n


def test_one_history_is_drawn_in_the_colours_of_training_and_validation(figures):
    plots.plot_history(history())
    assert {label: look[1:] for label, look in looks(figures[0][0]).items()} == {
        "training": ("o", True, "-"), "validation": ("s", True, "--")}
    assert "training falls from 2.0 to 0.7" in figures[0][1]


@pytest.mark.parametrize("scale", ["linear", "log"])
@pytest.mark.parametrize("n", [1, 2, 7, 12])
def test_the_number_of_a_run_stands_at_the_end_of_its_curve(figures, monkeypatch, n, scale):
    """Colours come back after six runs; the numbers are those of the names below the picture."""
    monkeypatch.setattr(plots, "picture", lambda figure, alt: figures.append((figure, alt))
                        or plots.Picture("", alt))
    shown = plots.plot_curves([curve(name) for name in series(n)], scale=scale)
    ax = figures[0][0].axes[0]
    colors = list(AXIS_COLORS.values())
    assert {text.get_text(): text.get_color() for text in ax.texts} == {str(i + 1): colors[i % 6] for i in range(n)}
    figures[0][0].draw_without_rendering()
    boxes = sorted((text.get_window_extent() for text in ax.texts), key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 for low, high in zip(boxes, boxes[1:]))  # none stands on another
    end, line = ax.transData.transform((2, 2.0))[1], ax.lines[0].get_xydata()[-1].tolist()
    assert line == [2, 2.0] and abs((boxes[0].y0 + boxes[0].y1) / 2 - end) < 4
    assert f'alt="Legend: {", ".join(f"{i + 1} series {i}" for i in range(n))}"' in shown.html


@pytest.mark.parametrize("name, n", [("plot_lines", 1), ("plot_lines", 8), ("plot_history", 1), ("plot_history", 4)])
def test_the_name_of_a_line_stands_beside_its_end_in_its_colour(figures, name, n):
    SEVERAL[name](n)
    (figure, _), = figures
    ax = figure.axes[0]
    colors = {label: look[0] for label, look in looks(figure).items()}
    assert {text.get_text(): text.get_color() for text in ax.texts} == colors and ax.get_legend() is None
    figure.draw_without_rendering()
    boxes = sorted((super(type(text), text).get_window_extent() for text in ax.texts), key=lambda box: box.y0)
    assert all(box.x0 >= ax.get_window_extent().x1 for box in boxes)
    assert all(low.y0 + 13 < high.y0 for low, high in zip(boxes, boxes[1:]))  # none stands on another
    assert boxes[-1].y1 <= ax.get_window_extent().y1 + 12


def test_lines_without_an_end_have_no_name(figures):
    made = history()
    made.valid_losses[-1] = float("nan")
    plots.plot_history(made)
    assert [text.get_text() for text in figures[0][0].axes[0].texts] == ["training"]


def test_the_names_of_many_lines_stand_in_a_legend_beside_them(figures):
    for name in ("plot_lines", "plot_history"):
        SEVERAL[name](9)
        figure, _ = figures.pop()
        figure.draw_without_rendering()
        assert not figure.axes[0].texts
        assert figure.axes[0].get_legend().get_window_extent().x0 >= figure.axes[0].get_window_extent().x1


@pytest.mark.parametrize("label, most, top", [("right words (%)", 99.5, 100), ("right words (%)", 60, 100),
                                              ("right words (%)", 30, None), ("words", 99, None)])
def test_percentages_go_to_a_hundred(figures, label, most, top):
    plots.plot_lines({"a": {0: 10, 1: most}}, "step", label)
    ax = figures[0][0].axes[0]
    if top:
        assert ax.get_ylim() == (0, 100) and 100 in ax.get_yticks()
    else:
        assert ax.get_ylim()[1] < 1.2 * most


def test_a_run_without_a_loss_has_no_number(figures, monkeypatch):
    monkeypatch.setattr(plots, "picture", lambda figure, alt: figures.append((figure, alt))
                        or plots.Picture("", alt))
    plots.plot_curves([{**curve("a"), "loss": [None, None]}, curve("b")])
    assert [text.get_text() for text in figures[0][0].axes[0].texts] == ["2"]


# ---------------------------------------------------------------- maps of attention

WEIGHTS = torch.tensor([[0.9, 0.06, 0.04], [0.02, 0.3, 0.68]])


def test_a_map_of_attention_has_a_cell_for_each_weight_as_strong_as_it(figures):
    plots.plot_attention(WEIGHTS, ["a", "b", "c"], ["x", "y"])
    (figure, alt), = figures
    ax = figure.axes[0]
    cells = {(round(cell.get_x() + 0.47), round(cell.get_y() + 0.46)): cell.get_alpha() for cell in ax.patches}
    assert cells == {(c, r): pytest.approx(WEIGHTS[r, c].item() / 2) for r in range(2) for c in range(3)}
    assert [text.get_text() for text in ax.texts] == [".90", ".06", ".30", ".68"]  # below 0.05 there is none
    assert "x looks at a 0.9, y looks at c 0.7" in alt and "2 words by 3" in alt


def test_maps_side_by_side_have_names_and_padding_is_left_out(figures):
    wide = torch.nn.functional.pad(WEIGHTS, (0, 2, 0, 1), value=0.99)
    plots.plot_attention({"one": wide, "two": wide.flip(0)[1:]}, ["a", "b", "c"], ["x", "y"])
    (figure, alt), = figures
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["one", "two"]
    assert [len(ax.patches) for ax in figure.axes] == [6, 6]
    assert "one: x looks at a 0.9, y looks at c 0.7; two: x looks at c 0.7, y looks at a 0.9" in alt


def test_a_wide_map_has_no_numbers_and_an_empty_cell_is_not_drawn(figures):
    plots.plot_attention(torch.eye(13), [*"abcdefghijklm"], [*"abcdefghijklm"])
    ax = figures[0][0].axes[0]
    assert [cell.get_alpha() for cell in ax.patches] == 13 * [1] and not ax.texts


# ---------------------------------------------------------------- Chinese

VOCAB = Vocab([CHINESE[:3]])
WITH_CHINESE = {
    "plot_losses": lambda: plots.plot_losses(CHINESE, [1.0, 2.0, 0.5, 0.1], counted=4),
    "plot_batch": lambda: plots.plot_batch(torch.tensor([VOCAB[CHINESE]]), VOCAB, "文"),
    "plot_states": lambda: plots.plot_states(CHINESE, num_layers=2),
    "plot_map": lambda: plots.plot_map(torch.eye(3, 2), ["谁 ？", "我 。", "你 ！"], ["问", "答", "答"], title="句子"),
    "plot_lines": lambda: plots.plot_lines({"我": {0: 1, 1: 2}}, "词", "多少", "每一步"),
    "plot_attention": lambda: plots.plot_attention(torch.eye(4), CHINESE, CHINESE, "句子"),
    "plot_bars": lambda: plots.plot_bars({"我": 0.5, "你": 0.25}, "词", "多少"),
    "plot_intervals": lambda: plots.plot_intervals({"短": {"我": (2, 1, 3)}, "长": {"我": (2, 1, 3)}}, "词", "多少"),
    "plot_lengths": lambda: plots.plot_lengths({"中文": [1, 2, 2]}),
    "plot_history": lambda: plots.plot_history({"中文": history()}),
    "plot_curves": lambda: plots.plot_curves([curve("中文"), curve("我")]),
}


@pytest.mark.parametrize("name", WITH_CHINESE)
def test_chinese_is_drawn_without_a_warning(name, caplog):
    """Of a character that no font has, matplotlib draws a box and warns; of a font that it lacks, it logs."""
    with warnings.catch_warnings(action="error"):
        assert WITH_CHINESE[name]().html.startswith("<img")
    assert not caplog.records


def test_the_font_has_the_characters_of_the_corpus_and_no_others():
    """If this fails after a change of the corpus: make font."""
    from fontTools.ttLib import TTFont

    font = TTFont(LIBRARY / "fonts" / "chinese.otf")
    corpus = {ord(sign) for _, target in read_pairs(data_folder() / "eng-zho.tsv") for sign in target}
    assert set(font.getBestCmap()) == {sign for sign in corpus if sign > 127}
    assert "SIL Open Font License" in font["name"].getDebugName(13)
    assert "SIL OPEN FONT LICENSE Version 1.1" in (LIBRARY / "fonts" / "OFL.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("source", [Path("nowhere.ttc"), LIBRARY / "fonts" / "chinese.otf"])
def test_the_command_that_makes_the_font_says_which_one_it_needs(source):
    before = (LIBRARY / "fonts" / "chinese.otf").read_bytes()
    run = subprocess.run([sys.executable, LIBRARY.parent / "data" / "make_font.py", source], capture_output=True,
                         text=True, env=os.environ | {"PYTHONPATH": str(LIBRARY.parent)})
    assert run.returncode == 1 and run.stderr.startswith(str(source)) and "Noto" in run.stderr
    assert (LIBRARY / "fonts" / "chinese.otf").read_bytes() == before


def test_drawing_again_adds_no_second_font():
    from matplotlib import font_manager

    def count():
        return sum(font.name == CHINESE_FONT for font in font_manager.fontManager.ttflist)

    for _ in range(3):
        WITH_CHINESE["plot_bars"]()
    assert count() == 1


def test_what_is_no_code_is_packed_with_the_library():
    packed = tomllib.loads((LIBRARY.parent / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    files = {file for package, patterns in packed["package-data"].items() for pattern in patterns
             for file in (LIBRARY.parent / package.replace(".", "/")).glob(pattern)}
    others = {file for file in LIBRARY.rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc")}
    assert files == others and len(others) >= 5


# ---------------------------------------------------------------- pictures

def svg_of(shown):
    """The SVG of a picture."""
    return base64.b64decode(re.search(r"svg\+xml;base64,([^\"]+)", shown.html).group(1)).decode()


def test_numbers_beside_an_axis_keep_their_digits_and_coordinates_lose_theirs():
    svg = svg_of(plots.plot_lines({"a": {0: 0.0, 1: 0.0027}}, "x", "y"))
    words = [text.text for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert {"0.0000", "0.0010", "0.0025"} <= set(words)
    assert not re.search(r" d=\"[^\"]*\.\d{3}", svg)


def test_a_picture_is_an_svg_and_its_text_is_escaped():
    figure, ax = plots.axes("x < y", "y")
    ax.plot([1, 2], label='a "b" <c>')
    shown = plots.picture(figure, 'a "b" <c>')
    assert shown.alt == 'a "b" <c>' and 'alt="a &quot;b&quot; &lt;c&gt;"' in shown.html
    root = ElementTree.fromstring(svg_of(shown))
    assert root.find("{http://www.w3.org/2000/svg}title").text == shown.alt
    assert shown._repr_html_().startswith(' \n<figure style="margin: 0"><img ') and "<style>" in shown._repr_html_()


@pytest.mark.parametrize("name", WITH_CHINESE)
def test_a_picture_is_the_same_each_time_in_the_drawings_font_and_has_only_colours_that_a_dark_page_changes(name):
    svg = svg_of(WITH_CHINESE[name]())
    assert svg == svg_of(WITH_CHINESE[name]()) and len(svg) < 30_000
    assert f'font-family="{FONT}"' in svg and "DejaVu" not in svg and "base64" not in svg
    drawn = svg.partition("</style>")[2]
    assert set(re.findall(r"#[0-9A-Fa-f]{6}\b", re.sub(r"var\(--c(\w{6}),#\1\)", "", drawn))) == set()
    assert not re.search(r'"(?:white|black)"', drawn)


def test_a_batch_has_the_axes_colours_at_its_edges_and_a_large_one_stays_small():
    svg = svg_of(plots.plot_batch(torch.full((64, 14), 5), VOCAB, "A batch"))
    for word, axis in (("step", "num_steps"), ("sentence", "batch")):
        color = AXIS_COLORS[axis]
        assert re.search(rf'fill: var\(--c{color[1:]},{color}\)"[^>]*>{word}<', svg)
    assert len(svg) < 80_000


def contrast(one, other):
    """The ratio of the luminances of two colours, by WCAG 2."""
    def luminance(color):
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted([luminance(one), luminance(other)], reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("color", [*AXIS_COLORS.values(), INK, FAINT])
def test_every_colour_can_be_read_on_its_card_and_what_is_written_on_it_too(color):
    assert contrast(color, CARD) >= 4.5 and contrast(DARK[color], DARK[CARD]) >= 4.5


@pytest.mark.parametrize("ground", [COLORS["padding"], PALE])
def test_what_stands_on_padding_can_be_read(ground):
    assert contrast(INK, ground) >= 4.5 and contrast(DARK[INK], DARK[ground]) >= 4.5
