"""Make the picture of the README: `make picture`, which needs Debian's Chromium.

It opens lesson 00 in JupyterLab, runs it, types a sentence into its translator, and photographs the translator.
Run: python classroom/make_picture.py [FILE]
"""

import shutil
import sys
import tempfile
from pathlib import Path

from browser import Lesson, chromium, lab, missing

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))
from seq2seq_lib.text import tokenize  # noqa: E402

LESSON = "00_start_here.ipynb"
SENTENCE, EXPECTED = "My brother lost his keys.", "Mon frère a perdu ses clés."
SIZE, SCALE = (1100, 900), 2  # of the window; pixels of the picture for each of its
MARGIN = 8  # left and right of the translator


def main(picture):
    if missing():
        sys.exit(missing())
    with tempfile.TemporaryDirectory() as folder:
        shown, scratch = Path(folder) / "notebooks", Path(folder) / "scratch"
        shown.mkdir(), scratch.mkdir()
        shutil.copy(PROJECT / "notebooks" / LESSON, shown)
        shutil.copytree(PROJECT / "notebooks" / "images", shown / "images")
        with lab(shown, scratch) as url, chromium() as browser, Lesson(browser, url, LESSON, SIZE, SCALE) as lesson:
            lesson.theme("Light")
            lesson.run_all()
            if lesson.cell_errors():
                sys.exit(f"{LESSON} fails: {lesson.cell_errors()[0]}")
            widget = lesson.widgets().first
            box = widget.get_by_role("textbox").first
            box.fill(SENTENCE)
            widget.locator(".s2s-translator-lines", has_text=tokenize(SENTENCE, "eng")[-2]).wait_for()
            box.blur()
            lesson.page.wait_for_timeout(500)  # for the last sign that was typed
            widget.scroll_into_view_if_needed()
            said = widget.locator(".s2s-translator-text").inner_text()
            left, top, width, height = (widget.bounding_box()[key] for key in ("x", "y", "width", "height"))
            lesson.page.screenshot(path=picture, clip={"x": left - MARGIN, "y": top + 1, "width": width + 2 * MARGIN,
                                                       "height": height - 1})
    print(f"{picture}, {picture.stat().st_size / 1000:.0f} KB: {SENTENCE} -> {said}")
    if said != EXPECTED:
        sys.exit(f"the README says {EXPECTED}: mend its text, or take another sentence")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "classroom" / "picture.png")
