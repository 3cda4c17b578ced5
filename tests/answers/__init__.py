"""Answers to the exercises as a class hands them in, a module for each lesson, written before the checks were read.

Each function has the name of its exercise. `@right` and `@wrong(part of what it is told)` put it into `ANSWERS`.
"""

ANSWERS = []  # (name of the exercise, function, part of the message, or None if the answer is right)
UNNAMED = "gives another result than expected"  # no mistake is named, only where the results part


def right(function):
    ANSWERS.append((function.__name__, function, None))
    return function


def wrong(part_of_message):
    def keep(function):
        ANSWERS.append((function.__name__, function, part_of_message))
        return function
    return keep
