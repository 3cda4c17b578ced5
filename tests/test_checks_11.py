"""Answers to the blanks and exercises of lesson 11, right and wrong ones; `test_checks` tries them.

Then, what the checks call right is what the library and PyTorch do.
"""

import math

import pytest
import torch
from helpers import attention_net, random_ids
from torch.nn import functional as F

from seq2seq_lib.attention import AdditiveScore, masked_softmax
from seq2seq_lib.checks import lesson_11

# ---------------------------------------------------------------- answers


def in_a_loop(query, keys, values):
    scores = [sum(q * k for q, k in zip(query.tolist(), key.tolist())) for key in keys]
    exps = [math.exp(score - max(scores)) for score in scores]
    weights = torch.tensor(exps, dtype=torch.float64) / sum(exps)
    context = torch.zeros(values.shape[1], dtype=torch.float64)
    for weight, value in zip(weights, values):
        context += weight * value
    return context, weights


def by_einsum(query, keys, values):
    weights = torch.einsum("h,sh->s", query, keys).softmax(-1)
    return [torch.einsum("s,sh->h", weights, values), weights]


def with_rows(query, keys, values, score=lambda q, k: q @ k.T, softmax=lambda scores: scores.softmax(-1)):
    weights = softmax(score(query[None], keys))
    return (weights @ values)[0], weights[0]


def into_the_keys(query, keys, values):
    keys *= query
    weights = keys.sum(1).softmax(0)
    return weights @ values, weights


def hides(scores, valid_len, low=-1e6, below=0, dim=-1):
    real = torch.arange(scores.shape[-1])[None, None] < valid_len[:, None, None] + below
    return torch.where(real, scores, low).softmax(dim)


def cut_rows(scores, valid_len):
    weights = torch.zeros_like(scores, dtype=torch.float64)
    for b, n in enumerate(valid_len):
        weights[b, :, :n] = scores[b, :, :n].double().softmax(-1)
    return weights


def added(scores, valid_len):
    """-inf is added to what is padding."""
    mask = torch.zeros(len(scores), 1, scores.shape[2])
    for row, n in zip(mask, valid_len):
        row[:, n:] = float("-inf")
    return F.softmax(scores + mask, dim=2)


def shared_out_again(scores, valid_len):
    weights = scores.softmax(2) * (torch.arange(scores.shape[2]) < valid_len[:, None])[:, None]
    return weights / weights.sum(2, keepdim=True)


def in_place(scores, valid_len):
    for rows, n in zip(scores, valid_len):
        rows[:, n:] = -torch.inf
    return scores.softmax(2)


def mask_of_two_axes(scores, valid_len):
    padding = torch.arange(scores.shape[2]) >= valid_len[:, None]
    return scores.masked_fill(padding, -torch.inf).softmax(2)


def by_powers(scores, valid_len):
    exps = torch.exp(scores) * (torch.arange(scores.shape[2]) < valid_len[:, None])[:, None]
    return exps / exps.sum(2, keepdim=True)


def halves(attended, queries, combine):
    W_c, W_h = combine.weight.chunk(2, dim=1)
    return torch.tanh(attended @ W_c.T + queries @ W_h.T)


def step_by_step(attended, queries, combine):
    steps = [combine(torch.cat((attended[:, t], queries[:, t]), 1)).tanh() for t in range(queries.shape[1])]
    return torch.stack(steps, 1)


def doubled(attended, queries, combine):
    return torch.tanh(torch.einsum("bth,gh->btg", torch.cat((attended, queries), -1).double(),
                                   combine.weight.detach().double()))


def combined(*tensors, dim=2, after=torch.tanh):
    return after(tensors[-1](torch.cat(tensors[:-1], dim)))


def by_sorting(weights, tokens):
    return [tokens[row[: len(tokens)].argsort(descending=True)[0]] for row in weights]


def by_max(weights, tokens):
    return [tokens[max(range(len(tokens)), key=row.__getitem__)] for row in weights.tolist()]


def with_padding(weights, tokens):
    return [tokens[i] for i in weights.argmax(1)]


def hides_padding_for_good(weights, tokens):
    weights[:, len(tokens):] = -1
    return with_padding(weights, tokens)


def pairs(queries, keys, W, U, v, squash=torch.tanh):
    return squash((queries @ W.T)[:, :, None] + (keys @ U.T)[:, None]) @ v


def with_layers(queries, keys, W, U, v):
    layer = AdditiveScore(len(v))
    layer.W.weight.data, layer.U.weight.data, layer.v.weight.data = W, U, v[None]
    return layer(queries, keys)


def one_by_one(queries, keys, W, U, v):
    return torch.stack([torch.stack([torch.stack([v.double() @ torch.tanh(W.double() @ q + U.double() @ k)
                        for k in ks]) for q in qs]) for qs, ks in zip(queries.double(), keys.double())])


def unpaired(queries, keys, W, U, v):
    return torch.tanh(queries @ W.T + keys @ U.T) @ v


def by_pytorch(queries, keys, values, valid_len, num_heads, scale=None, cut=None):
    cut = cut or (lambda x: x.unflatten(2, (num_heads, -1)).transpose(1, 2))
    real = (torch.arange(keys.shape[1]) < valid_len[:, None])[:, None, None]
    heads = F.scaled_dot_product_attention(cut(queries), cut(keys), cut(values), attn_mask=real, scale=scale)
    return heads.transpose(1, 2).flatten(2)


def piece_by_piece(queries, keys, values, valid_len, num_heads, softmax=cut_rows):
    pieces = zip(*(x.double().chunk(num_heads, 2) for x in (queries, keys, values)))
    return torch.cat([softmax(q @ k.mT / q.shape[2] ** 0.5, valid_len) @ v for q, k, v in pieces], 2)


def viewed(x, num_heads):
    return x.view(len(x), num_heads, x.shape[1], -1)


ANSWERS = {
    lesson_11.attend: (
        [in_a_loop, by_einsum, with_rows],
        [
            (lambda *args: with_rows(*args)[::-1], "in the other order"),
            (lambda *args: with_rows(*args)[0], "This is the context"),
            (lambda query, keys, values: with_rows(query / len(query) ** 0.5, keys, values), "root of `num_hiddens`"),
            (lambda query, keys, values: with_rows(query, keys, keys), "You weigh the keys"),
            (lambda *args: with_rows(*args, softmax=lambda scores: scores), "The softmax makes weights of them"),
            (lambda *args: ((args[1] @ args[0]) @ args[2], with_rows(*args)[1]), "You weigh the values by the scores"),
            (lambda *args: with_rows(*args, softmax=torch.sigmoid), "You take the sigmoid"),
            (lambda *args: with_rows(*args, softmax=torch.exp), "powers of e"),
            (lambda *args: with_rows(*args, softmax=lambda scores: scores.softmax(0)), "another result"),
            (lambda *args: with_rows(*args, score=lambda q, k: -torch.cdist(q, k)), "another result"),
            (lambda *args: with_rows(*args, score=lambda q, k: torch.cdist(q, k)), "a distance"),
            (lambda query, keys, values: with_rows(query, keys, values)[1] @ keys, "another result"),
            (lambda query, keys, values: with_rows(query, keys.T, values), "raised RuntimeError"),
            (into_the_keys, "right result, but it changes its argument `keys`"),
        ],
    ),
    lesson_11.masked_softmax: (
        [hides, cut_rows, added, shared_out_again, masked_softmax],
        [
            (lambda scores, valid_len: scores.softmax(-1), "Padding still gets its share"),
            (lambda *args: hides(*args, dim=0), "Your softmax runs over the sentences"),
            (lambda scores, valid_len: scores.softmax(-1) * (hides(scores, valid_len) > 0), "after the softmax"),
            (lambda *args: hides(*args, low=0.0), "You set the scores of padding to 0"),
            (lambda *args: hides(*args, low=-100.0), "A score of −100"),
            (lambda *args: hides(*args, dim=1), "Your softmax runs over the queries"),
            (lambda *args: hides(*args, low=-math.inf, dim=1), "Your softmax runs over the queries"),
            (lambda *args: hides(*args, below=1), "One padded key is left"),
            (lambda *args: hides(*args, below=-1), "You hide the last real key"),
            (lambda *args: hides(*args, below=-1, low=-math.inf), "You hide the last real key"),
            (lambda scores, valid_len: hides(scores.mT, valid_len).mT, "another result"),
            (lambda scores, valid_len: hides(scores.mT, valid_len, dim=1).mT, "You hide queries"),
            (mask_of_two_axes, "needs an axis between the two"),
            (by_powers, "knows how to do without"),
            (lambda *args: hides(*args).tolist(), "is a list of length 2, and a tensor"),
            (in_place, "right result, but it changes its argument `scores`"),
        ],
    ),
    lesson_11.step_output: (
        [combined, halves, step_by_step, doubled],
        [
            (lambda attended, queries, combine: combined(queries, attended, combine), "in the other order"),
            (lambda *args: combined(*args, after=lambda x: x), "The tanh is missing"),
            (lambda attended, queries, combine: combined(attended.tanh(), queries.tanh(), combine, after=lambda x: x),
             "The tanh comes last"),
            (lambda *args: combined(*args, after=torch.sigmoid), "You take the sigmoid"),
            (lambda *args: torch.cat(args[:2], 2), "Now `combine` makes `num_hiddens` numbers"),
            (lambda *args: combined(*args, dim=1), "raised RuntimeError"),
            (lambda attended, queries, combine: torch.tanh(attended + queries), "You add the two"),
            (lambda attended, queries, combine: combined(attended, attended, combine), "there twice"),
            (lambda attended, queries, combine: queries, "This is the state"),
            (lambda *args: combined(*args).mT, "another result"),
            (lambda attended, queries, combine: combined(attended, queries.mul_(1.1), combine), "changes its argument"),
        ],
    ),
    lesson_11.strongest: (
        [by_sorting, by_max],
        [
            (with_padding, "raised IndexError"),
            (lambda weights, tokens: [[*tokens, *"?" * 9][i] for i in weights.argmax(1)], "another result"),
            (lambda weights, tokens: [[*tokens, *["<pad>"] * 9][i] for i in weights.argmax(1)], "stand on padding"),
            (lambda weights, tokens: by_sorting(-weights, tokens), "*least*"),
            (lambda weights, tokens: weights[:, : len(tokens)].argmax(1).tolist(), "These are places. Return"),
            (lambda *args: by_sorting(*args)[0], "There is one for each step"),
            (lambda *args: by_sorting(*args)[:1], "stand in the loop"),
            (lambda *args: by_sorting(*args)[::-1], "another result"),
            (lambda *args: sorted(set(by_sorting(*args)), key=by_sorting(*args).index), "Each word comes once"),
            (lambda *args: " ".join(by_sorting(*args)), "Return them as a list"),
            (lambda weights, tokens: by_sorting(weights[: len(tokens)], tokens), "another result"),
            (hides_padding_for_good, "right result, but it changes its argument `weights`"),
        ],
    ),
    lesson_11.additive_score: (
        [pairs, with_layers, one_by_one],
        [
            (lambda *args: pairs(*args, squash=lambda x: x), "The tanh is missing"),
            (lambda *args: pairs(*args, squash=torch.sigmoid), "the sigmoid"),
            (lambda queries, keys, W, U, v: pairs(queries, keys, U, W, v), "The matrices have changed places"),
            (lambda queries, keys, W, U, v: pairs(keys, queries, W, U, v), "Queries and keys have changed places"),
            (lambda queries, keys, W, U, v: pairs(keys, queries, U, W, v), "The axes are swapped"),
            (lambda queries, keys, W, U, v: pairs(queries, keys, W.T, U.T, v), "from the wrong side"),
            (lambda queries, keys, W, U, v: pairs(queries, keys, W, U, torch.ones_like(v)), "v is missing"),
            (lambda queries, keys, W, U, v: pairs(queries, keys, W, U, torch.ones_like(v) / len(v)), "a plain mean"),
            (lambda *args: pairs(*args) / len(args[4]), "v^T x is a sum"),
            (lambda *args: pairs(*args).tanh(), "One tanh too many"),
            (lambda *args: pairs(*args, squash=lambda x: x).tanh(), "before v, not behind it"),
            (lambda *args: pairs(*args).softmax(-1), "These are weights. Return the scores"),
            (lambda *args: pairs(*args).softmax(1), "shared out among the queries"),
            (unpaired, "Every query meets every key"),
            (lambda *args: pairs(*args)[:1], "another result"),
            (lambda *args: pairs(*args)[0], "the first sentence alone"),
        ],
    ),
    lesson_11.multi_head: (
        [by_pytorch, piece_by_piece],
        [
            (lambda *args: by_pytorch(*args, scale=1.0), "The scaling is missing"),
            (lambda *args: by_pytorch(*args, scale=args[0].shape[2] ** -0.5), "by the root of `num_hiddens`"),
            (lambda *args: by_pytorch(*args, scale=args[4] ** -0.5), "of the number of heads"),
            (lambda *args: by_pytorch(*args[:4], 1), "This is one head"),
            (lambda *args: by_pytorch(*args, cut=lambda x: viewed(x, args[4])), "mixes steps and numbers"),
            (lambda *args: by_pytorch(*args[:2], args[1], *args[3:]), "You weigh the keys"),
            (lambda *args: piece_by_piece(*args, softmax=lambda s, n: s.softmax(2)), "Padding gets its share"),
            (lambda *args: piece_by_piece(*args, softmax=lambda s, n: s.softmax(2) * (hides(s, n) > 0)), "mask after"),
            (lambda *args: piece_by_piece(*args, softmax=lambda s, n: hides(s, n, low=0.0)), "an ordinary score"),
            (lambda *args: piece_by_piece(*args, softmax=lambda s, n: hides(s, n, below=1)), "One padded key"),
            (lambda *args: piece_by_piece(*args, softmax=lambda s, n: hides(s, n, dim=1)), "over the queries"),
            (lambda *args: piece_by_piece(*args).flip(2), "another result"),
            (lambda *args: by_pytorch(args[0].div_(2), *args[1:], scale=2 * (args[0].shape[2] / args[4]) ** -0.5),
             "right result, but it changes its argument `queries`"),
        ],
    ),
}


# ---------------------------------------------------------------- the checks, the library and PyTorch

def test_one_query_by_hand_is_pytorchs_attention():
    for query, keys, values in lesson_11.attend.cases:
        context, weights = lesson_11.attend.piece(query, keys, values)
        torch.testing.assert_close(context[None], F.scaled_dot_product_attention(query[None], keys, values, scale=1.0))
        torch.testing.assert_close(weights.sum(), torch.tensor(1.0))


def test_masked_weights_are_the_librarys():
    for scores, valid_len in lesson_11.masked_softmax.cases:
        weights = lesson_11.masked_softmax.piece(scores, valid_len)
        torch.testing.assert_close(weights, masked_softmax(scores, valid_len))
        torch.testing.assert_close(weights.sum(2), torch.ones(scores.shape[:2]))
        assert all(row[:, n:].eq(0).all() for row, n in zip(weights, valid_len))


def test_a_sentences_weights_do_not_depend_on_its_neighbours():
    """Unlike those of a mask after the softmax, or of a padding that scores 0."""
    for scores, valid_len in lesson_11.masked_softmax.cases:
        weights = lesson_11.masked_softmax.piece(scores, valid_len)
        for row, alone, n in zip(weights, scores, valid_len):
            torch.testing.assert_close(row[:, :n], alone[:, :n].softmax(1))


def test_the_three_blanks_are_a_decoders_step():
    decoder = attention_net(score="dot", bidirectional=False).decoder.eval()
    valid_len = torch.tensor([4, 2])
    values = torch.randn(4, 2, 6, generator=torch.Generator().manual_seed(0))
    state = decoder.init_state((values, torch.zeros(1, 2, 6)), valid_len)
    X = random_ids([3, 2], 3)
    output, weights, _ = decoder.attend(X, state)
    inputs = torch.cat((decoder.embedding(X.T), state[1].expand(3, -1, -1)), dim=2)
    queries = decoder.rnn(inputs, state[0])[0].permute(1, 0, 2)
    values = values.permute(1, 0, 2)
    torch.testing.assert_close(weights, lesson_11.masked_softmax.piece(queries @ values.mT, valid_len))
    attended = weights @ values
    torch.testing.assert_close(output, lesson_11.step_output.piece(attended, queries, decoder.combine))
    context, row = lesson_11.attend.piece(queries[1, 0], values[1, :2], values[1, :2])
    torch.testing.assert_close((context, row), (attended[1, 0], weights[1, 0, :2]))


def test_additive_scores_are_the_librarys():
    for args in lesson_11.additive_score.cases:
        torch.testing.assert_close(lesson_11.additive_score.answer(*args), with_layers(*args))


def test_several_heads_are_pytorchs_attention():
    for args in lesson_11.multi_head.cases:
        torch.testing.assert_close(lesson_11.multi_head.answer(*args), by_pytorch(*args))
        torch.testing.assert_close(lesson_11.multi_head.answer(*args), piece_by_piece(*args).float())


def test_no_two_words_are_equally_strong():
    """Else another word than ours would be as right."""
    for weights, tokens in lesson_11.strongest.cases:
        best = weights[:, : len(tokens)].topk(min(2, len(tokens)), dim=1).values
        assert (best[:, 0] - best[:, -1]).min() > 0.005


def test_the_cases_of_the_strongest_word_need_the_tokens():
    inside = [weights.argmax(1).max() < len(tokens) for weights, tokens in lesson_11.strongest.cases]
    assert inside == [True] * 5 + [False] * 2 and lesson_11.strongest.edges == 2


@pytest.mark.parametrize("check", [*lesson_11.BLANKS, *lesson_11.EXERCISES], ids=lambda check: check.name)
def test_double_precision_is_as_right(check):
    def doubled(*args):
        result = check.answer(*args)
        parts = result if isinstance(result, tuple) else (result,)
        parts = tuple(part.double() if isinstance(part, torch.Tensor) else part for part in parts)
        return parts if isinstance(result, tuple) else parts[0]

    assert check.verdict(doubled).status == "right"
