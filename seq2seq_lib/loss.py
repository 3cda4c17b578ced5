"""Loss: how wrong the scores are, at the real positions and nowhere else."""

import torch
from torch import nn
from torch.nn import functional as F

from .model import check_valid_len


def sequence_mask(X, valid_len, value=0):
    """Return a copy of `X` in which the entries past each row's valid length are `value`.

    Args:
        X: `(batch, num_steps)`, or with more axes after these.
        valid_len: `(batch,)`, entries to keep in each row; 0 keeps none.
        value: what to put over the others.

    Raises:
        ValueError: as many valid lengths as rows are needed.
    """
    if X.dim() < 2 or valid_len.shape != X.shape[:1]:
        raise ValueError(f"X {tuple(X.shape)} and valid_len {tuple(valid_len.shape)} do not fit: "
                         "expected (batch, num_steps, ...) and (batch,)")
    steps = torch.arange(X.shape[1], device=X.device)  # (num_steps,)
    padding = steps >= valid_len.to(X.device)[:, None]  # (batch, num_steps)
    return X.masked_fill(padding.view(*padding.shape, *[1] * (X.dim() - 2)), value)


class MaskedSoftmaxCELoss(nn.Module):
    """Softmax cross-entropy over the real positions of padded sentences.

    Calling it gives, for each sentence, the *sum* of -log p(label) over its first `valid_len` positions, `(batch,)`.
    Padded positions add exactly zero, to the value and to the gradient. The batch's total divided by
    `valid_len.sum()` is the loss per token, whatever the padding.
    """

    def forward(self, Y_hat, Y, valid_len):
        """Compute the loss of each sentence.

        Args:
            Y_hat: scores, `(batch, num_steps, vocab_size)`.
            Y: label ids, `(batch, num_steps)`.
            valid_len: `(batch,)`, real positions of each label, `<eos>` counted.

        Returns:
            `(batch,)`.

        Raises:
            ValueError: shapes or lengths that do not fit.
        """
        if Y_hat.dim() != 3 or Y_hat.shape[:2] != Y.shape:
            raise ValueError(f"Y_hat {tuple(Y_hat.shape)} and Y {tuple(Y.shape)} do not fit: "
                             "expected (batch, num_steps, vocab_size) and (batch, num_steps)")
        check_valid_len(valid_len, *Y.shape)
        losses = F.cross_entropy(Y_hat.permute(0, 2, 1), Y, reduction="none")  # (batch, num_steps)
        return sequence_mask(losses, valid_len).sum(dim=1)  # (batch,)
