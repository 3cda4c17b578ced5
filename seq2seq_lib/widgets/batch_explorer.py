"""Batch explorer: sentences become one rectangle of ids, with padding, unknown words and valid lengths."""

from collections import Counter
from functools import lru_cache

from ..batches import Batches, encode
from ..corpus import data_folder, load_corpus
from ..loss import sequence_mask
from ..text import EOS, LANGUAGES, PAD, UNK, Vocab, tokenize
from .base import LessonWidget
from .controls import Button, Checkbox, Choice, Slider, State, Text
from .drawing import pick
from .markup import tag

FIVE = {
    "eng": "Go.\nI lost.\nHe's calm.\nI'm home.\nThey are watching.",
    "fra": "Va !\nJ'ai perdu.\nIl est calme.\nJe suis chez moi.\nIls regardent.",
    "zho": "走吧。\n我输了。\n他很冷静。\n我在家。\n他们在看。",
}
DRAWN = 6  # sentences that the button takes from the corpus
POOL = 2000  # sentences, from the whole corpus, that it takes them from
MOST_ROWS, MOST_STEPS = 12, 24
KINDS = {UNK: "unk", PAD: "pad", EOS: "eos"}


class BatchExplorer(LessonWidget):
    """Type sentences and see the batch that they make: ids, mask, valid lengths, unknown words, wasted cells.

    The vocabulary of each language is that of the training part of its corpus, cut off at `min_freq`.

    Args:
        settings: first values of the controls, for example `num_steps=8` or `eng="Go.\\nRun!"`.
    """

    title = "Batch explorer"

    eng, fra, zho = (
        Text(FIVE[code], "Sentences, one a line", lines=6, lang=LANGUAGES[code].browser,
             hidden=lambda widget, code=code: widget.language != code)
        for code in FIVE)
    language = Choice("eng", "Language", lambda widget: _languages())
    cells = Choice("tokens", "Cells show", {"tokens, ids": "tokens", "mask": "mask"})
    num_steps = Slider(6, "num_steps", 1, MOST_STEPS, axis="num_steps")
    min_freq = Slider(2, "min_freq", 1, 9, axis="vocab_size")
    another = Button(f"Draw {DRAWN} from the corpus")
    bucketed = Checkbox(False, "of like length (bucketed)")
    cell = State([0, 0])  # the cell that is explained: row, step

    def __init__(self, **settings):
        for language in _languages().values():  # now, so that no change waits for it
            _vocab(language, 2), _counts(language), _batches(language, False)
        super().__init__(**settings)

    def react(self, name):
        before = _drawn(self.language, self.another, not self.bucketed) if name == "bucketed" else []
        if name == "another" or (before and getattr(self, self.language) == "\n".join(before)):
            sentences = _drawn(self.language, self.another, self.bucketed)
            self.set_trait(self.language, "\n".join(sentences))
            longest = 1 + max(len(tokenize(sentence, self.language)) for sentence in sentences)
            self.num_steps = min(longest, MOST_STEPS)

    def render(self):
        rows = [tokenize(line, self.language) for line in getattr(self, self.language).splitlines()]
        rows = [tokens for tokens in rows if tokens]
        if not rows:
            raise ValueError("There is no sentence yet: type one, or draw some from the corpus.")
        left_out, rows = len(rows[MOST_ROWS:]), rows[:MOST_ROWS]
        vocab = _vocab(self.language, self.min_freq)
        ids, valid_len = encode(rows, vocab, self.num_steps)  # (batch, num_steps), (batch,)
        mask = sequence_mask(ids.new_ones(ids.shape), valid_len)  # (batch, num_steps)
        table = self._table(rows, vocab, ids, valid_len, mask)
        return tag("div", table, _shares(ids)), _summary(rows, vocab, ids, mask, left_out)

    def _table(self, rows, vocab, ids, valid_len, mask):
        batch, num_steps = ids.shape
        chosen = min(self.cell[0], batch - 1), min(self.cell[1], num_steps - 1)
        cut = [tokens[num_steps - 1:] for tokens in rows]
        steps = dict(class_="s2s-ink", data_axis="num_steps")
        rows_axis = dict(class_="s2s-ink", data_axis="batch")
        head = [tag("tr", tag("td"), tag("th", "num_steps →", colspan=num_steps, **steps)),
                tag("tr", tag("th", "batch ↓", **rows_axis),
                    [tag("th", step, scope="col", **steps) for step in range(num_steps)],
                    tag("th", "valid_len", scope="col", **rows_axis),
                    tag("th", "cut off", scope="col", class_="s2s-batch-cut-head") if any(cut) else None)]
        lines, explained = [], ""
        for row, tokens in enumerate(rows):
            line = [tag("th", row, scope="row", **rows_axis)]
            for step in range(num_steps):
                id_, real = ids[row, step].item(), mask[row, step].item()
                word = tokens[step] if step < min(len(tokens), num_steps - 1) else None
                said = self._explain(row, step, id_, word, vocab, valid_len[row].item())
                if (row, step) == chosen:
                    explained = said
                shown = [tag("bdi", vocab.tokens[id_]), " ", tag("small", id_)] if self.cells == "tokens" else str(real)
                line.append(tag("td", shown, class_=f"s2s-cell s2s-{KINDS.get(id_, 'word')}", title=said,
                                **pick("cell", [row, step], said, at=(row, step), chosen=(row, step) == chosen)))
            line.append(tag("td", valid_len[row].item(), class_="s2s-number"))
            if cut[row]:
                first = " ".join(cut[row][:6]) + " …" * (len(cut[row]) > 6)
                line.append(tag("td", tag("bdi", first), class_="s2s-batch-cut"))
            lines.append(tag("tr", line))
        table = tag("table", tag("thead", head), tag("tbody", lines), role="grid",
                    aria_label="The ids of the batch. Arrow keys go from cell to cell.")
        return tag("div", tag("div", table, class_="s2s-wide"), tag("p", explained, class_="s2s-explained"))

    def _explain(self, row, step, id_, word, vocab, valid_len):
        where = f"ids[{row}, {step}] = {id_}"
        if id_ == PAD:
            return f"{where}, <pad>: filling behind the sentence. Mask 0."
        if id_ == EOS:
            return f"{where}, <eos>: the sentence ends here, and this cell counts: its valid length is {valid_len}."
        seen = _counts(self.language)[word]
        if id_ == UNK:
            return (f"{where}, <unk>: “{word[:40]}” is not in the vocabulary; it was seen {seen} times in training, "
                    f"and min_freq is {self.min_freq}.")
        return f"{where}: “{word[:40]}”, seen {seen:,} times in training."


def _summary(rows, vocab, ids, mask, left_out):
    batch, num_steps = ids.shape
    padding = (mask == 0).sum().item()
    unknown, cut = (ids == UNK).sum().item(), sum(len(tokens) > num_steps - 1 for tokens in rows)
    return (f"{batch} × {num_steps} = {batch * num_steps} cells, {padding} of them padding "
            f"({padding / (batch * num_steps):.0%} wasted). {unknown or 'No'} unknown token{'s' * (unknown != 1)}, "
            f"{cut or 'no'} sentence{'s' * (cut > 1)} cut. Vocabulary: {len(vocab):,} tokens."
            + f" Only the first {MOST_ROWS} sentences are shown; {left_out} are not." * bool(left_out))


def _shares(ids):
    """Draw how many cells are words, ends, unknown tokens and padding, as a bar and its legend."""
    kinds = Counter(KINDS.get(id_, "word") for id_ in ids.flatten().tolist())
    names = {"word": "words", "unk": "<unk>", "eos": "<eos>", "pad": "<pad>"}
    bar = [tag("i", class_=f"s2s-{kind}", style=f"flex-grow:{kinds[kind]}") for kind in names if kinds[kind]]
    legend = [tag("span", tag("i", class_=f"s2s-{kind}"), f"{kinds[kind]} {name} ") for kind, name in names.items()]
    return tag("div", tag("div", bar, class_="s2s-batch-bar", aria_hidden="true"),
               tag("div", legend, class_="s2s-legend"))


# ------------------------------------------------------------------- the corpora

@lru_cache
def _pairs(corpus):
    return load_corpus(corpus, "train")


def _sentences(language):
    """Return the sentences of one language in the training part of its corpus, one for each pair."""
    return [pair[language != "eng"] for pair in _pairs("eng-zho" if language == "zho" else "eng-fra")]


@lru_cache
def _token_lists(language):
    return [tokenize(sentence, language) for sentence in _sentences(language)]


@lru_cache
def _counts(language):
    return Counter(token for tokens in _token_lists(language) for token in tokens)


@lru_cache
def _vocab(language, min_freq):
    return Vocab(_token_lists(language), min_freq)


@lru_cache
def _batches(language, bucketed):
    """Return some of the different sentences of a language, and the batches that `Batches` makes of them."""
    tokens = dict(zip(_sentences(language), _token_lists(language)))
    sentences = list(tokens)[:: -(-len(tokens) // POOL)]
    vocab = _vocab(language, 1)
    pairs = [(tokens[sentence], tokens[sentence]) for sentence in sentences]
    return sentences, Batches(pairs, vocab, vocab, DRAWN, bucket=bucketed).order(epoch=0)


def _drawn(language, number, bucketed):
    sentences, batches = _batches(language, bucketed)
    return [sentences[row] for row in batches[number % len(batches)]]


def _languages():
    """Return the languages that there is a corpus of."""
    return {LANGUAGES[code].name: code for code in FIVE
            if code != "zho" or (data_folder() / "eng-zho.tsv").is_file()}
