"""Answers to the blanks and exercises of lesson 04, right and wrong, as readers write them, for `test_checks`."""

import math

import pytest
import torch
from torch.nn import functional as F

from seq2seq_lib import MaskedSoftmaxCELoss, Vocab, encode, sequence_mask
from seq2seq_lib.checks import lesson_04

# ---------------------------------------------------------------- the blanks

def token_by_a_loop(scores, y):
    total = sum(math.exp(score) for score in scores.tolist())
    return -torch.log(torch.exp(scores[y]) / total)


def token_by_difference(scores, y):
    return scores.logsumexp(dim=0) - scores[y]


def mask_by_rows(X, valid_len, value=0):
    new = X.clone()
    for i, n in enumerate(valid_len):
        new[i, n:] = value
    return new


def mask_by_where(X, valid_len, value=0):
    return torch.where(torch.arange(X.shape[1]) < valid_len[:, None], X, value)


def mask_in_place(X, valid_len, value=0):
    X[torch.arange(X.shape[1]) >= valid_len[:, None]] = value
    return X


def mask_without_a_column(X, valid_len, value=0):
    return X.masked_fill(torch.arange(X.shape[1]) >= valid_len, value)


def loss_class(losses=lambda Y_hat, Y: F.cross_entropy(Y_hat.permute(0, 2, 1), Y, reduction="none"),
               mask=mask_by_where, end=lambda losses, valid_len: losses.sum(dim=1)):
    class MyMaskedLoss(torch.nn.Module):
        def forward(self, Y_hat, Y, valid_len):
            return end(mask(losses(Y_hat, Y), valid_len), valid_len)
    return MyMaskedLoss


class LossByLoops(torch.nn.Module):
    def forward(self, Y_hat, Y, valid_len):
        return torch.stack([sum(token_by_difference(Y_hat[i, t], Y[i, t]) for t in range(n))
                            for i, n in enumerate(valid_len)])


class LossOfTheLibrary(torch.nn.Module):
    def forward(self, Y_hat, Y, valid_len):
        return MaskedSoftmaxCELoss()(Y_hat, Y, valid_len)


class LossUntouchedBut(torch.nn.Module):
    def forward(self, Y_hat, Y, valid_len):
        losses = F.cross_entropy(Y_hat.permute(0, 2, 1), Y, reduction="none")
        mask_by_where(losses, valid_len).sum(dim=1)


BLANKS = {
    lesson_04.token_loss: (
        [token_by_a_loop, token_by_difference, lambda scores, y: F.cross_entropy(scores, torch.as_tensor(y)),
         lambda scores, y: -scores.softmax(dim=-1)[y].log()],
        [
            (lambda scores, y: torch.exp(scores[y]) / torch.exp(scores).sum(), "probability of the right word"),
            (lambda scores, y: (scores.exp()[y] / scores.exp().sum()).log(), "minus is missing"),
            (lambda scores, y: 1 - scores.exp()[y] / scores.exp().sum(), "1 − p"),
            (lambda scores, y: -(scores[y] / sum(scores)).log(), "exponentials first"),
            (lambda scores, y: -scores[y], "softmax comes first"),
            (lambda scores, y: -(scores.exp() / scores.exp().sum()).log(), "loss of every word"),
            (lambda scores, y: -scores.softmax(dim=0).max().log(), "likes best"),
            (lambda scores, y: -torch.log2(scores.softmax(dim=0)[y]), "base 2"),
            (lambda scores, y: token_by_a_loop(scores, y).item(), "`.item()` too many"),
            (lambda scores, y: -math.log(scores.exp() / scores.exp().sum()), "raised"),
        ],
    ),
    lesson_04.my_sequence_mask: (
        [mask_by_rows, mask_by_where],
        [
            (mask_in_place, "right result, but it changes its argument `X`"),
            (mask_without_a_column, "raised RuntimeError"),
            (lambda X, valid_len, value=0: mask_by_rows(X, valid_len + 1, value), "one position too many"),
            (lambda X, valid_len, value=0: mask_by_rows(X, valid_len - 1, value), "last real position"),
            (lambda X, valid_len, value=0: torch.where(torch.arange(X.shape[1]) < valid_len[:, None], value, X),
             "wrong way round"),
            (lambda X, valid_len, value=0: X * (torch.arange(X.shape[1]) < valid_len[:, None]),
             "infinity times zero"),
            (lambda X, valid_len, value=0: mask_by_rows(X, valid_len), "always write 0"),
            (lambda X, valid_len, value=0: torch.arange(X.shape[1]) < valid_len[:, None], "This is the mask"),
            (lambda X, valid_len, value=0: X.clone(), "as it came"),
        ],
    ),
    lesson_04.MyMaskedLoss: (
        [loss_class(), LossByLoops, LossOfTheLibrary, loss_class(mask=mask_in_place)],
        [
            (LossUntouchedBut, "`return` missing"),
            (loss_class(losses=lambda Y_hat, Y: F.cross_entropy(Y_hat.permute(0, 2, 1), Y)), "a single number"),
            (loss_class(losses=lambda Y_hat, Y: F.cross_entropy(Y_hat, Y, reduction="none")), "raised RuntimeError"),
            (loss_class(losses=lambda Y_hat, Y: F.cross_entropy(
                Y_hat.view(len(Y), -1, Y.shape[1]), Y, reduction="none")), "`reshape` the scores"),
            (loss_class(mask=lambda losses, valid_len: losses), "over all positions, the padding too"),
            (loss_class(mask=lambda losses, n: losses * (torch.arange(losses.shape[1]) < n[:, None])),
             "infinity times zero"),
            (loss_class(end=lambda losses, valid_len: losses.mean(dim=1)), "mean over all steps"),
            (loss_class(end=lambda losses, valid_len: losses.sum()), "Keep the sum of each sentence"),
            (loss_class(end=lambda losses, valid_len: losses.sum(dim=0)), "sum over the sentences"),
            (loss_class(end=lambda losses, valid_len: losses), "Now sum them"),
            (loss_class(end=lambda losses, valid_len: losses.sum(dim=1) / valid_len), "divide already"),
        ],
    ),
}


# ---------------------------------------------------------------- perplexity


def by_product(probs):
    product = 1.0
    for p in probs:
        product *= p
    return product ** (-1 / len(probs))


def by_bits(probs):
    return 2 ** (sum(-math.log2(p) for p in probs) / len(probs))


def as_tensor(probs):
    return torch.tensor(probs).log().neg().mean().exp()


# ---------------------------------------------------------------- the loss of the answers

def by_loops(Y_hat, Y, start, valid_len, *, first=0, last=0, count=lambda total, n, s, v: total / n):
    total, n = torch.tensor(0.0), 0
    for i in range(len(Y)):
        for t in range(int(start[i]) + first, int(valid_len[i]) + last):
            total = total - Y_hat[i, t].log_softmax(dim=0)[Y[i, t]]
            n += 1
    return count(total, n, start, valid_len)


def by_two_masks(Y_hat, Y, start, valid_len):
    loss = MaskedSoftmaxCELoss()
    return (loss(Y_hat, Y, valid_len) - loss(Y_hat, Y, start)).sum() / (valid_len - start).sum()


def by_ignoring(Y_hat, Y, start, valid_len):
    """Write over the labels that do not count; in a copy."""
    steps = torch.arange(Y.shape[1])
    labels = Y.masked_fill((steps < start[:, None]) | (steps >= valid_len[:, None]), -100)
    return F.cross_entropy(Y_hat.transpose(1, 2), labels)


def in_place(Y_hat, Y, start, valid_len):
    steps = torch.arange(Y.shape[1])
    Y[(steps < start[:, None]) | (steps >= valid_len[:, None])] = -100
    return F.cross_entropy(Y_hat.transpose(1, 2), Y)


def with_library(quotient, lengths=lambda start, valid_len: valid_len):
    def loss(Y_hat, Y, start, valid_len):
        sums = MaskedSoftmaxCELoss()(Y_hat, Y, lengths(start, valid_len))
        return quotient(sums, start, valid_len)
    return loss


def zeros_in_the_mean(Y_hat, Y, start, valid_len):
    steps = torch.arange(Y.shape[1])
    mask = (steps >= start[:, None]) * (steps < valid_len[:, None])
    return (F.cross_entropy(Y_hat.permute(0, 2, 1), Y, reduction="none") * mask).mean()


def multiplied(Y_hat, Y, start, valid_len):
    steps = torch.arange(Y.shape[1])
    mask = (steps >= start[:, None]) * (steps < valid_len[:, None])
    return (F.cross_entropy(Y_hat.permute(0, 2, 1), Y, reduction="none") * mask).sum() / mask.sum()


def means_of_sentences(Y_hat, Y, start, valid_len):
    rows = [F.cross_entropy(Y_hat[i, s:n], Y[i, s:n]) for i, (s, n) in enumerate(zip(start, valid_len))]
    return torch.stack(rows).mean()


def unmoved(Y_hat, Y, start, valid_len):
    return F.cross_entropy(Y_hat, Y)


def no_column(Y_hat, Y, start, valid_len):
    steps = torch.arange(Y.shape[1])
    return F.cross_entropy(Y_hat.permute(0, 2, 1), Y, reduction="none")[(steps >= start) & (steps < valid_len)].mean()


# ---------------------------------------------------------------- the audit

def auditor(scores=True, labels=True, where="each", noise=torch.randn, more_of=torch.ones, invert=False):
    def audit(loss, Y_hat, Y, valid_len):
        value = loss(Y_hat, Y, valid_len)
        fake_scores, fake_labels = Y_hat.clone(), Y.clone()
        for i, n in enumerate(valid_len):
            fake_scores[i, n:] = 4 * torch.rand(fake_scores[i, n:].shape) - 2
            fake_labels[i, n:] = 4 - fake_labels[i, n:]
        fakes = fake_scores if scores else Y_hat, fake_labels if labels else Y
        looks = not torch.allclose(loss(*fakes, valid_len), value)
        more = 3
        wide = loss(torch.cat([Y_hat, torch.zeros(len(Y), more, Y_hat.shape[2])], dim=1),
                    torch.cat([Y, more_of(len(Y), more, dtype=torch.long)], dim=1), valid_len)
        effects = []
        for i, n in enumerate(valid_len.tolist()):
            for t in range(Y.shape[1] if where == "all cells" else n - 1 if where == "words" else n):
                other = Y_hat.clone()
                other[i, t] += noise(Y_hat.shape[2])
                effects.append(not torch.allclose(loss(other, Y, valid_len), value))
        counts = {"first": lambda all_effects: all_effects[0], "last": lambda all_effects: all_effects[-1], "any": any}
        missed = not counts.get(where, all)(effects)
        facts = looks, not torch.allclose(wide, value), missed
        return tuple(not fact for fact in facts) if invert else facts
    return audit


def audit_without_a_copy(loss, Y_hat, Y, valid_len):
    """Each change stays, so that the loss differs at every later position too."""
    facts, before = auditor()(loss, Y_hat, Y, valid_len), loss(Y_hat, Y, valid_len)
    missed = False
    for i, n in enumerate(valid_len.tolist()):
        for t in range(n):
            Y_hat[i, t] = torch.randn(Y_hat.shape[2])
            missed = missed or torch.allclose(loss(Y_hat, Y, valid_len), before)
    return *facts[:2], missed


def audit_in_place(loss, Y_hat, Y, valid_len):
    facts = auditor()(loss, Y_hat, Y, valid_len)
    Y_hat[torch.arange(Y.shape[1]) >= valid_len[:, None]] = 0
    return facts


ANSWERS = BLANKS | {
    lesson_04.perplexity: (
        [by_product, by_bits, lambda probs: as_tensor(probs).item()],
        [
            (as_tensor, "a tensor of shape ()"),
            (as_tensor, "`.item()`"),
            (lambda probs: math.exp(-sum(map(math.log10, probs)) / len(probs)), "base 10"),
            (lambda probs: F.cross_entropy(torch.tensor([probs] * len(probs)), torch.arange(len(probs))).exp().item(),
             "probabilities already"),
            (lambda probs: math.exp(sum(map(math.log, probs)) / len(probs)), "minus is missing"),
            (lambda probs: as_tensor(probs).log().item(), "loss per token"),
            (lambda probs: sum(map(math.log, probs)) / len(probs), "mean of log p"),
            (lambda probs: 1 / math.prod(probs), "sum of the losses"),
            (lambda probs: 1 / (sum(probs) / len(probs)), "Take the logarithm of each first"),
            (lambda probs: math.exp(-math.log(sum(probs) / len(probs))), "Take the logarithm of each first"),
            (lambda probs: torch.tensor(probs).log().neg().exp().mean().item(), "mean comes first"),
            (lambda probs: 2 ** as_tensor(probs).log().item(), "raised 2"),
            (lambda probs: math.exp(math.log2(by_product(probs))), "base 2"),
            (lambda probs: -math.log(probs), "raised TypeError"),
        ],
    ),
    lesson_04.answer_loss: (
        [by_loops, by_two_masks, by_ignoring],
        [
            (in_place, "right result, but it changes its argument `Y`"),
            (with_library(lambda sums, start, valid_len: sums.sum() / valid_len.sum()), "count the question too"),
            (lambda Y_hat, Y, start, valid_len: F.cross_entropy(Y_hat.permute(0, 2, 1), Y, ignore_index=1),
             "count the question too"),
            (lambda Y_hat, Y, start, valid_len: F.cross_entropy(Y_hat.permute(0, 2, 1), Y), "no mask yet"),
            (lambda Y_hat, Y, start, valid_len: by_loops(Y_hat, Y, start, torch.full_like(start, Y.shape[1])),
             "count the padding too"),
            (with_library(lambda sums, start, valid_len: sums.sum() / start.sum(), lambda start, valid_len: start),
             "other way round"),
            (lambda *args: by_loops(*args, first=1), "one step too late"),
            (lambda *args: by_loops(*args, first=-1), "one step too early"),
            (lambda *args: by_loops(*args, last=-1), "`<eos>`"),
            (lambda *args: by_loops(*args, last=1), "first `<pad>`"),
            (lambda *args: by_loops(*args, count=lambda total, n, s, v: total / v.sum()), "all real tokens"),
            (lambda *args: by_loops(*args, count=lambda total, n, s, v: total), "This is the sum."),
            (lambda *args: by_loops(*args, count=lambda total, n, s, v: -total / n), "its sign is not"),
            (lambda *args: by_loops(*args, count=lambda total, n, s, v: total / len(s)), "mean over the sentences"),
            (lambda *args: by_two_masks(*args).item(), "an `.item()` too many"),
            (lambda *args: by_two_masks(*args) + 1, "`result` is tensor("),
            (multiplied, "infinity times zero"),
            (zeros_in_the_mean, "mean over *all* positions"),
            (means_of_sentences, "token of a short answer weighs more"),
            (unmoved, "raised RuntimeError"),
            (no_column, "raised"),
            (lambda Y_hat, Y, start, valid_len: by_loops(Y_hat.softmax(dim=2), Y, start, valid_len), "softmax twice"),
        ],
    ),
    lesson_04.audit: (
        [auditor(), lambda *args: list(auditor()(*args))],
        [
            (audit_in_place, "right result, but it changes its argument `Y_hat`"),
            (auditor(labels=False), "leave the labels there"),
            (auditor(scores=False), "leave the scores there"),
            (auditor(where="first"), "the first real position only"),
            (auditor(where="any"), "not all at once"),
            (auditor(where="last"), "overwrites the one before"),
            (auditor(where="words"), "its `<eos>`"),
            (audit_without_a_copy, "changes its argument `Y_hat`. Make a copy first"),
            (auditor(where="all cells"), "positions of padding too"),
            (auditor(noise=torch.ones), "add the same number"),
            (auditor(more_of=torch.zeros), "`value=PAD`"),
            (auditor(invert=True), "All three facts"),
            (lambda *args: auditor()(*args)[::-1], "first and the last fact swapped"),
            (lambda *args: tuple(auditor()(*args)[i] for i in (1, 0, 2)), "first two facts swapped"),
            (lambda *args: auditor()(*args)[:2], "a tuple of length 2"),
            (lambda *args: dict(enumerate(auditor()(*args))), "a dict of length 3"),
        ],
    ),
}


# ---------------------------------------------------------------- the blanks, the exercises and the library agree

def test_the_courses_pieces_are_the_librarys():
    for X, valid_len, value in lesson_04.my_sequence_mask.cases:
        assert torch.equal(lesson_04.my_sequence_mask.piece(X, valid_len, value), sequence_mask(X, valid_len, value))
    for case in lesson_04.MyMaskedLoss.cases:
        torch.testing.assert_close(lesson_04.MyMaskedLoss.piece()(*case), MaskedSoftmaxCELoss()(*case))
    for scores, y in lesson_04.token_loss.cases:
        torch.testing.assert_close(lesson_04.token_loss.piece(scores, y), F.cross_entropy(scores, torch.as_tensor(y)))


def test_the_loss_of_answers_that_begin_at_once_is_the_librarys():
    for Y_hat, Y, _, valid_len in lesson_04.answer_loss.cases:
        ours = lesson_04.answer_loss.answer(Y_hat, Y, torch.zeros_like(valid_len), valid_len)
        torch.testing.assert_close(ours, MaskedSoftmaxCELoss()(Y_hat, Y, valid_len).sum() / valid_len.sum())


@pytest.mark.parametrize("case", lesson_04.audit.cases, ids=lambda case: repr(case[0]))
def test_an_audit_needs_padding_and_is_the_same_for_any_batch_of_words(case):
    loss, *_ = case
    vocab = Vocab([list("abcdefg")])
    Y, valid_len = encode([list("abc"), list("bcdef"), list("ag")], vocab, num_steps=8)
    Y_hat = torch.randn(*Y.shape, len(vocab), generator=torch.Generator().manual_seed(1))
    torch.manual_seed(0)  # by chance, one time in 300, random scores move nothing
    assert lesson_04.audit.answer(loss, Y_hat, Y, valid_len) == lesson_04.audit.answer(*case)


def test_the_cases_of_the_audit_show_each_fault_and_none():
    facts = {lesson_04.audit.answer(*case) for case in lesson_04.audit.cases}
    assert facts == {(False, False, False), (True, True, False), (False, True, False), (False, False, True),
                     (True, False, False)}
    for _, Y_hat, Y, valid_len in lesson_04.audit.cases:
        assert (sequence_mask(Y, valid_len, -1) == -1).any() and Y.max() < Y_hat.shape[2]
