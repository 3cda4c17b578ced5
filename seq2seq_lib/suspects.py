"""Suspects: complete small programs, from sentence pairs to a score. These are right; `cases` are not (lesson 09)."""

from collections import Counter
from functools import cache

import torch
from torch.nn import functional as F

from .batches import Batches, encode
from .bleu import corpus_bleu, references_by_source
from .corpus import SPLITS, load_corpus, split_pairs
from .loss import MaskedSoftmaxCELoss
from .model import Decoder, Encoder, Seq2Seq
from .text import BOS, EOS, PAD, Vocab, tokenize
from .training import grad_clipping, teacher_forcing

MOST_WORDS, NUM_ROWS = 4, 400


def small_corpus():
    """Return 400 short pairs of sentences of common words, English and French: a list of `(source, target)` strings."""
    return list(_small_corpus())


@cache
def _small_corpus():
    rows = [pair for pair in load_corpus("eng-fra", "train", kind="seen pattern") if len(pair[0].split()) <= MOST_WORDS]
    counts = Counter(word for row in rows for text in row for word in text.split())
    rows.sort(key=lambda row: -min(counts[word] for text in row for word in text.split()))  # keeps the order of equals
    return tuple(rows[:NUM_ROWS])


class Suspect:
    """A program that trains a translator and scores it. What a method returns, the next ones take.

    Each case replaces one method by a few lines. A test knows these methods and nothing else of a suspect.

    Args:
        rows: a list of `(source, target)` strings; `small_corpus()` by default.
        seed: of the weights, the batches and the dropout.
    """

    sizes = dict(embed_size=32, num_hiddens=64, num_layers=1, dropout=0.1)
    batch_size, num_epochs, num_steps = 32, 15, 12
    label = "a suspect"  # how it is called where its name would tell

    def __init__(self, rows=None, seed=0):
        self.rows, self.seed = small_corpus() if rows is None else rows, seed

    def __repr__(self):
        return self.label

    def pairs(self):
        """Cut the rows into tokens; return a dictionary from each part to its pairs of token lists."""
        parts = {part: [] for part in SPLITS}
        for (source, target), part in zip(self.rows, split_pairs(self.rows)):
            parts[part].append((tokenize(source, "eng"), tokenize(target, "fra")))
        return parts

    def vocabs(self, parts):
        """Return the source and the target vocabulary."""
        return (Vocab((source for source, _ in parts["train"]), min_freq=2),
                Vocab((target for _, target in parts["train"]), min_freq=2))

    def batches(self, pairs, vocabs):
        """Return a list of batches `(X, X_valid_len, Y, Y_valid_len)` of some pairs."""
        return list(Batches(pairs, *vocabs, self.batch_size, seed=self.seed))

    def net(self, vocabs):
        """Return a fresh net: a `Seq2Seq`."""
        torch.manual_seed(self.seed)
        return Seq2Seq(Encoder(len(vocabs[0]), **self.sizes), Decoder(len(vocabs[1]), **self.sizes))

    def optimizer(self, net):
        """Return what changes the weights of a net."""
        return torch.optim.Adam(net.parameters(), lr=0.02)

    def loss(self, net, batch):
        """Return the loss per real token of a batch, a scalar."""
        X, X_valid_len, Y, Y_valid_len = batch
        Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)  # (batch, num_steps, vocab_size)
        return MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len).sum() / Y_valid_len.sum()

    def step(self, net, optimizer, batch):
        """Train on a batch; return the batch's total loss and its number of real tokens."""
        optimizer.zero_grad()
        loss = self.loss(net, batch)
        loss.backward()
        grad_clipping(net, 1.0)
        optimizer.step()
        num_tokens = batch[3].sum().item()
        return loss.item() * num_tokens, num_tokens

    def epoch(self, net, optimizer, batches):
        """Train on all batches; return the loss per real token over all of them."""
        total_loss, total_tokens = 0.0, 0
        for batch in batches:
            loss, num_tokens = self.step(net, optimizer, batch)
            total_loss += loss
            total_tokens += num_tokens
        return total_loss / total_tokens

    def translate(self, net, sentences, vocabs):
        """Translate sentences, a list of strings; return a list of strings of tokens, without `<eos>`."""
        net.eval()
        X, X_valid_len = encode([tokenize(sentence, "eng") for sentence in sentences], vocabs[0])
        written = self.write(net, X, X_valid_len)
        net.train()
        ids = [row[: row.index(EOS)] if EOS in row else row for row in written.tolist()]
        return [" ".join(vocabs[1].to_tokens(row)) for row in ids]

    @torch.inference_mode()
    def write(self, net, X, X_valid_len):
        """Let the decoder write, the likeliest token at each step; return the ids `(batch, num_steps)`."""
        state, token = net.start(X, X_valid_len), torch.full((len(X), 1), BOS)
        written = []
        for _ in range(self.num_steps):
            Y_hat, state = net.decoder(token, state)  # (batch, 1, vocab_size)
            token = Y_hat.argmax(dim=2)  # (batch, 1)
            written.append(token)
        return torch.cat(written, dim=1)

    def references(self, pairs, vocabs):
        """Return all translations of each source: a dictionary from source strings to lists of strings of tokens."""
        return {" ".join(source): labels for source, labels in references_by_source(pairs).items()}

    def score(self, predictions, references):
        """Return BLEU, from 0 to 100, of predictions against a list of references for each."""
        return corpus_bleu(predictions, references)

    def run(self):
        """Do it all; return the net, the losses by epoch, and the score of the part `"validation"`."""
        parts = self.pairs()
        vocabs = self.vocabs(parts)
        batches, net = self.batches(parts["train"], vocabs), self.net(vocabs)
        optimizer = self.optimizer(net)
        losses = [self.epoch(net, optimizer, batches) for _ in range(self.num_epochs)]
        references = self.references(parts["validation"], vocabs)
        predictions = self.translate(net, list(references), vocabs)
        return net, losses, self.score(predictions, list(references.values()))


def setup(suspect):
    """Return what nearly every test begins with: a suspect's parts, vocabularies, training batches and fresh net."""
    parts = suspect.pairs()
    vocabs = suspect.vocabs(parts)
    return parts, vocabs, suspect.batches(parts["train"], vocabs), suspect.net(vocabs)


# ---------------------------------------------------------------- built otherwise, and as right

class LSTMSuspect(Suspect):
    """An LSTM whose context only starts the decoder, with more dropout."""

    sizes = dict(embed_size=32, num_hiddens=64, num_layers=1, dropout=0.2, rnn="lstm")

    def net(self, vocabs):
        torch.manual_seed(self.seed)
        return Seq2Seq(Encoder(len(vocabs[0]), **self.sizes), Decoder(len(vocabs[1]), **self.sizes, context="initial"))


class PlainSuspect(Suspect):
    """Batches in the order of the file, padded to one width; the loss by `ignore_index`; one sentence at a time."""

    batch_size = 16

    def batches(self, pairs, vocabs):
        X, X_valid_len = encode([source for source, _ in pairs], vocabs[0])
        Y, Y_valid_len = encode([target for _, target in pairs], vocabs[1])
        return list(zip(*(tensor.split(self.batch_size) for tensor in (X, X_valid_len, Y, Y_valid_len))))

    def loss(self, net, batch):
        X, X_valid_len, Y, _ = batch
        Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
        return F.cross_entropy(Y_hat.flatten(0, 1), Y.flatten(), ignore_index=PAD)

    def translate(self, net, sentences, vocabs):
        return [super(PlainSuspect, self).translate(net, [sentence], vocabs)[0] for sentence in sentences]


RIGHT = (Suspect, LSTMSuspect, PlainSuspect)
