"""Experiment board: what a paper claims, and what runs with several seeds say of it here."""

import re

from ..experiments import CLAIMS, METRICS, load_comparisons, load_scores, verdict
from . import experiment_drawing as drawing
from .base import LessonWidget
from .controls import Choice, State
from .drawing import pick
from .experiment_drawing import signed
from .markup import tag

ALL, MEAN = "all", "mean"
RUNS, CURVE = "runs", "learning curve"
VERDICTS = {  # a sign, what a reader predicts, the same after "that", and a colour
    "holds here": ("✓", "holds", "it holds", "holds"),
    "does not hold here": ("✗", "does not hold", "it does not hold", "fails"),
    "cannot tell here": ("?", "cannot tell", "one cannot tell", "open"),
}
NUMBERS = "no one two three four five six seven eight nine ten".split()


class ExperimentBoard(LessonWidget):
    """Choose a claim, write down whether it holds here, and see the runs: every seed, the mean, and the verdict.

    Args:
        table: as `experiments.comparison_table` makes it; by default the one that is kept.
        claims: a dictionary from a name to a `Claim`.
        curves: the runs of learning curves, a table with the columns `setting`, `seed` and those of the scores; by
            default those that are kept.
        settings: first values of the controls, for example `claim="more data"`.

    Raises:
        FileNotFoundError: nothing is kept.
    """

    title = "Experiment board"

    claim = Choice("", "Claim", lambda widget: {claim.says: name for name, claim in widget.claims.items()})
    comparison = Choice("", "Comparison", lambda widget: list(widget._claim().comparisons),
                        hidden=lambda widget: len(widget._claim().comparisons) == 1 or widget._curve_is_shown())
    group = Choice(ALL, "Lengths", lambda widget: widget._groups(),
                   hidden=lambda widget: not widget._guess() or len(widget._groups()) == 1)
    seed = Choice(ALL, "Seed", lambda widget: {f"all {number(len(widget._seeds))}": ALL,
                                               **{seed: seed for seed in widget._seeds}},
                  hidden=lambda widget: not widget._guess() or widget._curve_is_shown())
    view = Choice(RUNS, "View", [RUNS, CURVE], hidden=lambda widget: not (widget._guess() and widget._claim().curve))
    guesses = State([])  # [name of a claim, verdict] for each that has been predicted

    def __init__(self, table=None, claims=CLAIMS, curves=None, **settings):
        self.claims, self.curves = claims, curves
        self._kept = {}  # (claim, comparison, group) -> seed -> the numbers of its row
        for row in (load_comparisons() if table is None else table).to_dict("records"):
            self._kept.setdefault((row["claim"], row["comparison"], row["group"]), {})[row["seed"]] = row
        self._seeds = sorted({seed for rows in self._kept.values() for seed in rows} - {MEAN})
        first = settings.get("claim", next(iter(claims)))
        comparisons = claims[first].comparisons if isinstance(first, str) and first in claims else [""]
        super().__init__(**{"claim": first, "comparison": next(iter(comparisons)), **settings})

    # ------------------------------------------------------------------ the state, whatever somebody has set

    def _claim(self):
        known = isinstance(self.claim, str) and self.claim in self.claims
        return self.claims[self.claim if known else next(iter(self.claims))]

    def _groups(self):
        return [group for claim, comparison, group in self._kept
                if (claim, comparison) == (self.claim, self.comparison)] or [ALL]

    def _guess(self):
        """What the reader has predicted of the claim; "" before that."""
        guesses = self.guesses if isinstance(self.guesses, list) else []
        return next((verdict for verdict in VERDICTS if [self.claim, verdict] in guesses), "")

    def _curve_is_shown(self):
        return bool(self._guess() and self.view == CURVE and self._claim().curve)

    def _specs(self):
        """With another claim or comparison, what it does not have is left behind, before anything is checked."""
        if self._drawn and self.claim != self._drawn["claim"] and self.comparison not in self._claim().comparisons:
            self.comparison = next(iter(self._claim().comparisons))
        other = self._drawn and any(getattr(self, name) != self._drawn[name] for name in ("claim", "comparison"))
        if other and self.group not in self._groups():
            self.group = ALL
        return super()._specs()

    def react(self, name):
        if name == "claim":
            self.group, self.seed, self.view = ALL, ALL, RUNS

    # ------------------------------------------------------------------------ drawing

    def render(self):
        claim = self._claim()
        rows = self._kept.get((self.claim, self.comparison, self.group), {})
        if MEAN not in rows or self.seed not in (ALL, *rows):
            raise ValueError("The table of comparisons has no such runs. Make it anew by the command: make experiments")
        who, _, title = re.fullmatch(r"(.*?\b\d{4}|[^,]*)(, )?(.*)", claim.source, re.DOTALL).groups()
        head = [tag("p", claim.says, class_="s2s-experiment-claim"),
                tag("p", who, ", " * bool(title), tag("i", title), class_="s2s-experiment-source")]
        sides = _sides(claim, self.comparison, self.group)
        if not self._guess():
            compared = f"“{sides[0]}” with “{sides[1]}”" if sides else self.comparison
            said = (f"{claim.says} {who} found so. Compared here: {compared}, {number(len(rows) - 1)} runs each. "
                    "Write your prediction down: does it hold here?")
            return tag("div", head, self._question("Does it hold here?"), class_="s2s-experiment"), said
        if self._curve_is_shown():
            pictures, said = self._curve()
        else:
            pictures, said = self._runs(sides, rows)
        return tag("div", head, self._question("Your prediction"), pictures, class_="s2s-experiment"), said

    def _question(self, words):
        """The three verdicts, to predict one; pressed again, it is taken back and the runs are covered."""
        others = [guess for guess in self.guesses if isinstance(guess, list) and guess[:1] != [self.claim]] if (
            isinstance(self.guesses, list)) else []
        buttons = []
        for name, (_, short, _, _) in VERDICTS.items():
            chosen = name == self._guess()
            value = others if chosen else [*others, [self.claim, name]]
            words_ = f"{short}: your prediction; take it back and cover the runs" if chosen else f"I predict: {short}"
            buttons.append(tag("span", short, title=words_, **pick("guesses", value, words_, chosen=chosen),
                               class_=f"s2s-experiment-guess{' s2s-experiment-guessed' * chosen}"))
        return tag("p", words, class_="s2s-experiment-asked"), tag("p", buttons, class_="s2s-experiment-guesses")

    def _runs(self, sides, rows):
        """All runs and their differences, and what follows from them."""
        mean, claim = rows[MEAN], self._claim()
        seeds = {seed: rows[seed] for seed in self._seeds if seed in rows}
        unit = METRICS[claim.metric]
        points = "BLEU" if claim.metric == "BLEU" else "percentage points"
        chosen = None if self.seed == ALL else self.seed
        found = verdict([row["difference"] for row in seeds.values()], mean["low"], mean["high"])
        left = None
        if sides:
            picture = drawing.runs(sides, {seed: (row["a"], row["b"]) for seed, row in seeds.items()},
                                   (mean["a"], mean["b"]), unit, chosen)
            left = tag("div", tag("p", "Each line is a seed. ◆ is the mean, its bar from the lowest run to the "
                                       "highest."), picture)
        what = f"“{sides[1]}” less “{sides[0]}”" if sides else f"Above zero: {self.comparison}"
        picture = drawing.differences({seed: _interval(row) for seed, row in seeds.items()}, _interval(mean), points,
                                      chosen)
        right = tag("div", tag("p", f"{what}, in {points}, with its 95 % interval over sentences; hollow where that "
                                    "includes zero."), picture)
        sign, _, _, color = VERDICTS[found]
        badge = tag("p", f"All {number(len(seeds))} seeds: ",
                    tag("span", f"{sign} {found}", class_=f"s2s-experiment-verdict s2s-experiment-{color}"))
        pictures = badge, tag("div", left, right, class_="s2s-columns s2s-experiment-pictures")
        if chosen is None:
            said = f"{found[0].upper()}{found[1:]}{self._judged(found)}: {_reason(seeds, mean, found)}."
        else:
            said = _misled(chosen, sides, self.comparison, seeds, mean, found)
        return pictures, f"{claim.says} {said} {self._details(sides, seeds, mean, unit)}"

    def _judged(self, found):
        """Say whether it was predicted; the prediction is about all sentences."""
        if self.group != ALL:
            return ""
        if self._guess() == found:
            return ", as you predicted"
        return f", and you predicted that {VERDICTS[self._guess()][2]}, which was worth a try"

    def _details(self, sides, seeds, mean, unit):
        """What the picture shows, in numbers."""
        shown = ", ".join(f"seed {seed} {signed(row['difference'])}" for seed, row in seeds.items())
        means = f"{sides[0]} {mean['a']:.1f}, {sides[1]} {mean['b']:.1f} {unit} on average. " if sides else ""
        return (f"{self.comparison}, lengths: {self.group}. {means}Differences: {shown}; mean "
                f"{signed(mean['difference'])}, 95 % interval {_between(mean)}.")

    def _curve(self):
        """The learning curve: for each of its names a line."""
        claim = self._claim()
        curves = load_scores(*claim.experiments) if self.curves is None else self.curves
        column = claim.metric if self.group == ALL else f"{claim.metric}, {self.group}"
        scores = {setting: rows[column].tolist() for setting, rows in curves.groupby("setting")}
        lines = {name: {_share(setting): scores[setting] for setting in settings}
                 for name, settings in claim.curve.items()}
        unit = METRICS[claim.metric]
        means = "; ".join(f"{name} " + ", ".join(f"{sum(scores) / len(scores):.1f}" for scores in points.values())
                          for name, points in lines.items())
        shares = ", ".join(drawing.share_name(share) for share in next(iter(lines.values())))
        said = (f"{claim.says} {unit} after training on {shares} of the sentences, lengths: {self.group}, means of "
                f"the seeds: {means}.")
        picture = tag("div", tag("p", "Each point is a run, each line goes through the means of a setting."),
                      drawing.curve(lines, unit))
        return tag("div", picture, class_="s2s-columns s2s-experiment-pictures"), said


# ---------------------------------------------------------------- words

def number(n):
    """Write a small whole number as a word."""
    return NUMBERS[n] if n < len(NUMBERS) else str(n)


def _sides(claim, comparison, group):
    """Name the two sides of a comparison; None if they are sums of scores, which have no name."""
    sides = claim.comparisons[comparison]
    if any(isinstance(side, list) for side in sides):
        return None
    return [claim.named.get(side, side) if isinstance(side, str) else f"{claim.named.get(side[0], side[0])}, {side[1]}"
            for side in sides]


def _share(setting):
    """Return the share of the training sentences that a setting names: `"attention, 1/8"` -> 0.125; else all of them."""
    parts = re.search(r"1/(\d+)$", setting)
    return 1 / int(parts[1]) if parts else 1


def _interval(row):
    return row["difference"], row["low"], row["high"]


def _between(row):
    return f"{signed(row['low'])} to {signed(row['high'])}"


def _reason(seeds, mean, found):
    """Say why a verdict is what it is."""
    if found != "cannot tell here":
        return (f"all {number(len(seeds))} seeds agree, and the interval over sentences ({_between(mean)}) excludes "
                "zero")
    against = [seed for seed, row in seeds.items() if row["difference"] * mean["difference"] <= 0]
    reasons = []
    if against:
        some = f"seed {against[0]} says" if len(against) == 1 else (
            f"seeds {', '.join(against[:-1])} and {against[-1]} say")
        reasons.append(f"{some} the opposite")
    if mean["low"] <= 0 <= mean["high"]:
        reasons.append(f"the interval over sentences ({_between(mean)}) includes zero")
    return " and ".join(reasons)


def _misled(seed, sides, comparison, seeds, mean, found):
    """Say what one would have concluded from a seed alone, and whether all of them say so."""
    row = seeds[seed]
    alone = "holds here" if row["low"] > 0 else "does not hold here" if row["high"] < 0 else "cannot tell here"
    if alone == "cannot tell here":
        words = "no difference shown"
    elif sides:
        better, worse = (sides[1], sides[0]) if alone == "holds here" else sides
        words = f"“{better}” is better than “{worse}”"
    else:
        words = f"“{comparison}” {VERDICTS[alone][1]}"
    every = f"All {number(len(seeds))}"
    told = f"{every} say so too: {found}" if alone == found else f"{every} say otherwise: {found}"
    return (f"From seed {seed} alone you would have concluded: {words} ({signed(row['difference'])}, 95 % interval "
            f"{_between(row)}). {told}, for {_reason(seeds, mean, found)}.")
