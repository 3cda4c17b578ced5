"""Still: a drawing as one image, for whoever reads a notebook that has not been run.

A notebook that JupyterLab has not seen run is not trusted, and GitHub trusts none: SVG and styles are taken out of
its outputs, and a drawing becomes rows of words. An image stays. So the drawing, which is HTML, goes into an SVG as a
`foreignObject`, with the rules of the style sheet that it needs, on a light card that can be read on any ground.

An image must know its size, and only a browser knows that of HTML. It is estimated here, a little too large.
"""

import re
from math import ceil, inf
from unicodedata import east_asian_width
from xml.etree import ElementTree

from ..drawings import CARD, LINE, as_image
from .markup import Html

ROOM = 900  # pixels that a drawing may be wide, unless a table of it is wider
SLACK = 1.06  # fonts differ: so much larger than the estimate
MARGIN = 12
LETTER, TEXT = 9, 21  # width of a letter and height of a line of text, in pixels, by a wide font of 15 pixels
LARGE = {"s2s-translator-text": 1.7, "s2s-translator-chip": 1.13, "s2s-bleu-token": 1.13}  # times as large
FIXED = {"s2s-shape-tensor": (312, 66), "s2s-decoder-candidate": (860, 32), "s2s-batch-bar": (560, 12),
         "s2s-translator-meter": (56, 8), "s2s-beam-gap": (16, 0), "s2s-experiment-guesses": (380, 52)}
WIDE = {"s2s-shape-detail": 400, "s2s-shape-stop": 330, "s2s-decoder-timeline": 860,
        "s2s-experiment-picture": 350}  # the style sheet's, or nearly
ROWS = {"s2s-columns": 28, "s2s-clipping": 48, "s2s-bleu-row": 40, "s2s-legend": 20, "s2s-translator-chips": 8,
        "s2s-shape-sizes": 5}  # what is in them stands side by side, in several lines if need be, and the gap between
BLOCKS = {"div", "p", "table", "svg"}  # elements that stand one under another,
STACKS = {"s2s-cell", "s2s-case-choice", "s2s-translator-chip"}  # and those in which all do
LOOK = ".s2s .s2s-drawing,.s2s .s2s-wide{overflow:visible}.s2s{padding:0}"


def still_image(html, style_sheet, alt):
    """Return a drawing as an image, HTML that every way of showing a notebook keeps.

    Args:
        html: the drawing, as `lifeless` returns it.
        style_sheet: CSS; what the drawing does not need of it is left out.
        alt: what the image shows, in words.
    """
    drawing = ElementTree.fromstring(f'<div class="s2s-drawing">{html}</div>')
    width, height = _size(drawing, ROOM)
    width, height = ceil(SLACK * width) + 8, ceil(SLACK * height) + 8  # with the drawing's own padding
    for svg in drawing.iter("svg"):
        svg.set("xmlns", "http://www.w3.org/2000/svg")
    inside = ElementTree.tostring(drawing, "unicode", short_empty_elements=False)
    wide, high = width + 2 * MARGIN, height + 2 * MARGIN
    return Html(as_image(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}">'
        f'<style>{_needed(style_sheet, drawing)}{LOOK}</style>'
        f'<rect x="0.5" y="0.5" width="{wide - 1}" height="{high - 1}" rx="12" fill="{CARD}" stroke="{LINE}"/>'
        f'<foreignObject x="{MARGIN}" y="{MARGIN}" width="{width}" height="{height}">'
        f'<div xmlns="http://www.w3.org/1999/xhtml" class="s2s">{inside}</div></foreignObject></svg>', alt))


def _needed(style_sheet, drawing):
    """Return the rules whose classes and elements are all in the drawing, without comments and spare room."""
    there = {name for element in drawing.iter() for name in [element.tag, *_classes(element)]} | {"s2s", "s2s-drawing"}
    rules = []
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", re.sub(r"/\*.*?\*/", "", style_sheet, flags=re.DOTALL)):
        for selector in selectors.split(","):
            named = re.findall(r"[a-z][\w-]*", re.sub(r"\[[^]]*\]|::?[\w-]+(\([^)]*\))?", "", selector))
            moving = re.search(r":(hover|focus|enabled|disabled)|\[(data-(?!axis)|aria-selected|hidden|type)", selector)
            if set(named) <= there and not moving:
                rules.append(f"{' '.join(selector.split())}{{{' '.join(body.split())}}}")
    return "".join(rules)


def _classes(element):
    return element.get("class", "").split()


def _given(element, sizes, otherwise=None):
    return next((sizes[name] for name in _classes(element) if name in sizes), otherwise)


# ---------------------------------------------------------------- how large it will be

def _size(element, room, scale=1.0):
    """Estimate the width and the height of an element that may be `room` wide, in pixels."""
    scale, wide = _given(element, LARGE, scale), _given(element, WIDE, 0)
    inner = min(room, wide) if wide and element.tag != "table" else room
    if _given(element, FIXED):
        return _given(element, FIXED)
    if element.tag == "svg":
        return float(element.get("width", 240)), float(element.get("height", 22))
    if element.tag == "table":
        width, height = _size_of_table(element)
    elif _given(element, ROWS) is not None:
        width, height = _size_of_row(element, inner, scale)
    elif len(element) and (STACKS & {*_classes(element)} or any(child.tag in BLOCKS for child in element)):
        sizes = [_size(child, inner, scale) for child in element]
        width, height = max(size[0] for size in sizes), sum(size[1] for size in sizes)
    else:
        letters = sum(1 + (east_asian_width(sign) in "WF") for sign in "".join(element.itertext()))
        width = letters * LETTER * scale
        height = max(ceil(width / inner), letters > 0) * TEXT * scale
        width = min(width, inner)
    bars = sum(float(size) for child in element for size in re.findall(r"height:([\d.]+)px", child.get("style", "")))
    if element.tag == "p" and height:
        height += 9
    return max(width, wide), height + bars


def _size_of_row(element, room, scale):
    """The size of elements side by side, in as many lines as they need."""
    gap = ROWS[next(name for name in _classes(element) if name in ROWS)]
    if "s2s-translator-chips" in _classes(element):
        room -= 160  # what stands before them
    lines, right, most = [0], 0, 0
    for child in element:
        if "s2s-translator-rowhead" in _classes(child):
            continue
        width, height = _size(child, room, scale)
        if "s2s-translator-chip" in _classes(child):
            width, height = max(width, 40) + 24, 66
        elif "s2s-shape-axis" in _classes(child) or "s2s-legend" in _classes(element):
            width += 22
        if right and right + width > room:
            lines, right = [*lines, 0], 0
        right += width + gap
        most = max(most, right)
        lines[-1] = max(lines[-1], height)
    return most + 160 * ("s2s-translator-chips" in _classes(element)), sum(lines) + min(gap, 12) * len(lines)


def _size_of_table(element):
    widths, heights, taken, tall, drawn = {}, {}, set(), 0, 0
    for row, line in enumerate(element.iter("tr")):
        column = 0
        for cell in line:
            while (row, column) in taken:
                column += 1
            across, down = int(cell.get("colspan", 1)), int(cell.get("rowspan", 1))
            taken |= {(row + i, column + j) for i in range(down) for j in range(across)}
            width, height = _size(cell, inf)
            if across == 1:
                widths[column] = max(widths.get(column, 0), width + 18)
            elif cell.find("svg") is not None:  # a drawing over several columns
                drawn = max(drawn, width)
            if down == 1:
                heights[row] = max(heights.get(row, 0), height + 8)
            else:
                tall = max(tall, height)
    width = max(sum(widths.values()) + 3 * len(widths), drawn)
    return width, max(sum(heights.values()) + 2 * len(heights), tall)
