"""The checks of lesson 06, prediction."""

import torch

from ..model import Decoder, Encoder, Seq2Seq
from ..text import BOS, EOS, PAD
from .blank import Blank
from .runner import Exercise

# ---------------------------------------------------------------- a small decoder and a small net to try answers on


class _SmallDecoder(Decoder):
    """Four reserved words and five others; its weights depend on a seed alone. It never says <unk>, <pad> or <bos>."""

    def __init__(self, seed):
        super().__init__(9, 4, 5, 1)
        self.seed = seed
        _draw(self, seed)
        with torch.no_grad():
            self.dense.bias[:EOS] -= 20
        self.eval()

    def __repr__(self):
        return f"<a small decoder with 9 words, weights {self.seed}>"


def _draw(part, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in part.parameters():
            parameter.copy_(4 * torch.rand(parameter.shape, generator=generator) - 2)


def _case(seed, batch=1):
    """A small decoder, and its first state for some sentences."""
    generator = torch.Generator().manual_seed(seed + 1000)
    decoder = _SmallDecoder(seed)
    return decoder, decoder.init_state((None, 2 * torch.rand(1, batch, 5, generator=generator) - 1))


class _SmallNet(Seq2Seq):
    """A small decoder with an encoder of the same size."""

    def __init__(self, seed):
        super().__init__(Encoder(9, 4, 5, 1), _SmallDecoder(seed))
        _draw(self.encoder, seed + 3000)
        self.eval()

    def __repr__(self):
        return f"<a small net with 9 words, weights {self.decoder.seed}>"


def _sources(seed, *lengths):
    """A small net, and sources of these lengths, `<eos>` included, as `encode` makes them."""
    generator = torch.Generator().manual_seed(seed + 4000)
    X = torch.randint(4, 9, (len(lengths), max(lengths)), generator=generator)
    for row, n in zip(X, lengths):
        row[n - 1], row[n:] = EOS, PAD
    return _SmallNet(seed), X, torch.tensor(lengths)


# ---------------------------------------------------------------- blank: greedy search

@torch.inference_mode()
def _greedy(net, X, X_valid_len, num_steps):
    state = net.decoder.init_state(net.encoder(X, X_valid_len))
    token, ids = torch.tensor([[BOS]]), []
    for _ in range(num_steps):
        Y_hat, state = net.decoder(token, state)
        token = Y_hat.argmax(dim=2)
        ids.append(token.item())
        if ids[-1] == EOS:
            break
    return ids


def _greedy_but(moves=True, eats=True, ends=True):
    """Greedy search with slips: the state stands still, `<bos>` is read at each step, the loop never ends early."""
    @torch.inference_mode()
    def function(net, X, X_valid_len, num_steps):
        state = net.decoder.init_state(net.encoder(X, X_valid_len))
        token, ids = torch.tensor([[BOS]]), []
        while len(ids) < num_steps and not (ends and ids[-1:] == [EOS]):
            Y_hat, new = net.decoder(token, state)
            state = new if moves else state
            ids.append(Y_hat.argmax().item())
            token = torch.tensor([ids[-1:]]) if eats else token
        return ids
    return function


greedy = Blank(
    _greedy,
    cases=[(*_sources(225, 4), 8), (*_sources(316, 3), 8), (*_sources(253, 4), 8), (*_sources(316, 4), 3)],
    mistakes=[
        (_greedy_but(ends=False), "Your loop goes on after `<eos>`, up to the limit. Leave it by `break` when the id "
                                  "that you have just appended is `EOS`."),
        (lambda *args: [i for i in _greedy(*args) if i != EOS],
         "The words are right, but `<eos>` is missing after them. Append the id first, and then ask whether it is "
         "`EOS`."),
        (_greedy_but(moves=False), "Every step begins from the encoder's state. The decoder returns a new one: "
                                   "`Y_hat, state = net.decoder(token, state)`."),
        (_greedy_but(eats=False), "The decoder reads `<bos>` at every step. Give the likeliest word the name `token`, "
                                  "so that it goes in at the next one."),
        (_greedy_but(moves=False, eats=False), "Every step is the first one again: neither `token` nor `state` is "
                                               "replaced by what the step gives."),
        (lambda *args: [BOS, *_greedy(*args)][: args[-1]],
         "You append what goes in, so the list begins with `<bos>`. Append what comes out: the likeliest word."),
        (lambda *args: _greedy(*args)[:1], "One word, and the loop is over. Does `break` or `return` stand outside of "
                                           "the `if`?"),
        (lambda *args: [torch.tensor([[i]]) for i in _greedy(*args)],
         "These are tensors of shape (1, 1). `token.item()` takes the number out."),
    ],
    start="Begin with the decoder: `Y_hat, state = net.decoder(token, state)`. The `argmax` comes after it, then "
          "append `token.item()`, and leave the loop if that is `EOS`.",
    after="Score, choose, append, and feed the choice back in.",
)


# ---------------------------------------------------------------- blank: a whole batch

def _greedy_batch(net, X, X_valid_len, num_steps):
    return _batch_until(lambda ended, token: ended | (token == EOS))(net, X, X_valid_len, num_steps)


def _batch_until(update):
    """Greedy search for a batch, where `update(ended, token)` says which rows have ended."""
    @torch.inference_mode()
    def function(net, X, X_valid_len, num_steps):
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
    return function


_ONE_ENDS_ALL = ("Your loop is over as soon as one row has said `<eos>`, and cuts the others. Each row of `ended` is "
                 "about its own row alone.")

greedy_batch = Blank(
    _greedy_batch,
    cases=[(*_sources(300, 4, 2, 3), 7), (*_sources(2, 3, 2), 7), (*_sources(217, 4, 2, 3), 7),
           (*_sources(300, 4, 2, 3), 3), (*_sources(225, 4), 7)],
    mistakes=[
        (_batch_until(lambda ended, token: token == EOS),
         "A row that has ended counts as open again when it writes something else. It has ended if it had ended "
         "before, or says `<eos>` now: `|` means or."),
        (_batch_until(lambda ended, token: ended & (token == EOS)),
         "`ended` stays False, so the loop runs up to the limit. A row has ended if it had ended before, or says "
         "`<eos>` now: `|` means or, `&` asks for both."),
        (_batch_until(lambda ended, token: ended | (token != EOS)),
         "It is the wrong way round: a row has ended when its token *is* `EOS`."),
        (_batch_until(lambda ended, token: ended | (token == EOS).any()), _ONE_ENDS_ALL),
    ],
    start="`token == EOS` is True for the rows that say `<eos>` at this step. Combine it with `ended`, by `|`, which "
          "means or.",
    after="A row that has ended stays so, and the loop waits for the others.",
)


# ---------------------------------------------------------------- blank: what comes before the end

def _before_eos(row):
    return row[: row.index(EOS)] if EOS in row else row


before_eos = Blank(
    _before_eos,
    cases=[([5, 7, EOS, 6, EOS],), ([4, EOS, EOS, 8],), ([5, 6, 7, 8],), ([EOS, 4],), ([6, 4, EOS],)],
    mistakes=[
        (lambda row: [i for i in row if i != EOS],
         "You take out every `<eos>`, and keep what comes after the first one. Cut the row there."),
        (lambda row: row[: row.index(EOS) + 1] if EOS in row else row,
         "`<eos>` itself is still there. `row[:n]` ends before place n."),
        (lambda row: row[: len(row) - 1 - row[::-1].index(EOS)] if EOS in row else row,
         "You cut at the last `<eos>`. All that follows the *first* one means nothing."),
        (lambda row: row[row.index(EOS) + 1 :] if EOS in row else row,
         "This is what comes after the first `<eos>`. Keep what comes before it: `row[:n]`, not `row[n:]`."),
        (lambda row: row[: row.index(EOS)] if EOS in row else [],
         "A row without an `<eos>` was stopped by the limit. All of it counts."),
        (lambda row: row[: row.index(EOS)] if EOS in row else row[:-1],
         "A row without an `<eos>` was stopped by the limit. All of it counts, its last word too."),
        (lambda row: row, "The row is as it was. Find its first `<eos>` by `row.index(EOS)`, and cut it there."),
    ],
    start="`row.index(EOS)` is the place of the first `<eos>`, and an error if there is none: so ask first, by "
          "`EOS in row`.",
    after="What came after the first `<eos>` is gone, and a row without one is whole.",
)


# ---------------------------------------------------------------- warm-up: the likeliest words


def _likeliest(scores, words, k):
    probs = [score.exp().item() for score in scores]
    total = sum(probs)
    ranked = sorted(zip(words, probs), key=lambda pair: -pair[1])
    return [(word, p / total) for word, p in ranked[:k]]


def _ranked(values, words, k):
    return [(words[i], values[i].item()) for i in values.argsort(descending=True)[:k].tolist()]


def _of_the_best_only(scores, words, k):
    best = scores.topk(k)
    return [(words[i], p) for i, p in zip(best.indices.tolist(), best.values.softmax(0).tolist())]


likeliest = Exercise(
    _likeliest,
    cases=[
        (torch.tensor([0.1, 0.3, 2.0, 0.5, 0.2]), ["<pad>", "<eos>", "ils", "regardent", "."], 2),
        (torch.tensor([-1.0, 0.5, -2.0, 3.0]), ["<eos>", "il", "va", "elle"], 3),
        (torch.tensor([1.5, 1.0, -0.5, 0.7, 2.5, 0.2]), ["va", "!", "stop", "ils", "elles", "<eos>"], 6),
        (torch.tensor([-4.0, -3.0, -9.0]), ["<eos>", ".", "!"], 1),
    ],
    mistakes=[
        (_ranked, "These are the scores. A softmax over all of them makes probabilities."),
        (_of_the_best_only, "Your probabilities add up to 1 over the k words alone. Take the softmax over the whole "
                            "vocabulary first, then the k likeliest."),
        (lambda scores, words, k: _ranked(scores.log_softmax(0), words, k),
         "These are logarithms of the probabilities: use `softmax`, not `log_softmax`."),
        (lambda scores, words, k: _ranked(scores.sigmoid(), words, k),
         "A sigmoid looks at each score alone, so the probabilities do not add up to 1. Use a softmax over all words."),
        (lambda scores, words, k: _ranked(scores.exp(), words, k),
         "exp(score) is a step on the way: divide it by the sum over all words. `softmax` does both."),
        (lambda scores, words, k: _ranked(scores / scores.sum(), words, k),
         "You divide the scores by their sum. Scores may be negative: `softmax` takes exp of each first."),
        (lambda scores, words, k: [(word, 100 * p) for word, p in _likeliest(scores, words, k)],
         "These are percent. A probability is a number from 0 to 1."),
        (lambda scores, words, k: _likeliest(scores, words, len(words))[-k:][::-1],
         "These are the unlikeliest words. The largest probability comes first."),
        (lambda scores, words, k: _likeliest(scores, words, k)[::-1],
         "The right words, the wrong way round: the largest probability comes first."),
        (lambda scores, words, k: list(zip(words, scores.softmax(0).tolist()))[:k],
         "These are the first words of the vocabulary. Sort them by probability; `topk` does it."),
        (lambda scores, words, k: [(p, word) for word, p in _likeliest(scores, words, k)],
         "The probability stands before the word. First the word, then its probability."),
        (lambda scores, words, k: [(words.index(word), p) for word, p in _likeliest(scores, words, k)],
         "These are ids. Look up their words: `words[i]`."),
        (lambda scores, words, k: [(word, torch.tensor(p)) for word, p in _likeliest(scores, words, k)],
         "The probabilities are tensors. `.tolist()` makes plain numbers of them."),
        (lambda scores, words, k: [(word, round(p, 2)) for word, p in _likeliest(scores, words, k)],
         "Do not round: the table of the exercise does it to be short."),
        (lambda scores, words, k: [list(column) for column in zip(*_likeliest(scores, words, k))],
         "These are two lists. Make pairs of them: `list(zip(..., ...))`."),
        (lambda scores, words, k: _likeliest(scores, words, k)[:1],
         "Only the likeliest word. Does `return` stand in the loop?"),
        (lambda scores, words, k: [word for word, _ in _likeliest(scores, words, k)],
         "The words are right. Give each one with its probability, as a pair."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the softmax of `scores`.",
    after="These pairs are the bars of the decoder stepper. Greedy search looks at the first pair only.",
)


# ---------------------------------------------------------------- core: go on from words that are given

def _read(decoder, state, ids):
    """Let a decoder read ids, one after the other; return the likeliest next id, and the state."""
    with torch.inference_mode():
        for i in ids:
            scores, state = decoder(torch.tensor([[i]]), state)
    return scores[0, 0].argmax().item(), state


def _greedily(decoder, state, goes_in, written, num_steps):
    """Read `goes_in`, and write on behind `written`."""
    written = list(written)
    while len(written) < num_steps and written[-1:] != [EOS]:
        token, state = _read(decoder, state, goes_in)
        written.append(token)
        goes_in = [token]
    return written


def _go_on(decoder, state, prefix, num_steps):
    return _greedily(decoder, state, [BOS, *prefix], prefix, num_steps)


def _from_the_last_word(decoder, state, prefix, num_steps):
    return _greedily(decoder, state, [BOS, *prefix][-1:], prefix, num_steps)


def _with_its_own_words(decoder, state, prefix, num_steps):
    own = _greedily(decoder, state, [BOS], [], num_steps)
    return [*prefix, *own[len(prefix):]]


def _adds_one(also_full=True, also_ended=True):
    """Writes a word before it asks whether the sentence is over."""
    def function(decoder, state, prefix, num_steps):
        if len(prefix) >= num_steps and not also_full or prefix[-1:] == [EOS] and not also_ended:
            return list(prefix)
        token, state = _read(decoder, state, [BOS, *prefix])
        return _greedily(decoder, state, [token], [*prefix, token], num_steps)
    return function


def _answers(decoder, state, ids):
    """Let a decoder read ids; return what it answers to each, and the state."""
    answers = []
    for i in ids:
        token, state = _read(decoder, state, [i])
        answers.append(token)
    return answers, state


def _passes_all_on(decoder, state, prefix, num_steps):
    written, goes_in = list(prefix), [BOS, *prefix]
    while len(written) < num_steps and written[-1:] != [EOS]:
        goes_in, state = _answers(decoder, state, goes_in)
        written.append(goes_in[-1])
    return written


def _answers_for_prefix(decoder, state, prefix, num_steps):
    written, state = _answers(decoder, state, [BOS, *prefix])
    return _greedily(decoder, state, written[-1:], written, num_steps)[:num_steps]


def _one_more(decoder, state, prefix, num_steps):
    return [*prefix, _read(decoder, state, [BOS, *prefix])[0]]


def _first_scores(decoder, state, prefix, num_steps):
    """One pass over the prefix, then the scores of its first step."""
    first, _ = _read(decoder, state, [BOS])
    _, state = _read(decoder, state, [BOS, *prefix])
    return _greedily(decoder, state, [first], [*prefix, first], num_steps)


def _old_state(decoder, state, prefix, num_steps):
    token, _ = _read(decoder, state, [BOS, *prefix])
    return _greedily(decoder, state, [token], [*prefix, token], num_steps)


def _stands_still(after_prefix):
    """The first word is read from the first state, the others from `after_prefix(first state, state of the prefix)`."""
    def function(decoder, state, prefix, num_steps):
        token, after = _read(decoder, state, [BOS, *prefix])
        state, written = after_prefix(state, after), [*prefix, token]
        while len(written) < num_steps and token != EOS:
            token, _ = _read(decoder, state, [token])
            written.append(token)
        return written
    return function


def _no_state(decoder, state, prefix, num_steps):
    token, _ = _read(decoder, state, [BOS, *prefix][-1:])
    return _stands_still(lambda first, after: first)(decoder, state, [*prefix, token], num_steps)


def _read_twice(decoder, state, prefix, num_steps):
    return _greedily(decoder, state, [BOS, *prefix, *prefix[-1:]], prefix, num_steps)


def _all_twice(decoder, state, prefix, num_steps):
    return _greedily(decoder, state, [BOS, *prefix, [BOS, *prefix][-1]], prefix, num_steps)


def _reads_all_again(decoder, state, prefix, num_steps):
    written = list(prefix)
    while len(written) < num_steps and written[-1:] != [EOS]:
        token, state = _read(decoder, state, [BOS, *written])
        written.append(token)
    return written


def _never_ends(decoder, state, prefix, num_steps):
    written, goes_in = list(prefix), [BOS, *prefix]
    while len(written) < num_steps:
        token, state = _read(decoder, state, goes_in)
        written.append(token)
        goes_in = [token]
    return written


_NEVER_MOVES = ("Every step begins from the first state. Take the one that the decoder returns, and give it to the "
                "next step.")

_BOS_WRITTEN = "Leave `<bos>` out of the result: it goes in, and is not written."

go_on = Exercise(
    _go_on,
    cases=[(*_case(182), [5, 7], 8), (*_case(119), [], 8), (*_case(30), [4, 7], 6), (*_case(22), [8, 4, 6], 9),
           (*_case(30), [4, 7, 5], 3), (*_case(22), [8, EOS], 9)],
    mistakes=[
        (lambda decoder, state, prefix, num_steps: _greedily(decoder, state, [BOS], [], num_steps),
         "Your function does not read `prefix`: this is what the decoder says by itself."),
        (_with_its_own_words, "The words behind `prefix` are those that the decoder says after words of its own. Let "
                              "it read `prefix` instead, and go on from the state which that leaves."),
        (_from_the_last_word, "The decoder reads the last word alone. It has to read `<bos>` and all of `prefix`, for "
                              "each word moves its state."),
        (lambda decoder, state, prefix, num_steps: _greedily(decoder, state, prefix or [BOS], prefix, num_steps),
         "`<bos>` is missing: the decoder reads it before the first word, as in training."),
        (lambda *args: _go_on(*args)[len(args[2]):],
         "What the decoder adds is right. Return `prefix` too, in front of it."),
        (lambda *args: _go_on(*args[:3], args[3] + len(args[2]))[len(args[2]):],
         "What the decoder adds is right. Return `prefix` too, in front of it; `num_steps` counts it."),
        (lambda decoder, state, prefix, num_steps: _greedily(decoder, state, [BOS], prefix, num_steps),
         "`prefix` stands in the result, but the decoder has not read it: what you add are its first words after "
         "`<bos>`."),
        (_reads_all_again, "At each step the decoder reads the whole sentence again, though its state knows it. Give "
                           "it the last word alone."),
        (lambda *args: [i for i in _go_on(*args) if i != EOS],
         "The ids are right but for `<eos>`: if the sentence ends, `<eos>` is the last id."),
        (_never_ends, "Your function writes on behind `<eos>`. The sentence ends there."),
        (_adds_one(), "Your function writes a word before it asks whether the sentence is over. It may be, with "
                      "`prefix` alone: if that has `num_steps` ids, or ends with `<eos>`."),
        (_adds_one(also_full=False), "If `prefix` ends with `<eos>`, your function writes on behind it. Ask before the "
                                     "first word of your own, too."),
        (_adds_one(also_ended=False), "If `prefix` has `num_steps` ids already, your function adds one. Ask before the "
                                      "first word of your own, too."),
        (_passes_all_on, "You hand on what the decoder answered to *each* word of `prefix`. The next input is its last "
                         "answer alone: `Y_hat[:, -1].argmax(dim=1, keepdim=True)`, of shape (1, 1)."),
        (_answers_for_prefix, "You write down what the decoder answered to the words of `prefix`. Those words are "
                              "given: the sentence begins with `prefix` itself."),
        (_one_more, "You add one word only. Does `return` stand in the loop?"),
        (lambda *args: [_go_on(*args)], "The ids are right, in a list within a list. Return the plain list."),
        (lambda decoder, state, prefix, num_steps: _go_on(decoder, state, prefix, num_steps + len(prefix)),
         "A sentence that does not end is too long: `num_steps` counts the words of `prefix` too."),
        (lambda decoder, state, prefix, num_steps: _go_on(decoder, state, prefix, num_steps + 1),
         "A sentence that does not end gets one id too many. Stop when there are `num_steps` of them."),
        (lambda decoder, state, prefix, num_steps: _go_on(decoder, state, prefix, num_steps - 1),
         "A sentence that does not end gets one id too few. Stop when there are `num_steps` of them."),
        (_first_scores, "The first word that you add answers `<bos>`, not `prefix`. Of the scores of all steps, take "
                        "the last ones: `Y_hat[:, -1]`."),
        (_old_state, "The first word that you add is right. Then the decoder begins again from the first state: go on "
                     "from the state that it returned last."),
        (_stands_still(lambda first, after: after), "The state stands still behind the prefix. Take the one that the "
                                                    "decoder returns, and give it to the next step."),
        (_stands_still(lambda first, after: first), _NEVER_MOVES), (_no_state, _NEVER_MOVES),
        (_all_twice, "The last word of `prefix`, or `<bos>`, is read twice. After it, the next input is the decoder's "
                     "answer."),
        (_read_twice, "The last word of `prefix` is read twice. After it, the next input is the decoder's answer."),
        (lambda *args: [BOS, *_go_on(*args)], _BOS_WRITTEN),
        (lambda *args: [BOS, *_go_on(*args[:3], args[3] - 1)], _BOS_WRITTEN),
    ],
    edges=2,
    start="Let the decoder read `<bos>` and the prefix: one call with all of them, or one call each.",
    after="Reading the prefix was teacher forcing, writing on is prediction. The decoder stepper does the same with "
          "each word that you pick, and so does a telephone that finishes your sentence.",
)


# ---------------------------------------------------------------- stretch: true words and own words, mixed

def _mixed(decoder, state, Y, teacher):
    return _mix(decoder, state, Y, lambda t, true, own: torch.where(teacher[:, t], true, own))


def _mix(decoder, state, Y, choose, first=BOS, keep_state=False):
    """Return the scores when the input of step t is `choose(t, true, own)`, each `(batch,)`."""
    token, scores = torch.full_like(Y[:, 0], BOS) if first == BOS else first(Y), []
    for t in range(Y.shape[1]):
        if t:
            token = choose(t, Y[:, t - 1], scores[-1].argmax(1))
        one, new = decoder(token[:, None], state)
        state = state if keep_state else new
        scores.append(one[:, 0])
    return torch.stack(scores, dim=1)


def _early(decoder, state, Y, teacher):
    return _mix(decoder, state, Y, lambda t, true, own: torch.where(teacher[:, t - 1], true, own))


def _precomputed(own_scores):
    """The own words are those of another run, which did not read the mixture."""
    def function(decoder, state, Y, teacher):
        words = own_scores(decoder, state, Y).argmax(2)
        return _mix(decoder, state, Y, lambda t, true, own: torch.where(teacher[:, t], true, words[:, t - 1]))
    return function


def _all_true(decoder, state, Y, teacher=None):
    return _mix(decoder, state, Y, lambda t, true, own: true)


def _all_own(decoder, state, Y, teacher=None):
    return _mix(decoder, state, Y, lambda t, true, own: own)


def _not_shifted(decoder, state, Y, teacher):
    def choose(t, true, own):
        return torch.where(teacher[:, t], Y[:, t], own)
    return _mix(decoder, state, Y, choose)


def _one_for_all(decoder, state, Y, teacher):
    return _mix(decoder, state, Y, lambda t, true, own: true if teacher[0, t] else own)


def _by_a_vote(rule):
    return lambda decoder, state, Y, teacher: _mix(
        decoder, state, Y, lambda t, true, own: true if rule(teacher[:, t]) else own)


_ONE_DECISION = ("All sentences of a step do the same. `teacher[:, t]` decides for each by itself; `torch.where` takes "
                 "it as it is.")


def _labels(seed, batch, num_steps):
    generator = torch.Generator().manual_seed(seed + 2000)
    teacher = torch.rand(batch, num_steps, generator=generator) < 0.5
    return torch.randint(4, 9, (batch, num_steps), generator=generator), teacher


NO_RECORD = "scores without a record for the backward pass"
CUT_OFF = "scores whose record ends before the first step"


def _with_record(function, decoder, state, *args):
    """Run a function; scores that no gradient can go back through are replaced by a text that says so."""
    state[0].requires_grad_()
    scores = function(decoder, state, *args)
    if not isinstance(scores, torch.Tensor) or not scores.is_floating_point():
        return scores
    if not scores.requires_grad:
        return NO_RECORD
    gradient, = torch.autograd.grad(scores[:, -1].square().sum(), state[0], retain_graph=True, allow_unused=True)
    return CUT_OFF if gradient is None or not gradient.any() else scores


def _stops_early(decoder, state, Y, teacher):
    scores = _mixed(decoder, state, Y, teacher)
    over = (scores.argmax(2) == EOS).cummax(1).values.all(0).tolist()
    return scores[:, : over.index(True) + 1] if True in over else scores


mixed = Exercise(
    _mixed,
    cases=[(*_case(seed, batch), *_labels(seed, batch, num_steps))
           for seed, batch, num_steps in ((51, 3, 5), (30, 3, 5), (11, 2, 4), (58, 1, 5))],
    mistakes=[
        (_all_true, "This is teacher forcing: the decoder reads true words only. Where `teacher` is False, it reads "
                    "its own."),
        (_all_own, "This is prediction: the decoder reads its own words only. Where `teacher` is True, it reads the "
                   "true one."),
        (lambda decoder, state, Y, teacher: _mixed(decoder, state, Y, ~teacher),
         "True and own words are swapped: where `teacher` is True, the true word goes in."),
        (_early, "`teacher` acts one step late: `teacher[:, t]` is about what goes in at step t."),
        (_not_shifted, "At step t the decoder reads the word that it is asked for at step t. What goes in is the word "
                       "before: `Y[:, t - 1]`."),
        (_by_a_vote(torch.all), _ONE_DECISION), (_by_a_vote(torch.any), _ONE_DECISION),
        (_one_for_all, "All sentences do as the first one does. `teacher[:, t]` decides for each by itself; "
                       "`torch.where` takes it as it is."),
        (_precomputed(_all_own), "Your own words are those of a run that read its own words only. They have to be what "
                                 "the decoder said just before, after the mixture that it read."),
        (_precomputed(_all_true), "Your own words are those of a run that read true words only. They have to be what "
                                  "the decoder said just before, after the mixture that it read."),
        (lambda *args: _mix(*args[:3], lambda t, true, own: torch.where(args[3][:, t], true, own), keep_state=True),
         "The state never moves: every step begins from the first state. Take the one that the decoder returns."),
        (lambda *args: _mix(*args[:3], lambda t, true, own: torch.where(args[3][:, t], true, own),
                            first=lambda Y: torch.full_like(Y[:, 0], EOS)),
         "The first input is `<bos>`, which has the id 2."),
        (lambda *args: _mix(*args[:3], lambda t, true, own: torch.where(args[3][:, t], true, own),
                            first=lambda Y: Y[:, 0]),
         "At step 0 the first word of `Y` goes in. It is what step 0 is asked for: `<bos>` goes in."),
        (lambda *args: NO_RECORD, "These scores carry no record for the backward pass. Leave `inference_mode` (or "
                                  "`detach`) out: this is a step of training."),
        (lambda *args: CUT_OFF, "You detach the state between the steps, so no gradient goes back further than one. "
                                "The encoder learns through it: hand the state on as it is."),
        (_stops_early, "Your loop ends when every sentence has said `<eos>`, as in prediction. Here it takes all "
                       "`Y.shape[1]` steps: the label says how long the sentence is."),
        (lambda *args: _mixed(*args).transpose(0, 1), "Your scores have time first: `(num_steps, batch, vocab_size)`. "
                                                      "Put the batch first, with `torch.stack(..., dim=1)` or `cat`."),
        (lambda *args: _mixed(*args).argmax(2), "These are the words that the decoder chose. Return its scores, of "
                                                "every word: the loss needs them all."),
        (lambda *args: _mixed(*args).softmax(2), "These are probabilities. Return the scores: the loss does the "
                                                 "softmax itself."),
    ],
    start="Begin with the loop of the lesson's `greedy_batch`, over `Y.shape[1]` steps, and keep all scores.",
    after="With `teacher` all True this is training, all False prediction. Scheduled sampling (Bengio et al. 2015) "
          "draws it at random, with less and less True as training goes on.",
    call=_with_record,
)

BLANKS = (greedy, greedy_batch, before_eos)
EXERCISES = (likeliest, go_on, mixed)
