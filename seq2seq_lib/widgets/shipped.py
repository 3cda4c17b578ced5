"""Shipped: the models that the widgets translate with where a reader gives none."""

from functools import lru_cache

from ..checkpoint import load_checkpoint
from ..corpus import data_folder


@lru_cache
def shipped(direction):
    """Return the shipped model of a direction, `"eng-fra"` or `"eng-zho"`, as a `Checkpoint`.

    Raises:
        ValueError: its file is missing; the message says what to do.
    """
    path = data_folder() / "models" / f"{direction}.safetensors"
    if not path.is_file():
        raise ValueError(f"The model data/models/{path.name} is missing. Take it from the project again, or make it by "
                         "the command: make model")
    return load_checkpoint(path)
