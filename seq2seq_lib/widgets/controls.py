"""Controls: what a reader can move. Each is a trait of its widget, and is drawn by the front end."""

import traitlets


class Control(traitlets.TraitType):
    """A value of a widget that the reader sets, and that Python may set too.

    A wrong value is no error in Python: the widget shows `problem(...)` in place of the drawing.

    Args:
        default: the first value.
        label: what the reader reads beside it.
        hidden: True hides it.
        more: what the kind of control needs. Every argument but the first may be a function of the widget, asked
            before each drawing.
    """

    kind = ""

    def __init__(self, default, label="", *, hidden=False, **more):
        super().__init__(default)
        self.settings = {"label": label, "hidden": hidden, **more}
        self.tag(sync=True)

    def validate(self, widget, value):
        return plain(value)

    def spec(self, widget):
        """Return what the front end needs to draw the control, as JSON can hold it."""
        settings = {key: value(widget) if callable(value) else value for key, value in self.settings.items()}
        return {"name": self.name, "kind": self.kind, **settings}

    def problem(self, value, spec):
        """Return what is wrong with a value, in a sentence; None if nothing is."""

    def said(self, value, spec):
        """Return the value as a reader reads it, for the still picture; None to leave it out."""


class Slider(Control):
    """A number from `low` to `high` in steps of `step`; `axis`, one of `style.AXIS_COLORS`, gives it its colour."""

    kind = "slider"

    def __init__(self, default, label, low, high, *, step=1, axis=None, hidden=False):
        super().__init__(default, label, low=low, high=high, step=step, axis=axis, hidden=hidden)

    def problem(self, value, spec):
        whole = isinstance(spec["step"], int)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not spec["low"] <= value <= spec["high"] or (whole and value != int(value)):
            kind = "a whole number" if whole else "a number"
            return f"{spec['label']} is {value!r}; it must be {kind} from {spec['low']} to {spec['high']}."

    def said(self, value, spec):
        return f"{spec['label']}: {value}"


class Choice(Control):
    """One of `options`, a list of values or a dictionary from what is shown to the value."""

    kind = "choice"

    def __init__(self, default, label, options, *, hidden=False):
        super().__init__(default, label, options=options, hidden=hidden)

    def spec(self, widget):
        spec = super().spec(widget)
        options = spec["options"]
        spec["options"] = [[str(name), options[name] if isinstance(options, dict) else name] for name in options]
        return spec

    def problem(self, value, spec):
        if value not in [option for _, option in spec["options"]]:
            return f"{spec['label']} is {value!r}; choose {' or '.join(repr(option) for _, option in spec['options'])}."

    def said(self, value, spec):
        return f"{spec['label']}: {next(name for name, option in spec['options'] if option == value)}"


class Text(Control):
    """Text that the reader types, in `lines` lines, at most `limit` characters; `lang` is its language for the browser.

    In a text of one line the Enter key presses the button named by `enter`.
    Escape it before it is shown: `markup.tag` does.
    """

    kind = "text"

    def __init__(self, default, label, *, lines=1, limit=20_000, lang=None, enter=None, hidden=False):
        super().__init__(default, label, lines=lines, limit=limit, lang=lang, enter=enter, hidden=hidden)

    def problem(self, value, spec):
        if not isinstance(value, str):
            return f"{spec['label']}: {value!r} is not a text."
        if len(value) > spec["limit"]:
            return f"{spec['label']}: {len(value)} characters are too many; {spec['limit']} are the most."

    def said(self, value, spec):
        return None if spec["lines"] > 1 else f"{spec['label']}: {value}"


class Checkbox(Control):
    """Yes or no."""

    kind = "checkbox"

    def __init__(self, default, label, *, hidden=False):
        super().__init__(default, label, hidden=hidden)

    def problem(self, value, spec):
        if not isinstance(value, bool):
            return f"{spec['label']} is {value!r}; it must be True or False."

    def said(self, value, spec):
        return f"{spec['label']}: {'on' if value else 'off'}"


class Button(Control):
    """A button. Its value counts how often it was pressed: use it as a seed, or act on it in `react`."""

    kind = "button"

    def __init__(self, label, *, hidden=False):
        super().__init__(0, label, hidden=hidden)

    def problem(self, value, spec):
        if type(value) is not int or value < 0:
            return f"{spec['label']} is {value!r}; it counts presses."


class State(Control):
    """A value with no control beside it: it is set in the drawing, by `drawing.pick` or `drawing.handle`."""

    kind = "state"

    def __init__(self, default):
        super().__init__(default, hidden=True)


def plain(value):
    """Return a value as JSON can hold it, with no half of a surrogate pair in its texts."""
    if isinstance(value, str):
        return str(value).encode("utf-8", "replace").decode()
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float) and abs(value) < float("inf"):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return repr(value)[:80]
