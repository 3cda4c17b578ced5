"""BLEU: how much of a translation stands in the reference, by n-grams."""

import math
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from .text import check_choice


class NgramPrecision(NamedTuple):
    """The n-grams of one order in a prediction: how many there are, and how many found a partner in the label."""

    n: int
    matched: int
    total: int

    @property
    def precision(self):
        """matched / total; 0 if the prediction has no n-gram of this order."""
        return self.matched / self.total if self.total else 0.0


def ngrams(tokens, n):
    """Return the n-grams of a list of tokens in their order, as tuples."""
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def _clipped_matches(prediction, references, n):
    """Count a prediction's n-grams, each at most as often as it stands in one reference (Papineni et al. 2002, 2.1)."""
    return (Counter(ngrams(prediction, n)) & _most_in_one(references, n)).total()  # the smaller count of each


def _most_in_one(references, n):
    """Count the n-grams of several references: of each the largest number in one of them."""
    best = Counter()
    for reference in references:
        best |= Counter(ngrams(reference, n))  # the larger count of each
    return best


def ngram_precisions(pred_seq, label_seq, k):
    """Count matched and all n-grams of a prediction, for n = 1 ... k.

    Args:
        pred_seq, label_seq: strings of tokens parted by spaces.
        k: the longest n-grams to look at. Orders longer than the prediction are left out: it has none of them.

    Returns:
        A list of `NgramPrecision(n, matched, total)`, ready for a pandas table; `.precision` is p_n.

    Raises:
        ValueError: `k` below 1.
    """
    if k < 1:
        raise ValueError(f"k is {k}; it must be 1 or more")
    prediction, label = pred_seq.split(), label_seq.split()
    return [NgramPrecision(n, _clipped_matches(prediction, [label], n), len(prediction) - n + 1)
            for n in range(1, min(k, len(prediction)) + 1)]


def brevity_penalty(len_pred, len_label):
    """exp(min(0, 1 - len_label / len_pred)): 1 for a prediction as long as its label or longer, 0 for an empty one."""
    if len_pred == 0:
        return 0.0
    return math.exp(min(0.0, 1 - len_label / len_pred))


def bleu(pred_seq, label_seq, k):
    """Score one prediction against one label, from 0 to 1, by the formula of many tutorials.

    exp(min(0, 1 - len_label / len_pred)) * product over n = 1 ... k of p_n^(1 / 2^n)
    (Zhang et al., *Dive into Deep Learning*, "Sequence-to-Sequence Learning"). For scores to publish see `corpus_bleu`.

    Args:
        pred_seq, label_seq: strings of tokens parted by spaces.
        k: the longest n-grams that count; orders longer than the prediction are left out.

    Returns:
        A float; 0 for an empty prediction.

    Raises:
        ValueError: `k` below 1.
    """
    score = brevity_penalty(len(pred_seq.split()), len(label_seq.split()))
    for order in ngram_precisions(pred_seq, label_seq, k):
        score *= order.precision ** (0.5**order.n)
    return score


def corpus_bleu(predictions, references, smooth="exp"):
    """Score a whole set of translations, from 0 to 100, as Papineni et al. 2002 define BLEU (section 2.3).

    The counts of all sentences are pooled before the precisions are taken, up to 4-grams with equal weights; of several
    references each n-gram may match any, and the one nearest in length counts for the brevity penalty. Equal to
    sacreBLEU (Post 2018) with `tokenize="none"`.

    Args:
        predictions: a list of strings of tokens parted by spaces.
        references: for each prediction a string, or a list of several: raw tokens, never passed through a `Vocab`.
        smooth: `"exp"`: an order without a match counts as half a match, the next as a quarter, and so on;
            `"none"`: it makes the score 0.

    Returns:
        A float.

    Raises:
        ValueError: lists of different lengths, an empty list, a sentence without a reference, an unknown `smooth`.
    """
    check_choice("smooth", smooth, ("exp", "none"))
    return pooled_bleu([sum(column) for column in zip(*count_ngrams(predictions, references))], smooth)


def references_by_source(pairs):
    """Gather all translations of each source, for `corpus_bleu` to score against all of them.

    Args:
        pairs: of token lists, `(source, target)`.

    Returns:
        A dictionary from each source, a tuple of tokens, to the list of its targets, as strings of tokens.
    """
    references = {}
    for source, target in pairs:
        references.setdefault(tuple(source), []).append(" ".join(target))
    return references


def bootstrap_bleu(predictions, references, samples=1000, seed=0):
    """Tell how far chance moves a score: the bounds of `corpus_bleu` in 95 % of bootstrap samples.

    A sample draws as many sentences as there are, with replacement (Koehn 2004, *Statistical Significance Tests for
    Machine Translation Evaluation*, section 3). Each sentence is counted once; a sample adds up the counts.

    Args:
        predictions, references: as for `corpus_bleu`.
        samples: how many to draw.
        seed: another seed is another draw.

    Returns:
        `(low, high)`, two floats: 2.5 % of the samples score below the first, 2.5 % above the second.

    Raises:
        ValueError: as `corpus_bleu`, or `samples` below 1.
    """
    return middle(_sampled_scores([predictions], references, samples, seed)[:, 0])


class PairedBootstrap(NamedTuple):
    """System b against system a: the difference of their scores, its bounds in 95 % of samples, how often b won."""

    difference: float
    low: float
    high: float
    wins: float


def paired_bootstrap(predictions_a, predictions_b, references, samples=1000, seed=0):
    """Compare two systems that translated the same sentences, on bootstrap samples of them (Koehn 2004, section 4).

    Both are scored on each sample: hard sentences in it lower both scores, and move their difference less. Arguments
    and errors are those of `bootstrap_bleu`.

    Returns:
        A `PairedBootstrap(difference, low, high, wins)`: `corpus_bleu` of b less that of a; 2.5 % of the samples have a
        difference below `low`, 2.5 % one above `high`; the share of samples, 0 to 1, in which b scores more than a.
    """
    scores = _sampled_scores([predictions_a, predictions_b], references, samples, seed)
    differences = scores[:, 1] - scores[:, 0]  # (samples,)
    return PairedBootstrap(corpus_bleu(predictions_b, references) - corpus_bleu(predictions_a, references),
                           *middle(differences), (differences > 0).double().mean().item())


def _sampled_scores(systems, references, samples, seed):
    """Score the predictions of each system on the same bootstrap samples: float64 `(samples, systems)`."""
    import torch

    if samples < 1:
        raise ValueError(f"samples is {samples}; it must be 1 or more")
    counts = torch.tensor([count_ngrams(predictions, references) for predictions in systems], dtype=torch.float64)
    sums = draw_sentences(len(references), samples, seed) @ counts  # (systems, samples, 10)
    return torch.tensor([list(map(pooled_bleu, system)) for system in sums.tolist()], dtype=torch.float64).T


def draw_sentences(sentences, samples, seed=0):
    """Draw as many sentences as there are, with replacement, again and again: how often is each in each sample?

    Returns:
        float64 `(samples, sentences)`, whose rows sum to `sentences`; another seed is another draw.
    """
    import torch

    generator = torch.Generator().manual_seed(seed)
    rows = [torch.randint(sentences, (sentences,), generator=generator) for _ in range(samples)]
    return torch.stack([row.bincount(minlength=sentences) for row in rows]).double()


def middle(values):
    """Return the bounds of the middle 95 % of some values, float64 `(samples,)`, as two floats."""
    return tuple(values.quantile(values.new_tensor([0.025, 0.975])).tolist())


def count_ngrams(predictions, references):
    """Count what `pooled_bleu` makes a score of, sentence by sentence.

    Arguments and errors are those of `corpus_bleu`.

    Returns:
        For each sentence ten numbers: the matches of n-grams, and all n-grams, each for n = 1 ... 4; its tokens, and
        those of the reference nearest in length.
    """
    if isinstance(predictions, str) or len(predictions) != len(references) or len(predictions) == 0:
        raise ValueError(f"{len(predictions)} predictions and {len(references)} references: "
                         "expected two lists of the same length, one sentence or more")
    return [_counts(i, *pair) for i, pair in enumerate(zip(predictions, references))]


def _counts(i, prediction, labels):
    tokens = prediction.split()
    best, lengths = _in_references((labels,) if isinstance(labels, str) else tuple(labels))
    if not lengths:
        raise ValueError(f"sentence {i} has no reference; leave it out or give it one")
    return [*((Counter(ngrams(tokens, n)) & best[n]).total() for n in range(1, 5)),
            *(max(0, len(tokens) - n + 1) for n in range(1, 5)), len(tokens), nearest_length(len(tokens), lengths)]


@lru_cache(maxsize=4096)  # many systems are scored against the same references
def _in_references(labels):
    """Return for n = 1 ... 4 what `_most_in_one` counts in some strings, and their numbers of tokens."""
    references = [label.split() for label in labels]
    return {n: _most_in_one(references, n) for n in range(1, 5)}, [len(reference) for reference in references]


def nearest_length(length, lengths):
    """Return which of the references' lengths counts for the brevity penalty: the nearest, of two the shorter."""
    return min(lengths, key=lambda other: (abs(other - length), other))


def pooled_bleu(counts, smooth="exp"):
    """Make one score, from 0 to 100, of the ten counts of `count_ngrams`, added up over the sentences."""
    matched, total, (len_pred, len_label) = counts[:4], counts[4:8], counts[8:]
    return 100 * brevity_penalty(len_pred, len_label) * _geometric_mean(matched, total, smooth)


def _geometric_mean(matched, total, smooth):
    """The fourth root of the product of the four precisions; 0 where nothing matches or an order has no n-grams."""
    if matched[0] == 0 or 0 in total:
        return 0.0
    product, share = 1.0, 1.0
    for hits, count in zip(matched, total):
        if hits == 0:
            share = share / 2 if smooth == "exp" else 0.0
            hits = share
        product *= hits / count
    return product**0.25
