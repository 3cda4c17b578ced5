"""Answers to the exercises of lesson 07, right and wrong, as readers would write them; test_checks.py tries them."""

import math
from collections import Counter

import pytest
import sacrebleu

from seq2seq_lib import bleu
from seq2seq_lib.checks import lesson_07


def grams(text, n):
    words = text.split()
    return [" ".join(words[i : i + n]) for i in range(len(words) - n + 1)]


def taken(ours, theirs):
    """Matches by a loop: what has been taken from the label is gone."""
    theirs, hits = list(theirs), 0
    for gram in ours:
        if gram in theirs:
            theirs.remove(gram)
            hits += 1
    return hits


def of_the_paper(prediction, label, N, *, hits=taken, power=lambda n, N: 1 / N, short=lambda c, r: math.exp(1 - r / c),
                 length=lambda text: len(text.split())):
    c, r = length(prediction), length(label)
    score = 1 if c >= r else short(c, r)
    for n in range(1, N + 1):
        found = hits(grams(prediction, n), grams(label, n))
        if found == 0:
            return 0.0
        score *= (found / len(grams(prediction, n))) ** power(n, N)
    return score


def added(prediction, label, N, guard=False):
    shares = [taken(grams(prediction, n), grams(label, n)) / max(1, len(grams(prediction, n))) for n in range(1, N + 1)]
    if guard and 0 in shares:
        return 0.0
    return sum(shares) / N * min(1, math.exp(1 - len(label.split()) / len(prediction.split())))


def over(prediction, label, N, *, first=1, beyond=1, total=lambda T, n: T - n + 1, end=1):
    """The score by a loop whose ranges and divisor may be wrong."""
    ours, theirs = prediction.split(), label.split()
    product = min(1, math.exp(1 - len(theirs) / len(ours)))
    for n in range(first, N + beyond):
        runs = [[tuple(words[i : i + n]) for i in range(len(words) - n + end)] for words in (ours, theirs)]
        hits = taken(*runs)
        if hits == 0:
            return 0.0
        product *= (hits / total(len(ours), n)) ** (1 / N)
    return product


def by_logarithms(prediction, label, N):
    shares = [taken(grams(prediction, n), grams(label, n)) / max(1, len(grams(prediction, n))) for n in range(1, N + 1)]
    if min(shares) == 0:
        return 0.0
    brevity = min(0, 1 - len(label.split()) / len(prediction.split()))
    return math.exp(brevity + sum(map(math.log, shares)) / N)


def corpus(predictions, references, *, nearest=lambda sizes, c: min(sorted(sizes), key=lambda r: abs(r - c)),
           best=lambda counts: {gram: max(c[gram] for c in counts) for c in counts for gram in c}, powers=(1, 1, 1, 1),
           clip=min):
    hits, everything, c, r = Counter(), Counter(), 0, 0
    for said, labels in zip(predictions, references):
        size = len(said.split())
        c += size
        r += nearest([len(label.split()) for label in labels], size)
        for n in range(1, 5):
            most = best([Counter(grams(label, n)) for label in labels])
            for gram, count in Counter(grams(said, n)).items():
                hits[n] += clip(count, most.get(gram, 0))
                everything[n] += count
    if not all(hits[n] for n in range(1, 5)):
        return 0.0
    score = math.exp(sum(powers[n - 1] * math.log(hits[n] / everything[n]) for n in range(1, 5)) / 4)
    return 100 * min(1, math.exp(1 - r / c)) * score


def with_sacrebleu(predictions, references, smooth="none"):
    most = max(map(len, references))
    streams = [[labels[i] if i < len(labels) else None for labels in references] for i in range(most)]
    return sacrebleu.corpus_bleu(predictions, streams, smooth_method=smooth, tokenize="none", force=True).score


def sentence_by_sentence(predictions, references):
    scores = [corpus([said], [labels]) for said, labels in zip(predictions, references)]
    return sum(scores) / len(scores)


def by_max(*lengths):
    return math.exp(-max(0, lengths[1] / lengths[0] - 1))


def by_if(len_pred, len_label):
    if len_pred >= len_label:
        return 1
    return math.exp(1 - len_label / len_pred)


def counted(prediction, label, n, *, clip=min, join=sum):
    ours, theirs = Counter(grams(prediction, n)), Counter(grams(label, n))
    return join(clip(ours[gram], theirs[gram]) for gram in ours)


def of_the_course(prediction, label, k, *, power=lambda n: 2**-n, total=lambda T, n: T - n + 1, only=0):
    T = len(prediction.split())
    score = by_max(T, len(label.split()))
    for n in range(1, min(k, T) + 1):
        factor = (taken(grams(prediction, n), grams(label, n)) / total(T, n)) ** power(n)
        score = factor if only else score * factor
    return score


def first_order_only(prediction, label, k):
    for n in range(1, k + 1):
        return of_the_course(prediction, label, n)


ANSWERS = {
    lesson_07.matched: (
        [counted, lambda prediction, label, n: taken(grams(prediction, n), grams(label, n)),
         lambda prediction, label, n: (Counter(grams(prediction, n)) & Counter(grams(label, n))).total()],
        [
            (lambda *args: counted(*args, clip=lambda ours, theirs: ours if theirs else 0), "Nothing is clipped"),
            (lambda *args: counted(*args, clip=lambda ours, theirs: theirs), "even where the prediction has fewer"),
            (lambda *args: counted(*args, clip=max), "take the larger"),
            (lambda *args: counted(*args, join=list), "one by one"),
            (lambda prediction, label, n: Counter(grams(prediction, n)) & Counter(grams(label, n)), "is a `Counter`"),
            (lambda prediction, label, n: len(set(grams(prediction, n)) & set(grams(label, n))), "n-gram once"),
            (lambda *args: counted(*args, clip=lambda ours, theirs: max(0, ours - theirs)), "find no partner"),
            (lambda prediction, label, n: min(len(grams(prediction, n)), len(grams(label, n))), "two totals"),
            (lambda prediction, label, n: counted(prediction, label, n) / max(1, len(grams(prediction, n))), "share"),
            (lambda prediction, label, n: ours.total(), "NameError"),  # noqa: F821
        ],
    ),
    lesson_07.penalty: (
        [by_max, by_if, lambda len_pred, len_label: min(1.0, math.exp(1 - len_label / len_pred))],
        [
            (lambda len_pred, len_label: math.exp(1 - len_label / len_pred), "gets a reward"),
            (lambda len_pred, len_label: math.e ** max(0, 1 - len_label / len_pred), "`min(0, ...)`"),
            (lambda len_pred, len_label: by_if(len_label, len_pred), "wrong way round"),
            (lambda len_pred, len_label: len_pred / len_label if len_pred < len_label else 1, "plain ratio"),
            (lambda len_pred, len_label: min(0, 1 - len_label / len_pred), "the exponent alone"),
            (lambda len_pred, len_label: math.exp(min(0, len_pred - len_label)), "difference of the lengths"),
            (lambda len_pred, len_label: min(0, math.exp(1 - len_label / len_pred)), "another result than expected"),
            (lambda len_pred, len_label: exp(1 - len_label / len_pred), "NameError"),  # noqa: F821
        ],
    ),
    lesson_07.my_bleu: (
        [of_the_course, bleu],
        [
            (lambda *args: of_the_course(*args, power=lambda n: 1), "exponents are missing"),
            (lambda *args: of_the_course(*args, power=lambda n: 1 / (2 * n)), "`2 * n`"),
            (lambda *args: of_the_course(*args, power=lambda n: 2**n), "2, 4, 8"),
            (lambda *args: of_the_course(*args, power=lambda n: 1 / n), "1, 1/2, 1/3"),
            (lambda said, label, k: of_the_course(said, label, k, power=lambda n: 1 / k), "all equal"),
            (lambda *args: of_the_course(*args, total=lambda T, n: T), "number of words at every n"),
            (lambda *args: of_the_course(*args, total=lambda T, n: T - n), "one n-gram more"),
            (lambda said, label, k: of_the_course(said, label, k, total=lambda T, n: len(grams(label, n))), "recall"),
            (lambda *args: of_the_course(*args, total=lambda T, n: 1), "number of matches"),
            (lambda *args: of_the_course(*args, only=1), "Only the last order"),
            (first_order_only, "`return` stand in the loop"),
            (lambda said, label, k: by_max(len(said.split()), len(label.split())), "the penalty alone"),
        ],
    ),
    lesson_07.clipped_count: (
        [lambda count, refs: min(count, sorted(refs)[-1]),
         lambda count, refs: max(min(count, n) for n in refs)],
        [
            (lambda count, refs: min(count, sum(refs)), "You add up the counts"),
            (lambda count, refs: min([count] + refs), "least often"),
            (lambda count, refs: min(refs[0], count), "first reference only"),
            (lambda count, refs: min(refs[-1], count), "last reference only"),
            (lambda count, refs: count, "you return `count` as it is"),
            (lambda count, refs: sum(n if n < count else count for n in refs), "clip at each reference and add up"),
            (lambda count, refs: [n if n < count else count for n in refs], "Return one number"),
            (lambda count, refs: max(refs), "more matches than it has n-grams"),
            (lambda count, refs: max([count] + refs), "largest number of all"),
            (lambda count, refs: count if any(refs) else 0, "Nothing is clipped"),
            (lambda count, refs: len([n for n in refs if n >= count]), "another result than expected"),
            (lambda count, refs: min(count, max(refs), 1), "at most one"),
            (lambda count, refs: min(count, max(refs)) / count, "This is a share"),
            (lambda count, refs: float(min(count, max(refs))), "is 1.0, a float, and the int 1 is expected"),
            (lambda count, refs: min(count, refs), "TypeError"),
            (lambda count, refs: refs.sort() or min(count, refs[-1]), "right result, but it changes"),
        ],
    ),
    lesson_07.papineni: (
        [of_the_paper, by_logarithms],
        [
            (lambda prediction, label, N: bleu(prediction, label, N), "formula of this course"),
            (lambda *args: of_the_paper(*args, power=lambda n, N: 0.5**n), "exponents of this course"),
            (lambda *args: of_the_paper(*args, power=lambda n, N: 1), "take no root"),
            (lambda *args: of_the_paper(*args, short=lambda c, r: 1), "penalty is missing"),
            (lambda *args: of_the_paper(*args, short=lambda c, r: c / r), "plain ratio"),
            (added, "by adding"),
            (lambda *args: added(*args, guard=True), "by adding"),
            (lambda *args: over(*args, beyond=0), "one order too early"),
            (lambda *args: over(*args, end=0), "leaves out the last one"),
            (lambda *args: over(*args, end=0, total=lambda T, n: T - n), "leaves out the last one"),
            (lambda *args: over(*args, total=lambda T, n: T), "divide by the number of words at every n"),
            (lambda prediction, label, N: of_the_paper(prediction, label, N, power=lambda n, N: int(n == N))
             if N == 1 or taken(grams(prediction, N), grams(label, N)) else 0.0, "N-grams alone"),
            (lambda prediction, label, N: of_the_paper(label, prediction, N), "sentences swapped"),
            (lambda prediction, label, N: of_the_paper(prediction, label, N, short=lambda c, r: 1) * max(
                1, math.exp(1 - len(label.split()) / len(prediction.split()))), "a long one gets a reward"),
            (lambda *args: of_the_paper(*args, length=len), "count letters"),
            (lambda *args: of_the_paper(*args, hits=lambda a, b: len([g for g in a if g in b])), "Nothing is clipped"),
            (lambda *args: of_the_paper(*args, hits=lambda a, b: len(set(a) & set(b))), "each different n-gram once"),
            (lambda prediction, label, N: of_the_paper(prediction, label, min(N, len(prediction.split()))),
             "You leave out the orders"),
            (lambda prediction, label, N: of_the_paper(prediction, label, N) * math.exp(
                max(0, 1 - len(label.split()) / len(prediction.split()))), "gets a reward"),
            (lambda prediction, label, N: 100 * of_the_paper(prediction, label, N), "100 times too large"),
            (lambda prediction, label, N: round(of_the_paper(prediction, label, N)), "`result` is 1, and 0.634"),
            (lambda prediction, label, N: math.prod(
                taken(grams(prediction, n), grams(label, n)) / len(grams(prediction, n)) for n in range(1, N + 1)),
             "`result` is 0.6, and 0.634186"),
        ],
    ),
    lesson_07.pooled_bleu: (
        [corpus, with_sacrebleu],
        [
            (sentence_by_sentence, "mean of the sentences' scores"),
            (lambda predictions, refs: with_sacrebleu(predictions, refs, "exp"), "This smooths"),
            (lambda predictions, refs: corpus(predictions, [labels[:1] for labels in refs]), "first reference of each"),
            (lambda *args: corpus(*args, best=lambda counts: sum(counts, Counter())), "add up the counts of the ref"),
            (lambda *args: corpus(*args, nearest=lambda sizes, c: min(sizes)), "shortest reference"),
            (lambda *args: corpus(*args, nearest=lambda sizes, c: max(sizes)), "longest reference"),
            (lambda *args: corpus(*args, nearest=lambda sizes, c: sizes[0]), "always that of the first"),
            (lambda *args: corpus(*args, nearest=lambda sizes, c: sum(sizes) / len(sizes)), "is the mean of the ref"),
            (lambda *args: corpus(*args, nearest=lambda sizes, c: min(sizes, key=lambda r: (abs(r - c), -r))),
             "take the longer one"),
            (lambda *args: corpus(*args, nearest=lambda sizes, c: c), "penalty is missing"),
            (lambda *args: corpus(*args, clip=lambda ours, theirs: ours if theirs else 0), "Nothing is clipped"),
            (lambda *args: corpus(*args, powers=(2, 1, 1 / 2, 1 / 4)), "exponents of this course"),
            (lambda *args: corpus(*args, best=lambda counts: {g: min(c[g] for c in counts) for c in counts for g in c}),
             "smallest count"),
            (lambda predictions, refs: corpus(predictions, [
                [max(labels, key=lambda label: taken(said.split(), label.split()))]
                for said, labels in zip(predictions, refs)]), "choose one reference"),
            (lambda predictions, refs: corpus(predictions, [
                [max(labels, key=lambda label: corpus([said], [[label]]))]
                for said, labels in zip(predictions, refs)]), "choose one reference"),
            (lambda *args: corpus(*args) / 100, "from 0 to 1"),
            (lambda predictions, refs: corpus(predictions, [" ".join(labels) for labels in refs]),
             "another result than expected"),
            (lambda predictions, refs: corpus(predictions, refs[0]), "another result than expected"),
            (lambda predictions, refs: refs.pop() and corpus(predictions, refs), "changes its argument `references`"),
        ],
    ),
}


@pytest.mark.parametrize("exercise, expected", [
    (lesson_07.clipped_count, [1, 2, 1]),
    (lesson_07.papineni, [0.6342, 0.6550]),
])
def test_the_answer_gives_what_the_lesson_shows(exercise, expected):
    results = [exercise.answer(*case) for case in exercise.cases[: len(expected)]]
    assert results == pytest.approx(expected, abs=5e-5)


def test_the_corpus_of_the_lesson_scores_what_sacrebleu_says():
    for case in lesson_07.pooled_bleu.cases:
        assert lesson_07.pooled_bleu.answer(*case) == pytest.approx(with_sacrebleu(*case), abs=1e-9)
    assert round(lesson_07.pooled_bleu.answer(*lesson_07.pooled_bleu.cases[1]), 2) == 59.42
