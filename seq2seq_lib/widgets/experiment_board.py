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
UNITS = {"BLEU": ("BLEU", "BLEU"), "right": ("% right", "percentage points")}  # of scores, and of differences
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
        seeds = {seed for rows in self._kept.values() for seed in rows} - {MEAN}
        self._seeds = sorted(seeds, key=lambda seed: (len(seed), seed))
        first = settings.get("claim", next(iter(claims)))
        comparisons = claims[first].comparisons if isinstance(first, str) and first in claims else [""]
        super().__init__(**{"claim": first, "comparison": next(iter(comparisons)), **settings})

    # ------------------------------------------------------------------ the state, whatever somebody has set

    def _claim_name(self):
        known = isinstance(self.claim, str) and self.claim in self.claims
        return self.claim if known else next(iter(self.claims))

    def _claim(self):
        return self.claims[self._claim_name()]

    def _groups(self):
        return [group for claim, comparison, group in self._kept
                if (claim, comparison) == (self.claim, self.comparison)] or [ALL]

    def _predicted(self):
        """What the reader has predicted of each claim, the newest last."""
        guesses = self.guesses if isinstance(self.guesses, list) else []
        known = [[claim, verdict] for claim in self.claims for verdict in VERDICTS]
        return dict(guess for guess in guesses if guess in known)

    def _guess(self):
        """What the reader has predicted of this claim; None before that."""
        return self._predicted().get(self._claim_name())

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
        who, *title = re.split(r"(?<=\d{4}), ", claim.source, maxsplit=1)
        sides = _sides(claim, self.comparison, self.group)
        compared = f"“{sides[0]}” with “{sides[1]}”" if sides else self.comparison
        if not self._guess():
            pictures, asked = None, "Does it hold here?"
            said = (f"{who}: {claim.says} Compared here: {compared}, {number(len(rows) - 1)} seeds. Write your "
                    "prediction down: does it hold here?")
        else:
            asked = "Your prediction"
            pictures, said = self._curve() if self._curve_is_shown() else self._runs(sides, rows)
        return tag("div", tag("p", claim.says, class_="s2s-experiment-claim"),
                   tag("p", who, [", ", tag("i", title)] if title else None, class_="s2s-experiment-source"),
                   tag("p", asked, class_="s2s-experiment-asked"), self._buttons(), pictures,
                   class_="s2s-experiment"), said

    def _buttons(self):
        """The three verdicts, to predict one; pressed again, it is taken back and the runs are covered."""
        others = [[claim, guess] for claim, guess in self._predicted().items() if claim != self.claim]
        buttons = []
        for name, (_, short, _, _) in VERDICTS.items():
            chosen = name == self._guess()
            value = others if chosen else [*others, [self.claim, name]]
            words = f"{short}: your prediction; take it back and cover the runs" if chosen else f"I predict: {short}"
            buttons.append(tag("span", short, title=words, **pick("guesses", value, words, chosen=chosen),
                               class_=f"s2s-experiment-guess{' s2s-experiment-guessed' * chosen}"))
        return tag("p", buttons, class_="s2s-experiment-guesses")

    def _runs(self, sides, rows):
        """All runs and their differences, and what follows from them."""
        mean, seeds = rows[MEAN], {seed: rows[seed] for seed in self._seeds if seed in rows}
        metric = self._claim().metric
        chosen = None if self.seed == ALL else self.seed
        found = verdict([row["difference"] for row in seeds.values()], mean["low"], mean["high"])
        sign, _, _, color = VERDICTS[found]
        badge = tag("p", f"All {number(len(seeds))} seeds: ",
                    tag("span", f"{sign} {found}", class_=f"s2s-experiment-verdict s2s-experiment-{color}"))
        left = None
        if sides:
            less = f"Differences are “{sides[1]}” less “{sides[0]}”."
            key = "Each line is a seed. ◆ is the mean, its bar from the lowest run to the highest."
            left = tag("div", tag("p", key), drawing.runs(
                sides, {seed: (row["a"], row["b"]) for seed, row in seeds.items()}, (mean["a"], mean["b"]),
                METRICS[metric], chosen), class_="s2s-experiment-picture")
        else:
            less = f"Each number is a difference of two differences; above zero it says: {self.comparison}."
        key = f"Differences in {UNITS[metric][1]}, with 95 % intervals over sentences; hollow: zero is inside."
        right = tag("div", tag("p", key), drawing.differences(
            {seed: _interval(row) for seed, row in seeds.items()}, _interval(mean), UNITS[metric][1], chosen),
            class_="s2s-experiment-picture")
        pictures = badge, tag("p", less, class_="s2s-experiment-less"), tag(
            "div", left, right, class_="s2s-columns")
        if chosen is None:
            said = self._judged(found, _reason(seeds, mean, found))
        else:
            said = _alone(chosen, sides, self.comparison, seeds, mean, found)
        shown = ", ".join(f"seed {seed} {signed(row['difference'])}" for seed, row in seeds.items())
        means = f"“{sides[0]}” {mean['a']:.1f}, “{sides[1]}” {mean['b']:.1f} {UNITS[metric][0]}. " if sides else ""
        return pictures, (
            f"{self._claim().says} {said} Compared: {self.comparison}, lengths: {self.group}. {means}"
            f"Differences: {shown}; mean {signed(mean['difference'])}, 95 % interval {_between(mean)}.")

    def _judged(self, found, reason):
        """Say the verdict, and whether it was predicted; the prediction is about all sentences."""
        guess, words = self._guess(), f"{found[0].upper()}{found[1:]}"
        if self.group != ALL:
            return f"{words}: {reason}."
        if guess == found:
            return f"{words}, as you predicted: {reason}."
        return f"{words}: {reason}. You predicted that {VERDICTS[guess][2]}; good that you asked the runs."

    def _curve(self):
        """The learning curve: for each of its names a line."""
        claim = self._claim()
        curves = load_scores(*claim.experiments) if self.curves is None else self.curves
        column = claim.metric if self.group == ALL else f"{claim.metric}, {self.group}"
        scores = {setting: rows[column].tolist() for setting, rows in curves.groupby("setting")}
        lines = {name: {_share(setting): scores[setting] for setting in settings}
                 for name, settings in claim.curve.items()}
        means = "; ".join(f"{name} " + ", ".join(f"{sum(column) / len(column):.1f}" for column in points.values())
                          for name, points in lines.items())
        shares = ", ".join(drawing.share_name(share) for share in next(iter(lines.values())))
        said = (f"{claim.says} {METRICS[claim.metric]} after training on {shares} of the sentences, lengths: "
                f"{self.group}, means of the seeds: {means}.")
        picture = tag("div", tag("p", "Each point is a run, each line goes through the means of a setting."),
                      drawing.curve(lines, METRICS[claim.metric]), class_="s2s-experiment-picture")
        return tag("div", picture, class_="s2s-columns"), said


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
    """Return the share of the training sentences that a setting names: `"attention, 1/8"` -> 0.125; else 1, for all."""
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


def _alone(seed, sides, comparison, seeds, mean, found):
    """Say what one would have concluded from a seed alone, and whether all of them say so."""
    row = seeds[seed]
    alone = verdict([row["difference"]], row["low"], row["high"])
    if alone == "cannot tell here":
        words = "no difference shown"
    elif sides:
        better, worse = sides[::-1] if alone == "holds here" else sides
        words = f"“{better}” is better than “{worse}”"
    else:
        words = f"“{comparison}” {VERDICTS[alone][1]}"
    every = f"All {number(len(seeds))} say {'so too' if alone == found else 'otherwise'}: {found}"
    because = f", for {_reason(seeds, mean, found)}" if found == "cannot tell here" else ""
    return (f"From seed {seed} alone you would have concluded: {words} ({signed(row['difference'])}, 95 % interval "
            f"{_between(row)}). {every}{because}.")
