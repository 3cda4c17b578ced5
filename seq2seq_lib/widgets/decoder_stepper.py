"""Decoder stepper: one step of a decoder at a time, the words it may write next, and the state it goes on from."""

import math

import torch

from ..batches import encode
from ..decoding import check_vocabs, greedy_steps
from ..model import evaluation_mode, require
from ..text import BOS, find_language, tokenize
from .base import LessonWidget
from .controls import Button, Checkbox, Choice, State, Text
from .drawing import pick
from .markup import tag
from .shipped import shipped
from .words import percent, read_as_unk, typed_tokens

LIKELIEST = 5  # tokens that are shown as bars
LEVELS = 4  # shades of a positive number in a strip, and of a negative one


class DecoderStepper(LessonWidget):
    """Write a translation step by step: choose the next token, or leave it to the model or to the label.

    `written` is what it has written so far. What the reader has chosen stays until the sentence is changed.

    Args:
        net: a trained `Seq2Seq`; the shipped model by default.
        src_vocab, tgt_vocab: its vocabularies.
        num_steps: the longest source and the longest translation, in tokens.
        source, target: its languages, see `tokenize`; by default those of the vocabularies, or English and French.
        settings: first values of the controls, for example `sentence="I lost."` or `mode="train"`.

    Raises:
        ValueError: vocabularies that are not those of `net`.
        TypeError: a decoder of one's own that has no `select`.
    """

    title = "Decoder stepper"

    sentence = Text("They are watching.", lambda widget: f"{widget.language('source')[0]} sentence",
                    lang=lambda widget: widget.language("source")[1])
    mode = Choice("predict", "Next input", {"its own word (predict)": "predict", "the label's word (train)": "train"})
    label = Text("Ils regardent.", lambda widget: f"Label: its {widget.language('target')[0]} translation",
                 lang=lambda widget: widget.language("target")[1], hidden=lambda widget: widget.mode != "train")
    leads = Checkbox(False, "Show where each word leads", hidden=lambda widget: widget.mode == "train")
    again = Button("Start again")
    back = Button("Back")
    step = Button("Step")
    to_end = Button("To the end")
    path = State([[], 0])  # the tokens written so far, and the step that is shown

    def __init__(self, net=None, src_vocab=None, tgt_vocab=None, num_steps=30, source=None, target=None, **settings):
        if net is None:
            net, src_vocab, tgt_vocab, *_ = shipped("eng-fra")
        check_vocabs(net, src_vocab, tgt_vocab)
        require(net.decoder, "select", "to be stepped through")
        self.net, self.src_vocab, self.tgt_vocab, self.num_steps = net, src_vocab, tgt_vocab, num_steps
        self._languages = {"source": source or src_vocab.language or "eng",
                           "target": target or tgt_vocab.language or "fra"}
        super().__init__(**settings)

    def language(self, side):
        """Return the name of the language of a side, `"source"` or `"target"`, and its code for the browser."""
        return find_language(self._languages[side])[:2]

    @property
    def written(self):
        """The target tokens up to now; the last one is `<eos>` if the sentence has ended."""
        tokens = self.path[0]
        return self._label_tokens()[: len(tokens)] if self.mode == "train" else list(tokens)

    # ---------------------------------------------------------------- what the reader does

    def _remember(self, memory):
        super()._remember(memory)
        if memory and memory[1]["sentence"] != self.sentence:  # what was written is about another sentence
            self.path = self._first["path"]

    def react(self, name):
        if name == "sentence" or name == "again":
            self.path = [[], 0]
        elif name in ("step", "back", "to_end"):
            tokens, at, _ = self._place()
            if name == "to_end":
                self.path = [self._to_the_end(tokens), self.num_steps]
            elif name == "back":
                self.path = [tokens, max(at - 1, 0)]
            elif at < len(tokens) or self._has_ended(tokens):
                self.path = [tokens, at + 1]
            else:
                self.path = [[*tokens, self._next(tokens)], at + 1]

    def _place(self):
        """Return the tokens so far, the step that is shown, and the number of steps that there are to show."""
        if not (isinstance(self.path, list) and len(self.path) == 2 and type(self.path[1]) is int
                and isinstance(self.path[0], list) and all(isinstance(token, str) for token in self.path[0])):
            raise ValueError(f"path is {self.path!r:.80}; it must be a list of tokens and the number of a step.")
        tokens = self.written[: self.num_steps]
        unknown = [token for token in tokens if token not in self.tgt_vocab]
        if unknown:
            raise ValueError(f"“{unknown[0][:40]}” is not in the vocabulary of the target, so no decoder can read it.")
        if "<eos>" in tokens:
            tokens = tokens[: tokens.index("<eos>") + 1]
        steps = len(tokens) + (not self._has_ended(tokens))
        return tokens, min(max(self.path[1], 0), steps - 1), steps

    def _has_ended(self, tokens):
        return len(tokens) == self.num_steps or tokens[-1:] == ["<eos>"]

    def _next(self, tokens):
        if self.mode == "train":
            return self._label_tokens()[len(tokens)]
        return self.tgt_vocab.tokens[self._run(tokens)[0][-1].argmax()]

    def _to_the_end(self, tokens):
        if self.mode == "train":
            return self._label_tokens()
        if self._has_ended(tokens):
            return tokens
        probs, _, state = self._run(tokens)
        return [*tokens, *self._go_on(probs[-1].argmax()[None], state, self.num_steps - len(tokens))[0]]

    def _label_tokens(self):
        tokens = tokenize(self.label, self._languages["target"]) if isinstance(self.label, str) else []
        if not tokens:
            raise ValueError("Training needs the right answer: type a label.")
        ids, _ = encode([tokens], self.tgt_vocab, min(len(tokens) + 1, self.num_steps))
        return self.tgt_vocab.to_tokens(ids[0])

    # ---------------------------------------------------------------- what the model does

    def _source_tokens(self):
        return typed_tokens(self.sentence, self._languages["source"])

    @torch.inference_mode()
    def _run(self, tokens):
        """Read the sentence, then `<bos>` and the tokens, one step after the other.

        Returns:
            probs: a list with the probabilities of the next token after each step, `(vocab_size,)`.
            hiddens: a list with the top layer's hidden state before the first step and after each, `(num_hiddens,)`.
            state: the decoder's last state.
        """
        device = next(self.net.parameters()).device
        X, X_valid_len = encode([self._source_tokens()[: self.num_steps - 1]], self.src_vocab)  # (1, num_steps), (1,)
        bos, *given = torch.tensor([BOS, *self.tgt_vocab[tokens]], device=device)[:, None, None]  # each (1, 1)
        with evaluation_mode(self.net):
            start = self.net.start(X.to(device), X_valid_len)
            probs, hiddens = [], [_top(start)]
            for _, scores, state in greedy_steps(self.net.decoder, bos, start, len(tokens) + 1, given):
                probs.append(scores[0].softmax(dim=0).cpu())
                hiddens.append(_top(state))
        return probs, hiddens, state

    @torch.inference_mode()
    def _go_on(self, first, state, most):
        """Return, for each id of `first`, the tokens that greedy search writes from it on, `most` at most."""
        first = first.to(next(self.net.parameters()).device)  # (batch,)
        state = self.net.decoder.select(state, torch.zeros_like(first))
        with evaluation_mode(self.net):
            steps = greedy_steps(self.net.decoder, first[:, None], state, most - 1)
            ids = torch.cat([first[:, None], *(token for token, _, _ in steps)], dim=1)
        sentences = [self.tgt_vocab.to_tokens(row) for row in ids]
        return [row[: row.index("<eos>") + 1] if "<eos>" in row else row for row in sentences]

    # ---------------------------------------------------------------- words

    def render(self):
        source, (tokens, at, steps) = self._source_tokens(), self._place()
        read = [*source[: self.num_steps - 1], "<eos>"]
        probs, hiddens, _ = self._run(tokens[: steps - 1])
        drawing = tag("div", self._bars(tokens, at, probs[at]), self._timeline(read, tokens, at, probs, hiddens),
                      [tag("p", remark, class_="s2s-remark") for remark in self._remarks(source, tokens, at, hiddens)])
        return drawing, self._summary(tokens, at, probs[at])

    def _summary(self, tokens, at, p):
        said = f"Step {at}: “{_input(tokens, at)}” goes in. "
        likeliest = self.tgt_vocab.tokens[p.argmax()]
        if self.mode == "train":
            asked_for = self._label_tokens()[at]
            verdict = "the likeliest too" if likeliest == asked_for else f"but “{likeliest}” is likelier"
            return said + (f"The label asks for “{asked_for}”: {percent(self._p(p, asked_for))}, {verdict}. "
                           "It goes in next, whatever the decoder says.")
        if at == len(tokens):
            return said + f"Likeliest next: “{likeliest}”, {percent(p.max().item())}. {_so_far(tokens)}"
        said += f"Out comes “{tokens[at]}”, {percent(self._p(p, tokens[at]))}. "
        if at < len(tokens) - 1:
            return said + _so_far(tokens)
        if tokens[at] == "<eos>":
            return said + f"The sentence has ended: {' '.join(tokens[:-1]) or '(nothing)'}"
        return said + f"Stopped at the limit of {self.num_steps} tokens: {' '.join(tokens)}"

    def _remarks(self, source, tokens, at, hiddens):
        n, moved = len(hiddens[0]), (hiddens[at + 1] - hiddens[at]).abs().gt(0.5).sum().item()
        yield (f"Hidden state after step {at}: {n} numbers between −1 and 1 (blue: positive, orange: negative), and "
               f"{moved} of them moved by more than 0.5 in this step.")
        if unknown := read_as_unk(source, self.src_vocab):
            yield unknown
        if len(source) >= self.num_steps:
            yield f"Only the first {self.num_steps - 1} of {len(source):,} tokens are read."

    def _p(self, p, token):
        return p[self.tgt_vocab[token]].item()

    # ---------------------------------------------------------------- drawing

    def _bars(self, tokens, at, p):
        """Draw the likeliest next tokens, each a button that writes it, and the one that was written."""
        train = self.mode == "train"
        written = self._label_tokens()[at] if train else tokens[at] if at < len(tokens) else None
        ids = p.topk(min(LIKELIEST, len(p))).indices.tolist()
        if written and self.tgt_vocab[written] not in ids:
            ids.append(self.tgt_vocab[written])
        leads = self._leads(tokens[:at], ids) if self.leads and not train else [None] * len(ids)
        rows = []
        for id_, leads_to in zip(ids, leads):
            token, likely = self.tgt_vocab.tokens[id_], percent(p[id_].item())
            chosen = token == written
            said = f"{token}, {likely}{f', leads on to {leads_to}' * bool(leads_to)}"
            mark = ("✓ asked for" if train else "✓ written") if chosen else ""
            parts = (tag("bdi", token, lang=self.language("target")[1]),
                     tag("span", tag("i", style=f"width:{100 * p[id_].item():.0f}%"), class_="s2s-decoder-probability"),
                     tag("b", likely), tag("span", mark), tag("span", leads_to and f"→ {leads_to}"))
            one = dict(class_=f"s2s-decoder-candidate{' s2s-decoder-written' * chosen}")
            if train:
                rows.append(tag("div", parts, **one))
            else:
                rows.append(tag("div", parts, **one, **pick("path", [[*tokens[:at], token], at + 1], said,
                                                            chosen=chosen)))
        head = tag("p", f"After “{_input(tokens, at)}”, the next token is probably",
                   class_="s2s-ink", data_axis="vocab_size")
        return tag("div", head, rows, class_="s2s-decoder-candidates", data_axis="vocab_size")

    def _leads(self, tokens, ids):
        """Return for each of the ids the tokens that greedy search writes behind it, as text."""
        _, _, state = self._run(tokens)
        return [" ".join(rest[1:]) or "the end"
                for rest in self._go_on(torch.tensor(ids), state, self.num_steps - len(tokens))]

    def _timeline(self, read, tokens, at, probs, hiddens):
        """Draw the context and the steps so far, a line each: what goes in, the state after it, what comes out."""
        train = self.mode == "train"
        titles = ["likeliest", "asked for", "probability", "loss"] if train else ["comes out", "probability"]
        ink = {name: dict(scope="col", class_="s2s-ink", data_axis=name) for name in ("num_steps", "num_hiddens",
                                                                                      "vocab_size")}
        head = tag("tr", tag("th", "step ↓", **ink["num_steps"]), tag("th", "goes in", scope="col"),
                   tag("th", f"hidden state after it: num_hiddens = {len(hiddens[0])} →", **ink["num_hiddens"]),
                   [tag("th", title, **ink["vocab_size"]) for title in titles])
        context = tag("tr", tag("th", "–", scope="row"), tag("td", "(context)"),
                      tag("td", _strip(hiddens[0], "Context, the encoder's last state")), [tag("td") for _ in titles])
        lines = [self._line(row, tokens, row == at, p, hiddens[row + 1]) for row, p in enumerate(probs)]
        table = tag("table", tag("thead", head), tag("tbody", context, lines), role="grid",
                    class_="s2s-decoder-timeline", aria_label="The steps so far. Arrow keys go from step to step.")
        words = [[" ", tag("span", token[:40], class_=None if token in self.src_vocab else "s2s-decoder-unread")]
                 for token in read]
        return tag("div", tag("p", "The encoder has read", tag("b", words), ", and its last state is the context.",
                              class_="s2s-explained"), tag("div", table, class_="s2s-wide"))

    def _line(self, row, tokens, now, p, hidden):
        train, lang = self.mode == "train", self.language("target")[1]
        out = self._label_tokens()[row] if train else tokens[row] if row < len(tokens) else None
        cells = [tag("bdi", out, lang=lang) if out else "?", percent(self._p(p, out)) if out else ""]
        if train:
            likeliest = self.tgt_vocab.tokens[p.argmax()]
            cells = [["✓ " if likeliest == out else "✗ ", tag("bdi", likeliest, lang=lang)], *cells,
                     _loss(self._p(p, out))]
        said = f"step {row}: {_input(tokens, row)} goes in, {out or 'nothing yet'} comes out"
        return tag("tr", tag("th", row, scope="row", class_="s2s-ink", data_axis="num_steps"),
                   tag("td", tag("bdi", _input(tokens, row), lang=lang), class_="s2s-cell s2s-word",
                       **pick("path", [tokens, row], said, at=(row, 0), chosen=now)),
                   tag("td", _strip(hidden, f"Hidden state after step {row}")),
                   [tag("td", cell, class_="s2s-number") for cell in cells],
                   class_="s2s-decoder-now" if now else None,
                   data_set="path", data_value=[[tokens, row]])  # for the mouse: the whole line


def _top(state):
    """Return the top layer's hidden state, `(num_hiddens,)`, of the only sentence."""
    while isinstance(state, tuple):  # (hidden, context), and an LSTM's hidden is (h, c)
        state = state[0]
    return state.flatten(0, -2)[-1].cpu()  # with layers in front or, in a decoder of the reader's own, without


def _input(tokens, at):
    return tokens[at - 1] if at else "<bos>"


def _so_far(tokens):
    return f"Written so far: {' '.join(tokens) or '(nothing)'}"


def _strip(hidden, name):
    """Draw a state as a strip of cells: blue for positive numbers, orange for negative ones, pale for small ones."""
    said = f"{name}: {len(hidden)} numbers, {(hidden > 0.5).sum()} above 0.5 and {(hidden < -0.5).sum()} below −0.5."
    levels = (LEVELS * hidden.clamp(-1, 1)).round().int().tolist()
    paths = [tag("path", d="".join(f"M{i} 0h1" for i, other in enumerate(levels) if other == level),
                 class_="s2s-plus" if level > 0 else "s2s-minus", stroke_opacity=abs(level) / LEVELS)
             for level in sorted(set(levels) - {0})]
    return tag("svg", paths, viewBox=f"0 -0.5 {len(levels)} 1", preserveAspectRatio="none", class_="s2s-decoder-strip",
               role="img", aria_label=said)


def _loss(p):
    return f"{max(0.0, -math.log(max(p, 1e-30))):.2f}"
