"""What the commands of classroom/ have in common: the folders that they write, npm, and files alike on every system."""

import ast
import os
import shutil
import subprocess
from pathlib import Path

import front_end
import make_assignments
import make_site
import make_slides
import pytest
from browser import npm_package
from folders import fresh

PROJECT = Path(__file__).parents[1]
CLASSROOM = PROJECT / "classroom"

COMMANDS = {"make_site": make_site.main, "make_slides": make_slides.main, "make_assignments": make_assignments.main}


def files_in(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# ---------------------------------------------------------------- folders

@pytest.mark.parametrize("name", COMMANDS)
def test_a_folder_that_the_command_has_not_made_is_refused_and_kept(tmp_path, monkeypatch, name):
    monkeypatch.setattr(make_slides, "package", lambda name: tmp_path)
    (tmp_path / "mine" / "thesis").mkdir(parents=True)
    (tmp_path / "mine" / "thesis" / "chapter.txt").write_bytes(b"three years of work")
    before = files_in(tmp_path)
    with pytest.raises(SystemExit, match="mine holds files that .* did not make"):
        COMMANDS[name](tmp_path / "mine")
    with pytest.raises(SystemExit, match="chapter.txt is a file"):
        COMMANDS[name](tmp_path / "mine" / "thesis" / "chapter.txt")
    assert files_in(tmp_path) == before


def test_an_empty_folder_is_taken_and_a_made_one_replaced(tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "deep" / "new"):
        for _ in range(2):
            fresh(folder, "make_site")
            assert [path.name for path in folder.iterdir()] == [".made_by_make_site"]
            (folder / "page.html").write_bytes(b"old")


def test_a_folder_of_another_command_is_refused(tmp_path):
    """Slides are not replaced by a site, nor a course and its marks by slides."""
    fresh(tmp_path / "built", "make_assignments")
    with pytest.raises(SystemExit, match="make_slides did not make"):
        fresh(tmp_path / "built", "make_slides")


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
def test_make_clean_keeps_submissions(tmp_path):
    shutil.copy(PROJECT / "Makefile", tmp_path)
    (tmp_path / "build" / "assignments" / "submitted").mkdir(parents=True)
    run = subprocess.run(["make", "clean"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode != 0 and "holds submissions, which would be lost" in run.stdout
    assert (tmp_path / "build" / "assignments" / "submitted").is_dir()
    (tmp_path / "build" / "assignments" / "submitted").rmdir()
    subprocess.run(["make", "clean"], cwd=tmp_path, capture_output=True, check=True)
    assert not (tmp_path / "build").exists()


@pytest.mark.skipif(os.name == "nt", reason="a link needs rights of its own on Windows")
def test_a_link_to_a_folder_is_followed_and_stays(tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    for _ in range(2):
        fresh(tmp_path / "link", "make_site")
        assert (tmp_path / "link").is_symlink() and (tmp_path / "disk" / ".made_by_make_site").is_file()


# ---------------------------------------------------------------- npm

@pytest.fixture
def npm_folder(tmp_path, monkeypatch):
    """An empty folder for npm, which finds no registry."""
    monkeypatch.setattr(front_end, "BUILD", tmp_path / "npm")
    monkeypatch.setattr(front_end, "PATIENCE", ["--fetch-retries=0"])
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:1/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    return tmp_path / "npm"


@pytest.mark.skipif(shutil.which("npm") is None, reason="no npm")
def test_npm_without_a_network_is_told_in_a_sentence_and_an_old_package_is_not_taken_for_the_new(npm_folder):
    (npm_folder / "node_modules" / "axe-core").mkdir(parents=True)
    (npm_folder / "package.json").write_text("{}", encoding="utf-8", newline="\n")  # of an older version
    for _ in range(2):
        with pytest.raises(FileNotFoundError, match="npm cannot install axe-core, for which it needs the network once"):
            front_end.package("axe-core")


def test_a_package_that_cannot_be_had_skips_a_test_but_fails_in_continuous_integration(npm_folder, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="npm is missing: install Node.js"):
        npm_package("axe-core")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(FileNotFoundError, match="npm is missing: install Node.js"):
        npm_package("axe-core")


# ---------------------------------------------------------------- Windows

def careless(source):
    """Yield the line and the text of each call that opens a text file and leaves its encoding to the system, or writes
    it with the line ends of the system.

    `open(path, mode)`, `path.open(mode)`, `read_text` and `write_text` are looked at; writing by a library is not.
    """
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        method = isinstance(node.func, ast.Attribute)
        name = node.func.attr if method else getattr(node.func, "id", "")
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        needed = {"read_text": {"encoding"}, "write_text": {"encoding", "newline"}}.get(name, set())
        if name == "open":
            mode = named.get("mode", [*node.args, ast.Constant("r"), ast.Constant("r")][0 if method else 1])
            mode = getattr(mode, "value", "b")  # Image.open(data) has none
            needed = set() if "b" in mode else {"encoding"} if mode == "r" else {"encoding", "newline"}
        if needed - set(named):
            yield node.lineno, ast.unparse(node)


def test_a_file_that_a_script_writes_is_the_same_on_windows():
    """Which otherwise writes CRLF, and another encoding than UTF-8."""
    for source in ("open(p)", "open(p, 'w', encoding='utf-8')", "p.open('a')", "p.read_text()", "p.write_text('x')",
                   "p.write_text('x', encoding='utf-8')", "open(p, mode='x', newline='')"):
        assert len(list(careless(source))) == 1, source
    for source in ("open(p, 'rb')", "p.open('wb')", "open(p, 'w', encoding='utf-8', newline='')", "p.write_bytes(b'')",
                   "p.read_text(encoding='utf-8')", "p.write_text('x', encoding='utf-8', newline='\\n')"):
        assert list(careless(source)) == [], source
    scripts = [*CLASSROOM.glob("*.py"), *(PROJECT / "data").glob("*.py"), *(PROJECT / "seq2seq_lib").rglob("*.py"),
               PROJECT / "tests" / "run_notebooks.py"]
    assert {"make_site.py", "make_corpus.py", "checkpoint.py", "run_notebooks.py"} <= {path.name for path in scripts}
    found = {path.relative_to(PROJECT).as_posix(): list(careless(path.read_text(encoding="utf-8"))) for path in scripts}
    assert {path: calls for path, calls in found.items() if calls} == {}
