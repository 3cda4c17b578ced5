"""Tables: text on the left, numbers on the right, in notebooks, on the site and on slides, with no word in a lesson."""

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from seq2seq_lib.tables import align_tables, aligned

TABLE = pd.DataFrame({"source": ["i lost .", "he 's calm ."], "tokens": [3, 4], "right": ["1/2", "99 %"],
                      "said": ["oui", None]}, index=["first", "second"])


def name_of(html):
    return re.search(r'<table[^>]* class="dataframe ?([^"]*)"', html).group(1)


def test_columns_of_text_stand_on_the_left_and_row_names_too():
    html = aligned(TABLE.to_html())
    assert name_of(html) == "left-name-1-4"
    for rule in ("td:nth-of-type(1)", "td:nth-of-type(4)", "thead th:nth-last-child(4)", "thead th:nth-last-child(1)",
                 "tbody th"):
        assert f".dataframe.left-name-1-4 {rule}" in html
    assert "nth-of-type(2)" not in html and "nth-of-type(3)" not in html
    assert re.sub(r"<style>.*?</style>\n| left-name-1-4", "", html, flags=re.DOTALL) == TABLE.to_html()


@pytest.mark.parametrize("numbers", [[1, 2], [0.5, float("nan")], ["12.5 %", "1,000"], ["-3", "1e-05"], ["<1", ""]])
def test_a_table_of_numbers_stays_as_it_is(numbers):
    html = pd.DataFrame({"n": numbers}).to_html()
    assert aligned(html) == html


def test_it_can_be_done_twice_and_to_a_page_of_tables():
    html = f"<p>one</p>{TABLE.to_html()}<p>two</p>{pd.DataFrame({'n': [1], 'word': ['a']}).to_html()}"
    once = aligned(html)
    assert aligned(once) == once and once.count("<style>") == 2
    assert "left-name-1-4" in once and 'class="dataframe left-2"' in once


def test_heads_over_several_columns_are_left_alone():
    table = pd.DataFrame([["a", 1]], columns=pd.MultiIndex.from_tuples([("x", "y"), ("x", "z")]))
    html = aligned(table.to_html())
    assert name_of(html) == "left-1" and "nth-last-child" not in html and "td:nth-of-type(1)" in html


def test_ipython_is_told_how_a_dataframe_is_shown(monkeypatch):
    import IPython

    shell = InteractiveShell()
    monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
    align_tables()
    shown, _ = shell.display_formatter.format(TABLE)
    assert name_of(shown["text/html"]) == "left-name-1-4" and shown["text/plain"] == repr(TABLE)
    with pd.option_context("display.notebook_repr_html", False):
        assert "text/html" not in shell.display_formatter.format(TABLE)[0]


def test_without_ipython_nothing_is_loaded():
    code = ("import sys; from seq2seq_lib.tables import align_tables; align_tables(); "
            "print({'pandas', 'IPython'} & set(sys.modules))")
    run = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[1], capture_output=True, text=True)
    assert run.stdout.strip() == "set()", run.stderr
