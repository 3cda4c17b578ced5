"""What the scripts that train on a corpus share: its pairs in tokens, and the table that they write."""

import csv

from seq2seq_lib import load_corpus, tokenize

LENGTHS = ((1, 4), (5, 6), (7, 8), (9, 10), (11, 99))  # tokens of a source


def in_tokens(pairs, corpus):
    """Return pairs of texts as pairs of lists of tokens, in the languages that a name such as `"eng-fra"` tells."""
    return [tuple(map(tokenize, pair, corpus.split("-"))) for pair in pairs]


def read(corpus, split, kind=None):
    """Return the pairs of a part of a corpus, or of one kind in it, as pairs of lists of tokens."""
    return in_tokens(load_corpus(corpus, split, kind=kind), corpus)


def by_length(sources, lengths=LENGTHS):
    """Return the numbers of the sources of each group of lengths, a dictionary from the group's name."""
    return {f"{low} and more" if high == 99 else f"{low} to {high}":
            [i for i, source in enumerate(sources) if low <= len(source) <= high] for low, high in lengths}


def count_weights(net):
    return sum(p.numel() for p in net.parameters())


def closest_size(make_net, sizes, goal):
    """Return the size of those with which `make_net(size)` has the number of weights nearest to `goal`."""
    return min(sizes, key=lambda size: abs(count_weights(make_net(size)) - goal))


def write_table(path, rows):
    """Write a CSV file; the first row names the columns."""
    path.parent.mkdir(exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    print(f"{path.name}: {len(rows) - 1} rows")
