"""The site: complete, without a network, readable for everybody, in light and dark."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote
from xml.etree import ElementTree

import nbformat
import pandas as pd
import pytest
import torch
from browser import chromium, missing, npm_package
from extra_pages import SHAPES, SIZES, TARGET_STEPS, sizes_of
from lessons import FOLDER, lessons
from make_site import main, page_exporter, write
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from pages import formulas_as_mathml, read
from PIL import Image

from seq2seq_lib import Decoder, Encoder, MaskedSoftmaxCELoss, teacher_forcing

pytestmark = pytest.mark.site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    main(folder)
    return folder


@pytest.fixture(scope="module")
def axe():
    if missing():
        pytest.skip(missing())
    return (npm_package("axe-core") / "axe.min.js").read_text(encoding="utf-8")


class Page(HTMLParser):
    """The ids, links, loaded files and title of a page."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loads, self.title, self.about, self.tag = [], [], [], "", "", ""
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tag = tag
        self.ids += [found["id"]] if "id" in found else []
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if tag in ("script", "img", "link", "iframe", "source") and (found.get("src") or found.get("href")):
            self.loads.append(found.get("src") or found["href"])
        if found.get("name") == "description":
            self.about = found["content"]

    def handle_data(self, data):
        self.title += data if self.tag == "title" else ""
        self.tag = self.tag if self.tag != "title" else ""


def pages(site):
    return {path.relative_to(site).as_posix(): Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_lesson_and_solution_has_its_page(site):
    names = {f"{lesson.stem}.html" for lesson in lessons()}
    names |= {f"solutions/{lesson.stem}.html" for lesson in lessons(FOLDER / "solutions")}
    assert names | {"index.html", "README.html", "checklist.html"} <= set(pages(site))
    index = (site / "index.html").read_text(encoding="utf-8")
    for lesson in lessons():
        assert lesson.minutes and lesson.question.endswith("?"), lesson
        assert f'href="{lesson.stem}.html"' in index and f">{lesson.minutes}</td>" in index


def test_nothing_is_loaded_from_elsewhere_and_every_link_leads_somewhere(site):
    found = pages(site)
    assert all(page.loads and page.links for page in found.values())
    for name, page in found.items():
        for target in page.loads:
            assert target.startswith("data:image/") or (site / name).parent.joinpath(target).is_file(), target
        for link in page.links:
            file, _, part = link.partition("#")
            if not link.startswith("https://"):
                path = (site / name).parent / file if file else site / name
                assert path.is_file(), (name, link)
                assert not part or unquote(part) in Page(path).ids, (name, link)
        assert len(page.ids) == len(set(page.ids)), [i for i in page.ids if page.ids.count(i) > 1]


def test_titles_and_descriptions_are_for_search_engines(site):
    found = pages(site)
    assert len({page.title for page in found.values()}) == len(found)
    for name, page in found.items():
        assert 20 < len(page.about) < 400 and "*" not in page.about and len(page.title) > 20, name


def test_no_widget_waits_for_a_kernel_and_no_formula_for_a_script(site):
    for path in site.rglob("*.html"):
        text = re.sub(r"<(script|style|pre|code)\b.*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert "widget-view" not in text and "Loading widget..." not in text
        assert not re.search(r"(?<!\w)\$[^$\n]{1,60}\$", text), path.name


def test_formulas_become_mathml_and_code_stays():
    text = formulas_as_mathml("With $h_t$, `$x$` costs $5 and\n\n$$c = q(h_1)$$\n\n```\n$y$\n```")
    assert text.count("<math") == 2 and "<msub>" in text and 'display="block"' in text
    assert "`$x$`" in text and "costs $5 and" in text and "\n$y$\n" in text and 'aria-label="h_t"' in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_checker_of_accessibility_finds_nothing(site, axe, scheme):
    found = []
    with chromium() as browser:
        context = browser.new_context(color_scheme=scheme, viewport={"width": 1300, "height": 900})
        page = context.new_page()
        requests = []
        page.on("request", lambda request: requests.append(request.url))
        for path in sorted(site.rglob("*.html")):
            page.goto(path.as_uri())
            page.evaluate("() => document.querySelectorAll('details').forEach(node => { node.open = true; })")
            page.evaluate(axe)
            for violation in page.evaluate("() => axe.run()")["violations"]:
                found.append((path.name, violation["id"], violation["nodes"][0]["html"][:200]))
        context.close()
    assert found == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []


def test_pages_fit_a_telephone_and_the_theme_can_be_changed(site, axe):
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 390, "height": 844})
        page = context.new_page()
        for path in sorted(site.rglob("*.html")):
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path.name
        page.goto((site / "index.html").as_uri())
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        page.get_by_role("button", name="Dark theme").click()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 22, 22)"
        page.get_by_role("button", name="Light theme").wait_for()
        context.close()


# ---------------------------------------------------------------- what the eye sees

@pytest.fixture(scope="module")
def browser():
    if missing():
        pytest.skip(missing())
    with chromium() as started:
        yield started


def made_up(site, cells):
    """Write a page of these cells beside the others; return its path."""
    nbformat.write(new_notebook(cells=cells), site / "made_up.ipynb")
    page = dict(root="", html="made_up.html", title="Made up", description="A page made up for a test.", lessons=[],
                previous=None, next=None)
    write(page_exporter(), read(site / "made_up.ipynb"), site, page)
    (site / "made_up.ipynb").unlink()
    return site / "made_up.html"


def test_an_answer_is_folded_until_it_is_asked_for_and_a_proof_is_left_out(site, browser):
    question = new_code_cell("6 * 7", metadata={"jupyter": {"outputs_hidden": True}},
                             outputs=[new_output("execute_result", {"text/plain": "the answer is 42"})])
    plain = new_code_cell("1 + 1", outputs=[new_output("execute_result", {"text/plain": "two"})])
    proof = new_code_cell("prove({})", metadata={"tags": ["proof"]}, outputs=[new_output("stream", text="✓ 1 claim")])
    page = browser.new_page()
    path = made_up(site, [new_markdown_cell("> **Predict, then run.** What is it?"), question, proof, plain])
    page.goto(path.as_uri())
    answer = page.get_by_text("the answer is 42")
    assert not answer.is_visible() and page.get_by_text("two", exact=True).is_visible()
    assert page.get_by_text("claim").count() == 0
    page.get_by_text("What it shows").click()
    assert answer.is_visible()
    quote = page.locator("blockquote")
    assert quote.evaluate("node => parseFloat(getComputedStyle(node).borderLeftWidth)") >= 4
    page.close()
    path.unlink()


def test_text_stands_on_the_left_of_a_table_and_numbers_on_the_right(site, browser):
    table = pd.DataFrame({"said": ["oui", "non"], "times": [3, 4]}, index=["first", "second"]).to_html()
    cells = [new_code_cell("table", outputs=[new_output("execute_result", {"text/html": table, "text/plain": ""})]),
             new_markdown_cell("| said | times |\n|---|---:|\n| oui | 3 |")]
    page = browser.new_page()
    path = made_up(site, cells)
    page.goto(path.as_uri())
    aligned = page.evaluate("""() => [...document.querySelectorAll("main td, main th")].filter(node => node.textContent)
        .map(node => [node.textContent, getComputedStyle(node).textAlign])""")
    assert {place for text, place in aligned if text in ("said", "oui", "non", "first", "second")} == {"left"}
    assert {place for text, place in aligned if text in ("times", "3", "4")} == {"right"}
    page.close()
    path.unlink()


@pytest.mark.parametrize("scheme, ground", [("light", (255, 255, 255)), ("dark", (28, 28, 28))])
def test_pictures_are_light_or_dark_as_the_page(site, browser, tmp_path, scheme, ground):
    page = browser.new_page(color_scheme=scheme)
    page.goto((site / "00_start_here.html").as_uri())
    image = page.locator('img[src="images/encoder_decoder.svg"]')
    image.screenshot(path=tmp_path / "image.png")
    assert Image.open(tmp_path / "image.png").convert("RGB").getpixel((30, 12)) == ground
    page.close()


def test_on_a_telephone_the_lit_stop_of_the_road_map_is_in_view_and_can_be_read(site, browser):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    for lesson in lessons():
        page.goto((site / f"{lesson.stem}.html").as_uri())
        image = page.locator('img[src*="road_map"]').first
        name = re.search(r"road_map_(\w+)\.svg", image.get_attribute("src")).group(1)
        page.wait_for_function("() => document.querySelector('img[src*=road_map]').complete")
        svg = ElementTree.fromstring((site / "images" / f"road_map_{name}.svg").read_text(encoding="utf-8"))
        lit, = [node for node in svg.iter() if node.get("font-weight") == "bold"]
        left, _, width, _ = map(float, svg.get("viewBox").split())
        box = image.bounding_box()
        middle = box["x"] + (float(lit.get("x")) - left) * box["width"] / width
        assert 20 < middle < 370, lesson.stem
        assert 16 * box["width"] / width >= 12
    page.close()


def test_comments_in_code_can_be_read(site, browser):
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto((site / "03_decoder.html").as_uri())
        ink, ground = page.locator(".input .c1").first.evaluate(
            "node => [getComputedStyle(node).color, getComputedStyle(node.closest('.input')).backgroundColor]")
        light = [sum(part * ((float(n) / 255 + 0.055) / 1.055) ** 2.4
                     for part, n in zip((0.2126, 0.7152, 0.0722), re.findall(r"\d+", color)))
                 for color in (ink, ground)]
        assert (max(light) + 0.05) / (min(light) + 0.05) >= 4.5, scheme
        page.close()


# ---------------------------------------------------------------- the sheet of shapes, and what comes next

def test_the_sheet_has_the_shapes_that_the_library_makes():
    """Every row of the sheet is computed, by the library, on a batch of the sizes that the sheet names."""
    batch, steps, target_steps, vocab = SIZES["batch"], SIZES["num_steps"], TARGET_STEPS, SIZES["vocab_size"]
    sizes = (vocab, SIZES["embed_size"], SIZES["num_hiddens"], SIZES["num_layers"])
    encoder, decoder = Encoder(*sizes), Decoder(*sizes)
    X, Y = torch.randint(4, vocab, (batch, steps)), torch.randint(4, vocab, (batch, target_steps))
    X_valid_len, Y_valid_len = torch.full((batch,), steps), torch.full((batch,), target_steps)
    output, state = encoder(X, X_valid_len)
    hidden, context = decoder.init_state((output, state))
    seen = {}
    hook = decoder.rnn.register_forward_hook(lambda _, given, made: seen.update(inputs=given[0], output=made[0]))
    Y_hat, (after, _) = decoder(teacher_forcing(Y), (hidden, context))
    hook.remove()
    token = torch.full((batch, 1), 1)
    one, (carried, _) = decoder(token, (hidden, context))
    losses = torch.nn.functional.cross_entropy(Y_hat.permute(0, 2, 1), Y, reduction="none")
    loss = MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len)
    made = {
        "1": [X, X_valid_len, Y, Y_valid_len], "2": [encoder.embedding(X.T), output, state, context],
        "3": [teacher_forcing(Y), context.expand(target_steps, -1, -1), seen["inputs"], seen["output"], after, Y_hat],
        "4": [Y_hat.permute(0, 2, 1), losses, loss],
        "5": [loss.sum() / Y_valid_len.sum(), encoder.embedding.weight, decoder.dense.weight],
        "6": [token, one, one.argmax(dim=2), carried]}
    assert [lesson[0] for lesson in SHAPES] == list(made)
    for lesson, tensors in SHAPES.items():
        assert [sizes_of(axes) for _, axes, _ in tensors] == [tuple(tensor.shape) for tensor in made[lesson[0]]], lesson


def test_the_sheet_of_shapes_is_one_page_of_paper(site, browser, tmp_path):
    page = browser.new_page()
    page.goto((site / "shapes.html").as_uri())
    assert page.locator(".shapes tbody tr").count() == sum(map(len, SHAPES.values()))
    page.pdf(path=tmp_path / "shapes.pdf", prefer_css_page_size=True, print_background=True)
    pages = re.findall(rb"/Type\s*/Page\b", (tmp_path / "shapes.pdf").read_bytes())
    assert len(pages) == 1
    page.close()


def test_the_last_lesson_and_the_index_lead_on(site):
    found = pages(site)
    assert {"shapes.html", "next.html"} <= set(found["index.html"].links)
    assert "next.html" in found[f"{lessons()[-1].stem}.html"].links


def test_a_widget_has_one_left_edge_and_room_for_a_ring(site, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    found = 0
    for lesson in lessons():
        page.goto((site / f"{lesson.stem}.html").as_uri())
        for widget in page.locator(".s2s").all():
            edges = widget.evaluate("""root => {
                const start = root.getBoundingClientRect().left + parseFloat(getComputedStyle(root).paddingLeft);
                const parts = ":scope > p, .s2s-drawing > div > *, .s2s-drawing p, .s2s-wide > table";
                const others = ".s2s-columns, .s2s-bleu-row, .s2s-clipping, td";
                return [...root.querySelectorAll(parts)]
                    .filter(node => node.checkVisibility() && node.textContent && !node.closest(others))
                    .map(node => [node.className,
                        node.getBoundingClientRect().left + parseFloat(getComputedStyle(node).paddingLeft) - start]);
            }""")
            room = widget.locator(".s2s-drawing").first.evaluate("node => parseFloat(getComputedStyle(node).padding)")
            assert room >= 5 and edges
            assert [edge for edge in edges if not -3.5 <= edge[1] <= 0.5 and "chips" not in edge[0]] == [], lesson.stem
            found += 1
    assert found >= 8
    page.close()
