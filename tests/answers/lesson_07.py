"""Answers to the exercises of lesson 07."""

import math
from collections import Counter

from . import UNNAMED, right, wrong

# ---------------------------------------------------------------- clipped_count


@right
def clipped_count(count, in_references):
    best = 0
    for n in in_references:
        best = max(best, min(count, n))
    return best


@right
def clipped_count(count, in_references):
    return sorted([count, sorted(in_references)[-1]])[0]


@wrong("Nothing is clipped: you return `count` as it")
def clipped_count(count, in_references):
    return count


@wrong("You add up the counts of the references. They")
def clipped_count(count, in_references):
    return min(count, sum(in_references))


@wrong("You take the reference that has the n-gram")
def clipped_count(count, in_references):
    return min(count, min(in_references))


@wrong("You look at the first reference only. A")
def clipped_count(count, in_references):
    return min(count, in_references[0])


@wrong("You take the largest count of the references")
def clipped_count(count, in_references):
    return max(in_references)


@wrong("You take the largest number of all. A match")
def clipped_count(count, in_references):
    return max(count, max(in_references))


@wrong("You take the mean of the references. They are")
def clipped_count(count, in_references):
    return min(count, sum(in_references) / len(in_references))


@wrong("You take the mean of the references. They are")
def clipped_count(count, in_references):
    return min(count, round(sum(in_references) / len(in_references)))


@wrong("You clip at each reference and add up the")
def clipped_count(count, in_references):
    return sum(min(count, n) for n in in_references)


@wrong(UNNAMED)
def clipped_count(count, in_references):
    return min(count, sum(n > 0 for n in in_references))


@wrong("This is a share. Return how many count: the")
def clipped_count(count, in_references):
    return min(count, max(in_references)) / count


@wrong("You count all of them or none. If a reference")
def clipped_count(count, in_references):
    return count if max(in_references) >= count else 0


@wrong("You look at the last reference only. A")
def clipped_count(count, in_references):
    for n in in_references:
        result = min(count, n)
    return result


# ---------------------------------------------------------------- papineni

@right
def papineni(prediction, label, N):
    ours, theirs = prediction.split(), label.split()
    logs = 0
    for n in range(1, N + 1):
        a = [tuple(ours[i:i + n]) for i in range(len(ours) - n + 1)]
        b = [tuple(theirs[i:i + n]) for i in range(len(theirs) - n + 1)]
        hits = sum(min(a.count(gram), b.count(gram)) for gram in set(a))
        if hits == 0:
            return 0.0
        logs += math.log(hits / len(a)) / N
    return math.exp(min(0, 1 - len(theirs) / len(ours)) + logs)


@right
def papineni(prediction, label, N):
    def grams(text, n):
        words = text.split()
        return Counter(zip(*[words[i:] for i in range(n)]))
    precisions = []
    for n in range(1, N + 1):
        ours, theirs = grams(prediction, n), grams(label, n)
        precisions.append((ours & theirs).total() / ours.total() if ours else 0.0)
    penalty = min(1.0, math.exp(1 - len(label.split()) / len(prediction.split())))
    return penalty * math.prod(precisions) ** (1 / N)


@right
def papineni(prediction, label, N):
    ours, theirs = prediction.split(), label.split()
    result = 1.0
    for n in range(1, N + 1):
        left = [" ".join(theirs[i:i + n]) for i in range(len(theirs) - n + 1)]
        hits = 0
        for i in range(len(ours) - n + 1):
            gram = " ".join(ours[i:i + n])
            if gram in left:
                left.remove(gram)
                hits += 1
        result *= (hits / max(1, len(ours) - n + 1)) ** (1 / N)
    return result * (1 if len(ours) >= len(theirs) else math.exp(1 - len(theirs) / len(ours)))


def grams(words, n, step=1, short=False):
    ends = range(0, len(words) if short else len(words) - n + 1, step)
    return Counter(tuple(words[i:i + n]) for i in ends)


def brevity(ours, theirs):
    return math.exp(min(0, 1 - len(theirs) / len(ours)))


def score(prediction, label, N, penalty=brevity, exponent=lambda n, N: 1 / N, clip=lambda a, b: (a & b).total(),
          orders=lambda N: range(1, N + 1), cut=str.split, skip=False, below=lambda a, b: a.total(), **options):
    """What is meant, with something changed."""
    ours, theirs = cut(prediction), cut(label)
    result = 1.0
    for n in orders(N):
        a, b = grams(ours, n, **options), grams(theirs, n, **options)
        hits = clip(a, b)
        if not hits:
            if skip:
                continue
            return 0.0
        result *= (hits / below(a, b)) ** exponent(n, N)
    return penalty(ours, theirs) * result


@wrong("Nothing is clipped: `B B B B` finds four")
def papineni(prediction, label, N):
    return score(prediction, label, N, clip=lambda a, b: sum(n for gram, n in a.items() if gram in b))


@wrong("You count each different n-gram once, as a")
def papineni(prediction, label, N):
    return score(prediction, label, N, clip=lambda a, b: len(set(a) & set(b)), below=lambda a, b: len(a))


@wrong("The precisions are right, and the brevity")
def papineni(prediction, label, N):
    return score(prediction, label, N, penalty=lambda a, b: 1.0)


@wrong("A prediction longer than its label gets a")
def papineni(prediction, label, N):
    return score(prediction, label, N, penalty=lambda a, b: math.exp(1 - len(b) / len(a)))


@wrong("The brevity penalty has its lengths the wrong")
def papineni(prediction, label, N):
    return score(prediction, label, N, penalty=lambda a, b: math.exp(min(0, 1 - len(a) / len(b))))


@wrong("Your penalty is the plain ratio of the")
def papineni(prediction, label, N):
    return score(prediction, label, N, penalty=lambda a, b: min(1, len(a) / len(b)))


@wrong("These are the exponents of this course, 1/2")
def papineni(prediction, label, N):
    return score(prediction, label, N, exponent=lambda n, N: 0.5 ** n)


@wrong("Your exponent is 1/4 for every N. It is 1/N")
def papineni(prediction, label, N):
    return score(prediction, label, N, exponent=lambda n, N: 1 / 4)


@wrong("You multiply the precisions and take no root")
def papineni(prediction, label, N):
    return score(prediction, label, N, exponent=lambda n, N: 1)


@wrong("You take the mean of the precisions by")
def papineni(prediction, label, N):
    ours, theirs = prediction.split(), label.split()
    shares = [(grams(ours, n) & grams(theirs, n)).total() / max(1, len(ours) - n + 1) for n in range(1, N + 1)]
    return brevity(ours, theirs) * sum(shares) / N


@wrong("You leave out an order without a match. It")
def papineni(prediction, label, N):
    return score(prediction, label, N, skip=True)


@wrong("Your n-grams begin at every word, also where")
def papineni(prediction, label, N):
    return score(prediction, label, N, short=True)


@wrong("Your n-grams stand side by side. They")
def papineni(prediction, label, N):
    ours, theirs = prediction.split(), label.split()
    result = 1.0
    for n in range(1, N + 1):
        a, b = grams(ours, n, step=n), grams(theirs, n, step=n)
        if not (a & b):
            return 0.0
        result *= (a & b).total() / a.total()
    return brevity(ours, theirs) * result ** (1 / N)


@wrong("You stop one order too early: `range(1, N)`")
def papineni(prediction, label, N):
    return score(prediction, label, N, orders=lambda N: range(1, N))


@wrong("You take the precision of the N-grams alone")
def papineni(prediction, label, N):
    return score(prediction, label, N, orders=lambda N: [N], exponent=lambda n, N: 1)


@wrong("Your n-grams are of letters. Split the")
def papineni(prediction, label, N):
    return score(prediction, label, N, cut=list)


@wrong("You join the words of an n-gram without a")
def papineni(prediction, label, N):
    ours, theirs = prediction.split(), label.split()
    result = 1.0
    for n in range(1, N + 1):
        a = Counter("".join(ours[i:i + n]) for i in range(len(ours) - n + 1))
        b = Counter("".join(theirs[i:i + n]) for i in range(len(theirs) - n + 1))
        if not (a & b):
            return 0.0
        result *= (a & b).total() / a.total()
    return brevity(ours, theirs) * result ** (1 / N)


@wrong("You divide by the number of the label's")
def papineni(prediction, label, N):
    return score(prediction, label, N, below=lambda a, b: b.total())


@wrong("You divide by the number of words at every n")
def papineni(prediction, label, N):
    length = len(prediction.split())
    return score(prediction, label, N, below=lambda a, b: length)


@wrong("You leave out the orders that the prediction")
def papineni(prediction, label, N):
    N = min(N, len(prediction.split()))
    return score(prediction, label, N)


@wrong("Your list of n-grams leaves out the last one")
def papineni(prediction, label, N):
    ours, theirs = prediction.split(), label.split()
    result = 1.0
    for n in range(1, N + 1):
        a = Counter(tuple(ours[i:i + n]) for i in range(len(ours) - n))
        b = Counter(tuple(theirs[i:i + n]) for i in range(len(theirs) - n))
        if not (a & b):
            return 0.0
        result *= (a & b).total() / a.total()
    return brevity(ours, theirs) * result ** (1 / N)


@wrong("This is 100 times too large. Return a score")
def papineni(prediction, label, N):
    return 100 * score(prediction, label, N)


@wrong("Nothing is clipped: `B B B B` finds four")
def papineni(prediction, label, N):
    words, result = prediction.split(), 1.0
    for n in range(1, N + 1):
        ours = [" ".join(words[i:i + n]) for i in range(len(words) - n + 1)]
        hits = sum(gram in label for gram in ours)
        if not hits:
            return 0.0
        result *= hits / len(ours)
    return brevity(words, label.split()) * result ** (1 / N)


@wrong("Only the words are counted, n = 1. Does")
def papineni(prediction, label, N):
    ours, theirs = prediction.split(), label.split()
    product = 1.0
    for n in range(1, N + 1):
        matches = (grams(ours, n) & grams(theirs, n)).total()
        if not matches:
            return 0.0
        product *= matches / (len(ours) - n + 1)
        return brevity(ours, theirs) * product ** (1 / N)


# ---------------------------------------------------------------- pooled_bleu

def ngrams(sentence, n):
    tokens = sentence.split()
    return Counter(" ".join(tokens[i:i + n]) for i in range(len(tokens) - n + 1))


def nearest(len_pred, labels):
    return min((len(label.split()) for label in labels), key=lambda n: (abs(n - len_pred), n))


def finished(hits, every, len_pred, len_label):
    if 0 in hits:
        return 0.0
    return 100 * math.exp(min(0, 1 - len_label / len_pred)) * math.prod(h / n for h, n in zip(hits, every)) ** 0.25


@right
def pooled_bleu(predictions, references):
    hits, every, len_pred, len_label = [0] * 4, [0] * 4, 0, 0
    for said, labels in zip(predictions, references):
        length = len(said.split())
        len_pred += length
        len_label += nearest(length, labels)
        for n in (1, 2, 3, 4):
            for gram, count in ngrams(said, n).items():
                hits[n - 1] += min(count, max(ngrams(label, n)[gram] for label in labels))
            every[n - 1] += max(0, length - n + 1)
    return finished(hits, every, len_pred, len_label)


@right
def pooled_bleu(predictions, references):
    result = 0.0
    for n in (1, 2, 3, 4):
        matches = total = 0
        for said, labels in zip(predictions, references):
            best = Counter()
            for label in labels:
                best |= ngrams(label, n)
            matches += (ngrams(said, n) & best).total()
            total += ngrams(said, n).total()
        if matches == 0:
            return 0.0
        result += math.log(matches / total) / 4
    ours = sum(len(said.split()) for said in predictions)
    theirs = sum(nearest(len(said.split()), labels) for said, labels in zip(predictions, references))
    return 100 * math.exp(result + min(0, 1 - theirs / ours))


def corpus(predictions, references, best=None, length=nearest, every=lambda length, n: max(0, length - n + 1)):
    """What is meant, with something changed."""
    def largest(labels, n):
        result = Counter()
        for label in labels:
            result |= ngrams(label, n)
        return result
    hits, all_, len_pred, len_label = [0] * 4, [0] * 4, 0, 0
    for said, labels in zip(predictions, references):
        m = len(said.split())
        len_pred, len_label = len_pred + m, len_label + length(m, labels)
        for n in (1, 2, 3, 4):
            hits[n - 1] += (ngrams(said, n) & (best or largest)(labels, n)).total()
            all_[n - 1] += every(m, n)
    return finished(hits, all_, len_pred, len_label)


@wrong("A sentence finds partners in the references")
def pooled_bleu(predictions, references):
    best = {n: Counter() for n in (1, 2, 3, 4)}

    def kept(labels, n):
        for label in labels:
            best[n] |= ngrams(label, n)
        return best[n]
    return corpus(predictions, references, kept)


@wrong("You add up the n-grams of all sentences and")
def pooled_bleu(predictions, references):
    hits, every, len_pred, len_label = [], [], 0, 0
    for n in (1, 2, 3, 4):
        ours, theirs = Counter(), Counter()
        for said, labels in zip(predictions, references):
            best = Counter()
            for label in labels:
                best |= ngrams(label, n)
            ours += ngrams(said, n)
            theirs += best
        hits.append((ours & theirs).total())
        every.append(ours.total())
    for said, labels in zip(predictions, references):
        len_pred += len(said.split())
        len_label += nearest(len(said.split()), labels)
    return finished(hits, every, len_pred, len_label)


@wrong("You choose one set of references for the")
def pooled_bleu(predictions, references):
    ours = sum(len(said.split()) for said in predictions)
    theirs = [sum(len(labels[min(i, len(labels) - 1)].split()) for labels in references)
              for i in range(max(map(len, references)))]
    length = min(theirs, key=lambda n: (abs(n - ours), n))
    whole = iter([length] + [0] * len(predictions))
    return corpus(predictions, references, length=lambda m, labels: next(whole))


@wrong("You take the mean of the sentences' scores")
def pooled_bleu(predictions, references):
    scores = [corpus([said], [labels]) for said, labels in zip(predictions, references)]
    return sum(scores) / len(scores)


@wrong("You look at the first reference of each")
def pooled_bleu(predictions, references):
    return corpus(predictions, [labels[:1] for labels in references])


@wrong("You add up the counts of the references. An")
def pooled_bleu(predictions, references):
    return corpus(predictions, references, lambda labels, n: sum((ngrams(label, n) for label in labels), Counter()))


@wrong("The matches are right. The length that counts")
def pooled_bleu(predictions, references):
    return corpus(predictions, references, length=lambda m, labels: min(len(label.split()) for label in labels))


@wrong("The matches are right. The length that counts")
def pooled_bleu(predictions, references):
    return corpus(predictions, references, length=lambda m, labels: max(len(label.split()) for label in labels))


@wrong("Of two references equally near in length, you")
def pooled_bleu(predictions, references):
    return corpus(predictions, references,
                  length=lambda m, labels: min((len(x.split()) for x in labels), key=lambda n: (abs(n - m), -n)))


@wrong("Of two references equally near in length, you")
def pooled_bleu(predictions, references):
    return corpus(predictions, references,
                  length=lambda m, labels: min((len(x.split()) for x in labels), key=lambda n: abs(n - m)))


@wrong("A sentence shorter than n words counts a")
def pooled_bleu(predictions, references):
    return corpus(predictions, references, every=lambda length, n: length - n + 1)


@wrong("You look at the first sentence only. Does")
def pooled_bleu(predictions, references):
    for said, labels in zip(predictions, references):
        return corpus([said], [labels])


@wrong("You take the mean of the four precisions by")
def pooled_bleu(predictions, references):
    hits, every, len_pred, len_label = [0] * 4, [0] * 4, 0, 0
    for said, labels in zip(predictions, references):
        length = len(said.split())
        len_pred, len_label = len_pred + length, len_label + nearest(length, labels)
        for n in (1, 2, 3, 4):
            best = Counter()
            for label in labels:
                best |= ngrams(label, n)
            hits[n - 1] += (ngrams(said, n) & best).total()
            every[n - 1] += max(0, length - n + 1)
    shares = [h / max(1, n) for h, n in zip(hits, every)]
    return 100 * math.exp(min(0, 1 - len_label / len_pred)) * sum(shares) / 4


@wrong("This goes from 0 to 1. Multiply it by 100, as")
def pooled_bleu(predictions, references):
    return corpus(predictions, references) / 100


@wrong("The precisions are right, and the brevity")
def pooled_bleu(predictions, references):
    return corpus(predictions, references, length=lambda m, labels: 0)


@wrong("These are the exponents of this course. Here")
def pooled_bleu(predictions, references):
    hits, every, len_pred, len_label = [0] * 4, [0] * 4, 0, 0
    for said, labels in zip(predictions, references):
        length = len(said.split())
        len_pred, len_label = len_pred + length, len_label + nearest(length, labels)
        for n in (1, 2, 3, 4):
            best = Counter()
            for label in labels:
                best |= ngrams(label, n)
            hits[n - 1] += (ngrams(said, n) & best).total()
            every[n - 1] += max(0, length - n + 1)
    if 0 in hits:
        return 0.0
    return 100 * math.exp(min(0, 1 - len_label / len_pred)) * math.prod(
        (h / n) ** (1 / 2 ** k) for k, (h, n) in enumerate(zip(hits, every), 1))


@wrong("One sentence without a match makes your score")
def pooled_bleu(predictions, references):
    for said, labels in zip(predictions, references):
        if not any(set(said.split()) & set(label.split()) for label in labels):
            return 0.0
        if corpus([said], [labels]) == 0:
            return 0.0
    return corpus(predictions, references)


@wrong("You choose one reference for each sentence")
def pooled_bleu(predictions, references):
    return corpus(predictions, [[max(labels, key=lambda label: sum((ngrams(said, n) & ngrams(label, n)).total()
                                                                   for n in (1, 2, 3, 4)))]
                                for said, labels in zip(predictions, references)])
