"""Shape drawing: a tensor as a solid with coloured edges, its sizes, its values as a heat map."""

from math import log2

from ..text import BOS, EOS, PAD
from .markup import tag

KINDS = {PAD: "pad", EOS: "eos", BOS: "eos"}
LEVELS = 10  # of each colour in a heat map


def sizes_of(sizes):
    """Draw sizes, each in the colour of its axis: `(sign before it, (axis, size))`, or with another name behind."""
    return tag("span", [tag("span", sign, tag("span", tag("b", size), " ", (name or [axis])[0], class_="s2s-shape-axis",
                                              data_axis=axis)) for sign, (axis, size), *name in sizes],
               class_="s2s-shape-sizes")


def words_of(box):
    names = [axis if isinstance(axis, str) else f"({' + '.join(axis)})" for axis in box.axes]
    return f"{' × '.join(names)} = {' × '.join(map(str, box.tensor.shape))}"


def solid_of(box, widths):
    """Draw a tensor as a rectangle or a solid, each edge in the colour of its axis and marked at each index."""
    *front, rows = box.axes[:-1]
    *_, n_rows, n_columns = box.tensor.shape
    width, height = 8 + 9 * log2(1 + n_columns), 5 + 7 * log2(1 + n_rows)
    depth = 4 + 5 * log2(1 + len(box.tensor)) if front else 0
    x, y = 3, (60 - depth - height) / 2 + depth  # the front's corner, left and above
    across, start = {}, 0
    for name, size in widths.items():  # one part of the width for each vector that stands there
        end = start + width * size / max(1, n_columns)
        across[name] = start, end
        start = end
    lines = {rows: [f"M{x:.0f} {y:.0f}v{height:.0f}", f"M{x + width:.0f} {y:.0f}v{height:.0f}"]}
    lines[rows] += [f"M{x + width + depth:.0f} {y - depth:.0f}v{height:.0f}"] if depth else []
    marks = {rows: [f"M{x:.0f} {y + height * i / n_rows:.1f}h{width:.0f}" for i in range(1, n_rows)]}
    for name, (left, right) in across.items():
        at = [(x + left, y), (x + left, y + height)] + [(x + left + depth, y - depth)] * bool(depth)
        lines[name] = [f"M{a:.0f} {b:.0f}h{right - left:.0f}" for a, b in at]
    if depth:
        corners = (x, y), (x + width, y), (x + width, y + height)
        lines[front[0]] = [f"M{a:.0f} {b:.0f}l{depth:.0f} {-depth:.0f}" for a, b in corners]
        marks[front[0]] = [f"M{x + depth * i / len(box.tensor):.1f} {y - depth * i / len(box.tensor):.1f}"
                           f"h{width:.0f}v{height:.0f}" for i in range(1, len(box.tensor))]
    paths = [tag("path", d="".join(drawn), class_=kind, data_axis=name) for kind, group in
             (("s2s-shape-mark", marks), ("s2s-shape-edge", lines)) for name, drawn in group.items() if drawn]
    return tag("svg", paths, class_="s2s-shape-solid", width=92, height=60, viewBox="0 0 92 60", aria_hidden="true")


def heat_map(matrix, axes, name):
    """Draw a matrix: ids as numbers in cells, all else as a heat map; `axes` name its rows and columns."""
    n_rows, n_columns = matrix.shape
    if not matrix.numel():
        return tag("p", f"{name} is empty: there is nothing to see.")
    down, right = [tag("span", f"{axis} {arrow}", class_="s2s-ink", data_axis=axis) for axis, arrow in zip(axes, "↓→")]
    if not matrix.is_floating_point():
        rows = [tag("tr", tag("th", row, scope="row", class_="s2s-ink", data_axis=axes[0]),
                    [tag("td", id_, class_=f"s2s-cell s2s-{KINDS.get(id_, 'word')}") for id_ in ids])
                for row, ids in enumerate(matrix.tolist())]
        head = [tag("th", down), tag("th", right, colspan=n_columns)]
        return tag("div", tag("table", tag("tr", head), rows),
                   tag("p", f"Ids: {PAD} is <pad>, {BOS} is <bos>, {EOS} is <eos>."), class_="s2s-wide")
    most = matrix.abs().max().item()
    levels = (matrix / max(most, 1e-9) * LEVELS).round().int().tolist()  # (rows, columns)
    wide, high = max(8, min(22, 400 // n_columns)), 22
    cells = {}
    for row, values in enumerate(levels):
        for column, level in enumerate(values):
            if level:
                cells.setdefault(level, []).append(f"M{24 + column * wide} {20 + row * high}h{wide}v{high}h-{wide}z")
    paths = [tag("path", d="".join(drawn), class_="s2s-plus" if level > 0 else "s2s-minus",
                 fill_opacity=f"{abs(level) / LEVELS:.1f}") for level, drawn in sorted(cells.items())]
    labels = [tag("text", row, x=19, y=36 + row * high, text_anchor="end", class_="s2s-ink", data_axis=axes[0])
              for row in range(n_rows)]
    labels += [tag("text", column, x=24 + wide * (column + 0.5), y=14, text_anchor="middle", class_="s2s-ink",
                   data_axis=axes[1]) for column in ([0, n_columns - 1] if n_columns > 1 else [0])]
    width, height = 30 + wide * n_columns, 22 + high * n_rows
    said = (f"Heat map of {name}: {n_rows} rows along {axes[0]}, {n_columns} columns along {axes[1]}, values from "
            f"{_round(matrix.min())} to {_round(matrix.max())}")
    frame = tag("rect", x=24, y=20, width=wide * n_columns, height=high * n_rows, class_="s2s-frame")
    legend = [tag("span", tag("i", class_=f"s2s-{kind}"), words) for kind, words in
              (("minus", f"{-most:.1f} "), ("none", "0 "), ("plus", f"{most:.1f}"))]
    return tag("div", tag("p", tag("code", name), ": ", down, " ", right),
               tag("svg", paths, frame, labels, width=width, height=height, viewBox=f"0 0 {width} {height}", role="img",
                   aria_label=said, class_="s2s-shape-heatmap"),
               tag("div", legend, class_="s2s-legend"), class_="s2s-wide")


def _round(value):
    """Write a value so coarsely that it reads the same on every machine."""
    return f"{value:.1f}".replace("-0.0", "0.0")
