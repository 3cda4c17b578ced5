"""Answers to the exercises of lesson 11."""

import math

import torch
from torch import nn
from torch.nn import functional as F

from seq2seq_lib import masked_softmax

from . import UNNAMED, right, wrong

# ---------------------------------------------------------------- strongest


@right
def strongest(weights, tokens):
    best = weights[:, : len(tokens)].argmax(dim=1)
    return [tokens[i] for i in best]


@right
def strongest(weights, tokens):
    words = []
    for row in weights.double().tolist():
        share, word = max(zip(row, tokens), key=lambda pair: pair[0])
        words.append(word)
    return words


@right
def strongest(weights, tokens):
    padding = torch.arange(weights.shape[1]) >= len(tokens)
    order = weights.masked_fill(padding, -1.0).sort(dim=1, descending=True).indices
    return tuple(tokens[place.item()] for place in order[:, 0])


@wrong("raised IndexError: list index out of range. It came")
def strongest(weights, tokens):
    return [tokens[i] for i in weights.argmax(dim=1)]


@wrong("Some of the largest weights stand on padding,")
def strongest(weights, tokens):
    return [tokens[i] if i < len(tokens) else "<pad>" for i in weights.argmax(dim=1).tolist()]


@wrong("Some of the largest weights stand on padding,")
def strongest(weights, tokens):
    return [tokens[i] for i in weights.argmax(dim=1).tolist() if i < len(tokens)]


@wrong("Some of the largest weights stand on padding,")
def strongest(weights, tokens):
    """The last real token for every step that looks at padding."""
    return [tokens[min(i, len(tokens) - 1)] for i in weights.argmax(dim=1).tolist()]


@wrong("This is the word that each step looks at")
def strongest(weights, tokens):
    return [tokens[i] for i in weights[:, : len(tokens)].argmin(dim=1)]


@wrong("These are places. Return the words that stand")
def strongest(weights, tokens):
    return weights[:, : len(tokens)].argmax(dim=1).tolist()


@wrong("These are places, in a tensor. Return the words")
def strongest(weights, tokens):
    return weights[:, : len(tokens)].argmax(dim=1)


@wrong("This is the word of the first step. There is one")
def strongest(weights, tokens):
    for row in weights:
        return tokens[row[: len(tokens)].argmax()]


@wrong("This is the word of the first step alone. Does")
def strongest(weights, tokens):
    words = []
    for row in weights:
        words.append(tokens[row[: len(tokens)].argmax()])
        return words


@wrong(UNNAMED)
def strongest(weights, tokens):
    return [weights[:, : len(tokens)].max(dim=1).values]


@wrong("right result, but it changes its argument `weights`")
def strongest(weights, tokens):
    weights[:, len(tokens):] = 0
    return [tokens[i] for i in weights.argmax(dim=1)]


@wrong("The last token is never chosen. It is a real one,")
def strongest(weights, tokens):
    """`<eos>`, the last one, is left out."""
    return [tokens[i] for i in weights[:, : max(1, len(tokens) - 1)].argmax(dim=1)]


@wrong("The right words. Return them as a list, one for")
def strongest(weights, tokens):
    return " ".join(tokens[i] for i in weights[:, : len(tokens)].argmax(dim=1))


@wrong("Each word comes once. Return one for each step,")
def strongest(weights, tokens):
    words = []
    for i in weights[:, : len(tokens)].argmax(dim=1).tolist():
        if tokens[i] not in words:
            words.append(tokens[i])
    return words


@wrong("You ask for each source word which target word")
def strongest(weights, tokens):
    """For each source token the target step."""
    return [tokens[i % len(tokens)] for i in weights[:, : len(tokens)].argmax(dim=0)]


# ---------------------------------------------------------------- additive_score

@right
def additive_score(queries, keys, W, U, v):
    hidden = torch.tanh((queries @ W.T).unsqueeze(2) + (keys @ U.T).unsqueeze(1))
    return (hidden * v).sum(dim=-1)


@right
def additive_score(queries, keys, W, U, v):
    q = torch.einsum("bqh,gh->bqg", queries.double(), W.double())
    k = torch.einsum("bkh,gh->bkg", keys.double(), U.double())
    return torch.einsum("bqkg,g->bqk", torch.tanh(q[:, :, None] + k[:, None]), v.double())


@right
def additive_score(queries, keys, W, U, v):
    scores = torch.zeros(len(queries), queries.shape[1], keys.shape[1])
    for b in range(len(queries)):
        for i, q in enumerate(queries[b]):
            for j, k in enumerate(keys[b]):
                scores[b, i, j] = v @ torch.tanh(W @ q + U @ k)
    return scores


@right
def additive_score(queries, keys, W, U, v):
    """One matrix for both, on the two side by side, and layers with gradients."""
    layer, last = nn.Linear(2 * len(v), len(v), bias=False), nn.Linear(len(v), 1, bias=False)
    layer.weight = nn.Parameter(torch.cat((W, U), dim=1))
    last.weight = nn.Parameter(v[None])
    size = (-1, queries.shape[1], keys.shape[1], -1)
    both = torch.cat((queries[:, :, None].expand(size), keys[:, None].expand(size)), dim=3)
    return last(torch.tanh(layer(both))).squeeze(-1)


@right
def additive_score(queries, keys, W, U, v):
    """The vectors as columns; a list of the scores of each key, stacked."""
    q, k = W @ queries.transpose(1, 2), U @ keys.transpose(1, 2)
    return torch.stack([v @ torch.tanh(q + k[:, :, j : j + 1]) for j in range(k.shape[2])], dim=2)


def hidden_of(queries, keys, W, U):
    return torch.tanh((queries @ W.T).unsqueeze(2) + (keys @ U.T).unsqueeze(1))


@wrong("The tanh is missing: without it the score would be")
def additive_score(queries, keys, W, U, v):
    return ((queries @ W.T).unsqueeze(2) + (keys @ U.T).unsqueeze(1)) @ v


@wrong("The matrices have changed places: W is for the")
def additive_score(queries, keys, W, U, v):
    return hidden_of(queries, keys, U, W) @ v


@wrong("Queries and keys have changed places: W is for the")
def additive_score(queries, keys, W, U, v):
    """The roles of queries and keys are swapped throughout, and so the axes."""
    return hidden_of(keys, queries, W, U) @ v


@wrong("You multiply by W and U from the wrong side. Here")
def additive_score(queries, keys, W, U, v):
    return hidden_of(queries, keys, W.T, U.T) @ v


@wrong("You multiply the keys by U from the wrong side.")
def additive_score(queries, keys, W, U, v):
    return hidden_of(queries, keys, W, U.T) @ v


@wrong("You multiply the queries by W from the wrong side.")
def additive_score(queries, keys, W, U, v):
    return hidden_of(queries, keys, W.T, U) @ v


@wrong("v is missing: multiply by it before you add")
def additive_score(queries, keys, W, U, v):
    return hidden_of(queries, keys, W, U).sum(dim=3)


@wrong("You take a plain mean at the end. v says how much")
def additive_score(queries, keys, W, U, v):
    return hidden_of(queries, keys, W, U).mean(dim=3)


@wrong("This is what the tanh returns. Now v makes one")
def additive_score(queries, keys, W, U, v):
    return hidden_of(queries, keys, W, U)


@wrong("You have multiplied by v. Now add up along the last")
def additive_score(queries, keys, W, U, v):
    return hidden_of(queries, keys, W, U) * v


@wrong("You take the mean at the end. v^T x is a")
def additive_score(queries, keys, W, U, v):
    return (hidden_of(queries, keys, W, U) * v).mean(dim=-1)


@wrong("This is one number for all. There is one for each")
def additive_score(queries, keys, W, U, v):
    return (hidden_of(queries, keys, W, U) * v).sum()


@wrong("You add up along another axis. It's `num_hiddens`,")
def additive_score(queries, keys, W, U, v):
    return (hidden_of(queries, keys, W, U) * v).sum(dim=2)


@wrong("You add up along another axis. It's `num_hiddens`,")
def additive_score(queries, keys, W, U, v):
    return (hidden_of(queries, keys, W, U) * v).sum(dim=1)


@wrong("These are weights. Return the scores; the softmax,")
def additive_score(queries, keys, W, U, v):
    return torch.softmax(hidden_of(queries, keys, W, U) @ v, dim=-1)


@wrong("You multiply W q by U k. Additive attention adds")
def additive_score(queries, keys, W, U, v):
    return torch.tanh((queries @ W.T).unsqueeze(2) * (keys @ U.T).unsqueeze(1)) @ v


@wrong("This is the tanh of a dot product of W q and U k.")
def additive_score(queries, keys, W, U, v):
    return torch.tanh((queries @ W.T) @ (keys @ U.T).transpose(1, 2))


@wrong("This is a dot product of W q and U k. Add them,")
def additive_score(queries, keys, W, U, v):
    return torch.bmm(queries @ W.T, (keys @ U.T).transpose(1, 2))


@wrong("This is a dot product with a matrix between,")
def additive_score(queries, keys, W, U, v):
    return torch.bmm(queries @ W, keys.transpose(1, 2))


@wrong("This is the dot product. Here a small net")
def additive_score(queries, keys, W, U, v):
    return torch.bmm(queries, keys.transpose(1, 2))


@wrong("You take the tanh of each part. Add the two first,")
def additive_score(queries, keys, W, U, v):
    return (torch.tanh(queries @ W.T).unsqueeze(2) + torch.tanh(keys @ U.T).unsqueeze(1)) @ v


@wrong("You take the tanh of queries and keys, before the")
def additive_score(queries, keys, W, U, v):
    return ((torch.tanh(queries) @ W.T).unsqueeze(2) + (torch.tanh(keys) @ U.T).unsqueeze(1)) @ v


@wrong("The tanh comes before v, not behind")
def additive_score(queries, keys, W, U, v):
    return torch.tanh(((queries @ W.T).unsqueeze(2) + (keys @ U.T).unsqueeze(1)) @ v)


@wrong("You multiply by v inside the tanh. It comes behind")
def additive_score(queries, keys, W, U, v):
    """v inside the tanh."""
    return torch.tanh(((queries @ W.T).unsqueeze(2) + (keys @ U.T).unsqueeze(1)) * v).sum(dim=-1)


@wrong("You take the sigmoid. It's the")
def additive_score(queries, keys, W, U, v):
    return torch.sigmoid((queries @ W.T).unsqueeze(2) + (keys @ U.T).unsqueeze(1)) @ v


@wrong("You take the ReLU. It's the")
def additive_score(queries, keys, W, U, v):
    return F.relu((queries @ W.T).unsqueeze(2) + (keys @ U.T).unsqueeze(1)) @ v


@wrong("W is missing: the queries go through")
def additive_score(queries, keys, W, U, v):
    return torch.tanh(queries.unsqueeze(2) + (keys @ U.T).unsqueeze(1)) @ v


@wrong("U is missing: the keys go through")
def additive_score(queries, keys, W, U, v):
    return torch.tanh((queries @ W.T).unsqueeze(2) + keys.unsqueeze(1)) @ v


@wrong("W and U are missing: the queries go through the")
def additive_score(queries, keys, W, U, v):
    return torch.tanh(queries.unsqueeze(2) + keys.unsqueeze(1)) @ v


@wrong("One matrix for both? The queries go through W, the")
def additive_score(queries, keys, W, U, v):
    """One matrix for both."""
    return torch.tanh((queries.unsqueeze(2) + keys.unsqueeze(1)) @ W.T) @ v


@wrong("Here the first query meets the first key, the")
def additive_score(queries, keys, W, U, v):
    """As one would write it for two batches of the same number of steps."""
    return torch.tanh(queries @ W.T + keys @ U.T) @ v


@wrong("The axes are swapped: a row for each query, a")
def additive_score(queries, keys, W, U, v):
    return torch.tanh((queries @ W.T).unsqueeze(1) + (keys @ U.T).unsqueeze(2)) @ v


@wrong("One axis too many, of length 1. `squeeze` takes it")
def additive_score(queries, keys, W, U, v):
    return hidden_of(queries, keys, W, U) @ v.unsqueeze(1)


@wrong("`squeeze()` takes away every axis of length 1, that")
def additive_score(queries, keys, W, U, v):
    """Takes away the batch of one as well."""
    return (hidden_of(queries, keys, W, U) @ v.unsqueeze(1)).squeeze()


@wrong("You put the steps of both one behind the other.")
def additive_score(queries, keys, W, U, v):
    return torch.tanh(torch.cat((queries @ W.T, keys @ U.T), dim=1)) @ v


@wrong("You divide by the root of `num_hiddens`. That")
def additive_score(queries, keys, W, U, v):
    return hidden_of(queries, keys, W, U) @ v / math.sqrt(queries.shape[-1])


@wrong("Your scores have the other")
def additive_score(queries, keys, W, U, v):
    return -(hidden_of(queries, keys, W, U) @ v)


@wrong("You subtract U k. Additive attention adds")
def additive_score(queries, keys, W, U, v):
    return torch.tanh((queries @ W.T).unsqueeze(2) - (keys @ U.T).unsqueeze(1)) @ v


@wrong("This is the first sentence alone. Does `return`")
def additive_score(queries, keys, W, U, v):
    for q, k in zip(queries, keys):
        return hidden_of(q[None], k[None], W, U)[0] @ v


@wrong(UNNAMED)
def additive_score(queries, keys, W, U, v):
    return (hidden_of(queries, keys, W, U) @ v).tolist()


@wrong("right result, but it changes its argument `keys`")
def additive_score(queries, keys, W, U, v):
    queries[:] = queries @ W.T
    keys[:] = keys @ U.T
    return torch.tanh(queries.unsqueeze(2) + keys.unsqueeze(1)) @ v


@wrong(UNNAMED)
def additive_score(queries, keys, W, U, v):
    return F.cosine_similarity((queries @ W.T).unsqueeze(2), (keys @ U.T).unsqueeze(1), dim=3)


@wrong("One tanh too many: what v returns is the score, and")
def additive_score(queries, keys, W, U, v):
    """tanh twice."""
    return torch.tanh(hidden_of(queries, keys, W, U) @ v)


@wrong("raised RuntimeError: Expected size for first two")
def additive_score(queries, keys, W, U, v):
    return torch.tanh(W @ queries + U @ keys) @ v


@wrong("All rows of a sentence are alike, as if it had one")
def additive_score(queries, keys, W, U, v):
    """Every row is that of the last query."""
    scores = torch.zeros(len(queries), queries.shape[1], keys.shape[1])
    for b in range(len(queries)):
        for q in queries[b]:
            for j, k in enumerate(keys[b]):
                scores[b, :, j] = v @ torch.tanh(W @ q + U @ k)
    return scores


# ---------------------------------------------------------------- multi_head

@right
def multi_head(queries, keys, values, valid_len, num_heads):
    q, k, v = (x.unflatten(2, (num_heads, -1)).transpose(1, 2) for x in (queries, keys, values))
    real = (torch.arange(keys.shape[1]) < valid_len[:, None])[:, None, None]
    heads = F.scaled_dot_product_attention(q, k, v, attn_mask=real)
    return heads.transpose(1, 2).flatten(2)


@right
def multi_head(queries, keys, values, valid_len, num_heads):
    size = queries.shape[2] // num_heads
    pieces = []
    for q, k, v in zip(queries.split(size, -1), keys.split(size, -1), values.split(size, -1)):
        pieces.append(masked_softmax(q @ k.transpose(1, 2) / math.sqrt(size), valid_len) @ v)
    return torch.cat(pieces, dim=2)


@right
def multi_head(queries, keys, values, valid_len, num_heads):
    """Query by query, in double precision, with the real keys alone."""
    out, size = torch.zeros_like(queries, dtype=torch.float64), queries.shape[2] // num_heads
    for b, n in enumerate(valid_len.tolist()):
        for i in range(queries.shape[1]):
            for h in range(num_heads):
                piece = slice(h * size, (h + 1) * size)
                scores = keys[b, :n, piece].double() @ queries[b, i, piece].double() * size**-0.5
                out[b, i, piece] = scores.softmax(0) @ values[b, :n, piece].double()
    return out


@right
def multi_head(queries, keys, values, valid_len, num_heads):
    """Heads and sentences in one batch."""
    batch, num_queries, num_hiddens = queries.shape
    size = num_hiddens // num_heads

    def folded(x):
        return x.view(batch, -1, num_heads, size).permute(0, 2, 1, 3).reshape(batch * num_heads, -1, size)

    scores = torch.bmm(folded(queries), folded(keys).transpose(1, 2)) / size**0.5
    heads = torch.bmm(masked_softmax(scores, valid_len.repeat_interleave(num_heads)), folded(values))
    return heads.view(batch, num_heads, num_queries, size).transpose(1, 2).reshape(batch, num_queries, num_hiddens)


def cut(x, num_heads):
    return x.unflatten(2, (num_heads, -1)).transpose(1, 2)


def headed(queries, keys, values, valid_len, num_heads, scale=math.sqrt, **how):
    """What is meant, with something changed: a tensor of heads, (batch, num_heads, queries, size)."""
    q, k, v = (how.get("cut", cut)(x, num_heads) for x in (queries, keys, values))
    scores = q @ k.transpose(2, 3) / scale(q.shape[3])
    padding = (torch.arange(keys.shape[1]) >= valid_len[:, None])[:, None, None]
    softmax = how.get("softmax", lambda scores, padding: scores.masked_fill(padding, -1e9).softmax(-1))
    return softmax(scores, padding) @ v


def joined(heads):
    return heads.transpose(1, 2).flatten(2)


@wrong("The scaling is missing: divide the scores by the")
def multi_head(queries, keys, values, valid_len, num_heads):
    return joined(headed(queries, keys, values, valid_len, num_heads, scale=lambda size: 1))


@wrong("You divide by the root of `num_hiddens`. Each head")
def multi_head(queries, keys, values, valid_len, num_heads):
    return joined(headed(queries, keys, values, valid_len, num_heads, lambda size: math.sqrt(queries.shape[2])))


@wrong("You divide by the root of the number of heads. Take")
def multi_head(queries, keys, values, valid_len, num_heads):
    return joined(headed(queries, keys, values, valid_len, num_heads, scale=lambda size: math.sqrt(num_heads)))


@wrong("You divide by the size of a piece, or twice by its")
def multi_head(queries, keys, values, valid_len, num_heads):
    return joined(headed(queries, keys, values, valid_len, num_heads, scale=lambda size: size))


@wrong("You multiply by the root of a piece's size. Divide")
def multi_head(queries, keys, values, valid_len, num_heads):
    return joined(headed(queries, keys, values, valid_len, num_heads, scale=lambda size: size**-0.5))


@wrong("You divide by the size of a piece, or twice by its")
def multi_head(queries, keys, values, valid_len, num_heads):
    """Scaled once by hand, once by PyTorch."""
    q, k, v = (cut(x, num_heads) for x in (queries, keys, values))
    real = (torch.arange(keys.shape[1]) < valid_len[:, None])[:, None, None]
    return joined(F.scaled_dot_product_attention(q / math.sqrt(q.shape[3]), k, v, attn_mask=real))


@wrong("A plain `reshape` mixes steps and numbers. Cut the")
def multi_head(queries, keys, values, valid_len, num_heads):
    """As `view` does it at once."""
    size = queries.shape[2] // num_heads
    heads = headed(queries, keys, values, valid_len, num_heads,
                   cut=lambda x, num_heads: x.view(len(x), num_heads, -1, size))
    return joined(heads)


@wrong("A plain `reshape` mixes steps and numbers. Cut the")
def multi_head(queries, keys, values, valid_len, num_heads):
    """`view` on the way there, and back."""
    size = queries.shape[2] // num_heads
    heads = headed(queries, keys, values, valid_len, num_heads,
                   cut=lambda x, num_heads: x.view(len(x), num_heads, -1, size))
    return heads.reshape(queries.shape)


@wrong("At the end a plain `reshape` mixes heads and steps.")
def multi_head(queries, keys, values, valid_len, num_heads):
    return headed(queries, keys, values, valid_len, num_heads).reshape(queries.shape)


@wrong("Your steps don't see each other: the heads of one")
def multi_head(queries, keys, values, valid_len, num_heads):
    """Without a move of the heads: attention among the heads of one step."""
    q, k, v = (x.unflatten(2, (num_heads, -1)) for x in (queries, keys, values))
    return F.scaled_dot_product_attention(q, k[:, : q.shape[1]], v[:, : q.shape[1]]).flatten(2)


@wrong("Padding gets its share: mask the scores before the")
def multi_head(queries, keys, values, valid_len, num_heads):
    return joined(headed(queries, keys, values, valid_len, num_heads, softmax=lambda s, padding: s.softmax(-1)))


@wrong("You mask after the softmax, so the weights no")
def multi_head(queries, keys, values, valid_len, num_heads):
    return joined(headed(queries, keys, values, valid_len, num_heads,
                         softmax=lambda s, padding: s.softmax(-1).masked_fill(padding, 0)))


@wrong("A score of 0 is an ordinary score. Padding needs")
def multi_head(queries, keys, values, valid_len, num_heads):
    return joined(headed(queries, keys, values, valid_len, num_heads,
                         softmax=lambda s, padding: (s * ~padding).softmax(-1)))


@wrong("Your softmax runs over the queries. It has to run")
def multi_head(queries, keys, values, valid_len, num_heads):
    return joined(headed(queries, keys, values, valid_len, num_heads,
                         softmax=lambda s, padding: s.masked_fill(padding, -torch.inf).softmax(2)))


@wrong("You weigh the keys. What is fetched are the")
def multi_head(queries, keys, values, valid_len, num_heads):
    return joined(headed(queries, keys, keys, valid_len, num_heads))


@wrong("You hide the last real key, `<eos>`. `valid_len`")
def multi_head(queries, keys, values, valid_len, num_heads):
    return joined(headed(queries, keys, values, valid_len - 1, num_heads))


@wrong("One padded key is left in your mask. Counted from")
def multi_head(queries, keys, values, valid_len, num_heads):
    return joined(headed(queries, keys, values, valid_len + 1, num_heads))


@wrong("The heads are still apart. Put them side by side")
def multi_head(queries, keys, values, valid_len, num_heads):
    return headed(queries, keys, values, valid_len, num_heads)


@wrong("You take the mean of the heads. Put them side by")
def multi_head(queries, keys, values, valid_len, num_heads):
    return headed(queries, keys, values, valid_len, num_heads).mean(1)


@wrong("This is one head over all `num_hiddens`. Cut the")
def multi_head(queries, keys, values, valid_len, num_heads):
    return joined(headed(queries, keys, values, valid_len, 1))


@wrong("The mask of one sentence has come to the heads of")
def multi_head(queries, keys, values, valid_len, num_heads):
    """Heads and sentences in one batch, but the lengths in another order."""
    q, k, v = (cut(x, num_heads).flatten(0, 1) for x in (queries, keys, values))
    weights = masked_softmax(q @ k.transpose(1, 2) / q.shape[2] ** 0.5, valid_len.repeat(num_heads))
    return joined((weights @ v).unflatten(0, (-1, num_heads)))


@wrong("You cut pieces of `num_heads` numbers. Cut")
def multi_head(queries, keys, values, valid_len, num_heads):
    """Pieces of num_heads numbers."""
    q, k, v = (x.unflatten(2, (-1, num_heads)).transpose(1, 2) for x in (queries, keys, values))
    real = (torch.arange(keys.shape[1]) < valid_len[:, None])[:, None, None]
    return joined(F.scaled_dot_product_attention(q, k, v, attn_mask=real))


@wrong("right result, but it changes its argument `queries`")
def multi_head(queries, keys, values, valid_len, num_heads):
    queries /= math.sqrt(queries.shape[2] // num_heads)
    return joined(headed(queries, keys, values, valid_len, num_heads, scale=lambda size: 1))


@wrong("This is the last head alone. Keep what each one")
def multi_head(queries, keys, values, valid_len, num_heads):
    """Only the last piece comes out of the loop."""
    for q, k, v in zip(*(x.chunk(num_heads, dim=2) for x in (queries, keys, values))):
        heads = masked_softmax(q @ k.transpose(1, 2) / math.sqrt(q.shape[2]), valid_len) @ v
    return heads


@wrong("Your mask keeps the padding and hides the words. It")
def multi_head(queries, keys, values, valid_len, num_heads):
    """The mask for True and False the wrong way round."""
    q, k, v = (cut(x, num_heads) for x in (queries, keys, values))
    padding = (torch.arange(keys.shape[1]) >= valid_len[:, None])[:, None, None]
    return joined(F.scaled_dot_product_attention(q, k, v, attn_mask=padding).nan_to_num())


@wrong("Your heads are shuffled into one another. Put them")
def multi_head(queries, keys, values, valid_len, num_heads):
    """Stacked along a new axis at the end."""
    pieces = zip(*(x.chunk(num_heads, dim=2) for x in (queries, keys, values)))
    heads = [masked_softmax(q @ k.transpose(1, 2) / math.sqrt(q.shape[2]), valid_len) @ v for q, k, v in pieces]
    return torch.stack(heads, dim=3).flatten(2)
