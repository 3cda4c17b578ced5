"""Make a site of the lessons, to be read without Python: `make site`, then open build/site/index.html.

It needs no server and no network; widgets are still pictures. Run: python classroom/make_site.py [FOLDER]
"""

import re
import shutil
import sys
from html import escape, unescape
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

from extra_pages import NEXT, shapes_page
from folders import fresh
from lessons import FOLDER, PROJECT, lessons
from nbconvert import HTMLExporter
from pages import copy_look, read

HERE = Path(__file__).parent
INDEX = """# Two RNNs that translate

*A course of {count} lessons, {hours} hours in all. You need Python, and to have met PyTorch tensors once. You will
build a translator from two recurrent networks, and understand every tensor in it.*

text → padded batches → encoder → context → decoder → masked loss → training → prediction → BLEU → *your translator* →
bug hunt

| lesson | minutes | its question |
|---|---:|---|
{rows}

Each lesson is a Jupyter notebook. On these pages you can read it; in Jupyter you run it, move its widgets, and have
your exercises checked. The [README](README.html) says how to start: two commands, no GPU, no network.

Beside the lessons: [all shapes on one page](shapes.html), to print; a [checklist](checklist.html) for the wall beside
your computer, what to ask of a program that trains and is wrong; and for whoever has finished,
[where to go next](next.html).
"""
TITLES = {"index": "Contents", "shapes": "All shapes on one page", "next": "Where to go next",
          "checklist": "Checklist: it trains, and it is wrong"}


def main(folder):
    fresh(folder, "make_site")
    (folder / "solutions").mkdir()
    for name in ("site.css", "theme.js"):
        shutil.copy(HERE / name, folder / name)
    copy_look(folder)
    (folder / HERE.name).mkdir()
    shutil.copy(HERE / "picture.png", folder / HERE.name / "picture.png")  # of the README
    all_lessons, solutions = lessons(), {lesson.stem: lesson for lesson in lessons(FOLDER / "solutions")}
    exporter = page_exporter()
    entries = [dict(number=lesson.number, name=lesson.name, html=f"{lesson.stem}.html") for lesson in all_lessons]
    for i, lesson in enumerate(all_lessons):
        page = dict(title=f"{lesson.name}: {lesson.question}", root="", html=f"{lesson.stem}.html", lessons=entries,
                    description=plain(f"{lesson.question} {lesson.about}"),
                    previous=entries[i - 1] if i else dict(html="index.html", name="Contents"),
                    next=entries[i + 1] if i + 1 < len(entries) else dict(html="next.html", name=TITLES["next"]))
        if lesson.stem in solutions:
            page["other"] = dict(html=f"solutions/{lesson.stem}.html", link="Solutions of the exercises")
            solved = page | dict(root="../", html=f"solutions/{lesson.stem}.html", previous=None, next=None,
                                 title=f"{lesson.name}: solutions", other=dict(html=page["html"], link="The lesson"),
                                 description=f"The exercises of the lesson {lesson.name}, solved and explained.")
            write(exporter, read(solutions[lesson.stem].path), folder, solved)
        write(exporter, read(lesson.path), folder, page)
    hours = round(sum(lesson.minutes or 0 for lesson in all_lessons) / 60)
    rows = "\n".join(f"| [{one.number:02d} {one.name}]({one.stem}.html) | {one.minutes} | {one.question} |"
                     for one in all_lessons)
    front = dict(root="", lessons=entries, previous=None)
    texts = {"index": INDEX.format(count=len(all_lessons), hours=hours, rows=rows), "shapes": shapes_page(),
             "next": NEXT, "checklist": (HERE / "checklist.md").read_text(encoding="utf-8")}
    texts |= {name: (PROJECT / f"{name}.md").read_text(encoding="utf-8")
              for name in ("README", "TEACHING") if (PROJECT / f"{name}.md").is_file()}
    for name, text in texts.items():
        page = front | dict(html=f"{name}.html", title=TITLES.get(name, name.capitalize()),
                            description="Build a sequence-to-sequence translator from two RNNs, step by step.",
                            next=entries[0] if name == "index" else None)
        write(exporter, text_as_notebook(text), folder, page)
    print(f"{len(list(folder.rglob('*.html')))} pages in {folder}; open {folder / 'index.html'}")


def page_exporter():
    return HTMLExporter(template_name="page", extra_template_basedirs=[str(HERE / "templates")])


def text_as_notebook(text):
    from nbformat.v4 import new_markdown_cell, new_notebook

    return new_notebook(cells=[new_markdown_cell(text)])


def write(exporter, nb, folder, page):
    nb.cells = [cell for cell in nb.cells if cell.source.strip()]
    body, _ = exporter.from_notebook_node(nb, {"page": page | {"parts": parts(nb)}})
    html = lit_stops(accessible(links(body, folder)), folder)
    html = anchors(html) if page["html"][0].isupper() else html
    (folder / page["html"]).write_text(html, encoding="utf-8", newline="\n")


def parts(nb):
    """The headings of the second level, with the names that nbconvert gives them."""
    found = re.findall(r"^## (.+)$", "\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown"), re.M)
    titles = [re.sub(r"<[^>]*>|[*`]", "", title).strip() for title in found]
    return [dict(title=title, id=title.replace(" ", "-")) for title in titles]


def links(html, folder):
    """Links to notebooks and texts lead to their pages; links to other files of the project become plain text."""
    html = re.sub(r'href="(?:notebooks/)?([^":]*?\d\d_\w+)\.ipynb(#[^"]*)?"', r'href="\1.html\2"', html)
    html = re.sub(r'href="(?:\.\./)*(README|TEACHING)\.md(#[^"]*)?"', r'href="\1.html\2"', html)
    page_link = r'(?:https?:|#|data:|(?:\.\./)*[\w/]*\.(?:html|css)(?:#|$))'
    return re.sub(r'<a href="([^"]*)"[^>]*>(.*?)</a>',
                  lambda a: a.group() if re.match(page_link, a.group(1)) else a.group(2), html, flags=re.DOTALL)


def lit_stops(html, folder):
    """Note at each road map where its lit stop is, as a part of its width: theme.js brings it into view."""
    def noted(image):
        svg = ElementTree.parse(folder / "images" / image.group(1)).getroot()
        left, _, width, _ = map(float, svg.get("viewBox").split())
        lit = next(node for node in svg.iter() if node.get("font-weight") == "bold")
        return image.group().replace("<img ", f'<img data-lit="{(float(lit.get("x")) - left) / width:.3f}" ', 1)

    return re.sub(r'<img [^>]*src="images/(road_map_\w+\.svg)"[^>]*>', noted, html)


def accessible(html):
    """Mend what stands in the way of screen readers in what libraries write."""
    html = re.sub(r'<a class="anchor-link"[^>]*>.*?</a>', "", html)
    html = re.sub(r'(<h\d id=")([^"]*)"', lambda found: f'{found.group(1)}{escape(unquote(found.group(2)))}"', html)
    html = re.sub(r"<th[^>]*>\s*</th>", "<td></td>", html)  # the corner of a pandas table is no heading
    return re.sub(r'<table border="1" class="dataframe', '<table class="dataframe', html)


def anchors(html):
    """Name the headings of a text as GitHub does, so that its links to them lead somewhere here too."""
    def name(found):
        return found.group(1) + re.sub(r"[^\w-]", "", unquote(unescape(found.group(2))).lower()) + '"'

    return re.sub(r'(<h\d id="|href="#)([^"]*)"', name, html)


def plain(text):
    return escape(unescape(re.sub(r"[*`]|<[^>]*>", "", text)))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "build" / "site")
