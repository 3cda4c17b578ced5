"""A toy translation task and plain reference implementations for the tests."""

import itertools
import random
import re
from base64 import b64decode
from xml.etree import ElementTree

import pandas as pd
import torch
from torch.nn import functional as F

from seq2seq_lib import AttentionDecoder, Batches, Decoder, Encoder, Seq2Seq, Vocab
from seq2seq_lib.experiments import Claim

RNNS = ("rnn", "gru", "lstm")
CONTEXTS = ("every_step", "initial")
SCORES = ("dot", "general", "additive")
EOS, PAD, BOS = 3, 1, 2
WORDS = "abcdefg"


def toy_pairs(num_pairs=11, longest=6, seed=0):
    """Pairs of token lists: a source of letters, and its target backwards in capitals, without one letter."""
    rng = random.Random(seed)
    sources = [[rng.choice(WORDS) for _ in range(rng.randint(1, longest))] for _ in range(num_pairs)]
    return [(source, [word.upper() for word in reversed(source) if word != "b"]) for source in sources]


def toy_vocabs(words=WORDS):
    return Vocab([list(words)]), Vocab([list(words.upper())])


def toy_batches(pairs=None, batch_size=3, **options):
    return Batches(toy_pairs() if pairs is None else pairs, *toy_vocabs(), batch_size, **options)


def toy_net(rnn="gru", context="every_step", num_layers=1, dropout=0, seed=0, sizes=(5, 6), words=WORDS):
    torch.manual_seed(seed)
    src_vocab, tgt_vocab = toy_vocabs(words)
    return enlarged(Seq2Seq(Encoder(len(src_vocab), *sizes, num_layers, dropout, rnn),
                            Decoder(len(tgt_vocab), *sizes, num_layers, dropout, rnn, context)))


def attention_net(rnn="gru", context="every_step", num_layers=1, dropout=0, seed=0, sizes=(5, 6), score="general",
                  bidirectional=True, vocab_size=11):
    torch.manual_seed(seed)
    return enlarged(Seq2Seq(Encoder(vocab_size, *sizes, num_layers, dropout, rnn, bidirectional),
                            AttentionDecoder(vocab_size, *sizes, num_layers, dropout, rnn, context, score)))


def enlarged(net):
    """Larger weights than the first ones: the words matter, the states differ, and no attention is even."""
    with torch.no_grad():
        for name, p in net.named_parameters():
            p.mul_(15 if "embedding" in name else 3 if "score" in name else 1.5)
    return net


def random_ids(valid_lens, num_steps, vocab_size=11, seed=0):
    """Sentences of random real tokens, then `<eos>`, then `<pad>`: ids `(batch, num_steps)`."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.full((len(valid_lens), num_steps), PAD)
    for row, valid_len in zip(ids, valid_lens):
        row[: valid_len - 1] = torch.randint(4, vocab_size, (valid_len - 1,), generator=generator)
        row[valid_len - 1] = EOS
    return ids


def padded_batch(lengths, wider, seed):
    """Random sentences and, behind them, not `<pad>` but random ids: what stands there must not matter."""
    batch = []
    for side in (0, 1):
        valid_len = torch.tensor([pair[side] for pair in lengths])
        num_steps = int(valid_len.max()) + wider[side]
        ids = random_ids(valid_len.tolist(), num_steps, seed=seed + side)
        noise = torch.randint(11, ids.shape, generator=torch.Generator().manual_seed(seed))
        batch += [torch.where(torch.arange(num_steps) < valid_len[:, None], ids, noise), valid_len]
    return batch


def states(state):
    """An LSTM's pair of states, or the one state of the others, as a tuple."""
    return state if isinstance(state, tuple) else (state,)


def reference_loss(net, x, y):
    """The loss of one unpadded sentence pair, ids `(num_steps,)`: a loop over the target's tokens."""
    state = net.decoder.init_state(net.encoder(x[None]))
    loss, previous = 0, torch.tensor(BOS)
    for label in y:
        scores, state = net.decoder(previous.view(1, 1), state)
        loss = loss - F.log_softmax(scores[0, 0], dim=0)[label]
        previous = label
    return loss


def finished(log_prob, ids, alpha):
    """What a search tells of a sentence: the score, after the length penalty, the log-probability, and the ids."""
    return log_prob / ((5 + len(ids)) / 6) ** alpha, log_prob, ids


def reference_beam(net, x, num_steps, beam_size, alpha=0.0):
    """Search one unpadded sentence, ids `(num_steps,)`, with a beam that is a list of prefixes; return all that ended.

    The decoder reads every prefix alone and from its beginning, and nothing stops the search before `num_steps`.
    """
    start, prefixes, ended = net.start(x[None], torch.tensor([len(x)])), [(0.0, [])], []
    for length in range(1, num_steps + 1):
        longer = []
        for log_prob, ids in prefixes:
            scores, _ = net.decoder(torch.tensor([[BOS, *ids]]), start)
            longer += [(log_prob + more, [*ids, token])
                       for token, more in enumerate(F.log_softmax(scores[0, -1], dim=0).tolist())
                       if token not in (PAD, BOS)]
        prefixes = sorted(longer, reverse=True)[:beam_size]
        ended += [prefix for prefix in prefixes if prefix[1][-1] == EOS or length == num_steps]
        prefixes = [prefix for prefix in prefixes if prefix[1][-1] != EOS]
    return sorted((finished(log_prob, ids, alpha) for log_prob, ids in ended), reverse=True)


def all_sequences(vocab_size, num_steps):
    """All that can be written in `num_steps` tokens, ids `(sequences, num_steps)`, `<pad>` behind `<eos>`."""
    words = [i for i in range(vocab_size) if i not in (PAD, BOS, EOS)]
    with_eos = [[*ids, EOS] for length in range(num_steps) for ids in itertools.product(words, repeat=length)]
    cut = [list(ids) for ids in itertools.product(words, repeat=num_steps)]
    return torch.tensor([ids + [PAD] * (num_steps - len(ids)) for ids in with_eos + cut])


def reference_search(net, x, Y, alpha=0.0):
    """Score each sequence of `Y` as a translation of one unpadded sentence, in one pass; return them, best first."""
    X, valid_len = x.expand(len(Y), -1), torch.full((len(Y),), len(x))
    scores, _ = net(X, torch.cat((torch.full((len(Y), 1), BOS), Y[:, :-1]), dim=1), valid_len)
    of_labels = F.log_softmax(scores, dim=2).gather(2, Y[:, :, None])[:, :, 0]  # (sequences, num_steps)
    sums = of_labels.masked_fill(Y == PAD, 0).sum(dim=1).tolist()
    return sorted((finished(log_prob, [i for i in ids if i != PAD], alpha) for log_prob, ids in zip(sums, Y.tolist())),
                  reverse=True)


def gradients(loss, net):
    net.zero_grad()
    loss.backward(retain_graph=True)
    return {name: p.grad.clone() for name, p in net.named_parameters()}


def weights(net):
    return {name: t.clone() for name, t in net.state_dict().items()}


def assert_close(ours, theirs, rtol=1e-6, atol=1e-12):
    torch.testing.assert_close(ours, theirs, rtol=rtol, atol=atol)


def assert_identical(ours, theirs):
    """Equal bit for bit."""
    torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


def opened(still):
    """A still picture with the SVG that is in its image in place of the image; an SVG that is no XML is an error."""
    def svg(image):
        text = b64decode(image.group(1)).decode()
        assert ElementTree.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
        return text

    return re.sub(r'<img alt="[^"]{10,}" src="data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)">', svg, str(still))


def comparison_rows(claim, comparison, differences, group="all", bounds=(1.5, 1.0), a=30.0):
    """Rows of `comparison_table`: of each seed, whose interval reaches `bounds[0]` to both sides, and of the mean."""
    mean = sum(differences) / len(differences)
    rows = [(str(seed), a + seed / 2, d, bounds[0]) for seed, d in enumerate(differences)]
    rows.append(("mean", a + (len(differences) - 1) / 4, mean, bounds[1]))
    return [dict(claim=claim, comparison=comparison, group=group, seed=seed, a=one, b=one + d, difference=d, low=d - by,
                 high=d + by) for seed, one, d, by in rows]


def toy_experiments():
    """A table of comparisons, their claims and the runs of a learning curve, for an `ExperimentBoard`."""
    named = {"1/2": "half of the data", "all": "all of the data"}
    claims = {
        "more": Claim("More is better.", "Doe and Roe 2020, On More Data", ("x",),
                      {"one direction": ("1/2", "all"), "the other": ("all", "1/2"),
                       "twice as much gains more": (["1/2", "1/2"], ["all", "1/8"])}, named,
                      curve={"a net": ("1/8", "1/2", "all"),
                             "another net": ("another, 1/8", "another, 1/2", "another")}),
        "length": Claim("Longer is worse.", "Poe 2019, On Length", ("x",),
                        {"one": (("all", "4 joined"), ("all", "1 alone"))}, named),
        "copying": Claim("Backwards is better.", "Sutskever 2014", ("y",), {"letters": ("1/2", "all")}, named, "right")}
    rows = [*comparison_rows("more", "one direction", [4, 5, 6, 3, 2]),
            *comparison_rows("more", "one direction", [-4, -5, -6, -3, -2], "1 to 4"),
            *comparison_rows("more", "the other", [-4, -5, -6, -3, -2]),
            *comparison_rows("more", "twice as much gains more", [0.5, 1, -1, 2, 3]),
            *comparison_rows("length", "one", [3, 4, 2, -2.5, 5]),
            *comparison_rows("copying", "letters", [0.5, 0.4, 0.6, 0.3, 0.2])]
    scores = {"1/8": 10, "1/2": 20, "all": 30, "another, 1/8": 8, "another, 1/2": 25, "another": 50}
    curves = [{"setting": setting, "seed": seed, "BLEU": score + seed, "BLEU, 1 to 4": score + seed + 5}
              for setting, score in scores.items() for seed in range(3)]
    return pd.DataFrame(rows), claims, pd.DataFrame(curves)
