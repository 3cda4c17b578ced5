"""The slides: every cell has its place, nothing comes from elsewhere, and each slide fits the screen."""

import re
from base64 import b64decode

import nbformat
import pytest
from browser import chromium, missing, npm_package
from lessons import lessons
from make_slides import deck, main, smallest_letters
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

pytestmark = pytest.mark.site

SMALLEST = 18  # pixels of type on a slide that is 720 high


@pytest.fixture(scope="module")
def slides(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slides")
    npm_package("reveal.js")
    main(folder)
    return folder


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.stem)
def test_every_cell_of_a_lesson_has_its_place(lesson):
    cells = nbformat.read(lesson.path, as_version=4).cells
    types = [cell.metadata.get("slideshow", {}).get("slide_type") for cell in cells]
    assert set(types) <= {"slide", "subslide", "fragment", "skip", "notes", "-"}, "a cell has no slide metadata"
    assert types[0] == "slide" and types.count("slide") >= 4


@pytest.fixture(scope="module")
def page():
    if missing():
        pytest.skip(missing())
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        yield context.new_page()
        context.close()


MEASURE = """() => [...document.querySelectorAll(".fit")].map(box => {
    const section = box.parentElement, unit = Reveal.getScale();
    section.hidden = section.parentElement.hidden = false;
    section.style.display = section.parentElement.style.display = "block";
    const slide = { text: box.innerText.trim().slice(0, 70), small: [], cells: box.querySelectorAll(".cell").length,
        height: box.getBoundingClientRect().height / unit, width: box.scrollWidth * box.dataset.scale, pictures: [] };
    const shrunk = box.getBoundingClientRect().width / box.offsetWidth / unit;
    const texts = document.createTreeWalker(box, NodeFilter.SHOW_TEXT), nodes = [];
    while (texts.nextNode()) nodes.push(texts.currentNode);
    for (const text of nodes) {
        const node = text.parentElement, said = text.textContent.trim();
        if (!said || !node.checkVisibility() || !node.getClientRects().length || node.closest("math")) continue;
        let size;
        if (node.closest("svg")) {
            const turned = node.getAttribute("transform")?.includes("rotate"), shown = node.getBoundingClientRect();
            size = parseFloat(getComputedStyle(node).fontSize) * (turned ? shown.width : shown.height)
                / node.getBBox().height / unit;
        } else size = parseFloat(getComputedStyle(node).fontSize) * node.currentCSSZoom * shrunk;
        if (size < %s) slide.small.push([Math.round(10 * size) / 10, said.slice(0, 40)]);
    }
    for (const image of box.querySelectorAll("img")) slide.pictures.push(
        { source: image.getAttribute("src"), alt: image.alt.slice(0, 40), natural: image.naturalWidth,
          width: image.getBoundingClientRect().width / unit, height: image.getBoundingClientRect().height / unit });
    return slide;
})""" % (SMALLEST - 0.3)  # sizes are rounded to whole pixels


def measured(page, path):
    """Open a deck; return what is on each of its slides, in pixels of a slide that is 720 high."""
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-fitted]", state="attached", timeout=120_000)
    return page.evaluate(MEASURE)


def letters_of(picture, folder):
    """The height of the smallest letters in a picture on a slide."""
    source = picture["source"]
    svg = (b64decode(source.partition(",")[2]).decode() if source.startswith("data:")
           else (folder / source).read_text(encoding="utf-8"))
    return smallest_letters(svg) * picture["width"] / picture["natural"]


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.stem)
def test_every_slide_fits_and_can_be_read(slides, page, lesson):
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    found = measured(page, slides / f"{lesson.stem}.html")
    assert len(found) >= 10
    assert [slide for slide in found if slide["cells"] == 0] == [], "an empty slide"
    assert [slide["text"] for slide in found if slide["height"] > 722 or slide["width"] > 1282] == [], "cut off"
    assert [(slide["text"], slide["small"][0]) for slide in found if slide["small"]] == [], "too small to be read"
    pictures = [picture for slide in found for picture in slide["pictures"]]
    assert pictures and [picture for picture in pictures
                         if picture["width"] < min(250, picture["natural"]) or picture["height"] < 40] == []
    assert [(picture["alt"], letters_of(picture, slides)) for picture in pictures
            if "png;base64" not in picture["source"] and letters_of(picture, slides) < SMALLEST - 0.3] == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert (slides / "index.html").read_text(encoding="utf-8").count(f'href="{lesson.stem}.html"') == 1


# ---------------------------------------------------------------- a lesson made up

def made_up(folder, cells):
    """Write a deck of these cells beside the others; return its path."""
    nb = new_notebook(cells=cells)
    for i, cell in enumerate(nb.cells):
        cell.metadata["slideshow"] = {"slide_type": "-" if i else "slide"}
    nbformat.write(nb, folder / "made_up.ipynb")
    deck(folder / "made_up.ipynb", folder, "Made up")
    return folder / "made_up.html"


def test_what_needs_more_room_goes_on_below_and_is_no_smaller(slides, page):
    rows = "".join(f"<tr><th>{i}</th><td>row {i}</td></tr>" for i in range(40))
    table = f'<table class="dataframe"><thead><tr><th></th><th>name</th></tr></thead><tbody>{rows}</tbody></table>'
    found = measured(page, made_up(slides, [
        new_markdown_cell("# A title\n\n" + "\n\n".join(f"A paragraph, number {i}." for i in range(30))),
        new_markdown_cell("## A heading stays with what follows"),
        new_code_cell("\n".join(f"x_{i} = {i}" for i in range(15)),
                      outputs=[new_output("execute_result", {"text/html": table, "text/plain": "table"})]),
        new_code_cell("a = " + " + ".join(["one_long_line"] * 20))]))
    text = "\n".join(slide["text"] for slide in found)
    assert len(found) > 4 and not any(slide["small"] for slide in found)
    assert all(slide["height"] <= 722 and slide["width"] <= 1282 for slide in found)
    shown = page.evaluate("() => [...document.querySelectorAll('.fit')].map(box => box.textContent).join(' ')")
    assert [shown.count(f"number {i}.") for i in range(30)] == [1] * 30
    assert page.locator(".fit td").all_text_contents() == [f"row {i}" for i in range(40)]
    tables = page.locator(".fit table").count()
    assert tables > 1 and page.locator(".fit table thead").count() == tables, "each part has the head of the table"
    assert not re.search(r"A heading stays with what follows$", text, re.M) or "x_0 = 0" in text
    ids = page.evaluate("() => [...document.querySelectorAll('[id]')].map(node => node.id)")
    assert len(ids) == len(set(ids))


def test_an_answer_comes_with_the_next_key_and_a_proof_is_left_out(slides, page):
    question = new_code_cell("6 * 7", metadata={"jupyter": {"outputs_hidden": True}},
                             outputs=[new_output("execute_result", {"text/plain": "the answer is 42"})])
    proof = new_code_cell("prove({})", metadata={"tags": ["proof"]}, outputs=[new_output("stream", text="✓ 1 claim")])
    measured(page, made_up(slides, [new_markdown_cell("# A title"), question, proof]))
    assert page.locator(".fit").count() == 1 and page.get_by_text("claim").count() == 0
    answer = page.locator(".fragment", has_text="the answer is 42")
    assert "visible" not in answer.get_attribute("class")
    page.keyboard.press("ArrowRight")
    assert "visible" in answer.get_attribute("class")
