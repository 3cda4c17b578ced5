"""Shape quiz: what a reader has typed as the shape of a tensor, and what is wrong with it."""

import re

from .words import plural


def numbers_in(answer):
    """Return the whole numbers of an answer like `6 4 16`, `(6, 4, 16)` or `6 × 4 × 16`; None if it is none."""
    answer = answer.strip().removeprefix("torch.Size")
    if not re.fullmatch(r"[\s()\[\],;x×*0-9]*[0-9][\s()\[\],;x×*0-9]*", answer):
        return None
    return [int(number) for number in re.findall("[0-9]{1,9}", answer)]


def diagnose(answer, box, known):
    """Say what is wrong with the shape that a reader typed for a `Box`, without giving the answer away.

    Args:
        answer: what was typed.
        known: a dictionary from names to the sizes that the reader knows.
    """
    guess, shape = numbers_in(answer), list(box.tensor.shape)
    names = [axis if isinstance(axis, str) else " + ".join(axis) for axis in box.axes]
    if guess is None:
        return "Write the sizes as whole numbers, for example 2 3 5."
    if len(guess) != len(shape):
        words = f"{box.name} has {plural(len(shape), 'axis', 'axes')}, and you wrote {plural(len(guess), 'size')}."
        missing = [name for i, name in enumerate(names) if shape[:i] + shape[i + 1:] == guess]
        return words + (f" There is one for {missing[0]} too." if missing else "")
    wrong = [i for i in range(len(shape)) if guess[i] != shape[i]]
    if sorted(guess) == sorted(shape):
        if len(wrong) > 2:
            return f"The sizes are right, their order is not. Axis 0 counts {names[0]}."
        return (f"{names[wrong[0]]} and {names[wrong[1]]} are swapped: axis {wrong[0]} counts {names[wrong[0]]}.")
    said = []
    for i in wrong:
        others = [name for name, size in known.items() if size == guess[i]]
        said.append(f"axis {i} is not {guess[i]}" + (f", which is {' or '.join(others)}" if others else ""))
    if not isinstance(box.axes[-1], str) and wrong[-1] == len(shape) - 1:
        said.append("along the last axis two vectors stand side by side")
    return f"{'; '.join(said)[0].upper()}{'; '.join(said)[1:]}."


def caution(box):
    """Say that two axes of a box are of one size, so that nobody could tell them apart."""
    sizes = [(axis, size) for axis, size in zip(box.axes, box.tensor.shape) if isinstance(axis, str)]
    for i, (one, size) in enumerate(sizes):
        for other, same in sizes[i + 1:]:
            if size == same:
                return f" But {one} and {other} are both {size} here: had you swapped them, nobody could tell."
    return ""
