"""Answers to the exercises of lesson 00, right and wrong ones; `test_checks` tries them."""

from seq2seq_lib.checks import lesson_00


def by_steps(lengths):
    if set(lengths) == {(1, 1)}:
        return "one to one"
    inputs, outputs = zip(*lengths)
    if max(inputs) == 1:
        return "one to many"
    if max(outputs) == 1:
        return "many to one"
    return "many to many, " + ("aligned" if inputs == outputs else "unaligned")


def no_first_three(lengths):
    return "many to many, " + ("aligned" if all(a == b for a, b in lengths) else "unaligned")


def any_side(lengths):
    one_in, one_out = any(a == 1 for a, b in lengths), any(b == 1 for a, b in lengths)
    if one_in and one_out:
        return "one to one"
    if one_in:
        return "one to many"
    if one_out:
        return "many to one"
    return "many to many, aligned" if any(a == b for a, b in lengths) else "many to many, unaligned"


def by_a_loop(sentence, pairs, *, score=None, keep=lambda new, best: new > best):
    score = score or (lambda a, b: len(a & b) / len(a | b))
    best, found = -1, None
    for source, target in pairs:
        new = score(set(sentence.split()), set(source.split()))
        if keep(new, best):
            best, found = new, target
    return found


def by_sorting(sentence, pairs):
    words = set(sentence.split())

    def nearness(pair):
        other = set(pair[0].split())
        return -len(words & other) / (len(words) + len(other) - len(words & other))

    return sorted(pairs, key=nearness)[0][1]


ANSWERS = {
    lesson_00.count_tokens: (
        [lambda sentence: len(sentence.split()), lambda sentence: sum(1 for _ in sentence.split())],
        [
            (len, "letters and signs"),
            (lambda sentence: sentence.count(" "), "number of spaces"),
            (lambda sentence: sentence.count(" ") + 1, "no tokens at all"),
            (lambda sentence: len(sentence.split(" ")), "no tokens at all"),
            (lambda sentence: len(sentence.replace(".", "").replace("!", "").replace(",", "").split()), "full stop"),
            (lambda sentence: len(set(sentence.split())), "each different token once"),
            (lambda sentence: sentence.split(), "These are the tokens"),
            (lambda sentence: f"{len(sentence.split())}", "as text"),
            (lambda sentence: print(len(sentence.split())), "is a `return` missing?"),
            (lambda sentence: 4, "`result` is 4, and 3 is expected"),
            (lambda sentence: float(len(sentence.split())), "is 4.0, a float, and the int 4 is expected"),
            (lambda: 4, "TypeError"),
        ],
    ),
    lesson_00.task: (
        [by_steps],
        [
            (lambda lengths: by_steps(lengths[:1]), "first example alone"),
            (lambda lengths: by_steps(lengths[-1:]), "last example alone"),
            (any_side, "one fitting example for enough"),
            (no_first_three, "`result` is 'many to many, unaligned', and 'one to many' is expected"),
            (lambda lengths: "many to many, aligned" if {a - b for a, b in lengths} == {0} else by_steps(lengths),
             "but not many"),
            (lambda lengths: by_steps([pair[::-1] for pair in lengths]), "swapped"),
            (lambda lengths: by_steps(lengths).replace("many, aligned", "many, unaligned"), "no case for “aligned”"),
            (lambda lengths: by_steps(lengths).replace(" ", "-"), "written otherwise"),
            (lambda lengths: by_steps(lengths).replace("many, ", "many "), "letter for letter"),
            (lambda lengths: by_steps(lengths)[0].upper() + by_steps(lengths)[1:], "letter for letter"),
            (lambda lengths: by_steps(lengths).split(", ")[-1], "in full"),
            (lambda lengths: by_steps(lengths).removesuffix(", aligned").removesuffix(", unaligned"), "in full"),
            (lambda lengths: by_steps(lengths).upper(), "'MANY TO MANY, UNALIGNED'"),
            (lambda lengths: by_steps(lengths[0]), "TypeError"),
            (lambda lengths: lengths.sort() or by_steps(lengths), "right result, but it changes its argument"),
        ],
    ),
    lesson_00.nearest_translation: (
        [by_a_loop, by_sorting],
        [
            (lambda sentence, pairs: by_a_loop(sentence, [(a, a) for a, _ in pairs]), "the source of the nearest"),
            (lambda sentence, pairs: by_a_loop(sentence, [(a, (a, b)) for a, b in pairs]), "the whole pair"),
            (lambda sentence, pairs: by_a_loop(sentence, pairs, keep=lambda new, best: new >= best), "the last"),
            (lambda sentence, pairs: by_a_loop(sentence, pairs, score=lambda a, b: len(a & b)), "Divide by the number"),
            (lambda sentence, pairs: by_a_loop(sentence, pairs, score=lambda a, b: len(a & b) / len(a)), "Divide by"),
            (lambda sentence, pairs: by_a_loop(sentence, pairs, score=lambda a, b: len(a & b) / len(b)),
             "the shortest source"),
            (lambda sentence, pairs: by_a_loop(" ".join(sentence), [(" ".join(a), b) for a, b in pairs]),
             "letters"),
            (lambda sentence, pairs: max(pairs, key=lambda p: len(set(p[0]) & set(sentence)) / len(
                set(p[0]) | set(sentence)))[1], "letters"),
            (lambda sentence, pairs: min(pairs, key=lambda p: len(set(p[0].split()) & set(sentence.split())) / len(
                set(p[0].split()) | set(sentence.split())))[1], "the least"),
            (lambda sentence, pairs: by_a_loop(sentence, pairs, keep=lambda new, best: new > max(best, 0)),
             "Where nothing is in common, you return None"),
            (lambda sentence, pairs: max(pairs, key=lambda p: sum(token in p[0].split() for token in sentence.split())
             / len(f"{sentence} {p[0]}".split()))[1], "as often as it stands there"),
            (lambda sentence, pairs: dict(pairs)[sentence], "KeyError"),
            (lambda sentence, pairs: dict(pairs).get(sentence, "<unk>"), "'<unk>', and 'ils regardent .' is expected"),
        ],
    ),
}
