"""What attention and a beam bring: the shipped models on each kind of test sentence, one vector against attention.

Run: python tests/benchmarks/bench_attention.py [eng-fra | eng-zho ...]

Both models search greedily and with a beam of 4. A difference is that to the model of one vector, searched in the same
way, with 95 % of 1,000 paired bootstrap samples (Koehn 2004). All references of a source count. Nothing is chosen by
these numbers.
"""

import sys

from bench_translation import read, shipped_model
from machine import machine
from scoring import score_table, show

from seq2seq_lib import paired_bootstrap, references_by_source
from seq2seq_lib.corpus import KINDS, SHIPPED

BEAM_SIZES = 1, 4


def compared(corpus, references):
    """Return the translations of each system, by its name, and a sentence on each difference."""
    labels, systems, told = list(references.values()), {}, []
    for beam_size in BEAM_SIZES:
        how = "greedy" if beam_size == 1 else f"beam of {beam_size}"
        one, two = (shipped_model(name, beam_size)([list(source) for source in references])
                    for name in (corpus, f"{corpus}-attention"))
        systems |= {f"one vector, {how}": one, f"attention, {how}": two}
        gain = paired_bootstrap(one, two, labels)
        told.append(f"attention, {how}: {gain.difference:+.1f} BLEU ({gain.low:+.1f} to {gain.high:+.1f}), ahead in "
                    f"{gain.wins:.1%} of the samples")
    return systems, told


def main(corpora):
    print(machine())
    for corpus in corpora:
        for kind in KINDS:
            references = references_by_source(read(corpus, "test", kind))
            systems, told = compared(corpus, references)
            show(f"{corpus}, test, {kind}", score_table(references, systems, {"all": lambda source: True}))
            print(*told, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:] or SHIPPED)
