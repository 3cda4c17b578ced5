"""Runs the experiments of part two and keeps every run: data/results/NAME.csv, a row for each run.

Run: python data/make_experiments.py [NAME] [CORPUS ...]   (`make experiments` runs all of them)

A run that the file has already, of the present corpus and of the present model, is not made again: so an interrupted
experiment goes on where it was, and a part of it can be made alone. Scores are of the validation part, with the bounds
of a 95 % bootstrap interval, over all sentences and for each group of lengths (tokens of the source); the test part is
not looked at. The first columns are the same in every file: `experiment`, `setting`, `seed`, `weights`, `updates` (0 if
nothing is trained), `seconds` (of the training, or of the search if nothing is trained), `corpus` and its `hash`.

beam: how wide a beam, and which length penalty? The shipped models (`model` is the hash of the file) translate with
    every width and every alpha.
attention, joined: attention or a fixed context, one direction or two? Nets of equal weights and updates, five seeds;
    on the corpus as it is, and on one to four sentences joined into one (experiment_claims.py).
baseline, length, amount, amount_attention, unknown, reading, copying: lesson 12's claims, five seeds each
    (experiment_claims.py). What these nets write is kept beside the scores, in
    data/results/translations/NAME.json.gz, so that two of them can be compared sentence by sentence.
comparisons: no runs, but what those say of each claim: data/results/comparisons.csv, for every seed and for their mean
    the difference with its interval, and the verdict; it is printed, too.

Two experiments at once take a core each with OMP_NUM_THREADS=1.
"""

import csv
import gzip
import json
import sys
import time

import experiment_claims
from make_corpus import corpus_hash, file_hash
from making import by_length, count_weights, read, write_table

from seq2seq_lib import bootstrap_bleu, corpus_bleu, data_folder, load_checkpoint, references_by_source
from seq2seq_lib.bleu import nearest_length
from seq2seq_lib.decoding import beam_search
from seq2seq_lib.experiments import CLAIMS, comparison_table

CORPORA = ("eng-fra", "eng-zho")
BEAM_SIZES, ALPHAS, NUM_STEPS = (1, 2, 4, 8, 16), (0.0, 0.5, 1.0), 30


def scores(translations, references, groups):
    """Score translations: BLEU with its bounds, their length as a share of the references', and BLEU by length.

    Args:
        translations: strings of tokens.
        references: for each the list of its references, strings of tokens.
        groups: a dictionary from the name of a group of sentences to their numbers.

    Returns:
        A dictionary from the name of a column to a number. `length ratio`: the translations' tokens, divided by those
        of the references nearest in length, as the brevity penalty has it.
    """
    low, high = bootstrap_bleu(translations, references)
    lengths = [len(text.split()) for text in translations]
    nearest = [nearest_length(length, [len(label.split()) for label in labels])
               for length, labels in zip(lengths, references)]
    found = {"sentences": len(references), "BLEU": corpus_bleu(translations, references), "low": low, "high": high}
    found = {column: round(value, 2) for column, value in found.items()}
    found["length ratio"] = round(sum(lengths) / sum(nearest), 4)
    for name, rows in groups.items():
        found[f"BLEU, {name}"] = round(corpus_bleu([translations[i] for i in rows], [references[i] for i in rows]), 2)
    return found


# ---------------------------------------------------------------- beam

def beam(corpora):
    """Yield the runs of the beam experiment: what each is, and the function that makes it."""
    for corpus in corpora:
        path = data_folder() / "models" / f"{corpus}.safetensors"
        model = load_checkpoint(path)
        references = references_by_source(read(corpus, "validation"))
        weights, hash_, model_hash = count_weights(model.net), corpus_hash(corpus), file_hash(path)
        for beam_size in BEAM_SIZES:
            for alpha in ALPHAS:
                about = dict(experiment="beam", setting=f"beam_size {beam_size}, alpha {alpha}", seed=0,
                             weights=weights, updates=0)
                of = dict(corpus=corpus, hash=hash_, beam_size=beam_size, alpha=alpha, model=model_hash)
                yield about, of, lambda m=model, r=references, k=beam_size, a=alpha: _searched(m, r, k, a)


def _searched(model, references, beam_size, alpha):
    sources, labels = list(references), list(references.values())
    start = time.perf_counter()
    found = beam_search(model.net, sources, model.src_vocab, model.tgt_vocab, NUM_STEPS, beam_size, alpha=alpha,
                        batch_size=-(-256 // beam_size))
    seconds = time.perf_counter() - start
    return {"seconds": seconds}, scores([best.text for best, *_ in found], labels, by_length(sources))


# ---------------------------------------------------------------- nets that are trained for it

def trained(name, make):
    """Return the function that yields the runs of an experiment: each of its settings, with every seed."""
    def runs(corpora):
        of = dict(corpus=experiment_claims.CORPUS, hash=corpus_hash(experiment_claims.CORPUS))
        for seed in experiment_claims.SEEDS if of["corpus"] in corpora else ():
            for setting in experiment_claims.RUNS[name]:
                about = dict(experiment=name, setting=setting, seed=seed)
                yield about, of, lambda s=setting, n=seed: make(name, s, n)
    return runs


def _scored(name, setting, seed):
    weights, updates, seconds, _, (references, groups), said = experiment_claims.run(name, setting, seed)
    return dict(weights=weights, updates=updates, seconds=seconds), scores(said, list(references.values()), groups)


def _claimed(name, setting, seed):
    """As `_scored`, with the scores that lesson 12 needs besides; and the translations are kept."""
    weights, updates, seconds, model, (references, groups), said = experiment_claims.run(name, setting, seed)
    found = scores(said, list(references.values()), groups)
    found["right"] = round(100 * sum(text in labels for text, labels in zip(said, references.values())) / len(said), 2)
    after = experiment_claims.right_words(*model, references) if name in ("baseline", "reading") else (None, None)
    for column, share in zip(("after true words", "after a wrong word"), after):
        found[column] = share if share is None else round(100 * share, 2)
    _keep_translations(name, setting, seed, references, groups, said)
    return dict(weights=weights, updates=updates, seconds=seconds), found


def _keep_translations(name, setting, seed, references, groups, said):
    """Add what a net has written to the experiment's file of translations.

    The file has the corpus' `hash`; `asked`: by seed ("all" where every seed is asked the same) the `sources`, their
    `references` and the `groups` of their numbers; `said`: by setting and seed the translations, in the same order.
    """
    path = translations_path(name)
    hash_ = corpus_hash(experiment_claims.CORPUS)
    kept = json.loads(gzip.decompress(path.read_bytes())) if path.is_file() else {}
    if kept.get("hash") != hash_:
        kept = {"hash": hash_, "asked": {}, "said": {}}
    asked = str(seed) if name == "copying" else "all"
    kept["asked"][asked] = {"sources": [" ".join(source) for source in references],
                            "references": list(references.values()), "groups": groups}
    kept["said"].setdefault(setting, {})[str(seed)] = said
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))


def translations_path(name):
    return data_folder() / "results" / "translations" / f"{name}.json.gz"


# ---------------------------------------------------------------- all

EXPERIMENTS = {"beam": beam} | {name: trained(name, _scored if name in ("attention", "joined") else _claimed)
                                for name in experiment_claims.RUNS}


def run(name, corpora):
    """Make the runs of an experiment that its file has not, and keep each as soon as it is there."""
    path = data_folder() / "results" / f"{name}.csv"
    runs = list(EXPERIMENTS[name](CORPORA))
    wanted = [key(about, of) for about, of, _ in runs]
    there = {key(row, row): row for row in _read(path)}
    for about, of, make in runs:
        if key(about, of) in there or of["corpus"] not in corpora:
            continue
        cost, found = make()
        row = about | cost | {"seconds": round(cost["seconds"], 1)} | of | found
        print(*(f"{column} {value}" for column, value in row.items()), sep="; ", flush=True)
        there[key(about, of)] = row
        kept = [there[one] for one in wanted if one in there]  # what is of another corpus or model is gone
        write_table(path, [[*row], *([line[column] for column in row] for line in kept)])


def key(about, of):
    """Tell a run from others: of another corpus or another model it is another run."""
    return tuple(str(part.get(column)) for part, columns in (
        (about, ("setting", "seed")), (of, ("corpus", "hash", "model"))) for column in columns)


def compare_all():
    """Make every comparison of lesson 12's claims; keep them, and print the verdicts."""
    table = comparison_table(CLAIMS).round(3)
    write_table(data_folder() / "results" / "comparisons.csv", [[*table.columns], *table.fillna("").values.tolist()])
    means = table[(table.seed == "mean") & (table.group == "all")]
    print(means.drop(columns=["group", "seed"]).round(1).to_string(index=False))


def _read(path):
    if not path.is_file():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main(names):
    steps = (*EXPERIMENTS, "comparisons")
    chosen = [name for name in steps if name in names] or steps
    corpora = [name for name in names if name not in steps] or CORPORA
    unknown = [name for name in corpora if name not in CORPORA]
    if unknown:
        raise SystemExit(f"there is no {unknown[0]!r}: name an experiment ({', '.join(steps)}) or a corpus "
                         f"({', '.join(CORPORA)})")
    for name in chosen:
        if name == "comparisons":
            compare_all()
        else:
            run(name, corpora)


if __name__ == "__main__":
    main(sys.argv[1:])
