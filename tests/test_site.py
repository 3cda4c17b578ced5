"""The site: complete, without a network, readable for everybody, in light and dark."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from browser import chromium, missing, npm_package
from lessons import FOLDER, lessons
from make_site import main
from pages import formulas_as_mathml

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
        assert f'href="{lesson.stem}.html"' in index and f"<td>{lesson.minutes}</td>" in index


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
