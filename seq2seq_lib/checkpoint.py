"""Checkpoints: a model, its vocabularies and its training run in one file that holds data only."""

import hashlib
import json
import os
import re
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import torch

from .attention import AttentionDecoder
from .decoding import check_vocabs
from .model import Decoder, Encoder, Seq2Seq, require
from .text import Vocab, is_code
from .training import BatchRecord, History, make_optimizer

FORMAT = "seq2seq_lib checkpoint 1"
CLASSES = {made_of.__name__: made_of for made_of in (Encoder, Decoder, AttentionDecoder)}  # that a file may name
PARTS = {"encoder": "Encoder", "decoder": "Decoder"}  # what they are of in a file that names none
WINDOWS = os.name == "nt"


class Checkpoint(NamedTuple):
    """What a checkpoint file holds; `history` and `heard` are None if none was saved."""

    net: Seq2Seq
    src_vocab: Vocab
    tgt_vocab: Vocab
    history: History | None
    settings: dict
    heard: torch.Tensor | None = None


def save_checkpoint(path, net, src_vocab, tgt_vocab, history=None, settings=None, *, half=False, heard=None):
    """Save a model, both vocabularies and, with a `history`, all that is needed to go on training.

    The file is safetensors with JSON in its header: data, nothing that could be run. It is written beside its place
    and then moved there, so that a crash leaves the old file whole; what a crash leaves behind besides, the next save
    of this name removes.

    Args:
        path: the file to write, by custom ending in `.safetensors`. A checkpoint of that name is replaced;
            any other file is left alone.
        net: a `Seq2Seq`.
        src_vocab, tgt_vocab: its vocabularies. Their languages are saved as the settings `source_language` and
            `target_language`.
        history: the `History` that `train` returned.
        settings: a dictionary of your own, as JSON can hold it: `num_steps`, a remark, languages that the vocabularies
            do not know.
        half: store the weights in half precision: half the size, for a model that is finished. Training could not go
            on from rounded weights as if never stopped, so a `history` is refused with it.
        heard: the table of what stood in its training, int32 `(n,)`, see `heard.heard_table`.

    Raises:
        ValueError: a vocabulary that is not of the net's size, or is of another language than the settings say; a
            history of another net; `half` with a history; `heard` is no such table.
        FileExistsError: the path is taken by a file that is no checkpoint.
        FileNotFoundError: there is no such folder.
        TypeError: settings that JSON cannot hold, an encoder or a decoder of one's own that has no `settings`.
    """
    from safetensors.torch import save

    path = Path(path)
    check_vocabs(net, src_vocab, tgt_vocab)
    settings = dict(settings or {})
    for side, vocab in (("source", src_vocab), ("target", tgt_vocab)):
        if vocab.language and settings.setdefault(f"{side}_language", vocab.language) != vocab.language:
            raise ValueError(f"the settings say that {side}_language is {settings[f'{side}_language']!r:.40}, but the "
                             f"vocabulary is of {vocab.language!r}; leave the languages to the vocabularies")
    if history is not None:
        history.check_net(net)
        if half:
            raise ValueError("half=True rounds the weights, and training cannot go on from rounded ones as if never "
                             "stopped; save the finished model without its history, or in full precision")
    check_heard(heard)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path.parent}: no such folder; make it, or choose another path")
    if path.exists() and not _is_checkpoint(path):
        raise FileExistsError(f"{path} is there and is no checkpoint of ours; choose another name")
    tensors = {f"net.{name}": t.half() if half else t for name, t in net.state_dict().items()}
    for part in PARTS:
        require(getattr(net, part), "settings", "to be saved")
    about = {"encoder": net.encoder.settings, "decoder": net.decoder.settings,
             "classes": {part: _class_name(type(getattr(net, part))) for part in PARTS},
             "src_vocab": src_vocab.tokens, "tgt_vocab": tgt_vocab.tokens, "settings": settings}
    if history is not None:
        about["history"] = {"batches": history.batches, "valid_losses": history.valid_losses}
        tensors |= {f"rng.{name}": state for name, state in history.rng_state.items()}
        if history.optimizer is not None:
            for i, state in history.optimizer.state_dict()["state"].items():
                tensors |= {f"optimizer.{i}.{name}": value for name, value in state.items()}
    if heard is not None:
        tensors["heard"] = heard
    tensors = {name: t.detach().cpu().contiguous() for name, t in tensors.items()}
    text = json.dumps(about, ensure_ascii=False)
    header = {"format": FORMAT, "about": text, "sha256": _digest(text, tensors)}
    _write_atomically(path, save(tensors, header))


def load_checkpoint(path, device="cpu", *, encoder=None, decoder=None):
    """Load what `save_checkpoint` saved. Nothing in the file is executed or unpickled.

    Args:
        path: the file.
        device: where the net shall be.
        encoder, decoder: the class that the net's was made of, if it is one of your own.

    Returns:
        `Checkpoint(net, src_vocab, tgt_vocab, history, settings, heard)`; the net is in evaluation mode, and the
        vocabularies know their languages if the settings name them.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no checkpoint, is damaged, or its net is of other classes.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; check the path, or save a checkpoint there first")
    data = path.read_bytes()  # not mapped into memory: what is loaded must not change with the file
    try:
        tensors = load(data)
        header = _metadata(data)
        if header.get("format") != FORMAT:
            raise ValueError(f"its format is {header.get('format')!r}, not {FORMAT!r}")
        if header["sha256"] != _digest(header["about"], tensors):
            raise ValueError("its checksum is wrong")
        about = json.loads(header["about"])
        settings = dict(about["settings"])
        languages = [settings.get(f"{side}_language") for side in ("source", "target")]
        src_vocab, tgt_vocab = (Vocab.from_tokens(about[vocab], language if is_code(language) else None)
                                for vocab, language in zip(("src_vocab", "tgt_vocab"), languages))
        own = {"encoder": encoder, "decoder": decoder}
        net = _net(about, _under("net.", tensors), {part: _class_of(part, about, own[part]) for part in PARTS})
        check_vocabs(net, src_vocab, tgt_vocab)
        net.to(device).eval()
        history = _history(about["history"], net, tensors) if "history" in about else None
        check_heard(tensors.get("heard"))
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise ValueError(f"{path} is damaged or is no checkpoint of this library ({error}); "
                         "take another copy, or train and save again") from None
    return Checkpoint(net, src_vocab, tgt_vocab, history, settings, tensors.get("heard"))


def check_heard(table):
    """Raise ValueError if what is no None is no table of `heard.heard_table`: int32 `(n,)`, ascending."""
    if table is None:
        return
    if not isinstance(table, torch.Tensor) or table.dtype != torch.int32 or table.dim() != 1:
        what = f"{table.dtype} {tuple(table.shape)}" if isinstance(table, torch.Tensor) else type(table).__name__
        raise ValueError(f"heard is {what}, not a tensor int32 (n,), as heard_table(sentences) makes it")
    if not (table[1:] > table[:-1]).all():
        raise ValueError("heard is not in ascending order, as heard_table(sentences) makes it")


def _class_name(made_of):
    name = made_of.__name__
    return name if CLASSES.get(name) is made_of else f"{name} of one's own"


def _class_of(part, about, own):
    """Return the class of the encoder or decoder of a file: one of `CLASSES`, or the reader's own that was passed."""
    name = about.get("classes", PARTS)[part]
    made_of = own or CLASSES.get(name)
    if made_of is None or _class_name(made_of) != name:
        given = f"not a {own.__name__}" if own else "which this library does not know"
        raise ValueError(f"its {part} is a {name!s:.60}, {given}: pass its class, load_checkpoint(path, {part}=...)")
    return made_of


def _net(about, weights, classes):
    """Build a net of these classes for `weights`, without drawing the random numbers of a new one.

    On the device "meta" a net has shapes but no numbers. That the sizes are those of the weights is looked at first:
    a file that claims thousands of layers would keep it building for minutes.
    """
    for part, made_of in classes.items():
        if made_of not in CLASSES.values():
            continue  # a class of one's own: what its sizes mean is not known here
        vocab_size, embed_size = weights[f"{part}.embedding.weight"].shape
        directions = 1 + (f"{part}.rnn.weight_hh_l0_reverse" in weights)
        sizes = dict(vocab_size=vocab_size, embed_size=embed_size,
                     num_hiddens=weights[f"{part}.rnn.weight_hh_l0"].shape[1] * directions,
                     num_layers=sum(name.startswith(f"{part}.rnn.weight_hh_l") for name in weights) // directions)
        for name, size in sizes.items():
            if about[part][name] != size:
                raise ValueError(f"{name} of its {part} is {about[part][name]!r:.40}, its weights are for {size}")
    with torch.device("meta"):
        net = Seq2Seq(*(made_of(**about[part]) for part, made_of in classes.items()))
    shapes = {name: t.shape for name, t in net.state_dict().items()}
    if shapes != {name: t.shape for name, t in weights.items()}:
        raise ValueError("its weights have other names or shapes than those of its model")
    net.to_empty(device="cpu").load_state_dict(weights)  # copied, which brings half precision to float32
    return net


def _history(about, net, tensors):
    history = History()
    history.batches = [BatchRecord(*batch) for batch in about["batches"]]
    history.valid_losses = about["valid_losses"]
    history.rng_state = _under("rng.", tensors)
    history.optimizer = make_optimizer(net)
    state = {}
    for name, value in _under("optimizer.", tensors).items():
        i, _, key = name.partition(".")
        state.setdefault(int(i), {})[key] = value
    history.optimizer.load_state_dict(history.optimizer.state_dict() | {"state": state})
    return history


def _under(prefix, tensors):
    return {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}


def _digest(text, tensors):
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        digest.update(f"{name} {tensors[name].dtype} {tuple(tensors[name].shape)}".encode())
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def _metadata(data):
    """Return the texts in the header of a file in safetensors' layout: a length, then JSON."""
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]).get("__metadata__") or {}


def _is_checkpoint(path):
    """Tell by its header whether a file is one that may be replaced."""
    with open(path, "rb") as file:
        start = file.read(8)
        start += file.read(min(int.from_bytes(start, "little"), 2**26))
    try:
        return _metadata(start)["format"] == FORMAT
    except (ValueError, KeyError, TypeError, AttributeError):
        return False


def _write_atomically(path, data):
    for other in path.parent.iterdir():
        if re.fullmatch(rf"\.{re.escape(path.name)}\.\d{{1,7}}", other.name) and other.is_file():
            with suppress(OSError):  # another may have removed it, or may be about to move it
                if _is_left_behind(other, int(other.name.rpartition(".")[2])):
                    other.unlink()
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)  # it is there only if something failed


def _is_left_behind(temporary, process):
    """Tell whether the process that began a temporary file has ended without moving it."""
    if WINDOWS:  # os.kill would end the process there, so its age decides: no save takes an hour
        return time.time() - temporary.stat().st_mtime > 3600
    try:
        os.kill(process, 0)  # asks whether it lives; nothing is sent
    except ProcessLookupError:
        return True
    except PermissionError:  # it lives, and is another user's
        return False
    return False
