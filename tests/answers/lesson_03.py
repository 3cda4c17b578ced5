"""Answers to the exercises of lesson 03."""

import torch
from torch import nn

from . import UNNAMED, right, wrong

# ---------------------------------------------------------------- asked_for


@right
def asked_for(tokens):
    steps = ["<bos>"] + tokens + ["<eos>"]
    return [(steps[i], steps[i + 1]) for i in range(len(tokens) + 1)]


@right
def asked_for(tokens):
    pairs, before = [], "<bos>"
    for token in tokens:
        pairs.append((before, token))
        before = token
    pairs.append((before, "<eos>"))
    return pairs


@wrong("The last step is missing. When the last token")
def asked_for(tokens):
    return list(zip(["<bos>", *tokens], tokens))


@wrong("The first step is missing. `<bos>` goes in")
def asked_for(tokens):
    return list(zip(tokens, [*tokens[1:], "<eos>"]))


@wrong("Each step is handed the very token that it is")
def asked_for(tokens):
    return list(zip(["<bos>", *tokens, "<eos>"], ["<bos>", *tokens, "<eos>"]))


@wrong("Each step is handed the very token that it is")
def asked_for(tokens):
    return [(token, token) for token in tokens]


@wrong("Each pair is the wrong way round: first what")
def asked_for(tokens):
    return list(zip([*tokens, "<eos>"], ["<bos>", *tokens]))


@wrong("There is a step too many. A sentence by")
def asked_for(tokens):
    return list(zip(["<bos>", *tokens, "<eos>"], [*tokens, "<eos>", "<pad>"]))


@wrong(UNNAMED)
def asked_for(tokens):
    return list(map(list, zip(["<bos>", *tokens], [*tokens, "<eos>"])))[::-1]


@wrong("is a zip, and a list of length 4")
def asked_for(tokens):
    return zip(["<bos>", *tokens], [*tokens, "<eos>"])


@wrong("These are the right two lists. Now pair them")
def asked_for(tokens):
    return ["<bos>", *tokens], [*tokens, "<eos>"]


@wrong("is a dict of length 4, and a list of length 4")
def asked_for(tokens):
    return dict(zip(["<bos>", *tokens], [*tokens, "<eos>"]))


@wrong("What goes in first is `<bos>`, the sign of")
def asked_for(tokens):
    return list(zip(["<eos>", *tokens], [*tokens, "<eos>"]))


@wrong("Each step is handed the very token that it is")
def asked_for(tokens):
    return list(zip(["<bos>", *tokens], ["<bos>", *tokens]))


# ---------------------------------------------------------------- SutskeverDecoder

class Sutskever(nn.Module):
    """What is meant."""

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


@right
class SutskeverDecoder(nn.Module):
    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
        super().__init__()
        self.emb = nn.Embedding(vocab_size, embed_size)
        self.gru = nn.GRU(embed_size, num_hiddens, num_layers, batch_first=True)
        self.out = nn.Linear(num_hiddens, vocab_size)

    def init_state(self, enc_outputs):
        _, state = enc_outputs
        return state.clone()

    def forward(self, X, state):
        output, new = self.gru(self.emb(X), state)
        return self.out(output), new


@right
class SutskeverDecoder(nn.Module):
    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
        super().__init__()
        self.rnn = nn.GRU(embed_size, num_hiddens, num_layers)
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.dense = nn.Linear(num_hiddens, vocab_size)

    def init_state(self, enc_outputs):
        return enc_outputs[-1]

    def forward(self, X, state):
        outputs = []
        for x in self.embedding(X).transpose(0, 1):
            output, state = self.rnn(x[None], state)
            outputs.append(self.dense(output[0]))
        return torch.stack(outputs, dim=1), state


@right
class SutskeverDecoder(nn.Module):
    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
        super().__init__()
        self.layers = nn.ModuleDict({"a": nn.Embedding(vocab_size, embed_size),
                                     "b": nn.GRU(embed_size, num_hiddens, num_layers=num_layers),
                                     "c": nn.Linear(num_hiddens, vocab_size)})

    def init_state(self, enc_outputs):
        output, state = enc_outputs
        return state

    def forward(self, X, state):
        embs = self.layers["a"](X).permute(1, 0, 2)
        output, state = self.layers["b"](embs, state)
        return self.layers["c"](output).transpose(0, 1), state


@wrong(UNNAMED)
class SutskeverDecoder(Sutskever):
    def forward(self, X, state):
        output, state = self.rnn(self.embedding(X), state[:, :1].expand(-1, X.shape[1], -1).contiguous())
        return self.dense(output), state


@wrong("`X` is `(batch, num_steps)`, and the GRU")
class SutskeverDecoder(Sutskever):
    def forward(self, X, state):
        output, state = self.rnn(self.embedding(X), state)
        return self.dense(output), state


@wrong("Your scores have time first: `(num_steps")
class SutskeverDecoder(Sutskever):
    def forward(self, X, state):
        output, state = self.rnn(self.embedding(X.T), state)
        return self.dense(output), state


@wrong("The decoder starts from zeros, so nothing of")
class SutskeverDecoder(Sutskever):
    def forward(self, X, state):
        output, state = self.rnn(self.embedding(X.T))
        return self.dense(output).permute(1, 0, 2), state


@wrong("The first call is right; the next one begins")
class SutskeverDecoder(Sutskever):
    def forward(self, X, state):
        output, _ = self.rnn(self.embedding(X.T), state)
        return self.dense(output).permute(1, 0, 2), state


@wrong("The first state is taken from the encoder's")
class SutskeverDecoder(Sutskever):
    def init_state(self, enc_outputs):
        return enc_outputs[0]


@wrong("The first state is the encoder's top layer")
class SutskeverDecoder(Sutskever):
    def init_state(self, enc_outputs):
        return enc_outputs[1][-1:]


@wrong("The first state is the encoder's top layer")
class SutskeverDecoder(Sutskever):
    def init_state(self, enc_outputs):
        return enc_outputs[1][-1:].expand_as(enc_outputs[1]).contiguous()


@wrong("The first state is taken from the encoder's")
class SutskeverDecoder(Sutskever):
    def init_state(self, enc_outputs):
        output, state = enc_outputs
        return output[-1:].expand(len(state), -1, -1).contiguous()


@right
class SutskeverDecoder(Sutskever):
    def init_state(self, enc_outputs):
        return enc_outputs

    def forward(self, X, state):
        return super().forward(X, state[1] if isinstance(state, tuple) else state)


@wrong("This is the design of the lesson: its GRU")
class SutskeverDecoder(nn.Module):
    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.rnn = nn.GRU(embed_size + num_hiddens, num_hiddens, num_layers)
        self.dense = nn.Linear(num_hiddens, vocab_size)

    def init_state(self, enc_outputs):
        return enc_outputs[1], enc_outputs[1][-1]

    def forward(self, X, state):
        hidden, context = state
        embs = self.embedding(X.T)
        output, hidden = self.rnn(torch.cat((embs, context.expand(len(embs), -1, -1)), dim=2), hidden)
        return self.dense(output).permute(1, 0, 2), (hidden, context)


@wrong("The GRU reads the top layer of the running")
class SutskeverDecoder(Sutskever):
    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
        super().__init__(vocab_size, embed_size, num_hiddens, num_layers)
        self.rnn = nn.GRU(embed_size + num_hiddens, num_hiddens, num_layers)

    def forward(self, X, state):
        embs = self.embedding(X.T)
        output, state = self.rnn(torch.cat((embs, state[-1].expand(len(embs), -1, -1)), dim=2), state)
        return self.dense(output).permute(1, 0, 2), state


@wrong("These are probabilities. Return the scores")
class SutskeverDecoder(Sutskever):
    def forward(self, X, state):
        scores, state = super().forward(X, state)
        return scores.softmax(dim=2), state


@wrong("`forward` returns one thing. It has to return")
class SutskeverDecoder(Sutskever):
    def forward(self, X, state):
        return super().forward(X, state)[0]


@wrong("is a tensor of shape (3, 5) and type float32")
class SutskeverDecoder(Sutskever):
    def forward(self, X, state):
        output, state = self.rnn(self.embedding(X.T), state)
        return self.dense(output[-1]), state


@wrong("is a tensor of shape (3, 1, 5) and type float32")
class SutskeverDecoder(Sutskever):
    def forward(self, X, state):
        output, state = self.rnn(self.embedding(X.T), state)
        return self.dense(state).permute(1, 0, 2), state


@wrong("Your GRU has one layer, whatever `num_layers`")
class SutskeverDecoder(Sutskever):
    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
        super().__init__(vocab_size, embed_size, num_hiddens, 1)

    def init_state(self, enc_outputs):
        return enc_outputs[1][-1:]


@wrong("raised AttributeError: cannot assign module before Module.__ini")
class SutskeverDecoder(Sutskever):
    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
        self.embedding = nn.Embedding(vocab_size, embed_size)


@wrong("Your recurrent layer is an `nn.RNN`. A GRU is")
class SutskeverDecoder(Sutskever):
    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
        super().__init__(vocab_size, embed_size, num_hiddens, num_layers)
        self.rnn = nn.RNN(embed_size, num_hiddens, num_layers)


@wrong("Your scores have the right shape, with the")
class SutskeverDecoder(Sutskever):
    def forward(self, X, state):
        output, state = self.rnn(self.embedding(X.T), state)
        return self.dense(output).reshape(*X.shape, -1), state


@wrong("You `reshape` `X`, or `view` it, and so words")
class SutskeverDecoder(Sutskever):
    def forward(self, X, state):
        output, state = self.rnn(self.embedding(X.reshape(X.shape[1], X.shape[0])), state)
        return self.dense(output).permute(1, 0, 2), state


@wrong("The first call is right; the next one begins")
class SutskeverDecoder(Sutskever):
    def init_state(self, enc_outputs):
        self.state = enc_outputs[1]
        return self.state

    def forward(self, X, state):
        output, _ = self.rnn(self.embedding(X.T), self.state)
        return self.dense(output).permute(1, 0, 2), self.state


# ---------------------------------------------------------------- ChoDecoder

class Cho(nn.Module):
    """What is meant."""

    def __init__(self, vocab_size, embed_size, num_hiddens):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.start = nn.Linear(num_hiddens, num_hiddens, bias=False)
        self.rnn = nn.GRU(embed_size + num_hiddens, num_hiddens)
        self.dense = nn.Linear(num_hiddens + embed_size + num_hiddens, vocab_size)

    def init_state(self, enc_outputs):
        context = enc_outputs[1][-1]
        return torch.tanh(self.start(context))[None], context

    def forward(self, X, state):
        hidden, context = state
        embs = self.embedding(X.T)
        repeated = context.expand(len(embs), -1, -1)
        output, hidden = self.rnn(torch.cat((embs, repeated), dim=2), hidden)
        return self.dense(torch.cat((output, embs, repeated), dim=2)).permute(1, 0, 2), (hidden, context)


@right
class ChoDecoder(nn.Module):
    """V' as a parameter."""

    def __init__(self, vocab_size, embed_size, num_hiddens):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.V = nn.Parameter(torch.randn(num_hiddens, num_hiddens))
        self.rnn = nn.GRU(embed_size + num_hiddens, num_hiddens)
        self.dense = nn.Linear(num_hiddens + embed_size + num_hiddens, vocab_size)

    def init_state(self, enc_outputs):
        context = enc_outputs[1][-1]
        return torch.tanh(context @ self.V)[None], context

    forward = Cho.forward


@right
class ChoDecoder(nn.Module):
    """Batch first."""

    def __init__(self, vocab_size, embed_size, num_hiddens):
        super().__init__()
        self.v = nn.Linear(num_hiddens, num_hiddens, bias=False)
        self.gru = nn.GRU(embed_size + num_hiddens, num_hiddens, batch_first=True)
        self.out = nn.Linear(2 * num_hiddens + embed_size, vocab_size)
        self.emb = nn.Embedding(vocab_size, embed_size)

    def init_state(self, enc_outputs):
        _, state = enc_outputs
        return self.v(state[-1]).tanh().unsqueeze(0), state[-1]

    def forward(self, X, state):
        h, c = state
        e = self.emb(X)
        many = c.unsqueeze(1).repeat(1, X.shape[1], 1)
        o, h = self.gru(torch.cat([e, many], dim=-1), h)
        return self.out(torch.cat([o, e, many], dim=-1)), (h, c)


@wrong("The first call is right, the next one reads")
class ChoDecoder(Cho):
    def forward(self, X, state):
        scores, (hidden, _) = super().forward(X, state)
        return scores, (hidden, hidden[-1])


@wrong("Your steps read the running state where they")
class ChoDecoder(Cho):
    def forward(self, X, state):
        hidden, context = state
        scores = []
        for i in range(X.shape[1]):
            one, (hidden, _) = super().forward(X[:, i:i + 1], (hidden, hidden[-1]))
            scores.append(one)
        return torch.cat(scores, dim=1), (hidden, context)


@wrong("Your context is `output[-1]`, which a short")
class ChoDecoder(Cho):
    def init_state(self, enc_outputs):
        context = enc_outputs[0][-1]
        return torch.tanh(self.start(context))[None], context


@wrong("Your context is the encoder's lowest layer")
class ChoDecoder(Cho):
    def init_state(self, enc_outputs):
        context = enc_outputs[1][0]
        return torch.tanh(self.start(context))[None], context


@wrong("The first state is V′c. The tanh is missing.")
class ChoDecoder(Cho):
    def init_state(self, enc_outputs):
        context = enc_outputs[1][-1]
        return self.start(context)[None], context


@wrong("The decoder starts from the encoder's state")
class ChoDecoder(Cho):
    def init_state(self, enc_outputs):
        return enc_outputs[1][-1:], enc_outputs[1][-1]


@wrong("The first state lacks its first axis, that of")
class ChoDecoder(Cho):
    def init_state(self, enc_outputs):
        context = enc_outputs[1][-1]
        return torch.tanh(self.start(context)), context


@wrong("V′ is a matrix and no more: make its layer")
class ChoDecoder(Cho):
    def __init__(self, vocab_size, embed_size, num_hiddens):
        super().__init__(vocab_size, embed_size, num_hiddens)
        self.start = nn.Linear(num_hiddens, num_hiddens)


@wrong("The output layer reads the new state alone")
class ChoDecoder(Cho):
    def __init__(self, vocab_size, embed_size, num_hiddens):
        super().__init__(vocab_size, embed_size, num_hiddens)
        self.dense = nn.Linear(num_hiddens, vocab_size)

    def forward(self, X, state):
        hidden, context = state
        embs = self.embedding(X.T)
        output, hidden = self.rnn(torch.cat((embs, context.expand(len(embs), -1, -1)), dim=2), hidden)
        return self.dense(output).permute(1, 0, 2), (hidden, context)


@wrong("All parts reach the output layer, in another")
class ChoDecoder(Cho):
    def forward(self, X, state):
        hidden, context = state
        embs = self.embedding(X.T)
        repeated = context.expand(len(embs), -1, -1)
        output, hidden = self.rnn(torch.cat((embs, repeated), dim=2), hidden)
        return self.dense(torch.cat((output, repeated, embs), dim=2)).permute(1, 0, 2), (hidden, context)


@wrong("The GRU reads the context first and then the")
class ChoDecoder(Cho):
    def forward(self, X, state):
        hidden, context = state
        embs = self.embedding(X.T)
        repeated = context.expand(len(embs), -1, -1)
        output, hidden = self.rnn(torch.cat((repeated, embs), dim=2), hidden)
        return self.dense(torch.cat((output, embs, repeated), dim=2)).permute(1, 0, 2), (hidden, context)


@wrong("The first state is right, but the context")
class ChoDecoder(Cho):
    def init_state(self, enc_outputs):
        hidden = torch.tanh(self.start(enc_outputs[1][-1]))
        return hidden[None], hidden


@wrong("The first call is right; the next one begins")
class ChoDecoder(Cho):
    def forward(self, X, state):
        return super().forward(X, state)[0], state


@wrong("Your scores have time first: `(num_steps")
class ChoDecoder(Cho):
    def forward(self, X, state):
        scores, state = super().forward(X, state)
        return scores.permute(1, 0, 2), state


@wrong("The output layer has no bias. Here it has")
class ChoDecoder(Cho):
    def __init__(self, vocab_size, embed_size, num_hiddens):
        super().__init__(vocab_size, embed_size, num_hiddens)
        self.dense = nn.Linear(num_hiddens + embed_size + num_hiddens, vocab_size, bias=False)
