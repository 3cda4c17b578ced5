"""Speed of training: real target tokens per second of the tutorials' loop and of ours, step by step.

Run: python tests/benchmarks/bench_speed.py [FILE.tsv]   (a shipped corpus by default)
"""

import argparse
import statistics
import time

import pandas as pd
import torch
from machine import machine
from tutorial_loop import STEPS, tutorial_batches, tutorial_train

from seq2seq_lib import Decoder, Encoder, Seq2Seq, Vocab, load_corpus, tokenize, train

BATCH_SIZE, NUM_BATCHES, REPEATS = 128, 24, 3
ALL_STEPS = (*STEPS, "dropout")  # the last is the net's and not the loop's


def make_net(src_vocab, tgt_vocab, steps=ALL_STEPS):
    torch.manual_seed(0)
    net = Seq2Seq(Encoder(len(src_vocab), 256, 256, 2, 0.2), Decoder(len(tgt_vocab), 256, 256, 2, 0.2))
    if "dropout" not in steps:  # PyTorch's, as in the tutorials
        net.encoder.dropout, net.decoder.dropout = torch.nn.Dropout(0.2), torch.nn.Dropout(0.2)
    return net


def tutorial_speed(pairs, src_vocab, tgt_vocab, steps):
    net = make_net(src_vocab, tgt_vocab, steps)
    data_iter = list(tutorial_batches(pairs, src_vocab, tgt_vocab, BATCH_SIZE, steps))
    start = time.perf_counter()
    num_tokens = tutorial_train(net, data_iter, steps=steps, max_batches=NUM_BATCHES)
    return num_tokens / (time.perf_counter() - start)


def library_speed(pairs, src_vocab, tgt_vocab):
    net = make_net(src_vocab, tgt_vocab)
    data_iter = list(tutorial_batches(pairs, src_vocab, tgt_vocab, BATCH_SIZE, STEPS))[:NUM_BATCHES]
    start = time.perf_counter()
    history = train(net, data_iter, 0.002, 1, tgt_vocab, "cpu", progress=False)
    return sum(batch.num_tokens for batch in history.batches) / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", nargs="?", default="eng-fra", help="a shipped corpus, or the path of a TSV file")
    corpus = parser.parse_args().corpus
    pairs = [(tokenize(s, "eng"), tokenize(t, "fra")) for s, t in load_corpus(corpus, "train")]
    src_vocab, tgt_vocab = Vocab((s for s, _ in pairs), 2), Vocab((t for _, t in pairs), 2)

    runs = {"the tutorials' loop": lambda: tutorial_speed(pairs, src_vocab, tgt_vocab, ())}
    for i, step in enumerate(ALL_STEPS, 1):
        runs[f"+ {step}"] = lambda steps=ALL_STEPS[:i]: tutorial_speed(pairs, src_vocab, tgt_vocab, steps)
    runs["seq2seq_lib.train"] = lambda: library_speed(pairs, src_vocab, tgt_vocab)
    speeds = {name: [] for name in runs}
    for _ in range(REPEATS):  # in turn, so that a slow moment of the machine strikes all alike
        for name, run in runs.items():
            speeds[name].append(run())
    median = {name: statistics.median(values) for name, values in speeds.items()}
    first = median["the tutorials' loop"]
    table = pd.DataFrame({"tokens per second": median, "slowest": {n: min(v) for n, v in speeds.items()},
                          "fastest": {n: max(v) for n, v in speeds.items()}}).round(0).astype(int)
    table["times the first"] = [f"{median[name] / first:.2f}" for name in table.index]
    longest = max(len(t) for _, t in pairs) + 1
    print(f"GRU 2x256, embedding 256, dropout 0.2, batch {BATCH_SIZE}, {corpus}: {len(pairs)} pairs, "
          f"longest target {longest}; {machine()}")
    print(table.to_string())


if __name__ == "__main__":
    main()
