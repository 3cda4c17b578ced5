"""Heard: which groups of three tokens stood in training, so that a widget can say what a model never met."""

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


def _number(group):
    digest = hashlib.sha256(" ".join(group).encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big", signed=True)
