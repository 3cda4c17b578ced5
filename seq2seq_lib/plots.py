"""Plots: the figures of the lessons, each with a text for those who do not see it."""

import io
import math
from functools import cache
from pathlib import Path
from textwrap import fill
from unicodedata import east_asian_width

from .drawings import legend
from .figures import THEME, drawing_as_image, figure_as_image
from .style import AXIS_COLORS, CARD, COLORS, FAINT, INK, LINE, MATPLOTLIB, PALE, look
from .tables import NO_TEASER

MOST_NAMED = 8  # lines that have their names at their ends


class Picture:
    """A picture for a notebook, as HTML with an alternative text that every way of showing the notebook keeps.

    Args:
        html: an `<img alt=...>`: an `<svg>` is taken out of a notebook that is not trusted.
        alt: what the picture shows, in words.
    """

    def __init__(self, html, alt):
        self.html, self.alt = html, alt

    def _repr_html_(self):
        return f'{NO_TEASER}<figure style="margin: 0">{self.html}\n{THEME}</figure>'

    def __repr__(self):
        return f"Picture: {self.alt}"


def picture(figure, alt):
    """Turn a matplotlib figure into a `Picture` and close the figure."""
    import matplotlib.pyplot as plt

    drawn = io.StringIO()
    with plt.rc_context({"svg.fonttype": "none", "svg.hashsalt": "seq2seq_lib"}):  # the same file each time
        figure.savefig(drawn, format="svg", facecolor="none",
                       metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    plt.close(figure)
    return Picture(figure_as_image(drawn.getvalue(), alt), alt)


def axes(xlabel, ylabel, figsize=None):
    """Make a figure with one pair of axes in the style of the series; returns `(figure, axes)`."""
    figure, ax = _subplots(figsize=figsize)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    return figure, ax


def _subplots(*args, **options):
    """As `plt.subplots`, in the style of the series."""
    import matplotlib.pyplot as plt

    _add_chinese_font()
    plt.rcParams.update(MATPLOTLIB)
    return plt.subplots(*args, **options)


@cache
def _add_chinese_font():
    """Make Chinese characters known to matplotlib, once: those of the corpus, see data/make_font.py."""
    from matplotlib import font_manager

    font_manager.fontManager.addfont(Path(__file__).with_name("fonts") / "chinese.otf")


def plot_lengths(lengths):
    """Draw how long sentences are.

    Args:
        lengths: a dictionary from a name (`"source"`, `"target"`) to a list of lengths in tokens.

    Returns:
        A `Picture`: one histogram a name, side by side.
    """
    from collections import Counter

    figure, ax = axes("tokens in a sentence", "sentences")
    width = 0.8 / len(lengths)
    said = []
    for i, (name, values) in enumerate(lengths.items()):
        counts = Counter(values)
        ax.bar([n + (i - (len(lengths) - 1) / 2) * width for n in counts], counts.values(), width,
               color=COLORS.get(name, COLORS["real"]), label=name, hatch="//" * i, edgecolor=CARD)
        said.append(f"{name}: most often {counts.most_common(1)[0][0]} tokens, at most {max(counts)}")
    ax.legend()
    ax.locator_params(integer=True)
    return picture(figure, f"Two histograms of sentence lengths. {'; '.join(said)}.")


def plot_bars(values, xlabel, ylabel, title=""):
    """Draw a few numbers as horizontal bars with their values beside them.

    Args:
        values: a dictionary from a label to a number.

    Returns:
        A `Picture`.
    """
    figure, ax = axes(ylabel, "", figsize=(8, 0.9 + 0.55 * len(values)))
    names = list(values)[::-1]
    bars = ax.barh(names, [values[name] for name in names], color=COLORS["real"])
    ax.bar_label(bars, [f"{values[name]:.3g}" for name in names], padding=4)
    ax.set(title=title, ylabel=xlabel)
    ax.set_xlim(right=1.12 * max(values.values()) or 1)
    if "%" in ylabel and max(values.values()) > 50:
        ax.set(xlim=(0, 112), xticks=range(0, 101, 20))
    said = ", ".join(f"{name} {value:.3g}" for name, value in values.items())
    return picture(figure, f"Bars of {ylabel}: {said}.")


def plot_history(histories):
    """Draw the loss per token after each epoch, in training and in validation.

    Args:
        histories: a `History`, or a dictionary from a name to one, to lay several on top of each other.

    Returns:
        A `Picture`: solid lines for training, dashed lines for validation.
    """
    if not isinstance(histories, dict):
        histories = {"": histories}
    figure, ax = axes("epoch", "loss per token (nats)")
    said, ends = [], []
    for i, (name, history) in enumerate(histories.items()):
        rows = history.rows
        epochs = [row["epoch"] for row in rows]
        color, marker, filled, _ = look(i)
        for key, line, label in (("train_loss", "-", "training"), ("valid_loss", "--", "validation")):
            if rows and key in rows[0]:
                if name == "":
                    color, marker = (COLORS["train"], "o") if label == "training" else (COLORS["validation"], "s")
                ax.plot(epochs, [row[key] for row in rows], line, color=color, marker=marker,
                        markerfacecolor=color if filled else CARD, label=f"{name} {label}".strip())
                ends.append((f"{name} {label}".strip(), epochs[-1], rows[-1][key], color))
                said.append(f"{name} {label} falls from {rows[0][key]:.1f} to {rows[-1][key]:.1f}".strip())
    ax.set_ylim(bottom=0)
    ax.locator_params(axis="x", integer=True)
    _name_lines(ax, ends)
    return picture(figure, f"Loss per token over {len(rows)} epochs: {', '.join(said)}.")


def plot_batch(ids, vocab, title=""):
    """Draw a batch as a rectangle of cells: words, `<eos>`, padding and unknown words, each in its colour.

    Args:
        ids: `(batch, num_steps)`.
        vocab: the `Vocab` of the ids.

    Returns:
        A `Picture`; up to 12 rows and 12 steps it shows the token in each cell.
    """
    kinds = {"word": COLORS["real"], "<eos>": COLORS["eos"], "<pad>": COLORS["padding"], "<unk>": COLORS["unknown"]}
    tokens = [vocab.to_tokens(row) for row in ids]
    rows, steps = len(tokens), len(tokens[0])
    small = rows <= 12 and steps <= 12
    width = max(0.7, 0.25 + 0.08 * max(len(token) for row in tokens for token in row))  # of a cell, in inches
    figure, ax = axes("step", "sentence", figsize=(width * steps + 0.8, 0.45 * rows + 1) if small else (8, 3.6))
    figure.set_layout_engine("constrained")
    counts = dict.fromkeys(kinds, 0)
    places = {kind: [] for kind in kinds}
    for r, row in enumerate(tokens):
        for s, token in enumerate(row):
            kind = token if token in kinds else "word"
            counts[kind] += 1
            places[kind].append((s, r))
            if small:
                ax.text(s, r, token, ha="center", va="center", color=INK if kind == "<pad>" else CARD,
                        fontsize=12 if any(sign.isalnum() for sign in token) else 20)
    for kind, cells in places.items():
        if cells:
            _draw_cells(ax, cells, kinds[kind], 0.03 if small else 0.08, kind)
    if not small:
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    ax.set_title(title, loc="left")
    ax.set(xlim=(-0.5, steps - 0.5), ylim=(rows - 0.5, -0.5))
    ax.xaxis.label.set_color(AXIS_COLORS["num_steps"])
    ax.yaxis.label.set_color(AXIS_COLORS["batch"])
    ax.locator_params(integer=True)
    if small:
        ax.set(xticks=range(steps), yticks=range(rows))
    share = counts["<pad>"] / (rows * steps)
    said = ", ".join(f"{n} {kind}" for kind, n in counts.items())
    return picture(figure, f"{title or 'A batch'}: {rows} rows of {steps} steps, {rows * steps} cells: {said}. "
                           f"Padding is {share:.0%} of the cells.")


def _draw_cells(ax, cells, color, gap, label):
    """Draw squares of side 1 around places `(x, y)`, with gaps between them, as one shape: a small file."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    near, far = -0.5 + gap, 0.5 - gap
    corners = [(x + dx, y + dy) for x, y in cells
               for dx, dy in ((near, near), (far, near), (far, far), (near, far), (near, near))]
    codes = [Outline.MOVETO, *3 * [Outline.LINETO], Outline.CLOSEPOLY] * len(cells)
    ax.add_patch(PathPatch(Outline(corners, codes), facecolor=color, linewidth=0, label=label))


def plot_states(tokens, num_layers):
    """Draw the states of an encoder, one box for each token and layer, with `output` and `state` framed.

    Args:
        tokens: the tokens that it reads, a list of strings.
        num_layers: the recurrent layers, stacked.

    Returns:
        A `Picture`: steps from left to right, layers from bottom to top.
    """
    from matplotlib.patches import FancyBboxPatch

    steps, top = len(tokens), num_layers
    figure, ax = axes("", "", figsize=(1.75 * steps + 2.2, 0.95 * num_layers + 2))
    arrow = dict(arrowstyle="-|>", color=INK, shrinkA=0, shrinkB=0)
    for t, token in enumerate(tokens):
        ax.text(t, 0, token, ha="center", va="center", fontsize=14)
        for layer in range(1, top + 1):
            ax.add_patch(FancyBboxPatch((t - 0.26, layer - 0.2), 0.52, 0.4, boxstyle="round,pad=0.02",
                                        facecolor=PALE, edgecolor=INK))
            ax.annotate("", (t, layer - 0.22), (t, layer - (0.78 if layer > 1 else 0.75)), arrowprops=arrow)
            if t:
                ax.annotate("", (t - 0.28, layer), (t - 0.72, layer), arrowprops=arrow)
    frames = [("output", "num_steps", (-0.4, top - 0.32), steps - 0.2, 0.64),
              ("state", "num_layers", (steps - 1.37, 0.7), 0.74, top - 0.4)]
    for name, axis, corner, width, height in frames:
        ax.add_patch(FancyBboxPatch(corner, width, height, boxstyle="round,pad=0.03", facecolor="none", linewidth=2.5,
                                    linestyle="--" if name == "state" else "-", edgecolor=AXIS_COLORS[axis]))
    ax.text(-0.4, top + 0.42, "output: the top layer after every token", color=AXIS_COLORS["num_steps"], va="bottom")
    ax.text(steps - 0.5, top / 2 + 0.5, "state:\nevery layer\nafter the\nlast token", color=AXIS_COLORS["num_layers"],
            va="center")
    for layer in range(1, top + 1):
        ax.text(-0.55, layer, f"layer {layer - 1}", ha="right", va="center")
    ax.set(xlim=(-1.2, steps + 0.4), ylim=(-0.3, top + 0.8))
    ax.set_axis_off()
    said = (f"An encoder of {top} layers reads {' '.join(tokens)}: a row of {steps} boxes for each layer. Arrows go up "
            "from the token to layer 0 and from layer to layer, and from step to step to the right. A solid frame "
            "around the top row is labelled output, a dashed frame around the last column is labelled state. They "
            "share one box: the top layer's at the last step.")
    return picture(figure, said)


def plot_attention(weights, source, target, title=""):
    """Draw how much each step of a decoder looks at each source token, as a map: the stronger the colour, the more.

    Args:
        weights: `(target num_steps, source num_steps)`; or a dictionary from a name to such, two beside each
            other. Columns and rows behind `source` and `target`, padding, are left out.
        source: the tokens that the columns are of, a list of strings.
        target: the token that is written at each step, a list of strings.

    Returns:
        A `Picture`: up to 12 columns a cell of 0.05 or more has its number in it; its text names the largest of each
        row.
    """
    maps = weights if isinstance(weights, dict) else {title: weights}
    several = len(maps) > 1
    across, down = (2, -(-len(maps) // 2)) if several else (1, 1)
    widest, room = max(map(_width, source)), 0.12 * max(map(_width, target))  # of the words beside the rows, in inches
    wide = (0.46 if several else max(0.5, 0.06 + 0.1 * widest)) * len(source)
    high = (0.42 if len(target) < 10 else 0.26) * len(target) + 0.4
    figure, panels = _subplots(down, across, sharex=True, sharey=True, squeeze=False, layout="constrained",
                               figsize=(across * (wide + 0.2) + room + 0.3,
                                        down * high + (0.1 * widest if several else 0.4) + 0.3))
    turned = dict(rotation=60, ha="left", rotation_mode="anchor") if several else {}
    said = []
    for ax, (name, values) in zip(panels.flat, maps.items()):
        shares = [row[: len(source)] for row in values.tolist()[: len(target)]]
        _draw_shares(ax, shares, numbers=len(source) <= 12)
        ax.set(xlim=(-0.5, len(source) - 0.5), ylim=(len(target) - 0.5, -0.5))
        ax.set_yticks(range(len(target)), target)
        ax.set_xticks(range(len(source)), source, **turned)
        ax.set_title(name, loc="left")
        ax.tick_params(length=0, labelsize=13)
        ax.tick_params(axis="x", labelbottom=False, labeltop=ax in panels[0], colors=COLORS["source"])
        ax.tick_params(axis="y", colors=COLORS["target"])
        for spine in ax.spines.values():
            spine.set(visible=True, color=LINE)
        tops = [max(range(len(source)), key=row.__getitem__) for row in shares]
        said.append(f"{name + ': ' if several else ''}" + ", ".join(
            f"{word} looks at {source[k]} {row[k]:.1f}" for word, row, k in zip(target, shares, tops)))
    for ax in panels.flat[len(maps):]:
        ax.set_axis_off()
    start = f"{title + '. ' if title else ''}A map of attention, {len(target)} words by {len(source)}, "
    return picture(figure, f"{start}with the largest weight of each row. {'; '.join(said)}.")


def _draw_shares(ax, shares, numbers):
    """Draw cells of one colour, as strong as each share, from 0 to 1; half as strong under numbers, to read them by."""
    from matplotlib.patches import Rectangle

    strongest = 0.5 if numbers else 1  # a text of one colour is readable on all of these, in light and in dark

    for r, row in enumerate(shares):
        for c, share in enumerate(row):
            if share >= 0.01:
                ax.add_patch(Rectangle((c - 0.47, r - 0.46), 0.94, 0.92, facecolor=COLORS["source"], linewidth=0,
                                       alpha=round(strongest * min(share, 1), 3)))
            if numbers and share >= 0.05:
                ax.text(c, r, f"{share:.2f}".removeprefix("0"), ha="center", va="center", fontsize=13)


def _width(text):
    """Of a word, in letters: a Chinese character is as wide as two."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def plot_losses(tokens, losses, counted):
    """Draw the loss of each position of a sentence as a bar over its token.

    Args:
        tokens: a list of strings.
        losses: a list of as many numbers, in nats.
        counted: how many of the first positions count; the bars of the others are hatched.

    Returns:
        A `Picture`.
    """
    figure, ax = axes("step", "loss (nats)", figsize=(max(5, 0.95 * len(tokens)), 3.6))
    kinds = [("counts", COLORS["real"], None, range(counted)),
             ("does not count", COLORS["padding"], "//", range(counted, len(tokens)))]
    for label, color, hatch, places in kinds:
        if places:
            bars = ax.bar(places, [losses[i] for i in places], color=color, hatch=hatch, edgecolor=INK, label=label)
            ax.bar_label(bars, [f"{abs(losses[i]):.1f}" for i in places], padding=2)
    ax.set_xticks(range(len(tokens)))
    for i, token in enumerate(tokens):
        ax.annotate(token, (i, 0), (0, -24), xycoords=("data", "axes fraction"), textcoords="offset points",
                    ha="center", va="top")
    ax.xaxis.labelpad = 20
    ax.xaxis.label.set_color(AXIS_COLORS["num_steps"])
    ax.set_ylim(top=1.15 * max(losses))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    share = sum(losses[counted:]) / sum(losses)
    said = f"Bars of the loss over {len(tokens)} positions. Those over {' '.join(tokens[:counted])} are solid"
    if counted < len(tokens):
        said += (f"; the {len(tokens) - counted} over {' '.join(dict.fromkeys(tokens[counted:]))} are hatched and make "
                 f"up {'more than 99%' if share > 0.99 else f'{share:.0%}'} of the sum")
    return picture(figure, said + ".")


def plot_lines(lines, xlabel, ylabel, title="", said="", xscale="linear"):
    """Draw a few series of numbers as lines, with a marker of its own for each.

    Args:
        lines: a dictionary from a name to a dictionary from x to y.
        said: what they show, in words, for numbers that differ from machine to machine: without it the alternative text
            has the first and the last number of each line.
        xscale: `"linear"`; or `"log"`, for numbers that are doubled again and again: each x has a tick.

    Returns:
        A `Picture`.
    """
    largest = max(abs(y) for points in lines.values() for y in points.values())
    figure, ax = axes(xlabel, ylabel)
    words, ends = [], []

    def rounded(y):  # to a hundredth of the largest, so that the text is the same on every machine
        y = round(100 * y / largest) / 100 * largest
        return f"{y:.2g}" if abs(y) < 99.5 else f"{y:.0f}"

    for i, (name, points) in enumerate(lines.items()):
        xs, ys = list(points), list(points.values())
        color, marker, filled, line = look(i)
        ax.plot(xs, ys, line, color=color, marker=marker, markersize=5, markerfacecolor=color if filled else CARD,
                label=name, clip_on=False, zorder=3)
        ends.append((name, xs[-1], ys[-1], color))
        words.append(f"{name} goes from {rounded(ys[0])} at {xs[0]} to {rounded(ys[-1])} at {xs[-1]}")
    ax.set(title=title)
    ax.set_ylim(bottom=min(0, *(y for points in lines.values() for y in points.values())))
    if "%" in ylabel and largest > 50:
        ax.set(ylim=(min(0, ax.get_ylim()[0]), 100), yticks=range(0, 101, 20))
    if xscale == "log":
        ticks = sorted({x for points in lines.values() for x in points})
        ax.set_xscale("log", base=2)
        ax.set_xticks(ticks, [f"{x:,}" for x in ticks])
        ax.minorticks_off()
    else:
        ax.locator_params(axis="x", integer=True)
    _name_lines(ax, ends)
    said = said or "; ".join(words)
    return picture(figure, f"{title + '. ' if title else ''}Lines of {ylabel} over {xlabel}: {said}.")


def _name_lines(ax, ends):
    """Write the name of each line beside its end, none on top of another; of more than eight there is a legend.

    Args:
        ends: a list of `(name, x, y, colour)`.
    """
    if len(ends) > MOST_NAMED:
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), ncols=math.ceil(len(ends) / 12))
        return
    ends = [end for end in ends if math.isfinite(end[2])]
    ax.figure.draw_without_rendering()  # now the places on the page are known
    low, high = ax.get_ylim()
    room = 17 / (72 * ax.get_position().height * ax.figure.get_figheight())  # of a name, as a part of the axes' height
    order = sorted(range(len(ends)), key=lambda i: ends[i][2])
    places = {i: (ends[i][2] - low) / (high - low) for i in order}
    for below, i in zip(order, order[1:]):  # first upwards, then down again what now stands too high
        places[i] = max(places[i], places[below] + room)
    most = 1 + room / 2
    for i in reversed(order):
        places[i] = most = min(places[i], most)
        most -= room
    for i, (name, x, y, color) in enumerate(ends):
        ax.annotate(name, (x, y), (1.03, places[i]), xycoords="data", textcoords="axes fraction", va="center",
                    color=color, annotation_clip=False,
                    arrowprops=dict(arrowstyle="-", color=color, linewidth=1, shrinkA=1, shrinkB=5, relpos=(0, 0.5)))


def plot_map(points, names, groups, joined=(), title=""):
    """Draw named points in a plane: sentences by their contexts.

    Args:
        points: `(points, 2)`, a tensor.
        names: a string for each point.
        groups: a string for each point; each group has its own colour and marker.
        joined: pairs of row numbers, joined by a dotted line.

    Returns:
        A `Picture`; its text gives the places in whole numbers.
    """
    letters = 0.085 * max(map(len, names)) + 0.3  # the width of a column of names, in inches
    figure, ax = axes("first principal axis", "second principal axis", figsize=(4.4 + 2 * letters, 5.2))
    figure.set_layout_engine("constrained")
    xy = points.tolist()
    (left, right), (low, high) = [(min(values), max(values)) for values in zip(*xy)]
    for i, j in joined:
        ax.plot(*zip(xy[i], xy[j]), ":", color=INK, linewidth=1.5)
    for i, group in enumerate(dict.fromkeys(groups)):
        color, marker, filled, _ = look(i)
        ax.plot(*zip(*[place for place, other in zip(xy, groups) if other == group]), marker, color=color, label=group,
                markersize=9, markerfacecolor=color if filled else CARD)
    width, height = right - left, high - low
    for side, start in ((-1, left), (1, right)):  # names stand in two columns, none on top of another
        column = sorted(((y, x, name) for (x, y), name in zip(xy, names) if (x > (left + right) / 2) == (side > 0)),
                        reverse=True)
        free = high + 0.05 * height
        for i, (y, x, name) in enumerate(column):
            lowest = low - 0.05 * height + 0.062 * height * (len(column) - 1 - i)
            free = max(min(y, free), lowest)
            ax.annotate(name, (x, y), (start + 0.06 * side * width, free), fontsize=12, va="center",
                        ha="right" if side < 0 else "left", zorder=0,
                        arrowprops=dict(arrowstyle="-", color=FAINT, linewidth=0.8, shrinkA=2, shrinkB=4,
                                        relpos=(1 if side < 0 else 0, 0.5)))
            free -= 0.062 * height
    edge = (0.06 + letters / 3.6) * width
    ax.set(title=title, xlim=(left - edge, right + edge), ylim=(low - 0.1 * height, high + 0.1 * height))
    ax.legend(loc="upper left", bbox_to_anchor=(0, -0.12), ncols=4)
    said = "; ".join(f"{name} ({group}) at {round(x)}, {round(y)}" for (x, y), name, group in zip(xy, names, groups))
    return picture(figure, f"{title or 'A map'}: {len(names)} points. {said}.")


def plot_curves(runs, theta=None, scale="linear"):
    """Draw training runs on top of each other: loss per token, gradient norm before clipping, tokens per second.

    Args:
        runs: a list of dictionaries with `name`, the points `x` (updates), `loss`, `norm` and `speed`, and `valid`, a
            list of `[update, loss]`.
        theta: the threshold of clipping, drawn as a line; None draws none.
        scale: `"linear"` or `"log"`, for loss and gradient norm.

    Returns:
        A `Picture` with the names below it; its text gives losses to half a nat, so that it is the same everywhere.
    """
    figure, rows = _subplots(3, 1, figsize=(6.4, 4.4), sharex=True, height_ratios=(2, 1, 0.7), layout="constrained")
    names, said, last = [], [], []
    for i, run in enumerate(runs):
        color = look(i)[0]
        for ax, key in zip(rows, ("loss", "norm", "speed")):
            xs, ys = zip(*[(x, y) for x, y in zip(run["x"], run[key]) if y is not None] or [(1, math.nan)])
            ax.plot(xs, ys, color=color, linewidth=1.8, marker="o" if len(xs) == 1 else None)
            if key == "loss":
                last.append((xs[-1], ys[-1]))
        if run["valid"]:
            rows[0].plot(*zip(*run["valid"]), "s--", color=color, markersize=6)
        lines = {"training": run["loss"], "validation": [y for _, y in run["valid"]]}
        ends = [f"{what} from about {round(2 * ys[0]) / 2:.1f} to {round(2 * ys[-1]) / 2:.1f}"
                for what, ys in lines.items() if ys and None not in (ys[0], ys[-1])]
        said.append(f"{run['name']}, {run['x'][-1]} updates: loss {', '.join(ends)}")
        names.append((run["name"], color))
    dashed = ", dashed validation" if any(run["valid"] for run in runs) else ""
    for ax, title in zip(rows, (f"loss per token (nats): line training{dashed}",
                                "gradient norm before clipping", "tokens per second")):
        ax.set_title(title, fontsize=13)
    if theta:
        rows[1].axhline(theta, color=INK, linestyle=":", linewidth=1.5)
    for ax in rows[:2]:
        ax.set_yscale(scale)
    for ax in rows if scale == "linear" else rows[2:]:
        ax.set_ylim(bottom=0)
    rows[2].set_xlabel("update")
    _number_ends(rows[0], last)
    image = picture(figure, f"Curves of {len(runs)} training run{'s' * (len(runs) > 1)}. {'; '.join(said)}.")
    return Picture(f"{image.html}<br>{drawing_as_image(legend(names))}", image.alt)


def _number_ends(ax, last):
    """Write the number of each curve behind its last point, none on top of another: colours come back after six."""
    ax.figure.draw_without_rendering()  # now the places on the page are known, in pixels
    heights = [height * 72 / ax.figure.dpi for _, height in ax.transData.transform(last)]  # in points
    free = -math.inf
    for i in sorted((i for i, height in enumerate(heights) if math.isfinite(height)), key=heights.__getitem__):
        free = max(heights[i], free)
        ax.annotate(str(i + 1), last[i], (6, free - heights[i]), textcoords="offset points", va="center", fontsize=12,
                    color=look(i)[0], annotation_clip=False)
        free += 13


def plot_intervals(series, xlabel, ylabel, title=""):
    """Draw numbers with their error bars, the series side by side.

    Args:
        series: a dictionary from a name to a dictionary from a label to `(value, low, high)`. Labels that a series
            lacks are left out of it.

    Returns:
        A `Picture`; its text gives whole numbers.
    """
    labels = list(dict.fromkeys(label for points in series.values() for label in points))
    figure, ax = axes(xlabel, ylabel, figsize=(max(7, 1.6 * len(labels), 0.25 * len(labels) * len(series)), 4))
    said, apart = [], min(0.16, 0.8 / len(series))
    for i, (name, points) in enumerate(series.items()):
        color, marker, filled, _ = look(i)
        xs = [labels.index(label) + apart * (i - (len(series) - 1) / 2) for label in points]
        values, lows, highs = zip(*points.values())
        bars = [[value - low for value, low in zip(values, lows)], [high - value for value, high in zip(values, highs)]]
        ax.errorbar(xs, values, bars, fmt=marker, color=color, markersize=8, linewidth=2, capsize=5, label=name,
                    markerfacecolor=color if filled else CARD)
        said.append(f"{name}: " + ", ".join(f"{label} {value:.0f} ({low:.0f} to {high:.0f})"
                                            for label, (value, low, high) in points.items()))
    wrapped = [fill(str(label), 12) for label in labels]  # so that neighbours do not touch
    ax.set(title=title, xticks=range(len(labels)), xticklabels=wrapped, xlim=(-0.5, len(labels) - 0.5))
    lowest = min(low for points in series.values() for _, low, _ in points.values())
    ax.set_ylim(bottom=min(0, 1.1 * lowest))
    if lowest < 0:
        ax.axhline(0, color=INK, linewidth=1)
    ax.grid(axis="y", color=LINE)
    ax.set_axisbelow(True)
    if len(series) > 1:
        ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return picture(figure, f"{title + '. ' if title else ''}Points of {ylabel} over {xlabel}, with error bars from low "
                           f"to high. {'; '.join(said)}.")
