"""The checks of the exercises: what they say of right, wrong and untouched answers, and what no answer can do to them.

A lesson's exercises join by an entry in `ANSWERS`, here or in a file of their own, `test_checks_NN.py`: right answers,
and wrong ones with a part of what they are told, all written as a reader would write them.
"""

import _thread
import importlib
import os
import pkgutil
import random
import re
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch

import seq2seq_lib.checks
from seq2seq_lib import Encoder, Vocab, encode
from seq2seq_lib.checks import Exercise, Verdict, lesson_01, lesson_02, lesson_03, runner
from seq2seq_lib.checks.runner import difference

# ---------------------------------------------------------------- answers, lesson by lesson


def share_by_ids(token_lists, vocab):
    ids = [i for tokens in token_lists for i in vocab[tokens]]
    return ids.count(0) / len(ids)


def mean_of_shares(token_lists, vocab):
    return sum(vocab[tokens].count(0) / len(tokens) for tokens in token_lists) / len(token_lists)


def share_of_types(token_lists, vocab):
    words = set().union(*token_lists)
    return len([word for word in words if word not in vocab]) / len(words)


def first_sentence_only(token_lists, vocab):
    for tokens in token_lists:
        return vocab[tokens].count(0) / len(tokens)


def ids_against_a_number(token_lists, vocab):
    return sum(vocab[tokens] == 0 for tokens in token_lists) / sum(map(len, token_lists))


def resize_with_where(X, valid_len, num_steps):
    new = torch.full((len(X), num_steps), 1)
    width = min(num_steps, X.shape[1])
    new[:, :width] = X[:, :width]
    new[valid_len > num_steps, -1] = 3
    return new, valid_len.clamp(max=num_steps)


def resize_in_place(X, valid_len, num_steps):
    new = X[:, :num_steps]
    new[valid_len > num_steps, -1] = 3
    if num_steps > X.shape[1]:
        new = torch.nn.functional.pad(new, (0, num_steps - X.shape[1]), value=1)
    return new, valid_len.clamp(max=num_steps)


def pad_with_zero(X, valid_len, num_steps):
    new = torch.nn.functional.pad(X, (0, max(0, num_steps - X.shape[1])))[:, :num_steps].clone()
    new[valid_len > num_steps, -1] = 3
    return new, valid_len.clamp(max=num_steps)


def cut(X, valid_len, num_steps):
    return resize_with_where(X, valid_len.clamp(max=num_steps), num_steps)


def eos_everywhere(X, valid_len, num_steps):
    new, valid_len = resize_with_where(X, valid_len, num_steps)
    new[:, -1] = 3
    return new, valid_len


def batches_by_a_loop(lengths, max_cells, *, keep_last=True, limit=0, by=lambda n, i: (n, i)):
    batches, batch, longest = [], [], 0
    for n, i in sorted(((n, i) for i, n in enumerate(lengths)), key=lambda pair: by(*pair)):
        if batch and (len(batch) + 1) * max(n, longest) > max_cells - limit:
            batches.append(batch)
            batch, longest = [], 0
        batch.append(i)
        longest = max(longest, n)
    return batches + [batch] * keep_last


def batches_by_words(lengths, max_cells):
    batches, words = [[]], 0
    for i in torch.tensor(lengths).argsort(stable=True).tolist():
        if words + lengths[i] > max_cells and batches[-1]:
            batches.append([])
            words = 0
        batches[-1].append(i)
        words += lengths[i]
    return batches


def batches_with_an_empty_one(lengths, max_cells):
    batches, batch = [], []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if (len(batch) + 1) * lengths[i] > max_cells:
            batches.append(batch)
            batch = []
        batch.append(i)
    return [*batches, batch]


def batches_in_one_list(lengths, max_cells):
    batches, batch = [], []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[i] > max_cells:
            batches.append(batch)
            batch.clear()
        batch.append(i)
    return [*batches, batch]


def batches_by_the_newest(lengths, max_cells, *, in_order=False, reverse=False, rows=1, look_back=0, skip=False):
    """By the hint: the newest sentence is taken for the longest; and what comes of it without the right order."""
    batches, batch = [], []
    numbers = range(len(lengths)) if in_order else sorted(range(len(lengths)), key=lengths.__getitem__, reverse=reverse)
    for i in numbers:
        if skip and lengths[i] > max_cells:
            continue
        if batch and (len(batch) + rows) * lengths[batch[-1] if look_back else i] > max_cells:
            batches.append(batch)
            batch = []
        batch.append(i)
    return [*batches, batch]


def shapes_by_running(batch, num_steps, embed_size, num_hiddens, num_layers):
    encoder = Encoder(10, embed_size, num_hiddens, num_layers)
    X = torch.zeros(batch, num_steps, dtype=torch.long)
    return [tuple(encoder.embedding(X.T).shape), *[tuple(tensor.shape) for tensor in encoder(X)]]


def shapes_named(text):
    """Write shapes by the first letters of their axes: "sbe sbh lbh" is the right answer."""
    def shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
        sizes = dict(b=batch, s=num_steps, e=embed_size, h=num_hiddens, l=num_layers, H=num_layers * num_hiddens)
        return [tuple(sizes.get(letter, 1) for letter in shape) for shape in text.split()]
    return shapes


def gather_last(output, valid_len):
    index = (valid_len - 1)[None, :, None].expand(1, -1, output.shape[2])
    return output.gather(0, index)[0]


def gru_with_where(embs, valid_len, W, U, *, real=lambda t, n: t < n, reset=lambda r, h, U: r * (h @ U.T), keep=True):
    h = torch.zeros(embs.shape[1], U.shape[1])
    output = []
    for t, x in enumerate(embs):
        gates = x @ W.T
        size = U.shape[1]
        r = torch.sigmoid(gates[:, :size] + h @ U[:size].T)
        z = torch.sigmoid(gates[:, size : 2 * size] + h @ U[size : 2 * size].T)
        n = torch.tanh(gates[:, 2 * size :] + reset(r, h, U[2 * size :]))
        new = (1 - z) * n + z * h
        mask = real(t, valid_len)[:, None]
        h = torch.where(mask, new, h) if keep else new * mask
        output.append(new * mask)
    return torch.stack(output), h[None]


def gru_of_torch(embs, valid_len, W, U):
    gru = torch.nn.GRU(W.shape[1], U.shape[1], bias=False)
    gru.load_state_dict({"weight_ih_l0": W, "weight_hh_l0": U})
    packed = torch.nn.utils.rnn.pack_padded_sequence(embs, valid_len, enforce_sorted=False)
    output, state = gru(packed)
    output, _ = torch.nn.utils.rnn.pad_packed_sequence(output, total_length=len(embs))
    return output.detach(), state.detach()


def plain_gru(embs, valid_len, W, U):
    return gru_of_torch(embs, torch.full_like(valid_len, len(embs)), W, U)


def pairs_by_index(tokens):
    framed = ["<bos>"] + tokens + ["<eos>"]
    return [[framed[i], framed[i + 1]] for i in range(len(framed) - 1)]


def decoder_class(paper=False, init_state=None, change=lambda scores, old, new: (scores, new), reads=None, gives=None,
                  bias=False, start=torch.tanh):
    """A decoder as a reader might write it, other names and another order; the options put slips into it."""
    class ReadersDecoder(torch.nn.Module):
        def __init__(self, vocab_size, embed_size, num_hiddens, num_layers=1):
            super().__init__()
            parts = {"e": embed_size, "c": num_hiddens, "h": num_hiddens}
            self.reads, self.gives = reads or ("ec" if paper else "e"), gives or ("hec" if paper else "h")
            self.out = torch.nn.Linear(sum(parts[part] for part in self.gives), vocab_size)
            if paper:
                self.V = torch.nn.Linear(num_hiddens, num_hiddens, bias=bias)
            width = sum(parts[part] for part in self.reads)
            self.gru = torch.nn.GRU(width, num_hiddens, num_layers, batch_first=True)
            self.words = torch.nn.Embedding(vocab_size, embed_size)

        def init_state(self, enc_outputs):
            _, state = enc_outputs
            if init_state:
                return init_state(self, state)
            return (start(self.V(state[-1])).unsqueeze(0) if paper else state), state[-1]

        def forward(self, X, state):
            h, c = state
            e = self.words(X)
            c_steps = c.unsqueeze(1).repeat(1, X.shape[1], 1)
            output, new = self.gru(torch.cat([{"e": e, "c": c_steps}[part] for part in self.reads], -1), h)
            parts = {"e": e, "c": c_steps, "h": output}
            scores = self.out(torch.cat([parts[part] for part in self.gives], -1))
            return change(scores, state, (new, c))

    return ReadersDecoder


def moving_context(scores, old, new):
    return scores, (new[0], new[0][-1])


class OnlyLayers(torch.nn.Module):
    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers=1):
        super().__init__()

    def init_state(self, enc_outputs):
        raise NotImplementedError


class StepsForSentences(torch.nn.Module):
    """`X` where `X.T` is meant."""

    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocab_size, embed_size)
        self.rnn = torch.nn.GRU(embed_size, num_hiddens, num_layers)
        self.dense = torch.nn.Linear(num_hiddens, vocab_size)

    def init_state(self, enc_outputs):
        return enc_outputs[1]

    def forward(self, X, state):
        output, state = self.rnn(self.embedding(X), state)
        return self.dense(output).permute(1, 0, 2), state


SLIPS = [  # in any decoder
    (dict(change=lambda scores, old, new: (scores.permute(1, 0, 2), new)), "time first"),
    (dict(change=lambda scores, old, new: (scores.permute(1, 0, 2).reshape(scores.shape), new)), "deal them out anew"),
    (dict(change=lambda scores, old, new: scores), "`forward` returns one thing"),
    (dict(change=lambda scores, old, new: (scores, old)), "begins where the first began"),
    (dict(change=lambda scores, old, new: (scores.softmax(-1), new)), "probabilities"),
    (dict(change=lambda scores, old, new: (scores.log_softmax(-1), new)), "`result['scores']` differs, first at"),
]

ANSWERS = {
    lesson_01.unknown_share: (
        [share_by_ids],
        [
            (lambda token_lists, vocab: 1 - share_by_ids(token_lists, vocab), "known tokens"),
            (lambda token_lists, vocab: 100 * share_by_ids(token_lists, vocab), "percent"),
            (mean_of_shares, "each sentence"),
            (share_of_types, "different token once"),
            (ids_against_a_number, "never equal to a number"),
            (lambda token_lists, vocab: len([t for s in token_lists for t in s if t not in vocab]), "number of"),
            (lambda token_lists, vocab: sum(0 in vocab[s] for s in token_lists) / len(token_lists), "sentences"),
            (lambda token_lists, vocab: 0.5, "`result` is 0.5, and 0.25 is expected"),
            (lambda token_lists, vocab: torch.tensor(0.25), "a float is expected (`.item()`"),
            (first_sentence_only, "inside the loop"),
            (lambda token_lists, vocab: vocab[sum(token_lists, [])].count(0) / len(token_lists),
             "by the number of sentences"),
            (lambda token_lists, vocab: vocab[sum(token_lists, [])].count(0) // len(sum(token_lists, [])), "`//`"),
            (lambda token_lists: 0.0, "TypeError"),
        ],
    ),
    lesson_01.resize: (
        [resize_with_where, lambda X, valid_len, num_steps: [*resize_with_where(X, valid_len, num_steps)]],
        [
            (cut, "never ends"),
            (lambda X, n, num_steps: (X[:, :num_steps], n.clamp(max=num_steps)), "never ends"),
            (eos_everywhere, "Every row has `<eos>` in its last cell"),
            (lambda X, n, num_steps: (resize_with_where(X, n, num_steps)[0], n), "still those of the old one"),
            (lambda X, n, num_steps: (resize_with_where(X, n, num_steps)[0], n.clamp(max=num_steps - 1)), "counts"),
            (pad_with_zero, "id 1"),
            (lambda X, n, num_steps: resize_with_where(X, n, min(num_steps, X.shape[1])), "must grow"),
            (resize_in_place, "right result, but it changes its argument `X`"),
            (lambda X, n, num_steps: resize_with_where(X, n, num_steps)[0], "Return the valid lengths too"),
            (lambda X, n, num_steps: (resize_with_where(X, n, num_steps)[0], torch.tensor([num_steps] * len(n))),
             "every valid length is `num_steps`"),
            (lambda X, n, num_steps: (X.T, n), "a tensor of shape (5, 1) and type int64"),
            (lambda X, n, num_steps: (X[:, :num_steps].float(), n), "type float32"),
            (lambda X, n, num_steps: (X[:, -num_steps:], n.clamp(max=num_steps)), "`result[0]` differs, first at"),
        ],
    ),
    lesson_01.token_batches: (
        [batches_by_a_loop, lambda lengths, max_cells: tuple(map(tuple, batches_by_a_loop(lengths, max_cells)))],
        [
            (batches_by_words, "count words"),
            (lambda lengths, n: batches_by_a_loop(lengths, n, keep_last=False), "last batch is missing"),
            (lambda lengths, n: batches_by_a_loop(lengths, n, limit=1), "exactly `max_cells`"),
            (lambda lengths, n: batches_by_a_loop(lengths, n, by=lambda n, i: i), "order of the list"),
            (lambda lengths, n: batches_by_a_loop(lengths, n, by=lambda n, i: (-n, -i)), "longest sentence"),
            (batches_with_an_empty_one, "empty batch"),
            (batches_in_one_list, "one and the same list"),
            (lambda lengths, n: batches_by_the_newest(lengths, n, in_order=True), "order of the list"),
            (lambda lengths, n: batches_by_the_newest(lengths, n, reverse=True), "longest sentence"),
            (lambda lengths, n: batches_by_the_newest(lengths, n, rows=0), "*without* the sentence"),
            (lambda lengths, n: batches_by_the_newest(lengths, n, look_back=1), "*without* the sentence"),
            (lambda lengths, n: batches_by_the_newest(lengths, n, skip=True), "longer than `max_cells` is lost"),
            (lambda lengths, n: [[lengths.index(lengths[i]) for i in b] for b in batches_by_a_loop(lengths, n)],
             "the first of them only"),
            (lambda lengths, n: [[lengths[i] for i in b] for b in batches_by_a_loop(lengths, n)], "row numbers"),
            (lambda lengths, n: lengths.sort() or batches_by_a_loop(lengths, n), "changes its argument `lengths`"),
            (lambda lengths, n: [b[::-1] for b in batches_by_a_loop(lengths, n)], "`result[0][0]` is 2, and 0"),
            (lambda lengths, n: [torch.tensor(b) for b in batches_by_a_loop(lengths, n)], "and a list of length 2"),
            (lambda lengths, n: 12, "is an int, and a list of length 2"),
        ],
    ),
    lesson_02.encoder_shapes: (
        [shapes_by_running, shapes_named("sbe sbh lbh")],
        [
            (shapes_named("bse bsh lbh"), "time comes first"),
            (shapes_named("bse sbh lbh"), "time comes first"),
            (shapes_named("sbe bsh lbh"), "time comes first"),
            (shapes_named("bse bsh blh"), "is `num_layers`"),
            (shapes_named("sbe sbh blh"), "layers swapped"),
            (shapes_named("sbe sbh bh"), "the context"),
            (shapes_named("sbe sbh 1bh"), "one layer only"),
            (shapes_named("sbe sbh sbh"), "every step"),
            (shapes_named("sbe sbh lsh"), "batch belongs"),
            (shapes_named("sbe sbH lbh"), "top layer"),
            (shapes_named("sbe sbe lbh"), "as wide as"),
            (shapes_named("seb sbh lbh"), "`result[0][1]` is 8, and 4 is expected"),
            (shapes_named("sbh lbh"), "and a tuple of length 3 is expected"),
            (lambda *sizes: str(shapes_by_running(*sizes)), "is a str"),
        ],
    ),
    lesson_02.last_states: (
        [gather_last, lambda output, n: output[n - 1, torch.arange(len(n))],
         lambda output, n: output.transpose(0, 1)[torch.arange(len(n)), n - 1]],
        [
            (lambda output, n: output[-1], "that step is padding"),
            (lambda output, n: output[n, torch.arange(len(n))], "one step too late"),
            (lambda output, n: torch.stack([output[k, i] for i, k in enumerate(n)]), "one step too late"),
            (lambda output, n: output[n - 2, range(len(n))], "one step too early"),
            (lambda output, n: output[n - 1], "Say which sentence"),
            (lambda output, n: output[torch.arange(len(n)), n - 1], "swapped"),
            (lambda output, n: torch.stack([output[k - 1, 0] for k in n]), "from the first sentence"),
            (lambda output, n: output[n.max() - 1], "one step for all sentences"),
            (lambda output, n: output[-1] * (n == len(output))[:, None], "has zeros"),
            (lambda output, n: torch.stack([output[:k, i].sum(0) for i, k in enumerate(n)]), "sum of all real"),
            (lambda output, n: torch.stack([output[:k, i].mean(0) for i, k in enumerate(n)]), "mean of the real"),
            (lambda output, n: output.sum(0) / len(output), "padding included"),
            (lambda output, n: gather_last(output, n).unsqueeze(0), "an axis too many"),
            (lambda output, n: gather_last(output, n).T, "a tensor of shape (2, 3)"),
            (lambda output, n: [output[k - 1, i] for i, k in enumerate(n)], "is a list of length 3, and a tensor"),
            (lambda output, n: output[n + 5], "IndexError"),
        ],
    ),
    lesson_02.masked_gru: (
        [gru_with_where, gru_of_torch],
        [
            (plain_gru, "this is the plain GRU"),
            (lambda *args: (gru_of_torch(*args)[0], plain_gru(*args)[1]), "the state has read the padding"),
            (lambda *args: gru_with_where(*args, keep=False), "of a short sentence is zero"),
            (lambda *args: gru_with_where(*args, real=lambda t, n: t <= n), "one step too many"),
            (lambda *args: gru_with_where(*args, real=lambda t, n: t < n - 1), "one step too early"),
            (lambda *args: gru_with_where(*args, reset=lambda r, h, U: (r * h) @ U.T), "as in the paper"),
            (lambda *args: gru_with_where(*args, reset=lambda r, h, U: h @ U.T), "does nothing"),
            (lambda *args: (gru_of_torch(*args)[0], gru_of_torch(*args)[1][0]), "lacks its first axis"),
            (lambda embs, n, W, U: gru_of_torch(embs, n, W, U.roll(1)), "`result[0]` differs, first at `[1, 0, 0]`"),
            (lambda *args: gru_of_torch(*args)[1], "is a tensor of shape (1, 2, 2) and type float32, and a tuple"),
            (lambda embs, n, W, U: gru_with_where(embs, n, W.T, U), "RuntimeError"),
        ],
    ),
    lesson_03.asked_for: (
        [pairs_by_index, lambda tokens: list(zip(["<bos>"] + tokens, tokens + ["<eos>"]))],
        [
            (lambda tokens: list(zip(["<bos>"] + tokens, tokens)), "last step is missing"),
            (lambda tokens: pairs_by_index(tokens)[1:], "first step is missing"),
            (lambda tokens: [(tokens[i], tokens[i + 1]) for i in range(len(tokens) - 1)], "first and the last step"),
            (lambda tokens: [pair[::-1] for pair in pairs_by_index(tokens)], "wrong way round"),
            (lambda tokens: [(token, token) for token in tokens], "learn to copy"),
            (lambda tokens: [(token, token) for token in tokens + ["<eos>"]], "learn to copy"),
            (lambda tokens: pairs_by_index(tokens) + [("<eos>", "<pad>")], "a step too many"),
            (lambda tokens: [["<bos>"] + tokens, tokens + ["<eos>"]], "pair them"),
            (lambda tokens: zip(["<bos>"] + tokens, tokens + ["<eos>"]), "is a zip, and a list of length 4"),
            (lambda tokens: pairs_by_index(["ils"]), "a list of length 4 is expected"),
            (lambda tokens: tokens.insert(0, "<bos>") or list(zip(tokens, tokens[1:] + ["<eos>"])),
             "right result, but it changes its argument `tokens`"),
        ],
    ),
    lesson_03.SutskeverDecoder: (
        [decoder_class(), decoder_class(init_state=lambda self, state: (state, state[0]))],
        [(decoder_class(**options), message) for options, message in SLIPS] + [
            (OnlyLayers, "`__init__` runs. Now `init_state` and `forward`"),
            (StepsForSentences, "`X.T`"),
            (decoder_class(reads="ec"), "design of the lesson"),
            (decoder_class(reads="ec", change=moving_context), "running state"),
            (decoder_class(init_state=lambda self, state: (None, state[-1])), "starts from zeros"),
            (decoder_class(init_state=lambda self, state: (state[-1].expand(state.shape).contiguous(), state[-1])),
             "encoder's top layer"),
            (decoder_class(init_state=lambda self, state: state), "ValueError: not enough values to unpack"),
            (decoder_class(gives="he"), "`result['scores']` differs, first at"),
            (torch.nn.GRU, "Your function raised "),  # in which way hangs on the version of PyTorch
            (torch.nn.Linear(1, 1), "TypeError"),
        ],
    ),
    lesson_03.ChoDecoder: (
        [decoder_class(paper=True)],
        [(decoder_class(paper=True, **options), message) for options, message in SLIPS] + [
            (OnlyLayers, "`__init__` runs. Now `init_state` and `forward`"),
            (decoder_class(), "`result['scores']` differs, first at"),
            (decoder_class(True, init_state=lambda self, state: (state, state[-1])), "starts from the encoder's state"),
            (decoder_class(True, init_state=lambda self, state: (state.tanh(), state[-1])), "matrix V′ is missing"),
            (decoder_class(True, start=lambda x: x), "tanh is missing"),
            (decoder_class(True, bias=True), "`bias=False`"),
            (decoder_class(True, init_state=lambda self, state: (self.V(state).tanh(), self.V(state[-1]).tanh())),
             "c itself"),
            (decoder_class(True, change=moving_context), "another context"),
            (decoder_class(True, change=lambda scores, old, new: (scores, (old[0].repeat(1, 2, 1), old[1]))),
             "RuntimeError"),
            (decoder_class(True, reads="ce"), "embedding first"),
            (decoder_class(True, gives="ehc"), "another order"),
            (decoder_class(True, gives="hce"), "another order"),
            (decoder_class(True, gives="h"), "reads the new state alone"),
            (decoder_class(True, gives="hc"), "embedding is missing"),
            (decoder_class(True, gives="he"), "context is missing"),
        ],
    ),
}

class ForwardDecoder(torch.nn.Module):
    """Lesson 03's blank, filled in; `fill` is what stands in it."""

    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocab_size, embed_size)
        self.rnn = torch.nn.GRU(embed_size + num_hiddens, num_hiddens, num_layers)
        self.dense = torch.nn.Linear(num_hiddens, vocab_size)

    def init_state(self, enc_outputs):
        output, state = enc_outputs
        return state, state[-1]

    def forward(self, X, state):
        embs = self.embedding(X.T)
        repeated = state[1].repeat(len(embs), 1, 1)
        output, hidden = self.rnn(torch.cat((embs, repeated), 2), state[0])
        return self.dense(output).transpose(0, 1), (hidden, state[1])


class BatchFirstDecoder(ForwardDecoder):
    def forward(self, X, state):
        embs = self.embedding(X)
        output, hidden = self.rnn(torch.cat((embs, state[1].expand(len(embs), -1, -1)), 2), state[0])
        return self.dense(output), (hidden, state[1])


class StateAgainDecoder(ForwardDecoder):
    def forward(self, X, state):
        return super().forward(X, state)[0], state


class OneCall(torch.nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, X, dec_input, X_valid_len):
        return self.decoder(dec_input, self.decoder.init_state(self.encoder(X, X_valid_len)))


class DeafToLengths(OneCall):
    def forward(self, X, dec_input, X_valid_len):
        return self.decoder(dec_input, self.decoder.init_state(self.encoder(X)))


class ScoresOnly(OneCall):
    def forward(self, X, dec_input, X_valid_len):
        return super().forward(X, dec_input, X_valid_len)[0]


def forcing_in_place(Y):
    shifted = torch.empty_like(Y)
    shifted[:, 0] = 2
    shifted[:, 1:] = Y[:, :-1]
    return shifted


ANSWERS |= {
    lesson_03.my_teacher_forcing: (
        [forcing_in_place, lambda Y: torch.nn.functional.pad(Y[:, :-1], (1, 0), value=2)],
        [(lambda Y: torch.cat((torch.full((len(Y), 1), 2), Y), 1), "column too many"),
         (lambda Y: Y.roll(1, 1), "came back in front"), (lambda Y: Y.clone(), "to copy"),
         (lambda Y: torch.cat((Y[:, 1:], Y[:, :1]), 1), "another result")]),
    lesson_03.MyDecoder: (
        [ForwardDecoder],
        [(BatchFirstDecoder, "X.T"), (StateAgainDecoder, "begins where the first began"),
         (decoder_class(True, change=moving_context), "another")]),
    lesson_03.MySeq2Seq: ([OneCall], [(DeafToLengths, "reads the padding too"), (ScoresOnly, "Return both")]),
}

for path in sorted(Path(__file__).parent.glob("test_checks_[0-9][0-9].py")):
    ANSWERS |= importlib.import_module(path.stem).ANSWERS

MODULES = [importlib.import_module(f"seq2seq_lib.checks.{m.name}") for m in pkgutil.iter_modules(
    seq2seq_lib.checks.__path__) if m.name.startswith("lesson")]
BLANKS = [blank for module in MODULES for blank in getattr(module, "BLANKS", ())]
EXERCISES = {exercise.name: exercise for module in MODULES for exercise in module.EXERCISES}
EXERCISES |= {blank.name: blank for blank in BLANKS}
MISTAKES = [pytest.param(exercise, *mistake, id=f"{exercise.name}-{i}")
            for exercise in EXERCISES.values() for i, mistake in enumerate(exercise.mistakes)]


def entries(which):
    return [pytest.param(exercise, answer, id=f"{exercise.name}-{i}")
            for exercise, both in ANSWERS.items() for i, answer in enumerate(both[which])]


def same(exercise, one, other):
    return all(difference(exercise.result_of(one, number), exercise.result_of(other, number)) is None
               for number in range(len(exercise.cases)))


def test_every_exercise_has_its_answers_and_a_name_of_its_own():
    assert set(ANSWERS) == set(EXERCISES.values())
    assert sum(len(module.EXERCISES) for module in MODULES) + len(BLANKS) == len(EXERCISES)
    for module in MODULES:
        for exercise in (*module.EXERCISES, *getattr(module, "BLANKS", ())):
            assert getattr(module, exercise.name) is exercise
            assert all(len(case) == len(exercise.parameters) for case in exercise.cases)


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_untouched(exercise):
    def stub(*args):
        """What the reader is asked to do."""
        raise NotImplementedError

    verdict = exercise.verdict(stub)
    assert (verdict.status, verdict.message) == ("not attempted", exercise.start)
    assert repr(verdict).startswith(f"○ Not attempted yet · {exercise.name}\n")


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_nothing_returned(exercise):
    verdict = exercise.verdict(lambda *args: None)
    assert verdict.status == "wrong" and "`return` missing" in verdict.message


@pytest.mark.parametrize("exercise, answer", entries(0))
def test_right(exercise, answer):
    verdict = exercise.verdict(answer)
    assert (verdict.status, verdict.message, verdict.details) == ("right", exercise.after, "")


@pytest.mark.parametrize("exercise, answer", entries(1))
def test_wrong(exercise, answer):
    function, part_of_message = answer
    verdict = exercise.verdict(function)
    assert verdict.status == "wrong" and part_of_message in verdict.message
    assert part_of_message.startswith("right result") or verdict.details.startswith("input\n")


@pytest.mark.parametrize("exercise, mistake, message", MISTAKES)
def test_known_mistakes_are_told_their_message(exercise, mistake, message):
    verdict = exercise.verdict(mistake)
    assert verdict.status == "wrong" and verdict.message == message
    assert "expected" in verdict.details and "yours" in verdict.details


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_mistakes_differ_from_the_answer_and_from_each_other(exercise):
    assert exercise.verdict(exercise.answer).status == "right"
    assert len({message for _, message in exercise.mistakes}) >= (2 if exercise in BLANKS else 3)
    for i, (one, message) in enumerate(exercise.mistakes):
        assert not same(exercise, one, exercise.answer)
        for other, other_message in exercise.mistakes[:i]:
            assert message == other_message or not same(exercise, one, other)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_right_but_for_one_case_is_wrong_and_told_which(exercise, seed):
    """Results at random from the right answer, from a mistake and from another case: never right, always explained."""
    rng = random.Random(seed)
    mistake = rng.choice(exercise.mistakes)[0]
    broken = rng.choice([case for case in exercise.cases if difference(mistake(*case), exercise.answer(*case))])

    def answer(*args):
        is_broken = difference(list(args), list(broken)) is None
        return (mistake if is_broken else exercise.answer)(*args)

    verdict = exercise.verdict(answer)
    assert verdict.status == "wrong" and verdict.message and "expected" in verdict.details


# ---------------------------------------------------------------- what no answer can do to a check

def _double(x, items):
    return 2 * x


double = Exercise(_double, cases=[(torch.tensor([1, 2]), [1, 2, 3]), (torch.tensor([5]), [])],
                  mistakes=[(lambda x, items: x, "not doubled")], start="Begin.", after="Go on.")


@pytest.fixture
def quickly(monkeypatch):
    monkeypatch.setattr(runner, "SECONDS", 0.3)


def raises(error):
    def function(x, items):
        raise error
    return function


class Hostile:
    """Raises whatever it is asked."""

    def fail(self, *args):
        raise RuntimeError("hostile")

    __repr__ = __str__ = __eq__ = __len__ = __iter__ = __bool__ = __float__ = __getattr__ = __hash__ = fail


class HostileError(Exception):
    def __str__(self):
        raise KeyError("no text")


class HostileList(list):
    def __len__(self):
        sys.exit()


def no_end(x, items):
    while True:
        pass


def no_end_that_catches_everything(x, items):
    while True:
        try:
            time.sleep(0.001)
        except:  # noqa: E722
            pass


def no_end_that_prints(x, items):
    while True:
        print("x" * 80)


def no_end_that_grows(x, items):
    while True:
        items.append([[]])  # takes a while to free


def calls_itself(x, items):
    return calls_itself(x, items)


def itself(x, items):
    items.append(items)
    return items


def generator(x, items):
    yield 2 * x


async def coroutine(x, items):
    return 2 * x


@pytest.mark.parametrize("function, part_of_message", [
    (raises(ValueError("bad value")), "Your function raised ValueError: bad value. It came from line"),
    (raises(SystemExit(1)), "raised SystemExit"),
    (raises(KeyboardInterrupt()), "raised KeyboardInterrupt"),
    (raises(GeneratorExit()), "raised GeneratorExit"),
    (raises(HostileError()), "raised HostileError. It came"),
    (raises(NotImplementedError("of torch")), "raised NotImplementedError: of torch"),
    (raises(OSError("no /home/somebody/x/file.txt at 0x7f00beef")), "no file.txt."),
    (raises(ValueError("x" * 10_000)), "xxx. It came"),
    (raises(ValueError("\ud800\x1b[31m\x00")), "raised ValueError"),
    (calls_itself, "raised RecursionError"),
    (lambda: None, "Keep its parameters as they are: `double(x, items)`"),
    (print, "`result` is None"),
    (Hostile, "Keep its parameters as they are"),
    (lambda x, items: Hostile(), "is a Hostile, and a tensor of shape (2,) and type int64 is expected"),
    (lambda x, items: [Hostile()], "is a list of length 1"),
    (lambda x, items: HostileList([1]), "is a HostileList"),
    (lambda x, items: items.append(Hostile()) or 2 * x, "changes its argument `items`"),
    (lambda x, items: items.clear() or x, "changes its argument `items`. Make a copy first: the caller still needs the "
                                          "original. If that was not all: not doubled"),
    (lambda x, items: x.mul_(2), "changes its argument `x`"),
    (lambda x, items: 10**10_000, "is an int"),
    (lambda x, items: float("nan"), "is a float"),
    (lambda x, items: (2 * x).to("meta"), "is on the device meta"),
    (lambda x, items: (2 * x).to_sparse(), "cannot be compared"),
    (lambda x, items: 2.0 * x, "float32"),
    (lambda x, items: torch.stack([x, x]), "shape (2, 2)"),
    (lambda x, items: torch.zeros(1000, 1000), "shape (1000, 1000)"),
    (lambda x, items: list(range(10**6)), "a list of length 1000000"),
    (itself, "is a list of length 4"),
    (generator, "is a generator"),
    (coroutine, "is a coroutine"),
    (lambda x, items: lambda: 1, "is a function"),
    (lambda x, items: double, "is an Exercise"),
    (double, "raised TypeError"),
    (None, "got None, not a function"),
    (7, "got an int, not a function"),
    (torch.ones(2), "got a tensor of shape (2,)"),
])
def test_abuse_is_answered_with_a_sentence(function, part_of_message):
    verdict = double(function)
    assert verdict.status == "wrong" and part_of_message in verdict.message
    assert_fit_to_show(verdict)


def assert_fit_to_show(verdict):
    text = repr(verdict)
    assert text and len(text) < 5000 and text == runner._clean(text)
    text.encode(), verdict._repr_html_().encode()


@pytest.mark.parametrize("function", [no_end, no_end_that_catches_everything, no_end_that_prints, no_end_that_grows])
def test_a_function_that_does_not_return_is_stopped(function, quickly, capsys):
    verdict = double(function)
    assert verdict.message.startswith("Your function had not returned after five seconds. It was stopped.")
    assert "x = tensor([1, 2])" in verdict.details
    used = time.process_time()
    time.sleep(0.3)
    assert time.process_time() - used < 0.1  # nothing computes any more
    assert capsys.readouterr() == ("", "")
    assert double(_double).status == "right"  # and the next check works


def test_a_function_that_never_returns_is_told_so_after_five_seconds():
    start = time.monotonic()
    assert "five seconds" in double(no_end).message
    assert 5 <= time.monotonic() - start < 7


def test_a_function_that_cannot_be_stopped_is_left_alone(quickly):
    verdict = double(lambda x, items: time.sleep(2))
    assert verdict.status == "wrong" and "restart the kernel" in verdict.message
    assert double(_double).status == "right"


@pytest.mark.parametrize("interrupt", [
    pytest.param(lambda: os.kill(os.getpid(), signal.SIGINT), id="as the kernel does it on Linux and macOS",
                 marks=pytest.mark.skipif(os.name == "nt", reason="there it ends the process")),
    pytest.param(_thread.interrupt_main, id="as the kernel does it on Windows"),
])
def test_an_interrupt_ends_the_check(interrupt):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background starts without one
    threading.Timer(0.3, interrupt).start()
    start = time.monotonic()
    assert "You interrupted the check before your function had returned. It was stopped." in double(no_end).message
    assert time.monotonic() - start < runner.SECONDS


@pytest.fixture
def slow(quickly):
    """An exercise whose own answer and mistakes take longer than a reader may."""
    def _slow(x):
        time.sleep(0.2)
        return 2 * x

    def mistake(x):
        time.sleep(0.2)
        return x + 2

    return Exercise(_slow, [(1,), (2,), (3,)], [(mistake, "added")], "Begin.", "Go on.")


def test_only_the_readers_own_time_is_counted(slow):
    assert slow(lambda x: 2 * x).status == "right" and slow.marks(lambda x: x + x, 4) == 4
    assert slow(lambda x: x + 2).message == "added"
    assert slow.marks(lambda x: x + 2, 6) == 1  # one case of three


def test_the_readers_time_is_counted_over_all_cases(slow):
    verdict = slow(lambda x: time.sleep(0.11) or 2 * x)
    assert "had not returned" in verdict.message and "x = 1" not in verdict.details and slow.timed_out
    assert slow.marks(lambda x: time.sleep(0.11) or 2 * x, 4) == 0


def test_mistakes_are_tried_only_on_a_wrong_result():
    tried = []
    exercise = Exercise(_double, double.cases, [(lambda x, items: tried.append(1), "None")], "Begin.", "Go on.")
    assert exercise(_double).status == "right" and not tried
    assert exercise(lambda x, items: x).status == "wrong" and tried


def test_the_plainest_failing_case_is_reported(quickly):
    def wrong_then_crashing(x, items):
        return x[1:] if items else 1 / 0

    def wrong_then_endless(x, items):
        return no_end(x, items) if not items else x

    verdict = double(wrong_then_crashing)
    assert "shape (1,)" in verdict.message and "x = tensor([1, 2])" in verdict.details
    verdict = double(wrong_then_endless)
    assert verdict.message.startswith("not doubled And on a later input") and "It was stopped" in verdict.message
    assert "yours" in verdict.details and double.marks(wrong_then_endless, 4) == 0


def test_edges_are_tried_only_on_a_function_that_is_right_so_far():
    exercise = Exercise(_double, [*double.cases, (torch.tensor([0]), [])], double.mistakes, "Begin.", "Go on.", edges=1)
    tried = []
    assert exercise(_double).status == "right"
    assert "not doubled" == exercise(lambda x, items: tried.append(x.tolist()) or (x if x.any() else 1)).message
    assert tried == [[1, 2], [5]]
    assert "is an int" in exercise(lambda x, items: 2 * x if x.any() else 1).message


def test_a_function_that_prints_too_much_is_told_that(quickly):
    assert "takes its time to print" in double(no_end_that_prints).message
    assert "print" not in double(no_end).message


def test_output_is_caught_cut_and_mentioned(capsys):
    def shy(x, items):
        print("x is", x.tolist(), "<b>")
        return 2 * x

    def loud(x, items):
        print("x" * 80 + "\n", file=sys.stderr)
        for _ in range(1000):
            print("y" * 10_000)
        return 2 * x

    assert repr(double(shy)) == ("✓ Right · double\nGo on.\nyour function printed\n  x is [1, 2] <b>\n  x is [5] <b>")
    verdict = double(loud)
    assert verdict.status == "right" and "your function printed a lot; it begins\n  xxx" in verdict.details
    assert len(verdict.details) < 1200
    assert capsys.readouterr() == ("", "")


def test_what_a_reader_writes_is_escaped():
    evil = "<script>alert(1)</script> & `code`"
    for function in (raises(ValueError(evil)), lambda x, items: print(evil), lambda x, items: [evil, {evil: 1}]):
        verdict = double(function)
        assert "<script>" in repr(verdict)
        assert "<script>" not in verdict._repr_html_() and "&lt;script&gt;" in verdict._repr_html_()
    verdict = double(type(evil, (), {"__init__": lambda self, *args: None}))
    assert "<script>" not in verdict._repr_html_()


def test_the_line_of_the_readers_function_is_named():
    source = "def share(x, items):\n    def helper():\n        return 1 / 0\n    return helper()\n"
    runner.linecache.cache["<cell>"] = (len(source), None, source.splitlines(True), "<cell>")
    exec(compile(source, "<cell>", "exec"), names := {})
    verdict = double(names["share"])
    assert verdict.message == ("Your function raised ZeroDivisionError: division by zero. It came from line 3 of its "
                               "cell: `return 1 / 0`")
    assert "Traceback" not in repr(verdict)


def test_a_later_notimplementederror_is_no_untouched_stub():
    def half(x, items):
        if not items:
            raise NotImplementedError
        return 2 * x

    assert "raised NotImplementedError" in double(half).message


def test_the_notebook_keeps_its_random_numbers():
    def draws(x, items):
        return 2 * x + 0 * torch.randint(9, (1,)) + int(random.random() < 0)

    torch.manual_seed(0), random.seed(0)
    expected = torch.rand(3), random.random()
    torch.manual_seed(0), random.seed(0)
    assert double(draws).status == "right"
    assert torch.equal(torch.rand(3), expected[0]) and random.random() == expected[1]


def test_the_answer_and_the_reader_draw_the_same_random_numbers():
    def drawn(size):
        return torch.nn.Linear(size, size).weight

    exercise = Exercise(drawn, [(2,), (3,)], [(lambda size: drawn(size).T, "Transposed.")], "Begin.", "Go on.")
    assert exercise(lambda size: torch.nn.Linear(size, size).weight.detach()).status == "right"
    assert exercise(lambda size: drawn(size).t()).message == "Transposed."


def test_the_same_verdict_each_time():
    def noisy(x, items):
        print(object(), {"a", "b", "c"})
        return torch.rand(2), object(), {"one", "two", "three"}, lambda: 1

    verdicts = {repr(double(noisy)).replace(shown, "") for _ in range(3) for shown in [str({"a", "b", "c"})]}
    assert len(verdicts) == 1 and not re.search("0x|/", verdicts.pop())


def test_a_check_of_a_function_that_works_in_place():
    def call(function, values):
        values = list(values)
        function(values)
        return values

    def answer(values):
        values.sort()

    def solved(values):
        return sorted(values)

    solved.__name__ = "in_place"
    exercise = Exercise(solved, [([3, 1, 2],)], [], "Begin.", "Go on.", call=call)
    assert exercise(answer).status == "right" and exercise(sorted).status == "wrong"


def test_html_is_readable_without_colour_and_in_both_themes():
    for status, (icon, words, color) in runner.HEADINGS.items():
        html = Verdict(status, "f", "Say `x` <b>.", "a < b")._repr_html_()
        assert 'role="status"' in html and f'<span aria-hidden="true">{icon}</span> {words}' in html and color in html
        assert "--jp-content-font-color1" in html and "<code>x</code> &lt;b&gt;" in html and "a &lt; b" in html


def test_difference():
    vocab = Vocab([["a"]])
    assert difference(vocab, Vocab([["a"]])) is None and difference(vocab, Vocab([["b"]]))
    assert difference(1, 1.0) is None and difference(1.0, 1) and difference(True, 1) and difference(1, True)
    assert difference({"a": 1}, {"a": 1}) is None and difference({"a": 1}, {"b": 1}) and difference([1], {0: 1})
    assert difference({"a": 1}, {"a": 2}, "d") == "`d['a']` is 1, and 2 is expected"
    assert difference(4.0, 4) == "`result` is 4.0, a float, and the int 4 is expected"
    assert difference(np.int64(4), 4) == "`result` is an int64 of numpy, and an int is expected (`int()` makes one)"
    assert difference(np.float32(4), 4.0) == "`result` is a float32 of numpy, and a float is expected " \
                                                "(`float()` makes one)"
    assert difference(4.5, 4) == "`result` is a float, and an int is expected" and difference("4", 4)
    assert difference(0.1 + 0.2, 0.3) is None and difference(float("nan"), float("nan")) is None
    assert difference(torch.nn.Linear(1, 1), torch.nn.Linear(1, 2))
    ours, theirs = torch.zeros(3, 2, device="meta"), torch.zeros(3, 2)
    assert difference(ours, theirs) == "`result` is on the device meta, and cpu is expected (`.to(device)` moves it)"
    assert difference(ours[:2], theirs).startswith("`result` is a tensor of shape (2, 2) and type float32, and")
    one = torch.nn.Linear(2, 2)
    assert difference(one, one) is None


def test_resize_is_what_encode_does():
    """The exercise and the library agree."""
    vocab = Vocab([list("abcde")])
    sentences = [list("abcde"), list("ab"), [], list("axd")]
    for num_steps in (1, 3, 6, 9):
        ours = lesson_01.resize.answer(*encode(sentences, vocab), num_steps)
        assert difference(ours, encode(sentences, vocab, num_steps)) is None


def test_token_batches_hold_each_sentence_once_within_the_limit():
    rng = random.Random(0)
    for _ in range(200):
        lengths = [rng.randint(1, 12) for _ in range(rng.randint(1, 20))]
        batches = lesson_01.token_batches.answer(lengths, max_cells := rng.randint(1, 30))
        assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
        assert all(len(b) * max(lengths[i] for i in b) <= max_cells or len(b) == 1 for b in batches)
