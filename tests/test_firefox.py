"""The widgets in Firefox, one of each kind: drawn without an error, and moved by keyboard. Firefox missing: skipped."""

import nbformat
import pytest
from browser import lab
from firefox import drive, missing
from lessons import METADATA
from test_browser import IMPORTS, WIDGETS

pytestmark = [pytest.mark.browser, pytest.mark.skipif(missing() is not None, reason=str(missing()))]

KEYS = {  # for each widget a control and a key that changes what the widget says
    "attention": ("[role=gridcell][tabindex='0']", "ArrowDown"),
    "batch": ("input[type=range]", "ArrowRight"),
    "beam": ("input[type=range]", "ArrowRight"),
    "bleu": ("div + div > input:not([type])", "x"),
    "case": ("[role=gridcell]", "ArrowRight"),
    "stepper": (".s2s-decoder-candidate[role=button]", " "),
    "clipping": ("input[type=range]", "ArrowLeft"),
    "curves": ("[role=slider]", "ArrowLeft"),
    "mask": ("[role=slider]", "ArrowRight"),
    "translator": ("input:not([type])", "x"),
    "own translator": ("input:not([type])", "x"),
    "shapes": ("input[type=radio]:checked", "ArrowRight"),
    "map": ("textarea", "x"),
    "board": ("[role=button]", " "),
}


def test_a_widget_of_each_kind_is_drawn_and_moves_by_keyboard_in_firefox(tmp_path_factory):
    assert set(KEYS) == set(WIDGETS), "a new widget needs a line in KEYS"
    folder, scratch, home = (tmp_path_factory.mktemp(name) for name in ("notebooks", "lab", "home"))
    cells = [nbformat.v4.new_code_cell(source) for source in (IMPORTS, *WIDGETS.values())]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=METADATA), folder / "widgets.ipynb")
    with lab(folder, scratch) as url:
        seen = drive(f"{url}/lab/tree/widgets.ipynb", home, [KEYS[name] for name in WIDGETS])
    assert seen["cellErrors"] == [] and seen["widgetErrors"] == [] and seen["pageErrors"] == []
    assert seen["widgets"] == len(WIDGETS)
    said = dict(zip(WIDGETS, seen["moved"], strict=True))
    assert {name: one for name, one in said.items() if not one["after"] or one["after"] == one["before"]} == {}
