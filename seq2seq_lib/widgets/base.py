"""Base: what all widgets have in common. Python computes and draws; the front end shows it and reports the reader."""

from pathlib import Path

import anywidget
import traitlets
from ipywidgets import widget_serialization

from ..bounds import one_thread
from ..style import AXIS_COLORS, COLORS
from .controls import Control
from .markup import Html, join, lifeless, tag
from .places import take_place
from .still import still_image

FOLDER = Path(__file__).parent
NOTHING = {"title": "", "controls": [], "html": "", "said": "", "problem": ""}


def style_sheet(names=None):
    """Return the CSS of widgets: the colours of `style.py` as variables, `front.css`, then what each has of its own.

    Args:
        names: of their modules; without it all widgets.
    """
    if names is None:
        names = sorted(path.stem for path in FOLDER.glob("*.css") if path.stem != "front")
    colors = {**AXIS_COLORS, **COLORS}
    variables = "".join(f"--{name.replace('_', '-')}:{color};" for name, color in colors.items())
    files = [(FOLDER / f"{name}.css").read_text(encoding="utf-8") for name in ("front", *names)]
    return "\n".join([f".s2s{{{variables}}}", *files])


class LessonWidget(anywidget.AnyWidget):
    """A widget of the lessons. A subclass names its `title`, lists its controls and draws itself in `render`.

    Each control is an attribute of the class, made with `controls.Slider`, `Choice`, `Text`, `Checkbox`, `Button` or
    `State`; they are shown in this order. Its value is an attribute of the widget, to be read and set.
    `show_below` puts another widget under this one.

    Args:
        settings: first values of controls, by their names.
    """

    title = ""
    _esm = (FOLDER / "front.js").read_text(encoding="utf-8")
    _css = style_sheet([])  # a subclass adds the file of its module's name, if there is one
    _picture = traitlets.Dict(NOTHING).tag(sync=True)  # all that the front end draws, in one message
    below = traitlets.Instance(anywidget.AnyWidget, allow_none=True).tag(sync=True, **widget_serialization)

    def __init__(self, **settings):
        unknown = sorted(set(settings) - set(self._controls))
        if unknown:
            raise TypeError(f"{type(self).__name__} has no control {unknown[0]!r}; it has {', '.join(self._controls)}")
        self._busy, self._drawn, self.error = False, None, None
        super().__init__(**settings)
        self._first = self.values()
        self._remember(take_place(self))
        self.observe(self._changed, list(self._controls))
        self.draw()

    # ------------------------------------------------------- what a subclass writes

    def render(self):
        """Return the drawing, as `markup.Html`, and one sentence that says what it shows.

        The sentence stands above the drawing and is read aloud when it changes. A `ValueError` is for the reader: its
        message is shown instead of a drawing.
        """
        raise NotImplementedError

    def react(self, name):
        """Do what follows from a change of the control `name`, for example set another control; then it is drawn."""

    # -------------------------------------------------------- what a test may ask

    @property
    def html(self):
        """The drawing, as HTML; empty if there is a problem."""
        return self._picture["html"]

    @property
    def said(self):
        """The sentence above the drawing."""
        return self._picture["said"]

    @property
    def problem(self):
        """What is wrong, in a sentence; empty if nothing is. `error` is then the exception, if there was one."""
        return self._picture["problem"]

    # ------------------------------------------------------------------ the rest

    _controls = {}

    def __init_subclass__(cls, **options):
        package, _, module = cls.__module__.rpartition(".")
        if package == __package__ and "_css" not in vars(cls) and (FOLDER / f"{module}.css").is_file():
            cls._css = style_sheet([module])
        super().__init_subclass__(**options)
        found = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
        cls._controls = {name: value for name, value in found.items() if isinstance(value, Control)}

    def values(self):
        """Return the value of each control."""
        return {name: getattr(self, name) for name in self._controls}

    def memory(self):
        """Return the values that the cell gave, and the present ones, for the widget that takes this one's place."""
        return self._first, self.values()

    def _remember(self, memory):
        """Take over what the reader had set, of the controls whose first value in the code is still the same."""
        first, last = memory or ({}, {})
        for name in set(self._first) & set(first):
            if self._first[name] == first[name]:
                self.set_trait(name, last[name])
        if self._wrong(self._specs()):
            for name, value in self._first.items():
                self.set_trait(name, value)

    def _specs(self):
        return [control.spec(self) for control in self._controls.values()]

    def _wrong(self, specs):
        """Return what is wrong with the value of a control, in a sentence; empty if nothing is."""
        problems = (self._controls[spec["name"]].problem(getattr(self, spec["name"]), spec) for spec in specs)
        return next(filter(None, problems), "")

    def _changed(self, change):
        if not self._busy and self.values() != self._drawn:
            self.draw()

    def draw(self):
        """Draw anew. Whatever goes wrong becomes a sentence in the widget."""
        self._busy, self.error = True, None  # busy: what `react` sets is drawn once, below
        specs, html, said, problem = [], "", "", ""
        try:
            with one_thread():
                specs = self._specs()
                problem = self._wrong(specs)
                if not problem and self._drawn:
                    for name, value in self.values().items():
                        if value != self._drawn[name]:
                            self.react(name)
                    specs = self._specs()
                    problem = self._wrong(specs)
                if not problem:
                    html, said = self.render()
        except Exception as error:  # any: a reader must not meet a traceback
            self.error = error
            problem = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        self._busy, self._drawn = False, self.values()
        self._picture = {"title": self.title, "controls": specs, "html": join([html]), "said": said,
                         "problem": problem}

    def show_below(self, widget):
        """Show a widget under this one, or none, and close the one that was there."""
        before, self.below = self.below, widget
        if before is not None:
            before.close()

    def close(self):
        """Close the widget, the one below it, and its layout, which is a widget too."""
        self.show_below(None)
        layout = self.layout
        super().close()
        if layout is not None:
            layout.close()

    def still(self):
        """Return the present picture as HTML that needs no kernel."""
        settings = [self._controls[spec["name"]].said(getattr(self, spec["name"]), spec)
                    for spec in self._picture["controls"] if not (spec["hidden"] or self.problem)]
        words = f"{self.title}. {self.said or self.problem}"
        picture = still_image(lifeless(Html(self.html)), self._css, words) if self.html else None
        return tag("div", tag("p", tag("strong", self.title), class_="s2s-title"),
                   tag("p", " · ".join(filter(None, settings)), class_="s2s-settings"),
                   tag("p", self.said or self.problem, class_="s2s-said"), picture,
                   tag("p", "A still picture. Run the cell to try it yourself.", class_="s2s-settings"), class_="s2s")

    def _repr_mimebundle_(self, **kwargs):
        view, metadata = super()._repr_mimebundle_(**kwargs)
        return view | {"text/plain": repr(self), "text/html": str(self.still())}, metadata

    def __repr__(self):
        return f"{self.title}: {self.said or self.problem}"
