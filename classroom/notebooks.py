"""What the site, the slides and the assignments have in common: the list of lessons, and formulas without a script."""

import re
from html import escape
from pathlib import Path
from typing import NamedTuple

import nbformat
from latex2mathml.converter import convert

PROJECT = Path(__file__).parents[1]
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
    """Read a notebook; its formulas become MathML, which browsers draw without a script."""
    nb = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = formulas_as_mathml(cell.source)
    return nb


CODE = re.compile(r"(```.*?```|`[^`\n]*`|<code>.*?</code>)", re.DOTALL)
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^\s$](?:[^$\n]*[^\s$])?)\$(?!\d)", re.DOTALL)


def formulas_as_mathml(markdown):
    """Replace `$...$` and `$$...$$` outside code by MathML."""
    parts = CODE.split(markdown)
    return "".join(part if i % 2 else FORMULA.sub(_mathml, part) for i, part in enumerate(parts))


def _mathml(found):
    block, inline = found.groups()
    mathml = convert((block or inline).strip(), display="block" if block else "inline")
    label = escape(" ".join((block or inline).split()))
    return mathml.replace("<math ", f'<math aria-label="{label}" ', 1)
