"""The slides: every cell has its place, nothing comes from elsewhere, and each slide fits the screen."""


import nbformat
import pytest
from browser import chromium, missing, npm_package
from lessons import lessons
from make_slides import main

pytestmark = pytest.mark.site

SMALLEST = 0.55  # of the size that slides.css gives: 29-pixel text is then 16 pixels high on a slide of 720


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


@pytest.mark.parametrize("lesson", lessons(), ids=lambda lesson: lesson.stem)
def test_every_slide_fits_and_can_be_read(slides, page, lesson):
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto((slides / f"{lesson.stem}.html").as_uri())
    page.wait_for_selector("html[data-fitted]", state="attached")
    found = page.evaluate("""() => [...document.querySelectorAll(".fit")].map(box => {
        const section = box.parentElement;
        section.hidden = section.parentElement.hidden = false;
        section.style.display = section.parentElement.style.display = "block";
        return { scale: Number(box.dataset.scale), text: box.innerText.trim().slice(0, 70),
                 cells: box.querySelectorAll(".cell").length, shown: box.getBoundingClientRect().height,
                 height: box.scrollHeight * box.dataset.scale, width: box.scrollWidth * box.dataset.scale };
    })""")
    assert len(found) >= 10
    assert [slide for slide in found if slide["cells"] == 0] == [], "an empty slide"
    assert [slide for slide in found if slide["height"] > 721 or slide["width"] > 1281] == [], "cut off"
    assert [slide for slide in found if slide["scale"] < SMALLEST] == [], "too small to be read"
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert (slides / "index.html").read_text(encoding="utf-8").count(f'href="{lesson.stem}.html"') == 1
