"""What holds for every model: the library's, and decoders of the reader's own, as in the exercises of lesson 3."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from helpers import (
    BOS,
    CONTEXTS,
    RNNS,
    assert_close,
    assert_identical,
    attention_net,
    gradients,
    random_ids,
    reference_beam,
    toy_batches,
    toy_net,
    toy_pairs,
    toy_vocabs,
    weights,
)
from torch import nn

from seq2seq_lib import (
    Encoder,
    Seq2Seq,
    batch_loss,
    beam_search,
    encode,
    evaluate_loss,
    load_checkpoint,
    predict,
    save_checkpoint,
    teacher_forcing,
    train,
    train_step,
)
from seq2seq_lib.decoding import greedy_steps
from seq2seq_lib.search import exact_search, search_with_beam
from seq2seq_lib.widgets import DecoderStepper

TESTS = Path(__file__).parent
SRC_VOCAB, TGT_VOCAB = toy_vocabs()
every_design = pytest.mark.parametrize("make, rnn, context, num_layers", [
    (make, rnn, context, num_layers) for make in (toy_net, attention_net)
    for rnn in RNNS for context in CONTEXTS for num_layers in (1, 2)])


def exercises():
    """The decoders that the solutions of lesson 3 define, by name."""
    notebook = json.loads((TESTS.parent / "notebooks" / "solutions" / "03_decoder.ipynb").read_text(encoding="utf-8"))
    names = {"nn": nn, "torch": torch}
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and source.startswith("class "):
            exec(re.sub(r"^.*\bchecks\..*$", "", source, flags=re.MULTILINE), names)
    return names


def decoder_of_ones_own(name):
    torch.manual_seed(0)
    sizes = (len(TGT_VOCAB), 5, 6, 1) if name == "SutskeverDecoder" else (len(TGT_VOCAB), 5, 6)
    return exercises()[name](*sizes)


def net_of_ones_own(name):
    torch.manual_seed(1)
    return Seq2Seq(Encoder(len(SRC_VOCAB), 5, 6, 1), decoder_of_ones_own(name))


own = pytest.mark.parametrize("name", ["SutskeverDecoder", "ChoDecoder"])


# ---------------------------------------------------------------- decoders of the reader's own

@own
def test_a_decoder_of_two_methods_trains_and_translates(name):
    net = net_of_ones_own(name)
    before = evaluate_loss(net, toy_batches(), TGT_VOCAB)
    train(net, toy_batches(), 0.02, 60, TGT_VOCAB, "cpu", valid_iter=toy_batches(), progress=False)
    assert evaluate_loss(net, toy_batches(), TGT_VOCAB) < before / 3
    sources, targets = zip(*toy_pairs())
    translations = predict(net, sources, SRC_VOCAB, TGT_VOCAB, 7)
    assert sum(text.split() == target for text, target in zip(translations, targets)) >= 9  # of 11, learned by heart


@own
def test_its_loss_is_the_sum_over_real_positions(name):
    net, (X, X_valid_len, Y, Y_valid_len) = net_of_ones_own(name).double(), next(iter(toy_batches(batch_size=11)))
    ours = batch_loss(net, X, X_valid_len, Y, Y_valid_len)
    scores, _ = net(X, teacher_forcing(Y), X_valid_len)
    losses = nn.functional.cross_entropy(scores.permute(0, 2, 1), Y, reduction="none")
    expected = sum(row[:n].sum() for row, n in zip(losses, Y_valid_len))
    assert (Y_valid_len < Y.shape[1]).any()
    assert_close(ours, expected)


@own
def test_what_it_lacks_is_named_where_it_is_needed(name, tmp_path):
    net = net_of_ones_own(name)
    with pytest.raises(TypeError, match=f"{name} has no `settings`, which it needs to be saved"):
        save_checkpoint(tmp_path / "net.safetensors", net, SRC_VOCAB, TGT_VOCAB)
    assert not list(tmp_path.iterdir())
    with pytest.raises(TypeError, match=f"{name} has no `select`, which it needs to be stepped through"):
        DecoderStepper(net, SRC_VOCAB, TGT_VOCAB, 7, sentence="a c")
    for sentences in (["a c"], []):
        with pytest.raises(TypeError, match=f"{name} has no `select`, which it needs to be searched with several"):
            beam_search(net, sentences, SRC_VOCAB, TGT_VOCAB, 7, 3)
        with pytest.raises(TypeError, match=f"{name} has no `select`, which it needs to be searched with several"):
            predict(net, sentences, SRC_VOCAB, TGT_VOCAB, 7, beam_size=3)
    with pytest.raises(TypeError, match="Linear has no `init_state`, which it needs to be trained"):
        Seq2Seq(Encoder(5, 4, 6, 1), nn.Linear(2, 2))


class Remembering(nn.Module):
    """A decoder of one's own that has all of the contract, and looks at the lengths of the sources."""

    def __init__(self, vocab_size, num_hiddens):
        super().__init__()
        self.settings = dict(vocab_size=vocab_size, num_hiddens=num_hiddens)
        self.embedding = nn.Embedding(vocab_size, num_hiddens)
        self.dense = nn.Linear(num_hiddens, vocab_size)

    def init_state(self, enc_outputs, enc_valid_len):
        return enc_outputs[1][-1] + enc_valid_len[:, None]  # (batch, num_hiddens)

    def forward(self, X, state):
        summed = state[:, None] + self.embedding(X).cumsum(dim=1)  # (batch, num_steps, num_hiddens)
        return self.dense(summed), summed[:, -1]

    def select(self, state, rows):
        return state[rows]


def remembering_net():
    torch.manual_seed(3)
    return Seq2Seq(Encoder(len(SRC_VOCAB), 5, 6, 1), Remembering(len(TGT_VOCAB), 6))


def test_a_whole_contract_is_saved_loaded_and_stepped_through(tmp_path):
    net, path = remembering_net(), tmp_path / "net.safetensors"
    history = train(net, toy_batches(), 0.01, 2, TGT_VOCAB, "cpu", progress=False)
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, history)
    loaded = load_checkpoint(path, decoder=Remembering)
    assert_identical(weights(loaded.net), weights(net))
    stepper = DecoderStepper(loaded.net, SRC_VOCAB, TGT_VOCAB, 7, sentence="a c d")
    stepper.to_end = 1
    assert not stepper.problem
    written = [token for token in stepper.written if token != "<eos>"]
    assert " ".join(written) == predict(net, "a c d", SRC_VOCAB, TGT_VOCAB, 7)


def test_a_whole_contract_is_searched_with_a_beam():
    net, valid_lens = remembering_net().double().eval(), [4, 2, 3]
    with torch.no_grad():
        net.decoder.dense.bias[3] -= 2  # <eos> comes later
    X = random_ids(valid_lens, 4)
    for beam_size, alpha in ((1, 0), (3, 0), (4, 1.5)):
        found = search_with_beam(net, X, torch.tensor(valid_lens), 6, beam_size, n_best=beam_size, alpha=alpha)
        for x, valid_len, ours in zip(X, valid_lens, found, strict=True):
            theirs = reference_beam(net, x[:valid_len], 6, beam_size, alpha)[:beam_size]
            assert [one.ids for one in ours] == [ids for _, _, ids in theirs]
            assert_close([one.score for one in ours], [score for score, _, _ in theirs])


def test_a_whole_contract_is_searched_exactly():
    net = remembering_net().eval()
    X, X_valid_len = encode([list("acd")], SRC_VOCAB)
    [[found]] = search_with_beam(net, X, X_valid_len, 3, 11**3)  # all there are
    exact = exact_search(net, X, 3)
    assert exact.ids == found.ids and abs(exact.log_prob - found.log_prob) < 1e-4


@pytest.mark.parametrize("classes, message", [
    ({}, "decoder is a Remembering of one's own, which this library does not know: pass its class"),
    ({"decoder": nn.Linear}, "decoder is a Remembering of one's own, not a Linear"),
    ({"encoder": Remembering, "decoder": Remembering}, "encoder is a Encoder, not a Remembering"),
])
def test_a_file_of_other_classes_says_which(tmp_path, classes, message):
    path = tmp_path / "net.safetensors"
    save_checkpoint(path, remembering_net(), SRC_VOCAB, TGT_VOCAB)
    with pytest.raises(ValueError, match=message):
        load_checkpoint(path, **classes)


def test_a_class_of_ones_own_with_a_name_of_the_library_is_not_taken_for_it(tmp_path):
    path, net = tmp_path / "net.safetensors", remembering_net()
    net.decoder.__class__ = type("Decoder", (Remembering,), {})
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB)
    with pytest.raises(ValueError, match="a Decoder of one's own, which this library does not know"):
        load_checkpoint(path)
    assert_identical(weights(load_checkpoint(path, decoder=type(net.decoder)).net), weights(net))


# ---------------------------------------------------------------- states, steps, scores

@every_design
def test_select_and_step_is_step_and_select(make, rnn, context, num_layers):
    net = make(rnn, context, num_layers).double().eval()
    X, rows, token = random_ids([4, 2, 3], 4), torch.tensor([2, 0, 0, 1, 2]), torch.tensor([[5], [6], [7]])
    state = net.start(X, torch.tensor([4, 2, 3]))
    scores, after = net.decoder(token, state)
    selected, selected_after = net.decoder(token[rows], net.decoder.select(state, rows))
    assert_close(selected, scores[rows])
    for ours, theirs in ((selected_after, net.decoder.select(after, rows)),):
        assert_close(torch.cat([t.reshape(-1) for t in flat(ours)]), torch.cat([t.reshape(-1) for t in flat(theirs)]))


def flat(state):
    return [t for part in state for t in flat(part)] if isinstance(state, tuple) else [state]


@every_design
def test_the_scores_at_real_positions_are_those_of_the_whole_pass(make, rnn, context, num_layers):
    net = make(rnn, context, num_layers).double()
    X, Y, valid = random_ids([4, 2, 3], 4), random_ids([3, 5, 1], 5), torch.tensor([4, 2, 3])
    real = torch.rand(3, 5, generator=torch.Generator().manual_seed(0)) < 0.5  # any positions, not only a beginning
    assert_close(net(X, Y, valid, real=real), net(X, Y, valid)[0][real])


def test_greedy_steps_write_what_is_given_and_stop_when_all_have_ended():
    class Scripted(nn.Module):
        def forward(self, X, state):  # row 0 says 4, 3; row 1 says 5, 5, 3, whatever it reads
            says = torch.tensor([[4, 3, 9, 9], [5, 5, 3, 9]])[:, state]
            return nn.functional.one_hot(says, 10).float()[:, None], state + 1

    bos = torch.full((2, 1), BOS)
    tokens = [token[:, 0].tolist() for token, _, _ in greedy_steps(Scripted(), bos, 0, 9)]
    assert tokens == [[4, 5], [3, 5], [9, 3]]
    given = [torch.tensor([[7], [8]])]
    steps = list(greedy_steps(Scripted(), bos, 0, 2, given))
    assert [token[:, 0].tolist() for token, _, _ in steps] == [[7, 8], [3, 5]]
    assert steps[0][1].argmax(dim=1).tolist() == [4, 5]  # its scores are told all the same
    assert [state for _, _, state in steps] == [1, 2]
    assert list(greedy_steps(Scripted(), torch.full((2, 1), 3), 0, 9)) == []  # nothing follows <eos>


# ---------------------------------------------------------------- training through the net as a whole

def test_a_step_of_training_is_a_step_of_train():
    by_hand, by_train = toy_net(), toy_net()
    history = train(by_train, toy_batches(), 0.01, 1, TGT_VOCAB, "cpu", theta=0.5, progress=False)
    optimizer = torch.optim.Adam(by_hand.parameters(), fused=True)
    steps = [train_step(by_hand, optimizer, batch, 0.01, theta=0.5) for batch in toy_batches()]
    assert_identical(weights(by_hand), weights(by_train))
    assert steps == [batch[1:4] for batch in history.batches]


def test_a_wrapper_around_the_net_is_called():
    class Wrapper(nn.Module):
        def __init__(self, module):
            super().__init__()
            self.module, self.calls = module, 0

        def forward(self, *args, **options):
            self.calls += 1
            return self.module(*args, **options)

    wrapped, plain = Wrapper(toy_net()), toy_net()
    train(wrapped, toy_batches(), 0.01, 1, TGT_VOCAB, "cpu", progress=False)
    train(plain, toy_batches(), 0.01, 1, TGT_VOCAB, "cpu", progress=False)
    assert wrapped.calls == 4
    assert_identical(weights(wrapped.module), weights(plain))


IN_TWO_PROCESSES = """
import sys, torch
import torch.distributed as dist
from helpers import *
from seq2seq_lib import batch_loss
rank, store, out = int(sys.argv[1]), sys.argv[2], sys.argv[3]
torch.set_num_threads(1)
dist.init_process_group("gloo", init_method="file://" + store, rank=rank, world_size=2)
net = torch.nn.parallel.DistributedDataParallel(toy_net().double())
batch = list(toy_batches(batch_size=5, shuffle=False))[rank]
batch_loss(net, *batch).backward()
if rank == 0:
    torch.save({name: p.grad for name, p in net.module.named_parameters()}, out)
dist.destroy_process_group()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="names Linux's loopback device")
def test_gradients_of_two_processes_are_averaged_by_distributed_data_parallel(tmp_path):
    environment = os.environ | {"GLOO_SOCKET_IFNAME": "lo", "OMP_NUM_THREADS": "1",
                                "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)])}
    command = [sys.executable, "-c", IN_TWO_PROCESSES]
    both = [subprocess.Popen([*command, str(rank), str(tmp_path / "store"), str(tmp_path / "out")], env=environment,
                             stderr=subprocess.PIPE, text=True) for rank in range(2)]
    said = [process.communicate(timeout=240)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    net = toy_net().double()
    halves = list(toy_batches(batch_size=5, shuffle=False))[:2]
    expected = gradients(sum(batch_loss(net, *half) for half in halves) / 2, net)
    assert_close(torch.load(tmp_path / "out", weights_only=True), expected, rtol=1e-10)
