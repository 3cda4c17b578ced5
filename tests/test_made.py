"""What is made from a corpus: the models and the results tell from which, and it is the present one."""

import csv
import gzip
import hashlib
import json
import sys

import pytest
import torch

from seq2seq_lib import corpus_bleu, data_folder, experiments, load_checkpoint, tokenize
from seq2seq_lib.cases import CASES
from seq2seq_lib.decoding import beam_search
from seq2seq_lib.heard import heard_table
from seq2seq_lib.suspects import Suspect

sys.path.insert(0, str(data_folder()))
import experiment_claims  # noqa: E402
import lesson_settings  # noqa: E402
import make_cases  # noqa: E402
import make_corpus  # noqa: E402
import make_curve  # noqa: E402
import make_experiments  # noqa: E402
import make_models  # noqa: E402
import making  # noqa: E402

PAIRS = [("They are late.", "Ils sont en retard."), ("They are here.", "Ils sont ici."), ("Go.", "Va !")]
VALID = [("We go.", "Nous allons."), ("We are late here.", "Nous sommes en retard ici."),
         ("They are late and we go.", "Ils sont en retard et nous allons."),
         ("They go here now and they go late.", "Ils vont ici et ils vont en retard."),
         ("They go here and we go there, and all of them are late.", "Ils vont ici et nous là.")]


def results(name, folder=None):
    with open((folder or data_folder()) / "results" / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# ---------------------------------------------------------------- what is shipped

MODELS = ("eng-fra", "eng-zho", "eng-fra-attention", "eng-zho-attention")


@pytest.mark.parametrize("name", MODELS)
def test_a_shipped_model_is_made_from_the_present_corpus_and_small(name):
    path = data_folder() / "models" / f"{name}.safetensors"
    corpus = name.removesuffix("-attention")
    assert load_checkpoint(path).settings.get("corpus") == make_corpus.corpus_hash(corpus), f"{corpus}.tsv: make model"
    assert path.stat().st_size <= 10e6


def test_the_shipped_models_are_those_of_the_folder():
    assert {path.stem for path in (data_folder() / "models").glob("*.safetensors")} == set(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_a_shipped_model_has_the_table_of_what_stood_in_its_training(name):
    assert load_checkpoint(data_folder() / "models" / f"{name}.safetensors").heard is not None, "make model"


def test_the_curve_is_of_the_present_corpus():
    told = {(row["corpus"], row["hash"]) for row in results("sentences.csv")}
    assert told == {(name, make_corpus.corpus_hash(name)) for name in ("eng-fra", "eng-zho")}, "make curve"


@pytest.mark.parametrize("name", make_experiments.EXPERIMENTS)
def test_the_experiments_are_of_the_present_corpus_and_model_and_none_is_missing(name):
    wanted = [make_experiments.key(about, of) for about, of, _ in
              make_experiments.EXPERIMENTS[name](make_experiments.CORPORA)]
    assert [make_experiments.key(row, row) for row in results(f"{name}.csv")] == wanted, "make experiments"


def cases_file(folder=None):
    return json.loads(((folder or data_folder()) / "results" / "cases.json").read_text(encoding="utf-8"))


def test_the_case_files_are_of_the_present_corpus_and_cases():
    made = cases_file()
    assert made["corpus"] == make_corpus.corpus_hash("eng-fra"), "make cases"
    assert [*made["cases"]] == [case.__name__ for case in CASES], "make cases"
    assert (made["pairs"], made["epochs"]) == (make_cases.ROWS, make_cases.EPOCHS), "make cases"
    for one in (made["right"], *made["cases"].values()):
        assert len(one["losses"]) == made["epochs"] and len(one["translations"]) == len(made["sources"])


def test_the_case_files_are_of_the_present_programs():
    """The first epoch of each, run again, ends with the loss that its curve begins with."""
    made, rows, other = cases_file(), make_cases.short_rows(), []
    for kind in (Suspect, *CASES):
        shown = made["right"] if kind is Suspect else made["cases"][kind.__name__]
        suspect = kind(rows)
        parts = suspect.pairs()
        vocabs = suspect.vocabs(parts)
        net = suspect.net(vocabs)
        loss = suspect.epoch(net, suspect.optimizer(net), suspect.batches(parts["train"], vocabs))
        if loss != pytest.approx(shown["losses"][0], rel=0.01):
            other.append(kind.__name__)
    assert not other, "make cases"


# ---------------------------------------------------------------- what makes it, on a few sentences

@pytest.fixture
def few(monkeypatch, tmp_path):
    """A data folder with a few sentences, from which the scripts make what they make, in seconds."""
    for part, pairs in (("train", PAIRS), ("validation", VALID)):
        with open(tmp_path / "eng-fra.tsv", "a", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{source}\t{target}\twritten\t{part}\n" for source, target in pairs)
    monkeypatch.setattr(make_corpus, "HERE", tmp_path)
    monkeypatch.setattr(making, "load_corpus", lambda name, split, kind=None: PAIRS if split == "train" else VALID)
    monkeypatch.setattr(make_models, "data_folder", lambda: tmp_path)
    for name, value in (("MIN_FREQ", 1), ("EPOCHS", 1), ("EMBED_SIZE", 4), ("NUM_HIDDENS", 6)):
        monkeypatch.setattr(make_models, name, value)
    return tmp_path


def sha256(folder):
    return hashlib.sha256((folder / "eng-fra.tsv").read_bytes()).hexdigest()


def test_the_hash_is_that_of_the_bytes_of_the_file(few):
    before = make_corpus.corpus_hash("eng-fra")
    assert before == sha256(few)[:16] and len(before) == 16
    with open(few / "eng-fra.tsv", "a", encoding="utf-8") as file:
        file.write("\n")
    assert make_corpus.corpus_hash("eng-fra") != before


def test_a_model_tells_its_corpus_and_has_the_table_of_its_training(few):
    make_models.make_model("eng-fra")
    made = load_checkpoint(few / "models" / "eng-fra.safetensors")
    assert made.settings == {"source_language": "eng", "target_language": "fra", "num_steps": make_models.NUM_STEPS,
                             "corpus": sha256(few)[:16]}
    assert torch.equal(made.heard, heard_table(tokenize(source, "eng") for source, _ in PAIRS))


def test_the_case_files_tell_their_corpus(few, monkeypatch):
    for name, value in (("ROWS", 120), ("EPOCHS", 2), ("SEEDS", (0, 1)), ("SAMPLES", 1), ("CASES", CASES[3:5])):
        monkeypatch.setattr(make_cases, name, value)
    rows = make_cases.short_rows()
    monkeypatch.setattr(make_cases, "data_folder", lambda: few)
    monkeypatch.setattr(make_cases, "short_rows", lambda: rows)
    make_cases.main()
    made = cases_file(few)
    assert made["corpus"] == sha256(few)[:16] and [*made["cases"]] == [case.__name__ for case in CASES[3:5]]
    assert (made["pairs"], made["epochs"], len(made["right"]["scores"])) == (120, 2, 2)
    assert len(made["sources"]) == len(made["references"]) == 2
    assert all(len(one["losses"]) == 2 for one in made["cases"].values())


def test_the_curve_counts_what_was_heard_and_what_came_out_right(few, monkeypatch):
    """Training on all is 300 epochs on three sentences: learned by heart, and of the others nothing is right."""
    (few / "reviews").mkdir()
    (few / "results").mkdir()
    (few / "reviews" / "everyday_sentences.tsv").write_text(
        "english\tfrench\tchinese\nGo.\tPars ! | Va !\t去。\nThey are here.\tIls sont ici.\t他们在这儿。\n"
        "We go late.\tNous allons tard.\t我们去晚了。\n", encoding="utf-8")
    monkeypatch.setattr(make_curve, "data_folder", lambda: few)
    monkeypatch.setattr(making, "load_corpus", lambda name, split, kind=None:
                        [] if kind in ("frame", "seen pattern") else PAIRS if split == "train" else VALID)
    for name, value in (("MIN_FREQ", 1), ("EPOCHS", 300), ("SHARES", (1,))):
        monkeypatch.setattr(make_curve, name, value)
    monkeypatch.setattr(lesson_settings, "SIZES", dict(embed_size=8, num_hiddens=16, num_layers=1, dropout=0))
    make_curve.main(["eng-fra"])
    row, = results("sentences.csv", few)
    assert (row["written sentences"], row["pairs"], row["everyday sentences"]) == ("3", "3", "3")
    assert (row["right, %"], row["all trigrams heard, %"]) == ("66.7", "66.7")
    assert (row["right of those, %"], row["right of the others, %"]) == ("100.0", "0.0")
    assert row["hash"] == sha256(few)[:16]


@pytest.fixture
def beams(few, monkeypatch):
    """The beam experiment on a few sentences; a function that makes it, and returns its rows."""
    make_models.make_model("eng-fra")
    for name, value in (("CORPORA", ("eng-fra",)), ("BEAM_SIZES", (1, 3)), ("ALPHAS", (0.0, 1.0))):
        monkeypatch.setattr(make_experiments, name, value)
    monkeypatch.setattr(make_experiments, "data_folder", lambda: few)

    def make(*names):
        make_experiments.main(names or ["beam"])
        return results("beam.csv", few)
    return make


def test_a_row_is_what_a_search_of_its_own_finds(few, beams):
    rows = beams()
    settings = [(row["beam_size"], row["alpha"]) for row in rows]
    assert settings == [("1", "0.0"), ("1", "1.0"), ("3", "0.0"), ("3", "1.0")]
    model = load_checkpoint(few / "models" / "eng-fra.safetensors")
    for row in rows:
        sources = [tokenize(source, "eng") for source, _ in VALID]
        found = [best.text for best, in beam_search(
            model.net, sources, model.src_vocab, model.tgt_vocab, make_experiments.NUM_STEPS, int(row["beam_size"]),
            alpha=float(row["alpha"]))]
        labels = [" ".join(tokenize(target, "fra")) for _, target in VALID]
        assert float(row["BLEU"]) == pytest.approx(corpus_bleu(found, labels), abs=0.01)
        assert float(row["low"]) <= float(row["BLEU"]) + 0.01 and row["sentences"] == "5"
        tokens = [sum(len(text.split()) for text in texts) for texts in (found, labels)]
        assert float(row["length ratio"]) == pytest.approx(tokens[0] / tokens[1], abs=1e-3)


def test_an_experiment_goes_on_where_it_was_and_begins_anew_with_another_model(few, beams, monkeypatch):
    first = beams()
    path = few / "results" / "beam.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:2] + lines[4:]).replace(",5,", ",7,"), encoding="utf-8", newline="\n")
    resumed = beams("beam", "eng-fra")
    assert [row["sentences"] for row in resumed] == ["7", "5", "5", "7"]  # those that were there stay as they were
    drop = {"seconds", "sentences"}
    assert [{k: v for k, v in row.items() if k not in drop} for row in resumed] == [
        {k: v for k, v in row.items() if k not in drop} for row in first]
    monkeypatch.setattr(make_models, "EPOCHS", 2)
    make_models.make_model("eng-fra")
    anew = beams()
    assert {row["model"] for row in anew}.isdisjoint(row["model"] for row in first)
    assert [row["sentences"] for row in anew] == ["5"] * 4
    with pytest.raises(SystemExit, match="there is no 'bear'"):
        beams("bear")


@pytest.fixture
def copying(few, monkeypatch):
    """The copying experiment on a few pairs and one seed; a function that makes it, and returns its rows.

    It has a list, `trained`, of the runs that were made.
    """
    for name, value in (("COPY_PAIRS", 600), ("COPY_EPOCHS", 20), ("SEEDS", (3,)),
                        ("COPIES", dict(shortest=1, longest=6, num_symbols=5)),
                        ("COPY_SIZES", dict(embed_size=16, num_hiddens=48, dropout=0))):
        monkeypatch.setattr(experiment_claims, name, value)
    monkeypatch.setitem(experiment_claims.RUNS, "copying", ("start", "start, reversed"))
    monkeypatch.setattr(make_experiments, "CORPORA", ("eng-fra",))
    monkeypatch.setattr(make_experiments, "data_folder", lambda: few)
    run = experiment_claims.run

    def make():
        make_experiments.main(["copying"])
        return results("copying.csv", few)

    make.trained = []
    monkeypatch.setattr(experiment_claims, "run", lambda *about: make.trained.append(about) or run(*about))
    experiment_claims.trained.cache_clear()
    yield make
    experiment_claims.trained.cache_clear()


def kept_translations(folder, name):
    return json.loads(gzip.decompress((folder / "results" / "translations" / f"{name}.json.gz").read_bytes()))


def test_a_row_of_an_experiment_is_the_score_of_the_translations_that_are_kept(few, copying, monkeypatch):
    rows = copying()
    kept = kept_translations(few, "copying")
    assert [(row["setting"], row["seed"]) for row in rows] == [("start", "3"), ("start, reversed", "3")]
    assert kept["hash"] == sha256(few)[:16] and [*kept["asked"]] == ["3"]
    asked = kept["asked"]["3"]
    assert [[source] for source in asked["sources"]] == asked["references"], "what is asked is copied"
    assert len({*asked["sources"]}) == len(asked["sources"])
    groups = {"1 to 4": range(1, 5), "5 to 8": range(5, 9)}
    assert asked["groups"] == {name: [i for i, source in enumerate(asked["sources"]) if len(source.split()) in lengths]
                               for name, lengths in groups.items()}
    for row in rows:
        said = kept["said"][row["setting"]]["3"]
        assert len(said) == len(asked["sources"]) == int(row["sentences"])
        right = sum(text in labels for text, labels in zip(said, asked["references"]))
        assert 0 < right and float(row["right"]) == pytest.approx(100 * right / len(said), abs=0.0051)
        assert float(row["BLEU"]) == pytest.approx(corpus_bleu(said, asked["references"]), abs=0.0051)
        for name, numbers in asked["groups"].items():
            assert float(row[f"BLEU, {name}"]) == pytest.approx(
                corpus_bleu([said[i] for i in numbers], [asked["references"][i] for i in numbers]), abs=0.0051)
    assert kept["said"]["start"] != kept["said"]["start, reversed"]
    monkeypatch.setattr(experiments, "data_folder", lambda: few)
    loaded = experiments.load_runs("copying")
    assert loaded.score("start", 3, "right") == pytest.approx(float(rows[0]["right"]), abs=0.0051)


def test_an_experiment_that_goes_on_makes_no_run_twice(few, copying):
    first = copying()
    kept = kept_translations(few, "copying")
    assert copying.trained == [("copying", "start", 3), ("copying", "start, reversed", 3)]
    assert copying() == first and len(copying.trained) == 2
    path = few / "results" / "copying.csv"
    path.write_text("".join(path.read_text(encoding="utf-8").splitlines(keepends=True)[:2]), encoding="utf-8",
                    newline="\n")
    experiment_claims.trained.cache_clear()
    again = copying()
    assert copying.trained[2:] == [("copying", "start, reversed", 3)]
    assert again[0] == first[0] and kept_translations(few, "copying") == kept
    assert [{k: v for k, v in row.items() if k != "seconds"} for row in again] == [
        {k: v for k, v in row.items() if k != "seconds"} for row in first]


def test_each_source_is_in_the_group_of_its_length():
    sources = [["word"] * length for length in (11, 1, 4, 5, 40, 8, 9, 10, 7)]
    assert making.by_length(sources) == {"1 to 4": [1, 2], "5 to 6": [3], "7 to 8": [5, 8], "9 to 10": [6, 7],
                                         "11 and more": [0, 4]}


def test_the_closest_size_has_nearly_as_many_weights():
    def make_net(size):
        return torch.nn.GRU(20, size)

    goal = making.count_weights(torch.nn.GRU(52, 64))
    assert goal == 3 * 64 * (52 + 64 + 2)
    size = making.closest_size(make_net, range(32, 128), goal)
    assert size > 64 and making.count_weights(make_net(size)) == pytest.approx(goal, rel=0.02)


def test_a_smaller_share_of_the_sentences_is_part_of_a_larger_one():
    sentences = [["sentence", str(i), "."] for i in range(2000)]
    chosen = {share: {i for i, s in enumerate(sentences) if make_curve.in_share(s, share)}
              for share in make_curve.SHARES}
    for share, larger in zip(make_curve.SHARES, make_curve.SHARES[1:]):
        assert chosen[share] < chosen[larger]
    for share, numbers in chosen.items():
        assert abs(len(numbers) / len(sentences) - share) < 0.04
