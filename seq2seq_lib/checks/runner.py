"""The machinery of the checks: run a reader's function on a few cases, and say what it gets right or wrong.

The reader's code may do anything: raise, print without end, never return. So all of it runs in a thread of its own,
what it prints is caught, and only values of known types are compared or shown.
"""

import contextlib
import copy
import inspect
import io
import linecache
import math
import random
import re
import threading
import time
import traceback
import warnings
from html import escape
from itertools import islice
from types import FunctionType
from typing import NamedTuple

import torch

from ..bounds import Stop, random_numbers_kept, stop
from ..style import COLORS, badge

SECONDS = 5  # a reader's function may take so long, over all cases together; what the check itself does is not counted
PRINTED = 1000  # characters of its output that are kept

HEADINGS = {  # an icon, words, a colour
    "right": ("✓", "Right", COLORS["good"]),
    "wrong": ("✗", "Not right yet", COLORS["wrong"]),
    "not attempted": ("○", "Not attempted yet", COLORS["waiting"]),
}


class Verdict:
    """What a check has to say: shown by the notebook as HTML, elsewhere as text.

    Attributes:
        status: `"right"`, `"wrong"` or `"not attempted"`.
        name: the exercise.
        message: one sentence or a few; code between backticks.
        details: lines to be shown as they are, such as an input and two results; may be empty.
    """

    def __init__(self, status, name, message, details=""):
        self.status, self.name, self.message, self.details = status, name, message, details

    def __repr__(self):
        icon, words, _ = HEADINGS[self.status]
        return "\n".join(filter(None, [f"{icon} {words} · {self.name}", self.message, self.details]))

    def _repr_html_(self):
        icon, words, color = HEADINGS[self.status]
        message = re.sub("`([^`]+)`", r"<code>\1</code>", escape(self.message))
        details = (f'<pre style="margin: 0; padding: 6px; overflow-x: auto; background: var(--jp-layout-color2, '
                   f'transparent); color: inherit">{escape(self.details)}</pre>' if self.details else "")
        return (f'<div role="status" style="border-left: 6px solid {color}; padding: 2px 12px; '
                f'color: var(--jp-content-font-color1, inherit)">'
                f'{badge(icon, words, color)} <code>{escape(self.name)}</code>'
                f'<p style="margin: 6px 0">{message}</p>{details}</div>')


class Exercise:
    """An exercise and its check: call it with the reader's function, and it returns a `Verdict`. It never raises.

    Args:
        answer: the right answer as a plain, slow function; its name and parameters are those of the exercise.
        cases: a list of tuples of arguments, the plainest first.
        mistakes: a list of `(function, message)`, the typical wrong answers. A reader's function that is wrong and
            returns what one of these returns, on all cases where it returns, is told its message.
        start: one sentence for a reader who has not begun.
        after: a sentence or two for a reader who is done: what to look at next.
        edges: so many of the last cases are tried only on a function that is right on all before them: who has another
            slip is told of that one.
        call: `call(function, *args)` runs the reader's function on a case, where `function(*args)` will not do: a
            function that changes something in place, a class. It returns what is to be compared.
    """

    seconds = None  # another limit than `SECONDS`, where a case is a program that trains

    def __init__(self, answer, cases, mistakes, start, after, call=lambda function, *args: function(*args), edges=0):
        self.answer, self.cases, self.mistakes, self.edges = answer, cases, mistakes, edges
        self.start, self.after, self.call = start, after, call
        self.timed_out, self.hits = False, 0  # of the last check; hits: how many cases were right
        self.known = {}  # what the answer and the mistakes return, by function and number of the case
        self.name = answer.__name__.lstrip("_")
        self.parameters = list(inspect.signature(answer).parameters)

    def __call__(self, function=None):
        return self.verdict(function)

    def verdict(self, function):
        """Run a reader's function on the cases and return the `Verdict`; whatever that does, nothing is raised."""
        if not callable(function):
            return Verdict("wrong", self.name, f"The check got {kind(function)}, not a function. Pass your function "
                                               f"by its name, without calling it: `checks.{self.name}({self.name})`.")
        output, self.timed_out, self.hits = _Output(), False, 0
        with (random_numbers_kept(), warnings.catch_warnings(action="ignore"),
              contextlib.redirect_stdout(output), contextlib.redirect_stderr(output)):
            verdict = _limited(self, function, output)
        verdict.details = "\n".join(filter(None, [verdict.details, output.note()]))
        return verdict

    def marks(self, function, points):
        """Grade a reader's function: all `points` if it is right, else up to half of them for the cases it gets right.

        Args:
            function: the reader's.
            points: of the exercise, 1 or more.

        Returns:
            A number from 0 to `points`, in steps of a quarter; nbgrader takes it as part marks.
        """
        status = self.verdict(function).status
        if status == "right":
            return float(points)
        if status == "not attempted" or self.timed_out:
            return 0.0
        return math.floor(2 * points * self.hits / len(self.cases)) / 4

    def result_of(self, function, number):
        """Return what the answer or a mistake returns on the case of that number; it is computed once."""
        if (function, number) not in self.known:
            self.known[function, number] = _seeded(function, *copy.deepcopy(self.cases[number]))
        return self.known[function, number]

    def __repr__(self):
        return f"Check of the exercise {self.name}({', '.join(self.parameters)})"


def in_single_precision(function, *args):
    """Run a reader's function, as `call` of an `Exercise`: double precision is as right, and is compared as float32.

    Of a tuple or a list each tensor is made so; what `topk` and the like return, a tuple with names, is a tuple.
    """
    result = function(*args)
    if isinstance(result, tuple) or type(result) is list:
        return (list if type(result) is list else tuple)(map(_single, result))
    return _single(result)


def _single(value):
    return value.detach().float() if isinstance(value, torch.Tensor) and value.is_floating_point() else value


OWN_DRAWS = "another result each time"


def twice(function, *args):
    """Run a function twice and return its result, or `OWN_DRAWS` if that is not the same: it draws by itself."""
    first, result = function(*copy.deepcopy(args)), function(*args)
    return result if difference(first, result) is None else OWN_DRAWS


def draws(sentences, samples, seed):
    """Draw sentences with replacement, as the exercises on the bootstrap do: numbers `(samples, sentences)`."""
    return torch.randint(sentences, (samples, sentences), generator=torch.Generator().manual_seed(seed))


def plain(result):
    """Take numbers of torch and numpy for what they hold: alone, in an array, or in a list or tuple, then a tuple."""
    if type(result).__module__ in ("torch", "numpy") and hasattr(result, "tolist"):
        result = result.tolist()
    if isinstance(result, (list, tuple)):
        result = tuple(value.item() if type(value).__module__ in ("torch", "numpy") and value.ndim == 0 else value
                       for value in result)
    return result


# ---------------------------------------------------------------- judging

_COPY = "Make a copy first: the caller still needs the original."


class _Result(NamedTuple):
    """What a reader's function did on a case: `fault` says what is wrong with it, and is empty if nothing is."""
    given: str  # the input, as text
    value: object
    fault: str
    raised: bool  # then there is no value
    changed: str  # the argument that it changed


def judge(exercise, function, results, clock):
    """Run a reader's function on the cases and return the `Verdict`; `results` fills with a `_Result` for each."""
    for number, args in enumerate(exercise.cases):
        if number == len(exercise.cases) - exercise.edges and any(result.fault for result in results):
            break
        expected, given, changed = exercise.result_of(exercise.answer, number), copy.deepcopy(args), ""
        clock.case = "input\n" + ("\n".join(map(_show_argument, exercise.parameters, args)) or "  nothing")
        with clock:
            try:
                value = _seeded(exercise.call, function, *given)
            except Stop:
                raise
            except BaseException as error:  # SystemExit and KeyboardInterrupt too
                if type(error) is NotImplementedError and not error.args and not results:
                    return Verdict("not attempted", exercise.name, exercise.start)
                value, raised, fault = None, True, _what_was_raised(exercise, function, error)
            else:
                raised, fault = False, difference(value, expected)
                changed = next((name for name, before, after in zip(exercise.parameters, args, given)
                                if difference(after, before)), "")
        results.append(_Result(clock.case, value, fault or "", raised, changed))
        exercise.hits += not fault and not changed
    return conclude(exercise, results)


def conclude(exercise, results):
    """Return the `Verdict` on some results, by the first case that failed: it is the plainest."""
    changed = next((result.changed for result in results if result.changed), "")
    failed = next(((number, result) for number, result in enumerate(results) if result.fault), None)
    if failed:
        number, (given, value, fault, raised, _) = failed
        if raised:
            return Verdict("wrong", exercise.name, fault, given)
        message = _name(exercise, results) or f"This input gives another result than expected: {fault}."
        if changed:  # first, for it may be why the result is wrong
            message = f"Your function changes its argument `{changed}`. {_COPY} If that was not all: {message}"
        expected = exercise.result_of(exercise.answer, number)
        details = f"{given}\nexpected\n{_indent(show(expected))}\nyours\n{_indent(show(value))}"
        return Verdict("wrong", exercise.name, message, details)
    if changed:
        return Verdict("wrong", exercise.name,
                       f"Your function returns the right result, but it changes its argument `{changed}`. {_COPY}")
    return Verdict("right", exercise.name, exercise.after)


def _name(exercise, results):
    """Return the message of the first mistake that returns the same on all cases; None if there is none."""
    def same(mistake):
        return all(difference(result.value, exercise.result_of(mistake, number)) is None
                   for number, result in enumerate(results) if not result.raised)

    return next((message for mistake, message in exercise.mistakes if same(mistake)), None)


def difference(got, expected, name="result"):
    """Say how a value differs from the expected one, in a sentence; None if they are equal (floats: nearly)."""
    misfit = f"`{name}` is {kind(got)}, and {kind(expected)} is expected"
    if got is None and expected is not None:
        return misfit + " (is a `return` missing?)"
    if isinstance(expected, torch.Tensor):
        if type(got) in (float, int) and not expected.dim():
            return misfit + " (is there an `.item()` too many?)"
        if not isinstance(got, torch.Tensor) or kind(got) != kind(expected):
            return misfit
        if got.device != expected.device:
            return f"`{name}` is on the device {got.device}, and {expected.device} is expected (`.to(device)` moves it)"
        other = ~torch.isclose(got, expected, rtol=1e-4, atol=1e-6, equal_nan=True)
        if other.any() and not other.dim():
            return f"`{name}` is {show(got)}, and {show(expected)} is expected"
        return f"`{name}` differs, first at `{other.nonzero()[0].tolist()}`" if other.any() else None
    if isinstance(expected, torch.nn.Module) and isinstance(got, torch.nn.Module):
        got, expected = dict(got.state_dict()), dict(expected.state_dict())
    if isinstance(expected, (list, tuple, dict)):
        if isinstance(expected, dict) != isinstance(got, dict) or not isinstance(got, (list, tuple, dict)):
            return misfit
        keys = list(expected if isinstance(expected, dict) else range(len(expected)))
        if len(got) != len(expected) or isinstance(expected, dict) and any(key not in got for key in keys):
            return misfit
        return next(filter(None, (difference(got[key], expected[key], f"{name}[{key!r}]") for key in keys)), None)
    if type(got).__module__ == "numpy" and type(expected) in (bool, int, float) and not isinstance(got, type(expected)):
        return f"`{name}` is {kind(got)} of numpy, and {kind(expected)} is expected " \
               f"(`{type(expected).__name__}()` makes one)"
    if type(got) is float and type(expected) is int and got == expected:
        return f"`{name}` is {got!r}, a float, and the int {expected} is expected"
    numbers = (float, int) if isinstance(expected, float) else type(expected)
    if isinstance(got, torch.Tensor) and not got.dim() and isinstance(expected, (float, int)):
        return misfit + " (`.item()` takes the number out)"
    if not isinstance(got, numbers) or isinstance(got, bool) != isinstance(expected, bool):
        return misfit
    if isinstance(expected, float):
        same = math.isclose(got, expected, rel_tol=1e-4, abs_tol=1e-6) or got != got and expected != expected
    elif hasattr(expected, "__dict__"):  # an object of ours, such as a Vocab
        return difference(vars(got), vars(expected), name)
    else:
        same = got == expected
    return None if same else f"`{name}` is {show(got)}, and {show(expected)} is expected"


def kind(value):
    """Say what a value is, in words: its type, and the shape of a tensor."""
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)} and type {str(value.dtype).removeprefix('torch.')}"
    if value is None:
        return "None"
    name = type(value).__name__
    article = "an" if name[0] in "aeiouAEIOU" else "a"
    return f"{article} {name}" + (f" of length {len(value)}" if type(value) in (list, tuple, dict, set, str) else "")


def show(value, depth=0):
    """Write a value as text that is short and the same everywhere; of types we do not know, only the type."""
    if isinstance(value, torch.Tensor):
        return repr(value.detach())
    if type(value) is float:
        return f"{value:.6g}"
    if type(value) is int and value.bit_length() > 100:
        return "an int of very many digits"
    if type(value) in (list, tuple, set, dict) and depth < 5:
        items = [_indent(show(item, depth + 1), 1).lstrip() for item in islice(value, 20)]
        if type(value) is dict:
            items = [f"{key}: {show(item, depth + 1)}" for key, item in zip(items, value.values())]
        items += ["..."] * (len(value) > 20)
        start, end = {list: "[]", tuple: "()"}.get(type(value), "{}")
        parting = ",\n " if any("\n" in item or "tensor" in item for item in items) else ", "
        return start + parting.join(sorted(items) if type(value) is set else items) + end
    if type(value) is str:
        return repr(value if len(value) <= 80 else value[:80] + "...")
    if value is None or type(value) in (bool, int) or type(value).__module__.startswith("seq2seq_lib."):
        return repr(value)
    return kind(value)


def _show_argument(name, value):
    return _indent(f"{name} = {_indent(show(value), len(name) + 3).lstrip()}")


def _what_was_raised(exercise, function, error):
    """Name an exception and the line of the reader's function that it came through."""
    try:
        said = _clean(str(error))[:300].rstrip(".\n ")
    except Exception:
        said = ""
    message = f"Your function raised {type(error).__name__}{': ' if said else ''}{said}"
    parts = [function, *getattr(function, "__dict__", {}).values()]  # of a class, its methods
    cells = {part.__code__.co_filename for part in parts if isinstance(part, FunctionType)}  # a cell is a file
    lines = [(frame.f_code.co_filename, number) for frame, number in traceback.walk_tb(error.__traceback__)
             if frame.f_code.co_filename in cells]
    if not lines:
        return f"{message}. Keep its parameters as they are: `{exercise.name}({', '.join(exercise.parameters)})`."
    source = linecache.getline(*lines[-1]).strip()
    return f"{message}. It came from line {lines[-1][1]} of its cell{f': `{source}`' if source else '.'}"


def _clean(text):
    """Take out of a text what differs from machine to machine: addresses, folders, signs that cannot be shown."""
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", text.replace("\r\n", "\n").expandtabs(4))
    text = re.sub(r"(?:(?<![\w.~/\\<])[~/]|\b[A-Za-z]:\\)(?:[^\s'\"<>/\\]+[/\\])+", "", text)
    return "".join(sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text)


def _indent(text, width=2):
    lines = text.split("\n")
    return "\n".join(" " * width + line for line in lines[:12] + ["..."] * (len(lines) > 12))


# ---------------------------------------------------------------- keeping the reader's code in bounds

class _Clock:
    """Counts the seconds spent in `with clock:`, read from another thread."""

    def __init__(self, seconds):
        self.seconds, self.spent, self.since, self.case = seconds, 0.0, None, ""  # case: the one begun last, as text

    def __enter__(self):
        self.since = time.monotonic()

    def __exit__(self, *raised):
        since, self.since = self.since, None
        self.spent += time.monotonic() - since

    def left(self):
        since = self.since
        return self.seconds - self.spent - (time.monotonic() - since if since else 0)


def _limited(exercise, function, output):
    """Judge in a thread; the reader's function may take `SECONDS` of it."""
    verdicts, finished, results, clock = [], threading.Event(), [], _Clock(exercise.seconds or SECONDS)

    def work():
        try:
            verdicts.append(judge(exercise, function, results, clock))
        except Stop:
            finished.set()  # before what the function has made is freed, which may take long: no second Stop is sent
        except BaseException as error:
            message = f"What your function returned cannot be compared ({type(error).__name__})."
            verdicts.append(Verdict("wrong", exercise.name, message, clock.case))
        finally:
            finished.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    message = f"Your function had not returned after {exercise.seconds or 'five'} seconds."
    try:
        while not finished.wait(SECONDS / 50):  # Windows sees an interrupt only between two waits
            if clock.left() <= 0:
                exercise.timed_out = True
                break
        else:
            return verdicts[0]
    except KeyboardInterrupt:
        message = "You interrupted the check before your function had returned."
    if stop(thread, finished):
        message += " It was stopped. " + ("It takes its time to print: do without that." if output.cut else
                                          "Is there a loop that never ends?")
    else:
        message += " It cannot be stopped and goes on unseen: mend it, then restart the kernel."
    if any(result.fault for result in results):  # a plainer case
        verdict = conclude(exercise, results)
        verdict.message += f" And on a later input: {message}"
        return verdict
    return Verdict("wrong", exercise.name, message, clock.case)


class _Output(io.TextIOBase):
    """Keeps the beginning of what is printed."""

    def __init__(self):
        self.text, self.cut = "", False

    def write(self, text):
        self.cut = self.cut or len(self.text) + len(text) > PRINTED
        self.text += text[: PRINTED - len(self.text)]
        return len(text)

    def note(self):
        """Return a few lines on what was printed; an empty text if nothing was."""
        if not self.text:
            return ""
        lines = "\n".join(line[:100] for line in _clean(self.text).strip().split("\n"))
        return f"your function printed{' a lot; it begins' if self.cut else ''}\n{_indent(lines)}"


def _seeded(function, *args):
    """Call a function with the same random numbers each time."""
    random.seed(0)
    torch.default_generator.manual_seed(0)
    return function(*args)
