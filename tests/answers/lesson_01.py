"""Answers to the exercises of lesson 01."""

import torch

from seq2seq_lib.text import EOS, PAD

from . import UNNAMED, right, wrong

# ---------------------------------------------------------------- unknown_share


@right
def unknown_share(token_lists, vocab):
    unknown = total = 0
    for tokens in token_lists:
        for token in tokens:
            total += 1
            unknown += token not in vocab
    return unknown / total


@right
def unknown_share(token_lists, vocab):
    ids = torch.tensor([i for tokens in token_lists for i in vocab[tokens]])
    return (ids == vocab["<unk>"]).double().mean().item()


@wrong("This takes the share of each sentence and")
def unknown_share(token_lists, vocab):
    return sum(sum(t not in vocab for t in tokens) / len(tokens) for tokens in token_lists) / len(token_lists)


@wrong("This is the share of the known tokens. `token")
def unknown_share(token_lists, vocab):
    tokens = [t for tokens in token_lists for t in tokens]
    return sum(t in vocab for t in tokens) / len(tokens)


@wrong("This counts each different token once. A")
def unknown_share(token_lists, vocab):
    tokens = {t for tokens in token_lists for t in tokens}
    return sum(t not in vocab for t in tokens) / len(tokens)


@wrong("This is the number of unknown tokens. Divide")
def unknown_share(token_lists, vocab):
    return sum(t not in vocab for tokens in token_lists for t in tokens)


@wrong("You divide by the number of sentences. Divide")
def unknown_share(token_lists, vocab):
    return sum(t not in vocab for tokens in token_lists for t in tokens) / len(token_lists)


@wrong(UNNAMED)
def unknown_share(token_lists, vocab):
    return sum(t not in vocab for tokens in token_lists for t in tokens) / len(vocab)


@wrong("This is in percent: 100 times too large. A")
def unknown_share(token_lists, vocab):
    tokens = [t for tokens in token_lists for t in tokens]
    return 100 * sum(t not in vocab for t in tokens) / len(tokens)


@wrong("You look at the first sentence and no")
def unknown_share(token_lists, vocab):
    return sum(t not in vocab for t in token_lists[0]) / len(token_lists[0])


@wrong(UNNAMED)
def unknown_share(token_lists, vocab):
    tokens = [t for tokens in token_lists for t in tokens]
    return sum(t not in vocab for t in tokens) / max(1, sum(t in vocab for t in tokens))


@wrong(UNNAMED)
def unknown_share(token_lists, vocab):
    tokens = [t for tokens in token_lists for t in tokens]
    return len({t for t in tokens if t not in vocab}) / len(tokens)


@wrong("This is the share of the sentences with an")
def unknown_share(token_lists, vocab):
    return sum(any(t not in vocab for t in tokens) for tokens in token_lists) / len(token_lists)


@wrong(UNNAMED)
def unknown_share(token_lists, vocab):
    tokens = [t for tokens in token_lists for t in [*tokens, "<eos>"]]
    return sum(t not in vocab for t in tokens) / len(tokens)


@wrong(UNNAMED)
def unknown_share(token_lists, vocab):
    tokens = [t for tokens in token_lists for t in tokens]
    return round(sum(t not in vocab for t in tokens) / len(tokens), 2)


# ---------------------------------------------------------------- resize

@right
def resize(X, valid_len, num_steps):
    new = X.new_full((X.shape[0], num_steps), PAD)
    for i in range(X.shape[0]):
        n = min(int(valid_len[i]), num_steps)
        new[i, :n] = X[i, :n]
        new[i, n - 1] = EOS
    return new, torch.clamp(valid_len, max=num_steps)


@right
def resize(X, valid_len, num_steps):
    old = X.shape[1]
    if num_steps > old:
        return torch.cat([X, torch.full((len(X), num_steps - old), PAD)], dim=1), valid_len.clone()
    new = X[:, :num_steps].clone()
    new[:, -1] = torch.where(valid_len > num_steps, EOS, new[:, -1])
    return new, torch.minimum(valid_len, torch.tensor(num_steps))


@right
def resize(X, valid_len, num_steps):
    rows = []
    for row, n in zip(X.tolist(), valid_len.tolist()):
        row = row[:n]
        if n > num_steps:
            row = row[:num_steps - 1] + [EOS]
        rows.append(row + [PAD] * (num_steps - len(row)))
    return torch.tensor(rows), torch.tensor([min(n, num_steps) for n in valid_len.tolist()])


def resized(X, valid_len, num_steps, pad=PAD, keep=lambda valid_len, num_steps: valid_len > num_steps, place=-1,
            eos=EOS):
    """What is meant, with something changed."""
    new = torch.full((len(X), num_steps), pad)
    width = min(num_steps, X.shape[1])
    new[:, :width] = X[:, :width]
    new[keep(valid_len, num_steps), place] = eos
    return new, valid_len.clamp(max=num_steps)


@wrong("A row that is cut has lost its `<eos>`: a")
def resize(X, valid_len, num_steps):
    return resized(X, valid_len, num_steps, keep=lambda n, steps: n < 0)


@wrong("The rectangle is right, but the valid lengths")
def resize(X, valid_len, num_steps):
    return resized(X, valid_len, num_steps)[0], valid_len


@wrong("Every row has `<eos>` in its last cell, also")
def resize(X, valid_len, num_steps):
    return resized(X, valid_len, num_steps, keep=lambda n, steps: n > 0)


@wrong("The rectangle is right, but a valid length")
def resize(X, valid_len, num_steps):
    new, n = resized(X, valid_len, num_steps)
    return new, n - 1


@wrong("There are cells filled with 0, which is")
def resize(X, valid_len, num_steps):
    return resized(X, valid_len, num_steps, pad=0)


@wrong("changes its argument `X`")
def resize(X, valid_len, num_steps):
    new = X[:, :num_steps]
    new[valid_len > num_steps, -1] = EOS
    if num_steps > X.shape[1]:
        new = torch.cat([new, torch.full((len(X), num_steps - X.shape[1]), PAD)], dim=1)
    return new, valid_len.clamp(max=num_steps)


@wrong("The rectangle is right. Return the valid")
def resize(X, valid_len, num_steps):
    return resized(X, valid_len, num_steps)[0]


@wrong("Cutting works. But where `num_steps` is more")
def resize(X, valid_len, num_steps):
    new = X[:, :num_steps].clone()
    new[valid_len > num_steps, -1] = EOS
    return new, valid_len.clamp(max=num_steps)


@wrong("In a row that is cut, `<eos>` stands in the")
def resize(X, valid_len, num_steps):
    return resized(X, valid_len, num_steps, place=-2 if num_steps > 1 else -1)


@wrong("The new cells of `<pad>` stand in front")
def resize(X, valid_len, num_steps):
    new, n = resized(X, valid_len, num_steps)
    if num_steps > X.shape[1]:
        new = torch.cat([torch.full((len(X), num_steps - X.shape[1]), PAD), X], dim=1)
    return new, n


@wrong("is a tensor of shape (1, 3) and type float32")
def resize(X, valid_len, num_steps):
    new = torch.ones(len(X), num_steps) * PAD
    width = min(num_steps, X.shape[1])
    new[:, :width] = X[:, :width].float()
    new[valid_len > num_steps, -1] = EOS
    return new, valid_len.clamp(max=num_steps)


@wrong("The rectangle is right, but every valid")
def resize(X, valid_len, num_steps):
    return resized(X, valid_len, num_steps)[0], torch.full((len(X),), num_steps)


@wrong("is a tensor of shape (1, 4) and type int64")
def resize(X, valid_len, num_steps):
    new = torch.full((len(X), num_steps + 1), PAD)
    width = min(num_steps, X.shape[1])
    new[:, :width] = X[:, :width]
    new[valid_len > num_steps, num_steps] = EOS
    return new, valid_len.clamp(max=num_steps)


@wrong("You keep the end of a long sentence and lose")
def resize(X, valid_len, num_steps):
    if num_steps < X.shape[1]:
        return X[:, -num_steps:].clone(), valid_len.clamp(max=num_steps)
    return resized(X, valid_len, num_steps)


@wrong("Rows that are cut end in `<pad>`. They have")
def resize(X, valid_len, num_steps):
    return resized(X, valid_len, num_steps, eos=PAD)


@wrong("The rectangle is right, but the new length is")
def resize(X, valid_len, num_steps):
    return resized(X, valid_len, num_steps)[0], valid_len.clamp(min=num_steps)


@wrong("You `reshape` the cells (or `view` them), so")
def resize(X, valid_len, num_steps):
    flat = X.reshape(-1)
    need = len(X) * num_steps
    flat = torch.cat([flat, torch.full((max(0, need - len(flat)),), PAD)])
    return flat[:need].reshape(len(X), num_steps), valid_len.clamp(max=num_steps)


@wrong("is a list of length 1, and a tensor of shape (1, 3) and type int64")
def resize(X, valid_len, num_steps):
    new, n = resized(X, valid_len, num_steps)
    return new.tolist(), n.tolist()


@wrong("The new cells are filled with `<eos>`. A")
def resize(X, valid_len, num_steps):
    new = X[:, :num_steps].clone()
    if num_steps > X.shape[1]:
        return torch.cat([new, torch.full((len(X), num_steps - X.shape[1]), EOS)], dim=1), valid_len.clone()
    new[new[:, -1] != PAD, -1] = EOS
    return new, valid_len.clamp(max=num_steps)


@wrong(UNNAMED)
def resize(X, valid_len, num_steps):
    new, n = resized(X, valid_len, num_steps, keep=lambda n, steps: n < 0)
    if valid_len[0] > num_steps:
        new[0, -1] = EOS
    return new, n


@wrong("Both results are right, in the wrong order")
def resize(X, valid_len, num_steps):
    new, n = resized(X, valid_len, num_steps)
    return n, new


# ---------------------------------------------------------------- token_batches

@right
def token_batches(lengths, max_cells):
    batches = []
    for length, row in sorted(zip(lengths, range(len(lengths)))):
        if batches and (len(batches[-1]) + 1) * length <= max_cells:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


@right
def token_batches(lengths, max_cells):
    order = torch.tensor(lengths).argsort(stable=True).tolist()
    batches, batch = [], []
    while order:
        row = order.pop(0)
        if max(lengths[i] for i in [*batch, row]) * (len(batch) + 1) > max_cells and batch:
            batches, batch = [*batches, batch], []
        batch.append(row)
    return batches + [batch]


def filled(lengths, max_cells, rows=None, cells=lambda batch, length: (len(batch) + 1) * length, last=True,
           strict=False):
    """What is meant, with something changed."""
    batches, batch = [], []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]) if rows is None else rows:
        size = cells(batch, lengths[row])
        if batch and (size >= max_cells if strict else size > max_cells):
            batches.append(batch)
            batch = []
        batch.append(row)
    return batches + [batch] if last else batches


@wrong("The last batch is missing: when the loop")
def token_batches(lengths, max_cells):
    return filled(lengths, max_cells, last=False)


@wrong("A batch may have exactly `max_cells` cells")
def token_batches(lengths, max_cells):
    return filled(lengths, max_cells, strict=True)


@wrong("The sentences come in the order of the list")
def token_batches(lengths, max_cells):
    return filled(lengths, max_cells, rows=range(len(lengths)))


@wrong("You begin with the longest sentence. Begin")
def token_batches(lengths, max_cells):
    return filled(lengths, max_cells, rows=sorted(range(len(lengths)), key=lambda i: -lengths[i]))


@wrong("You add 1 to each length, for the `<eos>`")
def token_batches(lengths, max_cells):
    return filled(lengths, max_cells, cells=lambda batch, length: (len(batch) + 1) * (length + 1))


@wrong("You ask whether the batch fits *without* the")
def token_batches(lengths, max_cells):
    return filled(lengths, max_cells, cells=lambda batch, length: len(batch) * length)


@wrong("You add up the lengths, so you count words. A")
def token_batches(lengths, max_cells):
    return filled(lengths, max_cells, cells=lambda batch, length: sum(lengths[i] for i in batch) + length)


@wrong("These are the lengths. Return the row")
def token_batches(lengths, max_cells):
    return [[lengths[i] for i in batch] for batch in filled(lengths, max_cells)]


@wrong("There is an empty batch. When the very first")
def token_batches(lengths, max_cells):
    batches, batch = [], []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if (len(batch) + 1) * lengths[row] > max_cells:
            batches.append(batch)
            batch = []
        batch.append(row)
    return batches + [batch]


@wrong("Equally long sentences come in the wrong")
def token_batches(lengths, max_cells):
    return filled(lengths, max_cells, rows=sorted(range(len(lengths)), key=lambda i: lengths[i], reverse=True)[::-1])


@wrong("A sentence longer than `max_cells` is lost")
def token_batches(lengths, max_cells):
    return filled(lengths, max_cells, rows=[i for i in sorted(range(len(lengths)), key=lambda i: lengths[i])
                                            if lengths[i] <= max_cells])


@wrong("The sentence that does not fit into a batch")
def token_batches(lengths, max_cells):
    batches, batch = [], []
    for row in sorted(range(len(lengths)), key=lambda row: lengths[row]):
        if not batch or (len(batch) + 1) * lengths[row] <= max_cells:
            batch.append(row)
        else:
            batches.append(batch)
            batch = []
    return batches + [batch] if batch else batches


@wrong("All batches have the same number of rows, so")
def token_batches(lengths, max_cells):
    rows, size = sorted(range(len(lengths)), key=lambda i: lengths[i]), max(1, max_cells // max(lengths))
    return [rows[i : i + size] for i in range(0, len(rows), size)]


@wrong("Equally long sentences get the same row")
def token_batches(lengths, max_cells):
    return filled(lengths, max_cells, rows=[lengths.index(n) for n in sorted(lengths)])
