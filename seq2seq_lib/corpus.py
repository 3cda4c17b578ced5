"""Corpus: sentence pairs from files, and which of them are for training, validation and the test."""

import codecs
import gzip
import hashlib
import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from .text import check_choice, tokenize

SPLITS = ("train", "validation", "test")
KINDS = ("seen pattern", "new combination", "hand-written")


def read_pairs(path):
    """Read sentence pairs from a TSV file: one pair a line, source and target parted by a TAB.

    Args:
        path: a UTF-8 text file of two or more columns (the layout of the Tatoeba downloads of
            manythings.org); may be packed as `.gz`, or as a `.zip` that holds one `.txt` or `.tsv`
            file beside its notes. Columns after the second and blank lines are passed over, and so is a first line
            that names the columns (`english<TAB>french`). Tatoeba's own exports of four columns (id, text, id, text)
            and what a spreadsheet makes of a table (quotes around its columns, UTF-16) are read too.

    Returns:
        A list of `(source, target)` pairs of strings, in the order of the file.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is empty, damaged or not UTF-8, a line lacks a column, or it cannot be told for certain
            what the sentences are. The message names the line and says what to do.
    """
    return [row[:2] for row in read_rows(path)]


def load_corpus(name, split, *, kind=None, language="eng"):
    """Load one part of a corpus: for training, for choosing (validation), or for the last test.

    A hash of the tokenised source sentence decides the part, so the parts are the same everywhere and for ever,
    and no source sentence is in two of them, whatever its spelling, spacing or number of translations.

    Args:
        name: a corpus of the data folder (`"eng-fra"`), or the path of a TSV file of your own.
        split: `"train"`, `"validation"` or `"test"`.
        kind: only the pairs whose origin (third column) is `"hand-written"`, `"new combination"` or `"seen pattern"`;
            all pairs by default.
        language: the language of the source sentences, see `tokenize`.

    Returns:
        A list of `(source, target)` pairs of strings. A source with several translations is in several pairs.

    Raises:
        FileNotFoundError: no such corpus; the message lists those there are.
        ValueError: an unknown split, kind or language, or a damaged file.
    """
    check_choice("split", split, SPLITS)
    if kind is not None:
        check_choice("kind", kind, KINDS)
    parts, pairs = {}, []  # a source with two origins stays in the part of the first
    for source, target, origin in read_rows(_corpus_path(name)):
        key = " ".join(tokenize(source, language))
        if key not in parts:
            parts[key] = split_of(source, origin, language)
        if parts[key] == split and kind in (None, kind_of(origin)):
            pairs.append((source, target))
    return pairs


def kind_of(origin):
    """Tell the kind of a pair, one of `KINDS`, by its origin (the third column of a shipped corpus)."""
    if origin == "hand-written":
        return origin
    return "new combination" if origin.endswith("new combination") else "seen pattern"


def split_of(source, origin="", language="eng"):
    """Tell the part of a corpus that a source sentence belongs to: `"train"`, `"validation"` or `"test"`.

    Hand-written sentences are held out one in five, other sentences 8 in a hundred. *New combinations* - a word
    kept out of a pattern in training - are all held out.
    """
    digest = hashlib.sha256(" ".join(tokenize(source, language)).encode()).digest()
    fraction = int.from_bytes(digest[:8], "big") / 2**64
    held_out = {"seen pattern": 0.08, "hand-written": 0.2, "new combination": 1.0}[kind_of(origin)]
    return "test" if fraction < held_out / 2 else "validation" if fraction < held_out else "train"


def data_folder():
    """Return the project's `data` folder: beside the library, or beside or above the working directory."""
    for folder in (Path(__file__).resolve().parent, *_with_parents(Path.cwd())):
        for candidate in (folder / "data", folder.parent / "data"):
            if (candidate / "eng-fra.tsv").is_file():
                return candidate
    raise FileNotFoundError("no data folder with eng-fra.tsv found: run from inside the project's folder")


def _with_parents(folder):
    return (folder, *folder.parents)


def _corpus_path(name):
    path = Path(name)
    if path.suffix or path.is_file():
        return path
    path = data_folder() / f"{name}.tsv"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*-*.tsv")))
        raise FileNotFoundError(f"no corpus {str(name)!r}: take one of {known}, or the path of a .tsv file")
    return path


def read_rows(path):
    """Read the lines of a TSV file with the origin of each pair: its third column.

    Args:
        path: as for `read_pairs`.

    Returns:
        A list of `(source, target, origin)`; the origin is empty where there is no third column.

    Raises:
        FileNotFoundError, ValueError: as `read_pairs`.
    """
    table = {}  # the columns of each line, by its number
    for number, line in enumerate(_read_text(Path(path)).split("\n"), 1):
        columns = [column.strip() for column in line.split("\t")]
        if any("\r" in column for column in columns):
            raise ValueError(f"{path}, line {number}: two kinds of line ends (CR and LF) are mixed; save the file "
                             "with one kind")
        if any(columns):
            table[number] = columns
    table = _without_header(_without_ids(path, _without_quotes(path, table)))
    for number, columns in table.items():
        if len(columns) < 2 or not columns[0] or not columns[1]:
            hint = ""
            if all(len(columns) == 1 for columns in table.values()):
                hint = "; there is no TAB in the file: if it is a table of a spreadsheet, save it as tab-separated text"
            raise ValueError(f"{path}, line {number}: expected source<TAB>target, found {columns[:2]}{hint}")
    if not table:
        raise ValueError(f"{path}: the file has no sentence pairs; expected lines of source<TAB>target")
    return [(source, target, origin[0] if origin else "") for source, target, *origin in table.values()]


_QUOTED = re.compile(r'"(?:[^"]|"")*"')  # as spreadsheets do it: signs around the column, and those inside doubled


def _without_quotes(path, table):
    """Take away the quotes that a spreadsheet has set; leave those that belong to the sentences."""
    cells = [(number, cell) for number, columns in table.items() for cell in columns if cell]
    marked = [(number, cell) for number, cell in cells if '"' in cell]
    if not marked or not all(_QUOTED.fullmatch(cell) for _, cell in marked):
        return table
    if len(marked) < len(cells) and not any('""' in cell[1:-1] for _, cell in marked):
        number, cell = marked[0]
        raise ValueError(f"{path}, line {number}: {cell:.60} stands in quotation marks; if a spreadsheet has set them, "
                         "take them out; if they belong to the sentence, write “ and ”")
    return {number: [cell[1:-1].replace('""', '"').strip() if cell.startswith('"') else cell for cell in columns]
            for number, columns in table.items()}


def _without_ids(path, table):
    """Keep the sentences of the lines `id, text, id, text`; refuse other lines of a number and two columns more."""
    numbers = list(table)
    if len(numbers) > 1 and not table[numbers[0]][0].isdecimal():
        numbers = numbers[1:]  # the first line may be a header
    rows = [table[number] for number in numbers]
    if not rows or not all(len(columns) > 2 and columns[0].isdecimal() for columns in rows):
        return table
    if not all(len(columns) == 4 and columns[2].isdecimal() for columns in rows):
        raise ValueError(f"{path}, line {numbers[0]}: the first column holds numbers, here and in all lines below; "
                         "leave only the two columns of sentences, source<TAB>target")
    return {number: [source, target] for number, (_, source, _, target) in zip(numbers, rows)}


_COLUMN_NAMES = {name: meaning for meaning, names in {
    "source": "source src input sentence", "target": "target tgt output translation traduction",
    "English": "english eng en anglais", "French": "french fra fr français", "Chinese": "chinese zho zh mandarin 中文",
    "German": "german deu deutsch", "Spanish": "spanish spa español",
}.items() for name in names.split()}


def _without_header(table):
    """Drop a first line that names two columns; words that may translate each other (French, français) are a pair."""
    first = next(iter(table), None)
    meanings = [_COLUMN_NAMES.get(cell.lower()) for cell in table.get(first, [])[:2]]
    if None not in meanings and len(set(meanings)) == 2:
        return {number: columns for number, columns in table.items() if number != first}
    return table


def _read_text(path):
    """Return the text of a file, its lines ended by `\\n`: Windows ends them by CR LF, and the old Macintosh by CR."""
    data = _read_bytes(path)
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and not data.startswith(codecs.BOM_UTF32_LE)
    if not utf_16 and b"\0" in data:
        raise ValueError(f"{path}, line {_line_number(data[: data.index(0)])}: holds zero bytes, as the files of a "
                         "spreadsheet or UTF-16 do; save it as plain text in UTF-8")
    try:
        return _plain_lines(data.decode("utf-16" if utf_16 else "utf-8-sig"))
    except UnicodeDecodeError as error:
        number = _line_number(data[: error.start], "utf-16" if utf_16 else "utf-8")
        raise ValueError(f"{path}, line {number}: not UTF-{'16' if utf_16 else '8'} ({error.reason}); save the file as "
                         "UTF-8") from None


def _line_number(data, encoding="utf-8"):
    return 1 + _plain_lines(data.decode(encoding, "replace")).count("\n")


def _plain_lines(text):
    text = text.replace("\r\n", "\n")
    return text if "\n" in text else text.replace("\r", "\n")


def _read_bytes(path):
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; check the path (now in {Path.cwd().name}/)")
    try:
        if path.suffix.lower() == ".gz":
            return gzip.decompress(path.read_bytes())
        if path.suffix.lower() == ".zip":
            with zipfile.ZipFile(path) as archive:
                names = [name for name in archive.namelist() if _may_hold_pairs(PurePosixPath(name))]
                if len(names) != 1:
                    raise ValueError(f"{path}: expected one .txt or .tsv file of pairs inside, found "
                                     f"{', '.join(names) or 'none'}; unpack it, and pass the path of the file you want")
                return archive.read(names[0])
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
        raise ValueError(f"{path}: a damaged or locked archive ({error}); download it again, or unpack it") from None
    return path.read_bytes()


def _may_hold_pairs(path):
    """Tell whether a file in an archive may be the pairs: neither notes, nor what macOS adds to each file."""
    return (path.suffix.lower() in (".txt", ".tsv") and not path.name.startswith(".") and "__MACOSX" not in path.parts
            and path.stem.strip("_").lower() not in ("about", "readme", "license", "licence"))
