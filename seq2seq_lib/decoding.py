"""Decoding: translate when nobody knows the answer."""

import torch

from .batches import encode
from .model import evaluation_mode, settings_of
from .text import BOS, EOS, tokenize
from .training import teacher_forcing


def predict(net, sentences, src_vocab, tgt_vocab, num_steps, device=None, *, language=None, batch_size=256):
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
        batch_size: sentences translated at once.

    Returns:
        A string of tokens parted by spaces, ready for `bleu` and `detokenize`; for a list, a list of them.

    Raises:
        ValueError: vocabularies that are not those of `net`, `num_steps` or `batch_size` below 1.
        TypeError: a sentence that is neither a string nor a list of tokens.
    """
    if isinstance(sentences, str):
        return predict(net, [sentences], src_vocab, tgt_vocab, num_steps, device, language=language,
                       batch_size=batch_size)[0]
    check_vocabs(net, src_vocab, tgt_vocab)
    for name, size in (("num_steps", num_steps), ("batch_size", batch_size)):
        if size < 1:
            raise ValueError(f"{name} is {size}; it must be 1 or more")
    sources = [_tokens(sentence, language or src_vocab.language or "eng") for sentence in sentences]
    order = sorted((i for i, tokens in enumerate(sources) if tokens), key=lambda i: len(sources[i]))
    translations = [""] * len(sources)
    if device is not None:
        net.to(device)
    with evaluation_mode(net):
        for first in range(0, len(order), batch_size):
            rows = order[first : first + batch_size]
            ids = _decode_greedily(net, *encode([sources[i][: num_steps - 1] for i in rows], src_vocab), num_steps)
            for i, sentence in zip(rows, ids.tolist()):
                end = sentence.index(EOS) if EOS in sentence else len(sentence)
                translations[i] = " ".join(tgt_vocab.to_tokens(sentence[:end]))
    return translations


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
def predict_with_probs(net, sentence, src_vocab, tgt_vocab, num_steps, *, language=None):
    """Translate one sentence as `predict` does, and say how likely the model held each word at each step.

    Args:
        net, src_vocab, tgt_vocab, num_steps, language: as for `predict`.
        sentence: a string or a list of tokens.

    Returns:
        tokens: the translation, a list; its last token is `<eos>`, unless it was stopped after `num_steps`.
        probs: `(len(tokens), vocab_size)`: at each step a probability for every word of the target vocabulary.
            An empty sentence has no steps.
    """
    source = _tokens(sentence, language or src_vocab.language or "eng")
    tokens = predict(net, [source], src_vocab, tgt_vocab, num_steps)[0].split()
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
