"""Words: numbers as a reader reads them, and the words of a sentence that a reader types."""

from ..text import find_language, tokenize


def percent(p):
    """Write a probability coarsely: the last digits differ from machine to machine."""
    return ">99%" if p >= 0.995 else f"{p:.0%}" if p >= 0.01 else f"{p:.1%}" if p >= 0.001 else "<0.1%"


def plural(n, one, many=None):
    return f"{n} {one if n == 1 else many or one + 's'}"


def typed_tokens(text, language):
    """Return the tokens of a sentence that was typed; ValueError, for the reader, if there are none."""
    tokens = tokenize(text, language)
    if not tokens:
        raise ValueError(f"There is no sentence yet: type one in {find_language(language)[0]}.")
    return tokens


def read_as_unk(tokens, vocab):
    """Name the tokens that a vocabulary lacks, at most five, in a sentence; None if it has them all."""
    unknown = [f"“{token[:40]}”" for token in tokens if token not in vocab]
    if unknown:
        return f"Not in the vocabulary, so read as <unk>: {', '.join(unknown[:5])}{', …' * (len(unknown) > 5)}."
