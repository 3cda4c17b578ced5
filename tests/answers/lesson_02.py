"""Answers to the exercises of lesson 02."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from . import UNNAMED, right, wrong

# ---------------------------------------------------------------- encoder_shapes


@right
def encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
    X = torch.zeros(num_steps, batch, embed_size)
    output, state = nn.GRU(embed_size, num_hiddens, num_layers)(X)
    return tuple(X.shape), tuple(output.shape), tuple(state.shape)


@right
def encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
    return torch.Size([num_steps, batch, embed_size]), (num_steps, batch, num_hiddens), (num_layers, batch, num_hiddens)


@wrong("You have `batch` first where time comes")
def encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
    return (batch, num_steps, embed_size), (batch, num_steps, num_hiddens), (num_layers, batch, num_hiddens)


@wrong("You have `batch` first where time comes")
def encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
    return (batch, num_steps, embed_size), (batch, num_steps, num_hiddens), (batch, num_layers, num_hiddens)


@wrong("You have `batch` first where time comes")
def encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
    return (batch, num_steps, embed_size), (num_steps, batch, num_hiddens), (num_layers, batch, num_hiddens)


@wrong(UNNAMED)
def encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
    return (num_steps, batch, num_hiddens), (num_steps, batch, num_hiddens), (num_layers, batch, num_hiddens)


@wrong("Your `state` has an entry for every step")
def encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
    return (num_steps, batch, embed_size), (num_steps, batch, num_hiddens), (num_steps, batch, num_hiddens)


@wrong("Your `state` is that of one layer, the")
def encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
    return (num_steps, batch, embed_size), (num_steps, batch, num_hiddens), (batch, num_hiddens)


@wrong("Your `state` has room for one layer only. Its")
def encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
    return (num_steps, batch, embed_size), (num_steps, batch, num_hiddens), (1, batch, num_hiddens)


@wrong(UNNAMED)
def encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
    return (num_steps, batch, embed_size), (num_layers, batch, num_hiddens), (num_steps, batch, num_hiddens)


@wrong("Your `output` is as wide as the embedding")
def encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
    return (num_steps, batch, embed_size), (num_steps, batch, embed_size), (num_layers, batch, num_hiddens)


@wrong(UNNAMED)
def encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
    return (5, 4, 8), (5, 4, 16), (2, 4, 16)


@wrong("Your `output` has the numbers of all layers")
def encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
    wide = num_hiddens * num_layers
    return (num_steps, batch, embed_size), (num_steps, batch, wide), (num_layers, batch, num_hiddens)


@wrong("is a tensor of shape (5, 4, 8) and type float32")
def encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
    return torch.zeros(num_steps, batch, embed_size), torch.zeros(num_steps, batch, num_hiddens), \
        torch.zeros(num_layers, batch, num_hiddens)


@wrong("is a tuple of length 9, and a tuple of length 3")
def encoder_shapes(batch, num_steps, embed_size, num_hiddens, num_layers):
    return num_steps, batch, embed_size, num_steps, batch, num_hiddens, num_layers, batch, num_hiddens


# ---------------------------------------------------------------- last_states

@right
def last_states(output, valid_len):
    index = (valid_len - 1).view(1, -1, 1).expand(1, -1, output.shape[2])
    return output.gather(0, index)[0]


@right
def last_states(output, valid_len):
    result = torch.zeros(output.shape[1:])
    for i in range(len(valid_len)):
        result[i] = output[valid_len[i] - 1][i]
    return result


@right
def last_states(output, valid_len):
    steps = torch.arange(len(output))[:, None]
    last = (steps == valid_len - 1).to(output.dtype)
    return torch.einsum("tb,tbh->bh", last, output)


@wrong("This is `output[-1]`, the state after the")
def last_states(output, valid_len):
    return output[-1]


@wrong("This is one step too late, the state after")
def last_states(output, valid_len):
    steps = valid_len.clamp(max=len(output) - 1)
    return output[steps, torch.arange(len(valid_len))]


@wrong("This is one step too late, the state after")
def last_states(output, valid_len):
    return output[valid_len, torch.arange(len(valid_len))]


@wrong("You take, for each valid length, that step of")
def last_states(output, valid_len):
    return output[valid_len - 1]


@wrong("You have steps and sentences swapped. The")
def last_states(output, valid_len):
    output = output.permute(1, 0, 2)
    return torch.stack([output[n - 1, i] if n <= len(output) and i < output.shape[1] else output[0, 0]
                        for i, n in enumerate(valid_len.tolist())])


@wrong("The states are the right ones, but there is")
def last_states(output, valid_len):
    return output[valid_len - 1, torch.arange(len(valid_len))][None]


@wrong("This is one step too early, the state before")
def last_states(output, valid_len):
    return output[valid_len - 2, torch.arange(len(valid_len))]


@wrong("You take one step for all sentences, the last")
def last_states(output, valid_len):
    return output[valid_len.max() - 1]


@wrong("You take one step for all sentences, the last")
def last_states(output, valid_len):
    return output[valid_len[0] - 1]


@wrong("This is the mean of the real states. That is")
def last_states(output, valid_len):
    mask = (torch.arange(len(output))[:, None] < valid_len)[:, :, None]
    return (output * mask).sum(0) / valid_len[:, None]


@wrong("This is the mean over all steps, padding")
def last_states(output, valid_len):
    return output.mean(0)


@wrong("You set the steps of padding to zero and then")
def last_states(output, valid_len):
    mask = (torch.arange(len(output))[:, None] < valid_len)[:, :, None]
    return (output * mask)[-1]


@wrong("This is the sum of all real states. Take the")
def last_states(output, valid_len):
    mask = (torch.arange(len(output))[:, None] < valid_len)[:, :, None]
    return (output * mask).sum(0)


@wrong("is a list of length 3, and a tensor of shape (3, 2) and type float32")
def last_states(output, valid_len):
    return [output[n - 1, i] for i, n in enumerate(valid_len)]


@wrong("The states are the right ones, in another")
def last_states(output, valid_len):
    order = valid_len.argsort(descending=True)
    return output[valid_len[order] - 1, order]


@wrong("is a tensor of shape (2,) and type float32")
def last_states(output, valid_len):
    return output[valid_len[0] - 1, 0]


@wrong("is a tensor of shape (1, 2) and type float32")
def last_states(output, valid_len):
    states = []
    for i, n in enumerate(valid_len):
        states.append(output[n - 1, i])
        return torch.stack(states)


@wrong("This is the largest value over all steps")
def last_states(output, valid_len):
    return output.amax(0)


@wrong("is a tensor of shape (6,) and type float32")
def last_states(output, valid_len):
    return torch.cat([output[n - 1, i] for i, n in enumerate(valid_len)])


@wrong("is a tensor of shape (2, 3) and type float32")
def last_states(output, valid_len):
    return torch.stack([output[n - 1, i] for i, n in enumerate(valid_len)], dim=1)


@wrong("This is the state after the first step. The")
def last_states(output, valid_len):
    return output[0]


@wrong("This is `output[-1]`, the state after the")
def last_states(output, valid_len):
    return torch.stack([output[:, i][output[:, i].abs().sum(1) > 0][-1] if (output[:, i] != 0).any() else output[0, i]
                        for i in range(len(valid_len))])


# ---------------------------------------------------------------- masked_gru

def gru_step(x, h, W, U):
    x_r, x_z, x_n = (x @ W.T).chunk(3, dim=-1)
    h_r, h_z, h_n = (h @ U.T).chunk(3, dim=-1)
    r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
    return (1 - z) * (x_n + r * h_n).tanh() + z * h


@right
def masked_gru(embs, valid_len, W, U):
    gru = nn.GRU(embs.shape[2], U.shape[1], bias=False)
    gru.weight_ih_l0.data, gru.weight_hh_l0.data = W, U
    packed, state = gru(pack_padded_sequence(embs, valid_len, enforce_sorted=False))
    return pad_packed_sequence(packed, total_length=len(embs))[0].detach(), state.detach()


@right
def masked_gru(embs, valid_len, W, U):
    output = torch.zeros(*embs.shape[:2], U.shape[1])
    state = torch.zeros(1, embs.shape[1], U.shape[1])
    for i, n in enumerate(valid_len.tolist()):
        for t in range(n):
            state[0, i] = gru_step(embs[t, i], state[0, i], W, U)
            output[t, i] = state[0, i]
    return output, state


@wrong("You read the padding as words: this is the")
def masked_gru(embs, valid_len, W, U):
    h, outputs = torch.zeros(embs.shape[1], U.shape[1]), []
    for x in embs:
        h = gru_step(x, h, W, U)
        outputs.append(h)
    return torch.stack(outputs), h[None]


@wrong("The state is right, but `output` goes on")
def masked_gru(embs, valid_len, W, U):
    h, outputs = torch.zeros(embs.shape[1], U.shape[1]), []
    for t, x in enumerate(embs):
        h = torch.where((t < valid_len)[:, None], gru_step(x, h, W, U), h)
        outputs.append(h)
    return torch.stack(outputs), h[None]


@wrong("`output` is right, but the state of a short")
def masked_gru(embs, valid_len, W, U):
    h, outputs = torch.zeros(embs.shape[1], U.shape[1]), []
    for t, x in enumerate(embs):
        h = gru_step(x, h, W, U) * (t < valid_len)[:, None]
        outputs.append(h)
    return torch.stack(outputs), h[None]


@wrong("You set the embeddings of the padding to")
def masked_gru(embs, valid_len, W, U):
    real = (torch.arange(len(embs))[:, None] < valid_len)[:, :, None]
    h, outputs = torch.zeros(embs.shape[1], U.shape[1]), []
    for t, x in enumerate(embs * real):
        h = gru_step(x, h, W, U)
        outputs.append(h * real[t])
    return torch.stack(outputs), h[None]


@wrong("`output` is right, but the state of a short")
def masked_gru(embs, valid_len, W, U):
    h, outputs = torch.zeros(embs.shape[1], U.shape[1]), []
    for t, x in enumerate(embs):
        real = (t < valid_len)[:, None]
        h = torch.where(real, gru_step(x, h, W, U), h)
        outputs.append(h * real)
    output = torch.stack(outputs)
    return output, output[-1:]


@wrong("All steps of `output` are one and the same")
def masked_gru(embs, valid_len, W, U):
    h, outputs = torch.zeros(embs.shape[1], U.shape[1]), []
    for t, x in enumerate(embs):
        real = t < valid_len
        h[real] = gru_step(x, h, W, U)[real]
        outputs.append(h)
    output = torch.stack(outputs)
    return output, h[None]


@wrong("Each sentence reads one step too many, its")
def masked_gru(embs, valid_len, W, U):
    h, outputs = torch.zeros(embs.shape[1], U.shape[1]), []
    for t, x in enumerate(embs):
        real = (t <= valid_len)[:, None]
        h = torch.where(real, gru_step(x, h, W, U), h)
        outputs.append(h * real)
    return torch.stack(outputs), h[None]


@wrong("Each sentence stops one step too early")
def masked_gru(embs, valid_len, W, U):
    h, outputs = torch.zeros(embs.shape[1], U.shape[1]), []
    for t, x in enumerate(embs):
        real = (t < valid_len - 1)[:, None]
        h = torch.where(real, gru_step(x, h, W, U), h)
        outputs.append(h * real)
    return torch.stack(outputs), h[None]


@wrong("The numbers are right, but `state` lacks its")
def masked_gru(embs, valid_len, W, U):
    output, state = masked(embs, valid_len, W, U)
    return output, state[0]


def masked(embs, valid_len, W, U, step=gru_step):
    h, outputs = torch.zeros(embs.shape[1], U.shape[1]), []
    for t, x in enumerate(embs):
        real = (t < valid_len)[:, None]
        h = torch.where(real, step(x, h, W, U), h)
        outputs.append(h * real)
    return torch.stack(outputs), h[None]


@wrong(UNNAMED)
def masked_gru(embs, valid_len, W, U):
    n = int(valid_len.min())
    output, state = masked(embs[:n], valid_len, W, U)
    return torch.cat([output, torch.zeros(len(embs) - n, *output.shape[1:])]), state


@wrong("Your reset gate acts before the product, as")
def masked_gru(embs, valid_len, W, U):
    def step(x, h, W, U):
        x_r, x_z, x_n = (x @ W.T).chunk(3, dim=-1)
        U_r, U_z, U_n = U.chunk(3)
        r, z = (x_r + h @ U_r.T).sigmoid(), (x_z + h @ U_z.T).sigmoid()
        return (1 - z) * (x_n + (r * h) @ U_n.T).tanh() + z * h
    return masked(embs, valid_len, W, U, step)


@wrong("Your update gate is the wrong way round")
def masked_gru(embs, valid_len, W, U):
    def step(x, h, W, U):
        x_r, x_z, x_n = (x @ W.T).chunk(3, dim=-1)
        h_r, h_z, h_n = (h @ U.T).chunk(3, dim=-1)
        r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
        return z * (x_n + r * h_n).tanh() + (1 - z) * h
    return masked(embs, valid_len, W, U, step)


@wrong("You have the reset and the update gate")
def masked_gru(embs, valid_len, W, U):
    n = U.shape[1]
    swap = torch.cat([torch.arange(n, 2 * n), torch.arange(n), torch.arange(2 * n, 3 * n)])
    return masked(embs, valid_len, W[swap], U[swap])


@wrong("is a tensor of shape (2, 3, 2) and type float32")
def masked_gru(embs, valid_len, W, U):
    output, state = masked(embs, valid_len, W, U)
    return output.permute(1, 0, 2), state


@wrong("is a tensor of shape (1, 2, 2) and type float32")
def masked_gru(embs, valid_len, W, U):
    return masked(embs, valid_len, W, U)[1]


@wrong("`output` is right, but the state has read the")
def masked_gru(embs, valid_len, W, U):
    h, outputs = torch.zeros(embs.shape[1], U.shape[1]), []
    for t, x in enumerate(embs):
        h = gru_step(x, h, W, U)
        outputs.append(h * (t < valid_len)[:, None])
    return torch.stack(outputs), h[None]
