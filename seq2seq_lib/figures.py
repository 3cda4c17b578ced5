"""Figures: a matplotlib figure as one SVG image, on a card, in the drawings' font, in light and in dark.

An image takes no colours from the page that shows it, but it is told whether the page is a dark one, by the page's
`color-scheme`. JupyterLab 4.6 sets that, and so the pictures in the text follow it too; where a front end has only an
attribute or a class for it, `THEME` translates that for the figures. Where nothing is said, the card is as the reader's
system has it; it can be read on any ground.
"""

import re
from html import escape

from .drawings import as_image
from .style import CARD, DARK, FONT, LINE

SCALE = 1.3  # pixels for each point of matplotlib: type of 13 points is then 17 pixels high
MARGIN = 12  # pixels between the card's edge and what is drawn on it
THEME = ('<style>[data-jp-theme-light="true"] .s2s-figure { color-scheme: light }\n'
         '[data-jp-theme-light="false"] .s2s-figure, .vscode-dark .s2s-figure { color-scheme: dark }</style>')


def figure_as_image(svg, alt):
    """Return HTML that shows a figure in light and dark.

    Args:
        svg: the text of the SVG file that matplotlib makes of it, with its texts as texts.
        alt: what it shows, in words.
    """
    return _with_class(as_image(in_both_themes(_on_a_card(svg, alt)), alt))


def drawing_as_image(drawing):
    """Return HTML that shows a `Drawing` in light and dark, as a figure is shown."""
    return _with_class(as_image(in_both_themes(drawing.svg), drawing.alt))


def in_both_themes(svg):
    """Give an SVG lighter colours for a dark page: those of `style.DARK`, in place of the ones that it has."""
    svg = svg.replace('"white"', f'"{CARD}"')
    used = [color for color in DARK if color.lower() in svg.lower()]
    for color in used:
        svg = re.sub(color, f"var(--c{color[1:]},{color})", svg, flags=re.IGNORECASE)
    dark = "".join(f"--c{color[1:]}:{DARK[color]};" for color in used)
    end = svg.index(">", svg.index("<svg")) + 1
    return f"{svg[:end]}<style>@media (prefers-color-scheme:dark){{svg{{{dark}}}}}</style>{svg[end:]}"


def _with_class(image):
    return image.replace("<img ", '<img class="s2s-figure" style="max-width:100%" ', 1)


def _rounded(found):
    """Leave a text between two tags as it is; of a number in a tag, a coordinate, two digits are enough."""
    return found.group(1) or f"{float(found.group()):.2f}".rstrip("0").rstrip(".")


def _on_a_card(svg, alt):
    width, height = (SCALE * float(size) for size in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())
    wide, high = round(width + 2 * MARGIN), round(height + 2 * MARGIN)
    inside = svg[svg.index(">", svg.index("<svg")) + 1:].rpartition("</svg>")[0]
    inside = re.sub(r"(>[^<]*<)|\d+\.\d{3,}", _rounded, inside)
    inside = re.sub(r"; font-family: [^;\"]*", "", re.sub(r"\s*\n\s*", " ", inside)).replace("rotate(-0 ", "rotate(0 ")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="{wide}" '
            f'height="{high}" viewBox="0 0 {wide} {high}" font-family="{FONT}"><title>{escape(alt)}</title>'
            f'<rect x="0.5" y="0.5" width="{wide - 1}" height="{high - 1}" rx="12" fill="{CARD}" stroke="{LINE}"/>'
            f'<g transform="translate({MARGIN} {MARGIN}) scale({SCALE})">{inside.strip()}</g></svg>')
