"""The checks of lesson 05, training."""

import copy
import functools

import torch

from ..batches import encode
from ..loss import MaskedSoftmaxCELoss
from ..model import Decoder, Encoder, Seq2Seq
from ..text import Vocab
from ..training import batch_loss, grad_clipping, teacher_forcing
from .blank import Blank
from .runner import Exercise

# ---------------------------------------------------------------- small nets and batches

@functools.cache
def _import_optimizers():
    """Make one: the first imports for seconds, which are not to count as a reader's."""
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])


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


# ---------------------------------------------------------------- blank: clipping

class _ClippedNet(torch.nn.Module):
    """A net of no use: a few weights, and the gradients that they are to have, since a copy of a net has none."""

    def __init__(self, *gradients):
        super().__init__()
        self.weights = torch.nn.ParameterList([torch.zeros(len(g)) for g in gradients])
        for i, g in enumerate(gradients):
            self.register_buffer(f"gradient_{i}", torch.tensor(g))

    def __repr__(self):
        gradients = [[round(x, 2) for x in g.tolist()] for g in self.buffers()]
        return f"<a net whose weights have the gradients {' and '.join(map(str, gradients))}>"


def _run_clipping(function, net, theta):
    """Give a copy of the net its gradients, clip them; return the norm and what has become of the gradients."""
    net = copy.deepcopy(net)
    for p, g in zip(net.parameters(), net.buffers()):
        p.grad = g.clone()
    norm = function(net, theta)
    if norm is None or isinstance(norm, dict):  # a dictionary: of the functions below, which have been through here
        return norm
    return {"norm": _number(norm), "gradients": [p.grad for p in net.parameters()]}


def _number(value):
    """A tensor of one element as a float; whatever else it is, as it is."""
    return value.item() if isinstance(value, torch.Tensor) and not value.dim() else value


def _norm(grads):
    return torch.cat([g.flatten() for g in grads]).norm()


def _my_clipping(net, theta):
    """The course's piece; `_norm` is what the lesson calls `gradient_norm`."""
    norm = _norm(p.grad for p in net.parameters())
    for p in net.parameters():
        p.grad *= min(1, theta / norm)
    return norm


_my_clipping.__name__ = "my_clipping"


def _clips(change):
    """A function that puts `change(gradients, theta)` in the place of the gradients."""
    def clip(net, theta):
        grads = [p.grad for p in net.parameters()]
        norm = _norm(grads)
        for p, g in zip(net.parameters(), change(grads, theta)):
            p.grad = g
        return norm
    return lambda net, theta: _run_clipping(clip, net, theta)


def _scaled(factor):
    """A function that multiplies all gradients by `factor(gradients, theta)`."""
    return _clips(lambda grads, theta: [g * float(factor(grads, theta)) for g in grads])


def _one_by_one(grads, theta):
    """Each weight's gradient is multiplied by a factor of what is left at that moment."""
    grads = [g.clone() for g in grads]
    for g in grads:
        g *= min(1, theta / _norm(grads))
    return grads


def _clipped_gradients(net, theta):
    return _run_clipping(_my_clipping, net, theta)


_clipped_gradients.__name__ = "my_clipping"

my_clipping = Blank(
    _clipped_gradients,
    piece=_my_clipping,
    call=_run_clipping,
    edges=1,
    cases=[(_ClippedNet([3.0, 4.0]), 1.0), (_ClippedNet([3.0, 4.0]), 10.0), (_ClippedNet([1.0, -2.0], [2.0, 4.0]), 2.5),
           (_ClippedNet([0.3], [0.2, 0.0, -0.1]), 1.0), (_ClippedNet([0.0, 0.0]), 1.0)],
    mistakes=[
        (_clips(lambda grads, theta: grads),
         "The gradients are what they were. Multiply in place, `p.grad *= ...`, so that the net keeps the result."),
        (_clips(lambda grads, theta: [g * min(1, theta / g.norm()) for g in grads]),
         "Each tensor is clipped by its own norm, and so the direction changes. All gradients together are one vector, "
         "with one norm: `norm`."),
        (_clips(_one_by_one),
         "The norm is measured again after each tensor, when some of them have shrunk already. Measure it once, before "
         "the loop: that is `norm`."),
        (_scaled(lambda grads, theta: theta / _norm(grads)),
         "Every gradient gets the norm theta, the short ones too: they are made longer. The factor is at most 1."),
        (_scaled(lambda grads, theta: max(1.0, theta / _norm(grads))),
         "Short gradients are made longer, and long ones stay. It is the other way round: take the smaller of the two, "
         "`min(1, theta / norm)`."),
        (_scaled(lambda grads, theta: min(1.0, _norm(grads) / theta)),
         "The fraction stands on its head: it is theta divided by the norm."),
        (_scaled(lambda grads, theta: min(1.0, 1 / _norm(grads))),
         "A clipped gradient has norm 1 here, whatever theta is. Its norm should be theta."),
        (_scaled(lambda grads, theta: 1 / _norm(grads) if _norm(grads) > theta else 1),
         "A clipped gradient has norm 1 here, whatever theta is. Its norm should be theta."),
        (_scaled(lambda grads, theta: min(1.0, theta / _norm(grads) ** 2)),
         "This divides by the squared norm. `norm` has its root taken already."),
        (_clips(lambda grads, theta: [g.clamp(-theta, theta) for g in grads]),
         "Each number is cut by itself, and so the direction changes. Multiply all of them by the same factor."),
        (_scaled(lambda grads, theta: float(_norm(grads) <= theta)),
         "Gradients that are too long are thrown away. Shorten them: the direction is still worth something."),
    ],
    start="Delete the line `raise NotImplementedError`, and write a loop over `net.parameters()`: it multiplies each "
          "`p.grad` by one and the same number.",
    after="Shortened where it was too long, and its direction kept.",
)


# ---------------------------------------------------------------- blank: a step of training

class _Downhill:
    """Plain gradient descent, the optimiser of these cases."""

    def __init__(self, net):
        self.net = net

    def zero_grad(self):
        self.net.zero_grad()

    @torch.no_grad()
    def step(self):
        for p in self.net.parameters():
            if p.grad is not None:
                p -= 0.5 * p.grad

    def __repr__(self):
        return "<an optimiser: plain gradient descent>"


def _case(lengths, theta, scale=1):
    """A small net, an optimiser of its weights, and batches: `[[(source, target), ...], ...]`."""
    net, batches = _parts(lengths, scale)
    return net, _Downhill(net), batches, theta


def _first(net, optimizer, batches, theta):
    return net, optimizer, batches[0], theta


def _copied(net, optimizer):
    """Copies that still belong together, and gradients of an earlier update in the net."""
    net, optimizer = copy.deepcopy((net, optimizer))
    for p in net.parameters():
        p.grad = torch.full_like(p, 0.1)
    return net, optimizer


def _run_step(function, net, optimizer, batch, theta):
    """Do one step with copies; return what it returns, and what it has made of the weights."""
    before = torch.nn.utils.parameters_to_vector(net.parameters()).detach()
    net, optimizer = _copied(net, optimizer)
    returned = function(net, optimizer, batch, theta)
    if returned is None or isinstance(returned, dict):
        return returned
    step = torch.nn.utils.parameters_to_vector(net.parameters()).detach() - before
    return {"returned": returned, "length of the step": step.norm().item(),
            "biases of the words": net.decoder.dense.bias.data}


def _course_step(net, optimizer, batch, theta):
    X, X_valid_len, Y, Y_valid_len = batch
    optimizer.zero_grad()
    Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
    per_sentence = MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len)
    (per_sentence.sum() / Y_valid_len.sum()).backward()
    _my_clipping(net, theta)
    optimizer.step()
    return per_sentence.sum().item(), Y_valid_len.sum().item()


_course_step.__name__ = "my_step"


def _my_step(net, optimizer, batch, theta):
    return _run_step(_course_step, net, optimizer, batch, theta)


def _steps(*, shift=teacher_forcing, packed=True, masked=True, divisor=lambda batch: batch[3].sum(), clipped=True,
           moved=True, cleared=True, returned=lambda total, batch: total):
    """The answer with a typical slip."""
    def step(net, optimizer, batch, theta):
        X, X_valid_len, Y, Y_valid_len = batch
        if cleared:
            optimizer.zero_grad()
        Y_hat, _ = net(X, shift(Y), X_valid_len if packed else None)
        total = (MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len) if masked else
                 torch.nn.functional.cross_entropy(Y_hat.transpose(1, 2), Y, reduction="none")).sum()
        (total / divisor(batch)).backward()
        if clipped:
            _my_clipping(net, theta)
        if moved:
            optimizer.step()
        return returned(total.item(), batch), Y_valid_len.sum().item()
    return lambda *args: _run_step(step, *args)


_SENTENCES = [[(3, 2), (2, 5), (5, 3)]]

my_step = Blank(
    _my_step,
    piece=_course_step,
    call=_run_step,
    cases=[_first(*_case([[(3, 4)]], 100.0)), _first(*_case(_SENTENCES, 100.0)), _first(*_case(_SENTENCES, 0.1)),
           _first(*_case([[(1, 2), (6, 4), (4, 6), (2, 1)]], 0.5, scale=20))],
    mistakes=[
        (_steps(moved=False),
         "The weights have not moved. Go `backward` from the loss, and let the optimiser take its step: "
         "`optimizer.step()`."),
        (_steps(clipped=False),
         "The step is taken with the gradient at its full length. Clip behind `backward` and before the step: "
         "`my_clipping(net, theta)`."),
        (_steps(shift=lambda Y: Y), "The decoder reads the word that it is asked for: hand it `teacher_forcing(Y)`."),
        (_steps(packed=False), "The encoder reads padding as words: hand `X_valid_len` to the net."),
        (_steps(masked=False), "The padding is counted in the loss. `MaskedSoftmaxCELoss` leaves it out."),
        (_steps(divisor=lambda batch: 1),
         "You go backward from the total. Divide it by the real tokens first, `Y_valid_len.sum()`: it is the loss per "
         "token that should fall."),
        (_steps(divisor=lambda batch: len(batch[2])),
         "You go backward from the loss per sentence. Divide the total by the real tokens, `Y_valid_len.sum()`."),
        (_steps(divisor=lambda batch: batch[2].numel()),
         "You divide by all positions, the padding too. The real tokens are `Y_valid_len.sum()`."),
        (_steps(divisor=lambda batch: batch[1].sum()),
         "You divide by the tokens of the source. The loss is about the target: `Y_valid_len.sum()`."),
        (_steps(cleared=False),
         "The gradients of the update before are still in. Keep the line with `zero_grad`: `backward` adds."),
        (_steps(returned=lambda total, batch: total / int(batch[3].sum())),
         "The update is right. But what you return is the loss per token, and the last line asks for the batch's "
         "total: leave in `per_sentence` what `MaskedSoftmaxCELoss` gives."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the forward pass, as in the section “Forward, "
          "and the loss”: `Y_hat, _ = net(...)`.",
    after="Forward, loss, backward, clip, step.",
)


# ---------------------------------------------------------------- blank: the loss of an epoch

def _run_epoch(function, net, optimizer, batches, theta):
    net, optimizer = _copied(net, optimizer)
    return function(net, optimizer, batches, theta)


def _course_epoch(net, optimizer, batches, theta):
    total_loss = num_tokens = 0
    for batch in batches:
        loss, tokens_here = _course_step(net, optimizer, batch, theta)
        total_loss += loss
        num_tokens += tokens_here
    return total_loss / num_tokens


_course_epoch.__name__ = "my_epoch"


def _my_epoch(net, optimizer, batches, theta):
    return _run_epoch(_course_epoch, net, optimizer, batches, theta)


def _epochs(loss_of):
    """A mistake: another loss than the right one, made of the batches' totals and numbers of tokens."""
    def epoch(net, optimizer, batches, theta):
        return loss_of(*zip(*(_course_step(net, optimizer, batch, theta) for batch in batches)))
    return lambda *args: _run_epoch(epoch, *args)


def _mean_of_means(totals, tokens):
    return sum(total / n for total, n in zip(totals, tokens)) / len(totals)


my_epoch = Blank(
    _my_epoch,
    piece=_course_epoch,
    call=_run_epoch,
    cases=[_case([[(3, 4)]], 1.0), _case([[(3, 1), (2, 1)], [(4, 8), (5, 7), (2, 6)]], 1.0),
           _case([[(5, 3), (2, 6)], [(1, 2)], [(4, 4), (3, 5)]], 1.0)],
    mistakes=[
        (_epochs(lambda totals, tokens: totals[-1] / tokens[-1]),
         "This is the loss of the last batch: each batch overwrites the ones before. Add up, with `+=`."),
        (_epochs(lambda totals, tokens: totals[-1] / sum(tokens)),
         "The tokens are added up, but the total is that of the last batch alone: `total_loss` needs `+=` too."),
        (_epochs(lambda totals, tokens: sum(totals) / tokens[-1]),
         "The losses are added up, but the tokens are those of the last batch alone: `num_tokens` needs `+=` too."),
        (_epochs(_mean_of_means),
         "This is a mean of the batches' means: a short batch counts as much as a long one. Add up the totals and the "
         "tokens."),
        (_epochs(lambda totals, tokens: sum(totals) / len(totals)),
         "This is the total per batch: `num_tokens` counts the batches. Add up their real tokens, `tokens_here`."),
        (_epochs(lambda totals, tokens: sum(total / n for total, n in zip(totals, tokens)) / sum(tokens)),
         "Each loss is divided by its batch's tokens, and the sum by all tokens once more. Divide at the end only."),
        (_epochs(lambda totals, tokens: totals[0] / tokens[0]),
         "Only the first batch is computed. Does `return` stand in the loop?"),
    ],
    start="Delete the line `raise NotImplementedError`, and add this batch's loss to `total_loss`.",
    after="All totals over all tokens.",
)


# ---------------------------------------------------------------- warm-up: the best epoch

def _best_epoch(valid_losses):
    best = 1
    for epoch, loss in enumerate(valid_losses, 1):
        if loss < valid_losses[best - 1]:
            best = epoch
    return best


def _first_rise(valid_losses):
    """The epoch before the first one that is no better."""
    for epoch, (one, next_one) in enumerate(zip(valid_losses, valid_losses[1:]), 1):
        if next_one >= one:
            return epoch
    return len(valid_losses)


best_epoch = Exercise(
    _best_epoch,
    cases=[([5.0, 4.0, 3.5, 3.75, 4.25],), ([4.5, 4.0, 3.5, 3.25],), ([4.0, 4.5, 3.0, 3.25, 3.5, 3.75],), ([3.0],),
           ([4.0, 3.5, 3.5, 3.75],)],
    mistakes=[
        (lambda losses: losses.index(min(losses)), "You count from 0. The first epoch has the number 1."),
        (lambda losses: min(losses), "This is the lowest loss. Return the number of its epoch."),
        (lambda losses: len(losses), "This is the last epoch, whatever its loss is."),
        (lambda losses: losses.index(max(losses)) + 1, "This is the epoch with the highest loss: the worst one."),
        (lambda losses: losses.index(max(losses)), "This is the epoch with the highest loss: the worst one."),
        (_first_rise, "You stop when the loss rises for the first time. It may fall again later: look at all epochs."),
        (lambda losses: len(losses) - losses[::-1].index(min(losses)),
         "Of two epochs that are equally good you take the later one. Take the first: it needs less training."),
        (lambda losses: len(losses) - 1 - losses.index(min(losses)),
         "You count the epochs behind the best one. Count those up to it, itself included."),
        (lambda losses: losses[::-1].index(min(losses)) + 1, "You count from the end. The first epoch is number 1."),
        (lambda losses: sorted(losses).index(losses[0]) + 1,
         "This is the rank of the first epoch's loss. The number of the epoch with the lowest one is asked for."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the lowest loss: `min(valid_losses)`.",
    after="Stopping there is called *early stopping*. A training cannot know that the best epoch is over before it has "
          "gone on for a while, so people save a checkpoint whenever the validation loss reaches a new low.",
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

BLANKS = (my_clipping, my_step, my_epoch)
EXERCISES = (best_epoch, adam_step, accumulate)
