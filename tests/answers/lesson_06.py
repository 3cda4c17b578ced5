"""Answers to the exercises of lesson 06."""

import torch

from seq2seq_lib.text import BOS, EOS

from . import UNNAMED, right, wrong

# ---------------------------------------------------------------- likeliest


@right
def likeliest(scores, words, k):
    probs = torch.softmax(scores, -1).tolist()
    return sorted(zip(words, probs), key=lambda pair: -pair[1])[:k]


@right
def likeliest(scores, words, k):
    probs = scores.exp() / scores.exp().sum()
    return [(words[i], probs[i].item()) for i in scores.argsort(descending=True)[:k]]


@wrong("These are the scores. A softmax over all of")
def likeliest(scores, words, k):
    best = scores.topk(k)
    return [(words[i], p) for i, p in zip(best.indices.tolist(), best.values.tolist())]


@wrong("Your probabilities add up to 1 over the k")
def likeliest(scores, words, k):
    best = scores.topk(k)
    return [(words[i], p) for i, p in zip(best.indices.tolist(), best.values.softmax(0).tolist())]


@wrong("You divide the scores by their sum. Scores")
def likeliest(scores, words, k):
    best = (scores / scores.sum()).topk(k)
    return [(words[i], p) for i, p in zip(best.indices.tolist(), best.values.tolist())]


@wrong("These are the unlikeliest words. The largest")
def likeliest(scores, words, k):
    best = scores.softmax(0).topk(k, largest=False)
    return [(words[i], p) for i, p in zip(best.indices.tolist(), best.values.tolist())]


@wrong("The right words, the wrong way round: the")
def likeliest(scores, words, k):
    best = scores.softmax(0).topk(k)
    return [(words[i], p) for i, p in zip(best.indices.tolist(), best.values.tolist())][::-1]


@wrong("These are the first words of the vocabulary")
def likeliest(scores, words, k):
    return list(zip(words, scores.softmax(0).tolist()))[:k]


@wrong("These are ids. Look up their words")
def likeliest(scores, words, k):
    best = scores.softmax(0).topk(k)
    return list(zip(best.indices.tolist(), best.values.tolist()))


@wrong("These are logarithms of the probabilities")
def likeliest(scores, words, k):
    best = scores.log_softmax(0).topk(k)
    return [(words[i], p) for i, p in zip(best.indices.tolist(), best.values.tolist())]


@wrong("The probabilities are tensors. `.tolist()`")
def likeliest(scores, words, k):
    best = scores.softmax(0).topk(k)
    return [(words[i], p) for i, p in zip(best.indices.tolist(), best.values)]


@wrong("The probability stands before the word. First")
def likeliest(scores, words, k):
    best = scores.softmax(0).topk(k)
    return [(p, words[i]) for i, p in zip(best.indices.tolist(), best.values.tolist())]


@wrong("The words are right. Give each one with its")
def likeliest(scores, words, k):
    return [words[i] for i in scores.topk(k).indices.tolist()]


@wrong("These are percent. A probability is a number")
def likeliest(scores, words, k):
    best = scores.softmax(0).topk(k)
    return [(words[i], 100 * p) for i, p in zip(best.indices.tolist(), best.values.tolist())]


@wrong(UNNAMED)
def likeliest(scores, words, k):
    best = scores.softmax(0).topk(k)
    return sorted((words[i], p) for i, p in zip(best.indices.tolist(), best.values.tolist()))


@wrong("A sigmoid looks at each score alone, so the")
def likeliest(scores, words, k):
    best = scores.sigmoid().topk(k)
    return [(words[i], p) for i, p in zip(best.indices.tolist(), best.values.tolist())]


@wrong("Do not round: the table of the exercise does")
def likeliest(scores, words, k):
    best = scores.softmax(0).topk(k)
    return [(words[i], round(p, 2)) for i, p in zip(best.indices.tolist(), best.values.tolist())]


# ---------------------------------------------------------------- go_on

@right
def go_on(decoder, state, prefix, num_steps):
    ids = list(prefix)
    scores, state = decoder(torch.tensor([[BOS] + ids]), state)
    while len(ids) < num_steps and (not ids or ids[-1] != EOS):
        ids.append(scores[0, -1].argmax().item())
        scores, state = decoder(torch.tensor([ids[-1:]]), state)
    return ids


@right
def go_on(decoder, state, prefix, num_steps):
    token, ids = BOS, []
    for i in range(max(num_steps, len(prefix))):
        scores, state = decoder(torch.tensor([[token]]), state)
        token = prefix[i] if i < len(prefix) else int(scores.argmax())
        ids.append(token)
        if token == EOS and i >= len(prefix) - 1:
            break
    return ids


@right
def go_on(decoder, state, prefix, num_steps):
    ids = [*prefix]
    while len(ids) < num_steps and ids[-1:] != [EOS]:
        scores, _ = decoder(torch.tensor([[BOS, *ids]]), state)
        ids.append(scores[0, -1].argmax().item())
    return ids


def grown(decoder, state, prefix, num_steps, first=None, kept=None, stop=EOS, limit=None, old=False):
    """What is meant, with something changed: what is read first, what the result begins with, where it stops."""
    ids, start = list(prefix if kept is None else kept), state
    scores, state = decoder(torch.tensor([[BOS, *prefix] if first is None else first]), state)
    while len(ids) < (num_steps if limit is None else limit) and ids[-1:] != [stop]:
        ids.append(scores[0, -1].argmax().item())
        scores, new = decoder(torch.tensor([ids[-1:]]), start if old else state)
        state = new
    return ids


@wrong("`<bos>` is missing: the decoder reads it")
def go_on(decoder, state, prefix, num_steps):
    return grown(decoder, state, prefix, num_steps, first=list(prefix) or [BOS])


@wrong("`prefix` stands in the result, but the")
def go_on(decoder, state, prefix, num_steps):
    return grown(decoder, state, prefix, num_steps, first=[BOS])


@wrong("The decoder reads the last word alone. It has")
def go_on(decoder, state, prefix, num_steps):
    return grown(decoder, state, prefix, num_steps, first=[BOS, *prefix][-1:])


@wrong("What the decoder adds is right. Return")
def go_on(decoder, state, prefix, num_steps):
    return grown(decoder, state, prefix, num_steps)[len(prefix):]


@wrong("Leave `<bos>` out of the result: it goes in")
def go_on(decoder, state, prefix, num_steps):
    return [BOS, *grown(decoder, state, prefix, num_steps)]


@wrong("A sentence that does not end is too long")
def go_on(decoder, state, prefix, num_steps):
    return grown(decoder, state, prefix, num_steps, limit=num_steps + len(prefix))


@wrong("The ids are right but for `<eos>`: if the")
def go_on(decoder, state, prefix, num_steps):
    return [i for i in grown(decoder, state, prefix, num_steps) if i != EOS]


@wrong("Your function writes on behind `<eos>`. The")
def go_on(decoder, state, prefix, num_steps):
    return grown(decoder, state, prefix, num_steps, stop=-1)


@wrong("The first word that you add answers `<bos>`")
def go_on(decoder, state, prefix, num_steps):
    ids = list(prefix)
    Y_hat, state = decoder(torch.tensor([[BOS, *prefix]]), state)
    token = Y_hat[:, 0].argmax(dim=1, keepdim=True)
    ids.append(token.item())
    while len(ids) < num_steps and ids[-1] != EOS:
        Y_hat, state = decoder(token, state)
        token = Y_hat.argmax(dim=2)
        ids.append(token.item())
    return ids[:max(num_steps, len(prefix))]


@wrong("Your function writes a word before it asks")
def go_on(decoder, state, prefix, num_steps):
    Y_hat, state = decoder(torch.tensor([[BOS, *prefix]]), state)
    token = Y_hat[:, -1].argmax(dim=1, keepdim=True)
    ids = [*prefix, token.item()]
    while len(ids) < num_steps and ids[-1] != EOS:
        Y_hat, state = decoder(token, state)
        token = Y_hat.argmax(dim=2)
        ids.append(token.item())
    return ids


@wrong("If `prefix` ends with `<eos>`, your function")
def go_on(decoder, state, prefix, num_steps):
    if len(prefix) >= num_steps:
        return list(prefix)
    Y_hat, state = decoder(torch.tensor([[BOS, *prefix]]), state)
    token = Y_hat[:, -1].argmax(dim=1, keepdim=True)
    ids = [*prefix, token.item()]
    while len(ids) < num_steps and ids[-1] != EOS:
        Y_hat, state = decoder(token, state)
        token = Y_hat.argmax(dim=2)
        ids.append(token.item())
    return ids


@wrong("You hand on what the decoder answered to")
def go_on(decoder, state, prefix, num_steps):
    ids = list(prefix)
    Y_hat, state = decoder(torch.tensor([[BOS, *prefix]]), state)
    while len(ids) < num_steps and ids[-1:] != [EOS]:
        token = Y_hat.argmax(dim=2)
        ids.append(token[0, -1].item())
        Y_hat, state = decoder(token, state)
    return ids


@wrong("raised RuntimeError: a Tensor with 3 elements cannot be conve")
def go_on(decoder, state, prefix, num_steps):
    ids, token = list(prefix), torch.tensor([[BOS, *prefix]])
    while len(ids) < num_steps and ids[-1:] != [EOS]:
        Y_hat, state = decoder(token, state)
        token = Y_hat.argmax(dim=2)
        ids.append(token.item())
    return ids


@wrong("Every step begins from the first state. Take")
def go_on(decoder, state, prefix, num_steps):
    ids = list(prefix)
    Y_hat, _ = decoder(torch.tensor([[BOS, *prefix]]), state)
    while len(ids) < num_steps and ids[-1:] != [EOS]:
        ids.append(Y_hat[0, -1].argmax().item())
        Y_hat, _ = decoder(torch.tensor([ids[-1:]]), state)
    return ids


@wrong("At each step the decoder reads the whole")
def go_on(decoder, state, prefix, num_steps):
    ids = list(prefix)
    while len(ids) < num_steps and ids[-1:] != [EOS]:
        Y_hat, state = decoder(torch.tensor([[BOS, *ids]]), state)
        ids.append(Y_hat[0, -1].argmax().item())
    return ids


@wrong("You write down what the decoder answered to")
def go_on(decoder, state, prefix, num_steps):
    Y_hat, state = decoder(torch.tensor([[BOS, *prefix]]), state)
    ids = Y_hat.argmax(dim=2)[0].tolist()
    while len(ids) < num_steps and ids[-1] != EOS:
        Y_hat, state = decoder(torch.tensor([ids[-1:]]), state)
        ids.append(Y_hat.argmax().item())
    return ids[:num_steps]


@wrong("changes its argument `prefix`")
def go_on(decoder, state, prefix, num_steps):
    ids = prefix
    Y_hat, state = decoder(torch.tensor([[BOS, *prefix]]), state)
    while len(ids) < num_steps and ids[-1:] != [EOS]:
        ids.append(Y_hat[0, -1].argmax().item())
        Y_hat, state = decoder(torch.tensor([ids[-1:]]), state)
    return ids


@wrong("A sentence that does not end gets one id too")
def go_on(decoder, state, prefix, num_steps):
    return grown(decoder, state, prefix, num_steps, limit=max(len(prefix), num_steps - 1))


@wrong("is a tensor of shape (6,) and type int64, and a list of length 6")
def go_on(decoder, state, prefix, num_steps):
    return torch.tensor(grown(decoder, state, prefix, num_steps))


@wrong("The ids are right, in a list within a list")
def go_on(decoder, state, prefix, num_steps):
    return [grown(decoder, state, prefix, num_steps)]


@wrong(") and type int64, and an int is expected (`.item()` takes the number out")
def go_on(decoder, state, prefix, num_steps):
    return [torch.tensor(i) for i in grown(decoder, state, prefix, num_steps)]


@wrong("You add one word only. Does `return` stand in")
def go_on(decoder, state, prefix, num_steps):
    return grown(decoder, state, prefix, num_steps, limit=min(num_steps, len(prefix) + 1))


@wrong("The last word of `prefix`, or `<bos>`, is")
def go_on(decoder, state, prefix, num_steps):
    ids = list(prefix)
    Y_hat, state = decoder(torch.tensor([[BOS, *prefix]]), state)
    token = torch.tensor([[prefix[-1] if prefix else BOS]])
    while len(ids) < num_steps and ids[-1:] != [EOS]:
        Y_hat, state = decoder(token, state)
        token = Y_hat.argmax(dim=2)
        ids.append(token.item())
    return ids


@wrong("A sentence that does not end gets one id too")
def go_on(decoder, state, prefix, num_steps):
    return grown(decoder, state, prefix, num_steps)[:num_steps - 1]


# ---------------------------------------------------------------- mixed

@right
def mixed(decoder, state, Y, teacher):
    scores, token = [], torch.full((len(Y), 1), BOS)
    for t in range(Y.shape[1]):
        if t > 0:
            own = scores[-1].argmax(dim=2)
            token = torch.where(teacher[:, t:t + 1], Y[:, t - 1:t], own)
        one, state = decoder(token, state)
        scores.append(one)
    return torch.cat(scores, dim=1)


@right
def mixed(decoder, state, Y, teacher):
    inputs = torch.full_like(Y, BOS)
    for t in range(1, Y.shape[1]):
        so_far, _ = decoder(inputs[:, :t], state)
        for i in range(len(Y)):
            inputs[i, t] = Y[i, t - 1] if teacher[i, t] else so_far[i, -1].argmax()
    return decoder(inputs, state)[0]


def run(decoder, state, Y, follow, detach=False, change=lambda state: state):
    """`follow(t, own)` says what goes in after step t - 1, whose likeliest words are `own`, (batch, 1)."""
    scores, token = [], torch.full((len(Y), 1), BOS)
    for t in range(Y.shape[1]):
        if t:
            token = follow(t, scores[-1].argmax(dim=2))
        one, state = decoder(token, state)
        state = change(state)
        scores.append(one)
    return torch.cat(scores, dim=1)


@wrong("This is teacher forcing: the decoder reads")
def mixed(decoder, state, Y, teacher):
    return run(decoder, state, Y, lambda t, own: Y[:, t - 1:t])


@wrong("This is prediction: the decoder reads its own")
def mixed(decoder, state, Y, teacher):
    return run(decoder, state, Y, lambda t, own: own)


@wrong("True and own words are swapped: where")
def mixed(decoder, state, Y, teacher):
    return run(decoder, state, Y, lambda t, own: torch.where(teacher[:, t:t + 1], own, Y[:, t - 1:t]))


@wrong("At step t the decoder reads the word that it")
def mixed(decoder, state, Y, teacher):
    return run(decoder, state, Y, lambda t, own: torch.where(teacher[:, t:t + 1], Y[:, t:t + 1], own))


@wrong("`teacher` acts one step late: `teacher[:, t]`")
def mixed(decoder, state, Y, teacher):
    return run(decoder, state, Y, lambda t, own: torch.where(teacher[:, t - 1:t], Y[:, t - 1:t], own))


@wrong("All sentences do as the first one does")
def mixed(decoder, state, Y, teacher):
    return run(decoder, state, Y, lambda t, own: torch.where(teacher[:1, t:t + 1], Y[:, t - 1:t], own))


@wrong("All sentences of a step do the same")
def mixed(decoder, state, Y, teacher):
    return run(decoder, state, Y, lambda t, own: Y[:, t - 1:t] if teacher[:, t].any() else own)


@wrong("You detach the state between the steps, so no")
def mixed(decoder, state, Y, teacher):
    return run(decoder, state, Y, lambda t, own: torch.where(teacher[:, t:t + 1], Y[:, t - 1:t], own),
               change=lambda state: tuple(part.detach() if isinstance(part, torch.Tensor) else part for part in state))


@wrong("These scores carry no record for the backward")
def mixed(decoder, state, Y, teacher):
    with torch.no_grad():
        return run(decoder, state, Y, lambda t, own: torch.where(teacher[:, t:t + 1], Y[:, t - 1:t], own))


@wrong("The state never moves: every step begins from")
def mixed(decoder, state, Y, teacher):
    return run(decoder, state, Y, lambda t, own: torch.where(teacher[:, t:t + 1], Y[:, t - 1:t], own),
               change=lambda new: state)


@wrong("These are the words that the decoder chose")
def mixed(decoder, state, Y, teacher):
    return run(decoder, state, Y, lambda t, own: torch.where(teacher[:, t:t + 1], Y[:, t - 1:t], own)).argmax(2)


@wrong("is a tensor of shape (3, 5, 1, 9) and type float32")
def mixed(decoder, state, Y, teacher):
    scores, token = [], torch.full((len(Y), 1), BOS)
    for t in range(Y.shape[1]):
        one, state = decoder(token, state)
        scores.append(one)
        if t + 1 < Y.shape[1]:
            token = torch.where(teacher[:, t + 1:t + 2], Y[:, t:t + 1], one.argmax(2))
    return torch.stack(scores, dim=1)


@wrong("At step 0 the first word of `Y` goes in. It")
def mixed(decoder, state, Y, teacher):
    scores, token = [], Y[:, :1]
    for t in range(Y.shape[1]):
        one, state = decoder(token, state)
        scores.append(one)
        if t + 1 < Y.shape[1]:
            token = torch.where(teacher[:, t + 1:t + 2], Y[:, t:t + 1], one.argmax(2))
    return torch.cat(scores, dim=1)


@wrong("Your own words are those of a run that read")
def mixed(decoder, state, Y, teacher):
    forced = torch.cat([torch.full((len(Y), 1), BOS), Y[:, :-1]], dim=1)
    own = decoder(forced, state)[0].argmax(2)
    own = torch.cat([torch.full((len(Y), 1), BOS), own[:, :-1]], dim=1)
    teacher = teacher.clone()
    teacher[:, 0] = True
    return decoder(torch.where(teacher, forced, own), state)[0]


@wrong("is a tensor of shape (3, 4, 9) and type float32")
def mixed(decoder, state, Y, teacher):
    return run(decoder, state, Y[:, :-1], lambda t, own: torch.where(teacher[:, t:t + 1], Y[:, t - 1:t], own))
