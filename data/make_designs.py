"""Compares two designs of a decoder that have the same number of weights, over three seeds: data/results/designs.csv.

Run: python data/make_designs.py   (`make results` does it)

In the design after Cho et al. 2014 the decoder reads the context at every step; in that of Sutskever et al. 2014 the
context only starts it. The second one gets more hidden units, so that both have as many weights. All else is as in
lesson 08 (lesson_settings.py). The scores are of the validation part; the test part is not looked at. The column
`corpus` is the hash of the corpus.
"""

import sys

import torch
from lesson_settings import BATCH_SIZE, EPOCHS, MIN_FREQ, NUM_STEPS, SIZES, learning_rate, make_net
from make_corpus import corpus_hash
from making import LENGTHS, by_length, closest_size, count_weights, read, write_table

from seq2seq_lib import (
    Batches,
    Vocab,
    corpus_bleu,
    data_folder,
    predict,
    references_by_source,
    train,
)

SEEDS = 0, 1, 2
DESIGNS = {"Cho": "every_step", "Sutskever": "initial"}


def matched_hiddens(vocabs):
    """Return the `num_hiddens` with which the design of Sutskever et al. has nearly as many weights as the other."""
    least = SIZES["num_hiddens"]
    goal = count_weights(make_net(vocabs, least, "every_step"))
    return closest_size(lambda n: make_net(vocabs, n, "initial"), range(least, 2 * least), goal)


def score(net, vocabs, references):
    """Yield, for all sentences and for each group of lengths, its name, its sentences and their BLEU."""
    sources, labels = list(references), list(references.values())
    translations = predict(net, sources, *vocabs, NUM_STEPS)
    for name, rows in {"all": range(len(sources)), **by_length(sources)}.items():
        yield name, len(rows), round(corpus_bleu([translations[i] for i in rows], [labels[i] for i in rows]), 2)


def main():
    corpus, pairs = corpus_hash("eng-fra"), read("eng-fra", "train")
    references = references_by_source(read("eng-fra", "validation"))
    vocabs = Vocab((source for source, _ in pairs), MIN_FREQ), Vocab((target for _, target in pairs), MIN_FREQ)
    num_hiddens = {"Cho": SIZES["num_hiddens"], "Sutskever": matched_hiddens(vocabs)}
    table = [("design", "num_hiddens", "weights", "seed", "epochs", "precision", "corpus", "tokens", "sentences",
              "BLEU")]
    for seed in SEEDS:
        for design, context in DESIGNS.items():
            torch.manual_seed(seed)
            net = make_net(vocabs, num_hiddens[design], context)
            train(net, Batches(pairs, *vocabs, BATCH_SIZE, seed=seed), learning_rate, EPOCHS, vocabs[1], "cpu",
                  progress=False)
            about = design, num_hiddens[design], count_weights(net), seed, EPOCHS, "float32", corpus
            table += [(*about, *row) for row in score(net, vocabs, references)]
            print(*about, f"BLEU {table[-1 - len(LENGTHS)][-1]}", flush=True)
    write_table(data_folder() / "results" / "designs.csv", table)


if __name__ == "__main__":
    sys.exit(main())
