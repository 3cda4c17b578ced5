"""The translator without a browser: what it shows is what the library computes, and its files are safe."""

import re

import pytest
import torch
from helpers import opened, toy_net, toy_vocabs
from test_widgets import BAD, NASTY, Page, alive

from seq2seq_lib import (
    History,
    Vocab,
    data_folder,
    detokenize,
    load_checkpoint,
    predict,
    predict_with_probs,
    save_checkpoint,
    tokenize,
    widgets,
)
from seq2seq_lib.heard import heard_table
from seq2seq_lib.widgets import shipped as models
from seq2seq_lib.widgets import translator

FILE = "my_translator.safetensors"
HEARD = heard_table(["a b c d".split(), "c a".split()])  # its groups: abc, bcd, and at the start ab, ca
NEW = "Nothing like this in training"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty working directory: what a widget saves is there."""
    inside = tmp_path / "lesson"
    inside.mkdir()
    monkeypatch.chdir(inside)
    return inside


def own(net=None, **settings):
    settings = {"sentence": "a b c", "num_steps": 7, **settings}
    return widgets.Translator(net or toy_net().eval(), *toy_vocabs(), **settings)


def chips(widget):
    """The tokens and what stands below them: those read, and those written."""
    rows = widget.html.split('role="row"')[1:]
    return [re.findall(r"<bdi[^>]*>([^<]*)</bdi>.*?<small>([^<]*)</small>", row) for row in rows]


def note(widget):
    return re.search(r'role="status">([^<]*)<', widget.html).group(1)


def remarks(widget):
    return re.findall(r'class="s2s-remark">([^<]+)<', widget.html)


def percent(text):
    return {"&gt;99%": 100, "&lt;0.1%": 0.05}.get(text) or float(text.split("%")[0])


# ------------------------------------------------------------------ what it shows

@pytest.mark.parametrize("direction", ["eng-fra", "eng-zho"])
def test_it_shows_what_the_library_computes(direction):
    model, target = translator.shipped(direction), direction[-3:]
    widget = widgets.Translator(sentence="My brother is reading a zebra.", direction=direction)
    assert widget.checkpoint is model
    arguments = model.src_vocab, model.tgt_vocab, model.settings["num_steps"]
    tokens = tokenize(widget.sentence, "eng")
    translation = predict(model.net, widget.sentence, *arguments)
    words, probs = predict_with_probs(model.net, tokens, *arguments)
    read, written = chips(widget)
    assert read == [(token, f"{id_}{' unknown' * (id_ == 0)}") for token, id_ in
                    zip(tokens, model.src_vocab[tokens])] + [("&lt;eos&gt;", "3")]
    assert [token.replace("&lt;", "<").replace("&gt;", ">").replace("&#x27;", "'") for token, _ in written] == words
    for (_, shown), p in zip(written, probs.max(dim=1).values.tolist()):
        assert abs(percent(shown) - 100 * p) <= 0.51 and ("unsure" in shown) == (round(100 * p) < 50)
    text = detokenize(translation, target)
    assert text in Page(widget.html).text and text in widget.said
    assert "1 unknown token: zebra." in widget.said


@pytest.mark.parametrize("attention, beam_size", [(True, 1), (False, 4), (True, 8)])
def test_with_attention_or_a_beam_it_shows_what_these_find(attention, beam_size):
    model = load_checkpoint(data_folder() / "models" / f"eng-fra{'-attention' * attention}.safetensors")
    widget = widgets.Translator(sentence="The nurse asked me my weight.", attention=attention, beam_size=beam_size)
    found = predict(model.net, widget.sentence, model.src_vocab, model.tgt_vocab, 30, beam_size=beam_size)
    assert detokenize(found, "fra") in widget.said
    assert [token for token, _ in chips(widget)[1]] == [
        token.replace("'", "&#x27;").replace("<", "&lt;").replace(">", "&gt;") for token in [*found.split(), "<eos>"]]


def test_a_token_that_is_not_the_likeliest_is_said_to_be_none():
    widget = widgets.Translator(sentence="The nurse asked me my weight.", beam_size=4)
    told = []
    for step in range(len(chips(widget)[1])):
        widget.cell = [1, step]
        told.append(Page(widget.html).text)
    likeliest = ["the likeliest token is" in text for text in told]
    model = widget.checkpoint
    tokens, probs = predict_with_probs(model.net, widget.sentence, model.src_vocab, model.tgt_vocab, 30, beam_size=4)
    assert likeliest == (probs.argmax(dim=1) == torch.tensor(model.tgt_vocab[tokens])).tolist()
    assert False in likeliest and all(("it writes " in text) != one for text, one in zip(told, likeliest))


def test_the_shipped_models_are_loaded_once():
    assert translator.shipped("eng-fra") is translator.shipped("eng-fra")


def test_the_first_widget_of_a_kernel_draws_no_random_numbers():
    """It loads its model; a reader who has set a seed before gets the same numbers as one who has not seen it."""
    translator.shipped.cache_clear()
    state = torch.get_rng_state()
    assert not widgets.Translator().problem
    assert translator.shipped.cache_info().misses == 1  # loaded here, not before
    assert torch.equal(torch.get_rng_state(), state)


def test_a_missing_model_is_said_with_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(models, "data_folder", lambda: tmp_path)
    translator.shipped.cache_clear()
    assert "make model" in widgets.Translator().problem


def test_a_token_is_explained():
    widget = widgets.Translator(sentence="They are zebras.", cell=[0, 0])
    vocab = translator.shipped("eng-fra").src_vocab
    assert f"“they” is token {vocab['they']} of the {len(vocab):,} that the model knows" in widget.html
    widget.cell = [0, 2]
    assert "“zebras” is not among" in widget.html
    widget.cell = [0, 99]  # left over from a longer sentence: the last token
    assert "the end of the sentence" in widget.html
    widget.cell = [1, 0]
    assert "Step 0: the likeliest token is" in widget.html


def test_a_text_of_a_thousand_words_is_read_as_far_as_the_model_goes():
    widget = widgets.Translator(sentence="word " * 1000)
    assert len(chips(widget)[0]) == 30 and "Not read: 971 tokens from “word” on." in widget.html


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u202f"])
def test_nothing_has_no_translation(text):
    widget = own(sentence=text)
    assert widget.said == "Nothing to translate yet: type a sentence in English." and not widget.problem
    widget.sentence = "a"
    assert chips(widget)[0] == [("a", "4"), ("&lt;eos&gt;", "3")]


@pytest.mark.parametrize("bias, shown", [(1e9, "(nothing)"), (-1e9, "")])
def test_a_translation_that_ends_at_once_or_never(bias, shown):
    net = toy_net().eval()
    with torch.no_grad():
        net.decoder.dense.bias[3] += bias
    widget = own(net)
    assert shown in widget.said and len(chips(widget)[1]) == (1 if bias > 0 else 7)


def test_signs_of_every_kind_are_unknown_tokens_and_escaped():
    widget = widgets.Translator(sentence="<script>alert(1)</script> 😀 שלום")
    assert "<script" not in widget.html and "&lt;" in widget.html
    assert "unknown tokens: " in widget.said and "😀" in Page(widget.html).text
    assert [token for token, below in chips(widget)[0] if "unknown" in below][-1] == "שלום"


def test_a_net_is_shown_as_it_is_now_and_stays_in_its_mode():
    net = toy_net(dropout=0.5).train()
    widget = own(net)
    before = widget.html
    assert net.training
    with torch.no_grad():
        net.decoder.dense.bias[3] += 5
    widget.sentence = "a b c "
    assert widget.html != before


def test_vocabularies_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="src_vocab has 5 tokens"):
        widgets.Translator(toy_net(), Vocab([["a"]]), toy_vocabs()[1])
    with pytest.raises(TypeError, match="needs its vocabularies"):
        widgets.Translator(toy_net())


def test_only_ones_own_net_has_files_and_only_shipped_ones_a_direction():
    def hidden(widget):
        return {spec["name"] for spec in widget._picture["controls"] if spec["hidden"] and spec["kind"] != "state"}

    later = {"attention", "beam_size"}  # of part two: where nobody asks for them they are not shown
    assert hidden(widgets.Translator()) == {"file", "save", "load", "steps"} | later
    assert hidden(own()) == {"direction"} | later
    assert hidden(widgets.Translator(attention=False)) == {"file", "save", "load", "steps"}


def test_the_shipped_models_are_not_saved(folder):
    widget = widgets.Translator()
    widget.save, widget.load = 1, 1
    assert list(folder.iterdir()) == [] and note(widget) == ""


# ------------------------------------------------------------------ what stood in training

@pytest.mark.parametrize("sentence, whole, short", [
    ("a b c d", None, None), ("c a", None, None), ("g", None, None),  # all its groups were heard
    ("a b c e", None, None), ("a b e", None, None),  # two of three, and half of them
    ("a b c g e f", "of its 5 groups of three words, 2 were heard.", "2 of 5 groups heard."),
    ("a b g e", "of its 3 groups of three words, 1 was heard.", "1 of 3 groups heard."),
    ("c b a", "of its 2 groups of three words, none was heard.", "0 of 2 groups heard."),
    ("a zebra is c b g", "of its 5 groups of three words, none was heard.", "0 of 5 groups heard."),
    ("a g", "its one group of three words, the start counted, was not heard.", "0 of 1 group heard."),
])
def test_a_sentence_that_is_mostly_new_gets_a_remark(sentence, whole, short):
    widget = own(sentence=sentence, heard=HEARD)
    assert remarks(widget) == ([f"{NEW}: {whole}"] if whole else [])
    assert widget.said.endswith(f" {NEW}: {short}" if short else "token.") and widget.said.count(NEW) == bool(short)
    assert remarks(own(sentence=sentence)) == [] and NEW not in own(sentence=sentence).said


def test_the_remark_counts_what_is_read_and_stands_before_what_is_not():
    widget = own(sentence="a b c d g e f", num_steps=5, heard=HEARD)
    assert [text[:9] for text in remarks(widget)] == ["Not read:"]
    widget = own(sentence="g f e d a b c", num_steps=5, heard=HEARD)
    assert [text[:9] for text in remarks(widget)] == [NEW[:9], "Not read:"] and "of its 3 groups" in remarks(widget)[0]


def test_a_remark_comes_and_goes_with_the_sentence_and_nothing_typed_gets_none():
    widget = own(heard=HEARD)
    for sentence, new in (("a b c", False), ("g f e", True), ("a b c", False), ("g f e", True), ("", False)):
        widget.sentence = sentence
        assert bool(remarks(widget)) == (NEW in widget.said) == new


def test_the_still_picture_has_the_remark_in_words_and_in_the_image():
    still = opened(own(sentence="g f e", heard=HEARD).still())
    assert f"{NEW}: of its 2 groups of three words, none was heard." in still
    assert f"{NEW}: 0 of 2 groups heard." in Page(still).text
    plain = str(own(sentence="g f e", heard=HEARD).still())
    assert re.search(rf'<img alt="Translator\. [^"]*{NEW}: 0 of 2 groups heard\."', plain)
    assert NEW not in opened(own(sentence="g f e").still())


def test_a_table_of_which_all_is_new():
    widget = own(sentence="a b c", heard=HEARD[:0])
    assert remarks(widget) == [f"{NEW}: of its 2 groups of three words, none was heard."]


@pytest.mark.parametrize("table", [HEARD.long(), HEARD[None], HEARD.flip(0), HEARD.tolist()])
def test_what_is_no_table_is_refused(table):
    with pytest.raises(ValueError, match="heard_table"):
        own(heard=table)


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_a_reader_may_type_anything_where_there_is_a_table(text):
    widget = own(sentence="", heard=HEARD)
    widget.sentence = text
    assert widget.error is None or isinstance(widget.error, ValueError)
    assert not re.search(r"<(script|img|textarea)", widget.html)


def test_a_shipped_model_has_its_own_table(monkeypatch):
    model = translator.shipped("eng-fra")
    heard = heard_table([tokenize("They are watching.", "eng")])
    monkeypatch.setattr(translator, "shipped", lambda direction: model._replace(heard=heard))
    widget = widgets.Translator(sentence="They are watching.")
    assert remarks(widget) == [] and NEW not in widget.said
    widget.sentence = "They are old and angry."
    assert remarks(widget) == [f"{NEW}: of its 5 groups of three words, 1 was heard."]


def test_the_table_is_saved_and_that_of_a_file_takes_its_place(folder):
    widget = own(sentence="g f e", heard=HEARD)
    widget.save += 1
    assert note(widget).startswith("✓ Saved") and torch.equal(load_checkpoint(FILE).heard, HEARD)
    other = own(sentence="g f e", heard=heard_table(["g f e".split()]))
    assert remarks(other) == []
    other.load += 1
    assert remarks(other) and torch.equal(other.checkpoint.heard, HEARD)
    other.save += 1
    assert torch.equal(load_checkpoint(FILE).heard, HEARD)


def test_a_file_without_a_table_has_no_remarks():
    save_checkpoint(FILE, toy_net(seed=3), *toy_vocabs())
    widget = own(sentence="g f e", heard=HEARD)
    assert remarks(widget)
    widget.load += 1
    assert note(widget).startswith("✓ Loaded") and remarks(widget) == [] and NEW not in widget.said
    widget.save += 1
    assert load_checkpoint(FILE).heard is None


# ------------------------------------------------------------------ saving and loading

def test_a_net_is_saved_and_loaded_again(folder):
    net, history = toy_net(seed=1).eval(), History()
    widget = own(net, source="eng", target="zho", history=history)
    before = chips(widget)
    widget.save += 1
    assert note(widget).startswith(f"✓ Saved in {FILE}, 0.0 MB: the net, both vocabularies")
    assert [path.name for path in folder.iterdir()] == [FILE]
    saved = load_checkpoint(FILE)
    assert saved.settings == {"source_language": "eng", "target_language": "zho", "num_steps": 7}
    assert saved.history is not None

    other = own(toy_net(seed=2).eval())
    assert chips(other) != before
    other.load += 1
    assert note(other).startswith(f"✓ Loaded {FILE}: a net that knows 11 English and 11 Chinese tokens")
    assert chips(other) == before and "Chinese: " in other.said
    assert other.checkpoint.settings["target_language"] == "zho" and other.checkpoint.net is not net


def test_a_second_save_says_that_it_replaces(folder):
    widget = own()
    widget.save += 1
    assert "replaces" not in note(widget)
    widget.save += 1
    assert note(widget).endswith("It replaces the one of that name.")


def test_a_note_goes_with_the_next_change_and_is_there_without_a_sentence():
    widget = own(sentence="")
    widget.save += 1
    assert note(widget).startswith("✓ Saved")
    widget.sentence = "a"
    assert note(widget) == ""


def test_an_ending_is_added_and_said(folder):
    widget = own(file=" model.pt ")
    widget.save += 1
    assert note(widget).startswith("✓ Saved in model.pt.safetensors")
    widget.file = "model.pt"
    widget.load += 1
    assert note(widget).startswith("✓ Loaded model.pt.safetensors")


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "sub/out", "..", ".hidden", "a\\b", "C:out", "a\x00b", "a\nb",
                                  "..\\out", "x\u202ey", 'a"b', "a?"])
def test_names_that_lead_elsewhere_are_refused(folder, name):
    widget = own(file=name)
    for act, said in (("save", "✗ Nothing was saved:"), ("load", "✗ Nothing was loaded,")):
        setattr(widget, act, getattr(widget, act) + 1)
        assert note(widget).startswith(said) and "is no plain name of a file" in note(widget)
    assert [path.name for path in folder.parent.rglob("*")] == ["lesson"]


def test_other_troubles_with_files_are_sentences(folder):
    (folder / "notes.safetensors").write_text("my notes", encoding="utf-8")
    (folder / "folder.safetensors").mkdir()
    widget = own()
    for name, save, load in (
            ("notes", "notes.safetensors is there and is no checkpoint of ours", "is damaged or is no checkpoint"),
            ("folder", "directory", "no such file"), ("missing", None, "no such file"), (" ", "type a name", "type a"),
            ("w" * 190, None, "no such file"), ("文" * 100, "name too long", "")):
        widget.file = name
        if save is not None:
            widget.save += 1
            assert note(widget).startswith("✗ Nothing was saved: ") and save in note(widget), note(widget)
        widget.load += 1
        assert note(widget).startswith("✗ Nothing was loaded, ") and load in note(widget), note(widget)
        assert str(folder) not in note(widget) and note(widget).endswith(".")
        assert chips(widget) == chips(own()) and widget.error is None
    assert (folder / "notes.safetensors").read_text(encoding="utf-8") == "my notes"
    assert {path.name for path in folder.iterdir()} == {"notes.safetensors", "folder.safetensors"}


@pytest.mark.parametrize("settings, said", [
    ({"target_language": "german"}, "its target language is &#x27;german&#x27;; take &#x27;deu&#x27;"),
    ({"source_language": ["eng"]}, "its source language is [&#x27;eng&#x27;]"),
    ({"num_steps": "30"}, "num_steps"), ({"num_steps": 0}, "num_steps")])
def test_settings_that_the_widget_cannot_use_are_refused(settings, said):
    save_checkpoint(FILE, toy_net(seed=3), *toy_vocabs(), settings=settings)
    widget = own()
    before = chips(widget)
    widget.load += 1
    assert note(widget).startswith("✗ Nothing was loaded,") and said in note(widget)
    assert chips(widget) == before


@pytest.mark.parametrize("languages, names, browser", [
    (("fra", "eng"), ("French", "English"), ("fr", "en")), (("jpn", "deu"), ("Japanese", "German"), ("ja", "de")),
    (("eng", "hin"), ("English", "hin"), ("en", "hin"))])
def test_a_file_of_any_languages_translates(languages, names, browser):
    """A language without rules has its code for a name."""
    settings = dict(zip(("source_language", "target_language", "num_steps"), (*languages, 9)))
    save_checkpoint(FILE, toy_net(seed=3), *toy_vocabs(), settings=settings)
    widget = own(sentence="a b c")
    widget.load += 1
    assert note(widget).startswith("✓ Loaded") and f"{len(toy_vocabs()[0])} {names[0]} and" in note(widget)
    assert widget.said.startswith(f"{names[1]}: ") and f'lang="{browser[1]}"' in widget.html
    widget.steps += 1
    assert [widget.below.language(side) for side in ("source", "target")] == list(zip(names, browser))
    assert widget.below.problem == "" and widget.below.html


def test_vocabularies_tell_the_languages_of_a_net_and_so_does_what_is_saved_of_it():
    src_vocab, tgt_vocab = (Vocab.from_tokens(vocab.tokens, language)
                            for vocab, language in zip(toy_vocabs(), ("zho", "eng")))
    widget = widgets.Translator(toy_net().eval(), src_vocab, tgt_vocab, 7, sentence="a b c")
    assert [widget.language(side)[0] for side in ("source", "target")] == ["Chinese", "English"]
    widget.save += 1
    assert note(widget).startswith("✓ Saved")
    saved = load_checkpoint(FILE)
    assert saved.settings == {"source_language": "zho", "target_language": "eng", "num_steps": 7}
    stepper = widgets.DecoderStepper(saved.net, saved.src_vocab, saved.tgt_vocab)
    assert [stepper.language(side)[1] for side in ("source", "target")] == ["zh", "en"]


def test_a_checkpoint_without_settings_takes_the_present_ones():
    save_checkpoint(FILE, toy_net(seed=3), *toy_vocabs())
    widget = own(num_steps=5, target="zho")
    widget.load += 1
    assert widget.checkpoint.settings == {"source_language": "eng", "target_language": "zho", "num_steps": 5}


# ------------------------------------------------------------------ anything typed or set

@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_a_reader_may_type_anything_for_a_net_of_their_own(text):
    widget = own()
    for name in ("sentence", "file"):
        before = getattr(widget, name)
        setattr(widget, name, text)
        widget.load += 1
        assert widget.error is None or isinstance(widget.error, ValueError)
        assert bool(widget.html) != bool(widget.problem)
        for html in (widget.html, opened(widget.still())):
            assert not re.search(r"<(script|img|textarea)", html)
        setattr(widget, name, before)
    assert widget.html


@pytest.mark.parametrize("value", BAD, ids=repr)
def test_a_bad_value_is_answered_with_a_sentence_for_a_net_of_ones_own(value):
    for name in widgets.Translator._controls:
        widget = own()
        before = getattr(widget, name)
        setattr(widget, name, value)
        assert bool(widget.html) != bool(widget.problem) and "Traceback" not in widget.problem
        setattr(widget, name, before)
        assert widget.html and not widget.problem, name


# ------------------------------------------------------------------ the stepper, one click away

def test_the_stepper_opens_below_with_the_same_net_and_sentence_and_closes():
    widget = own()
    widget.steps += 1
    stepper = widget.below
    assert isinstance(stepper, widgets.DecoderStepper) and stepper.net is widget.checkpoint.net
    stepper.to_end += 1
    assert stepper.written == [token for token, _ in chips(widget)[1]][:7]
    widget.sentence = "d e"
    assert widget.below is stepper and stepper.sentence == "d e"
    widget.steps += 1
    assert widget.below is None and stepper.comm is None


def test_a_loaded_net_goes_to_the_stepper():
    widget = own(toy_net(seed=2).eval())
    widget.steps += 1
    widget.save += 1
    widget.load += 1
    assert widget.below.net is widget.checkpoint.net


def test_no_widget_is_left_when_a_translator_with_a_stepper_is_closed():
    before = alive()
    widget = own()
    widget.steps += 1
    widget.close()
    assert alive() == before
