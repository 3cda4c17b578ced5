"""The papers' claims, tried out on small nets: what each setting changes, and how a net is trained for it.

`make_experiments.py` runs it, for lesson 11 (attention or not, one direction or two) and for lesson 12. Whatever a
setting does not name is as in the baseline: a fixed context, read in one direction, and the settings of lesson 08
(lesson_settings.py) but for its size. Nets of another build get the `num_hiddens` that gives them as many weights.
"""

import random
import time
from functools import lru_cache

import torch
from lesson_settings import EPOCHS, MIN_FREQ, learning_rate
from making import by_length, closest_size, count_weights, read
from torch import nn

from seq2seq_lib import (
    AttentionDecoder,
    Batches,
    Decoder,
    Encoder,
    Seq2Seq,
    Vocab,
    copy_task,
    encode,
    predict,
    references_by_source,
    remember_from_start,
    teacher_forcing,
    train,
)

CORPUS, SEEDS, NUM_STEPS = "eng-fra", range(5), 100
SIZES = dict(embed_size=96, num_hiddens=128, dropout=0.05)  # of the baseline
MOST_JOINED = 4  # sentences in a row

BASELINE = dict(decoder=Decoder, context="every_step", both_ways=False, num_layers=1,  # the net
                backwards=False, share=1, min_freq=MIN_FREQ,  # what it reads: the source's order, how much, which words
                true_words=None)  # the share of true words that the decoder reads in training: None, all of them
START = dict(context="initial")
ATTENTION = START | dict(decoder=AttentionDecoder, both_ways=True)
SETTINGS = {
    "fixed, one direction": {}, "fixed, two directions": dict(both_ways=True),
    "attention, one direction": START | dict(decoder=AttentionDecoder), "attention, two directions": ATTENTION,
    "baseline": {}, "attention": ATTENTION,
    "start": START, "start, reversed": START | dict(backwards=True), "start, two layers": START | dict(num_layers=2),
    "scheduled sampling": dict(true_words=lambda done: 1 - done)}
for parts in 2, 8:
    SETTINGS |= {f"1/{parts}": dict(share=1 / parts), f"attention, 1/{parts}": ATTENTION | dict(share=1 / parts)}
SETTINGS |= {f"min_freq {min_freq}": dict(min_freq=min_freq) for min_freq in (20, 64)}

BOTH_WAYS = tuple(f"{kind}, {way}" for kind in ("fixed", "attention") for way in ("one direction", "two directions"))
RUNS = {  # of each experiment
    "attention": BOTH_WAYS, "joined": BOTH_WAYS,
    "baseline": ("baseline", "attention", "start", "two nets"),
    "length": ("baseline", "attention", "start", "start, reversed", "start, two layers"),
    "amount": ("1/2", "1/8"), "amount_attention": ("attention, 1/2", "attention, 1/8"),
    "unknown": ("min_freq 20", "min_freq 64"),
    "reading": ("scheduled sampling",),
    "copying": ("start", "start, reversed", "attention")}

COPIES = dict(shortest=1, longest=16)  # symbols of a sentence in the copying task
COPY_SIZES, COPY_PAIRS, COPY_EPOCHS = dict(embed_size=32, num_hiddens=64, dropout=0), 6000, 8


class ReadsOwnWords(nn.Module):
    """A net whose decoder reads, in training, its own likeliest word in place of some true ones.

    So the decoder runs step by step (Bengio et al. 2015, *Scheduled Sampling*, section 2.4); `mixed` of lesson 06.

    Args:
        net: a `Seq2Seq`.
        true_words: a function of the share of training done that gives the share of true words.
        num_updates: of the whole training.
    """

    def __init__(self, net, true_words, num_updates):
        super().__init__()
        self.module, self.true_words, self.num_updates, self.updates = net, true_words, num_updates, 0

    def forward(self, X, dec_input, X_valid_len, real):
        share = self.true_words(self.updates / self.num_updates)
        self.updates += 1
        state, token, scores = self.module.start(X, X_valid_len), dec_input[:, :1], []
        for t in range(dec_input.shape[1]):
            one, state = self.module.decoder(token, state)  # (batch, 1, vocab_size)
            scores.append(one)
            true = dec_input[:, t + 1 : t + 2]  # (batch, 1); after the last step (batch, 0)
            token = torch.where(torch.rand(true.shape) < share, true, one.argmax(dim=2)[:, : true.shape[1]])
        return torch.cat(scores, dim=1)[real]


class Together(Seq2Seq):
    """Several nets that translate as one: at each step the mean of their probabilities (an ensemble)."""

    def __init__(self, nets):
        super().__init__(nets[0].encoder, _Writers([net.decoder for net in nets]))
        self.nets = nn.ModuleList(nets)

    def start(self, X, X_valid_len):
        return [net.start(X, X_valid_len) for net in self.nets]


class _Writers(nn.Module):
    """The decoders of several nets as one."""

    def __init__(self, decoders):
        super().__init__()
        self.decoders, self.settings = nn.ModuleList(decoders), decoders[0].settings

    def init_state(self, enc_outputs):
        raise NotImplementedError("each net reads the source itself; ask Together.start")

    def forward(self, X, states):
        scores, states = zip(*(decoder(X, state) for decoder, state in zip(self.decoders, states)))
        return torch.stack([one.softmax(dim=2) for one in scores]).mean(dim=0).log(), list(states)


def make_net(setting, vocabs, embed_size, num_hiddens, dropout):
    """Make a fresh net of a setting."""
    how = BASELINE | SETTINGS[setting]
    sizes = dict(embed_size=embed_size, num_hiddens=num_hiddens, num_layers=how["num_layers"], dropout=dropout)
    return Seq2Seq(Encoder(len(vocabs[0]), **sizes, bidirectional=how["both_ways"]),
                   how["decoder"](len(vocabs[1]), **sizes, context=how["context"]))


def matched_hiddens(setting, compared, vocabs, num_hiddens, **sizes):
    """Return the even `num_hiddens` with which a net has nearly as many weights as another setting's."""
    goal = count_weights(make_net(compared, vocabs, num_hiddens=num_hiddens, **sizes))
    return closest_size(lambda n: make_net(setting, vocabs, num_hiddens=n, **sizes),
                        range(num_hiddens // 2, 2 * num_hiddens, 2), goal)


def data(name, setting, seed):
    """Return what a net learns from: training pairs, their vocabularies, batch size and epochs."""
    how = BASELINE | SETTINGS[setting]
    if name == "copying":
        pairs = _copies(seed)[:COPY_PAIRS]
        vocab = Vocab([source for source, _ in pairs])
        return pairs, (vocab, vocab), 64, COPY_EPOCHS
    pairs = read(CORPUS, "train")
    if name in ("joined", "length"):  # long sources, so half as many in a batch
        return [pair[:2] for pair in joined(pairs, seed)], _vocabs(pairs, how["min_freq"]), 16, EPOCHS
    if how["share"] < 1:
        random.Random(seed).shuffle(pairs)
        pairs = pairs[: round(how["share"] * len(pairs))]
    return pairs, _vocabs(pairs, how["min_freq"]), 32, round(EPOCHS / how["share"])


def asked(name, seed):
    """Return what nets are asked: the references of each source, and the groups of sources by length.

    The validation part of the corpus; its sentences are joined in the same way for every seed. What is copied is
    drawn for each seed.

    Returns:
        A dictionary from a tuple of tokens to a list of strings, and one from a group's name to numbers of sources.
    """
    if name == "copying":
        references = references_by_source(_copies(seed)[COPY_PAIRS:])
        return references, by_length(references, [(low, low + 3)
                                                  for low in range(COPIES["shortest"], COPIES["longest"], 4)])
    if name in ("joined", "length"):
        return joined_references()
    references = references_by_source(read(CORPUS, "validation"))
    return references, by_length(references)


def joined(pairs, seed=0):
    """Join one to `MOST_JOINED` pairs in a row, drawn at random, into one; each pair is used once.

    Returns:
        A list of `(source tokens, target tokens, number of sentences)`.
    """
    rng, rest, found = random.Random(seed), list(pairs), []
    rng.shuffle(rest)
    while rest:
        group = [rest.pop() for _ in range(min(rng.randint(1, MOST_JOINED), len(rest)))]
        source, target = ([token for sentence in side for token in sentence] for side in zip(*group))
        found.append((source, target, len(group)))
    return found


def joined_references():
    """Join the validation pairs, always in the same way; return the references of each source, and the groups."""
    triples = joined(read(CORPUS, "validation"))
    references = {tuple(source): [" ".join(target)] for source, target, _ in triples}
    size = {tuple(source): number for source, _, number in triples}
    groups = {f"{n} joined" if n > 1 else "1 alone": [i for i, source in enumerate(references) if size[source] == n]
              for n in range(1, MOST_JOINED + 1)}
    return references, groups


def _copies(seed):
    return copy_task(COPY_PAIRS + 800, **COPIES, seed=seed)


def _vocabs(pairs, min_freq):
    return tuple(Vocab(side, min_freq) for side in zip(*pairs))


@lru_cache(maxsize=16)  # "two nets" are of the baseline, which has been trained
def trained(name, setting, seed):
    """Train a net; return it with its vocabularies, the number of updates and the seconds."""
    pairs, vocabs, batch_size, epochs = data(name, setting, seed)
    sizes, compared, rate = SIZES, "baseline", learning_rate
    if name == "copying":
        sizes, compared, rate = COPY_SIZES, "start", lambda done: 0.01 * (1 - done)
    num_hiddens = matched_hiddens(setting, compared, vocabs, **sizes)
    torch.manual_seed(seed)
    net = make_net(setting, vocabs, **sizes | dict(num_hiddens=num_hiddens))
    if name != "copying":
        remember_from_start(net)
    batches = Batches([(in_order(source, setting), target) for source, target in pairs], *vocabs, batch_size, seed=seed)
    true_words = (BASELINE | SETTINGS[setting])["true_words"]
    learning = ReadsOwnWords(net, true_words, epochs * len(batches)) if true_words else net
    start = time.perf_counter()
    train(learning, batches, rate, epochs, vocabs[1], "cpu", progress=False)
    return net, vocabs, epochs * len(batches), time.perf_counter() - start


def in_order(source, setting):
    """Return a source as a setting's encoder reads it, perhaps with the last word first."""
    return source[::-1] if SETTINGS[setting].get("backwards") else source


def run(name, setting, seed):
    """Train a net and let it translate.

    Returns:
        weights, updates, seconds, the net with its vocabularies, what it was asked (as `asked` returns it), and its
        translations.
    """
    if setting == "two nets":
        nets, vocabs, updates, seconds = zip(*(trained(name, "baseline", n) for n in (seed, (seed + 1) % len(SEEDS))))
        net, vocabs, updates, seconds, setting = Together(nets), vocabs[0], sum(updates), sum(seconds), "baseline"
    else:
        net, vocabs, updates, seconds = trained(name, setting, seed)
    references, groups = asked(name, seed)
    said = predict(net, [in_order(source, setting) for source in references], *vocabs, NUM_STEPS)
    return count_weights(net), updates, seconds, (net, vocabs), (references, groups), said


@torch.inference_mode()
def right_words(net, vocabs, references):
    """After true words, and after one wrong word and then true ones: how many of the next words are right?

    The first word is made wrong: it is the likeliest but for the label's (lesson 06). Sentences with several labels
    are left out.

    Returns:
        Two shares, 0 to 1, over all tokens of the labels but the first.
    """
    net.eval()
    pairs = [(source, labels[0].split()) for source, labels in references.items() if len(labels) == 1]
    right, total = [0, 0], 0
    for first in range(0, len(pairs), 256):
        sources, targets = zip(*pairs[first : first + 256])
        X, X_valid_len = encode(sources, vocabs[0])
        Y, Y_valid_len = encode(targets, vocabs[1])
        dec_input = teacher_forcing(Y)
        scores, _ = net(X, dec_input, X_valid_len)  # (batch, num_steps, vocab_size)
        wrong = dec_input.clone()
        wrong[:, 1] = scores[:, 0].scatter(1, Y[:, :1], -torch.inf).argmax(dim=1)
        real = torch.arange(1, Y.shape[1]) < Y_valid_len[:, None]  # (batch, num_steps - 1)
        for i, said in enumerate((scores, net(X, wrong, X_valid_len)[0])):
            right[i] += ((said.argmax(dim=2) == Y)[:, 1:] & real).sum().item()
        total += real.sum().item()
    return [n / total for n in right]
