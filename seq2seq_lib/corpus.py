"""Corpus: sentence pairs, and which of them are for training, for validation and for the test."""

import hashlib
from pathlib import Path

from .files import describe, read_rows
from .text import check_choice, normalize

SPLITS = ("train", "validation", "test")
SHIPPED = ("eng-fra", "eng-zho")  # the corpora of the data folder: two more columns tell each pair's origin and part
KINDS = ("written alone", "frame", "seen pattern", "new combination")


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


def load_corpus(name, split, *, kind=None, reverse=False):
    """Load one part of a corpus: for training, for choosing (validation), or for the last test.

    Pairs that share a source or a target, directly or through other pairs, are in the same part, which a hash decides:
    so the parts are the same everywhere and for ever, in both directions. The shipped corpora tell the part in their
    fourth column; for a file of your own it is worked out here (`split_pairs`), and columns after the second mean
    nothing.

    Args:
        name: a shipped corpus (`"eng-fra"`, `"eng-zho"`), or the path of a TSV file of your own.
        split: `"train"`, `"validation"` or `"test"`.
        kind: only the pairs of one kind: `"written alone"`, `"frame"`, `"seen pattern"` or `"new combination"`
            (data/README.md tells what they are). Shipped corpora alone have kinds. All pairs by default.
        reverse: True gives the pairs the other way round, to translate from the second language into the first.

    Returns:
        A list of `(source, target)` pairs of strings. A source with several translations is in several pairs.

    Raises:
        FileNotFoundError: no such corpus; the message lists those there are.
        ValueError: an unknown split or kind, a damaged file, or a file that is too small: it has no sentences for
            validation or test.
    """
    check_choice("split", split, SPLITS)
    if kind is not None:
        check_choice("kind", kind, KINDS)
    path = _corpus_path(name)
    rows = read_rows(path)
    if _is_shipped(path):
        pairs = [(source, target) for source, target, origin, part in rows
                 if part == split and kind in (None, kind_of(origin))]
    elif kind is not None:
        raise ValueError(f"{path} is a file of your own, and only shipped corpora have kinds; leave out kind={kind!r}")
    else:
        every = [row[:2] for row in rows]
        parts = split_pairs(every)
        _check_parts(path, every, parts)
        pairs = [pair for pair, part in zip(every, parts) if part == split]
    return [(target, source) for source, target in pairs] if reverse else pairs


def load_rows(name, source, target, reverse=False):
    """Load a whole corpus, and tell of each pair what part it is in and of what kind it is.

    Args:
        name: a shipped corpus in either direction (`"eng-fra"`, `"fra-eng"`), or the path of a TSV file of your own.
        source, target: codes of the languages to translate from and into.
        reverse: True if a file of your own has the source in its second column.

    Returns:
        A list of `(source, target, part, kind)`. The kind is one of `KINDS`, or `"your own"` in a file of your own.

    Raises:
        FileNotFoundError, ValueError: as `load_corpus`; languages that are not those of a shipped corpus; a file of
            your own of fewer than 100 pairs, of which too few would be held out to score a translator.
    """
    path, back = _find(name)
    rows, reverse = read_rows(path), reverse or back
    if _is_shipped(path):
        languages = path.stem.split("-")
        if [source, target] != languages[:: -1 if reverse else 1]:
            raise ValueError(f"{path.stem} holds the languages {' and '.join(languages)}, and source is {source!r}, "
                             f"target {target!r}; take a corpus of these two, or change the languages")
        told = [(*pair, part, kind_of(origin)) for *pair, origin, part in rows]
    else:
        pairs = [row[:2] for row in rows]
        parts = split_pairs(pairs)
        _check_parts(path, pairs, parts, least=100)
        told = [(*pair, part, "your own") for pair, part in zip(pairs, parts)]
    return [(there, here, *rest) for here, there, *rest in told] if reverse else told


def describe_corpus(name):
    """Say what is in a corpus (`load_rows` tells what may be its name): `files.describe`."""
    return describe(_find(name)[0])


def _find(name):
    """Return the path of a corpus, and whether the name turns a shipped one round, as `"fra-eng"` does."""
    back = "-".join(reversed(str(name).split("-")))
    if back in SHIPPED and not Path(name).is_file():
        return _corpus_path(back), True
    return _corpus_path(name), False


# -------------------------------------------------------------- the shipped corpora

def kind_of(origin):
    """Tell the kind of a pair, one of `KINDS`, by its origin (the third column of a shipped corpus)."""
    if origin.endswith("new combination"):
        return "new combination"
    return {"pattern": "seen pattern", "frame": "frame"}.get(origin.partition(" ")[0], "written alone")


def _is_shipped(path):
    """Tell whether a file is one of the corpora of the data folder, which tell origins and parts."""
    try:
        return path.resolve() in [(data_folder() / f"{name}.tsv").resolve() for name in SHIPPED]
    except FileNotFoundError:  # there is no data folder: so it is a file of somebody's own
        return False


# ------------------------------------------------------------- a file of one's own

def split_pairs(pairs):
    """Tell the part of each pair: `"train"`, `"validation"` (4 in a hundred) or `"test"` (4 in a hundred).

    Pairs that share a source or a target, directly or through other pairs, form a group and stay together: otherwise a
    sentence of the test would be in training under another wording of its translation. A hash of the group decides, in
    both directions alike. A group that is too large to be held out (`large_groups`) goes to training.

    Args:
        pairs: a list of `(source, target)` pairs of strings. Case and spacing do not matter.

    Returns:
        A list of the parts, in the order of the pairs.
    """
    parts, keys = [""] * len(pairs), _keys(pairs)
    for rows in groups_of(keys):
        key = min(key for row in rows for key in keys[row])  # the same in whatever order the pairs come
        part = "train" if _is_large(rows, pairs) else part_of(key)
        for row in rows:
            parts[row] = part
    return parts


def part_of(key, held_out=0.08):
    """Tell the part of a text by its hash, if a share `held_out` of all texts is for validation and test, half each."""
    fraction = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64
    return "test" if fraction < held_out / 2 else "validation" if fraction < held_out else "train"


def large_groups(pairs):
    """Return the groups of `split_pairs` of two pairs or more that hold more than 1 % of all pairs, the largest first.

    Args:
        pairs: a list of `(source, target)` pairs of strings.

    Returns:
        A list of lists of pairs: `len(large_groups(read_pairs(path)))` says how many groups went to training whole.
    """
    large = [[pairs[row] for row in rows] for rows in groups_of(_keys(pairs)) if _is_large(rows, pairs)]
    return sorted(large, key=len, reverse=True)


def _keys(pairs):
    """Return for each pair what two spellings of its sentences share, in any language: equal tokens have equal keys."""
    return [tuple(normalize(text).replace(" ", "") for text in pair) for pair in pairs]


def groups_of(keys):
    """Return the rows of each group of rows that share keys, directly or through others.

    By union-find: a row points to an earlier one of its group, the first of a group to itself.

    Args:
        keys: for each row a tuple of keys. Equal keys in equal places make a group.

    Returns:
        A list of lists of numbers of rows.
    """
    above = list(range(len(keys)))

    def first(row):
        while above[row] != row:
            above[row] = row = above[above[row]]  # halves the way for the next one
        return row

    seen = {}
    for row, pair in enumerate(keys):
        for side_and_key in enumerate(pair):
            one, other = sorted((first(row), first(seen.setdefault(side_and_key, row))))
            above[other] = one
    groups = {}
    for row in range(len(keys)):
        groups.setdefault(first(row), []).append(row)
    return list(groups.values())


def _is_large(rows, pairs):
    return len(rows) > 1 and 100 * len(rows) > len(pairs)


def _check_parts(path, pairs, parts, least=0):
    """Raise ValueError if a file has nothing for validation or test; better now than after the training."""
    missing = [part for part in SPLITS[1:] if part not in parts]
    if not missing and len(pairs) >= least:
        return
    large = large_groups(pairs)
    cause = "too few: of a hundred, some 4 are for validation and 4 for the test"
    if large:
        cause = (f"but {sum(map(len, large))} of them are in groups that share sentences and are too large to be held "
                 f"out (the largest has {len(large[0])})")
    left = f"None is left for {' and '.join(missing)}" if missing else "A score on so few says nothing"
    raise ValueError(f"{path}: the file has {len(pairs)} sentence pairs, {cause}. {left}; take a file of some hundreds "
                     "of different sentences or more, or read_pairs(path), which gives all pairs and no parts")


# ------------------------------------------------------------------------ finding

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
        known = sorted(p.stem for p in data_folder().glob("*-*.tsv"))
        other = "-".join(reversed(str(name).split("-")))
        hint = f"{other!r} with reverse=True" if other in known else f"one of {', '.join(known)}"
        raise FileNotFoundError(f"no corpus {str(name)!r}: take {hint}, or the path of a .tsv file")
    return path
