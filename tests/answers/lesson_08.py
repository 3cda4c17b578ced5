"""Answers to the exercises of lesson 08."""

from collections import defaultdict

import numpy as np
import torch

from . import UNNAMED, right, wrong

# ---------------------------------------------------------------- group_references


@right
def group_references(pairs):
    result = {}
    for source, target in pairs:
        if source not in result:
            result[source] = []
        if target not in result[source]:
            result[source].append(target)
    return result


@right
def group_references(pairs):
    return {source: list(dict.fromkeys(t for s, t in pairs if s == source)) for source, _ in pairs}


@right
def group_references(pairs):
    result = defaultdict(dict)
    for source, target in pairs:
        result[source][target] = None
    return {source: list(targets) for source, targets in result.items()}


@wrong("A pair may stand in a file twice, and a")
def group_references(pairs):
    result = {}
    for source, target in pairs:
        result.setdefault(source, []).append(target)
    return result


@wrong("Each source has its last translation only")
def group_references(pairs):
    return {source: [target] for source, target in pairs}


@wrong("Sets have no order, and `corpus_bleu` takes")
def group_references(pairs):
    result = {}
    for source, target in pairs:
        result.setdefault(source, set()).add(target)
    return result


@wrong("The translations are the right ones, in")
def group_references(pairs):
    result = {}
    for source, target in pairs:
        result.setdefault(source, set()).add(target)
    return {source: sorted(targets) for source, targets in result.items()}


@wrong("`in` on a text also finds a part of it: `ici")
def group_references(pairs):
    result = {}
    for source, target in pairs:
        targets = result.setdefault(source, [])
        if target not in " ".join(targets):
            targets.append(target)
    return result


@wrong("All sources have one and the same list")
def group_references(pairs):
    result = dict.fromkeys([source for source, _ in pairs], [])
    for source, target in pairs:
        if target not in result[source]:
            result[source].append(target)
    return result


@wrong("You group by the target. The source is what")
def group_references(pairs):
    result = {}
    for source, target in pairs:
        targets = result.setdefault(target, [])
        if source not in targets:
            targets.append(source)
    return result


@wrong("A translation that another source has already")
def group_references(pairs):
    result, seen = {}, set()
    for source, target in pairs:
        targets = result.setdefault(source, [])
        if target not in seen:
            targets.append(target)
            seen.add(target)
    return result


@wrong("Each source has one translation, its last, as")
def group_references(pairs):
    return dict(pairs)


@wrong("A pair may stand in a file twice, and a")
def group_references(pairs):
    result = {}
    for source, target in pairs:
        targets = result.setdefault(source, [])
        if targets[-1:] != [target]:
            targets.append(target)
    return result


@wrong("Each source has its first translation only")
def group_references(pairs):
    result = {}
    for source, target in pairs:
        if source not in result:
            result[source] = [target]
    return result


@wrong("The first translation of each source is")
def group_references(pairs):
    result = {}
    for source, target in pairs:
        if source in result:
            if target not in result[source]:
                result[source].append(target)
        else:
            result[source] = []
    return result


@wrong("You join translations only where pairs of a")
def group_references(pairs):
    from itertools import groupby
    return {source: list(dict.fromkeys(t for _, t in group)) for source, group in groupby(pairs, lambda pair: pair[0])}


# ---------------------------------------------------------------- bootstrap_interval

@right
def bootstrap_interval(matched, total, draws):
    shares = torch.stack([matched[row].sum() / total[row].sum() for row in draws])
    return tuple(torch.quantile(shares, torch.tensor([0.025, 0.975])).tolist())


@right
def bootstrap_interval(matched, total, draws):
    m, t, d = matched.numpy(), total.numpy(), draws.numpy()
    shares = m[d].sum(axis=1) / t[d].sum(axis=1)
    return float(np.percentile(shares, 2.5)), float(np.percentile(shares, 97.5))


@right
def bootstrap_interval(matched, total, draws):
    shares = []
    for row in draws.tolist():
        shares.append(sum(matched[i].item() for i in row) / sum(total[i].item() for i in row))
    shares.sort()

    def quantile(q):
        place = q * (len(shares) - 1)
        low = int(place)
        high = min(low + 1, len(shares) - 1)
        return shares[low] + (place - low) * (shares[high] - shares[low])
    return quantile(0.025), quantile(0.975)


def shares_of(matched, total, draws):
    return matched[draws].sum(1) / total[draws].sum(1)


def bounds(shares, low=0.025, high=0.975):
    return shares.float().quantile(low).item(), shares.float().quantile(high).item()


@wrong("You take the mean of the sentences' shares")
def bootstrap_interval(matched, total, draws):
    return bounds((matched / total)[draws].mean(1))


@wrong("You divide by the words of all sentences. A")
def bootstrap_interval(matched, total, draws):
    return bounds(matched[draws].sum(1) / total.sum())


@wrong("You take the quantiles of the sentences' own")
def bootstrap_interval(matched, total, draws):
    return bounds(matched / total)


@wrong("You take the quantiles of the sentences'")
def bootstrap_interval(matched, total, draws):
    return bounds((matched[draws] / total[draws]).flatten())


@wrong("Your function draws by itself, so its result")
def bootstrap_interval(matched, total, draws):
    return bounds(shares_of(matched, total, torch.randint(len(matched), draws.shape)))


@wrong("Between your bounds lie 90 % of the draws")
def bootstrap_interval(matched, total, draws):
    return bounds(shares_of(matched, total, draws), 0.05, 0.95)


@wrong("raised RuntimeError: quantile() q must be in the range [0, 1]")
def bootstrap_interval(matched, total, draws):
    return bounds(shares_of(matched, total, draws), 2.5, 97.5)


@wrong("These are the smallest and the largest of all")
def bootstrap_interval(matched, total, draws):
    shares = shares_of(matched, total, draws)
    return shares.min().item(), shares.max().item()


@wrong("You add up the columns of `draws`. A draw is")
def bootstrap_interval(matched, total, draws):
    return bounds(matched[draws].sum(0) / total[draws].sum(0))


@wrong("You add up all draws, which makes a single")
def bootstrap_interval(matched, total, draws):
    return bounds(matched[draws].sum() / total[draws].sum())


@wrong("These are right words. A score is a share")
def bootstrap_interval(matched, total, draws):
    return bounds(matched[draws].sum(1))


@wrong("These are right words. A score is a share")
def bootstrap_interval(matched, total, draws):
    return bounds(matched[draws].float().mean(1))


@right
def bootstrap_interval(matched, total, draws):
    shares = shares_of(matched, total, draws)
    return shares.quantile(0.025), shares.quantile(0.975)


@right
def bootstrap_interval(matched, total, draws):
    return shares_of(matched, total, draws).quantile(torch.tensor([0.025, 0.975]))


@wrong("The bounds are right, in the wrong order: the")
def bootstrap_interval(matched, total, draws):
    return bounds(shares_of(matched, total, draws))[::-1]


@wrong("This is the mean of the draws, plus and minus")
def bootstrap_interval(matched, total, draws):
    shares = shares_of(matched, total, draws)
    return (shares.mean() - 1.96 * shares.std()).item(), (shares.mean() + 1.96 * shares.std()).item()


@wrong(UNNAMED)
def bootstrap_interval(matched, total, draws):
    shares = shares_of(matched, total, draws)
    return shares.mean().item(), shares.std().item()


@wrong("You divide the words by the right ones. A")
def bootstrap_interval(matched, total, draws):
    return bounds(total[draws].sum(1) / matched[draws].sum(1).clamp(min=1))


@wrong("You take two draws by their places, but the")
def bootstrap_interval(matched, total, draws):
    shares = shares_of(matched, total, draws)
    n = len(shares)
    return shares[int(0.025 * n)].item(), shares[int(0.975 * n)].item()


@right
def bootstrap_interval(matched, total, draws):
    shares = shares_of(matched, total, draws).sort().values
    n = len(shares)
    return shares[int(0.025 * n)].item(), shares[int(0.975 * n)].item()


@wrong("The bounds are right, in percent. Return")
def bootstrap_interval(matched, total, draws):
    low, high = bounds(shares_of(matched, total, draws))
    return 100 * low, 100 * high


@wrong("You divide by `//`, which drops what is")
def bootstrap_interval(matched, total, draws):
    return bounds(matched[draws].sum(1) // total[draws].sum(1))


@wrong("is a float, and a tuple of length 2")
def bootstrap_interval(matched, total, draws):
    low, high = bounds(shares_of(matched, total, draws))
    return high - low


@wrong(UNNAMED)
def bootstrap_interval(matched, total, draws):
    return bounds(matched[draws[0]] / total[draws[0]])


@wrong("You count a sentence once where a draw has it")
def bootstrap_interval(matched, total, draws):
    return bounds(torch.stack([matched[row.unique()].sum() / total[row.unique()].sum() for row in draws]))


# ---------------------------------------------------------------- near_copies

@right
def near_copies(training, held_out):
    return [any(len(a) == len(b) and sum(x != y for x, y in zip(a, b)) <= 1 for b in training) for a in held_out]


@right
def near_copies(training, held_out):
    seen = {(*s[:i], None, *s[i + 1:]) for s in training for i in range(len(s))}
    return [any((*s[:i], None, *s[i + 1:]) in seen for i in range(len(s))) for s in held_out]


def compare(training, held_out, near):
    return [any(near(a, b) for b in training) for a in held_out]


def off(a, b):
    return sum(x != y for x, y in zip(a, b))


@wrong("`zip` stops at the shorter sentence, so a")
def near_copies(training, held_out):
    return compare(training, held_out, lambda a, b: off(a, b) <= 1)


@wrong("An exact copy is missing: at most one other")
def near_copies(training, held_out):
    return compare(training, held_out, lambda a, b: len(a) == len(b) and off(a, b) == 1)


@wrong("You find exact copies only, and the split")
def near_copies(training, held_out):
    return compare(training, held_out, lambda a, b: a == b)


@wrong("You compare the words and not their places")
def near_copies(training, held_out):
    return compare(training, held_out, lambda a, b: len(a) == len(b) and len(set(a) - set(b)) <= 1)


@wrong("You compare the words and not their places")
def near_copies(training, held_out):
    return compare(training, held_out, lambda a, b: len(a) == len(b) and len(set(a) ^ set(b)) <= 2)


@wrong("You take a token out and leave no gap, so")
def near_copies(training, held_out):
    seen = {(*s[:i], *s[i + 1:]) for s in training for i in range(len(s))}
    return [any((*s[:i], *s[i + 1:]) in seen for i in range(len(s))) for s in held_out]


@wrong("You let two tokens differ. One is the most.")
def near_copies(training, held_out):
    return compare(training, held_out, lambda a, b: len(a) == len(b) and off(a, b) <= 2)


@wrong("You ask whether all training sentences are")
def near_copies(training, held_out):
    return [all(len(a) == len(b) and off(a, b) <= 1 for b in training) for a in held_out]


@wrong(UNNAMED)
def near_copies(training, held_out):
    return [len(a) == len(b) and off(a, b) <= 1 for a, b in zip(held_out, training)]


@wrong("You count a token more or less as near, too")
def near_copies(training, held_out):
    def near(a, b):
        if abs(len(a) - len(b)) > 1:
            return False
        if len(a) == len(b):
            return off(a, b) <= 1
        short, long = sorted([a, b], key=len)
        return any(long[:i] + long[i + 1:] == short for i in range(len(long)))
    return compare(training, held_out, near)


@wrong(UNNAMED)
def near_copies(training, held_out):
    return compare(training, held_out, lambda a, b: len(a) == len(b) and off(sorted(a), sorted(b)) <= 1)


@wrong("is a bool, and a list of length 13")
def near_copies(training, held_out):
    return any(compare(training, held_out, lambda a, b: len(a) == len(b) and off(a, b) <= 1))


@wrong("You have the two lists swapped: the result")
def near_copies(training, held_out):
    return compare(held_out, training, lambda a, b: len(a) == len(b) and off(a, b) <= 1)


@wrong("These are the near sentences themselves")
def near_copies(training, held_out):
    return [a for a in held_out if any(len(a) == len(b) and off(a, b) <= 1 for b in training)]


@wrong(UNNAMED)
def near_copies(training, held_out):
    return compare(training, held_out,
                   lambda a, b: len(" ".join(a)) == len(" ".join(b)) and off(" ".join(a), " ".join(b)) <= 1)


@wrong("is an int, and a bool")
def near_copies(training, held_out):
    return [sum(len(a) == len(b) and off(a, b) <= 1 for b in training) for a in held_out]


@wrong(UNNAMED)
def near_copies(training, held_out):
    seen = {tuple(s[:-1]) for s in training}
    return [tuple(s[:-1]) in seen for s in held_out]


@wrong(UNNAMED)
def near_copies(training, held_out):
    seen = {" ".join([*s[:i], *s[i + 1:]]) + str(i) for s in training for i in range(1, len(s))}
    return [any(" ".join([*s[:i], *s[i + 1:]]) + str(i) in seen for i in range(1, len(s))) for s in held_out]
