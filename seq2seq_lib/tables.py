"""Tables: pandas tables with text on the left and numbers on the right of their columns, as they are read best.

JupyterLab puts everything on the right. No lesson sets an option for this: importing the checks or the widgets tells
IPython, once, how a DataFrame is shown. Its numbers, its rows and its own options stay as they are.
"""

import re
import sys

NUMBER = re.compile(r"(?:[-+−±≈<>]?\s?[\d.,/\s]+(?:e[-+]?\d+)?\s?%?|nan|NaN|inf|\.\.\.|…|–|-|)")

LONGEST_NAME = 40  # signs of a row's name that stand in one line
NO_TEASER = " \n"  # JupyterLab shows a folded output's first line that isn't empty; a tag would look like an error


def aligned(html):
    """Return HTML in which each pandas table has its columns of text on the left, and row names in one line.

    Args:
        html: of one output, or of a page. A table that is aligned already stays as it is.
    """
    return re.sub(r'<table[^>]*class="dataframe">.*?</table>', _aligned_table, html, flags=re.DOTALL)


def align_tables():
    """Let IPython, if this is run by it, show every DataFrame aligned."""
    ipython = sys.modules.get("IPython") and sys.modules["IPython"].get_ipython()
    if ipython:
        formatter = ipython.display_formatter.formatters["text/html"]
        for module in ("pandas", "pandas.core.frame"):  # where pandas 3 and pandas 2 say that the class is
            formatter.for_type_by_name(module, "DataFrame", _shown)


def _shown(frame):
    html = frame._repr_html_()  # None, if an option of pandas says so
    return html and NO_TEASER + aligned(html)


def _aligned_table(found):
    table = found.group()
    body = table.partition("<tbody>")[2]
    rows = [_cells("td", row) for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)]
    columns = max(map(len, rows), default=0)
    left = [k for k in range(columns) if not all(map(_is_number, [row[k] for row in rows if k < len(row)]))]
    named = _cells("th", body)
    names = not all(map(_is_number, named))
    if not (left or names):
        return table
    name = "left" + "-name" * names + "".join(f"-{k + 1}" for k in left)
    rules = [f".dataframe.{name} td:nth-of-type({k + 1})" for k in left]
    if "colspan" not in table:
        rules += [f".dataframe.{name} thead th:nth-last-child({columns - k})" for k in left]
    rules += [f".dataframe.{name} tbody th, .dataframe.{name} thead th:first-child"] * names
    style = ",\n".join(rules) + " { text-align: left; }"
    if max(map(len, named), default=0) <= LONGEST_NAME:
        style += f"\n.dataframe.{name} tbody th {{ white-space: nowrap; }}"
    return f"<style>\n{style}\n</style>\n" + table.replace('class="dataframe"', f'class="dataframe {name}"', 1)


def _cells(kind, html):
    found = re.findall(rf"<{kind}\b[^>]*>(.*?)</{kind}>", html, re.DOTALL)
    return [re.sub(r"<[^>]*>", "", cell).strip() for cell in found]


def _is_number(cell):
    return bool(NUMBER.fullmatch(cell.replace("&lt;", "<").replace("&gt;", ">")))
