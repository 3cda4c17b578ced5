"""What the checks say of answers as a class hands them in (`answers/`)."""

import importlib
from pathlib import Path

import pytest
from answers import ANSWERS, UNNAMED

CORE = {"task", "resize", "last_states", "SutskeverDecoder", "answer_loss", "adam_step", "go_on", "papineni",
        "bootstrap_interval", "reports_the_loss", "beam_step", "additive_score",
        "paired_bootstrap_right"}
EXERCISES = {}
for path in sorted((Path(__file__).parent / "answers").glob("lesson_*.py")):
    importlib.import_module(f"answers.{path.stem}")
    EXERCISES |= {check.name: check for check in importlib.import_module(f"seq2seq_lib.checks.{path.stem}").EXERCISES}


@pytest.mark.parametrize("name, answer, part_of_message", [
    pytest.param(*answer, id=f"{answer[0]}-{i}") for i, answer in enumerate(ANSWERS)])
def test_answers_are_told_what_they_are(name, answer, part_of_message):
    verdict = EXERCISES[name](answer)
    if part_of_message is None:
        assert verdict.status == "right", verdict
    else:
        assert verdict.status == "wrong" and part_of_message in verdict.message


@pytest.mark.parametrize("name", EXERCISES)
def test_there_are_enough_answers_and_most_slips_are_named(name):
    parts = [part for exercise, _, part in ANSWERS if exercise == name]
    wrong = [part for part in parts if part]
    if name in CORE:
        assert len(wrong) >= 20 and parts.count(None) >= 3 and wrong.count(UNNAMED) <= 0.2 * len(wrong)
    else:
        assert len(wrong) >= 10 and parts.count(None) >= 2
