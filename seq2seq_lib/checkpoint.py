"""Checkpoints: a model, its vocabularies and its training run in one file that holds data only."""

import hashlib
import json
import os
from pathlib import Path
from typing import NamedTuple

import torch

from .decoding import check_vocabs
from .model import Decoder, Encoder, Seq2Seq
from .text import Vocab
from .training import BatchRecord, History, make_optimizer

FORMAT = "seq2seq_lib checkpoint 1"


class Checkpoint(NamedTuple):
    """What a checkpoint file holds; `history` is None if none was saved."""

    net: Seq2Seq
    src_vocab: Vocab
    tgt_vocab: Vocab
    history: History | None
    settings: dict


def save_checkpoint(path, net, src_vocab, tgt_vocab, history=None, settings=None, *, half=False):
    """Save a model, both vocabularies and, with a `history`, all that is needed to go on training.

    The file is safetensors with JSON in its header: data, nothing that could be run. It is written beside its place
    and then moved there, so that a crash leaves the old file whole.

    Args:
        path: the file to write, by custom ending in `.safetensors`. A checkpoint of that name is replaced;
            any other file is left alone.
        net: a `Seq2Seq`.
        src_vocab, tgt_vocab: its vocabularies.
        history: the `History` that `train` returned.
        settings: a dictionary of your own, as JSON can hold it: languages, `num_steps`, a remark.
        half: store the weights in half precision: half the size, for a model that is finished.

    Raises:
        ValueError: a vocabulary that is not of the net's size, a history of another net.
        FileExistsError: the path is taken by a file that is no checkpoint.
        FileNotFoundError: there is no such folder.
        TypeError: settings that JSON cannot hold.
    """
    from safetensors.torch import save

    path = Path(path)
    check_vocabs(net, src_vocab, tgt_vocab)
    if history is not None:
        history.check_net(net)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path.parent}: no such folder; make it, or choose another path")
    if path.exists() and not _is_checkpoint(path):
        raise FileExistsError(f"{path} is there and is no checkpoint of ours; choose another name")
    tensors = {f"net.{name}": t.half() if half else t for name, t in net.state_dict().items()}
    about = {"encoder": net.encoder.settings, "decoder": net.decoder.settings,
             "src_vocab": src_vocab.tokens, "tgt_vocab": tgt_vocab.tokens, "settings": settings or {}}
    if history is not None:
        about["history"] = {"batches": history.batches, "valid_losses": history.valid_losses}
        tensors |= {f"rng.{name}": state for name, state in history.rng_state.items()}
        if history.optimizer is not None:
            for i, state in history.optimizer.state_dict()["state"].items():
                tensors |= {f"optimizer.{i}.{name}": value for name, value in state.items()}
    tensors = {name: t.detach().cpu().contiguous() for name, t in tensors.items()}
    text = json.dumps(about, ensure_ascii=False)
    header = {"format": FORMAT, "about": text, "sha256": _digest(text, tensors)}
    _write_atomically(path, save(tensors, header))


def load_checkpoint(path, device="cpu"):
    """Load what `save_checkpoint` saved. Nothing in the file is executed or unpickled.

    Args:
        path: the file.
        device: where the net shall be.

    Returns:
        `Checkpoint(net, src_vocab, tgt_vocab, history, settings)`; the net is in evaluation mode.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no checkpoint, or is damaged.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file; check the path, or save a checkpoint there first")
    try:
        with safe_open(path, "pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        if header.get("format") != FORMAT:
            raise ValueError(f"its format is {header.get('format')!r}, not {FORMAT!r}")
        if header["sha256"] != _digest(header["about"], tensors):
            raise ValueError("its checksum is wrong")
        about = json.loads(header["about"])
        src_vocab, tgt_vocab = Vocab.from_tokens(about["src_vocab"]), Vocab.from_tokens(about["tgt_vocab"])
        net = Seq2Seq(Encoder(**about["encoder"]), Decoder(**about["decoder"]))
        check_vocabs(net, src_vocab, tgt_vocab)
        net.load_state_dict(_under("net.", tensors))
        net.to(device).eval()
        history = _history(about["history"], net, tensors) if "history" in about else None
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise ValueError(f"{path} is damaged or is no checkpoint of this library ({error}); "
                         "take another copy, or train and save again") from None
    return Checkpoint(net, src_vocab, tgt_vocab, history, about["settings"])


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


def _is_checkpoint(path):
    """Tell by its header whether a file is one that may be replaced, in safetensors' layout: a length, then JSON."""
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
        try:
            return json.loads(file.read(min(length, 2**26)))["__metadata__"]["format"] == FORMAT
        except (ValueError, KeyError, TypeError):
            return False


def _write_atomically(path, data):
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)  # it is there only if something failed
