"""Answers to the exercises of lesson 08, right and wrong, as readers would write them; test_checks.py tries them."""

import numpy as np
import pytest
import torch

from seq2seq_lib import (
    Decoder,
    Encoder,
    Seq2Seq,
    bootstrap_bleu,
    corpus_bleu,
    detokenize,
    predict,
    tokenize,
)
from seq2seq_lib.checks import lesson_08


def group_by_setdefault(pairs):
    grouped = {}
    for source, target in dict.fromkeys(pairs):
        grouped.setdefault(source, []).append(target)
    return grouped


def group_with_pandas(pairs):
    import pandas as pd

    table = pd.DataFrame(pairs, columns=["source", "target"]).drop_duplicates()
    return {source: list(targets) for source, targets in table.groupby("source", sort=False).target}


def group_and_forget_repeats(pairs):
    grouped = {source: [] for source, _ in pairs}
    for source, target in pairs:
        grouped[source] += [target]
    return grouped


def group_letters(pairs):
    grouped = {source: [] for source, _ in pairs}
    for source, target in pairs:
        grouped[source] += target
    return grouped


def interval(matched, total, draws, *, dim=1, ends=(0.025, 0.975), percent=1):
    shares = matched[draws].sum(dim) / total[draws].sum(dim)
    return tuple(percent * shares.quantile(end).item() for end in ends)


def interval_by_sorting(matched, total, draws):
    shares = sorted((matched[rows].sum() / total[rows].sum()).item() for rows in draws)
    cut = round(0.025 * len(shares))
    return shares[cut], shares[-1 - cut]


def interval_by_numpy(matched, total, draws):
    shares = matched.numpy()[draws].sum(1) / total.numpy()[draws].sum(1)
    return np.percentile(shares, [2.5, 97.5])


def interval_as_tensor(matched, total, draws):
    return (matched[draws].sum(1) / total[draws].sum(1)).quantile(torch.tensor([0.025, 0.975]))


def interval_in_place(matched, total, draws):
    matched /= total
    return interval(matched, torch.ones_like(matched), draws)


def near(training, held_out, *, most=1, lengths=True, compare=lambda a, b: sum(x != y for x, y in zip(a, b))):
    return [any((not lengths or len(a) == len(b)) and compare(a, b) <= most for b in training) for a in held_out]


def near_by_gaps(training, held_out):
    seen = {(i, tuple(s[:i]), tuple(s[i + 1 :])) for s in training for i in range(len(s))}
    return [any((i, tuple(s[:i]), tuple(s[i + 1 :])) in seen for i in range(len(s))) for s in held_out]


def net_decoder_first(src_vocab, tgt_vocab, sizes):
    decoder = Decoder(len(tgt_vocab), **sizes)
    return Seq2Seq(Encoder(len(src_vocab), **sizes), decoder)


def net_without_dropout(src_vocab, tgt_vocab, sizes):
    sizes = sizes["embed_size"], sizes["num_hiddens"], sizes["num_layers"]
    return Seq2Seq(Encoder(len(src_vocab), *sizes), Decoder(len(tgt_vocab), *sizes))


def groups_with_zip(groups, answers, references):
    scores = {}
    for group in dict.fromkeys(groups):
        rows = [(a, r) for g, a, r in zip(groups, answers, references) if g == group]
        ours, labels = zip(*rows)
        low, high = bootstrap_bleu(ours, labels)
        scores[group] = (corpus_bleu(ours, labels), low, high)
    return scores


def groups_as_lists(groups, answers, references):
    return {group: list(scores) for group, scores in groups_with_zip(groups, answers, references).items()}


def groups_of_all(groups, answers, references):
    return {group: (corpus_bleu(answers, references), *bootstrap_bleu(answers, references)) for group in set(groups)}


def groups_without_interval(groups, answers, references):
    return {group: scores[0] for group, scores in groups_with_zip(groups, answers, references).items()}


def groups_returned_too_soon(groups, answers, references):
    for group, scores in groups_with_zip(groups, answers, references).items():
        return {group: scores}


def translate_at_once(text, net, src_vocab, tgt_vocab, num_steps):
    said = predict(net, text, src_vocab, tgt_vocab, num_steps)
    return detokenize(said, tgt_vocab.language).replace("<unk>", "(unknown word)")


def translate_word_for_word(text, net, src_vocab, tgt_vocab, num_steps):
    said = predict(net, text, src_vocab, tgt_vocab, num_steps).split()
    return detokenize(" ".join("(unknown word)" if token == "<unk>" else token for token in said), "fra")


def translate_split(text, net, src_vocab, tgt_vocab, num_steps):
    said = predict(net, [text.lower().split()], src_vocab, tgt_vocab, num_steps)[0]
    return detokenize(said, tgt_vocab.language).replace("<unk>", "(unknown word)")


ANSWERS = {
    lesson_08.make_net: (
        [net_decoder_first,
         lambda src_vocab, tgt_vocab, sizes: Seq2Seq(Encoder(len(src_vocab), **sizes),
                                                     Decoder(len(tgt_vocab), **sizes, context="every_step"))],
        [
            (lambda src_vocab, tgt_vocab, sizes: net_decoder_first(tgt_vocab, src_vocab, sizes), "are swapped"),
            (lambda src_vocab, tgt_vocab, sizes: net_decoder_first(src_vocab, src_vocab, sizes), "as the source"),
            (lambda src_vocab, tgt_vocab, sizes: net_decoder_first(tgt_vocab, tgt_vocab, sizes), "as the target"),
            (net_without_dropout, "dropout is missing"),
            (lambda src_vocab, tgt_vocab, sizes: (Encoder(len(src_vocab), **sizes), Decoder(len(tgt_vocab), **sizes)),
             "Return one `Seq2Seq"),
            (lambda src_vocab, tgt_vocab, sizes: Seq2Seq(Encoder(src_vocab, **sizes), Decoder(tgt_vocab, **sizes)),
             "TypeError"),
        ],
    ),
    lesson_08.score_groups: (
        [groups_with_zip, groups_as_lists],
        [
            (groups_of_all, "score of all sentences"),
            (groups_without_interval, "without its interval"),
            (groups_returned_too_soon, "inside the loop"),
            (lambda groups, answers, references: groups_with_zip(groups, answers, [r[0] for r in references]),
             "first reference alone"),
            (lambda groups, answers, references: {
                group: corpus_bleu([a for a, g in zip(answers, groups) if g == group], references)
                for group in groups}, "ValueError"),
        ],
    ),
    lesson_08.translate: (
        [translate_at_once, translate_word_for_word,
         lambda text, net, src_vocab, tgt_vocab, num_steps: translate_at_once(
             " ".join(tokenize(text, src_vocab.language)), net, src_vocab, tgt_vocab, num_steps)],
        [
            (lambda text, net, src_vocab, tgt_vocab, num_steps: predict(net, text, src_vocab, tgt_vocab, num_steps),
             "what `predict` returns"),
            (lambda *args: translate_at_once(*args).replace("(unknown word)", "<unk>"), "a word for machines"),
            (lambda *args: [translate_at_once(*args)], "a list of length 1"),
            (translate_split, "This input gives another result"),
            (lambda text, net, src_vocab, tgt_vocab, num_steps: translate_at_once(text, net, src_vocab, tgt_vocab),
             "TypeError"),
        ],
    ),
    lesson_08.group_references: (
        [group_by_setdefault, group_with_pandas,
         lambda pairs: {source: list(dict.fromkeys(t for s, t in pairs if s == source)) for source, _ in pairs}],
        [
            (dict, "keeps the last value of a key"),
            (lambda pairs: {s: [t] for s, t in pairs}, "every later one replaces"),
            (group_and_forget_repeats, "a reference counts once"),
            (group_letters, "This input gives another result"),
            (lambda pairs: {s: {t for source, t in pairs if source == s} for s, _ in pairs}, "Sets have no order"),
            (lambda pairs: {s: sorted({t for source, t in pairs if source == s}) for s, _ in pairs},
             "in another order"),
            (lambda pairs: {t: [s for s, target in pairs if target == t] for _, t in pairs},
             "This input gives another result"),
            (lambda pairs: group_by_setdefault([(t, s) for s, t in pairs]), "group by the target"),
            (lambda pairs: list(group_by_setdefault(pairs).items()), "as a list of pairs"),
            (lambda pairs: list(group_by_setdefault(pairs).values()), "is a list of length 2"),
            (lambda pairs: {s: t for s, t in group_by_setdefault(pairs).items() if t[1:]}, "with one translation"),
            (lambda pairs: pairs.reverse() or group_by_setdefault(pairs[::-1]), "right result, but it changes"),
        ],
    ),
    lesson_08.bootstrap_interval: (
        [interval, interval_by_sorting, interval_by_numpy, interval_as_tensor,
         lambda matched, total, draws: [bound.item() for bound in interval_as_tensor(matched, total, draws)]],
        [
            (lambda matched, total, draws: interval(matched / total, torch.ones(len(total)), draws),
             "so a short sentence weighs as much"),
            (lambda *args: interval(*args, dim=0), "A draw is a row"),
            (lambda *args: interval(*args, ends=(0, 1)), "smallest and the largest"),
            (lambda *args: interval(*args, ends=(0.05, 0.95)), "90 % of the draws"),
            (lambda *args: interval(*args, ends=(0.25, 0.75)), "half of the draws"),
            (lambda *args: interval(*args, ends=(0.975, 0.025)), "wrong order"),
            (lambda *args: interval(*args, percent=100), "in percent"),
            (lambda matched, total, draws: (matched.sum().item() / total.sum().item(),) * 2, "the score itself"),
            (lambda matched, total, draws: interval(matched, total, torch.arange(len(total))[:, None]),
             "sentences' own shares"),
            (lambda *args: interval(*args)[0], "is a float, and a tuple of length 2"),
            (interval_in_place, "RuntimeError"),
        ],
    ),
    lesson_08.near_copies: (
        [near, near_by_gaps],
        [
            (lambda training, held_out: [sentence in training for sentence in held_out], "exact copies only"),
            (lambda *args: near(*args, most=2), "One is the most"),
            (lambda *args: near(*args, lengths=False), "`zip` stops at the shorter sentence"),
            (lambda *args: near(*args, most=2, compare=lambda a, b: len(set(a) ^ set(b))), "not their places"),
            (lambda *args: near(*args, lengths=False, compare=lambda a, b: len(set(a) - set(b))),
             "neither their places nor their number"),
            (lambda *args: sum(near(*args)), "This is how many"),
            (lambda *args: [not answer for answer in near(*args)], "the wrong way round"),
            (lambda training, held_out: near(held_out, training), "two lists swapped"),
            (lambda training, held_out: [s for s, yes in zip(held_out, near(training, held_out)) if yes],
             "near sentences themselves"),
            (lambda *args: [i for i, yes in enumerate(near(*args)) if yes], "the places of the near sentences"),
            (lambda training, held_out: near(training, held_out, compare=lambda a, b: int(a[:-1] != b[:-1])),
             "This input gives another result"),
            (lambda training, held_out: training.sort() or near(training, held_out), "right result, but it changes"),
        ],
    ),
}


def test_the_groups_are_what_corpus_bleu_takes():
    pairs = lesson_08.group_references.cases[1][0]
    groups = lesson_08.group_references.answer(pairs)
    assert groups == {"go !": ["va !", "allez !"], "leave !": ["va !"]}
    assert corpus_bleu(["allez !", "va !"], list(groups.values())) == 0  # two tokens: no 4-grams; but no error


@pytest.mark.parametrize("case", lesson_08.bootstrap_interval.cases)
def test_both_bounds_are_scores_of_draws_whatever_the_kind_of_quantile(case):
    matched, total, draws = case
    shares = (matched[draws].sum(1) / total[draws].sum(1)).double()
    for kind in ("linear", "lower", "higher", "nearest", "midpoint"):
        bounds = shares.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64), interpolation=kind)
        assert bounds.tolist() == pytest.approx(lesson_08.bootstrap_interval.answer(*case), rel=1e-6)
