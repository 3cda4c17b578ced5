"""The hunt of lesson 09: a reader's tests run against suspects, and the grid of who finds what."""

import re
from html import escape

import torch

from ..bounds import one_thread
from ..cases import CASES
from ..style import COLORS
from ..suspects import RIGHT
from ..tables import NO_TEASER
from .runner import Exercise, Verdict, kind


class Trial(Exercise):
    """One run of a test on one suspect, within the bounds of an exercise: some seconds, prints caught, no traceback."""

    seconds = 20

    def __init__(self, suspect, name):
        self.said = []

        def trial(test):
            with one_thread():
                self.said.append(test(suspect()))
            return True

        super().__init__(lambda suspect: True, [("one suspect",)], [], "", "", lambda test, _: trial(test))
        self.name, self.parameters = name, ["suspect"]

    def run(self, test):
        """Return True or False as the test says, None if it is not written yet, or a sentence on what went wrong."""
        verdict = self.verdict(test)
        if verdict.status == "not attempted":
            return None
        if not self.said:
            return verdict.message
        said = self.said[0]
        if isinstance(said, torch.Tensor) and said.numel() == 1 or type(said).__module__ == "numpy":
            said = said.item() if hasattr(said, "item") else said
        return said if isinstance(said, bool) else (
            f"It returned {kind(said)}. A test returns `True`, if it finds nothing wrong, or `False`"
            f"{' (is a `return` missing?)' if said is None else ''}.")


class Hunt:
    """Runs tests against all suspects, and keeps the grid of what each has found.

    Args:
        cases, right: the suspects, wrong ones and right ones; each is a class.
    """

    def __init__(self, cases=CASES, right=RIGHT):
        self.cases, self.right, self.rows = cases, right, {}

    def __call__(self, *tests):
        """Run tests, each a function from a suspect to a bool, and return what is to be said of them, with the grid."""
        sentences, status = [], "right"
        for test in tests:
            if not callable(test):
                return Verdict("wrong", "hunt", f"The hunt got {kind(test)}, not a function. Pass your test by its "
                                                "name, without calling it: `hunt(my_test)`.")
            name = re.sub("[^A-Za-z0-9_]", "", getattr(test, "__name__", "test")).lstrip("_")
            said = self.try_out(test, name)
            if isinstance(said, str):
                sentence, good = f"`{name}` could not be tried on all suspects. {said}", False
            elif said:
                self.rows[name] = [not one for one in said]
                sentence, good = self.judge(name)
            else:
                sentences.append(f"`{name}` is not written yet: delete the line `raise NotImplementedError`.")
                status = status if status == "wrong" else "not attempted"
                continue
            sentences.append(sentence)
            status = status if good else "wrong"
        found = self.found()
        if len(found) == len(self.cases) and not any(any(row[len(self.cases):]) for row in self.rows.values()):
            status = "right"  # all is done, whatever else was asked
        left = len(self.cases) - len(found)
        together = (f"All tests so far find {len(found)} of the {len(self.cases)} cases together" +
                    (f"; {left} {'is' if left == 1 else 'are'} still at large." if left else ": nobody is left."))
        message, lines = (" ".join([*sentences, together]), "") if len(tests) == 1 else (together, "\n".join(sentences))
        return Report(status, "hunt", message, lines.replace("`", ""), self.rows, len(self.cases))

    def found(self):
        """Return the numbers, from 1, of the cases that some test finds which accuses no right program."""
        good = [row for row in self.rows.values() if not any(row[len(self.cases):])]
        return [number for number in range(1, len(self.cases) + 1) if any(row[number - 1] for row in good)]

    def found_by(self, test):
        """Return the cases that a test has found, which must have been tried already."""
        return [case for case, hit in zip(self.cases, self.rows[test.__name__.lstrip("_")]) if hit]

    def try_out(self, test, name):
        """Return what a test says of each case, then of each right program: a list of bools.

        It ends at the first suspect on which the test raises or does not end, with a sentence; and for a test that is
        not written yet with an empty list.
        """
        said, names = {}, [*(f"R{i}" for i in range(1, len(self.right) + 1)), *range(1, len(self.cases) + 1)]
        for number, suspect in zip(names, (*self.right, *self.cases)):
            one = Trial(suspect, name).run(test)
            if one is None:
                return []
            if isinstance(one, str):
                accused = sum(not said.get(right, True) for right in self.right)
                return f"On {'case' if isinstance(number, int) else 'right program'} {number}: {one}" + (
                    f" An error isn't a find, and it accuses {accused} of the right programs: mend that first."
                    if accused else "")
            said[suspect] = one
        return [said[suspect] for suspect in (*self.cases, *self.right)]

    def judge(self, name):
        """Return a sentence on a test, with the likely reason of what is wrong with it, and whether all is well."""
        row = self.rows[name]
        caught, accused = sum(row[: len(self.cases)]), sum(row[len(self.cases):])
        sentence = f"`{name}` finds {caught} of {len(self.cases)} cases, and accuses " + (
            "none of the right programs." if not accused else
            f"{accused} of the {len(self.right)} programs that are right, so what it finds doesn't count yet.")
        if accused and all(row):
            reason = "It says `False` to everybody. Is it the wrong way round? `True` means that nothing is found. " \
                     "If not, it asks for something that needn't be so, such as the same objects, or sentences in " \
                     "the same order: print the two things that it compares for `Suspect()`."
        elif accused == len(self.right):
            reason = "A test that accuses all right programs asks for something that needn't be so. Is it the wrong " \
                     "way round? Are two floats compared by `==`, or is the dropout still on (`net.eval()`)?"
        elif accused:
            reason = "They're built in different ways: an LSTM's state is a pair, batches have other sizes, dropout " \
                     "is random until `net.eval()`, and floats agree to a few digits only. What does your test take " \
                     "for granted?"
        elif not caught:
            reason = "It says `True` to everybody. That may be a good question to which none of these cases is the " \
                     "answer, or a test that can't fail: try it on a slip that you write yourself. If it's one of " \
                     "the lesson's questions, does it ask about all of it?"
        else:
            return sentence, True
        return f"{sentence} {reason}", False


class Report(Verdict):
    """A verdict with the grid of tests against cases."""

    def __init__(self, status, name, message, details, rows, num_cases):
        super().__init__(status, name, message, details)
        self.rows, self.num_cases = {test: list(row) for test, row in rows.items()}, num_cases

    def __repr__(self):
        width = max(map(len, self.rows), default=0)
        lines = [f"{test:<{width}}  {''.join('●' if hit else '·' for hit in row[:self.num_cases])}"
                 f"  {''.join('✗' if hit else '✓' for hit in row[self.num_cases:])}" for test, row in self.rows.items()]
        return "\n".join([super().__repr__(), *lines])

    def _repr_html_(self):
        return f"{NO_TEASER}<div>{super()._repr_html_()}{grid(self.rows, self.num_cases) if self.rows else ''}</div>"


def grid(rows, num_cases):
    """Return a table, as HTML: a row for each test, a column for each case and each right program."""
    num_right = len(next(iter(rows.values()))) - num_cases
    heads = [*map(str, range(1, num_cases + 1)), *(f"R{i}" for i in range(1, num_right + 1))]
    found = [any(row[i] for row in rows.values() if not any(row[num_cases:])) for i in range(num_cases)]

    def cell(hit, right, tag="td"):
        sign, color = ("✗", COLORS["wrong"]) if hit and right else ("●", COLORS["good"]) if hit else ("·", "inherit")
        return f'<{tag} style="text-align: center; padding: 2px 5px; color: {color}">{sign}</{tag}>'

    body = "".join(
        f'<tr><th scope="row" style="text-align: left"><code>{escape(test)}</code></th>'
        + "".join(cell(hit, i >= num_cases) for i, hit in enumerate(row)) + "</tr>" for test, row in rows.items())
    return (f'<table style="font-size: 90%"><caption style="text-align: left">Which test finds which case (●), and '
            f'which right program, R1 to {heads[-1]}, it accuses (✗): {sum(found)} of {num_cases} are found.</caption>'
            f'<thead><tr><th scope="col">test</th>'
            + "".join(f'<th scope="col" style="text-align: center; padding: 2px 5px">{head}</th>' for head in heads)
            + f"</tr></thead><tbody>{body}</tbody><tfoot><tr><th scope=\"row\" style=\"text-align: left\">together</th>"
            + "".join(cell(hit, False) for hit in found) + "<td></td>" * num_right + "</tr></tfoot></table>")
