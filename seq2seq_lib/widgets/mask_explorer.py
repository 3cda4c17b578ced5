"""Mask explorer: which cells of a padded batch count in the loss, and what that does to its gradient."""

import math
from functools import cached_property

import torch
from torch.nn import functional as F

from ..loss import MaskedSoftmaxCELoss
from .base import LessonWidget
from .controls import Button, Checkbox, Choice, State
from .drawing import handle, pick, stop
from .markup import tag
from .words import percent

MOST_ROWS, MOST_STEPS = 12, 24


class MaskExplorer(LessonWidget):
    """See the loss of a batch as a grid of labels; drag the valid lengths, take the mask off, average in other ways.

    Args:
        Y_hat: scores, `(batch, num_steps, vocab_size)`, of at most 12 sentences and 24 steps.
        Y: label ids, `(batch, num_steps)`.
        valid_len: `(batch,)`.
        vocab: of the target.
        settings: first values of the controls, for example `masked=False`.
    """

    title = "Mask explorer"

    masked = Checkbox(True, "mask")
    cells = Choice("loss", "Cells show", {"loss": "loss", "size of the gradient": "gradient"})
    average = Choice("token", "Average over", {
        "real tokens": "token", "all num_steps": "steps", "each sentence, then sentences": "sentence"})
    true_lengths = Button("Back to the true valid lengths")
    lengths = State([])  # the valid length of each sentence, as the reader dragged it
    cell = State([0, 0])  # the cell that is explained: row, step

    def __init__(self, Y_hat, Y, valid_len, vocab, **settings):
        if Y.dim() != 2 or len(Y) > MOST_ROWS or Y.shape[1] > MOST_STEPS:
            raise ValueError(f"Y has the shape {tuple(Y.shape)}; "
                             f"expected (batch, num_steps), at most ({MOST_ROWS}, {MOST_STEPS}): pass a part of it")
        self.Y_hat, self.Y, self.valid_len = Y_hat.detach().cpu().float(), Y.cpu(), valid_len.cpu()
        self.vocab = vocab
        super().__init__(**{"lengths": valid_len.tolist(), **settings})

    @cached_property
    def losses(self):
        """-log of the probability of each label, `(batch, num_steps)`."""
        return F.cross_entropy(self.Y_hat.permute(0, 2, 1), self.Y, reduction="none")

    def react(self, name):
        if name == "true_lengths":
            self.lengths = self.valid_len.tolist()

    def render(self):
        batch, num_steps = self.Y.shape
        counted = torch.tensor(self.lengths) if self.masked else torch.full((batch,), num_steps)  # (batch,)
        scores = self.Y_hat.clone().requires_grad_()
        sums = MaskedSoftmaxCELoss()(scores, self.Y, counted)  # (batch,)
        divisors = {"token": counted.sum().expand(batch), "steps": torch.full((batch,), batch * num_steps),
                    "sentence": batch * counted}[self.average]  # (batch,)
        loss = (sums / divisors).sum()
        loss.backward()
        gradient = scores.grad.norm(dim=2)  # (batch, num_steps)
        sums, loss = sums.tolist(), loss.item()
        drawing = tag("div", self._table(counted.tolist(), sums, divisors.tolist(), gradient),
                      tag("p", self._formula(counted.tolist(), sums, loss), class_="s2s-formula"),
                      [tag("p", remark, class_="s2s-remark") for remark in self._remarks(counted)])
        return drawing, self._summary(counted, loss, gradient)

    # -------------------------------------------------------------------- words

    def _summary(self, counted, loss, gradient):
        cells = self.Y.numel()
        n = counted.sum().item()
        behind = torch.arange(self.Y.shape[1]) >= counted[:, None]  # (batch, num_steps)
        rest = f", at the other {cells - n} exactly {gradient[behind].norm().item():g}" if n < cells else ""
        return (f"Loss {loss:.2f}, perplexity {_perplexity(loss)}. {n} of {cells} cells count. "
                f"Size of the gradient there {_short(gradient.norm().item())}{rest}.")

    def _formula(self, counted, sums, loss):
        batch, num_steps = self.Y.shape
        if self.average == "sentence":
            parts = " + ".join(f"{total:.2f}/{n}" for total, n in zip(sums, counted))
            divisor = f"{batch} sentences"
        else:
            parts = " + ".join(f"{total:.2f}" for total in sums)
            divisor = f"{sum(counted)} cells" if self.average == "token" else f"({batch} × {num_steps} cells)"
        return f"loss = ({parts}) / {divisor} = {loss:.2f},  perplexity = exp({loss:.2f}) = {_perplexity(loss)}"

    def _remarks(self, counted):
        """Say what is wrong with the reader's settings, and what the loss of the real tokens is in truth."""
        early, late = (counted < self.valid_len), (counted > self.valid_len)
        padding = (counted - self.valid_len).clamp(min=0).sum().item()
        if late.any():
            cells = "1 cell of padding counts" if padding == 1 else f"{padding} cells of padding count"
            yield f"{cells}: the model is graded on filling, and what it does to words is seen less."
        if early.any():
            yield f"{_sentences(early)}: <eos> is masked, so nothing asks the model to stop there."
        if self.average == "steps" and self.masked and counted.min() < self.Y.shape[1]:
            n = counted.min().item()
            yield (f"Masked cells count as if they were right: the shortest sentence has {n} of {self.Y.shape[1]} "
                   f"steps, and its loss looks {self.Y.shape[1] / n:.1f} times smaller than it is per token.")
        if self.average == "sentence" and self.masked and counted.min() < counted.max():
            yield (f"A cell of the shortest sentence weighs {counted.max() / counted.min():.1f} times as much as a "
                   "cell of the longest.")
        true = MaskedSoftmaxCELoss()(self.Y_hat, self.Y, self.valid_len).sum() / self.valid_len.sum()
        yield f"Per real token, with the mask and the true lengths: {true:.2f}."

    def _explain(self, row, step, counts, gradient):
        p = math.exp(-self.losses[row, step].item())
        what = f"Y[{row}, {step}] is {self.vocab.tokens[self.Y[row, step]]}; the model gives it {percent(p)}"
        if not counts:
            return f"{what}. It is masked: its loss and its gradient are exactly 0."
        return f"{what}: loss −log {p:.2g} = {self.losses[row, step]:.2f}. Size of its gradient: {_short(gradient)}."

    # ------------------------------------------------------------------ drawing

    def _table(self, counted, sums, divisors, gradient):
        batch, num_steps = self.Y.shape
        chosen = min(self.cell[0], batch - 1), min(self.cell[1], num_steps - 1)
        steps, rows = dict(class_="s2s-ink", data_axis="num_steps"), dict(class_="s2s-ink", data_axis="batch")
        head = [tag("tr", tag("td", colspan=4), tag("th", "num_steps →", colspan=num_steps, **steps)),
                tag("tr", tag("th", "batch ↓", **rows), tag("th", "valid_len", scope="col", **rows),
                    tag("th", "sum", scope="col"), tag("th", "one cell weighs", scope="col", class_="s2s-mask-head"),
                    [tag("th", t, scope="col", **steps) for t in range(num_steps)])]
        shown, digits = (self.losses, 2) if self.cells == "loss" else (gradient, 3)
        off = torch.arange(num_steps) >= torch.tensor(counted)[:, None]  # (batch, num_steps)
        heat = (shown / shown.masked_fill(off, 0).max().clamp(min=1e-9)).tolist()  # the darkest cell is one that counts
        lines, explained = [], ""
        for row, n in enumerate(counted):
            sums_up = n, f"{sums[row]:.2f}", f"1/{divisors[row]}"  # before the steps, of which there may be many
            line = [tag("th", row, scope="row", **rows), [tag("td", text, class_="s2s-number") for text in sums_up]]
            for step in range(num_steps):
                counts = step < n
                said = self._explain(row, step, counts, gradient[row, step].item())
                if (row, step) == chosen:
                    explained = said
                line.append(tag(
                    "td", tag("bdi", self.vocab.tokens[self.Y[row, step]]), " ",
                    tag("small", _short(shown[row, step].item(), digits) if counts else "0"),
                    self._knob(row, n) if self.masked and step == n - 1 else None,
                    class_=f"s2s-cell s2s-mask-{'heat' if counts else 'off'}", title=said,
                    style=f"--heat:{heat[row][step]:.2f}" if counts else None,
                    **pick("cell", [row, step], said, at=(row, step), chosen=(row, step) == chosen),
                    **stop("lengths", step + 1, index=row)))
            lines.append(tag("tr", line))
        table = tag("table", tag("thead", head), tag("tbody", lines), role="grid",
                    aria_label="The labels of the batch and their losses. Arrow keys go from cell to cell.")
        return tag("div", tag("div", table, class_="s2s-wide"), tag("p", explained, class_="s2s-explained"))

    def _knob(self, row, n):
        return tag("span", class_="s2s-mask-knob",
                   **handle("lengths", n, 1, self.Y.shape[1], f"Valid length of sentence {row}", index=row))


def _short(value, digits=3):
    """Write a loss or a gradient coarsely, for last digits differ from machine to machine. "0" is for masked cells."""
    if value < 0.5 * 10**-digits:
        return "≈ 0"
    return f"{value:.2f}" if value >= 0.095 else f"{value:.{digits}f}"


def _perplexity(loss):
    return f"{math.exp(loss):,.2f}" if loss < 5 else f"{math.exp(min(loss, 700)):,.0f}"


def _sentences(which):
    rows = which.nonzero().flatten().tolist()
    return f"Sentence{'s' * (len(rows) > 1)} {', '.join(map(str, rows))}"
