"""The sheet of first sentences: that its translations are those of the shipped models, and that each was read."""

import pytest
from bench_first_sentences import LANGUAGES, changed_rows, main, read_sheet


@pytest.fixture(scope="module")
def sheet():
    return read_sheet()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_translations_are_what_the_shipped_models_say(sheet, language):
    assert changed_rows(sheet, language) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translation_has_a_verdict_and_stands_once(sheet, language):
    assert sheet and all(row.english and row.translation(language) and row.verdict(language) for row in sheet)
    assert len({row.english for row in sheet}) == len(sheet)


def test_the_benchmark_counts_the_verdicts_and_shows_what_differs(tmp_path, monkeypatch, capsys):
    path = tmp_path / "first_sentences.tsv"
    path.write_text("english\tfrench\tchinese\tverdict french\tverdict chinese\tremark\n"
                    "I am here.\tZut.\t糟了。\twrong\tright\t\n"
                    "Thank you.\tZut.\t糟了。\twrong\todd\tso so\n", encoding="utf-8")
    monkeypatch.setattr("bench_first_sentences.read_sheet", lambda: read_sheet(path))
    main()
    said = capsys.readouterr().out
    assert "French: 2 of 2 translations differ from the sheet; verdicts: 2 wrong (100%)" in said
    assert "verdicts: 1 right (50%), 1 odd (50%)" in said and "I am here." in said


def test_a_line_that_lacks_a_column_is_named(tmp_path):
    path = tmp_path / "first_sentences.tsv"
    path.write_text("a\tb\tc\td\te\tf\nI am here.\tZut.\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2: 2 columns, not 6"):
        read_sheet(path)
