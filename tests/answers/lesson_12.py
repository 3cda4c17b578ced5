import random

import numpy as np
import torch

from . import UNNAMED, right, wrong

# ---------------------------------------------------------------- confounds


@right
def confounds():
    return {1: "weights", 2: "updates", 3: "seeds"}


@right
def confounds():
    """In another order, filled one by one."""
    found = dict.fromkeys((3, 2, 1), "seeds")
    found[2] = "updates"
    found[1] = "weights"
    return found


@wrong("In experiment 1 the updates are held equal")
def confounds():
    return {1: "updates", 2: "updates", 3: "seeds"}


@wrong("In experiment 1 both nets are run with the same five seeds")
def confounds():
    return {1: "seeds", 2: "updates", 3: "seeds"}


@wrong("In experiment 1 both nets are run with the same five seeds")
def confounds():
    """Shifted by one."""
    return {1: "seeds", 2: "weights", 3: "updates"}


@wrong("In experiment 2 the sizes are the same")
def confounds():
    return {1: "weights", 2: "weights", 3: "seeds"}


@wrong("In experiment 2 all of them read the same sentences")
def confounds():
    """To turn them round makes other sentences of them?"""
    return {1: "weights", 2: "training sentences", 3: "seeds"}


@wrong("In experiment 2 old and new are scored on the same test sentences")
def confounds():
    """The table is a month old."""
    return {1: "weights", 2: "test sentences", 3: "seeds"}


@wrong("In experiment 3 both train for 4,000 updates")
def confounds():
    return {1: "weights", 2: "updates", 3: "updates"}


@wrong("In experiment 3 all search with a beam of 5")
def confounds():
    return {1: "weights", 2: "updates", 3: "search"}


@wrong("In experiment 3 the nets have the same size")
def confounds():
    return {1: "weights", 2: "updates", 3: "weights"}


@wrong("The names are those of the table")
def confounds():
    return {1: "num_hiddens", 2: "epochs", 3: "best seed"}


@wrong("The names are those of the table")
def confounds():
    return {1: "Weights", 2: "Updates", 3: "Seeds"}


@wrong("An entry for each of the three experiments")
def confounds():
    return {1: "weights", 2: "updates"}


@wrong("An entry for each of the three experiments")
def confounds():
    """Counted from 0."""
    return {0: "weights", 1: "updates", 2: "seeds"}


@wrong("An entry for each of the three experiments")
def confounds():
    return {"1": "weights", "2": "updates", "3": "seeds"}


@wrong("Exactly one name for each experiment")
def confounds():
    return {1: "weights", 2: ["updates", "seeds"], 3: "seeds"}


@wrong("is a list of length 3, and a dict")
def confounds():
    return ["weights", "updates", "seeds"]


# ---------------------------------------------------------------- paired_bootstrap_right

def draws_of(sentences, samples, seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(sentences, (samples, sentences), generator=generator)


def shares_of(right, draws):
    return 100 * torch.tensor(right).double()[draws].mean(dim=1)


def bounds_of(values, low=0.025, high=0.975):
    return values.quantile(low).item(), values.quantile(high).item()


@right
def paired_bootstrap_right(right_a, right_b, samples, seed):
    generator = torch.Generator().manual_seed(seed)
    draws = torch.randint(len(right_a), (samples, len(right_a)), generator=generator)
    a, b = torch.tensor(right_a).float(), torch.tensor(right_b).float()
    differences = 100 * (b - a)[draws].mean(dim=1)
    low, high = differences.quantile(torch.tensor([0.025, 0.975])).tolist()
    return 100 * (b.mean() - a.mean()).item(), low, high, (differences > 0).float().mean().item()


@right
def paired_bootstrap_right(right_a, right_b, samples, seed):
    """Without tensors, but for the draws."""
    n = len(right_a)
    differences, wins = [], 0
    for rows in draws_of(n, samples, seed).tolist():
        a = sum(right_a[i] for i in rows)
        b = sum(right_b[i] for i in rows)
        wins += b > a
        differences.append(100 * (b - a) / n)
    differences.sort()
    cut = int(0.025 * samples)
    return (100 * (sum(right_b) - sum(right_a)) / n, differences[cut], differences[-1 - cut], wins / samples)


@right
def paired_bootstrap_right(right_a, right_b, samples, seed):
    """Counts in place of numbers, by the library's function."""
    from seq2seq_lib.bleu import draw_sentences, middle

    counts = draw_sentences(len(right_a), samples, seed)
    each = torch.tensor(right_b).double() - torch.tensor(right_a).double()
    differences = 100 * counts @ each / len(each)
    return 100 * each.mean().item(), *middle(differences), (differences > 0).double().mean().item()


@right
def paired_bootstrap_right(right_a, right_b, samples, seed):
    """With numpy, which gives numbers of its own; the generator is the global one."""
    torch.manual_seed(seed)
    draws = torch.randint(len(right_a), (samples, len(right_a))).numpy()
    a, b = np.array(right_a)[draws].mean(1), np.array(right_b)[draws].mean(1)
    low, high = np.percentile(100 * (b - a), [2.5, 97.5])
    return 100 * (np.mean(right_b) - np.mean(right_a)), low, high, np.mean(b > a)


def result(right_a, right_b, a, b, low=0.025, high=0.975):
    difference = 100 * (sum(right_b) - sum(right_a)) / len(right_a)
    return difference, *bounds_of(b - a, low, high), (b > a).double().mean().item()


@wrong("Each of the two systems has draws of its own")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    generator = torch.Generator().manual_seed(seed)
    n = len(right_a)
    a = shares_of(right_a, torch.randint(n, (samples, n), generator=generator))
    b = shares_of(right_b, torch.randint(n, (samples, n), generator=generator))
    return result(right_a, right_b, a, b)


@wrong("Each of the two systems has draws of its own")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    a = shares_of(right_a, draws_of(len(right_a), samples, seed))
    b = shares_of(right_b, draws_of(len(right_b), samples, seed + 1))
    return result(right_a, right_b, a, b)


@wrong("Each of the two systems has draws of its own")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    """In a loop: a draw for a, a draw for b."""
    generator = torch.Generator().manual_seed(seed)
    n, shares = len(right_a), []
    for _ in range(samples):
        for right_ones in (right_a, right_b):
            rows = torch.randint(n, (n,), generator=generator)
            shares.append(100 * sum(right_ones[i] for i in rows) / n)
    a, b = torch.tensor(shares).view(samples, 2).T
    return result(right_a, right_b, a, b)


@wrong("All of your samples are alike")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    """Without replacement."""
    generator = torch.Generator().manual_seed(seed)
    draws = torch.stack([torch.randperm(len(right_a), generator=generator) for _ in range(samples)])
    return result(right_a, right_b, shares_of(right_a, draws), shares_of(right_b, draws))


@wrong("All of your samples are alike")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    rng = random.Random(seed)
    both, differences = list(zip(right_a, right_b)), []
    for _ in range(samples):
        drawn = rng.sample(both, len(both))
        differences.append(100 * sum(b - a for a, b in drawn) / len(drawn))
    differences = torch.tensor(differences).double()
    return (100 * (sum(right_b) - sum(right_a)) / len(right_a), *bounds_of(differences),
            (differences > 0).double().mean().item())


@wrong("You subtract b from a")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), samples, seed)
    return result(right_b, right_a, shares_of(right_b, draws), shares_of(right_a, draws))


@wrong("You return shares, from 0 to 1")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), samples, seed)
    a, b = shares_of(right_a, draws) / 100, shares_of(right_b, draws) / 100
    difference, low, high, wins = result(right_a, right_b, a, b)
    return difference / 100, low, high, wins


@wrong("The wins are a share")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), samples, seed)
    difference, low, high, wins = result(right_a, right_b, shares_of(right_a, draws), shares_of(right_b, draws))
    return difference, low, high, 100 * wins


@wrong("The wins are a share")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), samples, seed)
    a, b = shares_of(right_a, draws), shares_of(right_b, draws)
    return *result(right_a, right_b, a, b)[:3], (b > a).sum().item()


@wrong("Between your bounds lie 90 %")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), samples, seed)
    return result(right_a, right_b, shares_of(right_a, draws), shares_of(right_b, draws), 0.05, 0.95)


@wrong("These are the smallest and the largest")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), samples, seed)
    a, b = shares_of(right_a, draws), shares_of(right_b, draws)
    difference, _, _, wins = result(right_a, right_b, a, b)
    return difference, (b - a).min().item(), (b - a).max().item(), wins


@wrong("You count ties as wins")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), samples, seed)
    a, b = shares_of(right_a, draws), shares_of(right_b, draws)
    return *result(right_a, right_b, a, b)[:3], (b >= a).double().mean().item()


@wrong("You count the samples in which a has more right")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), samples, seed)
    a, b = shares_of(right_a, draws), shares_of(right_b, draws)
    return *result(right_a, right_b, a, b)[:3], (a > b).double().mean().item()


@wrong("You return the mean of the samples' differences")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), samples, seed)
    a, b = shares_of(right_a, draws), shares_of(right_b, draws)
    return (b - a).mean().item(), *result(right_a, right_b, a, b)[1:]


@wrong("You take the bounds of each system, and subtract those")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), samples, seed)
    a, b = shares_of(right_a, draws), shares_of(right_b, draws)
    difference, _, _, wins = result(right_a, right_b, a, b)
    (low_a, high_a), (low_b, high_b) = bounds_of(a), bounds_of(b)
    return difference, low_b - low_a, high_b - high_a, wins


@wrong("Your function draws by itself")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    """Without the seed."""
    draws = torch.randint(len(right_a), (samples, len(right_a)))
    return result(right_a, right_b, shares_of(right_a, draws), shares_of(right_b, draws))


@wrong("The seed has no effect")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), samples, 0)
    return result(right_a, right_b, shares_of(right_a, draws), shares_of(right_b, draws))


@wrong("A fair draw, but not the one that the text asks for")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    rng = np.random.default_rng(seed)
    draws = torch.tensor(rng.integers(len(right_a), size=(samples, len(right_a))))
    return result(right_a, right_b, shares_of(right_a, draws), shares_of(right_b, draws))


@wrong("A fair draw, but not the one that the text asks for")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    rng = random.Random(seed)
    draws = torch.tensor([rng.choices(range(len(right_a)), k=len(right_a)) for _ in range(samples)])
    return result(right_a, right_b, shares_of(right_a, draws), shares_of(right_b, draws))


@wrong("A fair draw, but not the one that the text asks for")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    """A column for each sample."""
    generator = torch.Generator().manual_seed(seed)
    draws = torch.randint(len(right_a), (len(right_a), samples), generator=generator).T
    return result(right_a, right_b, shares_of(right_a, draws), shares_of(right_b, draws))


@wrong("You average over the samples")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), samples, seed)
    a = 100 * torch.tensor(right_a).double()[draws].mean(dim=0)
    b = 100 * torch.tensor(right_b).double()[draws].mean(dim=0)
    return result(right_a, right_b, a, b)


@wrong("This is how many translations more are right")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), samples, seed)
    a, b = torch.tensor(right_a).double()[draws].sum(1), torch.tensor(right_b).double()[draws].sum(1)
    return sum(right_b) - sum(right_a), *bounds_of(b - a), (b > a).double().mean().item()


@wrong("The bounds are right, in the wrong order")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), samples, seed)
    return result(right_a, right_b, shares_of(right_a, draws), shares_of(right_b, draws), 0.975, 0.025)


@wrong("1.96 standard deviations")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), samples, seed)
    a, b = shares_of(right_a, draws), shares_of(right_b, draws)
    difference, _, _, wins = result(right_a, right_b, a, b)
    half = 1.96 * (b - a).std().item()
    return difference, difference - half, difference + half, wins


@wrong("The last sentence is never drawn")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    n = len(right_a)
    draws = torch.randint(n - 1, (samples, n), generator=torch.Generator().manual_seed(seed))
    return result(right_a, right_b, shares_of(right_a, draws), shares_of(right_b, draws))


@wrong(UNNAMED)
def paired_bootstrap_right(right_a, right_b, samples, seed):
    """Half of the sentences only."""
    draws = draws_of(len(right_a), samples, seed)[:, : len(right_a) // 2]
    return result(right_a, right_b, shares_of(right_a, draws), shares_of(right_b, draws))


@wrong("You draw another number of samples than `samples`")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), 1000, seed)
    return result(right_a, right_b, shares_of(right_a, draws), shares_of(right_b, draws))


@wrong("raised RuntimeError")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    """The mean of True and False."""
    draws = draws_of(len(right_a), samples, seed)
    a, b = torch.tensor(right_a)[draws].mean(dim=1), torch.tensor(right_b)[draws].mean(dim=1)
    return result(right_a, right_b, a, b)


@wrong("is a dict of length 4, and a tuple")
def paired_bootstrap_right(right_a, right_b, samples, seed):
    draws = draws_of(len(right_a), samples, seed)
    values = result(right_a, right_b, shares_of(right_a, draws), shares_of(right_b, draws))
    return dict(zip(["difference", "low", "high", "wins"], values))


@wrong(UNNAMED)
def paired_bootstrap_right(right_a, right_b, samples, seed):
    """The relative gain."""
    draws = draws_of(len(right_a), samples, seed)
    a, b = shares_of(right_a, draws), shares_of(right_b, draws)
    relative = 100 * (b - a) / a.clamp(min=1)
    return 100 * (sum(right_b) - sum(right_a)) / sum(right_a), *bounds_of(relative), (b > a).double().mean().item()


# ---------------------------------------------------------------- my_experiment

SORTING = {"claim": "Sorting five letters is easier than copying them.",
           "changed": ("the targets are copies", "the targets are in alphabetical order"),
           "held equal": ["the sources", "the number of weights", "updates: 250", "learning rate", "the seeds"],
           "prediction": "b is ahead by 10 points or more, with all five seeds",
           "scores": {0: (41.5, 80.0), 1: (38.0, 77.5), 2: (44.0, 83.5), 3: (40.5, 79.0), 4: (36.0, 81.0)},
           "verdict": "holds here"}


@right
def my_experiment():
    return SORTING


@right
def my_experiment():
    """A claim that falls, with three seeds; numbers of torch and lists for tuples."""
    return {"claim": "Two layers copy better than one, at equal weights.",
            "changed": ["one layer of 64", "two layers of 45"],
            "held equal": ["parameters (within 1 %)", "epochs", "data"],
            "prediction": "about 5 points more",
            "scores": {11: [torch.tensor(50.0), np.float64(31.0)], 12: [48, 33.5], 13: [52.5, 29]},
            "verdict": "does not hold here"}


@right
def my_experiment():
    """Nothing comes of it; more is written down than was asked for."""
    return SORTING | {"claim": "A dropout of 0.1 helps to read dates.", "changed": ("dropout 0", "dropout 0.1"),
                      "held equal": ["the same number of training steps", "batch size", "all sizes"],
                      "scores": {0: (81.0, 84.5), 1: (83.0, 79.5), 2: (85.0, 85.0), 3: (80.0, 86.0)},
                      "verdict": "cannot tell here", "surprise": "the seeds differ by six points"}


@right
def my_experiment():
    """From the floor to the ceiling: with each seed the same."""
    return SORTING | {"scores": {seed: (0, 100.0) for seed in range(5)}}


@wrong("One of the six entries is missing or empty")
def my_experiment():
    return {key: value for key, value in SORTING.items() if key != "prediction"}


@wrong("A prediction stands there before the first run")
def my_experiment():
    return SORTING | {"prediction": " "}


@wrong("A prediction stands there before the first run")
def my_experiment():
    return SORTING | {"prediction": "..."}


@wrong("Your prediction repeats the claim")
def my_experiment():
    return SORTING | {"prediction": SORTING["claim"]}


@wrong("Write the claim as a sentence")
def my_experiment():
    return SORTING | {"claim": "sorting"}


@wrong("`\"changed\"` has two sides")
def my_experiment():
    return SORTING | {"changed": "copies are sorted"}


@wrong("Both sides of `\"changed\"` are the same")
def my_experiment():
    return SORTING | {"changed": ("sort_task", "sort_task")}


@wrong("`\"held equal\"` is a list")
def my_experiment():
    return SORTING | {"held equal": "weights and updates"}


@wrong("Neither the weights nor the updates are among what you hold equal")
def my_experiment():
    return SORTING | {"held equal": ["the sources", "the seeds", "the learning rate"]}


@wrong("What you have changed stands among what you hold equal")
def my_experiment():
    return SORTING | {"changed": ("num_hiddens 32", "num_hiddens 64"), "held equal": ["updates", "num_hiddens 64"]}


@wrong("Two runs or fewer can't tell chance")
def my_experiment():
    return SORTING | {"scores": {0: (41.5, 80.0), 1: (38.0, 77.5)}}


@wrong("Two runs or fewer can't tell chance")
def my_experiment():
    return SORTING | {"scores": {0: (41.5, 80.0)}}


@wrong("`\"scores\"` is a dictionary from each seed to two numbers")
def my_experiment():
    return SORTING | {"scores": {"a": [41.5, 38.0, 44.0], "b": [80.0, 77.5, 83.5]}}


@wrong("`\"scores\"` is a dictionary from each seed to two numbers")
def my_experiment():
    return SORTING | {"scores": {0: (41.5, 80.0), 1: (38.0, 77.5), 2: 44.0}}


@wrong("`\"scores\"` is a dictionary from each seed to two numbers")
def my_experiment():
    return SORTING | {"scores": [(41.5, 80.0), (38.0, 77.5), (44.0, 83.5)]}


@wrong("The scores are percentages, from 0 to 100")
def my_experiment():
    return SORTING | {"scores": {0: (141.5, 180), 1: (138, 177), 2: (144, 183)}}


@wrong("These scores are shares, from 0 to 1")
def my_experiment():
    return SORTING | {"scores": {0: (0.41, 0.8), 1: (0.38, 0.77), 2: (0.44, 0.83)}}


@wrong("All scores are 0")
def my_experiment():
    return SORTING | {"scores": {seed: (0.0, 0.0) for seed in range(5)}, "verdict": "cannot tell here"}


@wrong("All scores are 100")
def my_experiment():
    return SORTING | {"scores": {seed: (100, 100) for seed in range(5)}, "verdict": "cannot tell here"}


@wrong("With every seed a and b score exactly the same")
def my_experiment():
    return SORTING | {"scores": {seed: (70 + seed, 70 + seed) for seed in range(5)}, "verdict": "cannot tell here"}


@wrong("Every seed gives the same two scores")
def my_experiment():
    return SORTING | {"scores": {seed: (41.5, 80.0) for seed in range(5)}}


@wrong("`\"verdict\"` is one of three")
def my_experiment():
    return SORTING | {"verdict": "sorting is easier"}


@wrong("With every seed b is ahead")
def my_experiment():
    return SORTING | {"verdict": "cannot tell here"}


@wrong("With every seed a is ahead")
def my_experiment():
    """What was hoped for."""
    return SORTING | {"scores": {0: (80, 41), 1: (77, 38), 2: (83, 44)}}


@wrong("Your seeds don't agree")
def my_experiment():
    """By the mean."""
    return SORTING | {"scores": {0: (41.5, 80.0), 1: (38.0, 77.5), 2: (64.0, 63.5)}}


@wrong("is a tuple of length 2, and a dict")
def my_experiment():
    return SORTING, {}
