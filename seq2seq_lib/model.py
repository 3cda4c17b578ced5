"""Model: an encoder that reads, a decoder that writes, and the two together."""

import inspect
from contextlib import contextmanager

import torch
from torch import nn

from .text import check_choice

RNNS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
CONTEXTS = ("every_step", "initial")


def _embedding(vocab_size, embed_size):
    """Make the table of word vectors. They start small: PyTorch's own start, N(0, 1), drowns the recurrent part."""
    embedding = nn.Embedding(vocab_size, embed_size)
    nn.init.normal_(embedding.weight, std=0.1)
    return embedding


class Dropout(nn.Dropout):
    """`nn.Dropout`, several times as fast on a CPU: four values share one random number, 16 bits for each.

    The share that is set to zero is `p`, rounded to a 65,536th; what is kept is scaled so that the mean stays.
    """

    def forward(self, X):
        dropped = round(2**16 * self.p)
        if not self.training or not 0 < dropped < 2**16 or X.device.type != "cpu":
            return super().forward(X)
        bits = torch.empty(-(-X.numel() // 4), dtype=torch.int64).random_(-2**63, None)
        drawn = bits.view(torch.int16)[: X.numel()].view(X.shape)  # -32,768 to 32,767, each as likely
        keep = drawn >= dropped - 2**15
        return X * keep.to(X.dtype).mul_(2**16 / (2**16 - dropped))


def _recurrent_layers(rnn, input_size, num_hiddens, num_layers, dropout, bidirectional=False):
    """Make the recurrent layers; time comes first in what they read and write, as PyTorch has it by default."""
    check_choice("rnn", rnn, RNNS)
    between = dropout if num_layers > 1 else 0  # PyTorch drops between layers, so one layer has no place for it
    size = num_hiddens // 2 if bidirectional else num_hiddens  # of one direction
    return RNNS[rnn](input_size, size, num_layers, dropout=between, bidirectional=bidirectional)


def _check_sizes(**sizes):
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name} is {size}; it must be 1 or more")


class Encoder(nn.Module):
    """Read a batch of sentences; the final state of its RNN is the *context*.

    h_t = f(x_t, h_{t-1}), c = h_T (Sutskever et al. 2014, section 2; Cho et al. 2014, section 2.1).

    Args:
        vocab_size, embed_size, num_hiddens, num_layers: sizes, each 1 or more.
        dropout: the share of values set to zero in training, on the embedding and between layers.
        rnn: `"rnn"`, `"gru"` or `"lstm"`.
        bidirectional: half of the units read forwards and half backwards (Schuster and Paliwal 1997), so that
            `output` at a word knows what follows it, too; `num_hiddens` must be even.
    """

    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers, dropout=0, rnn="gru", bidirectional=False):
        super().__init__()
        _check_sizes(vocab_size=vocab_size, embed_size=embed_size, num_hiddens=num_hiddens, num_layers=num_layers)
        if bidirectional and num_hiddens % 2:
            raise ValueError(f"num_hiddens is {num_hiddens}; with bidirectional=True it must be even, half each way")
        self.settings = dict(vocab_size=vocab_size, embed_size=embed_size, num_hiddens=num_hiddens,
                             num_layers=num_layers, dropout=dropout, rnn=rnn, bidirectional=bidirectional)
        self.embedding = _embedding(vocab_size, embed_size)
        self.dropout = Dropout(dropout)
        self.rnn = _recurrent_layers(rnn, embed_size, num_hiddens, num_layers, dropout, bidirectional)

    def forward(self, X, valid_len=None):
        """Encode a batch.

        Args:
            X: ids, `(batch, num_steps)`.
            valid_len: `(batch,)`, the real tokens of each row. With it, padding changes nothing:
                the state is the one after the last real token, and `output` is zero behind it.

        Returns:
            output: `(num_steps, batch, num_hiddens)`, the top layer's state after each token.
            state: `(num_layers, batch, num_hiddens)`, each layer's last state; for an LSTM a pair of these (h, c).
                Of two directions each has read the whole sentence in its last state: one ends at the first word.

        Raises:
            ValueError: no steps, or valid lengths that do not fit `X`.
        """
        batch, num_steps = X.shape
        if num_steps == 0 or batch == 0:
            raise ValueError(f"X has the shape {tuple(X.shape)}: the encoder needs at least one sentence of one token")
        embs = self.dropout(self.embedding(X.T))  # (num_steps, batch, embed_size)
        if valid_len is None or check_valid_len(valid_len, batch, num_steps).min() == num_steps:
            output, state = self.rnn(embs)  # no padding, nothing to skip
        else:
            packed = nn.utils.rnn.pack_padded_sequence(embs, valid_len.cpu(), enforce_sorted=False)
            output, state = self.rnn(packed)
            output, _ = nn.utils.rnn.pad_packed_sequence(output, total_length=num_steps)
        return output, _side_by_side(state) if self.rnn.bidirectional else state


def _side_by_side(state):
    """Turn `(2 * num_layers, batch, num_hiddens / 2)` into `(num_layers, batch, num_hiddens)`: forwards, backwards."""
    if isinstance(state, tuple):  # an LSTM's (h, c)
        return tuple(map(_side_by_side, state))
    return torch.cat((state[::2], state[1::2]), dim=2)  # PyTorch has the directions of a layer one after the other


def check_valid_len(valid_len, batch, num_steps):
    if valid_len.shape != (batch,):
        raise ValueError(f"valid_len has the shape {tuple(valid_len.shape)}; a batch of {batch} needs ({batch},)")
    if batch == 0 or num_steps == 0:
        raise ValueError(f"valid_len is of {batch} sentences of {num_steps} steps; a batch needs one of each at least")
    if valid_len.min() < 1 or valid_len.max() > num_steps:
        raise ValueError(f"valid_len goes from {valid_len.min()} to {valid_len.max()}; it must be 1 to {num_steps}")
    return valid_len


class Decoder(nn.Module):
    """Write the target sentence, one token after another, from the encoder's context.

    Args:
        vocab_size, embed_size, num_hiddens, num_layers, rnn: as for `Encoder`.
        dropout: as for `Encoder`, and on what the output layer reads (Zaremba et al. 2014, section 3).
        context: `"initial"`: the encoder's state only starts the decoder (Sutskever et al. 2014, section 2);
            `"every_step"`: the encoder's final top-layer state is also an input of every step, after
            Cho et al. 2014, section 2.2 (who feed it to the output layer too, and start from tanh(V'c)).
    """

    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers, dropout=0, rnn="gru", context="every_step"):
        super().__init__()
        _check_sizes(vocab_size=vocab_size, embed_size=embed_size, num_hiddens=num_hiddens, num_layers=num_layers)
        check_choice("context", context, CONTEXTS)
        self.settings = dict(vocab_size=vocab_size, embed_size=embed_size, num_hiddens=num_hiddens,
                             num_layers=num_layers, dropout=dropout, rnn=rnn, context=context)
        self.context = context
        self.embedding = _embedding(vocab_size, embed_size)
        self.dropout = Dropout(dropout)
        input_size = embed_size + (num_hiddens if context == "every_step" else 0)
        self.rnn = _recurrent_layers(rnn, input_size, num_hiddens, num_layers, dropout)
        self.dense = nn.Linear(num_hiddens, vocab_size)

    def init_state(self, enc_outputs, enc_valid_len=None):
        """Make the decoder's first state from what the encoder returned.

        Args:
            enc_outputs: `(output, state)` of `Encoder.forward`.
            enc_valid_len: `(batch,)`, the real tokens of each source, for decoders that look at `output`.

        Returns:
            `(hidden, context)`: the encoder's state, and its top layer `(batch, num_hiddens)`.
            `forward` moves `hidden` on and leaves `context` alone, in training and in prediction alike.
        """
        _, hidden = enc_outputs
        top = hidden[0] if isinstance(hidden, tuple) else hidden  # an LSTM's state is (h, c)
        return hidden, top[-1]

    def select(self, state, rows):
        """Return the state of some sentences of the batch, in any order, one of them several times if need be.

        Args:
            state: from `init_state` or `forward`.
            rows: their numbers in the batch, `(new batch,)`.
        """
        hidden, context = state
        if isinstance(hidden, tuple):
            return tuple(part[:, rows] for part in hidden), context[rows]
        return hidden[:, rows], context[rows]

    def forward(self, X, state, real=None):
        """Score every word of the vocabulary as the next one, at every step.

        Args:
            X: ids, `(batch, num_steps)`: in training the label behind `<bos>`, in prediction the last token.
            state: from `init_state` or from the step before.
            real: `(batch, num_steps)`, true where a score is wanted: the output layer, the dearest part of the model,
                is not asked about the others.

        Returns:
            scores: `(batch, num_steps, vocab_size)`, before the softmax; with `real` `(real tokens, vocab_size)`.
            state: the new state, to go on from.

        Raises:
            ValueError: `X` has no steps, or is another batch than `state`.
        """
        hidden, context = state
        output, hidden = self._run(X, hidden, context)
        output = self.dropout(output)
        if real is not None:
            return self.dense(output.permute(1, 0, 2)[real]), (hidden, context)
        return self.dense(output).permute(1, 0, 2), (hidden, context)

    def _run(self, X, hidden, context):
        """Run over the tokens: the top layer's states `(num_steps, batch, num_hiddens)`, and the last ones of all."""
        if X.dim() != 2 or X.shape[1] == 0 or len(X) != len(context):
            raise ValueError(f"the decoder's X has the shape {tuple(X.shape)} and its state is of {len(context)} "
                             "sentences; X must be (batch, num_steps), with the same batch and one step or more")
        inputs = self.dropout(self.embedding(X.T))  # (num_steps, batch, embed_size)
        if self.context == "every_step":
            repeated = context.expand(X.shape[1], -1, -1)  # (num_steps, batch, num_hiddens)
            inputs = torch.cat((inputs, repeated), dim=2)  # (num_steps, batch, embed_size + num_hiddens)
        return self.rnn(inputs, hidden)


class Seq2Seq(nn.Module):
    """An encoder and a decoder, joined by the context.

    A decoder of your own is an `nn.Module`. What it needs:

    - to be trained and to translate: `init_state(enc_outputs)`, which makes the first state, and `forward(X, state)`,
      which returns scores `(batch, num_steps, vocab_size)` and the new state, as those of `Decoder` do. If they have a
      parameter `enc_valid_len`, or `real`, it is passed too;
    - to be saved: `settings`, the dictionary of the arguments that it was made with, as JSON can hold it;
    - to be stepped through, and searched with several sentences at once: `select(state, rows)`.

    Raises:
        ValueError: the two do not fit: the decoder starts from the encoder's state, so their kind of RNN,
            `num_hiddens` and `num_layers` must be equal.
        TypeError: the decoder has no `init_state`.
    """

    def __init__(self, encoder, decoder):
        super().__init__()
        require(decoder, "init_state", "to be trained and to translate")
        ours, theirs = settings_of(encoder), settings_of(decoder)
        for name in ("rnn", "num_hiddens", "num_layers"):
            if name in ours and name in theirs and ours[name] != theirs[name]:
                raise ValueError(f"{name} is {ours[name]!r} in the encoder and {theirs[name]!r} in the decoder; "
                                 "they must be equal, for the decoder starts from the encoder's state")
        self.encoder, self.decoder = encoder, decoder

    def start(self, X, X_valid_len=None):
        """Read the sources and return the decoder's first state.

        Args:
            X: source ids, `(batch, num_steps)`.
            X_valid_len: `(batch,)`; without it the encoder reads the padding as if it were words.
        """
        enc_outputs = self.encoder(X, X_valid_len)
        if _takes(self.decoder.init_state, "enc_valid_len"):
            return self.decoder.init_state(enc_outputs, X_valid_len)
        return self.decoder.init_state(enc_outputs)

    def forward(self, X, dec_input, X_valid_len=None, real=None):
        """Read `X`, and score the next token behind each token of `dec_input`.

        Args:
            X: source ids, `(batch, num_steps)`.
            dec_input: target ids behind `<bos>`, `(batch, num_steps)`; its `num_steps` may be another.
            X_valid_len: `(batch,)`; without it the encoder reads the padding as if it were words.
            real: `(batch, num_steps)`, true at the real positions of `dec_input`.

        Returns:
            Y_hat: `(batch, num_steps, vocab_size)`.
            state: the decoder's last state.

            With `real` one tensor, the scores at the real positions: `(real tokens, vocab_size)`, in the order of
            `Y[real]`.
        """
        if len(X) != len(dec_input):
            raise ValueError(f"X has {len(X)} sentences and dec_input {len(dec_input)}; they must be the same batch")
        state = self.start(X, X_valid_len)
        if real is None:
            return self.decoder(dec_input, state)
        if _takes(self.decoder.forward, "real"):
            return self.decoder(dec_input, state, real)[0]
        return self.decoder(dec_input, state)[0][real]


def remember_from_start(net, bias=2.0):
    """Let the gates of a fresh net keep most of the old state: raise the bias of the gate that decides about it.

    A fresh GRU keeps about half of its state at each step, so after five words a thirtieth is left of the first;
    with a bias of 2 it keeps seven eighths. It is the GRU's form of the advice of
    Jozefowicz et al. 2015 (*An Empirical Exploration of Recurrent Network Architectures*) for the LSTM's forget gate.

    Args:
        net: a `Seq2Seq` of GRUs or LSTMs; a plain RNN has no gates.
        bias: what is added, in every layer.

    Returns:
        The net.

    Raises:
        ValueError: a plain RNN.
    """
    for part in (net.encoder, net.decoder):
        kind, size = type(part.rnn), part.rnn.hidden_size
        if kind not in (nn.GRU, nn.LSTM):
            raise ValueError(f"the net has an {kind.__name__}, which has no gates; make it with rnn='gru' or 'lstm'")
        with torch.no_grad():  # PyTorch stacks the gates: reset, update, new; or input, forget, new, output
            for name, weights in part.rnn.named_parameters():  # of each layer, and of each direction
                if name.startswith("bias_hh"):
                    weights[size : 2 * size] += bias
    return net


def settings_of(part):
    """Return what an encoder or a decoder was made with; one of the reader's own may not tell."""
    return getattr(part, "settings", {})


def require(part, name, purpose):
    """Raise TypeError if a part of a net lacks what it needs for a purpose."""
    if not hasattr(part, name):
        raise TypeError(f"{type(part).__name__} has no `{name}`, which it needs {purpose}; "
                        "help(Seq2Seq) says what a decoder of your own must have")


def _takes(function, name):
    return name in inspect.signature(function).parameters


@contextmanager
def evaluation_mode(net):
    """Put a net in evaluation mode (no dropout) for a `with` block, then each part back, after an error too."""
    modes = [(module, module.training) for module in net.modules()]
    net.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
