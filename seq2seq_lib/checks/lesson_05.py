"""The checks of lesson 05, training."""

import torch

from ..batches import encode
from ..model import Decoder, Encoder, Seq2Seq
from ..text import Vocab
from ..training import batch_loss
from .runner import Exercise

# ---------------------------------------------------------------- warm-up: clip one gradient


def _clip(g, theta):
    norm = float((g**2).sum()) ** 0.5
    return g * theta / norm if norm > theta else g.clone()


def _norm(g):
    return (g**2).sum().sqrt()


clip = Exercise(
    _clip,
    cases=[(torch.tensor([3.0, 4.0]), 1.0), (torch.tensor([3.0, 4.0]), 10.0), (torch.tensor([3.0, -4.0]), 2.0),
           (torch.tensor([[1.0, -2.0], [2.0, 4.0]]), 2.5), (torch.tensor([0.3, 0.4]), 1.0), (torch.zeros(3), 1.0)],
    mistakes=[
        (lambda g, theta: g * theta / _norm(g),
         "Every gradient gets the norm theta, the short ones too: they are made longer. The factor is at most 1."),
        (lambda g, theta: g * max(1.0, theta / max(float(_norm(g)), 1e-9)),
         "Short gradients are made longer, and long ones stay. It is the other way round: take the smaller of the two, "
         "`min(1, theta / norm)`."),
        (lambda g, theta: g.clamp(-theta, theta),
         "Each number is cut by itself, and so the direction changes. Multiply all of them by the same factor."),
        (lambda g, theta: g.clamp(max=theta),
         "Each number above theta is cut by itself, and so the direction changes. Multiply all of them by the same "
         "factor."),
        (lambda g, theta: g * min(1.0, theta / max(float(g.abs().sum()), 1e-9)),
         "The norm is not the sum of the sizes. Square the numbers, add them up, take the root: (3, 4) has norm 5."),
        (lambda g, theta: g * min(1.0, theta / max(float((g**2).sum()), 1e-9)),
         "This divides by the squared norm: the root is missing. (3, 4) has norm 5, not 25."),
        (lambda g, theta: g * min(1.0, theta / max(float(g.abs().max()), 1e-9)),
         "This divides by the largest number. The norm is the length of the whole vector: (3, 4) has norm 5."),
        (lambda g, theta: g / max(float(_norm(g)), 1.0),
         "A clipped gradient has norm 1 here, whatever theta is. Its norm should be theta."),
        (lambda g, theta: min(1.0, theta / max(float(_norm(g)), 1e-9)),
         "This is the factor. Return the gradient multiplied by it."),
        (lambda g, theta: g if float(_norm(g)) <= theta else torch.zeros_like(g),
         "Gradients that are too long are thrown away. Shorten them: the direction is still worth something."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the norm: `(g ** 2).sum().sqrt()`.",
    after="`torch.nn.utils.clip_grad_norm_` does this to all parameters of a net at once, as `grad_clipping` does.",
)


# ---------------------------------------------------------------- core: one step of Adam

def _adam(w, g, m, v, t, lr, *, correct_m=True, correct_v=True, sign=-1, square=True, root=True, inside=False,
          power=0, hats=False, betas=(0.9, 0.999)):
    first, second = betas
    m = first * m + (1 - first) * g
    v = second * v + (1 - second) * (g**2 if square else g)
    m_hat = m / (1 - first ** (t + power)) if correct_m else m
    v_hat = v / (1 - second ** (t + power)) if correct_v else v
    below = (v_hat + 1e-8) ** 0.5 if inside else (v_hat**0.5 if root else v_hat) + 1e-8
    w = w + sign * lr * m_hat / below
    return (w, m_hat, v_hat) if hats else (w, m, v)


def _adam_step(w, g, m, v, t, lr):
    return _adam(w, g, m, v, t, lr)


def _slip(**options):
    return lambda *args: _adam(*args, **options)


_WEIGHTS = torch.tensor([1.0, -2.0, 0.5])

adam_step = Exercise(
    _adam_step,
    cases=[
        (_WEIGHTS, torch.tensor([0.2, -3.0, 0.01]), torch.zeros(3), torch.zeros(3), 1, 0.1),
        (_WEIGHTS, torch.tensor([0.5, 0.5, -0.5]), torch.tensor([0.02, -0.3, 0.001]),
         torch.tensor([0.00004, 0.009, 0.0001]), 2, 0.1),
        (_WEIGHTS, torch.zeros(3), torch.tensor([0.3, -0.1, 0.0]), torch.tensor([0.2, 0.1, 0.05]), 30, 0.01),
        (_WEIGHTS, torch.tensor([1e-8, 0.0, 1.0]), torch.zeros(3), torch.zeros(3), 1, 0.1),
    ],
    mistakes=[
        (_slip(correct_m=False, correct_v=False),
         "The averages m and v start at 0, so the first ones are too small. Divide them by 1 − 0.9ᵗ and 1 − 0.999ᵗ "
         "before you use them."),
        (_slip(correct_m=False), "v is corrected, m is not: divide m by 1 − 0.9ᵗ before you use it."),
        (_slip(correct_v=False), "m is corrected, v is not: divide v by 1 − 0.999ᵗ before you use it."),
        (_slip(sign=1), "The step goes uphill. The gradient points to where the loss grows; go the other way."),
        (_slip(square=False), "v averages the gradient. It has to average its square, `g ** 2`."),
        (_slip(root=False), "The step is divided by v. Divide by its root."),
        (_slip(inside=True), "1e-8 is added under the root. Add it to the root: √v̂ + 1e-8."),
        (_slip(hats=True),
         "The weights are right. But the m and v that you return are the corrected ones: the next step would correct "
         "them again. Return m and v as they are before the division."),
        (_slip(power=1), "The power is one too high: t counts from 1, so the first step divides by 1 − 0.9."),
        (_slip(betas=(0.1, 0.001)),
         "The averages forget nearly everything: the old value gets 0.9 (and 0.999), the new one the rest."),
        (lambda w, g, m, v, t, lr: (w - lr * g, *_adam(w, g, m, v, t, lr)[1:]),
         "m and v are right, but the weights do not use them: this is plain gradient descent."),
        (lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, lr)[0],
         "You return the weights alone. The next step needs m and v too: return all three."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the new m: 0.9 of the old one, and 0.1 of g.",
    after="Adam keeps m and v for every weight: with the weights that makes three numbers each, and a checkpoint that "
          "can go on training is three times as large as one that cannot.",
)


# ---------------------------------------------------------------- stretch: a batch in parts

def _parts(sentences):
    """Make a small net and batches of these lengths, `[(source, target), ...]` a batch."""
    vocab = Vocab([list("abcde")])
    torch_state = torch.get_rng_state()
    torch.manual_seed(0)
    net = Seq2Seq(*(part(len(vocab), 3, 4, 1) for part in (Encoder, Decoder)))
    torch.set_rng_state(torch_state)
    batches = []
    for lengths in sentences:
        X, X_valid_len = encode([list("abcde" * 2)[i : i + n] for i, (n, _) in enumerate(lengths)], vocab)
        Y, Y_valid_len = encode([list("edcba" * 2)[i : i + n] for i, (_, n) in enumerate(lengths)], vocab)
        batches.append((X, X_valid_len, Y, Y_valid_len))
    return net, batches


NO_GRADIENT = "some parameters have no gradient"


def _run(function, net, batches):
    """Run a function on a net that still has the gradients of an earlier update; return its loss and the gradients."""
    _spread(net, batches[:1])
    loss = function(net, batches)
    if isinstance(loss, tuple):  # of the functions below, which have been through here
        return loss
    gradients = {name: p.grad for name, p in net.named_parameters()}
    return loss, NO_GRADIENT if any(g is None for g in gradients.values()) else gradients


def _accumulate(net, batches):
    return _run(_spread, net, batches)


def _slipped(**options):
    return lambda net, batches: _run(lambda *args: _spread(*args, **options), net, batches)


def _spread(net, batches, *, each=False, mean=False, clear=False, keep=False, whole=False, backward=True):
    """The answer, and with an option its typical slips."""
    num_tokens = sum(int(batch[3].sum()) for batch in batches)
    if not keep:
        net.zero_grad()
    total = 0.0
    for batch in batches:
        if clear:
            net.zero_grad()
        loss = batch_loss(net, *batch)
        total += float(loss.detach())
        divisor = int(batch[3].sum()) * (len(batches) if mean else 1) if each or mean else 1 if whole else num_tokens
        if backward:
            (loss / divisor).backward()
    return total / num_tokens


def _mean_of_losses(net, batches):
    _spread(net, batches)
    with torch.no_grad():
        return float(sum(batch_loss(net, *batch) / batch[3].sum() for batch in batches) / len(batches))


accumulate = Exercise(
    _accumulate,
    cases=[_parts([[(3, 2), (4, 5)]]), _parts([[(3, 1), (2, 1)], [(4, 8), (5, 7), (2, 6)]]),
           _parts([[(1, 1)], [(6, 9)], [(2, 3), (2, 2)]])],
    mistakes=[
        (_slipped(keep=True),
         "The gradients of the update before are still in. `backward` adds: begin with `net.zero_grad()`."),
        (_slipped(mean=True),
         "Each part counts the same, however few tokens it has. Divide the loss of each part by the tokens of *all* "
         "parts."),
        (_slipped(each=True),
         "The gradient is too long: each part is divided by its own tokens, and then they are added. Divide by the "
         "tokens of *all* parts."),
        (_slipped(clear=True),
         "Only the last part is left. `net.zero_grad()` belongs before the loop, not into it."),
        (_slipped(whole=True),
         "This is the gradient of the total. Divide by the number of tokens before `backward`."),
        (_slipped(backward=False),
         "The loss is right, but there is no gradient yet: call `backward` for each part."),
        (lambda net, batches: _run(_mean_of_losses, net, batches),
         "The gradients are right. The loss is a mean of means: add up the totals, and divide by all tokens once."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the number of real tokens in all parts.",
    after="This is called gradient accumulation. With it, a batch that does not fit into memory is computed in parts, "
          "and the update is that of the whole.",
    call=_run,
)

EXERCISES = (clip, adam_step, accumulate)
