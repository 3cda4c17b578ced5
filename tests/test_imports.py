import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import seq2seq_lib

FOLDER = Path(seq2seq_lib.__file__).parent
LATER = {"pandas", "matplotlib", "ipywidgets", "tqdm", "IPython", "numpy.testing", "safetensors"}
CONTRACT = """read_pairs load_corpus tokenize detokenize Vocab Batches Encoder Decoder Seq2Seq sequence_mask
    MaskedSoftmaxCELoss grad_clipping train History save_checkpoint load_checkpoint predict bleu ngram_precisions
    corpus_bleu""".split()


PROJECT = FOLDER.parent


def floors():
    """The rooms of the drawing in CONTRIBUTING, from below: a list of those that leave each other alone for each."""
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    drawing = text.partition("## Rooms\n\n```\n")[2].partition("```")[0]
    lines = [re.split(r" {2,}", line)[0] for line in drawing.splitlines() if line[0] != " "]
    return [floor.split(" · ") for line in lines for floor in line.split(" → ")][::-1]


FLOORS = {room: i for i, floor in enumerate(floors()) for room in floor}
TOP = FLOORS["checkpoint"]  # of the core, which `import seq2seq_lib` brings


def room_of(path):
    """The room of a file: its folder, or in the library its module."""
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return parts[1] if parts[0] == "seq2seq_lib" else parts[0]


def modules():
    """Every module of the project, and the names of those that need no package before them."""
    folders = ("seq2seq_lib", "classroom", "data", "tests")
    paths = [path for folder in folders for path in (PROJECT / folder).rglob("*.py")]
    return paths, {path.stem: room_of(path) for path in paths if "seq2seq_lib" not in path.parts}


def rooms_used(source, path, names):
    """The rooms that a module imports from, anywhere in its text, each with its line.

    Args:
        source: its text.
        path: where it stands.
        names: the rooms of modules that are imported by their bare names, as scripts do.
    """
    package = path.relative_to(PROJECT).parent.parts
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            start = (*package[: len(package) + 1 - node.level], *(node.module or "").split(".")) if node.level else (
                node.module.split("."))
            found = [[*filter(None, start), alias.name] for alias in node.names]
        elif isinstance(node, ast.Import):
            found = [alias.name.split(".") for alias in node.names]
        else:
            continue
        for first, *more in found:
            if first == "seq2seq_lib":
                yield more[0] if more and more[0] in FLOORS else "checkpoint", node.lineno
            elif first in names:
                yield names[first], node.lineno


def wrong_ways(source, path, names):
    """Yield the imports of a module that go up in the drawing, or to a neighbour."""
    own = room_of(path)
    floor = TOP if own == "__init__" else FLOORS[own]
    for room, line in rooms_used(source, path, names):
        if room != own and FLOORS[room] >= floor + (own == "__init__"):
            yield f"{path.relative_to(PROJECT)}, line {line}: {own} uses {room}"


def test_import_pulls_in_nothing_that_is_only_used_later():
    """A module that `import torch` itself brings is not counted."""
    code = ("import sys, torch; before = set(sys.modules); import seq2seq_lib; "
            "print(*(name for name in sys.modules if name not in before))")
    run = subprocess.run([sys.executable, "-c", code], cwd=FOLDER.parent, capture_output=True, text=True, check=True)
    new = set(run.stdout.split())
    assert "seq2seq_lib.text" in new
    assert not {name for name in new if any(f"{name}.".startswith(f"{later}.") for later in LATER)}


def test_every_room_uses_only_what_stands_below_it():
    paths, names = modules()
    assert len(paths) > 100 and {room_of(path) for path in paths} - {"__init__"} <= set(FLOORS)
    wrong = [way for path in paths for way in wrong_ways(path.read_text(encoding="utf-8"), path, names)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path, source, complaint", [
    ("seq2seq_lib/model.py", "from .training import train", "line 1: model uses training"),
    ("seq2seq_lib/text.py", "def f():\n    from . import plots, style", "line 2: text uses plots"),
    ("seq2seq_lib/bleu.py", "def f():\n    import seq2seq_lib.widgets.base", "line 2: bleu uses widgets"),
    ("seq2seq_lib/bleu.py", "import seq2seq_lib", "line 1: bleu uses checkpoint"),
    ("seq2seq_lib/__init__.py", "from .plots import picture", "line 1: __init__ uses plots"),
    ("seq2seq_lib/checks/lesson_00.py", "from ..widgets.base import tag", "line 1: checks uses widgets"),
    ("seq2seq_lib/widgets/base.py", "from ..checks import lesson_00", "line 1: widgets uses checks"),
    ("classroom/make_site.py", "def f():\n    from helpers import toy_net", "line 2: classroom uses tests"),
    ("data/make_corpus.py", "import lessons", "line 1: data uses classroom"),
])
def test_an_import_the_wrong_way_is_noticed(path, source, complaint):
    assert f"{path}, {complaint}" in list(wrong_ways(source, PROJECT / path, modules()[1]))


@pytest.mark.parametrize("path, source", [
    ("seq2seq_lib/model.py", "from .text import check_choice\nimport torch"),
    ("seq2seq_lib/__init__.py", "from .checkpoint import load_checkpoint"),
    ("seq2seq_lib/widgets/still.py", "from ..drawings import CARD\nfrom . import places\nfrom .base import tag"),
    ("tests/test_site.py", "import make_site\nfrom helpers import toy_net\nfrom seq2seq_lib import plots, train"),
])
def test_an_import_the_right_way_is_none_of_them(path, source):
    assert list(wrong_ways(source, PROJECT / path, modules()[1])) == []


def test_the_core_is_the_drawing_s_last_line_and_costs_little():
    """Beside torch, whose import takes this machine's measure. Seconds of the processor, not of the clock."""
    core = [room for room, floor in FLOORS.items() if floor <= TOP]
    code = ("import sys, time; start = time.process_time(); import torch; torch_is_there = time.process_time(); "
            "import seq2seq_lib; end = time.process_time(); "
            "print((end - torch_is_there) / (torch_is_there - start), "
            "*(name for name in sys.modules if name.startswith('seq2seq_lib.')))")
    runs = [subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True,
                           check=True).stdout.split() for _ in range(3)]
    assert {name.split(".")[1] for name in runs[0][1:]} <= set(core)
    assert min(float(run[0]) for run in runs) < 0.08


def test_what_a_room_needs_is_declared_and_installed_by_requirements():
    """`pip install .[plots]` brings what the figures need, `.[widgets]` what the widgets do."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def names(requirements):
        return {re.match(r"[\w-]+", line)[0] for line in requirements if line[:1].isalpha()}

    always, extras = names(project["dependencies"]), project["optional-dependencies"]
    lines = (PROJECT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert always | names(extras["plots"]) | names(extras["widgets"]) <= names(lines)
    brought = {"PIL": "matplotlib", "traitlets": "ipywidgets", "IPython": "ipywidgets", "numpy": "pandas"}  # by whom
    for path in FOLDER.rglob("*.py"):
        declared = always | names(extras.get(room_of(path), []))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found = ([alias.name for alias in node.names] if isinstance(node, ast.Import) else
                     [node.module] if isinstance(node, ast.ImportFrom) and not node.level else [])
            for name in {name.split(".")[0] for name in found} - sys.stdlib_module_names:
                assert brought.get(name, name) in declared, f"{path.name} imports {name}"


@pytest.mark.parametrize("name", CONTRACT)
def test_name_is_importable_from_the_library_and_documented(name):
    assert name in seq2seq_lib.__all__
    assert getattr(seq2seq_lib, name).__doc__.strip()


def test_all_names_are_there_and_none_twice():
    assert len(set(seq2seq_lib.__all__)) == len(seq2seq_lib.__all__)
    assert all(hasattr(seq2seq_lib, name) for name in seq2seq_lib.__all__)
