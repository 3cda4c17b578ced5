"""Checks: one module a lesson, with the checks of its blanks and exercises; and the proofs of what it claims.

A lesson says `from seq2seq_lib.checks import lesson_01 as checks`; an exercise cell ends with `checks.resize(resize)`,
the cell of a blank with `MyVocab = checks.MyVocab(MyVocab)`, a folded cell of claims is `prove({...})`.
"""

from ..tables import align_tables
from .blank import Blank
from .proof import prove
from .runner import Exercise, Verdict

__all__ = ["Blank", "Exercise", "Verdict", "prove"]

align_tables()
