"""Cases: suspects that run without an error and are wrong, each by one slip (lesson 09).

Each names its slip, and where it was seen: in print, in a public tracker, or `common`. The code is the course's own.
"""

import torch
from torch.nn import functional as F

from .batches import encode
from .bleu import corpus_bleu
from .corpus import SPLITS, part_of
from .loss import MaskedSoftmaxCELoss, sequence_mask
from .model import Decoder, Encoder, Seq2Seq
from .suspects import Suspect
from .text import EOS, PAD, Vocab, tokenize
from .training import grad_clipping, teacher_forcing

COMMON = "common"


class Case(Suspect):
    """A suspect with a slip. The class attributes tell what it is, and what the case file says of it."""

    slip, seen = "", COMMON


# ---------------------------------------------------------------- the data

class SplitByPair(Case):
    slip = "Each pair is put into a part by itself, so one source may be in training and in the test."

    def pairs(self):
        parts = {part: [] for part in SPLITS}
        for source, target in self.rows:
            pair = tokenize(source, "eng"), tokenize(target, "fra")
            parts[part_of(source + target, held_out=0.2)].append(pair)
        return parts


class VocabOfAll(Case):
    slip = "The vocabularies are made from all parts, so they know the words of the test."

    def vocabs(self, parts):
        every = [pair for pairs in parts.values() for pair in pairs]
        return Vocab((source for source, _ in every), min_freq=1), Vocab((target for _, target in every), min_freq=1)


class EosBehindPadding(Case):
    slip = "The rows are padded first, and `<eos>` is put behind the padding."

    def batches(self, pairs, vocabs):
        batches = []
        for X, X_valid_len, Y, Y_valid_len in super().batches(pairs, vocabs):
            Y = Y.masked_fill(Y == EOS, PAD)
            Y[:, -1] = EOS
            batches.append((X, X_valid_len, Y, torch.full_like(Y_valid_len, Y.shape[1])))
        return batches


# ---------------------------------------------------------------- the net

class _ForgetfulDecoder(Decoder):
    def forward(self, X, state):
        hidden, _ = state
        return super().forward(X, (hidden, hidden[-1]))


class RunningContext(Case):
    slip = "The decoder takes its context from the running state, not from the encoder."
    seen = "d2l-ai/d2l-en, issue 2134"

    def net(self, vocabs):
        torch.manual_seed(self.seed)
        return Seq2Seq(Encoder(len(vocabs[0]), **self.sizes), _ForgetfulDecoder(len(vocabs[1]), **self.sizes))


class _CarelessEncoder(Encoder):
    def forward(self, X, valid_len=None):
        return super().forward(X)


class PaddingRead(Case):
    slip = "The encoder reads the padding as if it were words."
    seen = "pytorch/tutorials, issue 3643"

    def net(self, vocabs):
        torch.manual_seed(self.seed)
        return Seq2Seq(_CarelessEncoder(len(vocabs[0]), **self.sizes), Decoder(len(vocabs[1]), **self.sizes))


# ---------------------------------------------------------------- the loss

class Unmasked(Case):
    slip = "The loss counts the padding."
    seen = "pytorch/tutorials, issue 3643"

    def loss(self, net, batch):
        X, X_valid_len, Y, _ = batch
        Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
        return F.cross_entropy(Y_hat.permute(0, 2, 1), Y)


class PerSentence(Case):
    slip = "The loss is divided by the number of sentences, and reported as if that were the number of tokens."

    def loss(self, net, batch):
        X, X_valid_len, Y, Y_valid_len = batch
        Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
        return MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len).mean()


class ViewForPermute(Case):
    slip = "`reshape` gives the scores the shape that the loss wants, and deals them out in the wrong order."

    def loss(self, net, batch):
        X, X_valid_len, Y, Y_valid_len = batch
        Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
        losses = F.cross_entropy(Y_hat.reshape(len(Y), -1, Y.shape[1]), Y, reduction="none")
        return sequence_mask(losses, Y_valid_len).sum() / Y_valid_len.sum()


class NotShifted(Case):
    slip = "The decoder reads at each step the very token that it is asked for."

    def loss(self, net, batch):
        X, X_valid_len, Y, Y_valid_len = batch
        Y_hat, _ = net(X, Y, X_valid_len)
        return MaskedSoftmaxCELoss()(Y_hat, Y, Y_valid_len).sum() / Y_valid_len.sum()


class SoftmaxTwice(Case):
    slip = "The scores go through a softmax before the cross-entropy, which does its own."

    def loss(self, net, batch):
        X, X_valid_len, Y, Y_valid_len = batch
        Y_hat, _ = net(X, teacher_forcing(Y), X_valid_len)
        return MaskedSoftmaxCELoss()(Y_hat.softmax(dim=2), Y, Y_valid_len).sum() / Y_valid_len.sum()


# ---------------------------------------------------------------- the training

class NoZeroGrad(Case):
    slip = "The gradients are never set to zero, so each step adds those of all steps before."

    def step(self, net, optimizer, batch):
        loss = self.loss(net, batch)
        loss.backward()
        grad_clipping(net, 1.0)
        optimizer.step()
        num_tokens = batch[3].sum().item()
        return loss.item() * num_tokens, num_tokens


class StepBeforeClipping(Case):
    slip = "A step is taken before the gradient is clipped, and another one after."

    def step(self, net, optimizer, batch):
        optimizer.zero_grad()
        loss = self.loss(net, batch)
        loss.backward()
        optimizer.step()
        grad_clipping(net, 1.0)
        optimizer.step()
        num_tokens = batch[3].sum().item()
        return loss.item() * num_tokens, num_tokens


class RateForASum(Case):
    slip = "The learning rate was made for a sum over the batch, and the loss is a mean."

    def optimizer(self, net):
        return torch.optim.SGD(net.parameters(), lr=0.005)


class LastBatchOnly(Case):
    slip = "The epoch's loss is that of its last batch: `=` where `+=` was meant."

    def epoch(self, net, optimizer, batches):
        for batch in batches:
            total_loss, total_tokens = self.step(net, optimizer, batch)
        return total_loss / total_tokens


# ---------------------------------------------------------------- prediction and score

class NoEval(Case):
    slip = "The net translates in training mode, with dropout."

    def translate(self, net, sentences, vocabs):
        X, X_valid_len = encode([tokenize(sentence, "eng") for sentence in sentences], vocabs[0])
        ids = [row[: row.index(EOS)] if EOS in row else row for row in self.write(net, X, X_valid_len).tolist()]
        return [" ".join(vocabs[1].to_tokens(row)) for row in ids]


class OtherTokens(Case):
    slip = "Prediction cuts its sentences at the blanks, training at punctuation marks too."

    def translate(self, net, sentences, vocabs):
        net.eval()
        X, X_valid_len = encode([sentence.lower().replace(" .", ".").split() for sentence in sentences], vocabs[0])
        written = self.write(net, X, X_valid_len)
        net.train()
        ids = [row[: row.index(EOS)] if EOS in row else row for row in written.tolist()]
        return [" ".join(vocabs[1].to_tokens(row)) for row in ids]


class ReferencesThroughVocab(Case):
    slip = "The references go through the vocabulary, so `<unk>` matches `<unk>`."

    def references(self, pairs, vocabs):
        return {source: [" ".join(vocabs[1].to_tokens(vocabs[1][label.split()])) for label in labels]
                for source, labels in super().references(pairs, vocabs).items()}


class FirstSentenceOnly(Case):
    slip = "The references are nested the other way round, and only the first sentence is scored."
    seen = "mjpost/sacrebleu, issue 275"

    def score(self, predictions, references):
        streams = list(zip(*references))
        return corpus_bleu(predictions[: len(streams)], streams)


CASES = (SplitByPair, VocabOfAll, EosBehindPadding, RunningContext, PaddingRead, Unmasked, PerSentence, ViewForPermute,
         NotShifted, SoftmaxTwice, NoZeroGrad, StepBeforeClipping, RateForASum, LastBatchOnly, NoEval, OtherTokens,
         ReferencesThroughVocab, FirstSentenceOnly)
