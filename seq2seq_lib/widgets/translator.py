"""Translator: type a sentence and see what the model reads, what it writes, and how sure it is of each word."""

from pathlib import Path

from ..checkpoint import Checkpoint, check_heard, load_checkpoint, save_checkpoint
from ..decoding import check_vocabs, predict_with_probs
from ..heard import share_heard, trigrams
from ..text import EOS, UNK, detokenize, find_language, tokenize
from .base import LessonWidget
from .controls import Button, Checkbox, Choice, Slider, State, Text
from .decoder_stepper import DecoderStepper
from .drawing import pick
from .markup import tag
from .shipped import shipped
from .words import percent, plural

DIRECTIONS = {"English → French": "eng-fra", "English → Chinese": "eng-zho"}  # of the shipped models
ENDING = ".safetensors"
PART_TWO = ("attention", "beam_size")  # controls of lessons 10 and 11
UNSURE = 50  # percent: a word of a lower probability is marked


class Translator(LessonWidget):
    """Translate what is typed, as it is typed, with the shipped models or with a net of one's own.

    A net of one's own can be saved and loaded from the widget, in the folder of the notebook, and its decoder gone
    through step by step. `checkpoint` holds what translates now. With a table of what stood in its training, a sentence
    that is mostly new to it gets a remark. What part two adds is offered where it is asked for, by `attention` or
    `beam_size` among the settings: the shipped models with attention, and a beam.

    Args:
        net: a trained `Seq2Seq`; the shipped models by default.
        src_vocab, tgt_vocab: its vocabularies.
        num_steps: the longest source and the longest translation, in tokens.
        source, target: its languages, see `tokenize`; by default those of the vocabularies, or English and French.
        history: of its training, to be saved with it.
        heard: the table of what stood in its training, see `heard_table`, to be saved with it.
        settings: first values of the controls, for example `sentence="Go."`, `direction="eng-zho"` or `beam_size=4`.
    """

    title = "Translator"

    sentence = Text("They are watching.", lambda widget: f"Type a sentence in {widget.language('source')[0]}",
                    lang=lambda widget: widget.language("source")[1])
    direction = Choice("eng-fra", "Translate", DIRECTIONS, hidden=lambda widget: widget.own)
    attention = Checkbox(False, "with attention", hidden=lambda widget: widget.own or not widget.part_two)
    beam_size = Slider(1, "beam_size", 1, 8, hidden=lambda widget: not widget.part_two)
    file = Text("my_translator.safetensors", "File, in the folder of this notebook", limit=200,
                hidden=lambda widget: not widget.own)
    save = Button("Save", hidden=lambda widget: not widget.own)
    load = Button("Load", hidden=lambda widget: not widget.own)
    steps = Button(lambda widget: "Close the stepper" if widget.below else "Step through the decoder",
                   hidden=lambda widget: not widget.own)
    cell = State([1, 0])  # the token that is explained: 0 source or 1 translation, and its step

    def __init__(self, net=None, src_vocab=None, tgt_vocab=None, num_steps=30, source=None, target=None, history=None,
                 heard=None, **settings):
        self.own, self.note, self.part_two = net is not None, "", not settings.keys().isdisjoint(PART_TWO)
        if self.own:
            if src_vocab is None or tgt_vocab is None:
                raise TypeError("a net of your own needs its vocabularies: Translator(net, src_vocab, tgt_vocab)")
            check_vocabs(net, src_vocab, tgt_vocab)
            check_heard(heard)
            source, target = source or src_vocab.language or "eng", target or tgt_vocab.language or "fra"
        about = {"source_language": source, "target_language": target, "num_steps": num_steps}
        self._loaded = Checkpoint(net, src_vocab, tgt_vocab, history, about, heard)
        super().__init__(**settings)

    @property
    def checkpoint(self):
        """What translates now: a `Checkpoint`."""
        return self._loaded if self.own else shipped(self.direction + "-attention" * self.attention)

    def language(self, side):
        """Return the name of the language of a side, `"source"` or `"target"`, and its code for the browser."""
        if self.own:
            return find_language(self._loaded.settings[f"{side}_language"])[:2]
        direction = self.direction if self.direction in DIRECTIONS.values() else "eng-fra"  # it may be set to anything
        return find_language(direction.split("-")[side == "target"])[:2]

    def react(self, name):
        if not self.own:
            return
        self.note = {"save": self._save, "load": self._load}.get(name, str)()
        if name == "steps":
            self.show_below(None if self.below else self._stepper())
        elif self.below and name == "sentence":
            self.below.sentence = self.sentence
        elif self.below and name == "load":
            self.show_below(self._stepper())

    def _stepper(self):
        """Return a stepper that writes with the net and the sentence of this widget."""
        net, src_vocab, tgt_vocab, _, about, _ = self.checkpoint
        return DecoderStepper(net, src_vocab, tgt_vocab, about["num_steps"], about["source_language"],
                              about["target_language"], sentence=self.sentence)

    # ---------------------------------------------------------------------- files

    def _save(self):
        try:
            path = _path(self.file)
            replaced = " It replaces the one of that name." if path.exists() else ""
            net, src_vocab, tgt_vocab, history, about, heard = self._loaded
            save_checkpoint(path, net, src_vocab, tgt_vocab, history, about, heard=heard)
        except (OSError, ValueError) as error:
            return f"✗ Nothing was saved: {_reason(error)}"
        kept = "the net, both vocabularies" + (" and its training" if history else "")
        return f"✓ Saved in {path.name}, {path.stat().st_size / 1e6:.1f} MB: {kept}.{replaced}"

    def _load(self):
        try:
            path = _path(self.file)
            loaded = load_checkpoint(path)
            about = self._loaded.settings | loaded.settings
            _check_settings(about, path.name)
        except (OSError, ValueError) as error:
            return f"✗ Nothing was loaded, and the net from before translates on: {_reason(error)}"
        self._loaded = loaded._replace(settings=about)
        epochs = f", trained for {len(loaded.history)} epochs" if loaded.history else ""
        return (f"✓ Loaded {path.name}: a net that knows {len(loaded.src_vocab):,} {self.language('source')[0]} and "
                f"{len(loaded.tgt_vocab):,} {self.language('target')[0]} tokens{epochs}. It translates now; variables "
                "of the notebook are as they were.")

    # -------------------------------------------------------------------- drawing

    def render(self):
        net, src_vocab, tgt_vocab, _, about, heard = self.checkpoint
        note = tag("p", self.note, class_="s2s-translator-note", role="status")
        source = tokenize(self.sentence, about["source_language"])
        if not source:
            return tag("div", note), f"Nothing to translate yet: type a sentence in {self.language('source')[0]}."
        num_steps = about["num_steps"]
        tokens, probs = predict_with_probs(net, source, src_vocab, tgt_vocab, num_steps, beam_size=self.beam_size)
        read, cut = [*source[: num_steps - 1], "<eos>"], source[num_steps - 1 :]
        sure = [row[tgt_vocab[token]].item() for token, row in zip(tokens, probs)]
        row = min(self.cell[0], 1)
        chosen = row, min(self.cell[1], len((read, tokens)[row]) - 1)
        ids = [*src_vocab[read[:-1]], EOS]
        explained = (_explain_source(chosen[1], read, ids, src_vocab) if row == 0 else
                     _explain_target(chosen[1], tokens, sure, probs, tgt_vocab))
        words = tokens[:-1] if tokens[-1] == "<eos>" else tokens
        text = detokenize(words, about["target_language"])
        grid = tag("div", _source_line(read, ids, chosen, self.language("source")[1]),
                   _target_line(tokens, sure, chosen, self.language("target")[1]), role="grid",
                   class_="s2s-translator-lines",
                   aria_label="Tokens read and tokens written. Arrow keys go from token to token.")
        short, remark = _not_heard(read[:-1], heard)
        drawing = tag("div", note, tag("p", text or "(nothing)", class_="s2s-translator-text", dir="auto",
                                       lang=self.language("target")[1]),
                      grid, tag("p", explained, class_="s2s-explained"),
                      remark and tag("p", remark, class_="s2s-remark"), tag("p", _left_out(cut), class_="s2s-remark"))
        return drawing, self._summary(text, words, sure, read, ids) + short

    def _summary(self, text, words, sure, read, ids):
        unknown = [token[:40] for token, id_ in zip(read, ids) if id_ == UNK]
        said = f"{self.language('target')[0]}: {text or '(nothing)'}"
        if words:
            step = min(range(len(words)), key=lambda i: round(100 * sure[i]))
            said += f" Least sure of “{words[step]}”, {percent(sure[step])}."
        if unknown:
            said += (f" {len(unknown)} unknown token{'s' * (len(unknown) > 1)}: {', '.join(unknown[:5])}"
                     f"{', …' * (len(unknown) > 5)}.")
        return said + " No unknown token." * (not unknown)


def _source_line(read, ids, chosen, lang):
    cells = []
    for step, (token, id_) in enumerate(zip(read, ids)):
        unknown = id_ == UNK
        said = f"{token[:40]}, id {id_}{', unknown' * unknown}"
        kind = "unk" if unknown else "eos" if id_ == EOS else "word"
        cells.append(tag("span", tag("bdi", token, lang=lang), tag("small", id_, " unknown" * unknown),
                         class_=f"s2s-translator-chip s2s-{kind}",
                         **pick("cell", [0, step], said, at=(0, step), chosen=chosen == (0, step))))
    return tag("div", _row_header("The model reads", "token, id"), cells, role="row", class_="s2s-translator-chips")


def _target_line(tokens, sure, chosen, lang):
    cells = []
    for step, (token, p) in enumerate(zip(tokens, sure)):
        unsure = " unsure" * (round(100 * p) < UNSURE)
        bar = tag("span", tag("i", style=f"width:{100 * p:.0f}%"), class_="s2s-translator-meter", aria_hidden="true")
        cells.append(tag("span", tag("bdi", token, lang=lang), bar, tag("small", percent(p), unsure),
                         class_=f"s2s-translator-chip{' s2s-translator-unsure' * bool(unsure)}",
                         **pick("cell", [1, step], f"{token}, {percent(p)}{unsure}", at=(1, step),
                                chosen=chosen == (1, step))))
    return tag("div", _row_header("It writes", "token, how sure it is"), cells, role="row",
               class_="s2s-translator-chips")


def _row_header(name, below):
    return tag("span", tag("strong", name), " ", tag("small", below), role="rowheader", class_="s2s-translator-rowhead")


def _explain_source(step, read, ids, vocab):
    if step == len(read) - 1:
        return f"“<eos>”, id {EOS}: the end of the sentence. It is read like a word."
    if ids[step] == UNK:
        return (f"“{read[step][:40]}” is not among the {len(vocab):,} tokens that the model knows. It is read as "
                f"<unk>, id {UNK}, like every unknown token.")
    return f"“{read[step]}” is token {ids[step]} of the {len(vocab):,} that the model knows. It reads the number."


def _explain_target(step, tokens, sure, probs, vocab):
    likely = [(vocab.tokens[id_], p.item()) for p, id_ in zip(*probs[step].topk(min(4, len(vocab))))]
    rivals = [f"“{token}” {percent(p)}" for token, p in likely if token != tokens[step] and p >= 0.005]
    what = "the end of the sentence" if tokens[step] == "<eos>" else f"“{tokens[step]}”"
    if likely[0][0] != tokens[step]:  # a beam looks further than one step
        return f"Step {step}: it writes {what}, {percent(sure[step])}. Other tokens: {', '.join(rivals)}."
    behind = f"Behind it: {', '.join(rivals)}." if rivals else "No other reaches 1%."
    return f"Step {step}: the likeliest token is {what}, {percent(sure[step])}. {behind}"


def _left_out(cut):
    if cut:
        return (f"Not read: {len(cut):,} token{'s' * (len(cut) > 1)} from “{cut[0][:40]}” on. The model was made for "
                "sentences, not for texts.")


def _not_heard(read, table):
    """Return two remarks on a sentence most of whose groups of three tokens never stood in training: short, and whole.

    Args:
        read: its tokens.
        table: of what stood there, or None.
    """
    share = 1 if table is None else share_heard(read, table)
    if share >= 0.5:
        return "", None
    many = len(trigrams(read))
    heard = round(share * many)
    whole = (f"of its {many} groups of three words, {heard} {'was' if heard == 1 else 'were'} heard." if heard else
             "its one group of three words, the start counted, was not heard." if many == 1 else
             f"of its {many} groups of three words, none was heard.")
    return (f" Nothing like this in training: {heard} of {plural(many, 'group')} heard.",
            f"Nothing like this in training: {whole}")


# --------------------------------------------------------------------------- files

def _path(name):
    """Return the path of a file in the working directory from the name that a reader typed."""
    name = name.strip()
    if not name:
        raise ValueError(f"type a name for the file first, for example my_translator{ENDING}.")
    if name.startswith(".") or not name.isprintable() or set(name) & set('/\\:*?"<>|'):
        raise ValueError(f"“{name}” is no plain name of a file: leave out folders, dots at the start and the signs "
                         '/ \\ : * ? " < > |')
    return Path(name if name.endswith(ENDING) else name + ENDING)


def _check_settings(about, name):
    for key in ("source_language", "target_language"):
        try:
            find_language(about[key])
        except ValueError as error:
            raise ValueError(f"{name}: its {key.partition('_')[0]} {error}") from None
    if type(about["num_steps"]) is not int or about["num_steps"] < 1:
        raise ValueError(f"{name} has num_steps {about['num_steps']!r:.40}; it must be a whole number, 1 or more")


def _reason(error):
    """Say what went wrong with a file, in a sentence."""
    reason = getattr(error, "strerror", None) or str(error)
    return reason.rstrip(".") + "."
