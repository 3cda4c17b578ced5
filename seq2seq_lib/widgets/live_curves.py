"""Live curves: the loss, the gradient norm and the speed of a training, drawn while it runs."""

import json
import math
import time

import traitlets

from ..plots import plot_curves
from ..style import CYCLE
from . import places
from .base import FOLDER, LessonWidget
from .controls import Choice, State, plain
from .markup import Html, tag

SECONDS = 0.25  # between two messages to the browser, at least
PATIENCE = 100  # and at least so many times as long as the last message took: so the cost stays at 1 %
MOST_POINTS = 400  # of a run; when there are more, neighbours become one
INKS = f"const INKS = {json.dumps([name.replace('_', '-') for name in CYCLE])};"  # CSS variables of base.style_sheet
FRONT = [(FOLDER / name).read_text(encoding="utf-8") for name in ("front.js", "live_curves.js")]


class LiveCurves(LessonWidget):
    """Watch a training while it runs, stop it, and lay several runs on top of each other.

    Say `with LiveCurves() as curves:` and, inside, `train(..., on_batch=curves.run("a name"))`; to add a run in
    another cell, `with curves:`. The browser draws, for Python is busy; Python sends it new numbers a few times a
    second. The stop button interrupts the kernel, and `train` returns at the end of its batch with all that it has.
    After the `with` the curves stay in the notebook as a picture.

    Args:
        theta: the threshold of `train`, drawn as a line; None draws none.
        settings: first values of the controls, for example `scale="log"`.
    """

    title = "Live curves"
    _esm = "\n".join([INKS, *FRONT]).replace("export default { render };", "")

    scale = Choice("linear", "Axis of loss and gradient norm", ["linear", "log"])
    hidden = State([])  # the names of runs that the reader switched off
    at = State(None)  # the update whose values are read; None is the last one

    _runs = traitlets.List([]).tag(sync=True)  # finished runs
    _live = traitlets.Dict({}).tag(sync=True)  # the run that is under way
    _running = traitlets.Bool(False).tag(sync=True)
    _theta = traitlets.Float(None, allow_none=True).tag(sync=True)

    def __init__(self, theta=1.0, **settings):
        super().__init__(**settings)
        self._theta = theta if theta is not None and 0 < theta < math.inf else None
        self._run, self._rows, self._shown = None, {}, None

    def __enter__(self):
        self.at, self._running = None, True
        _, this_run = places._running()
        if this_run is None or this_run != self._shown:  # once a cell
            view, _ = super(LessonWidget, self)._repr_mimebundle_()
            _display(view | {"text/plain": self.title})
        self._shown = this_run
        return self

    def __exit__(self, *exc):
        self._finish()
        self._running = False
        if self._runs:
            _display({"text/plain": repr(self), "text/html": str(self.still())})

    def run(self, name):
        """Begin a run; return a function for `train(..., on_batch=...)`. A run of the same name is replaced.

        Raises:
            RuntimeError: outside of `with curves:`.
        """
        if not self._running:
            raise RuntimeError("begin a run inside `with curves:`, so that the curves know when training is over")
        self._finish()
        self._run = Run(self, plain(str(name)))
        return self._run

    def table(self):
        """Return the finished epochs of all runs as a pandas table, as `History.table` has them."""
        import pandas as pd

        tables = {name: pd.DataFrame(rows).set_index("epoch") for name, rows in self._rows.items() if rows}
        return pd.concat(tables, names=["run"]) if tables else pd.DataFrame()

    def _finish(self):
        """Make the run under way a finished one. One that never updated anything leaves no trace."""
        run, self._run = self._run, None
        if run is None:
            return
        run.read()
        if run.points:
            others = [other for other in self._runs if other["name"] != run.name]
            self._rows = {name: rows for name, rows in self._rows.items() if name != run.name}
            self._rows[run.name] = run.history.rows
            with self.hold_sync():
                self._runs, self._live = [*others, run.data()], {}
            self.draw()
        run.history = None  # the optimiser in it is as large as two models

    def render(self):
        names = ", ".join(run["name"] for run in self._runs)
        return Html(""), f"{len(self._runs)} run{'s' * (len(self._runs) != 1)}{': ' * bool(names)}{names}."

    def still(self):
        if not self._runs:
            return super().still()
        hidden = self.hidden if isinstance(self.hidden, list) else []
        shown = [run for run in self._runs if run["name"] not in hidden] or self._runs
        picture = plot_curves(shown, self._theta, self.scale if self.scale in ("linear", "log") else "linear")
        return tag("div", Html(picture.html), class_="s2s-live-final")


class Run:
    """One run: what it is called with after each batch, boiled down to a few hundred points."""

    def __init__(self, widget, name):
        self.widget, self.name, self.history, self.next = widget, name, None, 0.0
        self._restart(None)

    def _restart(self, batches):
        self.batches, self.seen, self.stride, self.clipped = batches, 0, 1, 0
        self.points, self.ends = [], []  # of each point sums over `stride` updates; of each epoch its last update

    def __call__(self, history):
        self.history = history
        start = time.perf_counter()
        if start >= self.next:
            self.read()
            self.widget._live = self.data()
            end = time.perf_counter()
            self.next = end + max(SECONDS, PATIENCE * (end - start))

    def read(self):
        """Take in the batches that have come since the last time."""
        if self.history is None:
            return
        if self.history.batches is not self.batches:
            self._restart(self.history.batches)
        for batch in self.batches[self.seen:]:
            if self.seen % self.stride == 0:
                if len(self.points) == MOST_POINTS:
                    self.points = [[a + b for a, b in zip(*pair)] for pair in zip(self.points[::2], self.points[1::2])]
                    self.stride *= 2
                self.points.append([0, 0.0, 0, 0.0, 0.0])
            sums = (1, batch.loss, batch.num_tokens, batch.grad_norm, batch.seconds)
            self.points[-1] = [a + b for a, b in zip(self.points[-1], sums)]
            self.seen += 1
            self.clipped += batch.grad_norm > (self.widget._theta or math.inf)
            self.ends += [0] * (batch.epoch + 1 - len(self.ends))
            self.ends[batch.epoch] = self.seen

    def data(self):
        """Return the run as the browser draws it: points `x` in updates, means over the updates up to each."""
        counts, losses, tokens, norms, seconds = zip(*self.points) if self.points else [[]] * 5
        valid_losses = self.history.valid_losses if self.history else []
        return {"name": self.name, "x": _running_sums(counts), "loss": _ratios(losses, tokens),
                "norm": _ratios(norms, counts), "speed": _ratios(tokens, seconds), "updates": self.seen,
                "valid": [[end, _short(loss)] for end, loss in zip(self.ends, valid_losses) if loss is not None],
                "epochs": len(valid_losses), "clipped": self.clipped, "stride": self.stride}


def _running_sums(counts):
    sums, total = [], 0
    for count in counts:
        total += count
        sums.append(total)
    return sums


def _ratios(above, below):
    return [_short(a / b) if b else None for a, b in zip(above, below)]


def _short(value):
    """Four digits are enough for a picture; what is no number is left out of it."""
    return float(f"{value:.4g}") if math.isfinite(value) else None


def _display(data):
    """Show something in the running cell, if there is a notebook."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:
        return
    if get_ipython() is not None:
        display(data, raw=True)
