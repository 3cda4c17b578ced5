"""Make slides of the lessons, one deck each: `make slides`, then open build/slides/index.html and press the arrow keys.

Which cell is on which slide stands in the notebooks (View > Cell Toolbar > Slideshow, or the property inspector of
JupyterLab). They need no server and no network. Run: python classroom/make_slides.py [FOLDER]
"""

import shutil
import sys
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
    exporter = SlidesExporter(template_name="deck", extra_template_basedirs=[str(HERE / "templates")])
    exporter.exclude_anchor_links = True
    for lesson in lessons():
        deck = {"title": f"{lesson.name}: {lesson.question}"}
        body, _ = exporter.from_notebook_node(read(lesson.path), {"deck": deck})
        (folder / f"{lesson.stem}.html").write_text(body, encoding="utf-8", newline="\n")
    rows = "\n".join(f'<li value="{one.number}"><a href="{one.stem}.html">{one.name}: {one.question}</a></li>'
                     for one in lessons())
    (folder / "index.html").write_text(INDEX.format(rows=rows), encoding="utf-8", newline="\n")
    print(f"{len(lessons())} decks in {folder}; open {folder / 'index.html'}")


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
