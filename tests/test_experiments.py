"""Experiments: what is kept is read again, and two settings are compared as by plain loops."""

import gzip
import json
import random

import pandas as pd
import pytest

from seq2seq_lib import bootstrap_bleu, corpus_bleu, experiments
from seq2seq_lib.bleu import draw_sentences, paired_bootstrap
from seq2seq_lib.experiments import CLAIMS, METRICS, Asked, Claim, Runs, compare, comparison_table, verdict

WORDS = "the cat sat on a mat and saw two dogs".split()
GROUPS = {"short": [0, 2, 3, 5, 8, 13, 21], "long": [1, 4, 6, 7, 9, 10]}
SHARES = {"good": 0.05, "fair": 0.2, "bad": 0.4}  # of words that go wrong


def made(seeds=(0, 1), settings=SHARES, sentences=24, seed=0):
    """Runs of settings that get a share of the words wrong, and some sentences right."""
    rng = random.Random(seed)
    references = [[" ".join(rng.choices(WORDS, k=rng.randint(4, 9))) for _ in range(rng.randint(1, 2))]
                  for _ in range(sentences)]

    def write(share):
        return [" ".join(rng.choice(WORDS) if rng.random() < share else word for word in labels[0].split())
                for labels in references]

    asked = Asked([labels[0][::-1] for labels in references], references, GROUPS)
    return Runs(asked, {setting: {n: write(share) for n in seeds} for setting, share in settings.items()})


@pytest.fixture(scope="module")
def runs():
    return made()


def parts(runs, setting, seed, group):
    """Translations and references of a group, by hand."""
    asked, said = runs.asked(seed), runs.said[setting][seed]
    rows = range(len(said)) if group == "all" else asked.groups[group]
    return [said[i] for i in rows], [asked.references[i] for i in rows]


def draws(sentences, group, samples=1000, seed=0):
    """For each bootstrap sample the numbers of its sentences, again and again as they were drawn."""
    place = ["all", *GROUPS].index(group)
    return [[i for i, times in enumerate(row) for _ in range(int(times))]
            for row in draw_sentences(sentences, samples, seed + 7919 * place).tolist()]


def bounds(values):
    """The middle 95 % of some numbers, by pandas."""
    return tuple(pd.Series(values).quantile([0.025, 0.975]))


# ---------------------------------------------------------------- scores

@pytest.mark.parametrize("group", ["all", "short", "long"])
def test_a_score_is_that_of_the_library_and_of_a_plain_loop(runs, group):
    for setting in SHARES:
        said, references = parts(runs, setting, 1, group)
        assert runs.score(setting, 1, group=group) == pytest.approx(corpus_bleu(said, references), abs=1e-9)
        right = 0
        for text, labels in zip(said, references):
            for label in labels:
                if text == label:
                    right += 1
                    break
        assert runs.score(setting, 1, "right", group) == pytest.approx(100 * right / len(said), abs=1e-9)
    assert runs.score("good", 0, "right") > runs.score("bad", 0, "right")


def test_runs_tell_their_groups_and_the_seeds_that_settings_share(runs):
    assert runs.groups == ["all", "short", "long"]
    asked = runs.asked(0)
    some = Runs(asked, {"a": {0: [], 1: [], 3: []}, "b": {3: [], 0: []}, "c": {2: []}})
    assert some.seeds("a") == [0, 1, 3] and some.seeds("a", "b") == [0, 3] and some.seeds("a", "c") == []
    each = Runs({0: asked, 1: asked._replace(references=[])}, {"a": {0: [], 1: []}})
    assert each.asked(1).references == [] and each.asked(0) is asked


# ---------------------------------------------------------------- comparing

@pytest.mark.parametrize("seed", [0, 1])
def test_one_seed_is_compared_as_by_paired_bootstrap(runs, seed):
    found = compare(runs, "fair", "good")
    references = runs.asked(seed).references
    said = [runs.said[setting][seed] for setting in ("fair", "good")]
    expected = paired_bootstrap(*said, references)
    assert found.differences[seed] == pytest.approx(expected.difference, abs=1e-9)
    assert found.intervals[seed] == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert found.scores[seed] == pytest.approx([corpus_bleu(texts, references) for texts in said], abs=1e-9)
    other = compare(runs, "fair", "good", samples=50, seed=3).intervals[seed]
    expected = paired_bootstrap(*said, references, samples=50, seed=3)
    assert other == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize("group", ["all", "short"])
@pytest.mark.parametrize("metric", METRICS)
def test_all_seeds_are_drawn_the_same_sentences(runs, metric, group):
    """By a loop over samples, whose sentences are picked one by one."""
    found = compare(runs, "bad", "good", metric, group, samples=60)
    by_seed = {}
    for n in (0, 1):
        both = [parts(runs, setting, n, group) for setting in ("bad", "good")]
        by_seed[n] = []
        for rows in draws(len(both[0][0]), group, 60):
            less, more = (score([said[i] for i in rows], [references[i] for i in rows], metric)
                          for said, references in both)
            by_seed[n].append(more - less)
        assert found.intervals[n] == pytest.approx(bounds(by_seed[n]), abs=1e-9)
    assert (found.low, found.high) == pytest.approx(
        bounds([(one + two) / 2 for one, two in zip(*by_seed.values())]), abs=1e-9)
    assert found.mean == pytest.approx(sum(found.differences.values()) / 2)
    assert found.low <= found.mean <= found.high and found.verdict == "holds here"


def score(said, references, metric):
    if metric == "BLEU":
        return corpus_bleu(said, references)
    return 100 * sum(text in labels for text, labels in zip(said, references)) / len(said)


def test_two_groups_are_drawn_apart(runs):
    found = compare(runs, ("good", "long"), ("good", "short"), samples=60)
    drawn = []
    for group in ("long", "short"):
        said, references = parts(runs, "good", 0, group)
        assert found.scores[0][group == "short"] == pytest.approx(corpus_bleu(said, references), abs=1e-9)
        drawn.append([corpus_bleu([said[i] for i in rows], [references[i] for i in rows])
                      for rows in draws(len(said), group, 60)])
    assert found.intervals[0] == pytest.approx(bounds([b - a for a, b in zip(*drawn)]), abs=1e-9)


def test_a_list_of_settings_is_the_sum_of_their_scores(runs):
    found = compare(runs, ["good", "bad"], ["fair", ("good", "short")], group="long", samples=60)
    values, scores = {}, {}
    for setting, group in (("good", "long"), ("bad", "long"), ("fair", "long"), ("good", "short")):
        said, references = parts(runs, setting, 1, group)
        scores[setting, group] = corpus_bleu(said, references)
        values[setting, group] = [corpus_bleu([said[i] for i in rows], [references[i] for i in rows])
                                  for rows in draws(len(said), group, 60)]
    a1, a2, b1, b2 = scores.values()
    assert found.scores[1] == pytest.approx((a1 + a2, b1 + b2), abs=1e-9)
    assert found.differences[1] == pytest.approx(b1 + b2 - a1 - a2, abs=1e-9)
    assert found.intervals[1] == pytest.approx(
        bounds([b1 + b2 - a1 - a2 for a1, a2, b1, b2 in zip(*values.values())]), abs=1e-9)
    assert compare(runs, ["fair"], ["good"], samples=60) == compare(runs, "fair", "good", samples=60)


def test_only_seeds_of_both_are_compared_and_without_one_it_says_so():
    runs = made(seeds=(0, 1, 2))
    del runs.said["good"][1], runs.said["bad"][0], runs.said["bad"][2]
    assert [*compare(runs, "fair", "good", samples=20).differences] == [0, 2]
    with pytest.raises(ValueError, match="good, bad have no seed in common; compare runs of the same seeds"):
        compare(runs, "good", "bad")
    for sides in (("good", "none"), ("good", ("fair", "middling"))):
        with pytest.raises(KeyError):
            compare(runs, *sides, samples=20)
    with pytest.raises(KeyError):
        compare(runs, "good", "fair", group="middling", samples=20)


def test_a_setting_is_equal_to_itself(runs):
    found = compare(runs, "good", "good", samples=50)
    assert found.differences == {0: 0, 1: 0} and (found.low, found.high) == (0, 0)
    assert found.verdict == "cannot tell here"


# ---------------------------------------------------------------- the verdict

@pytest.mark.parametrize("differences, low, high, words", [
    ([1, 2, 3], 0.5, 3, "holds here"),
    ([1, 2, 3], 1e-9, 3, "holds here"),
    ([1, 2, 3], 0, 3, "cannot tell here"),
    ([1, 2, 3], -0.1, 3, "cannot tell here"),
    ([1, 2, 0], 0.5, 3, "cannot tell here"),
    ([1, 2, -0.1], 0.5, 3, "cannot tell here"),
    ([-1, -2], -3, -0.1, "does not hold here"),
    ([-1, -2], -3, 0, "cannot tell here"),
    ([-1, 0], -3, -0.1, "cannot tell here"),
    ([-1, 0.1], -3, -0.1, "cannot tell here"),
    ([0], 0, 0, "cannot tell here"),
    ([2], 1, 3, "holds here"),
])
def test_a_verdict_asks_every_seed_and_the_interval(differences, low, high, words):
    assert verdict(differences, low, high) == words


def test_a_comparison_has_the_verdict_of_its_numbers(runs):
    assert compare(runs, "bad", "good").verdict == "holds here"
    assert compare(runs, "good", "bad").verdict == "does not hold here"


# ---------------------------------------------------------------- what is kept

@pytest.fixture
def kept(monkeypatch, tmp_path):
    """A function that keeps runs as `make experiments` does, and returns their folder."""
    monkeypatch.setattr(experiments, "data_folder", lambda: tmp_path)
    folder = tmp_path / "results" / "translations"
    folder.mkdir(parents=True)

    def keep(name, runs, asked):
        text = json.dumps({"hash": "0123", "asked": {key: one._asdict() for key, one in asked.items()},
                           "said": {setting: {str(seed): texts for seed, texts in of.items()}
                                    for setting, of in runs.said.items()}})
        (folder / f"{name}.json.gz").write_bytes(gzip.compress(text.encode("utf-8")))
        rows = [{"setting": setting, "seed": seed, "BLEU": round(runs.score(setting, seed), 2)}
                for setting, of in runs.said.items() for seed in of]
        pd.DataFrame(rows).to_csv(tmp_path / "results" / f"{name}.csv", index=False)
        return folder.parent

    return keep


def test_what_is_kept_is_read_again(kept, runs):
    one = Runs(runs.asked(0), {"good": runs.said["good"]})
    rest = Runs(runs.asked(0), {setting: runs.said[setting] for setting in ("fair", "bad")})
    kept("first", one, {"all": runs.asked(0)})
    kept("second", rest, {"all": runs.asked(0)})
    found = experiments.load_runs("first", "second")
    assert found.said == runs.said and found.asked(1) == runs.asked(1) and found.groups == runs.groups
    assert found.table.setting.tolist() == ["good"] * 2 + ["fair"] * 2 + ["bad"] * 2
    assert found.table.index.tolist() == list(range(6))
    assert compare(found, "fair", "good", samples=30) == compare(runs, "fair", "good", samples=30)
    assert experiments.load_scores("second").equals(found.table[2:].reset_index(drop=True))
    assert found.table.BLEU[0] == round(runs.score("good", 0), 2)


def test_each_seed_may_be_asked_others(kept):
    each = {0: made(seeds=(0,), seed=1), 1: made(seeds=(1,), seed=2)}
    runs = Runs({n: one.asked(n) for n, one in each.items()},
                {setting: {n: one.said[setting][n] for n, one in each.items()} for setting in SHARES})
    kept("copying", runs, {str(n): runs.asked(n) for n in each})
    found = experiments.load_runs("copying")
    for n, one in each.items():
        assert found.asked(n) == one.asked(n)
        assert found.score("good", n) == one.score("good", n)
        assert compare(found, "bad", "good", samples=30).intervals[n] == compare(one, "bad", "good",
                                                                               samples=30).intervals[n]


def test_nets_that_were_asked_other_sentences_are_not_mixed(kept, runs):
    other = made(seed=5)
    kept("first", runs, {"all": runs.asked(0)})
    kept("second", other, {"all": other.asked(0)})
    with pytest.raises(ValueError, match="'second' were asked other sentences than those of .first.; load them one by"):
        experiments.load_runs("first", "second")
    with pytest.raises(FileNotFoundError):
        experiments.load_scores("third")


# ---------------------------------------------------------------- the table

CLAIMED = {
    "better": Claim("Good is better.", "Doe 2020, On Good", ("first",),
                    {"than fair": ("fair", "good"), "gain": (["good", "bad"], ["fair", "fair"])}, {}),
    "shorter": Claim("Short is better.", "Doe 2020, On Short", ("first",),
                     {"good": (("good", "long"), ("good", "short"))}, {}, "right"),
}


def test_the_table_has_every_comparison_for_each_group(runs):
    asked = []
    table = comparison_table(CLAIMED, load=lambda *names: asked.append(names) or runs)
    assert asked == [("first",)] * 2
    assert [*table] == ["claim", "comparison", "group", "seed", "a", "b", "difference", "low", "high", "verdict"]
    wanted = [("better", "than fair", group) for group in runs.groups] + [("better", "gain", "all"),
                                                                         ("shorter", "good", "all")]
    assert [*table[["claim", "comparison", "group"]].itertuples(index=False, name=None)] == [
        about for about in wanted for _ in range(3)]
    assert table.seed.tolist() == ["0", "1", "mean"] * len(wanted)
    for (claim, comparison, group), rows in table.groupby(["claim", "comparison", "group"]):
        found = compare(runs, *CLAIMED[claim].comparisons[comparison], CLAIMED[claim].metric, group)
        numbers = rows.set_index("seed")
        for n in (0, 1):
            assert tuple(numbers.loc[str(n)][3:-1]) == (*found.scores[n], found.differences[n], *found.intervals[n])
        assert numbers.loc["mean", "a"] == pytest.approx(sum(a for a, _ in found.scores.values()) / 2)
        assert numbers.loc["mean", "b"] - numbers.loc["mean", "a"] == pytest.approx(found.mean)
        assert tuple(numbers.loc["mean"][["difference", "low", "high"]]) == (found.mean, found.low, found.high)
        assert rows.verdict.dropna().tolist() == [found.verdict] == [numbers.loc["mean", "verdict"]]


def test_the_table_is_read_as_it_was_kept(monkeypatch, tmp_path, runs):
    monkeypatch.setattr(experiments, "data_folder", lambda: tmp_path)
    (tmp_path / "results").mkdir()
    table = comparison_table({"shorter": CLAIMED["shorter"]}, load=lambda *names: runs)
    table.to_csv(tmp_path / "results" / "comparisons.csv", index=False)
    found = experiments.load_comparisons()
    assert found.seed.tolist() == table.seed.tolist()
    pd.testing.assert_frame_equal(found, table, check_dtype=False)


def test_claims_name_what_they_compare():
    for claim in CLAIMS.values():
        assert claim.metric in METRICS and claim.says.endswith(".") and claim.experiments
        for a, b in claim.comparisons.values():
            assert isinstance(a, str) or type(a) is type(b)
            if not isinstance(a, list):
                assert {side if isinstance(side, str) else side[0] for side in (a, b)} <= set(claim.named)


def test_bounds_of_one_run_are_those_of_bootstrap_bleu(runs):
    """Against a setting that always scores 0 a difference is the score itself."""
    nothing = Runs(runs.asked(0), {"good": runs.said["good"], "none": dict.fromkeys((0, 1), ["x"] * 24)})
    found = compare(nothing, "none", "good")
    assert found.intervals[0] == pytest.approx(bootstrap_bleu(runs.said["good"][0], runs.asked(0).references))
