"""The checks of lesson 03, decoder."""

import zlib

import torch
from torch import nn

from ..model import Decoder, Encoder
from ..text import BOS, EOS, PAD
from .blank import Blank
from .runner import Exercise

# ---------------------------------------------------------------- warm-up: what goes in, what is asked for


def _asked_for(tokens):
    pairs = []
    before = "<bos>"
    for token in tokens + ["<eos>"]:
        pairs.append((before, token))
        before = token
    return pairs


def _pairs(goes_in, is_asked_for):
    return list(zip(goes_in, is_asked_for))


_COPIED = ("Each step is handed the very token that it is asked for: a decoder would learn to copy. What goes in is "
           "one step late, `<bos>` first.")

asked_for = Exercise(
    _asked_for,
    cases=[(sentence.split(),) for sentence in
           ["ils regardent .", "va !", "stop", "non , non et non !", "je suis chez moi .", ""]],
    mistakes=[
        (lambda tokens: _pairs(["<bos>", *tokens], tokens),
         "The last step is missing. When the last token has gone in, `<eos>` is asked for."),
        (lambda tokens: _pairs(tokens, [*tokens[1:], "<eos>"]),
         "The first step is missing. `<bos>` goes in, and the first token is asked for."),
        (lambda tokens: _pairs(tokens, tokens[1:]),
         "The first and the last step are missing: `<bos>` goes in first, and `<eos>` is asked for last."),
        (lambda tokens: [(after, before) for before, after in _asked_for(tokens)],
         "Each pair is the wrong way round: first what goes in, then what is asked for."),
        (lambda tokens: _pairs(tokens, tokens), _COPIED),
        (lambda tokens: _pairs([*tokens, "<eos>"], [*tokens, "<eos>"]), _COPIED),
        (lambda tokens: _pairs(["<bos>", *tokens], ["<bos>", *tokens]), _COPIED),
        (lambda tokens: _pairs(["<bos>", *tokens, "<eos>"], ["<bos>", *tokens, "<eos>"]), _COPIED),
        (lambda tokens: [*_asked_for(tokens), ("<eos>", "<pad>")],
         "There is a step too many. A sentence by itself has no padding: it is done when `<eos>` has been asked for."),
        (lambda tokens: _pairs(["<eos>", *tokens], [*tokens, "<eos>"]),
         "What goes in first is `<bos>`, the sign of the beginning. `<eos>` is the end, and asked for last."),
        (lambda tokens: (["<bos>", *tokens], [*tokens, "<eos>"]),
         "These are the right two lists. Now pair them, step by step: `zip` does it, and `list` makes a list of it."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the list of what goes in: `<bos>`, then the "
          "tokens.",
    after="A sentence of n tokens makes n + 1 pairs. Language models of every size are trained on such pairs.",
)


# ---------------------------------------------------------------- decoders: how they are run and compared

NOT_WRITTEN = "init_state or forward raises NotImplementedError"
NOT_TRANSPOSED = "runs only if there are as many steps as sentences"
FLAT, WRONG_LAYERS = "the first state has no axis of layers", "the first state has another number of layers"


def _run(make, *sizes):
    """Make a decoder, give it weights that depend on their shapes alone, and return its scores in two calls.

    So it does not matter what a reader's layers are called, or in which order they are made. A square matrix is made
    symmetric: it does not matter either whether it stands before the vector or behind it.
    """
    decoder = make(*sizes)
    if not isinstance(decoder, nn.Module):
        return decoder
    num_hiddens, num_layers = (*sizes, 1 + (sizes[0] > 8))[2:4]  # of the encoder: also two for a decoder of one layer
    with torch.no_grad():
        for parameter in decoder.parameters():
            numbers = 2 * _random(*parameter.shape) - 1
            square = parameter.dim() == 2 and parameter.shape[0] == parameter.shape[1]
            parameter.copy_(numbers.tril() + numbers.tril(-1).T if square else numbers)
        ids = (sizes[0] * _random(3, 6)).long()  # three sentences
        enc_outputs = 2 * _random(4, 3, num_hiddens) - 1, 2 * _random(num_layers, 3, num_hiddens) - 1
        state = None
        try:
            state = decoder.init_state(enc_outputs)
            result = decoder(ids[:, :3], state)  # as many steps as sentences: X for X.T does not raise
            if not isinstance(result, (list, tuple)) or len(result) != 2:
                return result
            try:
                return {"scores": result[0], "scores of the next two steps": decoder(ids[:, 3:5], result[1])[0]}
            except RuntimeError:
                decoder(ids[:, 3:], result[1])  # it raises again, unless the axes were the reason
                return NOT_TRANSPOSED
        except NotImplementedError as error:
            if error.args:
                raise
            return NOT_WRITTEN
        except RuntimeError:
            first = state[0] if isinstance(state, (list, tuple)) else state
            if isinstance(first, torch.Tensor) and first.dim() < 3:
                return FLAT
            if isinstance(first, torch.Tensor) and len(sizes) == 4 and len(first) != num_layers:
                return WRONG_LAYERS
            raise


def _random(*shape):
    generator = torch.Generator().manual_seed(zlib.crc32(str(shape).encode()))
    return torch.rand(shape, generator=generator)


_STILL_TO_WRITE = (lambda *sizes: NOT_WRITTEN,
                   "`__init__` runs. Now `init_state` and `forward`: one of them is not written yet.")
_AXES = (lambda *sizes: NOT_TRANSPOSED,
         "`X` is `(batch, num_steps)`, and the GRU takes time first: look up the embeddings of `X.T`.")
_TIME_FIRST = "Your scores have time first: `(num_steps, batch, vocab_size)`. Swap the first two axes at the end."
_RESHAPED = ("Your scores have the right shape, with the right numbers in the wrong places: `reshape` and `view` deal "
             "them out anew. To swap two axes, use `permute` or `transpose`.")
_ALONE = "`forward` returns one thing. It has to return two: the scores, and the state to go on from."
_OLD_STATE = ("The first call is right; the next one begins where the first began. Return the state that the RNN "
              "returns, not the one that came in.")
_NO_BIAS = "The output layer has no bias. Here it has one, as in the lesson: `nn.Linear` makes it by itself."
_MIXED_UP = ("You `reshape` `X`, or `view` it, and so words move from one sentence to another. To swap two axes, use "
             "`X.T`.")
_PROBABILITIES = "These are probabilities. Return the scores: the loss of lesson 4 does the softmax itself."


# ---------------------------------------------------------------- core: the context only starts the decoder

class _Initial(nn.Module):
    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.rnn = nn.GRU(embed_size, num_hiddens, num_layers)
        self.dense = nn.Linear(num_hiddens, vocab_size)

    def init_state(self, enc_outputs):
        return enc_outputs[1]

    def forward(self, X, state):
        output, state = self.rnn(self.embedding(X.T), state)
        return self.dense(output).permute(1, 0, 2), state


class _EveryStep(_Initial):
    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
        super().__init__(vocab_size, embed_size, num_hiddens, num_layers)
        self.rnn = nn.GRU(embed_size + num_hiddens, num_hiddens, num_layers)

    def init_state(self, enc_outputs):
        return enc_outputs[1], enc_outputs[1][-1]

    def forward(self, X, state):
        embs = self.embedding(X.T)
        output, hidden = self.rnn(torch.cat((embs, state[1].expand(len(embs), -1, -1)), dim=2), state[0])
        return self.dense(output).permute(1, 0, 2), (hidden, state[1])


class _MovingContext(_EveryStep):
    def forward(self, X, state):
        return super().forward(X, (state[0], state[0][-1]))


class _NoState(_Initial):
    def forward(self, X, state):
        return super().forward(X, None)


class _OneLayer(_Initial):
    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
        super().__init__(vocab_size, embed_size, num_hiddens, 1)

    def init_state(self, enc_outputs):
        return enc_outputs[1][-1:]


class _PlainRNN(_Initial):
    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
        super().__init__(vocab_size, embed_size, num_hiddens, num_layers)
        self.rnn = nn.RNN(embed_size, num_hiddens, num_layers)


class _ReshapedX(_Initial):
    def forward(self, X, state):
        return super().forward(X.reshape(X.T.shape).T, state)


def _starting(base, start):
    """Return a decoder whose `init_state` returns `start(decoder, output, state)`."""
    class Starting(base):
        def init_state(self, enc_outputs):
            return start(self, *enc_outputs)
    return Starting


def _without_bias(base):
    """Return a decoder whose output layer has no bias."""
    class WithoutBias(base):
        def __init__(self, *sizes):
            super().__init__(*sizes)
            self.dense.register_parameter("bias", None)
    return WithoutBias


def _changed(base, change):
    """Return a decoder whose `forward` returns `change(scores, state that came in, new state)`."""
    class Changed(base):
        def forward(self, X, state):
            scores, new = super().forward(X, state)
            return change(scores, state, new)
    return Changed


class _NoOutputLayer(_Initial):
    def forward(self, X, state):
        output, state = self.rnn(self.embedding(X.T), state)
        return output.permute(1, 0, 2), state


def _reshaped(scores, state, new):
    return scores.transpose(0, 1).reshape(scores.shape), new


def _result_of(decoder):
    return lambda *sizes: _run(decoder, *sizes)


def _SutskeverDecoder(vocab_size, embed_size, num_hiddens, num_layers):
    return _run(_Initial, vocab_size, embed_size, num_hiddens, num_layers)


_FROM_ZERO = "The decoder starts from zeros, so nothing of the English reaches it. Start from the encoder's state."

SutskeverDecoder = Exercise(
    _SutskeverDecoder,
    cases=[(5, 2, 3, 1), (6, 3, 4, 2), (9, 4, 2, 3)],
    mistakes=[
        _STILL_TO_WRITE,
        (_result_of(_changed(_Initial, lambda scores, state, new: (scores.transpose(0, 1), new))), _TIME_FIRST),
        (_result_of(_changed(_Initial, _reshaped)), _RESHAPED),
        (_result_of(_changed(_Initial, lambda scores, state, new: scores)), _ALONE),
        (_result_of(_changed(_Initial, lambda scores, state, new: (scores, state))), _OLD_STATE),
        (_result_of(_changed(_Initial, lambda scores, state, new: (scores.softmax(2), new))), _PROBABILITIES),
        (_result_of(_NoState), _FROM_ZERO),
        (_result_of(_starting(_Initial, lambda decoder, output, state: torch.zeros_like(state))), _FROM_ZERO),
        (_result_of(_EveryStep), "This is the design of the lesson: its GRU reads the context at every step. Here the "
                                 "context only starts the decoder, so the GRU reads the embeddings alone."),
        (_result_of(_MovingContext), "The GRU reads the top layer of the running state beside the embedding. Here it "
                                     "reads the embeddings alone."),
        *[(_result_of(_starting(_Initial, start)), "The first state is the encoder's top layer alone. Each layer has a "
                                                   "state of its own: hand over all of them, `state` as it is.")
          for start in (lambda decoder, output, state: state[-1:].expand_as(state).contiguous(),
                        lambda decoder, output, state: state[-1:], lambda decoder, output, state: state[-1])],
        *[(_result_of(_starting(_Initial, start)), "The first state is taken from the encoder's `output`. That has an "
                                                   "entry for every step, of its top layer; `state`, the second of "
                                                   "the pair, has one for every layer.")
          for start in (lambda decoder, output, state: output, lambda decoder, output, state: output[-1:],
                        lambda decoder, output, state: output[-1:].expand_as(state).contiguous())],
        (_result_of(_OneLayer), "Your GRU has one layer, whatever `num_layers` says: `nn.GRU(embed_size, num_hiddens, "
                                "num_layers)`."),
        (_result_of(_PlainRNN), "Your recurrent layer is an `nn.RNN`. A GRU is asked for: `nn.GRU`."),
        (_result_of(_without_bias(_Initial)), _NO_BIAS),
        (_result_of(_ReshapedX), _MIXED_UP),
        _AXES,
        (_result_of(_NoOutputLayer), "These are the GRU's states. An output layer makes scores of them: "
                                     "`nn.Linear(num_hiddens, vocab_size)`."),
    ],
    start="Write `__init__` first: an embedding, a GRU and an output layer. Then `init_state`, then `forward`.",
    after="This decoder's state need not be a pair: with no context to keep, nothing can move by mistake. Compare the "
          "number of its weights with `Decoder(...)` of the same sizes.",
    call=_run,
)


# ---------------------------------------------------------------- stretch: the decoder of the paper

class _Cho(nn.Module):
    bias = False

    def __init__(self, vocab_size, embed_size, num_hiddens):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.start = nn.Linear(num_hiddens, num_hiddens, bias=self.bias)
        self.rnn = nn.GRU(embed_size + num_hiddens, num_hiddens)
        self.dense = nn.Linear(self.width(embed_size, num_hiddens), vocab_size)

    def width(self, embed_size, num_hiddens):
        return num_hiddens + embed_size + num_hiddens

    def init_state(self, enc_outputs):
        return self.first(enc_outputs[1][-1])

    def first(self, context):
        return torch.tanh(self.start(context))[None], context

    def rnn_input(self, embs, repeated):
        return embs, repeated

    def dense_input(self, output, embs, repeated):
        return output, embs, repeated

    def forward(self, X, state):
        hidden, context = state
        embs = self.embedding(X.T)
        repeated = context.expand(len(embs), -1, -1)
        output, hidden = self.rnn(torch.cat(self.rnn_input(embs, repeated), dim=2), hidden)
        scores = self.dense(torch.cat(self.dense_input(output, embs, repeated), dim=2))
        return scores.permute(1, 0, 2), (hidden, context)


class _WithBias(_Cho):
    bias = True


class _ChoMovingContext(_Cho):
    """Reads the running state where the context belongs."""

    def forward(self, X, state):
        return super().forward(X, (state[0], state[0][-1]))


class _ChoMovingStep(_ChoMovingContext):
    def forward(self, X, state):
        scores = []
        for token in X.T:
            one, state = super().forward(token[:, None], state)
            scores.append(one)
        return torch.cat(scores, dim=1), state


class _ContextFirst(_Cho):
    def rnn_input(self, embs, repeated):
        return repeated, embs


class _EmbeddingFirst(_Cho):
    def dense_input(self, output, embs, repeated):
        return embs, output, repeated


class _ContextBeforeEmbedding(_Cho):
    def dense_input(self, output, embs, repeated):
        return output, repeated, embs


class _StateOnly(_Cho):
    def width(self, embed_size, num_hiddens):
        return num_hiddens

    def dense_input(self, output, embs, repeated):
        return (output,)


class _NoEmbedding(_Cho):
    def width(self, embed_size, num_hiddens):
        return 2 * num_hiddens

    def dense_input(self, output, embs, repeated):
        return output, repeated


class _NoContext(_Cho):
    def width(self, embed_size, num_hiddens):
        return num_hiddens + embed_size

    def dense_input(self, output, embs, repeated):
        return output, embs


def _ChoDecoder(vocab_size, embed_size, num_hiddens):
    return _run(_Cho, vocab_size, embed_size, num_hiddens)


_ORDER = ("All parts reach the output layer, in another order than asked for: first the new state, then the embedding, "
          "then the context.")

ChoDecoder = Exercise(
    _ChoDecoder,
    cases=[(5, 2, 3), (6, 4, 3), (9, 3, 4)],
    mistakes=[
        _STILL_TO_WRITE,
        _AXES,
        (_result_of(_changed(_Cho, lambda scores, state, new: (scores.transpose(0, 1), new))), _TIME_FIRST),
        (_result_of(_changed(_Cho, _reshaped)), _RESHAPED),
        (_result_of(_changed(_Cho, lambda scores, state, new: scores)), _ALONE),
        (_result_of(_changed(_Cho, lambda scores, state, new: (scores, state))),
         "The first call is right; the next one begins where the first began. Make tanh(V′c) once, in `init_state`; "
         "`forward` goes on from the state that comes in, and returns the one that the RNN returns."),
        (_result_of(_changed(_Cho, lambda scores, state, new: (scores.softmax(2), new))), _PROBABILITIES),
        (_result_of(_starting(_Cho, lambda decoder, output, state: (state[-1:], state[-1]))),
         "The decoder starts from the encoder's state, as in the lesson. Here it starts from tanh(V′c), with a matrix "
         "V′ of its own."),
        (_result_of(_starting(_Cho, lambda decoder, output, state: (state[-1:].tanh(), state[-1]))),
         "The first state is tanh(c). The matrix V′ is missing: a layer from `num_hiddens` to `num_hiddens`."),
        (_result_of(_starting(_Cho, lambda decoder, output, state: (decoder.start(state[-1:]), state[-1]))),
         "The first state is V′c. The tanh is missing."),
        (_result_of(_starting(_Cho, lambda decoder, output, state: (decoder.first(state[-1])[0][0], state[-1]))),
         "The first state lacks its first axis, that of the layers: `[None]` makes `(1, batch, num_hiddens)` of it."),
        (_result_of(_starting(_Cho, lambda decoder, output, state: decoder.first(output[-1]))),
         "Your context is `output[-1]`, which a short sentence has read padding for (or has zeros in). The context is "
         "the encoder's `state`, its top layer: `state[-1]`."),
        (_result_of(_starting(_Cho, lambda decoder, output, state: decoder.first(state[0]))),
         "Your context is the encoder's lowest layer. Take the top one: `state[-1]`."),
        (_result_of(_WithBias), "V′ is a matrix and no more: make its layer with `bias=False`."),
        (_result_of(_without_bias(_Cho)), _NO_BIAS),
        (_result_of(_starting(_Cho, lambda decoder, output, state: (decoder.first(state[-1])[0],
                                                                    decoder.first(state[-1])[0][0]))),
         "The first state is right, but the context that every step reads is tanh(V′c) too. It has to be c itself."),
        (_result_of(_changed(_Cho, lambda scores, state, new: (scores, (new[0], new[0][-1])))),
         "The first call is right, the next one reads another context: the running state's. Hand on the context that "
         "came in."),
        *[(_result_of(moving), "Your steps read the running state where they should read the context. The context is "
                               "the encoder's, at every step: it comes with the state, and never moves.")
          for moving in (_ChoMovingContext, _ChoMovingStep)],
        (_result_of(_ContextFirst), "The GRU reads the context first and then the embedding. Put the embedding first."),
        (_result_of(_EmbeddingFirst), _ORDER),
        (_result_of(_ContextBeforeEmbedding), _ORDER),
        (_result_of(_StateOnly), "The output layer reads the new state alone. Embedding and context go there too."),
        (_result_of(_NoEmbedding), "The output layer reads the new state and the context. The embedding is missing."),
        (_result_of(_NoContext), "The output layer reads the new state and the embedding. The context is missing."),
    ],
    start="Write `__init__` first: an embedding, the matrix V′, a GRU and an output layer; then `init_state`, then "
          "`forward`.",
    after="The paper has one thing more, a maxout layer before the softmax. With what lesson 5 teaches you can train "
          "this decoder beside the lesson's, and see whether the wider output layer is worth its weights.",
    call=_run,
)

# ---------------------------------------------------------------- blanks

def _my_teacher_forcing(Y):
    bos = torch.full((len(Y), 1), BOS)  # (batch, 1)
    return torch.cat((bos, Y[:, :-1]), dim=1)  # (batch, num_steps)


def _behind(first, Y):
    return torch.cat((torch.full((len(Y), 1), first), Y), dim=1)


my_teacher_forcing = Blank(
    _my_teacher_forcing,
    cases=[(torch.tensor([[7, 5, EOS, PAD]]),), (torch.tensor([[8, EOS, PAD], [4, 6, EOS]]),),
           (torch.tensor([[EOS]]),)],
    mistakes=[
        (lambda Y: Y, "Each step is handed the very word that it is asked for, so the decoder would learn to copy. Put "
                      "`<bos>` in front, and let the last column fall off."),
        (lambda Y: _behind(BOS, Y), "There is a column too many: when `<bos>` is put in front, the last column has to "
                                    "fall off, `Y[:, :-1]`."),
        (lambda Y: _behind(BOS, Y[:, 1:]), "The first column of `Y` has fallen off, and it should be the last one: "
                                           "`Y[:, :-1]`."),
        (lambda Y: Y.roll(1, dims=1), "The last column came back in front. There has to be `<bos>`."),
        (lambda Y: torch.cat((Y[:, 1:], torch.full((len(Y), 1), BOS)), dim=1),
         "You moved the words to the left, so each step is handed a word that is not written yet. Move them to the "
         "right, with `<bos>` in front."),
        (lambda Y: _behind(EOS, Y[:, :-1]), "In front there is `<eos>`, and there should be `<bos>`."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the column of `<bos>`: "
          "`torch.full((len(Y), 1), BOS)`.",
    after="The decoder is handed the truth, one step late.",
)


def _run_when_written(make, *sizes):
    result = _run(make, *sizes)
    if isinstance(result, str) and result == NOT_WRITTEN:
        raise NotImplementedError
    return result


def _MyDecoder(vocab_size, embed_size, num_hiddens, num_layers):
    return _run(_EveryStep, vocab_size, embed_size, num_hiddens, num_layers)


MyDecoder = Blank(
    _MyDecoder,
    cases=[(5, 2, 3, 1), (6, 3, 4, 2), (9, 4, 2, 3)],
    mistakes=[
        (_result_of(_changed(_EveryStep, lambda scores, state, new: (scores.transpose(0, 1), new))), _TIME_FIRST),
        (_result_of(_changed(_EveryStep, _reshaped)), _RESHAPED),
        (_result_of(_changed(_EveryStep, lambda scores, state, new: scores)), _ALONE),
        (_result_of(_changed(_EveryStep, lambda scores, state, new: (scores, state))), _OLD_STATE),
        (_result_of(_changed(_EveryStep, lambda scores, state, new: (scores.softmax(2), new))), _PROBABILITIES),
        (_result_of(_MovingContext), "The first call is right, the next one is not: its context is the top layer of a "
                                     "state that runs. Read the context that came in, and hand that one on."),
        _AXES,
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the embeddings of `X.T`, "
          "`(num_steps, batch, embed_size)`.",
    after="It reads the context at every step, and leaves it alone.",
    call=_run_when_written, piece=_EveryStep,
)


class _Joint(nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, X, dec_input, X_valid_len):
        state = self.decoder.init_state(self.encoder(X, X_valid_len))
        return self.decoder(dec_input, state)


def _joined(make, encoder, decoder):
    """Join an encoder and a decoder, and run them on three padded sentences."""
    net = make(encoder, decoder)
    if not isinstance(net, nn.Module):
        return net
    X, dec_input = (9 * _random(3, 5)).long(), (8 * _random(3, 4)).long()
    with torch.no_grad():
        return net(X, dec_input, torch.tensor([5, 2, 3]))


def _MySeq2Seq(encoder, decoder):
    return _joined(_Joint, encoder, decoder)


def _joined_by(forward):
    """Return a mistake: a model with another `forward`."""
    return lambda encoder, decoder: _joined(type("Wrong", (_Joint,), {"forward": forward}), encoder, decoder)


def _halves(num_layers):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(num_layers)
        return Encoder(9, 2, 3, num_layers), Decoder(8, 2, 3, num_layers)


MySeq2Seq = Blank(
    _MySeq2Seq,
    cases=[_halves(1), _halves(2)],
    mistakes=[
        (_joined_by(lambda self, X, dec_input, X_valid_len: self.decoder(dec_input, self.decoder.init_state(
            self.encoder(X)))),
         "The encoder reads the padding too. Hand it the valid lengths: `self.encoder(X, X_valid_len)`."),
        (_joined_by(lambda self, X, dec_input, X_valid_len: self.decoder(dec_input, self.decoder.init_state(
            self.encoder(X, X_valid_len)))[0]),
         "You return the scores alone. Return both, the scores and the decoder's new state."),
        (_joined_by(lambda self, X, dec_input, X_valid_len: self.decoder(X.clamp(max=7), self.decoder.init_state(
            self.encoder(X, X_valid_len)))),
         "The decoder reads the English. It has to read `dec_input`, the answer moved on by one step."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with what the encoder makes of `X`.",
    after="That is all there is to it: read, hand over, write.",
    call=_joined, piece=_Joint,
)


EXERCISES = (asked_for, SutskeverDecoder, ChoDecoder)
BLANKS = (my_teacher_forcing, MyDecoder, MySeq2Seq)
