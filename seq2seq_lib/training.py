"""Training: make the weights better, batch after batch, and keep a record."""

import math
import signal
import threading
import time
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple

import torch
from torch.nn import functional as F

from .model import evaluation_mode, settings_of
from .text import BOS


class BatchRecord(NamedTuple):
    """One update: its epoch, its total loss and real tokens, the gradient norm before clipping, its seconds."""

    epoch: int
    loss: float
    num_tokens: int
    grad_norm: float
    seconds: float


class History:
    """The record of a training run, and all that is needed to go on with it.

    Attributes:
        batches: a list of `BatchRecord`, one an update; the last epoch may be unfinished.
        valid_losses: the validation loss per token after each finished epoch; None without validation.
        optimizer: the optimiser, with its running averages.
        rng_state: the state of torch's random numbers, by device, when training paused.
    """

    def __init__(self):
        self.batches, self.valid_losses = [], []
        self.optimizer, self.rng_state = None, {}

    def __len__(self):
        """Count the finished epochs."""
        return len(self.valid_losses)

    @property
    def rows(self):
        """One dictionary for each finished epoch. Losses are means over all its real tokens, in nats."""
        by_epoch = [[] for _ in range(len(self) + 1)]
        for batch in self.batches:
            by_epoch[batch.epoch].append(batch)
        return [_summary(epoch, batches, valid_loss)
                for epoch, (batches, valid_loss) in enumerate(zip(by_epoch, self.valid_losses), 1)]

    def check_net(self, net):
        """Raise ValueError if this is the history of another net."""
        if self.optimizer is not None:
            if [*map(id, self.optimizer.param_groups[0]["params"])] != [*map(id, net.parameters())]:
                raise ValueError("this history is of another net; use the net that it came with, or leave history out")

    def table(self):
        """Return the finished epochs as a pandas table, one row an epoch, numbered from 1."""
        import pandas as pd

        columns = list(_summary(0, [BatchRecord(0, 0.0, 1, 0.0, 1.0)], 0.0))
        return pd.DataFrame(self.rows, columns=columns).set_index("epoch")

    def __repr__(self):
        if not self.batches:
            return "History of 0 epochs"
        last = self.batches[-1]
        loss = last.loss / last.num_tokens
        counted = [f"{n} {word}{'s' * (n != 1)}" for n, word in [(len(self), "epoch"), (len(self.batches), "update")]]
        return f"History of {counted[0]}, {counted[1]}; last loss per token {loss:.3f}"


def _summary(epoch, batches, valid_loss):
    num_tokens = sum(batch.num_tokens for batch in batches)
    train_loss = sum(batch.loss for batch in batches) / num_tokens
    row = dict(epoch=epoch, train_loss=train_loss, train_perplexity=math.exp(min(train_loss, 700)))
    if valid_loss is not None:
        row |= dict(valid_loss=valid_loss, valid_perplexity=math.exp(min(valid_loss, 700)))
    return row | dict(grad_norm=sum(batch.grad_norm for batch in batches) / len(batches),
                      tokens_per_second=num_tokens / sum(batch.seconds for batch in batches))


def best_device():
    """Return the device to compute on: `cuda` where there is one, else `cpu`.

    A Mac's `mps` has to be asked for by its name: there, packed sequences crash PyTorch or give wrong gradients
    (pytorch/pytorch issues 94691 and 102911).
    """
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def teacher_forcing(Y, bos=BOS):
    """Return the decoder's input in training: the label moved one step on, `<bos>` first (Williams and Zipser 1989).

    Args:
        Y: label ids, `(batch, num_steps)`.

    Returns:
        `(batch, num_steps)`.
    """
    return torch.cat((torch.full_like(Y[:, :1], bos), Y[:, :-1]), dim=1)


def batch_loss(net, X, X_valid_len, Y, Y_valid_len, bos=BOS):
    """Return the total loss of a batch over its real target tokens, a scalar.

    Equal to `MaskedSoftmaxCELoss()(...).sum()`, but the output layer, the dearest part of the model, is only asked
    about real positions. `net` is called as a whole, so that a wrapper around it (DistributedDataParallel) sees it.
    """
    steps = torch.arange(Y.shape[1], device=Y.device)  # (num_steps,)
    real = steps < Y_valid_len.to(Y.device)[:, None]  # (batch, num_steps)
    scores = net(X, teacher_forcing(Y, bos), X_valid_len, real=real)  # (real tokens, vocab_size)
    return F.cross_entropy(scores, Y[real], reduction="sum")


def grad_clipping(net, theta):
    """Scale the gradients of `net` so that their norm is at most `theta`: g <- min(1, theta / ||g||) g.

    All parameters count as one long vector (Pascanu et al. 2013, algorithm 1).

    Args:
        net: a module, after `backward()`.
        theta: the largest norm to allow, above 0.

    Returns:
        The norm before clipping, a float.
    """
    if not theta > 0:
        raise ValueError(f"theta is {theta}; it must be above 0 (float('inf') never clips)")
    grads = [p.grad for p in net.parameters() if p.grad is not None]
    if not grads:
        raise ValueError("the net has no gradients to clip; call backward() on a loss first")
    norm = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(g) for g in grads])).item()
    if norm > theta:
        for g in grads:
            g.mul_(theta / norm)
    return norm


@torch.inference_mode()
def evaluate_loss(net, data_iter, tgt_vocab):
    """Return the loss per real token over all batches of `data_iter`, in nats, without dropout."""
    device = next(net.parameters()).device
    loss, num_tokens = 0.0, 0
    with evaluation_mode(net):
        for X, X_valid_len, Y, Y_valid_len in data_iter:
            loss += batch_loss(net, X.to(device), X_valid_len, Y.to(device), Y_valid_len, tgt_vocab["<bos>"]).item()
            num_tokens += int(Y_valid_len.sum())
    if num_tokens == 0:
        raise ValueError("data_iter gave no batches; there is nothing to evaluate")
    return loss / num_tokens


def train(net, data_iter, lr, num_epochs, tgt_vocab, device=None, *, valid_iter=None, theta=1.0, history=None,
          on_batch=None, on_epoch=None, bf16=False, progress=True):
    """Train `net` with teacher forcing, Adam (Kingma and Ba 2015) and gradient clipping.

    An interrupt (Ctrl-C, or the stop button of a notebook) is taken at the end of the running batch: `net` and the
    history are whole, `train` returns, and calling it again with that `history` goes on as if never stopped.

    Args:
        net: a `Seq2Seq`, changed in place.
        data_iter: gives `(X, X_valid_len, Y, Y_valid_len)` each time it is iterated, see `Batches`.
        lr: the learning rate; or a function of the share of training done, from 0 to 1, that returns it.
        num_epochs: train until so many epochs are done, those in `history` counted.
        tgt_vocab: the target `Vocab`.
        device: `"cuda"`, `"cuda:1"`, `"cpu"`, ...; `best_device()` by default.
        valid_iter: batches whose loss is measured after each epoch.
        theta: gradients with a larger norm are scaled down to it.
        history: of an earlier run of this very `net`, to go on with.
        on_batch, on_epoch: functions called with the history after each batch and each epoch.
        bf16: compute the forward pass in bfloat16 (autocast): faster, less exact; on `cuda` only.
        progress: show a progress bar.

    Returns:
        The `History`.

    Raises:
        ValueError: `data_iter` gives no batches, `tgt_vocab` or `history` belong to another net, `bf16` without `cuda`.
        FloatingPointError: the gradient is not a number; the weights are those from before that batch.
    """
    decoder = getattr(net, "module", net).decoder  # of a net in DistributedDataParallel
    vocab_size = settings_of(decoder).get("vocab_size", len(tgt_vocab))
    if vocab_size != len(tgt_vocab):
        raise ValueError(f"tgt_vocab has {len(tgt_vocab)} tokens, but the decoder was made for {vocab_size}; "
                         "make the net with len(tgt_vocab)")
    device = torch.device(device) if device is not None else best_device()
    if bf16 and device.type != "cuda":
        raise ValueError(f"bf16 needs a cuda device, and this is {device}: without special hardware, bfloat16 is many "
                         "times slower on a CPU, and an LSTM fails; leave bf16 out")
    net.to(device)
    history = History() if history is None else history
    _prepare_optimizer(history, net, device)
    _set_rng_state(history.rng_state, device)
    net.train()
    with _interrupts_noted() as interrupted, _progress_bar(progress, data_iter, num_epochs, history) as bar:
        for epoch in range(len(history), num_epochs):
            for batches in (data_iter, valid_iter):
                if hasattr(batches, "epoch"):
                    batches.epoch = epoch  # the order of the batches depends on it
            first = sum(batch.epoch == epoch for batch in history.batches)  # some were done before an interrupt
            for i, batch in enumerate(islice(data_iter, first, None), first):
                rate = lr((epoch + i / len(data_iter)) / num_epochs) if callable(lr) else lr
                start = time.perf_counter()
                done = train_step(net, history.optimizer, batch, rate, theta, tgt_vocab["<bos>"], bf16)
                record = BatchRecord(epoch, *done, seconds=time.perf_counter() - start)
                if not math.isfinite(record.grad_norm):
                    raise FloatingPointError(f"the gradient's norm is {record.grad_norm} in epoch {epoch + 1}; the "
                                             "weights from before this batch are kept. Try a smaller learning rate, "
                                             "or load the last checkpoint")
                history.batches.append(record)
                history.rng_state = _get_rng_state(device)
                bar.update()
                if on_batch:
                    on_batch(history)
                if interrupted:
                    return history
            if not history.batches or history.batches[-1].epoch != epoch:
                raise ValueError("data_iter gave no batches; pass one that can be iterated once an epoch, see Batches")
            history.valid_losses.append(None if valid_iter is None else evaluate_loss(net, valid_iter, tgt_vocab))
            bar.set_postfix_str(f"loss {history.rows[-1]['train_loss']:.3f}")
            if on_epoch:
                on_epoch(history)
            if interrupted:
                break
    return history


def train_step(net, optimizer, batch, lr, theta=1.0, bos=BOS, bf16=False):
    """Do one step of training: forward, loss, backward, clip, update, on the device where `net` is.

    What is minimised is the mean loss over the batch's real target tokens. If the gradient is not a number, the weights
    stay as they are.

    Args:
        net, lr, theta, bf16: as for `train`; `lr` a number.
        optimizer: of the weights of `net`.
        batch: `(X, X_valid_len, Y, Y_valid_len)`.

    Returns:
        The total loss over the batch's real target tokens, their number, and the gradient's norm before clipping.
    """
    device = next(net.parameters()).device
    X, X_valid_len, Y, Y_valid_len = batch
    num_tokens = int(Y_valid_len.sum())
    optimizer.zero_grad()
    with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
        loss = batch_loss(net, X.to(device), X_valid_len, Y.to(device), Y_valid_len, bos)
    (loss / num_tokens).backward()
    norm = grad_clipping(net, theta)
    if math.isfinite(norm):
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.step()
    return loss.item(), num_tokens, norm


def _prepare_optimizer(history, net, device):
    history.check_net(net)
    if history.optimizer is None:
        history.optimizer = make_optimizer(net)
    for state in history.optimizer.state.values():
        state.update({name: value.to(device) for name, value in state.items()})


def make_optimizer(net):
    """Make the optimiser that `train` uses: Adam, with all parameters updated in one pass ("fused")."""
    return torch.optim.Adam(net.parameters(), fused=True)


def _get_rng_state(device):
    states = {"cpu": torch.get_rng_state()}
    if device.type != "cpu":
        states[device.type] = torch.get_device_module(device).get_rng_state(device)  # not the current one, if several
    return states


def _set_rng_state(states, device):
    for name, state in states.items():
        if name == "cpu":
            torch.set_rng_state(state)
        elif name == device.type:  # else the run was on another kind of device
            torch.get_device_module(device).set_rng_state(state, device)


@contextmanager
def _interrupts_noted():
    """Yield a list that fills when an interrupt comes; a second one is a KeyboardInterrupt as ever."""
    asked = []

    def note(signum, frame):
        if asked:
            raise KeyboardInterrupt
        asked.append(signum)

    if threading.current_thread() is not threading.main_thread():
        yield asked  # signals reach the main thread only
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield asked
    finally:
        signal.signal(signal.SIGINT, before)


def _progress_bar(progress, data_iter, num_epochs, history):
    from tqdm.auto import tqdm

    total = num_epochs * len(data_iter) if hasattr(data_iter, "__len__") else None
    return tqdm(total=total, initial=len(history.batches), disable=not progress, unit="batch", desc="training")
