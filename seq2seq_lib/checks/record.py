"""Records: what a reader writes down, such as an experiment, where many answers are right."""

from typing import NamedTuple

from .runner import Exercise


class Rule(NamedTuple):
    """What a record must not be.

    name: of the fault, a few words, which no other rule has. broken: `broken(record)` is true of a record that has it;
    what cannot be asked, for something is missing or of another type, counts as broken. example: a record that has it,
    and none of the faults before it. message: for its reader.
    """

    name: str
    broken: object
    example: dict
    message: str


class Record(Exercise):
    """An exercise whose function takes nothing and returns a record, a dictionary, which is right if it breaks no rule.

    Args:
        answer: returns a record that breaks none; its name is that of the exercise.
        rules: a list of `Rule`, in the order in which they are asked: a reader is told of the first one broken.
        start, after: as for `Exercise`.
    """

    def __init__(self, answer, rules, start, after):
        self.rules = rules
        super().__init__(answer, [()], [(lambda record=rule.example: record, rule.message) for rule in rules],
                         start, after, call=lambda function: self.look(function()))

    def look(self, record):
        """Return the first fault of a record, by its name, in a dictionary; what is no dictionary as it is."""
        if type(record) is not dict:
            return record
        return {"to mend": next((rule.name for rule in self.rules if _is_broken(rule, record)), "nothing")}

    def result_of(self, function, number):
        return self.look(super().result_of(function, number))


def _is_broken(rule, record):
    try:
        return bool(rule.broken(record))
    except Exception:  # such as a TypeError: the rule expects a number, and there is a text
        return True
