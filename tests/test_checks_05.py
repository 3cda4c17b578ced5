"""Answers to the blanks and exercises of lesson 05, right and wrong ones; `test_checks` tries them."""

import torch
import torch._dynamo  # noqa: F401 - torch.optim imports it at its first step; that may take longer than a check allows

from seq2seq_lib import batch_loss, grad_clipping
from seq2seq_lib.checks import lesson_05
from seq2seq_lib.loss import MaskedSoftmaxCELoss
from seq2seq_lib.training import teacher_forcing


def gradient_norm(net):
    return torch.cat([p.grad.flatten() for p in net.parameters()]).norm()


def clipping(change):
    """A reader's `my_clipping` with its two lines: what `change(p.grad, theta, norm, net)` returns is put in place."""
    def my_clipping(net, theta):
        norm = gradient_norm(net)
        for p in net.parameters():
            p.grad = change(p.grad, theta, norm, net)
        return norm
    return my_clipping


def clipping_in_place(net, theta):
    norm = gradient_norm(net)
    for p in net.parameters():
        p.grad *= min(1, theta / norm)
    return norm


def clipping_if_too_long(net, theta):
    norm = gradient_norm(net)
    if norm > theta:
        for p in net.parameters():
            p.grad.mul_(theta / norm)
    return norm


def clipping_of_a_copy(net, theta):
    norm = gradient_norm(net)
    for p in net.parameters():
        g = p.grad
        g = g * min(1, theta / norm)
    return norm


def clipping_that_measures_again(net, theta):
    norm = gradient_norm(net)
    for p in net.parameters():
        p.grad *= min(1, theta / gradient_norm(net))
    return norm


def step_of_the_lesson(net, optimizer, batch, theta, *, shift=teacher_forcing, mean=lambda loss, batch: loss.sum()
                       / batch[3].sum(), early=False, clip=clipping_in_place, step=True, lengths=True):
    X, X_valid_len, Y, Y_valid_len = batch
    optimizer.zero_grad()
    Y_hat, _ = net(X, shift(Y), X_valid_len if lengths else None)
    loss = MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len)
    mean(loss, batch).backward()
    if early and step:
        optimizer.step()
    clip(net, theta)
    if not early and step:
        optimizer.step()
    return loss.sum().item(), Y_valid_len.sum().item()


def step_of_the_library(net, optimizer, batch, theta):
    optimizer.zero_grad()
    loss, num_tokens = batch_loss(net, *batch), int(batch[3].sum())
    (loss / num_tokens).backward()
    grad_clipping(net, theta)
    optimizer.step()
    return loss.item(), num_tokens


def step_that_clips_first(net, optimizer, batch, theta):
    optimizer.zero_grad()
    clipping_in_place(net, theta)
    return step_of_the_lesson(net, optimizer, batch, theta)


def step_with_one_number(net, optimizer, batch, theta):
    X, X_valid_len, Y, Y_valid_len = batch
    optimizer.zero_grad()
    Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
    loss = MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len).sum() / Y_valid_len.sum()
    loss.backward()
    clipping_in_place(net, theta)
    optimizer.step()
    return loss.sum().item(), Y_valid_len.sum().item()


def variant(**options):
    return lambda *args: step_of_the_lesson(*args, **options)


def epoch_of_the_lesson(net, optimizer, batches, theta, *, add=lambda total, new: total + new, early=False,
                        count=lambda tokens_here: tokens_here, divide=lambda loss, tokens_here: loss):
    total_loss = num_tokens = 0
    for batch in batches:
        loss, tokens_here = step_of_the_lesson(net, optimizer, batch, theta)
        total_loss = add(total_loss, divide(loss, tokens_here))
        num_tokens += count(tokens_here)
        if early:
            break
    return total_loss / num_tokens


def epoch_of_two_lists(net, optimizer, batches, theta):
    both = [step_of_the_library(net, optimizer, batch, theta) for batch in batches]
    return sum(loss for loss, _ in both) / sum(tokens for _, tokens in both)


def epoch_that_overwrites(net, optimizer, batches, theta):
    total_loss = num_tokens = 0
    for batch in batches:
        loss, tokens_here = step_of_the_lesson(net, optimizer, batch, theta)
        total_loss = loss
        num_tokens = tokens_here
    return total_loss / num_tokens


def epochs(**options):
    return lambda *args: epoch_of_the_lesson(*args, **options)


def adam_of_the_lesson(w, g, m, v, t, lr, *, first=None, second=None, small=1e-8, m_keeps=0.9, v_keeps=0.999):
    """One step as in the lesson's cell, which divides by 1 - 0.9 and 1 - 0.999."""
    m, v = m_keeps * m + (1 - m_keeps) * g, v_keeps * v + (1 - v_keeps) * g**2
    first, second = first or (1 - 0.9), second or (1 - 0.999)
    return w - lr * (m / first) / ((v / second).sqrt() + small), m, v


def adam(w, g, m, v, t, lr, **slips):
    return adam_of_the_lesson(w, g, m, v, t, lr, first=1 - 0.9**t, second=1 - 0.999**t, **slips)


def adam_too_early(w, g, m, v, t, lr):
    w = w - lr * (m / (1 - 0.9**t)) / ((v / (1 - 0.999**t)).sqrt() + 1e-8)
    return w, *adam(w, g, m, v, t, lr)[1:]


def adam_by_a_loop(w, g, m, v, t, lr):
    rows = []
    for w1, g1, m1, v1 in zip(*(x.tolist() for x in (w, g, m, v))):
        m1, v1 = 0.9 * m1 + 0.1 * g1, 0.999 * v1 + 0.001 * g1 * g1
        rows.append((w1 - lr * m1 / (1 - 0.9**t) / ((v1 / (1 - 0.999**t)) ** 0.5 + 1e-8), m1, v1))
    return tuple(torch.tensor(column) for column in zip(*rows))


def adam_by_torch(w, g, m, v, t, lr):
    p = torch.nn.Parameter(w.clone())
    p.grad = g.clone()
    optimizer = torch.optim.Adam([p], lr)
    optimizer.state[p] = {"step": torch.tensor(t - 1.0), "exp_avg": m.clone(), "exp_avg_sq": v.clone()}
    optimizer.step()
    return p.detach(), optimizer.state[p]["exp_avg"], optimizer.state[p]["exp_avg_sq"]


def adam_from_t_0(w, g, m, v, t, lr):
    return w - lr * (m / (1 - 0.9 ** (t - 1))), m, v


def accumulate_with_lesson_parts(net, batches, *, divisor=None, clear=lambda net: net.zero_grad(), early=False,
                                 count=lambda X, X_valid_len, Y, Y_valid_len: Y_valid_len.sum(), shift=teacher_forcing):
    clear(net)
    num_tokens = sum(count(*batch) for batch in batches)
    total = 0
    for X, X_valid_len, Y, Y_valid_len in batches:
        Y_hat, _ = net(X, shift(Y), X_valid_len)
        loss = MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len).sum()
        (loss / (divisor or num_tokens)).backward()
        total += loss.item()
        if early:
            break
    return total / int(num_tokens)


def accumulate_at_once(net, batches):
    net.zero_grad()
    num_tokens = sum(batch[3].sum().item() for batch in batches)
    loss = sum(batch_loss(net, *batch) for batch in batches) / num_tokens
    loss.backward()
    return loss.item()


def accumulate_and_clear(net, batches):
    answer = accumulate_with_lesson_parts(net, batches)
    net.zero_grad()
    return answer


def accumulate_and_step(net, batches):
    answer = accumulate_with_lesson_parts(net, batches)
    torch.optim.SGD(net.parameters(), 0.1).step()
    return answer


def accumulate_without_mask(net, batches):
    net.zero_grad()
    num_tokens, total = sum(batch[3].sum().item() for batch in batches), 0.0
    for X, X_valid_len, Y, _ in batches:
        Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
        loss = torch.nn.functional.cross_entropy(Y_hat.flatten(0, 1), Y.flatten(), reduction="sum")
        (loss / num_tokens).backward()
        total += loss.item()
    return total / num_tokens


def accumulate_scaled_at_the_end(net, batches):
    net.zero_grad()
    num_tokens, total = 0, 0.0
    for batch in batches:
        loss = batch_loss(net, *batch)
        loss.backward()
        total, num_tokens = total + loss.item(), num_tokens + batch[3].sum().item()
    for p in net.parameters():
        p.grad /= num_tokens
    return total / num_tokens


ANSWERS = {
    lesson_05.my_clipping: (
        [clipping_in_place, clipping_if_too_long, clipping(lambda g, theta, norm, net: g * min(1, theta / norm)),
         lambda net, theta: torch.tensor(grad_clipping(net, theta))],
        [
            (clipping_of_a_copy, "Multiply in place"),
            (clipping_that_measures_again, "Measure it once"),
            (clipping(lambda g, theta, norm, net: g * theta / norm if norm else g), "they are made longer"),
            (clipping(lambda g, theta, norm, net: g * max(1, theta / norm) if norm else g), "other way round"),
            (clipping(lambda g, theta, norm, net: g * min(1, norm / theta)), "on its head"),
            (clipping(lambda g, theta, norm, net: g * min(1, theta / g.norm())), "by its own norm"),
            (clipping(lambda g, theta, norm, net: g.clamp(-theta, theta)), "Each number is cut by itself"),
            (clipping(lambda g, theta, norm, net: g / norm if norm > theta else g), "whatever theta is"),
            (clipping(lambda g, theta, norm, net: g * min(1, theta / norm.item())), "ZeroDivisionError"),
            (lambda net, theta: [p.grad.mul_(min(1, theta / gradient_norm(net))) for p in net.parameters()],
             "a list of length 1, and a float is expected"),
        ],
    ),
    lesson_05.my_step: (
        [step_of_the_lesson, step_of_the_library],
        [
            (variant(step=False), "The weights have not moved"),
            (variant(early=True), "at its full length"),
            (variant(clip=lambda net, theta: None), "at its full length"),
            (variant(clip=lambda net, theta: clipping_in_place(net, 1.0)), "This input gives another result"),
            (variant(shift=lambda Y: Y), "`teacher_forcing(Y)`"),
            (variant(lengths=False), "hand `X_valid_len`"),
            (variant(mean=lambda loss, batch: loss.sum()), "from the total"),
            (variant(mean=lambda loss, batch: loss.mean()), "loss per sentence"),
            (variant(mean=lambda loss, batch: loss.sum() / batch[2].numel()), "the padding too"),
            (step_with_one_number, "what you return is the loss per token"),
            (step_that_clips_first, "Your function raised AttributeError"),
            (lambda *args: step_of_the_lesson(*args)[0], "and a tuple of length 2 is expected"),
        ],
    ),
    lesson_05.my_epoch: (
        [epoch_of_the_lesson, epoch_of_two_lists],
        [
            (epoch_that_overwrites, "loss of the last batch"),
            (epochs(add=lambda total, new: new), "`total_loss` needs `+=`"),
            (epochs(divide=lambda loss, tokens_here: loss / tokens_here, count=lambda tokens_here: 1),
             "mean of the batches' means"),
            (epochs(count=lambda tokens_here: 1), "the total per batch"),
            (epochs(divide=lambda loss, tokens_here: loss / tokens_here), "once more"),
            (epochs(early=True), "Only the first batch"),
            (epochs(count=lambda tokens_here: 2 * tokens_here), "gives another result"),
        ],
    ),
    lesson_05.best_epoch: (
        [lambda losses: losses.index(min(losses)) + 1, lambda losses: int(torch.tensor(losses).argmin()) + 1],
        [
            (lambda losses: losses.index(min(losses)), "count from 0"),
            (lambda losses: min(losses), "lowest loss"),
            (lambda losses: len(losses), "last epoch"),
            (lambda losses: losses.index(max(losses)) + 1, "highest loss"),
            (lambda losses: losses.argmin() + 1, "AttributeError"),
            (lambda losses: max(i for i, loss in enumerate(losses, 1) if loss == min(losses)), "take the later one"),
        ],
    ),
    lesson_05.adam_step: (
        [adam_by_a_loop, adam_by_torch, adam],
        [
            (adam_of_the_lesson, "first step only"),
            (adam_too_early, "old m and v"),
            (lambda *args: adam(*args, small=0), "mind the brackets"),
            (lambda *args: adam(*args, v_keeps=0.9), "factors of its own"),
            (lambda *args: adam(*args, m_keeps=0.1, v_keeps=0.001), "forget nearly everything"),
            (lambda w, g, m, v, t, lr: adam(w, g, m, v, t, 1), "learning rate is missing"),
            (lambda *args: (*adam(*args)[1:], adam(*args)[0]), "another order"),
            (lambda w, g, m, v, t, lr: (w - lr * g, m, v), "`result[0]` differs"),
            (lambda w, g, m, v, t, lr: w - lr * g.sign(), "is a tensor"),
            (lambda w, g, m, v, t, lr: (w - lr * (0.9 * m + 0.1 * g) / ((0.999 * v + 0.001 * g * g).sqrt() + 1e-8),
                                        0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g), "start at 0"),
            (lambda *args: adam_by_torch(*args)[0], "weights alone"),
            (lambda *args: list(adam_by_torch(*args))[::-1], "another order"),
            (adam_from_t_0, "differs"),
        ],
    ),
    lesson_05.accumulate: (
        [accumulate_with_lesson_parts, accumulate_scaled_at_the_end],
        [
            (lambda *args: accumulate_with_lesson_parts(*args, clear=lambda net: None), "`backward` adds"),
            (lambda net, batches: accumulate_with_lesson_parts(net, batches, divisor=1), "gradient of the total"),
            (lambda *args: torch.tensor(accumulate_with_lesson_parts(*args)), "`.item()`"),
            (lambda *args: accumulate_with_lesson_parts(*args) * sum(int(batch[3].sum()) for batch in args[1]),
             "return is the total"),
            (lambda *args: accumulate_with_lesson_parts(*args, early=True), "Only the first part"),
            (lambda *args: accumulate_with_lesson_parts(*args, count=lambda X, X_valid_len, Y, Y_valid_len:
                                                        X_valid_len.sum()), "tokens of the source"),
            (lambda *args: accumulate_with_lesson_parts(*args, count=lambda X, X_valid_len, Y, Y_valid_len: Y.numel()),
             "count the padding"),
            (lambda *args: accumulate_with_lesson_parts(*args, count=lambda X, X_valid_len, Y, Y_valid_len: len(Y)),
             "count sentences"),
            (lambda *args: accumulate_with_lesson_parts(*args, shift=lambda Y: Y), "`teacher_forcing(Y)`"),
            (accumulate_without_mask, "`MaskedSoftmaxCELoss`"),
            (accumulate_at_once, "one `backward` at the end"),
            (accumulate_and_clear, "no gradient is left"),
            (accumulate_and_step, "The weights have moved"),
            (lambda net, batches: batch_loss(net, *batches[0]).item(), "`result[0]`"),
            (lambda net, batches: float("nan"), "`result[0]`"),
        ],
    ),
}
