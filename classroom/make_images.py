"""Make the pictures that stand in the lessons' text: `make images`. Run: python classroom/make_images.py [FOLDER]"""

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))
from seq2seq_lib.drawings import drawings  # noqa: E402
from seq2seq_lib.figures import in_both_themes  # noqa: E402


def main(folder):
    folder.mkdir(exist_ok=True)
    made = drawings()
    for name, drawing in made.items():
        (folder / name).write_text(in_both_themes(drawing.svg), encoding="utf-8", newline="\n")
    for path in folder.glob("*.svg"):
        if path.name not in made:
            path.unlink()
    print(f"{len(made)} pictures in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT / "notebooks" / "images")
