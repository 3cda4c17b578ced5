"""Files: the lines of a file of sentence pairs, in the shapes that people have; what is not certain is refused."""

import codecs
import gzip
import re
import zipfile
import zlib
from pathlib import Path, PurePosixPath


def read_rows(path):
    """Read the lines of a TSV file with the origin and the part of each pair: its third and its fourth column.

    Args:
        path: as for `corpus.read_pairs`.

    Returns:
        A list of `(source, target, origin, part)`; what a line lacks is empty.

    Raises:
        FileNotFoundError, ValueError: as `corpus.read_pairs`.
    """
    return _read(Path(path))[0]


def describe(path):
    """Say what is in a file of pairs, a line or a few: how many, which is the first, what was left out, what looks odd.

    Args:
        path: as for `corpus.read_pairs`.

    Raises:
        FileNotFoundError, ValueError: as `corpus.read_pairs`.
    """
    rows, left_out = _read(Path(path))
    (source, target), many = rows[0][:2], len(rows)
    said = [f"{Path(path).name}: {many:,} pair{'s' * (many > 1)}. The first one: {source} → {target}"]
    said += [f"Left out: {what}." for what in left_out]
    if not _ends(source) and not _ends(target) and sum(_ends(row[0]) for row in rows) > 0.75 * many:
        said.append("This pair has no full stop, and most others have one: if it names the columns, delete that line.")
    return "\n".join(said)


def _ends(sentence):
    return not sentence[-1].isalnum()


def _read(path):
    """Return the rows of a file, and what was left out of it, in words."""
    table, left_out = {}, []  # the columns of each line, by its number
    for number, line in enumerate(_read_text(path).split("\n"), 1):
        columns = [column.strip() for column in line.split("\t")]
        if "\r" in line and any("\r" in column for column in columns):
            raise ValueError(f"{path}, line {number}: two kinds of line ends (CR and LF) are mixed; save the file "
                             "with one kind")
        if any(columns):
            table[number] = columns
    lines = len(table)
    for clean, what in ((_without_quotes, "the quotation marks around the columns"),
                        (_without_ids, "the columns of numbers")):
        before, table = table, clean(path, table)
        left_out += [what] * (table is not before)
    table = _without_header(table)
    left_out += ["a first line that names columns"] * (len(table) < lines)
    for number, columns in table.items():
        if len(columns) < 2 or not columns[0] or not columns[1]:
            hint = ""
            if all(len(columns) == 1 for columns in table.values()):
                hint = "; there is no TAB in the file: if it is a table of a spreadsheet, save it as tab-separated text"
            raise ValueError(f"{path}, line {number}: expected source<TAB>target, found {columns[:2]}{hint}")
    if not table:
        raise ValueError(f"{path}: the file has no sentence pairs; expected lines of source<TAB>target")
    return [tuple((*columns, "", "")[:4]) for columns in table.values()], left_out


_QUOTED = re.compile(r'"(?:[^"]|"")*"')  # as spreadsheets do it: signs around the column, and those inside doubled


def _without_quotes(path, table):
    """Take away the quotes that a spreadsheet has set; leave those that belong to the sentences."""
    marked = [(number, cell) for number, columns in table.items() for cell in columns if '"' in cell]
    if not marked or not all(_QUOTED.fullmatch(cell) for _, cell in marked):
        return table
    num_cells = sum(cell != "" for columns in table.values() for cell in columns)
    if len(marked) < num_cells and not any('""' in cell[1:-1] for _, cell in marked):
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
