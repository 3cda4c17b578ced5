"""Experiment drawing: the runs of two settings, the differences between them, and a learning curve, as SVG."""

import math
import textwrap

from ..style import CYCLE
from .markup import tag

WIDTH, HEIGHT, TOP = 350, 270, 30  # of a picture and above its axis, in pixels
LINE = 18  # the height of a line of text
LEFT_AXIS = 40  # room for the numbers of an upright axis
A, B, BESIDE = 118, 268, 27  # where the two settings stand, and how far beside them their means
NAME, NUMBER, ROW = 62, 50, 34  # room for a row's name and its number, and its height
LETTERS = 15  # of a name in one line
END = 124  # room for the names at the ends of the curves


def signed(number):
    """Write a difference, rounded to 0.1, with its sign."""
    return "0.0" if abs(number) < 0.05 else f"{number:+.1f}".replace("-", "−")


def ticks(low, high, most=6):
    """Return at most some round numbers from low to high, evenly apart."""
    apart = next(n * 10.0**k for k in range(-2, 99) for n in (1, 2, 5) if high - low <= (most - 1) * n * 10.0**k)
    return [apart * n for n in range(math.ceil(low / apart), math.floor(high / apart) + 1)]


def runs(names, scores, means, unit, chosen):
    """Draw the scores of two settings: a point for each run, a line for each seed, and beside them the means.

    Args:
        names: of a and b.
        scores: for each seed `(a's, b's)`.
        means: `(a's, b's)`.
        unit: of the scores.
        chosen: a seed, or None for all of them.

    Returns:
        `Html`.
    """
    y, drawn = _upright([score for pair in scores.values() for score in pair], unit)
    for seed, (a, b) in scores.items():
        drawn.append(tag(
            "g", tag("path", d=f"M{A} {y(a):.1f}L{B} {y(b):.1f}"),
            tag("circle", cx=A, cy=f"{y(a):.1f}", r=5), tag("circle", cx=B, cy=f"{y(b):.1f}", r=5),
            class_=f"s2s-experiment-run {_sign(b - a)}{_faint(seed, chosen)}"))
    for side, x, out, anchor in ((0, A, -1, "end"), (1, B, 1, "start")):
        column, at = [pair[side] for pair in scores.values()], x + out * BESIDE
        drawn.append(tag(
            "g", tag("path", d=f"M{at} {y(min(column)):.1f}V{y(max(column)):.1f}"), _diamond(at, y(means[side])),
            class_=f"s2s-experiment-mean{_faint(None, chosen)}"))
        drawn.append(_text(at + 12 * out, y(means[side]) + 5, f"{means[side]:.1f}", anchor, strong=True))
        drawn += [_text(x, HEIGHT + 22 + LINE * i, line, strong=True) for i, line in enumerate(_wrapped(names[side]))]
    said = "; ".join(f"seed {seed}: {a:.1f} and {b:.1f}" for seed, (a, b) in scores.items())
    return _svg(drawn, HEIGHT + 12 + LINE * max(len(_wrapped(name)) for name in names),
                f"{unit} of {names[0]} and of {names[1]}, a line for each seed. {said}; means {means[0]:.1f} and "
                f"{means[1]:.1f}.")


def differences(rows, mean, unit, chosen):
    """Draw differences: a row for each seed, and one for their mean, each with its interval.

    Args:
        rows: for each seed `(difference, low, high)`.
        mean: the same of the mean.
        unit: of the differences.
        chosen: a seed, or None for all of them.

    Returns:
        `Html`.
    """
    low = min(0, mean[1], *(row[1] for row in rows.values()))
    high = max(0, mean[2], *(row[2] for row in rows.values()))
    low, high = min(low, -high / 2, -0.5), max(high, -low / 2, 0.5)  # both sides of zero have room for their words
    right, foot = WIDTH - NUMBER, TOP + 6 + ROW * (len(rows) + 1)

    def x(value):
        return NAME + (value - low) / (high - low) * (right - NAME)

    drawn = [_text(x(0) - 8, TOP - 10, "← against it", "end"), _text(x(0) + 8, TOP - 10, "for it →", "start")]
    for value in ticks(low, high, 5):
        drawn.append(tag("path", d=f"M{x(value):.1f} {TOP}V{foot + 4}", class_="s2s-experiment-grid"))
        drawn.append(_text(x(value), foot + 20, f"{value:g}".replace("-", "−")))
    drawn.append(tag("path", d=f"M{x(0):.1f} {TOP - 22}V{foot + 4}", class_="s2s-experiment-zero"))
    drawn.append(tag("path", d=f"M0 {foot - ROW}H{WIDTH}", class_="s2s-experiment-grid"))
    for i, (seed, row) in enumerate([*rows.items(), (None, mean)]):
        y, name = TOP + 4 + ROW * i + ROW / 2, "mean" if seed is None else f"seed {seed}"
        strong = chosen == seed
        if strong and seed is not None:
            drawn.append(tag("rect", x=0, y=y - ROW / 2 + 1, width=WIDTH, height=ROW - 2, rx=6,
                             class_="s2s-experiment-chosen"))
        drawn.append(_row(x, y, row, seed is None, _faint(seed, chosen)))
        drawn += [_text(2, y + 5, name, "start", strong), _text(WIDTH - 2, y + 5, signed(row[0]), "end", strong)]
    said = "; ".join(f"seed {seed}: {signed(d)}, {signed(one)} to {signed(other)}"
                     for seed, (d, one, other) in rows.items())
    return _svg(drawn, foot + 30, f"Differences in {unit}, each with its 95 % interval. {said}; mean: "
                f"{signed(mean[0])}, {signed(mean[1])} to {signed(mean[2])}.")


def _row(x, y, row, mean, faint):
    """A difference on its interval; its mark is hollow where the interval includes zero."""
    value, low, high = row
    mark = _diamond(x(value), y) if mean else tag("circle", cx=f"{x(value):.1f}", cy=y, r=6)
    return tag("g", tag("path", d=f"M{x(low):.1f} {y}H{x(high):.1f}"), mark,
               class_=f"s2s-experiment-{'all' if mean else 'one'} {_sign(value)}{faint}"
                      f"{' s2s-experiment-hollow' * (low <= 0 <= high)}")


def curve(lines, unit):
    """Draw a learning curve: scores over the share of the training sentences, an axis on which each step doubles it.

    Args:
        lines: by name a dictionary from a share, 1 for all, to the scores of its runs.
        unit: of the scores.

    Returns:
        `Html`.
    """
    y, drawn = _upright([score for points in lines.values() for column in points.values() for score in column], unit,
                        WIDTH - END)
    shares = sorted({share for points in lines.values() for share in points})
    apart = (WIDTH - END - 16 - LEFT_AXIS - 16) / (math.log2(shares[-1] / shares[0]) or 1)

    def x(share):
        return LEFT_AXIS + 16 + apart * math.log2(share / shares[0])

    for share in shares:
        drawn.append(tag("path", d=f"M{x(share):.1f} {HEIGHT}v5", class_="s2s-experiment-tick"))
        drawn.append(_text(x(share), HEIGHT + 22, share_name(share)))
    drawn.append(_text(LEFT_AXIS, HEIGHT + 44, "share of the training sentences", "start"))
    ends = []
    for i, (name, points) in enumerate(lines.items()):
        means = {share: sum(column) / len(column) for share, column in sorted(points.items())}
        drawn.append(tag(
            "g", tag("path", d="M" + "L".join(f"{x(share):.1f} {y(mean):.1f}" for share, mean in means.items())),
            [tag("circle", cx=f"{x(share):.1f}", cy=f"{y(score):.1f}", r=3.5)
             for share, column in points.items() for score in column],
            class_=f"s2s-experiment-curve{' s2s-experiment-dashed' * (i % 2)}", data_axis=CYCLE[i % len(CYCLE)]))
        ends.append((y([*means.values()][-1]), _wrapped(f"{name} {[*means.values()][-1]:.1f}"), i))
    below = 0
    for at, words, i in sorted(ends):
        first = max(at + 5 - LINE * (len(words) - 1) / 2, below)
        below = first + LINE * len(words) + 4
        drawn.append(tag("g", [_text(WIDTH - END, first + LINE * n, line, "start") for n, line in enumerate(words)],
                         class_="s2s-experiment-end", data_axis=CYCLE[i % len(CYCLE)]))
    said = "; ".join(f"{name}: " + ", ".join(
        f"{share_name(share)} {sum(column) / len(column):.1f}" for share, column in sorted(points.items()))
        for name, points in lines.items())
    return _svg(drawn, HEIGHT + 54, f"{unit} over the share of the training sentences, means of the seeds. {said}.")


def share_name(share):
    """Name a share of the training sentences as in `1/8`; the whole is "all"."""
    return "all" if share == 1 else f"1/{round(1 / share)}"


# ---------------------------------------------------------------- parts of them

def _upright(values, unit, right=WIDTH):
    """Return the place of a value on an upright axis, a function, and the axis with its name."""
    rim = max(max(values) - min(values), 1) * 0.06
    low, high = min(values) - rim, max(values) + rim

    def y(value):
        return HEIGHT - (value - low) / (high - low) * (HEIGHT - TOP)

    drawn = [_text(0, TOP - 14, unit, "start")]
    for value in ticks(low, high):
        drawn.append(tag("path", d=f"M{LEFT_AXIS} {y(value):.1f}H{right}", class_="s2s-experiment-grid"))
        drawn.append(_text(LEFT_AXIS - 8, y(value) + 5, f"{value:g}", "end"))
    return y, drawn


def _svg(drawn, height, alt):
    return tag("svg", drawn, width=WIDTH, height=height, viewBox=f"0 0 {WIDTH} {height}", role="img", aria_label=alt)


def _text(x, y, words, anchor="middle", strong=False):
    return tag("text", words, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor,
               class_="s2s-experiment-strong" if strong else None)


def _wrapped(words):
    return [line for part in words.split(", ") for line in textwrap.wrap(part, LETTERS)]


def _diamond(x, y):
    return tag("path", d=f"M{x:.1f} {y - 9:.1f}l7 9l-7 9l-7 -9z", class_="s2s-experiment-mark")


def _sign(difference):
    return "s2s-plus" if difference >= 0 else "s2s-minus"


def _faint(seed, chosen):
    return " s2s-experiment-faint" if chosen not in (None, seed) else ""
