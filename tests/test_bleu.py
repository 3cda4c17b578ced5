import math
import random

import pytest
import sacrebleu
import torch
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.significance import PairedTest

from seq2seq_lib import (
    bleu,
    bootstrap_bleu,
    brevity_penalty,
    corpus_bleu,
    ngram_precisions,
    paired_bootstrap,
    references_by_source,
)
from seq2seq_lib.bleu import ngrams

PREDICTION, LABEL = "A B B C D", "A B C D E F"
sentences = st.lists(st.sampled_from("abc"), max_size=8).map(" ".join)


def sacre(predictions, references, smooth):
    """sacreBLEU wants one list for each place among a sentence's references, with None where there are fewer."""
    most = max(map(len, references))
    streams = [[refs[i] if i < len(refs) else None for refs in references] for i in range(most)]
    return sacrebleu.corpus_bleu(predictions, streams, smooth_method=smooth, tokenize="none", force=True).score


def plain_bleu(prediction, label, k):
    """The formula with lists and loops only: each n-gram of the label can be used up once."""
    prediction, label = prediction.split(), label.split()
    if not prediction:
        return 0.0
    score = math.exp(min(0, 1 - len(label) / len(prediction)))
    for n in range(1, min(k, len(prediction)) + 1):
        left = [label[i : i + n] for i in range(len(label) - n + 1)]
        ngrams = [prediction[i : i + n] for i in range(len(prediction) - n + 1)]
        hits = 0
        for ngram in ngrams:
            if ngram in left:
                left.remove(ngram)
                hits += 1
        score *= (hits / len(ngrams)) ** (1 / 2**n)
    return score


def test_worked_example_has_the_precisions_of_the_lesson():
    orders = ngram_precisions(PREDICTION, LABEL, 4)
    assert [tuple(order) for order in orders] == [(1, 4, 5), (2, 3, 4), (3, 1, 3), (4, 0, 2)]
    assert [order.precision for order in orders] == [4 / 5, 3 / 4, 1 / 3, 0]


@pytest.mark.parametrize("k, score", [(1, 0.7323), (2, 0.6815), (3, 0.5940), (4, 0)])
def test_worked_example_has_the_scores_of_the_lesson(k, score):
    assert round(bleu(PREDICTION, LABEL, k), 4) == score


@pytest.mark.parametrize("prediction, penalty", [("A B", 0.1353), ("A B C", 0.3679)])
def test_short_prediction_without_mistakes_scores_its_penalty(prediction, penalty):
    assert round(bleu(prediction, LABEL, 1), 4) == penalty
    assert round(bleu(prediction, LABEL, 4), 4) == penalty  # orders longer than the prediction are left out
    assert round(brevity_penalty(len(prediction.split()), 6), 4) == penalty


def test_penalty_is_one_for_predictions_as_long_or_longer():
    assert brevity_penalty(6, 6) == brevity_penalty(9, 6) == 1
    assert brevity_penalty(0, 6) == 0


@given(sentences, sentences, st.integers(1, 6))
def test_bleu_equals_the_formula_written_with_loops(prediction, label, k):
    assert bleu(prediction, label, k) == pytest.approx(plain_bleu(prediction, label, k), rel=1e-12)


@given(sentences, sentences, st.integers(1, 6))
def test_bleu_is_between_0_and_1_and_1_only_for_the_label_itself(prediction, label, k):
    score = bleu(prediction, label, k)
    assert 0 <= score <= 1
    if prediction and k >= len(prediction.split()) and score == 1:
        assert prediction == label
    assert bleu(label, label, k) == bool(label)


def test_empty_prediction_scores_0():
    assert bleu("", LABEL, 4) == bleu("", "", 1) == bleu("  ", LABEL, 2) == 0
    assert ngram_precisions("", LABEL, 4) == []


def test_orders_longer_than_the_prediction_are_left_out_of_the_table():
    assert [order.n for order in ngram_precisions("A B", LABEL, 4)] == [1, 2]


def test_an_ngram_counts_no_more_often_than_in_the_label():
    assert tuple(ngram_precisions("the the the the", "the cat the", 1)[0]) == (1, 2, 4)


@pytest.mark.parametrize("k", [0, -1])
def test_k_below_1_is_a_value_error_that_names_it(k):
    with pytest.raises(ValueError, match=f"k is {k}"):
        bleu("A", "A", k)
    with pytest.raises(ValueError, match=f"k is {k}"):
        ngram_precisions("A", "A", k)


def test_corpus_bleu_of_the_worked_example():
    assert round(corpus_bleu([PREDICTION], [LABEL]), 2) == 38.72
    assert corpus_bleu([PREDICTION], [LABEL], smooth="none") == 0


def test_corpus_bleu_equals_sacrebleu_on_thousands_of_random_pairs():
    """Corpora of one to some dozen sentences; lengths from 0; one to four references, not the same number for each."""
    rng = random.Random(0)

    def sentence(longest):
        return " ".join(rng.choice("abcd" if longest < 20 else "abcdefghij") for _ in range(rng.randint(0, longest)))

    def alike(prediction):  # a reference that shares most of its words
        return " ".join(word if rng.random() < 0.8 else "z" for word in prediction.split()) or "a"

    num_pairs = 0
    for _ in range(1000):
        longest, size = rng.choice((1, 3, 6, 12, 25)), rng.choice((1, 1, 2, 5, 12))
        predictions = [sentence(longest) for _ in range(size)]
        references = [[alike(p) if rng.random() < 0.5 else sentence(longest) or "b" for _ in range(rng.randint(1, 4))]
                      for p in predictions]
        for smooth in ("exp", "none"):
            ours = corpus_bleu(predictions, references, smooth)
            assert ours == pytest.approx(sacre(predictions, references, smooth), rel=1e-9, abs=1e-12)
        num_pairs += size
    assert num_pairs > 3000


@given(st.lists(st.tuples(sentences, st.lists(sentences.filter(bool), min_size=1, max_size=3)), min_size=1, max_size=4),
       st.sampled_from(("exp", "none")))
def test_corpus_bleu_equals_sacrebleu_on_hard_cases(pairs, smooth):
    predictions, references = [p for p, _ in pairs], [r for _, r in pairs]
    assert corpus_bleu(predictions, references, smooth) == pytest.approx(
        sacre(predictions, references, smooth), rel=1e-9, abs=1e-12)


def test_a_reference_may_be_a_string_or_a_list_of_one():
    assert corpus_bleu([PREDICTION], [LABEL]) == corpus_bleu([PREDICTION], [[LABEL]])


def test_further_references_can_only_find_more_ngrams():
    assert corpus_bleu([PREDICTION], [[LABEL, "A B B C D"]]) == pytest.approx(100)


def test_corpus_bleu_pools_the_counts_and_is_no_mean_of_sentences():
    predictions, references = ["A B C D E", "X"], ["A B C D E", "Y Z"]
    both = corpus_bleu(predictions, references)
    each = [corpus_bleu([p], [r]) for p, r in zip(predictions, references)]
    assert each == [pytest.approx(100), 0]
    assert both != pytest.approx(50, abs=5)


def test_predictions_without_a_right_word_score_0_though_smoothed():
    predictions, references = ["A B C D E"], ["F G H I J"]
    assert corpus_bleu(predictions, references) == sacre(predictions, [references], "exp") == 0


def test_only_empty_predictions_score_0():
    assert corpus_bleu(["", ""], ["A B", "A"]) == 0


@pytest.mark.parametrize("predictions, references, message", [
    (["A"], ["A", "B"], "1 predictions and 2 references"),
    ([], [], "0 predictions"),
    (["A", "B"], ["A", []], "sentence 1 has no reference"),
    ("A B", ["A", "B", "C"], "expected two lists"),
])
def test_lists_that_do_not_fit_are_a_value_error(predictions, references, message):
    with pytest.raises(ValueError, match=message):
        corpus_bleu(predictions, references)


def test_unknown_smoothing_is_a_value_error_that_names_the_choices():
    with pytest.raises(ValueError, match="'floor'.*'exp'.*'none'"):
        corpus_bleu(["A"], ["A"], smooth="floor")


def test_bootstrap_bleu_is_what_scoring_each_draw_gives():
    rng = random.Random(1)
    references = [[" ".join(rng.choices("abcdef", k=rng.randint(1, 9))) for _ in range(rng.randint(1, 3))]
                  for _ in range(60)]
    predictions = [" ".join(word for word in labels[0].split() if rng.random() < 0.9) for labels in references]
    generator, scores = torch.Generator().manual_seed(5), []
    for _ in range(81):
        rows = torch.randint(60, (60,), generator=generator).tolist()
        scores.append(corpus_bleu([predictions[i] for i in rows], [references[i] for i in rows]))
    low, high = bootstrap_bleu(predictions, references, samples=81, seed=5)
    assert (low, high) == (pytest.approx(sorted(scores)[2]), pytest.approx(sorted(scores)[78]))
    assert low < corpus_bleu(predictions, references) < high


def test_a_bootstrap_of_more_sentences_is_narrower_and_its_seed_is_all_that_chance_knows():
    def width(n, **options):
        predictions, references = ["a b c d e", "a b x d e f", "a b c y"], ["a b c d e", "a b c d e f", "a b c d"]
        low, high = bootstrap_bleu(predictions * n, references * n, **options)
        return high - low

    assert 1.5 * width(40) < width(10)
    assert width(5) == width(5) and width(5) != width(5, seed=1)
    assert bootstrap_bleu(["a b c d"] * 3, ["a b c d"] * 3) == (pytest.approx(100), pytest.approx(100))


@pytest.mark.parametrize("predictions, references, samples, message", [
    ([], [], 10, "0 predictions"), (["a"], ["a", "b"], 10, "1 predictions and 2"), (["a"], [[]], 10, "no reference"),
    (["a"], ["a"], 0, "samples is 0")])
def test_bootstrap_bleu_says_what_is_wrong(predictions, references, samples, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_bleu(predictions, references, samples)


def two_systems(num_sentences, kept_by_a, kept_by_b, most_references=1, seed=0):
    """Two systems' translations of the same sentences; each word is right with the probability given."""
    rng = random.Random(seed)
    references = [[" ".join(rng.choices("abcdef", k=rng.randint(2, 12)))
                   for _ in range(rng.randint(1, most_references))] for _ in range(num_sentences)]
    systems = [[" ".join(word if rng.random() < kept else "z" for word in labels[0].split()) for labels in references]
               for kept in (kept_by_a, kept_by_b)]
    return *systems, references


def test_paired_bootstrap_is_what_sacrebleu_says_of_both_systems_on_each_draw():
    a, b, references = two_systems(50, 0.8, 0.83, most_references=3)
    generator, differences = torch.Generator().manual_seed(7), []
    for _ in range(81):
        rows = torch.randint(50, (50,), generator=generator).tolist()
        score_a, score_b = (sacre([system[i] for i in rows], [references[i] for i in rows], "exp") for system in (a, b))
        differences.append(score_b - score_a)
    compared = paired_bootstrap(a, b, references, samples=81, seed=7)
    assert compared.difference == pytest.approx(sacre(b, references, "exp") - sacre(a, references, "exp"))
    assert (compared.low, compared.high) == pytest.approx((sorted(differences)[2], sorted(differences)[78]))
    assert compared.wins == pytest.approx(sum(difference > 0 for difference in differences) / 81)
    assert 0 < compared.wins < 1 and compared.low < compared.difference < compared.high


@pytest.mark.parametrize("kept_by_b", [0.82, 0.83, 0.85, 0.9])
def test_paired_bootstrap_is_as_sure_as_sacrebleu_s_paired_test(kept_by_b):
    """sacreBLEU draws others, and gives a p-value; ours is that of a bell curve as wide as the interval."""
    a, b, references = two_systems(300, 0.8, kept_by_b, seed=2)
    _, scores = PairedTest([("a", a), ("b", b)], {"BLEU": sacrebleu.BLEU(tokenize="none", force=True)},
                           [[labels[0] for labels in references]], "bs", n_samples=2000)()
    compared = paired_bootstrap(a, b, references, samples=2000)
    spread = (compared.high - compared.low) / (2 * 1.96)
    assert compared.difference == pytest.approx(scores["BLEU"][1].score - scores["BLEU"][0].score)
    assert 0.5 * math.erfc(compared.difference / spread / 2**0.5) == pytest.approx(scores["BLEU"][1].p_value, abs=0.02)


@given(st.lists(st.tuples(sentences, sentences, sentences.filter(bool)), min_size=1, max_size=6), st.integers(0, 99))
def test_systems_that_change_places_change_the_sign(triples, seed):
    a, b, references = zip(*triples)
    one, other = (paired_bootstrap(*pair, references, samples=30, seed=seed) for pair in ((a, b), (b, a)))
    assert (other.difference, other.low, other.high) == pytest.approx((-one.difference, -one.high, -one.low), abs=1e-9)
    assert one.wins + other.wins <= 1 + 1e-9 and one.low <= one.high


def test_a_system_against_itself_differs_by_nothing_and_never_wins():
    a, _, references = two_systems(40, 0.8, 0.8)
    assert paired_bootstrap(a, list(a), references, samples=50) == (0, 0, 0, 0)


def test_two_systems_may_differ_for_certain_though_their_own_intervals_overlap():
    a, b, references = two_systems(200, 0.8, 0.8)
    b = [labels[0] if i % 10 == 0 else sentence for i, (sentence, labels) in enumerate(zip(a, references))]
    compared = paired_bootstrap(a, b, references)
    assert compared.low > 0 and compared.wins == 1
    assert bootstrap_bleu(a, references)[1] > bootstrap_bleu(b, references)[0]


def test_the_seed_of_a_paired_bootstrap_is_all_that_chance_knows():
    systems = two_systems(40, 0.8, 0.8)
    state = torch.get_rng_state()
    first, again, other = (paired_bootstrap(*systems, samples=40, seed=seed) for seed in (3, 3, 4))
    assert first == again != other and first.difference == other.difference
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("a, b, references, samples, message", [
    ([], [], [], 10, "0 predictions"), (["a"], ["a", "b"], ["a"], 10, "2 predictions and 1 references"),
    (["a", "b"], ["a"], ["a"], 10, "2 predictions and 1 references"), (["a"], "a", ["a"], 10, "expected two lists"),
    (["a"], ["a"], [[]], 10, "sentence 0 has no reference"), (["a"], ["a"], ["a"], 0, "samples is 0")])
def test_paired_bootstrap_says_what_is_wrong(a, b, references, samples, message):
    with pytest.raises(ValueError, match=message):
        paired_bootstrap(a, b, references, samples)


def test_all_translations_of_a_source_are_gathered_in_their_order():
    pairs = [(["go", "."], ["va", "!"]), (["stop", "."], ["arrête", "!"]), (["go", "."], ["allez", "-y", "!"])]
    assert references_by_source(pairs) == {("go", "."): ["va !", "allez -y !"], ("stop", "."): ["arrête !"]}
    assert references_by_source(iter([])) == {}


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_ngrams_stand_in_their_order_and_those_longer_than_the_sentence_are_none(n):
    assert ngrams("a b c d".split(), n) == [("a", "b", "c", "d")[i : i + n] for i in range(max(0, 5 - n))]
