"""Answers to the exercises of lesson 05, right and wrong ones; `test_checks` tries them."""

import torch
import torch._dynamo  # noqa: F401 - torch.optim imports it at its first step; that may take longer than a check allows

from seq2seq_lib import batch_loss, grad_clipping
from seq2seq_lib.checks import lesson_05
from seq2seq_lib.loss import MaskedSoftmaxCELoss
from seq2seq_lib.training import teacher_forcing


def clip_by_a_loop(g, theta):
    norm = sum(x * x for x in g.flatten().tolist()) ** 0.5
    factor = 1 if norm <= theta else theta / norm
    return torch.tensor([x * factor for x in g.flatten().tolist()]).reshape(g.shape)


def clip_by_the_library(g, theta):
    weights = torch.nn.ParameterList([torch.zeros_like(g)])
    weights[0].grad = g.clone()
    grad_clipping(weights, theta)
    return weights[0].grad


def clip_in_place(g, theta):
    g *= min(1.0, theta / max(g.norm().item(), 1e-9))
    return g


def by(axis):
    return lambda g, theta: g * torch.clamp(theta / g.norm(dim=axis, keepdim=True), max=1)


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
    lesson_05.clip: (
        [clip_by_a_loop, clip_by_the_library, lambda g, theta: g * min(1.0, theta / max(g.norm().item(), 1e-9)),
         lambda g, theta: min(1, theta / g.norm()) * g],  # the lesson's own line: theta / 0 is inf, not an error
        [
            (lambda g, theta: g * theta / g.norm(), "made longer"),
            (lambda g, theta: torch.clamp(g, -theta, theta), "direction changes"),
            (lambda g, theta: g / max(g.norm(), 1), "whatever theta is"),
            (lambda g, theta: g * min(1, theta / max(g.norm(p=1), 1e-9)), "not the sum of the sizes"),
            (lambda g, theta: min(1, theta / max(g.norm().item(), 1e-9)), "This is the factor"),
            (lambda g, theta: g * min(1, theta / g.norm().item()), "ZeroDivisionError"),
            (lambda g, theta: g * max(1, theta / g.norm()), "other way round"),
            (lambda g, theta: g / g.norm() if g.norm() > theta else g, "whatever theta is"),
            (by(-1), "Each row"),
            (by(0), "Each column"),
            (lambda g, theta: print(g), "is a `return` missing?"),
            (lambda g, theta: g * 0.2, "gives another result"),
            (clip_in_place, "right result, but it changes its argument `g`"),
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
