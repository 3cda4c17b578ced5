"""Tasks: made-up pairs to copy, to turn round, to sort or to read out, as long and as many as an experiment needs.

No source comes twice, so slices of a list are parts that share none: `pairs[:4000]` to train, `pairs[4000:]` to
validate. The same arguments give the same pairs everywhere, and more pairs begin with the same ones: all draws are
`random.Random(seed).random()`, of which Python promises that it stays as it is.
"""

import random
from datetime import date
from string import ascii_lowercase

FIRST_DAY, NUM_DAYS = date(1900, 1, 1).toordinal(), 73049  # to the end of 2099
MONTHS = "january february march april may june july august september october november december".split()
ONES = ["", *("one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
              "seventeen eighteen nineteen").split()]
TENS = ["", "", *"twenty thirty forty fifty sixty seventy eighty ninety".split()]
ORDINALS = dict(one="first", two="second", three="third", five="fifth", eight="eighth", nine="ninth", twelve="twelfth",
                twenty="twentieth", thirty="thirtieth")  # the others end in th


def copy_task(num_pairs, shortest, longest, num_symbols=26, seed=0):
    """Make pairs whose target is the source: b a d -> b a d.

    Args:
        num_pairs: how many.
        shortest, longest: the fewest and the most symbols of a source, without `<eos>`. All lengths from one to the
            other are equally likely, as long as there are sources left of each.
        num_symbols: the sources are of so many letters, from the first of the alphabet on.
        seed: another seed is another draw.

    Returns:
        A list of `(source tokens, target tokens)`, in random order, no source twice.

    Raises:
        ValueError: `num_pairs` below 1, or more than there are sources; not 1 <= shortest <= longest; `num_symbols`
            not from 1 to 26.
    """
    return [(source, source[:]) for source in _letters(num_pairs, shortest, longest, num_symbols, seed)]


def reverse_task(num_pairs, shortest, longest, num_symbols=26, seed=0):
    """Make pairs whose target is the source backwards: b a d -> d a b. All else is as in `copy_task`."""
    return [(source, source[::-1]) for source in _letters(num_pairs, shortest, longest, num_symbols, seed)]


def sort_task(num_pairs, shortest, longest, num_symbols=26, seed=0):
    """Make pairs whose target is the source in alphabetical order: b a d -> a b d. All else is as in `copy_task`."""
    return [(source, sorted(source)) for source in _letters(num_pairs, shortest, longest, num_symbols, seed)]


def date_task(num_pairs, seed=0):
    """Make pairs of a date and its words: 2 0 2 6 - 1 1 - 3 0 -> the thirtieth of november twenty twenty six.

    The dates are of the years 1900 to 2099, 73,049 in all. A source has 10 symbols, a target 6 to 8 words, in another
    order.

    Args, Returns, Raises: as in `copy_task`.
    """
    days = _different(num_pairs, NUM_DAYS, lambda rng: FIRST_DAY + int(NUM_DAYS * rng.random()), seed)
    return [(list(day.isoformat()), _in_words(day)) for day in map(date.fromordinal, days)]


def _letters(num_pairs, shortest, longest, num_symbols, seed):
    if not 1 <= shortest <= longest:
        raise ValueError(f"shortest is {shortest} and longest is {longest}; it must be 1 <= shortest <= longest")
    if not 1 <= num_symbols <= 26:
        raise ValueError(f"num_symbols is {num_symbols}; the symbols are letters, so take 1 to 26")

    def draw(rng):
        length = shortest + int((longest - shortest + 1) * rng.random())
        return "".join(ascii_lowercase[int(num_symbols * rng.random())] for _ in range(length))

    possible = sum(num_symbols**length for length in range(shortest, longest + 1))
    return [list(letters) for letters in _different(num_pairs, possible, draw, seed)]


def _different(num_pairs, possible, draw, seed):
    """Draw until there are `num_pairs` different sources, and return them in the order in which they came."""
    if not 1 <= num_pairs <= possible:
        raise ValueError(f"num_pairs is {num_pairs:,}, and there are {possible:,} different sources; take 1 to "
                         f"{possible:,} pairs, or a task with more symbols or longer sources")
    rng, found = random.Random(seed), {}
    while len(found) < num_pairs:
        found[draw(rng)] = None  # a dictionary keeps the order, and each key once
    return list(found)


def _in_words(day):
    *tens, last = _number(day.day)
    century, rest = divmod(day.year, 100)
    year = ["two", "thousand"] if 2000 <= day.year < 2010 else _number(century) + (
        ["hundred"] if rest == 0 else ["oh"] if rest < 10 else [])
    return ["the", *tens, ORDINALS.get(last, f"{last}th"), "of", MONTHS[day.month - 1], *year, *_number(rest)]


def _number(n):
    """Return the words of a number from 0 to 99; 0 has none."""
    return [word for word in ([ONES[n]] if n < 20 else [TENS[n // 10], ONES[n % 10]]) if word]
