"""The checks of lesson 02, the encoder."""

import torch
from torch import nn

from .blank import Blank
from .runner import Exercise

# ---------------------------------------------------------------- blank: a step of a GRU

def _gru_step(x, h, W, U):
    x_r, x_z, x_n = (x @ W.T).chunk(3, dim=-1)
    h_r, h_z, h_n = (h @ U.T).chunk(3, dim=-1)
    r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
    n = (x_n + r * h_n).tanh()
    return (1 - z) * n + z * h


def _step_with(gate=torch.sigmoid, squeeze=torch.tanh, candidate=lambda x_n, r, h_n: x_n + r * h_n, order=(0, 1, 2),
               mix=lambda n, z, h: (1 - z) * n + z * h):
    """Return a mistake: the step with other settings."""
    def step(x, h, W, U):
        x_parts, h_parts = (x @ W.T).chunk(3, dim=-1), (h @ U.T).chunk(3, dim=-1)
        x_r, x_z, x_n = (x_parts[i] for i in order)
        h_r, h_z, h_n = (h_parts[i] for i in order)
        r, z = gate(x_r + h_r), gate(x_z + h_z)
        return mix(squeeze(candidate(x_n, r, h_n)), z, h)
    return step


def _reset_before(x, h, W, U):
    r, z = ((x @ W.T + h @ U.T)[..., i * h.shape[-1]:(i + 1) * h.shape[-1]].sigmoid() for i in (0, 1))
    n = (x @ W.chunk(3)[2].T + (r * h) @ U.chunk(3)[2].T).tanh()
    return (1 - z) * n + z * h


def _numbers(*shape):
    """Return numbers from -1 to 1 that depend on the shape alone."""
    return 2 * torch.rand(shape, generator=torch.Generator().manual_seed(sum(shape))) - 1


gru_step = Blank(
    _gru_step,
    cases=[(_numbers(2), _numbers(3), _numbers(9, 2), _numbers(9, 3)),
           (_numbers(2, 3), _numbers(2, 4), 2 * _numbers(12, 3), 2 * _numbers(12, 4))],
    mistakes=[
        (_step_with(mix=lambda n, z, h: z * n + (1 - z) * h),
         "Your update gate is the wrong way round. Where `z` is 1 the old state stays: `(1 - z) * n + z * h`."),
        (_step_with(mix=lambda n, z, h: n),
         "This is the candidate. The new state mixes it with the old one: `z` says how much of `h` stays."),
        (_step_with(mix=lambda n, z, h: n + z * h),
         "You add the whole candidate. Where a share `z` of the old state stays, `1 - z` of the candidate comes in."),
        (_step_with(candidate=lambda x_n, r, h_n: x_n + h_n),
         "Your reset gate does nothing. The candidate is `tanh` of `x_n + r * h_n`."),
        (_step_with(candidate=lambda x_n, r, h_n: r * (x_n + h_n)),
         "Your reset gate scales the token, too. It acts on what comes from the old state alone: `x_n + r * h_n`."),
        (_reset_before,
         "Your reset gate acts before the product, as in the paper. PyTorch's acts after it: `r * h_n`."),
        (_step_with(order=(1, 0, 2)),
         "You have the reset and the update gate swapped. `r` is made of `x_r` and `h_r`, `z` of `x_z` and `h_z`."),
        (_step_with(squeeze=torch.sigmoid),
         "Your candidate goes through the sigmoid. That is for the gates; the candidate takes `tanh`, and may be "
         "negative."),
        (_step_with(squeeze=lambda a: a), "Your candidate lacks its `tanh`."),
        (_step_with(gate=lambda a: a),
         "Your gates lack the sigmoid. Without it they are no shares: they may be negative, or more than 1."),
        (_step_with(gate=torch.tanh),
         "Your gates go through `tanh`, so they may be negative. A gate is a share, from 0 to 1: `.sigmoid()`."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with `r`: the sigmoid of `x_r + h_r`.",
    after="Four formulas, and it reads one vector or a whole batch of them.",
)


# ---------------------------------------------------------------- blank: the encoder

class _Encoder(nn.Module):
    def __init__(self, vocab_size, embed_size, num_hiddens, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embed_size)
        self.rnn = nn.GRU(embed_size, num_hiddens, num_layers)

    def forward(self, X):
        embs = self.embedding(X.T)
        output, state = self.rnn(embs)
        return output, state


_Encoder.__name__ = _Encoder.__qualname__ = "MyEncoder"  # as the lesson calls it: `print` shows it


def _fill(net):
    """Give a net weights that depend on their shapes alone, and return it."""
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(_numbers(*parameter.shape))
    return net


def _encode(make, vocab_size, embed_size, num_hiddens, num_layers):
    """Make an encoder, give it known weights, and let it read three sentences of five steps."""
    encoder = make(vocab_size, embed_size, num_hiddens, num_layers)
    if not isinstance(encoder, nn.Module):
        return encoder
    X = torch.arange(15).reshape(3, 5) ** 2 % vocab_size
    with torch.no_grad():
        result = _fill(encoder)(X)
    pair = isinstance(result, (list, tuple)) and len(result) == 2
    return {"output": result[0], "state": result[1]} if pair else result


def _MyEncoder(vocab_size, embed_size, num_hiddens, num_layers):
    return _encode(_Encoder, vocab_size, embed_size, num_hiddens, num_layers)


def _returning(change, embed=lambda embedding, X: embedding(X.T)):
    """Return a mistake: an encoder that returns `change(output, state)`."""
    class Other(_Encoder):
        def forward(self, X):
            return change(*self.rnn(embed(self.embedding, X)))
    return lambda *sizes: _encode(Other, *sizes)


def _both(output, state):
    return output, state


_ONE_THING = "`forward` returns one thing. It has to return two, as the GRU does: `output` and `state`."

MyEncoder = Blank(
    _MyEncoder,
    cases=[(9, 2, 3, 1), (7, 3, 4, 2)],
    mistakes=[
        (_returning(_both, lambda embedding, X: embedding(X)),
         "Your GRU takes sentences for steps. `X` is `(batch, num_steps)`, and time comes first: look up the "
         "embeddings of `X.T`."),
        (_returning(_both, lambda embedding, X: embedding(X).reshape(X.shape[1], X.shape[0], -1)),
         "The shapes are right, but `reshape` and `view` move words from one sentence to another. To swap two axes, "
         "use `X.T` or `permute`."),
        (_returning(lambda output, state: (state, output)),
         "You return the two the other way round: first `output`, then `state`."),
        (_returning(lambda output, state: state), _ONE_THING),
        (_returning(lambda output, state: output), _ONE_THING),
        (_returning(lambda output, state: state[-1]), _ONE_THING + " (The context is taken from `state` later.)"),
        (_returning(lambda output, state: (output, state[-1])),
         "Your second is the context, the top layer alone. Return the whole `state`, which has every layer."),
        (_returning(lambda output, state: (output[-1], state)),
         "Your `output` is that of the last step alone. Return it whole, with every step."),
        (_returning(lambda output, state: (output.permute(1, 0, 2), state)),
         "Your `output` has the batch first. Leave it as the GRU returns it: `(num_steps, batch, num_hiddens)`."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with `embs`: the embeddings of `X.T`.",
    after="This is the whole encoder.",
    call=_encode,
    piece=_Encoder,
)


# ---------------------------------------------------------------- blank: a context without padding

def _packed_context(encoder, X, valid_len):
    embs = encoder.embedding(X.T)
    packed = nn.utils.rnn.pack_padded_sequence(embs, valid_len, enforce_sorted=False)
    _, state = encoder.rnn(packed)
    return state[-1]


def _read(encoder, X, valid_len):
    """Return output and state of a packed batch."""
    packed = nn.utils.rnn.pack_padded_sequence(encoder.embedding(X.T), valid_len, enforce_sorted=False)
    output, state = encoder.rnn(packed)
    return nn.utils.rnn.pad_packed_sequence(output, total_length=X.shape[1])[0], state


def _an_encoder(*sizes):
    return _fill(_Encoder(*sizes)).requires_grad_(False)


packed_context = Blank(
    _packed_context,
    cases=[(_an_encoder(9, 2, 3, 2), torch.tensor([[4, 5, 3], [6, 3, 1]]), torch.tensor([3, 2])),
           (_an_encoder(7, 3, 2, 1), torch.tensor([[4, 3, 1, 1], [5, 6, 5, 3], [6, 4, 3, 1]]),
            torch.tensor([2, 4, 3]))],
    mistakes=[
        (lambda encoder, X, valid_len: encoder(X)[1][-1],
         "This has read the padding as words: `encoder.rnn` got `embs`. Give it what `pack_padded_sequence` returns."),
        (lambda encoder, X, valid_len: _read(encoder, X, valid_len)[1],
         "This is the state of every layer. The context is the top layer's: `state[-1]`."),
        (lambda encoder, X, valid_len: _read(encoder, X, valid_len)[1][0],
         "This is the bottom layer's state. The top layer is the last: `state[-1]`."),
        (lambda encoder, X, valid_len: _read(encoder, X, valid_len)[0][-1],
         "This is the end of `output`, which is zero for a sentence that is over. Take the context from `state`."),
        (lambda encoder, X, valid_len: _read(encoder, X, valid_len - 1)[1][-1],
         "This stops one token too early, before `<eos>`, which is a real token. Pass `valid_len` as it is."),
        (lambda encoder, X, valid_len: _packed_context(encoder, X, valid_len)[valid_len.argsort(descending=True)],
         "The contexts are the right ones, but they go from the longest sentence to the shortest. Keep the order of "
         "the batch: with `enforce_sorted=False` nothing needs to be sorted."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with `embs` and `packed`, made as in the cell above.",
    after="No padding can change this context any more.",
)


# ---------------------------------------------------------------- warm-up: shapes


def _encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
    return (num_steps, batch, embed_size), (num_steps, batch, num_hiddens), (num_layers, batch, num_hiddens)


def _with_state(state):
    """Return a mistake: the right shapes, but for that of the state."""
    def shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
        embs, output, _ = _encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers)
        return embs, output, state(batch, num_steps, num_hiddens, num_layers)
    return shapes


def _with_output(output):
    """Return a mistake: the right shapes, but for that of the output."""
    def shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
        embs, _, state = _encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers)
        return embs, output(batch, num_steps, embed_size, num_hiddens, num_layers), state
    return shapes


_BATCH_FIRST = "You have `batch` first where time comes first: the encoder reads `X.T`, so begin with `num_steps`."
_SWAPPED = "Your `state` has batch and layers swapped. Its first axis says which layer, as in `state[-1]`."

encoder_shapes = Exercise(
    _encoder_shapes,
    cases=[(4, 5, 8, 16, 2), (1, 7, 3, 2, 1), (32, 20, 64, 128, 3)],
    mistakes=[
        (lambda batch, num_steps, embed_size, num_hiddens, num_layers:
         ((batch, num_steps, embed_size), (batch, num_steps, num_hiddens), (num_layers, batch, num_hiddens)),
         _BATCH_FIRST),
        (lambda batch, num_steps, embed_size, num_hiddens, num_layers:
         ((batch, num_steps, embed_size), (num_steps, batch, num_hiddens), (num_layers, batch, num_hiddens)),
         _BATCH_FIRST),
        (_with_output(lambda batch, num_steps, embed_size, num_hiddens, num_layers: (batch, num_steps, num_hiddens)),
         _BATCH_FIRST),
        (lambda batch, num_steps, embed_size, num_hiddens, num_layers:
         ((batch, num_steps, embed_size), (batch, num_steps, num_hiddens), (batch, num_layers, num_hiddens)),
         _BATCH_FIRST + " The first axis of `state` is `num_layers`."),
        (_with_state(lambda batch, num_steps, num_hiddens, num_layers: (batch, num_layers, num_hiddens)), _SWAPPED),
        (_with_state(lambda batch, num_steps, num_hiddens, num_layers: (batch, num_hiddens)),
         "Your `state` is that of one layer, the context. `state` has every layer: one more axis, at the front."),
        (_with_state(lambda batch, num_steps, num_hiddens, num_layers: (1, batch, num_hiddens)),
         "Your `state` has room for one layer only. Its first axis is `num_layers`."),
        (_with_state(lambda batch, num_steps, num_hiddens, num_layers: (num_steps, batch, num_hiddens)),
         "Your `state` has an entry for every step. That is `output`; `state` is what is left after the last step, "
         "for every layer."),
        (_with_state(lambda batch, num_steps, num_hiddens, num_layers: (num_layers, num_steps, num_hiddens)),
         "Your `state` has `num_steps` where the batch belongs: each sentence has its own state, and only the last "
         "step is kept."),
        (_with_output(lambda batch, num_steps, embed_size, num_hiddens, num_layers:
                      (num_steps, batch, num_layers * num_hiddens)),
         "Your `output` has the numbers of all layers. It has those of the top layer only."),
        (_with_output(lambda batch, num_steps, embed_size, num_hiddens, num_layers: (num_steps, batch, embed_size)),
         "Your `output` is as wide as the embedding. Its vectors are states: `num_hiddens` numbers."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with `embs`: which axis comes first?",
    after="Make an `Encoder` of some sizes and compare: `output, state = Encoder(10, 8, 16, 2)(X)` for any `X` of ids "
          "below 10.",
)


# ---------------------------------------------------------------- core: the last real state

def _last_states(output, valid_len):
    return torch.stack([output[n - 1, i] for i, n in enumerate(valid_len.tolist())])


def _real(output, valid_len):
    """Return 1.0 at real steps and 0.0 behind, `(num_steps, batch, 1)`."""
    return (torch.arange(len(output))[:, None] < valid_len)[:, :, None].float()


def _rows(output):
    return torch.arange(output.shape[1])


_cells = torch.stack([torch.arange(4.0)[:, None].expand(4, 3), torch.arange(3.0).expand(4, 3)], dim=2)
_generator = torch.Generator().manual_seed(0)

last_states = Exercise(
    _last_states,
    # Row i of step t is (t, i) in the first case. No sentence fills all steps, or is longer than there are sentences:
    # so that the slips below return something and can be recognised.
    cases=[(_cells, torch.tensor([3, 1, 2]))] + [
        (torch.rand(num_steps, len(valid_len), 4, generator=_generator), torch.tensor(valid_len))
        for num_steps, valid_len in [(5, [2, 4, 1, 3]), (3, [1, 2]), (9, [5, 5, 4, 3, 1]), (2, [1])]],
    mistakes=[
        (lambda output, valid_len: output[-1],
         "This is `output[-1]`, the state after the last step. For a short sentence that step is padding."),
        (lambda output, valid_len: output[valid_len, _rows(output)],
         "This is one step too late, the state after the first `<pad>`. Steps are counted from 0: the last real one "
         "is `valid_len - 1`."),
        (lambda output, valid_len: output[valid_len - 2, _rows(output)],
         "This is one step too early, the state before `<eos>` was read. `<eos>` is a real token, and `valid_len` "
         "counts it."),
        (lambda output, valid_len: output[valid_len - 1],
         "You take, for each valid length, that step of *all* sentences. Say which sentence as well: a second index, "
         "`torch.arange(batch)`."),
        (lambda output, valid_len: output[_rows(output), valid_len - 1],
         "You have steps and sentences swapped. The first axis of `output` is `num_steps`, the second `batch`."),
        (lambda output, valid_len: output[valid_len - 1, 0],
         "All your states come from the first sentence. Each sentence has its own column: `output[n - 1, i]`."),
        (lambda output, valid_len: output[int(valid_len.max()) - 1],
         "You take one step for all sentences, the last of the longest. Each sentence has its own last step."),
        (lambda output, valid_len: output[int(valid_len[0]) - 1],
         "You take one step for all sentences, the last of the first one. Each sentence has its own last step."),
        (lambda output, valid_len: output[0],
         "This is the state after the first step. The state wanted has read the whole sentence."),
        (lambda output, valid_len: output.amax(dim=0),
         "This is the largest value over all steps, number by number. Take the state after the last real step as it "
         "is."),
        (lambda output, valid_len: _last_states(output, valid_len)[valid_len.argsort(descending=True)],
         "The states are the right ones, in another order: yours go from the longest sentence to the shortest. Keep "
         "the order of the batch."),
        (lambda output, valid_len: (output * _real(output, valid_len))[-1],
         "You set the steps of padding to zero and then take the last step, so a short sentence has zeros. Take its "
         "last real step instead."),
        (lambda output, valid_len: (output * _real(output, valid_len)).sum(dim=0),
         "This is the sum of all real states. Take the last real one alone."),
        (lambda output, valid_len: (output * _real(output, valid_len)).sum(dim=0) / valid_len[:, None],
         "This is the mean of the real states. That is a `q` too, but the context is the last real state."),
        (lambda output, valid_len: output.mean(dim=0),
         "This is the mean over all steps, padding included. Take the last real state."),
        (lambda output, valid_len: _last_states(output, valid_len)[None],
         "The states are the right ones, but there is an axis too many: the result is `(batch, num_hiddens)`."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the first sentence: at which step is its "
          "`<eos>`?",
    after="It gives the same context as packing, for a net that reads from left to right. What would go wrong if a "
          "second net read the batch from right to left?",
)


# ---------------------------------------------------------------- stretch: a GRU that stops in time

def _masked_gru(embs, valid_len, W, U):
    return _run(embs, valid_len, W, U)


def _run(embs, valid_len, W, U, *, stop=0, gate="after", swap=False, order=(0, 1, 2), hold=True, zero=True,
         blank=False):
    """The answer, and with other settings the mistakes: step by step and sentence by sentence."""
    num_steps, batch, num_hiddens = *embs.shape[:2], U.shape[1]
    output, state = torch.zeros(num_steps, batch, num_hiddens), torch.zeros(1, batch, num_hiddens)
    for i, n in enumerate(valid_len.tolist()):
        h = torch.zeros(num_hiddens)
        for t in range(num_steps):
            real = t < n + stop
            if real or not hold:
                h = _step(embs[t, i] * (real or not blank), h, W, U, gate, swap, order)
            output[t, i] = h if real or not zero else 0
        state[0, i] = h
    return output, state


def _step(x, h, W, U, gate, swap, order):
    W, U = W.chunk(3), U.chunk(3)
    W_r, W_z, W_n = (W[i] for i in order)
    U_r, U_z, U_n = (U[i] for i in order)
    r, z = torch.sigmoid(W_r @ x + U_r @ h), torch.sigmoid(W_z @ x + U_z @ h)
    n = torch.tanh(W_n @ x + {"after": r * (U_n @ h), "before": U_n @ (r * h), "none": U_n @ h}[gate])
    return z * n + (1 - z) * h if swap else (1 - z) * n + z * h


def _setting(**settings):
    return lambda embs, valid_len, W, U: _run(embs, valid_len, W, U, **settings)


def _state_from_the_end_of_output(embs, valid_len, W, U):
    output, _ = _run(embs, valid_len, W, U)
    return output, output[-1:]


def _one_tensor(embs, valid_len, W, U):
    output, state = _run(embs, valid_len, W, U)
    return state.expand_as(output), state


def _state_without_layers(embs, valid_len, W, U):
    output, state = _run(embs, valid_len, W, U)
    return output, state[0]


def _draw(*shape):
    return (2 * torch.randn(*shape, generator=_generator)).round(decimals=1)


masked_gru = Exercise(
    _masked_gru,
    cases=[(_draw(num_steps, len(valid_len), embed_size), torch.tensor(valid_len), _draw(3 * num_hiddens, embed_size),
            _draw(3 * num_hiddens, num_hiddens))
           for num_steps, valid_len, embed_size, num_hiddens in [
               (3, [2, 3], 2, 2), (4, [4, 2, 3], 3, 2), (3, [3, 3], 2, 4), (6, [2, 3, 2, 4], 1, 3)]],
    mistakes=[
        (_setting(hold=False, zero=False),
         "You read the padding as words: this is the plain GRU. From step `valid_len` on, a sentence keeps its state."),
        (_setting(hold=False),
         "`output` is right, but the state has read the padding. From step `valid_len` on, keep the state as it is."),
        (_setting(zero=False),
         "The state is right, but `output` goes on behind the end of a sentence. There it must be zero."),
        (_state_from_the_end_of_output,
         "`output` is right, but the state of a short sentence is zero. It is not `output[-1:]`, but the state after "
         "the last real token: keep the old `h` where a sentence is over, and set only `output` to zero."),
        *[(_setting(hold=False, blank=True, zero=zero),
           "You set the embeddings of the padding to zero. The GRU still makes a new state from them: keep the old "
           "one from step `valid_len` on.") for zero in (True, False)],
        (_one_tensor,
         "All steps of `output` are one and the same tensor, the last state: you append `h`, and then change it in "
         "place. Make a new `h` at each step, as `torch.where` does."),
        (_setting(stop=1),
         "Each sentence reads one step too many, its first `<pad>`. Step `t` is real while `t < valid_len`."),
        (_setting(stop=-1),
         "Each sentence stops one step too early, before `<eos>`. Step `t` is real while `t < valid_len`."),
        (_setting(gate="before"),
         "Your reset gate acts before the product, as in the paper. PyTorch's acts after it: `r * h_n`."),
        (_setting(gate="none"),
         "Your reset gate does nothing. The candidate is `tanh` of `x_n + r * h_n`."),
        (_setting(swap=True),
         "Your update gate is the wrong way round. Where `z` is 1 the old state stays: `(1 - z) * n + z * h`."),
        (_setting(order=(1, 0, 2)),
         "You have the reset and the update gate swapped. The first third of `W` and `U` belongs to `r`, the second "
         "to `z`."),
        (_state_without_layers,
         "The numbers are right, but `state` lacks its first axis: it is `(1, batch, num_hiddens)`, as from one "
         "layer of `nn.GRU`."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the loop of this lesson, one `gru_step` a step.",
    after="This is what packing does for you, only that it skips the steps of padding; yours computes them and throws "
          "them away.",
)

BLANKS = (gru_step, MyEncoder, packed_context)
EXERCISES = (encoder_shapes, last_states, masked_gru)
