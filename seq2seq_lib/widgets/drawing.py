"""Drawing: the parts of a drawing that the reader can move, by mouse, finger or keyboard.

Each function returns attributes for `markup.tag`: `tag("td", word, **pick("cell", [0, 2], "row 1, step 3"))`.
"""

# JupyterLab takes keys (arrows, b, d d) before a widget does, except from an element that carries this.
HUSH = {"data_lm_suppress_shortcuts": "true"}


def pick(name, value, label, *, at=None, chosen=False):
    """Attributes of an element that sets the control `name` to `value` when it is clicked, or by Enter or Space.

    Args:
        label: what a screen reader says.
        at: `(row, column)` in a grid: inside `tag("table", role="grid")`, arrow keys go from one element to the next,
            setting the value as they go, and the whole grid is one stop of the Tab key: at the chosen element.
        chosen: is this the element whose value is set now? In a grid exactly one should be.
    """
    common = HUSH | dict(aria_label=label, data_set=name, data_value=[value])  # in a list: then a text is JSON too
    if at is None:
        return common | dict(role="button", tabindex=0, aria_pressed=str(chosen).lower())
    return common | dict(role="gridcell", tabindex=0 if chosen else -1, aria_selected=str(chosen).lower(),
                         data_at=f"{at[0]},{at[1]}")


def handle(name, value, low, high, label, *, index=None):
    """Attributes of a handle: dragged along its `stops`, or moved by arrow keys, it sets a number.

    Args:
        name: the control to set: a number, or a list of numbers and `index` the one to set.
        value, low, high: the number now, and where it may go.
        label: what a screen reader says, for example "valid length of sentence 2".
    """
    return HUSH | dict(role="slider", tabindex=0, aria_label=label, aria_valuenow=value, aria_valuemin=low,
                       aria_valuemax=high, data_handle=name, data_index=index)


def stop(name, value, *, index=None):
    """Attributes of an element at whose right edge the handle of the same name and index stands for `value`."""
    return dict(data_stop_of=name if index is None else f"{name}-{index}", data_stop=value)
