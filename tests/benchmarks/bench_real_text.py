"""Quality on real text: held-out BLEU after at most 120 seconds of training, all references of a source counted.

Run: python tests/benchmarks/bench_real_text.py FILE.tsv [--seconds 120]

FILE.tsv is English<TAB>French, as in the Tatoeba downloads of manythings.org. Without a file it says so and ends:
the text is not part of this project. The loop of the tutorials gets the same seconds and the same sentences.
"""

import argparse
import itertools
import time

import pandas as pd
import torch
from machine import machine
from tutorial_loop import tutorial_batches, tutorial_train

from seq2seq_lib import (
    Batches,
    Decoder,
    Encoder,
    Seq2Seq,
    Vocab,
    corpus_bleu,
    load_corpus,
    predict,
    references_by_source,
    tokenize,
    train,
)

EPOCHS, BATCH_SIZE, LR, NUM_STEPS = 8, 32, 0.003, 30  # chosen on the validation part


class OutOfTime(Exception):
    pass


def ours(pairs, vocabs, seconds):
    """Train with the library, and stop when the seconds are over (they should not be: EPOCHS is set to fit)."""
    torch.manual_seed(0)
    net = Seq2Seq(*(part(len(v), 256, 256, 1, 0.2) for part, v in zip((Encoder, Decoder), vocabs)))
    start = time.perf_counter()

    def watch(history):
        if time.perf_counter() - start > seconds:
            raise OutOfTime

    try:
        train(net, Batches(pairs, *vocabs, BATCH_SIZE), lambda done: LR * (1 - done), EPOCHS, vocabs[1], "cpu",
              on_batch=watch, progress=False)
    except OutOfTime:
        print(f"ours: stopped after {seconds} s, before the {EPOCHS} epochs were done")
    return net, time.perf_counter() - start


def tutorial(pairs, vocabs, seconds):
    """Train with the loop and the model of the tutorials for the same seconds."""
    torch.manual_seed(0)
    net = Seq2Seq(*(part(len(v), 256, 256, 2, 0.2) for part, v in zip((Encoder, Decoder), vocabs)))
    start = time.perf_counter()
    epochs = itertools.chain.from_iterable(tutorial_batches(pairs, *vocabs, 128, seed=i) for i in itertools.count())
    tutorial_train(net, epochs, seconds=start + seconds, clock=time.perf_counter)
    return net, time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", nargs="?", help="English<TAB>French sentence pairs")
    parser.add_argument("--seconds", type=float, default=120)
    args = parser.parse_args()
    if args.file is None:
        print("bench_real_text: give the path of a TSV file of real sentences to run it; skipped")
        return
    pairs, test_pairs = ([(tokenize(s, "eng"), tokenize(t, "fra")) for s, t in load_corpus(args.file, split)]
                         for split in ("train", "test"))
    vocabs = Vocab((s for s, _ in pairs), 2), Vocab((t for _, t in pairs), 2)
    references = references_by_source(test_pairs)
    sources, labels = list(references), list(references.values())
    rows = []
    for name, run in (("seq2seq_lib", ours), ("the tutorials' loop", tutorial)):
        net, seconds = run(pairs, vocabs, args.seconds)
        predictions = predict(net, sources, *vocabs, NUM_STEPS)
        exact = sum(p in refs for p, refs in zip(predictions, labels)) / len(predictions)
        rows.append({"": name, "training seconds": round(seconds), "held-out BLEU":
                     round(corpus_bleu(predictions, labels), 1), "exact": f"{exact:.1%}"})
    print(f"{len(pairs)} training pairs, {len(sources)} unseen sources; {machine()}")
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
