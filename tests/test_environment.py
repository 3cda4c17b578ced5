"""The environment check: green here, and for each thing that may be amiss one sentence that says what to do."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import torch

from seq2seq_lib import environment
from seq2seq_lib.environment import Report, check_environment


def advice(part):
    """The advice of the line that has `part` in its name; all other lines are green."""
    report = check_environment()
    [found] = [text for what, text in report.lines if part in what]
    assert [what for what, text in report.lines if text and part not in what] == []
    assert report.ok == (not found)
    return found


def test_all_is_well_here_and_the_report_is_the_same_everywhere():
    report = check_environment()
    assert report.ok and repr(report) == "\n".join(f"✓ {what}" for what in environment.CHECKS)
    assert report._repr_html_().count("good</strong>") == len(environment.CHECKS)
    assert torch.__version__ not in repr(report)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_report_does_not_depend_on_a_few_threads(threads):
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        assert check_environment().ok
    finally:
        torch.set_num_threads(before)


def test_an_old_python(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    assert environment._advice(environment._python).startswith("This is Python 3.9.")


def test_an_old_torch(monkeypatch):
    monkeypatch.setattr(torch, "__version__", "1.13.1+cpu")
    assert "pip install -r requirements.txt" in advice("PyTorch")


def test_a_missing_package(monkeypatch):
    monkeypatch.setattr(environment, "NEEDED", ("pandas", "no_such_package"))
    assert advice("packages").startswith("Missing: no_such_package. Run in")


def test_missing_data(monkeypatch):
    def nowhere():
        raise FileNotFoundError("no data folder with eng-fra.tsv found: run from inside the project's folder")

    monkeypatch.setattr("seq2seq_lib.corpus.data_folder", nowhere)
    assert "run from inside the project's folder" in advice("sentence pairs")


def test_a_missing_and_a_damaged_model(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "data_folder", lambda: tmp_path)
    assert advice("models") == ("data/models/eng-fra.safetensors is missing. Take it from the project again, or run: "
                                "make model")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "eng-fra.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1")
    assert "is damaged or is no checkpoint" in advice("models")


def test_a_folder_that_cannot_be_written_to(monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert "Copy the whole project" in advice("written")


def test_far_too_many_threads(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 999)
    assert "OMP_NUM_THREADS=" in advice("threads")


def test_what_a_report_shows_is_escaped_and_no_sign_stands_alone():
    report = Report([("<b>", ""), ("data", "a & b")])
    assert repr(report) == "✓ <b>\n✗ data: a & b" and not report.ok
    html = report._repr_html_()
    assert "&lt;b&gt;" in html and "a &amp; b" in html and "to do</strong> data" in html


def test_the_library_does_not_load_it():
    code = "import sys, seq2seq_lib; assert 'seq2seq_lib.environment' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


# --- the versions, which are named in several files ---------------------------------------------

PROJECT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
[TORCH] = [requirement for requirement in PYPROJECT["dependencies"] if requirement.startswith("torch")]


def bounds(requirement):
    """The oldest version of a requirement and the first that is too new: "torch>=2.6,<2.16" -> (2, 6), (2, 16)."""
    oldest, too_new = re.fullmatch(r"[a-z]*>=([\d.]+),<([\d.]+)", requirement).groups()
    return tuple(map(int, oldest.split("."))), tuple(map(int, too_new.split(".")))


def pythons():
    """The oldest Python and the newest, as pyproject.toml has them: (3, 11), (3, 14)."""
    oldest, (major, minor) = bounds(PYPROJECT["requires-python"])
    return oldest, (major, minor - 1)


def test_the_oldest_versions_are_those_of_pyproject():
    assert environment.PYTHON == pythons()[0]
    assert environment.TORCH == bounds(TORCH)[0]


def test_the_torch_of_the_lessons_is_within_the_bounds():
    requirements = (PROJECT / "requirements.txt").read_text(encoding="utf-8")
    major, minor = re.search(r"^torch==(\d+)\.(\d+)", requirements, re.MULTILINE).groups()
    oldest, too_new = bounds(TORCH)
    assert oldest <= (int(major), int(minor)) < too_new


def test_make_takes_the_pythons_of_pyproject_and_names_them(monkeypatch):
    [line] = re.findall(r"\$\(PYTHON\) -c '(.*)'", (PROJECT / "Makefile").read_text(encoding="utf-8"))
    (major, first), (_, last) = pythons()
    for minor in (first - 1, first, last, last + 1):
        monkeypatch.setattr(sys, "version_info", (major, minor, 2))
        with pytest.raises(SystemExit) as stop:
            exec(line)
        if first <= minor <= last:
            assert stop.value.code is None
        else:
            assert stop.value.code.startswith(f"Python {major}.{first} to {major}.{last} is needed")


def test_documents_and_workflow_name_the_pythons_of_pyproject():
    oldest, newest = (f"{major}.{minor}" for major, minor in pythons())
    workflow = (PROJECT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    assert f'python: ["{oldest}", "{newest}"]' in workflow
    for name in ("README.md", "TEACHING.md"):
        assert f"Python {oldest} to {newest}" in " ".join((PROJECT / name).read_text(encoding="utf-8").split()), name
