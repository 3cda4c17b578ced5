"""Made-up pairs: what the targets are, that no source comes twice, and that a seed is all that chance knows."""

import calendar
import random
import string
from collections import Counter
from datetime import datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq_lib import Batches, Vocab, copy_task, date_task, reverse_task, sort_task

LETTER_TASKS = {"copy": copy_task, "reverse": reverse_task, "sort": sort_task}


def plain_target(name, source):
    """The target of a source, one symbol after another."""
    if name == "copy":
        return list(source)
    target = []
    for symbol in source:
        place = 0 if name == "reverse" else sum(other <= symbol for other in target)
        target.insert(place, symbol)
    return target


@given(st.sampled_from(sorted(LETTER_TASKS)), st.integers(1, 9), st.integers(0, 5), st.integers(1, 26),
       st.integers(0, 2**32), st.data())
def test_letters_are_what_was_asked_for(name, shortest, more, num_symbols, seed, data):
    possible = sum(num_symbols**length for length in range(shortest, shortest + more + 1))
    num_pairs = data.draw(st.integers(1, min(possible, 60)))
    pairs = LETTER_TASKS[name](num_pairs, shortest, shortest + more, num_symbols, seed)
    assert len(pairs) == len({tuple(source) for source, _ in pairs}) == num_pairs
    for source, target in pairs:
        assert shortest <= len(source) <= shortest + more
        assert set(source) <= set(string.ascii_lowercase[:num_symbols])
        assert target == plain_target(name, source)


def test_the_same_arguments_give_these_pairs_on_every_python():
    assert ["".join(source) for source, _ in copy_task(5, 1, 5)] == ["tkgnk", "hmpx", "htq", "xz", "xisxr"]
    assert ["".join(source) for source, _ in date_task(3)] == ["2068-11-19", "2051-08-04", "1984-02-12"]


@pytest.mark.parametrize("task, arguments", [*((task, (3, 9, 5)) for task in LETTER_TASKS.values()), (date_task, ())])
def test_more_pairs_begin_with_the_same_and_another_seed_gives_others(task, arguments):
    state = random.getstate()
    fewer, more = task(30, *arguments), task(50, *arguments)
    assert more[:30] == fewer and task(30, *arguments, seed=1) != fewer
    assert random.getstate() == state  # the notebook keeps its own random numbers


def test_the_tasks_of_letters_have_the_same_sources():
    assert len({str([source for source, _ in task(40, 2, 7, 4, 3)]) for task in LETTER_TASKS.values()}) == 1


@pytest.mark.parametrize("task", LETTER_TASKS.values())
def test_a_source_and_its_target_are_two_lists(task):
    (source, target), *_ = task(1, 1, 1)
    source.append("z")
    assert len(target) == 1


def test_lengths_and_letters_are_equally_likely():
    sources = [source for source, _ in copy_task(3000, 6, 15, 5)]
    lengths, letters = Counter(map(len, sources)), Counter(letter for source in sources for letter in source)
    assert len(lengths) == 10 and len(letters) == 5
    assert all(240 <= number <= 360 for number in lengths.values())  # 300, give or take 3.6 standard deviations
    assert all(abs(number / letters.total() - 0.2) < 0.01 for number in letters.values())


def test_all_the_sources_there_are_can_be_asked_for_and_not_one_more():
    pairs = copy_task(14, 1, 3, 2)
    assert {tuple(source) for source, _ in pairs} == {letters for n in (1, 2, 3) for letters in product("ab", repeat=n)}
    with pytest.raises(ValueError, match="num_pairs is 15, and there are 14 different sources; take 1 to 14 pairs"):
        copy_task(15, 1, 3, 2)


@pytest.mark.parametrize("arguments, message", [
    ((0, 1, 2), "num_pairs is 0"), ((3, 0, 2), "shortest is 0 and longest is 2"), ((3, 3, 2), "it must be 1 <= short"),
    ((3, 1, 2, 0), "num_symbols is 0"), ((3, 1, 2, 27), "num_symbols is 27; the symbols are letters, so take 1 to 26")])
@pytest.mark.parametrize("task", LETTER_TASKS.values())
def test_what_cannot_be_made_is_a_value_error(task, arguments, message):
    with pytest.raises(ValueError, match=message):
        task(*arguments)


@pytest.mark.parametrize("num_pairs, message", [(0, "num_pairs is 0"), (73050, "there are 73,049 different sources")])
def test_dates_that_cannot_be_made_are_a_value_error(num_pairs, message):
    with pytest.raises(ValueError, match=message):
        date_task(num_pairs)


# ---------------------------------------------------------------- dates, read back

BELOW_20 = ("zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
            "seventeen|eighteen|nineteen").split("|")
ROUND = dict(twenty=20, thirty=30, forty=40, fifty=50, sixty=60, seventy=70, eighty=80, ninety=90)
DAYS = dict(zip(("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
                 "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth").split(), range(1, 21)),
            thirtieth=30)
MONTHS = [name.lower() for name in calendar.month_name]
VALUES = {word: n for n, word in enumerate(BELOW_20)} | ROUND | dict(oh=0)


def read_back(words):
    """Return the day that words like *the first of may two thousand* mean."""
    the, *day, of, month = words[: words.index("of") + 2]
    year = words[words.index("of") + 2 :]
    assert (the, of) == ("the", "of")
    if "thousand" in year or "hundred" in year:
        count, unit, *rest = year
        number = VALUES[count] * {"thousand": 1000, "hundred": 100}[unit] + sum(VALUES[word] for word in rest)
    else:
        century, *rest = year
        number = VALUES[century] * 100 + sum(VALUES[word] for word in rest)
    return datetime(number, MONTHS.index(month), sum(ROUND[word] for word in day[:-1]) + DAYS[day[-1]])


@pytest.fixture(scope="module")
def every_date():
    return date_task(73049)


def test_every_day_of_two_centuries_comes_once(every_date):
    first, end = datetime(1900, 1, 1), datetime(2100, 1, 1)
    days = [(first + timedelta(days=i)).strftime("%Y-%m-%d") for i in range((end - first).days)]
    assert sorted("".join(source) for source, _ in every_date) == days


def test_the_words_of_a_date_are_read_back_as_the_same_day(every_date):
    assert all(read_back(target).strftime("%Y-%m-%d") == "".join(source) for source, target in every_date)
    assert {len(source) for source, _ in every_date} == {10} and {len(words) for _, words in every_date} == {6, 7, 8}


def test_a_date_reads_as_people_say_it(every_date):
    words = {"".join(source): " ".join(target) for source, target in every_date}
    said = {"1900-01-01": "the first of january nineteen hundred",
            "1905-05-12": "the twelfth of may nineteen oh five",
            "1999-12-31": "the thirty first of december nineteen ninety nine",
            "2000-02-29": "the twenty ninth of february two thousand",
            "2008-08-08": "the eighth of august two thousand eight",
            "2010-03-20": "the twentieth of march twenty ten",
            "2026-11-30": "the thirtieth of november twenty twenty six"}
    assert {day: words[day] for day in said} == said


def test_pairs_go_into_vocabularies_and_batches():
    pairs = date_task(50)
    src_vocab, tgt_vocab = (Vocab(side) for side in zip(*pairs))
    X, X_valid_len, Y, Y_valid_len = next(iter(Batches(pairs, src_vocab, tgt_vocab, 50)))
    assert X.shape == (50, 11) and X_valid_len.tolist() == [11] * 50 and Y.shape[1] == Y_valid_len.max() <= 9
