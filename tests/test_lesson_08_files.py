"""The whole of lesson 08 on files of a reader's own: every cell lives, and says what it says of the course's alone."""

import itertools
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from seq2seq_lib import data_folder, read_pairs

LESSON_08 = Path(__file__).parents[1] / "notebooks" / "08_translator.ipynb"
ATTRIBUTION = "CC-BY 2.0 (France) Attribution: tatoeba.org #538123 (CM) & #1158250 (Wittydev)"


def german():
    """4,000 pairs as in the downloads of manythings.org: English, German, and who wrote them."""
    parts = zip(
        ["I", "You", "We", "They", "Tom", "Maria", "My brother", "The teacher", "Our neighbor", "The doctor"],
        ["Ich", "Du", "Wir", "Sie", "Tom", "Maria", "Mein Bruder", "Der Lehrer", "Unser Nachbar", "Der Arzt"])
    what = [("the dog", "den Hund"), ("a letter", "einen Brief"), ("the key", "den Schlüssel"), ("bread", "Brot"),
            ("two cakes", "zwei Kuchen"), ("the old car", "das alte Auto"), ("your book", "dein Buch"),
            ("a map", "eine Karte"), ("the cheese", "den Käse"), ("nothing", "nichts")]
    verbs = [("found", "gefunden"), ("bought", "gekauft"), ("lost", "verloren"), ("seen", "gesehen"),
             ("taken", "genommen"), ("wanted", "gewollt"), ("brought", "gebracht"), ("sold", "verkauft")]
    where = [("in the city", "in der Stadt"), ("today", "heute"), ("on Monday", "am Montag"), ("at home", "zu Hause"),
             ("again", "wieder")]
    has = {"I": ("have", "habe"), "You": ("have", "hast"), "We": ("have", "haben"), "They": ("have", "haben")}
    for (who, wer), (thing, was), (done, getan), (place, wo) in itertools.product(parts, what, verbs, where):
        have, habe = has.get(who, ("has", "hat"))
        yield f"{who} {have} {done} {thing} {place}.", f"{wer} {habe} {wo} {was} {getan}.", ATTRIBUTION


def ours(name, lines):
    """So many pairs of a shipped corpus, evenly spread."""
    pairs = read_pairs(data_folder() / f"{name}.tsv")
    return pairs[:: len(pairs) // lines][:lines]


FILES = {  # languages, whether the source is in the second column, rows
    "German into English, 4,000 lines with attributions": ("deu", "eng", True, german),
    "French into English": ("fra", "eng", False, lambda: [pair[::-1] for pair in ours("eng-fra", 1500)]),
    "Chinese into English": ("zho", "eng", True, lambda: ours("eng-zho", 1500)),
    "300 lines": ("eng", "fra", False, lambda: ours("eng-fra", 300)),
    "40 lines": ("eng", "fra", False, lambda: ours("eng-fra", 40)),
}


def lesson(**settings):
    """The notebook with other values in its cell of settings."""
    nb = nbformat.read(LESSON_08, as_version=4)
    cell = next(cell for cell in nb.cells if cell.id == "settings")
    for name, value in settings.items():
        cell.source, found = re.subn(rf"^{name}( *=).*$", rf"{name}\1 {value}", cell.source, flags=re.MULTILINE)
        assert found == 1, name
    return nb


def run(tmp_path, source, target, reverse, rows):
    tsv = tmp_path / "mine.tsv"
    tsv.write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")
    nb = lesson(**{"source, target": f'"{source}", "{target}"', "corpus": '"mine.tsv"', "reverse": reverse,
                   "num_epochs": 1, "sizes": "dict(embed_size=16, num_hiddens=24, num_layers=1, dropout=0.05)"})
    client = NotebookClient(nb, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
    return nb, client


def texts(nb):
    return {cell.id: "".join(output.get("text", "") or output.get("data", {}).get("text/plain", "")
                             for output in cell.get("outputs", [])) for cell in nb.cells}


@pytest.mark.parametrize("name", list(FILES)[:-1])
def test_every_cell_lives_with_a_file_of_one_s_own(tmp_path, name):
    source, target, reverse, rows = FILES[name]
    nb, client = run(tmp_path, source, target, reverse, rows())
    client.execute()  # raises where a cell does
    said = texts(nb)
    assert re.match(r"mine\.tsv: [\d,]+ pairs\. The first one: ", said["t05"])
    assert "does not tell kinds" in said["kinds"]
    assert source == "eng" or "These words are new" in said["mine"]
    proofs = [text for cell in nb.cells if "proof" in cell.metadata.get("tags", []) for text in [said[cell.id]]]
    assert not any("✗" in text for text in proofs) and sum("skipped" in text for text in proofs) > 5
    assert (tmp_path / "my_translator.safetensors").is_file()
    assert "stderr" not in [output.get("name") for cell in nb.cells for output in cell.get("outputs", [])]


def test_a_file_that_is_too_small_is_refused_in_a_sentence_by_the_first_cell_that_reads_it(tmp_path):
    source, target, reverse, rows = FILES["40 lines"]
    nb, client = run(tmp_path, source, target, reverse, rows())
    with pytest.raises(CellExecutionError, match="mine.tsv: the file has 40 sentence pairs, too few"):
        client.execute()
    red = [cell.id for cell in nb.cells for output in cell.get("outputs", []) if output.output_type == "error"]
    assert red == ["t05"]
