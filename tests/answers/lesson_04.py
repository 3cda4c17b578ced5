"""Answers to the exercises of lesson 04."""

import math

import torch
from torch.nn import functional as F

from seq2seq_lib.text import PAD

from . import UNNAMED, right, wrong

# ---------------------------------------------------------------- perplexity


@right
def perplexity(probs):
    return math.exp(sum(-math.log(p) for p in probs) / len(probs))


@right
def perplexity(probs):
    return math.prod(probs) ** (-1 / len(probs))


@wrong("You took the mean of the probabilities. Take")
def perplexity(probs):
    return 1 / (sum(probs) / len(probs))


@wrong("You took the exponential of each loss, and")
def perplexity(probs):
    return sum(math.exp(-math.log(p)) for p in probs) / len(probs)


@wrong("You took the sum of the losses. Take their")
def perplexity(probs):
    return math.exp(-sum(math.log(p) for p in probs))


@wrong("The minus is missing: log p is negative, and")
def perplexity(probs):
    return math.exp(sum(math.log(p) for p in probs) / len(probs))


@wrong("This is the loss per token. The perplexity is")
def perplexity(probs):
    return -sum(math.log(p) for p in probs) / len(probs)


@wrong("Your loss is in nats, and you raised 2 to it")
def perplexity(probs):
    return 2 ** (-sum(math.log(p) for p in probs) / len(probs))


@wrong("Your logarithm has base 2 and your")
def perplexity(probs):
    return math.exp(-sum(math.log2(p) for p in probs) / len(probs))


@wrong("Your logarithm has base 10 and your")
def perplexity(probs):
    return math.exp(-sum(math.log10(p) for p in probs) / len(probs))


@wrong("You leave out the last word, `<eos>`. The")
def perplexity(probs):
    probs = probs[:-1] or probs
    return math.exp(-sum(math.log(p) for p in probs) / len(probs))


@wrong(UNNAMED)
def perplexity(probs):
    return math.exp(-sum(math.log(p) for p in probs) / (len(probs) + 1))


@wrong("You took the mean of the probabilities, and")
def perplexity(probs):
    return -math.log(sum(probs) / len(probs))


@wrong("is a list of length 2, and a float")
def perplexity(probs):
    return [1 / p for p in probs]


@wrong(UNNAMED)
def perplexity(probs):
    return math.exp(-sum(p * math.log(p) for p in probs))


@wrong("You took the sum of the losses. Take their")
def perplexity(probs):
    return 1 / math.prod(probs)


# ---------------------------------------------------------------- answer_loss

def every_loss(Y_hat, Y):
    return F.cross_entropy(Y_hat.permute(0, 2, 1), Y, reduction="none")


def counted(Y, start, valid_len):
    steps = torch.arange(Y.shape[1])
    return (steps >= start[:, None]) & (steps < valid_len[:, None])


@right
def answer_loss(Y_hat, Y, start, valid_len):
    total, n = 0.0, 0
    for i in range(len(Y)):
        for t in range(start[i], valid_len[i]):
            total = total + F.cross_entropy(Y_hat[i, t], Y[i, t])
            n += 1
    return total / n


@right
def answer_loss(Y_hat, Y, start, valid_len):
    labels = Y.masked_fill(~counted(Y, start, valid_len), -100)
    return F.cross_entropy(Y_hat.flatten(0, 1), labels.flatten())


@right
def answer_loss(Y_hat, Y, start, valid_len):
    log_probs = Y_hat.log_softmax(dim=-1).gather(2, Y[:, :, None])[:, :, 0]
    mask = counted(Y, start, valid_len)
    return -torch.where(mask, log_probs, 0).sum() / (valid_len - start).sum()


@wrong("You add up the right losses, but divide by")
def answer_loss(Y_hat, Y, start, valid_len):
    return (every_loss(Y_hat, Y) * counted(Y, start, valid_len)).sum() / valid_len.sum()


@wrong("You set the others to zero and then take the")
def answer_loss(Y_hat, Y, start, valid_len):
    return (every_loss(Y_hat, Y) * counted(Y, start, valid_len)).mean()


@wrong("You count the question too. A position counts")
def answer_loss(Y_hat, Y, start, valid_len):
    return every_loss(Y_hat, Y)[counted(Y, 0 * start, valid_len)].mean()


@wrong("You count the padding too. A position counts")
def answer_loss(Y_hat, Y, start, valid_len):
    return every_loss(Y_hat, Y)[counted(Y, start, 0 * valid_len + Y.shape[1])].mean()


@wrong("You count every position: there is no mask")
def answer_loss(Y_hat, Y, start, valid_len):
    return every_loss(Y_hat, Y).mean()


@wrong("Your answers begin one step too late. The")
def answer_loss(Y_hat, Y, start, valid_len):
    steps = torch.arange(Y.shape[1])
    return every_loss(Y_hat, Y)[(steps > start[:, None]) & (steps < valid_len[:, None])].mean()


@wrong("You count one step too many at the end: the")
def answer_loss(Y_hat, Y, start, valid_len):
    steps = torch.arange(Y.shape[1])
    return every_loss(Y_hat, Y)[(steps >= start[:, None]) & (steps <= valid_len[:, None])].mean()


@wrong("You leave out the last position of each")
def answer_loss(Y_hat, Y, start, valid_len):
    return every_loss(Y_hat, Y)[counted(Y, start, valid_len - 1)].mean()


@wrong("You take `valid_len` for the length of the")
def answer_loss(Y_hat, Y, start, valid_len):
    return every_loss(Y_hat, Y)[counted(Y, start, start + valid_len)].mean()


@wrong("You leave out what is labelled `<pad>`, and")
def answer_loss(Y_hat, Y, start, valid_len):
    labels = torch.where(torch.arange(Y.shape[1]) >= start[:, None], Y, PAD)
    return F.cross_entropy(Y_hat.permute(0, 2, 1), labels, ignore_index=PAD)


@wrong("You take the mean of each sentence, and then")
def answer_loss(Y_hat, Y, start, valid_len):
    losses = every_loss(Y_hat, Y) * counted(Y, start, valid_len)
    return (losses.sum(1) / (valid_len - start)).mean()


@wrong("This is the sum. Divide it by the number of")
def answer_loss(Y_hat, Y, start, valid_len):
    return every_loss(Y_hat, Y)[counted(Y, start, valid_len)].sum()


@wrong("This is a loss for each sentence. Add up the")
def answer_loss(Y_hat, Y, start, valid_len):
    return (every_loss(Y_hat, Y) * counted(Y, start, valid_len)).sum(1) / (valid_len - start)


@wrong("You take the mean over the sentences. Divide")
def answer_loss(Y_hat, Y, start, valid_len):
    return (every_loss(Y_hat, Y) * counted(Y, start, valid_len)).sum() / len(Y)


@wrong("raised RuntimeError: Expected target size [1, 6], got [1, 7].")
def answer_loss(Y_hat, Y, start, valid_len):
    losses = F.cross_entropy(Y_hat, Y, reduction="none")
    return losses[counted(Y, start, valid_len)].mean()


@wrong("You `reshape` the scores where the axis has")
def answer_loss(Y_hat, Y, start, valid_len):
    losses = F.cross_entropy(Y_hat.reshape(Y_hat.shape[0], Y_hat.shape[2], -1), Y, reduction="none")
    return losses[counted(Y, start, valid_len)].mean()


@wrong("You apply softmax twice. `cross_entropy`")
def answer_loss(Y_hat, Y, start, valid_len):
    return every_loss(Y_hat.softmax(2), Y)[counted(Y, start, valid_len)].mean()


@wrong("You set *scores* to zero. That is a guess at")
def answer_loss(Y_hat, Y, start, valid_len):
    mask = counted(Y, start, valid_len)
    return every_loss(Y_hat * mask[:, :, None], Y).sum() / mask.sum()


@wrong(") and type float32 is expected (is there an `.item()` too many?")
def answer_loss(Y_hat, Y, start, valid_len):
    return every_loss(Y_hat, Y)[counted(Y, start, valid_len)].mean().item()


@wrong("You count every position: there is no mask")
def answer_loss(Y_hat, Y, start, valid_len):
    steps = torch.arange(Y.shape[1])
    return every_loss(Y_hat, Y)[(steps >= start[:, None]) | (steps < valid_len[:, None])].mean()


@wrong("All rows begin at the `start` of the first")
def answer_loss(Y_hat, Y, start, valid_len):
    return every_loss(Y_hat, Y)[counted(Y, start[:1].expand(len(Y)), valid_len)].mean()


@wrong("Your mask is the wrong way round: you count")
def answer_loss(Y_hat, Y, start, valid_len):
    return every_loss(Y_hat, Y)[~counted(Y, start, valid_len)].mean()


@wrong("This is the perplexity. The loss per token is")
def answer_loss(Y_hat, Y, start, valid_len):
    return every_loss(Y_hat, Y)[counted(Y, start, valid_len)].mean().exp()


@wrong("The number is right and its sign is not: the")
def answer_loss(Y_hat, Y, start, valid_len):
    return -every_loss(Y_hat, Y)[counted(Y, start, valid_len)].mean()


# ---------------------------------------------------------------- audit

@right
def audit(loss, Y_hat, Y, valid_len):
    torch.manual_seed(1)
    before = loss(Y_hat, Y, valid_len)
    pad = torch.arange(Y.shape[1]) >= valid_len[:, None]
    scores, labels = Y_hat.clone(), Y.clone()
    scores[pad] = torch.randn(int(pad.sum()), Y_hat.shape[2]) * 3
    labels[pad] = (labels[pad] + 1) % Y_hat.shape[2]
    padding = any(not torch.allclose(before, loss(*pair, valid_len)) for pair in [(scores, Y), (Y_hat, labels)])
    wide = loss(torch.cat([Y_hat, torch.zeros(len(Y), 4, Y_hat.shape[2])], 1),
                torch.cat([Y, torch.full((len(Y), 4), PAD)], 1), valid_len)
    misses = False
    for i in range(len(Y)):
        for t in range(valid_len[i]):
            other = Y_hat.clone()
            other[i, t] += torch.randn(Y_hat.shape[2])
            misses = misses or torch.allclose(before, loss(other, Y, valid_len))
    return padding, not torch.allclose(before, wide), misses


@right
def audit(loss, Y_hat, Y, valid_len):
    scores = Y_hat.clone().requires_grad_()
    loss(scores, Y, valid_len).backward()
    touched = (scores.grad != 0).any(dim=2)
    real = torch.arange(Y.shape[1]) < valid_len[:, None]
    before = loss(Y_hat, Y, valid_len)
    looks = bool(touched[~real].any())
    for label in range(Y_hat.shape[2]):
        looks = looks or not torch.allclose(before, loss(Y_hat, torch.where(real, Y, label), valid_len))
    wider = loss(F.pad(Y_hat, (0, 0, 0, 5)), F.pad(Y, (0, 5), value=PAD), valid_len)
    return looks, not torch.allclose(before, wider), not bool(touched[real].all())


def padding_of(Y, valid_len):
    return torch.arange(Y.shape[1]) >= valid_len[:, None]


def looks(loss, Y_hat, Y, valid_len, labels=True, scores=True):
    torch.manual_seed(0)
    before, pad = loss(Y_hat, Y, valid_len), padding_of(Y, valid_len)
    other_scores = torch.where(pad[:, :, None], torch.randn(Y_hat.shape), Y_hat)
    other_labels = torch.where(pad, (Y + 2) % Y_hat.shape[2], Y)
    return labels and not torch.allclose(before, loss(Y_hat, other_labels, valid_len)) or \
        scores and not torch.allclose(before, loss(other_scores, Y, valid_len))


def depends(loss, Y_hat, Y, valid_len):
    return not torch.allclose(loss(Y_hat, Y, valid_len),
                              loss(F.pad(Y_hat, (0, 0, 0, 5)), F.pad(Y, (0, 5), value=PAD), valid_len))


def misses(loss, Y_hat, Y, valid_len, steps=range, decide=any):
    before, found = loss(Y_hat, Y, valid_len), []
    for i, n in enumerate(valid_len.tolist()):
        for t in steps(n):
            other = Y_hat.clone()
            other[i, t] = torch.randn(Y_hat.shape[2])
            found.append(torch.allclose(before, loss(other, Y, valid_len)))
    return decide(found)


@wrong("You put other labels under the padding, but")
def audit(loss, Y_hat, Y, valid_len):
    return (looks(loss, Y_hat, Y, valid_len, scores=False), depends(loss, Y_hat, Y, valid_len),
            misses(loss, Y_hat, Y, valid_len))


@wrong("You put other scores in the padding, but")
def audit(loss, Y_hat, Y, valid_len):
    return (looks(loss, Y_hat, Y, valid_len, labels=False), depends(loss, Y_hat, Y, valid_len),
            misses(loss, Y_hat, Y, valid_len))


@wrong("Your third fact is True only if *no* real")
def audit(loss, Y_hat, Y, valid_len):
    return (looks(loss, Y_hat, Y, valid_len), depends(loss, Y_hat, Y, valid_len),
            misses(loss, Y_hat, Y, valid_len, decide=all))


@wrong("You leave out the first position of each")
def audit(loss, Y_hat, Y, valid_len):
    return (looks(loss, Y_hat, Y, valid_len), depends(loss, Y_hat, Y, valid_len),
            misses(loss, Y_hat, Y, valid_len, steps=lambda n: range(1, n)))


@wrong("You leave out the last real position of each")
def audit(loss, Y_hat, Y, valid_len):
    return (looks(loss, Y_hat, Y, valid_len), depends(loss, Y_hat, Y, valid_len),
            misses(loss, Y_hat, Y, valid_len, steps=lambda n: range(n - 1)))


@wrong("Your third fact is that of the last real")
def audit(loss, Y_hat, Y, valid_len):
    return (looks(loss, Y_hat, Y, valid_len), depends(loss, Y_hat, Y, valid_len),
            misses(loss, Y_hat, Y, valid_len, steps=lambda n: [n - 1]))


@wrong("Your third fact is that of the first real")
def audit(loss, Y_hat, Y, valid_len):
    return (looks(loss, Y_hat, Y, valid_len), depends(loss, Y_hat, Y, valid_len),
            misses(loss, Y_hat, Y, valid_len, steps=lambda n: [0]))


@wrong("Your third fact is that of the first real")
def audit(loss, Y_hat, Y, valid_len):
    before, other, missed = loss(Y_hat, Y, valid_len), Y_hat.clone(), False
    for i, n in enumerate(valid_len.tolist()):
        for t in range(n):
            other[i, t] = torch.randn(Y_hat.shape[2])
            missed = missed or torch.allclose(before, loss(other, Y, valid_len))
    return looks(loss, Y_hat, Y, valid_len), depends(loss, Y_hat, Y, valid_len), missed


@wrong("You add the same number to all scores of a")
def audit(loss, Y_hat, Y, valid_len):
    before, missed = loss(Y_hat, Y, valid_len), False
    for i, n in enumerate(valid_len.tolist()):
        for t in range(n):
            other = Y_hat.clone()
            other[i, t] += 10
            missed = missed or torch.allclose(before, loss(other, Y, valid_len))
    return looks(loss, Y_hat, Y, valid_len), depends(loss, Y_hat, Y, valid_len), missed


@wrong("You try the padding up to the longest end")
def audit(loss, Y_hat, Y, valid_len):
    n = int(valid_len.max())
    Y_hat, Y = Y_hat[:, :n], Y[:, :n]
    return looks(loss, Y_hat, Y, valid_len), depends(loss, Y_hat, Y, valid_len), misses(loss, Y_hat, Y, valid_len)


@wrong("Your first two facts are the wrong way round")
def audit(loss, Y_hat, Y, valid_len):
    return (not looks(loss, Y_hat, Y, valid_len), not depends(loss, Y_hat, Y, valid_len),
            misses(loss, Y_hat, Y, valid_len))


@wrong("changes its argument `Y_hat`")
def audit(loss, Y_hat, Y, valid_len):
    before, missed = loss(Y_hat, Y, valid_len), False
    looked, wide = looks(loss, Y_hat, Y, valid_len), depends(loss, Y_hat, Y, valid_len)
    for i, n in enumerate(valid_len.tolist()):
        for t in range(n):
            kept = Y_hat[i, t]
            Y_hat[i, t] = torch.randn(Y_hat.shape[2])
            missed = missed or torch.allclose(before, loss(Y_hat, Y, valid_len))
            Y_hat[i, t] = kept
    return looked, wide, missed


@wrong("Your third fact is True only if *no* real")
def audit(loss, Y_hat, Y, valid_len):
    other = torch.where(padding_of(Y, valid_len)[:, :, None], Y_hat, torch.randn(Y_hat.shape))
    return (looks(loss, Y_hat, Y, valid_len), depends(loss, Y_hat, Y, valid_len),
            torch.allclose(loss(Y_hat, Y, valid_len), loss(other, Y, valid_len)))


@wrong("For the width you take a step away, and that")
def audit(loss, Y_hat, Y, valid_len):
    wider = loss(Y_hat[:, :-1], Y[:, :-1], valid_len)
    return (looks(loss, Y_hat, Y, valid_len), not torch.allclose(wider, loss(Y_hat, Y, valid_len)),
            misses(loss, Y_hat, Y, valid_len))


@wrong("You try the positions of the first sentence")
def audit(loss, Y_hat, Y, valid_len):
    return (looks(loss, Y_hat, Y, valid_len), depends(loss, Y_hat, Y, valid_len),
            misses(lambda a, b, n: loss(a, b, valid_len), Y_hat, Y, valid_len[:1]))


@wrong("Your third fact is the wrong way round: it is")
def audit(loss, Y_hat, Y, valid_len):
    return (looks(loss, Y_hat, Y, valid_len), depends(loss, Y_hat, Y, valid_len),
            not misses(loss, Y_hat, Y, valid_len))
