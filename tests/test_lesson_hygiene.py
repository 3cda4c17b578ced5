"""The form of every notebook: run in order, readable for everybody, the same on every machine, with clean metadata.

Each rule is a function that yields what is wrong. It is tried on a notebook that breaks it, then on all of ours.
"""

import ast
import copy
import getpass
import importlib
import re
import socket
from pathlib import Path

import nbformat
import pytest
from lessons import FOLDER, METADATA, NAMES, notebooks
from minutes import QUESTION
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from run_notebooks import KEPT

PATHS = notebooks()

# Cells whose output nbval does not compare, at most two a notebook, each followed by one that asserts what matters:
# ("05_training", "id of the cell"): "why". Lesson 08 trains a translator and then looks at what it does: each of those
# cells shows one thing of a net that differs from machine to machine.
MOST_IGNORED = {"08_translator": 11}
IGNORED = {
    ("solutions/12_experiments", "s19"): "ten nets that this run trained: how many of 200 rows they get right",
    ("11_attention", "a07"): "two nets that this run trained: how many of 200 sentences they copy",
    ("11_attention", "a55"): "a map of the one that attends",
    ("10_beam_search", "toy"): "the lengths that two nets write which this run trained",
    ("09_bug_hunt", "story"): "the losses and translations of three short trainings differ in the last digits",
    ("08_translator", "training"): "the curves of a training run differ in the last digits",
    ("08_translator", "look"): "translations of the net that this run trained",
    ("08_translator", "scores"): "its scores",
    ("08_translator", "kinds"): "its scores by kind of sentence",
    ("08_translator", "lengths"): "its scores by length",
    ("08_translator", "heard"): "its scores by what training has shown",
    ("08_translator", "worst"): "its worst translations",
    ("08_translator", "reordered"): "its translations with another vocabulary",
    ("08_translator", "keywords"): "sentences of another net that this run trained",
    ("08_translator", "widget"): "a translation of the net, with probabilities",
    ("08_translator", "mine"): "its translations of the reader's sentences",
    ("07_bleu", "g03"): "translations by the shipped model",
    ("07_bleu", "g59"): "scores of the shipped model",
    ("05_training", "t29"): "the losses of three seeds differ in the last digits",
    ("05_training", "t41"): "the table of the runs has their speed in it",
    ("04_masked_loss", "curves"): "the curves of short trainings differ in the last digits",
    ("04_masked_loss", "results"): "the losses and translations of the nets that these trainings made",
    ("06_prediction", "hundred"): "which values dropout sets to zero differs from build to build",
    ("06_prediction", "cost"): "the same",
    ("03_decoder", "d35"): "a short training: its translations may differ in a word from machine to machine",
}

MOST_ASSERTS = 6  # of a lesson, outside of its proofs
MARKERS = re.compile(r"NBVAL_IGNORE_OUTPUT|NBVAL_SKIP|NBVAL_RAISES_EXCEPTION|raises-exception", re.IGNORECASE)
MACHINE = re.compile(r"/(?:home|root|Users|work|tmp|usr|opt|mnt|content)/|[A-Z]:\\|file:/|\b0x[0-9a-f]{6,}")
TIMING = re.compile(r"\d ?(?:ns|[µu]s|ms|s|secs?|seconds?|min|minutes?|it/s|s/it|tokens/s|tokens per second)\b")


# ---------------------------------------------------------------- reading a notebook

def name_of(path):
    return path.relative_to(FOLDER).with_suffix("").as_posix()


def code_cells(nb):
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def prose(nb):
    """The text of the markdown cells, without code."""
    text = "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def is_ignored(cell):
    return bool(MARKERS.search(cell.source) or MARKERS.search(" ".join(cell.metadata.get("tags", []))))


def shown(cell):
    """What the outputs of a cell show, as text: HTML without its tags, and no pictures."""
    for output in cell.outputs:
        for kind, text in output.get("data", {"text/plain": output.get("text", "")}).items():
            if kind.startswith("text/") or kind == "image/svg+xml":
                yield text if kind == "text/plain" else re.sub(r"<style.*?</style>|<[^>]*>", " ", text, flags=re.DOTALL)


def html(nb):
    """All HTML and SVG of the outputs, and the markdown."""
    yield prose(nb)
    for cell in code_cells(nb):
        for output in cell.outputs:
            yield from (text for kind, text in output.get("data", {}).items() if kind in ("text/html", "image/svg+xml"))


# ---------------------------------------------------------------- the rules

def few_cells_are_ignored(nb, path):
    cells = code_cells(nb)
    ignored = [i for i, cell in enumerate(cells) if is_ignored(cell)]
    most = MOST_IGNORED.get(name_of(path), 2)
    if len(ignored) > most:
        yield f"{len(ignored)} cells are not compared by nbval; {most} may be"
    for i in ignored:
        if (name_of(path), cells[i].id) not in IGNORED:
            yield f"cell {cells[i].id} is not compared by nbval: name it in IGNORED, with the reason"
        if not re.search(r"assert|prove\(", "".join(cell.source for cell in cells[i + 1 : i + 2])):
            yield f"the code cell after {cells[i].id} does not assert what matters of it"


def answers_are_folded(nb, path):
    """Under a question the output is folded, the code tells nothing, and JupyterLab's teaser of one line neither."""
    asked = False
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            asked = asked or QUESTION in cell.source
            if any(not line.startswith(">") for line in cell.source.splitlines() if QUESTION in line):
                yield f"the question in {cell.id} is no quotation: put > before each of its lines"
            continue
        folded = bool(cell.metadata.get("jupyter", {}).get("outputs_hidden"))
        if asked != folded and cell.outputs:
            yield f"cell {cell.id} answers " + ("a question: fold its output" if asked else "none, and is folded")
        if asked and re.search(r"^\s*assert\b", cell.source, re.MULTILINE):
            yield f"cell {cell.id} asserts the answer under a question: move that into the section's proof"
        for output in cell.outputs[:1] if asked else ():
            data = output.get("data", {})
            text = data.get("text/html") or data.get("text/plain") or output.get("text", "")
            teaser = next(filter(None, text.split("\n")), "")
            if not re.fullmatch(r".*:|\s*", teaser):
                yield f"cell {cell.id} shows {teaser[:40]!r} while it is folded: first print a line with a colon"
        asked = False


def proofs_stand_apart(nb, path):
    for cell in code_cells(nb):
        proof = "proof" in cell.metadata.get("tags", [])
        if proof != bool(re.search(r"^prove\(", cell.source, re.MULTILINE)):
            yield f"cell {cell.id}: what proves carries the tag `proof`, and nothing else does"
        if proof != bool(cell.metadata.get("jupyter", {}).get("source_hidden")):
            yield f"cell {cell.id}: the code of a proof is folded, and no other"
        if proof and "✗" in "".join(shown(cell)):
            yield f"cell {cell.id}: a claim fails"
    asserts = sum(len(re.findall(r"^\s*assert\b", cell.source, re.MULTILINE)) for cell in code_cells(nb)
                  if not re.search(r"^checks\.", cell.source, re.MULTILINE))
    if path.parent == FOLDER and asserts > MOST_ASSERTS:
        yield f"{asserts} asserts stand among the code; {MOST_ASSERTS} may, of which the reader learns something"


def lines_are_short(nb, path):
    for cell in code_cells(nb):
        longest = max(map(len, cell.source.splitlines()), default=0)
        if longest > 92:
            yield f"cell {cell.id} has a line of {longest} characters; 92 are allowed"


def asides_say_so(nb, path):
    inside = False
    for cell in nb.cells:
        aside = "aside" in cell.metadata.get("tags", [])
        if aside and not inside and not (cell.cell_type == "markdown" and re.match(r"#+ Aside", cell.source)):
            yield f"cell {cell.id} begins an aside without a heading that says so: `### Aside: ...`"
        inside = aside


def markers_are_tags(nb, path):
    yield from (f"cell {cell.id} has a marker in its code: make it a tag" for cell in code_cells(nb)
                if "NBVAL_" in cell.source)


def cells_are_executed_in_order(nb, path):
    counts = [cell.execution_count for cell in code_cells(nb)]
    if counts != list(range(1, len(counts) + 1)):
        yield f"the execution counts are {counts}: restart the kernel, run all, save"


def outputs_hold_no_error_and_no_stderr(nb, path):
    for cell in code_cells(nb):
        for output in cell.outputs:
            if output.output_type == "error" or output.get("name") == "stderr":
                yield f"cell {cell.id} has an output of {output.get('ename', 'stderr')}"


def nothing_tells_the_machine(nb, path):
    names = [name for name in (socket.gethostname(), getpass.getuser()) if len(name) > 4]
    for cell in code_cells(nb):
        for text in [cell.source, *shown(cell)]:
            found = [hit.group() for hit in MACHINE.finditer(text)]
            found += [name for name in names if re.search(rf"\b{re.escape(name)}\b", text)]
            if found:
                yield f"cell {cell.id} shows {found[0]!r}: a path, an address, or the name of a machine or a user"


def compared_outputs_hold_no_timing(nb, path):
    for cell in code_cells(nb):
        found = [hit.group() for text in shown(cell) for hit in TIMING.finditer(text)]
        if found and not is_ignored(cell):
            yield f"cell {cell.id} shows a time, {found[0]!r}, which differs from run to run"
        if re.search(r"^%%?time", cell.source, re.MULTILINE):
            yield f"cell {cell.id} measures time"


def pictures_have_alt_text(nb, path):
    for cell in code_cells(nb):
        for output in cell.outputs:
            if any(kind.startswith("image/") and kind != "image/svg+xml" for kind in output.get("data", {})):
                yield f"cell {cell.id} has a bare image; show a `Picture` of seq2seq_lib.plots, which has alt text"
    for text in html(nb):
        for tag in re.findall(r"<img\b[^>]*>", text):
            if not re.search(r"""\balt=(?:"[^"]{10,}"|'[^']{10,}')""", tag):
                yield f"no alt text: {tag[:80]}"
        for tag in re.findall(r"<svg\b[^>]*>", text):
            if "aria-hidden" not in tag and not ('role="img"' in tag and re.search(r'aria-label="[^"]{10,}"', tag)):
                yield f"no role or label: {tag[:80]}"
    yield from (f"no alt text: {hit}" for hit in re.findall(r"!\[.{0,9}\]\([^)]*\)", prose(nb)))


def code_is_short_and_followed_by_prose(nb, path):
    cells = code_cells(nb)
    for cell in cells:
        lines = [line for line in cell.source.splitlines() if not line.startswith(("import ", "from "))]
        if len(lines) > 15:
            yield f"cell {cell.id} has {len(lines)} lines beside imports; 15 are allowed"
    kinds = [cell.cell_type for cell in nb.cells]
    alone = sum(one == "code" and other != "markdown" for one, other in zip(kinds, [*kinds[1:], None]))
    if alone > len(cells) / 5:
        yield f"{alone} of {len(cells)} code cells are not followed by prose; a fifth may be"


def only_the_first_code_cell_imports(nb, path):
    first = 2 if path.stem == "00_start_here" and path.parent == FOLDER else 1  # it shows its translator first
    for cell in code_cells(nb)[first:]:
        if any(isinstance(node, (ast.Import, ast.ImportFrom)) for node in ast.walk(ast.parse(cell.source))):
            yield f"cell {cell.id} imports; only the first code cell does"


def links_resolve(nb, path):
    text = prose(nb)
    headings = {re.sub(r"[*`]", "", title).strip().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", "\n".join(
        cell.source for cell in nb.cells if cell.cell_type == "markdown"), re.MULTILINE)}
    for target in re.findall(r"\]\(([^)\s]+)[^)]*\)", text) + re.findall(r"""\b(?:href|src)=["']([^"']+)""", text):
        file, _, heading = target.partition("#")
        if re.match(r"https://|data:image/", target):
            continue
        if not file and heading not in headings:
            yield f"no heading for the link to #{heading}"
        planned = (path.parent / file).resolve() in [(FOLDER / f"{name}.ipynb").resolve() for name in NAMES]
        if file and not planned and not (path.parent / file).is_file():
            yield f"the link to {target} leads nowhere"
    numbers = re.findall(r"\blessons? (\d+)(?:(?:,| and| to|-|–) (\d+))*", text, re.IGNORECASE)
    for number in {number for pair in numbers for number in pair if number}:
        if not any(name.startswith(f"{int(number):02d}_") for name in NAMES):
            yield f"there is no lesson {number}"
    for name in re.findall(r"\b0\d_\w+", text):
        if name.removesuffix("_") not in NAMES:
            yield f"there is no notebook {name}"


def the_notebook_is_planned_and_small(nb, path):
    if path.stem not in NAMES:
        yield f"{path.stem} is not among the planned lessons"
    if path.is_file() and path.stat().st_size >= 500_000:
        yield f"{path.stat().st_size} bytes; less than 500 KB are allowed"


def metadata_is_clean(nb, path):
    if nb.metadata != METADATA or (nb.nbformat, nb.nbformat_minor) != (4, 5):
        yield f"the notebook's metadata is {dict(nb.metadata)}, format {nb.nbformat}.{nb.nbformat_minor}"
    for cell in nb.cells:
        metadata = {key: value for key, value in cell.metadata.items() if key not in KEPT}
        folds = set(cell.metadata.get("jupyter", {})) - {"outputs_hidden", "source_hidden"}
        if metadata or folds or "attachments" in cell or any(one.get("metadata") for one in cell.get("outputs", [])):
            yield f"cell {cell.id} has metadata, folds or attachments: {metadata or folds}"
    if len({cell.id for cell in nb.cells}) < len(nb.cells):
        yield "two cells have the same id"
    if path.is_file() and path.read_text(encoding="utf-8") != nbformat.writes(nb) + "\n":
        yield "the file is not written as Jupyter writes it"


RULES = (few_cells_are_ignored, cells_are_executed_in_order, outputs_hold_no_error_and_no_stderr,
         nothing_tells_the_machine, compared_outputs_hold_no_timing, pictures_have_alt_text,
         code_is_short_and_followed_by_prose, only_the_first_code_cell_imports, links_resolve,
         the_notebook_is_planned_and_small, metadata_is_clean, answers_are_folded, proofs_stand_apart, lines_are_short,
         asides_say_so, markers_are_tags)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_notebook(path, rule):
    assert list(rule(nbformat.read(path, as_version=4), path)) == []


def test_ignored_cells_are_there():
    ids = {(name_of(path), cell.id) for path in PATHS for cell in nbformat.read(path, as_version=4).cells}
    assert set(IGNORED) <= ids


# ---------------------------------------------------------------- exercises

def verdicts(nb):
    """The first line of each verdict by the name of its check."""
    checks = {}
    for cell in code_cells(nb):
        for name in re.findall(r"^(?:\w+ = )?checks\.(\w+)\(\w+\)$", cell.source, re.MULTILINE):
            checks[name] = "".join(text.split("\n")[0] for output in cell.outputs
                                   for text in [output.get("data", {}).get("text/plain", "")])
    return checks


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_each_blank_and_exercise_is_solved_in_the_solutions_and_untouched_in_the_lesson(path):
    nb = nbformat.read(path, as_version=4)
    number = re.search(r"checks import (lesson_\d\d) as checks", "\n".join(cell.source for cell in code_cells(nb)[:2]))
    assert number, "its first cells import no checks"
    module = importlib.import_module(f"seq2seq_lib.checks.{number.group(1)}")
    words = "✓ Right" if path.parent.name == "solutions" else "○ Not attempted yet"
    pieces = (*module.EXERCISES, *getattr(module, "BLANKS", ()))
    assert verdicts(nb) == {piece.name: f"{words} · {piece.name}" for piece in pieces}
    assert number.group(1)[-2:] == path.stem[:2]


# ---------------------------------------------------------------- the rules themselves

def cell(source, number, *outputs, **options):
    return new_code_cell(source, id=f"c{number}", execution_count=number, outputs=list(outputs), **options)


def result(**data):
    return new_output("display_data", {{"html": "text/html", "png": "image/png"}.get(key, "text/plain"): value
                                       for key, value in data.items()})


FOLDED = {"jupyter": {"outputs_hidden": True}}
PROOF = {"jupyter": {"source_hidden": True}, "tags": ["proof"]}
GOOD = new_notebook(metadata=METADATA, cells=[
    cell("import torch", 1), new_markdown_cell("## A part\nSee [there](#A-part), [lesson 1](01_text_to_tensors.ipynb) "
                                               "and [a page](https://example.org).", id="m1"),
    cell("x = 1\nx", 2, result(plain="1")), new_markdown_cell("Lessons 2 and 3 go on.", id="m2"),
    cell("show()", 3, result(html='<img alt="Bars of loss: 1, 2." src="data:image/png;base64,AA">')),
    new_markdown_cell("End.", id="m3")])


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_good_notebook_breaks_no_rule(rule):
    folder = Path("nowhere") if rule is metadata_is_clean else FOLDER  # it compares with the file, if there is one
    assert list(rule(copy.deepcopy(GOOD), folder / "02_encoder.ipynb")) == []


@pytest.mark.parametrize("rule, new_cell, complaint", [
    (few_cells_are_ignored, cell("# NBVAL_IGNORE_OUTPUT\ntrain()", 4), "name it in IGNORED"),
    (few_cells_are_ignored, cell("x", 4, metadata={"tags": ["nbval-skip", "raises-exception"]}), "does not assert"),
    (cells_are_executed_in_order, cell("x", 5), "restart"),
    (cells_are_executed_in_order, new_code_cell("x"), "restart"),
    (outputs_hold_no_error_and_no_stderr, cell("x", 4, new_output("error", ename="KeyError")), "KeyError"),
    (outputs_hold_no_error_and_no_stderr, cell("x", 4, new_output("stream", name="stderr", text="hm")), "stderr"),
    (nothing_tells_the_machine, cell("x", 4, new_output("stream", text="in /home/eva/x")), "/home/"),
    (nothing_tells_the_machine, cell("x", 4, result(html="<b>C:\\Users</b>")), "C:"),
    (nothing_tells_the_machine, cell("x", 4, result(plain="<object at 0x7f8e6fbd0720>")), "0x"),
    (nothing_tells_the_machine, cell("open('/tmp/x')", 4), "/tmp/"),
    (compared_outputs_hold_no_timing, cell("x", 4, new_output("stream", text="took 3.2 s")), "'2 s'"),
    (compared_outputs_hold_no_timing, cell("x", 4, result(html="<td>12 ms</td>")), "ms"),
    (compared_outputs_hold_no_timing, cell("%%time\nx", 4), "measures"),
    (pictures_have_alt_text, cell("x", 4, result(png="AA", plain="<Figure>")), "bare image"),
    (pictures_have_alt_text, cell("x", 4, result(html='<img src="x.png">')), "no alt"),
    (pictures_have_alt_text, cell("x", 4, result(html='<img alt="plot" src="x.png">')), "no alt"),
    (pictures_have_alt_text, cell("x", 4, result(html='<svg viewBox="0 0 1 1"></svg>')), "no role"),
    (pictures_have_alt_text, new_markdown_cell("![](x.png)"), "no alt"),
    (code_is_short_and_followed_by_prose, cell("x\n" * 16, 4), "16 lines"),
    (code_is_short_and_followed_by_prose, cell("x", 4), "not followed by prose"),
    (only_the_first_code_cell_imports, cell("def f():\n    from math import pi", 4), "imports"),
    (links_resolve, new_markdown_cell("[x](nowhere.ipynb)"), "leads nowhere"),
    (links_resolve, new_markdown_cell("[x](#nowhere)"), "no heading"),
    (links_resolve, new_markdown_cell('<a href="http://example.org">x</a>'), "leads nowhere"),
    (links_resolve, new_markdown_cell("as lessons 3 and 13 show"), "no lesson 13"),
    (links_resolve, new_markdown_cell("as in 03_encoder"), "no notebook"),
    (metadata_is_clean, cell("x", 4, metadata={"execution": {"iopub.status.busy": "2024"}}), "execution"),
    (metadata_is_clean, new_markdown_cell("x", id="m1"), "same id"),
    (metadata_is_clean, cell("x", 4, metadata={"jupyter": {"collapsed": True}}), "folds"),
    (answers_are_folded, new_markdown_cell(f"{QUESTION} How many?"), "no quotation"),
    (answers_are_folded, cell("x", 4, result(plain="1"), metadata=FOLDED), "answers none"),
    (proofs_stand_apart, cell("prove({})", 4), "carries the tag"),
    (proofs_stand_apart, cell("x", 4, metadata={"tags": ["proof"]}), "carries the tag"),
    (proofs_stand_apart, cell("prove({})", 4, metadata={"tags": ["proof"]}), "is folded"),
    (proofs_stand_apart, cell("prove({})", 4, new_output("stream", text="✗ it is 2"), metadata=PROOF), "fails"),
    (proofs_stand_apart, cell("assert x\n" * 7, 4), "7 asserts"),
    (lines_are_short, cell("x" * 93, 4), "93 characters"),
    (asides_say_so, new_markdown_cell("## Something else", metadata={"tags": ["aside"]}), "begins an aside"),
    (markers_are_tags, cell("# NBVAL_IGNORE_OUTPUT\nx", 4), "make it a tag"),
])
def test_a_broken_rule_is_noticed(rule, new_cell, complaint):
    nb = copy.deepcopy(GOOD)
    nb.cells = [*nb.cells[:-1], new_cell] if rule is code_is_short_and_followed_by_prose else [*nb.cells, new_cell]
    assert complaint in " ".join(rule(nb, FOLDER / "02_encoder.ipynb"))


@pytest.mark.parametrize("source, output, folded, complaint", [
    ("x", result(plain="1"), {}, "fold its output"),
    ("assert x == 1", result(plain="sum:\n1"), FOLDED, "asserts the answer"),
    ("x", result(plain="1"), FOLDED, "while it is folded"),
    ("x", new_output("stream", text="\n42\n"), FOLDED, "while it is folded"),
    ("x", result(html='<img alt="42 bars of loss">'), FOLDED, "while it is folded"),
    ("x", new_output("stream", text="the sum:\n42\n"), FOLDED, ""),
    ("x", result(html='<div>\n<b>42</b>'), FOLDED, "'<div>' while it is folded"),
    ("x", result(html=' \n<div>\n<b>42</b>'), FOLDED, ""),
])
def test_an_answer_in_plain_sight_is_noticed(source, output, folded, complaint):
    nb = copy.deepcopy(GOOD)
    nb.cells += [new_markdown_cell(f"> {QUESTION} How many?"), cell(source, 4, output, metadata=folded)]
    said = " ".join(answers_are_folded(nb, FOLDER / "02_encoder.ipynb"))
    assert complaint in said and bool(said) == bool(complaint)


@pytest.mark.parametrize("module, function", [(socket, "gethostname"), (getpass, "getuser")])
def test_the_names_of_the_machine_and_of_the_user_are_noticed(monkeypatch, module, function):
    nb = copy.deepcopy(GOOD)
    nb.cells.append(cell("x", 4, result(plain="trained on gracehopper, in an hour")))
    assert list(nothing_tells_the_machine(nb, FOLDER / "02_encoder.ipynb")) == []
    monkeypatch.setattr(module, function, lambda: "gracehopper")
    assert "cell c4 shows 'gracehopper'" in " ".join(nothing_tells_the_machine(nb, FOLDER / "02_encoder.ipynb"))


def test_other_metadata_and_unplanned_notebooks_are_noticed():
    nb = copy.deepcopy(GOOD)
    nb.metadata["widgets"] = {}
    assert list(metadata_is_clean(nb, FOLDER / "02_encoder.ipynb"))
    assert list(the_notebook_is_planned_and_small(nb, FOLDER / "99_more.ipynb"))
