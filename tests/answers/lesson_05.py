"""Answers to the exercises of lesson 05."""

import torch

from seq2seq_lib import MaskedSoftmaxCELoss
from seq2seq_lib.training import grad_clipping, teacher_forcing

from . import UNNAMED, right, wrong

# ---------------------------------------------------------------- best_epoch


@right
def best_epoch(valid_losses):
    return valid_losses.index(min(valid_losses)) + 1


@right
def best_epoch(valid_losses):
    return min(range(len(valid_losses)), key=lambda epoch: valid_losses[epoch]) + 1


@right
def best_epoch(valid_losses):
    return int(torch.tensor(valid_losses).argmin()) + 1


@wrong("You count from 0")
def best_epoch(valid_losses):
    return valid_losses.index(min(valid_losses))


@wrong("This is the lowest loss. Return the number of")
def best_epoch(valid_losses):
    return min(valid_losses)


@wrong("This is the last epoch, whatever its loss is")
def best_epoch(valid_losses):
    return len(valid_losses)


@wrong("This is the epoch with the highest loss")
def best_epoch(valid_losses):
    return valid_losses.index(max(valid_losses)) + 1


@wrong("You stop when the loss rises for the first time")
def best_epoch(valid_losses):
    epoch = 1
    while epoch < len(valid_losses) and valid_losses[epoch] < valid_losses[epoch - 1]:
        epoch += 1
    return epoch


@wrong("Of two epochs that are equally good you take the later")
def best_epoch(valid_losses):
    best, lowest = 0, float("inf")
    for epoch, loss in enumerate(valid_losses, 1):
        if loss <= lowest:
            best, lowest = epoch, loss
    return best


@wrong("You count the epochs behind the best one")
def best_epoch(valid_losses):
    return len(valid_losses) - (valid_losses.index(min(valid_losses)) + 1)


@wrong("changes its argument `valid_losses`")
def best_epoch(valid_losses):
    number = valid_losses.index(min(valid_losses)) + 1
    valid_losses.sort()
    return number


@wrong("and an int is expected")
def best_epoch(valid_losses):
    return torch.tensor(valid_losses).argmin() + 1


@wrong("You count from the end")
def best_epoch(valid_losses):
    return list(reversed(valid_losses)).index(min(valid_losses)) + 1


@wrong("Your function raised AttributeError")
def best_epoch(valid_losses):
    return valid_losses.argmin() + 1


@wrong(UNNAMED)
def best_epoch(valid_losses):
    return valid_losses.index(min(valid_losses)) + 2


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


@wrong("The averages m and v start at 0, so the first")
def adam_step(w, g, m, v, t, lr):
    return adam(w, g, m, v, t, lr, fix_m=False, fix_v=False)


@wrong("v is corrected, m is not: divide m by 1 −")
def adam_step(w, g, m, v, t, lr):
    return adam(w, g, m, v, t, lr, fix_m=False)


@wrong("m is corrected, v is not: divide v by 1 −")
def adam_step(w, g, m, v, t, lr):
    return adam(w, g, m, v, t, lr, fix_v=False)


@wrong("The averages, or one of them, forget nearly")
def adam_step(w, g, m, v, t, lr):
    m, v = 0.1 * m + 0.9 * g, 0.999 * v + 0.001 * g ** 2
    return w - lr * (m / (1 - 0.9 ** t)) / ((v / (1 - 0.999 ** t)).sqrt() + 1e-8), m, v


@wrong("The averages, or one of them, forget nearly")
def adam_step(w, g, m, v, t, lr):
    m, v = 0.9 * m + 0.1 * g, 0.001 * v + 0.999 * g ** 2
    return w - lr * (m / (1 - 0.9 ** t)) / ((v / (1 - 0.999 ** t)).sqrt() + 1e-8), m, v


@wrong("The averages, or one of them, forget nearly")
def adam_step(w, g, m, v, t, lr):
    m, v = 0.1 * m + 0.9 * g, 0.001 * v + 0.999 * g ** 2
    return w - lr * (m / (1 - 0.9 ** t)) / ((v / (1 - 0.999 ** t)).sqrt() + 1e-8), m, v


@wrong("The weights are right. But the m and v that")
def adam_step(w, g, m, v, t, lr):
    m, v = (0.9 * m + 0.1 * g) / (1 - 0.9 ** t), (0.999 * v + 0.001 * g ** 2) / (1 - 0.999 ** t)
    return w - lr * m / (v.sqrt() + 1e-8), m, v


@wrong("The step is divided by v. Divide by its root.")
def adam_step(w, g, m, v, t, lr):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g ** 2
    return w - lr * (m / (1 - 0.9 ** t)) / ((v / (1 - 0.999 ** t)) + 1e-8), m, v


@wrong("v averages the gradient. It has to average")
def adam_step(w, g, m, v, t, lr):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g.abs()
    return w - lr * (m / (1 - 0.9 ** t)) / ((v / (1 - 0.999 ** t)).sqrt() + 1e-8), m, v


@wrong("The step goes uphill. The gradient points to")
def adam_step(w, g, m, v, t, lr):
    new, m, v = adam(w, g, m, v, t, lr)
    return 2 * w - new, m, v


@wrong("The weights are right. But the m and v that")
def adam_step(w, g, m, v, t, lr):
    return adam(w, g, m, v, t, lr)[0], m, v


@wrong("All three are right, in another order. Return")
def adam_step(w, g, m, v, t, lr):
    w, m, v = adam(w, g, m, v, t, lr)
    return w, v, m


@wrong("All three are right, in another order. Return")
def adam_step(w, g, m, v, t, lr):
    w, m, v = adam(w, g, m, v, t, lr)
    return m, v, w


@wrong("The power is one too high: t counts from 1")
def adam_step(w, g, m, v, t, lr):
    new, _, _ = adam(w, g, m, v, t + 1, lr)
    return (new, *adam(w, g, m, v, t, lr)[1:])


@wrong("Right for the first step only: the lesson's")
def adam_step(w, g, m, v, t, lr):
    return adam(w, g, m, v, 1, lr)


@wrong("changes its argument `m`")
def adam_step(w, g, m, v, t, lr):
    m *= 0.9
    m += 0.1 * g
    v *= 0.999
    v += 0.001 * g ** 2
    return w - lr * (m / (1 - 0.9 ** t)) / ((v / (1 - 0.999 ** t)).sqrt() + 1e-8), m, v


@wrong("You return the weights alone. The next step")
def adam_step(w, g, m, v, t, lr):
    return adam(w, g, m, v, t, lr)[0]


@wrong("You multiply by t: `0.9 * t`. It is the")
def adam_step(w, g, m, v, t, lr):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g ** 2
    return w - lr * (m / (1 - 0.9 * t)) / ((v / (1 - 0.999 * t)).sqrt() + 1e-8), m, v


@wrong("1e-8 is added under the root. Add it to the")
def adam_step(w, g, m, v, t, lr):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g ** 2
    return w - lr * (m / (1 - 0.9 ** t)) / (v / (1 - 0.999 ** t) + 1e-8).sqrt(), m, v


@wrong("m and v are right, but the weights do not use")
def adam_step(w, g, m, v, t, lr):
    _, m, v = adam(w, g, m, v, t, lr)
    return w - lr * g, m, v


@wrong("The step takes g where m belongs: the average")
def adam_step(w, g, m, v, t, lr):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g ** 2
    return w - lr * g / ((v / (1 - 0.999 ** t)).sqrt() + 1e-8), m, v


@wrong("v keeps 0.999 of the old one, with three")
def adam_step(w, g, m, v, t, lr):
    return adam(w, g, m, v, t, lr, b2=0.99)


@wrong("The learning rate is missing: multiply the")
def adam_step(w, g, m, v, t, lr):
    return adam(w, g, m, v, t, 1.0)


@wrong("The weights use the old m and v. First bring")
def adam_step(w, g, m, v, t, lr):
    new = w - lr * (m / (1 - 0.9 ** t)) / ((v / (1 - 0.999 ** t)).sqrt() + 1e-8)
    return new, 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g ** 2


@wrong("v averages the square of m. It has to average")
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


@wrong("The numbers are right, but there is one")
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


@right
def accumulate(net, batches):
    n = sum(int(Y_valid_len.sum()) for _, _, _, Y_valid_len in batches)
    net.zero_grad(set_to_none=False)
    total = 0.0
    for batch in batches:
        loss = totals(net, batch).sum() / n
        loss.backward()
        total += loss.item()
    return total


@wrong("Each part counts the same, however few tokens")
def accumulate(net, batches):
    net.zero_grad()
    result = 0
    for batch in batches:
        loss = totals(net, batch).sum() / batch[3].sum() / len(batches)
        loss.backward()
        result += loss.item()
    return result


@wrong("Each part counts the same, however few tokens")
def accumulate(net, batches):
    net.zero_grad()
    total = 0
    for batch in batches:
        loss = totals(net, batch).sum()
        (loss / batch[3].sum() / len(batches)).backward()
        total += loss.item()
    return total / tokens(batches)


@wrong("The gradient is too long: each part is")
def accumulate(net, batches):
    net.zero_grad()
    total = 0
    for batch in batches:
        loss = totals(net, batch).sum()
        (loss / batch[3].sum()).backward()
        total += loss.item()
    return total / tokens(batches)


@wrong("The gradients are right. What you return is")
def accumulate(net, batches):
    net.zero_grad()
    for batch in batches:
        loss = totals(net, batch).sum() / tokens(batches)
        loss.backward()
        total_loss, num_tokens = totals(net, batch).sum(), batch[3].sum()
    return (total_loss / num_tokens).item()


@wrong("The gradients are right. What you return is")
def accumulate(net, batches):
    net.zero_grad()
    for batch in batches:
        loss = totals(net, batch).sum() / tokens(batches)
        loss.backward()
    return loss.item()


@wrong("Only the last part is left. `net.zero_grad()`")
def accumulate(net, batches):
    total = 0
    for batch in batches:
        net.zero_grad()
        loss = totals(net, batch).sum() / tokens(batches)
        loss.backward()
        total += loss.item()
    return total


@wrong("The gradients of the update before are still")
def accumulate(net, batches):
    total = 0
    for batch in batches:
        loss = totals(net, batch).sum() / tokens(batches)
        loss.backward()
        total += loss.item()
    return total


@wrong("This is the gradient of the total. Divide by")
def accumulate(net, batches):
    net.zero_grad()
    total = 0
    for batch in batches:
        loss = totals(net, batch).sum()
        loss.backward()
        total += loss.item()
    return total / tokens(batches)


@wrong("The gradients are right. What you return is")
def accumulate(net, batches):
    net.zero_grad()
    total = 0
    for batch in batches:
        loss = totals(net, batch).sum()
        (loss / tokens(batches)).backward()
        total += loss.item()
    return total


@wrong("The loss is right, but no gradient is left")
def accumulate(net, batches):
    net.zero_grad()
    return sum(totals(net, batch).sum().item() for batch in batches) / tokens(batches)


@wrong("You clip the gradients. Leave them as they")
def accumulate(net, batches):
    net.zero_grad()
    total = 0
    for batch in batches:
        loss = totals(net, batch).sum() / tokens(batches)
        loss.backward()
        total += loss.item()
    grad_clipping(net, 1.0)
    return total


@wrong("The weights have moved. Leave the gradients")
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


@wrong("You count sentences. The loss is asked for")
def accumulate(net, batches):
    net.zero_grad()
    total, n = 0, sum(len(batch[0]) for batch in batches)
    for batch in batches:
        loss = totals(net, batch).sum() / n
        loss.backward()
        total += loss.item()
    return total


@wrong("You count the padding too. The real tokens")
def accumulate(net, batches):
    net.zero_grad()
    total, n = 0, sum(batch[2].numel() for batch in batches)
    for batch in batches:
        loss = totals(net, batch).sum() / n
        loss.backward()
        total += loss.item()
    return total


@wrong("You count the tokens of the source. The loss")
def accumulate(net, batches):
    net.zero_grad()
    total, n = 0, sum(batch[1].sum().item() for batch in batches)
    for batch in batches:
        loss = totals(net, batch).sum() / n
        loss.backward()
        total += loss.item()
    return total


@wrong(") and type float32, and a float is expected (`.item()` takes the number out")
def accumulate(net, batches):
    net.zero_grad()
    loss = sum(totals(net, batch).sum() for batch in batches) / tokens(batches)
    loss.backward()
    return loss


@wrong("The decoder reads the word that it is asked")
def accumulate(net, batches):
    net.zero_grad()
    total = 0
    for X, X_valid_len, Y, Y_valid_len in batches:
        loss = MaskedSoftmaxCELoss()(net(X, Y, X_valid_len)[0], Y, Y_valid_len).sum() / tokens(batches)
        loss.backward()
        total += loss.item()
    return total


@wrong("The encoder reads padding as words: hand")
def accumulate(net, batches):
    net.zero_grad()
    total = 0
    for X, _, Y, Y_valid_len in batches:
        loss = MaskedSoftmaxCELoss()(net(X, teacher_forcing(Y))[0], Y, Y_valid_len).sum() / tokens(batches)
        loss.backward()
        total += loss.item()
    return total
