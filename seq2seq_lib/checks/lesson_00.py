"""The checks of lesson 00, start here."""

import re
from collections import Counter

from .runner import Exercise

# ---------------------------------------------------------------- warm-up: count the tokens

def _count_tokens(sentence):
    return len(sentence.split())


count_tokens = Exercise(
    _count_tokens,
    cases=[(sentence,) for sentence in [
        "they are watching .", "ils regardent .", "va !", "no , no , no !", "he 's calm .", "stop", ""]],
    mistakes=[
        (lambda sentence: len(sentence),
         "This is the number of letters and signs. Cut the sentence at its spaces first: `sentence.split()`."),
        (lambda sentence: sentence.count(" "),
         "This is the number of spaces. Between four tokens there are three."),
        (lambda sentence: len(sentence.replace(" ", "")),
         "This is the number of letters and signs without the spaces. Tokens are counted: `sentence.split()`."),
        (lambda sentence: len(re.findall(r"\w+|[^\w\s]", sentence)),
         "You cut tokens once more, at their apostrophes: `'s` is one. They are separated by spaces already, and "
         "nowhere else."),
        (lambda sentence: len(sentence.split(" ")),
         "An empty sentence has no tokens at all, and yours has one. `split()`, with nothing in its brackets, knows."),
        *[(words,
           "You leave out the punctuation. A full stop is a token too: the model reads and writes it like a word.")
          for words in (lambda sentence: len([token for token in sentence.split() if token.isalpha()]),
                        lambda sentence: len(re.findall(r"\w+", sentence)))],
        (lambda sentence: len(set(sentence.split())),
         "You count each different token once. In `no , no , no !` the word “no” counts three times."),
        (lambda sentence: sentence.split(),
         "These are the tokens. The number of them is asked for: `len` counts."),
        (lambda sentence: str(len(sentence.split())),
         "This is the number written as text. Return the number itself."),
    ],
    start="Delete the line `raise NotImplementedError`, and return the number of tokens instead.",
    after="That is how an exercise works. The next one is worth more thought.",
)


# ---------------------------------------------------------------- core: which drawing?

def _task(lengths):
    return _by_facts(lengths)


def _by_facts(lengths, one_in=all, one_out=all, equal=all):
    """The answer; with something else than `all`, a mistake."""
    one_in, one_out = one_in(a == 1 for a, _ in lengths), one_out(b == 1 for _, b in lengths)
    if one_in or one_out:
        return f"{'one' if one_in else 'many'} to {'one' if one_out else 'many'}"
    return f"many to many, {'' if equal(a == b for a, b in lengths) else 'un'}aligned"


def _any_drawing(lengths):
    """The first drawing that fits one example."""
    names = [_task([example]) for example in lengths]
    return next(name for name in ["one to one", "one to many", "many to one", "many to many, aligned",
                                  "many to many, unaligned"] if name in names)


def _equally_long(lengths):
    """What is equal in all examples, taken for 1."""
    sides = [len(set(side)) == 1 for side in zip(*lengths)]
    return _by_facts([(1 if sides[0] else 2, 1 if sides[1] else 2)]) if any(sides) else _task(lengths)


def _by_totals(lengths):
    known = _task(lengths)
    same_total = sum(given for given, _ in lengths) == sum(wanted for _, wanted in lengths)
    return "many to many, aligned" if "unaligned" in known and same_total else known


def _equal_first(lengths):
    equal = all(given == wanted for given, wanted in lengths)
    return "many to many, aligned" if equal else _task(lengths)


task = Exercise(
    _task,
    cases=[(lengths,) for lengths in [
        [(4, 3), (7, 8), (2, 2)],
        [(1, 3), (1, 2)],
        [(4, 1), (7, 1), (2, 1)],
        [(4, 4), (2, 2)],
        [(1, 1), (1, 1)],
        [(5, 5), (3, 4)],
        [(3, 4), (4, 3)],
        [(1, 1), (1, 4)],
        [(1, 1), (6, 1)],
        [(1, 1), (3, 3)],
        [(1, 2), (3, 1)],
        [(2, 3), (2, 5)],
        [(3, 2), (5, 2)],
        [(2, 2), (2, 2)],
    ]],
    mistakes=[
        (lambda lengths: _task(lengths[:1]),
         "You decide by the first example alone. A task is known by all its examples: one sentence may have as many "
         "words as its translation by chance."),
        (lambda lengths: _task(lengths[-1:]),
         "The last example alone decides in your function. A task is known by all its examples: ask `all(...)` of "
         "them before you return a name."),
        *[(some, "You take one fitting example for enough. All must fit: `all(...)`, not `any(...)`.")
          for some in (_any_drawing, lambda lengths: _by_facts(lengths, any, any, any),
                       lambda lengths: _by_facts(lengths, equal=any))],
        (_equally_long,
         "You ask whether one side has the same number in every example. “One” means the number 1: "
         "`[(2, 3), (2, 5)]` has two inputs each time."),
        (_by_totals,
         "You compare the totals. `[(3, 4), (4, 3)]` has as many outputs as inputs in all, and neither example is "
         "aligned. Compare example by example."),
        (_equal_first,
         "One input and one output are equally many, but not many. Ask for the first three drawings before you ask "
         "whether the lengths are equal."),
        (lambda lengths: _task([(wanted, given) for given, wanted in lengths]),
         "You have inputs and outputs swapped: the first number of a pair is the number of inputs."),
        (lambda lengths: _task(list(zip(*lengths[:2]))),
         "You take the first two examples apart as if they were the inputs and the outputs. Each example is a pair of "
         "its own: `for a, b in lengths`."),
        (lambda lengths: _task(lengths).replace(", aligned", ", unaligned"),
         "You have no case for “aligned”: as many outputs as inputs, in every example."),
        (lambda lengths: _task(lengths).replace("unaligned", "aligned"),
         "You have no case for “unaligned”, the last drawing."),
        (lambda lengths: _task(lengths).replace("one to one", "one to many"),
         "“One to one” never comes out. Ask for it first: such examples fit “one to many” as well."),
        (lambda lengths: _task(lengths).replace("many to one", "many to many, unaligned"),
         "You have no case for “many to one”: one output, in every example."),
        *[(swapped, "“Aligned” is the name where the lengths are equal, “unaligned” where they are not.")
          for swapped in (lambda lengths: _by_facts(lengths, equal=lambda facts: not all(facts)),
                          lambda lengths: _by_facts(lengths, equal=lambda facts: not any(facts)))],
        *[(written, "The names are written otherwise. Take them as they stand above the drawings, letter for letter: "
                    "`\"one to many\"`.")
          for written in (lambda lengths: _task(lengths).replace(" ", "-"), lambda lengths: _task(lengths).capitalize(),
                          lambda lengths: _task(lengths).replace(" to ", "-to-"),
                          lambda lengths: _task(lengths).replace(",", ""))],
        (lambda lengths: _task(lengths).replace("many to many, ", ""),
         "The last two names are `\"many to many, aligned\"` and `\"many to many, unaligned\"`, in full."),
        (lambda lengths: _task(lengths).split(", ")[0],
         "The last two names are `\"many to many, aligned\"` and `\"many to many, unaligned\"`, in full."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with the plainest drawing: is every length 1?",
    after="Lengths are a hint, no proof: a translation may have as many words as its source by chance. For proof you "
          "must know the task.",
)


# ---------------------------------------------------------------- stretch: a translator without a network

def _shared(a, b):
    return len(set(a) & set(b)) / len(set(a) | set(b))


def _nearest(sentence, pairs, score=_shared, best=max):
    tokens = sentence.split()
    return best(pairs, key=lambda pair: score(tokens, pair[0].split()))


def _nearest_translation(sentence, pairs):
    return _nearest(sentence, pairs)[1]


def _counted(a, b):
    return (Counter(a) & Counter(b)).total() / (Counter(a) | Counter(b)).total()


def _found(a, b):
    return sum(token in b for token in a) / (len(a) + len(b))


def _or_none(sentence, pairs):
    source, target = _nearest(sentence, pairs)
    return target if _shared(sentence.split(), source.split()) else None


def _in_place(a, b):
    return sum(x == y for x, y in zip(a, b)) / max(len(a), len(b))


_PAIRS = [
    ("go .", "va !"),
    ("i lost .", "j' ai perdu ."),
    ("he 's calm .", "il est calme ."),
    ("i 'm home .", "je suis chez moi ."),
    ("they are watching .", "ils regardent ."),
    ("they are watching the birds in the garden .", "ils regardent les oiseaux dans le jardin ."),
    ("we are here , in the house .", "nous sommes ici , dans la maison ."),
]

nearest_translation = Exercise(
    _nearest_translation,
    cases=[(sentence, _PAIRS) for sentence in [
        "they are watching .", "they are dancing .", "they are in .", "are they in ?", "i 'm calm .", "go home",
        "he lost .", ".", "watching they are .", "the house and the garden and the birds .",
        "we are watching the garden .",
    ]] + [
        ("no , no , no , go !", [("no , yes , yes , yes !", "non , oui , oui , oui !"),
                                 ("no , no , no", "non , non , non"), ("go , no !", "va , non !")]),
        ("on", [("no", "non"), ("on", "sur")]),
        ("no no no yes", [("no", "non"), ("no yes stop", "non oui stop")]),
        ("flurb", _PAIRS),
        ("go .", [("go .", "va !"), ("stop .", "arrête !"), ("go .", "allez !")]),
        ("go home .", [("i go home", "je vais chez moi"), ("go home now .", "rentre chez toi .")]),
    ],
    mistakes=[
        (lambda sentence, pairs: _nearest(sentence, pairs)[0],
         "This is the source of the nearest pair. Return its translation."),
        (lambda sentence, pairs: _nearest(sentence, pairs),
         "This is the whole pair. Return its translation alone."),
        (lambda sentence, pairs: _nearest(sentence, pairs[::-1])[1],
         "Of equally near pairs you take the last. Take the first: replace the best one only if the new one is nearer "
         "(`>`, not `>=`)."),
        (lambda sentence, pairs: _nearest(sentence, pairs, lambda a, b: len(set(a) & set(b)))[1],
         "You take the pair that shares the most tokens, so a long sentence wins because it has many. Divide by the "
         "number of different tokens that either of the two has."),
        (lambda sentence, pairs: _nearest(sentence, pairs, lambda a, b: len(set(a) & set(b)) / len(set(b)))[1],
         "You divide by the tokens of the source alone, so the shortest source wins. Divide by the number of different "
         "tokens that either of the two has: `|` of the two sets."),
        *[(lambda sentence, pairs, counted=counted: _nearest(sentence, pairs, counted)[1],
           "You count a token as often as it stands there. Count different tokens: a set has each once.")
          for counted in (_counted, _found)],
        (_or_none,
         "Where nothing is in common, you return None. Then all sources are equally near, and the first one counts: "
         "`max` takes it, and a loop does if its best share begins below 0."),
        (lambda sentence, pairs: _nearest(sentence, pairs, _in_place)[1],
         "You compare the tokens place by place. A token that both have counts wherever it stands."),
        (lambda sentence, pairs: max(pairs, key=lambda pair: _shared(sentence, pair[0]))[1],
         "You compare letters: the set of a string is the set of its letters. Cut both sentences into tokens first: "
         "`set(sentence.split())`."),
        (lambda sentence, pairs: dict(pairs)[_nearest(sentence, pairs)[0]],
         "A source may stand there twice, with two translations. A dictionary keeps the last one; take that of the "
         "first."),
        (lambda sentence, pairs: _nearest(sentence.replace(".", ""), [(a.replace(".", ""), b) for a, b in pairs])[1],
         "You leave the full stops out. They are tokens like any other: two sentences may have them in common."),
        (lambda sentence, pairs: max(pairs, key=lambda pair: _shared(sentence.split(), pair[1].split()))[1],
         "You compare the sentence with the translations. Compare it with the sources."),
        (lambda sentence, pairs: _nearest(sentence, pairs, best=min)[1],
         "This is the pair that has the least in common with the sentence."),
    ],
    start="Delete the line `raise NotImplementedError`, and begin with two sets of tokens: those of `sentence`, and "
          "those of one source.",
    after="This translator has learned nothing, and yet it is right wherever it has the sentence among its pairs. In "
          "lesson 8 your network must beat it on sentences that it never saw.",
)

EXERCISES = (count_tokens, task, nearest_translation)
