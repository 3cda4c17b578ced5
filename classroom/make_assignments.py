"""Make assignments for nbgrader out of the lessons' exercises: `make assignments`, then see TEACHING.md.

The folder it makes is an nbgrader course: `source/` holds, for each lesson, its exercises with their answers (from the
solution notebook), their checks, and cells that give marks by the same checks; `release/` is what to hand out.
Run: python classroom/make_assignments.py [FOLDER]
"""

import ast
import re
import subprocess
import sys
from pathlib import Path

import nbformat
from folders import fresh
from lessons import FOLDER, METADATA, PROJECT, lessons
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

POINTS = (2, 4, 6)  # of the warm-up, the core exercise, the stretch
CHECK = re.compile(r"^checks\.(\w+)\(\w+\)$", re.MULTILINE)
CONFIG = """# nbgrader's settings for this course; run its commands from this folder.
c = get_config()
c.CourseDirectory.course_id = "seq2seq"
c.IncludeHeaderFooter.header = ""
c.ClearSolutions.code_stub = {"python": ""}          # the function to fill in stands above the answer
c.ClearSolutions.enforce_metadata = True
c.ExecutePreprocessor.timeout = 120                   # seconds for a cell; the checks themselves stop after five
c.ExecutePreprocessor.interrupt_on_timeout = True     # a cell that never ends gets no marks, the others do
c.ExecutePreprocessor.error_on_timeout = {"ename": "CellTimeout", "evalue": "the cell did not end", "traceback": []}
"""


def main(folder):
    if (folder / "submitted").exists():
        sys.exit(f"{folder} holds submissions, which would be lost: move them, or name another folder")
    fresh(folder, "make_assignments")
    (folder / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8", newline="\n")
    names = []
    for lesson in lessons():
        solution = FOLDER / "solutions" / lesson.path.name
        if solution.is_file():
            place = folder / "source" / lesson.stem
            place.mkdir(parents=True)
            nbformat.write(assignment(lesson, solution), place / f"{lesson.stem}.ipynb")
            names.append(lesson.stem)
    for name in names:
        nbgrader(folder, "generate_assignment", name, "--create", "--force")
    print(f"{len(names)} assignments in {folder}: hand out the folders in {folder / 'release'}")


def nbgrader(folder, *command):
    """Run one of nbgrader's commands in a course folder; its own scripts must be on the PATH."""
    run = subprocess.run([sys.executable, "-m", "nbgrader", *command], cwd=folder, capture_output=True, text=True,
                         env=environment())
    if run.returncode:
        sys.exit(f"nbgrader {' '.join(command)} failed:\n{run.stderr[-3000:]}")
    return run.stderr


def environment():
    import os

    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def assignment(lesson, solution):
    """Return the nbgrader source of a lesson: statement, answer and marks of each exercise."""
    ours, theirs = (nbformat.read(path, as_version=4) for path in (lesson.path, solution))
    number = f"{lesson.number:02d}"
    cells = [markdown("title", f"# {lesson.number} · {lesson.name}: exercises\n\n"
                               "Write your answers into the cells below. Each cell ends with a check: run it as often "
                               "as you like. Your marks come from the same checks.")]
    needed = [cell.source for cell in code(theirs) if not CHECK.search(cell.source)]
    answers = [cell for cell in code(theirs)]
    cells.append(locked("imports", imports([*needed, *(cell.source for cell in answers)], number)))
    for points, (name, statement, stub) in zip(POINTS, exercises(ours)):
        cells.append(markdown(f"{name}-task", f"{statement}\n\n*{points} points.*"))
        answer = answer_of(name, stub, code(theirs))
        body, check = stub[: CHECK.search(stub).start()].rstrip(), CHECK.search(stub).group()
        cells.append(cell(f"{name}-answer", f"{body}\n### BEGIN SOLUTION\n{answer}\n### END SOLUTION\n\n{check}",
                          solution=True))
        cells.append(cell(f"{name}-marks", f"from seq2seq_lib.checks import lesson_{number}\n\n"
                                           f"lesson_{number}.{name}.marks({name}, points={points})",
                          grade=True, locked=True, points=points))
    return new_notebook(cells=cells, metadata=METADATA)


def code(nb):
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def exercises(nb):
    """Yield the name, the statement and the stub of each exercise of a lesson."""
    text = ""
    for one in nb.cells:
        if one.cell_type == "markdown":
            text += f"\n\n{one.source}"
        elif CHECK.search(one.source):
            statement = text[text.rindex("\n### "):].strip()
            yield CHECK.search(one.source).group(1), re.sub(r"\(solutions/\S+\)", "", statement), one.source
            text = ""


def answer_of(name, stub, cells):
    """Return the code that solves an exercise: the cell with its check, and those that define what that cell uses."""
    sources = [cell.source for cell in cells]
    at = next(i for i, source in enumerate(sources) if f"checks.{name}({name})" in source)
    wanted, parts = names_used(sources[at]), [CHECK.sub("", sources[at]).rstrip()]
    for source in reversed(sources[:at]):
        defined = {node.name for node in ast.parse(source).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        if defined & wanted and not CHECK.search(source):
            wanted |= names_used(source)
            parts.insert(0, source.rstrip())
    return "\n\n\n".join(parts)


def names_used(source):
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def imports(sources, number):
    """Return the import lines that the answers need, and those of the checks."""
    lines = {ast.unparse(node) for source in sources for node in ast.parse(source).body
             if isinstance(node, (ast.Import, ast.ImportFrom)) and "checks" not in ast.unparse(node)}
    return "\n".join([*sorted(lines), "", f"from seq2seq_lib.checks import lesson_{number} as checks"])


# ---------------------------------------------------------------- nbgrader's metadata

def markdown(name, source):
    return new_markdown_cell(source, id=safe(name), metadata={"nbgrader": metadata(name, "markdown", locked=True)})


def locked(name, source):
    return new_code_cell(source, id=safe(name), metadata={"nbgrader": metadata(name, "code", locked=True)})


def cell(name, source, points=None, **kind):
    about = metadata(name, "code", **kind)
    return new_code_cell(source, id=safe(name), metadata={"nbgrader": about | ({"points": points} if points else {})})


def metadata(name, cell_type, *, grade=False, solution=False, locked=False):
    return dict(grade=grade, solution=solution, locked=locked, task=False, grade_id=safe(name), cell_type=cell_type,
                schema_version=3)


def safe(name):
    return name.replace("_", "-").lower()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "build" / "assignments")
