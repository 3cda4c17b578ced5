"""README.md and TEACHING.md name only what there is: lessons, headings, files, targets, minutes and marks."""

import importlib
import re
from pathlib import Path

import nbformat
import pytest
from lessons import lessons

PROJECT = Path(__file__).parents[1]

DOCUMENTS = {name: (PROJECT / name).read_text(encoding="utf-8") for name in ("README.md", "TEACHING.md")}
README, TEACHING = DOCUMENTS.values()
LESSONS = {lesson.number: lesson for lesson in lessons()}
NOTEBOOK = re.compile(r"notebooks/(\d\d)_\w+\.ipynb")
SECTION = re.compile(r"\*§ ([^*]+)\*")  # a heading of a notebook
MADE = ("build/", "release/", "submitted/", "feedback/", "/", "../", "my_", "00_", "runtime.txt", "grades.csv")


def headings(number):
    """The headings of a lesson in their order, without the sign of its level, backticks and the time of an exercise."""
    text = "\n".join(cell.source for cell in nbformat.read(LESSONS[number].path, as_version=4).cells
                     if cell.cell_type == "markdown")
    return [plain(heading) for heading in re.findall(r"^#{2,} (.+)$", text, re.MULTILINE)]


def plain(heading):
    return re.sub(r"\s*\([^)]*minutes[^)]*\)$|`", "", " ".join(heading.split()))


def pages():
    """The page of each lesson in TEACHING.md, by its number."""
    found = re.split(r"^### (\d+) · .*$", TEACHING.partition("\n## The lessons\n")[2].partition("\n## ")[0], flags=re.M)
    return {int(number): page for number, page in zip(found[1::2], found[2::2])}


def sections_named():
    """Each heading that TEACHING.md names, with its lesson's number: that of the page, or of the link before it."""
    for number, page in pages().items():
        yield from ((number, plain(heading)) for heading in SECTION.findall(page))
    for paragraph in re.split(r"\n\n|\n(?=\|)", TEACHING.partition("\n## The lessons\n")[0]):
        linked = NOTEBOOK.search(paragraph)
        if linked:
            yield from ((int(linked.group(1)), plain(heading)) for heading in SECTION.findall(paragraph))


def rows(table):
    return [[re.sub(r"^\*\*|\*\*$", "", cell.strip()) for cell in line.strip("|").split("|")]
            for line in table.split("\n") if line.startswith("|") and not line.startswith("|---")]


def tables(text):
    return [rows(table) for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)]


def plan(title):
    """The table below a heading of TEACHING.md."""
    return tables(TEACHING[TEACHING.index(f"### {title}"):])[0]


def slug(heading):
    """The anchor that GitHub and our site give to a heading."""
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")


def test_every_heading_that_is_named_stands_in_its_lesson():
    named = list(sections_named())
    assert len(named) > 150
    wrong = [(number, heading) for number, heading in named if heading not in headings(number)]
    assert not wrong


@pytest.mark.parametrize("number", LESSONS)
def test_a_lesson_s_page_plans_all_of_it_in_its_order(number):
    planned = [plain(heading) for row in tables(pages()[number])[0] for heading in SECTION.findall(row[1])]
    there = headings(number)
    places = [there.index(heading) for heading in planned]
    assert places == sorted(places)
    text = "\n".join(cell.source for cell in nbformat.read(LESSONS[number].path, as_version=4).cells
                     if cell.cell_type == "markdown")
    for part in re.split(r"^(?=## )", text, flags=re.MULTILINE)[1:]:
        parts = {plain(heading) for heading in re.findall(r"^#{2,} (.+)$", part, re.MULTILINE)}
        title = plain(part.partition("\n")[0].removeprefix("## "))
        assert parts & set(planned) or title in ("Recap", "Glossary"), f"{title} is not in the plan"


@pytest.mark.parametrize("number", LESSONS)
def test_minutes_add_up_to_those_of_the_lesson(number):
    minutes = LESSONS[number].minutes
    assert sum(int(row[0]) for row in tables(pages()[number])[0][1:]) == minutes
    assert re.search(rf"^### {number} · .*: {minutes} minutes$", TEACHING, re.MULTILINE)


def test_the_readme_s_table_is_that_of_the_lessons():
    table = next(table for table in tables(README) if table[0][0] == "lesson")[1:]
    assert len(table) == len(LESSONS) == 13
    for (link, minutes, question, _), lesson in zip(table, LESSONS.values(), strict=True):
        name, path = re.fullmatch(r"\[(.*)\]\((.*)\)", link).groups()
        assert path == f"notebooks/{lesson.path.name}" and name.startswith(f"{lesson.number:02d} ")
        assert lesson.name.lower() in name.lower()
        assert (int(minutes), question) == (lesson.minutes, lesson.question)


def test_the_plan_of_the_whole_course_adds_up():
    *hours, total = plan("Thirteen hours")[1:]
    numbers = [[int(re.match(r"\d+", cell).group()) for cell in row[2:]] for row in hours]
    assert [int(NOTEBOOK.search(row[1]).group(1)) for row in hours] == list(LESSONS)
    assert all(sum(row[:4]) == row[4] == 60 for row in numbers)
    assert [row[1] for row in numbers] == [lesson.minutes for lesson in LESSONS.values()]
    assert [int(cell) for cell in total[2:]] == [sum(column) for column in zip(*numbers)]


@pytest.mark.parametrize("title, minutes", [("Three hours", 180), ("45 minutes", 45)])
def test_the_short_plans_add_up(title, minutes):
    *lines, total = plan(title)[1:]
    assert sum(int(row[0]) for row in lines) == int(total[0]) == minutes


@pytest.mark.parametrize("number", LESSONS)
def test_the_marks_of_a_question_are_those_of_its_key(number):
    marks, key = re.search(r"Assessment \((\d+) marks\).*?\*Key:\*(.*?)(?:\n\n|\Z)", pages()[number], re.S).groups()
    assert sum(map(int, re.findall(r"\s\((\d)\)", key))) == int(marks)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    for target in re.findall(r"\]\(([^)\s]+)\)", DOCUMENTS[name]):
        if target.startswith("https://"):
            continue
        file, _, anchor = target.partition("#")
        assert not file or (PROJECT / file).exists(), target
        if anchor:
            text = DOCUMENTS[file or name]
            assert anchor in [slug(heading) for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)], target


@pytest.mark.parametrize("name", DOCUMENTS)
def test_targets_and_files_exist(name):
    text = DOCUMENTS[name]
    code = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^(?: {4}|\t)(.+)$", text, re.MULTILINE)
    targets = re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for line in code:
        for target in re.findall(r"^make ([a-z]+)", line):
            assert target in targets, line
        for word in line.split():
            a_path = re.fullmatch(r"[\w./-]+\.(?:py|md|txt|ipynb|csv|html|toml|yml)|[\w-]+/", word)
            if a_path and not word.startswith(MADE):
                assert (PROJECT / word).exists(), line


def test_the_names_in_the_table_of_the_library_exist():
    table = next(table for table in tables(README) if table[0][0] == "module")[1:]
    modules = [module for row in table for module in re.findall(r"`(\w+)`", row[0])]
    for module in modules:
        importlib.import_module(f"seq2seq_lib.{module}")
    there = [*(PROJECT / "seq2seq_lib").glob("[!_]*.py"), *(PROJECT / "seq2seq_lib").glob("*/__init__.py")]
    assert {path.parent.name if path.stem == "__init__" else path.stem for path in there} == set(modules)
    for row in table:
        if row[0].count("`") == 2:
            module = importlib.import_module(f"seq2seq_lib.{row[0].strip('`')}")
            assert all(hasattr(module, name) for name in re.findall(r"`(\w+)`", row[1])), row


def test_the_core_can_be_read_in_one_sitting():
    core = re.findall(r"^\| `(\w+)` \|", README, flags=re.MULTILINE)[:8]
    files = [PROJECT / "seq2seq_lib" / f"{module}.py" for module in core]
    lines = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)
    (said,) = re.findall(r"The first eight are the core, about ([\d,]+) lines", README)
    assert core[0] == "text" and core[-1] == "bleu"
    assert lines <= 1750 and abs(lines - int(said.replace(",", ""))) <= 50


def test_the_picture_is_there_and_described():
    alt, file = re.search(r"!\[(.*?)\]\((.*?)\)", README).groups()
    code = (PROJECT / "classroom" / "make_picture.py").read_text(encoding="utf-8")
    assert (PROJECT / file).stat().st_size < 300_000
    for sentence in re.search(r'SENTENCE, EXPECTED = "(.*?)", "(.*?)"', code).groups():
        assert f'"{sentence}"' in alt
