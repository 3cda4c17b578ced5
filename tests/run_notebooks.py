"""Run notebooks from a clean kernel and save them in place, with clean metadata: `make notebooks`.

Run: python tests/run_notebooks.py [--fresh] [NOTEBOOK.ipynb ...]   (all lessons and solutions by default)

A second run changes nothing: outputs that nbval would call the same stay as they are, and so do those of cells that it
does not compare (unless the code of the cell has changed, or `--fresh` asks for new ones).
"""

import argparse
import copy
import re
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

sys.path.insert(0, str(Path(__file__).parents[1] / "classroom"))
from lessons import METADATA, notebooks  # noqa: E402

KEPT = ("tags", "slideshow", "jupyter")  # metadata of a cell; the last folds its code or its outputs
NOT_COMPARED = re.compile(r"NBVAL_IGNORE_OUTPUT|NBVAL_SKIP|nbval-ignore-output|nbval-skip")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
COMPARED = ("text/plain", "text/html", "image/svg+xml")


def run(path, fresh=False):
    """Run one notebook and save it; return whether the file has changed."""
    old = nbformat.read(path, as_version=4)
    nb = copy.deepcopy(old)
    for cell in nb.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in KEPT}
    nb.metadata = {}
    NotebookClient(nb, timeout=900, kernel_name="python3", record_timing=False, coalesce_streams=True,
                   resources={"metadata": {"path": str(path.parent)}}).execute()
    nb.metadata = copy.deepcopy(METADATA)
    if not fresh:
        before = {cell.id: cell for cell in old.cells if cell.cell_type == "code"}
        for cell in nb.cells:
            if cell.id in before and cell.cell_type == "code" and _may_stay(cell, before[cell.id]):
                cell.outputs = before[cell.id].outputs
    return _save(path, nb)


def _may_stay(cell, before):
    if not before.outputs or cell.source != before.source:
        return False
    not_compared = NOT_COMPARED.search(cell.source + " ".join(cell.metadata.get("tags", [])))
    return bool(not_compared) or _compared(cell.outputs) == _compared(before.outputs)


def _compared(outputs):
    """What nbval looks at, with pictures left out."""
    texts = [(output.output_type, output.get("name"), key, text) for output in outputs
             for key, text in output.get("data", {"text/plain": output.get("text", "")}).items() if key in COMPARED]
    return [(*rest, re.sub(r"data:image/png;base64,[A-Za-z0-9+/=\n]+", "", text)) for *rest, text in texts]


def _save(path, nb):
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            if "data" in output:
                output.metadata = {}
                output.data.pop(WIDGET_VIEW, None)  # without its kernel it is an error; the still picture stays
            if "execution_count" in output:
                output["execution_count"] = cell.execution_count
    text = nbformat.writes(nb) + "\n"
    if text == path.read_text(encoding="utf-8"):
        return False
    path.write_text(text, encoding="utf-8", newline="\n")
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="all lessons and solutions by default")
    parser.add_argument("--fresh", action="store_true", help="keep no old output")
    args = parser.parse_args()
    failed, total = [], time.perf_counter()
    for path in args.notebooks or notebooks():
        start = time.perf_counter()
        try:
            said = "changed" if run(path.resolve(), args.fresh) else "as it was"
        except CellExecutionError as error:
            failed.append(path)
            said = f"a cell failed, nothing is saved:\n{error}"
        print(f"{path.name} {'(solution) ' if path.parent.name == 'solutions' else ''}"
              f"{time.perf_counter() - start:.1f} s: {said}", flush=True)
    print(f"{time.perf_counter() - total:.0f} s in all")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
