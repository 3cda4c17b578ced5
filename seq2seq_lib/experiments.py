"""Experiments: runs that are kept, compared seed by seed and sentence by sentence (lesson 12)."""

import gzip
import json
from functools import lru_cache
from typing import NamedTuple

import torch

from .bleu import count_ngrams, draw_sentences, middle, pooled_bleu
from .corpus import data_folder

METRICS = {"BLEU": "BLEU", "right": "right translations (%)"}


class Asked(NamedTuple):
    """What nets were asked: sources and their references, strings of tokens; the numbers of each group's sources."""

    sources: list
    references: list
    groups: dict


class Runs:
    """The runs of experiments whose nets were asked the same sentences: what they wrote, and how they scored.

    Args:
        asked: an `Asked`, or a dictionary from a seed to one, where each seed was asked others.
        said: for each setting a dictionary from a seed to its translations, in the order of the sources.
        table: of all runs, a row each.
    """

    def __init__(self, asked, said, table=None):
        self._asked, self.said, self.table = asked, said, table
        self._counts = lru_cache(maxsize=None)(self._count)  # each run is counted once

    def asked(self, seed):
        """Return the `Asked` of a seed."""
        return self._asked[seed] if isinstance(self._asked, dict) else self._asked

    @property
    def groups(self):
        """The names of the groups, "all" before them."""
        seed = next(iter(next(iter(self.said.values()))))
        return ["all", *self.asked(seed).groups]

    def seeds(self, *settings):
        """Return the seeds that these settings have in common."""
        return [seed for seed in self.said[settings[0]] if all(seed in self.said[setting] for setting in settings)]

    def score(self, setting, seed, metric="BLEU", group="all"):
        """Return the score of a run, from 0 to 100."""
        return _score(self.counts(setting, seed, metric, group).sum(dim=0, keepdim=True), metric).item()

    def counts(self, setting, seed, metric="BLEU", group="all"):
        """Return what a score is made of, a row for each sentence of a group: float64 `(sentences, numbers)`.

        For BLEU those of `count_ngrams`; for "right" whether the translation is one of the references, and a 1.
        """
        counts = self._counts(setting, seed, metric)
        return counts if group == "all" else counts[self.asked(seed).groups[group]]

    def _count(self, setting, seed, metric):
        said, references = self.said[setting][seed], self.asked(seed).references
        if metric == "BLEU":
            rows = count_ngrams(said, references)
        else:
            rows = [(text in labels, 1) for text, labels in zip(said, references)]
        return torch.tensor(rows, dtype=torch.float64)


def _score(sums, metric):
    """Make scores of sums of counts: `(..., numbers)` -> `(...)`."""
    if metric == "right":
        return 100 * sums[..., 0] / sums[..., 1]
    flat = [pooled_bleu(row) for row in sums.flatten(end_dim=-2).tolist()]
    return torch.tensor(flat, dtype=torch.float64).view(sums.shape[:-1])


def load_runs(*names):
    """Load the runs of experiments that `make experiments` keeps in `data/results`.

    Args:
        names: of experiments whose nets were asked the same sentences, as in `load_runs("baseline", "amount")`.

    Returns:
        A `Runs`.

    Raises:
        ValueError: their sentences are not the same.
    """
    folder = data_folder() / "results"
    said, asked = {}, None
    for name in names:
        kept = json.loads(gzip.decompress((folder / "translations" / f"{name}.json.gz").read_bytes()))
        here = {key: Asked(**value) for key, value in kept["asked"].items()}
        if asked not in (None, here):
            raise ValueError(f"the nets of {name!r} were asked other sentences than those of {names[0]!r}; "
                             "load them one by one")
        asked = here
        said |= {setting: {int(seed): texts for seed, texts in of.items()} for setting, of in kept["said"].items()}
    one = asked.get("all") or {int(seed): value for seed, value in asked.items()}
    return Runs(one, said, load_scores(*names))


def load_scores(*names):
    """Load the tables of experiments that `make experiments` keeps in `data/results/NAME.csv`, one below another.

    Returns:
        A pandas table, a row for each run; of its columns every experiment of lesson 12 has `setting`, `seed`, `BLEU`
        and, for each group of lengths, `BLEU, GROUP`.

    Raises:
        FileNotFoundError: there is no such file.
    """
    import pandas as pd

    folder = data_folder() / "results"
    return pd.concat([pd.read_csv(folder / f"{name}.csv") for name in names], ignore_index=True)


class Comparison(NamedTuple):
    """What b scores more than a, in two kinds of chance.

    scores: for each seed `(a's, b's)`. differences: for each seed b's score less a's. intervals: for each seed
    `(low, high)`, between which the difference lies in 95 % of bootstrap samples of the sentences. mean: of the
    differences. low, high: the same bounds of that mean.
    """

    scores: dict
    differences: dict
    intervals: dict
    mean: float
    low: float
    high: float

    @property
    def verdict(self):
        """Does it hold that b scores more? `"holds here"`, `"does not hold here"` or `"cannot tell here"`."""
        return verdict(list(self.differences.values()), self.low, self.high)


def verdict(differences, low, high):
    """Say whether a claim holds: every seed must agree in sign, and the interval over sentences must exclude zero.

    Args:
        differences: one number a seed, above zero where it speaks for the claim.
        low, high: the bounds of their mean, over samples of the sentences.

    Returns:
        `"holds here"`; `"does not hold here"`, if all that speaks against it; else `"cannot tell here"`.
    """
    if min(differences) > 0 and low > 0:
        return "holds here"
    if max(differences) < 0 and high < 0:
        return "does not hold here"
    return "cannot tell here"


def compare(runs, a, b, metric="BLEU", group="all", samples=1000, seed=0):
    """Compare two settings, paired twice: the same seeds, and in each bootstrap sample the same sentences.

    Args:
        runs: a `Runs`.
        a, b: settings; or `(setting, group)`, to compare groups, whose sentences are drawn apart; or a list of these,
            whose scores are added up.
        metric: `"BLEU"`, or `"right"`, the percentage of sentences that are one of their references.
        group: of sentences, where a setting has none of its own.
        samples: how many to draw.
        seed: another seed is another draw.

    Returns:
        A `Comparison`.

    Raises:
        KeyError: no such setting or group.
        ValueError: the settings have no seed in common.
    """
    sides = [[(one, group) if isinstance(one, str) else one for one in (side if isinstance(side, list) else [side])]
             for side in (a, b)]
    settings = [setting for side in sides for setting, _ in side]
    seeds = runs.seeds(*settings)
    if not seeds:
        raise ValueError(f"{', '.join(settings)} have no seed in common; compare runs of the same seeds")
    scores, drawn = {}, {}
    for n in seeds:
        scores[n] = tuple(sum(runs.score(setting, n, metric, of) for setting, of in side) for side in sides)
        less, more = (sum(_drawn_scores(runs, setting, n, metric, of, samples, seed) for setting, of in side)
                      for side in sides)
        drawn[n] = more - less  # (samples,)
    differences = {n: b - a for n, (a, b) in scores.items()}
    return Comparison(scores, differences, {n: middle(values) for n, values in drawn.items()},
                      sum(differences.values()) / len(seeds), *middle(torch.stack([*drawn.values()]).mean(dim=0)))


def _drawn_scores(runs, setting, n, metric, group, samples, seed):
    """Score a run on bootstrap samples of a group's sentences: float64 `(samples,)`."""
    counts = runs.counts(setting, n, metric, group)
    return _score(_draws(len(counts), samples, seed + 7919 * runs.groups.index(group)) @ counts, metric)


@lru_cache(maxsize=8)
def _draws(sentences, samples, seed):
    return draw_sentences(sentences, samples, seed)


class Claim(NamedTuple):
    """A claim, and the runs that put it to the test.

    says: a sentence. source: who has said it, a paper's title with its authors. experiments: for `load_runs`.
    comparisons: by a name of its own each `(a, b)` for `compare`; the claim says that b scores more. metric: one of
    `METRICS`. named: what a reader calls each setting. curve: for a learning curve, by name its settings, from few
    sentences to all.
    """

    says: str
    source: str
    experiments: tuple
    comparisons: dict
    named: dict
    metric: str = "BLEU"
    curve: dict = {}


def comparison_table(claims, load=load_runs):
    """Make every comparison of some claims, for all sentences and for each group of lengths.

    Args:
        claims: a dictionary from a name to a `Claim`.
        load: as `load_runs`.

    Returns:
        A pandas table with the columns `claim`, `comparison`, `group`, `seed` (a number, or "mean" for all together),
        `a`, `b` (the scores), `difference` (b less a), `low`, `high` (95 % of the samples of sentences) and `verdict`,
        which stands beside the mean alone.
    """
    import pandas as pd

    rows = []
    for name, claim in claims.items():
        runs = load(*claim.experiments)
        for comparison, (a, b) in claim.comparisons.items():
            for group in runs.groups if isinstance(a, str) else ["all"]:
                about = dict(claim=name, comparison=comparison, group=group)
                rows += [about | row for row in _rows(runs, a, b, claim.metric, group)]
    return pd.DataFrame(rows)


def _rows(runs, a, b, metric, group):
    found = compare(runs, a, b, metric, group)
    columns = "seed", "a", "b", "difference", "low", "high"
    rows = [(str(n), *found.scores[n], found.differences[n], *found.intervals[n]) for n in found.scores]
    means = [sum(column) / len(rows) for column in zip(*found.scores.values())]
    together = dict(zip(columns, ("mean", *means, found.mean, found.low, found.high))) | {"verdict": found.verdict}
    return [*(dict(zip(columns, row)) for row in rows), together]


def load_comparisons():
    """Load the table of `comparison_table` that `make experiments` keeps in `data/results/comparisons.csv`."""
    import pandas as pd

    return pd.read_csv(data_folder() / "results" / "comparisons.csv", dtype={"seed": str})


SUTSKEVER = "Sutskever, Vinyals and Le 2014, Sequence to Sequence Learning with Neural Networks"
PROPERTIES = "Cho et al. 2014, On the Properties of Neural Machine Translation"
START, EVERY = "context at the start", "context at every step"
DESIGNS = {"start": START, "baseline": EVERY, "attention": "attention"}

CLAIMS = {
    "length": Claim(
        "The longer the text, the worse the translation.", PROPERTIES, ("length",),
        {name: ((setting, "4 joined"), (setting, "1 alone")) for setting, name in DESIGNS.items()}, DESIGNS),
    "reversed source": Claim(
        "Read with its last word first, a source is translated better.", SUTSKEVER, ("length",),
        {"joined sentences": ("start", "start, reversed")},
        {"start": "in its order", "start, reversed": "last word first"}),
    "reversed copying": Claim(
        "Read with its last letter first, a row of letters is copied better.", SUTSKEVER, ("copying",),
        {"rows of letters": ("start", "start, reversed")},
        {"start": "in its order", "start, reversed": "last letter first"}, "right"),
    "deeper nets": Claim(
        "Two layers translate better than one.", SUTSKEVER, ("length",),
        {"joined sentences": ("start", "start, two layers")},
        {"start": "one layer", "start, two layers": "two layers"}),
    "unknown words": Claim(
        "The more words a net knows, the better it translates.", PROPERTIES, ("baseline", "unknown"),
        {"seen twice, not 20 times": ("min_freq 20", "baseline"),
         "seen 20 times, not 64": ("min_freq 64", "min_freq 20")},
        {f"min_freq {n}": f"words seen {n} times" for n in (64, 20)} | {"baseline": "words seen twice"}),
    "more data": Claim(
        "Twice the sentences, a better translation.",
        "Koehn and Knowles 2017, Six Challenges for Neural Machine Translation",
        ("baseline", "amount", "amount_attention"),
        {EVERY: ("1/2", "baseline"), "attention": ("attention, 1/2", "attention"),
         "attention gains more, from an eighth to all": (["baseline", "attention, 1/8"], ["attention", "1/8"])},
        {"1/2": "half of the data", "baseline": "all", "attention, 1/2": "half of the data", "attention": "all"},
        curve={EVERY: ("1/8", "1/2", "baseline"),
               "attention": ("attention, 1/8", "attention, 1/2", "attention")}),
    "scheduled sampling": Claim(
        "A net that meets its own words in training translates better.",
        "Bengio et al. 2015, Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks",
        ("baseline", "reading"),
        {"fewer and fewer true words": ("baseline", "scheduled sampling")},
        {"baseline": "true words", "scheduled sampling": "fewer and fewer"}),
    "every step": Claim(
        "A context at every step is better than one at the start.",
        "Cho et al. 2014, Learning Phrase Representations using RNN Encoder-Decoder", ("baseline",),
        {"one sentence": ("start", "baseline")}, DESIGNS),
    "two nets": Claim(
        "Two nets that vote translate better than one.", SUTSKEVER, ("baseline",),
        {"one sentence": ("baseline", "two nets")}, {"baseline": "one net", "two nets": "two nets"}),
}
