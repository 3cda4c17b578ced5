"""Makes the models that the lessons translate with at once: data/models/*.safetensors.

Run: python data/make_models.py [eng-fra | eng-zho | eng-fra-attention | eng-zho-attention ...]
(`make model` makes all four)

The first two are of part one: one vector between the two RNNs. The others read in two directions and attend.

Everything is chosen on the validation part; the test part is not looked at. Beside its weights a model has the table of
what stood in its training (`heard`) and, as the setting `corpus`, the hash of the corpus that it was made from.
"""

import sys

import torch
from make_corpus import corpus_hash
from making import read

from seq2seq_lib import (
    AttentionDecoder,
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
WITH_ATTENTION = dict(batch_size=32, lr=0.003, epochs=10)  # at the higher rate it learns by heart, and translates little


def settle(net, pairs, vocabs, lr):
    """Go on for an epoch on the first translation of each source, so that it leads: *ils* before *elles*, 他们 before 她们."""
    first = {}
    for source, target in pairs:
        first.setdefault(tuple(source), target)
    train(net, Batches([(list(source), target) for source, target in first.items()], *vocabs, BATCH_SIZE, seed=1),
          lambda done: lr / 100 * (1 - done), 1, vocabs[1], "cpu", progress=False)


def make_net(vocabs, attention):
    sizes = EMBED_SIZE, NUM_HIDDENS, NUM_LAYERS, DROPOUT
    return remember_from_start(Seq2Seq(Encoder(len(vocabs[0]), *sizes, bidirectional=attention),
                                       (AttentionDecoder if attention else Decoder)(len(vocabs[1]), *sizes)))


def make_model(name):
    data = name.removesuffix("-attention")
    attention = data != name
    how = WITH_ATTENTION if attention else dict(batch_size=BATCH_SIZE, lr=LR, epochs=EPOCHS)
    source_language, target_language = data.split("-")
    corpus, pairs, valid_pairs = corpus_hash(data), read(data, "train"), read(data, "validation")
    vocabs = Vocab((source for source, _ in pairs), MIN_FREQ), Vocab((target for _, target in pairs), MIN_FREQ)
    torch.manual_seed(0)
    net = make_net(vocabs, attention)
    train(net, Batches(pairs, *vocabs, how["batch_size"]), lambda done: how["lr"] * (1 - done), how["epochs"], vocabs[1],
          "cpu", valid_iter=Batches(valid_pairs, *vocabs, 256, shuffle=False),
          on_epoch=lambda history: print(f"{name}: epoch {len(history)}, {history.rows[-1]['train_loss']:.3f} in "
                                         f"training, {history.valid_losses[-1]:.3f} in validation", flush=True),
          progress=False)
    settle(net, pairs, vocabs, how["lr"])
    for kind in KINDS:
        references = references_by_source(read(data, "validation", kind))
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
    for model in sys.argv[1:] or ("eng-fra", "eng-zho", "eng-fra-attention", "eng-zho-attention"):
        make_model(model)
