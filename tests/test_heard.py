"""What stood in training, as a table: it says the same as the set of all groups of three tokens."""

import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seq2seq_lib.checkpoint import check_heard
from seq2seq_lib.heard import heard_table, nearest_sentences, share_heard, trigrams

TOKENS = st.text(st.characters(exclude_categories=("Zs", "Zl", "Zp", "Cc")), min_size=1, max_size=3)
SENTENCE = st.lists(st.one_of(st.sampled_from("abc"), TOKENS), max_size=8)
SENTENCES = st.lists(SENTENCE, max_size=8)


def groups(tokens):
    started = ["<bos>", *tokens]
    return {tuple(started[i : i + 3]) for i in range(len(started) - 2)}


@pytest.mark.parametrize("text, expected", [
    ("", []), ("go", []), ("go .", ["<bos> go ."]),
    ("they are late .", ["<bos> they are", "they are late", "are late ."]),
    ("no no no no", ["<bos> no no", "no no no", "no no no"])])
def test_groups_of_three_begin_with_bos(text, expected):
    assert trigrams(text.split()) == [tuple(group.split()) for group in expected]


@given(SENTENCE)
def test_a_sentence_has_one_group_fewer_than_tokens(tokens):
    assert len(trigrams(tokens)) == max(len(tokens) - 1, 0) and set(trigrams(tokens)) == groups(tokens)


@given(SENTENCES, SENTENCE)
def test_the_share_is_that_of_the_set_of_all_groups(sentences, tokens):
    """But for two groups of the same 32 bits, which the examples drawn here do not have."""
    heard = set().union(*map(groups, sentences))
    found = [group in heard for group in trigrams(tokens)]
    assert share_heard(tokens, heard_table(sentences)) == (sum(found) / len(found) if found else 1)


@given(SENTENCES)
def test_a_table_is_ascending_int32_with_a_number_for_each_group(sentences):
    table = heard_table(sentences)
    check_heard(table)
    assert table.tolist() == sorted(set(table.tolist())) and len(table) == len(set().union(*map(groups, sentences)))


@given(SENTENCES, st.randoms())
def test_neither_the_order_of_sentences_nor_a_second_time_matters(sentences, rng):
    mixed = sentences + sentences[:2]
    rng.shuffle(mixed)
    assert torch.equal(heard_table(iter(mixed)), heard_table(sentences))


@given(SENTENCES)
def test_a_sentence_of_training_was_heard_whole(sentences):
    table = heard_table(sentences)
    assert all(share_heard(tokens, table) == 1 for tokens in sentences)


@given(SENTENCE)
def test_of_an_empty_table_nothing_was_heard(tokens):
    table = heard_table([])
    assert table.dtype == torch.int32 and table.shape == (0,)
    assert share_heard(tokens, table) == (len(tokens) < 2)


def test_the_numbers_are_the_same_on_every_machine():
    """A table that is shipped is read elsewhere."""
    sentences = [["they", "are", "watching", "."], ["我", "在", "家", "。"]]
    code = f"from seq2seq_lib.heard import heard_table; print(heard_table({sentences!r}).tolist())"
    run = subprocess.run([sys.executable, "-X", "utf8", "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(heard_table(sentences).tolist()) == str(
        [-1986593934, -1268993963, -850715965, 217114292, 278344255, 1563557422])


def test_a_token_of_half_a_sign_has_a_number_too():
    """As a reader's keyboard may leave it."""
    table = heard_table([["a", "\ud83d", "."]])
    assert share_heard(["a", "\ud83d", "."], table) == 1 and share_heard(["a", "\ud83e", "."], table) == 0


def test_a_sentence_that_is_a_string_is_a_type_error():
    with pytest.raises(TypeError, match="the string 'they are late'; tokenize it first"):
        heard_table(["they are late"])


# ---------------------------------------------------------------- the nearest training sentence

WORDS = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6)


@given(st.lists(WORDS, max_size=100), st.lists(WORDS, min_size=1, max_size=8))
def test_the_nearest_sentence_is_the_first_of_those_that_share_most_words(sentences, training):
    def nearness(one, other):
        return 2 * len({*one} & {*other}) / (len({*one}) + len({*other}))

    for tokens, nearest in zip(sentences, nearest_sentences(sentences, training), strict=True):
        all_of_them = [nearness(tokens, other) for other in training]
        assert all_of_them.index(max(all_of_them)) == nearest


def test_words_that_training_does_not_have_are_counted_all_the_same():
    training = [["go", "home"], ["go"]]
    assert nearest_sentences([["go", "x", "y"], ["x"], ["go", "home", "x"]], training) == [1, 0, 0]
