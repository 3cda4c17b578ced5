"""Firefox on a real JupyterLab, for a test and for the eye.

Run: python tests/firefox.py NOTEBOOK PICTURE   (photographs a copy of a notebook, untrusted and before any cell is run,
as somebody sees it who has cloned the project)
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "classroom"))
from browser import _end_with_parent, lab, npm_package  # noqa: E402

FIREFOX = "/usr/bin/firefox-esr"
SCRIPT = Path(__file__).with_suffix(".mjs")


def missing():
    """Return what a test in Firefox lacks here, in a line; None if nothing but what npm fetches."""
    if not Path(FIREFOX).is_file():
        return f"no {FIREFOX}: apt-get install -y --no-install-recommends firefox-esr"
    if shutil.which("node") is None:
        return "no Node.js: apt-get install -y --no-install-recommends nodejs npm"


def drive(url, scratch, keys=None, picture=None, seconds=400):
    """Open a notebook in Firefox, and stop Firefox; return what firefox.mjs has seen.

    Args:
        url: of the notebook, in a JupyterLab of `lab`.
        scratch: a folder for what Firefox writes; it is its home.
        keys: for each widget, in order, a control's selector and a key. All cells are run, and each key is pressed.
        picture: a file for a photograph.
    """
    task = {"puppeteer": str(npm_package("puppeteer-core")), "firefox": FIREFOX, "url": f"{url}?reset", "keys": keys,
            "picture": picture and str(picture)}
    environment = os.environ | {"HOME": str(scratch), "TMPDIR": str(scratch), "MOZ_HEADLESS": "1"}
    with subprocess.Popen(["node", SCRIPT, json.dumps(task)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=environment, text=True, encoding="utf-8", preexec_fn=_end_with_parent) as node:
        try:
            printed, complaint = node.communicate(timeout=seconds)
        except BaseException:
            node.terminate()  # then it ends Firefox, which a kill would leave running
            raise
    assert node.returncode == 0, complaint[-3000:]
    return json.loads(printed)


def main(notebook, picture):
    if missing():
        sys.exit(missing())
    with tempfile.TemporaryDirectory() as folder:
        shown, scratch, home = (Path(folder) / name for name in ("notebooks", "scratch", "home"))
        for path in (shown, scratch, home):
            path.mkdir()
        shutil.copy(notebook, shown)
        if (notebook.parent / "images").is_dir():  # pictures in Markdown cells
            shutil.copytree(notebook.parent / "images", shown / "images")
        with lab(shown, scratch) as url:
            drive(f"{url}/lab/tree/{notebook.name}", home, picture=picture.resolve())
    print(picture)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
