"""Drawings: the pictures of the lessons that depend on no code, as SVG; `make images` writes them to notebooks/images.

Each is dark ink on a light card, so that it can be read on a light page and on a dark one: a page that shows an SVG as
an image lends it no colours.
"""

import base64
import re
from html import escape
from typing import NamedTuple
from unicodedata import east_asian_width

from .style import AXIS_COLORS, COLORS
from .text import check_choice

STOPS = ("text", "batches", "encoder", "context", "decoder", "masked loss", "training", "prediction", "BLEU",
         "your translator")
TASKS = {  # the number of steps, those with an input, those with an output; an example
    "one to one": (1, [0], [0], "a photo → what it shows"),
    "one to many": (3, [0], [0, 1, 2], "a photo → its caption"),
    "many to one": (3, [0, 1, 2], [2], "a review → good or bad"),
    "many to many, aligned": (3, [0, 1, 2], [0, 1, 2], "words → noun, verb, ..."),
    "many to many, unaligned": (5, [0, 1, 2], [3, 4], "a sentence → its translation"),
}
INK, CARD, LINE = "#1A1A1A", "#FFFFFF", "#C9C9C9"
FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"
MARGIN = 16  # between the card's edge and what is drawn on it
PER_LINE = 5  # stops of the road map in one line


class Drawing(NamedTuple):
    """A picture as the text of an SVG file, and what it shows in words: the alternative text."""

    svg: str
    alt: str


def drawings():
    """Return every drawing of the lessons, a dictionary from the name of its file to a `Drawing`."""
    source, target = "they are watching .".split(), "ils regardent .".split()
    found = {f"road_map_{stop.lower().replace(' ', '_')}.svg": road_map(stop) for stop in STOPS}
    return found | {"encoder_decoder.svg": encoder_decoder(source, target), "tasks.svg": tasks(),
                    "two_designs.svg": two_designs(source, target)}


def road_map(stop):
    """Draw the line of the story with one stop lit, in lines of five.

    Args:
        stop: one of `STOPS`.

    Returns:
        A `Drawing`.
    """
    check_choice("stop", stop, STOPS)
    parts, right = [], 0
    for first in range(0, len(STOPS), PER_LINE):
        x, y = 0, 48 * first // PER_LINE
        for i, name in enumerate(STOPS[first : first + PER_LINE], first):
            width = round(26 + 9.2 * len(name))
            fill, ink = (AXIS_COLORS["batch"], "white") if name == stop else (CARD, INK)
            weight = ' font-weight="bold"' if name == stop else ""
            parts += [f'<rect x="{x}" y="{y}" width="{width}" height="36" rx="9" fill="{fill}" stroke="{INK}"/>',
                      _text(x + width / 2, y + 24, name, more=f'fill="{ink}"{weight}')]
            x += width
            if i + 1 < len(STOPS):
                parts.append(_arrow(x + 7, y + 18, x + 29, y + 18))
                x += 36
        right = max(right, x)
    return _card(right, y + 36, parts, f"Road map: {' → '.join(STOPS)}. This lesson's stop is {stop}.")


def encoder_decoder(source, target):
    """Draw encoder, context and decoder, unrolled over one sentence pair.

    Args:
        source, target: lists of tokens, without `<bos>` and `<eos>`.

    Returns:
        A `Drawing`.
    """
    reads, writes, goes_in = [*source, "<eos>"], [*target, "<eos>"], ["<bos>", *target]
    pitch, left, parts = 96, 12, []
    middle = left + pitch * len(reads) + 20  # where the context stands
    start = middle + 148  # where the decoder begins
    for x, words, name, color in ((left, reads, "encoder: an RNN that reads", COLORS["source"]),
                                  (start, goes_in, "decoder: an RNN that writes", COLORS["target"])):
        wide = pitch * len(words)
        parts += [f'<rect x="{x - 12}" y="54" width="{wide}" height="72" rx="12" fill="none" stroke="{color}" '
                  'stroke-width="3"/>', _text(x + wide / 2 - 12, 228, name, more=f'fill="{INK}" font-weight="bold"')]
        for i, word in enumerate(words):
            at = x + pitch * i
            parts += [_box(at, 70, 72, 40, "RNN"), _token(at + 36, 192, word), _arrow(at + 36, 170, at + 36, 111)]
            if i:
                parts.append(_arrow(at - 24, 90, at - 1, 90))
    color = AXIS_COLORS["num_hiddens"]
    parts += [_arrow(left + pitch * len(reads) - 24, 90, middle - 1, 90, color),
              _box(middle, 70, 88, 40, "context", color), _arrow(middle + 88, 90, start - 1, 90, color),
              _text(middle + 44, 149, "one vector for"), _text(middle + 44, 169, "the sentence")]
    for i, word in enumerate(writes):
        at = start + pitch * i
        parts += [_arrow(at + 36, 70, at + 36, 30), _token(at + 36, 17, word)]
        if i + 1 < len(writes):  # what is written is read at the next step
            away = 3 + 4.6 * len(word)  # half a word
            parts += [f'<path d="M{at + 36 + away:.0f} 12H{at + 84}V187H{at + 127 - away:.0f}" fill="none" '
                      f'stroke="{INK}" stroke-width="1.5" stroke-dasharray="5 4"/>',
                      f'<path d="M{at + 133 - away:.0f} 187l-8 -4v8z" fill="{INK}"/>']
    alt = (f"A row of {len(reads)} RNN cells, the encoder, reads {_said(reads)}, one token a cell, each cell handing "
           "its state to the next. An arrow leads from the last cell to a box, the context, and from there to a row "
           f"of {len(writes)} RNN cells, the decoder. They read {_said(goes_in)} and write {_said(writes)}; a dashed "
           "line takes each written token down to the next cell, which reads it.")
    return _card(start + pitch * len(goes_in) - 12, 234, parts, alt)


def tasks():
    """Draw the map of sequence tasks (after Karpathy 2015): where a net has its inputs and its outputs.

    Returns:
        A `Drawing` of five parts, three above two: inputs below, outputs above, the net's steps between them.
    """
    pitch, wide, high, parts, said = 54, 248, 232, [], []
    for n, (name, (steps, inputs, outputs, example)) in enumerate(TASKS.items()):
        left, top = wide * (n % 3), high * (n // 3)
        parts += [_text(left, top + 15, name, "start", f'fill="{INK}" font-weight="bold"'),
                  _text(left, top + 200, example, "start")]
        for i in range(steps):
            x = left + pitch * i + 1
            parts.append(_box(x, top + 84, 42, 32, "RNN" if steps > 1 else "net"))
            if i:
                parts.append(_arrow(x - 12, top + 100, x - 1, top + 100))
            if i in inputs:
                parts += [_box(x, top + 142, 42, 32, "in", COLORS["source"]),
                          _arrow(x + 21, top + 142, x + 21, top + 117)]
            if i in outputs:
                parts += [_box(x, top + 28, 42, 32, "out", COLORS["target"]),
                          _arrow(x + 21, top + 84, x + 21, top + 61)]
        said.append(f"{name}: {steps} step{'s' * (steps > 1)}, an input at {_listed(inputs)}, an output at "
                    f"{_listed(outputs)}. For example {example}.")
    return _card(3 * wide - 16, high + 206, parts, " ".join(said))


def two_designs(source, target):
    """Draw the two ways to give a decoder the context, unrolled over one sentence pair.

    Args:
        source, target: lists of tokens, without `<bos>` and `<eos>`.

    Returns:
        A `Drawing` of two parts, side by side: the context starts the decoder, or is an input of every step too.
    """
    goes_in, asked_for = ["<bos>", *target], [*target, "<eos>"]
    steps, wide = len(goes_in), 116 + 92 * len(goes_in) + 16
    designs = (("context = “initial” (Sutskever et al. 2014)", False,
                f"an arrow to the first of {steps} decoder cells and to no other"),
               ("context = “every_step” (after Cho et al. 2014)", True,
                f"an arrow to the first of {steps} decoder cells, and a line below with an arrow up into each of them"))
    parts, said = [], []
    for n, (title, every_step, end) in enumerate(designs):
        parts += _design(n * wide, source, goes_in, asked_for, title, every_step)
        said.append(f"{title}: from the context of {_said(source)} goes {end}. Below the cells: {_said(goes_in)}. "
                    f"Above them: {_said(asked_for)}.")
    return _card(2 * wide - 40, 228, parts, " ".join(said))


def _design(left, source, goes_in, asked_for, title, every_step):
    color, pitch = AXIS_COLORS["num_hiddens"], 92
    parts = [_text(left, 15, title, "start", f'fill="{INK}" font-weight="bold"'),
             _box(left + 1, 90, 88, 40, "context", color),
             _text(left + 45, 60, "of “" + " ".join(source[:2])), _text(left + 45, 80, " ".join(source[2:]) + "”")]
    if every_step:
        end = left + 132 + pitch * (len(goes_in) - 1)
        parts.append(f'<path d="M{left + 45} 130V184H{end}" fill="none" stroke="{color}" stroke-width="2.5"/>')
    for i, (below, above) in enumerate(zip(goes_in, asked_for)):
        x = left + 116 + pitch * i
        parts += [_box(x, 90, 68, 40, "RNN"), _token(x + 34, 50, above), _token(x + 34, 223, below),
                  _arrow(x + 34, 90, x + 34, 60), _arrow(x + 34, 204, x + 34, 131),
                  _arrow(x - (24 if i else 26), 110, x - 1, 110, INK if i else color)]
        if every_step:
            parts.append(_arrow(x + 16, 184, x + 16, 131, color))
    return parts


def legend(names):
    """Draw the legend of a figure: each name beside its number, on its colour. The browser has signs for names that
    matplotlib's fonts lack.

    Args:
        names: a list of `(name, colour)`.

    Returns:
        A `Drawing`.
    """
    parts, x, y, right, said = [], 0, 0, 0, []
    for i, (name, color) in enumerate(names, 1):
        name = as_xml(name)
        said.append(f"{i} {name}")
        shown = name if len(name) <= 60 else name[:59] + "…"
        width = 44 + sum(18 if east_asian_width(sign) in "WF" else 10 for sign in shown)
        if x and x + width > 760:
            x, y = 0, y + 32
        parts += [_box(x, y, 30, 24, str(i), color), _text(x + 38, y + 18, shown, "start")]
        x += width + 16
        right = max(right, x)
    return _card(right - 16, y + 24, parts, f"Legend: {', '.join(said)}")


# ---------------------------------------------------------------- an SVG in a page

def as_image(svg, alt):
    """Return HTML that shows an SVG where SVG itself is taken out of a page: in a notebook that is not trusted."""
    return f'<img alt="{escape(alt)}" src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">'


def as_xml(text):
    """Return a text without the characters that no XML file may hold: with one of them an SVG shows nothing."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


# ---------------------------------------------------------------- parts of drawings

def _card(width, height, parts, alt):
    """Put what is drawn from (0, 0) to (width, height) on a card."""
    wide, high = round(width + 2 * MARGIN), round(height + 2 * MARGIN)
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" role="img" font-size="16" '
            f'viewBox="{-MARGIN} {-MARGIN} {wide} {high}" font-family="{FONT}">')
    card = (f'<rect x="{0.5 - MARGIN}" y="{0.5 - MARGIN}" width="{wide - 1}" height="{high - 1}" rx="12" fill="{CARD}" '
            f'stroke="{LINE}"/>')
    return Drawing("\n".join([head, f"<title>{escape(alt)}</title>", card, *parts, "</svg>\n"]), alt)


def _text(x, y, words, anchor="middle", more=f'fill="{INK}"'):
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" {more}>{escape(words)}</text>'


def _token(x, y, word):
    """A token; a full stop is drawn larger than words, or it looks like dust."""
    size = 17 if any(sign.isalnum() for sign in word) else 30
    return _text(x, y, word, more=f'fill="{INK}" font-size="{size}"')


def _box(x, y, width, height, words, fill=None):
    """A box with words in it: outlined, or filled with a colour of `style.py`."""
    look = f'fill="{fill}"' if fill else f'fill="none" stroke="{INK}" stroke-width="2"'
    ink = f'fill="{"white" if fill else INK}"'
    return (f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" {look}/>'
            + _text(x + width / 2, y + height / 2 + 5.5, words, more=ink))


def _arrow(x, y, to_x, to_y, ink=INK):
    tip = "l-4 -8 h8 z" if to_y > y else "l-4 8 h8 z" if to_y < y else "l-8 -4 v8 z"
    return (f'<path d="M{x} {y}L{to_x} {to_y}" stroke="{ink}" stroke-width="2"/>'
            f'<path d="M{to_x} {to_y}{tip}" fill="{ink}"/>')


def _listed(steps):
    return f"step{'s' * (len(steps) > 1)} {', '.join(str(i + 1) for i in steps)}"


def _said(tokens):
    """Tokens in words: angle brackets would be markup in a Markdown cell, and a dot is not read aloud."""
    return ", ".join({".": "full stop"}.get(token, token.strip("<>")) for token in tokens)
