"""Answers to the blanks of lesson 01, right and wrong, as readers would write them; `test_checks` tries them."""

import random
from collections import Counter

import pytest
import torch

from seq2seq_lib import Batches, Vocab, encode
from seq2seq_lib.checks import lesson_01

UNK, PAD, BOS, EOS = range(4)
RESERVED = ["<unk>", "<pad>", "<bos>", "<eos>"]


# ---------------------------------------------------------------- the tokens of a vocabulary

def by_loops(token_lists, min_freq=1, *, keep=lambda n, min_freq: n >= min_freq, once=False):
    counts, known = Counter(), []
    for tokens in token_lists:
        for token in set(tokens) if once else tokens:
            counts[token] += 1
    for token in counts:
        if keep(counts[token], min_freq):
            known.append(token)
    return RESERVED + sorted(known, key=lambda token: (-counts[token], token))


def by_one_list(token_lists, min_freq=1):
    counts = Counter(sum(token_lists, []))
    known = {token for token in counts if counts[token] >= min_freq}
    return RESERVED + sorted(known, key=lambda token: (-counts[token], token))


def with_letters(token_lists, min_freq=1):
    counts, known = Counter(), []
    for tokens in token_lists:
        for token in tokens:
            counts.update(token)
    known = [token for token, n in counts.items() if n >= min_freq]
    return RESERVED + sorted(known, key=lambda token: (-counts[token], token))


def with_repeats(token_lists, min_freq=1):
    counts, known = Counter(), []
    for tokens in token_lists:
        counts.update(tokens)
    for tokens in token_lists:
        for token in tokens:
            if counts[token] >= min_freq:
                known.append(token)
    return RESERVED + sorted(known, key=lambda token: (-counts[token], token))


def with_sentences(token_lists, min_freq=1):
    counts = Counter()
    counts.update(token_lists)
    return RESERVED + sorted(counts)


# ---------------------------------------------------------------- from tokens to ids

def vocab_class(look_up):
    class MyVocab:
        def __init__(self, token_lists, min_freq=1):
            self.tokens = by_loops(token_lists, min_freq)
            self.ids = {token: i for i, token in enumerate(self.tokens)}

        def __getitem__(self, tokens):
            return look_up(self, tokens)

    return MyVocab


def one_by_one(self, tokens):
    found = []
    for token in tokens:
        if token in self.ids:
            found.append(self.ids[token])
        else:
            found.append(UNK)
    return found


def unfinished(self, tokens):
    raise NotImplementedError


# ---------------------------------------------------------------- a row

def step_by_step(tokens, vocab, num_steps):
    row = vocab[tokens]
    if len(row) > num_steps - 1:
        row = row[: num_steps - 1]
    row.append(EOS)
    while len(row) < num_steps:
        row.append(PAD)
    return row


def cut_at_the_end(tokens, vocab, num_steps):
    row = vocab[tokens] + [EOS]
    while len(row) < num_steps:
        row.append(PAD)
    return row[:num_steps]


# ---------------------------------------------------------------- the batches of an epoch

def shuffled(items, generator):
    return [items[i] for i in torch.randperm(len(items), generator=generator)]


def to_tensors(pairs, src_vocab, tgt_vocab):
    X, X_valid_len = encode([source for source, _ in pairs], src_vocab)
    Y, Y_valid_len = encode([target for _, target in pairs], tgt_vocab)
    return X, X_valid_len, Y, Y_valid_len


def epoch(key=lambda pair: (len(pair[0]), len(pair[1])), shuffle=shuffled, end=lambda n, size: n, make=to_tensors,
          reverse=False):
    def my_batches(pairs, src_vocab, tgt_vocab, batch_size, seed=0):
        generator = torch.Generator().manual_seed(seed)
        pairs = shuffled(pairs, generator)
        pairs.sort(key=key, reverse=reverse)
        batches = []
        for start in range(0, end(len(pairs), batch_size), batch_size):
            batches.append(pairs[start : start + batch_size])
        for batch in shuffle(batches, generator):
            yield make(batch, src_vocab, tgt_vocab)

    return my_batches


def returned_too_early(*args):
    for batch in epoch()(*args):
        return batch


def anew(items, generator):
    return shuffled(items, torch.Generator().manual_seed(0))


def by_random(items, generator):
    random.shuffle(items)
    return items


def endless(*args):
    while True:
        yield from epoch()(*args)


def wide(batch, src_vocab, tgt_vocab):
    X, X_valid_len = encode([source for source, _ in batch], src_vocab, 9)
    Y, Y_valid_len = encode([target for _, target in batch], tgt_vocab, 9)
    return X, X_valid_len, Y, Y_valid_len


ANSWERS = {
    lesson_01.known_tokens: (
        [by_loops, by_one_list],
        [
            (lambda token_lists, min_freq: by_loops(token_lists), "You keep every token"),
            (lambda token_lists, n: by_loops(token_lists, n, keep=lambda n, min_freq: n > min_freq), "`>=`"),
            (lambda token_lists, n: by_loops(token_lists, n, keep=lambda n, min_freq: n < min_freq), "rare tokens"),
            (lambda token_lists, n: by_loops(token_lists, n, keep=lambda n, min_freq: n == min_freq), "exactly"),
            (lambda token_lists, n: by_loops(token_lists, n, keep=lambda n, min_freq: False), "still empty"),
            (lambda token_lists, n: by_loops(token_lists, n, once=True), "counts twice"),
            (with_letters, "You count letters"),
            (with_repeats, "Take each of them once"),
            (lambda token_lists, n: by_loops(token_lists[:1], n), "first sentence only"),
            (lambda token_lists, n: by_loops(token_lists, n)[4:], "reserved tokens are missing"),
            (with_sentences, "TypeError"),
        ],
    ),
    lesson_01.MyVocab: (
        [vocab_class(one_by_one), vocab_class(lambda self, tokens: [self.ids.get(token, UNK) for token in tokens]),
         vocab_class(lambda self, tokens: [self.ids[t] if t in self.ids else 0 for t in tokens])],
        [
            (vocab_class(lambda self, tokens: [self.ids[token] for token in tokens]), "KeyError: 'dancing'"),
            (vocab_class(lambda self, tokens: [self.ids.get(token) for token in tokens]), "`None`"),
            (vocab_class(lambda self, tokens: [self.ids[t] for t in tokens if t in self.ids]), "fewer ids"),
            (vocab_class(lambda self, tokens: [self.ids.get(t, PAD) for t in tokens]), "`<pad>`"),
            (vocab_class(lambda self, tokens: [self.ids.get(t, "<unk>") for t in tokens]), "the text `<unk>`"),
            (vocab_class(lambda self, tokens: [self.ids.get(t, len(self.ids)) for t in tokens]), "behind the last one"),
            (vocab_class(lambda self, tokens: one_by_one(self, tokens)[0] if tokens else 0), "one id"),
            (vocab_class(lambda self, tokens: None), "`return` missing"),
        ],
    ),
    lesson_01.to_row: (
        [step_by_step, lambda tokens, vocab, num_steps: lesson_01.resize.answer(
            *encode([tokens], vocab), num_steps)[0][0].tolist()],
        [
            (cut_at_the_end, "has lost its `<eos>`"),
            (lambda tokens, vocab, n: (vocab[tokens] + [PAD] * n)[: n - 1] + [EOS], "behind the padding"),
            (lambda tokens, vocab, n: vocab[tokens] + [EOS] + [PAD] * (n - 1 - len(tokens)), "is not cut"),
            (lambda tokens, vocab, n: [i if i != PAD else UNK for i in step_by_step(tokens, vocab, n)], "unknown word"),
            (lambda tokens, vocab, n: [i if i != PAD else EOS for i in step_by_step(tokens, vocab, n)], "ends once"),
            (lambda tokens, vocab, n: (vocab[tokens] + [PAD] * n)[:n], "There is no `<eos>`"),
            (lambda tokens, vocab, n: vocab[tokens[: n - 1]] + [EOS], "not filled up"),
            (lambda tokens, vocab, n: vocab[tokens[: n - 1]] + [EOS] + [PAD] * (n - len(tokens)), "too many"),
            (lambda tokens, vocab, n: sorted(step_by_step(tokens, vocab, n), key=lambda i: i != PAD), "in front"),
            (lambda tokens, vocab, n: torch.tensor(step_by_step(tokens, vocab, n)), "is a tensor of shape"),
            (lambda tokens, vocab, n: vocab.to_tokens(step_by_step(tokens, vocab, n)), "These are tokens"),
        ],
    ),
    lesson_01.my_batches: (
        [epoch(), lambda *args: list(epoch()(*args))],
        [
            (epoch(key=lambda pair: 1), "not sorted by length"),
            (epoch(key=None), "alphabet"),
            (epoch(key=lambda pair: len(pair[0])), "by the source alone"),
            (epoch(key=lambda pair: len(pair[1])), "by the target alone"),
            (epoch(key=lambda pair: (len(pair[1]), len(pair[0]))), "by the target first"),
            (epoch(key=lambda pair: len(pair[0]) + len(pair[1])), "the sum"),
            (epoch(reverse=True), "from long to short"),
            (epoch(shuffle=lambda batches, generator: batches), "from short to long"),
            (epoch(shuffle=lambda batches, generator: shuffled(batches, None)), "not their order"),
            (epoch(shuffle=anew), "not their order"),
            (epoch(shuffle=by_random), "`result["),
            (epoch(end=lambda n, size: n // size * size), "its pairs are lost"),
            (epoch(make=wide), "`result[0][0]` is a tensor of shape"),
            (epoch(make=lambda batch, *vocabs: batch), "These are sentences"),
            (returned_too_early, "`yield`"),
            (endless, "a list of length 7, and a list of length 3"),
        ],
    ),
}


def test_a_class_that_is_not_written_yet_is_not_attempted():
    assert lesson_01.MyVocab.verdict(vocab_class(unfinished)).status == "not attempted"


# ---------------------------------------------------------------- the blanks and the library agree

@pytest.mark.parametrize("seed", range(20))
def test_the_courses_pieces_give_what_the_library_gives(seed):
    rng = random.Random(seed)
    pairs = [tuple([rng.choice("abcdefgh") for _ in range(rng.randint(1, 9))] for _ in range(2)) for _ in range(30)]
    sources, min_freq = [source for source, _ in pairs], rng.randint(1, 20)
    vocab, ours = Vocab(sources, min_freq), lesson_01.MyVocab.piece(sources, min_freq)
    assert vocab.tokens == lesson_01.known_tokens.piece(sources, min_freq) == ours.tokens
    assert [vocab[source] for source in sources] == [ours[source] for source in sources]
    assert vocab.to_tokens([2, 3]) == ours.to_tokens([2, 3])

    num_steps = rng.randint(1, 12)
    assert encode(sources, vocab, num_steps)[0].tolist() == [
        lesson_01.to_row.piece(source, vocab, num_steps) for source in sources]

    batches = Batches(pairs, vocab, vocab, batch_size=rng.randint(1, 40), seed=0)
    for epoch_seed in range(2):
        made = lesson_01.my_batches.piece(pairs, vocab, vocab, batches.batch_size, epoch_seed)
        for one, other in zip(batches, made, strict=True):
            assert all(map(torch.equal, one, other))
