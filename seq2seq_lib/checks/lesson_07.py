"""The checks of lesson 07, BLEU."""

import math
from collections import Counter

from ..bleu import bleu, corpus_bleu
from .blank import Blank
from .runner import Exercise

# ---------------------------------------------------------------- blank: n-grams that find a partner


def _ngrams(sentence, n):
    words = sentence.split()
    return Counter(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))


def _matched(prediction, label, n):
    ours, theirs = _ngrams(prediction, n), _ngrams(label, n)
    return sum(min(count, theirs[ngram]) for ngram, count in ours.items())


def _counted(way):
    """A slip in counting: `way(ours, theirs)` instead of the sum of the clipped counts."""
    return lambda prediction, label, n: way(_ngrams(prediction, n), _ngrams(label, n))


_example = "A B B C D", "A B C D E F"

matched = Blank(
    _matched,
    cases=[(*_example, 1), (*_example, 2), (*_example, 3), (*_example, 4), ("B B B B B", "A B C D E F", 1),
           ("A B A B A", "A B A", 2), ("A", "A A B", 1), ("va !", "va !", 3), ("A A B B", "B B A A", 1),
           ("A A B C", "A A A D B C", 1)],
    mistakes=[
        (_counted(lambda ours, theirs: sum(count for ngram, count in ours.items() if ngram in theirs)),
         "Nothing is clipped: the second `B` has found a partner too. An n-gram counts as often as it stands in the "
         "prediction, but no more often than in the label: take the smaller of the two counts."),
        (_counted(lambda ours, theirs: len(ours & theirs)),
         "You count each different n-gram once. One that stands twice on both sides has two partners."),
        (_counted(lambda ours, theirs: sum(theirs[ngram] for ngram in ours)),
         "You add up how often the label has the n-grams, even where the prediction has fewer of them. Take the "
         "smaller of the two counts."),
        (_counted(lambda ours, theirs: sum(max(count, theirs[ngram]) for ngram, count in ours.items())),
         "You take the larger of the two counts. A partner is needed on each side, so it is the smaller one."),
        (_counted(lambda ours, theirs: ours & theirs),
         "This is a `Counter` of the clipped counts. Return their sum: `.total()` adds them up."),
        (_counted(lambda ours, theirs: [min(count, theirs[ngram]) for ngram, count in ours.items()]),
         "These are the clipped counts, one by one. Return their sum."),
        (_counted(lambda ours, theirs: (ours - theirs).total()),
         "This is how many find no partner. Return how many do."),
        (_counted(lambda ours, theirs: (ours & theirs).total() / max(1, ours.total())),
         "This is already the share. Return how many find a partner; you divide later."),
        (_counted(lambda ours, theirs: min(ours.total(), theirs.total())),
         "You compare the two totals. Compare the two counts of each n-gram, then add up."),
        (_counted(lambda ours, theirs: next((min(count, theirs[ngram]) for ngram, count in ours.items()), 0)),
         "Only the first n-gram is counted. Does `return` stand in the loop?"),
    ],
    start="Delete the line `raise NotImplementedError`, and for each n-gram of `ours` compare its two counts.",
    after="In Python the same is `(ours & theirs).total()`: `&` of two `Counter`s takes the smaller count of each.",
)


# ---------------------------------------------------------------- blank: the brevity penalty

def _penalty(len_pred, len_label):
    return math.exp(min(0, 1 - len_label / len_pred))


penalty = Blank(
    _penalty,
    cases=[(5, 6), (3, 6), (2, 6), (6, 6), (8, 6), (1, 10), (12, 3)],
    mistakes=[
        (lambda len_pred, len_label: math.exp(1 - len_label / len_pred),
         "A prediction longer than its label gets a reward: your penalty is above 1. Take the smaller of 0 and what "
         "stands in `exp`."),
        (lambda len_pred, len_label: math.exp(max(0, 1 - len_label / len_pred)),
         "With `max(0, ...)` a short prediction pays nothing, and a long one gets a reward. Take `min(0, ...)`."),
        (lambda len_pred, len_label: math.exp(min(0, 1 - len_pred / len_label)),
         "The two lengths are the wrong way round: you punish the long predictions. It is len_label / len_pred."),
        (lambda len_pred, len_label: min(1, len_pred / len_label),
         "This is the plain ratio of the lengths. The penalty is the exponential of 1 - len_label / len_pred."),
        (lambda len_pred, len_label: min(0, 1 - len_label / len_pred),
         "This is the exponent alone: `math.exp` of it is missing."),
        (lambda len_pred, len_label: math.exp(min(0, len_pred - len_label)),
         "Your exponent is the difference of the lengths. It is 1 minus their ratio, len_label / len_pred."),
        (lambda len_pred, len_label: math.exp(min(0, len_label / len_pred - 1)),
         "The sign is the wrong way round, so nobody pays. The exponent is 1 - len_label / len_pred."),
        (lambda len_pred, len_label: math.exp(min(0, 1 - len_label // len_pred)),
         "`//` rounds down. Divide the lengths with `/`."),
        (lambda len_pred, len_label: math.exp(min(1, len_label / len_pred)),
         "The 1 belongs in front of the ratio: the exponent is the smaller of 0 and 1 - len_label / len_pred."),
    ],
    start="Delete the line `raise NotImplementedError`, and return `math.exp(...)` of the smaller of two numbers.",
    after="Now see what it does to short predictions.",
)


# ---------------------------------------------------------------- blank: BLEU of one sentence

def _my_bleu(prediction, label, k):
    len_pred, len_label = len(prediction.split()), len(label.split())
    score = _penalty(len_pred, len_label)
    for n in range(1, min(k, len_pred) + 1):
        p = _matched(prediction, label, n) / (len_pred - n + 1)
        score *= p ** (1 / 2**n)
    return score


def _orders(factor, total=lambda len_pred, len_label, n: len_pred - n + 1, join=lambda score, one: score * one):
    """A slip in the loop over the orders: another factor of p and n, another divisor, another way to join them."""
    def score_of(prediction, label, k):
        len_pred, len_label = len(prediction.split()), len(label.split())
        score = _penalty(len_pred, len_label)
        for n in range(1, min(k, len_pred) + 1):
            p = _matched(prediction, label, n) / max(1, total(len_pred, len_label, n))
            score = join(score, factor(p, n, k))
        return score
    return score_of


def _course(p, n, k):
    return p ** (1 / 2**n)


my_bleu = Blank(
    _my_bleu,
    cases=[(*_example, 1), (*_example, 2), (*_example, 3), (*_example, 4), ("A B C", "A B C D E F", 3),
           ("va !", "va !", 4), ("A B C D E F A", "A B C D", 2), ("A B C D", "A B C D E", 4),
           ("il est dans le jardin .", "elle est dans le jardin .", 4), ("A B C D X E F G", "A B C D", 3)],
    mistakes=[
        (_orders(lambda p, n, k: p ** 1 / 2**n),
         "`p ** 1 / 2**n` is p to the power 1, divided by 2**n: `**` comes before `/`. Put the exponent into "
         "parentheses: `p ** (1 / 2**n)`."),
        (_orders(lambda p, n, k: p ** (2**n)),
         "Your exponents are 2, 4, 8, ... They are 1/2, 1/4, 1/8, ...: `1 / 2**n`."),
        (_orders(lambda p, n, k: p ** (1 / (2 * n))),
         "`2 * n` is 2, 4, 6. The exponents are 1/2, 1/4, 1/8: `1 / 2**n`."),
        (_orders(lambda p, n, k: p ** (1 / n)),
         "Your exponents are 1, 1/2, 1/3. They are 1/2, 1/4, 1/8: `1 / 2**n`."),
        (_orders(lambda p, n, k: p ** (1 / 2**(n - 1))),
         "Your exponents begin with 1. They begin with 1/2: `1 / 2**n`."),
        (_orders(lambda p, n, k: p ** (1 / k)),
         "Your exponents are all equal, 1/k. That formula is waiting for you further down; in this one order n has "
         "the exponent `1 / 2**n`."),
        (_orders(lambda p, n, k: p),
         "The exponents are missing: multiply by `p ** (1 / 2**n)`."),
        (_orders(_course, join=lambda score, one: one),
         "Only the last order is left: you write `score = ...`. Multiply: `score *= ...`."),
        (_orders(_course, join=lambda score, one: score + one),
         "You add the orders up. The formula multiplies them: `score *= ...`."),
        (_orders(_course, total=lambda len_pred, len_label, n: len_pred),
         "You divide by the number of words at every n. A prediction of T words has T - n + 1 n-grams."),
        (_orders(_course, total=lambda len_pred, len_label, n: len_pred - n),
         "There is one n-gram more than you divide by. A prediction of T words has T - n + 1 of them."),
        (_orders(_course, total=lambda len_pred, len_label, n: len_label - n + 1),
         "You divide by the number of the label's n-grams. That is recall, how much of the label was found; precision "
         "divides by the number of the prediction's."),
        (_orders(_course, total=lambda len_pred, len_label, n: 1),
         "You take the number of matches for the precision. Divide it by the number of the prediction's n-grams."),
        (lambda prediction, label, k: _my_bleu(prediction, label, 1),
         "Only the words are counted, n = 1. Does `return` stand in the loop over n?"),
        (lambda prediction, label, k: _penalty(len(prediction.split()), len(label.split())),
         "This is the penalty alone. Multiply `score` by each order's factor."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the precision of order n.",
    after="That is BLEU of one sentence, all of it.",
)

# ---------------------------------------------------------------- warm-up: how many count


def _clipped_count(count, in_references):
    return min(count, max(in_references))


clipped_count = Exercise(
    _clipped_count,
    cases=[(2, [1]), (2, [1, 3]), (3, [1, 1]), (1, [4]), (5, [0, 0, 0]), (4, [3, 2, 1]), (1, [0, 1])],
    mistakes=[
        (lambda count, in_references: min(count, sum(in_references)),
         "You add up the counts of the references. They are several ways to say the same, and a prediction may use one "
         "of them: take the largest count."),
        (lambda count, in_references: min(count, *in_references),
         "You take the reference that has the n-gram least often. One that has it is enough: take the largest count."),
        (lambda count, in_references: min(count, in_references[0]),
         "You look at the first reference only. A partner in any of them will do."),
        (lambda count, in_references: min(count, in_references[-1]),
         "You look at the last reference only. A partner in any of them will do."),
        (lambda count, in_references: sum(min(count, each) for each in in_references),
         "You clip at each reference and add up the results. An n-gram finds one partner at most, in whichever "
         "reference: take the largest count."),
        (lambda count, in_references: [min(count, each) for each in in_references],
         "This is a result for each reference. Return one number: the largest of them."),
        (lambda count, in_references: count,
         "Nothing is clipped: you return `count` as it is. No more can match than stand in the reference that has the "
         "n-gram most often."),
        (lambda count, in_references: max(in_references),
         "You take the largest count of the references, even where the prediction has fewer. It cannot have more "
         "matches than it has n-grams."),
        (lambda count, in_references: max(count, *in_references),
         "You take the largest number of all. A match needs one on each side, so the smaller side decides."),
        (lambda count, in_references: count if max(in_references) else 0,
         "Nothing is clipped: if the n-gram stands in a reference at all, you count every one in the prediction."),
        (lambda count, in_references: min(count, max(in_references)) / count,
         "This is a share. Return how many count: the share is taken later, over all n-grams together."),
        *[(mean, "You take the mean of the references. They are several ways to say the same: take the one that has "
                 "the n-gram most often.")
          for mean in (lambda count, in_references: min(count, sum(in_references) / len(in_references)),
                       lambda count, in_references: min(count, round(sum(in_references) / len(in_references))),
                       lambda count, in_references: min(count, sum(in_references) // len(in_references)))],
        (lambda count, in_references: count if max(in_references) >= count else 0,
         "You count all of them or none. If a reference has fewer, so many match."),
        (lambda count, in_references: min(count, max(in_references), 1),
         "You count at most one. An n-gram that stands twice on both sides has two matches."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the reference that has the n-gram most often.",
    after="In `Counter`s the same is `ours & (first | second)`: `|` takes the larger count of each, `&` the smaller.",
)


# ---------------------------------------------------------------- core: BLEU of one sentence, as in the paper

def _papineni(prediction, label, N):
    return _variant(prediction, label, N)


def _variant(prediction, label, N, *, grams=_ngrams, penalty=_penalty, exponent=lambda n, N: 1 / N,
             matches=lambda ours, theirs: (ours & theirs).total(), total=lambda ours, theirs: ours.total(),
             left_out=False, no_match_left_out=False, size=lambda text: len(text.split())):
    """The score, or with another part the score that a slip in that part gives."""
    score = penalty(size(prediction), size(label))
    for n in range(1, N + 1):
        ours, theirs = grams(prediction, n), grams(label, n)
        if left_out and not ours or no_match_left_out and not matches(ours, theirs):
            continue
        score *= (matches(ours, theirs) / max(1, total(ours, theirs))) ** exponent(n, N)
    return score


def _changed(**options):
    return lambda prediction, label, N: _variant(prediction, label, N, **options)


def _mean(prediction, label, N):
    p = [(_ngrams(prediction, n) & _ngrams(label, n)).total() / max(1, _ngrams(prediction, n).total())
         for n in range(1, N + 1)]
    return _penalty(len(prediction.split()), len(label.split())) * sum(p) / N


def _only_the_longest(prediction, label, N):
    return _variant(prediction, label, N, exponent=lambda n, N: float(n == N))


def _cut(tokens_of=str.split, begins=lambda T, n: range(T - n + 1), join=tuple):
    """Return another way to make n-grams: of other tokens, from other beginnings, written otherwise."""
    def grams(sentence, n):
        tokens = tokens_of(sentence)
        return Counter(join(tokens[i : i + n]) for i in begins(len(tokens), n))
    return grams


_one_too_few = _cut(begins=lambda T, n: range(T - n))


papineni = Exercise(
    _papineni,
    cases=[(*_example, 2), (*_example, 1), (*_example, 3), (*_example, 4), ("A B C", "A B C D E F", 3),
           ("va !", "va !", 4), ("va !", "va !", 2), ("B B B B", "A B C", 1), ("A B C D E F A", "A B C D", 2),
           ("il est dans le jardin .", "elle est dans le jardin .", 4), ("A", "B", 1), ("a a b a a b", "a a b c", 3),
           ("ab c d", "a bc d", 2)],
    mistakes=[
        (_changed(exponent=lambda n, N: 1 / 2**n),
         "These are the exponents of this course, 1/2, 1/4, 1/8, ... The paper's are all equal: 1/N."),
        (bleu,
         "This is the formula of this course. The paper's exponents are all 1/N, and an order without n-grams makes "
         "the score 0."),
        (_changed(exponent=lambda n, N: 1),
         "You multiply the precisions and take no root. Each has the exponent 1/N: it is their geometric mean."),
        *[(mean, "You take the mean of the precisions by adding. The paper multiplies, and takes the N-th root: one "
                 "precision of 0 makes the whole score 0.")
          for mean in (_mean, lambda *args: _mean(*args) if _papineni(*args) else 0.0)],
        (lambda prediction, label, N: _variant(prediction, label, N - 1, exponent=lambda n, _: 1 / N),
         "You stop one order too early: `range(1, N)` leaves N out. Take `range(1, N + 1)`."),
        (_only_the_longest,
         "You take the precision of the N-grams alone. All orders from 1 to N belong to the mean."),
        *[(_changed(grams=_one_too_few, total=total),
           "Your list of n-grams leaves out the last one: they begin at 0, 1, ..., T - n, so it takes "
           "`range(len(tokens) - n + 1)`.")
          for total in (lambda ours, theirs: ours.total(), lambda ours, theirs: ours.total() + 1)],
        (_changed(exponent=lambda n, N: 1 / 4),
         "Your exponent is 1/4 for every N. It is 1/N: with two orders the square root."),
        (lambda prediction, label, N: _variant(prediction, label, 1, exponent=lambda n, _: 1 / N),
         "Only the words are counted, n = 1. Does `return` stand in the loop over n?"),
        (_changed(no_match_left_out=True),
         "You leave out an order without a match. It makes the whole score 0."),
        (_changed(grams=_cut(begins=lambda T, n: range(T))),
         "Your n-grams begin at every word, also where fewer than n are left: the last ones are too short. They begin "
         "at 0, 1, ..., T - n."),
        (_changed(grams=_cut(begins=lambda T, n: range(0, T - n + 1, n))),
         "Your n-grams stand side by side. They overlap: the next one begins one word later, not n."),
        (_changed(grams=_cut(join="".join)),
         "You join the words of an n-gram without a space, so that `ab c` and `a bc` look alike. Take "
         "tuples."),
        *[(_changed(grams=_cut(list), size=size), "Your n-grams are of letters. Split the sentences into tokens first.")
          for size in (len, lambda text: len(text.split()))],
        (lambda prediction, label, N: _variant(label, prediction, N),
         "You have the two sentences swapped: the prediction is the first argument, the label the second."),
        (_changed(penalty=lambda len_pred, len_label: 1),
         "The precisions are right, and the brevity penalty is missing."),
        (_changed(penalty=lambda len_pred, len_label: math.exp(1 - len_label / len_pred)),
         "A prediction longer than its label gets a reward in your function: its penalty is above 1. Take "
         "`min(0, ...)` of what stands in `exp`."),
        (_changed(penalty=lambda len_pred, len_label: math.exp(max(0, 1 - len_label / len_pred))),
         "With `max(0, ...)` a short prediction pays nothing, and a long one gets a reward. Take `min(0, ...)`."),
        (_changed(penalty=lambda len_pred, len_label: math.exp(min(0, 1 - len_pred / len_label))),
         "The brevity penalty has its lengths the wrong way round: it strikes the long predictions. It is "
         "exp(1 - len_label / len_pred)."),
        (_changed(penalty=lambda len_pred, len_label: min(1, len_pred / len_label)),
         "Your penalty is the plain ratio of the lengths. It is exp(1 - len_label / len_pred)."),
        (_changed(size=len),
         "Your lengths count letters. `len` of a string does: split it into tokens first."),
        (_changed(matches=lambda ours, theirs: sum(count for ngram, count in ours.items() if ngram in theirs)),
         "Nothing is clipped: `B B B B` finds four partners in a label with one `B`. An n-gram counts no more often "
         "than it stands in the label."),
        (_changed(matches=lambda ours, theirs: len(ours & theirs)),
         "You count each different n-gram once. One that stands twice on both sides has two matches."),
        (_changed(matches=lambda ours, theirs: len(ours & theirs), total=lambda ours, theirs: len(ours)),
         "You count each different n-gram once, as a `set` does. One that stands twice counts twice."),
        (_changed(total=lambda ours, theirs: theirs.total()),
         "You divide by the number of the label's n-grams. That is recall, how much of the label was found; precision "
         "divides by the number of the prediction's."),
        (_changed(total=lambda ours, theirs: ours.total() + len(next(iter(ours), "").split()) - 1),
         "You divide by the number of words at every n. A prediction of T words has T - n + 1 n-grams."),
        (_changed(left_out=True),
         "You leave out the orders that the prediction is too short for, as our `bleu` does. Here they make the score "
         "0."),
        (lambda prediction, label, N: 100 * _variant(prediction, label, N),
         "This is 100 times too large. Return a score from 0 to 1."),
    ],
    edges=1,
    start="Delete the line `raise NotImplementedError`, and begin with the n-grams of one sentence, for one n.",
    after="With N = 4 and times 100 this is sacreBLEU without smoothing, for a corpus of one sentence.",
)


# ---------------------------------------------------------------- stretch: a corpus with several references

def _pooled_bleu(predictions, references):
    return _pool(predictions, references)


def _nearest(lengths, len_pred):
    return min(lengths, key=lambda n: (abs(n - len_pred), n))


def _union(counters):
    best = Counter()
    for counter in counters:
        best |= counter
    return best


def _smallest(counters):
    best, *others = counters
    for counter in others:
        best &= counter
    return best


def _geometric_mean(shares):
    return math.prod(shares) ** (1 / 4)


def _pool(predictions, references, *, length=_nearest, best=_union, combine=_geometric_mean, strict=True,
          matches=lambda ours, theirs: (ours & theirs).total(), count=lambda T, n: max(0, T - n + 1)):
    matched, total, len_pred, len_label = [0] * 4, [0] * 4, 0, 0
    for prediction, labels in zip(predictions, references):
        size = len(prediction.split())
        len_pred += size
        len_label += length([len(label.split()) for label in labels], size)
        for n in range(4):
            ours = _ngrams(prediction, n + 1)
            matched[n] += matches(ours, best([_ngrams(label, n + 1) for label in labels]))
            total[n] += count(size, n + 1)
    if strict and 0 in matched:
        return 0.0
    return 100 * _penalty(len_pred, len_label) * combine([m / t if m else 0 for m, t in zip(matched, total)])


def _pool_with(**options):
    return lambda predictions, references: _pool(predictions, references, **options)


def _never_reset(predictions, references):
    best = [Counter() for _ in range(4)]

    def largest_so_far(counters):
        n = len(next(iter(counters[0]), "").split()) - 1  # of n-grams of no words there are none
        best[n] |= _union(counters)
        return best[n]
    return _pool(predictions, references, best=largest_so_far)


def _clipped_at_the_end(predictions, references):
    matched = [(sum((_ngrams(p, n) for p in predictions), Counter())
                & sum((_union(_ngrams(label, n) for label in labels) for labels in references), Counter())).total()
               for n in (1, 2, 3, 4)]
    rest = iter(matched)
    return _pool(predictions, references, matches=lambda ours, theirs: next(rest, 0))


def _length_by_columns(predictions, references):
    sums = [sum(len(labels[min(i, len(labels) - 1)].split()) for labels in references)
            for i in range(max(map(len, references)))]
    nearest = _nearest(sums, sum(len(prediction.split()) for prediction in predictions))
    rest = iter([nearest, *[0] * len(predictions)])
    return _pool(predictions, references, length=lambda lengths, size: next(rest))


def _mean_of_sentences(predictions, references):
    return sum(_pool([p], [r]) for p, r in zip(predictions, references)) / len(predictions)


def _one_reference_each(score):
    return lambda predictions, references: _pool(predictions, [
        [max(labels, key=lambda label: score(prediction, label))]
        for prediction, labels in zip(predictions, references)])


def _mean_of_precisions(predictions, references):
    product, size, target = 1.0, 0, 0
    for p, r in zip(predictions, references):
        size += len(p.split())
        target += _nearest([len(label.split()) for label in r], len(p.split()))
    for n in range(1, 5):
        shares = [(_ngrams(p, n) & _union(_ngrams(label, n) for label in r)).total() / max(1, _ngrams(p, n).total())
                  for p, r in zip(predictions, references)]
        product *= sum(shares) / len(shares)
    return 100 * _penalty(size, target) * product ** (1 / 4)


def _mean_of_penalties(predictions, references):
    penalties, size, target = [], 0, 0
    for p, r in zip(predictions, references):
        length = len(p.split())
        nearest = _nearest([len(label.split()) for label in r], length)
        penalties.append(_penalty(length, nearest))
        size, target = size + length, target + nearest
    return _pool(predictions, references) / _penalty(size, target) * sum(penalties) / len(penalties)


_kitchen = (["je suis chez moi .", "elle est dans la cuisine ."],
            [["je suis chez moi ."], ["elle est dans le jardin ."]])

pooled_bleu = Exercise(
    _pooled_bleu,
    cases=[
        (["A B C D E"], [["A B C D E"]]),
        _kitchen,
        (["A B C D E"], [["A B C D F", "E D A B C D E"]]),
        (["A B C D E", "F G H I J K"], [["A B C D X E Y"], ["F G H I J L", "F G H J K M N"]]),
        (["A B C D E F", "X"], [["A B C D E F G H", "A B C D"], ["X Y Z", "X"]]),
        (["A B A B A C", "D E F G H"], [["A B A C", "C A B"], ["D E F G X H", "Y D E F G H Z"]]),
        (["A B C D E F G"], [["A B C D", "A B C D E F G H"]]),
        (["A B C X E F"], [["A B C D E F"]]),
        (["A B C", "D E"], [["A B C"], ["D E"]]),
        (["A B C D E F G", "H I J"], [["A B C D E"], ["H I J K L M N O P"]]),
        (["A B C D E", "F G H I J", "K L M N O"], [["A B C D E"], ["K L M N O"], ["F G H I J"]]),
        (["A B C D E", "F G H I J K"],
         [["A B C D E", "A B C D E X Y Z"], ["F G H I J K X Y Z", "F G H I J K"]]),
    ],
    mistakes=[
        (_mean_of_sentences,
         "You take the mean of the sentences' scores. BLEU pools: add up the counts of all sentences, and divide once, "
         "at the end."),
        (_mean_of_precisions,
         "You take the mean of the sentences' precisions. Add up their matches and their n-grams, and divide once, at "
         "the end."),
        (_mean_of_penalties,
         "The precisions are pooled, but the penalty is a mean over sentences. Add up the lengths too, and take one "
         "penalty."),
        (lambda predictions, references: _pool(predictions, [labels[:1] for labels in references]),
         "You look at the first reference of each sentence only."),
        *[(_one_reference_each(score),
           "You choose one reference for each sentence. Each n-gram may find its partner in any of them.")
          for score in (lambda prediction, label: _pool([prediction], [[label]]),
                        lambda prediction, label: (_ngrams(prediction, 1) & _ngrams(label, 1)).total())],
        (_pool_with(best=_smallest),
         "You take the smallest count of the references. One that has the n-gram is enough: `|` of two `Counter`s, "
         "not `&`."),
        (_pool_with(matches=lambda ours, theirs: sum(count for ngram, count in ours.items() if ngram in theirs)),
         "Nothing is clipped. An n-gram counts no more often than it stands in the reference that has it most often."),
        (_pool_with(combine=lambda shares: math.prod(p ** (1 / 2**n) for n, p in enumerate(shares, 1))),
         "These are the exponents of this course. Here all four are 1/4, as in the paper."),
        (_pool_with(best=lambda counters: sum(counters, Counter())),
         "You add up the counts of the references. An n-gram is clipped at the largest count that one of them has: "
         "`|` of two `Counter`s, not `+`."),
        (_pool_with(length=lambda lengths, size: min(lengths)),
         "The matches are right. The length that counts is not that of the shortest reference, but of the one nearest "
         "to the prediction's."),
        (_pool_with(length=lambda lengths, size: max(lengths)),
         "The matches are right. The length that counts is not that of the longest reference, but of the one nearest "
         "to the prediction's."),
        (_pool_with(length=lambda lengths, size: lengths[0]),
         "The matches are right, but the length is always that of the first reference. Take the one nearest to the "
         "prediction's."),
        (_pool_with(length=lambda lengths, size: sum(lengths) / len(lengths)),
         "The matches are right, but the length is the mean of the references'. Take the one nearest to the "
         "prediction's."),
        *[(_pool_with(length=length),
           "Of two references equally near in length, you take the longer one, or the first. The shorter one counts.")
          for length in (lambda lengths, size: min(lengths, key=lambda n: (abs(n - size), -n)),
                         lambda lengths, size: min(lengths, key=lambda n: abs(n - size)))],
        (_length_by_columns,
         "You choose one set of references for the whole corpus by its length. Choose for each sentence by itself."),
        (_never_reset,
         "A sentence finds partners in the references of the sentences before it. Begin with an empty `Counter()` for "
         "each sentence and each n."),
        (_clipped_at_the_end,
         "You add up the n-grams of all sentences and clip at the end, so a sentence finds partners in the references "
         "of another. Clip sentence by sentence, then add up the matches."),
        (_pool_with(count=lambda T, n: T - n + 1),
         "A sentence shorter than n words counts a negative number of n-grams: T - n + 1 below 0. It has none: "
         "`max(0, ...)`."),
        (lambda predictions, references: _pool(predictions[:1], references[:1]),
         "You look at the first sentence only. Does `return` stand in the loop?"),
        *[(_pool_with(combine=lambda shares: sum(shares) / 4, strict=strict),
           "You take the mean of the four precisions by adding. The paper multiplies, and takes the fourth root.")
          for strict in (True, False)],
        (lambda *args: _pool(*args) if all(_pool([p], [labels]) for p, labels in zip(*args)) else 0.0,
         "One sentence without a match makes your score 0. Only a whole corpus without a match does: pool first."),
        (_pool_with(length=lambda lengths, size: size),
         "The precisions are right, and the brevity penalty is missing."),
        (corpus_bleu,
         "This smooths. An order without a match makes the score 0 here."),
        (lambda predictions, references: _pool(predictions, references) / 100,
         "This goes from 0 to 1. Multiply it by 100, as scores of a corpus are given."),
    ],
    edges=2,
    start="Delete the line `raise NotImplementedError`, and begin with the ten sums of a corpus, all of them 0.",
    after="Now read `corpus_bleu` in `seq2seq_lib/bleu.py`: you know every line of it.",
)

BLANKS = (matched, penalty, my_bleu)
EXERCISES = (clipped_count, papineni, pooled_bleu)
