"""Bounds: run a reader's code, which may raise, print without end, or never return; and keep torch's own settings."""

import contextlib
import ctypes
import io
import random
import threading
import warnings

import torch


class Stop(SystemExit):
    """Raised in a thread to end it; as a SystemExit, it ends without a word."""


def stop(thread, finished):
    """End a thread by raising `Stop` in it, wherever it is; return whether that worked.

    An `except:` in a loop catches it again and again. Then a last exception is sent, which never finishes being made:
    the thread sleeps in its `__init__` for good. A thread that waits for something outside of Python gets neither.

    Args:
        finished: a `threading.Event` that is set at the thread's end.
    """
    asleep = threading.Event()

    class Sleep(Stop):
        def __init__(self):
            asleep.set()
            threading.Event().wait()

    for exception in [Stop] * 5 + [Sleep]:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(exception))
        if finished.wait(0.1) or not thread.is_alive():
            return True
    return asleep.wait(0.5)


@contextlib.contextmanager
def random_numbers_kept():
    """Give the notebook back its own random numbers after code that draws some."""
    state, torch_state = random.getstate(), torch.get_rng_state()
    try:
        yield
    finally:
        random.setstate(state)
        torch.set_rng_state(torch_state)


@contextlib.contextmanager
def one_thread():
    """Let torch compute on one thread: on small tensors threads wait for each other longer than they compute."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Nowhere(io.TextIOBase):
    """Where what is printed goes, without being kept."""

    def write(self, text):
        return len(text)


def within(seconds, function, *args):
    """Call a function in a thread of its own, for so many seconds at most; nothing is raised, and nothing printed.

    It finds the same random numbers each time, and the notebook keeps its own.

    Returns:
        `(value, problem)`: what it returned and an empty text, or None and what happened, for example `"raised
        ValueError: no batches"`.

    Raises:
        KeyboardInterrupt: the reader has interrupted it.
    """
    done, finished = [], threading.Event()

    def work():
        try:
            random.seed(0)
            torch.default_generator.manual_seed(0)
            done.append((function(*args), ""))
        except Stop:
            pass
        except BaseException as error:  # SystemExit too
            done.append((None, f"raised {_name(error)}"))
        finally:
            finished.set()

    thread = threading.Thread(target=work, daemon=True)
    nowhere = _Nowhere()
    with (random_numbers_kept(), warnings.catch_warnings(action="ignore"),
          contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere)):
        thread.start()
        try:
            if _wait(finished, seconds):
                return done[0]
        except KeyboardInterrupt:
            stop(thread, finished)
            raise
        said = f"had not returned after {seconds:g} seconds"
        return None, said if stop(thread, finished) else f"{said}, and goes on unseen: restart the kernel"


def _wait(event, seconds):
    """Wait for an event in short steps, between which Windows sees an interrupt."""
    return any(event.wait(seconds / 50) for _ in range(50))


def _name(error):
    """Name an exception, in a line."""
    try:
        said = " ".join(str(error)[:200].split())
    except Exception:
        said = ""
    return f"{type(error).__name__}{': ' if said else ''}{said}"
