"""Progress bar: how much is done of a loop that takes its time."""

from html import escape

from IPython.display import display
from ipywidgets import HTML


def progress(items, what):
    """Go through a list and show how much of it is done: `for seed in progress(range(3), "trainings")`.

    What stays in the notebook is one line of text, the same whenever it is run.

    Args:
        items: what to go through.
        what: what they are, in the plural.

    Yields:
        The items, one after the other.
    """
    items = list(items)
    bar = HTML()
    view = bar._repr_mimebundle_()
    display((view[0] if isinstance(view, tuple) else view) | {"text/plain": f"{len(items)} {what}"}, raw=True)
    for done, item in enumerate(items):
        bar.value = _picture(done, len(items), what)
        yield item
    bar.value = _picture(len(items), len(items), what)


def _picture(done, of, what):
    words = f"{done} of {of} {escape(what)} done"
    return f'<progress aria-label="{words}" max="{of}" value="{done}"></progress> {words}'
