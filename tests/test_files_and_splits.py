import csv
import gzip
import hashlib
import io
import re
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_lib import data_folder, large_groups, load_corpus, read_pairs, split_pairs, tokenize
from seq2seq_lib.corpus import KINDS, describe_corpus, kind_of, load_rows, part_of, read_rows

PAIRS = [("Go.", "Va !"), ("I lost.", "J'ai perdu."), ("It's cold, isn't it?", "Il fait froid, non ?")]
TSV = "".join(f"{source}\t{target}\tsomebody\n" for source, target in PAIRS)


# ---------------------------------------------------------------- files

@pytest.fixture
def tsv(tmp_path):
    def write(content, name="pairs.tsv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path
    return write


def zipped(path, **files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(re.sub("_txt$", ".txt", name), text)
    return path


def test_read_pairs_reads_plain_tsv_in_the_order_of_the_file(tsv):
    assert read_pairs(tsv(TSV)) == PAIRS


def test_read_pairs_takes_a_path_as_a_string(tsv):
    assert read_pairs(str(tsv(TSV))) == PAIRS


def test_read_pairs_reads_gz(tsv):
    assert read_pairs(tsv(gzip.compress(TSV.encode()), "pairs.tsv.gz")) == PAIRS


def test_read_pairs_reads_the_zip_of_the_manythings_downloads(tmp_path):
    assert read_pairs(zipped(tmp_path / "fra-eng.zip", _about_txt="notes\n", fra_txt=TSV)) == PAIRS


@pytest.mark.parametrize("content", [
    "\ufeff" + TSV,
    TSV.replace("\n", "\r\n"),
    TSV.removesuffix("\n"),
    "\n" + TSV.replace("\n", "\n\n  \n"),
    TSV.replace("\tsomebody", ""),
    TSV.replace("\tsomebody", "\ta\tb\tc"),
    TSV.replace("\t", " \t "),
    TSV.replace("\n", "\r"),
    TSV.replace("\n", "\r\r\n"),
    "\t\t\n" + TSV.replace("\n", "\n \t \n"),
    TSV.encode("utf-16"),
    b"\xfe\xff" + TSV.encode("utf-16-be"),
], ids=["byte order mark", "CRLF", "no last line end", "blank lines", "two columns", "five columns", "blanks",
        "CR alone", "CR twice", "blank rows of a spreadsheet", "UTF-16", "UTF-16, big end first"])
def test_read_pairs_is_not_disturbed_by(tsv, content):
    assert read_pairs(tsv(content)) == PAIRS


def test_read_pairs_keeps_what_stands_inside_a_sentence(tsv):
    assert read_pairs(tsv('"Go," he  said.\tVa\u202f!\n')) == [('"Go," he  said.', "Va\u202f!")]


@pytest.mark.parametrize("header", [
    "source\ttarget", "English\tFrench", "english\tfrançais\tattribution", "ENG\tFRA", "en\tfr", '"src"\t"tgt"',
    "\ufeffSentence\tTranslation", "input\toutput", "en\tzh\torigin",
])
def test_a_header_is_no_pair(tsv, header):
    body = TSV if '"' not in header else re.sub(r"[^\t\n]+", r'"\g<0>"', TSV)
    assert read_pairs(tsv(f"{header}\n{body}")) == PAIRS
    with pytest.raises(ValueError, match="no sentence pairs"):
        read_pairs(tsv(header))


@pytest.mark.parametrize("pair", [("English", "anglais"), ("French", "français"), ("source", "source"),
                                  ("translation", "traduction"), ("Sentence", "phrase"), ("Chinese", "中文")])
def test_words_that_may_name_a_column_and_translate_each_other_are_a_pair(tsv, pair):
    assert read_pairs(tsv("\t".join(pair) + "\n" + TSV)) == [pair, *PAIRS]
    assert read_pairs(tsv(TSV + "source\ttarget\n")) == [*PAIRS, ("source", "target")]  # only a first line is a header


TATOEBA = "".join(f"{1276 + i}\t{source}\t{38 * i + 5}\t{target}\n" for i, (source, target) in enumerate(PAIRS))


@pytest.mark.parametrize("content", [
    TATOEBA, "\ufeff" + TATOEBA.replace("\n", "\r\n"), "id\tsentence\tid\ttranslation\n" + TATOEBA,
    "Sentence id\tSentence\tTranslation id\tTranslation\n" + TATOEBA, re.sub(r"[^\t\n]+", r'"\g<0>"', TATOEBA),
], ids=["plain", "of Windows", "with a header", "with another header", "quoted"])
def test_the_pairs_of_a_tatoeba_export_are_its_sentences(tsv, content):
    """Four columns: id, text, id, text."""
    assert read_pairs(tsv(content)) == PAIRS
    assert {row[2:] for row in read_rows(tsv(content))} == {("", "")}


def test_numbers_are_sentences_where_nothing_says_that_they_are_not(tsv):
    pairs = [("12", "douze"), ("20", "vingt"), ("100", "cent")]
    assert read_pairs(tsv("".join(f"{one}\t{other}\n" for one, other in pairs))) == pairs
    assert read_pairs(tsv(TATOEBA + "Go.\tVa !\t3\t4\n"))[0] == ("1276", "Go.")  # not all are ids


@pytest.mark.parametrize("content", [
    "1276\teng\tLet's try.\n1277\teng\tGo.\n", "1\tGo.\tVa !\n2\tRun.\tCours !\n",
    "\tsource\ttarget\n0\tGo.\tVa !\n1\tRun.\tCours !\n", TATOEBA.replace("\n", "\tCK\n"),
], ids=["id, language, text", "numbered", "index of pandas", "five columns"])
def test_numbers_before_the_sentences_are_an_error_that_says_what_to_do(tsv, content):
    with pytest.raises(ValueError, match=r"pairs\.tsv, line \d: the first column holds numbers.*leave only"):
        read_pairs(tsv(content))


def test_quotes_that_a_spreadsheet_has_set_are_taken_away(tsv):
    said = [('"Go," he said.', "« Va ! »"), ("Yes, I know.", "Oui."), ("Stop!", 'Il dit "Stop".')]
    every, needed = io.StringIO(), io.StringIO()
    csv.writer(every, "excel-tab", quoting=csv.QUOTE_ALL).writerows(said)
    csv.writer(needed, "excel-tab").writerows(said)
    assert read_pairs(tsv(every.getvalue())) == read_pairs(tsv(needed.getvalue())) == said


@pytest.mark.parametrize("content", [
    '"Go," he said.\t"Va", dit-il.\n"Stop!"\t"Arrête !"\n', '"Oh!" "No!"\t"Oh !" "Non !"\nGo.\tVa !\n',
    'Say "A".\tDis "A".\n"A."\t"A."\n', '"\tGuillemet.\nGo.\tVa !\n',
])
def test_quotes_of_the_sentences_stay(tsv, content):
    assert read_pairs(tsv(content)) == [tuple(line.split("\t")) for line in content.splitlines()]


def test_quotes_that_may_be_either_are_an_error_that_says_what_to_do(tsv):
    with pytest.raises(ValueError, match=r'pairs\.tsv, line 4: "Stop, now!" stands in quotation marks.*take them out'):
        read_pairs(tsv(TSV + '"Stop, now!"\tArrête !\n'))


@pytest.mark.parametrize("content, said", [
    ("Go.,Va !\nRun.,Cours !\n", "line 1: expected source<TAB>target, found .*no TAB.*tab-separated"),
    ('"Go.","Va !"\n"Run.","Cours !"\n', "line 1: expected source<TAB>target, found .*no TAB.*tab-separated"),
    ("Go.;Va !\nRun.;Cours !\n", "line 1: expected source<TAB>target, found .*no TAB.*tab-separated"),
    ("Go.\tVa !\nRun.\tCours !\rI lost.\tJ'ai perdu.\n", "line 2: .*line ends.*one kind"),
    (b"PK\x03\x04\x14\0\x06\0\x08\0", "line 1: .*spreadsheet.*UTF-8"),
    (TSV.encode("utf-16-le"), "line 1: .*UTF-16.*UTF-8"),
    (TSV.encode("utf-32"), "line 1: .*zero bytes.*UTF-8"),
    (TSV.encode("utf-16")[:-1], "line 3: not UTF-16.*UTF-8"),
], ids=["commas", "commas and quotes", "semicolons", "mixed line ends", "spreadsheet", "UTF-16 without a mark",
        "UTF-32", "UTF-16 cut short"])
def test_what_is_not_lines_of_source_and_target_is_an_error_that_says_what_to_do(tsv, content, said):
    with pytest.raises(ValueError, match=rf"pairs\.tsv, {said}"):
        read_pairs(tsv(content))


@pytest.mark.parametrize("name", ["eng-fra", "eng-zho"])
def test_the_shipped_corpora_are_read_column_by_column(name):
    path = data_folder() / f"{name}.tsv"
    lines = path.read_text(encoding="utf-8").strip("\n").split("\n")
    assert read_rows(path) == [tuple(line.split("\t")) for line in lines]


@pytest.mark.parametrize("content, line", [
    (TSV + "a line without a tab\n", 4),
    ("only source\t\n" + TSV, 1),
    (TSV + "\n\tonly target\n", 5),
    ("\ufeffno tab\r\n" + TSV, 1),
], ids=["no tab", "no target", "no source", "no tab behind a byte order mark"])
def test_missing_column_is_an_error_that_names_file_and_line(tsv, content, line):
    with pytest.raises(ValueError, match=rf"pairs\.tsv, line {line}\b.*source<TAB>target"):
        read_pairs(tsv(content))


@pytest.mark.parametrize("encoding, line", [("latin-1", 2), ("utf-16-le", 1)])
def test_wrong_encoding_is_an_error_that_names_file_and_line(tsv, encoding, line):
    with pytest.raises(ValueError, match=rf"pairs\.tsv, line {line}\b.*UTF-8"):
        read_pairs(tsv("Go.\tVa !\nI know.\tÇa, je sais.\n".encode(encoding)))


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", " \r\n"])
def test_file_without_pairs_is_an_error_that_names_it(tsv, content):
    with pytest.raises(ValueError, match=r"pairs\.tsv: .*no sentence pairs"):
        read_pairs(tsv(content))


def test_no_such_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.tsv"):
        read_pairs(tmp_path / "missing.tsv")
    with pytest.raises(FileNotFoundError, match=re.escape(tmp_path.name)):
        read_pairs(tmp_path)  # a folder


def test_empty_gz_is_an_error_that_names_it(tsv):
    for content in (b"", gzip.compress(b"")):
        with pytest.raises(ValueError, match=r"pairs\.gz"):
            read_pairs(tsv(content, "pairs.gz"))


def damaged(whole):
    """A file cut short, and with single bytes changed."""
    yield from (whole[:n] for n in range(0, len(whole), 3))
    for i in range(len(whole)):
        yield whole[:i] + bytes([whole[i] ^ (1, 64, 255)[i % 3]]) + whole[i + 1 :]


@pytest.mark.parametrize("ending", ["gz", "zip"])
def test_damaged_archive_is_an_error_that_names_it_and_never_wrong_pairs(tsv, tmp_path, ending):
    """Or it has no effect: the time stamp, say, is not looked at."""
    if ending == "gz":
        whole = gzip.compress(TSV.encode())
    else:
        whole = zipped(tmp_path / "whole.zip", _about_txt="notes\n", fra_txt=TSV).read_bytes()
    num_errors = 0
    for content in damaged(whole):
        path = tsv(content, f"pairs.{ending}")
        try:
            assert read_pairs(path) == PAIRS
        except ValueError as error:
            assert path.name in str(error)
            num_errors += 1
    assert num_errors > len(whole) / 3


def test_encrypted_zip_is_an_error_that_names_it(tsv, tmp_path):
    whole = bytearray(zipped(tmp_path / "whole.zip", fra_txt=TSV).read_bytes())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        whole[whole.index(header) + flags] |= 1
    with pytest.raises(ValueError, match=r"pairs\.zip"):
        read_pairs(tsv(bytes(whole), "pairs.zip"))


def test_text_that_is_no_archive_is_an_error_that_names_it(tsv):
    for name in ("pairs.gz", "pairs.zip"):
        with pytest.raises(ValueError, match=name):
            read_pairs(tsv(TSV, name))


@pytest.mark.parametrize("files", [
    {"fra_txt": TSV, "__MACOSX/._fra_txt": "\0\5\26\7"}, {"about my cats/fra_txt": TSV, "about my cats/": ""},
    {"a/b/FRA.TSV": TSV, "a/README.TXT": "notes"}, {"about_cats_txt": TSV}, {"fra_txt": TSV, "_About_txt": "notes"},
    {"data/fra_txt": TSV, "data/.DS_Store": "x", "__MACOSX/data/._fra_txt": "x", "data/._fra_txt": "x"},
    {"fra_txt": TSV, "LICENSE_txt": "CC BY", "picture.png": "x"},
], ids=["of macOS", "folder about", "capitals", "file about", "capital about", "folder of macOS", "licence"])
@pytest.mark.parametrize("name", ["pairs.zip", "PAIRS.ZIP"])
def test_read_pairs_finds_the_one_file_of_a_zip(tmp_path, name, files):
    assert read_pairs(zipped(tmp_path / name, **files)) == PAIRS


def test_read_pairs_reads_gz_in_capitals(tsv):
    assert read_pairs(tsv(gzip.compress(TSV.encode()), "PAIRS.TSV.GZ")) == PAIRS


@pytest.mark.parametrize("files, found", [
    ({}, "none"), ({"_about_txt": "notes"}, "none"), ({"pairs.csv": "Go.,Va !"}, "none"),
    ({"fra_txt": TSV, "deu_txt": TSV}, "fra.txt, deu.txt"), ({"a/1.tsv": TSV, "a/2.TSV": TSV}, "a/1.tsv, a/2.TSV"),
])
def test_zip_without_one_file_of_pairs_is_an_error_that_names_it(tmp_path, files, found):
    with pytest.raises(ValueError, match=rf"pairs\.zip: expected one.*found {found}; unpack it"):
        read_pairs(zipped(tmp_path / "pairs.zip", **files))


# ---------------------------------------------------------------- the split

SOURCES = [f"{subject} {verb} {number} {thing}." for subject in ("I", "We", "It's Tom who", "They don't say who")
           for verb in ("saw", "found", "lost", "bought", "sold") for number in range(2, 12)
           for thing in ("cats", "books", "apples")]  # 600


SPLITS = ("train", "validation", "test")


def lines(sources=SOURCES, targets=None, third=""):
    """A file of these sources, each with a target of its own."""
    targets = targets or [f"Cible {i}." for i in range(len(sources))]
    return "".join(f"{source}\t{target}\t{third}\n" for source, target in zip(sources, targets))


def parts_of_file(path, **settings):
    return {split: load_corpus(path, split, **settings) for split in SPLITS}


def test_split_parts_every_source_once_and_in_the_shares_it_says(tsv):
    parts = {split: [source for source, _ in pairs] for split, pairs in parts_of_file(tsv(lines())).items()}
    assert sorted(sum(parts.values(), [])) == sorted(SOURCES)
    shares = [len(part) / len(SOURCES) for part in parts.values()]
    assert shares == pytest.approx([0.92, 0.04, 0.04], abs=0.03)


def test_translations_of_a_source_stay_together_whatever_its_spelling(tsv):
    """Also its spacing, as English and French have it before a question mark."""
    rows = [(spelling, f"Cible {i} {j}.") for i, source in enumerate(SOURCES) for j, spelling in enumerate(
        [source, source.upper(), source.replace(".", "\u202f."), source.replace("'", "’")])]
    assert_no_sentence_is_in_two_parts(parts_of_file(tsv("".join(f"{s}\t{t}\n" for s, t in rows))), len(rows))


def assert_no_sentence_is_in_two_parts(parts, num_pairs):
    assert sum(map(len, parts.values())) == num_pairs and all(parts.values())
    for side in (0, 1):
        seen = {}
        for part, pairs in parts.items():
            for pair in pairs:
                assert seen.setdefault(" ".join(tokenize(pair[side], "eng")), part) == part


@settings(max_examples=20)
@given(st.lists(st.integers(0, 300), min_size=400, max_size=400), st.randoms(use_true_random=False))
def test_no_source_and_no_target_is_in_two_parts_and_the_order_of_the_pairs_does_not_matter(targets, random):
    pairs = [(SOURCES[row], f"Cible {target}.") for row, target in enumerate(targets)]
    pairs += [(SOURCES[row + 1], f"Autre {row}.") for row in range(0, 100, 7)]
    parts = split_pairs(pairs)
    for side in (0, 1):
        seen = {}
        assert all(seen.setdefault(pair[side], part) == part for pair, part in zip(pairs, parts))
    assert split_pairs([pair[::-1] for pair in pairs]) == parts
    rows = list(range(len(pairs)))
    random.shuffle(rows)
    assert split_pairs([pairs[row] for row in rows]) == [parts[row] for row in rows]


def test_pairs_that_hang_together_through_others_stay_together():
    """a-1, b-1, b-2, c-2, ...: no two ends of the chain share a sentence, and yet all of it is one group."""
    others = [(source, f"Cible {i}.") for i, source in enumerate(SOURCES)]
    for n in range(40):
        chain = [(f"Source {n} {i // 2}.", f"But {n} {(i + 1) // 2}.") for i in range(6)]
        assert len(set(split_pairs(chain + others)[:6])) == 1


def test_groups_are_held_out_as_often_as_single_pairs():
    """The hash of a group is no minimum of many hashes, which would be small and put all large groups into the test."""
    pairs = [(f"Source {n}.", f"But {n} {i}.") for n in range(3000) for i in range(10)]
    parts = split_pairs(pairs)
    assert [parts.count(part) / len(parts) for part in SPLITS] == pytest.approx([0.92, 0.04, 0.04], abs=0.01)


def test_a_group_of_more_than_one_in_a_hundred_is_for_training_and_is_counted():
    singles = [(f"Source {i}.", f"Cible {i}.") for i in range(1000)]
    for size, large in ((10, False), (11, True), (40, True)):
        parts = set()
        for n in range(60):
            pairs = singles[size:] + [(f"Groupe {n}.", f"But {n} {i}.") for i in range(size)]
            assert len(pairs) == 1000
            assert [len(group) for group in large_groups(pairs)] == ([size] if large else [])
            assert large_groups(pairs)[:1] == ([pairs[-size:]] if large else [])
            parts |= set(split_pairs(pairs)[-size:])
        assert (parts == {"train"}) is large
    assert large_groups(singles[:20]) == []  # a pair alone is never too large


def test_the_split_of_a_file_is_fixed_for_ever():
    """Taken from the SHA-256 of the first text of each group by other code: no version may move a pair."""
    pairs = [(source, f"Cible {i // 2}.") for i, source in enumerate(SOURCES)]
    parts = split_pairs(pairs)
    for i in range(0, len(pairs), 2):
        texts = [text.lower().replace(" ", "") for pair in pairs[i : i + 2] for text in pair]
        fraction = int(hashlib.sha256(min(texts).encode()).hexdigest()[:16], 16) / 16**16
        expected = "test" if fraction < 0.04 else "validation" if fraction < 0.08 else "train"
        assert parts[i] == parts[i + 1] == expected


@pytest.mark.parametrize("third", ["written alone", "pattern go, new combination\ttest", "frame I ...\tvalidation",
                                   "CC-BY 2.0 (France) #1 (CK)", ""])
def test_a_third_column_of_a_reader_s_own_means_nothing(tsv, third):
    assert parts_of_file(tsv(lines(third=third))) == parts_of_file(tsv(lines()))
    with pytest.raises(ValueError, match="only shipped corpora have kinds; leave out kind='written alone'"):
        load_corpus(tsv(lines(third=third)), "train", kind="written alone")


def test_the_shipped_corpora_tell_their_parts_by_name_and_by_path():
    for name in ("eng-fra", "eng-zho"):
        path = data_folder() / f"{name}.tsv"
        told = {split: [] for split in SPLITS}
        for line in path.read_text(encoding="utf-8").splitlines():
            source, target, _, part = line.split("\t")
            told[part].append((source, target))
        for split in SPLITS:
            assert load_corpus(name, split) == load_corpus(path, split) == told[split]
            assert len(told[split]) > 500


@pytest.mark.parametrize("name", ["eng-fra", "eng-zho"])
def test_the_other_direction_has_the_same_parts(name):
    for split in SPLITS:
        for kind in (None, "written alone"):
            there = load_corpus(name, split, kind=kind)
            assert load_corpus(name, split, kind=kind, reverse=True) == [(target, source) for source, target in there]


def test_the_other_direction_of_a_file_of_one_s_own(tsv):
    path, swapped = tsv(lines()), tsv(lines([f"Cible {i}." for i in range(len(SOURCES))], SOURCES), "swapped.tsv")
    assert parts_of_file(path, reverse=True) == parts_of_file(swapped)
    with pytest.raises(FileNotFoundError, match="no corpus 'fra-eng': take 'eng-fra' with reverse=True"):
        load_corpus("fra-eng", "train")


def test_a_file_without_validation_says_so_whatever_is_asked_for(tsv):
    path = tsv(lines(SOURCES[10:14]))  # three of them are for training, one for validation
    for split in SPLITS:
        with pytest.raises(ValueError, match="has 4 sentence pairs, too few: .* None is left for test; .*read_pairs"):
            load_corpus(path, split)
    path = tsv(lines(SOURCES, ["La même."] * len(SOURCES)))
    with pytest.raises(ValueError, match="has 600 sentence pairs, but 600 of them .* too large .*largest has 600"):
        load_corpus(path, "train")


@pytest.mark.parametrize("text, part, part_of_more", [
    ("help !", "test", "test"), ("go .", "validation", "test"), ("stop !", "validation", "test"),
    ("no way !", "train", "validation"), ("i lost .", "train", "train"), ("they are watching .", "train", "train")])
def test_a_hash_is_fixed_for_ever(text, part, part_of_more):
    """Taken from the SHA-256 by other code: no version of the library may move a sentence."""
    assert part_of(text) == part
    assert part_of(text, held_out=0.2) == part_of_more
    assert part_of(text, held_out=0) == "train" and part_of(text, held_out=1) != "train"


@pytest.mark.parametrize("name", ["eng-fra", "eng-zho"])
def test_kinds_part_a_shipped_corpus(name):
    for split in SPLITS:
        whole = load_corpus(name, split)
        assert sorted(whole) == sorted(sum((load_corpus(name, split, kind=kind) for kind in KINDS), []))
    assert load_corpus(name, "train", kind="new combination") == []
    assert {kind_of(row[2]) for row in read_rows(data_folder() / f"{name}.tsv")} == set(KINDS)
    for kind in ("written alone", "frame", "seen pattern"):
        sources = [len({source for source, _ in load_corpus(name, split, kind=kind)}) for split in SPLITS]
        assert 0.04 < sum(sources[1:]) / sum(sources) < 0.16


def test_load_corpus_names_the_choices_when_one_is_wrong(tsv):
    path = tsv(TSV)
    with pytest.raises(ValueError, match="split is 'dev'.*'train', 'validation', 'test'"):
        load_corpus(path, "dev")
    with pytest.raises(ValueError, match="kind is 'new'"):
        load_corpus(path, "train", kind="new")
    with pytest.raises(FileNotFoundError, match="nowhere.tsv"):
        load_corpus(path.parent / "nowhere.tsv", "train")
    with pytest.raises(FileNotFoundError):
        load_corpus("eng-klingon", "train")


# ---------------------------------------------------------------- a whole corpus, with parts and kinds

@pytest.mark.parametrize("name, source, target", [("eng-fra", "eng", "fra"), ("fra-eng", "fra", "eng"),
                                                  ("eng-zho", "eng", "zho"), ("zho-eng", "zho", "eng")])
def test_a_shipped_corpus_is_loaded_whole_in_either_direction(name, source, target):
    rows, back = load_rows(name, source, target), source != "eng"
    shipped = f"{target}-{source}" if back else name
    assert {kind for *_, kind in rows} == set(KINDS)
    for part in SPLITS:
        assert [row[:2] for row in rows if row[2] == part] == load_corpus(shipped, part, reverse=back)
    path = data_folder() / f"{shipped}.tsv"
    assert load_rows(path, source, target, reverse=back) == rows
    with pytest.raises(ValueError, match=f"{shipped} holds the languages .*source is '{target}'"):
        load_rows(name, target, source)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_file_of_one_s_own_is_loaded_whole(tsv, reverse):
    path = tsv(lines())
    rows = load_rows(path, "deu", "jpn", reverse)
    assert {kind for *_, kind in rows} == {"your own"} and len(rows) == len(read_pairs(path))
    for part in SPLITS:
        assert [row[:2] for row in rows if row[2] == part] == load_corpus(path, part, reverse=reverse)


def test_a_file_of_fewer_than_a_hundred_lines_is_too_small_to_be_loaded_whole(tsv):
    path = tsv("".join(f"I saw {n} dogs.\tJ'ai vu {n} chiens.\n" for n in range(99)))
    assert len(load_corpus(path, "test")) > 0
    with pytest.raises(ValueError, match="99 sentence pairs, too few.* A score on so few says nothing; take a file"):
        load_rows(path, "eng", "fra")


GO, STOP = "Go on.\tContinue.\n", "Stop!\tArrête !\n"


@pytest.mark.parametrize("content, said", [
    (GO, "pairs.tsv: 1 pair. The first one: Go on. → Continue."),
    (GO + STOP, "pairs.tsv: 2 pairs. The first one: Go on. → Continue."),
    ("English\tFrench\n" + GO, "pairs.tsv: 1 pair. The first one: Go on. → Continue.\n"
                               "Left out: a first line that names columns."),
    ('"Go on."\t"Continue."\n', "pairs.tsv: 1 pair. The first one: Go on. → Continue.\n"
                                "Left out: the quotation marks around the columns."),
    ("source\ttarget\n1\tGo on.\t2\tContinue.\n", "pairs.tsv: 1 pair. The first one: Go on. → Continue.\nLeft out: "
                                                "the columns of numbers.\nLeft out: a first line that names columns."),
    ("7\tGo on.\t8\tContinue.\n", "pairs.tsv: 1 pair. The first one: Go on. → Continue.\n"
                                   "Left out: the columns of numbers."),
    ("Wort\tmot\n" + 5 * GO, "pairs.tsv: 6 pairs. The first one: Wort → mot\nThis pair has no full stop, and most "
                             "others have one: if it names the columns, delete that line."),
    ("go\tva\n" + "stop\tarrête\n" * 5, "pairs.tsv: 6 pairs. The first one: go → va"),
    ("去吧。\tGo on.\n", "pairs.tsv: 1 pair. The first one: 去吧。 → Go on."),
])
def test_a_file_is_described_with_what_was_left_out_of_it(tsv, content, said):
    assert describe_corpus(tsv(content)) == said


def test_a_shipped_corpus_is_described_by_its_name():
    said = describe_corpus("eng-fra")
    assert said == describe_corpus("fra-eng") == describe_corpus(data_folder() / "eng-fra.tsv")
    assert re.fullmatch(r"eng-fra\.tsv: \d\d,\d{3} pairs\. The first one: Go\. → Va !", said)
