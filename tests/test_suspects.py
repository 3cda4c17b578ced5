"""The suspects and the tests of lesson 09: each case is found, no right program is accused, each slip does its harm.

The tests are those of the solution notebook, taken out of its cells.
"""

import ast

import nbformat
import pytest
import torch
from lessons import FOLDER

from seq2seq_lib import cases, suspects
from seq2seq_lib.cases import CASES
from seq2seq_lib.checks.hunt import Hunt
from seq2seq_lib.suspects import RIGHT, Suspect, setup, small_corpus

NOT_OF_THE_SEED = {"perfect_scores_100", "spoiling_costs", "no_source_in_two_parts", "test_words_stay_unknown"}
TRAINED = {"learns_by_heart", "nothing_leaks"}
LESSON = {"padding_changes_nothing", "first_loss_is_log_V", "learns_by_heart", "one_pass_is_single_steps",
          "says_the_same_twice", "perfect_scores_100"}


def functions_of_the_solution():
    """The functions of the solution notebook that take a suspect, by their names, without their checks."""
    cells = nbformat.read(FOLDER / "solutions" / "09_bug_hunt.ipynb", as_version=4).cells
    wanted = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    body = [node for cell in cells if cell.cell_type == "code" for node in ast.parse(cell.source).body
            if isinstance(node, wanted)]
    names = {}
    exec(compile(ast.Module(body, []), "solution", "exec"), names)
    return {node.name: names[node.name] for node in body if isinstance(node, ast.FunctionDef)}


TESTS = functions_of_the_solution()


@pytest.fixture(scope="module")
def hunt():
    hunt = Hunt()
    hunt(*TESTS.values())
    return hunt


def test_nobody_is_left_and_no_right_program_is_accused(hunt):
    assert hunt.found() == [*range(1, len(CASES) + 1)]
    assert not any(any(row[len(CASES):]) for row in hunt.rows.values())


def test_the_six_of_the_lesson_leave_some_and_each_test_finds_one(hunt):
    assert set(TESTS) > LESSON and all(hunt.found_by(test) for test in TESTS.values())
    found = {case for name in LESSON for case in hunt.found_by(TESTS[name])}
    assert len(CASES) - len(found) >= 7


SEEDS = {name: 1 if name in NOT_OF_THE_SEED else 10 if name in TRAINED else 200 for name in TESTS}


@pytest.mark.parametrize("right", RIGHT, ids=lambda right: right.__name__)
def test_a_right_program_is_accused_under_no_seed(right):
    """200 seeds for a test without training, on fewer sentences, 10 for the others."""
    parts = right().pairs()
    vocabs = right().vocabs(parts)
    few = {"train": parts["train"][::30], "validation": parts["validation"][:4], "test": parts["test"][:4]}
    quick = type(right.__name__, (right,), {
        "batch_size": 8, "num_steps": 6, "pairs": lambda self: dict(few), "vocabs": lambda self, parts: vocabs})
    for name, test in TESTS.items():
        for seed in range(SEEDS[name]):
            torch.manual_seed(seed)
            assert test((quick if SEEDS[name] == 200 else right)(seed=seed)), (name, seed)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_a_case_replaces_one_method_and_runs_to_the_end(case):
    changed = {name for name in vars(case) if not name.startswith("__")} - {"slip", "seen"}
    assert len(changed) == 1 and changed <= set(vars(Suspect)), changed
    assert case.slip.endswith(".") and case.seen and "seq2seq_lib" not in case.slip
    program = case(small_corpus()[::4])
    program.num_epochs = 1
    net, losses, score = program.run()
    assert len(losses) == 1 and 0 < losses[0] < 100 and 0 <= score <= 100.001
    assert net.encoder and program.rows


def test_all_cases_are_listed_and_cite_what_they_say():
    there = {one for one in vars(cases).values()
             if isinstance(one, type) and issubclass(one, cases.Case) and one is not cases.Case}
    assert set(CASES) == there and len(CASES) == len(there) >= 14
    assert {case.seen for case in CASES} == {
        "common", "d2l-ai/d2l-en, issue 2134", "pytorch/tutorials, issue 3643", "mjpost/sacrebleu, issue 275"}


def test_the_rows_are_short_and_a_reader_may_change_them():
    rows = small_corpus()
    rows.clear()
    assert len(small_corpus()) == suspects.NUM_ROWS
    assert max(len(source.split()) for source, _ in small_corpus()) <= suspects.MOST_WORDS


# ---------------------------------------------------------------- what each slip does

def first_batch(program):
    _, vocabs, batches, net = setup(program)
    return vocabs, batches, net.eval()


def test_slips_of_the_data():
    parts = cases.SplitByPair().pairs()
    assert {tuple(s) for s, _ in parts["train"]} & {tuple(s) for s, _ in parts["test"]}
    wide, narrow = (program.vocabs(program.pairs()) for program in (cases.VocabOfAll(), Suspect()))
    assert len(wide[0]) > len(narrow[0]) and len(wide[1]) > len(narrow[1])
    _, batches, _ = first_batch(cases.EosBehindPadding())
    assert any((Y == suspects.PAD).any() and (Y[:, -1] == suspects.EOS).all() for _, _, Y, _ in batches)


def test_slips_of_the_loss_and_of_the_report():
    _, batches, net = first_batch(Suspect())
    batch = next(batch for batch in batches if batch[3].min() < batch[3].max())
    right = Suspect().loss(net, batch)
    others = {case: case().loss(net, batch) for case in (
        cases.Unmasked, cases.PerSentence, cases.ViewForPermute, cases.NotShifted, cases.SoftmaxTwice)}
    assert all(not torch.isclose(right, loss, rtol=1e-6, atol=0) for loss in others.values())
    per_sentence = right * batch[3].sum() / len(batch[3])
    assert torch.isclose(others[cases.PerSentence], per_sentence, rtol=1e-5)
    frozen = torch.optim.SGD(net.parameters(), lr=0)
    assert cases.LastBatchOnly().epoch(net, frozen, batches) == pytest.approx(
        Suspect().loss(net, batches[-1]).item(), abs=1e-5)


def test_slips_of_prediction_and_of_the_score():
    program = Suspect()
    pairs = program.pairs()["validation"]
    vocabs = program.vocabs(program.pairs())
    spoiled = cases.ReferencesThroughVocab().references(pairs, vocabs)
    assert any("<unk>" in label for labels in spoiled.values() for label in labels)
    references = list(program.references(pairs, vocabs).values())
    only_first = [references[0][0]] + ["?"] * (len(references) - 1)
    assert cases.FirstSentenceOnly().score(only_first, references) > 99 > program.score(only_first, references)
    net = program.net(vocabs)
    sentence = "She's in Paris."
    seen = []
    net.encoder.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    program.translate(net, [sentence], vocabs)
    cases.OtherTokens().translate(net, [sentence], vocabs)
    assert seen[0].shape != seen[1].shape
