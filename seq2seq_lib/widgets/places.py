"""Places: which cell of the notebook a widget was made in, so that running the cell again replaces it."""

_runs = {}  # cell -> its last run: (id of the run, {place: widget}, {place: what the reader had set before this run})


def take_place(widget):
    """Give a widget its place in the notebook, and close the widgets that an earlier run of the same cell made.

    Returns:
        The `memory()` of the widget that had this place before; None if there was none, or outside a notebook.
    """
    cell, run = _running()
    if cell is None:
        return None
    last, widgets, memories = _runs.get(cell, (None, {}, {}))
    if last != run:  # the first widget of this run
        widgets, memories = {}, {place: old.memory() for place, old in widgets.items()}
        for old in _runs.pop(cell, (None, {}))[1].values():
            old.close()
        _runs[cell] = run, widgets, memories
    kind = type(widget).__qualname__
    place = kind, sum(name == kind for name, _ in widgets)
    widgets[place] = widget
    return memories.get(place)


def _running():
    """Return the names of the cell that is being run and of the run; None twice where there is no notebook."""
    try:
        from IPython import get_ipython

        request = get_ipython().get_parent()
        # JupyterLab names the cell; where nobody does, the same code is taken for the same cell.
        return request["metadata"].get("cellId") or request["content"]["code"], request["header"]["msg_id"]
    except (ImportError, AttributeError, KeyError, TypeError, LookupError):
        return None, None
