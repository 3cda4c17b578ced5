"""Case file: what a wrong program shows from outside, piece by piece, then the reader's guess and tests, then its slip.

What a program shows is made by data/make_cases.py; only the reader's tests are run here.
"""

import ast
import difflib
import inspect
import json
import re
import sys
import textwrap
from functools import cache

import torch

from ..bounds import within
from ..cases import CASES, COMMON, Case
from ..corpus import data_folder
from ..suspects import Suspect
from .base import LessonWidget
from .controls import Button, Choice, State
from .drawing import pick
from .markup import Html, tag
from .words import plural

LOSS, TRANSLATIONS, SCORE, GUESS, LINE = 1, 2, 3, 4, 5  # the pieces, in the order in which they are uncovered
NEXT = {LOSS: "Show more: translations", TRANSLATIONS: "Show more: the score", SCORE: "Show more: where to look",
        GUESS: "Show more: the line", LINE: "Next case"}
PLACES = ("pairs", "vocabs", "batches", "net", "optimizer", "loss", "step", "epoch", "translate", "references", "score")
PARTS = {"write": "translate"}  # what a place calls, and nobody else
SECONDS = 20  # that a reader's test may take for one program
WIDTH, HEIGHT, EDGE = 460, 200, 46  # of the curves, in pixels, and the room for the numbers


class CaseFile(LessonWidget):
    """See what a wrong program shows from outside; guess where to look, run your tests on it, and see its slip.

    Args:
        tests: a dictionary from names to the reader's tests, functions from a suspect to True, for nothing found, or
            False.
        settings: first values of the controls, for example `case=3`.

    Raises:
        ValueError: the tests are something else.
    """

    title = "Case file"

    guess = Choice("", "Your guess", {"not yet": "", **{place: place for place in PLACES}},
                   hidden=lambda widget: widget._uncovered() != GUESS)
    run = Button("Run my tests", hidden=lambda widget: not widget.tests or widget._uncovered() < GUESS)
    more = Button(lambda widget: NEXT[widget._uncovered()])
    again = Button("Cover this case again")
    case = State(1)  # its number, from 1
    uncovered = State([])  # how many pieces of each case
    guesses = State([])  # the guess for each case

    def __init__(self, tests=None, **settings):
        self.tests = {} if tests is None else tests
        if not isinstance(self.tests, dict) or not all(callable(test) for test in self.tests.values()):
            raise ValueError("tests must be a dictionary from names to functions, for example {\"my test\": my_test}")
        self._results = {}  # number of a case -> what each test says of it and of the right program
        super().__init__(**settings)

    # ------------------------------------------------------------------ the state, whatever somebody has set

    def _number(self):
        return self.case if type(self.case) is int and 1 <= self.case <= len(CASES) else 1

    def _uncovered(self):
        return _listed(self.uncovered, LOSS, NEXT)[self._number() - 1]

    def _guessed(self):
        return self.guess if self.guess in PLACES else ""

    def _put(self, name, value):
        """Set the value of this case in one of the lists."""
        values = _listed(getattr(self, name), *((LOSS, NEXT) if name == "uncovered" else ("", PLACES)))
        values[self._number() - 1] = value
        self.set_trait(name, values)

    def react(self, name):
        if name == "more" and self._uncovered() == LINE:
            self.case = self._number() % len(CASES) + 1
        elif name == "more":
            self._put("uncovered", self._uncovered() + 1)
        elif name == "again":
            self._put("uncovered", LOSS)
            self._put("guesses", "")
            self._results.pop(self._number(), None)
        elif name == "guess":
            self._put("guesses", self.guess)
        elif name == "run" and self.tests:
            self._run_tests()
        if name in ("more", "again", "case"):
            self.guess = _listed(self.guesses, "", PLACES)[self._number() - 1]

    def _run_tests(self):
        """Run the tests against the case and a right program, and show meanwhile at which it is."""
        suspects, results = (CASES[self._number() - 1](), Suspect()), {}
        try:
            for i, (name, test) in enumerate(self.tests.items(), 1):
                said = f"Your tests are running: {i} of {len(self.tests)}, {str(name)[:40]} …"
                self._picture = {**self._picture, "said": said}
                results[name] = [_nameless(type(suspect), _verdict(*within(SECONDS, test, suspect)))
                                 for suspect in suspects]
        except KeyboardInterrupt:
            for name in self.tests:
                results.setdefault(name, ["was not run: you interrupted it"] * 2)
        self._results[self._number()] = results

    # ------------------------------------------------------------------------ drawing

    def render(self):
        number, uncovered, seen = self._number(), self._uncovered(), what_is_seen()
        kind = CASES[number - 1]
        if kind.__name__ not in seen["cases"]:
            raise ValueError(f"data/results/cases.json has nothing on case {number}. Make it anew by the command: "
                             "make cases")
        right, wrong = seen["right"], seen["cases"][kind.__name__]
        results = self._results.get(number) if uncovered >= GUESS else None
        pieces = [
            tag("div", _piece("The loss", _curves(right["losses"], wrong["losses"], number)),
                _piece("The score", _scores(right, wrong["score"], number)) if uncovered >= SCORE else None,
                class_="s2s-columns"),
            _piece("Translations", _translations(seen, wrong, number)) if uncovered >= TRANSLATIONS else None,
            _piece("Where to look", _guess(self._guessed())) if uncovered == GUESS else None,
            _piece("Your tests", _results(results, number)) if results else None,
            _piece("The line", _lines(kind, self._guessed(), number)) if uncovered >= LINE else None,
        ]
        said = {LOSS: _said_of_losses, TRANSLATIONS: _said_of_translations, SCORE: _said_of_scores,
                GUESS: self._said_of_guess, LINE: self._said_of_line}[uncovered]
        return tag("div", self._strip(number), pieces, class_="s2s-case"), f"Case {number}. {said(seen, wrong)}"

    def _strip(self, number):
        """All cases, to choose one, each with how far it is uncovered."""
        cells = []
        for i, uncovered in enumerate(_listed(self.uncovered, LOSS, NEXT), 1):
            words = f"case {i}, solved" if uncovered == LINE else f"case {i}, {uncovered} of {LINE} pieces uncovered"
            sign = "✓" if uncovered == LINE else f"{uncovered}/{LINE}"
            cells.append(tag("td", tag("b", i), tag("small", sign), title=words,
                             class_="s2s-case-choice s2s-case-chosen" if i == number else "s2s-case-choice",
                             **pick("case", i, words, at=(0, i - 1), chosen=i == number)))
        return tag("div", tag("table", tag("tr", cells), role="grid", class_="s2s-case-strip",
                              aria_label="The cases. Arrow keys go from case to case."), class_="s2s-wide")

    # -------------------------------------------------------------------------- words

    def _said_of_guess(self, seen, wrong):
        results = self._results.get(self._number())
        if results:
            found = sum(case == FOUND and right == NOTHING for case, right in results.values())
            find = "finds" if found == 1 else "find"
            return (f"{found} of your {plural(len(results), 'test')} {find} something here and nothing in the right "
                    "program.")
        if not self._guessed():
            return "Where would you look? Choose one."
        return f"You would look in {self._guessed()}. " + (
            "Run your tests, or have the line shown." if self.tests else "Have the line shown, or go on looking.")

    def _said_of_line(self, seen, wrong):
        kind, guess = CASES[self._number() - 1], self._guessed()
        places = places_of(kind)
        where = (f"It is in {' and '.join(places)}" + (", as you guessed" if guess in places else
                                                      f", and you looked in {guess}" if guess else ""))
        return f"{where}. {kind.slip.replace('`', '')}"


@cache
def what_is_seen():
    """Return what data/make_cases.py has made.

    Raises:
        ValueError: its file is missing; the message says what to do.
    """
    path = data_folder() / "results" / "cases.json"
    if not path.is_file():
        raise ValueError("The file data/results/cases.json is missing. Take it from the project again, or make it by "
                         "the command: make cases")
    return json.loads(path.read_text(encoding="utf-8"))


def _listed(values, otherwise, known):
    """Return a list of one value for each case, whatever somebody has set."""
    values = values if isinstance(values, list) else []
    values = [value if type(value) in (int, str) and value in known else otherwise for value in values[: len(CASES)]]
    return values + [otherwise] * (len(CASES) - len(values))


def _piece(title, *inside):
    return tag("div", tag("p", title, class_="s2s-case-title"), inside, class_="s2s-case-piece")


# --------------------------------------------------------------------------------- from outside

def _said_of_losses(seen, wrong):
    right, losses = seen["right"]["losses"], wrong["losses"]
    start, end = f"{losses[0]:.2f}", f"{losses[-1]:.2f}"
    if losses == right:
        return f"Its loss goes from {start} to {end}, as the right program's does: the curves are the same."
    return f"Its loss goes from {start} to {end}, the right program's from {right[0]:.2f} to {right[-1]:.2f}."


def _curves(right, wrong, number):
    """Both curves; that of the right program is a broad band under the other, so that equal ones are both seen."""
    top = max(*right, *wrong) * 1.05
    apart = next(n * 10**k for k in range(300) for n in (1, 2, 5) if top <= 8 * n * 10**k)  # from line to line
    across = (WIDTH - EDGE - 6) / (len(right) - 1)

    def at(epoch, loss):
        return f"{EDGE + epoch * across:.1f} {8 + HEIGHT * (1 - loss / top):.1f}"

    def path(losses, name):
        return f'<path class="{name}" d="M{"L".join(at(*point) for point in enumerate(losses))}"/>'

    ticks = "".join(f'<path class="s2s-case-axis" d="M{at(0, y)}h{WIDTH - EDGE}"/>'
                    f'<text x="{EDGE - 8}" y="{8 + HEIGHT * (1 - y / top) + 5:.1f}" text-anchor="end">{y}</text>'
                    for y in range(0, int(top) + 1, apart))
    ends = "".join(f'<text x="{EDGE + epoch * across:.1f}" y="{HEIGHT + 28}" text-anchor="{anchor}">{epoch + 1}</text>'
                   for epoch, anchor in ((0, "middle"), (len(right) // 2 - 1, "middle"), (len(right) - 1, "end")))
    told = ", ".join(f"epoch {i + 1}: {wrong[i]:.2f} and {right[i]:.2f}"
                     for i in sorted({0, len(right) // 4, len(right) // 2, len(right) - 1}))
    svg = (f'<svg width="{WIDTH}" height="{HEIGHT + 54}" viewBox="0 0 {WIDTH} {HEIGHT + 54}" role="img" '
           f'aria-label="The loss of case {number} and of the right program. {told}.">{ticks}{ends}'
           f'<text x="{WIDTH - 6}" y="{HEIGHT + 48}" text-anchor="end">epoch</text>'
           f'{path(right, "s2s-case-right")}{path(wrong, "s2s-case-wrong")}</svg>')
    legend = tag("p", tag("span", tag("i", class_="s2s-case-right"), "the right program"),
                 tag("span", tag("i", class_="s2s-case-wrong"), f"case {number}"), class_="s2s-legend")
    return tag("p", "Loss per token, as each reports it"), Html(svg), legend


def _said_of_translations(seen, wrong):
    n, right = len(seen["sources"]), seen["right"]["translations"]
    good = [sum(text in labels for text, labels in zip(texts, seen["references"]))
            for texts in (wrong["translations"], right)]
    other = sum(one != two for one, two in zip(wrong["translations"], right))
    return (f"Of {n} sentences it translates {good[0]} as accepted, the right program {good[1]}; "
            + (f"{other} {'comes' if other == 1 else 'come'} out otherwise than there." if other else
               "all come out as there."))


def _translations(seen, wrong, number):
    head = tag("tr", [tag("th", name, scope="col")
                      for name in ("part", "English", "accepted", "the right program", f"case {number}")])
    rows = []
    for part, source, labels, right, mine in zip(seen["parts"], seen["sources"], seen["references"],
                                                 seen["right"]["translations"], wrong["translations"]):
        texts = [tag("td", tag("bdi", f"{'✓ ' * (text in labels)}{text or '(nothing)'}"),
                     class_="s2s-case-good" if text in labels else None) for text in (right, mine)]
        given = [tag("td", tag("bdi", text)) for text in (source, " / ".join(labels))]
        rows.append(tag("tr", tag("td", part), given, texts))
    table = tag("table", tag("thead", head), tag("tbody", rows), class_="s2s-case-samples")
    note = f"Each has only {seen['pairs']:,} pairs, so on new sentences the right program makes mistakes too."
    return tag("p", note), tag("div", table, class_="s2s-wide")


def _said_of_scores(seen, wrong):
    scores = seen["right"]["scores"]
    return (f"It gives itself {wrong['score']:.1f} BLEU, the right program {scores[0]:.1f}, and with other seeds "
            f"{min(scores):.1f} to {max(scores):.1f}.")


def _scores(right, score, number):
    rows = [(f"case {number}", score, "s2s-case-wrong"), ("the right program", right["score"], "s2s-case-right"),
            *((f"the right program, seed {seed}", other, "s2s-case-right")
              for seed, other in enumerate(right["scores"][1:], 1))]
    return tag("table", [tag("tr", tag("td", name), tag("td", f"{value:.1f}", class_="s2s-number"),
                             tag("td", tag("i", class_=look, style=f"width:{3 * value:.0f}px")))
                         for name, value, look in rows], class_="s2s-case-scores")


# --------------------------------------------------------------------------- the guess and the tests

FOUND, NOTHING = "finds something", "finds nothing"


def _guess(place):
    if not place:
        return tag("p", "Which of its methods is to blame? Choose one above.")
    does = inspect.getdoc(getattr(Suspect, place)).partition("\n")[0]
    return tag("p", tag("code", tag("b", place)), f": {does}")


def _verdict(value, problem):
    """Say what a test has found, in words."""
    if problem:
        return problem
    if isinstance(value, torch.Tensor) and value.numel() == 1:
        value = value.item()
    if type(value).__module__ == "numpy" and type(value).__name__.startswith("bool"):
        value = bool(value)
    if not isinstance(value, bool):
        return f"returned {type(value).__name__}, neither True nor False"
    return NOTHING if value else FOUND


def _nameless(kind, text):
    """Take the names of a case out of what Python says of an error."""
    helpers = [helper for name in replaced(kind) for helper in _helpers(vars(kind)[name])]
    for one, right in ((kind, Suspect), *((helper, helper.__base__) for helper in helpers)):
        text = text.replace(one.__name__, right.__name__)
    return text


def _results(results, number):
    head = tag("tr", [tag("th", name, scope="col") for name in ("test", f"case {number}", "the right program")])
    rows = []
    for name, (case, right) in results.items():
        signs = {FOUND: "● ", NOTHING: "· "}
        note = " (then it says little of the case)" if right == FOUND else ""
        rows.append(tag("tr", tag("td", tag("code", str(name)[:60])),
                        tag("td", f"{signs.get(case, '! ')}{case}",
                            class_="s2s-case-good" if (case, right) == (FOUND, NOTHING) else None),
                        tag("td", f"{signs.get(right, '! ')}{right}{note}")))
    table = tag("table", tag("thead", head), tag("tbody", rows), class_="s2s-case-samples")
    return tag("div", table, class_="s2s-wide")


# ------------------------------------------------------------------------------------- the line

def replaced(kind):
    """Return the names of what a case has of its own in place of a suspect's."""
    return [name for name in vars(kind) if not name.startswith("__") and name not in vars(Case)]


def places_of(kind):
    """Return the places, of `PLACES`, in which a case differs from a right program."""
    return [place for place in PLACES if place in {PARTS.get(name, name) for name in replaced(kind)}]


def lines_of(kind):
    """Return the lines of a case beside the right ones, as `(whose, line)`: `""` for both, `"right"` or `"case"`."""
    pairs = []
    for name in replaced(kind):
        function = vars(kind)[name]
        right = getattr(Suspect, name, None)
        pairs += [([], _source(helper)) for helper in _helpers(function)]
        pairs.append((_source(right, name), _source(function, name)))
    lines = []
    for right, wrong in pairs:
        lines += [("", "")] if lines else []
        if not right:
            lines += [("case", line) for line in wrong]
            continue
        for kind_, a, b, c, d in difflib.SequenceMatcher(None, right, wrong, autojunk=False).get_opcodes():
            if kind_ == "equal":
                lines += [("", line) for line in right[a:b]]
            else:
                lines += [("right", line) for line in right[a:b]] + [("case", line) for line in wrong[c:d]]
    return lines


def _helpers(function):
    """Return the classes that a method uses and that its module has for it alone."""
    function = inspect.unwrap(function)
    code, there = getattr(function, "__code__", None), vars(sys.modules[function.__module__]) if callable(
        function) else {}
    names = [name for name in code.co_names if name.startswith("_")] if code else []
    return [there[name] for name in names if inspect.isclass(there.get(name))]


def _source(thing, name=""):
    """Return the lines of a function or class, without what explains them; of another value `name = value`."""
    if thing is None:
        return []
    if not callable(thing):
        return [f"{name} = {thing!r}"]
    text = textwrap.dedent(inspect.getsource(thing))
    drop = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node) is not None:
            drop |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = [re.sub(r"\s{2,}#.*", "", line).rstrip() for i, line in enumerate(text.splitlines(), 1) if i not in drop]
    return [line for line in lines if line]


def _lines(kind, guess, number):
    seen = "It is common." if kind.seen == COMMON else f"Seen in {kind.seen}."
    whose = {"": " ", "right": "right", "case": f"case {number}"}
    look = {"": None, "right": "s2s-case-fine", "case": "s2s-case-slip"}
    table = tag("table", [tag("tr", tag("td", whose[who]), tag("td", tag("code", line or " ")), class_=look[who])
                          for who, line in lines_of(kind)], class_="s2s-case-lines")
    return tag("p", _code(kind.slip), " ", _code(seen)), tag("div", table, class_="s2s-wide")


def _code(text):
    """Turn what stands between backticks into code."""
    return [tag("code", part) if i % 2 else part for i, part in enumerate(text.split("`"))]
