"""Shape catcher: one forward pass of a model, and every tensor of it, with its axes and what made it."""

from typing import NamedTuple

import torch
from torch import nn

from ..model import Seq2Seq
from ..text import EOS, PAD


class Box(NamedTuple):
    """A tensor of the forward pass: its `axes` are names, or a tuple of names where two stand side by side."""

    key: str
    half: str  # "encoder" or "decoder"
    name: str
    tensor: torch.Tensor
    axes: tuple
    maker: str  # the code that made it
    made: str  # what made it, in a sentence
    module: nn.Module | None = None
    formula: str = ""  # of the module's parameters


def random_ids(batch, num_steps, vocab_size):
    """Return random ids, `(batch, num_steps)`, and valid lengths: the first sentence ends one step early."""
    valid_len = torch.full((batch,), num_steps)
    valid_len[:1] -= int(num_steps > 1)
    ids = torch.randint(EOS + 1, vocab_size, (batch, num_steps))
    steps = torch.arange(num_steps)
    ids[steps == valid_len[:, None] - 1] = EOS
    ids[steps >= valid_len[:, None]] = PAD
    return ids, valid_len


def count_parameters(module):
    return sum(p.numel() for p in module.parameters())


def catch(make_encoder, make_decoder, X, X_valid_len, dec_input):
    """Run a model once and catch its tensors, as far as it comes.

    The halves may be of any class that `Seq2Seq` takes. What they are made of is found by its kind, whatever its name:
    the embedding, the recurrent layers, and the linear layer that scores the words.

    Args:
        make_encoder: a function that makes the encoder.
        make_decoder: a function that makes the decoder; None runs the encoder alone.
        X: source ids, `(batch, num_steps)`.
        X_valid_len: `(batch,)`.
        dec_input: target ids behind `<bos>`, `(batch, num_steps)`.

    Returns:
        A list of `Box`, and why the pass stopped, a `ValueError` as text; empty if it came to its end.
    """
    encoder = decoder = None
    stop = ""
    try:
        encoder = _Half("encoder", make_encoder())
        if make_decoder is None:
            encoder.module(X, X_valid_len)
        else:
            try:
                decoder = _Half("decoder", make_decoder())
                net = Seq2Seq(encoder.module, decoder.module)
            except ValueError:
                encoder.module(X, X_valid_len)  # the two do not fit; so much works
                raise
            net(X, dec_input, X_valid_len)
    except ValueError as error:
        stop = str(error)
    boxes = [Box("X", "encoder", "X", X, ("batch", "num_steps"), "encode(…)", "A batch of sentences as ids. The first "
                 "sentence ends one step early and is padded.")]
    if encoder and encoder.has_run:
        boxes += _encoder_boxes(encoder, decoder, alone=make_decoder is None)
    if make_decoder is not None:
        boxes.append(Box("dec_input", "decoder", "dec_input", dec_input, ("batch", "num_steps"), "teacher_forcing(Y)",
                         "The answers as ids, one step late: <bos> goes in first."))
    if decoder and decoder.has_run:
        boxes += _decoder_boxes(decoder)
    return boxes, stop


class _Half:
    """An encoder or a decoder, and what it and its children read and return once it runs."""

    def __init__(self, name, module):
        self.name, self.module, self.read, self.returned = name, module, {}, {}
        for part in (module, *module.children()):
            part.register_forward_hook(self._keep)

    def _keep(self, part, inputs, result):
        self.read[part], self.returned[part] = inputs, result

    @property
    def has_run(self):
        return self.module in self.returned

    def child(self, kind, suits=lambda part: True):
        """Return the first child of a kind, and the code that names it; None twice if there is none."""
        for name, part in self.module.named_children():
            if isinstance(part, kind) and suits(part):
                return part, f"{self.name}.{name}"
        return None, None

    def order(self):
        """Return the axes of tokens inside: time comes first, as in PyTorch, unless the ids are read as they came."""
        embedding, _ = self.child(nn.Embedding)
        as_it_came = embedding and torch.equal(self.read[embedding][0], self.read[self.module][0])
        return ("batch", "num_steps") if as_it_came else ("num_steps", "batch")

    def widened(self):
        """Tell whether the recurrent layers read a vector of the size of their state beside each embedding."""
        (embedding, _), (rnn, _) = self.child(nn.Embedding), self.child(nn.RNNBase)
        return None not in (embedding, rnn) and rnn.input_size == embedding.embedding_dim + rnn.hidden_size


def _encoder_boxes(half, decoder, alone):
    output, state = half.returned[half.module]
    rnn, name = half.child(nn.RNNBase)
    maker = f"{name}(embs)" if rnn else "encoder(X, X_valid_len)"
    yield from _embedded(half, "embs", "X", "For each id its row of the table.",
                         "X.T has turned the batch on its side: time comes first.")
    yield Box("output", "encoder", "output", output, (*half.order(), "num_hiddens"), maker,
              f"The {_kind(rnn)} reads embs step by step; this is its top layer after every token, and zero behind the "
              "end of a sentence.", rnn, _recurrent(rnn))
    then = "" if alone else "; the decoder starts from it"
    yield from _states("state", "encoder", state, maker, "Every layer of the encoder after the last real token of each "
                       f"sentence{then}.", rnn)
    pair = isinstance(state, tuple)
    use = ("this vector stands for the sentence." if alone else
           "a decoder starts from it." if decoder is None else
           "it stands beside every token that the decoder reads." if decoder.widened() else
           "in this design it starts the decoder's top layer, and nothing else reads it.")
    yield Box("context", "encoder", "context", (state[0] if pair else state)[-1], ("batch", "num_hiddens"),
              "h[-1]" if pair else "state[-1]", f"The top layer of the encoder's state: {use}")


def _decoder_boxes(half):
    Y_hat, _ = half.returned[half.module]
    yield from _embedded(half, "dec_embs", "dec_input", "For each id its row of the decoder's own table.",
                         "Time comes first here too.")
    rnn, name = half.child(nn.RNNBase)
    if half.widened():
        yield Box("inputs", "decoder", "inputs", half.read[rnn][0], (*half.order(), ("embed_size", "num_hiddens")),
                  "torch.cat((embs, repeated), 2)",
                  "repeated is the context, the same at each step: it stands beside the embedding of every token.")
    if rnn:
        output, state = half.returned[rnn]
        maker = f"{name}({'inputs' if half.widened() else 'embs'}, {'(h, c)' if isinstance(state, tuple) else 'state'})"
        yield Box("dec_output", "decoder", "output", output, (*half.order(), "num_hiddens"), maker,
                  f"The {_kind(rnn, layers=False)} starts from the encoder's state; this is its top layer after every "
                  "token.", rnn, _recurrent(rnn))
        yield from _states("hidden", "decoder", state, maker, "Every layer of the decoder after the last token: from "
                           "there a next call goes on.", rnn)
    axes = ("batch", "num_steps", "vocab_size")
    dense, name = half.child(nn.Linear, lambda part: part.out_features == Y_hat.shape[-1])
    if dense is None or half.order() == axes[:2]:
        yield Box("Y_hat", "decoder", "Y_hat", Y_hat, axes, f"{name}(output)" if dense else "decoder(dec_input, state)",
                  "A score for every word, at each step.", dense, _linear(dense))
        return
    yield Box("scores", "decoder", "scores", half.returned[dense], (*half.order(), "vocab_size"), f"{name}(output)",
              "The output layer gives every word a score, at each step.", dense, _linear(dense))
    yield Box("Y_hat", "decoder", "Y_hat", Y_hat, axes, "scores.permute(1, 0, 2)",
              "The same scores with the batch in front, as the loss wants them; no number has changed.")


def _embedded(half, key, ids, made, turned):
    embedding, name = half.child(nn.Embedding)
    if embedding:
        time_first = half.order()[0] == "num_steps"
        yield Box(key, half.name, "embs", half.returned[embedding], (*half.order(), "embed_size"),
                  f"{name}({ids}{'.T' * time_first})", made + f" {turned}" * time_first, embedding,
                  f"{embedding.num_embeddings} · {embedding.embedding_dim}")


def _states(name, half, state, maker, made, module):
    """Yield the box of a state; for an LSTM the two boxes of its pair (h, c)."""
    axes, formula = ("num_layers", "batch", "num_hiddens"), _recurrent(module)
    if not isinstance(state, tuple):
        yield Box(name, half, name, state, axes, maker, made, module, formula)
        return
    yield Box(name, half, "h", state[0], axes, maker, f"{made} An LSTM's state is a pair (h, c): this is h.",
              module, formula)
    yield Box(f"{name}_c", half, "c", state[1], axes, maker, f"{made} An LSTM's state is a pair (h, c): this is c, "
              "which only the LSTM itself reads.", module, formula)


def _kind(rnn, layers=True):
    """Name recurrent layers: "GRU of 2 layers"."""
    if rnn is None:
        return "encoder"
    return rnn.mode.partition("_")[0] + f" of {rnn.num_layers} layer{'s' * (rnn.num_layers > 1)}" * layers


def _linear(dense):
    return f"{dense.out_features} · ({dense.in_features} + 1)" if dense else ""


def _recurrent(rnn):
    """Count the parameters of recurrent layers, as a formula: rows · (input + state + two biases) for each."""
    if rnn is None:
        return ""
    size, more = rnn.hidden_size, rnn.num_layers - 1
    rows = f"{len(rnn.weight_ih_l0) // size} · {size}"  # one matrix for a plain RNN, three for a GRU, four for an LSTM
    first, above = (f"{rows} · ({width} + {size} + 2)" for width in (rnn.input_size, size))
    return first + (f" + {above}" if more == 1 else f" + {more} · {above}" if more else "")
