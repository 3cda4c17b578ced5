"""Answers to the exercises of lesson 10."""

import math

import torch
from torch.nn import functional as F

from seq2seq_lib import MaskedSoftmaxCELoss, sequence_mask, teacher_forcing
from seq2seq_lib.text import BOS, EOS, PAD, UNK

from . import right, wrong

# ---------------------------------------------------------------- sentence_log_prob


@right
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
    return -MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len)


@right
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    Y_hat = net(X, torch.cat([torch.full((len(Y), 1), BOS), Y[:, :-1]], dim=1), X_valid_len)[0]
    log_probs = Y_hat.double().log_softmax(-1).gather(-1, Y.unsqueeze(-1)).squeeze(-1)
    return torch.where(torch.arange(Y.shape[1]) < Y_valid_len.unsqueeze(1), log_probs, 0.0).sum(1).detach()


@right
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    state = net.decoder.init_state(net.encoder(X, X_valid_len))
    token, total = torch.full((len(Y), 1), BOS), torch.zeros(len(Y))
    with torch.no_grad():
        for t in range(Y.shape[1]):
            scores, state = net.decoder(token, state)
            for i in range(len(Y)):
                if t < Y_valid_len[i]:
                    total[i] += scores[i, 0].softmax(0)[Y[i, t]].log()
            token = Y[:, t : t + 1]
    return total


@right
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    sums = []
    for x, n, y, m in zip(X, X_valid_len, Y, Y_valid_len):
        y = y[:m]
        scores, _ = net(x[None, :n], torch.cat([torch.tensor([BOS]), y[:-1]])[None])
        sums.append(-F.cross_entropy(scores[0], y, reduction="sum"))
    return torch.stack(sums)


def picked(net, X, X_valid_len, Y, Y_valid_len, reads=teacher_forcing, logs=lambda Y_hat: Y_hat.log_softmax(dim=2)):
    """Log-probabilities of the labels, (batch, num_steps), by teacher forcing; or something else in their place."""
    Y_hat, _ = net(X, reads(Y), X_valid_len)
    return logs(Y_hat).gather(2, Y[:, :, None])[:, :, 0]


@wrong("`<eos>` is missing. The model has to say it")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    return sequence_mask(picked(net, X, X_valid_len, Y, Y_valid_len), Y_valid_len - 1).sum(dim=1)


@wrong("You count the padding too. Only the first")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    return picked(net, X, X_valid_len, Y, Y_valid_len).sum(dim=1)


@wrong("This is the loss of lesson 4. The")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
    return MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len)


@wrong("This is the mean per token. Don't divide: the")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    return sequence_mask(picked(net, X, X_valid_len, Y, Y_valid_len), Y_valid_len).sum(dim=1) / Y_valid_len


@wrong("You take the mean over the steps. The")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    return sequence_mask(picked(net, X, X_valid_len, Y, Y_valid_len), Y_valid_len).mean(dim=1)


@wrong("This is one number for the whole batch. Each")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    return sequence_mask(picked(net, X, X_valid_len, Y, Y_valid_len), Y_valid_len).sum()


@wrong("These are the log-probabilities of the tokens.")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    return sequence_mask(picked(net, X, X_valid_len, Y, Y_valid_len), Y_valid_len)


@wrong("The decoder reads the very word that it is")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    return sequence_mask(picked(net, X, X_valid_len, Y, Y_valid_len, reads=lambda Y: Y), Y_valid_len).sum(dim=1)


@wrong("The first word is not scored. The decoder reads")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    Y_hat, _ = net(X, Y[:, :-1], X_valid_len)
    log_probs = Y_hat.log_softmax(dim=2).gather(2, Y[:, 1:, None])[:, :, 0]
    return sequence_mask(log_probs, Y_valid_len - 1).sum(dim=1)


@wrong("This is the probability itself. Return its")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    probs = picked(net, X, X_valid_len, Y, Y_valid_len, logs=lambda Y_hat: Y_hat.softmax(dim=2))
    return sequence_mask(probs, Y_valid_len, 1).prod(dim=1)


@wrong("You add up the probabilities and take one")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    probs = picked(net, X, X_valid_len, Y, Y_valid_len, logs=lambda Y_hat: Y_hat.softmax(dim=2))
    return sequence_mask(probs, Y_valid_len).sum(dim=1).log()


@wrong("You add up the scores as they are. A")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    scores = picked(net, X, X_valid_len, Y, Y_valid_len, logs=lambda Y_hat: Y_hat)
    return sequence_mask(scores, Y_valid_len).sum(dim=1)


@wrong("Your logarithm has base 2. Take the natural")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    log_probs = picked(net, X, X_valid_len, Y, Y_valid_len, logs=lambda Y_hat: Y_hat.softmax(dim=2).log2())
    return sequence_mask(log_probs, Y_valid_len).sum(dim=1)


@wrong("Your logarithm has base 10. Take the natural")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    log_probs = picked(net, X, X_valid_len, Y, Y_valid_len, logs=lambda Y_hat: Y_hat.softmax(dim=2).log10())
    return sequence_mask(log_probs, Y_valid_len).sum(dim=1)


@wrong("The encoder reads the padding of the sources as")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    Y_hat, _ = net(X, teacher_forcing(Y))
    return -MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len)


@wrong("At each step you take the likeliest word. Take")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
    return sequence_mask(Y_hat.log_softmax(dim=2).amax(dim=2), Y_valid_len).sum(dim=1)


@wrong("Your softmax runs over the steps. It has to run")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    log_probs = picked(net, X, X_valid_len, Y, Y_valid_len, logs=lambda Y_hat: Y_hat.log_softmax(dim=1))
    return sequence_mask(log_probs, Y_valid_len).sum(dim=1)


@wrong("You leave out what is `<pad>`, and don't read")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    return picked(net, X, X_valid_len, Y, Y_valid_len).masked_fill(Y == PAD, 0).sum(dim=1)


@wrong("This is the perplexity. Return the sum of the")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
    return (MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len) / Y_valid_len).exp()


@wrong("The last column has come to the front. What the")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    Y_hat, _ = net(X, Y.roll(1, dims=1), X_valid_len)
    return -MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len)


@wrong("is a tensor of shape () and type float32")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
    return -F.cross_entropy(Y_hat.permute(0, 2, 1), Y, ignore_index=PAD)


@wrong("raised AttributeError: 'tuple' object has no")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    return -MaskedSoftmaxCELoss()(net(X, teacher_forcing(Y), X_valid_len), Y, Y_valid_len)


@wrong("changes its argument `Y`")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    dec_input = Y
    dec_input[:, 1:] = Y[:, :-1].clone()
    dec_input[:, 0] = BOS
    Y_hat, _ = net(X, dec_input, X_valid_len)
    return -MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len)


@wrong("The decoder reads words of its own. It has to")
def sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    state = net.decoder.init_state(net.encoder(X, X_valid_len))
    token, total = torch.full((len(Y), 1), BOS), torch.zeros(len(Y))
    for t in range(Y.shape[1]):
        scores, state = net.decoder(token, state)
        token = scores.argmax(dim=2)
        total += scores[:, 0].log_softmax(dim=1).gather(1, Y[:, t : t + 1])[:, 0] * (t < Y_valid_len)
    return total


# ---------------------------------------------------------------- beam_step

@right
def beam_step(sums, scores, beam_size):
    log_probs = scores.log_softmax(dim=2)
    log_probs[:, :, [PAD, BOS]] = -torch.inf
    longer = (sums[:, :, None] + log_probs).flatten(start_dim=1)
    sums, places = longer.topk(beam_size)
    return sums, places // scores.shape[2], places % scores.shape[2]


@right
def beam_step(sums, scores, beam_size):
    """Sentence by sentence, by sorting a list of all."""
    rows = []
    for one, lines in zip(sums.tolist(), scores.double().log_softmax(-1).tolist()):
        longer = [(total + log_prob if token not in (PAD, BOS) else -math.inf, prefix, token)
                  for prefix, (total, line) in enumerate(zip(one, lines)) for token, log_prob in enumerate(line)]
        rows.append(sorted(longer, key=lambda one: -one[0])[:beam_size])
    return (torch.tensor([[one[0] for one in row] for row in rows], dtype=torch.float64),
            torch.tensor([[one[1] for one in row] for row in rows]),
            torch.tensor([[one[2] for one in row] for row in rows]))


@right
def beam_step(sums, scores, beam_size):
    """By the best of each prefix, which is allowed as a first sieve; and in a list."""
    log_probs = torch.log(torch.softmax(scores, dim=-1))
    log_probs = log_probs.masked_fill(torch.isin(torch.arange(scores.shape[2]), torch.tensor([PAD, BOS])), -torch.inf)
    best, tokens = log_probs.sort(dim=2, descending=True)  # (sentences, width, vocab_size)
    longer = best + sums.unsqueeze(-1)
    order = longer.flatten(1).argsort(dim=1, descending=True)[:, :beam_size]
    return [longer.flatten(1).gather(1, order), torch.div(order, scores.shape[2], rounding_mode="floor"),
            tokens.flatten(1).gather(1, order)]


@right
def beam_step(sums, scores, beam_size):
    """Without the two words, whose ids are added again afterwards; probabilities are multiplied."""
    sentences, width, vocab_size = scores.shape
    words = torch.tensor([i for i in range(vocab_size) if i not in (PAD, BOS)])
    probs = scores.double().softmax(dim=2)[:, :, words] * sums.double().exp()[:, :, None]
    best, places = probs.reshape(sentences, -1).topk(min(beam_size, width * len(words)))
    return best.log().float(), places // len(words), words[places % len(words)]


def stepped(sums, scores, beam_size, log=lambda scores: scores.log_softmax(dim=2), never=(PAD, BOS), before=False,
            add=lambda sums, logs: sums[:, :, None] + logs):
    """What is meant, with something changed: the sums of all longer prefixes, (sentences, width, vocab_size)."""
    if before:
        scores = scores.clone()
        scores[:, :, list(never)] = -torch.inf
        return add(sums, log(scores))
    logs = log(scores).clone()
    logs[:, :, list(never)] = -torch.inf
    return add(sums, logs)


def best_of(longer, beam_size, size=None, **options):
    size = size or longer.shape[2]
    sums, places = longer.flatten(1).topk(beam_size, **options)
    return sums, places // size, places % size


@wrong("You keep the best of *each* prefix. All longer")
def beam_step(sums, scores, beam_size):
    """The best of each prefix, one after another."""
    longer = stepped(sums, scores, beam_size)
    each, tokens = longer.topk(min(beam_size, longer.shape[2]), dim=2)
    prefixes = torch.arange(longer.shape[1])[None, :, None].expand(tokens.shape)
    return each.flatten(1), prefixes.flatten(1), tokens.flatten(1)


@wrong("You keep the best of *each* prefix. All longer")
def beam_step(sums, scores, beam_size):
    """The best token of each prefix."""
    best, tokens = stepped(sums, scores, beam_size).max(dim=2)
    return best, torch.arange(sums.shape[1]).expand(tokens.shape), tokens


@wrong("You keep the best of *each* prefix. All longer")
def beam_step(sums, scores, beam_size):
    """The best of each prefix, cut to beam_size."""
    longer = stepped(sums, scores, beam_size)
    each, tokens = longer.topk(min(beam_size, longer.shape[2]), dim=2)
    prefixes = torch.arange(longer.shape[1])[None, :, None].expand(tokens.shape)
    return each.flatten(1)[:, :beam_size], prefixes.flatten(1)[:, :beam_size], tokens.flatten(1)[:, :beam_size]


@wrong("Prefix and token are swapped: a place divided")
def beam_step(sums, scores, beam_size):
    sums, prefixes, tokens = best_of(stepped(sums, scores, beam_size), beam_size)
    return sums, tokens, prefixes


@wrong("Prefix and token are swapped: a place divided")
def beam_step(sums, scores, beam_size):
    sums, places = stepped(sums, scores, beam_size).flatten(1).topk(beam_size)
    return sums, places % scores.shape[2], places // scores.shape[2]


@wrong("The sums are right; prefixes and tokens are")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size), beam_size, size=sums.shape[1])


@wrong("The sums are right; prefixes and tokens are")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size), beam_size, size=beam_size)


@wrong("The right ones, the wrong way round: the best")
def beam_step(sums, scores, beam_size):
    sums, prefixes, tokens = best_of(stepped(sums, scores, beam_size), beam_size)
    return sums.flip(1), prefixes.flip(1), tokens.flip(1)


@wrong("These are the *un*likeliest. `topk` takes the")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size), beam_size, largest=False)


@wrong("You multiply logarithms. Probabilities are")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size, add=lambda sums, logs: sums[:, :, None] * logs), beam_size)


@wrong("You multiply sums of logarithms by")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size, add=lambda sums, logs: sums[:, :, None] * logs.exp()), beam_size)


@wrong("You add the scores as they are. The softmax is")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size, log=lambda scores: scores), beam_size)


@wrong("You add probabilities to sums of logarithms.")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size, log=lambda scores: scores.softmax(dim=2)), beam_size)


@wrong("You rank by the new token alone. How likely the")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size, add=lambda sums, logs: logs), beam_size)


@wrong("You choose by the new token alone, and add the")
def beam_step(sums, scores, beam_size):
    """Chosen by the token alone; the sum is added afterwards."""
    _, prefixes, tokens = best_of(stepped(sums, scores, beam_size, add=lambda sums, logs: logs), beam_size)
    log_probs = scores.log_softmax(dim=2)
    rows = torch.arange(len(sums))[:, None]
    return sums[rows, prefixes] + log_probs[rows, prefixes, tokens], prefixes, tokens


@wrong("These are the log-probabilities of the new")
def beam_step(sums, scores, beam_size):
    """The chosen are right, but only what they add is returned."""
    _, prefixes, tokens = best_of(stepped(sums, scores, beam_size), beam_size)
    rows = torch.arange(len(sums))[:, None]
    return scores.log_softmax(dim=2)[rows, prefixes, tokens], prefixes, tokens


@wrong("A prefix that is no more has come back. Its sum")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums.masked_fill(sums.isinf(), 0), scores, beam_size), beam_size)


@wrong("A large negative number is not −∞: where")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums.masked_fill(sums.isinf(), -10_000), scores, beam_size), beam_size)


@wrong("You choose first and strike out `<pad>` and")
def beam_step(sums, scores, beam_size):
    sums, prefixes, tokens = best_of(stepped(sums, scores, beam_size, never=()), beam_size)
    sums[(tokens == PAD) | (tokens == BOS)] = -torch.inf
    return sums, prefixes, tokens


@wrong("You leave out the ids 0 and 1")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size, never=(0, 1)), beam_size)


@wrong("`<pad>` and `<bos>` are among your tokens. They")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size, never=()), beam_size)


@wrong("`<bos>` is among your tokens. It is never")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size, never=(PAD,)), beam_size)


@wrong("`<pad>` is among your tokens. It is never")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size, never=(BOS,)), beam_size)


@wrong("You never choose `<unk>`. It is a token like")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size, never=(UNK, PAD, BOS)), beam_size)


@wrong("You never choose `<eos>`, so no sentence would")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size, never=(PAD, BOS, EOS)), beam_size)


@wrong("You take `<pad>` and `<bos>` out before the")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size, before=True), beam_size)


@wrong("changes its argument `scores`")
def beam_step(sums, scores, beam_size):
    scores[:, :, [PAD, BOS]] = -torch.inf
    return best_of(sums[:, :, None] + scores.log_softmax(dim=2), beam_size)


@wrong("right result, but it changes its argument `scores`")
def beam_step(sums, scores, beam_size):
    scores -= scores.logsumexp(dim=2, keepdim=True)
    scores[:, :, PAD] = scores[:, :, BOS] = -torch.inf
    return best_of(sums[:, :, None] + scores, beam_size)


@wrong("Your softmax runs over the prefixes. It has to")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size, log=lambda scores: scores.log_softmax(dim=1)), beam_size)


@wrong("Your softmax runs over the sentences. It has to")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size, log=lambda scores: scores.log_softmax(dim=0)), beam_size)


@wrong("Your softmax runs over all prefixes of a")
def beam_step(sums, scores, beam_size):
    def over_all(scores):
        return scores.flatten(1).log_softmax(dim=1).view_as(scores)
    return best_of(stepped(sums, scores, beam_size, log=over_all), beam_size)


@wrong("Your logarithm has base 2. Take the natural")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size, log=lambda scores: scores.softmax(dim=2).log2()), beam_size)


@wrong("These are probabilities. Return the sums of")
def beam_step(sums, scores, beam_size):
    sums, prefixes, tokens = best_of(stepped(sums, scores, beam_size), beam_size)
    return sums.exp(), prefixes, tokens


@wrong("These are places in the long row. Make two")
def beam_step(sums, scores, beam_size):
    return stepped(sums, scores, beam_size).flatten(1).topk(beam_size)


@wrong("Three right parts in another order: sums,")
def beam_step(sums, scores, beam_size):
    sums, prefixes, tokens = best_of(stepped(sums, scores, beam_size), beam_size)
    return prefixes, tokens, sums


@wrong("All sentences compete with each other. Each has")
def beam_step(sums, scores, beam_size):
    """All sentences thrown together."""
    sums, places = stepped(sums, scores, beam_size).flatten().topk(beam_size)
    return sums, places // scores.shape[2], places % scores.shape[2]


@wrong("You number the prefixes through the whole")
def beam_step(sums, scores, beam_size):
    """The place within the batch, not within the sentence."""
    sums, prefixes, tokens = best_of(stepped(sums, scores, beam_size), beam_size)
    return sums, prefixes + torch.arange(len(sums))[:, None] * scores.shape[1], tokens


@wrong("is a tensor of shape (3,) and type float32")
def beam_step(sums, scores, beam_size):
    """The first sentence only."""
    longer = (sums[0][:, None] + scores[0].log_softmax(dim=1))
    longer[:, [PAD, BOS]] = -torch.inf
    sums, places = longer.flatten().topk(beam_size)
    return sums, places // scores.shape[2], places % scores.shape[2]


@wrong("`/` makes fractions. `//` is the whole number")
def beam_step(sums, scores, beam_size):
    sums, places = stepped(sums, scores, beam_size).flatten(1).topk(beam_size)
    return sums, places / scores.shape[2], places % scores.shape[2]


@wrong("raised TypeError: unsupported operand type(s)")
def beam_step(sums, scores, beam_size):
    sums, places = stepped(sums, scores, beam_size).flatten(1).topk(beam_size)
    return sums, *divmod(places, scores.shape[2])


@wrong("raised RuntimeError: The size of tensor a (2)")
def beam_step(sums, scores, beam_size):
    return best_of(stepped(sums, scores, beam_size, add=lambda sums, logs: sums + logs), beam_size)


@wrong("You have put the tokens before the prefixes, so")
def beam_step(sums, scores, beam_size):
    """Tokens first when flattened."""
    longer = stepped(sums, scores, beam_size).transpose(1, 2)
    sums, places = longer.flatten(1).topk(beam_size)
    return sums, places // scores.shape[2], places % scores.shape[2]


@wrong("A large negative number is not −∞: where")
def beam_step(sums, scores, beam_size):
    """A large negative number for -inf."""
    log_probs = scores.log_softmax(dim=2)
    log_probs[:, :, [PAD, BOS]] = -1e9
    return best_of(sums[:, :, None] + log_probs, beam_size)


@wrong("You give `<pad>` and `<bos>` the")
def beam_step(sums, scores, beam_size):
    """The two words' scores multiplied by 0."""
    allowed = torch.ones(scores.shape[2])
    allowed[[PAD, BOS]] = 0
    return best_of(sums[:, :, None] + scores.log_softmax(dim=2) * allowed, beam_size)


@wrong("You take a mean. The log-probability of a")
def beam_step(sums, scores, beam_size):
    """A mean instead of a sum."""
    return best_of(stepped(sums, scores, beam_size, add=lambda sums, logs: (sums[:, :, None] + logs) / 2), beam_size)


@wrong("You put `sums` through a softmax. They are")
def beam_step(sums, scores, beam_size):
    """Softmax of the sums, too."""
    return best_of(stepped(sums.log_softmax(dim=1), scores, beam_size), beam_size)


@wrong("You keep as many as came in. Keep `beam_size`")
def beam_step(sums, scores, beam_size):
    """As many as the beam was wide before."""
    return best_of(stepped(sums, scores, beam_size), sums.shape[1])


# ---------------------------------------------------------------- sampling_probs

@right
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    probs = (scores / temperature).softmax(dim=1)
    ordered, order = probs.sort(dim=1, descending=True)
    if top_k is not None:
        ordered[:, top_k:] = 0
    if top_p is not None:
        ordered[ordered.cumsum(dim=1) - ordered >= top_p] = 0
    ordered = ordered / ordered.sum(dim=1, keepdim=True)
    return torch.zeros_like(probs).scatter(1, order, ordered)


@right
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """Row by row, in plain Python and doubles."""
    rows = []
    for row in (scores.double() / temperature).softmax(1).tolist():
        ranked = sorted(range(len(row)), key=lambda i: (-row[i], -i))[:top_k]
        kept, total = [], 0.0
        for i in ranked:
            if top_p is not None and total >= top_p:
                break
            kept.append(i)
            total += row[i]
        rows.append([row[i] / total if i in kept else 0.0 for i in range(len(row))])
    return torch.tensor(rows, dtype=torch.float64)


@right
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """By scores of -inf, as listings have it; the probabilities are made anew after each step."""
    scores = scores / temperature
    if top_k:
        kept = scores.topk(min(top_k, scores.shape[1]), dim=1)
        scores = torch.full_like(scores, -torch.inf).scatter(1, kept.indices, kept.values)
    if top_p:
        ordered, order = scores.softmax(1).sort(1, descending=True)
        drop = torch.zeros_like(ordered, dtype=torch.bool)
        drop[:, 1:] = ordered.cumsum(1)[:, :-1] >= top_p
        scores = scores.masked_fill(drop.gather(1, order.argsort(1)), -torch.inf)
    return scores.softmax(1)


def sampled(scores, temperature=1.0, top_k=None, top_p=None, *, heat=lambda scores, temperature: scores / temperature,
            shares=lambda scores: scores.softmax(1), nucleus=lambda before, own, top_p: before < top_p, renew=True):
    """What is meant, with something changed. before: the probability of all likelier tokens, own: the token's."""
    probs = shares(heat(scores, temperature))
    ordered, order = probs.sort(dim=1, descending=True)
    keep = torch.ones_like(ordered, dtype=torch.bool)
    if top_k is not None:
        keep[:, top_k:] = False
    if top_p is not None:
        keep &= nucleus(ordered.cumsum(dim=1) - ordered, ordered, top_p)
    kept = torch.zeros_like(probs).scatter(1, order, ordered * keep)
    return kept / kept.sum(dim=1, keepdim=True) if renew else kept


@wrong("You multiply by the temperature. Divide by it:")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    return sampled(scores, temperature, top_k, top_p, heat=lambda scores, temperature: scores * temperature)


@wrong("The temperature has no effect. Divide the")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    return sampled(scores, temperature, top_k, top_p, heat=lambda scores, temperature: scores)


@wrong("You divide the probabilities by the")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    return sampled(scores, temperature, top_k, top_p, shares=lambda scores: scores,
                   heat=lambda scores, temperature: scores.softmax(1) / temperature)


@wrong("The token that carries the sum across `top_p`")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    return sampled(scores, temperature, top_k, top_p, nucleus=lambda before, own, top_p: before + own <= top_p)


@wrong("The token that carries the sum across `top_p`")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """Without the one that crosses, but never without the first."""
    def nucleus(before, own, top_p):
        return (before + own <= top_p) | (before == 0)
    return sampled(scores, temperature, top_k, top_p, nucleus=nucleus)


@wrong("You compare each probability with `top_p`. Add")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    return sampled(scores, temperature, top_k, top_p, nucleus=lambda before, own, top_p: own >= top_p)


@wrong("What you keep doesn't add up to 1 any more.")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    return sampled(scores, temperature, top_k, top_p, renew=False)


@wrong("Two words are equally likely, and you keep")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """A threshold, below which all goes: equal ones stay."""
    probs = (scores / temperature).softmax(1)
    if top_k is not None:
        probs = probs.masked_fill(probs < probs.topk(top_k, dim=1).values[:, -1:], 0)
    if top_p is not None:
        return sampled(probs.log(), 1.0, None, top_p)
    return probs / probs.sum(1, keepdim=True)


@wrong("You have drawn a token already. Return what to")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """Draws."""
    return torch.multinomial(sampled(scores, temperature, top_k, top_p), 1)


@wrong("right result, but it changes its argument `scores`")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    scores /= temperature
    return sampled(scores, 1.0, top_k, top_p)


@wrong("What is cut off has the score 0, and a softmax")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """Those that are not kept get the score 0 before the softmax."""
    scores = scores / temperature
    return (scores * (sampled(scores, 1.0, top_k, top_p) > 0)).softmax(1)


@wrong("These are sorted. Put each probability back")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """Kept ones in order of probability."""
    return sampled(scores, temperature, top_k, top_p).sort(dim=1, descending=True).values


@wrong("Only what you keep is returned. The others stay")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """Only the kept ones are returned."""
    probs = sampled(scores, temperature, top_k, top_p)
    return probs.topk(top_k, dim=1).values if top_k else probs


@wrong("Your softmax runs over the sentences. It has to")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    return sampled(scores, temperature, top_k, top_p, shares=lambda scores: scores.softmax(0))


@wrong("Scores divided by a small temperature are")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    exps = (scores / temperature).exp()
    return sampled(scores, temperature, top_k, top_p, shares=lambda scores: exps / exps.sum(1, keepdim=True))


@wrong("`top_p` has no effect. Only the nucleus keeps a")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    return sampled(scores, temperature, top_k, None)


@wrong("`top_k` has no effect. Only the `top_k`")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    return sampled(scores, temperature, None, top_p)


@wrong("You decide at temperature 1 what is cut off.")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """The nucleus is looked for at temperature 1."""
    keep = sampled(scores, 1.0, top_k, top_p) > 0
    probs = (scores / temperature).softmax(1) * keep
    return probs / probs.sum(1, keepdim=True)


@wrong("You decide at temperature 1 what is cut off.")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """Temperature at the end, on the probabilities."""
    return sampled(sampled(scores, 1.0, top_k, top_p).log(), temperature)


@wrong("You keep the `top_k` *un*likeliest. `topk`")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """The least likely ones."""
    probs = sampled(scores, temperature)
    if top_k is not None:
        kept = probs.topk(top_k, dim=1, largest=False)
        probs = torch.zeros_like(probs).scatter(1, kept.indices, kept.values)
    return sampled((probs / probs.sum(1, keepdim=True)).log(), 1.0, None, top_p)


@wrong("What you keep are places in the sorted row.")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """Sorted and cut, and never put back into the order of the vocabulary before the mask is used."""
    probs = (scores / temperature).softmax(1)
    if top_k is not None:
        keep = torch.zeros_like(probs, dtype=torch.bool)
        keep[:, :top_k] = True
        probs = probs * keep
    if top_p is not None:
        ordered = probs.sort(dim=1, descending=True).values
        probs = probs * (ordered.cumsum(1) - ordered < top_p)
    return probs / probs.sum(1, keepdim=True)


@wrong("These are logarithms. Return the probabilities.")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    return sampled(scores, temperature, top_k, top_p).log()


@wrong("You keep one token more than `top_k`.")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """One too many."""
    return sampled(scores, temperature, top_k + 1 if top_k else None, top_p)


@wrong("With `top_k` you forget about `top_p`. If both")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """If there is a top_k, top_p is not looked at."""
    return sampled(scores, temperature, top_k, None if top_k else top_p)


@wrong("All rows keep the tokens of the first one. Each")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """The first row's set for all."""
    keep = sampled(scores[:1], temperature, top_k, top_p) > 0
    probs = (scores / temperature).softmax(1) * keep
    return probs / probs.sum(1, keepdim=True)


@wrong("You divide by the sum of the whole batch. Each")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """Divided by the sum of the whole batch."""
    probs = sampled(scores, temperature, top_k, top_p, renew=False)
    return probs / probs.sum()


@wrong("You keep what is behind the nucleus, and cut")
def sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    """Keeps the tail behind the nucleus."""
    return sampled(scores, temperature, top_k, top_p, nucleus=lambda before, own, top_p: before >= top_p)
