"""Two pages of the site that are no lesson: a printable sheet of all shapes, and where to go next."""

import sys
from html import escape

from lessons import PROJECT

sys.path.insert(0, str(PROJECT))
from seq2seq_lib.style import AXIS_COLORS  # noqa: E402

SIZES = {"batch": 4, "num_steps": 5, "embed_size": 8, "num_hiddens": 16, "num_layers": 2, "vocab_size": 10, "1": 1,
         "embed_size + num_hiddens": 24}
TARGET_STEPS = 6  # of the target, and of everything that the decoder makes

# Every tensor of the course, by lesson: its name, its axes, and what it is; num_steps' are those of the target.
SHAPES = {
    "1 Text to tensors": [
        ("X", "batch num_steps", "ids of the source sentences, padded behind <eos>"),
        ("X_valid_len", "batch", "real tokens of each source, <eos> counted"),
        ("Y", "batch num_steps'", "ids of the target sentences, padded behind <eos>"),
        ("Y_valid_len", "batch", "real tokens of each target, <eos> counted")],
    "2 Encoder": [
        ("embedding(X.T)", "num_steps batch embed_size", "a vector for each token, time first"),
        ("output", "num_steps batch num_hiddens", "the top layer's state after each token"),
        ("state", "num_layers batch num_hiddens", "every layer's state after the last real token"),
        ("context", "batch num_hiddens", "state[-1]: one vector for the sentence")],
    "3 Decoder": [
        ("teacher_forcing(Y)", "batch num_steps'", "what goes in: <bos>, then Y without its last column"),
        ("repeated", "num_steps' batch num_hiddens", "the context, once for every step"),
        ("inputs", "num_steps' batch embed_size+num_hiddens", "the embedding and the context, side by side"),
        ("output", "num_steps' batch num_hiddens", "the top layer's state at each step"),
        ("hidden", "num_layers batch num_hiddens", "the state, which begins as the encoder's"),
        ("Y_hat", "batch num_steps' vocab_size", "a score for every word, at every step")],
    "4 Masked loss": [
        ("Y_hat.permute(0, 2, 1)", "batch vocab_size num_steps'", "as F.cross_entropy wants it: classes second"),
        ("losses", "batch num_steps'", "-log p(label) at each step; 0 behind the valid length"),
        ("loss", "batch", "the sum for each sentence")],
    "5 Training": [
        ("loss.sum() / Y_valid_len.sum()", "", "the loss per token, one number"),
        ("embedding.weight", "vocab_size embed_size", "a weight; its gradient has the same shape"),
        ("dense.weight", "vocab_size num_hiddens", "a weight; its gradient has the same shape")],
    "6 Prediction": [
        ("token", "batch 1", "the last word of each sentence; at first <bos>"),
        ("Y_hat", "batch 1 vocab_size", "the scores of one step"),
        ("Y_hat.argmax(dim=2)", "batch 1", "the likeliest word, which is read at the next step"),
        ("hidden", "num_layers batch num_hiddens", "the state, carried from step to step")],
}


def sizes_of(axes):
    """Return the shape of a row of `SHAPES` as a tuple of numbers."""
    return tuple(TARGET_STEPS if axis == "num_steps'" else
                 sum(SIZES[part] for part in axis.split("+")) for axis in axes.split())


def shapes_page():
    """Return the sheet as Markdown."""
    rows = []
    for lesson, tensors in SHAPES.items():
        for i, (name, axes, words) in enumerate(tensors):
            first = f'<th scope="rowgroup" rowspan="{len(tensors)}">{lesson}</th>' if not i else ""
            shown = " × ".join(map(_axis, axes.split())) or "one number"
            cells = f"<td><code>{escape(name)}</code></td><td>{shown}</td>"
            cells += f"<td class=number>{_tuple(sizes_of(axes))}</td>"
            rows.append(f"<tr{' class=first' * (not i)}>{first}{cells}<td>{escape(words)}</td></tr>")
    named = ", ".join(f"{axis} {SIZES[axis]}" for axis in AXIS_COLORS if axis != "num_steps")
    return (
        "# All shapes on one page\n\n"
        "Every tensor of the course, in the order in which you meet it; print this page and keep it beside the "
        "keyboard. Each axis has the colour that it has in all lessons.\n\n"
        '<table class="shapes"><thead><tr><th>lesson</th><th>tensor</th><th>axes</th><th class=number>example</th>'
        f"<th>what it is</th></tr></thead><tbody>{''.join(rows)}</tbody></table>\n\n"
        f"The example: {named}; sources of {SIZES['num_steps']} steps and targets of {TARGET_STEPS}, which is why "
        "their <i>num_steps</i> has a prime. An LSTM's state is a pair of tensors, each of the shape of a GRU's. "
        "Lessons 7 and 8 bring no new shapes: BLEU counts words, and the translator is made of what stands above.\n")


def _axis(axis):
    parts = []
    for part in axis.split("+"):
        color = AXIS_COLORS.get(part.rstrip("'"))
        shown = part.replace("'", "′")
        parts.append(f'<span class="axis" style="background: {color}">{shown}</span>' if color else shown)
    return "(" + " + ".join(parts) + ")" if len(parts) > 1 else parts[0]


def _tuple(sizes):
    return f"({sizes[0]},)" if len(sizes) == 1 else f"({', '.join(map(str, sizes))})"


NEXT = """# Where to go next

You've done what you set out to do: you wrote an encoder, a decoder, a loss that ignores padding, a training loop, a
score, a search and attention, and together they translate sentences that none of them has ever seen. You've hunted
bugs, too, and put papers to the test. That's a good moment to stop for a day. When you come back, here is what I'd do
with it, from the small to the large.

## Stay with your own model for a while

The quickest way to learn more is to break something that you understand. Change one thing, write down what you expect,
and measure it on the validation sentences with several seeds, as lesson 12 does; most of the ideas you'll have turn out
to change nothing, and it's worth feeling that once.

- **Give it your own sentences.** Lesson 8 takes any file with one pair per line. [Tatoeba](https://tatoeba.org)
  collects translated sentences from volunteers, [manythings.org/anki](https://www.manythings.org/anki/) has them sorted
  into pairs of languages, and [OPUS](https://opus.nlpl.eu) has the large collections: film subtitles, talks,
  parliaments. Read a hundred lines before you train; you'll find things in them.
- **Turn it round.** French to English is the same program with two columns exchanged. Is it easier? Why might it be?
- **Read what it gets wrong.** Twenty wrong translations, sorted into heaps by hand, tell you more about what to do next
  than any score.

## Three questions that this course leaves open

**What about words that the vocabulary lacks?** Cut rare words into pieces, and hardly anything is unknown any more:
lesson 11 tells how Sennrich, Haddow and Birch ([2016](https://arxiv.org/abs/1508.07909)) find these *subwords*. Do they
pay here?

**What would a thousand times as many sentences bring?** The curve of lesson 12 ends where this corpus ends. Others have
trained on far more: [OPUS-MT](https://github.com/Helsinki-NLP/Opus-MT) has a model for many pairs of languages, and the
NLLB team ([2022](https://arxiv.org/abs/2207.04672)) put two hundred languages into one. Let such a model translate your
test sentences. How far ahead is it?

**Is a better score a better translation?** BLEU counts words, so a good translation in other words gets little. COMET
(Rei and others, [2020](https://arxiv.org/abs/2009.09025)) is a net that has learned from people's judgements. And
people must be asked with care: when Freitag and others ([2021](https://arxiv.org/abs/2104.14478)) had professional
translators mark the errors, the systems' ranking was quite another than that of crowd workers.

## And the models that everybody talks about?

They're closer than they look. A *Transformer* (Vaswani and others, [2017](https://arxiv.org/abs/1706.03762)) has an
embedding, a masked loss, teacher forcing, attention, a search that feeds words back in, and padding that mustn't leak:
you've built all of these. What's new is that the words of a sentence attend to each other, too, in place of a
recurrent state.
[The Annotated Transformer](https://nlp.seas.harvard.edu/annotated-transformer/) by Alexander Rush and others sets the
paper and the code side by side, and Andrej Karpathy's [nanoGPT](https://github.com/karpathy/nanoGPT) fits a language
model into two files that you can read in an evening.

## Books to keep open

- Zhang, Lipton, Li and Smola, [*Dive into Deep Learning*](https://d2l.ai): the chapters on recurrent networks and on
  attention run as notebooks too, and use the names you know from here.
- Jurafsky and Martin, [*Speech and Language Processing*](https://web.stanford.edu/~jurafsky/slp3/), third edition (a
  draft, free to read): the whole field, with the history behind it.
- Post, [*A Call for Clarity in Reporting BLEU Scores*](https://arxiv.org/abs/1804.08771) (2018): six pages, to be read
  before you compare your score with anybody else's.

If you teach: [the notes for teachers](TEACHING.html) say how each lesson goes in class. And if a page of this course
made you stumble, say so to whoever gave it to you; that's how it gets better.
"""
