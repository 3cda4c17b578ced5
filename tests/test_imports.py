import ast
import subprocess
import sys
from pathlib import Path

import pytest

import seq2seq_lib

FOLDER = Path(seq2seq_lib.__file__).parent
STORY = ["text", "corpus", "batches", "model", "loss", "training", "decoding", "bleu", "checkpoint"]
LATER = {"pandas", "matplotlib", "ipywidgets", "tqdm", "IPython", "numpy.testing", "safetensors"}
CONTRACT = """read_pairs load_corpus tokenize detokenize Vocab Batches Encoder Decoder Seq2Seq sequence_mask
    MaskedSoftmaxCELoss grad_clipping train History save_checkpoint load_checkpoint predict bleu ngram_precisions
    corpus_bleu""".split()


def own_imports(module):
    """The library's modules that a module imports, anywhere in its text."""
    for node in ast.walk(ast.parse((FOLDER / f"{module}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            yield from [node.module] if node.module else [alias.name for alias in node.names]
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module]
            yield from (name.split(".")[-1] for name in names if name.startswith("seq2seq_lib"))


def test_import_pulls_in_nothing_that_is_only_used_later():
    """A module that `import torch` itself brings is not counted."""
    code = ("import sys, torch; before = set(sys.modules); import seq2seq_lib; "
            "print(*(name for name in sys.modules if name not in before))")
    run = subprocess.run([sys.executable, "-c", code], cwd=FOLDER.parent, capture_output=True, text=True, check=True)
    new = set(run.stdout.split())
    assert "seq2seq_lib.text" in new
    assert not {name for name in new if any(f"{name}.".startswith(f"{later}.") for later in LATER)}


@pytest.mark.parametrize("place", range(len(STORY)))
def test_module_imports_only_modules_before_it_in_the_story(place):
    assert set(own_imports(STORY[place])) <= set(STORY[:place])


def test_widgets_and_checks_are_not_imported_by_the_core():
    core = set(STORY) | {"__init__"}
    imported = {name for module in core for name in own_imports(module)}
    assert imported <= set(STORY)


@pytest.mark.parametrize("name", CONTRACT)
def test_name_is_importable_from_the_library_and_documented(name):
    assert name in seq2seq_lib.__all__
    assert getattr(seq2seq_lib, name).__doc__.strip()


def test_all_names_are_there_and_none_twice():
    assert len(set(seq2seq_lib.__all__)) == len(seq2seq_lib.__all__)
    assert all(hasattr(seq2seq_lib, name) for name in seq2seq_lib.__all__)
