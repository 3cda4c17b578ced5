"""Batches: sentences of different lengths as rectangles of ids, with their valid lengths."""

import torch

from .text import EOS, PAD


def encode(token_lists, vocab, num_steps=None):
    """Turn token lists into one padded rectangle of ids: the tokens, then `<eos>`, then `<pad>`.

    Args:
        token_lists: a list of lists of tokens.
        vocab: their `Vocab`.
        num_steps: the width; a longer sentence loses its last tokens but keeps its `<eos>`.
            By default as wide as the longest sentence with its `<eos>`.

    Returns:
        ids: `(batch, num_steps)`, int64.
        valid_len: `(batch,)`, int64: the tokens of each row with `<eos>`, without padding.

    Raises:
        ValueError: no sentences, or `num_steps` below 1.
        TypeError: a sentence is a string: tokenize it first.
    """
    if len(token_lists) == 0:
        raise ValueError("there are no sentences to encode; check the split, and the file they came from")
    for tokens in token_lists:
        if isinstance(tokens, str):
            raise TypeError(f"the sentence {tokens[:40]!r} is a string; pass its tokens: tokenize(sentence, language)")
    if num_steps is None:
        num_steps = 1 + max(len(tokens) for tokens in token_lists)
    if num_steps < 1:
        raise ValueError(f"num_steps is {num_steps}; it must be 1 or more, since <eos> takes one step")
    rows = [vocab[list(tokens)[: num_steps - 1]] + [EOS] for tokens in token_lists]
    ids = torch.tensor([row + [PAD] * (num_steps - len(row)) for row in rows])  # (batch, num_steps)
    return ids, torch.tensor([len(row) for row in rows])  # (batch,)


class Batches:
    """Sentence pairs as batches `(X, X_valid_len, Y, Y_valid_len)`, to be iterated once an epoch.

    `X` and `Y` are ids `(batch, num_steps)`, only as wide as the longest sentence *of the batch*; the valid
    lengths are `(batch,)` and count `<eos>` but no padding. Sentences of like length come together ("bucketing"),
    so few cells are padding. The order depends on `seed` and `epoch` alone; each iteration raises `epoch` by one.

    Args:
        pairs: a list of `(source tokens, target tokens)`.
        src_vocab, tgt_vocab: the two `Vocab`.
        batch_size: sentence pairs in a batch; the last batch may have fewer.
        num_steps: longer sentences are cut to that many tokens, `<eos>` included. Nothing is cut by default.
        shuffle: False keeps the order of `pairs`, for validation and test.
        bucket: False mixes all lengths, to see what bucketing saves.
        seed: another seed is another order.

    Raises:
        ValueError: no pairs, `batch_size` or `num_steps` below 1.
        TypeError: sentences that are not tokenized.
    """

    def __init__(self, pairs, src_vocab, tgt_vocab, batch_size, num_steps=None, *, shuffle=True, bucket=True, seed=0):
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}; it must be 1 or more")
        self.X, self.X_valid_len = encode([source for source, _ in pairs], src_vocab, num_steps)
        self.Y, self.Y_valid_len = encode([target for _, target in pairs], tgt_vocab, num_steps)
        self.batch_size, self.shuffle, self.bucket, self.seed = batch_size, shuffle, bucket, seed
        self.epoch = 0

    def __len__(self):
        return -(-len(self.X) // self.batch_size)  # rounded up

    def order(self, epoch):
        """Return the batches of an epoch as a list of tensors of row numbers, each `(batch,)`."""
        if not self.shuffle:
            return list(torch.arange(len(self.X)).split(self.batch_size))
        generator = torch.Generator().manual_seed(1_000_003 * self.seed + epoch)
        rows = torch.randperm(len(self.X), generator=generator)
        if self.bucket:  # a stable sort: sentences of equal lengths stay in random order
            length = self.X_valid_len * (self.Y.shape[1] + 1) + self.Y_valid_len
            rows = rows[length[rows].argsort(stable=True)]
        batches = rows.split(self.batch_size)
        return [batches[i] for i in torch.randperm(len(batches), generator=generator)]

    def __iter__(self):
        epoch, self.epoch = self.epoch, self.epoch + 1
        for rows in self.order(epoch):
            X_valid_len, Y_valid_len = self.X_valid_len[rows], self.Y_valid_len[rows]
            yield self.X[rows, : X_valid_len.max()], X_valid_len, self.Y[rows, : Y_valid_len.max()], Y_valid_len
