"""Quality on the shipped corpora, by kind of test sentence: the shipped models, lesson 08's training, two baselines.

Run: python tests/benchmarks/bench_translation.py [eng-fra | eng-zho ...]

BLEU counts all references of a source; its interval holds 95 % of 1,000 bootstrap samples. The loop of the tutorials
gets as many seconds as lesson 08's training took. Nothing is chosen by these numbers.
"""

import itertools
import sys
import time

import pandas as pd
import torch
from baselines import NearestSentence
from machine import machine
from tutorial_loop import tutorial_batches, tutorial_train

from seq2seq_lib import (
    Batches,
    Decoder,
    Encoder,
    Seq2Seq,
    Vocab,
    bootstrap_bleu,
    corpus_bleu,
    data_folder,
    load_checkpoint,
    load_corpus,
    predict,
    references_by_source,
    tokenize,
    train,
)
from seq2seq_lib.corpus import KINDS

LESSON = dict(embed_size=192, num_hiddens=256, dropout=0.25, batch_size=32, lr=0.004, epochs=7)  # as in lesson 08
NUM_STEPS = 30
LENGTHS = {"1-4": range(1, 5), "5-7": range(5, 8), "8-10": range(8, 11), "11 and more": range(11, 1000)}


def read(name, split, kind=None):
    source_language, target_language = name.split("-")
    return [(tokenize(source, source_language), tokenize(target, target_language))
            for source, target in load_corpus(name, split, kind=kind)]


def lesson_model(pairs, vocabs):
    torch.manual_seed(0)
    sizes = LESSON["embed_size"], LESSON["num_hiddens"], 1, LESSON["dropout"]
    net = Seq2Seq(Encoder(len(vocabs[0]), *sizes), Decoder(len(vocabs[1]), *sizes))
    start = time.perf_counter()
    train(net, Batches(pairs, *vocabs, LESSON["batch_size"]), lambda done: LESSON["lr"] * (1 - done),
          LESSON["epochs"], vocabs[1], "cpu", progress=False)
    return net, time.perf_counter() - start


def tutorial_model(pairs, vocabs, seconds):
    torch.manual_seed(0)
    sizes = 256, 256, 2, 0.2
    net = Seq2Seq(Encoder(len(vocabs[0]), *sizes), Decoder(len(vocabs[1]), *sizes))
    epochs = itertools.chain.from_iterable(tutorial_batches(pairs, *vocabs, 128, seed=i) for i in itertools.count())
    tutorial_train(net, epochs, seconds=time.perf_counter() + seconds, clock=time.perf_counter)
    return net


def main(name):
    pairs = read(name, "train")
    vocabs = Vocab((source for source, _ in pairs), 2), Vocab((target for _, target in pairs), 2)
    shipped = load_checkpoint(data_folder() / "models" / f"{name}.safetensors")
    lesson, seconds = lesson_model(pairs, vocabs)
    tutorial, nearest = tutorial_model(pairs, vocabs, seconds), NearestSentence(pairs)
    systems = {
        "shipped model": lambda sources: predict(shipped.net, sources, *shipped[1:3], NUM_STEPS),
        f"lesson 08 ({seconds:.0f} s)": lambda sources: predict(lesson, sources, *vocabs, NUM_STEPS),
        f"tutorials' loop ({seconds:.0f} s)": lambda sources: predict(tutorial, sources, *vocabs, NUM_STEPS),
        "nearest training sentence": lambda sources: [nearest(source) for source in sources],
    }
    rows, by_length = [], []
    for kind in KINDS:
        references = references_by_source(read(name, "test", kind))
        for system, translate in systems.items():
            predictions = translate([list(source) for source in references])
            labels = list(references.values())
            exact = sum(p in refs for p, refs in zip(predictions, labels)) / len(labels)
            low, high = bootstrap_bleu(predictions, labels)
            rows.append({"test sentences": f"{kind} ({len(labels)})", "system": system,
                         "BLEU": round(corpus_bleu(predictions, labels), 1), "95 %": f"{low:.1f} - {high:.1f}",
                         "exact": f"{exact:.0%}"})
            row = {"test sentences": kind, "system": system}
            for label, lengths in LENGTHS.items():
                chosen = [i for i, source in enumerate(references) if len(source) in lengths]
                row[f"{label} tokens"] = round(corpus_bleu([predictions[i] for i in chosen],
                                                           [labels[i] for i in chosen]), 1) if chosen else None
            by_length.append(row)
    print(f"\n{name}: {len(pairs)} training pairs; {machine()}")
    print(pd.DataFrame(rows).to_string(index=False))
    print(f"\n{name}: BLEU by the length of the source")
    print(pd.DataFrame(by_length).to_string(index=False))


if __name__ == "__main__":
    for corpus in sys.argv[1:] or ("eng-fra", "eng-zho"):
        main(corpus)
