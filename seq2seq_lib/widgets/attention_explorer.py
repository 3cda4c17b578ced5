"""Attention explorer: how much each word of a translation looks at each word of its source, and what if it didn't."""

from contextlib import contextmanager

import torch

from ..batches import encode
from ..model import evaluation_mode
from ..text import BOS, EOS, find_language
from .base import LessonWidget
from .controls import Checkbox, Choice, Slider, State, Text
from .drawing import pick
from .markup import tag
from .shipped import shipped
from .words import percent, read_as_unk, typed_tokens

MOST_WORDS, MOST_STEPS, MOST_PADDING = 16, 24, 6
WORD, LEAST, TALL = 92, 68, 150  # pixels in the picture of lines: the room of a word, and between the two sentences
WIDE = 1088  # pixels: so wide is a notebook on a projector; where words would need more, each has less room
FAINT = 0.03  # a weight below is not drawn as a line


class AttentionExplorer(LessonWidget):
    """See the attention of a translation, as a grid or as lines; change the weights, and see what is written then.

    Args:
        models: one or more `Checkpoint` whose decoders attend, of one source language; by default the shipped
            `eng-fra-attention` and `eng-zho-attention`. Several stand one beside the other.
        settings: first values of the controls, for example `sentence="I lost."` or `weights="even"`.

    Raises:
        TypeError: a decoder that has no `attend`.
    """

    title = "Attention explorer"

    sentence = Text("They are watching.", lambda widget: f"{widget.language(0, 'source')[0]} sentence", limit=400,
                    lang=lambda widget: widget.language(0, "source")[1])
    view = Choice("grid", "Weights as", {"a grid": "grid", "lines": "lines"})
    side = Choice("target", "Look from", {"the translation": "target", "the source": "source"})
    weights = Choice("own", "Weights", {"the model's own": "own", "shuffled": "shuffled", "all equal": "even"})
    padding = Slider(0, "padding behind the sentence", 0, MOST_PADDING, axis="num_steps")
    masked = Checkbox(True, "mask", hidden=lambda widget: widget.padding == 0)
    at = State([0, 0])  # the chosen row, a step of the translation, and column, a token of the source

    def __init__(self, *models, **settings):
        self.models = models or (shipped("eng-fra-attention"), shipped("eng-zho-attention"))
        for model in self.models:
            if not hasattr(model.net.decoder, "attend"):
                raise TypeError(f"a {type(model.net.decoder).__name__} does not attend, so there is nothing to "
                                "explore; take a model with an AttentionDecoder")
        self._known = {}  # translations
        super().__init__(**settings)

    def language(self, number, side):
        """Return the name of a language of a model, and its code for the browser."""
        return find_language(self._code(number, side))[:2]

    def _code(self, number, side):
        _, src_vocab, tgt_vocab, _, settings, *_ = self.models[number]
        vocab, usual = (src_vocab, "eng") if side == "source" else (tgt_vocab, "fra")
        return (settings or {}).get(f"{side}_language") or vocab.language or usual

    # ---------------------------------------------------------------- what the models do

    def tokens(self):
        """Return the tokens of the sentence.

        Raises:
            ValueError: there are none, or too many to be drawn.
        """
        tokens = typed_tokens(self.sentence, self._code(0, "source"))
        if len(tokens) > MOST_WORDS:
            raise ValueError(f"The sentence has {len(tokens):,} tokens; {MOST_WORDS} are the most that can be drawn.")
        return tokens

    @torch.inference_mode()
    def translate(self, number, weights="own", padding=0, masked=True):
        """Write a translation, and keep what each step looked at.

        Args:
            number: of the model.
            weights: `"own"`, `"shuffled"` (each step's weights go to other words) or `"even"`.
            padding: so many `<pad>` stand behind the sentence.
            masked: False lets the decoder attend to them.

        Returns:
            The tokens written, with `<eos>`, and the weights `(steps, source num_steps)`.
        """
        net, src_vocab, tgt_vocab, *_ = self.models[number]
        tokens, device = self.tokens(), next(net.parameters()).device
        width = len(tokens) + 1 + padding
        X, X_valid_len = encode([tokens], src_vocab, width)
        with evaluation_mode(net), _other_weights(net.decoder, weights):
            state = net.start(X.to(device), X_valid_len)
            if not masked:
                *state, valid_len = state
                state = (*state, torch.full_like(valid_len, width))
            token, written, rows = torch.tensor([[BOS]], device=device), [], []
            while len(written) < MOST_STEPS and token.item() != EOS:
                output, row, state = net.decoder.attend(token, state)
                token = net.decoder.dense(output)[:, -1:].argmax(dim=2)
                written.append(token.item())
                rows.append(row[0, 0])
        return tgt_vocab.to_tokens(written), torch.stack(rows).cpu()

    def _translated(self, *how):
        """`translate`, but what was asked before is not computed again."""
        key = (self.sentence, *how)
        if key not in self._known:
            if len(self._known) > 50:
                self._known.clear()
            self._known[key] = self.translate(*how)
        return self._known[key]

    # ---------------------------------------------------------------- words

    def render(self):
        source = [*self.tokens(), "<eos>", *["<pad>"] * self.padding]
        masked = self.masked or not self.padding
        seen = [self._translated(i, self.weights, self.padding, masked) for i in range(len(self.models))]
        blocks = [self._block(i, source, *one, masked) for i, one in enumerate(seen)]
        return tag("div", blocks, class_="s2s-columns"), self._summary(source, *seen[0])

    def _place(self, steps, columns):
        """The chosen row and column, as near as there are any."""
        at = self.at
        if not (isinstance(at, list) and len(at) == 2 and all(type(n) is int for n in at)):
            at = [0, 0]
        return min(max(at[0], 0), steps - 1), min(max(at[1], 0), columns - 1)

    def _summary(self, source, written, weights):
        row, column = self._place(*weights.shape)
        if self.side == "target":
            strongest = _strongest(weights[row], source)
            return f"“{written[row]}” looks at {strongest}."
        looks = [f"“{written[i]}” with {percent(weights[i, column].item())}"
                 for i in weights[:, column].argsort(descending=True, stable=True)[:3].tolist()]
        return f"“{source[column]}” is looked at by {', '.join(looks)}."

    def _remarks(self, number, source, written, weights, masked):
        own, _ = self._translated(number)
        if own != written:
            yield f"With its own weights, without padding, it writes: {_text(own)}"
        elif self.weights != "own":
            yield "It writes the same with its own weights."
        if self.padding and not masked:
            share = weights[:, -self.padding:].sum(dim=1)
            yield f"Padding gets {percent(share.mean().item())} of the attention."
        elif self.padding:
            yield "Padding gets exactly 0."
        if unknown := read_as_unk(source, self.models[number].src_vocab):
            yield unknown
        if len(written) == MOST_STEPS and written[-1] != "<eos>":
            yield f"Stopped at the limit of {MOST_STEPS} tokens."

    # ---------------------------------------------------------------- drawing

    def _block(self, number, source, written, weights, masked):
        name, _ = self.language(number, "target")
        draw = self._grid if self.view == "grid" else self._lines
        said = tag("bdi", _text(written), lang=self.language(number, "target")[1], class_="s2s-attention-text")
        return tag("div", tag("p", tag("b", f"{name}: "), said),
                   tag("div", draw(number, source, written, weights), class_="s2s-wide"),
                   [tag("p", remark, class_="s2s-remark")
                    for remark in self._remarks(number, source, written, weights, masked)])

    def _told(self, source, written, weights):
        """The strongest source word of each step, for who cannot see the drawing."""
        return "; ".join(f"{word} looks at {_strongest(row, source, 1)}" for word, row in zip(written, weights))

    def _picked(self, row, column, weights):
        chosen = self._place(*weights.shape)
        return row == chosen[0] if self.side == "target" else column == chosen[1]

    def _grid(self, number, source, written, weights):
        """A row for each step of the translation, a column for each token of the source."""
        lang, vocab = self.language(number, "target")[1], self.models[number].src_vocab
        head = [tag("th", tag("bdi", token), scope="col", data_axis="num_steps",
                    class_=f"s2s-ink{' s2s-attention-unread' * (token not in vocab)}") for token in source]
        lines, chosen = [], self._place(*weights.shape)
        for i, (word, row) in enumerate(zip(written, weights.tolist())):
            cells = [tag("td", percent(weight) if weight >= 0.005 else "0" if weight == 0 else "",
                         class_=f"s2s-cell s2s-attention-heat{' s2s-attention-picked' * self._picked(i, j, weights)}",
                         style=f"--heat:{weight:.2f}",
                         **pick("at", [i, j], f"{word} looks at {source[j]}, {percent(weight)}", at=(i, j),
                                chosen=(i, j) == chosen)) for j, weight in enumerate(row)]
            lines.append(tag("tr", tag("th", tag("bdi", word, lang=lang), scope="row", class_="s2s-ink",
                                       data_axis="num_steps"), cells))
        return tag("table", tag("thead", tag("tr", tag("td", "writes ↓, looks at →"), head)), tag("tbody", lines),
                   role="grid", class_="s2s-attention-grid",
                   aria_label=f"Attention. {self._told(source, written, weights)}. Arrow keys go from cell to cell.")

    def _lines(self, number, source, written, weights):
        """The source above, the translation below, and between them a line for each weight, as wide as it is large."""
        lang, chosen = self.language(number, "target")[1], self._place(*weights.shape)
        count = max(len(source), len(written))
        room = min(WORD, max(LEAST, WIDE // count))
        left = {"source": (count - len(source)) * room // 2, "target": (count - len(written)) * room // 2}
        drawn = []
        for picked in (False, True):  # the chosen ones lie on top
            for i, row in enumerate(weights.tolist()):
                for j, weight in enumerate(row):
                    if weight >= FAINT and self._picked(i, j, weights) == picked:
                        above, below = (left[side] + n * room + room // 2 for side, n in (("source", j), ("target", i)))
                        drawn.append(tag("path", d=f"M{above} 0L{below} {TALL}", stroke_width=f"{1 + 7 * weight:.1f}",
                                         class_=f"s2s-attention-line{' s2s-attention-strong' * picked}"))
        svg = tag("svg", drawn, width=count * room, height=TALL, viewBox=f"0 0 {count * room} {TALL}", role="img",
                  aria_label=f"Lines of attention. {self._told(source, written, weights)}.")
        rows = []
        for side, words in (("source", source), ("target", written)):
            own = 1 if side == "source" else 0
            cells = []
            for n, word in enumerate(words):
                value = [n, chosen[1]] if side == "target" else [chosen[0], n]
                asked, here = side == self.side, n == chosen[own]
                cells.append(tag("td", tag("bdi", word, lang=lang if side == "target" else None), colspan=2,
                                 class_=f"s2s-attention-word{' s2s-attention-picked' * (asked and here)}",
                                 **(pick("at", value, word, at=(0, n), chosen=here) if asked else {})))
            spare = count - len(words)
            pad = tag("td", colspan=spare) if spare else None
            rows.append(tag("tr", pad, cells, pad))
        middle = tag("tr", tag("td", svg, colspan=2 * count, class_="s2s-attention-between"))
        halves = tag("colgroup", [tag("col") for _ in range(2 * count)])  # two for a word: rows are centred
        return tag("table", halves, tag("tbody", rows[0], middle, rows[1]), role="grid", class_="s2s-attention-lines",
                   style=f"width:{count * room}px",
                   aria_label="The words to look from. Arrow keys go from one to the next.")


@contextmanager
def _other_weights(decoder, kind):
    """Let a decoder attend with other weights for a `with` block; what is padding stays so."""
    if kind == "own":
        yield
        return
    weigh, generator = decoder.weigh, torch.Generator().manual_seed(0)

    def other(queries, values, valid_len):
        weights = weigh(queries, values, valid_len)
        if kind == "even":
            real = (weights > 0).to(weights.dtype)
            return real / real.sum(dim=2, keepdim=True)
        n = valid_len[0].item()
        order = torch.randperm(n, generator=generator)
        return torch.cat((weights[:, :, order], weights[:, :, n:]), dim=2)

    decoder.weigh = other
    try:
        yield
    finally:
        del decoder.weigh


def _strongest(row, source, most=2):
    """The source words with the largest weights of a step, with these, in words."""
    order = row.argsort(descending=True, stable=True)[:most].tolist()
    return " and ".join(f"“{source[j]}” with {percent(row[j].item())}" for j in order
                        if row[j] >= 0.005 or j == order[0])


def _text(tokens):
    return " ".join(token for token in tokens if token != "<eos>") or "(nothing)"
