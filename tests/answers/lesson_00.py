"""Answers to the exercises of lesson 00."""

import re

from . import UNNAMED, right, wrong

# ---------------------------------------------------------------- count_tokens


@right
def count_tokens(sentence):
    return len([token for token in sentence.split(" ") if token])


@right
def count_tokens(sentence):
    if not sentence:
        return 0
    return sentence.count(" ") + 1


@right
def count_tokens(sentence):
    n = 0
    for _ in sentence.split():
        n += 1
    return n


@wrong("This is the number of letters and signs. Cut")
def count_tokens(sentence):
    return len(sentence)


@wrong("This is the number of spaces. Between four")
def count_tokens(sentence):
    return sentence.count(" ")


@wrong("An empty sentence has no tokens at all, and")
def count_tokens(sentence):
    return len(sentence.split(" "))


@wrong("An empty sentence has no tokens at all, and")
def count_tokens(sentence):
    return sentence.count(" ") + 1


@wrong("You cut tokens once more, at their")
def count_tokens(sentence):
    return len(re.findall(r"\w+|[^\w\s]", sentence))


@wrong("You leave out the punctuation. A full stop is")
def count_tokens(sentence):
    return len(re.findall(r"\w+", sentence))


@wrong("You count each different token once. In `no ")
def count_tokens(sentence):
    return len(set(sentence.split()))


@wrong("These are the tokens. The number of them is")
def count_tokens(sentence):
    return sentence.split()


@wrong("`return` missing")
def count_tokens(sentence):
    print(len(sentence.split()))


@wrong("This is the number of letters and signs")
def count_tokens(sentence):
    return len(sentence.replace(" ", ""))


@wrong("You leave out the punctuation. A full stop is")
def count_tokens(sentence):
    return len([w for w in sentence.split() if w.isalpha()])


@wrong(UNNAMED)
def count_tokens(sentence):
    n = 0
    for _ in sentence.split():
        n += 1
        return n
    return n


@wrong(UNNAMED)
def count_tokens(sentence):
    return len(sentence.split()) + 1


# ---------------------------------------------------------------- task

@right
def task(lengths):
    if all(pair == (1, 1) for pair in lengths):
        return "one to one"
    if all(n == 1 for n, _ in lengths):
        return "one to many"
    if all(m == 1 for _, m in lengths):
        return "many to one"
    if all(n == m for n, m in lengths):
        return "many to many, aligned"
    return "many to many, unaligned"


@right
def task(lengths):
    ins, outs = zip(*lengths)
    if max(ins) == 1:
        return "one to one" if max(outs) == 1 else "one to many"
    if max(outs) == 1:
        return "many to one"
    return "many to many, aligned" if ins == outs else "many to many, unaligned"


@right
def task(lengths):
    one_in = one_out = equal = True
    for a, b in lengths:
        if a != 1:
            one_in = False
        if b != 1:
            one_out = False
        if a != b:
            equal = False
    if one_in:
        if one_out:
            return "one to one"
        return "one to many"
    elif one_out:
        return "many to one"
    elif equal:
        return "many to many, aligned"
    else:
        return "many to many, unaligned"


def names(one_in, one_out, equal):
    """The five names in their order."""
    if one_in and one_out:
        return "one to one"
    if one_in:
        return "one to many"
    if one_out:
        return "many to one"
    return "many to many, aligned" if equal else "many to many, unaligned"


@wrong("You decide by the first example alone. A task")
def task(lengths):
    a, b = lengths[0]
    return names(a == 1, b == 1, a == b)


@wrong("You take one fitting example for enough. All")
def task(lengths):
    return names(any(a == 1 for a, b in lengths), any(b == 1 for a, b in lengths), any(a == b for a, b in lengths))


@wrong("You take one fitting example for enough. All")
def task(lengths):
    return names(all(a == 1 for a, b in lengths), all(b == 1 for a, b in lengths), any(a == b for a, b in lengths))


@wrong("You have inputs and outputs swapped: the")
def task(lengths):
    return names(all(b == 1 for a, b in lengths), all(a == 1 for a, b in lengths), all(a == b for a, b in lengths))


@wrong("One input and one output are equally many")
def task(lengths):
    if all(a == b for a, b in lengths):
        return "many to many, aligned"
    return names(all(a == 1 for a, b in lengths), all(b == 1 for a, b in lengths), False)


@wrong("“One to one” never comes out. Ask for it")
def task(lengths):
    if all(a == 1 for a, b in lengths):
        return "one to many"
    if all(b == 1 for a, b in lengths):
        return "many to one"
    if all(a == b == 1 for a, b in lengths):
        return "one to one"
    return names(False, False, all(a == b for a, b in lengths))


@wrong("You ask whether one side has the same number")
def task(lengths):
    ins, outs = [a for a, b in lengths], [b for a, b in lengths]
    return names(len(set(ins)) == 1, len(set(outs)) == 1, ins == outs)


@wrong("You compare the totals. `[(3, 4), (4, 3)]`")
def task(lengths):
    ins, outs = sum(a for a, b in lengths), sum(b for a, b in lengths)
    return names(ins == len(lengths), outs == len(lengths), ins == outs)


@wrong("You take one fitting example for enough. All")
def task(lengths):
    for a, b in lengths:
        if a == 1 and b == 1:
            return "one to one"
        if a == 1:
            return "one to many"
        if b == 1:
            return "many to one"
        if a == b:
            return "many to many, aligned"
    return "many to many, unaligned"


@wrong("The last example alone decides in your")
def task(lengths):
    for a, b in lengths:
        result = names(a == 1, b == 1, a == b)
    return result


@wrong("The names are written otherwise. Take them as")
def task(lengths):
    return names(all(a == 1 for a, b in lengths), all(b == 1 for a, b in lengths),
                 all(a == b for a, b in lengths)).replace(",", "")


@wrong("The names are written otherwise. Take them as")
def task(lengths):
    return names(all(a == 1 for a, b in lengths), all(b == 1 for a, b in lengths),
                 all(a == b for a, b in lengths)).replace(" to ", "-to-")


@wrong("The names are written otherwise. Take them as")
def task(lengths):
    return names(all(a == 1 for a, b in lengths), all(b == 1 for a, b in lengths),
                 all(a == b for a, b in lengths)).capitalize()


@wrong("“Aligned” is the name where the lengths are")
def task(lengths):
    return names(all(a == 1 for a, b in lengths), all(b == 1 for a, b in lengths), all(a != b for a, b in lengths))


@wrong("You take the first two examples apart as if")
def task(lengths):
    ins, outs = lengths[0], lengths[1]
    return names(all(a == 1 for a in ins), all(b == 1 for b in outs), ins == outs)


@wrong("“One to one” never comes out. Ask for it")
def task(lengths):
    if all(a == 1 for a, b in lengths):
        return "one to many"
    if all(b == 1 for a, b in lengths):
        return "many to one"
    return "many to many, aligned" if all(a == b for a, b in lengths) else "many to many, unaligned"


@wrong("You have no case for “many to one”: one")
def task(lengths):
    if all(a == 1 for a, b in lengths):
        return "one to one" if all(b == 1 for a, b in lengths) else "one to many"
    return "many to many, aligned" if all(a == b for a, b in lengths) else "many to many, unaligned"


@wrong("You take one fitting example for enough. All")
def task(lengths):
    if all(a != b for a, b in lengths) and any(a > 1 for a, b in lengths) and any(b > 1 for a, b in lengths):
        return "many to many, unaligned"
    return names(all(a == 1 for a, b in lengths), all(b == 1 for a, b in lengths), True)


@wrong(UNNAMED)
def task(lengths):
    return names(len(lengths) == 1, all(b == 1 for a, b in lengths), all(a == b for a, b in lengths))


@wrong("`return` missing")
def task(lengths):
    print(names(all(a == 1 for a, b in lengths), all(b == 1 for a, b in lengths), all(a == b for a, b in lengths)))


@wrong("is a list of length 3, and a str of length 23")
def task(lengths):
    return [names(a == 1, b == 1, a == b) for a, b in lengths]


@wrong('The last two names are `"many to many')
def task(lengths):
    return names(all(a == 1 for a, b in lengths), all(b == 1 for a, b in lengths), True).removesuffix(", aligned")


# ---------------------------------------------------------------- nearest_translation

def share(a, b):
    a, b = set(a.split()), set(b.split())
    return len(a & b) / len(a | b)


@right
def nearest_translation(sentence, pairs):
    best, result = -1, None
    for source, translation in pairs:
        if share(sentence, source) > best:
            best, result = share(sentence, source), translation
    return result


@right
def nearest_translation(sentence, pairs):
    shares = [share(sentence, source) for source, _ in pairs]
    return pairs[shares.index(max(shares))][1]


@wrong("Of equally near pairs you take the last. Take")
def nearest_translation(sentence, pairs):
    best, result = -1, None
    for source, translation in pairs:
        if share(sentence, source) >= best:
            best, result = share(sentence, source), translation
    return result


@wrong("This is the source of the nearest pair")
def nearest_translation(sentence, pairs):
    return max(pairs, key=lambda pair: share(sentence, pair[0]))[0]


@wrong("This is the whole pair. Return its")
def nearest_translation(sentence, pairs):
    return max(pairs, key=lambda pair: share(sentence, pair[0]))


@wrong("You take the pair that shares the most")
def nearest_translation(sentence, pairs):
    return max(pairs, key=lambda pair: len(set(sentence.split()) & set(pair[0].split())))[1]


@wrong("You compare letters: the set of a string is")
def nearest_translation(sentence, pairs):
    return max(pairs, key=lambda pair: len(set(sentence) & set(pair[0])) / len(set(sentence) | set(pair[0])))[1]


@wrong("You compare the sentence with the")
def nearest_translation(sentence, pairs):
    return max(pairs, key=lambda pair: share(sentence, pair[1]))[1]


@wrong("You take the pair that shares the most")
def nearest_translation(sentence, pairs):
    ours = set(sentence.split())
    return max(pairs, key=lambda pair: len(ours & set(pair[0].split())) / len(ours))[1]


@wrong("You count a token as often as it stands")
def nearest_translation(sentence, pairs):
    ours = sentence.split()
    return max(pairs, key=lambda pair: sum(t in pair[0].split() for t in ours) / (len(ours) + len(pair[0].split())))[1]


@wrong("This is the pair that has the least in common")
def nearest_translation(sentence, pairs):
    return min(pairs, key=lambda pair: share(sentence, pair[0]))[1]


@wrong("A source may stand there twice, with two")
def nearest_translation(sentence, pairs):
    table = dict(pairs)
    return table[max(table, key=lambda source: share(sentence, source))]


@wrong("You leave the full stops out. They are tokens")
def nearest_translation(sentence, pairs):
    def bare(text):
        return text.replace(" .", "").replace(".", "")
    return max(pairs, key=lambda pair: share(bare(sentence), bare(pair[0])))[1]


@wrong("You count a token as often as it stands")
def nearest_translation(sentence, pairs):
    def near(a, b):
        a, b = a.split(), b.split()
        return len([t for t in a if t in b]) / len(set(a) | set(b))
    return max(pairs, key=lambda pair: near(sentence, pair[0]))[1]


@wrong("You compare the tokens place by place. A")
def nearest_translation(sentence, pairs):
    def near(a, b):
        a, b = a.split(), b.split()
        return sum(x == y for x, y in zip(a, b)) / max(len(a), len(b))
    return max(pairs, key=lambda pair: near(sentence, pair[0]))[1]


@wrong(UNNAMED)
def nearest_translation(sentence, pairs):
    for source, translation in pairs:
        if source == sentence:
            return translation
    return pairs[0][1]
