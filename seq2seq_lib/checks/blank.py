"""Blanks: a part of the lesson's own code that the reader writes, and what the lesson goes on with."""

from IPython.display import display

from .runner import Exercise


class Blank(Exercise):
    """A piece of the lesson with lines left out. Called with the reader's piece, it returns the one to go on with.

    A cell ends with `my_mask = checks.my_mask(my_mask)`: the verdict is shown, and `my_mask` is from then on the
    reader's if it is right, else the course's. So what stands below runs in any case.

    Args:
        answer, cases, mistakes, start, after, call, edges: as for `Exercise`.
        piece: the course's own piece, where `answer` only says what it returns on a case: a class. By default `answer`.
    """

    def __init__(self, answer, *args, piece=None, **options):
        super().__init__(answer, *args, **options)
        self.piece = piece or answer

    def __call__(self, piece=None):
        verdict = self.verdict(piece)
        whose = "your" if verdict.status == "right" else "the course's"
        verdict.message += f" The lesson goes on with {whose} `{self.name}`."
        display(verdict)
        return piece if verdict.status == "right" else self.piece
