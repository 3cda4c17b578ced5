"""Mask explorer: which cells of a padded batch count in the loss, and what that does to its gradient."""

import math

import torch
from torch.nn import functional as F

from ..loss import MaskedSoftmaxCELoss
from .base import LessonWidget
from .controls import Button, Checkbox, Choice, State
from .drawing import handle, pick, stop
from .markup import tag

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

    masked = Checkbox(True, "mask on")
    cells = Choice("loss", "Cells show", {"loss": "loss", "size of the gradient": "gradient"})
    average = Choice("token", "Loss", {
        "per real token": "token", "mean over num_steps": "steps", "mean of each sentence's mean": "sentence"})
    true_lengths = Button("Back to the true valid lengths")
    lengths = State([])  # the valid length of each sentence, as the reader dragged it
    cell = State([0, 0])  # the cell that is explained: row, step

    def __init__(self, Y_hat, Y, valid_len, vocab, **settings):
        if Y.dim() != 2 or len(Y) > MOST_ROWS or Y.shape[1] > MOST_STEPS:
            raise ValueError(f"Y has the shape {tuple(Y.shape)}; "
                             f"expected (batch, num_steps), at most ({MOST_ROWS}, {MOST_STEPS}): pass a part of it")
        self.Y_hat, self.Y, self.valid_len = Y_hat.detach().cpu().float(), Y.cpu(), valid_len.cpu()
        self.total = MaskedSoftmaxCELoss()(self.Y_hat, self.Y, self.valid_len).sum().item()
        self.losses = F.cross_entropy(self.Y_hat.permute(0, 2, 1), self.Y, reduction="none")  # (batch, num_steps)
        self.vocab = vocab
        super().__init__(**{"lengths": valid_len.tolist(), **settings})

    def react(self, name):
        if name == "true_lengths":
            self.lengths = self.valid_len.tolist()

    def render(self):
        batch, num_steps = self.Y.shape
        counted = torch.tensor(self.lengths) if self.masked else torch.full((batch,), num_steps)  # (batch,)
        scores = self.Y_hat.clone().requires_grad_()
        sums = MaskedSoftmaxCELoss()(scores, self.Y, counted)  # (batch,)
        weights = self._weights(counted)  # (batch,)
        loss = (sums * weights).sum()
        loss.backward()
        gradient = scores.grad.norm(dim=2)  # (batch, num_steps)
        drawing = tag("div", self._table(counted, sums.detach() * weights, weights, gradient),
                      tag("p", self._formula(counted, sums.tolist(), loss.item()), class_="s2s-formula"),
                      tag("p", self._remark(counted), class_="s2s-explained"))
        return drawing, self._summary(counted, loss.item(), gradient)

    def _weights(self, counted):
        """Return the weight that one token of each sentence has in the batch's loss, `(batch,)`."""
        batch, num_steps = self.Y.shape
        if self.average == "token":
            return torch.full((batch,), 1 / counted.sum().item())
        if self.average == "steps":
            return torch.full((batch,), 1 / (batch * num_steps))
        return 1 / (batch * counted)

    def _weight_name(self, counted):
        batch, num_steps = self.Y.shape
        return {"token": counted.sum().item(), "steps": batch * num_steps, "sentence": batch * counted}

    # ------------------------------------------------------------------ drawing

    def _table(self, counted, parts, weights, gradient):
        batch, num_steps = self.Y.shape
        chosen = min(self.cell[0], batch - 1), min(self.cell[1], num_steps - 1)
        steps, rows = dict(class_="s2s-ink", data_axis="num_steps"), dict(class_="s2s-ink", data_axis="batch")
        head = [tag("tr", tag("td"), tag("th", "num_steps →", colspan=num_steps, **steps)),
                tag("tr", tag("th", "batch ↓", **rows), [tag("th", t, scope="col", **steps) for t in range(num_steps)],
                    tag("th", "valid_len", scope="col", **rows), tag("th", "one cell weighs", scope="col"),
                    tag("th", "adds to the loss", scope="col"))]
        shown = self.losses if self.cells == "loss" else gradient
        heat = shown / max(shown.max().item(), 1e-9)
        lines = []
        for row, n in enumerate(counted.tolist()):
            line = [tag("th", row, scope="row", **rows)]
            for step in range(num_steps):
                label = self.vocab.tokens[self.Y[row, step]]
                value = shown[row, step].item() if step < n else 0
                said = self._explain(row, step, step < n, gradient[row, step].item())
                end = step == n - 1 and self.masked
                knob = tag("span", class_="s2s-knob", **handle(
                    "lengths", n, 1, num_steps, f"Valid length of sentence {row}", index=row)) if end else None
                line.append(tag(
                    "td", tag("bdi", label), tag("small", _short(value)), knob, title=said,
                    class_="s2s-cell s2s-heat" if step < n else "s2s-cell s2s-off",
                    style=f"--heat:{heat[row, step].item():.2f}" if step < n else None,
                    **pick("cell", [row, step], said, at=(row, step), chosen=(row, step) == chosen),
                    **stop("lengths", step + 1, index=row)))
            line += [tag("td", n, class_="s2s-number"), tag("td", f"1/{round(1 / weights[row].item())}"),
                     tag("td", _short(parts[row].item()), class_="s2s-number")]
            lines.append(tag("tr", line))
        table = tag("table", tag("thead", head), tag("tbody", lines), role="grid",
                    aria_label="The labels of the batch and their losses. Arrow keys go from cell to cell.")
        n, (row, step) = counted.tolist(), chosen
        explained = self._explain(row, step, step < n[row], gradient[row, step].item())
        return tag("div", tag("div", table, class_="s2s-wide"), tag("p", explained, class_="s2s-explained"))

    def _explain(self, row, step, counts, gradient):
        p = math.exp(-self.losses[row, step].item())
        label = self.vocab.tokens[self.Y[row, step]]
        what = f"Y[{row}, {step}] is {label}; the model gives it {_percent(p)}"
        if not counts:
            return f"{what}. Masked: its loss is 0, and so is its gradient, exactly."
        return f"{what}: the loss is −log {p:.2g} = {self.losses[row, step]:.2f}. Size of its gradient: {_short(gradient)}."
