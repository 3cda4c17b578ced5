"""What lesson 08 says elsewhere than in its own cells: its settings and its net, in the scripts."""

import ast
import re
import sys
from pathlib import Path

import nbformat
import torch

from seq2seq_lib import data_folder, remember_from_start
from seq2seq_lib.checks import lesson_08

sys.path.insert(0, str(data_folder()))
from lesson_settings import BATCH_SIZE, EPOCHS, MIN_FREQ, NUM_STEPS, SIZES, learning_rate, make_net  # noqa: E402

LESSON_08 = Path(__file__).parents[1] / "notebooks" / "08_translator.ipynb"


def cell(name, lesson=LESSON_08):
    return next(cell.source for cell in nbformat.read(lesson, as_version=4).cells if cell.id == name)


def test_the_scripts_have_the_settings_of_the_lesson():
    theirs = {}
    exec(cell("settings"), theirs)
    assert (theirs["source"], theirs["target"], theirs["corpus"], theirs["reverse"]) == ("eng", "fra", "eng-fra", False)
    assert [theirs[name] for name in ("min_freq", "sizes", "batch_size", "num_epochs", "num_steps")] == [
        MIN_FREQ, SIZES, BATCH_SIZE, EPOCHS, NUM_STEPS]
    assert [theirs["lr"](done / 4) for done in range(5)] == [learning_rate(done / 4) for done in range(5)]


def test_lesson_11_translates_the_ten_sentences_of_this_one():
    ten = re.compile(r"\[\s*(\"My little brother.*?)\]", re.DOTALL)
    ours, theirs = (ast.literal_eval(f"[{ten.search(source).group(1)}]")
                    for source in (cell("t83"), cell("a73e", LESSON_08.with_name("11_attention.ipynb"))))
    assert ours == theirs and len(ours) == 10


def test_the_scripts_have_the_net_of_the_lesson():
    vocabs = range(50), range(60)  # only their length is asked for
    assert "remember_from_start(make_net(src_vocab, tgt_vocab, sizes))" in cell("t13")
    lessons = remember_from_start(lesson_08.make_net.piece(*vocabs, SIZES)).state_dict()
    torch.manual_seed(0)
    scripts = make_net(vocabs).state_dict()
    assert list(lessons) == list(scripts) and all(torch.equal(lessons[name], scripts[name]) for name in scripts)
