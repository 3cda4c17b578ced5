"""What the benchmarks of quality say of translations: BLEU, chrF and exact matches, each with what chance may move it.

An interval holds 95 % of 1,000 bootstrap samples.
"""

import pandas as pd
import torch
from sacrebleu.metrics import CHRF

from seq2seq_lib import bootstrap_bleu, corpus_bleu

SAMPLES = 1000
LENGTHS = {"1-4": range(1, 5), "5-7": range(5, 8), "8-10": range(8, 11), "11 and more": range(11, 1000)}


def exact_matches(predictions, references):
    """Tell of each prediction whether it is one of its references, word for word."""
    return [prediction in labels for prediction, labels in zip(predictions, references)]


def chrf_counts(predictions, references):
    """Return sacreBLEU's counts of n-grams of characters, 18 numbers for each sentence; blanks do not count."""
    most = max(map(len, references))  # it wants one list for each place among a sentence's references
    streams = [[labels[i] if i < len(labels) else None for labels in references] for i in range(most)]
    return CHRF()._extract_corpus_statistics(predictions, streams)


def chrf_of(counts):
    """Make one chrF, from 0 to 100, of counts that were added up (Popović 2015)."""
    return CHRF()._compute_f_score(counts)


def percent_of(counts):
    """Make a share, from 0 to 100, of the counts `[matches, sentences]`."""
    return 100 * counts[0] / counts[1]


def score_and_interval(counts, score_of, samples=SAMPLES, seed=0):
    """Return `(score, low, high)` of a score that is made of counts added up over the sentences.

    Args:
        counts: a list of numbers for each sentence.
        score_of: a function from their sums to the score.
    """
    counts = torch.tensor(counts, dtype=torch.float64)  # (sentences, numbers)
    generator = torch.Generator().manual_seed(seed)
    draws = [torch.randint(len(counts), (len(counts),), generator=generator) for _ in range(samples)]
    scores = torch.tensor([score_of(counts[rows].sum(dim=0).tolist()) for rows in draws], dtype=torch.float64)
    low, high = scores.quantile(torch.tensor([0.025, 0.975], dtype=torch.float64)).tolist()
    return score_of(counts.sum(dim=0).tolist()), low, high


def score_row(predictions, references):
    """Return the scores of some translations as cells of a table, `"81.2 (79.8 - 82.7)"`.

    Args:
        predictions: a list of strings of tokens.
        references: for each a list of strings of tokens.
    """
    scores = {
        "BLEU (95 %)": (corpus_bleu(predictions, references), *bootstrap_bleu(predictions, references, SAMPLES)),
        "chrF (95 %)": score_and_interval(chrf_counts(predictions, references), chrf_of),
        "exact, % (95 %)": score_and_interval([[match, 1] for match in exact_matches(predictions, references)],
                                              percent_of)}
    return {name: "{:.1f} ({:.1f} - {:.1f})".format(*values) for name, values in scores.items()}


def score_table(references, translations, groups):
    """Score several systems on groups of sentences: a row for each group and system.

    Args:
        references: a dictionary from each source, a tuple of tokens, to the list of its references.
        translations: a dictionary from each system's name to its translations, in the order of the sources.
        groups: a dictionary from each group's name to a function that tells of a source whether it is in the group.
    """
    rows = []
    for group, belongs in groups.items():
        chosen = [i for i, source in enumerate(references) if belongs(source)]
        labels = choose(list(references.values()), chosen)
        size = {"sentences": f"{group}: {len(chosen)} ({len(chosen) / len(references):.0%})"}
        for system, predictions in translations.items():
            scores = score_row(choose(predictions, chosen), labels) if chosen else {}
            rows.append(size | {"system": system} | scores)
            size = {"sentences": ""}  # told once
    return pd.DataFrame(rows).fillna("")


def length_table(references, translations):
    """BLEU by the number of tokens of the source: a row for each system, as `score_table` takes them."""
    rows = []
    for system, predictions in translations.items():
        row = {"system": system}
        for label, lengths in LENGTHS.items():
            chosen = [i for i, source in enumerate(references) if len(source) in lengths]
            labels = choose(list(references.values()), chosen)
            row[f"BLEU, {label} tokens"] = f"{corpus_bleu(choose(predictions, chosen), labels):.1f}" if chosen else ""
        rows.append(row)
    return pd.DataFrame(rows)


def choose(items, rows):
    return [items[i] for i in rows]


def show(title, *tables):
    print(f"\n{title}")
    for table in tables:
        print(table.to_string(index=False) + "\n")
