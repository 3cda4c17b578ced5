"""Runs the experiments of part two: data/results/*.csv, a table for each.

Run: python data/make_experiments.py [attention | joined ...]   (`make experiments` runs all, one after the other)

Each run is written as soon as it is done, and one that is in the table is not run again: stop at any moment and go on
later. Two experiments at once take one core each with OMP_NUM_THREADS=1. The scores are of the validation part; the
test part is not looked at. A run has a row for each group of sentences by length, and one for all of them. The column
`corpus` is the hash of the corpus; where it is another the table is refused: delete it to make it anew.
"""

import csv
import sys

import experiment_attention
from make_corpus import corpus_hash

from seq2seq_lib import data_folder

EXPERIMENTS = {"attention": experiment_attention, "joined": experiment_attention}
COLUMNS = "experiment", "setting", "seed", "weights", "updates", "seconds", "corpus", "length", "sentences", "BLEU"


def done(path, corpus):
    """Return the runs that a table holds, as a set of (setting, seed).

    Raises:
        SystemExit: the table is of another corpus.
    """
    if not path.exists():
        return set()
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if any(row["corpus"] != corpus for row in rows):
        raise SystemExit(f"{path.name} is of another corpus; delete it, and it is made anew")
    return {(row["setting"], int(row["seed"])) for row in rows}


def add(path, rows):
    """Write the rows of a run behind those that are there."""
    new = not path.exists()
    path.parent.mkdir(exist_ok=True)
    with open(path, "a", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *rows] if new else rows)


def make(name):
    """Run what is missing of an experiment."""
    experiment, path = EXPERIMENTS[name], data_folder() / "results" / f"{name}.csv"
    corpus = corpus_hash(experiment.CORPUS)
    there = done(path, corpus)
    for seed in experiment.SEEDS:
        for setting in experiment.SETTINGS:
            if (setting, seed) not in there:
                about, scores = experiment.run(name, setting, seed)
                add(path, [(name, setting, seed, *about.values(), corpus, *score) for score in scores])
                print(name, setting, f"seed {seed}, {about['weights']:,} weights, {about['updates']:,} updates in "
                      f"{about['seconds']} s: BLEU {scores[-1][-1]}", flush=True)


if __name__ == "__main__":
    for name in sys.argv[1:] or EXPERIMENTS:
        make(name)
