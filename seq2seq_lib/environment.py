"""Environment: is everything there that the lessons need? One line each, and what to do where something is missing."""

import os
import sys
from html import escape
from importlib.util import find_spec
from pathlib import Path

import torch

from .checkpoint import load_checkpoint
from .corpus import data_folder, load_corpus
from .decoding import predict
from .style import COLORS, badge

PYTHON, TORCH = (3, 11), (2, 6)  # the oldest that the library is made for
NEEDED = ("ipywidgets", "anywidget", "matplotlib", "pandas", "tqdm", "sacrebleu", "safetensors")
NAMES = ("eng-fra", "eng-zho")
INSTALL = "Run in the project's folder: pip install -r requirements.txt. Then restart the kernel."
MOST_THREADS = 4  # for each core; more of them wait for each other longer than they compute


def check_environment():
    """Look for everything that the lessons need.

    Returns:
        A `Report`, shown by the notebook as one line for each thing: a tick, or a sentence that says what to do.
    """
    return Report([(what, _advice(check)) for what, check in CHECKS.items()])


class Report:
    """What `check_environment` found.

    Attributes:
        lines: a list of `(what, advice)`; the advice is empty if all is well.
    """

    def __init__(self, lines):
        self.lines = lines

    @property
    def ok(self):
        """True if nothing is amiss."""
        return not any(advice for _, advice in self.lines)

    def __repr__(self):
        return "\n".join(f"{'✗' if advice else '✓'} {what}{': ' if advice else ''}{advice}"
                         for what, advice in self.lines)

    def _repr_html_(self):
        rows = []
        for what, advice in self.lines:
            icon, words, color = ("✗", "to do", COLORS["wrong"]) if advice else ("✓", "good", COLORS["good"])
            rows.append(f'<li style="margin: 4px 0">{badge(icon, words, color)} {escape(what)}'
                        f'{f"<br>{escape(advice)}" if advice else ""}</li>')
        return f'<ul style="list-style: none; padding: 0; margin: 0">{"".join(rows)}</ul>'


def _advice(check):
    """Run one check; return what to do, or an empty text. A check that fails in its own way is advice too."""
    try:
        return check() or ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"


# Each check returns what to do, in a sentence, or None.

def _python():
    if sys.version_info < PYTHON:
        return f"This is Python {sys.version_info[0]}.{sys.version_info[1]}. Install a newer one, then start again."


def _torch():
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    if version < TORCH:
        return f"This is PyTorch {torch.__version__}. {INSTALL}"


def _packages():
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        return f"Missing: {', '.join(missing)}. {INSTALL}"


def _corpora():
    for name in NAMES:
        load_corpus(name, "test")


def _models():
    for name in NAMES:
        path = data_folder() / "models" / f"{name}.safetensors"
        if not path.is_file():
            return f"data/models/{path.name} is missing. Take it from the project again, or run: make model"
        model = load_checkpoint(path)
        predict(model.net, "They are watching.", model.src_vocab, model.tgt_vocab, model.settings["num_steps"])


def _writable():
    if not os.access(Path.cwd(), os.W_OK):
        return "Lessons 5 and 8 save a model here, and you may not. Copy the whole project to a folder of your own."


def _threads():
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if torch.get_num_threads() > MOST_THREADS * cores:
        return (f"PyTorch uses {torch.get_num_threads()} threads and has {cores} cores, which makes it slow. Set the "
                f"environment variable OMP_NUM_THREADS={cores} before you start JupyterLab.")


CHECKS = {
    f"Python {PYTHON[0]}.{PYTHON[1]} or newer": _python,
    f"PyTorch {TORCH[0]}.{TORCH[1]} or newer": _torch,
    "the packages for tables, plots and widgets": _packages,
    "the sentence pairs, English to French and to Chinese": _corpora,
    "the trained models, and they translate": _models,
    "this folder can be written to": _writable,
    "no more threads than the processor can run well": _threads,
}
