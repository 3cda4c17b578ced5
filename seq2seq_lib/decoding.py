"""Decoding: translate when nobody knows the answer."""

from typing import NamedTuple

import torch

from .batches import encode
from .model import evaluation_mode, require, settings_of
from .search import search_with_beam
from .text import BOS, EOS, tokenize
from .training import teacher_forcing


def predict(net, sentences, src_vocab, tgt_vocab, num_steps, device=None, *, language=None, batch_size=256,
            beam_size=1):
    """Translate one sentence or many, taking the likeliest token at every step (greedy search).

    A word that `src_vocab` does not know is read as `<unk>`. A source longer than `num_steps` tokens, `<eos>` included,
    loses its last tokens. A translation that has not ended after `num_steps` tokens stops there. An empty
    sentence has the empty translation. The order and number of the sentences do not change a translation.

    Args:
        net: a `Seq2Seq`; it is put in evaluation mode while it works, and back.
        sentences: a string, or a list of strings or of lists of tokens. Strings are tokenized.
        src_vocab, tgt_vocab: the vocabularies that `net` was trained with.
        num_steps: the longest source and the longest translation, in tokens.
        device: where to compute; where `net` is by default.
        language: of the source sentences, for `tokenize`; by default that of `src_vocab`, or English if it has none.
        batch_size: sentences translated at once; with a beam fewer, by its width.
        beam_size: above 1 the best sentence that `beam_search` finds.

    Returns:
        A string of tokens parted by spaces, ready for `bleu` and `detokenize`; for a list, a list of them.

    Raises:
        ValueError: vocabularies that are not those of `net`, `num_steps`, `batch_size` or `beam_size` below 1.
        TypeError: a sentence that is neither a string nor a list of tokens.
    """
    if isinstance(sentences, str):
        return predict(net, [sentences], src_vocab, tgt_vocab, num_steps, device, language=language,
                       batch_size=batch_size, beam_size=beam_size)[0]
    if beam_size > 1:
        found = beam_search(net, sentences, src_vocab, tgt_vocab, num_steps, beam_size, device=device,
                            language=language, batch_size=min(batch_size, -(-batch_size // beam_size)))  # rounded up
        return [hypotheses[0].text for hypotheses in found]
    translations = [""] * len(sentences)
    with evaluation_mode(net):
        for rows, X, X_valid_len in _source_batches(net, sentences, src_vocab, tgt_vocab, device, language,
                                                    num_steps=num_steps, batch_size=batch_size, beam_size=beam_size):
            ids = _decode_greedily(net, X, X_valid_len, num_steps)
            for i, sentence in zip(rows, ids.tolist()):
                translations[i] = _text(sentence, tgt_vocab)
    return translations


class Hypothesis(NamedTuple):
    """A translation that a beam search has finished.

    text: its tokens, parted by spaces. log_prob: the sum of its log-probabilities, `<eos>` included.
    score: the sum after the length penalty, by which hypotheses are ranked.
    """

    text: str
    log_prob: float
    score: float


def beam_search(net, sentences, src_vocab, tgt_vocab, num_steps, beam_size, n_best=1, alpha=0.0, device=None, *,
                language=None, batch_size=64):
    """Translate sentences, keeping the `beam_size` likeliest prefixes at every step (Sutskever et al. 2014, 3.2).

    A prefix that ends leaves the beam. The search is over when no open one can overtake the finished ones any more.
    `<pad>` and `<bos>` are never written. Order and number of the sentences do not change a translation.

    Args:
        net, src_vocab, tgt_vocab, device, language: as for `predict`; the net's decoder needs `select`.
        sentences: a list of strings or of lists of tokens.
        num_steps: the longest source and the longest translation, in tokens; one that has not ended there counts as
            finished.
        beam_size: the width of the beam; 1 is greedy search.
        n_best: how many hypotheses to return for a sentence, at most `beam_size`.
        alpha: of the length penalty ((5 + length) / 6)^alpha, which divides the sum (Wu et al. 2016, section 7); the
            length counts `<eos>`.
        batch_size: sentences searched at once.

    Returns:
        For each sentence a list of `Hypothesis`, best first. There may be fewer than `n_best` where a sentence has no
        more; an empty sentence has one, the empty translation.

    Raises:
        ValueError: vocabularies that are not those of `net`; a size below 1; `n_best` above `beam_size`; `alpha`
            below 0.
        TypeError: a sentence that is neither a string nor a list of tokens, or one string; a decoder without `select`.
        FloatingPointError: scores that are not numbers.
    """
    if isinstance(sentences, str):
        raise TypeError("sentences is one string; beam_search takes a list: [sentence]")
    if not 1 <= n_best <= max(beam_size, 1):
        raise ValueError(f"n_best is {n_best} and beam_size {beam_size}; "
                         "n_best must be 1 or more, and no more than the beam holds")
    if not alpha >= 0:
        raise ValueError(f"alpha is {alpha}; it must be 0 or more, or long sentences are punished twice")
    require(net.decoder, "select", "to be searched with several prefixes at once")
    found = [[Hypothesis("", 0.0, 0.0)] for _ in sentences]
    with evaluation_mode(net):
        for rows, X, X_valid_len in _source_batches(net, sentences, src_vocab, tgt_vocab, device, language,
                                                    num_steps=num_steps, batch_size=batch_size, beam_size=beam_size):
            for i, finished in zip(rows, search_with_beam(net, X, X_valid_len, num_steps, beam_size, n_best, alpha)):
                found[i] = [Hypothesis(_text(one.ids, tgt_vocab), one.log_prob, one.score) for one in finished]
    return found


def _source_batches(net, sentences, src_vocab, tgt_vocab, device, language, num_steps, batch_size, beam_size):
    """Yield batches of sentences of like lengths: their places, ids and valid lengths. Empty ones are left out."""
    check_vocabs(net, src_vocab, tgt_vocab)
    for name, size in (("num_steps", num_steps), ("batch_size", batch_size), ("beam_size", beam_size)):
        if size < 1:
            raise ValueError(f"{name} is {size}; it must be 1 or more")
    sources = [_tokens(sentence, language or src_vocab.language or "eng") for sentence in sentences]
    order = sorted((i for i, tokens in enumerate(sources) if tokens), key=lambda i: len(sources[i]))
    if device is not None:
        net.to(device)
    for first in range(0, len(order), batch_size):
        rows = order[first : first + batch_size]
        yield rows, *encode([sources[i][: num_steps - 1] for i in rows], src_vocab)


def _text(ids, vocab):
    """The tokens before `<eos>`, parted by spaces."""
    return " ".join(vocab.to_tokens(ids[: ids.index(EOS)] if EOS in ids else ids))


@torch.inference_mode()
def _decode_greedily(net, X, X_valid_len, num_steps):
    """Return the likeliest ids `(batch, at most num_steps)`; what stands behind an `<eos>` means nothing."""
    device = next(net.parameters()).device
    state = net.start(X.to(device), X_valid_len)
    token = torch.full((len(X), 1), BOS, device=device)  # (batch, 1)
    return torch.cat([token for token, _, _ in greedy_steps(net.decoder, token, state, num_steps)], dim=1)


@torch.inference_mode()
def greedy_steps(decoder, token, state, num_steps, given=()):
    """Let a decoder read its own likeliest token, step by step, until each sentence has its `<eos>`.

    Args:
        decoder: of a net in evaluation mode.
        token: what it reads first, ids `(batch, 1)`: `<bos>`, or the last token of what is there already.
        state: the decoder's state before that.
        num_steps: the most steps.
        given: ids `(batch, 1)` to be written in the first steps, whatever the decoder holds likeliest.

    Yields:
        For each step the token that is written `(batch, 1)`, the scores it was chosen by `(batch, vocab_size)`, and the
        state after it.
    """
    ended = token == EOS  # (batch, 1)
    for step in range(num_steps):
        if ended.all():
            return
        Y_hat, state = decoder(token, state)  # (batch, 1, vocab_size)
        token = given[step] if step < len(given) else Y_hat.argmax(dim=2)  # (batch, 1)
        ended = ended | (token == EOS)
        yield token, Y_hat[:, 0], state


@torch.inference_mode()
def predict_with_probs(net, sentence, src_vocab, tgt_vocab, num_steps, *, language=None, beam_size=1):
    """Translate one sentence as `predict` does, and say how likely the model held each word at each step.

    Args:
        net, src_vocab, tgt_vocab, num_steps, language, beam_size: as for `predict`.
        sentence: a string or a list of tokens.

    Returns:
        tokens: the translation, a list; its last token is `<eos>`, unless it was stopped after `num_steps`.
        probs: `(len(tokens), vocab_size)`: at each step a probability for every word of the target vocabulary.
            An empty sentence has no steps.
    """
    source = _tokens(sentence, language or src_vocab.language or "eng")
    tokens = predict(net, [source], src_vocab, tgt_vocab, num_steps, beam_size=beam_size)[0].split()
    if not source:
        return [], torch.empty(0, len(tgt_vocab))
    if len(tokens) < num_steps:
        tokens.append(tgt_vocab.tokens[EOS])
    device = next(net.parameters()).device
    X, _ = encode([source], src_vocab, min(len(source) + 1, num_steps))  # (1, source num_steps)
    Y = torch.tensor([tgt_vocab[tokens]])  # (1, num_steps)
    with evaluation_mode(net):  # in one pass, which scores as all single steps did
        Y_hat, _ = net(X.to(device), teacher_forcing(Y).to(device))
    return tokens, Y_hat[0].softmax(dim=1).cpu()


def _tokens(sentence, language):
    if isinstance(sentence, str):
        return tokenize(sentence, language)
    if isinstance(sentence, (list, tuple)) and all(isinstance(token, str) for token in sentence):
        return list(sentence)
    raise TypeError(f"{sentence!r:.60} is not a sentence: expected a string or a list of tokens")


def check_vocabs(net, src_vocab, tgt_vocab):
    """Raise ValueError if the vocabularies are not as large as those that `net` was made for."""
    for name, vocab, part in (("src_vocab", src_vocab, net.encoder), ("tgt_vocab", tgt_vocab, net.decoder)):
        size = settings_of(part).get("vocab_size", len(vocab))
        if len(vocab) != size:
            raise ValueError(f"{name} has {len(vocab)} tokens, but the model was made for {size}; "
                             "use the vocabulary that the model was trained with")
