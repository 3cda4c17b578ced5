"""The training loop that tutorials print, and the steps that lead from it to `seq2seq_lib.train`.

Each step can be switched on by itself, so that a benchmark can say what it gives and a test that it changes nothing.
"""

import math

import torch
from torch import nn

from seq2seq_lib import Batches, grad_clipping, teacher_forcing

STEPS = ("trim", "bucket", "score_real", "fused", "clip", "pack")


def tutorial_batches(pairs, src_vocab, tgt_vocab, batch_size, steps=(), seed=0):
    """Make the batches: padded to one fixed `num_steps`, the longest of the data; `"bucket"` and `"trim"` mend that."""
    batches = Batches(pairs, src_vocab, tgt_vocab, batch_size, bucket="bucket" in steps, seed=seed)
    if "trim" in steps:
        return batches
    return [_fixed_width(batches, rows) for rows in batches.order(0)]


def _fixed_width(batches, rows):
    return batches.X[rows], batches.X_valid_len[rows], batches.Y[rows], batches.Y_valid_len[rows]


def tutorial_loss(net, batch, steps=()):
    """The loss of a batch per real token: every position scored, then multiplied by a mask."""
    X, X_valid_len, Y, Y_valid_len = batch
    dec_input = teacher_forcing(Y)
    enc_valid_len = X_valid_len if "pack" in steps else None  # without it the encoder reads the padding
    mask = torch.arange(Y.shape[1])[None, :] < Y_valid_len[:, None]  # (batch, num_steps)
    if "score_real" in steps:
        scores = net(X, dec_input, enc_valid_len, real=mask)  # (real tokens, vocab_size)
        return nn.functional.cross_entropy(scores, Y[mask], reduction="sum") / mask.sum()
    Y_hat, _ = net(X, dec_input, enc_valid_len)
    losses = nn.CrossEntropyLoss(reduction="none")(Y_hat.permute(0, 2, 1), Y)  # (batch, num_steps)
    return (losses * mask).sum() / mask.sum()


def tutorial_clipping(net, theta):
    """Gradient clipping by a Python sum and a Python loop."""
    params = [p for p in net.parameters() if p.requires_grad]
    norm = torch.sqrt(sum(torch.sum(p.grad**2) for p in params))
    if norm > theta:
        for p in params:
            p.grad[:] *= theta / norm
    return float(norm)


def tutorial_train(net, data_iter, lr=0.002, theta=1.0, steps=(), seconds=math.inf, clock=None, max_batches=None):
    """Train once over `data_iter` and return the real target tokens seen."""
    optimizer = torch.optim.Adam(net.parameters(), lr=lr, fused=True if "fused" in steps else None)
    net.train()
    num_tokens = 0
    for i, batch in enumerate(data_iter):
        if i == max_batches or clock and clock() > seconds:
            break
        optimizer.zero_grad()
        loss = tutorial_loss(net, batch, steps)
        loss.backward()
        (grad_clipping if "clip" in steps else tutorial_clipping)(net, theta)
        optimizer.step()
        num_tokens += int(batch[3].sum())
    return num_tokens
