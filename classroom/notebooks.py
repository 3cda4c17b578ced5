"""What the site, the slides and the assignments have in common: the list of lessons, and formulas without a script."""

import re
import shutil
import sys
from base64 import b64decode
from html import escape
from pathlib import Path
from typing import NamedTuple

import nbformat
from latex2mathml.converter import convert

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT))
from seq2seq_lib.widgets.base import style_sheet  # noqa: E402

FOLDER = PROJECT / "notebooks"


class Lesson(NamedTuple):
    """A notebook and what its first cell says of it."""

    path: Path
    number: int
    question: str
    about: str  # the line below the title: minutes, what is needed, what is built

    @property
    def stem(self):
        return self.path.stem

    @property
    def name(self):
        """`02_encoder` -> `Encoder`; `07_bleu` -> `BLEU`."""
        words = self.stem.partition("_")[2].replace("_", " ")
        return {"bleu": "BLEU"}.get(words, words[:1].upper() + words[1:])

    @property
    def minutes(self):
        found = re.search(r"(\d+) minutes", self.about)
        return int(found.group(1)) if found else None

    @property
    def builds(self):
        """What the line below the title says that the reader will build, as plain text."""
        found = re.search(r"(?:You will build|You build|You will have): (.*?)\.?\*?$", self.about, re.DOTALL)
        return found.group(1).strip() if found else ""


def lessons(folder=FOLDER):
    """Return the lessons, or with `folder=FOLDER / "solutions"` the solutions, in their order."""
    found = []
    for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
        title, _, rest = nbformat.read(path, as_version=4).cells[0].source.partition("\n")
        found.append(Lesson(path, int(path.stem[:2]), re.sub(r"^#\s*\d+\s*·\s*", "", title).strip(),
                            rest.strip().partition("\n")[0]))
    return found


def read(path):
    """Read a notebook; its formulas become MathML, which browsers draw without a script, its still pictures HTML."""
    nb = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = formulas_as_mathml(cell.source)
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                output.data["text/html"] = opened(output.data["text/html"])
    return nb


CODE = re.compile(r"(```.*?```|`[^`\n]*`|<code>.*?</code>)", re.DOTALL)
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^\s$](?:[^$\n]*[^\s$])?)\$(?!\d)", re.DOTALL)


def opened(html):
    """Put the drawing that is in the image of a still picture in its place: it takes the page's colours and width."""
    def drawing(image):
        svg = b64decode(image.group(2)).decode()
        inside = re.search(r"<foreignObject[^>]*><div[^>]*>(.*)</div></foreignObject>", svg, re.DOTALL)
        return f'<div role="figure" aria-label="{image.group(1)}">{inside.group(1)}</div>' if inside else image.group()

    return re.sub(r'<img alt="([^"]*)" src="data:image/svg\+xml;base64,([^"]*)">', drawing, html)


def copy_look(folder):
    """Copy what the pages of a folder need beside them: the pictures of the lessons, and the look of the widgets."""
    shutil.copytree(FOLDER / "images", folder / "images")
    (folder / "widgets.css").write_text(style_sheet(), encoding="utf-8", newline="\n")


def formulas_as_mathml(markdown):
    """Replace `$...$` and `$$...$$` outside code by MathML."""
    parts = CODE.split(markdown)
    return "".join(part if i % 2 else FORMULA.sub(_mathml, part) for i, part in enumerate(parts))


def _mathml(found):
    block, inline = found.groups()
    mathml = convert((block or inline).strip(), display="block" if block else "inline")
    label = escape(" ".join((block or inline).split()))
    return mathml.replace("<math ", f'<math aria-label="{label}" ', 1)
