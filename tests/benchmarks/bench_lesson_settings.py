"""What lesson 08's settings are worth: its training as it is and with one thing changed, by seed.

Run: python tests/benchmarks/bench_lesson_settings.py [eng-fra | eng-zho ...] [--seeds 3]

BLEU of the validation part, all references of a source, all kinds of sentences. The test part is not looked at.
"""

import argparse
import sys
import time

import pandas as pd
import torch
from machine import machine

from seq2seq_lib import Batches, Vocab, corpus_bleu, data_folder, predict, references_by_source, train

sys.path.insert(0, str(data_folder()))
from lesson_settings import BATCH_SIZE, EPOCHS, MIN_FREQ, NUM_STEPS, learning_rate, make_net  # noqa: E402
from making import count_weights, read  # noqa: E402

START, WIDER = dict(context="initial"), dict(embed_size=128, num_hiddens=320)
CHANGES = {
    "as in the lesson": {},
    "update gates as they come": dict(remember=False),
    "the context at the start alone": START,
    "embeddings of 128, states of 320": WIDER,
    "both of these": START | WIDER,
}


def trained(pairs, vocabs, seed, change):
    """Train as lesson 08 does but for a change of its net; return the net and the seconds that it took."""
    torch.manual_seed(seed)
    net = make_net(vocabs, **change)
    start = time.perf_counter()
    torch.manual_seed(seed)
    train(net, Batches(pairs, *vocabs, BATCH_SIZE, seed=seed), learning_rate, EPOCHS, vocabs[1], "cpu", progress=False)
    return net, time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", default=["eng-fra"], metavar="CORPUS")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    for name in options.names:
        pairs, references = read(name, "train"), references_by_source(read(name, "validation"))
        vocabs = [Vocab(sentences, MIN_FREQ) for sentences in zip(*pairs)]
        rows = []
        for said, change in CHANGES.items():
            row = {"": said}
            for seed in range(options.seeds):
                net, seconds = trained(pairs, vocabs, seed, change)
                translations = predict(net, list(references), *vocabs, NUM_STEPS)
                score = corpus_bleu(translations, list(references.values()))
                print(f"{name}, {said}, seed {seed}: {score:.1f}", flush=True)
                row[f"seed {seed}"] = f"{score:.1f}"
            rows.append(row | {"weights": count_weights(net), "seconds": round(seconds)})
        print(f"{name}: BLEU of {len(references)} validation sentences; {machine()}")
        print(pd.DataFrame(rows).to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
