"""A comparison with print: German to English on Multi30k, one vector and attention with a beam of 4.

Run: python tests/benchmarks/bench_multi30k.py FOLDER [--epochs 10]

FOLDER holds train.de, train.en, val.de and val.en, a sentence a line (29,000 and 1,014). Without it the bench says so
and ends: the text is not part of this project. BLEU is told in two ways: as the tutorials do, of lower-case tokens
without smoothing, and by sacreBLEU with its own tokens (13a), lower case, of detokenized text. One reference. The
scores are of the validation part, and nothing was chosen on it.
"""

import argparse
import time
from pathlib import Path

import pandas as pd
import sacrebleu
import torch
from machine import machine

from seq2seq_lib import (
    AttentionDecoder,
    Batches,
    Decoder,
    Encoder,
    Seq2Seq,
    Vocab,
    corpus_bleu,
    detokenize,
    predict,
    remember_from_start,
    tokenize,
    train,
)

SIZES = dict(embed_size=256, num_hiddens=512, num_layers=1, dropout=0.5)
BATCH_SIZE, MIN_FREQ, NUM_STEPS = 64, 2, 50
RATES = {Decoder: 0.002, AttentionDecoder: 0.001}  # attention learns little at a rate as high as the other's


def read_lines(folder, name):
    return (Path(folder) / name).read_text(encoding="utf-8").splitlines()


def read_pairs(folder, part):
    """Return `(German tokens, English tokens)` of a part, `"train"` or `"val"`."""
    german, english = (read_lines(folder, f"{part}.{language}") for language in ("de", "en"))
    return [(tokenize(source, "deu"), tokenize(target, "eng")) for source, target in zip(german, english, strict=True)]


def make_net(kind, vocabs):
    torch.manual_seed(0)
    encoder = Encoder(len(vocabs[0]), **SIZES, bidirectional=kind is AttentionDecoder)
    return remember_from_start(Seq2Seq(encoder, kind(len(vocabs[1]), **SIZES)))


def trained(kind, pairs, valid_pairs, vocabs, num_epochs):
    """Train a net with a decoder of that kind; return it and the seconds that it took."""
    net, start = make_net(kind, vocabs), time.perf_counter()
    train(net, Batches(pairs, *vocabs, BATCH_SIZE), lambda done: RATES[kind] * (1 - done), num_epochs, vocabs[1], "cpu",
          valid_iter=Batches(valid_pairs, *vocabs, 256, shuffle=False), progress=False,
          on_epoch=lambda history: print(f"{kind.__name__}: epoch {len(history)}, {history.rows[-1]['train_loss']:.3f} "
                                         f"in training, {history.valid_losses[-1]:.3f} in validation", flush=True))
    return net, time.perf_counter() - start


def scores(predictions, labels, texts):
    """Score translations in both ways.

    Args:
        predictions, labels: strings of tokens.
        texts: the references as they stand in the file.
    """
    written = [detokenize(prediction.split(), "eng") for prediction in predictions]
    return {"BLEU, lower-case tokens": corpus_bleu(predictions, labels, smooth="none"),
            "sacreBLEU 13a, lower case": sacrebleu.corpus_bleu(written, [texts], lowercase=True).score}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", nargs="?", help="with train.de, train.en, val.de and val.en")
    parser.add_argument("--epochs", type=int, default=10)
    args = parser.parse_args()
    if args.folder is None:
        print("bench_multi30k: give the folder of Multi30k to run it; skipped")
        return
    pairs, valid_pairs = (read_pairs(args.folder, part) for part in ("train", "val"))
    vocabs = Vocab((source for source, _ in pairs), MIN_FREQ), Vocab((target for _, target in pairs), MIN_FREQ)
    sources, labels = [source for source, _ in valid_pairs], [" ".join(target) for _, target in valid_pairs]
    rows = []
    for name, kind in (("one vector", Decoder), ("attention, two directions", AttentionDecoder)):
        net, seconds = trained(kind, pairs, valid_pairs, vocabs, args.epochs)
        for beam_size in (1, 4):
            predictions = predict(net, sources, *vocabs, NUM_STEPS, beam_size=beam_size)
            found = scores(predictions, labels, read_lines(args.folder, "val.en"))
            rows.append({"": name, "beam": beam_size, "training seconds": round(seconds),
                         **{column: f"{score:.1f}" for column, score in found.items()}})
    print(f"{len(pairs)} training pairs, {len(sources)} validation sentences; {machine()}")
    print(pd.DataFrame(rows).to_string(index=False))


if __name__ == "__main__":
    main()
