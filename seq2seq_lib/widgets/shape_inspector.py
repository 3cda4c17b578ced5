"""Shape inspector: every tensor of a forward pass, with its axes, its values and what made it."""

import re
from math import log2
from typing import NamedTuple

import torch

from ..model import Decoder, Encoder, Seq2Seq
from ..text import BOS, EOS, PAD
from ..training import teacher_forcing
from .base import LessonWidget
from .controls import Button, Checkbox, Choice, Slider, State, Text
from .drawing import pick
from .markup import tag

PARTS = ("encoder", "model")
AXES = ("batch", "num_steps", "embed_size", "num_hiddens", "num_layers", "vocab_size")
BLOCKS = {"rnn": 1, "gru": 3, "lstm": 4}  # matrices that a recurrent layer has for what it reads
KINDS = {PAD: "pad", EOS: "eos", BOS: "eos"}
GIVEN = ("X", "dec_input")  # the quiz does not ask for these
SEED = 0  # of the weights
SIZES = ("batch", "src_steps", "tgt_steps", "vocab_size", "embed_size", "num_hiddens", "num_layers", "rnn", "context",
         "alike", "dec_hiddens", "dec_layers")  # whatever changes a shape, or which tensors there are


class Box(NamedTuple):
    """A tensor of the forward pass: its `axes` are names, or a tuple of names where two stand side by side."""

    key: str
    half: str  # "encoder" or "decoder"
    name: str
    tensor: torch.Tensor
    axes: tuple
    maker: str  # the code that made it
    made: str  # what made it, in a sentence
    module: torch.nn.Module | None = None
    formula: str = ""  # of the module's parameters


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
        if part not in PARTS:
            raise ValueError(f"part is {part!r}; take one of {', '.join(map(repr, PARTS))}")
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
        self._ran, self._stop = sizes, ""
        with torch.random.fork_rng(devices=[]), torch.no_grad():  # the reader's random numbers stay as they are
            torch.manual_seed(SEED)
            self._boxes = {box.key: box for box in self._catch()}

    def _catch(self):
        """Yield the boxes of one forward pass, as far as it comes."""
        X, X_valid_len = _ids(self.batch, self.src_steps, self.vocab_size)
        dec_input = teacher_forcing(_ids(self.batch, self.tgt_steps, self.vocab_size)[0])[:, :self.tgt_steps]
        yield Box("X", "encoder", "X", X, ("batch", "num_steps"), "encode(…)", "A batch of sentences as ids. The first "
                  "sentence ends one step early and is padded.")
        caught = {}
        try:
            encoder = _hook(Encoder(self.vocab_size, self.embed_size, self.num_hiddens, self.num_layers, rnn=self.rnn),
                            "encoder", caught)
            if self._encoder_only():
                encoder(X, X_valid_len)
            else:
                self._join(encoder, caught, X, X_valid_len)(X, dec_input, X_valid_len)
        except ValueError as error:
            self._stop = str(error)
        if "encoder" in caught:
            yield from self._encoder_boxes(caught)
        if not self._encoder_only():
            yield Box("dec_input", "decoder", "dec_input", dec_input, ("batch", "num_steps"), "teacher_forcing(Y)",
                      "The answers as ids, one step late: <bos> goes in first.")
        if "decoder" in caught:
            yield from self._decoder_boxes(caught)

    def _join(self, encoder, caught, X, X_valid_len):
        """Return the whole model; if the two halves do not fit, run the encoder alone before that is said."""
        hiddens, layers = (self.num_hiddens, self.num_layers) if self.alike else (self.dec_hiddens, self.dec_layers)
        try:
            decoder = Decoder(self.vocab_size, self.embed_size, hiddens, layers, rnn=self.rnn, context=self.context)
            return Seq2Seq(encoder, _hook(decoder, "decoder", caught))
        except ValueError:
            encoder(X, X_valid_len)
            raise

    def _encoder_boxes(self, caught):
        output, state = caught["encoder"]
        context = caught["decoder reads"][1][1] if "decoder reads" in caught else _hidden(state)[-1]
        embedding, rnn = caught["modules"]["encoder.embedding"], caught["modules"]["encoder.rnn"]
        formula, layers = self._recurrent(self.embed_size), _plural(self.num_layers, "layer")
        yield Box("embs", "encoder", "embs", caught["encoder.embedding"], ("num_steps", "batch", "embed_size"),
                  "encoder.embedding(X.T)", "For each id its row of the table. X.T has turned the batch on its side: "
                  "time comes first.", embedding, self._table())
        yield Box("output", "encoder", "output", output, ("num_steps", "batch", "num_hiddens"), "encoder.rnn(embs)",
                  f"The {self.rnn.upper()} of {layers} reads embs step by step; this is its top layer after every "
                  "token, and zero behind the end of a sentence.", rnn, formula)
        then = "" if self._encoder_only() else "; the decoder starts from it"
        yield from self._states("state", "encoder", state, "encoder.rnn(embs)", "Every layer of the encoder after the "
                                f"last real token of each sentence{then}.", rnn, formula)
        use = ("this vector stands for the sentence." if self._encoder_only() else
               "it stands beside every token that the decoder reads." if self.context == "every_step" else
               "in this design it starts the decoder's top layer, and nothing else reads it.")
        yield Box("context", "encoder", "context", context, ("batch", "num_hiddens"),
                  "h[-1]" if self.rnn == "lstm" else "state[-1]", f"The top layer of the encoder's state: {use}")

    def _states(self, name, half, state, maker, made, module, formula):
        """Yield the box of a state; for an LSTM the two boxes of its pair (h, c)."""
        axes = ("num_layers", "batch", "num_hiddens")
        if self.rnn != "lstm":
            yield Box(name, half, name, state, axes, maker, made, module, formula)
            return
        yield Box(name, half, "h", state[0], axes, maker, f"{made} An LSTM's state is a pair (h, c): this is h.",
                  module, formula)
        yield Box(f"{name}_c", half, "c", state[1], axes, maker, f"{made} An LSTM's state is a pair (h, c): this is c, "
                  "which only the LSTM itself reads.", module, formula)

    def _decoder_boxes(self, caught):
        modules, every_step = caught["modules"], self.context == "every_step"
        Y_hat, (hidden, _) = caught["decoder"]
        yield Box("dec_embs", "decoder", "embs", caught["decoder.embedding"], ("num_steps", "batch", "embed_size"),
                  "decoder.embedding(dec_input.T)", "For each id its row of the decoder's own table. Time comes first "
                  "here too.", modules["decoder.embedding"], self._table())
        if every_step:
            yield Box("inputs", "decoder", "inputs", caught["decoder.rnn reads"],
                      ("num_steps", "batch", ("embed_size", "num_hiddens")), "torch.cat((embs, repeated), 2)",
                      "repeated is the context, the same at each step: it stands beside the embedding of every token.")
        maker = f"decoder.rnn({'inputs' if every_step else 'embs'}, {'(h, c)' if self.rnn == 'lstm' else 'state'})"
        rnn, formula = modules["decoder.rnn"], self._recurrent(self.embed_size + every_step * self.num_hiddens)
        yield Box("dec_output", "decoder", "output", caught["decoder.rnn"][0], ("num_steps", "batch", "num_hiddens"),
                  maker, f"The {self.rnn.upper()} starts from the encoder's state; this is its top layer after every "
                  "token.", rnn, formula)
        yield from self._states("hidden", "decoder", hidden, maker, "Every layer of the decoder after the last token: "
                                "from there a next call goes on.", rnn, formula)
        yield Box("scores", "decoder", "scores", caught["decoder.dense"], ("num_steps", "batch", "vocab_size"),
                  "decoder.dense(output)", "The output layer gives every word a score, at each step.",
                  modules["decoder.dense"], f"{self.vocab_size} · ({self.num_hiddens} + 1)")
        yield Box("Y_hat", "decoder", "Y_hat", Y_hat, ("batch", "num_steps", "vocab_size"), "scores.permute(1, 0, 2)",
                  "The same scores with the batch in front, as the loss wants them; no number has changed.")

    def _table(self):
        return f"{self.vocab_size} · {self.embed_size}"

    def _recurrent(self, width):
        """The count of a recurrent net's parameters that reads `width` numbers: rows · (input + state + two biases)."""
        rows, more = f"{BLOCKS[self.rnn]} · {self.num_hiddens}", self.num_layers - 1
        first = f"{rows} · ({width} + {self.num_hiddens} + 2)"
        above = f"{rows} · ({self.num_hiddens} + {self.num_hiddens} + 2)"
        return first + (f" + {above}" if more == 1 else f" + {more} · {above}" if more else "")

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
            if _numbers(self.answer) == list(box.tensor.shape):
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
            stopped.append(tag("td", self._why(), class_="s2s-stop", rowspan=rows))
        rows = [tag("tr", [column[row] if row < len(column) else None if column is stopped else tag("td")
                           for column in cells]) for row in range(max(map(len, cells)))]
        table = tag("table", tag("thead", tag("tr", [tag("th", half.title(), scope="col") for half in halves])),
                    tag("tbody", rows), role="grid", class_="s2s-flow",
                    aria_label="The tensors in the order in which they are made. Arrow keys go from one to the next.")
        detail = self._question() if self._is_asked(self._box) else self._detail()
        return tag("div", table, tag("div", detail, class_="s2s-detail"), class_="s2s-inspector"), self._summary()

    def _summary(self):
        if self._stop:
            return f"It stops: {self._stop}."
        if self.quiz:
            asked = [self._is_asked(box) for box in self._boxes.values() if box.key not in GIVEN]
            return f"Quiz: {asked.count(False)} of {len(asked)} shapes found."
        counts = {}  # each module once
        for half, module in dict.fromkeys((box.half, box.module) for box in self._boxes.values() if box.module):
            counts[half] = counts.get(half, 0) + _parameters(module)
        total = f", together {sum(counts.values()):,}" if len(counts) > 1 else ""
        return (f"{len(self._boxes)} tensors of one forward pass. Parameters: "
                + ", ".join(f"{half} {n:,}" for half, n in counts.items()) + f"{total}.")

    def _card(self, box, row, column):
        n = f", {_parameters(box.module):,} parameters" if box.module else ""
        if self._is_asked(box):
            solid = tag("span", "?", class_="s2s-solid", aria_hidden="true")
            shape, said = "shape?", "its shape is asked for"
        else:
            solid, shape, said = _solid(box, self._widths(box)), self._shape(box), _words(box)
        return tag("td", tag("div", tag("code", tag("b", box.name), f" = {box.maker}")),
                   tag("div", solid, tag("div", tag("div", shape), n.removeprefix(", ")), class_="s2s-tensor"),
                   class_="s2s-box", **pick("picked", box.key, f"{box.half}, {box.name}: {said}{n}", at=(row, column),
                                            chosen=box is self._box))

    def _widths(self, box):
        """Return the names and sizes along the last axis: two where two vectors stand side by side."""
        names = box.axes[-1]
        if isinstance(names, str):
            return {names: box.tensor.shape[-1]}
        return {name: getattr(self, name) for name in names}

    def _shape(self, box):
        sizes = [*zip(box.axes[:-1], box.tensor.shape), *self._widths(box).items()]
        signs = ["", *["× "] * (len(box.axes) - 1), "+ "]
        return _shape(zip(signs, sizes))

    def _why(self):
        """Explain where the forward pass stops."""
        shapes = []
        if "in the decoder" in self._stop:
            for words, layers, hiddens in (("The encoder's last state:", self.num_layers, self.num_hiddens),
                                           ("The decoder wants for its first:", self.dec_layers, self.dec_hiddens)):
                sizes = ("num_layers", layers), ("batch", self.batch), ("num_hiddens", hiddens)
                shapes += [tag("p", words), _shape(zip(("", "× ", "× "), sizes))]
        return tag("div", tag("p", tag("b", "✗ It stops here.")), shapes, tag("p", f"The library says: {self._stop}."))

    def _detail(self):
        box = self._box
        tensor, name = box.tensor, box.name
        axes = [axis if isinstance(axis, str) else axis[0] for axis in box.axes]
        if tensor.dim() == 3:
            at = axes.index(self.axis)
            name += "[" + ", ".join(str(self.index) if i == at else ":" for i in range(3)) + "]"
            tensor, axes = tensor.select(at, self.index) if tensor.numel() else tensor[0], axes[:at] + axes[at + 1:]
        count = f"Parameters: {box.formula} = {_parameters(box.module):,}." if box.module else "No parameters."
        return tag("div", self._verdict(), tag("p", tag("b", tag("code", box.name)), f" is {_words(box)}."),
                   tag("p", tag("code", box.maker), ". ", box.made), tag("p", count), _heat_map(tensor, axes, name))

    def _question(self):
        box, numbers = self._box, _numbers(self.answer)
        typed = (" × ".join(map(str, numbers)) if numbers else
                 f"“{self.answer[:40]}”, which is no list of whole numbers" if self.answer.strip() else "nothing yet")
        return tag("div", tag("p", "What is the shape of the ", box.half, "'s ", tag("b", tag("code", box.name)), "?"),
                   tag("p", tag("code", box.maker), ". ", box.made),
                   tag("p", "You know: ", _shape(("", (axis, size), name) for axis, name, size in self._given())),
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
        words = f"Right.{_caution(self._box)} Pick the next one." if right else (
            diagnose(str(checked[1]), self._box, {name: size for _, name, size in self._given()}))
        return tag("p", ("✓ " if right else "✗ ") + words, class_="s2s-verdict")


# ------------------------------------------------------------------ the forward pass

def _ids(batch, num_steps, vocab_size):
    """Return random ids, `(batch, num_steps)`, and valid lengths: the first sentence ends one step early."""
    valid_len = torch.full((batch,), num_steps)
    valid_len[:1] -= int(num_steps > 1)
    ids = torch.randint(EOS + 1, vocab_size, (batch, num_steps))
    steps = torch.arange(num_steps)
    ids[steps == valid_len[:, None] - 1] = EOS
    ids[steps >= valid_len[:, None]] = PAD
    return ids, valid_len


def _hook(part, name, caught):
    """Have a module and its parts put into `caught` what they return, by name, and what its RNN reads."""
    for child, module in (("", part), *part.named_children()):
        full = f"{name}.{child}" if child else name
        caught.setdefault("modules", {})[full] = module
        module.register_forward_hook(lambda module, inputs, result, full=full: caught.__setitem__(full, result))
    part.register_forward_pre_hook(lambda module, inputs: caught.__setitem__(f"{name} reads", inputs))
    part.rnn.register_forward_pre_hook(lambda module, inputs: caught.__setitem__(f"{name}.rnn reads", inputs[0]))
    return part


def _hidden(state):
    return state[0] if isinstance(state, tuple) else state


def _parameters(module):
    return sum(p.numel() for p in module.parameters())


# ------------------------------------------------------------------------- the quiz

def _numbers(answer):
    """Return the whole numbers of an answer like `6 4 16`, `(6, 4, 16)` or `6 × 4 × 16`; None if it is none."""
    answer = answer.strip().removeprefix("torch.Size")
    if not re.fullmatch(r"[\s()\[\],;x×*0-9]*[0-9][\s()\[\],;x×*0-9]*", answer):
        return None
    return [int(number) for number in re.findall("[0-9]{1,9}", answer)]


def diagnose(answer, box, known):
    """Say what is wrong with the shape that a reader typed for a `Box`, without giving the answer away.

    Args:
        answer: what was typed.
        known: a dictionary from names to the sizes that the reader knows.
    """
    guess, shape = _numbers(answer), list(box.tensor.shape)
    names = [axis if isinstance(axis, str) else " + ".join(axis) for axis in box.axes]
    if guess is None:
        return "Write the sizes as whole numbers, for example 2 3 5."
    if len(guess) != len(shape):
        words = f"{box.name} has {_plural(len(shape), 'axis', 'axes')}, and you wrote {_plural(len(guess), 'size')}."
        missing = [name for i, name in enumerate(names) if shape[:i] + shape[i + 1:] == guess]
        return words + (f" There is one for {missing[0]} too." if missing else "")
    wrong = [i for i in range(len(shape)) if guess[i] != shape[i]]
    if sorted(guess) == sorted(shape):
        if len(wrong) > 2:
            return f"The sizes are right, their order is not. Axis 0 counts {names[0]}."
        return (f"{names[wrong[0]]} and {names[wrong[1]]} are swapped: axis {wrong[0]} counts {names[wrong[0]]}.")
    said = []
    for i in wrong:
        others = [name for name, size in known.items() if size == guess[i]]
        said.append(f"axis {i} is not {guess[i]}" + (f", which is {' or '.join(others)}" if others else ""))
    if not isinstance(box.axes[-1], str) and wrong[-1] == len(shape) - 1:
        said.append("along the last axis two vectors stand side by side")
    return f"{'; '.join(said)[0].upper()}{'; '.join(said)[1:]}."


def _caution(box):
    """Say that two axes of a box are of one size, so that nobody could tell them apart."""
    sizes = [(axis, size) for axis, size in zip(box.axes, box.tensor.shape) if isinstance(axis, str)]
    for i, (one, size) in enumerate(sizes):
        for other, same in sizes[i + 1:]:
            if size == same:
                return f" But {one} and {other} are both {size} here: had you swapped them, nobody could tell."
    return ""


# ------------------------------------------------------------------------ the picture

def _plural(n, one, many=None):
    return f"{n} {one if n == 1 else many or one + 's'}"


def _shape(sizes):
    """Draw sizes, each in the colour of its axis: `(sign before it, (axis, size))`, or with another name behind."""
    return tag("span", [tag("span", sign, tag("span", tag("b", size), " ", (name or [axis])[0], class_="s2s-axis",
                                              data_axis=axis)) for sign, (axis, size), *name in sizes],
               class_="s2s-shape")


def _words(box):
    names = [axis if isinstance(axis, str) else f"({' + '.join(axis)})" for axis in box.axes]
    return f"{' × '.join(names)} = {' × '.join(map(str, box.tensor.shape))}"


def _solid(box, widths):
    """Draw a tensor as a rectangle or a solid, each edge in the colour of its axis and marked at each index."""
    *front, rows = box.axes[:-1]
    *_, n_rows, n_columns = box.tensor.shape
    width, height = 8 + 9 * log2(1 + n_columns), 5 + 7 * log2(1 + n_rows)
    depth = 4 + 5 * log2(1 + len(box.tensor)) if front else 0
    x, y = 3, (60 - depth - height) / 2 + depth  # the front's corner, left and above
    across, start = {}, 0
    for name, size in widths.items():  # one part of the width for each vector that stands there
        end = start + width * size / max(1, n_columns)
        across[name] = start, end
        start = end
    lines = {rows: [f"M{x:.0f} {y:.0f}v{height:.0f}", f"M{x + width:.0f} {y:.0f}v{height:.0f}"]}
    lines[rows] += [f"M{x + width + depth:.0f} {y - depth:.0f}v{height:.0f}"] if depth else []
    marks = {rows: [f"M{x:.0f} {y + height * i / n_rows:.1f}h{width:.0f}" for i in range(1, n_rows)]}
    for name, (left, right) in across.items():
        at = [(x + left, y), (x + left, y + height)] + [(x + left + depth, y - depth)] * bool(depth)
        lines[name] = [f"M{a:.0f} {b:.0f}h{right - left:.0f}" for a, b in at]
    if depth:
        corners = (x, y), (x + width, y), (x + width, y + height)
        lines[front[0]] = [f"M{a:.0f} {b:.0f}l{depth:.0f} {-depth:.0f}" for a, b in corners]
        marks[front[0]] = [f"M{x + depth * i / len(box.tensor):.1f} {y - depth * i / len(box.tensor):.1f}"
                           f"h{width:.0f}v{height:.0f}" for i in range(1, len(box.tensor))]
    paths = [tag("path", d="".join(drawn), class_=kind, data_axis=name) for kind, group in
             (("s2s-mark", marks), ("s2s-edge", lines)) for name, drawn in group.items() if drawn]
    return tag("svg", paths, class_="s2s-solid", width=92, height=60, viewBox="0 0 92 60", aria_hidden="true")


def _heat_map(matrix, axes, name):
    """Draw a matrix: ids as numbers in cells, all else as a heat map; `axes` name its rows and columns."""
    n_rows, n_columns = matrix.shape
    if not matrix.numel():
        return tag("p", f"{name} is empty: there is nothing to see.")
    down, right = [tag("span", f"{axis} {arrow}", class_="s2s-ink", data_axis=axis) for axis, arrow in zip(axes, "↓→")]
    if not matrix.is_floating_point():
        rows = [tag("tr", tag("th", row, scope="row", class_="s2s-ink", data_axis=axes[0]),
                    [tag("td", id_, class_=f"s2s-cell s2s-{KINDS.get(id_, 'word')}") for id_ in ids])
                for row, ids in enumerate(matrix.tolist())]
        head = [tag("th", down), tag("th", right, colspan=n_columns)]
        return tag("div", tag("table", tag("tr", head), rows),
                   tag("p", f"Ids: {PAD} is <pad>, {BOS} is <bos>, {EOS} is <eos>."), class_="s2s-wide")
    most = matrix.abs().max().item()
    levels = (matrix / max(most, 1e-9) * LEVELS).round().int().tolist()  # (rows, columns)
    wide, high = max(8, min(22, 400 // n_columns)), 22
    cells = {}
    for row, values in enumerate(levels):
        for column, level in enumerate(values):
            if level:
                cells.setdefault(level, []).append(f"M{24 + column * wide} {20 + row * high}h{wide}v{high}h-{wide}z")
    paths = [tag("path", d="".join(drawn), class_="s2s-plus" if level > 0 else "s2s-minus",
                 fill_opacity=f"{abs(level) / LEVELS:.1f}") for level, drawn in sorted(cells.items())]
    labels = [tag("text", row, x=19, y=36 + row * high, text_anchor="end", class_="s2s-ink", data_axis=axes[0])
              for row in range(n_rows)]
    labels += [tag("text", column, x=24 + wide * (column + 0.5), y=14, text_anchor="middle", class_="s2s-ink",
                   data_axis=axes[1]) for column in ([0, n_columns - 1] if n_columns > 1 else [0])]
    width, height = 30 + wide * n_columns, 22 + high * n_rows
    said = (f"Heat map of {name}: {n_rows} rows along {axes[0]}, {n_columns} columns along {axes[1]}, values from "
            f"{_round(matrix.min())} to {_round(matrix.max())}")
    frame = tag("rect", x=24, y=20, width=wide * n_columns, height=high * n_rows, class_="s2s-frame")
    legend = [tag("span", tag("i", class_=f"s2s-{kind}"), words) for kind, words in
              (("minus", f"{-most:.1f} "), ("none", "0 "), ("plus", f"{most:.1f}"))]
    return tag("div", tag("p", tag("code", name), ": ", down, " ", right),
               tag("svg", paths, frame, labels, width=width, height=height, viewBox=f"0 0 {width} {height}", role="img",
                   aria_label=said, class_="s2s-heatmap"),
               tag("div", legend, class_="s2s-legend"), class_="s2s-wide")


LEVELS = 10  # of each colour in a heat map


def _round(value):
    """Write a value so coarsely that it reads the same on every machine."""
    return f"{value:.1f}".replace("-0.0", "0.0")
