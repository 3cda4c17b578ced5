"""Pages: what the site and the slides make of a notebook: formulas without a script, still pictures as HTML."""

import re
import shutil
import sys
from base64 import b64decode
from html import escape

import nbformat
from latex2mathml.converter import convert
from lessons import FOLDER, PROJECT

sys.path.insert(0, str(PROJECT))
from seq2seq_lib.tables import aligned  # noqa: E402
from seq2seq_lib.widgets.base import style_sheet  # noqa: E402

CODE = re.compile(r"(```.*?```|`[^`\n]*`|<code>.*?</code>)", re.DOTALL)
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^\s$](?:[^$\n]*[^\s$])?)\$(?!\d)", re.DOTALL)


def read(path):
    """Read a notebook without its proofs; formulas become MathML, which browsers draw without a script, stills HTML."""
    nb = nbformat.read(path, as_version=4)
    nb.cells = [cell for cell in nb.cells if "proof" not in cell.metadata.get("tags", [])]
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = formulas_as_mathml(cell.source)
        for output in cell.get("outputs", []):
            if "text/html" in output.get("data", {}):
                output.data["text/html"] = aligned(opened(output.data["text/html"]))
    return nb


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
