"""Attention: at every step the decoder looks back at all that the encoder said, and weighs it anew (lesson 11)."""

import torch
from torch import nn

from .model import Decoder, check_valid_len
from .text import check_choice


def masked_softmax(scores, valid_len):
    """Turn scores into weights: a softmax over the keys, without those that are padding.

    Args:
        scores: `(batch, queries, keys)`.
        valid_len: `(batch,)`, the real keys of each sentence; None if there is no padding.

    Returns:
        `(batch, queries, keys)`: each row sums to 1, and is exactly 0 on padding.

    Raises:
        ValueError: valid lengths that do not fit `scores`.
    """
    batch, _, keys = scores.shape
    if valid_len is not None:
        steps = torch.arange(keys, device=scores.device)  # (keys,)
        padding = steps >= check_valid_len(valid_len, batch, keys).to(scores.device)[:, None]  # (batch, keys)
        scores = scores.masked_fill(padding.unsqueeze(1), -torch.inf)  # for every query the same
    return scores.softmax(dim=2)


def dot_score(queries, keys):
    """How well does each query fit each key? The dot product q . k (Luong et al. 2015, section 3.1, *dot*).

    Args:
        queries: `(batch, queries, num_hiddens)`.
        keys: `(batch, keys, num_hiddens)`.

    Returns:
        `(batch, queries, keys)`.
    """
    return queries @ keys.transpose(1, 2)


class GeneralScore(nn.Module):
    """q^T W k, a dot product with a learned matrix between (Luong et al. 2015, section 3.1, *general*)."""

    def __init__(self, num_hiddens):
        super().__init__()
        self.W = nn.Linear(num_hiddens, num_hiddens, bias=False)

    def forward(self, queries, keys):
        """Score as `dot_score` does."""
        return dot_score(queries @ self.W.weight, keys)


class AdditiveScore(nn.Module):
    """v^T tanh(W q + U k), a small net (Bahdanau et al. 2015, appendix A.1.2)."""

    def __init__(self, num_hiddens):
        super().__init__()
        self.W = nn.Linear(num_hiddens, num_hiddens, bias=False)
        self.U = nn.Linear(num_hiddens, num_hiddens, bias=False)
        self.v = nn.Linear(num_hiddens, 1, bias=False)

    def forward(self, queries, keys):
        """Score as `dot_score` does."""
        sums = self.W(queries).unsqueeze(2) + self.U(keys).unsqueeze(1)  # (batch, queries, keys, num_hiddens)
        return self.v(torch.tanh(sums)).squeeze(3)  # (batch, queries, keys)


SCORES = {"dot": lambda num_hiddens: dot_score, "general": GeneralScore, "additive": AdditiveScore}


class AttentionDecoder(Decoder):
    """A decoder that attends after each step (Luong et al. 2015, section 3.1), so that training takes one pass.

    The state h_t after the step is the query, the encoder's outputs are keys and values: their weighted mean c_t and
    h_t give tanh(W [c_t; h_t]), which the output layer reads (their equation 5). Bahdanau et al. 2015 attend before the
    step, with h_{t-1}, and their steps have to wait for each other.

    Args:
        vocab_size, embed_size, num_hiddens, num_layers, dropout, rnn: as for `Decoder`.
        context: as for `Decoder`; as an input of every step besides, it was worse (lesson 08's settings, one seed).
        score: how a query is compared with a key, `"dot"`, `"general"` or `"additive"`.
    """

    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers, dropout=0, rnn="gru", context="initial",
                 score="dot"):
        super().__init__(vocab_size, embed_size, num_hiddens, num_layers, dropout, rnn, context)
        check_choice("score", score, SCORES)
        self.settings |= dict(score=score)
        self.score = SCORES[score](num_hiddens)
        self.combine = nn.Linear(2 * num_hiddens, num_hiddens, bias=False)

    def init_state(self, enc_outputs, enc_valid_len=None):
        """Make the first state: what a `Decoder` starts from, and what there is to look at.

        Args:
            enc_outputs: `(output, state)` of `Encoder.forward`.
            enc_valid_len: `(batch,)`, the real tokens of each source; without it padding is attended to as well.

        Returns:
            `(hidden, context, values, valid_len)`: the first two as in `Decoder`, the encoder's outputs
            `(batch, source num_steps, num_hiddens)`, and how many of them are real `(batch,)`.
        """
        hidden, context = super().init_state(enc_outputs)
        values = enc_outputs[0].permute(1, 0, 2)  # (batch, source num_steps, num_hiddens)
        if enc_valid_len is None:
            enc_valid_len = torch.full(values.shape[:1], values.shape[1])
        return hidden, context, values, check_valid_len(enc_valid_len, *values.shape[:2]).to(values.device)

    def select(self, state, rows):
        """As in `Decoder`: each sentence keeps its own source, and the length of it."""
        hidden, context, values, valid_len = state
        return *super().select((hidden, context), rows), values[rows], valid_len[rows]

    def weigh(self, queries, values, valid_len):
        """How much does each step look at each source token? `(batch, num_steps, source num_steps)`, rows sum to 1."""
        return masked_softmax(self.score(queries, values), valid_len)

    def attend(self, X, state):
        """Run over the tokens, and look at the source after each of them.

        Args:
            X, state: as for `forward`.

        Returns:
            output: `(batch, num_steps, num_hiddens)`, what the output layer reads.
            weights: `(batch, num_steps, source num_steps)`, the attention of each step.
            state: the new state.
        """
        hidden, context, values, valid_len = state
        output, hidden = self._run(X, hidden, context)  # (num_steps, batch, num_hiddens)
        queries = output.permute(1, 0, 2)  # (batch, num_steps, num_hiddens)
        weights = self.weigh(queries, values, valid_len)  # (batch, num_steps, source num_steps)
        attended = weights @ values  # (batch, num_steps, num_hiddens), the weighted means
        output = torch.tanh(self.combine(torch.cat((attended, queries), dim=2)))  # (batch, num_steps, num_hiddens)
        return output, weights, (hidden, context, values, valid_len)

    def forward(self, X, state, real=None):
        """Score every word of the vocabulary as the next one, at every step: as `Decoder.forward` does."""
        output, _, state = self.attend(X, state)
        output = self.dropout(output)
        return self.dense(output if real is None else output[real]), state
