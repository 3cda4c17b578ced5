import json
import os
import pickle
import random
import signal
import stat
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import torch
from helpers import CONTEXTS, RNNS, assert_identical, toy_batches, toy_net, toy_vocabs, weights
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_lib import History, Vocab, checkpoint, data_folder, load_checkpoint, predict, save_checkpoint, train
from seq2seq_lib.heard import heard_table

SRC_VOCAB, TGT_VOCAB = toy_vocabs()
SENTENCES = ["a b c", "d", "g f e d c b a"]
HEARD = heard_table([["a", "b", "c"], ["d", "e"]])


def toy_train(net, num_epochs=3, **options):
    return train(net, toy_batches(), 0.01, num_epochs, TGT_VOCAB, "cpu", progress=False, **options)


def translations(net):
    return predict(net, SENTENCES, SRC_VOCAB, TGT_VOCAB, 7)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.fixture(scope="module")
def trained():
    net = toy_net(num_layers=2, dropout=0.4)
    return net, toy_train(net, num_epochs=2, valid_iter=toy_batches())


@pytest.fixture(scope="module")
def small_file(tmp_path_factory):
    """The bytes of a checkpoint as small as can be, with all its parts."""
    path = tmp_path_factory.mktemp("small") / "small.safetensors"
    net = toy_net("rnn", sizes=(1, 1))
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, toy_train(net, num_epochs=1), {"num_steps": 9}, heard=HEARD)
    return path.read_bytes()


def header_length(data):
    return 8 + int.from_bytes(data[:8], "little")


# ---------------------------------------------------------------- there and back

def of(vocab, language):
    return Vocab.from_tokens(vocab.tokens, language)


def test_the_languages_of_the_vocabularies_are_saved_and_loaded(path):
    save_checkpoint(path, toy_net(), of(SRC_VOCAB, "jpn"), of(TGT_VOCAB, "deu"), settings={"num_steps": 9})
    loaded = load_checkpoint(path)
    assert (loaded.src_vocab.language, loaded.tgt_vocab.language) == ("jpn", "deu")
    assert loaded.settings == {"source_language": "jpn", "target_language": "deu", "num_steps": 9}
    save_checkpoint(path, loaded.net, loaded.src_vocab, loaded.tgt_vocab, settings=loaded.settings)  # the same again


def test_languages_that_settings_alone_name_are_given_to_the_vocabularies(path):
    """So it is in files of former versions; what is no code there stays a remark of their owner."""
    about = {"source_language": "fra", "target_language": "German, from Berlin"}
    save_checkpoint(path, toy_net(), SRC_VOCAB, TGT_VOCAB, settings=about)
    loaded = load_checkpoint(path)
    assert (loaded.src_vocab.language, loaded.tgt_vocab.language) == ("fra", None)
    assert loaded.settings == about and SRC_VOCAB.language is None


@pytest.mark.parametrize("name, languages", [("eng-fra", ("eng", "fra")), ("eng-zho", ("eng", "zho"))])
def test_the_shipped_models_know_their_languages(name, languages):
    shipped = load_checkpoint(data_folder() / "models" / f"{name}.safetensors")
    assert (shipped.src_vocab.language, shipped.tgt_vocab.language) == languages


def test_settings_that_name_another_language_than_the_vocabulary_are_refused(path):
    with pytest.raises(ValueError, match="source_language is 'fra', but the vocabulary is of 'jpn'"):
        save_checkpoint(path, toy_net(), of(SRC_VOCAB, "jpn"), TGT_VOCAB, settings={"source_language": "fra"})
    assert not path.exists()


@pytest.mark.parametrize("rnn", RNNS)
@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("num_layers", [1, 2])
def test_round_trip_gives_the_same_net_vocabularies_and_settings(path, rnn, context, num_layers):
    net = toy_net(rnn, context, num_layers, dropout=0.3)
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, settings={"languages": ["eng", "français"], "num_steps": 9})
    loaded = load_checkpoint(path)
    assert_identical(weights(loaded.net), weights(net))
    assert loaded.net.encoder.settings == net.encoder.settings
    assert loaded.net.decoder.settings == net.decoder.settings
    assert loaded.src_vocab.tokens == SRC_VOCAB.tokens and loaded.tgt_vocab.tokens == TGT_VOCAB.tokens
    assert loaded.src_vocab[["a", "zebra"]] == SRC_VOCAB[["a", "zebra"]]
    assert loaded.settings == {"languages": ["eng", "français"], "num_steps": 9}
    assert loaded.history is None
    assert not loaded.net.training
    assert translations(loaded.net) == translations(net)


def test_half_precision_halves_the_file_and_rounds_the_weights(tmp_path):
    net = toy_net(sizes=(64, 128))
    for name, half in (("full", False), ("half", True)):
        save_checkpoint(tmp_path / name, net, SRC_VOCAB, TGT_VOCAB, half=half)
    assert (tmp_path / "half").stat().st_size < 0.52 * (tmp_path / "full").stat().st_size
    loaded = load_checkpoint(tmp_path / "half").net
    assert_identical(weights(loaded), {name: t.half().float() for name, t in weights(net).items()})


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("table", [HEARD, HEARD[:1], HEARD[:0], HEARD.flip(0).flip(0)[::2]])
def test_the_table_of_what_was_heard_comes_back(path, table, half):
    net = toy_net()
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, half=half, heard=table)
    loaded = load_checkpoint(path)
    assert loaded.heard.dtype == torch.int32 and torch.equal(loaded.heard, table)
    assert loaded.settings == {} and set(weights(loaded.net)) == set(weights(net))
    save_checkpoint(path, *loaded[:5], half=half)
    assert load_checkpoint(path).heard is None


def test_a_file_of_a_former_version_has_no_table_of_what_was_heard(path):
    """What was saved without one is what was saved before there were any."""
    from safetensors.torch import load_file

    save_checkpoint(path, toy_net(), SRC_VOCAB, TGT_VOCAB, settings={"num_steps": 9})
    assert "heard" not in load_file(path) and b"heard" not in path.read_bytes()
    assert load_checkpoint(path).heard is None


@pytest.mark.parametrize("table, said", [
    (HEARD.long(), "int64"), (HEARD.float(), "float32"), (HEARD.short(), "int16"), (HEARD[None], r"\(1, 3\)"),
    (HEARD[0], r"int32 \(\)"), (HEARD.flip(0), "order"), (HEARD.repeat_interleave(2), "order"),
    (HEARD.tolist(), "list"), ("heard", "str"), ({}, "dict")])
def test_what_is_no_table_of_what_was_heard_is_refused_and_nothing_is_overwritten(path, table, said):
    save_checkpoint(path, toy_net(), SRC_VOCAB, TGT_VOCAB)
    data = path.read_bytes()
    with pytest.raises(ValueError, match=f"heard.*{said}.*heard_table"):
        save_checkpoint(path, toy_net(), SRC_VOCAB, TGT_VOCAB, heard=table)
    assert path.read_bytes() == data


@pytest.mark.parametrize("half", [False, True])
def test_saving_leaves_the_net_as_it_was(path, half):
    net = toy_net().train()
    before = weights(net)
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, half=half)
    assert_identical(weights(net), before)
    assert net.training and all(p.dtype == torch.float32 for p in net.parameters())


def test_history_comes_back_whole(path, trained):
    net, history = trained
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, history)
    loaded = load_checkpoint(path).history
    assert isinstance(loaded, History)
    assert loaded.batches == history.batches and loaded.valid_losses == history.valid_losses
    assert loaded.rows == history.rows
    assert loaded.table().equals(history.table())
    ours, theirs = history.optimizer.state_dict()["state"], loaded.optimizer.state_dict()["state"]
    assert ours.keys() == theirs.keys() and len(ours) == len(list(net.parameters()))
    for i in ours:
        assert_identical(ours[i], theirs[i])
    assert_identical(loaded.rng_state, history.rng_state)


def test_history_without_validation_or_updates_comes_back(path):
    net = toy_net()
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, History())
    assert len(load_checkpoint(path).history) == 0
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, toy_train(net, 2))
    assert load_checkpoint(path).history.valid_losses == [None, None]


def test_saving_and_loading_draw_no_random_numbers(path):
    """Or a run that saves or loads on its way would not equal one that does not."""
    plain, saving = toy_net(num_layers=2, dropout=0.4), toy_net(num_layers=2, dropout=0.4)
    torch.manual_seed(0)
    toy_train(plain)

    def save_and_load(history):
        save_checkpoint(path, saving, SRC_VOCAB, TGT_VOCAB, history)
        assert len(load_checkpoint(path).history.batches) == len(history.batches)

    torch.manual_seed(0)
    toy_train(saving, on_batch=save_and_load)
    assert_identical(weights(plain), weights(saving))


@pytest.mark.parametrize("rnn", RNNS)
def test_loading_leaves_the_random_numbers_as_they_were(path, rnn):
    save_checkpoint(path, toy_net(rnn, num_layers=2, dropout=0.4), SRC_VOCAB, TGT_VOCAB)
    state = torch.get_rng_state()
    load_checkpoint(path)
    assert torch.equal(torch.get_rng_state(), state)


def test_what_was_loaded_stays_as_it_is_when_the_file_is_overwritten(path, trained):
    """In place, as a copying program does it; tensors that lie in the file itself would change with it."""
    net, history = trained
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, history)
    loaded = load_checkpoint(path)
    with open(path, "r+b") as file:
        file.write(b"\xff" * path.stat().st_size)
    assert_identical(weights(loaded.net), weights(net))
    ours, theirs = history.optimizer.state_dict()["state"], loaded.history.optimizer.state_dict()["state"]
    for i in ours:
        assert_identical(theirs[i], ours[i])
    assert_identical(loaded.history.rng_state, history.rng_state)


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("rnn", RNNS)
def test_a_loaded_net_is_one_like_any_other(path, rnn, half):
    """In float32, trainable, its weights in memory of their own, and without a warning of PyTorch about their order."""
    net = toy_net(rnn, num_layers=2)
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, half=half)
    loaded = load_checkpoint(path).net
    for name, p in loaded.named_parameters():
        assert (p.dtype, p.device.type, p.is_leaf) == (torch.float32, "cpu", True), name
        assert p.requires_grad and p.is_contiguous(), name
        assert p.data_ptr() % 16 == 0, name
    assert len({p.data_ptr() for p in loaded.parameters()}) == len(list(loaded.parameters()))
    for part in (loaded.encoder.rnn, loaded.decoder.rnn):  # what PyTorch computes with are the parameters themselves
        assert all(flat is p for flat, p in zip(part._flat_weights, part.parameters()))
    with warnings.catch_warnings(action="error"):
        before = translations(loaded)
        toy_train(loaded, num_epochs=2)
    assert before == translations(load_checkpoint(path).net)
    assert all((p != q).any() for p, q in zip(loaded.parameters(), net.parameters()))
    assert loaded.to("meta").encoder.rnn.weight_hh_l1.device.type == "meta"


def test_half_precision_with_a_history_is_refused_and_nothing_is_overwritten(path, trained):
    """Training that goes on from rounded weights would not be the training that was stopped."""
    net, history = trained
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, history)
    data = path.read_bytes()
    with pytest.raises(ValueError, match="half.*history"):
        save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, history, half=True)
    assert path.read_bytes() == data


def test_path_may_be_a_string(path):
    save_checkpoint(str(path), toy_net(), SRC_VOCAB, TGT_VOCAB)
    assert load_checkpoint(str(path)).net.encoder.settings["rnn"] == "gru"


def test_file_is_safetensors_with_json_in_its_header(path):
    from safetensors.torch import load_file

    net = toy_net()
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB)
    assert len(load_file(path)) == len(net.state_dict())
    data = path.read_bytes()
    header = json.loads(data[8 : header_length(data)])
    assert "seq2seq_lib" in header["__metadata__"]["format"]
    assert any(tgt in text for text in header["__metadata__"].values() for tgt in ['"A"'])


def test_equal_nets_make_checkpoints_that_load_equal_whatever_the_word(path):
    """Words that JSON must escape, in all scripts."""
    words = ['"', "\\", "\t", "é", "我", "🐈", "\u2028", "</script>", "\x00"]
    vocab = Vocab([words + ["x"] * 2])
    net = toy_net()
    net.encoder.settings["vocab_size"] = len(vocab)
    net.encoder.embedding = torch.nn.Embedding(len(vocab), 5)
    save_checkpoint(path, net, vocab, TGT_VOCAB)
    assert load_checkpoint(path).src_vocab.tokens == vocab.tokens


# ---------------------------------------------------------------- resuming

@pytest.fixture(scope="module")
def unbroken():
    runs = {}

    def run(rnn, seed):
        if (rnn, seed) not in runs:
            net = toy_net(rnn, num_layers=2, dropout=0.4, seed=seed)
            torch.manual_seed(seed)
            history = toy_train(net)
            runs[rnn, seed] = weights(net), [batch[:4] for batch in history.batches]
        return runs[rnn, seed]
    return run


@settings(max_examples=20)
@given(rnn=st.sampled_from(RNNS), seed=st.integers(0, 2), stops=st.sets(st.integers(1, 12), min_size=1, max_size=3))
def test_resuming_from_checkpoints_gives_bit_for_bit_an_unbroken_run(tmp_path_factory, unbroken, rnn, seed, stops):
    path = tmp_path_factory.mktemp("resume") / "model.safetensors"

    def stop(history):
        if len(history.batches) in stops:
            signal.raise_signal(signal.SIGINT)

    net, history = toy_net(rnn, num_layers=2, dropout=0.4, seed=seed), None
    torch.manual_seed(seed)
    for i in range(len(stops) + 1):
        if i > 0:
            net, _, _, history, *_ = load_checkpoint(path)
            torch.manual_seed(1000 + i)
        history = toy_train(net, history=history, on_batch=stop)
        save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, history)
    expected, batches = unbroken(rnn, seed)
    assert_identical(weights(net), expected)
    assert [batch[:4] for batch in history.batches] == batches


def test_resuming_in_another_process_gives_bit_for_bit_an_unbroken_run(path, unbroken):
    net = toy_net("gru", num_layers=2, dropout=0.4)
    torch.manual_seed(0)
    history = toy_train(net, on_batch=lambda history: len(history.batches) == 6 and signal.raise_signal(signal.SIGINT))
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, history)
    in_another_process(f"""
        net, src_vocab, tgt_vocab, history, *_ = load_checkpoint({str(path)!r})
        history = train(net, toy_batches(), 0.01, 3, tgt_vocab, "cpu", progress=False, history=history)
        save_checkpoint({str(path)!r}, net, src_vocab, tgt_vocab, history)
    """)
    loaded = load_checkpoint(path)
    assert len(loaded.history) == 3
    assert_identical(weights(loaded.net), unbroken("gru", 0)[0])


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_a_run_on_a_device_that_this_machine_lacks_can_be_resumed(path, device):
    """Begun on a graphics card, say, and taken home: not bit for bit, but it goes on."""
    if torch.get_device_module(device).is_available():
        pytest.skip(f"this machine has {device}")
    net = toy_net()
    history = toy_train(net, num_epochs=1)
    history.rng_state[device] = torch.zeros(16, dtype=torch.uint8)
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, history)
    loaded = load_checkpoint(path)
    assert len(toy_train(loaded.net, num_epochs=2, history=loaded.history)) == 2


# ---------------------------------------------------------------- a crash while saving

def in_another_process(code, check=True):
    tests = Path(__file__).parent
    start = ("import os, signal, sys, torch; torch.set_num_threads(1); from helpers import *; "
             "from seq2seq_lib import *; src_vocab, tgt_vocab = toy_vocabs()\n")
    lines = code.strip("\n").splitlines()
    indent = min(len(line) - len(line.lstrip()) for line in lines if line.strip())
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tests), str(tests.parent)])}
    return subprocess.run([sys.executable, "-c", start + "\n".join(line[indent:] for line in lines)],
                          env=environment, check=check, capture_output=True, text=True)


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("kill", [
    "import resource; signal.signal(signal.SIGXFSZ, signal.SIG_DFL); resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))",  # the 2001st byte kills it
    "os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)",
    "os.replace = os.rename = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)",
], ids=["while writing", "before fsync", "before the move"])
def test_a_process_killed_while_saving_leaves_the_old_file_and_a_later_save_works(path, kill):
    old, new = toy_net(seed=1), toy_net(seed=3)
    save_checkpoint(path, old, SRC_VOCAB, TGT_VOCAB)
    data = path.read_bytes()
    run = in_another_process(f"""
        {kill}
        save_checkpoint({str(path)!r}, toy_net(seed=2), src_vocab, tgt_vocab)
    """, check=False)
    assert -run.returncode in (signal.SIGKILL, signal.SIGXFSZ), run.stderr
    assert path.read_bytes() == data
    assert_identical(weights(load_checkpoint(path).net), weights(old))
    save_checkpoint(path, new, SRC_VOCAB, TGT_VOCAB)
    assert_identical(weights(load_checkpoint(path).net), weights(new))
    assert list(path.parent.iterdir()) == [path]  # what the killed process left behind is gone too


@pytest.fixture(scope="module")
def gone():
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.skipif(os.name != "posix", reason="asks for processes by POSIX")
def test_only_the_temporary_files_of_ended_saves_of_this_checkpoint_are_removed(tmp_path, gone):
    path = tmp_path / "model[1].safetensors"  # no pattern of a shell is meant by it
    left = tmp_path / f".{path.name}.{gone}"
    others = [tmp_path / name for name in (
        f".{path.name}.{os.getppid()}", f".model1.safetensors.{gone}", f".other.safetensors.{gone}",
        f"{path.name}.{gone}", f".{path.name}.{gone}.bak", f".{path.name}.20260131", f".{path.name}.old",
        f".{path.name}.0", ".model[1].safetensors.")]
    for file in (left, *others):
        file.write_text("")
    folder = tmp_path / f".{path.name}.{gone}0" if gone < 400_000 else tmp_path / "folder"
    folder.mkdir()
    save_checkpoint(path, toy_net(), SRC_VOCAB, TGT_VOCAB)
    assert set(tmp_path.iterdir()) == {path, folder, *others}


def test_no_process_is_asked_on_windows_where_the_question_would_end_it(path, monkeypatch, gone):
    """There a temporary file goes when it is an hour old."""
    young, old = path.with_name(f".{path.name}.{gone}"), path.with_name(f".{path.name}.{os.getppid()}")
    for file in (young, old):
        file.write_text("")
    os.utime(old, (0, 0))
    monkeypatch.setattr(checkpoint, "WINDOWS", True)
    monkeypatch.setattr(os, "kill", None)
    save_checkpoint(path, toy_net(), SRC_VOCAB, TGT_VOCAB)
    assert set(path.parent.iterdir()) == {path, young}


def test_a_temporary_file_that_cannot_be_removed_does_not_stop_a_save(path, monkeypatch, gone):
    left = path.with_name(f".{path.name}.{gone}")
    left.write_text("")
    os.utime(left, (0, 0))
    unlink = Path.unlink

    def refuse(self, missing_ok=False):
        if self == left:
            raise PermissionError("in use")
        unlink(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    save_checkpoint(path, toy_net(), SRC_VOCAB, TGT_VOCAB)
    assert load_checkpoint(path).settings == {} and left.exists()


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_save_that_fails_leaves_the_old_file_and_no_other(path, monkeypatch, function):
    save_checkpoint(path, toy_net(seed=1), SRC_VOCAB, TGT_VOCAB)
    data = path.read_bytes()

    def fail(*args):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, function, fail)
    with pytest.raises(OSError, match="no space left"):
        save_checkpoint(path, toy_net(seed=2), SRC_VOCAB, TGT_VOCAB)
    assert path.read_bytes() == data
    assert list(path.parent.iterdir()) == [path]


def test_a_checkpoint_replaces_an_older_one(path):
    for seed in (1, 2):
        save_checkpoint(path, toy_net(seed=seed), SRC_VOCAB, TGT_VOCAB)
        assert_identical(weights(load_checkpoint(path).net), weights(toy_net(seed=seed)))
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_checkpoint_may_be_read_by_whom_any_new_file_may_be_read(path):
    (path.parent / "other").write_text("")
    save_checkpoint(path, toy_net(), SRC_VOCAB, TGT_VOCAB)
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((path.parent / "other").stat().st_mode)


# ---------------------------------------------------------------- damaged and foreign files

def test_file_cut_short_anywhere_is_a_value_error_that_names_it(path, small_file):
    header = header_length(small_file)
    for size in (*range(40), *range(40, header, 97), *range(header - 8, len(small_file), 211), len(small_file) - 1):
        path.write_bytes(small_file[:size])
        with pytest.raises(ValueError, match=r"model\.safetensors"):
            load_checkpoint(path)


def test_file_with_bytes_at_its_end_is_a_value_error_that_names_it(path, small_file):
    path.write_bytes(small_file + b"\0")
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        load_checkpoint(path)


def test_any_changed_byte_is_a_value_error_that_names_the_file(path, small_file):
    """Every byte at the start, and a sample of all others, each with one bit turned over."""
    rng = random.Random(0)
    for place in [*range(64), *rng.sample(range(len(small_file)), 500)]:
        data = bytearray(small_file)
        data[place] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"model\.safetensors"):
            load_checkpoint(path)


@pytest.mark.parametrize("old, new", [
    ('"dtype":"F32"', '"dtype":"I32"'), ('"dtype":"F32"', '"dtype":"U32"'), ('"dtype":"U8"', '"dtype":"I8"'),
    ('"shape":[11,1]', '"shape":[1,11]'),
])
def test_changed_type_or_shape_of_numbers_is_a_value_error_that_names_the_file(path, small_file, old, new):
    places = [i for i in range(header_length(small_file)) if small_file.startswith(old.encode(), i)]
    assert places
    for place in places:
        path.write_bytes(small_file[:place] + new.encode() + small_file[place + len(old) :])
        with pytest.raises(ValueError, match=r"model\.safetensors"):
            load_checkpoint(path)


def crafted(path, change=lambda about: None, **more):
    """A checkpoint whose description was changed by `change(about)`, with `more` tensors and the right checksum."""
    from safetensors.torch import load_file, save_file

    data = path.read_bytes()
    header = json.loads(data[8 : header_length(data)])["__metadata__"]
    about, tensors = json.loads(header["about"]), load_file(path) | more
    header["about"] = json.dumps(change(about) or about)
    header["sha256"] = checkpoint._digest(header["about"], tensors)
    save_file(tensors, path, header)


@pytest.mark.parametrize("part", ["encoder", "decoder"])
@pytest.mark.parametrize("name, size", [
    ("num_layers", 200_000), ("num_layers", 0), ("num_layers", -1), ("num_layers", 10**30), ("num_layers", "1"),
    ("num_layers", 1.0), ("num_layers", None), ("num_hiddens", 10**9), ("embed_size", 10**9), ("vocab_size", 10**9),
])
def test_sizes_that_are_not_those_of_the_weights_are_refused_before_anything_is_built(path, monkeypatch, part, name,
                                                                                     size):
    save_checkpoint(path, toy_net(num_layers=2), SRC_VOCAB, TGT_VOCAB)

    def change(about):
        about[part][name] = size

    crafted(path, change)
    built = []
    monkeypatch.setattr(checkpoint, "Encoder", lambda **settings: built.append(settings))
    monkeypatch.setattr(checkpoint, "Decoder", lambda **settings: built.append(settings))
    with pytest.raises(ValueError, match=rf"model\.safetensors.*{name}"):
        load_checkpoint(path)
    assert not built


@pytest.mark.parametrize("change", [
    lambda about: about["decoder"].update(context="initial"), lambda about: about["encoder"].update(rnn="lstm"),
    lambda about: [part.update(rnn="lstm") for part in (about["encoder"], about["decoder"])] and None,
    lambda about: about.update(encoder=[]), lambda about: about.pop("decoder"), lambda about: about.pop("settings"),
    lambda about: about["encoder"].update(color="red"), lambda about: about["encoder"].pop("rnn"),
    lambda about: about.update(history=[]), lambda about: about["encoder"].update(rnn=["gru"]), lambda about: [about],
    lambda about: about.update(src_vocab=3), lambda about: about.update(tgt_vocab=["<unk>"]),
    lambda about: about.update(history={"batches": 3, "valid_losses": []}),
], ids=range(14))
def test_a_description_that_does_not_fit_the_weights_is_a_value_error_that_names_the_file(path, change):
    save_checkpoint(path, toy_net("gru", "every_step"), SRC_VOCAB, TGT_VOCAB)
    crafted(path, change)
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        load_checkpoint(path)


@pytest.mark.parametrize("table", [HEARD.long(), HEARD.float(), HEARD[None], HEARD[0].clone(), HEARD.flip(0),
                                   torch.zeros(2, dtype=torch.int32), torch.zeros(0)])
def test_a_table_in_a_file_that_is_none_is_a_value_error_that_names_the_file(path, table):
    save_checkpoint(path, toy_net(), SRC_VOCAB, TGT_VOCAB)
    crafted(path, heard=HEARD)
    assert torch.equal(load_checkpoint(path).heard, HEARD)
    crafted(path, heard=table)
    with pytest.raises(ValueError, match=r"model\.safetensors.*heard"):
        load_checkpoint(path)


class Bomb:
    def __reduce__(self):
        return os.mkdir, (self.folder,)


def test_pickled_file_is_a_value_error_and_is_never_unpickled(path):
    bomb = Bomb()
    bomb.folder = str(path.parent / "exploded")
    for dump in (lambda: torch.save(bomb, path), lambda: path.write_bytes(pickle.dumps(bomb))):
        dump()
        with pytest.raises(ValueError, match=r"model\.safetensors"):
            load_checkpoint(path)
        with pytest.raises(FileExistsError):
            save_checkpoint(path, toy_net(), SRC_VOCAB, TGT_VOCAB)
    assert not os.path.exists(bomb.folder)


def foreign_safetensors(metadata=None):
    from safetensors.torch import save

    return save({"x": torch.zeros(3)}, metadata)


@pytest.mark.parametrize("content", [
    b"", b"x", b"a text\n", bytes(5000), b"\xff" * 5000, foreign_safetensors(), foreign_safetensors({"format": "pt"}),
    foreign_safetensors({"format": "seq2seq_lib checkpoint 1"}),
    (24).to_bytes(8, "little") + b'{"__metadata__": null}   ',
], ids=["empty", "one byte", "text", "zeros", "ones", "safetensors", "safetensors of PyTorch", "without our parts",
        "without a description"])
def test_file_that_is_no_checkpoint_is_a_value_error_that_names_it(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"model\.safetensors"):
        load_checkpoint(path)


def test_missing_file_is_an_error_that_names_it(path):
    with pytest.raises(FileNotFoundError, match=r"model\.safetensors"):
        load_checkpoint(path)


@pytest.mark.parametrize("content", [
    b"", b"my notes\n" * 20, foreign_safetensors(), foreign_safetensors({"format": "pt"}),
    b"How to read files of the format 'seq2seq_lib checkpoint 1'\n" * 5,
    foreign_safetensors({"remark": "not a seq2seq_lib checkpoint 1"}),
], ids=["empty", "text", "safetensors", "safetensors of PyTorch", "text about us", "safetensors about us"])
def test_foreign_file_is_not_overwritten(path, content):
    path.write_bytes(content)
    with pytest.raises(FileExistsError, match=r"model\.safetensors.*another name"):
        save_checkpoint(path, toy_net(), SRC_VOCAB, TGT_VOCAB)
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_folder_is_not_overwritten(path):
    path.mkdir()
    with pytest.raises(OSError):
        save_checkpoint(path, toy_net(), SRC_VOCAB, TGT_VOCAB)
    assert path.is_dir()


def test_missing_folder_is_an_error_that_names_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        save_checkpoint(tmp_path / "nowhere" / "model.safetensors", toy_net(), SRC_VOCAB, TGT_VOCAB)
    assert not list(tmp_path.iterdir())


def test_vocabulary_that_does_not_fit_is_a_value_error_and_nothing_is_overwritten(path):
    save_checkpoint(path, toy_net(), SRC_VOCAB, TGT_VOCAB)
    data, small = path.read_bytes(), Vocab([["a"]])
    with pytest.raises(ValueError, match="src_vocab has 5 tokens.*11"):
        save_checkpoint(path, toy_net(), small, TGT_VOCAB)
    with pytest.raises(ValueError, match="tgt_vocab has 5 tokens.*11"):
        save_checkpoint(path, toy_net(), SRC_VOCAB, small)
    assert path.read_bytes() == data
    assert list(path.parent.iterdir()) == [path]


def test_settings_that_json_cannot_hold_are_a_type_error_and_nothing_is_overwritten(path):
    save_checkpoint(path, toy_net(), SRC_VOCAB, TGT_VOCAB)
    data = path.read_bytes()
    with pytest.raises(TypeError):
        save_checkpoint(path, toy_net(), SRC_VOCAB, TGT_VOCAB, settings={"net": toy_net()})
    assert path.read_bytes() == data


def test_history_of_another_net_is_a_value_error_and_nothing_is_overwritten(path, trained):
    net, history = trained
    save_checkpoint(path, net, SRC_VOCAB, TGT_VOCAB, history)
    data = path.read_bytes()
    with pytest.raises(ValueError, match="history"):
        save_checkpoint(path, toy_net(), SRC_VOCAB, TGT_VOCAB, history)
    assert path.read_bytes() == data
