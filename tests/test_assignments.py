"""The assignments, graded by nbgrader itself: a class of twenty for one lesson, one student for each other lesson."""

import ast
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from lessons import FOLDER, lessons
from make_assignments import POINTS, environment, main

pytestmark = pytest.mark.assignments

LESSON = "01_text_to_tensors"
SECONDS = 12  # for a cell, in these tests


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course") / "assignments"
    main(folder)
    return folder


def names():
    return [solution.stem for solution in lessons(FOLDER / "solutions")]


def nbgrader(course, *command):
    run = subprocess.run([sys.executable, "-m", "nbgrader", *command, f"--ExecutePreprocessor.timeout={SECONDS}"],
                         cwd=course, capture_output=True, text=True, env=environment(), timeout=500)
    assert run.returncode == 0, run.stderr[-3000:]


def cells(nb, kind):
    return [cell for cell in nb.cells if cell.metadata.nbgrader.grade_id.endswith(kind)]


def answers(course, name):
    """The right answers, as the source of the assignment has them."""
    nb = nbformat.read(course / "source" / name / f"{name}.ipynb", as_version=4)
    return [re.search(r"### BEGIN SOLUTION\n(.*)### END SOLUTION", cell.source, re.DOTALL).group(1)
            for cell in cells(nb, "-answer")]


def statements(answer):
    """The text of each statement in the functions of an answer, without what is handed out: names and docstrings."""
    for function in ast.walk(ast.parse(answer)):
        for node in function.body if isinstance(function, ast.FunctionDef) else []:
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                yield ast.get_source_segment(answer, node)


def hand_in(course, student, name, written):
    """Fill in the released notebook: a text for each exercise, None to leave it as it is."""
    nb = nbformat.read(course / "release" / name / f"{name}.ipynb", as_version=4)
    for cell, text in zip(cells(nb, "-answer"), written, strict=True):
        if text is not None:
            cell.source = text
    place = course / "submitted" / student / name
    place.mkdir(parents=True)
    nbformat.write(nb, place / f"{name}.ipynb")


def scores(course, name):
    """The marks of each student, exercise by exercise."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        return {submission.student.id: [grade.auto_score for grade in sorted(
            submission.notebooks[0].grades, key=lambda grade: grade.cell.max_score)]
            for submission in book.assignment_submissions(name)}


def test_what_is_handed_out_holds_no_answer_and_no_test_of_it_is_lost(course):
    for name in names():
        nb = nbformat.read(course / "release" / name / f"{name}.ipynb", as_version=4)
        text = "\n".join(cell.source for cell in nb.cells)
        assert "SOLUTION" not in text and text.count("raise NotImplementedError") >= 3
        assert [cell.metadata.nbgrader.points for cell in cells(nb, "-marks")] == list(POINTS)
        for answer in answers(course, name):
            written = list(statements(answer))
            assert written and [statement for statement in written if statement in text] == []


def test_a_class_of_twenty_gets_the_right_marks(course):
    share, resize, batches = answers(course, LESSON)
    wrong_resize = "def resize(ids, num_steps):\n    return ids[:num_steps]"
    endless = "while True: pass"
    nothing = [0, 0, 0]
    full = list(map(float, POINTS))
    part = "between nothing and half"
    students = {
        "right-1": ([share, resize, batches], full),
        "right-2": ([share + "\nprint('done')", resize, batches], full),
        "right-3": ([share.replace("def ", "# mine\ndef "), resize, batches], full),
        "right-4": ([share, resize, f"{batches}\nassert True"], full),
        "half-1": ([share, None, None], [full[0], 0, 0]),
        "half-2": ([None, resize, None], [0, full[1], 0]),
        "half-3": ([share, resize, None], [full[0], full[1], 0]),
        "half-4": ([share, wrong_resize, batches], [full[0], part, full[2]]),
        "wrong-1": (["def unknown_share(*arguments):\n    return 0.0"] + [None] * 2, [part, 0, 0]),
        "wrong-2": ([None, "def resize(ids, num_steps):\n    return None", None], nothing),
        "wrong-3": ([None, wrong_resize, None], [0, part, 0]),
        "wrong-4": ([share, "def resize(ids):\n    return ids", batches], [full[0], 0, full[2]]),
        "empty-1": ([None, None, None], nothing),
        "empty-2": (["", "", ""], nothing),
        "empty-3": (["# later", None, ""], nothing),
        "crash-1": (["def unknown_share(*arguments):\n    return 1 / 0", resize, batches], [0, *full[1:]]),
        "crash-2": (["def unknown_share(:", resize, batches], [0, *full[1:]]),
        "crash-3": ([share, "import sys\nsys.exit('enough')", batches], [full[0], 0, full[2]]),
        "endless-1": ([share, f"def resize(*arguments):\n    {endless}", batches], [full[0], 0, full[2]]),
        "endless-2": ([share, endless, batches], [full[0], 0, full[2]]),
    }
    assert len(students) == 20
    for student, (written, _) in students.items():
        hand_in(course, student, LESSON, written)
    nbgrader(course, "autograde", LESSON, "--create")
    nbgrader(course, "generate_feedback", LESSON)
    given = scores(course, LESSON)
    assert set(given) == set(students)
    for student, (_, expected) in students.items():
        for points, got, wanted in zip(POINTS, given[student], expected, strict=True):
            assert 0 <= got <= points / 2 if wanted == part else got == wanted, (student, given[student], expected)
        feedback = course / "feedback" / student / LESSON / f"{LESSON}.html"
        score = f"(Score: {round(float(sum(given[student])), 2)} / {float(sum(POINTS))})"
        assert score in feedback.read_text(encoding="utf-8"), (student, score)


@pytest.mark.parametrize("name", [name for name in names() if name != LESSON])
def test_the_right_answers_of_every_other_lesson_get_full_marks(course, name):
    hand_in(course, "ada", name, answers(course, name))
    nbgrader(course, "autograde", name, "--create")
    assert scores(course, name) == {"ada": list(map(float, POINTS))}


def test_submissions_are_never_overwritten(course, tmp_path):
    shutil.copytree(course / "source", tmp_path / "source")
    (tmp_path / "submitted").mkdir()
    with pytest.raises(SystemExit, match="submissions, which would be lost"):
        main(tmp_path)
    assert (tmp_path / "source").is_dir()
