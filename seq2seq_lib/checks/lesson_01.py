"""The checks of lesson 01, text to tensors."""

from collections import Counter
from itertools import islice

import torch

from ..batches import encode
from ..text import EOS, PAD, RESERVED, UNK, Vocab
from .blank import Blank
from .runner import Exercise

# ---------------------------------------------------------------- blank: the tokens of a vocabulary


def _known_tokens(token_lists, min_freq=1):
    counts, known = Counter(), []
    for tokens in token_lists:
        counts.update(tokens)
    known = [token for token, n in counts.items() if n >= min_freq]
    return [*RESERVED, *sorted(known, key=lambda token: (-counts[token], token))]


def _numbered(counts, keep, order=lambda n, token: (-n, token)):
    return [*RESERVED, *sorted(filter(lambda token: keep(counts[token]), counts),
                               key=lambda token: order(counts[token], token))]


def _counting(units):
    """Return a mistake: the right list of other things than the tokens."""
    return lambda token_lists, min_freq: _numbered(Counter(units(token_lists)), lambda n: n >= min_freq)


def _tokens_of(token_lists):
    return [token for tokens in token_lists for token in tokens]


def _keeping(keep):
    return lambda token_lists, min_freq: _numbered(Counter(_tokens_of(token_lists)), lambda n: keep(n, min_freq))


def _as_often_as_seen(token_lists, min_freq):
    known = _known_tokens(token_lists, min_freq)[len(RESERVED):]
    every = _tokens_of(token_lists)
    return [*RESERVED, *[token for token in known for _ in range(every.count(token))]]


known_tokens = Blank(
    _known_tokens,
    cases=[([sentence.split() for sentence in sentences], min_freq) for sentences, min_freq in [
        (["they are watching .", "they are here ."], 1),
        (["they are watching .", "they are here ."], 2),
        (["he and he and they are here .", "go and ask .", "go"], 2),
        (["go .", "go !", "go on !"], 3),
        (["go"], 2),
    ]],
    mistakes=[
        (_keeping(lambda n, min_freq: True),
         "You keep every token. With `min_freq` 2, only those that were seen at least twice belong into the list."),
        (_keeping(lambda n, min_freq: n > min_freq),
         "You keep the tokens that were seen *more* than `min_freq` times. At least `min_freq` times is `>=`."),
        (_keeping(lambda n, min_freq: n < min_freq),
         "You keep the rare tokens and leave out the frequent ones. It is the other way round."),
        (_keeping(lambda n, min_freq: n == min_freq),
         "You keep the tokens that were seen exactly `min_freq` times. More often is good, too: `>=`."),
        (_keeping(lambda n, min_freq: False),
         "There are only the four reserved tokens: `known` is still empty when it is sorted."),
        (_counting(lambda token_lists: [token for tokens in token_lists for token in {*tokens}]),
         "You count the sentences that have a token. A token that stands in a sentence twice counts twice."),
        (_counting(lambda token_lists: "".join(_tokens_of(token_lists))),
         "You count letters: `counts.update` was given a token, which is a string. Give it the list of tokens."),
        (_counting(lambda token_lists: token_lists[0]),
         "You count the first sentence only."),
        (_counting(lambda token_lists: token_lists[-1]),
         "You count the last sentence only: `counts` is made anew for each sentence."),
        (_as_often_as_seen,
         "A token stands in the list as often as in the sentences. Take each of them once: go through `counts`."),
        (lambda token_lists, min_freq: _known_tokens(token_lists, min_freq)[len(RESERVED):],
         "The four reserved tokens are missing. Leave the last line as it is: it puts them in front and sorts."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with a loop over the sentences in which "
          "`counts.update(tokens)` counts the tokens of one.",
    after="Frequent tokens come first, behind the four reserved ones.",
)


# ---------------------------------------------------------------- blank: from tokens to ids

class _CourseVocab:
    def __init__(self, token_lists, min_freq=1):
        self.tokens = _known_tokens(token_lists, min_freq)
        self.ids = {token: i for i, token in enumerate(self.tokens)}

    def __getitem__(self, tokens):
        return [self.ids.get(token, UNK) for token in tokens]

    def to_tokens(self, ids):
        return [self.tokens[i] for i in ids]


def _look_up(made, token_lists, min_freq, tokens):
    """Use the reader's class; the answer and the mistakes are functions that return the ids at once."""
    if not isinstance(made, type):
        return made(token_lists, min_freq, tokens)
    return made(token_lists, min_freq)[tokens]


def _MyVocab(token_lists, min_freq, tokens):
    return _CourseVocab(token_lists, min_freq)[tokens]


def _unknown_as(what):
    """Return a mistake: the right ids, but for unknown words."""
    def look_up(token_lists, min_freq, tokens):
        vocab = _CourseVocab(token_lists, min_freq)
        return [vocab.ids.get(token, what(vocab)) for token in tokens]
    return look_up


_sentences = ["they are watching .".split(), "they are here .".split()]

MyVocab = Blank(
    _MyVocab,
    piece=_CourseVocab,
    call=_look_up,
    cases=[(_sentences, min_freq, sentence.split()) for min_freq, sentence in [
        (1, "they are watching ."), (1, "they are dancing ."), (2, "are they watching the birds here ?"), (1, "")]],
    mistakes=[
        (lambda token_lists, min_freq, tokens: [i for i in _MyVocab(token_lists, min_freq, tokens) if i != UNK],
         "Unknown words are left out, so the result has fewer ids than the sentence has tokens. Give each of them "
         "`UNK`."),
        (_unknown_as(lambda vocab: None),
         "An unknown word gets `None`. A second argument of `get` says what it gets instead: `UNK`."),
        (_unknown_as(lambda vocab: PAD), "An unknown word gets 1, the id of `<pad>`. Give it `UNK`, which is 0."),
        (_unknown_as(lambda vocab: "<unk>"), "An unknown word gets the text `<unk>` among ids. Give it `UNK`, its id."),
        (_unknown_as(lambda vocab: -1), "An unknown word gets -1, which is no id. Give it `UNK`, which is 0."),
        (_unknown_as(lambda vocab: len(vocab.tokens)),
         "An unknown word gets an id behind the last one, which the list does not have. Give it `UNK`."),
        (lambda token_lists, min_freq, tokens: (_MyVocab(token_lists, min_freq, tokens) or [UNK])[0],
         "This is one id. Return a list with the id of every token; is the `return` inside a loop?"),
        (lambda token_lists, min_freq, tokens: [UNK] * len(tokens),
         "Every word gets `UNK`, also those that the list has."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with a list of `self.ids[token]`. Then think of a "
          "token that has no id.",
    after="A word that is not in the list becomes `UNK`, and raises no error.",
)


# ---------------------------------------------------------------- blank: a row

def _to_row(tokens, vocab, num_steps):
    ids = vocab[tokens[: num_steps - 1]] + [EOS]
    return ids + [PAD] * (num_steps - len(ids))


def _row_of(make):
    """Return a mistake from a function of the ids of the tokens that fit, and of the cells behind `<eos>`."""
    return lambda tokens, vocab, num_steps: make(vocab[tokens[: num_steps - 1]],
                                                 num_steps - 1 - len(tokens[: num_steps - 1]))


def _row_cut(tokens, vocab, num_steps):
    return (vocab[tokens] + [EOS] + [PAD] * num_steps)[:num_steps]


def _row_not_cut(tokens, vocab, num_steps):
    return vocab[tokens] + [EOS] + [PAD] * (num_steps - len(tokens) - 1)


def _row_with_a_pad_too_many(tokens, vocab, num_steps):
    return vocab[tokens[: num_steps - 1]] + [EOS] + [PAD] * (num_steps - len(tokens))


def _row_of_the_end(tokens, vocab, num_steps):
    return _to_row(tokens[max(0, len(tokens) + 1 - num_steps):], vocab, num_steps)


_CUT = "A sentence that is too long has lost its `<eos>`. Cut the tokens first, to `num_steps - 1`, then add `<eos>`."
_vocab = Vocab(_sentences)

to_row = Blank(
    _to_row,
    cases=[(sentence.split(), _vocab, num_steps) for sentence, num_steps in [
        ("they are watching .", 7), ("they are watching .", 5), ("they are watching .", 4), ("here .", 5),
        ("they are watching the birds .", 3), ("dancing", 3), ("they are watching here .", 1)]],
    mistakes=[
        (_row_cut, _CUT),
        (_row_of(lambda ids, free: ids + [PAD] * free + [EOS]),
         "`<eos>` stands behind the padding. It belongs to the sentence: first `<eos>`, then `<pad>`."),
        (_row_not_cut,
         "A sentence that is too long is not cut: its row has more than `num_steps` ids. Keep `num_steps - 1` tokens."),
        (_row_of(lambda ids, free: ids + [EOS] + [UNK] * free),
         "The row is filled up with 0, which is `<unk>`, an unknown word. Padding is `PAD`."),
        (_row_of(lambda ids, free: ids + [EOS] * (1 + free)),
         "The row is filled up with `<eos>`. A sentence ends once; what comes behind is `PAD`."),
        (lambda tokens, vocab, num_steps: (vocab[tokens] + [PAD] * num_steps)[:num_steps],
         "There is no `<eos>`. It stands behind the last token, before the padding."),
        (_row_of(lambda ids, free: ids + [EOS]), "The row is not filled up. It needs `num_steps` ids."),
        (_row_with_a_pad_too_many, "There is one `<pad>` too many: `<eos>` takes a step, too."),
        (lambda tokens, vocab, num_steps: _to_row(tokens, vocab, num_steps) + [PAD] * min(num_steps, 1 + len(tokens)),
         "You add `num_steps` times `<pad>`. Add so many that the row *has* `num_steps` ids."),
        (_row_of(lambda ids, free: [PAD] * free + ids + [EOS]),
         "The padding stands in front. It comes behind the tokens and their `<eos>`."),
        (_row_of_the_end, "You keep the end of a long sentence and lose its beginning. Keep the first tokens."),
        (lambda tokens, vocab, num_steps: vocab.to_tokens(_to_row(tokens, vocab, num_steps)),
         "These are tokens. A row holds their ids: `vocab[...]`, `EOS` and `PAD`."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the ids of the tokens that fit, with `<eos>` "
          "behind them.",
    after="`<eos>` ends every sentence, also one that was cut.",
)


# ---------------------------------------------------------------- blank: the batches of an epoch

def _batches_of_an_epoch(pairs, src_vocab, tgt_vocab, batch_size, seed=0):
    generator = torch.Generator().manual_seed(seed)
    pairs = sorted(_shuffled(pairs, generator), key=_lengths)
    batches = [pairs[i : i + batch_size] for i in range(0, len(pairs), batch_size)]
    for batch in _shuffled(batches, generator):
        yield _to_tensors(batch, src_vocab, tgt_vocab)


def _shuffled(items, generator):
    return [items[i] for i in torch.randperm(len(items), generator=generator)]


def _lengths(pair):
    return len(pair[0]), len(pair[1])


def _to_tensors(pairs, src_vocab, tgt_vocab):
    return (*encode([source for source, _ in pairs], src_vocab), *encode([target for _, target in pairs], tgt_vocab))


def _my_batches(pairs, src_vocab, tgt_vocab, batch_size, seed):
    return list(_batches_of_an_epoch(pairs, src_vocab, tgt_vocab, batch_size, seed))


def _run_epoch(function, *args):
    """List what the reader's function yields; also if it never stops."""
    made = function(*args)
    return list(islice(made, 1 + len(args[0]))) if hasattr(made, "__next__") else made


def _epoch_with(by=_lengths, shuffle=_shuffled, again=lambda pairs, generator: pairs,
                keep=lambda batches, size: batches,
                make=lambda batches, *vocabs: [_to_tensors(batch, *vocabs) for batch in batches], **sort):
    """Return a mistake: one step of the loop is another one."""
    def epoch(pairs, src_vocab, tgt_vocab, size, seed):
        generator = torch.Generator().manual_seed(seed)
        pairs = again(sorted(_shuffled(pairs, generator), key=by, **sort), generator)
        batches = keep([pairs[i : i + size] for i in range(0, len(pairs), size)], size)
        return make(shuffle(batches, generator), src_vocab, tgt_vocab)
    return epoch


def _one_width(batches, src_vocab, tgt_vocab):
    X, X_valid_len, Y, Y_valid_len = _to_tensors([pair for batch in batches for pair in batch], src_vocab, tgt_vocab)
    rows = torch.arange(len(X)).split([len(batch) for batch in batches])
    return [(X[i], X_valid_len[i], Y[i], Y_valid_len[i]) for i in rows]


_pairs = [tuple(text.split() for text in pair) for pair in [
    ("they are watching .", "ils regardent ."), ("they are here .", "ils sont ici ."), ("go !", "va !"),
    ("they go .", "elles y vont ."), ("here !", "ici !"), ("they are here .", "les voici ."), ("go .", "allez - y !"),
    ("are they here ?", "est - ce qu' ils sont ici ?"), ("they go home .", "ils rentrent ."), ("no .", "non ."),
    ("are they watching ?", "regardent - ils ?"), ("watching them is fun .", "les regarder amuse .")]]
_both = [Vocab([pair[side] for pair in _pairs]) for side in (0, 1)]
_NOT_BY_LENGTH = "The pairs are not sorted by length, so the batches hold long and short sentences together."
_OWN_DRAWS = ("The batches are right, but not their order: go through `shuffled(batches, generator)`, with the "
              "generator that has shuffled the pairs.")

my_batches = Blank(
    _my_batches,
    piece=_batches_of_an_epoch,
    call=_run_epoch,
    cases=[(_pairs[:size], *_both, batch_size, seed) for size, batch_size, seed in [
        (6, 2, 0), (12, 3, 0), (11, 4, 1), (12, 5, 2)]],
    mistakes=[
        (_epoch_with(by=lambda pair: 0), _NOT_BY_LENGTH),
        (_epoch_with(by=lambda pair: pair), "The pairs are sorted by the alphabet. Give `sorted` a `key` that is the "
                                            "length of the source and that of the target."),
        (_epoch_with(by=lambda pair: len(pair[0])),
         "You sort by the source alone. Where sources are equally long, the length of the target decides."),
        (_epoch_with(by=lambda pair: len(pair[1])),
         "You sort by the target alone. The length of the source comes first: the key is a pair of two lengths."),
        (_epoch_with(by=lambda pair: _lengths(pair)[::-1]),
         "You sort by the target first. The length of the source comes first, that of the target second."),
        (_epoch_with(by=lambda pair: sum(_lengths(pair))),
         "You sort by the sum of the two lengths. The source's length decides, and the target's where that is equal."),
        (_epoch_with(reverse=True), "You sort from long to short. Sort from short to long."),
        (_epoch_with(shuffle=lambda batches, generator: batches),
         "The batches come from short to long, so the network would meet all short sentences first. Go through "
         "`shuffled(batches, generator)`."),
        (_epoch_with(again=_shuffled, shuffle=lambda batches, generator: batches),
         "You shuffle the sorted pairs, and the sorting is lost. Cut first, then shuffle the *batches*."),
        (_epoch_with(shuffle=lambda batches, generator: _shuffled(batches, None)), _OWN_DRAWS),
        (_epoch_with(keep=lambda batches, size: [batch for batch in batches if len(batch) == size]),
         "Where the last batch is not full, its pairs are lost. Keep them: it may have fewer rows."),
        (_epoch_with(make=_one_width),
         "All batches are equally wide, for you pad before you cut. Pad each batch by itself."),
        (_epoch_with(make=lambda batches, *vocabs: batches),
         "These are sentences. Yield the tensors of each batch: `to_tensors(batch, src_vocab, tgt_vocab)`."),
        (_epoch_with(make=lambda batches, *vocabs: _to_tensors(batches[0], *vocabs)),
         "This is the first batch alone: `return` ends the loop. Write `yield` in its place."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin by sorting the pairs: `sorted(pairs, key=...)`.",
    after="Each batch is as wide as its own longest sentence, and no wider.",
)

# ---------------------------------------------------------------- warm-up: unknown words


def _unknown_share(token_lists, vocab):
    unknown = total = 0
    for tokens in token_lists:
        for token in tokens:
            total += 1
            if token not in vocab:
                unknown += 1
    return unknown / total


def _mean(values):
    return sum(values) / len(values)


unknown_share = Exercise(
    _unknown_share,
    cases=[([sentence.split() for sentence in sentences], _vocab) for sentences in [
        ["they are dancing ."],
        ["they are here .", "go !"],
        ["he and he and they are here .", "go .", "they are watching the birds ."],
        ["they are watching ."],
        ["go home", "now !"],
    ]],
    mistakes=[
        (lambda token_lists, vocab: 1 - _unknown_share(token_lists, vocab),
         "This is the share of the known tokens. `token in vocab` is true for those the vocabulary has."),
        (lambda token_lists, vocab: 100 * _unknown_share(token_lists, vocab),
         "This is in percent: 100 times too large. A share goes from 0 to 1."),
        (lambda token_lists, vocab: sum(token not in vocab for tokens in token_lists for token in tokens),
         "This is the number of unknown tokens. Divide it by the number of all tokens."),
        (lambda token_lists, vocab: _mean([_mean([t not in vocab for t in tokens]) for tokens in token_lists]),
         "This takes the share of each sentence and then the mean, so a token in a short sentence weighs more. "
         "Count over all sentences first, and divide once, at the end."),
        (lambda token_lists, vocab: _mean([t not in vocab for t in {t for tokens in token_lists for t in tokens}]),
         "This counts each different token once. A token that stands there three times counts three times."),
        (lambda token_lists, vocab: _mean([any(t not in vocab for t in tokens) for tokens in token_lists]),
         "This is the share of the sentences with an unknown token. Count tokens, not sentences."),
        (lambda token_lists, vocab: _unknown_share(token_lists, vocab) * sum(map(len, token_lists)) / len(token_lists),
         "You divide by the number of sentences. Divide by the number of all tokens."),
        (lambda token_lists, vocab: _unknown_share(token_lists[:1], vocab),
         "You look at the first sentence and no further. Is the `return` inside the loop?"),
        (lambda token_lists, vocab: int(_unknown_share(token_lists, vocab)),
         "You divide by `//`, which drops what is behind the point. Divide by `/`."),
        (lambda token_lists, vocab: 0.0,
         "You find no unknown token anywhere. `vocab[tokens]` is a list of ids: compare each id with 0, the id of "
         "`<unk>`, for a list is never equal to a number."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with a loop that counts all tokens.",
    after="With it you can ask how many words of the validation part a vocabulary of the training part lacks, for "
          "several `min_freq`.",
)


# ---------------------------------------------------------------- core: another width

def _resize(X, valid_len, num_steps):
    return _rebuild(X, valid_len, num_steps, EOS, PAD)


def _rebuild(X, valid_len, num_steps, end, filling):
    rows = []
    for row, n in zip(X.tolist(), valid_len.tolist()):
        real = row[:n] if n <= num_steps else row[: num_steps - 1] + [end]
        rows.append(real + [filling] * (num_steps - len(real)))
    return torch.tensor(rows), valid_len.clamp(max=num_steps)


def _cut_plainly(X, valid_len, num_steps):
    rows = [(row + [PAD] * num_steps)[:num_steps] for row in X.tolist()]
    return torch.tensor(rows), valid_len.clamp(max=num_steps)


def _eos_in_every_last_cell(X, valid_len, num_steps):
    X, valid_len = _cut_plainly(X, valid_len, num_steps)
    X[:, -1] = EOS
    return X, valid_len


def _keep_the_end(X, valid_len, num_steps):
    starts = [max(0, n - num_steps) for n in valid_len.tolist()]
    rows = [row[start : start + num_steps] for row, start in zip(X.tolist(), starts)]
    return torch.tensor([row + [PAD] * (num_steps - len(row)) for row in rows]), valid_len.clamp(max=num_steps)


def _keep_the_last_columns(X, valid_len, num_steps):
    return _cut_plainly(X[:, -num_steps:], valid_len, num_steps)


def _new_cells(filling):
    def resize(X, valid_len, num_steps):
        new, new_valid_len = _resize(X, valid_len, num_steps)
        new[:, X.shape[1] :] = filling
        return new, new_valid_len
    return resize


def _padded_in_front(X, valid_len, num_steps):
    new, new_valid_len = _resize(X, valid_len, num_steps)
    return new.roll(max(0, num_steps - X.shape[1]), dims=1), new_valid_len


def _eos_too_early(X, valid_len, num_steps):
    new, new_valid_len = _cut_plainly(X, valid_len, num_steps)
    new[valid_len > num_steps, max(0, num_steps - 2)] = EOS
    return new, new_valid_len


def _dealt_out(X, valid_len, num_steps):
    cells = X.flatten().tolist() + [PAD] * num_steps * len(X)
    return torch.tensor(cells[: num_steps * len(X)]).reshape(len(X), num_steps), valid_len.clamp(max=num_steps)


def _with_lengths(lengths):
    """Return a mistake: the right rectangle, and other lengths."""
    return lambda X, valid_len, num_steps: (_resize(X, valid_len, num_steps)[0], lengths(valid_len, num_steps))


def _only_narrower(X, valid_len, num_steps):
    return _resize(X, valid_len, min(num_steps, X.shape[1]))


_NO_EOS = "A row that is cut has lost its `<eos>`: a sentence that never ends. Its last cell must be `<eos>`."
_FILLED_WITH_UNK = "There are cells filled with 0, which is `<unk>`, an unknown word. Padding is `<pad>`, id 1."
_X = torch.tensor([[4, 5, 6, 7, EOS], [8, UNK, EOS, PAD, PAD], [9, 5, 7, EOS, PAD], [EOS, PAD, PAD, PAD, PAD]])
_valid_len = torch.tensor([5, 3, 4, 1])

resize = Exercise(
    _resize,
    cases=[(_X[:1], _valid_len[:1], 3), *[(_X, _valid_len, num_steps) for num_steps in (3, 5, 7, 4, 1)]],
    mistakes=[
        (_cut_plainly, _NO_EOS),
        (lambda X, valid_len, num_steps: (X[:, :num_steps], valid_len.clamp(max=num_steps)), _NO_EOS),
        (lambda X, valid_len, num_steps: (X[:, :num_steps], valid_len), _NO_EOS),
        (_eos_in_every_last_cell,
         "Every row has `<eos>` in its last cell, also the short ones, which have their `<eos>` already. "
         "Write it only into the rows that are cut."),
        (_with_lengths(lambda valid_len, num_steps: valid_len),
         "The rectangle is right, but the valid lengths are still those of the old one: after cutting, none can be "
         "more than `num_steps`."),
        *[(_with_lengths(lengths), "The rectangle is right, but a valid length leaves out the `<eos>`. `<eos>` counts.")
          for lengths in (lambda valid_len, num_steps: valid_len.clamp(max=num_steps - 1),
                          lambda valid_len, num_steps: valid_len.clamp(max=num_steps) - 1)],
        (_with_lengths(lambda valid_len, num_steps: valid_len.clamp(min=num_steps)),
         "The rectangle is right, but the new length is the larger one of the two. It is the smaller: "
         "`clamp(max=num_steps)`."),
        (_with_lengths(lambda valid_len, num_steps: torch.full_like(valid_len, num_steps)),
         "The rectangle is right, but every valid length is `num_steps`. A row that is not cut keeps its own."),
        (lambda X, valid_len, num_steps: _resize(X, valid_len, num_steps)[0],
         "The rectangle is right. Return the valid lengths too: `return new, new_valid_len`."),
        (lambda X, valid_len, num_steps: _rebuild(X, valid_len, num_steps, EOS, UNK), _FILLED_WITH_UNK),
        (_new_cells(UNK), _FILLED_WITH_UNK),
        (_new_cells(EOS),
         "The new cells are filled with `<eos>`. A sentence ends once; behind its `<eos>` comes `<pad>`."),
        (_padded_in_front,
         "The new cells of `<pad>` stand in front. Padding comes behind the words and their `<eos>`."),
        (_eos_too_early,
         "In a row that is cut, `<eos>` stands in the last cell but one, and a word goes on behind it. It belongs into "
         "the last cell."),
        (_dealt_out,
         "You `reshape` the cells (or `view` them), so words move from one sentence to the next. Cut or fill each "
         "row by itself: `X[:, :num_steps]`."),
        (lambda X, valid_len, num_steps: _resize(X, valid_len, num_steps)[::-1],
         "Both results are right, in the wrong order: the rectangle first, then the valid lengths."),
        (lambda X, valid_len, num_steps: _rebuild(X, valid_len, num_steps, PAD, PAD),
         "Rows that are cut end in `<pad>`. They have no room for padding: their last cell must be `<eos>`."),
        (_only_narrower,
         "Cutting works. But where `num_steps` is more than the old width, the rectangle must grow: add columns of "
         "`<pad>`."),
        *[(end, "You keep the end of a long sentence and lose its beginning. Keep the first tokens, then `<eos>`.")
          for end in (_keep_the_end, _keep_the_last_columns)],
    ],
    start="Delete the line `raise NotImplementedError`, and begin with a rectangle of the new width that "
          "holds nothing but `<pad>`.",
    after="`encode` does the same from tokens: compare the two on the five sentences of this lesson, for several "
          "`num_steps`.",
)


# ---------------------------------------------------------------- stretch: batches of equal cost

def _token_batches(lengths, max_cells):
    batches, rows = [], []
    for row in sorted(range(len(lengths)), key=lambda row: (lengths[row], row)):
        if rows and (len(rows) + 1) * lengths[row] > max_cells:
            batches.append(rows)
            rows = []
        rows = [*rows, row]
    return [*batches, rows]


def _fill(order, lengths, fits):
    """Put row numbers into batches in the given order, each as long as `fits(lengths of the batch)`."""
    batches = [[]]
    for row in order:
        if batches[-1] and not fits([lengths[i] for i in [*batches[-1], row]]):
            batches.append([])
        batches[-1].append(row)
    return batches


def _dropped(lengths, max_cells):
    """The sentence that does not fit any more is lost."""
    batches = [[]]
    for row in _shortest_first(lengths):
        if batches[-1] and (len(batches[-1]) + 1) * lengths[row] > max_cells:
            batches.append([])
        else:
            batches[-1].append(row)
    return [batch for batch in batches if batch]


def _shortest_first(lengths):
    return sorted(range(len(lengths)), key=lambda row: lengths[row])


def _cells(lengths):
    return len(lengths) * max(lengths)


def _of_newest(lengths):
    return len(lengths) * lengths[-1]


def _without_newest(lengths, max_cells, cells):
    """Ask whether the batch fits before the newest sentence has joined it."""
    return _fill(_shortest_first(lengths), lengths, lambda x: cells(x) <= max_cells)


def _equal_rows(lengths, max_cells):
    order, size = _shortest_first(lengths), max(1, max_cells // max(lengths))
    return [order[i : i + size] for i in range(0, len(order), size)]


_NOT_SORTED = ("The sentences come in the order of the list. Sort them by length first, so that like lengths come "
               "together.")
_BACKWARDS = "You begin with the longest sentence. Begin with the shortest."
_ONE_TOO_MANY = ("You ask whether the batch fits *without* the sentence that is to join it. Ask with it: one row more, "
                 "and its length, the longest so far.")
_LOST = "A sentence longer than `max_cells` is lost. Give it a batch of its own."

token_batches = Exercise(
    _token_batches,
    cases=[
        ([3, 5, 3, 4], 10),
        ([6, 2, 5, 2, 3, 6, 2], 12),
        ([4, 4, 4], 12),
        ([9, 2, 3], 6),
        ([9, 8], 6),
        ([2, 2, 2], 7),
        ([5, 3, 7, 3, 5, 4, 10, 6, 3, 5, 12, 4, 8], 20),
    ],
    mistakes=[
        (lambda lengths, max_cells: _fill(_shortest_first(lengths), lengths, lambda x: sum(x) <= max_cells),
         "You add up the lengths, so you count words. A batch is a rectangle: its cells are its rows times its "
         "longest length."),
        (lambda lengths, max_cells: _fill(range(len(lengths)), lengths, lambda x: _cells(x) <= max_cells),
         _NOT_SORTED),
        (lambda lengths, max_cells: _fill(range(len(lengths)), lengths, lambda x: _of_newest(x) <= max_cells),
         _NOT_SORTED),
        (lambda lengths, max_cells: _fill(_shortest_first(lengths)[::-1], lengths, lambda x: _cells(x) <= max_cells),
         _BACKWARDS),
        (lambda lengths, max_cells: _fill(sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True), lengths,
                                          lambda x: _cells(x) <= max_cells), _BACKWARDS),
        (lambda lengths, max_cells: _fill(sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True), lengths,
                                          lambda x: _of_newest(x) <= max_cells), _BACKWARDS),
        (lambda lengths, max_cells: _without_newest(lengths, max_cells, lambda x: _cells(x[:-1])), _ONE_TOO_MANY),
        (lambda lengths, max_cells: _without_newest(lengths, max_cells, lambda x: (len(x) - 1) * x[-1]), _ONE_TOO_MANY),
        (lambda lengths, max_cells: _without_newest(lengths, max_cells, lambda x: len(x) * x[-2]), _ONE_TOO_MANY),
        (lambda lengths, max_cells: _token_batches(lengths, max_cells)[:-1],
         "The last batch is missing: when the loop ends, the batch that it was filling is not yet in the list."),
        (lambda lengths, max_cells: _fill(_shortest_first(lengths), lengths,
                                          lambda x: len(x) * (max(x) + 1) <= max_cells),
         "You add 1 to each length, for the `<eos>`. The lengths count it already, as valid lengths do."),
        (lambda lengths, max_cells: _fill(sorted(range(len(lengths)), key=lambda row: (lengths[row], -row)), lengths,
                                          lambda x: _cells(x) <= max_cells),
         "Equally long sentences come in the wrong order. They keep the one of the list, as `sorted` leaves them."),
        (_dropped,
         "The sentence that does not fit into a batch any more is lost. It begins the next one."),
        (lambda lengths, max_cells: _fill(_shortest_first(lengths), lengths, lambda x: _cells(x) < max_cells),
         "A batch may have exactly `max_cells` cells: compare with `<=` where you have `<`, or `>` where `>=`."),
        (lambda lengths, max_cells: [batch for batch in _token_batches(lengths, max_cells)
                                     if lengths[batch[0]] <= max_cells],
         _LOST),
        (lambda lengths, max_cells: [batch for batch in _token_batches(lengths, max_cells)
                                     if lengths[batch[0]] <= max_cells] or [[]], _LOST),
        (lambda lengths, max_cells: [_token_batches(lengths, max_cells)[-1]] * len(_token_batches(lengths, max_cells)),
         "All your batches are one and the same list. `clear()` empties the one that you have put away too: begin a "
         "new one by `batch = []`."),
        (lambda lengths, max_cells: [[lengths.index(lengths[i]) for i in batch]
                                     for batch in _token_batches(lengths, max_cells)],
         "Equally long sentences get the same row number: `lengths.index` finds the first of them only. Sort the row "
         "numbers, not the lengths."),
        (lambda lengths, max_cells: [[]] * (min(lengths) > max_cells) + _token_batches(lengths, max_cells),
         "There is an empty batch. When the very first sentence is too long, nothing has been filled yet that "
         "could be put away."),
        (_equal_rows,
         "All batches have the same number of rows, so the short ones are far from full. Ask for each sentence "
         "whether the batch with it still fits."),
        (lambda lengths, max_cells: [[lengths[i] for i in batch] for batch in _token_batches(lengths, max_cells)],
         "These are the lengths. Return the row numbers: where each sentence stands in `lengths`."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with a list of the row numbers, those "
          "of short sentences first.",
    after="Translation toolkits do it like this: each batch costs about the same time and memory. Compare its share of "
          "padding with that of `Batches` on the training part.",
)

BLANKS = (known_tokens, MyVocab, to_row, my_batches)
EXERCISES = (unknown_share, resize, token_batches)
