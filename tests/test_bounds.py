"""A reader's code in bounds: what it returns, raises, prints, and that it ends."""

import random
import time

import torch

from seq2seq_lib.bounds import within


def test_what_is_returned_comes_back():
    assert within(5, lambda a, b: a + b, 2, 3) == (5, "")


def test_an_exception_becomes_words():
    assert within(5, lambda: 1 / 0) == (None, "raised ZeroDivisionError: division by zero")
    assert within(5, exit) == (None, "raised SystemExit: None")

    class Mute(Exception):
        def __str__(self):
            raise ValueError

    def mute():
        raise Mute
    assert within(5, mute) == (None, "raised Mute")


def test_what_never_ends_is_stopped():
    ended = []

    def endless():
        try:
            while True:
                pass
        finally:
            ended.append(True)

    def stubborn():
        while True:
            try:
                time.sleep(0.01)
            except BaseException:
                pass

    for function in (endless, stubborn):
        start = time.monotonic()
        assert within(0.2, function) == (None, "had not returned after 0.2 seconds")
        assert time.monotonic() - start < 4
    assert ended == [True]


def test_what_is_printed_goes_nowhere(capsys):
    assert within(5, lambda: print("much " * 1000)) == (None, "")
    assert capsys.readouterr().out == ""


def test_random_numbers_are_the_same_each_time_and_the_notebook_keeps_its_own():
    def draw():
        return random.random(), torch.rand(1).item()

    torch.manual_seed(3)
    random.seed(3)
    expected = draw()
    torch.manual_seed(3)
    random.seed(3)
    assert within(5, draw) == within(5, draw)
    assert draw() == expected
