"""The glossary of lesson 00: every term once, in order, in both languages, with its lesson."""

import json
import re
from pathlib import Path

from lessons import NAMES

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "00_start_here.ipynb"


def rows():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    [text] = ["".join(cell["source"]) for cell in cells if cell["id"] == "glossary"]
    return [[part.strip() for part in line.strip("|").split("|")] for line in text.splitlines()
            if line.startswith("|")][2:]


def _number(lesson):
    """The number of a lesson, from `0` or from a link such as `[10](10_beam_search.ipynb)`; None if it is neither."""
    found = re.fullmatch(r"\[(\d+)\]\((\w+)\.ipynb\)", lesson)
    if not found:
        return 0 if lesson == "0" else None
    return int(found[1]) if found[2] in NAMES and int(found[1]) == int(found[2][:2]) else None


def key(term):
    return re.sub(r"[^a-z0-9]+", " ", term.lower()).strip()


def test_each_term_has_a_line_and_each_line_its_four_parts():
    for row in rows():
        assert len(row) == 4 and all(row), row
        term, chinese, meaning, lesson = row
        assert re.search(r"[\u4e00-\u9fff]", chinese), row
        assert len(meaning) <= 110 and not meaning.endswith("."), row
        assert _number(lesson) is not None, row


def test_terms_are_in_order_and_none_is_there_twice():
    terms = [key(row[0]) for row in rows()]
    assert terms == sorted(terms) and len(set(terms)) == len(terms) > 60


def test_every_lesson_has_terms():
    assert {_number(row[3]) for row in rows()} == {int(name[:2]) for name in NAMES}
