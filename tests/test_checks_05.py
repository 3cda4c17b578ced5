"""Answers to the exercises of lesson 05, right and wrong ones; `test_checks` tries them."""

import torch

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


def accumulate_with_lesson_parts(net, batches, *, divisor=None, clear=lambda net: net.zero_grad()):
    clear(net)
    num_tokens = sum(Y_valid_len.sum() for *_, Y_valid_len in batches)
    total = 0
    for X, X_valid_len, Y, Y_valid_len in batches:
        Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
        loss = MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len).sum()
        (loss / (divisor or num_tokens)).backward()
        total += loss.item()
    return total / num_tokens.item()


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
        [clip_by_a_loop, clip_by_the_library, lambda g, theta: g * min(1.0, theta / max(g.norm().item(), 1e-9))],
        [
            (lambda g, theta: g * theta / g.norm(), "made longer"),
            (lambda g, theta: torch.clamp(g, -theta, theta), "direction changes"),
            (lambda g, theta: g / max(g.norm(), 1), "whatever theta is"),
            (lambda g, theta: g * min(1, theta / max(g.norm(p=1), 1e-9)), "not the sum of the sizes"),
            (lambda g, theta: min(1, theta / max(g.norm().item(), 1e-9)), "This is the factor"),
            (lambda g, theta: g * min(1, theta / g.norm().item()), "ZeroDivisionError"),
            (lambda g, theta: g * 0.2, "gives another result"),
            (clip_in_place, "right result, but it changes its argument `g`"),
        ],
    ),
    lesson_05.adam_step: (
        [adam_by_a_loop, adam_by_torch],
        [
            (lambda w, g, m, v, t, lr: (w - lr * g, m, v), "`result[0]` differs"),
            (lambda w, g, m, v, t, lr: w - lr * g.sign(), "is a tensor"),
            (lambda w, g, m, v, t, lr: (w - lr * (0.9 * m + 0.1 * g) / ((0.999 * v + 0.001 * g * g).sqrt() + 1e-8),
                                        0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g), "start at 0"),
            (lambda *args: adam_by_torch(*args)[0], "weights alone"),
            (lambda *args: list(adam_by_torch(*args))[::-1], "`result[0]` differs"),
            (adam_from_t_0, "differs"),
        ],
    ),
    lesson_05.accumulate: (
        [accumulate_with_lesson_parts, accumulate_scaled_at_the_end],
        [
            (lambda *args: accumulate_with_lesson_parts(*args, clear=lambda net: None), "`backward` adds"),
            (lambda net, batches: accumulate_with_lesson_parts(net, batches, divisor=1), "gradient of the total"),
            (lambda net, batches: batch_loss(net, *batches[0]).item(), "`result[0]`"),
            (lambda net, batches: float("nan"), "`result[0]`"),
        ],
    ),
}
