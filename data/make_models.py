"""Makes the models that the lessons translate with at once: data/models/eng-fra.safetensors and eng-zho.safetensors.

Run: python data/make_models.py [eng-fra | eng-zho ...]   (`make model` makes both)

Everything is chosen on the validation part; the test part is not looked at. Beside its weights a model has the table of
what stood in its training (`heard`) and, as the setting `corpus`, the hash of the corpus that it was made from.
"""

import sys

import torch
from make_corpus import corpus_hash
from making import read

from seq2seq_lib import (
    Batches,
    Decoder,
    Encoder,
    Seq2Seq,
    Vocab,
    corpus_bleu,
    data_folder,
    predict,
    references_by_source,
    remember_from_start,
    save_checkpoint,
    train,
)
from seq2seq_lib.corpus import KINDS
from seq2seq_lib.heard import heard_table

MIN_FREQ, EMBED_SIZE, NUM_HIDDENS, NUM_LAYERS, DROPOUT = 2, 224, 320, 1, 0.35
BATCH_SIZE, LR, EPOCHS, NUM_STEPS = 64, 0.008, 20, 30


def settle(net, pairs, vocabs):
    """Go on for an epoch on the first translation of each source, so that it leads: *ils* before *elles*, 他们 before 她们."""
    first = {}
    for source, target in pairs:
        first.setdefault(tuple(source), target)
    train(net, Batches([(list(source), target) for source, target in first.items()], *vocabs, BATCH_SIZE, seed=1),
          lambda done: LR / 100 * (1 - done), 1, vocabs[1], "cpu", progress=False)


def make_model(name):
    source_language, target_language = name.split("-")
    corpus, pairs, valid_pairs = corpus_hash(name), read(name, "train"), read(name, "validation")
    vocabs = Vocab((source for source, _ in pairs), MIN_FREQ), Vocab((target for _, target in pairs), MIN_FREQ)
    torch.manual_seed(0)
    net = remember_from_start(Seq2Seq(Encoder(len(vocabs[0]), EMBED_SIZE, NUM_HIDDENS, NUM_LAYERS, DROPOUT),
                                      Decoder(len(vocabs[1]), EMBED_SIZE, NUM_HIDDENS, NUM_LAYERS, DROPOUT)))
    train(net, Batches(pairs, *vocabs, BATCH_SIZE), lambda done: LR * (1 - done), EPOCHS, vocabs[1], "cpu",
          valid_iter=Batches(valid_pairs, *vocabs, 256, shuffle=False),
          on_epoch=lambda history: print(f"{name}: epoch {len(history)}, {history.rows[-1]['train_loss']:.3f} in "
                                         f"training, {history.valid_losses[-1]:.3f} in validation", flush=True),
          progress=False)
    settle(net, pairs, vocabs)
    for kind in KINDS:
        references = references_by_source(read(name, "validation", kind))
        translations = predict(net, list(references), *vocabs, NUM_STEPS)
        score = corpus_bleu(translations, list(references.values()))
        print(f"{name}: BLEU {score:.1f} on the validation part, {kind}")
    path = data_folder() / "models" / f"{name}.safetensors"
    path.parent.mkdir(exist_ok=True)
    settings = {"source_language": source_language, "target_language": target_language, "num_steps": NUM_STEPS,
                "corpus": corpus}
    save_checkpoint(path, net, *vocabs, settings=settings, half=True, heard=heard_table(source for source, _ in pairs))
    print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    for corpus in sys.argv[1:] or ("eng-fra", "eng-zho"):
        make_model(corpus)
