"""Shape inspector: every tensor of a forward pass, with its axes, its values and what made it."""

import torch

from ..model import Decoder, Encoder
from ..text import check_choice
from ..training import teacher_forcing
from .base import LessonWidget
from .controls import Button, Checkbox, Choice, Slider, State, Text
from .drawing import pick
from .markup import tag
from .shape_catcher import catch, count_parameters, random_ids
from .shape_drawing import heat_map, sizes_of, solid_of, words_of
from .shape_quiz import caution, diagnose, numbers_in

PARTS = ("encoder", "model")
AXES = ("batch", "num_steps", "embed_size", "num_hiddens", "num_layers", "vocab_size")
GIVEN = ("X", "dec_input")  # the quiz does not ask for these
SEED = 0  # of the weights
SIZES = ("batch", "src_steps", "tgt_steps", "vocab_size", "embed_size", "num_hiddens", "num_layers", "rnn", "context",
         "alike", "dec_hiddens", "dec_layers")  # whatever changes a shape, or which tensors there are


class ShapeInspector(LessonWidget):
    """See every tensor of one forward pass of the library's `Encoder`, or of `Seq2Seq`: shape, values, what made it.

    The ids are random, the weights fresh. The first sentence is one step shorter than the batch is wide.

    Args:
        part: `"encoder"`, or `"model"` for encoder and decoder.
        settings: first values of the controls, for example `num_hiddens=32` or `rnn="lstm"`.
    """

    title = "Shape inspector"

    def _encoder_only(self):
        return self.part == "encoder"

    def _alike(self):
        return self._encoder_only() or self.alike is not False

    def _no_quiz(self):
        return self.quiz is not True

    def _no_slice(self):
        box = self._box
        return box is None or box.tensor.dim() < 3 or self._is_asked(box)

    batch = Slider(4, "batch", 0, 8, axis="batch")
    src_steps = Slider(5, lambda widget: "num_steps" if widget._encoder_only() else "num_steps, source", 0, 12,
                       axis="num_steps")
    tgt_steps = Slider(6, "num_steps, target", 0, 12, axis="num_steps", hidden=_encoder_only)
    vocab_size = Slider(10, "vocab_size", 5, 40, axis="vocab_size")
    embed_size = Slider(8, "embed_size", 1, 24, axis="embed_size")
    num_hiddens = Slider(16, "num_hiddens", 1, 32, axis="num_hiddens")
    num_layers = Slider(2, "num_layers", 0, 4, axis="num_layers")
    rnn = Choice("gru", "Cell", {"RNN": "rnn", "GRU": "gru", "LSTM": "lstm"})
    context = Choice("every_step", "Context", {"Sutskever: initial": "initial", "Cho: every_step": "every_step"},
                     hidden=_encoder_only)
    alike = Checkbox(True, "decoder of the encoder's size", hidden=_encoder_only)
    dec_hiddens = Slider(16, "num_hiddens, decoder", 1, 32, axis="num_hiddens", hidden=_alike)
    dec_layers = Slider(2, "num_layers, decoder", 0, 4, axis="num_layers", hidden=_alike)
    quiz = Checkbox(False, "quiz me")
    answer = Text("", "Its shape, then Enter", limit=200, enter="check", hidden=_no_quiz)
    check = Button("Check", hidden=_no_quiz)
    reveal = Button("Show it", hidden=_no_quiz)
    axis = Choice("batch", "Fix the axis", lambda widget: widget._axes(), hidden=_no_slice)
    index = Slider(0, "at index", 0, lambda widget: widget._last_index(), hidden=_no_slice)
    picked = State("output")  # the box whose values are shown
    found = State([])  # the boxes whose shape the reader has found, in the quiz
    checked = State([])  # the box and the answer that were checked last

    def __init__(self, part="model", **settings):
        check_choice("part", part, PARTS)
        self.part, self._ran, self._boxes, self._stop = part, None, {}, ""
        super().__init__(**settings)

    # --------------------------------------------------------- the forward pass

    def _specs(self):
        """Run the model and bring the slice into the picked tensor, before anything is said or drawn of it."""
        self._run()
        if self.axis in AXES and self.axis not in self._axes():
            self.axis = "batch"
        if type(self.index) is int and self.index > self._last_index():
            self.index = self._last_index()
        return super()._specs()

    def _run(self):
        """Catch the tensors of one forward pass; if it stops, say why, in `_stop`, and keep what there is."""
        sizes = tuple(getattr(self, name) for name in SIZES)
        if sizes == self._ran or self._wrong([self._controls[name].spec(self) for name in SIZES]):
            return
        self._ran = sizes
        with torch.random.fork_rng(devices=[]), torch.no_grad():  # the reader's random numbers stay as they are
            torch.manual_seed(SEED)
            boxes, self._stop = self._catch()
        self._boxes = {box.key: box for box in boxes}

    def _catch(self):
        X, X_valid_len = random_ids(self.batch, self.src_steps, self.vocab_size)
        dec_input = teacher_forcing(random_ids(self.batch, self.tgt_steps, self.vocab_size)[0])[:, :self.tgt_steps]
        return catch(self._encoder, None if self._encoder_only() else self._decoder, X, X_valid_len, dec_input)

    def _encoder(self):
        return Encoder(self.vocab_size, self.embed_size, self.num_hiddens, self.num_layers, rnn=self.rnn)

    def _decoder(self):
        hiddens, layers = (self.num_hiddens, self.num_layers) if self.alike else (self.dec_hiddens, self.dec_layers)
        return Decoder(self.vocab_size, self.embed_size, hiddens, layers, rnn=self.rnn, context=self.context)

    # -------------------------------------------------------------- what is asked

    @property
    def _box(self):
        """The picked box; if it is not there (any more), the last one that is; None before the first run."""
        boxes = self._boxes
        return boxes.get(self.picked if isinstance(self.picked, str) else None, (list(boxes.values()) or [None])[-1])

    def _axes(self):
        """The axes of the picked box along which it can be cut."""
        return [name for name in self._box.axes if isinstance(name, str)] if self._box else ["batch"]

    def _last_index(self):
        box = self._box
        if box is None or self.axis not in box.axes:
            return 0
        return max(0, box.tensor.shape[box.axes.index(self.axis)] - 1)

    def _is_asked(self, box):
        """In the quiz, is the shape of this box hidden still? The shapes of the two inputs are given."""
        found = self.found if isinstance(self.found, list) else []
        return self.quiz is True and box.key not in (*found, *GIVEN)

    def react(self, name):
        box = self._box
        if name in SIZES:
            self.found, self.checked = [], []
        elif name == "check" and self._is_asked(box):
            self.checked = [box.key, self.answer]
            if numbers_in(self.answer) == list(box.tensor.shape):
                self._find(box)
        elif name == "reveal" and self._is_asked(box):
            self._find(box)
        elif name in ("picked", "quiz"):
            self.answer, self.checked = "", []
        if name == "quiz":
            self.found = []

    def _find(self, box):
        self.found = [*(self.found if isinstance(self.found, list) else []), box.key]

    # ------------------------------------------------------------------- drawing

    def render(self):
        halves = ["encoder"] if self._encoder_only() else ["encoder", "decoder"]
        columns = [[box for box in self._boxes.values() if box.half == half] for half in halves]
        cells = [[self._card(box, row, column) for row, box in enumerate(boxes)]
                 for column, boxes in enumerate(columns)]
        stopped = cells[len(columns[0]) > 1] if self._stop else None
        if self._stop:
            rows = max(1, max(map(len, cells)) - len(stopped))
            stopped.append(tag("td", self._why(), class_="s2s-shape-stop", rowspan=rows))
        rows = [tag("tr", [column[row] if row < len(column) else None if column is stopped else tag("td")
                           for column in cells]) for row in range(max(map(len, cells)))]
        table = tag("table", tag("thead", tag("tr", [tag("th", half.title(), scope="col") for half in halves])),
                    tag("tbody", rows), role="grid", class_="s2s-shape-flow",
                    aria_label="The tensors in the order in which they are made. Arrow keys go from one to the next.")
        detail = self._question() if self._is_asked(self._box) else self._detail()
        return tag("div", table, tag("div", detail, class_="s2s-shape-detail"), class_="s2s-columns"), self._summary()

    def _summary(self):
        if self._stop:
            return f"It stops: {self._stop}."
        if self.quiz:
            asked = [self._is_asked(box) for box in self._boxes.values() if box.key not in GIVEN]
            return f"Quiz: {asked.count(False)} of {len(asked)} shapes found."
        counts = {}  # each module once
        for half, module in dict.fromkeys((box.half, box.module) for box in self._boxes.values() if box.module):
            counts[half] = counts.get(half, 0) + count_parameters(module)
        total = f", together {sum(counts.values()):,}" if len(counts) > 1 else ""
        return (f"{len(self._boxes)} tensors of one forward pass. Parameters: "
                + ", ".join(f"{half} {n:,}" for half, n in counts.items()) + f"{total}.")

    def _card(self, box, row, column):
        n = f", {count_parameters(box.module):,} parameters" if box.module else ""
        if self._is_asked(box):
            solid = tag("span", "?", class_="s2s-shape-solid", aria_hidden="true")
            shape, said = "shape?", "its shape is asked for"
        else:
            solid, shape, said = solid_of(box, self._widths(box)), self._shape(box), words_of(box)
        return tag("td", tag("div", tag("code", tag("b", box.name), f" = {box.maker}")),
                   tag("div", solid, tag("div", tag("div", shape), n.removeprefix(", ")), class_="s2s-shape-tensor"),
                   class_="s2s-shape-box", **pick("picked", box.key, f"{box.half}, {box.name}: {said}{n}",
                                                  at=(row, column), chosen=box is self._box))

    def _widths(self, box):
        """Return the names and sizes along the last axis: two where two vectors stand side by side."""
        names = box.axes[-1]
        if isinstance(names, str):
            return {names: box.tensor.shape[-1]}
        return {name: getattr(self, name) for name in names}

    def _shape(self, box):
        sizes = [*zip(box.axes[:-1], box.tensor.shape), *self._widths(box).items()]
        signs = ["", *["× "] * (len(box.axes) - 1), "+ "]
        return sizes_of(zip(signs, sizes))

    def _why(self):
        """Explain where the forward pass stops."""
        shapes = []
        if "in the decoder" in self._stop:
            for words, layers, hiddens in (("The encoder's last state:", self.num_layers, self.num_hiddens),
                                           ("The decoder wants for its first:", self.dec_layers, self.dec_hiddens)):
                sizes = ("num_layers", layers), ("batch", self.batch), ("num_hiddens", hiddens)
                shapes += [tag("p", words), sizes_of(zip(("", "× ", "× "), sizes))]
        return tag("div", tag("p", tag("b", "✗ It stops here.")), shapes, tag("p", f"The library says: {self._stop}."))

    def _detail(self):
        box = self._box
        tensor, name = box.tensor, box.name
        axes = [axis if isinstance(axis, str) else axis[0] for axis in box.axes]
        if tensor.dim() == 3:
            at = axes.index(self.axis)
            name += "[" + ", ".join(str(self.index) if i == at else ":" for i in range(3)) + "]"
            tensor, axes = tensor.select(at, self.index) if tensor.numel() else tensor[0], axes[:at] + axes[at + 1:]
        count = f"Parameters: {box.formula} = {count_parameters(box.module):,}." if box.module else "No parameters."
        return tag("div", self._verdict(), tag("p", tag("b", tag("code", box.name)), f" is {words_of(box)}."),
                   tag("p", tag("code", box.maker), ". ", box.made), tag("p", count), heat_map(tensor, axes, name))

    def _question(self):
        box, numbers = self._box, numbers_in(self.answer)
        typed = (" × ".join(map(str, numbers)) if numbers else
                 f"“{self.answer[:40]}”, which is no list of whole numbers" if self.answer.strip() else "nothing yet")
        return tag("div", tag("p", "What is the shape of the ", box.half, "'s ", tag("b", tag("code", box.name)), "?"),
                   tag("p", tag("code", box.maker), ". ", box.made),
                   tag("p", "You know: ", sizes_of(("", (axis, size), name) for axis, name, size in self._given())),
                   tag("p", "You typed: ", tag("b", typed)), self._verdict())

    def _given(self):
        """Yield the sizes that a question may need: axis, what it is called, size."""
        yield "batch", "batch", self.batch
        if self._encoder_only():
            yield "num_steps", "num_steps", self.src_steps
        else:
            yield "num_steps", "source steps", self.src_steps
            yield "num_steps", "target steps", self.tgt_steps
        for name in AXES[2:]:
            yield name, name, getattr(self, name)

    def _verdict(self):
        checked = self.checked
        if not (self.quiz and isinstance(checked, list) and len(checked) == 2 and checked[0] == self._box.key):
            return None
        right = not self._is_asked(self._box)
        words = f"Right.{caution(self._box)} Pick the next one." if right else (
            diagnose(str(checked[1]), self._box, {name: size for _, name, size in self._given()}))
        return tag("p", ("✓ " if right else "✗ ") + words, class_="s2s-shape-verdict")
