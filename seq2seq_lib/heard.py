"""Heard: what stood in training: which groups of three tokens, and the sentence that is nearest to another."""

import hashlib

import torch

from .text import BOS, RESERVED


def trigrams(tokens):
    """Return the groups of three tokens that follow each other in a sentence, with `<bos>` in front of it.

    A sentence of n tokens has n - 1 of them: `go .` has one, and a token alone has none, for nothing stands beside it
    that could be new.

    Args:
        tokens: a list of strings.

    Returns:
        A list of tuples of three strings.
    """
    started = [RESERVED[BOS], *tokens]
    return list(zip(started, started[1:], started[2:]))


def heard_table(sentences):
    """Make the table of all groups of three tokens in some sentences, for `share_heard`.

    Of a group the first 32 bits of its SHA-256 are kept, the same on every machine. So the table is small; a group that
    never stood there is taken for one that did with a probability of n / 2**32.

    Args:
        sentences: an iterable of lists of tokens: the sources of the training.

    Returns:
        An int32 tensor `(n,)`, ascending, each number once.

    Raises:
        TypeError: a sentence is a string: tokenize it first.
    """
    groups = set()
    for tokens in sentences:
        if isinstance(tokens, str):
            raise TypeError(f"sentences holds the string {tokens[:30]!r}; tokenize it first")
        groups.update(trigrams(tokens))
    return torch.tensor(sorted({_number(group) for group in groups}), dtype=torch.int32)


def share_heard(tokens, table):
    """Return the share of a sentence's groups of three tokens that are in a table, from 0 to 1.

    Args:
        tokens: a list of strings.
        table: an int32 tensor `(n,)`, as `heard_table` makes it.

    Returns:
        A float; 1 for a sentence that has no such group.
    """
    numbers = torch.tensor([_number(group) for group in trigrams(tokens)], dtype=torch.int32)
    if not len(numbers) or not len(table):
        return float(not len(numbers))
    places = torch.searchsorted(table, numbers).clamp(max=len(table) - 1)
    return (table[places] == numbers).double().mean().item()


def nearest_sentences(sentences, training):
    """Find for each sentence the training sentence that shares most words with it.

    Two sentences are as near as 2 · (words in both) / (words of one + words of the other), each word counted once.

    Args:
        sentences, training: lists of lists of tokens.

    Returns:
        A list of numbers: for each of `sentences` the place of the nearest in `training`, of several the first.
    """
    ids = {token: i for i, token in enumerate(dict.fromkeys(token for tokens in training for token in tokens))}
    bags = [[ids[token] for token in dict.fromkeys(tokens)] for tokens in training]
    sizes = torch.tensor([len(bag) for bag in bags])  # (training,)
    columns = torch.tensor([i for bag in bags for i in bag])
    places = torch.stack((torch.arange(len(bags)).repeat_interleave(sizes), columns))  # (2, words in all)
    theirs = torch.sparse_coo_tensor(places, torch.ones(len(columns)), (len(bags), len(ids)), check_invariants=True)
    nearest = []
    for first in range(0, len(sentences), 64):  # so many at once: memory stays small
        words = [set(tokens) for tokens in sentences[first : first + 64]]
        ours = torch.zeros(len(ids), len(words))
        for column, bag in enumerate(words):
            ours[[ids[token] for token in bag if token in ids], column] = 1
        shared = theirs @ ours  # (training, at most 64)
        nearest += (2 * shared / (sizes[:, None] + torch.tensor([len(bag) for bag in words]))).argmax(0).tolist()
    return nearest


def _number(group):
    digest = hashlib.sha256(" ".join(group).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big", signed=True)
