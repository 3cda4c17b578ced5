"""Attention or not, one direction or two: nets of equal weights, on the corpus and on joined sentences (lesson 11).

`make_experiments.py` runs it. All else is as in lesson 08 (lesson_settings.py), but for smaller nets.
"""

import random
import time

import torch
from lesson_settings import EPOCHS, MIN_FREQ, learning_rate
from making import count_weights, read

from seq2seq_lib import (
    AttentionDecoder,
    Batches,
    Decoder,
    Encoder,
    Seq2Seq,
    Vocab,
    corpus_bleu,
    predict,
    references_by_source,
    remember_from_start,
    train,
)

CORPUS, SEEDS = "eng-fra", range(5)
SETTINGS = {"fixed": (Decoder, False), "fixed, two directions": (Decoder, True),
            "attention": (AttentionDecoder, False), "attention, two directions": (AttentionDecoder, True)}
EMBED_SIZE, NUM_HIDDENS, DROPOUT = 128, 192, 0.05  # of the net with a fixed context; the others have as many weights
LENGTHS = {"1 to 4": (1, 4), "5 to 6": (5, 6), "7 to 8": (7, 8), "9 to 10": (9, 10), "11 and more": (11, 99)}
MOST_JOINED, NUM_STEPS = 4, 100


def make_net(setting, vocabs, num_hiddens):
    make_decoder, both_ways = SETTINGS[setting]
    sizes = dict(embed_size=EMBED_SIZE, num_hiddens=num_hiddens, num_layers=1, dropout=DROPOUT)
    return remember_from_start(Seq2Seq(Encoder(len(vocabs[0]), **sizes, bidirectional=both_ways),
                                       make_decoder(len(vocabs[1]), **sizes)))


def matched_hiddens(setting, vocabs):
    """Return the even `num_hiddens` with which a net has nearly as many weights as the one with a fixed context."""
    goal = count_weights(make_net("fixed", vocabs, NUM_HIDDENS))
    return min(range(NUM_HIDDENS // 2, 2 * NUM_HIDDENS, 2),
               key=lambda num_hiddens: abs(count_weights(make_net(setting, vocabs, num_hiddens)) - goal))


def joined(pairs, seed=0):
    """Join one to `MOST_JOINED` pairs in a row, drawn at random, into one; each pair is used once.

    Returns:
        A list of `(source tokens, target tokens, number of sentences)`.
    """
    rng, rest, found = random.Random(seed), list(pairs), []
    rng.shuffle(rest)
    while rest:
        group = [rest.pop() for _ in range(min(rng.randint(1, MOST_JOINED), len(rest)))]
        source, target = ([token for sentence in side for token in sentence] for side in zip(*group))
        found.append((source, target, len(group)))
    return found


def on_corpus(seed):
    """Return training pairs, the batch size, and for each group of lengths its sources and their references."""
    references = references_by_source(read(CORPUS, "validation"))
    groups = {name: {source: labels for source, labels in references.items() if low <= len(source) <= high}
              for name, (low, high) in LENGTHS.items()}
    return read(CORPUS, "train"), 32, groups


def on_joined(seed):
    """The same for joined sentences, each with one reference. The pairs are halved: as many updates as on the corpus."""
    groups = {f"{n} joined" if n > 1 else "1 alone": references_by_source(
        [(source, target) for source, target, size in joined(read(CORPUS, "validation")) if size == n])
        for n in range(1, MOST_JOINED + 1)}
    return [(source, target) for source, target, _ in joined(read(CORPUS, "train"), seed)], 16, groups


DATA = {"attention": on_corpus, "joined": on_joined}


def run(experiment, setting, seed):
    """Train one net and score it on the validation part.

    Returns:
        Columns of this run, and for each group of lengths, then for all, its name, its sentences, their BLEU.
    """
    pairs, batch_size, groups = DATA[experiment](seed)
    vocabs = tuple(Vocab(side, MIN_FREQ) for side in zip(*read(CORPUS, "train")))  # of both experiments the same
    torch.manual_seed(seed)
    num_hiddens = matched_hiddens(setting, vocabs)
    torch.manual_seed(seed)
    net = make_net(setting, vocabs, num_hiddens)
    batches, start = Batches(pairs, *vocabs, batch_size, seed=seed), time.monotonic()
    train(net, batches, learning_rate, EPOCHS, vocabs[1], "cpu", progress=False)
    about = dict(weights=count_weights(net), updates=EPOCHS * len(batches), seconds=round(time.monotonic() - start))
    translations = {name: predict(net, list(references), *vocabs, NUM_STEPS) for name, references in groups.items()}
    labels = {name: list(references.values()) for name, references in groups.items()}
    translations["all"], labels["all"] = sum(translations.values(), []), sum(labels.values(), [])
    return about, [(name, len(labels[name]), round(corpus_bleu(translations[name], labels[name]), 2)) for name in labels]
