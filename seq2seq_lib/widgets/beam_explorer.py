"""Beam explorer: the tree of prefixes that a beam search grows, what it cuts off, and what it finishes."""

import math

from ..batches import encode
from ..checkpoint import Checkpoint
from ..decoding import Hypothesis, check_vocabs
from ..model import evaluation_mode, require
from ..search import length_penalty
from ..text import EOS, find_language, tokenize
from .base import LessonWidget
from .beam_tree import go_on, grow
from .controls import Button, Slider, State, Text
from .drawing import pick
from .markup import tag
from .shipped import shipped
from .words import percent, plural, read_as_unk, typed_tokens

ROW, BETWEEN, GAP = 30, 4, 34  # pixels: the height of a prefix, what is between two, and the room for lines
MOST_FOLLOWED = 8
LONG = 8  # tokens: of a longer text the end is quoted
TREE = "sentence", "beam_size", "alpha"  # the controls that the tree depends on


class BeamExplorer(LessonWidget):
    """Watch a beam search of one sentence: the prefixes that stay at each step, those cut off, and what is finished.

    It searches for the `beam_size` best translations. What was cut off can be picked and followed: greedy search goes
    on from there. `shelf` is what has been finished up to the step that is shown.

    Args:
        checkpoint: a trained model, a `Checkpoint`; the shipped one by default.
            Its setting `num_steps` is the longest source and the longest translation, in tokens; 30 if it has none.
        settings: first values of the controls, for example `sentence="I lost."`, `beam_size=4`, `alpha=0.6`, or the
            step: `shown=3`.

    Raises:
        ValueError: vocabularies that are not those of the net.
        TypeError: no `Checkpoint`; a decoder of one's own that has no `select`.
    """

    title = "Beam explorer"

    sentence = Text("The man is reading the newspaper.", lambda widget: f"{widget.language('source')[0]} sentence",
                    lang=lambda widget: widget.language("source")[1])
    beam_size = Slider(2, "beam_size", 1, 8)
    alpha = Slider(0.0, "alpha", 0.0, 1.5, step=0.1)
    again = Button("From the start")
    back = Button("Back")
    step = Button("Step")
    to_end = Button("All at once")
    follow = Button(lambda widget: "Forget it again" if widget._picked_lost() in widget._followed() else
                    "Follow what was lost", hidden=lambda widget: widget._picked_lost() is None)
    shown = State(5)  # the step up to which the tree is shown
    picked = State([])  # the step and the place of the prefix that is explained; by default the best of the last step
    followed = State([])  # those, as for `picked`, that were followed

    def __init__(self, checkpoint=None, **settings):
        checkpoint = shipped("eng-fra") if checkpoint is None else checkpoint
        if not isinstance(checkpoint, Checkpoint):
            raise TypeError(f"checkpoint is {type(checkpoint).__name__}; expected what load_checkpoint returns, or "
                            "Checkpoint(net, src_vocab, tgt_vocab, None, {})")
        check_vocabs(checkpoint.net, checkpoint.src_vocab, checkpoint.tgt_vocab)
        require(checkpoint.net.decoder, "select", "to be searched with several prefixes at once")
        self.checkpoint, about = checkpoint, checkpoint.settings
        self.num_steps = about.get("num_steps", 30)
        self._languages = {
            "source": checkpoint.src_vocab.language or about.get("source_language", "eng"),
            "target": checkpoint.tgt_vocab.language or about.get("target_language", "fra")}
        self._searched = None, None  # what for, and the tree
        self._led = {}  # prefix that was followed -> where it has led, in that tree
        super().__init__(**settings)

    def language(self, side):
        """Return the name of the language of a side, `"source"` or `"target"`, and its code for the browser."""
        return find_language(self._languages[side])[:2]

    @property
    def shelf(self):
        """The best that is finished at the step that is shown: a list of `Hypothesis`, as `beam_search` returns."""
        tree, at = self._place()
        texts = [" ".join(self._words(one.ids)) for one in tree.shelf(at)]
        return [Hypothesis(text, one.log_prob, one.score) for text, one in zip(texts, tree.shelf(at))]

    # ---------------------------------------------------------------- what the reader does

    def _remember(self, memory):
        super()._remember(memory)
        if memory and any(memory[1][name] != getattr(self, name) for name in ("sentence", "beam_size")):
            self.picked, self.followed = self._first["picked"], self._first["followed"]  # not those of another tree

    def react(self, name):
        if name in ("sentence", "beam_size"):
            self.picked, self.followed = [], []
        elif name == "again":
            self.shown, self.picked, self.followed = 0, [], []
        elif name == "to_end":
            self.shown, self.picked = self.num_steps, []
        elif name in ("step", "back"):
            tree, at = self._place()
            self.shown, self.picked = min(max(at + (1 if name == "step" else -1), 0), len(tree.steps) - 1), []
        elif name == "follow" and (lost := self._picked_lost()):
            others = [place for place in self._followed() if place != lost]
            self.followed = others if lost in self._followed() else [*others[-MOST_FOLLOWED + 1 :], lost]

    def _picked_lost(self):
        """The step and the place of the picked prefix if nothing is left of it; else None."""
        if not self._has_tree():
            return None
        (tree, at), place = self._place(), self._picked()
        return None if self._prefix(place).ids in tree.alive(at) else place

    # ---------------------------------------------------------------- what the model does

    def _source_tokens(self):
        return typed_tokens(self.sentence, self._languages["source"])

    def _source(self):
        return encode([self._source_tokens()[: self.num_steps - 1]], self.checkpoint.src_vocab)  # (1, num_steps), (1,)

    def _has_tree(self):
        """Is there a tree of the present sentence, width and alpha, or is something wrong with them?"""
        return not self._wrong([self._controls[name].spec(self) for name in TREE]) and bool(
            tokenize(self.sentence, self._languages["source"]))

    def _tree(self):
        """Return the tree of the present sentence, width and alpha; it is grown once."""
        asked = [getattr(self, name) for name in TREE]
        if self._searched[0] != asked:
            with evaluation_mode(self.checkpoint.net):
                self._searched = asked, grow(self.checkpoint.net, *self._source(), self.num_steps, int(self.beam_size),
                                             self.alpha)
            self._led = {}
        return self._searched[1]

    def _place(self):
        """Return the tree, and the step up to which it is shown."""
        tree = self._tree()
        return tree, min(max(self.shown if type(self.shown) is int else 0, 0), len(tree.steps) - 1)

    def _lead(self, prefix):
        """Return the ids and the log-probability of the sentence to which greedy search leads from a prefix on."""
        if prefix.ids not in self._led:
            with evaluation_mode(self.checkpoint.net):
                self._led[prefix.ids] = go_on(self.checkpoint.net, *self._source(), self.num_steps, prefix.ids)
        return self._led[prefix.ids]

    def _prefix(self, place):
        return self._tree().steps[place[0]][place[1]]

    def _is_there(self, place):
        """Is this `[step, place]` of a prefix that is shown?"""
        tree, at = self._place()
        return (isinstance(place, list) and [type(number) for number in place] == [int, int]
                and 0 <= place[0] <= at and 0 <= place[1] < len(tree.steps[place[0]]))

    def _picked(self):
        """The step and the place of the prefix that is explained."""
        tree, at = self._place()
        if self._is_there(self.picked):
            return self.picked
        return self._place_of(tree.finished(at)[0].ids) if at == len(tree.steps) - 1 else [at, 0]

    def _place_of(self, ids):
        return [len(ids), [prefix.ids for prefix in self._tree().steps[len(ids)]].index(tuple(ids))]

    def _followed(self):
        """The places of the prefixes that were followed, of those that are shown and of which nothing is left."""
        if not self._has_tree() or not isinstance(self.followed, list):
            return []
        (tree, at), places = self._place(), [place for place in self.followed if self._is_there(place)]
        return [place for place in places if self._prefix(place).ids not in tree.alive(at)]

    # ---------------------------------------------------------------- words

    def render(self):
        tree, at = self._place()
        place = self._picked()
        drawing = tag("div", self._drawn_tree(tree, at, place), self._legend(),
                      tag("p", self._explain(tree, at, place), class_="s2s-explained s2s-beam-explained"),
                      self._drawn_shelf(tree, at, place),
                      tag("p", _outlook(tree, at), class_="s2s-formula"),
                      [tag("p", remark, class_="s2s-remark") for remark in self._remarks(tree, at)])
        return drawing, self._summary(tree, at, place)

    def _summary(self, tree, at, place):
        if place in self._followed():
            ids, log_prob = self._lead(self._prefix(place))
            score = tree.score_of(ids, log_prob)
            better = sum(one.score > score for one in tree.finished(at))
            return (f"Followed from step {place[0]} on: {self._quoted(ids)}, {_sum(log_prob)}"
                    f"{f', score {_sum(score)}' if tree.alpha else ''}. "
                    + ("Better than all that is finished." if not better else f"{better} of those finished are better."
                       if better > 1 else "One of those finished is better."))
        if at == 0:
            return "Step 0: one prefix is open, the empty one. The first step starts from it alone."
        before, now, vocab_size = tree.open_at(at - 1), tree.steps[at], len(self.checkpoint.tgt_vocab)
        stay = [prefix for prefix in now if prefix.stays]
        ended = [f"{self._quoted(prefix.ids)}, {_sum(prefix.log_prob)}" for prefix in stay if tree.has_ended(prefix)]
        lost = [self._quoted(tree.steps[at - 1][place].ids) for place in before
                if not any(prefix.parent == place for prefix in stay)]
        said = (f"Step {at}: {len(before)} open × {vocab_size:,} words = {len(before) * vocab_size:,} longer prefixes; "
                f"{f'the {len(stay)} best stay' if len(stay) > 1 else 'the best one stays'}.")
        said += f" Finished: {_some(ended)}." if ended else ""
        said += f" Nothing is left of {_some(lost)}." if lost else ""
        if any(prefix.ids in tree.greedy and not prefix.stays for prefix in now):
            said += " Greedy search goes where the beam has cut off."
        return said + " The search is over." * (at == len(tree.steps) - 1)

    def _remarks(self, tree, at):
        certain = next((step for step in range(1, at + 1) if tree.is_certain(step, 1)), None)
        if certain and certain < len(tree.steps) - 1:
            yield f"The best one is certain since step {certain}: a search for it alone (n_best=1) stops there."
        source = self._source_tokens()
        if unknown := read_as_unk(dict.fromkeys(source), self.checkpoint.src_vocab):
            yield unknown
        if len(source) >= self.num_steps:
            yield f"Only the first {self.num_steps - 1} of {len(source):,} tokens are read."

    def _explain(self, tree, at, place):
        step, number = place
        prefix = self._prefix(place)
        if not step:
            return "<bos> alone: every translation starts here, with a log-probability of 0."
        before, stay = tree.steps[step - 1][prefix.parent], [other for other in tree.steps[step] if other.stays]
        behind = f"“{self._text(before.ids)}” ({_sum(before.log_prob)})" if before.ids else "<bos>"
        likely = percent(math.exp(min(prefix.log_prob - before.log_prob, 0)))
        said = (f"“{self._text(prefix.ids)}” has the log-probability {_sum(prefix.log_prob)}: "
                f"behind {behind} the model gives “{self._token(prefix)}” {likely}. ")
        if not prefix.stays:
            below = stay[-1].log_prob - prefix.log_prob
            far = f"{below:.2f}" if below >= 0.01 else "less than 0.01"
            said += f"It was cut off at step {step}, {far} below the last that stays. "
        elif tree.has_ended(prefix):
            on_shelf = list(prefix.ids) in [one.ids for one in tree.shelf(at)]
            said += f"It is finished and {'stands on the shelf' if on_shelf else 'was pushed off the shelf'}. "
        elif prefix.ids in tree.alive(at):
            said += f"It is number {number + 1} of the {len(stay)} that stay at step {step}. " if len(stay) > 1 else ""
        else:
            said += f"It stayed at step {step}, but nothing that goes on from it has. "
        if prefix.ids in tree.greedy:
            said += "Greedy search comes this way. "
        lost = self._picked_lost() and place not in self._followed()
        return said + ("Follow it to see what was lost." if lost else "")

    def _token(self, prefix):
        return self.checkpoint.tgt_vocab.tokens[prefix.ids[-1]] if prefix.ids else "<bos>"

    def _words(self, ids):
        """The tokens of a prefix, without its `<eos>`."""
        return self.checkpoint.tgt_vocab.to_tokens([id_ for id_ in ids if id_ != EOS])

    def _text(self, ids):
        return " ".join(self._words(ids)) or "(nothing)"

    def _quoted(self, ids):
        words = self._words(ids)
        return f"“{' '.join(words if len(words) <= LONG else ['…', *words[-LONG:]]) or '(nothing)'}”"

    # ---------------------------------------------------------------- drawing

    def _drawn_tree(self, tree, at, place):
        """Draw a column for each step, best prefix on top, and between two columns the lines from one to the other."""
        rows = max(map(len, tree.steps))
        path = self._prefix(place).ids
        alive = tree.alive(at)
        axis = dict(class_="s2s-ink", data_axis="num_steps")
        head = [tag("th", "rank", scope="col", class_="s2s-beam-rank"), tag("th", "start", scope="col", **axis)]
        for step in range(1, at + 1):
            head += [tag("td"), tag("th", f"step {step}", scope="col", **axis)]
        body = []
        for row in range(rows):
            stays = row < tree.beam_size
            name = row + 1 if stays else "cut off" if row == tree.beam_size else "\N{NO-BREAK SPACE}"
            cells = [tag("th", name, scope="row", class_="s2s-beam-rank")]
            for step in range(at + 1):
                if step and not row:
                    cells.append(tag("td", _lines(tree, step, alive, path, rows), rowspan=rows, class_="s2s-beam-gap"))
                cells.append(self._node(tree, step, row, alive, place))
            body.append(tag("tr", cells))
        table = tag("table", tag("thead", tag("tr", head)), tag("tbody", body), role="grid", class_="s2s-beam-tree",
                    aria_label="The tree of prefixes, a column for each step. Arrow keys go from one to the next.")
        return tag("div", table, class_="s2s-wide s2s-beam-newest")

    def _node(self, tree, step, row, alive, place):
        """Draw a prefix as a cell: its last token and its log-probability."""
        if row >= len(tree.steps[step]):
            return tag("td")
        prefix, token = tree.steps[step][row], self._token(tree.steps[step][row])
        left, greedy = prefix.ids in alive, step > 0 and prefix.ids in tree.greedy
        kind = "eos" if left and token == "<eos>" else "word" if left else "beam-left" if prefix.stays else "beam-off"
        state = ("cut off" if not prefix.stays else "finished" if tree.has_ended(prefix) else
                 "in the beam" if left else "nothing is left of it")
        said = (f"{self._text(prefix.ids) if step else token}, {_sum(prefix.log_prob)}, {state}"
                f"{', greedy' * greedy}")
        inside = tag("span", tag("bdi", "◆ " * greedy, token, lang=self.language("target")[1],
                                 title=token if len(token) > 12 else None), " ",
                     tag("small", _sum(prefix.log_prob)) if step else None, class_="s2s-beam-node")
        return tag("td", inside, class_=f"s2s-cell s2s-{kind}",
                   **pick("picked", [step, row], said, at=(row, step), chosen=[step, row] == place))

    def _legend(self):
        kinds = [("s2s-word", "in the beam"), ("s2s-eos", "finished"), ("s2s-beam-left", "stayed, nothing left of it"),
                 ("s2s-beam-off", "cut off, the best of them")]
        return tag("div", [tag("span", tag("i", class_=kind), name, " ") for kind, name in kinds],
                   tag("span", "◆ greedy search "), tag("span", "number: log-probability so far"), class_="s2s-legend")

    def _drawn_shelf(self, tree, at, place):
        """Draw what is finished, and what was followed although it was cut off, as a table."""
        found, shelf = tree.finished(at), tree.shelf(at)
        title = f"Shelf: {plural(len(found), 'finished sentence')}"
        if len(shelf) < len(found):
            title = f"Shelf: the {len(shelf)} best of {len(found)} finished"
        titles = ["log-probability", "rank by it", "length", "penalty", "score", "rank by it", "finished"]
        head = tag("tr", tag("th", title, scope="col", class_="s2s-beam-title"),
                   [tag("th", name, scope="col") for name in titles])
        lines = [self._line(tree, found, one.ids, one.log_prob, f"step {len(one.ids)}", self._place_of(one.ids), place)
                 for one in shelf]
        lines += [self._line(tree, found, *self._lead(self._prefix(lost)), f"lost at step {lost[0]}", lost, place)
                  for lost in self._followed()]
        if not lines:
            lines = [tag("tr", tag("td", "Nothing is finished yet.", colspan=len(titles) + 1, class_="s2s-beam-title"))]
        table = tag("table", tag("thead", head), tag("tbody", lines), class_="s2s-beam-shelf")
        return tag("div", table, class_="s2s-wide")

    def _line(self, tree, found, ids, log_prob, when, mine, place):
        """A line of the shelf; what was lost has its ranks in brackets: where it would stand."""
        lost, score = when.startswith("lost"), tree.score_of(ids, log_prob)
        ranks = [1 + sum(other > mine for other in others) for mine, others in (
            (log_prob, [one.log_prob for one in found]), (score, [one.score for one in found]))]
        by_sum, by_score = [f"({rank})" if lost else rank for rank in ranks]
        text = self._text(ids)
        said = f"{text}, {when}, log-probability {_sum(log_prob)}, score {_sum(score)}"
        name = tag("span", tag("bdi", text, lang=self.language("target")[1], title=text if len(ids) > LONG else None),
                   class_="s2s-beam-text", **pick("picked", mine, said, chosen=mine == place))
        cells = [tag("b", _sum(log_prob)), by_sum, len(ids), f"{length_penalty(len(ids), tree.alpha):.2f}",
                 tag("b", _sum(score)), by_score, when]
        return tag("tr", tag("td", name), [tag("td", cell) for cell in cells], class_="s2s-beam-lost" if lost else None)


def _lines(tree, step, alive, path, rows):
    """Draw the lines from the prefixes of the step before to those of a step; those of the picked one last."""
    height = rows * (ROW + BETWEEN) - BETWEEN
    drawn = []
    for place, prefix in enumerate(tree.steps[step]):
        top, bottom = [row * (ROW + BETWEEN) + ROW // 2 for row in (prefix.parent, place)]
        on_path = prefix.ids == path[:step]
        kind = "path" if on_path else "alive" if prefix.ids in alive else "left" if prefix.stays else "off"
        drawn.append((on_path, tag("path", d=f"M0 {top}C{GAP / 2:.0f} {top} {GAP / 2:.0f} {bottom} {GAP} {bottom}",
                                   class_=f"s2s-beam-line s2s-beam-line-{kind}")))
    return tag("svg", [line for _, line in sorted(drawn, key=lambda one: one[0])], width=GAP, height=height,
               viewBox=f"0 0 {GAP} {height}", aria_hidden="true")


def _outlook(tree, at):
    """Say whether the search goes on after a step, and why."""
    found, n = tree.finished(at), tree.beam_size
    which = "the best on the shelf" if n == 1 else f"number {n} on the shelf"
    if at == 0:
        return f"It goes on until {n} {'is' if n == 1 else 'are'} finished and nothing open can overtake."
    if not tree.open_at(at):
        return f"It stops: {'nothing is open any more' if at < tree.num_steps else f'{at} tokens are the most'}."
    if len(found) < n:
        return f"It goes on: {len(found)} of {n} on the shelf."
    best, most = tree.most(at)
    penalty = length_penalty(tree.num_steps, tree.alpha)
    why = f"the best open prefix has {_sum(best)}, and sums only fall"
    if tree.alpha:
        why += (f". No penalty is larger than that of {tree.num_steps} tokens, {penalty:.2f}, so its score will be "
                f"{_sum(best)} / {penalty:.2f} = {_sum(most)} at most")
    over = at == len(tree.steps) - 1
    return f"It {'stops' if over else 'goes on'}: {why}. It {'cannot' if over else 'can still'} overtake {which}, " + (
        f"{_sum(found[n - 1].score)}.")


def _some(texts):
    """Name at most two."""
    return "; ".join(texts[:2]) + f" and {len(texts) - 2} more" * (len(texts) > 2)


def _sum(value):
    """Write a log-probability with two digits, for the next ones differ from machine to machine."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")
