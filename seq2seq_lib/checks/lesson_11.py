"""The checks of lesson 11, attention: of its blanks and of its exercises."""

import math

import torch

from .blank import Blank
from .runner import Exercise, in_single_precision

# ---------------------------------------------------------------- for all


def _random(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).round(decimals=1)


def _softmax(scores, dim=-1):
    return scores.softmax(dim=dim)


# ---------------------------------------------------------------- blank: one query, by hand

def _attend(query, keys, values):
    weights = _softmax(keys @ query)
    return weights @ values, weights


def _attend_but(score=lambda query, keys: keys @ query, turn=_softmax, mean=lambda weights, keys, values:
                weights @ values):
    """The answer, with another step in one place: a mistake."""
    def attend(query, keys, values):
        weights = turn(score(query, keys))
        return mean(weights, keys, values), weights
    return attend


def _scores_as_weights(query, keys, values):
    weights = _softmax(keys @ query)
    return (keys @ query) @ values, weights


_words = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0]])  # (4, 3)

attend = Blank(
    _attend,
    call=in_single_precision,
    cases=[(torch.tensor([2.0, 0, 1]), _words, 10 * _words), (_random(0, 3), _random(1, 4, 3), _random(2, 4, 3)),
           (_random(3, 5), _random(4, 2, 5), _random(5, 2, 5)), (_random(6, 4), _random(7, 6, 4), _random(8, 6, 4)),
           (_random(9, 3), _random(10, 1, 3), _random(11, 1, 3))],
    mistakes=[
        (lambda query, keys, values: _attend(query, keys, values)[::-1],
         "The right two in the other order: first the context, then the weights."),
        (lambda query, keys, values: _attend(query, keys, values)[0],
         "This is the context. Return the weights too, as the second of two."),
        (lambda query, keys, values: _attend(query, keys, values)[1],
         "These are the weights. Weigh the values by them, and return both: the context, then the weights."),
        (_attend_but(score=lambda query, keys: keys @ query / math.sqrt(len(query))),
         "You divide the scores by the root of `num_hiddens`. Many do; here the plain dot product is asked for."),
        (_attend_but(turn=lambda scores: scores / scores.sum()),
         "You divide the scores by their sum. A score may be negative, a weight may not: take the softmax."),
        (_attend_but(turn=torch.sigmoid),
         "You take the sigmoid of each score on its own. The softmax lets the keys compete: its weights sum to 1."),
        (_attend_but(turn=torch.exp),
         "These are powers of e, all above 0. Divide them by their sum, so that the weights sum to 1."),
        (_attend_but(score=lambda query, keys: torch.cosine_similarity(query[None], keys)),
         "You divide by the lengths of the vectors, which gives a cosine. Here the plain dot product is asked for."),
        (_attend_but(score=lambda query, keys: keys.sum(dim=1)),
         "The query has no effect. Compare it with each key."),
        (_attend_but(turn=lambda scores: scores),
         "These are scores. The softmax makes weights of them, which sum to 1."),
        (_scores_as_weights, "You weigh the values by the scores. Weigh them by what the softmax has made of these."),
        (_attend_but(mean=lambda weights, keys, values: weights @ keys),
         "You weigh the keys. What is fetched are the values; the keys only say how well each fits."),
        (_attend_but(mean=lambda weights, keys, values: values.mean(dim=0)),
         "This is the plain mean of the values. Multiply each by its weight first."),
        (_attend_but(mean=lambda weights, keys, values: weights @ values / len(values)),
         "You divide by the number of steps. The weights sum to 1 already, so the weighted sum is the mean."),
        (_attend_but(mean=lambda weights, keys, values: values[weights.argmax()]),
         "You fetch the value with the largest weight. Take all of them, each as much as its weight says."),
        (_attend_but(mean=lambda weights, keys, values: weights[:, None] * values),
         "These are the weighted values, one row each. Add them up."),
        (_attend_but(turn=lambda scores: (-scores).softmax(dim=0)),
         "Your scores have the other sign: a key that fits has to score higher."),
        (_attend_but(score=lambda query, keys: (keys - query).norm(dim=1)),
         "You measure a distance, which is small where a key fits. Take the dot product: `keys @ query`."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with a score for each key: `keys @ query`.",
    after="The weights are computed from this query and these keys: another sentence has others.",
)


# ---------------------------------------------------------------- blank: weights that leave out padding

def _padding(scores, valid_len, inside=lambda steps, n: steps < n):
    """True where a key is padding, of the shape of the scores."""
    steps = torch.arange(scores.shape[2])
    return ~inside(steps, valid_len[:, None])[:, None].expand(scores.shape)


def _masked_softmax(scores, valid_len):
    return scores.masked_fill(_padding(scores, valid_len), -torch.inf).softmax(dim=2)


def _filled_with(value, inside=lambda steps, n: steps < n, dim=2):
    return lambda scores, valid_len: scores.masked_fill(_padding(scores, valid_len, inside), value).softmax(dim=dim)


def _masked_after(scores, valid_len):
    return scores.softmax(dim=2).masked_fill(_padding(scores, valid_len), 0.0)


def _by_query(value):
    """Hides late queries instead of late keys."""
    def masked_softmax(scores, valid_len):
        late = torch.arange(scores.shape[1]) >= valid_len[:, None]
        return scores.masked_fill(late[:, :, None], value).softmax(dim=2)
    return masked_softmax


def _mask_without_an_axis(scores, valid_len):
    """The mask `(batch, keys)` fits by chance, such as where there are as many sentences as queries; else None."""
    try:
        return scores.masked_fill(_padding(scores, valid_len)[:, 0], -torch.inf).softmax(dim=2)
    except RuntimeError:
        return None


def _by_exp(scores, valid_len):
    exps = scores.exp() * ~_padding(scores, valid_len)
    return exps / exps.sum(dim=2, keepdim=True)


def _as_the_first(scores, valid_len):
    return _masked_softmax(scores, valid_len[:1].expand(len(scores)))


def _as_many_as_the_longest(scores, valid_len):
    return _masked_softmax(scores, valid_len.max().expand(len(scores)))


_AFTER = ("You put the padding to 0 after the softmax, so the rows no longer sum to 1: what padding had got is lost. "
          "Mask the scores, before the softmax.")
_ZERO = ("You set the scores of padding to 0. That's an ordinary score, and the softmax gives it a share. What share "
         "does a score of −∞ get?")

_OVER_QUERIES = ("Your softmax runs over the queries. Each query shares out its weights among the keys: the last axis.")

masked_softmax = Blank(
    _masked_softmax,
    call=in_single_precision,
    cases=[(torch.tensor([[[1.0, 2, 3], [3, 2, 1]], [[0, 1, 0], [1, 1, 4]]]), torch.tensor([3, 2])),
           (_random(0, 3, 2, 4), torch.tensor([2, 4, 1])), (_random(1, 2, 3, 5), torch.tensor([5, 3])),
           (3 * _random(2, 4, 4, 4), torch.tensor([1, 2, 3, 4])), (_random(3, 1, 1, 1), torch.tensor([1])),
           (_random(4, 2, 1, 6) - 8, torch.tensor([3, 5])),
           (10 * _random(5, 2, 3, 4) + torch.tensor([-120.0, 120])[:, None, None], torch.tensor([3, 2]))],
    mistakes=[
        (lambda scores, valid_len: scores.softmax(dim=2),
         "Padding still gets its share. Mask it: `valid_len` says how many keys of each sentence are real."),
        (_masked_after, _AFTER),
        (_filled_with(0.0), _ZERO),
        (lambda scores, valid_len: (scores * ~_padding(scores, valid_len)).softmax(dim=2), _ZERO),
        *[mistake for low in (-torch.inf, -1e9) for mistake in (
            (_filled_with(low, dim=1), _OVER_QUERIES),
            (_filled_with(low, dim=0),
             "Your softmax runs over the sentences. Each query shares out its weights among the keys: the last axis."),
            (_filled_with(low, inside=lambda steps, n: steps <= n),
             "One padded key is left. Counted from 0, the real ones are those *below* `valid_len`."),
            (_filled_with(low, inside=lambda steps, n: steps < n - 1),
             "You hide the last real key, `<eos>`. `valid_len` counts it."),
            (_filled_with(low, inside=lambda steps, n: steps >= n),
             "You keep the padding and hide the words. It is the other way round."),
            (_by_query(low),
             "You hide queries. The padding is in the source, so it's the keys, the last axis, that are hidden."))],
        (lambda scores, valid_len: scores.softmax(dim=1).masked_fill(_padding(scores, valid_len), 0.0),
         "Your softmax runs over the queries, and the mask comes after it. First the mask, then a softmax over the "
         "keys."),
        (lambda scores, valid_len: scores.softmax(dim=1),
         "Your softmax runs over the queries, and padding gets its share. Mask the keys, then a softmax over these."),
        (_mask_without_an_axis,
         "Your mask is (batch, keys), and is taken for one of (queries, keys). It needs an axis between the two: each "
         "sentence has its own mask, the same for all of its queries."),
        (_as_the_first, "Every sentence is masked like the first one. Each has a valid length of its own."),
        (_as_many_as_the_longest,
         "You mask behind the longest sentence only. Each sentence has a valid length of its own."),
        (lambda scores, valid_len: scores.masked_fill(_padding(scores, valid_len), -torch.inf),
         "These are masked scores. Now the softmax, over the keys."),
        (lambda scores, valid_len: scores.masked_fill(_padding(scores, valid_len), -torch.inf).log_softmax(dim=2),
         "These are logarithms of the weights. Take `softmax`, not `log_softmax`."),
        (_filled_with(-1.0), "A score of −1 is an ordinary score. Only −∞ gets a weight of exactly 0."),
        (_filled_with(torch.inf), "You set padding to +∞, the best score there is. Take −∞."),
        (_filled_with(-100.0), "A score of −100 is low, but here are sentences whose real scores are lower. Only −∞ is "
                               "below them all."),
        (_by_exp, "Where scores are large, `exp` of them is infinite, and where they are very low, it is 0 for all. "
                  "`softmax` knows how to do without: mask the scores for it."),
    ],
    edges=1,
    start="Delete the line `raise NotImplementedError`, and begin with the padding: "
          "`torch.arange(scores.shape[2]) >= valid_len[:, None]`, of shape (batch, keys).",
    after="Two tests say that it is right: rows sum to 1, and padding has exactly 0.",
)


# ---------------------------------------------------------------- blank: what the output layer reads

def _step_output(attended, queries, combine):
    return torch.tanh(combine(torch.cat((attended, queries), dim=2)))


def _combine(seed, num_hiddens):
    layer = torch.nn.Linear(2 * num_hiddens, num_hiddens, bias=False)
    with torch.no_grad():
        layer.weight.copy_(_random(seed, num_hiddens, 2 * num_hiddens) / 2)
    return layer.requires_grad_(False)


step_output = Blank(
    _step_output,
    call=in_single_precision,
    cases=[(_random(i, batch, num_steps, num_hiddens), _random(10 + i, batch, num_steps, num_hiddens),
            _combine(20 + i, num_hiddens)) for i, (batch, num_steps, num_hiddens) in
           enumerate([(1, 2, 2), (2, 3, 4), (3, 1, 3), (2, 2, 5)])],
    mistakes=[
        (lambda attended, queries, combine: torch.tanh(combine(torch.cat((queries, attended), dim=2))),
         "The two are in the other order. What was attended to comes first: [c; h]."),
        (lambda attended, queries, combine: combine(torch.cat((attended, queries), dim=2)),
         "The tanh is missing."),
        (lambda attended, queries, combine: combine(torch.tanh(torch.cat((attended, queries), dim=2))),
         "The tanh comes last, around what `combine` returns."),
        (lambda attended, queries, combine: combine(torch.cat((queries, attended), dim=2)),
         "The two are in the other order, and the tanh is missing: tanh of `combine` of [c; h]."),
        (lambda attended, queries, combine: torch.sigmoid(combine(torch.cat((attended, queries), dim=2))),
         "You take the sigmoid. Luong et al. take the tanh, from −1 to 1."),
        (lambda attended, queries, combine: torch.relu(combine(torch.cat((attended, queries), dim=2))),
         "You take the ReLU. Luong et al. take the tanh, from −1 to 1."),
        (lambda attended, queries, combine: torch.cat((attended, queries), dim=2),
         "You have put the two side by side. Now `combine` makes `num_hiddens` numbers of them, then the tanh."),
        (lambda attended, queries, combine: torch.tanh(attended + queries),
         "You add the two. Put them side by side, so that `combine` can weigh each on its own."),
        (lambda attended, queries, combine: torch.tanh(combine(torch.stack((attended, queries), dim=3).flatten(2))),
         "The numbers of the two alternate. Put the one behind the other: `cat`, not `stack`."),
        (lambda attended, queries, combine: torch.tanh(combine(torch.cat((attended, attended), dim=2))),
         "You put what was attended to there twice. The second is the query, the state after the step."),
        (lambda attended, queries, combine: torch.tanh(combine(torch.cat((queries, queries), dim=2))),
         "You put the queries there twice. The first is what was attended to."),
        (lambda attended, queries, combine: attended,
         "This is what was attended to. The state after the step counts too."),
        (lambda attended, queries, combine: queries,
         "This is the state after the step. What was attended to counts too."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the two side by side, along the last axis: "
          "`torch.cat((attended, queries), dim=2)`.",
    after="The output layer reads this in the place of the state, and nothing else in the decoder has changed.",
)


# ---------------------------------------------------------------- warm-up: the strongest word

def _strongest(weights, tokens):
    return [tokens[i] for i in weights[:, : len(tokens)].argmax(dim=1).tolist()]


def _all_columns(weights, tokens):
    return [(tokens + ["<pad>"] * weights.shape[1])[i] for i in weights.argmax(dim=1).tolist()]


def _shorter(weights, tokens):
    return [tokens[i] for i in weights.argmax(dim=1).tolist() if i < len(tokens)]


def _clipped(weights, tokens):
    return [tokens[min(i, len(tokens) - 1)] for i in weights.argmax(dim=1).tolist()]


def _each_once(weights, tokens):
    return list(dict.fromkeys(_strongest(weights, tokens)))


def _weights(seed, steps, real, width):
    scores = 2 * _random(seed, steps, width)
    scores[:, real:] += 1.0  # of a model without a mask
    return scores.softmax(dim=1).round(decimals=2)


strongest = Exercise(
    _strongest,
    cases=[(torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]]), ["they", "are", "watching"]),
           (_weights(0, 4, 3, 3), ["we", "go", "."]), (_weights(1, 5, 4, 4), ["the", "cat", "sleeps", "."]),
           (_weights(22, 1, 2, 2), ["go", "!"]), (_weights(23, 2, 5, 5), list("abcde")),
           (_weights(4, 4, 3, 6), ["we", "go", "."]), (_weights(15, 6, 2, 7), ["go", "!"])],
    mistakes=[
        (lambda weights, tokens: [tokens[i] for i in weights[:, : len(tokens)].argmax(dim=0).tolist()
                                  if i < len(tokens)],
         "You ask for each source word which target word looks at it most. It's the other way round: for each row, the "
         "largest column."),
        (lambda weights, tokens: [(tokens * weights.shape[0])[i] for i in weights.argmax(dim=0).tolist()],
         "You ask for each source word which target word looks at it most. It's the other way round: for each row, the "
         "largest column."),
        (lambda weights, tokens: [tokens[i] for i in weights[:, : len(tokens)].argmin(dim=1).tolist()],
         "This is the word that each step looks at *least*."),
        (lambda weights, tokens: weights[:, : len(tokens)].argmax(dim=1).tolist(),
         "These are places. Return the words that stand there."),
        (lambda weights, tokens: weights[:, : len(tokens)].argmax(dim=1),
         "These are places, in a tensor. Return the words that stand there, in a list."),
        (lambda weights, tokens: " ".join(_strongest(weights, tokens)),
         "The right words. Return them as a list, one for each step."),
        (lambda weights, tokens: tokens[weights[:, : len(tokens)].argmax(dim=1)[0].item()],
         "This is the word of the first step. There is one for each step."),
        (lambda weights, tokens: [tokens[weights[:, : len(tokens)].argmax().item() % len(tokens)]],
         "This is the largest weight of all steps. Find the largest of each row."),
        *[(mistake, "Some of the largest weights stand on padding, behind the tokens. Look at the first `len(tokens)` "
                    "columns only.") for mistake in (_all_columns, _shorter, _clipped)],
        (lambda weights, tokens: [tokens[i] for i in weights[:, : max(1, len(tokens) - 1)].argmax(dim=1).tolist()],
         "The last token is never chosen. It is a real one, even if it is `<eos>` or a full stop: leave out padding "
         "alone."),
        (lambda weights, tokens: _strongest(weights, tokens)[:1],
         "This is the word of the first step alone. Does `return` stand in the loop?"),
        (_each_once, "Each word comes once. Return one for each step, even where it is the same again: two steps may "
                     "look at one word."),
        (lambda weights, tokens: list(zip(range(len(weights)), _strongest(weights, tokens))),
         "The right words, with their steps. Return the words alone."),
        (lambda weights, tokens: weights[:, : len(tokens)].max(dim=1).values.tolist(),
         "These are the largest weights. Return the words that have them."),
    ],
    edges=2,
    start="Delete the line `raise NotImplementedError`, and begin with the place of the largest weight in each row: "
          "`weights.argmax(dim=1)`.",
    after="This is a *hard* alignment: what is left of the soft one if each step may point at one word only.",
)


# ---------------------------------------------------------------- core: additive scores

def _additive_score(queries, keys, W, U, v):
    return _additive_but()(queries, keys, W, U, v)


def _additive_but(left=lambda queries, W: queries @ W.T, right=lambda keys, U: keys @ U.T, squash=torch.tanh,
                  join=lambda q, k: q[:, :, None] + k[:, None], last=lambda hidden, v: hidden @ v):
    """v^T tanh(W q + U k), and with another step in one place a mistake."""
    return lambda queries, keys, W, U, v: last(squash(join(left(queries, W), right(keys, U))), v)


def _of_one_query(number):
    return lambda queries, keys, W, U, v: _additive_score(
        queries[:, number, None].expand(queries.shape), keys, W, U, v)


def _side_by_side(steps):
    """Steps of both, that are no pairs; None where they do not fit."""
    def additive_score(queries, keys, W, U, v):
        try:
            return torch.tanh(steps(queries @ W.T, keys @ U.T)) @ v
        except RuntimeError:
            return None
    return additive_score


_NO_PAIRS = ("Here the first query meets the first key, the second the second. Every query meets every key: give the "
             "two parts an axis more each, so that they are spread out along it.")
_OTHER_AXIS = ("You add up along another axis. It's `num_hiddens`, the last one, that v makes one number of.")
_ONE_QUERY = ("All rows of a sentence are alike, as if it had one query. Does each query fill its own row?")
_ONE_MATRIX = ("One matrix for both? The queries go through W, the keys through U.")
_GENERAL = ("This is a dot product with a matrix between, Luong's *general* score. Here a small net scores: two "
            "matrices, a sum, the tanh, then v.")


def _sizes(seed, batch, num_queries, num_keys, num_hiddens):
    return (_random(seed, batch, num_queries, num_hiddens), _random(seed + 1, batch, num_keys, num_hiddens),
            _random(seed + 2, num_hiddens, num_hiddens), _random(seed + 3, num_hiddens, num_hiddens),
            _random(seed + 4, num_hiddens))


additive_score = Exercise(
    _additive_score,
    call=in_single_precision,
    cases=[(torch.tensor([[[1.0, 0]]]), torch.tensor([[[0, 1.0], [1, 1]]]), torch.tensor([[1.0, 2], [0, 1]]),
            torch.tensor([[0, 1.0], [1, 1]]), torch.tensor([1.0, -2])),
           _sizes(0, 1, 2, 3, 3), _sizes(10, 2, 3, 4, 2), _sizes(20, 3, 1, 5, 4), _sizes(30, 2, 4, 2, 3),
           _sizes(40, 2, 3, 3, 3)],
    mistakes=[
        (_additive_but(squash=lambda sums: sums),
         "The tanh is missing: without it the score would be a sum of two parts, and every query would rank the keys "
         "alike."),
        (lambda queries, keys, W, U, v: _additive_score(queries, keys, U, W, v),
         "The matrices have changed places: W is for the queries, U for the keys."),
        (_additive_but(left=lambda queries, W: queries @ W, right=lambda keys, U: keys @ U),
         "You multiply by W and U from the wrong side. Here the vectors are rows, so W q is `queries @ W.T`."),
        (_additive_but(left=lambda queries, W: queries @ W),
         "You multiply the queries by W from the wrong side. They are rows, so W q is `queries @ W.T`."),
        (_additive_but(right=lambda keys, U: keys @ U),
         "You multiply the keys by U from the wrong side. They are rows, so U k is `keys @ U.T`."),
        (lambda queries, keys, W, U, v: _additive_score(queries, keys, U.T, W.T, v),
         "W is for the queries and U for the keys; and the vectors are rows, so W q is `queries @ W.T`."),
        (lambda queries, keys, W, U, v: _additive_score(keys, queries, W, U, v),
         "Queries and keys have changed places: W is for the queries, U for the keys, and there is a row for each "
         "query."),
        (_additive_but(last=lambda hidden, v: hidden),
         "This is what the tanh returns. Now v makes one number of each vector, the score."),
        (_additive_but(last=lambda hidden, v: hidden.mean(dim=3)),
         "You take a plain mean at the end. v says how much each number counts: v^T x is a weighted sum."),
        (_additive_but(last=lambda hidden, v: (hidden * v).sum()),
         "This is one number for all. There is one for each query and key."),
        *[(_additive_but(last=lambda hidden, v, axis=axis: (hidden * v).sum(dim=axis)), _OTHER_AXIS)
          for axis in (0, 1, 2)],
        (_additive_but(last=lambda hidden, v: hidden.sum(dim=3)), "v is missing: multiply by it before you add up."),
        (_additive_but(last=lambda hidden, v: hidden * v),
         "You have multiplied by v. Now add up along the last axis: one number for each query and key."),
        (_additive_but(last=lambda hidden, v: (hidden * v).mean(dim=3)),
         "You take the mean at the end. v^T x is a sum."),
        (_additive_but(last=lambda hidden, v: hidden @ v / math.sqrt(len(v))),
         "You divide by the root of `num_hiddens`. That belongs to the dot product, and not always to it."),
        (_additive_but(last=lambda hidden, v: (hidden @ v).softmax(dim=2)),
         "These are weights. Return the scores; the softmax, with its mask, comes later."),
        (_additive_but(last=lambda hidden, v: (hidden @ v).softmax(dim=1)),
         "These are weights, and shared out among the queries. Return the scores; the softmax comes later."),
        (_additive_but(last=lambda hidden, v: (hidden @ v).exp()),
         "These are powers of e. Return the scores; the softmax comes later."),
        (_additive_but(last=lambda hidden, v: -(hidden @ v)),
         "Your scores have the other sign."),
        (_additive_but(join=lambda q, k: q[:, :, None] * k[:, None]),
         "You multiply W q by U k. Additive attention adds them."),
        (_additive_but(join=lambda q, k: q[:, :, None] - k[:, None]),
         "You subtract U k. Additive attention adds it."),
        (_additive_but(left=lambda queries, W: torch.tanh(queries @ W.T), right=lambda keys, U: torch.tanh(keys @ U.T),
                       squash=lambda sums: sums),
         "You take the tanh of each part. Add the two first, then one tanh."),
        (_additive_but(left=lambda queries, W: torch.tanh(queries) @ W.T,
                       right=lambda keys, U: torch.tanh(keys) @ U.T, squash=lambda sums: sums),
         "You take the tanh of queries and keys, before the matrices. It comes after these, around the sum."),
        (_additive_but(last=lambda hidden, v: torch.tanh(hidden @ v)),
         "One tanh too many: what v returns is the score, and may be of any size."),
        (_additive_but(squash=lambda sums: sums, last=lambda hidden, v: torch.tanh(hidden * v).sum(dim=3)),
         "You multiply by v inside the tanh. It comes behind it, as weights of the sum."),
        (_additive_but(last=lambda hidden, v: torch.tanh(hidden @ v), squash=lambda sums: sums),
         "The tanh comes before v, not behind it."),
        (_additive_but(squash=torch.sigmoid), "You take the sigmoid. It's the tanh."),
        (_additive_but(squash=torch.relu), "You take the ReLU. It's the tanh."),
        (_additive_but(left=lambda queries, W: queries, right=lambda keys, U: keys),
         "W and U are missing: the queries go through the one, the keys through the other."),
        (lambda queries, keys, W, U, v: _additive_score(queries, keys, W, W, v), _ONE_MATRIX),
        (lambda queries, keys, W, U, v: _additive_score(queries, keys, U, U, v), _ONE_MATRIX),
        (_additive_but(left=lambda queries, W: queries), "W is missing: the queries go through it."),
        (_additive_but(right=lambda keys, U: keys), "U is missing: the keys go through it."),
        (_additive_but(left=lambda queries, W: 0 * queries), "The queries have no effect. Add W q to every U k."),
        (_additive_but(right=lambda keys, U: 0 * keys), "The keys have no effect. Add every U k to W q."),
        (lambda queries, keys, W, U, v: (queries @ W.T) @ (keys @ U.T).transpose(1, 2),
         "This is a dot product of W q and U k. Add them, take the tanh, then v."),
        (lambda queries, keys, W, U, v: torch.tanh((queries @ W.T) @ (keys @ U.T).transpose(1, 2)),
         "This is the tanh of a dot product of W q and U k. Add them, take the tanh, then v."),
        (lambda queries, keys, W, U, v: queries @ W @ keys.transpose(1, 2), _GENERAL),
        (lambda queries, keys, W, U, v: queries @ W.T @ keys.transpose(1, 2), _GENERAL),
        (lambda queries, keys, W, U, v: queries @ keys.transpose(1, 2),
         "This is the dot product. Here a small net scores."),
        (lambda queries, keys, W, U, v: _additive_score(queries, keys, W, U, v).transpose(1, 2),
         "The axes are swapped: a row for each query, a column for each key."),
        (_additive_but(last=lambda hidden, v: (hidden @ v)[..., None]),
         "One axis too many, of length 1. `squeeze` takes it away; or multiply by v as a vector."),
        (lambda *args: _additive_score(*args).squeeze(),
         "`squeeze()` takes away every axis of length 1, that of a batch of one sentence too. Say which one you mean."),
        (_side_by_side(lambda q, k: q + k), _NO_PAIRS),
        (_side_by_side(lambda q, k: torch.cat((q, k), dim=1)),
         "You put the steps of both one behind the other. Every query meets every key, and their vectors are added."),
        (_of_one_query(0), _ONE_QUERY), (_of_one_query(-1), _ONE_QUERY),
        (lambda *args: _additive_score(*args)[0],
         "This is the first sentence alone. Does `return` stand in the loop?"),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the two parts: `queries @ W.T` and "
          "`keys @ U.T`.",
    after="`AdditiveScore` in the library is this with learned W, U and v. It takes `num_hiddens` times the memory of "
          "a dot product: all its sums stand in one tensor.",
)


# ---------------------------------------------------------------- stretch: several heads

def _multi_head(queries, keys, values, valid_len, num_heads):
    return _heads_but()(queries, keys, values, valid_len, num_heads)


def _cut(tensor, num_heads):
    """(batch, steps, num_hiddens) -> (batch, num_heads, steps, size)"""
    return tensor.unflatten(2, (num_heads, -1)).transpose(1, 2)


def _heads_but(cut=_cut, scale=lambda size, num_hiddens: math.sqrt(size), weigh=None, last=None, of=None):
    def multi_head(queries, keys, values, valid_len, num_heads):
        q, k, v = (cut(tensor, num_heads) for tensor in (queries, keys, values))
        scores = q @ k.transpose(2, 3) / scale(q.shape[3], queries.shape[2])  # (batch, heads, queries, keys)
        padding = (torch.arange(keys.shape[1]) >= valid_len[:, None])[:, None, None]
        weights = (weigh or (lambda s, p: s.masked_fill(p, -torch.inf).softmax(dim=3)))(scores, padding)
        heads = weights @ (k if of == "keys" else v)  # (batch, heads, queries, size)
        return last(heads) if last else heads.transpose(1, 2).flatten(start_dim=2)
    return multi_head


def _mixed(tensor, num_heads):
    return tensor.reshape(len(tensor), num_heads, tensor.shape[1], -1)


def _in_strides(tensor, num_heads):
    """Every num_heads-th number goes to a head."""
    return tensor.unflatten(2, (-1, num_heads)).permute(0, 3, 1, 2)


def _masked_with(low, side=lambda padding: padding, dim=3):
    return lambda scores, padding: scores.masked_fill(side(padding), low).softmax(dim=dim)


def _shifted(by, low):
    return lambda queries, keys, values, valid_len, num_heads: _heads_but(weigh=_masked_with(low))(
        queries, keys, values, valid_len + by, num_heads)


def _among_heads(queries, keys, values, valid_len, num_heads):
    """Without a move of the heads before the steps: the heads of one step attend to each other."""
    steps = min(queries.shape[1], keys.shape[1])
    q, k, v = (tensor[:, :steps].unflatten(2, (num_heads, -1)) for tensor in (queries, keys, values))
    heads = (q @ k.transpose(2, 3) / math.sqrt(q.shape[3])).softmax(dim=3) @ v
    return heads.flatten(start_dim=2)


def _lengths_repeated(queries, keys, values, valid_len, num_heads):
    """Heads and sentences in one axis, but the lengths as if the sentences came first."""
    q, k, v = (_cut(tensor, num_heads).flatten(end_dim=1) for tensor in (queries, keys, values))
    weights = _masked_softmax(q @ k.transpose(1, 2) / math.sqrt(q.shape[2]), valid_len.repeat(num_heads))
    return (weights @ v).unflatten(0, (-1, num_heads)).transpose(1, 2).flatten(start_dim=2)


_LONGER = "One padded key is left in your mask. Counted from 0, the real ones are those *below* `valid_len`."
_SHORTER = "You hide the last real key, `<eos>`. `valid_len` counts it."
_OTHER_SIDE = "Your mask keeps the padding and hides the words. It is the other way round."


def _head_case(seed, batch, num_queries, num_keys, num_hiddens, num_heads, valid_len):
    return (_random(seed, batch, num_queries, num_hiddens), _random(seed + 1, batch, num_keys, num_hiddens),
            _random(seed + 2, batch, num_keys, num_hiddens), torch.tensor(valid_len), num_heads)


multi_head = Exercise(
    _multi_head,
    call=in_single_precision,
    cases=[_head_case(0, 1, 2, 3, 4, 2, [3]), _head_case(10, 2, 3, 3, 4, 1, [3, 2]),
           _head_case(20, 2, 3, 4, 6, 3, [2, 4]), _head_case(30, 3, 1, 5, 8, 2, [5, 1, 3]),
           _head_case(40, 2, 4, 2, 8, 4, [1, 2])],
    mistakes=[
        (_heads_but(cut=_mixed), "A plain `reshape` mixes steps and numbers. Cut the last axis into heads first, "
                                 "(batch, steps, num_heads, size), then move the heads before the steps."),
        (_heads_but(last=lambda heads: heads.reshape(len(heads), heads.shape[2], -1)),
         "At the end a plain `reshape` mixes heads and steps. Move the steps before the heads first."),
        (_heads_but(cut=_mixed, last=lambda heads: heads.reshape(len(heads), heads.shape[2], -1)),
         "A plain `reshape` mixes steps and numbers. Cut the last axis into heads first, (batch, steps, num_heads, "
         "size), then move the heads before the steps; and back at the end."),
        (_heads_but(cut=_in_strides), "Each of your heads takes every second or third number. A head is a piece: "
                                      "numbers that stand side by side."),
        (_heads_but(cut=lambda tensor, n: _cut(tensor, 1)),
         "This is one head over all `num_hiddens`. Cut the last axis into `num_heads` pieces."),
        (_heads_but(scale=lambda size, num_hiddens: math.sqrt(num_hiddens)),
         "You divide by the root of `num_hiddens`. Each head only sees its piece: take the root of the piece's size."),
        (_heads_but(scale=lambda size, num_hiddens: 1),
         "The scaling is missing: divide the scores by the root of a piece's size."),
        (_heads_but(scale=lambda size, num_hiddens: size),
         "You divide by the size of a piece, or twice by its root. Divide by the root, and once."),
        (_heads_but(scale=lambda size, num_hiddens: math.sqrt(num_hiddens // size)),
         "You divide by the root of the number of heads. Take that of the *size* of a piece."),
        (_heads_but(scale=lambda size, num_hiddens: 1 / math.sqrt(size)),
         "You multiply by the root of a piece's size. Divide by it."),
        (_shifted(1, -torch.inf), _LONGER), (_shifted(-1, -torch.inf), _SHORTER), (_shifted(-1, -1e9), _SHORTER),
        *[(_heads_but(weigh=weigh), _OTHER_SIDE) for weigh in (
            _masked_with(-torch.inf, torch.logical_not), _masked_with(-1e9, torch.logical_not),
            lambda s, p: s.masked_fill(~p, -torch.inf).softmax(dim=3).nan_to_num())],
        (_lengths_repeated, "The mask of one sentence has come to the heads of another. If heads and sentences share "
                            "an axis, all heads of the first sentence come first: `repeat_interleave`, not `repeat`."),
        (_among_heads, "Your steps don't see each other: the heads of one step attend among themselves. Move the heads "
                       "before the steps, (batch, num_heads, steps, size)."),
        (_heads_but(cut=lambda tensor, n: tensor.unflatten(2, (-1, n)).transpose(1, 2)),
         "You cut pieces of `num_heads` numbers. Cut `num_heads` pieces."),
        (_heads_but(last=lambda heads: heads[:, -1]),
         "This is the last head alone. Keep what each one returns, and put them side by side."),
        (_heads_but(last=lambda heads: heads[:, 0]),
         "This is the first head alone. Keep what each one returns, and put them side by side."),
        (_heads_but(weigh=lambda s, p: s.softmax(dim=3)),
         "Padding gets its share: mask the scores before the softmax. The mask is the same for all heads."),
        (_heads_but(weigh=lambda s, p: s.softmax(dim=3).masked_fill(p, 0.0)),
         "You mask after the softmax, so the weights no longer sum to 1. Mask the scores."),
        (_heads_but(weigh=lambda s, p: s.masked_fill(p, 0.0).softmax(dim=3)),
         "A score of 0 is an ordinary score. Padding needs −∞."),
        *[(_heads_but(weigh=_masked_with(low, dim=dim)),
           f"Your softmax runs over the {axis}. It has to run over the keys, the last axis.")
          for low in (-torch.inf, -1e9) for dim, axis in ((0, "sentences"), (1, "heads"), (2, "queries"))],
        (_heads_but(of="keys"), "You weigh the keys. What is fetched are the values."),
        (_heads_but(last=lambda heads: heads.mean(dim=1)), "You take the mean of the heads. Put them side by side."),
        (_heads_but(last=lambda heads: heads.sum(dim=1)), "You add the heads. Put them side by side."),
        (_heads_but(last=lambda heads: heads), "The heads are still apart. Put them side by side along the last axis."),
        (_heads_but(last=lambda heads: heads.transpose(1, 2)),
         "The heads are still apart. Put them side by side along the last axis."),
        (_heads_but(last=lambda heads: heads.permute(0, 2, 3, 1).flatten(start_dim=2)),
         "Your heads are shuffled into one another. Put them one behind the other along the last axis."),
        (_heads_but(last=lambda heads: heads.flip(1).transpose(1, 2).flatten(start_dim=2)),
         "The heads are in the other order."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin by cutting the last axis: `queries.unflatten(2, "
          "(num_heads, -1))` is (batch, queries, num_heads, size).",
    after="A Transformer's attention is this, with learned matrices before and behind it (Vaswani et al. 2017).",
)

BLANKS = (attend, masked_softmax, step_output)
EXERCISES = (strongest, additive_score, multi_head)
