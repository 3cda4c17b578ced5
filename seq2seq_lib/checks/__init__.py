"""Checks: one module a lesson, with the checks of its exercises.

A lesson says `from seq2seq_lib.checks import lesson_01 as checks`; an exercise cell ends with `checks.resize(resize)`.
"""

from .runner import Exercise, Verdict

__all__ = ["Exercise", "Verdict"]
