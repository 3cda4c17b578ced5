"""What a newcomer sees first: the lessons of a fresh clone, which JupyterLab and GitHub do not trust, before any run.

An untrusted notebook is sanitised: of its outputs no SVG, style, class, id or script is shown.
"""

import os
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from browser import PROJECT, Lesson, chromium, lab, missing
from helpers import toy_experiments, toy_net, toy_vocabs
from lessons import FOLDER, notebooks
from nbformat.sign import NotebookNotary
from PIL import Image
from test_widgets import MAKERS

from seq2seq_lib import widgets
from seq2seq_lib.drawings import drawings
from seq2seq_lib.heard import heard_table

PATHS = notebooks()
KEPT_ATTRIBUTES = set("alt colspan dir height href lang open rowspan src title width".split())
LOST_TAGS = {"script", "style", "textarea", "title"}  # with what stands in them; of other tags the text stays
PNG = b"\x89PNG\r\n"


class Sanitised(HTMLParser):
    """HTML as an untrusted notebook shows it: `images` is a list of attributes, `text` what else can be read.

    `drawn` counts what the HTML meant to draw: images, SVG, and the drawings of widgets.
    """

    def __init__(self, html):
        super().__init__()
        self.images, self.text, self.drawn, self.lost = [], "", 0, []
        self.feed(html)
        self.close()

    def handle_starttag(self, name, attributes):
        attributes = dict(attributes)
        self.drawn += name in ("img", "svg", "canvas") or "s2s-drawing" in attributes.get("class", "")
        if name in LOST_TAGS:
            self.lost.append(name)
        elif name == "img":
            self.images.append({key: value for key, value in attributes.items() if key in KEPT_ATTRIBUTES})

    def handle_endtag(self, name):
        if name in self.lost:
            self.lost.remove(name)

    def handle_data(self, text):
        self.text += "" if self.lost else text


def lost_pictures(html):
    """Yield what is wrong with the pictures of an output when it is not trusted."""
    page = Sanitised(html)
    if len(page.images) != page.drawn:
        yield f"of {page.drawn} pictures {len(page.images)} are left"
    for image in page.images:
        if len(image.get("alt", "")) < 10:
            yield "a picture does not say what it shows"
        kind, _, data = image.get("src", "").partition(";base64,")
        if kind == "data:image/png" and b64decode(data).startswith(PNG):
            continue
        if kind != "data:image/svg+xml":
            yield f"a picture of {kind[:40]}"
            continue
        for element in ElementTree.fromstring(b64decode(data)).iter():
            if element.tag.endswith("script") or any(key.startswith("on") for key in element.attrib):
                yield "a script in a picture"
            said = " ".join([*element.attrib.values(), element.text or ""])
            if re.search(r"url\((?!#)|https?://(?!www\.w3\.org/)", said):
                yield "a picture that loads something"


def outputs(path):
    """The HTML outputs of a notebook, each with the id of its cell."""
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                yield cell.id, output.data["text/html"]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.relative_to(FOLDER).with_suffix("").as_posix())
def test_every_picture_of_a_lesson_is_seen_without_trust(path):
    assert [(cell, wrong) for cell, html in outputs(path) for wrong in lost_pictures(html)] == []


@pytest.mark.parametrize("html, complaint", [
    ('<div><svg role="img" aria-label="Road map: text"><text>text</text></svg></div>', "of 1 pictures 0 are left"),
    ('<div class="s2s"><style>p {}</style><div class="s2s-drawing"><table></table></div></div>', "of 1 pictures 0"),
    ('<img src="data:image/png;base64,iVBORw0K">', "does not say"),
    ('<img alt="Bars of the loss" src="https://example.org/x.png">', "a picture of https"),
    (f'<img alt="Bars of the loss" src="data:image/svg+xml;base64,{"PHNjcmlwdC8+"}">', "a script"),
])
def test_a_picture_that_would_be_lost_is_noticed(html, complaint):
    assert complaint in " ".join(lost_pictures(html))


def test_the_names_of_curves_are_seen_without_trust():
    pages = [Sanitised(html) for path in PATHS for _, html in outputs(path) if 'alt="Curves of ' in html]
    assert pages and all(page.images[1]["alt"].startswith("Legend: 1 ") for page in pages)


def test_what_is_read_beside_a_still_picture_is_its_title_its_settings_and_a_sentence():
    (html,) = [html for cell, html in outputs(FOLDER / "00_start_here.ipynb") if cell == "a11"]
    page = Sanitised(html.replace("</p>", "</p>\n"))
    assert page.text.splitlines() == [
        "Translator", "Type a sentence in English: They are watching. · Translate: English → French",
        "French: Ils regardent. Least sure of “ils”, 67%. No unknown token.",
        "A still picture. Run the cell to try it yourself."]
    assert page.images[0]["alt"].startswith("Translator. French: Ils regardent.")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.relative_to(FOLDER).with_suffix("").as_posix())
def test_the_text_has_the_pictures_that_are_made_and_says_what_they_show(path):
    made = drawings()
    text = "\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")
    shown = re.findall(r"^!\[(.*?)\]\(images/([\w.]+)\)$", text, re.MULTILINE)
    assert len(shown) == text.count("![")
    for alt, name in shown:
        assert alt == made[name].alt, f"{name}: copy its alternative text from drawings()"
    if path.parent == FOLDER:
        assert re.match(r"# .*\n\n\*.*\*\n\n!\[Road map", text), "a lesson begins with its title and the road map"


def test_every_picture_that_is_made_is_in_a_lesson():
    text = "".join(path.read_text(encoding="utf-8") for path in PATHS)
    assert [name for name in drawings() if f"(images/{name})" not in text] == []


def test_the_lessons_are_trusted_by_make_lab_and_not_changed(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "notebooks", ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    before = {path: path.read_bytes() for path in (tmp_path / "notebooks").rglob("*.*")}
    recipe = (PROJECT / "Makefile").read_text(encoding="utf-8").partition("\nlab: ")[2].partition("\n\n")[0]
    command = re.search(r"\$\(BIN\)/jupyter (trust .*)", recipe).group(1)
    assert recipe.index("jupyter trust") < recipe.index("jupyter lab")
    environment = os.environ | {
        "JUPYTER_DATA_DIR": str(tmp_path / "data"), "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(f"jupyter {command}", shell=True, cwd=tmp_path, env=environment, check=True, capture_output=True)
    notary = NotebookNotary(data_dir=str(tmp_path / "data"))
    for path in PATHS:
        copy = tmp_path / "notebooks" / path.relative_to(FOLDER)
        assert notary.check_signature(nbformat.read(copy, as_version=4)), path
    assert {path: path.read_bytes() for path in before} == before
    readme = (PROJECT / "README.md").read_text(encoding="utf-8")
    windows = next(line for line in readme.splitlines() if "py -m venv" in line)
    assert windows.index(r"jupyter trust (Get-ChildItem notebooks -Recurse") < windows.index("jupyter lab")


# ---------------------------------------------------------------- in a browser

needs_chromium = pytest.mark.skipif(bool(missing()), reason=str(missing()))
BUSY = {  # widgets that draw more than in their first state
    "a full batch": lambda: widgets.BatchExplorer(eng="They took the little cat to the animal center.\n" * 12,
                                                  num_steps=24),
    "masks": lambda: widgets.BatchExplorer(cells="mask"),
    "trigrams": lambda: widgets.BleuExplorer(n=3, label="the role of it is of use to the reader of this",
                                             prediction="the role of the reader is to use it"),
    "a case": lambda: widgets.CaseFile(case=3, uncovered=[4] * 30, guess="net"),
    "a solved case": lambda: widgets.CaseFile(case=4, uncovered=[5] * 30, guess="net"),
    "large tensors": lambda: widgets.ShapeInspector(rnn="lstm", batch=8, src_steps=12, tgt_steps=12, num_hiddens=32),
    "halves that do not fit": lambda: widgets.ShapeInspector(alike=False, dec_hiddens=8),
    "a quiz": lambda: widgets.ShapeInspector(quiz=True),
    "a long sentence": lambda: widgets.Translator(
        sentence="My brother is reading a zebra in the garden and they took the little cat to the animal center."),
    "a sentence that is new": lambda: widgets.Translator(toy_net().eval(), *toy_vocabs(), 7, sentence="g f e d c b a",
                                                         heard=heard_table([])),
    "Chinese": lambda: widgets.Translator(direction="eng-zho"),
    "attention in lines": lambda: widgets.AttentionExplorer(view="lines", padding=3, masked=False, weights="even"),
    "attention to a long sentence": lambda: widgets.AttentionExplorer(
        sentence="My brother is reading a zebra in the garden and they took the cat."),
    "the translator of part two": lambda: widgets.Translator(attention=True, beam_size=4),
    "a beam of 8": lambda: widgets.BeamExplorer(beam_size=8, shown=30, alpha=1.0),
    "a long search": lambda: widgets.BeamExplorer(
        sentence="My brother is reading a zebra in the garden and they took the cat.", beam_size=3, shown=30),
    "what a beam lost": lambda: widgets.BeamExplorer(shown=8, picked=[4, 2], followed=[[4, 2]]),
    "runs of an experiment": lambda: widgets.ExperimentBoard(*toy_experiments(), guesses=[["more", "holds here"]]),
    "an experiment's seed": lambda: widgets.ExperimentBoard(*toy_experiments(), claim="length", seed="2",
                                                            guesses=[["length", "cannot tell here"]]),
    "differences of differences": lambda: widgets.ExperimentBoard(
        *toy_experiments(), comparison="twice as much gains more", guesses=[["more", "holds here"]]),
    "a learning curve": lambda: widgets.ExperimentBoard(*toy_experiments(), view="learning curve",
                                                        guesses=[["more", "holds here"]]),
    "a label": lambda: widgets.DecoderStepper(mode="train"),
    "where it leads": lambda: widgets.DecoderStepper(leads=True),
}
ROOM = """() => {
    const box = document.querySelector("foreignObject").getBoundingClientRect();
    const drawing = document.querySelector(".s2s-drawing");
    const seen = [...drawing.querySelectorAll("td, th, svg, i, p")];
    const texts = document.createTreeWalker(drawing, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const range = document.createRange();
        range.selectNode(texts.currentNode);
        seen.push(range);
    }
    const ends = seen.map(one => one.getBoundingClientRect()).filter(one => one.width && one.height);
    return [Math.max(...ends.map(one => one.right)) - box.left, box.width,
            Math.max(...ends.map(one => one.bottom)) - box.top, box.height];
}"""


def stills():
    """Every still picture of the lessons, and of each widget in its first state and busy ones: a name and its SVG."""
    shown = [(f"{path.stem} {cell}", html) for path in PATHS for cell, html in outputs(path)
             if "A still picture" in html]
    makers = {name: make for name, make in (MAKERS | BUSY).items() if name != "Trial"}
    for name, html in [*shown, *((name, str(make().still())) for name, make in makers.items())]:
        (data,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]*)"', html)
        yield name, b64decode(data).decode()


@pytest.mark.browser
@needs_chromium
def test_a_still_picture_has_room_for_its_drawing_and_not_much_more():
    wrong, found = [], list(stills())
    assert len(found) > 25
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        for name, svg in found:
            page.set_content(svg)
            right, width, bottom, height = page.evaluate(ROOM)
            if right > width or not 0.75 * height <= bottom <= height:
                wrong.append(f"{name}: {right:.0f} of {width:.0f} wide, {bottom:.0f} of {height:.0f} high")
    assert not wrong, "\n".join(wrong)


@pytest.mark.browser
@needs_chromium
def test_a_fresh_lesson_shows_its_pictures_before_any_cell_is_run(tmp_path):
    (tmp_path / "notebooks").mkdir()
    shutil.copy(FOLDER / "00_start_here.ipynb", tmp_path / "notebooks")
    shutil.copytree(FOLDER / "images", tmp_path / "notebooks" / "images")
    with lab(tmp_path / "notebooks", tmp_path / "lab") as url, chromium() as browser, \
            Lesson(browser, url, "00_start_here.ipynb", (1280, 900)) as lesson:
        trusted = "() => [...window.jupyterapp.shell.currentWidget.content.model.cells].some(cell => cell.trusted)"
        assert not lesson.page.evaluate(trusted)
        lesson.page.wait_for_function("""() => {
            const images = [...document.querySelectorAll(".jp-Notebook .jp-Cell img")];
            return images.length >= 4 && images.every(image => image.complete);
        }""")
        images = lesson.page.locator(".jp-Notebook .jp-Cell img").evaluate_all("""nodes => nodes.map(image => {
            const box = image.closest(".jp-RenderedHTMLCommon").getBoundingClientRect();
            const shown = image.getBoundingClientRect();
            return { alt: image.alt.slice(0, 30), visible: image.checkVisibility(), room: box.width, wide: shown.width,
                     high: shown.height, drawn: image.naturalWidth, natural: image.naturalHeight };
        })""")
        assert [image["alt"] for image in images] == [alt[:30] for alt in (
            drawings()["road_map_your_translator.svg"].alt, "Translator. French: Ils regardent.",
            drawings()["encoder_decoder.svg"].alt, drawings()["tasks.svg"].alt)]
        for image in images:
            assert image["drawn"] > 500 and image["visible"] and 500 < image["wide"] <= image["room"], image
            assert abs(image["high"] / image["natural"] - image["wide"] / image["drawn"]) < 0.01, "out of shape"
        shown = lesson.page.locator(".jp-OutputArea .jp-RenderedHTMLCommon", has_text="A still picture.")
        assert shown.locator("svg, td").count() == 0
        lines = [line for line in shown.inner_text().splitlines() if line.strip()]
        assert len(lines) == 4 and lines[0] == "Translator", "loose words of a drawing"
        for theme in ("Light", "Dark"):  # dark ink on a light card; the pictures in the text turn round in the dark
            lesson.theme(theme)
            for image in lesson.page.locator(".jp-Notebook .jp-Cell img").all():
                photo = Image.open(BytesIO(image.screenshot())).convert("L")
                middle = photo.crop((20, 10, photo.width - 20, photo.height - 10)).histogram()
                turned = theme == "Dark" and image.evaluate("image => Boolean(image.closest('.jp-MarkdownCell'))")
                card, ink = (middle[:60], middle[200:]) if turned else (middle[240:], middle[:60])
                assert sum(card) > sum(middle) / 3 and sum(ink) > 300, theme
