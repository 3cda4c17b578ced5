"""The checks of lesson 08, your translator."""

import torch
from torch import nn

from ..bleu import bleu, bootstrap_bleu, corpus_bleu
from ..decoding import predict
from ..model import Decoder, Encoder, Seq2Seq
from ..text import RESERVED, Vocab, detokenize, tokenize
from .blank import Blank
from .runner import OWN_DRAWS, Exercise, draws, plain, twice

# ---------------------------------------------------------------- blank: the net


def _make_net(src_vocab, tgt_vocab, sizes):
    torch.manual_seed(0)
    encoder = Encoder(len(src_vocab), **sizes)
    decoder = Decoder(len(tgt_vocab), **sizes)
    return Seq2Seq(encoder, decoder)


NO_NET = "an encoder and a decoder, not joined"


def _facts(net):
    """What of a net does not depend on the order in which its parts were made: shapes and settings, no values."""
    if isinstance(net, (tuple, list, Encoder, Decoder)):
        return NO_NET
    if not isinstance(net, Seq2Seq):
        return net
    return {"encoder": net.encoder.settings, "decoder": net.decoder.settings,
            "shapes": {name: list(p.shape) for name, p in net.named_parameters()}}


def _net_of(source, target, own=None, **context):
    """A way to make a net, `_facts` of it: `source` and `target` tell the sizes of the vocabularies, `own` the rest."""
    def make_net(src_vocab, tgt_vocab, sizes):
        here = own(sizes) if own else sizes
        return _facts(Seq2Seq(Encoder(source(src_vocab, tgt_vocab), **here),
                              Decoder(target(src_vocab, tgt_vocab), **here, **context)))
    make_net.__name__ = "_make_net"
    return make_net


def _first(one, other):
    return len(one)


def _second(one, other):
    return len(other)


def _vocab(text, language=None):
    return Vocab.from_tokens([*RESERVED, *text.split()], language)


_SIZES = dict(embed_size=3, num_hiddens=4, num_layers=1, dropout=0.1)

make_net = Blank(
    _net_of(_first, _second),
    piece=_make_net,
    call=lambda function, *args: _facts(function(*args)),
    cases=[(_vocab("they are watching ."), _vocab("ils elles regardent . !"), _SIZES),
           (_vocab("a b c d e"), _vocab("A B"), _SIZES | dict(num_layers=2))],
    mistakes=[
        (_net_of(_second, _first),
         "The two vocabularies are swapped. The encoder reads the source, so it needs `len(src_vocab)`; the decoder "
         "writes the target."),
        (_net_of(_first, _first),
         "Your decoder has as many words as the source. It writes the target: `Decoder(len(tgt_vocab), **sizes)`."),
        (_net_of(_second, _second),
         "Your encoder has as many words as the target. It reads the source: `Encoder(len(src_vocab), **sizes)`."),
        (_net_of(_first, _second, own=lambda sizes: sizes | dict(dropout=0)),
         "The dropout is missing: hand on all the sizes, `**sizes`."),
        (_net_of(_first, _second, context="initial"),
         "Your context only starts the decoder. Leave `context` out: then the decoder reads it at every step."),
        (lambda src_vocab, tgt_vocab, sizes: NO_NET,
         "These are the parts, each by itself. Return one `Seq2Seq(encoder, decoder)`."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with `encoder = Encoder(len(src_vocab), **sizes)`.",
    after="An encoder for the words that are read, a decoder for those that are written.",
)


# ---------------------------------------------------------------- blank: scores of groups

def _score_groups(groups, answers, references):
    scores = {}
    for group in dict.fromkeys(groups):
        chosen = [i for i, name in enumerate(groups) if name == group]
        ours, labels = [answers[i] for i in chosen], [references[i] for i in chosen]
        scores[group] = corpus_bleu(ours, labels), *bootstrap_bleu(ours, labels)
    return scores


def _groups_by(score, choose=lambda rows: rows):
    """A way to score groups: `score` makes the entry of a group from its answers and its references."""
    def score_groups(groups, answers, references):
        scores = {}
        for group in dict.fromkeys(groups):
            rows = choose([i for i, name in enumerate(groups) if name == group])
            scores[group] = score([answers[i] for i in rows], [references[i] for i in rows])
        return scores
    return score_groups


def _with_interval(answers, references):
    return corpus_bleu(answers, references), *bootstrap_bleu(answers, references)


def _all_of_them(groups, answers, references):
    return dict.fromkeys(groups, _with_interval(answers, references))


def _mean_of_sentences(answers, references):
    scores = [max(bleu(answer, label, 4) for label in labels) for answer, labels in zip(answers, references)]
    return 100 * sum(scores) / len(scores), *bootstrap_bleu(answers, references)


_SAID = ["ils regardent la mer .", "elle a perdu son livre .", "le chat dort .", "nous sommes en retard , je crois .",
         "le thé est froid .", "ils ont perdu le match ."]
_LABELS = [["ils regardent la mer .", "elles regardent la mer ."], ["elle a perdu ses clés hier soir ."],
           ["le chat dort dans le jardin ."], ["je crois que nous sommes en retard ."],
           ["le café est froid .", "le thé est froid ."], ["ils ont gagné le match ."]]

score_groups = Blank(
    _score_groups,
    cases=[(["short", "long", "short", "long", "short", "long"], _SAID, _LABELS),
           (["a", "b", "b", "c", "c", "c"], _SAID, _LABELS)],
    mistakes=[
        (_all_of_them,
         "Each group gets the score of all sentences. Take those `i` whose `groups[i]` is the group."),
        (lambda *args: dict(list(_score_groups(*args).items())[:1]),
         "Only the first group has a score: the `return` stands inside the loop. It belongs behind it."),
        (_groups_by(corpus_bleu),
         "This is the score without its interval. Three numbers: `corpus_bleu(...), *bootstrap_bleu(...)`."),
        (_groups_by(bootstrap_bleu),
         "This is the interval without the score. Three numbers: `corpus_bleu(...), *bootstrap_bleu(...)`."),
        (_groups_by(lambda ours, labels: (corpus_bleu(ours, labels), bootstrap_bleu(ours, labels))),
         "The interval is a tuple within the tuple. A star before `bootstrap_bleu(...)` unpacks it."),
        (_groups_by(lambda ours, labels: _with_interval(ours, [targets[:1] for targets in labels])),
         "You compare with the first reference alone. `references[i]` is a list, and `corpus_bleu` takes all of it."),
        (_groups_by(_mean_of_sentences),
         "You take the mean of the sentences' scores. BLEU pools the counts of a whole group (lesson 7): one call of "
         "`corpus_bleu` for each group."),
        (_groups_by(_with_interval, choose=lambda rows: rows[:1]),
         "You score the first sentence of each group alone. A group is all sentences that carry its name."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the numbers of the group's sentences: "
          "`chosen = [i for i, name in enumerate(groups) if name == group]`.",
    after="A group's counts are pooled, as BLEU wants it, and each group has an interval of its own.",
)


# ---------------------------------------------------------------- blank: from what is typed to what is read

def _translate(text, net, src_vocab, tgt_vocab, num_steps):
    tokens = tokenize(text, src_vocab.language)
    said = predict(net, [tokens], src_vocab, tgt_vocab, num_steps)[0]
    return detokenize(said, tgt_vocab.language).replace("<unk>", "(unknown word)")


class _WordByWord(nn.Module):
    """In the place of a trained net: it writes the number of each token that it has read."""

    def __init__(self, vocab_size):
        super().__init__()
        self.vocab_size, self.weight, self.encoder = vocab_size, nn.Parameter(torch.zeros(1)), None

    def start(self, X, X_valid_len=None):
        return X  # (batch, num_steps)

    def decoder(self, token, state):
        return nn.functional.one_hot(state[:, :1], self.vocab_size).float(), state[:, 1:]


_ENGLISH = _vocab("it 's cold . i have an idea !", "eng")
_FRENCH = _vocab("il fait froid . j' ai une idée !", "fra")
_WORDS = _WordByWord(len(_ENGLISH)), _ENGLISH, _FRENCH, 10


def _translation(tokens=tokenize, join=detokenize, unknown="(unknown word)"):
    def translate(text, net, src_vocab, tgt_vocab, num_steps):
        said = predict(net, [tokens(text, src_vocab.language)], src_vocab, tgt_vocab, num_steps)[0]
        return join(said, tgt_vocab.language).replace("<unk>", unknown)
    return translate


def _only_spaces(text, language):
    return text.split()


def _as_it_is(tokens, language):
    return tokens


translate = Blank(
    _translate,
    cases=[(text, *_WORDS) for text in ["It's cold.", "I have an idea!", "It's snowing.", "I'm cold."]],
    mistakes=[
        (_translation(join=_as_it_is),
         "These are tokens parted by blanks. `detokenize(..., tgt_vocab.language)` makes a sentence of them."),
        (_translation(unknown="<unk>"),
         "`<unk>` is a word for machines. End with `.replace(\"<unk>\", \"(unknown word)\")`."),
        (_translation(join=_as_it_is, unknown="<unk>"),
         "This is what `predict` returns: tokens parted by blanks, with `<unk>` in them. Join them with `detokenize`, "
         "and say “(unknown word)”."),
        (_translation(tokens=_only_spaces),
         "You cut at blanks, so a word and its full stop are one token, which the net has never met. `tokenize(text, "
         "src_vocab.language)` cuts as training did."),
        (_translation(tokens=lambda text, language: tokenize(text, "fra")),
         "You cut the source by the rules of the target's language. Its own is `src_vocab.language`."),
        (_translation(join=lambda tokens, language: detokenize(tokens, "eng")),
         "You join the translation by the rules of the source's language. Its own is `tgt_vocab.language`."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with `tokens = tokenize(text, src_vocab.language)`.",
    after="Everything from lesson 1 to lesson 6 is in these lines.",
)


# ---------------------------------------------------------------- warm-up: all references of a source


def _group_references(pairs):
    references = {}
    for source, target in pairs:
        if source not in references:
            references[source] = []
        if target not in references[source]:
            references[source].append(target)
    return references


def _neighbours_only(pairs):
    references, before = {}, None
    for source, target in pairs:
        if source != before:
            references[source] = []
        references[source].append(target)
        before = source
    return {source: list(dict.fromkeys(targets)) for source, targets in references.items()}


def _with_repeats(pairs):
    references = {}
    for source, target in pairs:
        references.setdefault(source, []).append(target)
    return references


def _by_target(pairs):
    return _group_references([(target, source) for source, target in pairs])


def _one_list(pairs):
    targets = list(dict.fromkeys(target for _, target in pairs))
    return {source: targets for source, _ in pairs}


def _once_in_all(pairs):
    references, seen = {}, set()
    for source, target in pairs:
        references.setdefault(source, []).extend({target} - seen)
        seen.add(target)
    return references


def _first_lost(pairs):
    references = {}
    for source, target in pairs:
        if source not in references:
            references[source] = []
        elif target not in references[source]:
            references[source].append(target)
    return references


def _not_within_another(pairs):
    references = {}
    for source, target in pairs:
        targets = references.setdefault(source, [])
        if target not in " ".join(targets):
            targets.append(target)
    return references


_WATCH, _LOST = "they are watching .", "i lost ."

group_references = Exercise(
    _group_references,
    cases=[(pairs,) for pairs in [
        [(_WATCH, "ils regardent ."), (_LOST, "j' ai perdu ."), (_WATCH, "elles regardent .")],
        [("go !", "va !"), ("go !", "allez !"), ("leave !", "va !"), ("go !", "va !")],
        [("you are late .", "vous êtes en retard ."), ("come in .", "entrez ."),
         ("you are late .", "tu es en retard ."), ("you are late .", "vous êtes en retard ."),
         ("come in .", "entre .")],
        [("come here !", "viens ici !"), ("come here !", "ici !")],
        []]],
    mistakes=[
        (lambda pairs: dict(pairs),
         "Each source has one translation, its last, as a string: `dict` keeps the last value of a key. Collect the "
         "translations in a list."),
        (lambda pairs: {source: [target] for source, target in pairs},
         "Each source has its last translation only: every later one replaces the list. Append to it instead."),
        (lambda pairs: {source: [target] for source, target in reversed(pairs)},
         "Each source has its first translation only. Where a source comes again, append to its list."),
        (_neighbours_only,
         "You join translations only where pairs of a source stand side by side; when it comes again later, its list "
         "begins anew. Look the source up among those you have."),
        (_with_repeats,
         "A pair may stand in a file twice, and a reference counts once: leave out a translation that its source has "
         "already."),
        (_not_within_another,
         "`in` on a text also finds a part of it: `ici !` stands within `viens ici !`. Ask whether the target is `in` "
         "the list."),
        (_one_list,
         "All sources have one and the same list: `dict.fromkeys(..., [])` makes a single one. Each needs its own, as "
         "`setdefault(source, [])` makes it."),
        (_once_in_all,
         "A translation that another source has already is left out. It belongs to each of its sources, once."),
        (_first_lost,
         "The first translation of each source is missing: where its list begins, put that translation into it."),
        (lambda pairs: {source: sorted(targets) for source, targets in _group_references(pairs).items()},
         "The translations are the right ones, in another order. Keep that of the file: its first one is what a "
         "copier copies."),
        (lambda pairs: {source: set(targets) for source, targets in _group_references(pairs).items()},
         "Sets have no order, and `corpus_bleu` takes lists. Keep the translations in the order of the file."),
        (lambda pairs: {source: " / ".join(targets) for source, targets in _group_references(pairs).items()},
         "Several translations are not one long one: keep a list of strings."),
        (lambda pairs: {source: targets for source, targets in _group_references(pairs).items() if len(targets) > 1},
         "Sources with one translation are missing. They have a list too, of one."),
        (_by_target,
         "You group by the target. The source is what is translated, so it is the key."),
        (lambda pairs: list(_group_references(pairs).items()),
         "These are the right groups, as a list of pairs. Return the dictionary."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with an empty dictionary and a loop over the pairs.",
    after="On the corpus this is what `by_source` does with pandas. Compare `len` of the result with the number of "
          "pairs: the rest are second and further references.",
)


# ---------------------------------------------------------------- core: how sure is a score

def _bootstrap_interval(matched, total, draws):
    shares = []
    for rows in draws.tolist():
        shares.append(sum(matched[i].item() for i in rows) / sum(total[i].item() for i in rows))
    return _bounds(torch.tensor(shares))


def _bounds(shares, low=0.025, high=0.975):
    return tuple(shares.double().quantile(torch.tensor([low, high], dtype=torch.float64)).tolist())


def _shares(matched, total, draws):
    return matched[draws].sum(dim=1) / total[draws].sum(dim=1)  # (samples,)


def _mean_of_shares(matched, total, draws):
    return _bounds((matched / total)[draws].mean(dim=1))


def _by_columns(matched, total, draws):
    return _bounds(matched[draws].sum(dim=0) / total[draws].sum(dim=0))


def _around_the_mean(matched, total, draws):
    shares = _shares(matched, total, draws)
    half = 1.96 * shares.std().item()
    return shares.mean().item() - half, shares.mean().item() + half


def _of_the_mean(matched, total, draws):
    shares = _shares(matched, total, draws)
    half = 1.96 * shares.std().item() / len(shares) ** 0.5
    return shares.mean().item() - half, shares.mean().item() + half


def _no_draws(matched, total, draws):
    return _bounds(matched / total)


def _point(matched, total, draws):
    share = (matched.sum() / total.sum()).item()
    return share, share


def _distances(matched, total, draws):
    low, high = _bounds(_shares(matched, total, draws))
    share = _point(matched, total, draws)[0]
    return share - low, high - share


bootstrap_interval = Exercise(
    _bootstrap_interval,
    # So many samples that both bounds are samples: nothing depends on how a quantile is taken between two.
    cases=[(torch.tensor(matched), torch.tensor(total), draws(len(total), samples, seed))
           for matched, total, samples, seed in [
               ([4, 0, 3, 9, 1, 2], [4, 5, 6, 9, 2, 7], 41, 0),
               ([1, 6, 2, 2, 5, 0, 3, 8, 4], [3, 6, 7, 2, 9, 4, 3, 12, 5], 81, 1),
               ([0, 3, 10, 1, 6], [5, 4, 12, 3, 6], 201, 2)]],
    mistakes=[
        (_mean_of_shares,
         "You take the mean of the sentences' shares, so a short sentence weighs as much as a long one. Add up the "
         "counts of a draw first, then divide once."),
        (_by_columns,
         "You add up the columns of `draws`. A draw is a row: sum over `dim=1`."),
        (lambda *args: OWN_DRAWS,
         "Your function draws by itself, so its result is another one each time. The draws are given: `draws`."),
        (lambda matched, total, draws: _bounds(matched[draws].sum(dim=1) / total.sum()),
         "You divide by the words of all sentences. A draw has sentences twice and others not at all: divide by *its* "
         "words, `total[draws].sum(dim=1)`."),
        (lambda matched, total, draws: _bounds((matched[draws] / total[draws]).flatten()),
         "You take the quantiles of the sentences' shares, each as often as it was drawn. First make one score of each "
         "draw."),
        (lambda matched, total, draws: (lambda share: (share, share))(
            (matched[draws].sum() / total[draws].sum()).item()),
         "You add up all draws, which makes a single score. Each draw has its own: sum over `dim=1`."),
        *[(lambda matched, total, draws, count=count: _bounds(count(matched[draws].double(), dim=1)),
           "These are right words. A score is a share: divide by the words of the draw, `total[draws].sum(dim=1)`.")
          for count in (torch.sum, torch.mean)],
        (lambda matched, total, draws: _bounds(matched[draws].sum(dim=1) // total[draws].sum(dim=1)),
         "You divide by `//`, which drops what is behind the point. Divide by `/`."),
        (lambda matched, total, draws: _bounds(total[draws].sum(dim=1) / matched[draws].sum(dim=1)),
         "You divide the words by the right ones. A share is the other way round."),
        (lambda matched, total, draws: _bounds(torch.stack([_shares(matched, total, rows.unique()[None])[0]
                                                            for rows in draws])),
         "You count a sentence once where a draw has it twice. Draws repeat sentences: that is the bootstrap."),
        (lambda *args: tuple(_shares(*args)[int(q * len(args[2]))].item() for q in (0.025, 0.975)),
         "You take two draws by their places, but the scores are not sorted. `quantile` sorts them."),
        (lambda *args: (_shares(*args).min().item(), _shares(*args).max().item()),
         "These are the smallest and the largest of all draws. They move apart the more you draw; leave out 2.5 % at "
         "either end."),
        (lambda *args: _bounds(_shares(*args), 0.05, 0.95),
         "Between your bounds lie 90 % of the draws: you leave out 5 % at either end. 95 % leave 2.5 % at either end."),
        (lambda *args: _bounds(_shares(*args), 0.25, 0.75),
         "Between your bounds lie half of the draws. The quantiles are 0.025 and 0.975."),
        (_around_the_mean,
         "This is the mean of the draws, plus and minus 1.96 standard deviations. It is near, but it takes the draws "
         "for a bell curve. Take their quantiles: no curve is needed."),
        (_of_the_mean,
         "You divide by the root of the number of draws, so the interval would shrink to nothing if you drew for "
         "longer. Drawing longer brings no new sentences. Take the quantiles of the draws."),
        (_no_draws,
         "You take the quantiles of the sentences' own shares. The question is how much the score of all sentences "
         "moves: score each draw, then take the quantiles of the scores."),
        (_point,
         "Both bounds are the score itself. Score each draw: `matched[draws]` has its counts, `(samples, sentences)`."),
        (_distances,
         "These are distances from the score, as matplotlib wants them. Return the bounds themselves."),
        (lambda *args: _bootstrap_interval(*args)[::-1],
         "The bounds are right, in the wrong order: the low one first."),
        (lambda *args: tuple(100 * bound for bound in _bootstrap_interval(*args)),
         "The bounds are right, in percent. Return shares, from 0 to 1."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with `matched[draws]`: what is its shape, and along "
          "which axis do you add up?",
    after="With ten counts for each sentence in place of two this is `bootstrap_bleu`. Next question: two translators, "
          "the same draws. In how many of them is one ahead?",
    call=lambda function, *args: twice(lambda *again: plain(function(*again)), *args),
)


# ---------------------------------------------------------------- stretch: almost in training

def _near_copies(training, held_out):
    gaps = set()
    for tokens in training:
        gaps |= _gaps(tokens)
    return [not _gaps(tokens).isdisjoint(gaps) for tokens in held_out]


def _gaps(tokens):
    """The sentence with a gap in place of each token, one after the other."""
    return {(*tokens[:i], None, *tokens[i + 1 :]) for i in range(len(tokens))}


def _shortened(tokens):
    """The sentence without each of its tokens, one after the other."""
    return {(*tokens[:i], *tokens[i + 1 :]) for i in range(len(tokens))}


def _any(near):
    return lambda training, held_out: [any(near(ours, theirs) for theirs in training) for ours in held_out]


def _others(ours, theirs):
    return sum(a != b for a, b in zip(ours, theirs))


def _edits(ours, theirs):
    """The fewest tokens to change, to take out or to put in."""
    row = list(range(len(theirs) + 1))
    for i, a in enumerate(ours, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(theirs, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]


def _same_length(ours, theirs):
    return len(ours) == len(theirs)


_TRAINING = [sentence.split() for sentence in [
    "they are watching .", "i lost my book .", "she sold the red car .", "the dog saw the cat .", "wait here !"]]
_HELD_OUT = [sentence.split() for sentence in [
    "they are watching .", "they are waiting .", "they were waiting .", "they are watching us .", "i lost my key .",
    "are they watching .", "the cat saw the dog .", "she sold the car .", "wait !", "wait there !",
    "you lost my book ?", "i lost a bag .", "the dog saw a cat ."]]

near_copies = Exercise(
    _near_copies,
    cases=[(_TRAINING, _HELD_OUT), (_HELD_OUT, _TRAINING), (_TRAINING[:1], _HELD_OUT[:4]),
           ([["a", "b", "c", "d"], ["e", "f"]], [["a", "b", "x", "d"], ["x", "b", "c", "d"], ["a", "b", "c", "x"],
                                                 ["x", "b", "x", "d"], ["e", "f", "g"], ["f", "e"], ["e"]]),
           ([["go"], ["a", "b"]], [["stop"], ["b", "a"], []])],
    mistakes=[
        (_any(lambda ours, theirs: ours == theirs),
         "You find exact copies only, and the split leaves none of those. One other token is near, too."),
        (_any(lambda ours, theirs: _same_length(ours, theirs) and _others(ours, theirs) == 1),
         "An exact copy is missing: at most one other token, so none is near as well."),
        (_any(lambda ours, theirs: _others(ours, theirs) <= 1),
         "`zip` stops at the shorter sentence, so a sentence that goes on behind the other's end looks near. Compare "
         "the lengths first."),
        *[(_any(near), "You compare the words and not their places. `the cat saw the dog` has the words of `the dog "
                       "saw the cat`, and says something else.")
          for near in (lambda ours, theirs: len(set(ours) ^ set(theirs)) <= 2 and _same_length(ours, theirs),
                       lambda ours, theirs: len(set(ours) - set(theirs)) <= 1 and _same_length(ours, theirs))],
        (_any(lambda ours, theirs: not _shortened(ours).isdisjoint(_shortened(theirs))),
         "You take a token out and leave no gap, so `the dog saw` and `dog saw it` agree in `dog saw`. Put something "
         "in its place, as None."),
        (_any(lambda ours, theirs: len(set(ours) - set(theirs)) <= 1),
         "You compare the words and neither their places nor their number. Go through both sentences side by side."),
        (_any(lambda ours, theirs: sorted(ours) == sorted(theirs)),
         "You find sentences of the same words in any order. Compare place by place."),
        (_any(lambda ours, theirs: _edits(ours, theirs) <= 1),
         "You count a token more or less as near, too. That is a fair measure, but here both sentences have the same "
         "length."),
        (_any(lambda ours, theirs: _same_length(ours, theirs) and _others(ours, theirs) <= 2),
         "You let two tokens differ. One is the most."),
        (lambda training, held_out: [all(_same_length(a, b) and _others(a, b) <= 1 for b in training)
                                     for a in held_out],
         "You ask whether all training sentences are near. One is enough: `any`."),
        (lambda training, held_out: _near_copies(held_out, training),
         "You have the two lists swapped: the result has one answer for each held-out sentence."),
        (lambda training, held_out: [tokens for tokens in held_out if _near_copies(training, [tokens])[0]],
         "These are the near sentences themselves. Return one `True` or `False` for each held-out sentence."),
        (lambda training, held_out: [i for i, near in enumerate(_near_copies(training, held_out)) if near],
         "These are the places of the near sentences. Return one `True` or `False` for each held-out sentence."),
        (lambda training, held_out: sum(_near_copies(training, held_out)),
         "This is how many there are. Return one `True` or `False` for each held-out sentence."),
        (lambda training, held_out: [not near for near in _near_copies(training, held_out)],
         "Your answers are the wrong way round: `True` is for a sentence that training nearly has."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with two sentences of the same length: in how many "
          "places do they differ?",
    after="Run it on the corpus. If you compare each pair of sentences, that is thirty million comparisons: the "
          "solution finds a way that looks at each sentence once.",
)

BLANKS = (make_net, score_groups, translate)
EXERCISES = (group_references, bootstrap_interval, near_copies)
