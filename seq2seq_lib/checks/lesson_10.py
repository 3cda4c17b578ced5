"""The checks of lesson 10, beam search: of its blanks and of its exercises."""

import itertools
import math

import torch

from ..loss import sequence_mask
from ..model import Decoder, Encoder, Seq2Seq
from ..text import BOS, EOS, PAD, UNK
from ..training import teacher_forcing
from .blank import Blank
from .runner import Exercise, in_single_precision

# ---------------------------------------------------------------- blank: the log-probability of a sentence

class _Table(dict):
    """Probabilities of the next word, by the words before it, of which there are two at most."""

    def __init__(self, seed, *words):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        for length in range(3):
            for prefix in itertools.product(words, repeat=length):
                shares = (torch.rand(len(words) + 1, generator=generator) + 0.1).tolist()
                first = [round(share / sum(shares), 2) for share in shares[:-1]]
                self[prefix] = dict(zip((*words, "<eos>"), (*first, round(1 - sum(first), 2))))

    def __repr__(self):
        return "\n".join(f"{prefix}: {probs}" for prefix, probs in self.items())


def _log_prob(table, sentence):
    return sum(_logs(table, sentence))


def _logs(table, sentence, prefix=lambda sentence, i: sentence[:i], log=math.log):
    """The log-probability of each word; with another prefix or logarithm a mistake."""
    return [log(table[prefix(sentence, i)][word]) for i, word in enumerate(sentence)]


_COMPLETE = "`<eos>` has a probability too, and it's a part of the sentence's: go on to the last word."

log_prob = Blank(
    _log_prob,
    cases=[(_Table(0, "il", "va"), ("il", "<eos>")), (_Table(1, "il", "va"), ("va", "il", "<eos>")),
           (_Table(2, "il", "va"), ("<eos>",)), (_Table(3, "il", "va"), ("il", "il", "<eos>")),
           (_Table(4, "il", "va", "bien"), ("bien", "va", "<eos>"))],
    mistakes=[
        (lambda table, sentence: sum(_logs(table, sentence)[:-1], 0.0), _COMPLETE),
        (lambda table, sentence: math.exp(sum(_logs(table, sentence)[:-1])),
         f"You multiply the probabilities; add up their logarithms instead. And {_COMPLETE}"),
        (lambda table, sentence: math.exp(_log_prob(table, sentence)),
         "This is the probability itself, the product. Its logarithm is the sum of the logs, and doesn't shrink to "
         "nothing when sentences are long."),
        (lambda table, sentence: -_log_prob(table, sentence),
         "This is the loss. A log-probability is never above 0: leave the minus out."),
        (lambda table, sentence: _log_prob(table, sentence) / len(sentence),
         "This is the mean per word. Don't divide: the probability of a sentence is a product, so its log is the sum."),
        (lambda table, sentence: sum(_logs(table, sentence, log=math.log10)),
         "Your logarithm has base 10. Take the natural one: `math.log`."),
        (lambda table, sentence: sum(_logs(table, sentence, log=math.log2)),
         "Your logarithm has base 2. Take the natural one: `math.log`."),
        (lambda table, sentence: math.log(sum(_logs(table, sentence, log=float))),
         "You add up the probabilities and take one logarithm. Take the logarithm of each, then add up."),
        (lambda table, sentence: sum(_logs(table, sentence, log=float)),
         "You add up the probabilities. Take the logarithm of each first."),
        (lambda table, sentence: sum(_logs(table, sentence, prefix=lambda sentence, i: ())),
         "Every word is looked up as if it were the first. Look at what comes before it: `table[sentence[:i]]`."),
        (lambda table, sentence: sum(_logs(table, sentence, prefix=lambda sentence, i: sentence[max(0, i - 1) : i])),
         "You look up each word behind the one word before it. The prefix is all that comes before: `sentence[:i]`."),
        (lambda table, sentence: sum(_logs(table, sentence)[1:], 0.0),
         "The first word is missing. Its prefix is the empty tuple, `()`."),
        (lambda table, sentence: _logs(table, sentence)[0],
         "This is the first word alone. Does `return` stand in the loop?"),
        (lambda table, sentence: _logs(table, sentence)[-1],
         "This is the last word alone. Add each one to the sum: `+=`, not `=`."),
        (lambda table, sentence: _logs(table, sentence),
         "These are the logs, one for each word. Now add them up."),
        (lambda table, sentence: sum(math.log(max(table[sentence[:i]].values())) for i in range(len(sentence))),
         "At each step you take the likeliest word. Take the one that the sentence has."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the first word: its probability is "
          "`table[()][sentence[0]]`.",
    after="Logs turn a product into a sum, and a sum only falls when a word is added.",
)


# ---------------------------------------------------------------- one step: all longer prefixes, and the best of them

def _added(sums, logs):
    return sums[:, :, None] + logs


def _log_softmax(scores):
    return scores.log_softmax(dim=2)


def _longer(sums, scores, log=_log_softmax, never=(PAD, BOS), add=_added, instead=-torch.inf):
    """Return the sums of all longer prefixes `(sentences, width, vocab_size)`; with other settings, a mistake's."""
    logs = log(scores).clone()
    logs[:, :, list(never)] = instead
    return add(sums, logs)


def _best(longer, beam_size, divisor=None, largest=True):
    """Return the best of each sentence: sums, prefixes, tokens `(sentences, beam_size)`."""
    sums, places = longer.flatten(start_dim=1).topk(beam_size, largest=largest)
    divisor = divisor or longer.shape[2]
    return sums, places // divisor, places % divisor


def _of_each(longer, beam_size):
    """The best of each prefix, one prefix behind the other."""
    sums, tokens = longer.topk(min(beam_size, longer.shape[2]), dim=2)
    prefixes = torch.arange(longer.shape[1])[:, None].expand(tokens.shape)
    return [part.flatten(start_dim=1) for part in (sums, prefixes, tokens)]


def _of_each_cut(longer, beam_size):
    return [part[:, :beam_size] for part in _of_each(longer, beam_size)]


def _one_of_each(longer, beam_size):
    return _of_each(longer, 1)


def _swapped(longer, beam_size):
    sums, prefixes, tokens = _best(longer, beam_size)
    return sums, tokens, prefixes


def _turned(longer, beam_size):
    return [part.flip(1) for part in _best(longer, beam_size)]


def _by_number(longer, beam_size):
    """The best, but in the order of their places."""
    places = longer.flatten(start_dim=1).topk(beam_size).indices.sort().values
    return longer.flatten(start_dim=1).gather(1, places), places // longer.shape[2], places % longer.shape[2]


def _tokens_first(longer, beam_size):
    return _best(longer.transpose(1, 2), beam_size, longer.shape[2])


def _with_floats(longer, beam_size):
    sums, places = longer.flatten(start_dim=1).topk(beam_size)
    return sums, places / longer.shape[2], places % longer.shape[2]


def _only_added(sums, logs, beam_size):
    """The right ones, but with what they add instead of the sums."""
    _, prefixes, tokens = _best(_added(sums, logs), beam_size)
    rows = torch.arange(len(sums))[:, None]
    return logs[rows, prefixes, tokens], prefixes, tokens


def _by_token_alone(sums, logs, beam_size):
    added, prefixes, tokens = _best(logs, beam_size)
    return sums.gather(1, prefixes) + added, prefixes, tokens


_PER_PREFIX = ("You keep the best of *each* prefix. All longer prefixes compete with each other: one `topk` over "
               "width × vocab_size of them.")
_SWAPPED = ("Prefix and token are swapped: a place divided by the size of the vocabulary, `//`, is the prefix, and "
            "what is left, `%`, the token.")
_DIVISOR = ("The sums are right; prefixes and tokens are not. Each prefix has `vocab_size` places: that is what to "
            "divide by.")
_SUMS_IGNORED = "You rank by the new token alone. How likely the prefix was counts as well: add `sums`."
_BY_TOKEN = "You choose by the new token alone, and add the sums afterwards. Add first, then choose."
_ONLY_ADDED = "These are the log-probabilities of the new tokens. Return the sums: those of the whole longer prefixes."
_MULTIPLIED = "You multiply logarithms. Probabilities are multiplied; their logs are added."
_TURNED = "The right ones, the wrong way round: the best comes first."
_BY_NUMBER = "The right ones, but sorted by their places. The best comes first."
_WORST = "These are the *un*likeliest. `topk` takes the largest by itself."
_TOKENS_FIRST = ("You have put the tokens before the prefixes, so a place means something else. `flatten` lays one "
                 "prefix after the other if the vocabulary is the last axis.")
_FLOATS = "`/` makes fractions. `//` is the whole number that you want."
_PLACES = ("These are places in the long row. Make two tensors of them: which prefix, `//`, and which token, `%`, and "
           "return three in all.")
_ORDER = "Three right parts in another order: sums, prefixes, tokens."
_PROBS = "These are probabilities. Return the sums of logarithms, as they come in."
_WIDTH = "You keep as many as came in. Keep `beam_size` of them."

_SLIPS = [  # in the choice, with one sentence or with several
    (_of_each, _PER_PREFIX), (_of_each_cut, _PER_PREFIX), (_one_of_each, _PER_PREFIX),
    (_swapped, _SWAPPED), (_turned, _TURNED), (_by_number, _BY_NUMBER),
    (lambda longer, beam_size: _best(longer, beam_size, largest=False), _WORST),
    (lambda longer, beam_size: _best(longer, beam_size, divisor=longer.shape[1]), _DIVISOR),
    (lambda longer, beam_size: _best(longer, beam_size, divisor=beam_size), _DIVISOR),
    (_tokens_first, _TOKENS_FIRST), (_with_floats, _FLOATS),
    (lambda longer, beam_size: tuple(longer.flatten(start_dim=1).topk(beam_size)), _PLACES),
    (lambda longer, beam_size: (*_best(longer, beam_size)[1:], _best(longer, beam_size)[0]), _ORDER),
    (lambda longer, beam_size: (_best(longer, beam_size)[0].exp(), *_best(longer, beam_size)[1:]), _PROBS),
    (lambda longer, beam_size: _best(longer, longer.shape[1]), _WIDTH),
]


# ---------------------------------------------------------------- blank: the best continuations of one sentence

def _best_continuations(sums, log_probs, beam_size):
    return tuple(part[0] for part in _best(_added(sums[None], log_probs[None]), beam_size))


def _of_one(choose, add=_added):
    """Return a mistake: what `choose(longer, beam_size)` does with the only sentence of a batch."""
    return lambda sums, log_probs, beam_size: tuple(
        part[0] for part in choose(add(sums[None], log_probs[None]), beam_size))


def _in_lists(sums, log_probs, beam_size):
    sums, prefixes, tokens = _best_continuations(sums, log_probs, beam_size)
    return sums, prefixes.tolist(), tokens.tolist()


def _log_probs(seed, width, vocab_size):
    """Prefixes and what may follow: sums `(width,)`, 0 at the first step, and log-probabilities."""
    generator = torch.Generator().manual_seed(seed)
    log_probs = (2 * torch.randn(width, vocab_size, generator=generator)).log_softmax(dim=1)
    sums = -2 * torch.rand(width, generator=generator) if width > 1 else torch.zeros(1)
    return sums.round(decimals=1), log_probs.round(decimals=2)


best_continuations = Blank(
    _best_continuations,
    call=in_single_precision,
    cases=[(torch.tensor([-0.7, -1.2]), torch.tensor([[-2.3, -1.9, -1.6, -0.5], [-3.0, -0.2, -2.7, -2.5]]), 3),
           (*_log_probs(0, 1, 5), 3), (*_log_probs(1, 3, 6), 3), (*_log_probs(2, 4, 7), 2), (*_log_probs(6, 3, 5), 4)],
    mistakes=[
        *[(_of_one(choose), message) for choose, message in _SLIPS],
        (_of_one(_best, add=lambda sums, logs: logs), _SUMS_IGNORED),
        (lambda *args: tuple(part[0] for part in _by_token_alone(args[0][None], args[1][None], args[2])), _BY_TOKEN),
        (lambda *args: tuple(part[0] for part in _only_added(args[0][None], args[1][None], args[2])), _ONLY_ADDED),
        (_of_one(_best, add=lambda sums, logs: sums[:, :, None] * logs), _MULTIPLIED),
        (_of_one(_best, add=lambda sums, logs: sums[:, :, None] + logs.exp()),
         "You add probabilities to sums of logarithms. `log_probs` are logs already: add them as they are."),
        (_of_one(_best, add=lambda sums, logs: sums[:, :, None] - logs),
         "You take the log-probabilities away. Add them: a longer prefix is less likely, so its sum is lower."),
        (_in_lists, "The numbers are right. Keep them in tensors, by which rows can be picked: `//` and `%` work on a "
                    "whole tensor."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the sums of all longer prefixes: "
          "`sums[:, None] + log_probs`, of shape (width, vocab_size).",
    after="One prefix may have several children among the best, and another none.",
)


# ---------------------------------------------------------------- blank: when to stop

def _may_stop(open_sums, finished, n_best=1):
    return _stop(open_sums, finished, n_best)


def _stop(open_sums, finished, n_best, *, nth=lambda finished, n: sorted(finished)[-n], best=max, empty=True,
          enough=lambda finished, n: len(finished) >= n, above=lambda done, still: done >= still):
    """The answer, and with other settings the mistakes."""
    if not open_sums:
        return empty
    return bool(finished) and enough(finished, n_best) and above(nth(finished, n_best), best(open_sums))


def _stop_but(**settings):
    return lambda open_sums, finished, n_best=1: _stop(open_sums, finished, n_best, **settings)


may_stop = Blank(
    _may_stop,
    cases=[([-2.0, -3.5], [-1.0], 1), ([-2.0, -0.5], [-1.0], 1), ([-2.0, -3.0], [], 1), ([], [-4.0], 1),
           ([-1.5], [-2.0], 1), ([-0.7, -0.5], [-1.0], 1),
           ([-2.5], [-4.0, -1.5, -3.0], 1), ([-2.5, -9.0], [-4.0, -1.5, -3.0], 2), ([-1.0, -3.5], [-2.0], 1),
           ([-3.5, -6.0], [-4.0, -1.5, -3.0], 2), ([-2.5, -7.0], [-1.0, -2.0], 3), ([-5.0], [-1.0, -2.0], 3),
           ([], [-1.0], 2), ([], [], 1), ([-4.5, -6.0], [-1.0, -4.0, -2.0], 2), ([-2.0, -3.0], [-2.0], 1)],
    mistakes=[
        (lambda *args: not _may_stop(*args),
         "It is the wrong way round: True says that the search may stop."),
        (lambda open_sums, finished, n_best=1: len(finished) >= n_best or not open_sums,
         "You only count what is finished. An open prefix may still be better: compare the sums."),
        (lambda open_sums, finished, n_best=1: len(finished) >= n_best,
         "You only count what is finished. An open prefix may still be better: compare the sums. And where nothing is "
         "open, there is nothing to wait for."),
        (_stop_but(empty=False), "Where nothing is open, there is nothing to wait for: then it is True."),
        (lambda open_sums, finished, n_best=1: not open_sums,
         "You wait until nothing is open. It's over as soon as no open prefix can get among the `n_best`, for sums "
         "only fall."),
        (_stop_but(enough=lambda finished, n: len(finished) > n),
         "You wait for one more than `n_best`. When `n_best` are finished, that is enough: `>=`."),
        (_stop_but(nth=lambda finished, n: max(finished)),
         "You compare with the best finished one. The `n_best`-th best is the one to be overtaken."),
        (_stop_but(nth=lambda finished, n: max(finished), enough=lambda finished, n: True),
         "You don't look at `n_best`. So many must be finished, and the `n_best`-th best of them is the one to be "
         "overtaken."),
        (_stop_but(nth=lambda finished, n: sorted(finished)[-min(n, len(finished))], enough=lambda finished, n: True),
         "You stop with fewer than `n_best` finished. As long as some are missing, any open prefix can still get in."),
        (_stop_but(nth=lambda finished, n: min(finished)),
         "You compare with the worst finished one. The `n_best`-th best is the one to be overtaken."),
        (_stop_but(nth=lambda finished, n: finished[n - 1]),
         "`finished` comes in any order. Sort it before you take the `n_best`-th."),
        (_stop_but(nth=lambda finished, n: sorted(finished)[n - 1]),
         "`sorted` puts the worst in front. Count the `n_best`-th best from the other end."),
        (_stop_but(best=min),
         "You compare with the worst open prefix. The best one has the best chance: `max(open_sums)`."),
        (_stop_but(best=lambda open_sums: open_sums[0]),
         "You compare with the first open prefix. The best one has the best chance: `max(open_sums)`."),
        (_stop_but(best=sum),
         "You add up the open sums. Each prefix runs for itself, so compare with the best one: `max(open_sums)`."),
        (_stop_but(above=lambda done, still: done <= still),
         "Your comparison is the wrong way round: the search may stop when what is finished is at least as good as "
         "what is open. Of two negative numbers the one nearer to 0 is larger."),
        (_stop_but(above=lambda done, still: done > still),
         "If the two are equal, it may stop too: sums only fall, so an equal one cannot overtake. `>=`."),
    ],
    edges=1,
    start="Delete the line `raise NotImplementedError`, and begin with the plain case: if `open_sums` is empty, return "
          "True.",
    after="Nothing is lost by stopping here: what is open can only fall.",
)


# ---------------------------------------------------------------- a small net to try answers on

class _SmallNet(Seq2Seq):
    """Four reserved words and five others; its weights depend on a seed alone."""

    def __init__(self, seed):
        super().__init__(Encoder(9, 4, 5, 1), Decoder(9, 4, 5, 1))
        self.seed = seed
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(4 * torch.rand(parameter.shape, generator=generator) - 2)
        self.eval()

    def __repr__(self):
        return f"<a small net with 9 words, weights {self.seed}>"


def _sentences(generator, lengths, filling=PAD):
    """Ids of random words, `<eos>`, and the filling: `(batch, longest)`, and the lengths."""
    ids = torch.randint(4, 9, (len(lengths), max(lengths)), generator=generator)
    for row, n in zip(ids, lengths):
        row[n - 1], row[n:] = EOS, filling
    return ids, torch.tensor(lengths)


def _pairs(seed, source, target, filling=PAD):
    generator = torch.Generator().manual_seed(seed + 1000)
    return _SmallNet(seed), *_sentences(generator, source), *_sentences(generator, target, filling)


# ---------------------------------------------------------------- warm-up: how likely is a given sentence?

def _sentence_log_prob(net, X, X_valid_len, Y, Y_valid_len):
    return _forced(net, X, X_valid_len, Y, Y_valid_len)


def _forced(net, X, X_valid_len, Y, Y_valid_len, *, reads=teacher_forcing, log=_log_softmax, pick=None, total=None):
    """One pass of teacher forcing; with other settings the mistakes.

    reads: makes of `Y` what the decoder reads. log: makes of the scores what is picked from. pick: what is taken of
    `(batch, num_steps, vocab_size)`, the label's by default. total: makes a result of `(batch, num_steps)`.
    """
    with torch.no_grad():
        Y_hat, _ = net(X, reads(Y), X_valid_len)
    logs = pick(log(Y_hat)) if pick else log(Y_hat).gather(2, Y[:, :, None])[:, :, 0]
    return total(logs, Y, Y_valid_len) if total else sequence_mask(logs, Y_valid_len).sum(dim=1)


def _forced_but(**settings):
    return lambda *args: _forced(*args, **settings)


def _softmax(scores):
    return scores.softmax(dim=2)


def _own_words(net, X, X_valid_len, Y, Y_valid_len):
    """The decoder reads its own words, and the labels are looked up in its scores."""
    with torch.no_grad():
        state, token, logs = net.start(X, X_valid_len), torch.full_like(Y[:, :1], BOS), []
        for t in range(Y.shape[1]):
            Y_hat, state = net.decoder(token, state)
            logs.append(_log_softmax(Y_hat)[:, 0].gather(1, Y[:, t : t + 1]))
            token = Y_hat.argmax(dim=2)
    return sequence_mask(torch.cat(logs, dim=1), Y_valid_len).sum(dim=1)


def _without_first(net, X, X_valid_len, Y, Y_valid_len):
    with torch.no_grad():
        Y_hat, _ = net(X, Y[:, :-1], X_valid_len)
    return sequence_mask(_log_softmax(Y_hat).gather(2, Y[:, 1:, None])[:, :, 0], Y_valid_len - 1).sum(dim=1)


_NOT_SHIFTED = ("The decoder reads the very word that it is asked for. It reads `<bos>` first, then `Y` without its "
                "last column: `teacher_forcing(Y)`.")
_PADDING = "You count the padding too. Only the first `Y_valid_len` positions of a row are its sentence."
_MEAN_OVER_STEPS = "You take the mean over the steps. The sentence's log-probability is the sum."

sentence_log_prob = Exercise(
    _sentence_log_prob,
    call=in_single_precision,
    cases=[_pairs(1, [4], [4]), _pairs(2, [3, 5], [5, 3]), _pairs(3, [4, 2, 3], [2, 4, 6]), _pairs(4, [3, 3], [1, 4]),
           _pairs(5, [4, 5], [3, 5], filling=6)],
    mistakes=[
        (_forced_but(total=lambda logs, Y, n: -sequence_mask(logs, n).sum(dim=1)),
         "This is the loss of lesson 4. The log-probability is minus that, and never above 0."),
        (_forced_but(total=lambda logs, Y, n: logs.sum(dim=1)), _PADDING),
        (_forced_but(total=lambda logs, Y, n: -logs.sum(dim=1)),
         f"{_PADDING} And a log-probability is never above 0: mind the sign."),
        (_forced_but(total=lambda logs, Y, n: sequence_mask(logs, n - 1).sum(dim=1)),
         "`<eos>` is missing. The model has to say it like any other token, and `Y_valid_len` counts it."),
        (_forced_but(total=lambda logs, Y, n: sequence_mask(logs, n).sum(dim=1) / n),
         "This is the mean per token. Don't divide: the probability of a sentence is a product, so its log is a sum."),
        (_forced_but(total=lambda logs, Y, n: sequence_mask(logs, n).mean(dim=1)), _MEAN_OVER_STEPS),
        (_forced_but(total=lambda logs, Y, n: logs.mean(dim=1)),
         f"{_MEAN_OVER_STEPS} And {_PADDING[0].lower()}{_PADDING[1:]}"),
        (_forced_but(total=lambda logs, Y, n: sequence_mask(logs, n).sum()),
         "This is one number for the whole batch. Each sentence has its own: `sum(dim=1)`."),
        (_forced_but(total=lambda logs, Y, n: sequence_mask(logs, n).sum(dim=0)),
         "You sum over the sentences. Sum over the steps: `sum(dim=1)`."),
        (_forced_but(total=lambda logs, Y, n: sequence_mask(logs, n)),
         "These are the log-probabilities of the tokens. Add them up for each sentence: `sum(dim=1)`."),
        (_forced_but(total=lambda logs, Y, n: sequence_mask(logs, n).sum(dim=1).exp()),
         "This is the probability itself. Return its logarithm: the sum, without `exp`."),
        (_forced_but(total=lambda logs, Y, n: (-sequence_mask(logs, n).sum(dim=1) / n).exp()),
         "This is the perplexity. Return the sum of the log-probabilities."),
        (_forced_but(log=_softmax),
         "You add up probabilities. Take their logarithms: `log_softmax`, not `softmax`."),
        (_forced_but(log=_softmax, total=lambda logs, Y, n: sequence_mask(logs, n).sum(dim=1).log()),
         "You add up the probabilities and take one logarithm. Take the logarithm of each, then add up."),
        (_forced_but(log=lambda scores: scores),
         "You add up the scores as they are. A `log_softmax` over the vocabulary makes log-probabilities of them."),
        (_forced_but(log=lambda scores: scores.log_softmax(dim=1)),
         "Your softmax runs over the steps. It has to run over the vocabulary: `dim=2`."),
        *[(_forced_but(log=lambda scores, base=base: _log_softmax(scores) / math.log(base)),
           f"Your logarithm has base {base}. Take the natural one: `log_softmax` does.") for base in (2, 10)],
        (_forced_but(pick=lambda logs: logs.amax(dim=2)),
         "At each step you take the likeliest word. Take the one that stands in `Y`: `gather` picks it."),
        (_forced_but(reads=lambda Y: Y), _NOT_SHIFTED),
        (_forced_but(reads=lambda Y: Y.roll(1, dims=1)),
         "The last column has come to the front. What the decoder reads first is `<bos>`: `teacher_forcing(Y)`."),
        (_forced_but(reads=lambda Y: teacher_forcing(Y, EOS)),
         "The decoder reads `<bos>` first, not `<eos>`: `teacher_forcing(Y)`."),
        (_without_first, "The first word is not scored. The decoder reads `<bos>` before it: `teacher_forcing(Y)`."),
        (_own_words, "The decoder reads words of its own. It has to read the words of `Y`: that is teacher forcing, "
                     "and one pass is enough."),
        (lambda net, X, X_valid_len, Y, Y_valid_len: _forced(net, X, None, Y, Y_valid_len),
         "The encoder reads the padding of the sources as if it were words. Pass `X_valid_len` to the net."),
        (_forced_but(total=lambda logs, Y, n: logs.masked_fill(Y == PAD, 0).sum(dim=1)),
         "You leave out what is `<pad>`, and don't read `Y_valid_len`. There the sentence ends, whatever comes after."),
    ],
    edges=1,
    start="Delete the line `raise NotImplementedError`, and begin with the scores: `Y_hat, _ = net(X, "
          "teacher_forcing(Y), X_valid_len)`.",
    after="It is minus the masked loss of lesson 4: what training has made small, a search makes large.",
)


# ---------------------------------------------------------------- core: one step of the beam, for a batch

def _beam_step(sums, scores, beam_size):
    return _living(*_best(_longer(sums, scores), beam_size))


def _living(sums, prefixes, tokens):
    """Where nothing was left to be chosen, prefix and token may be any: here 0.

    A large negative number that is put for −∞ may be any, too.
    """
    gone = sums < -1000
    sums = sums.masked_fill(gone & (sums > -torch.inf), -10**9)
    return sums, prefixes.masked_fill(gone, 0), tokens.masked_fill(gone, 0)


def _run_step(function, *args):
    result = in_single_precision(function, *args)
    parts = result if isinstance(result, (list, tuple)) else ()
    alike = all(isinstance(part, torch.Tensor) for part in parts) and len({part.shape for part in parts}) == 1
    return _living(*parts) if alike and len(parts) == 3 else result


def _chosen(choose, **settings):
    """Return a mistake: another choice among the longer prefixes, or other sums of theirs."""
    def step(sums, scores, beam_size):
        result = choose(_longer(sums, scores, **settings), beam_size)
        return _living(*result) if len(result) == 3 and not result[2].is_floating_point() else result
    return step


def _but(**settings):
    return _chosen(_best, **settings)


def _struck_out(longer, beam_size):
    sums, prefixes, tokens = _best(longer, beam_size)
    return sums.masked_fill((tokens == PAD) | (tokens == BOS), -torch.inf), prefixes, tokens


def _masked_first(sums, scores, beam_size):
    scores = scores.clone()
    scores[:, :, [PAD, BOS]] = -torch.inf
    return _living(*_best(_longer(sums, scores), beam_size))


def _over_all(scores):
    return scores.flatten(start_dim=1).log_softmax(dim=1).view_as(scores)


def _through_the_batch(sums, scores, beam_size):
    """The prefixes are numbered through the batch, as `select` needs them."""
    best, prefixes, tokens = _best(_longer(sums, scores), beam_size)
    return _living(best, prefixes + sums.shape[1] * torch.arange(len(sums))[:, None], tokens)


def _of_all_sentences(sums, scores, beam_size):
    longer = _longer(sums, scores)
    best, places = longer.flatten().topk(beam_size)
    return _living(best, places // longer.shape[2], places % longer.shape[2])


def _with_logs(function, **settings):
    """Return a mistake: what a function of sums and log-probabilities does."""
    return lambda sums, scores, beam_size: _living(*function(sums, _longer(
        sums, scores, add=lambda sums, logs: logs, **settings), beam_size))


def _step_case(seed, sentences, width, vocab_size, beam_size, gone=()):
    """Prefixes of some sentences, and a decoder's scores; the prefixes in `gone`, `(sentence, number)`, are no more."""
    generator = torch.Generator().manual_seed(seed)
    scores = 2 * torch.randn(sentences, width, vocab_size, generator=generator) + 1
    sums = -2 * torch.rand(sentences, width, generator=generator) if width > 1 else torch.zeros(sentences, 1)
    for place in gone:
        sums[place] = -torch.inf
    return sums.round(decimals=1), scores.round(decimals=1), beam_size


_of_the_table = (
    torch.tensor([[0.5, 0.3]]).log(),
    torch.tensor([[[0.1, 0.1, 0.1, 0.1, 0.2, 0.4], [0.05, 0.05, 0.3, 0.2, 0.3, 0.1]]]).log() + torch.tensor(
        [[[1.0], [3.0]]]), 3)

beam_step = Exercise(
    _beam_step,
    call=_run_step,
    cases=[_of_the_table, _step_case(0, 2, 1, 7, 3), _step_case(1, 2, 3, 6, 3), _step_case(2, 3, 4, 7, 4, [(1, 2)]),
           _step_case(3, 2, 4, 6, 2, [(0, 0), (0, 3)]), _step_case(4, 2, 2, 8, 5),
           _step_case(5, 2, 2, 5, 4, [(0, 1)])],
    mistakes=[
        *[(_chosen(choose), message) for choose, message in _SLIPS],
        (_but(never=()), "`<pad>` and `<bos>` are among your tokens. They are never chosen: put −∞ in their place, "
                         "behind the softmax."),
        (_but(never=(PAD,)), "`<bos>` is among your tokens. It is never chosen, and neither is `<pad>`."),
        (_but(never=(BOS,)), "`<pad>` is among your tokens. It is never chosen, and neither is `<bos>`."),
        (_but(never=(UNK, PAD, BOS)), "You never choose `<unk>`. It is a token like any other; only `<pad>` and "
                                      "`<bos>` are left out."),
        (_but(never=(PAD, BOS, EOS)), "You never choose `<eos>`, so no sentence would end. Only `<pad>` and `<bos>` "
                                      "are left out."),
        (_but(never=(UNK, PAD, BOS, EOS)), "You leave out all four reserved tokens. Only `<pad>` and `<bos>` are "
                                           "never chosen."),
        (_but(never=(UNK, PAD)), "You leave out the ids 0 and 1. `<pad>` and `<bos>` are 1 and 2: use their names, "
                                 "`PAD` and `BOS`."),
        (_chosen(_struck_out, never=()), "You choose first and strike out `<pad>` and `<bos>` afterwards, so they take "
                                         "the places of others. −∞ comes before the choice."),
        (_masked_first, "You take `<pad>` and `<bos>` out before the softmax, so the other words share what belonged "
                        "to them. Softmax over all words first, then −∞."),
        (_but(instead=0.0), "You give `<pad>` and `<bos>` the log-probability 0, which is the log of 1: the best there "
                            "is. Put −∞ there."),
        (_but(log=lambda scores: scores), "You add the scores as they are. The softmax is missing: `log_softmax` over "
                                          "the vocabulary."),
        (_but(log=_softmax), "You add probabilities to sums of logarithms. `log_softmax`, not `softmax`."),
        (_but(log=lambda scores: scores.softmax(dim=2).log_softmax(dim=2)),
         "You apply softmax twice. `log_softmax` alone makes log-probabilities of the scores."),
        (_but(log=lambda scores: scores.log_softmax(dim=1)),
         "Your softmax runs over the prefixes. It has to run over the vocabulary: `dim=2`."),
        (_but(log=lambda scores: scores.log_softmax(dim=0)),
         "Your softmax runs over the sentences. It has to run over the vocabulary: `dim=2`."),
        (_but(log=_over_all), "Your softmax runs over all prefixes of a sentence together. Each prefix has a "
                              "distribution of its own: `dim=2`, before you flatten."),
        *[(_but(log=lambda scores, base=base: _log_softmax(scores) / math.log(base)),
           f"Your logarithm has base {base}. Take the natural one: `log_softmax` does.") for base in (2, 10)],
        (_but(add=lambda sums, logs: logs), _SUMS_IGNORED),
        (_with_logs(_by_token_alone), _BY_TOKEN), (_with_logs(_only_added), _ONLY_ADDED),
        (_but(add=lambda sums, logs: sums[:, :, None] * logs), _MULTIPLIED),
        (_but(add=lambda sums, logs: (sums[:, :, None] * logs).nan_to_num(-torch.inf)), _MULTIPLIED),
        (_but(add=lambda sums, logs: sums[:, :, None] * logs.exp()),
         "You multiply sums of logarithms by probabilities. Logs are added: `sums` and `log_softmax`."),
        (_but(add=lambda sums, logs: sums[:, :, None] - logs),
         "You take the log-probabilities away. Add them: a longer prefix is less likely, so its sum is lower."),
        (_but(add=lambda sums, logs: _added(sums, logs) / 2),
         "You take a mean. The log-probability of a longer prefix is the sum of the two."),
        (_but(add=lambda sums, logs: _added(sums.log_softmax(dim=1), logs)),
         "You put `sums` through a softmax. They are log-probabilities already: add them as they are."),
        (_but(add=lambda sums, logs: _added(sums.masked_fill(sums == -torch.inf, 0), logs)),
         "A prefix that is no more has come back. Its sum is −∞, and stays so: −∞ plus anything is −∞."),
        (_through_the_batch, "You number the prefixes through the whole batch. Here each sentence counts its own from "
                             "0."),
        (_of_all_sentences, "All sentences compete with each other. Each has a beam of its own: "
                            "`flatten(start_dim=1)` keeps them apart."),
        (_but(instead=-1e9), "A large negative number is not −∞: where nothing is left to be chosen, it is taken for a "
                             "sum like any other. Use `-torch.inf`, and let a sum of −∞ stay as it is."),
    ],
    edges=1,
    start="Delete the line `raise NotImplementedError`, and begin with the log-probabilities: "
          "`scores.log_softmax(dim=2)`.",
    after="`seq2seq_lib/search.py` has the same function. Around it there is a loop, and `select`, by which the "
          "decoder's state follows the prefixes.",
)


# ---------------------------------------------------------------- stretch: what to draw the next token from

def _sampling_probs(scores, temperature=1.0, top_k=None, top_p=None):
    return _draw_from(scores, temperature, top_k, top_p)


def _draw_from(scores, temperature, top_k, top_p, *, heat=lambda scores, temperature: scores / temperature,
               shares=lambda scores: scores.softmax(dim=1),
               first=lambda ordered, k: torch.arange(ordered.shape[1]).expand(ordered.shape) < k,
               nucleus=lambda before, own, top_p: before < top_p, finish=lambda kept: kept / kept.sum(1, keepdim=True)):
    """The answer, and with other settings the mistakes.

    first: which of the ordered probabilities are the likeliest k. nucleus: which tokens are kept, by the probability
    of those before them and their own. finish: what is made of the probabilities, with 0 for those not kept.
    """
    probs = shares(heat(scores, temperature))
    ordered, order = probs.sort(dim=1, descending=True, stable=True)
    keep = torch.ones_like(ordered, dtype=torch.bool)
    if top_k is not None:
        keep = keep & first(ordered, top_k)
    if top_p is not None:
        keep = keep & nucleus(ordered.cumsum(dim=1) - ordered, ordered, top_p)
    return finish(torch.zeros_like(probs).scatter(1, order, ordered * keep))


def _drawn_but(**settings):
    return lambda scores, temperature, top_k, top_p: _draw_from(scores, temperature, top_k, top_p, **settings)


def _settled(scores, probs):
    """Of words with one score, one is as good as another: let the first be the one that is kept."""
    order = probs.argsort(dim=1, descending=True, stable=True)
    order = order.gather(1, scores.gather(1, order).argsort(dim=1, descending=True, stable=True))
    places = scores.argsort(dim=1, descending=True, stable=True)
    return torch.zeros_like(probs).scatter(1, places, probs.gather(1, order))


def _run_sampling(function, scores, *args):
    before = scores.clone()
    probs = in_single_precision(function, scores, *args)
    alike = isinstance(probs, torch.Tensor) and (probs.shape, probs.device) == (before.shape, before.device)
    return _settled(before, probs) if alike else probs


def _kept(scores, *args):
    return _draw_from(scores, *args) > 0


def _renewed(probs):
    return probs / probs.sum(dim=1, keepdim=True)


def _heated_last(scores, temperature, top_k, top_p):
    return _draw_from(_draw_from(scores, 1.0, top_k, top_p).log(), temperature, None, None)


def _softmax_with_zeros(scores, *args):
    return (scores / args[0] * _kept(scores, *args)).softmax(dim=1)


def _as_the_first(scores, temperature, top_k, top_p):
    return _renewed((scores / temperature).softmax(dim=1) * _kept(scores[:1], temperature, top_k, top_p))


def _not_put_back(scores, temperature, top_k, top_p):
    """Which places of the *sorted* row are kept is taken for which words are."""
    probs = (scores / temperature).softmax(dim=1)
    return _renewed(probs * _kept(probs.log().sort(dim=1, descending=True).values, 1.0, top_k, top_p))


def _only_kept(scores, temperature, top_k, top_p):
    probs = _draw_from(scores, temperature, top_k, top_p)
    return probs if top_k is None else probs.sort(dim=1, descending=True).values[:, :top_k]


def _by_hand(scores, temperature, top_k, top_p):
    exps = (scores / temperature).exp()
    return _draw_from(_renewed(exps).log(), 1.0, top_k, top_p)


_ALL_CROSSED = ("The token that carries the sum across `top_p` is missing. It belongs to the nucleus: without it the "
                "others do not reach `top_p`.")

_probs = torch.tensor([[0.5, 0.25, 0.15, 0.1]])
_three_rows = torch.tensor([[1.2, 3.0, -0.5, 0.4, 2.1], [0.3, 0.1, 0.5, 0.2, 0.4], [-1.0, 0.0, 0.7, 4.5, 1.1]])

sampling_probs = Exercise(
    _sampling_probs,
    call=_run_sampling,
    cases=[(_probs.log() + 1, 1.0, None, None), (_probs.log() + 1, 2.0, None, None), (_three_rows, 0.5, None, None),
           (_probs.log() + 1, 1.0, 2, None), (_three_rows, 1.0, 3, None), (_probs.log() + 1, 1.0, None, 0.7),
           (_three_rows, 1.0, None, 0.8), (_three_rows, 1.0, None, 0.1), (_three_rows, 1.5, None, 0.6),
           (_three_rows, 0.8, 2, 0.95), (_three_rows, 1.2, 4, 0.6),
           (torch.tensor([[0.0, 1.0, 2.0, 1.0, -1.0]]), 1.0, 2, None), (_three_rows, 0.02, 3, None)],
    mistakes=[
        (_drawn_but(heat=lambda scores, temperature: scores * temperature),
         "You multiply by the temperature. Divide by it: a high one makes the distribution flatter."),
        (_drawn_but(heat=lambda scores, temperature: scores),
         "The temperature has no effect. Divide the scores by it, before the softmax."),
        (lambda *args: _draw_from(args[0].softmax(dim=1), *args[1:]),
         "You divide the probabilities by the temperature, and apply softmax again. Divide the scores, and apply it "
         "once."),
        (_drawn_but(heat=lambda scores, temperature: scores.softmax(dim=1) / temperature, shares=lambda probs: probs),
         "You divide the probabilities by the temperature. Divide the scores, before the softmax: there it makes a "
         "difference."),
        (_drawn_but(shares=lambda scores: scores.softmax(dim=0)),
         "Your softmax runs over the sentences. It has to run over the vocabulary: `dim=1`."),
        (lambda scores, temperature, top_k, top_p: _draw_from(scores, temperature, None, top_p),
         "`top_k` has no effect. Only the `top_k` likeliest keep a probability, the others get 0."),
        (lambda scores, temperature, top_k, top_p: _draw_from(scores, temperature, top_k, None),
         "`top_p` has no effect. Only the nucleus keeps a probability: the likeliest tokens, until they reach "
         "`top_p`."),
        (lambda scores, temperature, top_k, top_p: _draw_from(scores, temperature, None, None),
         "Nothing is cut off yet. With `top_k`, or `top_p`, the less likely tokens get 0."),
        (lambda scores, temperature, top_k, top_p: _draw_from(
            scores, temperature, top_k, None if top_k is not None else top_p),
         "With `top_k` you forget about `top_p`. If both are given, a token must be kept by both."),
        (_drawn_but(finish=lambda kept: kept),
         "What you keep doesn't add up to 1 any more. Divide each row by its sum."),
        (_drawn_but(finish=lambda kept: kept / kept.sum()),
         "You divide by the sum of the whole batch. Each row adds up to 1: `sum(dim=1, keepdim=True)`."),
        (_drawn_but(finish=lambda kept: kept.softmax(dim=1)),
         "A softmax at the end gives a probability back to what was cut off. Divide each row by its sum."),
        (_softmax_with_zeros, "What is cut off has the score 0, and a softmax gives that a probability. Put 0 among "
                              "the probabilities, or −∞ among the scores."),
        (_drawn_but(nucleus=lambda before, own, top_p: before + own <= top_p), _ALL_CROSSED),
        (_drawn_but(nucleus=lambda before, own, top_p: before + own < top_p), _ALL_CROSSED),
        (_drawn_but(nucleus=lambda before, own, top_p: (before + own <= top_p) | (before == 0)), _ALL_CROSSED),
        (_drawn_but(nucleus=lambda before, own, top_p: own >= top_p),
         "You compare each probability with `top_p`. Add them up from the likeliest on: it is the sum that has to "
         "reach it."),
        (_drawn_but(nucleus=lambda before, own, top_p: before >= top_p),
         "You keep what is behind the nucleus, and cut off the nucleus. It is the other way round."),
        (_drawn_but(nucleus=lambda before, own, top_p: (before < top_p) | (before - own < top_p)),
         "Your nucleus has a token too many. The one that carries the sum across `top_p` is the last."),
        (_drawn_but(first=lambda ordered, k: torch.arange(ordered.shape[1]).expand(ordered.shape) >= ordered.shape[1]
                    - k), "You keep the `top_k` *un*likeliest. `topk` takes the largest by itself."),
        (_drawn_but(first=lambda ordered, k: torch.arange(ordered.shape[1]).expand(ordered.shape) <= k),
         "You keep one token more than `top_k`."),
        (_heated_last, "You decide at temperature 1 what is cut off. Divide by the temperature first: the nucleus is "
                       "that of the new probabilities."),
        (_as_the_first, "All rows keep the tokens of the first one. Each row has its own likeliest tokens."),
        (_not_put_back, "What you keep are places in the sorted row. `order`, the second result of `sort`, says which "
                        "words they are: `scatter` puts them back."),
        (_drawn_but(finish=lambda kept: _renewed(kept).sort(dim=1, descending=True).values),
         "These are sorted. Put each probability back where its word stands: `scatter(1, order, ...)`."),
        (_only_kept, "Only what you keep is returned. The others stay in their places, with 0."),
        (_drawn_but(finish=lambda kept: _renewed(kept).log()), "These are logarithms. Return the probabilities."),
        (lambda *args: torch.multinomial(_draw_from(*args), 1),
         "You have drawn a token already. Return what to draw from: the probabilities."),
        (lambda *args: _draw_from(*args).argmax(dim=1),
         "This is the likeliest token. Return what to draw from: the probabilities."),
        (_drawn_but(first=lambda ordered, k: ordered >= ordered[:, k - 1 : k]),
         "Two words are equally likely, and you keep both, one more than `top_k`. Take `top_k` by their places in the "
         "order, not by a limit."),
        (_by_hand, "Scores divided by a small temperature are large, and `exp` of them is infinite. `softmax` knows "
                   "how to do without."),
    ],
    edges=4,
    start="Delete the line `raise NotImplementedError`, and begin with the temperature: `(scores / "
          "temperature).softmax(dim=1)`.",
    after="Run the cell below, where tokens are drawn from it. With `top_k=1` it is greedy search, whatever the "
          "temperature.",
)

BLANKS = (log_prob, best_continuations, may_stop)
EXERCISES = (sentence_log_prob, beam_step, sampling_probs)
