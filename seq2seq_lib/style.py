"""Style: one palette, one type and one spacing for every figure and widget of the series."""

# One colour for each axis of a tensor, in every lesson. White text on each has a contrast of 4.5:1 or more, and
# neighbours differ in lightness or hue for colour-blind readers too (after Okabe and Ito 2008, darkened).
AXIS_COLORS = {
    "batch": "#0067A5",
    "num_steps": "#B34700",
    "embed_size": "#007A5A",
    "num_hiddens": "#9C3F78",
    "num_layers": "#595959",
    "vocab_size": "#7A6000",
}

# Meanings that return in many figures.
COLORS = {
    "real": AXIS_COLORS["batch"],
    "padding": "#B8B8B8",
    "eos": AXIS_COLORS["num_hiddens"],
    "unknown": AXIS_COLORS["num_steps"],
    "source": AXIS_COLORS["batch"],
    "target": AXIS_COLORS["num_steps"],
    "train": AXIS_COLORS["batch"],
    "validation": AXIS_COLORS["num_steps"],
    "good": AXIS_COLORS["embed_size"],
    "wrong": AXIS_COLORS["num_steps"],
    "waiting": AXIS_COLORS["num_layers"],
}

# Of drawings and figures: type, and the ground that it stands on.
FONT = "Arial, Helvetica, 'Liberation Sans', sans-serif"
INK, CARD, LINE, PALE, FAINT = "#1A1A1A", "#FFFFFF", "#C9C9C9", "#E4E4E4", "#5A5A5A"


def on_dark(color):
    """Return a colour for a dark ground: as the widgets do, nearer to white, so that its contrast is 4.5:1 or more."""
    return "#" + "".join(f"{round(0.45 * int(color[i : i + 2], 16) + 0.55 * 255):02X}" for i in (1, 3, 5))


DARK = {color: on_dark(color) for color in AXIS_COLORS.values()} | {
    INK: "#ECECEC", CARD: "#1C1C1C", LINE: "#4D4D4D", PALE: "#3A3A3A", FAINT: "#B5B5B5", COLORS["padding"]: "#4F4F4F"}

CYCLE = list(AXIS_COLORS)  # the names of the colours that several series have, one after another


def look(i):
    """Return how the i-th of any number of series looks, as (colour, marker, filled, line style).

    Six colours and seven markers come back at different times, so that 42 pairs differ; hollow markers and other
    lines tell apart who does not see the colours.
    """
    color = AXIS_COLORS[CYCLE[i % len(CYCLE)]]
    return color, "os^Dvx*"[i % 7], i // 7 % 2 == 0, ("-", "--", "-.", ":")[i // len(CYCLE) % 4]


def badge(icon, words, color):
    """Return HTML that says how something stands: a sign and words on a colour, for no sign stands alone."""
    return (f'<strong style="background: {color}; color: white; padding: 1px 8px; border-radius: 4px">'
            f'<span aria-hidden="true">{icon}</span> {words}</strong>')


CHINESE_FONT = "Noto Sans SC of the course"  # fonts/chinese.otf: what DejaVu Sans, matplotlib's own, lacks

# Settings of matplotlib, which measures words by a font of its own; they are shown in `FONT`, which is narrower.
MATPLOTLIB = {
    "font.family": ["DejaVu Sans", CHINESE_FONT],
    "figure.figsize": (8, 3.6),
    "font.size": 13,
    "text.color": INK,
    "axes.facecolor": "none",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelsize": 13,
    "axes.titlesize": 14,
    "axes.titlepad": 12,
    "axes.titlelocation": "left",
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "lines.linewidth": 2.5,
    "savefig.bbox": "tight",
}
