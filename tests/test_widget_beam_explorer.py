"""The beam explorer without a browser: its controls are set, and what it shows is read."""

import json
import re
from html import unescape
from itertools import product

import pytest
import torch
from helpers import BOS, CONTEXTS, EOS, PAD, RNNS, opened, toy_net, toy_vocabs
from test_contract import net_of_ones_own, remembering_net
from test_widgets import BAD, NASTY, Page, alive
from test_widgets import run as run  # a fixture

from seq2seq_lib import (
    Checkpoint,
    beam_search,
    data_folder,
    encode,
    load_checkpoint,
    predict,
    teacher_forcing,
    tokenize,
)
from seq2seq_lib.search import search_with_beam
from seq2seq_lib.widgets import BeamExplorer
from seq2seq_lib.widgets.beam_tree import CUT_OFF, grow

SRC_VOCAB, TGT_VOCAB = toy_vocabs()
SENTENCES = ("a b c", "g", "c c a d e f", "b a")
SHORT = ("She is doing well.", "I lost.", "My phone is off.", "Are you in a hurry?", "Tom hates rain.",
         "The zebra sings in the old garden of my brother.")


def explorer(rnn="gru", context="every_step", num_layers=1, seed=0, num_steps=7, **settings):
    """An explorer of a toy net in float64; its source is taken for French, so that letters stay as they are."""
    about = {"source_language": "fra", "target_language": "eng", "num_steps": num_steps}
    net = toy_net(rnn, context, num_layers, dropout=0.5, seed=seed).double()
    return BeamExplorer(Checkpoint(net, SRC_VOCAB, TGT_VOCAB, None, about),
                        **{"sentence": "a b c", "beam_size": 3, "shown": 99} | settings)


@pytest.fixture(scope="module")
def shipped():
    return load_checkpoint(data_folder() / "models" / "eng-fra.safetensors")


def pressed(widget, *buttons):
    for name in buttons:
        setattr(widget, name, getattr(widget, name) + 1)
    assert not widget.problem
    return widget


def log_probs(widget, ids):
    """What the library says of each next token behind some ids, `(vocab_size,)`, in one pass over all of them."""
    X, n = encode([tokenize(widget.sentence, "fra")[: widget.num_steps - 1]], widget.checkpoint.src_vocab)
    with torch.no_grad():
        scores, _ = widget.checkpoint.net.eval()(X, teacher_forcing(torch.tensor([[*ids, 0]])), n)
    return scores[0].log_softmax(dim=1)


def log_prob(widget, ids):
    return log_probs(widget, ids)[range(len(ids)), list(ids)].sum().item()


def nodes(widget):
    """The cells of the tree: `[step, place]`, kind, token, number as it is shown, and what a screen reader says."""
    found = re.findall(r'<td class="s2s-cell s2s-([\w-]+)"([^>]*)><span class="s2s-beam-node"><bdi[^>]*>([^<]*)</bdi>'
                       r"(?: <small>([^<]*)</small>| )</span>", widget.html)
    for kind, attributes, token, number in found:
        [(_, said)] = Page(f"<td{attributes}>").elements
        yield json.loads(said["data-value"])[0], kind, unescape(token), number, said["aria-label"]


def lines(widget):
    """The lines of the shelf: text, then the cells behind it."""
    table = widget.html.partition("s2s-beam-shelf")[2].partition("<tbody>")[2]
    return [[unescape(re.sub("<[^>]*>", "", cell)) for cell in re.findall(r"<td>(.*?)</td>", row)]
            for row in re.findall(r"<tr.*?</tr>", table)]


# ------------------------------------------------------------------------- the search is the library's

@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("rnn", RNNS)
@pytest.mark.parametrize("seed", range(3))
def test_in_the_end_the_shelf_is_what_the_library_finds(rnn, context, seed):
    net, several = toy_net(rnn, context, 2, seed=seed).double().eval(), 0
    for sentence, beam_size, alpha in product(SENTENCES, (1, 2, 3, 5, 8), (0, 0.6, 1.5)):
        source = encode([sentence.split()], SRC_VOCAB)
        tree = grow(net, *source, 7, beam_size, alpha)
        expected = search_with_beam(net, *source, 7, beam_size, beam_size, alpha)[0]
        shelf = tree.shelf(len(tree.steps) - 1)
        assert [one.ids for one in shelf] == [one.ids for one in expected]
        assert torch.tensor([one[:2] for one in shelf]).allclose(torch.tensor([one[:2] for one in expected]), atol=1e-9)
        several += len(shelf) > 1
    assert several > 30


def test_the_shelf_of_the_widget_is_that_of_its_controls():
    widget = explorer()
    for sentence, beam_size, alpha in (("a b c", 4, 0), ("g", 4, 0.6), ("c c a d e f", 2, 1.5)):
        widget.sentence, widget.beam_size, widget.alpha = sentence, beam_size, alpha
        expected = beam_search(widget.checkpoint.net, [sentence], SRC_VOCAB, TGT_VOCAB, 7, beam_size, beam_size, alpha,
                               language="fra")[0]
        assert [one.text for one in widget.shelf] == [one.text for one in expected]
        assert len(lines(widget)) == len(expected) and "The search is over." in widget.said


@pytest.mark.parametrize("beam_size, alpha", [(1, 0), (2, 0.6), (4, 0), (8, 1.5)])
def test_so_it_is_with_the_shipped_model(shipped, beam_size, alpha):
    expected = beam_search(*shipped[:1], list(SHORT), *shipped[1:3], 30, beam_size, beam_size, alpha)
    for sentence, hypotheses in zip(SHORT, expected):
        widget = BeamExplorer(shipped, sentence=sentence, beam_size=beam_size, alpha=alpha, shown=30)
        assert [one.text for one in widget.shelf] == [one.text for one in hypotheses]
        assert torch.tensor([one[1:] for one in widget.shelf]).allclose(
            torch.tensor([one[1:] for one in hypotheses]), atol=1e-4)


@pytest.mark.parametrize("beam_size", [1, 2, 4])
@pytest.mark.parametrize("seed", [0, 2, 4])
def test_each_step_keeps_the_best_of_all_longer_prefixes_and_shows_the_next(beam_size, seed):
    widget = explorer(seed=seed, beam_size=beam_size)
    steps, greedy = widget._tree()[:2]
    for before, now in zip(steps, steps[1:]):
        every = {}
        for prefix in before:
            if prefix.stays and prefix.ids[-1:] != (EOS,):
                behind, so_far = log_probs(widget, prefix.ids)[-1].tolist(), log_prob(widget, prefix.ids)
                every |= {(*prefix.ids, token): so_far + behind[token] for token in range(len(TGT_VOCAB))
                          if token not in (PAD, BOS)}
        best = sorted(every, key=every.get, reverse=True)
        assert [prefix.ids for prefix in now if prefix.stays] == best[:beam_size]
        *first, last = [prefix.ids for prefix in now if not prefix.stays]
        assert first == best[beam_size : beam_size + CUT_OFF - 1]
        assert last in (best[beam_size + CUT_OFF - 1], greedy[-1])
        for prefix in now:
            assert abs(prefix.log_prob - every[prefix.ids]) < 1e-9
            assert before[prefix.parent].ids == prefix.ids[:-1] and before[prefix.parent].stays


def test_what_is_shown_in_the_cells():
    widget = explorer(seed=2, beam_size=4)
    tree, at = widget._place()
    shown = list(nodes(widget))
    places = [[step, row] for step in range(at + 1) for row in range(len(tree.steps[step]))]
    assert [place for place, *_ in shown] == sorted(places, key=lambda place: place[::-1])  # line by line
    texts = [tuple(TGT_VOCAB[one.text.split()]) for one in widget.shelf]
    left = {ids[:n] for ids in texts for n in range(len(ids) + 1)}
    for (step, row), kind, token, number, said in shown:
        prefix = tree.steps[step][row]
        words = TGT_VOCAB.to_tokens(list(prefix.ids))
        assert token.removeprefix("◆ ") == (words[-1] if words else "<bos>")
        assert not step or abs(float(number.replace("−", "-")) - log_prob(widget, prefix.ids)) < 0.006
        assert said.startswith(" ".join(word for word in words if word != "<eos>") or "(nothing)" * step or "<bos>")
        if not prefix.stays:
            assert kind == "beam-off" and ", cut off" in said
        elif prefix.ids in left:
            assert kind == "word"
    kinds = {kind for _, kind, *_ in shown}
    assert kinds == {"word", "eos", "beam-left", "beam-off"}
    assert widget.html.count("<path") == len(shown) - 1, "one line to each prefix but the first"


def test_a_prefix_of_which_nothing_is_left_is_no_longer_in_the_beam():
    widget = BeamExplorer(shown=3)
    assert [(kind, token) for (step, _), kind, token, *_ in nodes(widget) if step == 3][:2] == [
        ("word", "◆ est"), ("word", "lit")]
    assert "Nothing is left of “l' homme lit”." in pressed(widget, "step").said
    assert [(kind, token) for (step, _), kind, token, *_ in nodes(widget) if step == 3][:2] == [
        ("word", "◆ est"), ("beam-left", "lit")]


@pytest.mark.parametrize("beam_size", [1, 2, 4])
@pytest.mark.parametrize("sentence", SHORT)
def test_the_way_of_greedy_search_is_marked_as_far_as_it_is_in_the_tree(shipped, beam_size, sentence):
    greedy = [*predict(shipped.net, sentence, *shipped[1:3], 30).split(), "<eos>"]
    widget = BeamExplorer(shipped, sentence=sentence, beam_size=beam_size, shown=30)
    tree, _ = widget._place()
    marked = [place for place, _, token, _, said in nodes(widget) if token.startswith("◆")]
    assert marked == [place for place, *_, said in nodes(widget) if said.endswith(", greedy")]
    texts = [shipped.tgt_vocab.to_tokens(list(tree.steps[step][row].ids)) for step, row in sorted(marked)]
    assert texts == [greedy[: n + 1] for n in range(len(texts))]
    last = tree.steps[max(marked)[0]][max(marked)[1]]
    assert len(texts) == len(greedy) or not last.stays, "it is cut off, or goes on to the end"
    if beam_size == 1:
        assert len(texts) == len(greedy) and widget.shelf[0].text == " ".join(greedy[:-1])


@pytest.mark.parametrize("seed", [8, 10, 13])
def test_greedy_is_shown_where_it_is_cut_off_even_if_more_others_are_better(seed):
    tree, _ = explorer(seed=seed, beam_size=4, sentence="a b c" if seed == 8 else "g")._place()
    left = len(tree.greedy) - 1  # the step at which it is cut off
    last = tree.steps[left][-1]
    assert last.ids == tree.greedy[-1] and not last.stays
    assert last.log_prob < tree.steps[left][-2].log_prob and len(tree.steps[left]) == 4 + CUT_OFF
    assert all(ids in [prefix.ids for prefix in prefixes] for ids, prefixes in zip(tree.greedy, tree.steps))


# ----------------------------------------------------------------------------- stepping and stopping

def test_one_can_go_step_by_step_back_to_the_start_and_to_the_end():
    widget = pressed(explorer(shown=2), "again")
    assert widget.said.startswith("Step 0:") and [place for place, *_ in nodes(widget)] == [[0, 0]]
    assert lines(widget) == [["Nothing is finished yet."]] or "Nothing is finished yet." in widget.html
    last = len(widget._tree().steps) - 1
    for step in range(1, last + 1):
        assert pressed(widget, "step").said.startswith(f"Step {step}:")
        assert max(place for place, *_ in nodes(widget))[0] == step
        assert ("The search is over." in widget.said) == (step == last)
    whole = widget.html
    assert pressed(widget, "step").html == whole
    assert pressed(widget, "back", "to_end").html == whole
    assert pressed(widget, "back").said.startswith(f"Step {last - 1}:")
    assert pressed(widget, "again", "back").said.startswith("Step 0:")


def test_another_width_or_penalty_is_shown_at_the_same_step_and_another_tree_forgets_what_was_picked():
    widget = explorer(shown=2, picked=[2, 4], followed=[[2, 4]])
    widget.alpha = 1.0
    assert widget.picked == [2, 4] and widget.followed == [[2, 4]] and len(lines(widget)) == 1
    widget.beam_size = 4
    assert widget.picked == widget.followed == [] and widget.said.startswith("Step 2:")
    widget.picked = [1, 1]
    widget.sentence = "c c"
    assert widget.picked == [] and widget.said.startswith("Step 2:")


def outlook(widget):
    return unescape(re.findall(r'<p class="s2s-formula">([^<]*)</p>', widget.html)[0])


def test_it_says_why_it_goes_on_and_why_it_stops(shipped):
    widget = BeamExplorer(shipped, sentence="She is doing well.", shown=0)
    assert outlook(widget) == "It goes on until 2 are finished and nothing open can overtake."
    assert outlook(pressed(widget, "step")) == "It goes on: 0 of 2 on the shelf."
    widget.shown = 5
    assert outlook(widget) == "It goes on: 1 of 2 on the shelf."
    assert "The best one is certain since step 5: a search for it alone (n_best=1) stops there." in widget.html
    tree = pressed(widget, "to_end")._tree()
    best = max(prefix.log_prob for prefix in tree.steps[-1] if prefix.stays and prefix.ids[-1] != EOS)
    last = widget.shelf[1].log_prob
    assert outlook(widget) == (f"It stops: the best open prefix has −{-best:.2f}, and sums only fall. It cannot "
                               f"overtake number 2 on the shelf, −{-last:.2f}.")
    widget.alpha = 1.0
    assert f"larger than that of 30 tokens, {35 / 6:.2f}, so its score will be" in outlook(widget)
    assert f"= −{-best / (35 / 6):.2f} at most. It cannot" in outlook(widget)
    widget.beam_size, widget.alpha = 1, 0
    assert outlook(widget) == "It stops: nothing is open any more."
    assert "4 tokens are the most" in outlook(explorer(num_steps=4, beam_size=8, alpha=1.5))


def test_with_a_penalty_a_search_may_go_on_because_an_open_prefix_could_still_overtake():
    seen = 0
    for seed in range(30):
        widget = explorer(seed=seed, beam_size=2, alpha=1.5, num_steps=9)
        for _ in widget._tree().steps[1:-1]:
            if "can still overtake" in outlook(pressed(widget, "back")):
                tree, at = widget._place()
                best = max(prefix.log_prob for prefix in tree.steps[at] if prefix.stays and prefix.ids[-1] != EOS)
                assert best / (14 / 6) ** 1.5 > widget.shelf[1].score
                seen += 1
    assert seen > 3


def test_the_columns_of_the_shelf(shipped):
    widget = BeamExplorer(shipped, sentence="Are you in a hurry?", beam_size=8, alpha=0.6, shown=30)
    rows = lines(widget)
    assert len(rows) == 8
    sums = sorted((one.log_prob for one in widget.shelf), reverse=True)
    for rank, (one, row) in enumerate(zip(widget.shelf, rows), 1):
        length = len(one.text.split()) + 1
        penalty = ((5 + length) / 6) ** 0.6
        assert row == [one.text, f"−{-one.log_prob:.2f}", str(sums.index(one.log_prob) + 1), str(length),
                       f"{penalty:.2f}", f"−{-one.log_prob / penalty:.2f}", str(rank), f"step {length}"]
    assert [row[2] for row in rows] != [row[6] for row in rows], "the penalty changes the order"


def test_the_shelf_has_as_many_places_as_the_beam():
    for seed in range(9):
        widget = explorer(seed=seed, beam_size=2, alpha=1.5)
        finished = widget._tree().finished(widget._place()[1])
        if len(finished) > 2:
            break
    assert f"Shelf: the 2 best of {len(finished)} finished" in widget.html and len(lines(widget)) == 2
    widget.picked = widget._place_of(finished[2].ids)
    assert "It is finished and was pushed off the shelf." in widget.html


# ------------------------------------------------------------------------- picking and following

@pytest.mark.parametrize("seed", range(4))
def test_what_was_lost_is_followed_by_greedy_search(seed):
    widget, tried = explorer(seed=seed, beam_size=2), 0
    tree, at = widget._place()
    for place, kind, *_ in list(nodes(widget)):
        widget.picked = place
        [hidden] = [spec["hidden"] for spec in widget._picture["controls"] if spec["name"] == "follow"]
        assert hidden == (kind in ("word", "eos"))
        if hidden:
            assert pressed(widget, "follow").followed == []
            continue
        tried += 1
        ids = list(tree.steps[place[0]][place[1]].ids)
        while ids[-1] != EOS and len(ids) < 7:
            behind = log_probs(widget, ids)[-1]
            behind[[PAD, BOS]] = -torch.inf
            ids.append(behind.argmax().item())
        row = lines(pressed(widget, "follow"))[-1]
        text = " ".join(TGT_VOCAB.to_tokens([id_ for id_ in ids if id_ != EOS])) or "(nothing)"
        total = log_prob(widget, ids)
        assert row[0] == text and abs(float(row[1].replace("−", "-")) - total) < 0.006
        better = sum(one.log_prob > total for one in widget.shelf)
        assert row[2] == row[6] == f"({better + 1})" or better == len(widget.shelf)
        assert row[7] == f"lost at step {place[0]}"
        assert widget.said.startswith(f"Followed from step {place[0]} on: “{text}”")
        assert pressed(widget, "follow").followed == [] and len(lines(widget)) == len(widget.shelf)
    assert tried > 4


def test_a_beam_of_two_loses_the_best_translation_and_one_of_three_finds_it(shipped):
    widget = BeamExplorer(shipped, shown=30)
    best = beam_search(shipped.net, [widget.sentence], *shipped[1:3], 30, 3)[0][0]
    assert best.text == "l' homme lit le journal ." and best.text not in [one.text for one in widget.shelf]
    widget.picked = next(place for place, *_, said in nodes(widget) if said.startswith("l' homme lit le, "))
    assert "It was cut off at step 4, 0.44 below the last that stays. Follow it" in widget.html
    assert pressed(widget, "follow").said == (
        f"Followed from step 4 on: “{best.text}”, −{-best.log_prob:.2f}. Better than all that is finished.")
    assert lines(widget)[-1][0] == best.text and "Follow it" not in widget.html
    assert "Forget it again" in [spec["label"] for spec in widget._picture["controls"]]
    assert lines(pressed(widget, "again", "to_end"))[-1][0] != best.text
    widget.beam_size = 3
    assert widget.shelf[0].text == best.text


def test_a_line_of_the_shelf_picks_its_sentence_in_the_tree():
    widget = explorer()
    for one in widget.shelf:
        [button] = [a for _, a in Page(widget.html).elements
                   if a.get("role") == "button" and a["aria-label"].startswith(f"{one.text or '(nothing)'}, step")]
        widget.picked = json.loads(button["data-value"])[0]
        assert f"<p class=\"s2s-explained s2s-beam-explained\">“{one.text or '(nothing)'}” has" in unescape(widget.html)
        assert widget.html.count("s2s-beam-line-path") == widget.picked[0]


def test_the_best_is_picked_until_another_is():
    widget = explorer()
    assert widget._picked()[0] == min(len(widget.shelf[0].text.split()) + 1, widget.num_steps)
    assert pressed(widget, "back")._picked() == [widget._place()[1], 0]
    widget.picked = [1, 2]
    assert widget._picked() == [1, 2] and pressed(widget, "back").picked == []
    for wrong in ([99, 0], [1, 99], [-1, 0], [1], "x", [1.0, 0], [True, 0], [[1], 0], None):
        widget.picked = wrong
        assert not widget.problem and widget._picked() == [widget._place()[1], 0]
        widget.picked, widget.followed = [], [wrong]
        assert not widget.problem and widget._followed() == []
        widget.followed = []


# ----------------------------------------------------------------------------- readers and their nets

def test_unknown_words_long_sentences_and_none_are_named():
    widget = explorer(sentence="a x b x " + "c " * 10)
    assert "read as &lt;unk&gt;: “x”." in widget.html and "Only the first 6 of 14 tokens" in widget.html
    widget.sentence = " "
    assert widget.problem == "There is no sentence yet: type one in French."
    assert pressed_anyway(widget).problem == "There is no sentence yet: type one in French."
    widget.sentence = "a"
    assert not widget.problem


def pressed_anyway(widget):
    for name in ("step", "back", "to_end", "follow"):
        setattr(widget, name, getattr(widget, name) + 1)
    return widget


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_a_reader_may_type_anything(shipped, text):
    widget = BeamExplorer(shipped)
    widget.sentence = text
    for _ in range(2):
        for html in (widget.html, opened(widget.still())):
            assert not re.search(r"<(script|img|textarea)", html)
        assert bool(widget.html) != bool(widget.problem) and "Error" not in widget.problem
        json.dumps(widget._picture, ensure_ascii=False).encode()
        pressed_anyway(widget)


@pytest.mark.parametrize("value", BAD, ids=repr)
def test_a_bad_value_is_answered_with_a_sentence_of_ours(value):
    for name in BeamExplorer._controls:
        widget = explorer(**{name: value})
        assert bool(widget.html) != bool(widget.problem) and "Error" not in widget.problem


def test_dropout_does_not_act_and_the_mode_of_the_net_is_left_alone():
    for training in (True, False):
        widget = explorer(num_layers=2)
        net = widget.checkpoint.net
        net.train(training)
        widget.beam_size = 2
        html, widget.beam_size = widget.html, 3
        widget.beam_size = 2
        assert widget.html == html and net.training == training
        net.register_forward_pre_hook(lambda *_: 1 / 0)
        net.decoder.register_forward_pre_hook(lambda *_: 1 / 0)
        widget.beam_size = 4
        assert "division by zero" in widget.problem
        assert all(module.training == training for module in net.modules())


def test_a_tree_is_grown_once_and_gone_through_without_the_model():
    widget = explorer(picked=[2, 4])
    widget.checkpoint.net.decoder.register_forward_pre_hook(lambda *_: 1 / 0)
    pressed(widget, "back", "step", "again", "to_end")
    widget.picked = [1, 0]
    assert not widget.problem
    widget.alpha = 0.1
    assert "division by zero" in widget.problem


def test_a_net_that_writes_no_numbers_is_answered_with_a_sentence():
    widget = explorer()
    with torch.no_grad():
        widget.checkpoint.net.decoder.dense.bias.fill_(torch.nan)
    widget.sentence = "a a"
    assert "the decoder's scores are not numbers" in widget.problem


def test_a_decoder_of_ones_own_is_searched_if_it_has_what_is_needed():
    about = {"source_language": "fra", "num_steps": 5}
    widget = BeamExplorer(Checkpoint(remembering_net(), SRC_VOCAB, TGT_VOCAB, None, about), sentence="a c", shown=5,
                          beam_size=3)
    expected = beam_search(widget.checkpoint.net, ["a c"], SRC_VOCAB, TGT_VOCAB, 5, 3, 3, language="fra")[0]
    assert [one.text for one in widget.shelf] == [one.text for one in expected]
    widget.picked = next(place for place, kind, *_ in nodes(widget) if kind == "beam-off")
    assert pressed(widget, "follow").said.startswith("Followed")
    with pytest.raises(TypeError, match="ChoDecoder has no `select`, which it needs to be searched"):
        BeamExplorer(Checkpoint(net_of_ones_own("ChoDecoder"), SRC_VOCAB, TGT_VOCAB, None, {}))


def test_what_it_is_made_with_is_checked(shipped):
    with pytest.raises(ValueError, match="tgt_vocab has"):
        BeamExplorer(shipped._replace(tgt_vocab=shipped.src_vocab))
    with pytest.raises(TypeError, match="checkpoint is Seq2Seq; expected what load_checkpoint returns"):
        BeamExplorer(shipped.net)
    with pytest.raises(TypeError, match="no control 'width'"):
        BeamExplorer(width=3)


def test_what_was_picked_stays_when_the_cell_runs_again_unless_the_tree_is_another(run):
    run("cell", lambda: BeamExplorer(sentence="I lost.")).picked = [2, 3]
    again = run("cell", lambda: BeamExplorer(sentence="I lost."))
    assert again.picked == [2, 3]
    again.followed = [[2, 3]]
    count = alive()
    other = run("cell", lambda: BeamExplorer(sentence="He's calm."))
    assert other.picked == other.followed == [] and alive() == count


def test_no_number_of_the_first_state_is_near_to_where_its_rounding_turns():
    """Then the still picture of a saved lesson is the same on every machine."""
    widget = BeamExplorer()
    tree, at = widget._place()
    values = [prefix.log_prob for prefixes in tree.steps[: at + 1] for prefix in prefixes]
    assert len(values) > 20
    assert min(abs((100 * value) % 1 - 0.5) for value in values) > 0.005  # of a digit; processors differ by 0.0005
    for prefixes in tree.steps[1:]:
        sums = [prefix.log_prob for prefix in prefixes]
        assert min(one - other for one, other in zip(sums, sums[1:])) > 1e-4
