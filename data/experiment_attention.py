"""Attention or not, one direction or two: nets of equal weights, on the corpus and on joined sentences (lesson 11).

`make_experiments.py` runs it. All else is as in lesson 08 (lesson_settings.py), but for smaller nets.
"""

import random
import time

import torch
from lesson_settings import EPOCHS, MIN_FREQ, learning_rate
from making import by_length, closest_size, count_weights, read

from seq2seq_lib import (
    AttentionDecoder,
    Batches,
    Decoder,
    Encoder,
    Seq2Seq,
    Vocab,
    predict,
    references_by_source,
    remember_from_start,
    train,
)

CORPUS, SEEDS = "eng-fra", range(5)
SETTINGS = {"fixed, one direction": (Decoder, False), "fixed, two directions": (Decoder, True),
            "attention, one direction": (AttentionDecoder, False), "attention, two directions": (AttentionDecoder, True)}
EMBED_SIZE, NUM_HIDDENS, DROPOUT = 96, 128, 0.05  # of the net with a fixed context; the others have as many weights
MOST_JOINED, NUM_STEPS = 4, 100


def make_net(setting, vocabs, num_hiddens):
    make_decoder, both_ways = SETTINGS[setting]
    sizes = dict(embed_size=EMBED_SIZE, num_hiddens=num_hiddens, num_layers=1, dropout=DROPOUT)
    return remember_from_start(Seq2Seq(Encoder(len(vocabs[0]), **sizes, bidirectional=both_ways),
                                       make_decoder(len(vocabs[1]), **sizes)))


def matched_hiddens(setting, vocabs):
    """Return the even `num_hiddens` with which a net has nearly as many weights as the one with a fixed context."""
    goal = count_weights(make_net("fixed, one direction", vocabs, NUM_HIDDENS))
    return closest_size(lambda n: make_net(setting, vocabs, n), range(NUM_HIDDENS // 2, 2 * NUM_HIDDENS, 2), goal)


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


def data(name, seed, pairs):
    """Return what a net learns from and is asked about.

    Args:
        name: `"attention"`, the corpus as it is, or `"joined"`, sentences in a row, in batches half as large.
        seed: of the joining of the training pairs; the validation pairs are always joined in the same way.
        pairs: the training pairs of the corpus.

    Returns:
        Training pairs, batch size, the references of each source, and the groups of sources by length: a dictionary
        from a name to their numbers.
    """
    if name == "attention":
        references = references_by_source(read(CORPUS, "validation"))
        return pairs, 32, references, by_length(references)
    return [(source, target) for source, target, _ in joined(pairs, seed)], 16, *joined_references()


def joined_references():
    """Join the validation pairs, always in the same way; return the references of each source, and the groups."""
    triples = joined(read(CORPUS, "validation"))
    references = {tuple(source): [" ".join(target)] for source, target, _ in triples}
    size = {tuple(source): number for source, _, number in triples}
    groups = {f"{n} joined" if n > 1 else "1 alone": [i for i, source in enumerate(references) if size[source] == n]
              for n in range(1, MOST_JOINED + 1)}
    return references, groups


def trained(name, setting, seed):
    """Train a net.

    Returns:
        weights, updates, seconds, then translations of the validation part, their references, the groups by length.
    """
    corpus_pairs = read(CORPUS, "train")
    pairs, batch_size, references, groups = data(name, seed, corpus_pairs)
    vocabs = tuple(Vocab(side, MIN_FREQ) for side in zip(*corpus_pairs))  # in both experiments the same
    num_hiddens = matched_hiddens(setting, vocabs)
    torch.manual_seed(seed)
    net = make_net(setting, vocabs, num_hiddens)
    batches, start = Batches(pairs, *vocabs, batch_size, seed=seed), time.perf_counter()
    train(net, batches, learning_rate, EPOCHS, vocabs[1], "cpu", progress=False)
    seconds = time.perf_counter() - start
    return (count_weights(net), EPOCHS * len(batches), seconds,
            predict(net, list(references), *vocabs, NUM_STEPS), list(references.values()), groups)
