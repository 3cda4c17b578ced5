"""The checks of lesson 01, text to tensors."""

import torch

from ..text import EOS, PAD, UNK, Vocab
from .runner import Exercise

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


_vocab = Vocab(["they are watching .".split(), "they are here .".split()])

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

EXERCISES = (unknown_share, resize, token_batches)
