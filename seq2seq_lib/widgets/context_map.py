"""Context map: sentences in a plane by their contexts, and the nearest to each of them."""

import torch

from ..batches import encode
from ..model import evaluation_mode
from ..style import AXIS_COLORS
from ..text import find_language, tokenize
from .base import LessonWidget
from .controls import Choice, State, Text
from .drawing import pick
from .markup import tag

MOST_SENTENCES, MOST_OWN, MOST_TOKENS = 24, 12, 30
NEAREST = 5
YOURS = "yours"
MARKS = "●■▲◆▼✚"  # of the groups, beside their names; in the map, the paths
PATHS = ("M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0z", "M-5.5-5.5h11v11h-11z", "M0-7L7 5.5h-14z", "M0-8L7 0L0 8L-7 0z",
         "M0 7L7-5.5h-14z", "M-2.2-7h4.4v4.8h4.8v4.4h-4.8v4.8h-4.4v-4.8h-4.8v-4.4h4.8z")
STAR = "M0-9L2.6-3.2L8.6-2.8L4-1.2L5.3 7.3L0 4L-5.3 7.3L-4 1.2L-8.6-2.8L-2.6-3.2z"
WIDTH, ROW, EDGE = 340, 26, 30  # of the map, of a line of names, and the free rim of the map, in pixels
FEWEST_ROWS = 14


class ContextMap(LessonWidget):
    """See sentences as points by their contexts, type your own into the same plane, and ask for the nearest ones.

    The plane is that of the first two principal axes of the chosen sentences; typed sentences do not move it.
    Distances are in all axes of the context.

    Args:
        checkpoint: a trained model, a `Checkpoint`.
        sets: a dictionary from a title to 3 to 24 sentences, these a dictionary from a sentence to its group.
        settings: first values of the controls, for example `own="I lost ."`.

    Raises:
        ValueError: no set, or one of too few or too many sentences or groups.
    """

    title = "Context map"

    own = Text("", f"Your sentences, one a line, at most {MOST_OWN}", lines=4,
               lang=lambda widget: find_language(widget.language).browser)
    shown = Choice("", "Sentences", lambda widget: list(widget.sets))
    picked = State(0)  # the sentence whose neighbours are listed

    def __init__(self, checkpoint, sets, **settings):
        if not sets:
            raise ValueError("sets is empty; expected a dictionary {title: {sentence: group}}")
        for title, sentences in sets.items():
            if not 3 <= len(sentences) <= MOST_SENTENCES or len(set(sentences.values())) > len(MARKS):
                raise ValueError(f"the set {title!r} has {len(sentences)} sentences in {len(set(sentences.values()))} "
                                 f"groups; expected 3 to {MOST_SENTENCES} in at most {len(MARKS)}")
        self.checkpoint, self.sets = checkpoint, sets
        self.language = checkpoint.src_vocab.language or checkpoint.settings.get("source_language", "eng")
        self._planes = {title: self._plane(sentences) for title, sentences in sets.items()}
        super().__init__(**{"shown": next(iter(sets)), **settings})

    def contexts(self, rows):
        """Return the contexts of token lists, `(sentences, num_hiddens)`."""
        X, valid_len = encode(rows, self.checkpoint.src_vocab)  # (sentences, num_steps), (sentences,)
        net = self.checkpoint.net
        X = X.to(next(net.parameters()).device)
        with torch.no_grad(), evaluation_mode(net):
            return net.start(X, valid_len)[1].cpu()  # drawn here, wherever the net goes next

    def _plane(self, sentences):
        """Return the contexts of a set, their mean, their two principal axes, and the share of the spread kept."""
        contexts = self.contexts([self._tokens(sentence) for sentence in sentences])
        mean = contexts.mean(dim=0)
        axes = torch.linalg.svd(contexts - mean, full_matrices=False).Vh[:2]  # (2, num_hiddens)
        flat = (contexts - mean) @ axes.T  # (sentences, 2)
        axes = axes * flat.gather(0, flat.abs().argmax(dim=0)[None]).sign().T  # which end is right is free: fix it
        return contexts, mean, axes, (flat.square().sum() / (contexts - mean).square().sum()).item()

    def _tokens(self, sentence):
        return tokenize(sentence, self.language)[:MOST_TOKENS]

    def _lines(self, text):
        rows = [tokens for line in text.splitlines() if (tokens := self._tokens(line))]
        return rows[:MOST_OWN]

    def react(self, name):
        if name == "shown":
            self.picked = 0
        if name == "own" and self._lines(self.own):  # pick the sentence that is being typed
            before, now = self._drawn["own"], self._lines(self.own)
            before = self._lines(before) if isinstance(before, str) else []
            changed = [i for i, tokens in enumerate(now) if before[i:i + 1] != [tokens]] or [len(now) - 1]
            self.picked = len(self.sets[self.shown]) + changed[0]

    # ------------------------------------------------------------------- drawing

    def render(self):
        contexts, mean, axes, kept = self._planes[self.shown]
        sentences, own = self.sets[self.shown], self._lines(self.own)
        rows = [self._tokens(sentence) for sentence in sentences] + own
        groups = [*sentences.values()] + [YOURS] * len(own)
        if own:
            contexts = torch.cat((contexts, self.contexts(own)))
        flat = (contexts - mean) @ axes.T  # (sentences, 2)
        picked = self.picked if type(self.picked) is int and 0 <= self.picked < len(rows) else 0
        distances = torch.cdist(contexts[picked, None], contexts)[0]  # (sentences,)
        on_map = torch.cdist(flat[picked, None], flat)[0]
        order = [i for i in distances.argsort(stable=True).tolist() if i != picked][:NEAREST]
        map_ = self._map(rows, groups, flat.tolist(), picked, order[0])
        near = self._nearest(rows, groups, picked, order, distances.tolist(), on_map.tolist(), contexts.shape[1])
        left_out = len([line for line in self.own.splitlines() if tokenize(line, self.language)]) - len(own)
        said = (f"{kept:.0%} of the spread is in the picture. Nearest to “{_name(rows[picked])}” in all "
                f"{contexts.shape[1]} axes: “{_name(rows[order[0]])}”."
                + f" Only your first {MOST_OWN} sentences are shown." * (left_out > 0))
        return tag("div", map_, near, class_="s2s-columns"), said

    def _mark(self, group):
        """The mark, path and colour of a group, the last named by an axis."""
        known = list(dict.fromkeys(self.sets[self.shown].values()))
        if group not in known:
            return "★", STAR, None
        i = known.index(group)
        return MARKS[i], PATHS[i], list(AXIS_COLORS)[i]

    def _words(self, tokens):
        """Return the tokens as markup, those that the model does not know marked."""
        known, parts, length = self.checkpoint.src_vocab, [], 0
        for token in tokens:
            if length > 48:
                return tag("bdi", parts, "…")
            parts += [token[:20] if token in known else tag("span", token[:20], class_="s2s-context-unheard"), " "]
            length += len(token[:20]) + 1
        return tag("bdi", parts)

    def _map(self, rows, groups, points, picked, nearest):
        lines = max(FEWEST_ROWS, -(-len(rows) // 2))
        height = ROW * lines
        place = _fit(points, WIDTH, height)
        by_x = sorted(range(len(rows)), key=lambda i: place[i][0])
        columns = by_x[:-(-len(rows) // 2)], by_x[-(-len(rows) // 2):]
        where, ranks = {}, {}  # sentence -> line and column of its name, and its number in the column
        for column, members in enumerate(columns):
            members = sorted(members, key=lambda i: place[i][1])
            for i, line in zip(members, _spread([place[i][1] / ROW - 0.5 for i in members], lines)):
                where[i], ranks[i] = (line, column), members.index(i)
        drawn = [tag("path", d=f"M0 {height / 2:.0f}h{WIDTH}M{WIDTH / 2:.0f} 0v{height}", class_="s2s-frame")]
        for i, (x, y) in enumerate(place):
            line, column = where[i]
            drawn.append(tag("path", d=f"M{WIDTH * column} {ROW * line + ROW // 2}L{x} {y}",
                             class_="s2s-context-leader"))
        drawn.append(tag("path", d="M{} {}L{} {}".format(*place[picked], *place[nearest]), class_="s2s-context-near"))
        for i, (x, y) in enumerate(place):
            _, path, color = self._mark(groups[i])
            drawn.append(tag("path", d=path, transform=f"translate({x} {y})", data_axis=color, data_set="picked",
                             data_value=[i], class_=f"s2s-context-point{' s2s-context-picked' * (i == picked)}"))
        said = "; ".join(f"{_name(row)} ({group}) at {round(x)}, {round(y)}"
                         for row, group, (x, y) in zip(rows, groups, points))
        svg = tag("svg", drawn, width=WIDTH, height=height, viewBox=f"0 0 {WIDTH} {height}", role="img",
                  aria_label=f"Map of {len(rows)} contexts by the first two principal axes. {said}.")
        at = {place: i for i, place in where.items()}
        body = []
        for line in range(lines):
            cells = [self._cell(i, ranks[i], column, rows, groups, picked)
                     if (i := at.get((line, column))) is not None else tag("td") for column in (0, 1)]
            middle = tag("td", svg, rowspan=lines, class_="s2s-context-plane") if line == 0 else None
            body.append(tag("tr", cells[0], middle, cells[1]))
        legend = [tag("span", tag("span", self._mark(group)[0], " ", group, class_="s2s-ink",
                                  data_axis=self._mark(group)[2])) for group in dict.fromkeys(groups)]
        legend += [tag("span", "→ first principal axis, ↑ second"), tag("span", "┄ to the nearest")]
        table = tag("table", tag("tbody", body), role="grid", class_="s2s-context-names",
                    aria_label="Names of the sentences. Arrow keys go from one to the next.")
        return tag("div", table, tag("div", legend, class_="s2s-legend"))

    def _cell(self, i, rank, column, rows, groups, picked):
        mark, _, color = self._mark(groups[i])
        parts = [self._words(rows[i]), " ", tag("span", mark, class_="s2s-ink", data_axis=color, aria_hidden="true")]
        return tag("td", parts if column == 0 else parts[::-1], class_="s2s-context-name",
                   **pick("picked", i, f"{_name(rows[i])}, {groups[i]}", at=(rank, column), chosen=i == picked))

    def _nearest(self, rows, groups, picked, order, distances, on_map, axes):
        vocab = self.checkpoint.src_vocab
        unknown = [token for token in rows[picked] if token not in vocab]
        read = None
        if unknown:
            words = " ".join(token if token in vocab else "<unk>" for token in rows[picked])
            read = tag("p", f"The model reads: {words[:200]} <eos>")
        names = "nearest to it, and how far:", f"in {axes} axes", "on the map"
        head = tag("tr", [tag("th", name, scope="col") for name in names])
        body = []
        for i in order:
            mark, _, color = self._mark(groups[i])
            body.append(tag("tr", tag("td", tag("span", mark, " ", class_="s2s-ink", data_axis=color),
                                      self._words(rows[i]), class_="s2s-context-name"),
                            [tag("td", f"{values[i]:.1f}", class_="s2s-number") for values in (distances, on_map)]))
        return tag("div", tag("p", tag("b", self._words(rows[picked])), f" ({groups[picked]})"), read,
                   tag("table", tag("thead", head), tag("tbody", body)), class_="s2s-context-near-list")


def _name(tokens):
    text = " ".join(tokens)
    return text if len(text) <= 60 else text[:59] + "…"


def _fit(points, width, height):
    """Return where points stand in a picture, in whole pixels: both axes have one scale, and y goes up."""
    (left, right), (low, high) = [(min(values), max(values)) for values in zip(*points)]
    scale = min((width - 2 * EDGE) / max(right - left, 1e-6), (height - 2 * EDGE) / max(high - low, 1e-6))
    return [(round(width / 2 + scale * (x - (left + right) / 2)), round(height / 2 - scale * (y - (low + high) / 2)))
            for x, y in points]


def _spread(wanted, lines):
    """Return a line for each of some rising places, no two on one, each as near to its place as may be."""
    taken = []
    for n, place in enumerate(wanted):
        lowest = lines - (len(wanted) - n)  # the names below need a line each
        taken.append(min(max(round(place), taken[-1] + 1 if taken else 0), lowest))
    return taken
