"""The checks of lesson 05, training."""

import copy
import functools

import torch

from ..batches import encode
from ..loss import MaskedSoftmaxCELoss
from ..model import Decoder, Encoder, Seq2Seq
from ..text import Vocab
from ..training import batch_loss, grad_clipping, teacher_forcing
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
        (lambda g, theta: g * (theta / _norm(g)).clamp(min=1),
         "Short gradients are made longer, and long ones stay. It is the other way round: take the smaller of the two, "
         "`min(1, theta / norm)`."),
        (lambda g, theta: g * (theta / g.norm(dim=-1, keepdim=True)).clamp(max=1),
         "Each row is clipped by itself. All numbers of `g` are one vector, with one norm: no `dim`."),
        (lambda g, theta: g * (theta / g.norm(dim=0, keepdim=True)).clamp(max=1),
         "Each column is clipped by itself. All numbers of `g` are one vector, with one norm: no `dim`."),
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
        (lambda g, theta: g / _norm(g) if _norm(g) > theta else g,
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

def _adam(w, g, m, v, t, lr, *, correct_m=True, correct_v=True, sign=-1, square=lambda g, m: g**2, root=True,
          inside=False, small=1e-8, power=0, frozen=False, stale=False, hats=False, plain=False, times=False,
          kept=(0.9, 0.999), betas=(0.9, 0.999)):
    (first, second), old = betas, (m, v)
    m = kept[0] * m + (1 - kept[0]) * g
    v = kept[1] * v + (1 - kept[1]) * square(g, m)
    used_m, used_v = old if stale else (m, v)
    t = 1 if frozen else t + power
    m_hat = used_m / (1 - (first * t if times else first**t)) if correct_m else used_m
    v_hat = used_v / (1 - (second * t if times else second**t)) if correct_v else used_v
    below = (v_hat + small) ** 0.5 if inside else (v_hat**0.5 if root else v_hat) + small
    w = w + sign * lr * (g if plain else m_hat) / below
    return (w, m_hat, v_hat) if hats else (w, m, v)


@functools.cache
def _import_optimizers():
    """Make one: the first imports for seconds, which are not to count as a reader's."""
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])


def _adam_step(w, g, m, v, t, lr):
    _import_optimizers()
    return _adam(w, g, m, v, t, lr)


def _slip(**options):
    return lambda *args: _adam(*args, **options)


_FORGETS = ("The averages, or one of them, forget nearly everything: the factors are exchanged. The old value gets "
            "0.9, in v 0.999, and the new one the rest.")
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
        (_slip(frozen=True),
         "Right for the first step only: the lesson's cell divides by 1 − 0.9, for there t is 1. In general it is "
         "`1 - 0.9 ** t`, and `1 - 0.999 ** t`."),
        (_slip(stale=True), "The weights use the old m and v. First bring both up to date, then take the step."),
        (_slip(kept=(0.9, 0.9)), "v needs factors of its own: 0.999 of the old one, 0.001 of `g ** 2`."),
        (_slip(sign=1), "The step goes uphill. The gradient points to where the loss grows; go the other way."),
        *[(_slip(square=square), "v averages the gradient. It has to average its square, `g ** 2`.")
          for square in (lambda g, m: g, lambda g, m: g.abs())],
        (_slip(square=lambda g, m: m**2),
         "v averages the square of m. It has to average that of the gradient, `g ** 2`."),
        (_slip(times=True), "You multiply by t: `0.9 * t`. It is the power: `0.9 ** t`."),
        (_slip(plain=True), "The step takes g where m belongs: the average of the gradients, not the newest one."),
        (_slip(kept=(0.9, 0.99), betas=(0.9, 0.99)),
         "v keeps 0.999 of the old one, with three nines, and takes 0.001 of the new."),
        (lambda w, g, m, v, t, lr: (_adam(w, g, m, v, t, lr)[0], m, v),
         "The weights are right. But the m and v that you return are the old ones: the next step needs the new."),
        (_slip(root=False), "The step is divided by v. Divide by its root."),
        (_slip(inside=True), "1e-8 is added under the root. Add it to the root: √v̂ + 1e-8."),
        (_slip(small=0),
         "Where every gradient was 0, this divides 0 by 0. Add 1e-8 to the root before you divide; mind the brackets."),
        (lambda w, g, m, v, t, lr: _adam(w, g, m, v, t, 1.0),
         "The learning rate is missing: multiply the step by `lr`."),
        *[(lambda *args, order=order: tuple(_adam(*args)[i] for i in order),
           "All three are right, in another order. Return the weights first, then m, then v.")
          for order in ((1, 2, 0), (0, 2, 1), (2, 1, 0))],
        (_slip(hats=True),
         "The weights are right. But the m and v that you return are the corrected ones: the next step would correct "
         "them again. Return m and v as they are before the division."),
        (_slip(power=1), "The power is one too high: t counts from 1, so the first step divides by 1 − 0.9."),
        *[(_slip(kept=kept), _FORGETS) for kept in ((0.1, 0.001), (0.1, 0.999), (0.9, 0.001))],
        (_slip(kept=(0.1, 0.001), betas=(0.1, 0.001)), _FORGETS),
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

class _SmallNet(Seq2Seq):
    def __repr__(self):
        return "<a small net>"


def _parts(sentences, scale=1):
    """Make a small net and batches of these lengths, `[(source, target), ...]` a batch; `scale`: of its last layer."""
    vocab = Vocab([list("abcde")])
    torch_state = torch.get_rng_state()
    torch.manual_seed(0)
    net = _SmallNet(*(part(len(vocab), 3, 4, 1) for part in (Encoder, Decoder)))
    torch.set_rng_state(torch_state)
    net.decoder.dense.weight.data *= scale
    batches = []
    for lengths in sentences:
        X, X_valid_len = encode([list("abcde" * 2)[i : i + n] for i, (n, _) in enumerate(lengths)], vocab)
        Y, Y_valid_len = encode([list("edcba" * 2)[i : i + n] for i, (_, n) in enumerate(lengths)], vocab)
        batches.append((X, X_valid_len, Y, Y_valid_len))
    return net, batches


NO_GRADIENT = "some parameters have no gradient"
MOVED = "the weights have changed"
ONE_GRAPH = "one backward pass for all parts"


def _run(function, net, batches):
    """Run a function on a net that still has the gradients of an earlier update; return its loss and what it left."""
    net, passes = copy.deepcopy(net), []
    _spread(net, batches[:1])
    net.decoder.dense.bias.register_hook(lambda grad: passes.append(1))
    before = copy.deepcopy(net.state_dict())
    loss = function(net, batches)
    if isinstance(loss, tuple):  # of the functions below, which have been through here
        return loss
    gradients = {name: p.grad for name, p in net.named_parameters()}
    if any(not torch.equal(before[name], p) for name, p in net.named_parameters()):
        return loss, MOVED
    if any(g is None for g in gradients.values()):
        return loss, NO_GRADIENT
    return loss, ONE_GRAPH if len(passes) == 1 < len(batches) else gradients


def _accumulate(net, batches):
    _import_optimizers()
    return _run(_spread, net, batches)


def _slipped(**options):
    return lambda net, batches: _run(lambda *args: _spread(*args, **options), net, batches)


def _spread(net, batches, *, each=False, mean=False, clear=False, keep=False, whole=False, backward=True,
            count=lambda batch: int(batch[3].sum()), loss_of=batch_loss):
    """The answer, and with an option its typical slips."""
    num_tokens = sum(map(count, batches))
    if not keep:
        net.zero_grad()
    total = 0.0
    for batch in batches:
        if clear:
            net.zero_grad()
        loss = loss_of(net, *batch)
        total += float(loss.detach())
        divisor = int(batch[3].sum()) * (len(batches) if mean else 1) if each or mean else 1 if whole else num_tokens
        if backward:
            (loss / divisor).backward()
    return total / num_tokens


def _not_shifted(net, X, X_valid_len, Y, Y_valid_len):
    return MaskedSoftmaxCELoss()(net(X, Y, X_valid_len)[0], Y, Y_valid_len).sum()


def _not_masked(net, X, X_valid_len, Y, Y_valid_len):
    Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
    return torch.nn.functional.cross_entropy(Y_hat.transpose(1, 2), Y, reduction="sum")


def _left(what):
    """A function that returns the right loss, and leaves something else than the gradients."""
    def function(net, batches):
        loss, gradients = _accumulate(net, batches)
        return loss, gradients if what == ONE_GRAPH and len(batches) == 1 else what
    return function


def _loss_as(change):
    def function(net, batches):
        loss, gradients = _accumulate(net, batches)
        return change(loss, sum(int(batch[3].sum()) for batch in batches)), gradients
    return function


def _first_part(net, batches):
    num_tokens = sum(int(batch[3].sum()) for batch in batches)
    return _run(lambda net, batches: _spread(net, batches[:1], count=lambda batch: num_tokens), net, batches)


def _other_loss(loss_of_totals, **options):
    """A mistake: another loss than the right one, made of the parts' totals and numbers of tokens."""
    def function(net, batches):
        _spread(net, batches, **options)
        with torch.no_grad():
            totals = [float(batch_loss(net, *batch)) for batch in batches]
        return loss_of_totals(totals, [int(batch[3].sum()) for batch in batches])
    return lambda net, batches: _run(function, net, batches)


def _mean_of_means(totals, tokens):
    return sum(total / n for total, n in zip(totals, tokens)) / len(totals)


def _clipped(net, batches):
    loss = _spread(net, batches)
    grad_clipping(net, 1.0)
    return loss


def _padding_read(net, X, X_valid_len, Y, Y_valid_len):
    return MaskedSoftmaxCELoss()(net(X, teacher_forcing(Y))[0], Y, Y_valid_len).sum()


accumulate = Exercise(
    _accumulate,
    cases=[_parts([[(3, 2), (4, 5)]]), _parts([[(3, 1), (2, 1)], [(4, 8), (5, 7), (2, 6)]]),
           _parts([[(1, 1)], [(6, 9)], [(2, 3), (2, 2)]]), _parts([[(2, 2)], [(3, 3), (5, 4)]], scale=40)],
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
         "The loss is right, but no gradient is left: call `backward` for each part, and clear before the loop only."),
        (_left(MOVED), "The weights have moved. Leave the gradients in the net, unused: the step comes later."),
        (_left(ONE_GRAPH),
         "The numbers are right, but there is one `backward` at the end: until then all parts are kept in memory, as "
         "if the batch were whole. Call it for each part."),
        (_loss_as(lambda loss, num_tokens: torch.tensor(loss)),
         "The loss is right, but it is a tensor. Return a number: `.item()` makes one."),
        (_loss_as(lambda loss, num_tokens: loss * num_tokens),
         "The gradients are right. What you return is the total: divide it by the real tokens of all parts."),
        (_first_part, "Only the first part is computed. Does `return` stand in the loop?"),
        (_slipped(count=lambda batch: int(batch[1].sum())),
         "You count the tokens of the source. The loss is about the target: `Y_valid_len`, the last one of a part."),
        (_slipped(count=lambda batch: batch[2].numel()),
         "You count the padding too. The real tokens are `Y_valid_len.sum()`."),
        (_slipped(count=lambda batch: len(batch[2])), "You count sentences. The loss is asked for per real token."),
        (_slipped(loss_of=_not_shifted), "The decoder reads the word that it is asked for: use `teacher_forcing(Y)`."),
        (_slipped(loss_of=_not_masked), "The padding is counted in the loss. `MaskedSoftmaxCELoss` leaves it out."),
        (_other_loss(_mean_of_means),
         "The gradients are right. The loss is a mean of means: add up the totals, and divide by all tokens once."),
        (_other_loss(_mean_of_means, mean=True),
         "Each part counts the same, however few tokens it has: this is a mean of means. Divide each part's total by "
         "the tokens of *all* parts."),
        *[(_other_loss(last), "The gradients are right. What you return is the last part's loss alone: add up, `+=`, "
                              "where you have `=`.")
          for last in (lambda totals, tokens: totals[-1] / tokens[-1],
                       lambda totals, tokens: totals[-1] / sum(tokens))],
        (lambda net, batches: _run(_clipped, net, batches),
         "You clip the gradients. Leave them as they are: clipping comes later, with the step."),
        (_slipped(loss_of=_padding_read),
         "The encoder reads padding as words: hand `X_valid_len` to the net."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the number of real tokens in all parts.",
    after="This is called gradient accumulation. With it, a batch that does not fit into memory is computed in parts, "
          "and the update is that of the whole.",
    call=_run,
)

EXERCISES = (clip, adam_step, accumulate)
