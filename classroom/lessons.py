"""The lessons: their list, and what the first cell of each says of it."""

import re
from pathlib import Path
from typing import NamedTuple

import nbformat

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "notebooks"
# The lessons of the course, written or planned, in their order: the list for the site, the slides, the assignments and
# the tests.
NAMES = ("00_start_here", "01_text_to_tensors", "02_encoder", "03_decoder", "04_masked_loss", "05_training",
         "06_prediction", "07_bleu", "08_translator", "09_bug_hunt", "10_beam_search", "11_attention",
         "12_experiments")
METADATA = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"}}  # of every notebook


class Lesson(NamedTuple):
    """A notebook and what its first cell says of it."""

    path: Path
    number: int
    question: str
    about: str  # the line below the title: minutes, what is needed, what is built

    @property
    def stem(self):
        return self.path.stem

    @property
    def name(self):
        """`02_encoder` -> `Encoder`; `07_bleu` -> `BLEU`."""
        words = self.stem.partition("_")[2].replace("_", " ")
        return {"bleu": "BLEU"}.get(words, words[:1].upper() + words[1:])

    @property
    def minutes(self):
        found = re.search(r"(\d+) minutes", self.about)
        return int(found.group(1)) if found else None

    @property
    def builds(self):
        """What the line below the title says that the reader will build, as plain text."""
        found = re.search(r"(?:You will build|You build|You will have): (.*?)\.?\*?$", self.about, re.DOTALL)
        return found.group(1).strip() if found else ""


def lessons(folder=FOLDER):
    """Return the lessons, or with `folder=FOLDER / "solutions"` the solutions, in their order."""
    found = []
    for path in (folder / f"{name}.ipynb" for name in NAMES):
        if not path.is_file():
            continue
        title, _, rest = nbformat.read(path, as_version=4).cells[0].source.partition("\n")
        found.append(Lesson(path, int(path.stem[:2]), re.sub(r"^#\s*\d+\s*·\s*", "", title).strip(),
                            rest.strip().partition("\n")[0]))
    return found


def notebooks():
    """Return the paths of all notebooks, lessons and solutions, whether they are in the list or not."""
    return sorted(path for path in FOLDER.rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts)
