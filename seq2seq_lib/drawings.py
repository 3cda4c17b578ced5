"""Drawings: the pictures of the lessons that depend on no code, as SVG; `make images` writes them to notebooks/images.

Each is dark ink on a light card of its own, so that it can be read on any ground: a page that shows an SVG as an image
lends it no colours. `figures.in_both_themes` adds those of a dark page.
"""

import base64
import math
import re
from html import escape
from typing import NamedTuple
from unicodedata import east_asian_width

from .style import AXIS_COLORS, CARD, COLORS, FAINT, FONT, INK, LINE, PALE
from .text import check_choice

STOPS = ("text", "batches", "encoder", "context", "decoder", "masked loss", "training", "prediction", "BLEU",
         "your translator")
LATER = ("bug hunt", "beam search", "attention", "experiments")  # the stops of part two
TASKS = {  # the number of steps, those with an input, those with an output; an example
    "one to one": (1, [0], [0], "a photo → what it shows"),
    "one to many": (3, [0], [0, 1, 2], "a photo → its caption"),
    "many to one": (3, [0, 1, 2], [2], "a review → good or bad"),
    "many to many, aligned": (3, [0, 1, 2], [0, 1, 2], "words → noun, verb, ..."),
    "many to many, unaligned": (5, [0, 1, 2], [3, 4], "a sentence → its translation"),
}
PACKED = ("she is doing well . <eos>", "they are watching . <eos>", "i lost . <eos>", "go . <eos>")
GREEDY = [  # of each step the two likeliest words of the shipped model for "they are watching .", and how likely
    [("ils", 0.67), ("elles", 0.33)], [("regardent", 1), ("sont", 0)], [(".", 1), ("la", 0)],
    [("<eos>", 1), ("martin", 0)]]
BEAM = [  # prefixes of one word in lesson 10's table, how likely each is, and how likely each word is after it
    ("oui", 0.5, [("<eos>", 0.4), ("bien", 0.35), ("sûr", 0.25)]), ("bien", 0.4, [("sûr", 0.9), ("<eos>", 0.1)]),
    ("sûr", 0.1, [("<eos>", 0.8), ("oui", 0.2)])]
STATES = {"they": (2, 0, 1), "are": (0, 1, 0), "watching": (0, 2, 2), ".": (1, 0, 0)}  # lesson 11's, small and readable
QUERY = 0, 1, 1
MARGIN = 16  # between the card's edge and what is drawn on it
PER_LINE = 5  # stops of the road map in one line


class Drawing(NamedTuple):
    """A picture as the text of an SVG file, and what it shows in words: the alternative text."""

    svg: str
    alt: str


def drawings():
    """Return every drawing of the lessons, a dictionary from the name of its file to a `Drawing`."""
    source, target = "they are watching .".split(), "ils regardent .".split()
    found = {f"road_map_{stop.lower().replace(' ', '_')}.svg": road_map(stop) for stop in STOPS + LATER}
    return found | {"encoder_decoder.svg": encoder_decoder(source, target), "tasks.svg": tasks(),
                    "gru_gates.svg": gru_gates(), "packing.svg": packing([sentence.split() for sentence in PACKED]),
                    "two_designs.svg": two_designs(source, target), "greedy_loop.svg": greedy_loop(GREEDY),
                    "beam_step.svg": beam_step(BEAM, 3),
                    "weighted_sum.svg": weighted_sum(STATES, QUERY),
                    "clipped_counting.svg": clipped_counting("A B C D E F".split(), "A B B C D".split())}


def road_map(stop):
    """Draw the line of the story with one stop lit, in lines of five; for a later stop, the line's end goes on.

    Args:
        stop: one of `STOPS` or of `LATER`.

    Returns:
        A `Drawing`.
    """
    check_choice("stop", stop, STOPS + LATER)
    stops = STOPS if stop in STOPS else ("…", *STOPS[-2:], *LATER)
    parts, right = [], 0
    for first in range(0, len(stops), PER_LINE):
        x, y = 0, 48 * first // PER_LINE
        for i, name in enumerate(stops[first : first + PER_LINE], first):
            width = round(26 + 9.2 * len(name))
            fill, ink = (AXIS_COLORS["batch"], "white") if name == stop else (CARD, INK)
            weight = ' font-weight="bold"' if name == stop else ""
            parts += [f'<rect x="{x}" y="{y}" width="{width}" height="36" rx="9" fill="{fill}" stroke="{INK}"/>',
                      _text(x + width / 2, y + 24, name, more=f'fill="{ink}"{weight}')]
            x += width
            if i + 1 < len(stops):
                parts.append(_arrow(x + 7, y + 18, x + 29, y + 18))
                x += 36
        right = max(right, x)
    return _card(right, y + 36, parts, f"Road map: {' → '.join(stops)}. This lesson's stop is {stop}.")


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


def gru_gates():
    """Draw one step of a GRU, by PyTorch's names: what each gate reads, and what it does.

    Returns:
        A `Drawing`: the old state runs from left to right through the middle, the word's vector comes in below.
    """
    state, word, middle, top, low = AXIS_COLORS["num_hiddens"], AXIS_COLORS["embed_size"], 150, 44, 256
    parts = [  # lines first, so that boxes lie on top of them
        _line([(100, middle), (619, middle)], state, tip=True),
        f'<path d="M140 138V162" stroke="{CARD}" stroke-width="11"/>',  # here one line passes over the other
        _line([(100, 352), (519, 352), (519, 289)], word, tip=True),
        _line([(140, 352), (140, top), (299, top)], word, tip=True),
        _line([(240, 352), (240, 289)], word, tip=True),
        _line([(240, middle), (240, 223)], state, tip=True), _line([(370, middle), (370, 77)], state, tip=True),
        _line([(370, middle), (370, 237)], state, tip=True), _line([(300, low), (351, low)], INK, tip=True),
        _line([(389, low), (449, low)], INK, tip=True),
        _line([(440, top), (720, top), (720, 107)], INK, tip=True),
        _line([(590, low), (720, low), (720, 193)], INK, tip=True),
        _line([(820, middle), (863, middle)], state, tip=True)]
    parts += [_big_box(0, 126, 100, 48, "h", "t-1", fill=state), _big_box(0, 328, 100, 48, "x", "t", fill=word),
              _big_box(864, 126, 84, 48, "h", "t", fill=state),
              _big_box(300, 12, 140, 64, "z", words="update"), _big_box(180, 224, 120, 64, "r", words="reset"),
              _big_box(450, 224, 140, 64, "n", words="candidate"),
              f'<rect x="620" y="108" width="200" height="84" rx="8" fill="{CARD}" stroke="{INK}" stroke-width="3"/>',
              _words(720, 139, "mix", 20, bold=True, anchor="middle"),
              _formula(720, 172, [("(1 − z) n + z h", "t-1")]),
              *(f'<circle cx="{x}" cy="{middle}" r="6" fill="{state}"/>' for x in (240, 370)),  # there lines part
              f'<circle cx="370" cy="{low}" r="18" fill="{CARD}" stroke="{INK}" stroke-width="3"/>',
              f'<circle cx="370" cy="{low}" r="4" fill="{INK}"/>', _formula(412, 206, [("U", "n"), ("h", "t-1")]),
              _words(456, 28, "how much of the old state stays", 18),
              _words(606, 284, "the new state, if z were 0", 18),
              _words(254, 318, "what n sees of the old state", 18)]
    alt = ("One step of a GRU. The old state h t-1 and the word's vector x t go into two gates: r, reset, and z, "
           "update. The candidate n reads x t, and as much of the old state as r lets it see. At the end z mixes the "
           "two: the new state h t is 1 minus z times n, plus z times h t-1.")
    return _card(948, 376, parts, alt)


def packing(sentences):
    """Draw a padded batch, and below it what is left of it when it is packed.

    Args:
        sentences: lists of tokens, the longest first.

    Returns:
        A `Drawing`: the steps from left to right, in both.
    """
    wide, high, left, steps = 112, 38, 118, len(sentences[0])
    upper, lower = 34, 94 + high * len(sentences)
    step_color, batch_color = AXIS_COLORS["num_steps"], AXIS_COLORS["batch"]
    sizes = [sum(len(tokens) > step for tokens in sentences) for step in range(steps)]
    bottom, parts = lower + high * len(sentences) + 26, []
    for top, name, size in ((upper, "padded", steps * len(sentences)), (lower, "packed", sum(sizes))):
        parts += [_words(0, top + 24, name, 20, bold=True), _words(0, top + 50, f"{size} cells", 18)]
    for step in range(steps):
        middle = left + wide * step + wide / 2
        parts += [_words(middle, 20, f"step {step}", 18, step_color, bold=True, anchor="middle"),
                  _words(middle, bottom, str(sizes[step]), 24, batch_color, bold=True, anchor="middle")]
        for row, tokens in enumerate(sentences):
            x, y = left + wide * step + 3, upper + high * row
            if step < len(tokens):
                fill = COLORS["eos"] if tokens[step] == "<eos>" else COLORS["real"]
                parts += [_cell(x, at, wide - 6, high - 6, tokens[step], fill) for at in (y, y + lower - upper)]
            else:
                parts += [_cell(x, y, wide - 6, high - 6, "<pad>", PALE, FAINT),
                          f'<path d="M{x + 6} {y + high - 10}L{x + wide - 12} {y + 4}" stroke="{COLORS["wrong"]}" '
                          'stroke-width="3"/>']
    parts.append(_words(0, bottom, "batch size", 18, batch_color, bold=True))
    cells = steps * len(sentences)
    alt = (f"Above, a padded batch of {len(sentences)} sentences in {steps} steps; {cells - sum(sizes)} of its {cells} "
           "cells are padding, pale and struck out. Below, the same batch packed: at each step only the sentences that "
           f"still have a word, so that the batch has {_counted(sizes)} sentences at steps 0 to {steps - 1}. The "
           f"sentences: {'; '.join(_said(tokens) for tokens in sentences)}.")
    return _card(left + wide * steps, bottom + 8, parts, alt)


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
    return _card(2 * wide - 36, 294, parts, " ".join(said))


def _design(left, source, goes_in, asked_for, title, every_step):
    """One of the two designs; the way of the context is thick and purple."""
    color, pitch, steps = AXIS_COLORS["num_hiddens"], 92, len(goes_in)
    says = "the context goes in at every step" if every_step else "the context only starts the decoder"
    parts = [_text(left, 16, title, "start", f'fill="{INK}" font-weight="bold"'),
             _words(left, 42, says, 18, color, bold=True),
             _text(left + 45, 92, "of “" + " ".join(source[:2])), _text(left + 45, 112, " ".join(source[2:]) + "”")]
    if every_step:
        end = left + 131 + pitch * (steps - 1)
        parts.append(_line([(left + 45, 160), (left + 45, 226), (end, 226)], color, 7))
    for i, (below, above) in enumerate(zip(goes_in, asked_for)):
        x = left + 116 + pitch * i
        middle = x + (46 if every_step else 34)
        if every_step:
            parts.append(_line([(x + 15, 229.5), (x + 15, 163)], color, 7, tip=True))
        parts += [_token(x + 34, 82, above), _token(middle, 286, below),
                  _arrow(x + 34, 122, x + 34, 92), _arrow(middle, 264, middle, 163),
                  _line([(x - 26, 142), (x - 2, 142)], INK if i else color, 2 if i else 7, tip=True),
                  _box(x, 122, 68, 40, "RNN")]
    return [*parts, _box(left + 1, 120, 88, 44, "context", color)]


def greedy_loop(steps):
    """Draw greedy search: what is written at a step is read at the next, until `<eos>`.

    Args:
        steps: for each step a list of `(word, probability)`, the likeliest first; its first step reads `<bos>`.

    Returns:
        A `Drawing`: the steps from left to right, in each what it reads, the decoder, its scores, the likeliest word.
    """
    state, back, pitch, wide, parts = AXIS_COLORS["num_hiddens"], COLORS["target"], 224, 164, []
    written = [scores[0][0] for scores in steps]
    for i, (word, scores) in enumerate(zip(["<bos>", *written], steps)):
        x = 116 + pitch * i
        middle = x + wide / 2
        parts += [_line([(x - (60 if i else 28), 232), (x - 1, 232)], state, 4, tip=True),
                  _token(middle, 318, word, back if i else INK), _line([(middle, 293), (middle, 255)], INK, tip=True),
                  _box(x, 210, wide, 44, "decoder"), _line([(middle, 210), (middle, 167)], INK, tip=True),
                  _frame(x, 76, wide, 90, LINE)]
        for row, (name, share) in enumerate(scores):
            y, color = 84 + 27 * row, FAINT if row else back
            parts += [_cell(x + 110, y, max(3, 46 * share), 22, "", color),
                      _words(x + 8, y + 17, name, 17, color, bold=not row)]
        parts += [_words(x + 8, 154, "all other words", 15, FAINT),
                  _line([(middle, 76), (middle, 41)], back, 4, tip=True), _token(middle, 26, written[i], back)]
        if i + 1 < len(steps):  # back it goes, to be read at the next step
            away = 6 + 5.2 * len(written[i])
            parts.append(_line([(middle + away, 20), (x + 194, 20), (x + 194, 312), (middle + pitch - away - 2, 312)],
                               back, 4, tip=True))
    end = 116 + pitch * (len(steps) - 1)
    parts += [_cell(end + 116, 4, 62, 32, "stop", INK), _big_box(0, 208, 88, 48, "", words="context", fill=state),
              _words(0, 26, "the likeliest", 17, back, bold=True), _words(0, 46, "word", 17, back, bold=True),
              _words(0, 116, "scores", 17, bold=True), _words(0, 282, "state", 17, state, bold=True),
              _words(0, 318, "it reads", 17, bold=True)]
    alt = (f"Greedy search in {len(steps)} steps. The decoder starts from the context and reads bos. It gives every "
           f"word a score; the likeliest, {written[0]}, is written, and goes back in at the next step, and the state "
           f"is carried along. So it writes {_said(written)}, and there it stops.")
    return _card(end + 182, 326, parts, alt)


def beam_step(beam, beam_size):
    """Draw one step of a beam: every prefix goes on with every word, and of all together the best are kept.

    Args:
        beam: for each prefix `(prefix, probability, [(word, probability of the word after it)])`.
        beam_size: how many are kept.

    Returns:
        A `Drawing`: the prefixes on the left, what they go on to in the middle, what becomes of it on the right.
    """
    pitch, left, wide, parts, y = 48, 236, 150, [], 40
    longer = [(share * chance, row, f"{prefix} {word}") for row, (prefix, share, words) in enumerate(beam)
              for word, chance in words]
    kept, said = sorted(longer, reverse=True)[:beam_size], []
    for row, (prefix, share, words) in enumerate(beam):
        middle = y + pitch * len(words) / 2 - 6
        alive = any(one[1] == row for one in kept)
        for i, (word, chance) in enumerate(words):
            one, top = (share * chance, row, f"{prefix} {word}"), y + pitch * i
            at, best = top + 18, one in kept
            fill = (COLORS["eos"] if word == "<eos>" else COLORS["real"]) if best else PALE
            parts += [f'<path d="M120 {middle:g}C180 {middle:g} 170 {at} {left - 2} {at}" fill="none" '
                      f'stroke="{fill if best else LINE}" stroke-width="{5 if best else 2}"/>',
                      _cell(left, top, wide, 36, one[2], fill, "white" if best else FAINT),
                      _words(left + wide + 14, at + 6, f"{share:g} × {chance:g} = {one[0]:.3g}", 17,
                             INK if best else FAINT, bold=best)]
            if best:
                place = f"{kept.index(one) + 1}. "
                fate = "finished: it leaves the beam" if word == "<eos>" else f"goes on, with the state of row {row}"
                parts.append(_words(left + wide + 215, at + 6, place + fate, 17, fill, bold=True))
        parts += [_cell(0, middle - 18, 120, 36, f"{prefix}  {share:g}", COLORS["real"] if alive else FAINT),
                  _words(0, middle - 26, f"row {row}", 17, COLORS["real"] if alive else FAINT)]
        y += pitch * len(words) + 16
    for place, (share, row, name) in enumerate(kept, 1):
        prefix, word = name.split()
        said.append(f"{place}. {_said([prefix, word])}, {share:.3g}, from row {row}"
                    + (", which is finished" if word == "<eos>" else ""))
    dead = [prefix for row, (prefix, *_) in enumerate(beam) if not any(one[1] == row for one in kept)]
    parts += [_words(0, 16, "the beam", 18, bold=True), _words(left, 16, "one word more", 18, bold=True),
              _words(left + wide + 215, 16, f"the {beam_size} best of all are kept", 18, bold=True)]
    alt = (f"One step of a beam. On the left its prefixes, {_listed_words(beam)}; lines lead from each to all that it "
           f"can go on to, {len(longer)} in all. The {beam_size} best of all together are kept: {'; '.join(said)}. "
           "All others are pale." + f" Nothing is left of {' and '.join(dead)}." * bool(dead))
    return _card(left + wide + 215 + 385, y - 22, parts, alt)


def clipped_counting(label, prediction):
    """Draw how the words of a prediction are counted: each finds a partner of its own in the label, or none.

    Args:
        label, prediction: lists of tokens.

    Returns:
        A `Drawing`: the label above, the prediction below, and lines between partners.
    """
    wide, pitch, left, free, parts, found = 64, 96, 130, list(range(len(label))), [], 0
    good, wrong = COLORS["good"], COLORS["wrong"]
    for i, token in enumerate(prediction):
        x = left + pitch * i
        partner = next((j for j in free if label[j] == token), None)
        if partner is None:
            parts += [_frame(x, 180, wide, 48, wrong, 4, dashes="7 5"),
                      _words(x + wide / 2, 212, token, 26, wrong, anchor="middle"),
                      _words(x + wide / 2, 254, "no partner left", 18, wrong, anchor="middle")]
        else:
            free.remove(partner)
            found += 1
            parts += [_line([(left + pitch * partner + wide / 2, 48), (x + wide / 2, 180)], good, 5),
                      _cell(x, 180, wide, 48, token, good, size=26)]
    for j, token in enumerate(label):
        x = left + pitch * j
        parts += ([_frame(x, 1, wide, 48, INK), _words(x + wide / 2, 33, token, 26, anchor="middle")] if j in free
                  else [_cell(x, 1, wide, 48, token, good, size=26)])
    right = left + pitch * len(label) + 24
    parts += [_words(0, 32, "label", 20, bold=True), _words(0, 211, "prediction", 20, bold=True),
              _words(right, 96, f"{found} of {len(prediction)} find", 20), _words(right, 122, "a partner", 20),
              _formula(right, 164, [("p", "1"), (f" = {found}/{len(prediction)}", "")], "start", 30)]
    alone = [token for token in dict.fromkeys(prediction) if prediction.count(token) > label.count(token)]
    more = f"Of {' and '.join(alone)} the prediction has more than the label, and no partner is left. " if alone else ""
    alt = (f"The label {' '.join(label)} above, the prediction {' '.join(prediction)} below, and lines between words "
           f"that are partners, each of one word only. {more}{found} of {len(prediction)} words find one: p 1 is "
           f"{found}/{len(prediction)}.")
    return _card(right + 170, 262, parts, alt)


def weighted_sum(states, query):
    """Draw attention for one query: its scores, the weights that the softmax makes of them, and the weighted sum.

    Args:
        states: a dictionary from a token to the encoder's state after it, a tuple of numbers; keys and values.
        query: a tuple of as many numbers.

    Returns:
        A `Drawing`: from the tokens below up to the context; each state goes into it by a line as thick as its weight.
    """
    scores = [sum(q * k for q, k in zip(query, state)) for state in states.values()]
    weights = [math.exp(score) / sum(map(math.exp, scores)) for score in scores]
    context = [sum(w * state[i] for w, state in zip(weights, states.values())) for i in range(len(query))]
    state_color, source, decoder = AXIS_COLORS["num_hiddens"], COLORS["source"], COLORS["target"]
    left, pitch, wide, parts = 190, 190, 130, []
    middle, right = left + (pitch * len(states) - pitch + wide) / 2, left + pitch * (len(states) - 1) + wide
    tops = [left + pitch * i + wide / 2 for i in range(len(states))]
    parts += [f'<path d="M{x:g} 130L{middle + 0.22 * (x - middle):g} 44" stroke="{state_color}" '
              f'stroke-width="{1 + 15 * weight:.1f}"/>' for x, weight in zip(tops, weights)]
    parts += [_line([(132, 262), (right - wide / 2 - 32, 262)], decoder),
              _cell(middle - 130, 2, 260, 44, _numbers(context, 2), state_color, size=20),
              _frame(left, 184, right - left, 34, INK),
              _words(middle, 207, "softmax: all above 0, together 1", 18, anchor="middle"),
              _cell(0, 240, 132, 44, _numbers(query), decoder, size=20)]
    for x, token, state, score, weight in zip(tops, states, states.values(), scores, weights):
        parts += [_line([(x, 404), (x, 365)], source, tip=True), _line([(x, 322), (x, 285)], INK, tip=True),
                  _line([(x, 240), (x, 219)], INK, tip=True), _line([(x, 184), (x, 163)], INK, tip=True),
                  _cell(x - 32, 130, 64, 32, f"{weight:.2f}", INK, size=18),
                  f'<rect x="{x - 32:g}" y="240" width="64" height="44" rx="8" fill="{CARD}" stroke="{INK}" '
                  'stroke-width="2"/>', _words(x, 269, f"{score:g}", 20, anchor="middle"),
                  _cell(x - wide / 2, 322, wide, 42, _numbers(state), state_color, size=20), _token(x, 426, token)]
    parts += [_words(0, 31, "context", 18, state_color, bold=True), _words(0, 152, "weights", 18, bold=True),
              _words(0, 232, "query", 18, decoder, bold=True), _words(0, 306, "scores: query · state", 16, bold=True),
              _words(0, 349, "states", 18, state_color, bold=True), _words(0, 426, "source", 18, source, bold=True)]
    said = "; ".join(f"{token.replace('.', 'full stop')}: state {_numbers(state)}, score {score:g}, weight {weight:.2f}"
                     for token, state, score, weight in zip(states, states.values(), scores, weights))
    alt = (f"Attention for one query, {_numbers(query)}. Its dot product with the state of a source token is a score; "
           f"the softmax makes weights of the scores. {said}. Each state, times its weight, goes into the context, "
           f"{_numbers(context, 2)}, by a line as thick as its weight.")
    return _card(right, 434, parts, alt)


def _numbers(values, digits=0):
    return ", ".join(f"{value:.{digits}f}" for value in values)


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


def _words(x, y, words, size, ink=INK, bold=False, anchor="start"):
    return _text(x, y, words, anchor, f'fill="{ink}" font-size="{size}"' + ' font-weight="bold"' * bold)


def _token(x, y, word, ink=INK):
    return _words(x, y, word, _size(word), ink, anchor="middle")


def _size(token):
    """Of a token's type: a full stop is drawn larger than words, or it looks like dust."""
    return 17 if any(sign.isalnum() for sign in token) else 30


def _formula(x, y, symbols, anchor="middle", size=20):
    """Symbols, each with what is written below its line."""
    inside = "".join(f'{escape(symbol)}<tspan dy="{0.25 * size:g}" font-size="{0.75 * size:g}">{below}</tspan>'
                     f'<tspan dy="{-0.25 * size:g}">&#8203;</tspan>' for symbol, below in symbols)
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}" fill="{INK}">{inside}</text>'


def _cell(x, y, width, height, word, fill, ink="white", size=17):
    """A token on its colour."""
    said = _words(x + width / 2, y + height / 2 + 0.35 * size, word, max(size, _size(word)), ink, anchor="middle")
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4" fill="{fill}"/>' + said * bool(word)


def _big_box(x, y, width, height, symbol, below="", words="", fill=None):
    """A box with a symbol, what is written below its line, and words: outlined, or filled with a colour."""
    look = f'fill="{fill}"' if fill else f'fill="{CARD}" stroke="{INK}" stroke-width="3"'
    ink, middle = "white" if fill else INK, x + width / 2
    name = (f'<text x="{middle:g}" y="{y + (28 if words and symbol else height / 2 + 8):g}" text-anchor="middle" '
            f'fill="{ink}" font-size="24" font-weight="bold">{symbol}'
            + (f'<tspan dy="6" font-size="17">{below}</tspan>' if below else "") + "</text>") if symbol else ""
    at = y + height - 12 if symbol else y + height / 2 + 6
    return (f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" {look}/>{name}'
            + (_text(middle, at, words, more=f'fill="{ink}" font-size="18"') if words else ""))


def _line(points, ink=INK, width=3, tip=False):
    """A line through points, each straight below or beside the last; with `tip` it ends in an arrow."""
    (x, y), (to_x, to_y) = points[-2:]
    size = 7 + 1.5 * width
    path = "M" + "L".join(f"{a:g} {b:g}" for a, b in points[:-1])
    if not tip:
        return f'<path d="{path}L{to_x:g} {to_y:g}" fill="none" stroke="{ink}" stroke-width="{width}"/>'
    ahead = (to_x > x) - (to_x < x), (to_y > y) - (to_y < y)
    neck = to_x - size * ahead[0], to_y - size * ahead[1]
    half = size / 1.8
    wings = [(neck[0] + half * ahead[1] * side, neck[1] + half * ahead[0] * side) for side in (1, -1)]
    return (f'<path d="{path}L{neck[0] + ahead[0]:g} {neck[1] + ahead[1]:g}" fill="none" stroke="{ink}" '
            f'stroke-width="{width}"/><path d="M{to_x:g} {to_y:g}L{wings[0][0]:.1f} {wings[0][1]:.1f} '
            f'{wings[1][0]:.1f} {wings[1][1]:.1f}z" fill="{ink}"/>')

def _frame(x, y, width, height, color, thick=2, dashes=""):
    return (f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="none" stroke="{color}" '
            f'stroke-width="{thick}"' + (f' stroke-dasharray="{dashes}"' if dashes else "") + "/>")


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


def _listed_words(beam):
    return ", ".join(f"{prefix} with {share:g}" for prefix, share, _ in beam)


def _counted(numbers):
    return ", ".join(map(str, numbers[:-1])) + f" and {numbers[-1]}"


def _said(tokens):
    """Tokens in words: angle brackets would be markup in a Markdown cell, and a dot is not read aloud."""
    return ", ".join({".": "full stop"}.get(token, token.strip("<>")) for token in tokens)
