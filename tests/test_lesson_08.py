"""What lesson 08 says elsewhere than in its own cells: its settings in the scripts, and the results that it draws."""

import csv
import sys
from pathlib import Path

import nbformat
import pytest
import torch

from seq2seq_lib import data_folder, remember_from_start
from seq2seq_lib.checks import lesson_08

sys.path.insert(0, str(data_folder()))
import make_designs  # noqa: E402
import making  # noqa: E402
from lesson_settings import BATCH_SIZE, EPOCHS, MIN_FREQ, NUM_STEPS, SIZES, learning_rate, make_net  # noqa: E402

LESSON_08 = Path(__file__).parents[1] / "notebooks" / "08_translator.ipynb"


def cell(name):
    return next(cell.source for cell in nbformat.read(LESSON_08, as_version=4).cells if cell.id == name)


def test_the_scripts_have_the_settings_of_the_lesson():
    theirs = {}
    exec(cell("settings"), theirs)
    assert (theirs["source"], theirs["target"], theirs["corpus"], theirs["reverse"]) == ("eng", "fra", "eng-fra", False)
    assert [theirs[name] for name in ("min_freq", "sizes", "batch_size", "num_epochs", "num_steps")] == [
        MIN_FREQ, SIZES, BATCH_SIZE, EPOCHS, NUM_STEPS]
    assert [theirs["lr"](done / 4) for done in range(5)] == [learning_rate(done / 4) for done in range(5)]


def test_the_scripts_have_the_net_of_the_lesson():
    vocabs = range(50), range(60)  # only their length is asked for
    assert "remember_from_start(make_net(src_vocab, tgt_vocab, sizes))" in cell("t13")
    lessons = remember_from_start(lesson_08.make_net.piece(*vocabs, SIZES)).state_dict()
    torch.manual_seed(0)
    scripts = make_net(vocabs).state_dict()
    assert list(lessons) == list(scripts) and all(torch.equal(lessons[name], scripts[name]) for name in scripts)


@pytest.fixture(scope="module")
def results():
    with open(data_folder() / "results" / "designs.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_results_are_of_two_designs_three_seeds_and_equal_weights(results):
    groups = ["all", *(f"{low} and more" if high == 99 else f"{low} to {high}" for low, high in make_designs.LENGTHS)]
    runs = [(str(seed), design) for seed in make_designs.SEEDS for design in make_designs.DESIGNS]
    assert [(row["seed"], row["design"], row["tokens"]) for row in results] == [
        (*run, group) for run in runs for group in groups]
    weights = {row["design"]: int(row["weights"]) for row in results}
    assert max(weights.values()) < 1.002 * min(weights.values())
    assert {row["epochs"] for row in results} == {str(EPOCHS)}
    assert all(0 < float(row["BLEU"]) < 100 for row in results)


def test_the_groups_of_a_run_are_all_its_sentences(results):
    for i in range(0, len(results), 1 + len(make_designs.LENGTHS)):
        whole, *parts = (int(row["sentences"]) for row in results[i : i + 1 + len(make_designs.LENGTHS)])
        assert whole == sum(parts)


@pytest.mark.parametrize("sizes", [(50, 60), (400, 300)])
def test_matched_designs_have_nearly_equal_weights(sizes):
    vocabs = [range(size) for size in sizes]  # only their length is asked for
    cho = making.count_weights(make_designs.make_net(vocabs, SIZES["num_hiddens"], "every_step"))
    num_hiddens = make_designs.matched_hiddens(vocabs)
    sutskever = making.count_weights(make_designs.make_net(vocabs, num_hiddens, "initial"))
    assert num_hiddens > SIZES["num_hiddens"] and sutskever == pytest.approx(cho, rel=0.003)
