"""Answers to the exercises of lesson 06, right and wrong ones; `test_checks` tries them."""

import torch

from seq2seq_lib.checks import lesson_06

BOS, EOS = 2, 3


def filled_in(step, update=None):
    """The lesson's loop for one sentence, or with `update` for a batch, as a reader fills it in."""
    def greedy(net, X, X_valid_len, num_steps):
        state = net.decoder.init_state(net.encoder(X, X_valid_len))
        token, ids = torch.tensor([[BOS]]), []
        for _ in range(num_steps):
            token, state, over = step(net, token, state, ids)
            if over:
                break
        return ids

    def greedy_batch(net, X, X_valid_len, num_steps):
        state = net.decoder.init_state(net.encoder(X, X_valid_len))
        token = torch.full((len(X), 1), BOS)
        ended = torch.zeros(len(X), 1, dtype=torch.bool)
        tokens = []
        while len(tokens) < num_steps and not ended.all():
            Y_hat, state = net.decoder(token, state)
            token = Y_hat.argmax(dim=2)
            tokens.append(token)
            ended = update(ended, token)
        return torch.cat(tokens, dim=1)

    return greedy_batch if update else greedy


def as_shown(net, token, state, ids):
    Y_hat, state = net.decoder(token, state)
    token = Y_hat.argmax(dim=2)
    ids.append(token.item())
    return token, state, token.item() == EOS


def by_probabilities(net, token, state, ids):
    Y_hat, state = net.decoder(token, state)
    best = int(Y_hat[0, 0].softmax(dim=0).topk(1).indices)
    ids += [best]
    return torch.tensor([[best]]), state, best == 3


def asks_first(net, token, state, ids):
    Y_hat, state = net.decoder(token, state)
    token = Y_hat.argmax(dim=2)
    if token == EOS:
        return token, state, True
    ids.append(token.item())
    return token, state, False


def never_over(net, token, state, ids):
    return *as_shown(net, token, state, ids)[:2], False


def over_at_once(net, token, state, ids):
    return *as_shown(net, token, state, ids)[:2], True


def drops_the_state(net, token, state, ids):
    token, _, over = as_shown(net, token, state, ids)
    return token, state, over


def keeps_the_token(net, token, state, ids):
    _, state, over = as_shown(net, token, state, ids)
    return token, state, over


def keeps_both(net, token, state, ids):
    _, _, over = as_shown(net, token, state, ids)
    return token, state, over


def appends_first(net, token, state, ids):
    ids.append(token.item())
    Y_hat, state = net.decoder(token, state)
    return Y_hat.argmax(dim=2), state, ids[-1] == EOS


def appends_tensors(net, token, state, ids):
    Y_hat, state = net.decoder(token, state)
    token = Y_hat.argmax(dim=2)
    ids.append(token)
    return token, state, token == EOS


def without_an_axis(net, token, state, ids):
    Y_hat, state = net.decoder(token, state)
    token = Y_hat.argmax()
    ids.append(token.item())
    return token, state, token == EOS


def along_the_steps(net, token, state, ids):
    Y_hat, state = net.decoder(token, state)
    token = Y_hat.argmax(dim=1)
    ids.append(token.item())
    return token, state, token == EOS


def in_place_or(ended, token):
    ended |= token == EOS
    return ended


def by_index(ended, token):
    ended[token == EOS] = True
    return ended


def by_finding(row):
    for place, i in enumerate(row):
        if i == EOS:
            return row[:place]
    return row


def in_a_loop(row):
    kept = []
    for i in row:
        if i == EOS:
            break
        kept.append(i)
    return kept


def deletes(row):
    if EOS in row:
        del row[row.index(EOS) :]
    return row


def by_topk(scores, words, k, probs=lambda scores: scores.softmax(dim=0)):
    best = probs(scores).topk(k)
    return [(words[i], p) for i, p in zip(best.indices.tolist(), best.values.tolist())]


def by_sorting(scores, words, k):
    probs = (scores.exp() / scores.exp().sum()).tolist()
    return [list(pair) for pair in sorted(zip(words, probs), key=lambda pair: pair[1], reverse=True)][:k]


def in_one_pass(decoder, state, prefix, num_steps, *, at=-1, new=lambda old, state: state, first=BOS):
    """Read the prefix in one call, as teacher forcing does; the options put slips into it."""
    Y_hat, after = decoder(torch.tensor([[first] + prefix]), state)
    state, ids = new(state, after), list(prefix)
    token = Y_hat[:, at].argmax(dim=1, keepdim=True)
    while len(ids) < num_steps and ids[-1:] != [EOS]:
        ids.append(token.item())
        Y_hat, after = decoder(token, state)
        state, token = new(state, after), Y_hat.argmax(dim=2)
    return ids


def step_by_step(decoder, state, prefix, num_steps, *, end=EOS):
    """Ask the decoder at each step, and take its answer only when the prefix is used up."""
    ids, token = [], BOS
    while len(ids) < num_steps and ids[-1:] != [end]:
        Y_hat, state = decoder(torch.tensor([[token]]), state)
        token = prefix[len(ids)] if len(ids) < len(prefix) else int(Y_hat.argmax())
        ids.append(token)
    return ids


def restarted(decoder, state, prefix, num_steps):
    Y_hat, _ = decoder(torch.tensor([[BOS] + prefix]), state)
    token = Y_hat[0, -1].argmax().item()
    return prefix + [token] + in_one_pass(decoder, state, [], num_steps - len(prefix) - 1, first=token)


def standing(decoder, state, prefix, num_steps):
    Y_hat, state = decoder(torch.tensor([[BOS] + prefix]), state)
    ids = [*prefix, Y_hat[0, -1].argmax().item()]
    while len(ids) < num_steps and ids[-1] != EOS:
        ids.append(decoder(torch.tensor([ids[-1:]]), state)[0].argmax().item())
    return ids


def all_again(decoder, state, prefix, num_steps):
    ids = list(prefix)
    while len(ids) < num_steps and ids[-1:] != [EOS]:
        Y_hat, state = decoder(torch.tensor([[BOS, *ids]]), state)
        ids.append(Y_hat[0, -1].argmax().item())
    return ids


def last_again(decoder, state, prefix, num_steps):
    _, state = decoder(torch.tensor([[BOS, *prefix]]), state)
    ids, token = list(prefix), torch.tensor([[BOS, *prefix][-1:]])
    while len(ids) < num_steps and ids[-1:] != [EOS]:
        Y_hat, state = decoder(token, state)
        token = Y_hat.argmax(dim=2)
        ids.append(token.item())
    return ids


def in_place(decoder, state, prefix, num_steps):
    answer = in_one_pass(decoder, state, prefix, num_steps)
    prefix += answer[len(prefix):]
    return prefix


def mixed_by_a_loop(decoder, state, Y, teacher, *, shift=1, late=0, swap=False, first=None, stop=False):
    """Row by row, without `torch.where`."""
    token, scores = torch.full((len(Y), 1), BOS) if first is None else first, []
    for t in range(Y.shape[1]):
        if t > 0:
            own = scores[-1].argmax(dim=2)
            token = torch.stack([Y[i, t - shift : t - shift + 1] if teacher[i, t - late] != swap else own[i]
                                 for i in range(len(Y))])
        one, state = decoder(token, state)
        scores.append(one)
        if stop and (one.argmax(dim=2) == EOS).all():
            break
    return torch.cat(scores, dim=1)


@torch.inference_mode()
def mixed_without_record(decoder, state, Y, teacher):
    return mixed_by_a_loop(decoder, state, Y, teacher)


def mixed_with_noise(decoder, state, Y, teacher):
    return mixed_by_a_loop(decoder, state, Y, torch.rand(teacher.shape) < 0.5)


def forced(decoder, state, Y, teacher):
    return decoder(torch.cat((torch.full_like(Y[:, :1], BOS), Y[:, :-1]), dim=1), state)[0]


def greedy(decoder, state, Y, teacher):
    return mixed_by_a_loop(decoder, state, Y, torch.zeros_like(teacher))


ANSWERS = {
    lesson_06.greedy: (
        [filled_in(as_shown), filled_in(by_probabilities)],
        [
            (filled_in(asks_first), "`<eos>` is missing after them"),
            (filled_in(never_over), "goes on after `<eos>`"),
            (filled_in(over_at_once), "One word, and the loop is over"),
            (filled_in(drops_the_state), "begins from the encoder's state"),
            (filled_in(keeps_the_token), "reads `<bos>` at every step"),
            (filled_in(keeps_both), "the first one again"),
            (filled_in(appends_first), "You append what goes in"),
            (filled_in(appends_tensors), "`token.item()` takes"),
            (filled_in(without_an_axis), "X must be (batch, num_steps)"),
            (filled_in(along_the_steps), "raised RuntimeError"),
        ],
    ),
    lesson_06.greedy_batch: (
        [filled_in(None, lambda ended, token: ended | (token == EOS)), filled_in(None, in_place_or),
         filled_in(None, by_index), filled_in(None, lambda ended, token: ended | token.eq(3)),
         filled_in(None, lambda ended, token: torch.logical_or(ended, token == EOS))],
        [
            (filled_in(None, lambda ended, token: token == EOS), "counts as open again"),
            (filled_in(None, lambda ended, token: ended & (token == EOS)), "`|` means or"),
            (filled_in(None, lambda ended, token: ended | (token != EOS)), "wrong way round"),
            (filled_in(None, lambda ended, token: ended | (token == EOS).any()), "cuts the others"),
            (filled_in(None, lambda ended, token: ended or token == EOS), "raised RuntimeError"),
        ],
    ),
    lesson_06.before_eos: (
        [lambda row: row[: row.index(EOS)] if EOS in row else row, by_finding, in_a_loop],
        [
            (lambda row: [i for i in row if i != EOS], "take out every `<eos>`"),
            (lambda row: row[: row.index(EOS)], "ValueError"),
            (lambda row: row[: row.index(EOS) + 1] if EOS in row else row, "is still there"),
            (lambda row: row[row.index(EOS) + 1 :] if EOS in row else row, "what comes after"),
            (lambda row: row[:-1], "is expected"),
            (deletes, "right result, but it changes its argument `row`"),
        ],
    ),
    lesson_06.likeliest: (
        [by_topk, by_sorting],
        [
            (lambda scores, words, k: by_topk(scores, words, k, lambda s: s), "These are the scores"),
            (lambda scores, words, k: list(zip([words[i] for i in scores.topk(k).indices],
                                               scores.topk(k).values.softmax(0).tolist())), "k words alone"),
            (lambda scores, words, k: by_topk(scores, words, k, lambda s: s.log_softmax(0)), "logarithms"),
            (lambda scores, words, k: by_topk(scores, words, k, torch.sigmoid), "each score alone"),
            (lambda scores, words, k: by_topk(scores, words, k, lambda s: 100 * s.softmax(0)), "percent"),
            (lambda scores, words, k: by_sorting(scores, words, len(words))[::-1][:k], "unlikeliest"),
            (lambda scores, words, k: by_topk(scores, words, k)[::-1], "wrong way round"),
            (lambda scores, words, k: list(zip(words[:k], scores.softmax(0).tolist())), "first words of the"),
            (lambda scores, words, k: [pair[::-1] for pair in by_topk(scores, words, k)], "stands before the word"),
            (lambda scores, words, k: list(zip(scores.topk(k).indices.tolist(),
                                               scores.softmax(0).topk(k).values.tolist())), "These are ids"),
            (lambda scores, words, k: [words[i] for i in scores.topk(k).indices], "as a pair"),
            (lambda scores, words, k: by_topk(scores, words, 1), "stand in the loop"),
            (lambda scores, words, k: by_topk(scores, words, 2), "is a list of length 2, and a list of length 3"),
            (lambda scores, words, k: [(word, round(p, 2)) for word, p in by_topk(scores, words, k)], "not round"),
            (lambda scores, words, k: tuple(zip(*by_topk(scores, words, k))), "two lists"),
            (lambda scores, words, k: dict(by_topk(scores, words, k)), "is a dict"),
            (lambda scores, words, k: [(word, torch.tensor(p)) for word, p in by_topk(scores, words, k)],
             "`.tolist()`"),
            (lambda scores, words, k: by_topk(scores, words, k, lambda s: s.softmax(1)), "IndexError"),
        ],
    ),
    lesson_06.go_on: (
        [in_one_pass, step_by_step, lambda *args: tuple(in_one_pass(*args))],
        [
            (lambda decoder, state, prefix, n: in_one_pass(decoder, state, [], n), "does not read `prefix`"),
            (lambda decoder, state, prefix, n: prefix + in_one_pass(decoder, state, [], n)[len(prefix):],
             "words of its own"),
            (lambda decoder, state, prefix, n: prefix + in_one_pass(
                decoder, state, [], n - len(prefix), first=(prefix or [BOS])[-1]), "reads the last word alone"),
            (lambda decoder, state, prefix, n: in_one_pass(decoder, state, prefix, n)[len(prefix):], "in front of it"),
            (lambda *args: [i for i in in_one_pass(*args) if i != EOS], "but for `<eos>`"),
            (lambda *args: step_by_step(*args, end=None), "behind `<eos>`"),
            (lambda decoder, state, prefix, n: in_one_pass(decoder, state, prefix, n + len(prefix)), "too long"),
            (lambda decoder, state, prefix, n: in_one_pass(decoder, state, prefix, n + 1), "one id too many"),
            (lambda decoder, state, prefix, n: in_one_pass(decoder, state, prefix, n - 1), "one id too few"),
            (lambda *args: in_one_pass(*args, at=0), "`Y_hat[:, -1]`"),
            (lambda *args: in_one_pass(*args, new=lambda old, state: old), "begins from the first state"),
            (restarted, "begins again from the first state"),
            (standing, "stands still behind the prefix"),
            (lambda *args: [BOS, *in_one_pass(*args)], "Leave `<bos>` out"),
            (lambda *args: [BOS, *in_one_pass(*args[:3], args[3] - 1)], "Leave `<bos>` out"),
            (lambda decoder, state, prefix, n: in_one_pass(decoder, state, prefix, n + len(prefix))[len(prefix):],
             "`num_steps` counts it"),
            (lambda decoder, state, prefix, n: prefix + in_one_pass(decoder, state, [], n - len(prefix)),
             "has not read it"),
            (all_again, "the whole sentence again"),
            (last_again, "is read twice"),
            (lambda decoder, state, prefix, n: decoder(torch.tensor([BOS, *prefix]), state),
             "X must be (batch, num_steps)"),
            (lambda *args: torch.tensor(in_one_pass(*args)), "is a tensor of shape (6,) and type int64, and a list"),
            (in_place, "right result, but it changes its argument `prefix`"),
            (lambda decoder, state, prefix, n: decoder(torch.tensor(prefix), state), "raised"),
        ],
    ),
    lesson_06.mixed: (
        [mixed_by_a_loop],
        [
            (forced, "This is teacher forcing"),
            (greedy, "This is prediction"),
            (lambda *args: mixed_by_a_loop(*args, swap=True), "swapped"),
            (lambda *args: mixed_by_a_loop(*args, late=1), "one step late"),
            (lambda *args: mixed_by_a_loop(*args, shift=0), "word before"),
            (lambda decoder, state, Y, teacher: mixed_by_a_loop(decoder, state, Y, teacher[:1].expand_as(teacher)),
             "`torch.where` takes it"),
            (lambda decoder, state, Y, teacher: mixed_by_a_loop(
                decoder, state, Y, teacher.all(dim=0).expand_as(teacher)), "All sentences of a step"),
            (lambda *args: mixed_by_a_loop(*args, first=args[2][:, :1]), "`<bos>` goes in"),
            (lambda *args: mixed_by_a_loop(*args, stop=True), "it takes all"),
            (mixed_without_record, "no record"),
            (lambda *args: mixed_by_a_loop(*args).permute(1, 0, 2), "time first"),
            (lambda *args: mixed_by_a_loop(*args).argmax(dim=-1), "Return its scores"),
            (lambda *args: mixed_by_a_loop(*args).softmax(dim=-1), "These are probabilities"),
            (lambda *args: (mixed_by_a_loop(*args), None), "is a tuple of length 2, and a tensor"),
            (mixed_with_noise, "`result` differs, first at"),
            (lambda decoder, state, Y, teacher: decoder(Y, None)[0], "TypeError"),
        ],
    ),
}
