"""What the benchmark of quality counts: scores and their intervals, and which test sentences are in which group."""

import bench_translation
import pytest
import sacrebleu
from bench_translation import all_heard, draw, file_scores, in_training, main, near_copy, opposite
from scoring import (
    chrf_counts,
    chrf_of,
    exact_matches,
    length_table,
    percent_of,
    score_and_interval,
    score_row,
    score_table,
)

from seq2seq_lib import bootstrap_bleu, corpus_bleu

PREDICTIONS = ["le chat dort .", "il pleut", "", "je suis ici depuis hier ."]
REFERENCES = [["le chat dort .", "la chatte dort ."], ["il neige .", "il pleut ."], ["oui ."], ["je suis là ."]]
PAIRS = [("i 'm at home .".split(), ["x"]), ("tom is at work .".split(), ["y"])]


def test_chrf_is_sacrebleus_with_all_references():
    streams = [[labels[0] for labels in REFERENCES], [labels[1] if len(labels) > 1 else None for labels in REFERENCES]]
    ours = score_and_interval(chrf_counts(PREDICTIONS, REFERENCES), chrf_of)[0]
    assert ours == pytest.approx(sacrebleu.corpus_chrf(PREDICTIONS, streams).score, abs=1e-9)


def test_exact_matches_may_be_any_reference_and_nothing_less():
    assert exact_matches(PREDICTIONS, REFERENCES) == [True, False, False, False]


def test_interval_holds_the_score_and_is_the_same_every_time():
    counts = [[i % 3 == 0, 1] for i in range(300)]
    score, low, high = score_and_interval(counts, percent_of)
    assert score == pytest.approx(100 / 3) and low < score < high
    assert high - low == pytest.approx(2 * 1.96 * 100 * (2 / 9 / 300) ** 0.5, rel=0.1)  # of the binomial distribution
    assert score_and_interval(counts, percent_of) == (score, low, high)
    assert score_and_interval([[1, 1]] * 5, percent_of) == (100, 100, 100)


def test_cells_of_the_table_hold_score_and_interval():
    row = score_row(PREDICTIONS, REFERENCES)
    low, high = bootstrap_bleu(PREDICTIONS, REFERENCES)
    assert row["BLEU (95 %)"] == f"{corpus_bleu(PREDICTIONS, REFERENCES):.1f} ({low:.1f} - {high:.1f})"
    assert row["exact, % (95 %)"] == "25.0 (0.0 - 75.0)"


def test_table_scores_each_system_on_each_group_and_empty_groups_are_left_blank():
    references = {("a",): ["x"], ("b", "c"): ["y"], ("d",): ["z", "u"]}
    translations = {"one": ["x", "y", "u"], "other": ["x", "?", "?"]}
    table = score_table(references, translations, {
        "all": lambda source: True, "short": lambda source: len(source) == 1, "none": lambda source: False})
    assert table["sentences"].tolist() == ["all: 3 (100%)", "", "short: 2 (67%)", "", "none: 0 (0%)", ""]
    assert [cell.partition(" ")[0] for cell in table["exact, % (95 %)"]] == ["100.0", "33.3", "100.0", "50.0", "", ""]
    assert table["system"].tolist() == ["one", "other"] * 3
    assert length_table(references, translations).iloc[0, 2:].tolist() == ["", "", ""]


def test_near_copies_have_one_other_token_in_one_place():
    near = near_copy(PAIRS)
    for sentence, expected in (("i 'm at home .", True), ("i 'm at work .", True), ("tom is at home .", True),
                               ("tom 's at home .", False), ("i 'm at home", False), ("i 'm home .", False)):
        assert near(tuple(sentence.split())) == expected, sentence
        assert opposite(near)(tuple(sentence.split())) != expected


def test_heard_are_sentences_all_of_whose_trigrams_are_in_training():
    heard = all_heard([*PAIRS, ("i 'm at work .".split(), ["z"])])
    for sentence, expected in (("tom is at work .", True), ("i 'm at home .", True), ("tom is at home .", False),
                               ("is at work .", False)):
        assert heard(tuple(sentence.split())) == expected, sentence


def test_in_training_are_its_sentences():
    assert in_training(PAIRS)(tuple(PAIRS[0][0])) and not in_training(PAIRS)(("tom",))


def test_draw_takes_at_most_so_many_the_same_every_time_in_their_order():
    references = {(str(i),): [str(i)] for i in range(50)}
    drawn = draw(references, 20, seed=0)
    assert len(drawn) == 20 and list(drawn.items()) == [item for item in references.items() if item[0] in drawn]
    assert draw(references, 20, seed=0) == drawn != draw(references, 20, seed=1)
    assert draw(references, 50, seed=0) == references


@pytest.fixture
def few_pairs(monkeypatch):
    """A corpus of 60 training pairs and 12 of each other part, and one epoch."""
    read = bench_translation.read
    monkeypatch.setattr(bench_translation, "read", lambda corpus, split, kind=None: read(corpus, split, kind)[
        : 60 if split == "train" else 12])
    monkeypatch.setattr(bench_translation, "EPOCHS", 1)


def test_a_corpus_is_scored_by_kind_and_system(few_pairs, capsys):
    main(["eng-zho"])
    said = capsys.readouterr().out
    for kind in bench_translation.KINDS:
        assert f"eng-zho, test, {kind}\n" in said
    for system in ("shipped model", "lesson 08 (", "tutorials' loop (", "nearest training sentence"):
        assert said.count(system) >= 4 * 5


def test_a_file_is_scored_on_sources_drawn_from_it(few_pairs, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(bench_translation, "MOST_SOURCES", 3)
    path = tmp_path / "pairs.tsv"
    path.write_text("Go.\t去吧。\nGo.\t走吧。\nI am here.\t我在这里。\nThank you.\t谢谢。\nWho?\t谁？\n",
                    encoding="utf-8")
    main([str(path), "--target", "zho"])
    said = capsys.readouterr().out
    assert "eng-zho: 3 of 4 different sources, drawn with seed 0" in said and "all: 3 (100%)" in said
    monkeypatch.setattr(bench_translation, "MOST_SOURCES", 4)
    file_scores(path, "eng-zho")
    assert "4 of 4 different sources\n" in capsys.readouterr().out
