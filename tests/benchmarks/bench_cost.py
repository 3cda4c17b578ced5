"""Cost: time per epoch against the number of tokens, peak memory of training, sentences translated per second,
greedily and with beams.

Run: python tests/benchmarks/bench_cost.py
"""

import functools
import math
import subprocess
import sys
import time

import pandas as pd
import torch
from machine import machine

from seq2seq_lib import (
    Batches,
    Decoder,
    Encoder,
    Seq2Seq,
    Vocab,
    beam_search,
    data_folder,
    load_checkpoint,
    load_corpus,
    predict,
    tokenize,
    train,
)

NUM_PAIRS, NUM_SOURCES = 2500, 1000


def setup():
    pairs = [(tokenize(s, "eng"), tokenize(t, "fra")) for s, t in load_corpus("eng-fra", "train")]
    vocabs = Vocab((s for s, _ in pairs), 2), Vocab((t for _, t in pairs), 2)
    torch.manual_seed(0)
    net = Seq2Seq(*(part(len(v), 256, 256, 2, 0.2) for part, v in zip((Encoder, Decoder), vocabs)))
    return pairs, vocabs, net


def time_per_epoch():
    """Train one epoch on the same sentences once, twice and four times over."""
    pairs, vocabs, net = setup()
    data = {times: Batches(pairs[:NUM_PAIRS] * times, *vocabs, 128) for times in (1, 2, 4)}
    seconds = dict.fromkeys(data, math.inf)
    for _ in range(3):  # in turn, the best of three: a busy machine makes a run slower, never faster
        for times, data_iter in data.items():
            start = time.perf_counter()
            train(net, data_iter, 0.002, 1, vocabs[1], "cpu", progress=False)
            seconds[times] = min(seconds[times], time.perf_counter() - start)
    tokens = {times: int(data_iter.Y_valid_len.sum()) for times, data_iter in data.items()}
    print(pd.DataFrame([{"data": f"{times} x", "tokens": tokens[times], "seconds an epoch": round(seconds[times], 2),
                         "microseconds a token": round(1e6 * seconds[times] / tokens[times])} for times in data]
                       ).to_string(index=False))


def peak_memory():
    """Train on the whole corpus for an epoch and print the largest size of this process."""
    import resource

    pairs, vocabs, net = setup()
    train(net, Batches(pairs, *vocabs, 128), 0.002, 1, vocabs[1], "cpu", progress=False)
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux kilobytes
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    print(f"peak memory of a training process: {peak / 1e9:.2f} GB")


def decoding_speed():
    pairs, vocabs, net = setup()
    sources = [source for source, _ in pairs[:2000]]
    train(net, Batches(pairs[:2000], *vocabs, 64), 0.002, 1, vocabs[1], "cpu", progress=False)  # so that sentences end
    start = time.perf_counter()
    translations = predict(net, sources, *vocabs, num_steps=30)
    seconds = time.perf_counter() - start
    mean = sum(len(t.split()) for t in translations) / len(translations)
    print(f"greedy decoding: {len(sources) / seconds:.0f} sentences per second (GRU 2x256, {mean:.1f} tokens each)")


def search_speed():
    """Translate the same test sentences with the shipped model, greedily and with beams."""
    net, *vocabs = load_checkpoint(data_folder() / "models" / "eng-fra.safetensors")[:3]
    sources = list(dict.fromkeys(source for source, _ in load_corpus("eng-fra", "test")))[:NUM_SOURCES]
    searches = {"greedy": predict} | {f"beam of {k}": functools.partial(beam_search, beam_size=k) for k in (1, 2, 4, 8)}
    seconds = dict.fromkeys(searches, math.inf)
    for _ in range(3):  # in turn, the best of three, as above
        for name, search in searches.items():
            start = time.perf_counter()
            search(net, sources, *vocabs, num_steps=30)
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    print(f"the shipped model, {len(sources)} test sentences")
    print(pd.DataFrame([{"search": name, "sentences per second": round(len(sources) / seconds[name]),
                         "seconds, times greedy's": round(seconds[name] / seconds["greedy"], 2)} for name in searches]
                       ).to_string(index=False))


if __name__ == "__main__":
    if sys.argv[1:] == ["--peak-memory"]:
        peak_memory()
    else:
        print(machine())
        time_per_epoch()
        if sys.platform != "win32":
            subprocess.run([sys.executable, __file__, "--peak-memory"], check=True)
        decoding_speed()
        search_speed()
