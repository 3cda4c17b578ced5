"""What lesson 08 says elsewhere than in its own cells: its settings in the benchmark, and the results that it draws."""

import ast
import csv
import re
import sys
from pathlib import Path

import nbformat
import pytest
from bench_translation import LESSON

from seq2seq_lib import data_folder

sys.path.insert(0, str(data_folder()))
import make_designs  # noqa: E402

LESSON_08 = Path(__file__).parents[1] / "notebooks" / "08_translator.ipynb"


def settings():
    """The settings of the lesson: the names set in its cell `settings`, and the learning rate at the start."""
    cell = next(cell for cell in nbformat.read(LESSON_08, as_version=4).cells if cell.id == "settings")
    values = {}
    for node in ast.parse(cell.source).body:
        if isinstance(node, ast.Assign) and node.targets[0].id in ("sizes", "min_freq", "batch_size", "num_epochs"):
            values[node.targets[0].id] = eval(ast.unparse(node.value))
    values |= values.pop("sizes")
    return values | {"lr": float(re.search(r"return ([\d.]+) \* \(1 - done\)", cell.source).group(1))}


def test_the_benchmark_has_the_settings_of_the_lesson():
    theirs = settings()
    theirs["epochs"] = theirs["num_epochs"]
    assert {name: theirs[name] for name in LESSON} == LESSON


def test_the_comparison_of_designs_has_the_settings_of_the_lesson_but_for_the_epochs():
    theirs = settings()
    assert (make_designs.EMBED_SIZE, make_designs.NUM_HIDDENS, make_designs.DROPOUT) == (
        theirs["embed_size"], theirs["num_hiddens"], theirs["dropout"])
    assert (make_designs.MIN_FREQ, make_designs.BATCH_SIZE, make_designs.LR) == (
        theirs["min_freq"], theirs["batch_size"], theirs["lr"])


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
    assert {row["epochs"] for row in results} == {str(make_designs.EPOCHS)}
    assert all(0 < float(row["BLEU"]) < 100 for row in results)


def test_the_groups_of_a_run_are_all_its_sentences(results):
    for i in range(0, len(results), 1 + len(make_designs.LENGTHS)):
        whole, *parts = (int(row["sentences"]) for row in results[i : i + 1 + len(make_designs.LENGTHS)])
        assert whole == sum(parts)


@pytest.mark.parametrize("sizes", [(50, 60), (400, 300)])
def test_matched_designs_have_nearly_equal_weights(sizes):
    vocabs = [range(size) for size in sizes]  # only their length is asked for
    cho = make_designs.count_weights(make_designs.make_net(vocabs, make_designs.NUM_HIDDENS, "every_step"))
    num_hiddens = make_designs.matched_hiddens(vocabs)
    sutskever = make_designs.count_weights(make_designs.make_net(vocabs, num_hiddens, "initial"))
    assert num_hiddens > make_designs.NUM_HIDDENS and sutskever == pytest.approx(cho, rel=0.003)
