"""Quality on the shipped corpora by kind of test sentence, or on a file of real pairs, beside what it must beat.

Run: python tests/benchmarks/bench_translation.py [eng-fra | eng-zho | FILE.tsv ...] [--target fra | zho]

On a shipped corpus: the shipped model, lesson 08's training, the loop of the tutorials, which gets as many seconds as
lesson 08's training took, and the translation of the nearest training sentence. On FILE.tsv, English<TAB>target as in
the Tatoeba downloads of manythings.org: the shipped model and the nearest training sentence of its corpus. All
references of a source count. An interval holds 95 % of 1,000 bootstrap samples. Nothing is chosen by these numbers.
"""

import argparse
import itertools
import random
import sys
import time

import torch
from baselines import NearestSentence
from machine import machine
from scoring import length_table, score_table, show
from tutorial_loop import tutorial_batches, tutorial_train

from seq2seq_lib import (
    Batches,
    Decoder,
    Encoder,
    Seq2Seq,
    Vocab,
    data_folder,
    load_checkpoint,
    predict,
    read_pairs,
    references_by_source,
    train,
)
from seq2seq_lib.corpus import KINDS, SHIPPED
from seq2seq_lib.heard import heard_table, share_heard

sys.path.insert(0, str(data_folder()))
from lesson_settings import BATCH_SIZE, EPOCHS, MIN_FREQ, NUM_STEPS, learning_rate, make_net  # noqa: E402
from make_corpus import near_copies_of  # noqa: E402
from making import in_tokens, read  # noqa: E402

MOST_SOURCES, SEED = 2_000, 0  # of a file of real pairs


# ------------------------------------------------------------------------ systems

def shipped_model(name, beam_size=1):
    """Return what translates with the model in data/models: a function from sources to predictions."""
    net, *vocabs = load_checkpoint(data_folder() / "models" / f"{name}.safetensors")[:3]
    return lambda sources: predict(net, sources, *vocabs, NUM_STEPS, beam_size=beam_size)


def lesson_model(pairs, vocabs):
    """Train as lesson 08 does; return the net and the seconds that it took."""
    torch.manual_seed(0)
    net = make_net(vocabs)
    start = time.perf_counter()
    train(net, Batches(pairs, *vocabs, BATCH_SIZE), learning_rate, EPOCHS, vocabs[1], "cpu", progress=False)
    return net, time.perf_counter() - start


def tutorial_model(pairs, vocabs, seconds):
    """Train with the loop and the model of the tutorials for as many seconds."""
    torch.manual_seed(0)
    sizes = 256, 256, 2, 0.2
    net = Seq2Seq(Encoder(len(vocabs[0]), *sizes), Decoder(len(vocabs[1]), *sizes))
    epochs = itertools.chain.from_iterable(tutorial_batches(pairs, *vocabs, 128, seed=i) for i in itertools.count())
    tutorial_train(net, epochs, seconds=time.perf_counter() + seconds, clock=time.perf_counter)
    return net


def nearest_sentence(pairs):
    nearest = NearestSentence(pairs)
    return lambda sources: [nearest(source) for source in sources]


def all_systems(corpus, pairs):
    """Train what has to be trained; return a dictionary from names to functions from sources to predictions."""
    vocabs = [Vocab(sentences, MIN_FREQ) for sentences in zip(*pairs)]
    lesson, seconds = lesson_model(pairs, vocabs)
    tutorial = tutorial_model(pairs, vocabs, seconds)
    return {"shipped model": shipped_model(corpus),
            f"lesson 08 ({seconds:.0f} s)": lambda sources: predict(lesson, sources, *vocabs, NUM_STEPS),
            f"tutorials' loop ({seconds:.0f} s)": lambda sources: predict(tutorial, sources, *vocabs, NUM_STEPS),
            "nearest training sentence": nearest_sentence(pairs)}


# ---------------------------------------------------------- groups of test sentences

def near_copy(pairs):
    """Return what tells of a source whether one token alone parts it from a training sentence's source, or none."""
    is_near = near_copies_of(" ".join(source) for source, _ in pairs)
    return lambda source: is_near(" ".join(source))


def all_heard(pairs):
    """Return what tells of a source whether training heard every trigram of it; a single token has none, so it did."""
    table = heard_table([source for source, _ in pairs])
    return lambda source: share_heard(list(source), table) == 1


def in_training(pairs):
    """Return what tells of a source whether it is a training sentence's source."""
    known = {tuple(source) for source, _ in pairs}
    return lambda source: source in known


def opposite(belongs):
    return lambda source: not belongs(source)


# ------------------------------------------------------------------------ the two benchmarks

def corpus_scores(corpus):
    """Print the scores of all systems on each kind of test sentence of a shipped corpus."""
    pairs = read(corpus, "train")
    systems, near, heard = all_systems(corpus, pairs), near_copy(pairs), all_heard(pairs)
    groups = {"all": lambda source: True,
              "one token away from a training sentence": near, "further away": opposite(near),
              "every trigram heard in training": heard, "not every trigram": opposite(heard)}
    print(f"\n{corpus}: {len(pairs)} training pairs; {machine()}")
    for kind in KINDS:
        references = references_by_source(read(corpus, "test", kind))
        translations = translate(systems, references)
        show(f"{corpus}, test, {kind}", score_table(references, translations, groups),
             length_table(references, translations))


def file_scores(path, corpus):
    """Print the scores of a shipped corpus's model on a file of real pairs."""
    every, pairs = references_by_source(in_tokens(read_pairs(path), corpus)), read(corpus, "train")
    references = draw(every, MOST_SOURCES, SEED)
    heard, known = all_heard(pairs), in_training(pairs)
    groups = {"all": lambda source: True,
              "every trigram heard in training": heard, "not every trigram": opposite(heard),
              "themselves in training": known, "not in training": opposite(known)}
    systems = {"shipped model": shipped_model(corpus), "nearest training sentence": nearest_sentence(pairs)}
    translations = translate(systems, references)
    drawn = f", drawn with seed {SEED}" if len(references) < len(every) else ""
    show(f"{path}, {corpus}: {len(references)} of {len(every)} different sources{drawn}",
         score_table(references, translations, groups), length_table(references, translations))


def translate(systems, references):
    return {name: system([list(source) for source in references]) for name, system in systems.items()}


def draw(references, most, seed):
    """Draw at most so many sources, the same ones in every version of Python; they stay in their order."""
    rng = random.Random(seed)
    numbers = {source: rng.random() for source in references}
    drawn = set(sorted(references, key=numbers.get)[:most])
    return {source: labels for source, labels in references.items() if source in drawn}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", default=SHIPPED, metavar="CORPUS | FILE.tsv",
                        help="a shipped corpus, or English<TAB>target sentence pairs (both shipped corpora by default)")
    parser.add_argument("--target", choices=[corpus.split("-")[1] for corpus in SHIPPED], default="fra",
                        help="the second language of FILE.tsv")
    options = parser.parse_args(arguments)
    for name in options.names:
        if name in SHIPPED:
            corpus_scores(name)
        else:
            file_scores(name, f"eng-{options.target}")


if __name__ == "__main__":
    main()
