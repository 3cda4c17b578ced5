"""What does it help to write more sentences? Lesson 08's training on ever more of them: data/results/sentences.csv.

Run: python data/make_curve.py [eng-fra | eng-zho ...]   (`make curve` makes both)

The smaller corpora are parts of the larger ones; the sentences from patterns are in all of them, and all nets get about
equally many updates. Scores: BLEU of the validation part's sentences *written alone*, and the everyday sentences of
`reviews/everyday_sentences.tsv`, which somebody wrote who had not read the corpus: the share that comes out as one of
their accepted translations, and the share whose three-word groups all stand in training. The test part is not looked at.
"""

import sys

import torch
from lesson_settings import BATCH_SIZE, EPOCHS, MIN_FREQ, NUM_STEPS, learning_rate, make_net
from make_corpus import corpus_hash
from making import read, write_table

from seq2seq_lib import (
    Batches,
    Vocab,
    corpus_bleu,
    data_folder,
    predict,
    references_by_source,
    tokenize,
    train,
)
from seq2seq_lib.corpus import part_of
from seq2seq_lib.heard import heard_table, share_heard

SHARES = (0.25, 0.5, 1)  # of the written sentences
WRITTEN, MADE = ("frame", "written alone"), "seen pattern"  # kinds
COLUMNS = ("corpus", "hash", "written sentences", "pairs", "updates", "BLEU, written alone", "everyday sentences",
           "right, %", "all trigrams heard, %", "right of those, %", "right of the others, %")


def read_everyday(target):
    """Return the everyday sentences, tokenized, and the accepted translations of each."""
    lines = (data_folder() / "reviews" / "everyday_sentences.tsv").read_text(encoding="utf-8").splitlines()
    column = lines[0].split("\t").index({"fra": "french", "zho": "chinese"}[target])
    rows = [line.split("\t") for line in lines[1:]]
    return ([tokenize(row[0], "eng") for row in rows],
            [[" ".join(tokenize(answer, target)) for answer in row[column].split(" | ")] for row in rows])


def in_share(source, share):
    """Tell whether a sentence is among the `share` of all; those of a smaller share are in every larger one."""
    return share == 1 or part_of("curve " + " ".join(source), held_out=2 * share) == "test"


def percent(flags):
    return round(100 * sum(flags) / len(flags), 1) if flags else None


def rows_of(name):
    target = name.split("-")[1]
    written, made = [pair for kind in WRITTEN for pair in read(name, "train", kind)], read(name, "train", MADE)
    alone = references_by_source(read(name, "validation", "written alone"))
    sentences, accepted = read_everyday(target)
    for share in SHARES:
        chosen = [(source, answer) for source, answer in written if in_share(source, share)]
        pairs = chosen + made
        epochs = round(EPOCHS * (len(written) + len(made)) / len(pairs))
        vocabs = Vocab((source for source, _ in pairs), MIN_FREQ), Vocab((answer for _, answer in pairs), MIN_FREQ)
        torch.manual_seed(0)
        net = make_net(vocabs)
        batches = Batches(pairs, *vocabs, BATCH_SIZE)
        train(net, batches, learning_rate, epochs, vocabs[1], "cpu", progress=False)
        bleu = corpus_bleu(predict(net, list(alone), *vocabs, NUM_STEPS), list(alone.values()))
        answers = predict(net, sentences, *vocabs, NUM_STEPS)
        right = [answer in labels for answer, labels in zip(answers, accepted)]
        table = heard_table(source for source, _ in pairs)
        heard = [share_heard(sentence, table) == 1 for sentence in sentences]
        yield (name, corpus_hash(name), len({tuple(source) for source, _ in chosen}), len(pairs), epochs * len(batches),
               round(bleu, 1), len(sentences), percent(right), percent(heard),
               percent([ok for ok, known in zip(right, heard) if known]),
               percent([ok for ok, known in zip(right, heard) if not known]))


def main(names):
    rows = [COLUMNS]
    for name in names:
        for row in rows_of(name):
            print(*(f"{column} {value}" for column, value in zip(COLUMNS, row)), sep="; ", flush=True)
            rows.append(row)
    write_table(data_folder() / "results" / "sentences.csv", rows)


if __name__ == "__main__":
    main(sys.argv[1:] or ("eng-fra", "eng-zho"))
