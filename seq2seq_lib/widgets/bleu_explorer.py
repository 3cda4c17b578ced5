"""BLEU explorer: which n-grams of a prediction find a partner in the label, and what each kind of BLEU makes of it."""

import math
from collections import Counter

from ..bleu import bleu, brevity_penalty, corpus_bleu, ngram_precisions, ngrams
from .base import LessonWidget
from .controls import Choice, State, Text
from .drawing import pick
from .markup import tag

ORDERS = (1, 2, 3, 4)
LONG = 12  # tokens: a longer sentence is drawn narrower
MOST_TOKENS, MOST_NGRAMS = 30, 12  # that are drawn; all are counted
KINDS = {  # the fate of an n-gram: a sign, and words for it
    "match": ("✓", "has a partner of the same number"),
    "clipped": ("✂", "stands in the label, but its partners are taken"),
    "missing": ("✗", "does not stand in the label"),
    "free": ("", "of the label: no partner"),
}
WIDTH, HEIGHT, LEFT, TOP = 400, 220, 46, 30  # of the curve, in pixels


class BleuExplorer(LessonWidget):
    """Type a label and a prediction, and see matching n-grams, clipped counts, the brevity penalty and every score.

    Tokens are what stands between spaces, as in `bleu` and `corpus_bleu`.

    Args:
        settings: first values of the controls, for example `label="ils regardent ."` or `n=2`.
    """

    title = "BLEU explorer"

    label = Text("A B C D E F", "Label (the reference)")
    prediction = Text("A B B C D", "Prediction")
    n = Choice(1, "n-grams, n =", list(ORDERS))
    ngram = State(0)  # which of the prediction's n-grams is looked at: its row in the table

    def render(self):
        label, prediction = self.label.split(), self.prediction.split()
        for name, tokens in (("label", label), ("prediction", prediction)):
            if not tokens:
                raise ValueError(f"The {name} is empty: there is no n-gram to count. Type some words.")
        ours, theirs = ngrams(prediction, self.n), ngrams(label, self.n)
        rows = list(Counter(ours))  # in the order of their first places
        chosen = rows[max(0, min(self.ngram, len(rows[:MOST_NGRAMS]) - 1))] if rows else None
        fates, partners = _partners(ours, theirs)
        sentences = tag("div", _sentence("label", label, theirs, partners, chosen),
                        _sentence("prediction", prediction, ours, fates, chosen), _legend(), class_="s2s-wide")
        parts = tag("div", self._counts(rows, Counter(ours), Counter(theirs), chosen),
                    _penalty_curve(len(prediction), len(label)), class_="s2s-bleu-row")
        orders, scores = _scores(prediction, label)
        return tag("div", sentences, parts, tag("div", _score_table(orders, scores), class_="s2s-wide")), _summary(
            orders, scores, len(prediction), len(label))

    def _counts(self, rows, ours, theirs, chosen):
        """The clipped counts: a row for each different n-gram of the prediction."""
        name = f"{self.n}-gram"
        if not rows:
            return tag("p", f"The prediction has no {name}: it is too short. Our formula leaves this order out.",
                       class_="s2s-explained")
        lines = []
        for row, ngram in enumerate(rows[:MOST_NGRAMS]):
            had, found = ours[ngram], theirs[ngram]
            clipped = "" if had <= found else f"✂ {had} → {found}" if found else "✗ none"
            said = (f"“{' '.join(ngram)[:60]}”: {had} in the prediction, {found} in the label, "
                    f"{min(had, found)} counted")
            lines.append(tag("tr", tag("td", tag("bdi", " ".join(ngram)), class_="s2s-cell s2s-bleu-gram", title=said,
                                       **pick("ngram", row, said, at=(row, 0), chosen=ngram == chosen)),
                             [tag("td", value, class_="s2s-number") for value in (had, found, min(had, found))],
                             tag("td", clipped)))
        matched, total = (ours & theirs).total(), ours.total()
        if len(rows) > MOST_NGRAMS:
            lines.append(tag("tr", tag("td", f"and {len(rows) - MOST_NGRAMS} more", class_="s2s-bleu-rest")))
        lines.append(tag("tr", tag("th", "all together"), tag("td", total, class_="s2s-number"), tag("td"),
                         tag("td", matched, class_="s2s-number"),
                         tag("td", f"p{_low(self.n)} = {matched}/{total} = {matched / total:.4f}"),
                         class_="s2s-bleu-sum"))
        head = [tag("th", text, scope="col") for text in (name, "in prediction", "in label", "counted", "clipped")]
        return tag("table", tag("thead", tag("tr", head)), tag("tbody", lines), role="grid",
                   aria_label=f"Counts of each {name} of the prediction. Arrow keys go from row to row.")


# ------------------------------------------------------------------------ matching

def _partners(ours, theirs):
    """Say of each n-gram, in its place, what becomes of it: `(kind, number of its pair)`, for prediction and label."""
    places = {}
    for i, ngram in enumerate(theirs):
        places.setdefault(ngram, []).append(i)
    left = {ngram: list(where) for ngram, where in places.items()}
    fates, partners, pairs = [], [("free", None)] * len(theirs), 0
    for ngram in ours:
        if left.get(ngram):
            pairs += 1
            partners[left[ngram].pop(0)] = ("match", pairs)
            fates.append(("match", pairs))
        else:
            fates.append(("clipped" if ngram in places else "missing", None))
    return fates, partners


def _scores(prediction, label):
    """Return the precisions of orders 1 to 4, and of each kind of BLEU the score for each of them."""
    pred_seq, label_seq = " ".join(prediction), " ".join(label)
    orders = ngram_precisions(pred_seq, label_seq, max(ORDERS))
    penalty = brevity_penalty(len(prediction), len(label))
    scores = {"course": [bleu(pred_seq, label_seq, k) for k in ORDERS], "papineni": []}
    for k in ORDERS:
        known = [order.precision for order in orders[:k]]
        scores["papineni"].append(penalty * math.prod(known) ** (1 / k) if len(known) == k else 0.0)
    for smooth in ("exp", "none"):
        scores[smooth] = corpus_bleu([pred_seq], [label_seq], smooth)
    return orders, scores


# ------------------------------------------------------------------------- drawing

def _low(n):
    return "₀₁₂₃₄₅₆₇₈₉"[n]


def _sentence(name, tokens, ngrams, fates, chosen):
    """Draw a sentence, and under it a bar for each n-gram; bars that overlap lie in rows of their own."""
    n = len(ngrams[0]) if ngrams else 1
    shown = tokens[:MOST_TOKENS]
    more = f"+ {len(tokens) - MOST_TOKENS} more" if len(tokens) > MOST_TOKENS else ""
    lines = [tag("tr", tag("th", f"{name} ({len(tokens)})", scope="row", rowspan=min(n, len(ngrams)) + 1),
                 [tag("td", tag("bdi", token), class_="s2s-bleu-token") for token in shown], tag("td", more))]
    for first in range(min(n, len(ngrams))):
        line = [tag("td", colspan=first)] if first else []
        for i in range(first, len(ngrams), n):
            if i + n > len(shown):
                break
            kind, pair = fates[i]
            words = f"{KINDS[kind][0]} {pair or ''}".strip() or "·"
            looked_at = " s2s-bleu-looked-at" if ngrams[i] == chosen else ""
            line.append(tag("td", words, colspan=n, class_=f"s2s-cell s2s-bleu-{kind}{looked_at}",
                            title=f"“{' '.join(ngrams[i])[:60]}” {KINDS[kind][1]}"))
        lines.append(tag("tr", line))
    return tag("table", lines, class_=f"s2s-bleu-sentence{' s2s-bleu-long' * (len(shown) > LONG)}")


def _legend():
    signs = [tag("span", tag("i", class_=f"s2s-bleu-{kind}"), f"{sign} {words}".strip())
             for kind, (sign, words) in KINDS.items()]
    return tag("p", signs, class_="s2s-legend")


def _penalty_curve(len_pred, len_label):
    """Draw the brevity penalty over the prediction's length, as SVG, with the present point on it."""
    longest = max(2 * len_label, 1 + len_pred)
    penalty = brevity_penalty(len_pred, len_label)

    def x(length):
        return LEFT + (WIDTH - LEFT - 24) * length / longest

    def y(value):
        return TOP + (HEIGHT - TOP - 48) * (1 - value)

    def text(at_x, at_y, words, anchor="middle", **more):
        return tag("text", words, x=f"{at_x:.1f}", y=f"{at_y:.1f}", text_anchor=anchor, fill="currentColor", **more)

    lengths = [longest * i / 120 for i in range(121)] + [len_label]
    points = " ".join(f"{x(length):.1f},{y(brevity_penalty(length, len_label)):.1f}" for length in sorted(lengths))
    grid = [tag("line", x1=LEFT, x2=WIDTH - 24, y1=f"{y(v):.1f}", y2=f"{y(v):.1f}", class_="s2s-bleu-grid-line")
            for v in (0, 0.5, 1)]
    if penalty < 1:  # above the curve there is room to the left of the point
        place = (x(len_pred) - 10, y(penalty) - 8, "end") if x(len_pred) > LEFT + 70 else (LEFT + 8, y(0) - 16, "start")
    else:
        side, anchor = (-10, "end") if x(len_pred) > WIDTH - 90 else (10, "start")
        place = (x(len_pred) + side, y(1) + 26, anchor)
    said = (f"Curve of the brevity penalty over the prediction's length. It rises to 1 at {len_label} tokens, the "
            f"label's length, and stays there. The prediction has {len_pred}: {penalty:.4f}.")
    return tag(
        "svg", grid, [text(LEFT - 6, y(v) + 5, v, "end") for v in (0, 0.5, 1)],
        tag("line", x1=f"{x(len_label):.1f}", x2=f"{x(len_label):.1f}", y1=TOP, y2=f"{y(0):.1f}",
            class_="s2s-bleu-dashed"),
        tag("polyline", points=points, class_="s2s-bleu-curve"),
        tag("circle", cx=f"{x(len_pred):.1f}", cy=f"{y(penalty):.1f}", r=7, class_="s2s-bleu-point"),
        text(*place[:2], f"{penalty:.4f}", place[2], font_weight="bold"),
        text(x(len_pred), y(0) + 18, len_pred, font_weight="bold"),
        text(x(len_label) + 8, y(0.2), f"label: {len_label}", "start"),
        text((LEFT + WIDTH - 24) / 2, HEIGHT - 8, "length of the prediction, in tokens"),
        text(LEFT - 36, TOP - 10, "brevity penalty", "start"),
        width=WIDTH, height=HEIGHT, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=said, font_size="14")


def _score_table(orders, scores):
    """A row for each order: its precision, its factors, and the scores that take the orders up to it."""
    heads = ("k", "matched / all", "precision pₖ", "its factor pₖ^(1/2ᵏ)", "BLEU, this course", "BLEU, Papineni N = k")
    lines = []
    for k in ORDERS:
        if k <= len(orders):
            order = orders[k - 1]
            cells = (f"{order.matched} / {order.total}", f"{order.precision:.4f}", f"{order.precision ** 0.5**k:.4f}")
        else:
            cells = ("0 / 0", "none", "left out")
        cells += (f"{scores['course'][k - 1]:.4f}", f"{scores['papineni'][k - 1]:.4f}")
        lines.append(tag("tr", tag("th", k, scope="row"), [tag("td", cell, class_="s2s-number") for cell in cells]))
    table = tag("table", tag("thead", tag("tr", [tag("th", head, scope="col") for head in heads])), tag("tbody", lines))
    return tag("div", table, tag("p", _sacre(orders, scores), class_="s2s-formula"))


def _sacre(orders, scores):
    """Say what sacreBLEU makes of it, and how it smooths."""
    line = f"sacreBLEU (0 to 100): {scores['exp']:.2f} with its smoothing, {scores['none']:.2f} without."
    if len(orders) < max(ORDERS):
        return f"{line} The prediction has no {len(orders) + 1}-grams, and sacreBLEU scores that 0."
    if orders[0].matched == 0:
        return f"{line} Without a single match there is nothing to smooth."
    empty = [order for order in orders if not order.matched]
    if empty:
        taken = ", ".join(f"p{_low(order.n)} = (1/{2 ** (i + 1)}) / {order.total}" for i, order in enumerate(empty))
        return f"{line} It smooths {taken}."
    return f"{line} Every order has a match, so there is nothing to smooth."


def _summary(orders, scores, len_pred, len_label):
    precisions = ", ".join(f"p{_low(order.n)} = {order.matched}/{order.total}" for order in orders)
    return (f"{precisions}; brevity penalty {brevity_penalty(len_pred, len_label):.4f}. BLEU with four orders: "
            f"{scores['course'][-1]:.4f}, Papineni's {scores['papineni'][-1]:.4f}, sacreBLEU {scores['exp']:.2f}.")
