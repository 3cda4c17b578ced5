"""Answers to the exercises of lesson 05."""

import torch

from seq2seq_lib import MaskedSoftmaxCELoss
from seq2seq_lib.training import grad_clipping, teacher_forcing

from . import right, wrong

# ---------------------------------------------------------------- clip


@right
def clip(g, theta):
    return g * min(1, theta / g.norm())


@right
def clip(g, theta):
    norm = (g ** 2).sum().sqrt()
    if norm <= theta:
        return g.clone()
    return theta * g / norm


@wrong("always scaled to theta")
def clip(g, theta):
    return g * theta / g.norm()


@wrong("every number clamped")
def clip(g, theta):
    return g.clamp(-theta, theta)


@wrong("in place")
def clip(g, theta):
    if g.norm() > theta:
        g *= theta / g.norm()
    return g


@wrong("short ones scaled up, long ones left: max for min")
def clip(g, theta):
    return g * max(1, theta / g.norm())


@wrong("divided by the norm, theta forgotten")
def clip(g, theta):
    return g / g.norm() if g.norm() > theta else g.clone()


@wrong("norm without the root")
def clip(g, theta):
    norm = (g ** 2).sum()
    return g * min(1, theta / norm)


@wrong("largest number for the norm")
def clip(g, theta):
    return g * min(1, theta / g.abs().max())


@wrong("sum of the absolute values for the norm")
def clip(g, theta):
    return g * min(1, theta / g.abs().sum())


@wrong("zeros if longer")
def clip(g, theta):
    return torch.zeros_like(g) if g.norm() > theta else g.clone()


@wrong("norm per row")
def clip(g, theta):
    norm = g.norm(dim=-1, keepdim=True)
    return torch.where(norm > theta, g * theta / norm, g)


@wrong("compared the wrong way")
def clip(g, theta):
    return g * theta / g.norm() if g.norm() < theta else g.clone()


@wrong("the factor alone")
def clip(g, theta):
    return min(1, theta / g.norm())


@wrong("theta subtracted")
def clip(g, theta):
    return g - theta if g.norm() > theta else g.clone()


# ---------------------------------------------------------------- adam_step

@right
def adam_step(w, g, m, v, t, lr):
    m = torch.lerp(m, g, 0.1)
    v = v + 0.001 * (g * g - v)
    return w - lr * m / (1 - 0.9 ** t) / (torch.sqrt(v / (1 - 0.999 ** t)) + 1e-8), m, v


@right
def adam_step(w, g, m, v, t, lr):
    m, v = m * 0.9 + g * 0.1, v * 0.999 + g.pow(2) * 0.001
    scale = (1 - 0.999 ** t) ** 0.5
    return w.sub(lr / (1 - 0.9 ** t) * m / (v.sqrt() / scale + 1e-8)), m, v


@right
def adam_step(w, g, m, v, t, lr):
    p = torch.nn.Parameter(w.clone())
    p.grad = g.clone()
    adam = torch.optim.Adam([p], lr)
    adam.state[p] = {"step": torch.tensor(float(t - 1)), "exp_avg": m.clone(), "exp_avg_sq": v.clone()}
    adam.step()
    return p.detach(), adam.state[p]["exp_avg"], adam.state[p]["exp_avg_sq"]


def adam(w, g, m, v, t, lr, b1=0.9, b2=0.999, g1=None, g2=None, fix_m=True, fix_v=True, eps=1e-8):
    """What is meant, with something changed; g1, g2: the weights of the new values."""
    m = b1 * m + (1 - b1 if g1 is None else g1) * g
    v = b2 * v + (1 - b2 if g2 is None else g2) * g ** 2
    top = m / (1 - b1 ** t) if fix_m else m
    return w - lr * top / ((v / (1 - b2 ** t) if fix_v else v).sqrt() + eps), m, v


@wrong("no correction for the start")
def adam_step(w, g, m, v, t, lr):
    return adam(w, g, m, v, t, lr, fix_m=False, fix_v=False)


@wrong("m not corrected")
def adam_step(w, g, m, v, t, lr):
    return adam(w, g, m, v, t, lr, fix_m=False)


@wrong("v not corrected")
def adam_step(w, g, m, v, t, lr):
    return adam(w, g, m, v, t, lr, fix_v=False)


@wrong("0.1 and 0.9 exchanged")
def adam_step(w, g, m, v, t, lr):
    m, v = 0.1 * m + 0.9 * g, 0.999 * v + 0.001 * g ** 2
    return w - lr * (m / (1 - 0.9 ** t)) / ((v / (1 - 0.999 ** t)).sqrt() + 1e-8), m, v


@wrong("0.001 and 0.999 exchanged")
def adam_step(w, g, m, v, t, lr):
    m, v = 0.9 * m + 0.1 * g, 0.001 * v + 0.999 * g ** 2
    return w - lr * (m / (1 - 0.9 ** t)) / ((v / (1 - 0.999 ** t)).sqrt() + 1e-8), m, v


@wrong("both exchanged")
def adam_step(w, g, m, v, t, lr):
    m, v = 0.1 * m + 0.9 * g, 0.001 * v + 0.999 * g ** 2
    return w - lr * (m / (1 - 0.9 ** t)) / ((v / (1 - 0.999 ** t)).sqrt() + 1e-8), m, v


@wrong("corrected m and v handed on")
def adam_step(w, g, m, v, t, lr):
    m, v = (0.9 * m + 0.1 * g) / (1 - 0.9 ** t), (0.999 * v + 0.001 * g ** 2) / (1 - 0.999 ** t)
    return w - lr * m / (v.sqrt() + 1e-8), m, v


@wrong("sqrt forgotten")
def adam_step(w, g, m, v, t, lr):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g ** 2
    return w - lr * (m / (1 - 0.9 ** t)) / ((v / (1 - 0.999 ** t)) + 1e-8), m, v


@wrong("g not squared")
def adam_step(w, g, m, v, t, lr):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g.abs()
    return w - lr * (m / (1 - 0.9 ** t)) / ((v / (1 - 0.999 ** t)).sqrt() + 1e-8), m, v


@wrong("plus for minus")
def adam_step(w, g, m, v, t, lr):
    new, m, v = adam(w, g, m, v, t, lr)
    return 2 * w - new, m, v


@wrong("old m and v returned")
def adam_step(w, g, m, v, t, lr):
    return adam(w, g, m, v, t, lr)[0], m, v


@wrong("order w, v, m")
def adam_step(w, g, m, v, t, lr):
    w, m, v = adam(w, g, m, v, t, lr)
    return w, v, m


@wrong("order m, v, w")
def adam_step(w, g, m, v, t, lr):
    w, m, v = adam(w, g, m, v, t, lr)
    return m, v, w


@wrong("t counted from 0: t + 1")
def adam_step(w, g, m, v, t, lr):
    new, _, _ = adam(w, g, m, v, t + 1, lr)
    return (new, *adam(w, g, m, v, t, lr)[1:])


@wrong("t ignored: always first step")
def adam_step(w, g, m, v, t, lr):
    return adam(w, g, m, v, 1, lr)


@wrong("in place m *= 0.9")
def adam_step(w, g, m, v, t, lr):
    m *= 0.9
    m += 0.1 * g
    v *= 0.999
    v += 0.001 * g ** 2
    return w - lr * (m / (1 - 0.9 ** t)) / ((v / (1 - 0.999 ** t)).sqrt() + 1e-8), m, v


@wrong("only w returned")
def adam_step(w, g, m, v, t, lr):
    return adam(w, g, m, v, t, lr)[0]


@wrong("0.9 * t for 0.9 ** t")
def adam_step(w, g, m, v, t, lr):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g ** 2
    return w - lr * (m / (1 - 0.9 * t)) / ((v / (1 - 0.999 * t)).abs().sqrt() + 1e-8), m, v


@wrong("eps inside the root")
def adam_step(w, g, m, v, t, lr):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g ** 2
    return w - lr * (m / (1 - 0.9 ** t)) / (v / (1 - 0.999 ** t) + 1e-8).sqrt(), m, v


@wrong("plain gradient step")
def adam_step(w, g, m, v, t, lr):
    _, m, v = adam(w, g, m, v, t, lr)
    return w - lr * g, m, v


@wrong("g for m in the step (rmsprop)")
def adam_step(w, g, m, v, t, lr):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g ** 2
    return w - lr * g / ((v / (1 - 0.999 ** t)).sqrt() + 1e-8), m, v


@wrong("0.99 for 0.999")
def adam_step(w, g, m, v, t, lr):
    return adam(w, g, m, v, t, lr, b2=0.99)


@wrong("lr forgotten")
def adam_step(w, g, m, v, t, lr):
    return adam(w, g, m, v, t, 1.0)


@wrong("old m, v used in the step")
def adam_step(w, g, m, v, t, lr):
    new = w - lr * (m / (1 - 0.9 ** t)) / ((v / (1 - 0.999 ** t)).sqrt() + 1e-8)
    return new, 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g ** 2


@wrong("v from m squared")
def adam_step(w, g, m, v, t, lr):
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * m ** 2
    return w - lr * (m / (1 - 0.9 ** t)) / ((v / (1 - 0.999 ** t)).sqrt() + 1e-8), m, v


# ---------------------------------------------------------------- accumulate

def totals(net, batch):
    """The losses of a part's sentences."""
    X, X_valid_len, Y, Y_valid_len = batch
    return MaskedSoftmaxCELoss()(net(X, teacher_forcing(Y), X_valid_len)[0], Y, Y_valid_len)


def tokens(batches):
    return sum(batch[3].sum().item() for batch in batches)


@right
def accumulate(net, batches):
    net.zero_grad()
    loss = sum(totals(net, batch).sum() for batch in batches) / tokens(batches)
    loss.backward()
    return loss.item()


@right
def accumulate(net, batches):
    for p in net.parameters():
        p.grad = None
    total = n = 0
    for batch in batches:
        loss = totals(net, batch).sum()
        loss.backward()
        total += loss.item()
        n += int(batch[3].sum())
    for p in net.parameters():
        p.grad /= n
    return total / n


@wrong("mean of the parts' means")
def accumulate(net, batches):
    net.zero_grad()
    result = 0
    for batch in batches:
        loss = totals(net, batch).sum() / batch[3].sum() / len(batches)
        loss.backward()
        result += loss.item()
    return result


@wrong("gradient of the mean of means, right loss")
def accumulate(net, batches):
    net.zero_grad()
    total = 0
    for batch in batches:
        loss = totals(net, batch).sum()
        (loss / batch[3].sum() / len(batches)).backward()
        total += loss.item()
    return total / tokens(batches)


@wrong("sum of the parts' means")
def accumulate(net, batches):
    net.zero_grad()
    total = 0
    for batch in batches:
        loss = totals(net, batch).sum()
        (loss / batch[3].sum()).backward()
        total += loss.item()
    return total / tokens(batches)


@wrong("the last part's loss")
def accumulate(net, batches):
    net.zero_grad()
    for batch in batches:
        loss = totals(net, batch).sum() / tokens(batches)
        loss.backward()
        total_loss, num_tokens = totals(net, batch).sum(), batch[3].sum()
    return (total_loss / num_tokens).item()


@wrong("the last part's loss by all tokens")
def accumulate(net, batches):
    net.zero_grad()
    for batch in batches:
        loss = totals(net, batch).sum() / tokens(batches)
        loss.backward()
    return loss.item()


@wrong("zero_grad in the loop")
def accumulate(net, batches):
    total = 0
    for batch in batches:
        net.zero_grad()
        loss = totals(net, batch).sum() / tokens(batches)
        loss.backward()
        total += loss.item()
    return total


@wrong("no zero_grad")
def accumulate(net, batches):
    total = 0
    for batch in batches:
        loss = totals(net, batch).sum() / tokens(batches)
        loss.backward()
        total += loss.item()
    return total


@wrong("totals not divided")
def accumulate(net, batches):
    net.zero_grad()
    total = 0
    for batch in batches:
        loss = totals(net, batch).sum()
        loss.backward()
        total += loss.item()
    return total / tokens(batches)


@wrong("the total returned")
def accumulate(net, batches):
    net.zero_grad()
    total = 0
    for batch in batches:
        loss = totals(net, batch).sum()
        (loss / tokens(batches)).backward()
        total += loss.item()
    return total


@wrong("no backward")
def accumulate(net, batches):
    net.zero_grad()
    return sum(totals(net, batch).sum().item() for batch in batches) / tokens(batches)


@wrong("clips")
def accumulate(net, batches):
    net.zero_grad()
    total = 0
    for batch in batches:
        loss = totals(net, batch).sum() / tokens(batches)
        loss.backward()
        total += loss.item()
    grad_clipping(net, 1.0)
    return total


@wrong("an optimizer step")
def accumulate(net, batches):
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    optimizer.zero_grad()
    total = 0
    for batch in batches:
        loss = totals(net, batch).sum() / tokens(batches)
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total


@wrong("sentences counted instead of tokens")
def accumulate(net, batches):
    net.zero_grad()
    total, n = 0, sum(len(batch[0]) for batch in batches)
    for batch in batches:
        loss = totals(net, batch).sum() / n
        loss.backward()
        total += loss.item()
    return total


@wrong("padding counted")
def accumulate(net, batches):
    net.zero_grad()
    total, n = 0, sum(batch[2].numel() for batch in batches)
    for batch in batches:
        loss = totals(net, batch).sum() / n
        loss.backward()
        total += loss.item()
    return total


@wrong("the source's tokens counted")
def accumulate(net, batches):
    net.zero_grad()
    total, n = 0, sum(batch[1].sum().item() for batch in batches)
    for batch in batches:
        loss = totals(net, batch).sum() / n
        loss.backward()
        total += loss.item()
    return total


@wrong("a tensor")
def accumulate(net, batches):
    net.zero_grad()
    loss = sum(totals(net, batch).sum() for batch in batches) / tokens(batches)
    loss.backward()
    return loss


@wrong("no teacher forcing: Y itself goes in")
def accumulate(net, batches):
    net.zero_grad()
    total = 0
    for X, X_valid_len, Y, Y_valid_len in batches:
        loss = MaskedSoftmaxCELoss()(net(X, Y, X_valid_len)[0], Y, Y_valid_len).sum() / tokens(batches)
        loss.backward()
        total += loss.item()
    return total


@wrong("X_valid_len forgotten")
def accumulate(net, batches):
    net.zero_grad()
    total = 0
    for X, _, Y, Y_valid_len in batches:
        loss = MaskedSoftmaxCELoss()(net(X, teacher_forcing(Y))[0], Y, Y_valid_len).sum() / tokens(batches)
        loss.backward()
        total += loss.item()
    return total
