"""Runs lesson 09's cases and the right program, for the case file: data/results/cases.json.

Run: python data/make_cases.py   (`make cases` does it)

Each program is trained as lesson 09 has it, on more sentences and for longer. Kept are the losses that it reports, its
translations of a few sentences of the right program's training part and validation part, and the score that it gives
itself, of the validation part; the test part is not looked at. The right program runs with several seeds: so far apart are scores that differ by chance. `corpus` is the hash of
the corpus.
"""

import json
import sys
from collections import Counter

import torch
from make_corpus import corpus_hash

from seq2seq_lib import data_folder, load_corpus
from seq2seq_lib.cases import CASES
from seq2seq_lib.suspects import Suspect

ROWS, MOST_WORDS, EPOCHS = 1200, 4, 20
SEEDS = 0, 1, 2  # of the right program; each case has the first
SAMPLES = 3  # of each part
KINDS = "seen pattern", "frame"


def short_rows():
    """Return short pairs of sentences of common words, `(source, target)` strings."""
    rows = [row for kind in KINDS for row in load_corpus("eng-fra", "train", kind=kind)
            if len(row[0].split()) <= MOST_WORDS]
    counts = Counter(word for row in rows for text in row for word in text.split())
    rows.sort(key=lambda row: -min(counts[word] for text in row for word in text.split()))  # keeps the order of equals
    return rows[:ROWS]


def run(kind, rows, sources, seed=SEEDS[0]):
    """Train a program; return its losses by epoch, its translations of `sources` and its score, rounded."""
    suspect = kind(rows, seed)
    suspect.num_epochs = EPOCHS
    net, losses, score = suspect.run()
    translations = suspect.translate(net, list(sources), suspect.vocabs(suspect.pairs()))
    print(f"{kind.__name__}, seed {seed}: loss {losses[-1]:.2f}, score {score:.1f}", flush=True)
    return {"losses": [round(loss, 3) for loss in losses], "translations": translations, "score": round(score, 1)}


def main():
    torch.set_num_threads(1)
    rows, right = short_rows(), Suspect
    parts = right(rows).pairs()
    made = {"corpus": corpus_hash("eng-fra"), "pairs": len(rows), "epochs": EPOCHS, "parts": [], "sources": [],
            "references": []}
    for part in ("train", "validation"):
        references = right(rows).references(parts[part], right(rows).vocabs(parts))
        sources = list(references)[:: max(1, len(references) // SAMPLES)][:SAMPLES]
        made["parts"] += [part] * len(sources)
        made["sources"] += sources
        made["references"] += [references[source] for source in sources]
    sources = made["sources"]
    made["right"] = run(right, rows, sources)
    made["right"]["scores"] = [made["right"]["score"], *(run(right, rows, sources, seed)["score"] for seed in SEEDS[1:])]
    made["cases"] = {case.__name__: run(case, rows, sources) for case in CASES}
    path = data_folder() / "results" / "cases.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8",
                    newline="\n")
    print(f"{path.name}: {len(CASES)} cases")


if __name__ == "__main__":
    sys.exit(main())
