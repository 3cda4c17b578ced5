"""Answers to the blanks of lesson 02, right and wrong, as readers would write them; test_checks.py tries them."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seq2seq_lib.checks import lesson_02


def step(x, h, W, U, new=lambda r, z, n, h: (1 - z) * n + z * h, candidate=lambda x_n, r, h_n: x_n + r * h_n):
    """The step as a reader may write it, one matrix after another."""
    W_r, W_z, W_n = W.chunk(3)
    U_r, U_z, U_n = U.chunk(3)
    r = torch.sigmoid(x @ W_r.T + h @ U_r.T)
    z = torch.sigmoid(x @ W_z.T + h @ U_z.T)
    return new(r, z, torch.tanh(candidate(x @ W_n.T, r, h @ U_n.T)), h)


def cell(x, h, W, U):
    """The step of PyTorch's own cell."""
    gru = nn.GRUCell(W.shape[1], U.shape[1], bias=False)
    gru.weight_ih.data, gru.weight_hh.data = W, U
    return gru(x, h)


def gates_of_the_token_alone(x, h, W, U):
    x_r, x_z, x_n = (x @ W.T).chunk(3, dim=-1)
    h_r, h_z, h_n = (h @ U.T).chunk(3, dim=-1)
    r, z = x_r.sigmoid(), x_z.sigmoid()
    return (1 - z) * (x_n + r * h_n).tanh() + z * h


def encoder(forward):
    """A reader's class: the lines of the lesson, and a `forward(self, X)`."""
    class MyEncoder(nn.Module):
        def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
            super().__init__()
            self.embedding = nn.Embedding(vocab_size, embed_size)
            self.rnn = nn.GRU(embed_size, num_hiddens, num_layers)

    MyEncoder.forward = forward
    return MyEncoder


def one_by_one(encoder, X, valid_len):
    """The contexts without packing: each sentence alone, as long as it is."""
    return torch.cat([encoder(X[i : i + 1, :n])[1][-1] for i, n in enumerate(valid_len)])


def packed(encoder, X, valid_len):
    return pack_padded_sequence(encoder.embedding(X.T), valid_len, enforce_sorted=False)


def sorted_and_left_so(encoder, X, valid_len):
    order = valid_len.argsort(descending=True)
    return encoder.rnn(pack_padded_sequence(encoder.embedding(X[order].T), valid_len[order]))[1][-1]


ANSWERS = {
    lesson_02.gru_step: (
        [step, cell, lambda x, h, W, U: step(x, h, W, U, new=lambda r, z, n, h: n + z * (h - n)),
         lambda x, h, W, U: step(x, h, W, U, new=lambda r, z, n, h: torch.lerp(n, h, z))],
        [
            (lambda x, h, W, U: step(x, h, W, U, new=lambda r, z, n, h: (1 - z) * h + z * n), "wrong way round"),
            (lambda x, h, W, U: step(x, h, W, U, new=lambda r, z, n, h: (1 - r) * n + r * h,
                                     candidate=lambda x_n, r, h_n: x_n + r * h_n), "differs, first at `[0]`"),
            (lambda x, h, W, U: step(x, h, W, U, candidate=lambda x_n, r, h_n: x_n + h_n), "does nothing"),
            (lambda x, h, W, U: step(x, h, W, U, candidate=lambda x_n, r, h_n: r * (x_n + h_n)), "scales the token"),
            (lambda x, h, W, U: step(x, h, W, U, new=lambda r, z, n, h: n), "This is the candidate"),
            (lambda x, h, W, U: step(x, h, W.roll(len(h), 0), U), "differs, first at"),
            (lambda x, h, W, U: step(x, h, *(torch.cat((A.chunk(3)[1], A.chunk(3)[0], A.chunk(3)[2]))
                                             for A in (W, U))), "update gate swapped"),
            (lambda x, h, W, U: step(x, h, W, U, new=lambda r, z, n, h: (1 - z) @ n + z @ h), "of shape (3,)"),
            (gates_of_the_token_alone, "differs, first at"),
            (lambda x, h, W, U: h.mul_(0.5) and None, "RuntimeError"),
            (lambda x, h: h, "Keep its parameters"),
        ],
    ),
    lesson_02.MyEncoder: (
        [encoder(lambda self, X: self.rnn(self.embedding(X.T))),
         encoder(lambda self, X: self.rnn(self.embedding(X).permute(1, 0, 2))),
         encoder(lambda self, X: [*self.rnn(self.embedding(X).transpose(0, 1))])],
        [
            (encoder(lambda self, X: self.rnn(self.embedding(X))), "takes sentences for steps"),
            (encoder(lambda self, X: self.rnn(self.embedding(X).view(X.shape[1], X.shape[0], -1))), "move words"),
            (encoder(lambda self, X: self.rnn(self.embedding(X.T))[::-1]), "other way round"),
            (encoder(lambda self, X: self.rnn(self.embedding(X.T))[1]), "returns one thing"),
            (encoder(lambda self, X: self.rnn(self.embedding(X.T))[1][-1]), "taken from `state` later"),
            (encoder(lambda self, X: (lambda output, state: (output, state[-1]))(*self.rnn(self.embedding(X.T)))),
             "is the context"),
            (encoder(lambda self, X: (lambda output, state: (output[-1], state))(*self.rnn(self.embedding(X.T)))),
             "of the last step alone"),
            (encoder(lambda self, X: None), "`return` missing"),
            (encoder(lambda self, X: self.rnn(X.T)), "Your function raised"),
            (encoder(lambda self, X: self.rnn(embs)), "NameError"),  # noqa: F821
        ],
    ),
    lesson_02.packed_context: (
        [one_by_one, lambda encoder, X, valid_len: encoder.rnn(packed(encoder, X, valid_len))[1][-1]],
        [
            (lambda encoder, X, valid_len: encoder.rnn(encoder.embedding(X.T))[1][-1], "padding as words"),
            (lambda encoder, X, valid_len: encoder(X)[0][-1], "padding as words"),
            (lambda encoder, X, valid_len: encoder.rnn(packed(encoder, X, valid_len))[1], "every layer"),
            (lambda encoder, X, valid_len: encoder.rnn(packed(encoder, X, valid_len))[1][0], "bottom layer"),
            (lambda encoder, X, valid_len: pad_packed_sequence(encoder.rnn(packed(encoder, X, valid_len))[0])[0][-1],
             "end of `output`"),
            (lambda encoder, X, valid_len: one_by_one(encoder, X, valid_len - 1), "before `<eos>`"),
            (sorted_and_left_so, "from the longest sentence"),
            (lambda encoder, X, valid_len: encoder.rnn(packed(encoder, X, valid_len)), "is a tuple of length 2"),
            (lambda encoder, X, valid_len: pack_padded_sequence(encoder.embedding(X.T), valid_len), "is a PackedSeq"),
        ],
    ),
}
