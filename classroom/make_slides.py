"""Make slides of the lessons, one deck each: `make slides`, then open build/slides/index.html and press the arrow keys.

Which cell is on which slide stands in the notebooks (View > Cell Toolbar > Slideshow, or the property inspector of
JupyterLab). They need no server and no network. Run: python classroom/make_slides.py [FOLDER]
"""

import re
import shutil
import sys
from base64 import b64decode
from pathlib import Path

from folders import fresh
from front_end import package
from lessons import PROJECT, lessons
from nbconvert import SlidesExporter
from pages import copy_look, read

HERE = Path(__file__).parent


def main(folder):
    reveal = package("reveal.js")
    fresh(folder, "make_slides")
    (folder / "reveal").mkdir()
    for file in ("dist/reveal.css", "dist/reveal.js", "dist/plugin/notes.js", "LICENSE"):
        shutil.copy(reveal / file, folder / "reveal")
    for name in ("site.css", "slides.css", "slides.js"):
        shutil.copy(HERE / name, folder / name)
    copy_look(folder)
    for lesson in lessons():
        deck(lesson.path, folder, f"{lesson.name}: {lesson.question}")
    rows = "\n".join(f'<li value="{one.number}"><a href="{one.stem}.html">{one.name}: {one.question}</a></li>'
                     for one in lessons())
    (folder / "index.html").write_text(INDEX.format(rows=rows), encoding="utf-8", newline="\n")
    print(f"{len(lessons())} decks in {folder}; open {folder / 'index.html'}")


def deck(path, folder, title):
    """Make the slides of one notebook, in a folder that `main` has filled."""
    exporter = SlidesExporter(template_name="deck", extra_template_basedirs=[str(HERE / "templates")])
    exporter.exclude_anchor_links = True
    body, _ = exporter.from_notebook_node(read(path), {"deck": {"title": title}})
    (folder / f"{path.stem}.html").write_text(letters(body, folder), encoding="utf-8", newline="\n")


def letters(html, folder):
    """Note at each picture how high its smallest letters are, in pixels: slides.js keeps them readable."""
    def noted(image):
        source = re.search(r'src="([^"]*)"', image.group()).group(1)
        if source.startswith("images/"):
            svg = (folder / source).read_text(encoding="utf-8")
        elif source.startswith("data:image/svg+xml;base64,"):
            svg = b64decode(source.partition(",")[2]).decode()
        else:
            return image.group()
        return image.group().replace("<img ", f'<img data-letters="{smallest_letters(svg):g}" ', 1)

    return re.sub(r"<img [^>]*>", noted, html)


def smallest_letters(svg):
    """Return the size of the smallest letters of a picture, in pixels, as it is by itself."""
    scale = float(next(iter(re.findall(r'<g transform="translate\([^)]*\) scale\(([\d.]+)\)"', svg)), 1))
    sizes = [scale * float(size) for tag in re.findall(r"<text\b[^>]*>", svg)
             for size in re.findall(r'font-size(?:=\"|: )([\d.]+)', tag)]
    general = re.search(r'<svg [^>]*font-size="([\d.]+)"', svg)
    return min(sizes + ([float(general.group(1))] if general else []), default=16)


INDEX = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Slides · Two RNNs that translate</title>
<link rel="stylesheet" href="site.css"></head>
<body><main style="padding: 20px"><h1>Slides</h1><p>Arrow keys turn the slides, <kbd>s</kbd> opens the speaker's notes,
<kbd>esc</kbd> the overview.</p><ol>
{rows}
</ol></main></body>
</html>
"""


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "build" / "slides")
