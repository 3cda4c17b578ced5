"""A translator of two RNNs, to be read in one sitting.

The modules in the order of the story: `text` -> `corpus` -> `batches` -> `model` -> `loss` -> `training` ->
`decoding` -> `bleu`; `checkpoint` keeps what training made.
"""

from .batches import Batches, encode
from .bleu import (
                       NgramPrecision,
                       bleu,
                       bootstrap_bleu,
                       brevity_penalty,
                       corpus_bleu,
                       ngram_precisions,
                       references_by_source,
)
from .checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from .corpus import data_folder, large_groups, load_corpus, read_pairs, split_pairs
from .decoding import predict, predict_with_probs
from .loss import MaskedSoftmaxCELoss, sequence_mask
from .model import Decoder, Encoder, Seq2Seq, remember_from_start
from .text import Vocab, detokenize, normalize, tokenize
from .training import (
                       BatchRecord,
                       History,
                       batch_loss,
                       best_device,
                       evaluate_loss,
                       grad_clipping,
                       teacher_forcing,
                       train,
                       train_step,
)

__all__ = [
    "Batches", "BatchRecord", "Checkpoint", "Decoder", "Encoder", "History", "MaskedSoftmaxCELoss", "NgramPrecision",
    "Seq2Seq", "Vocab", "batch_loss", "best_device", "bleu", "bootstrap_bleu", "brevity_penalty", "corpus_bleu",
    "data_folder", "detokenize", "encode", "evaluate_loss", "grad_clipping", "large_groups", "load_checkpoint",
    "load_corpus", "ngram_precisions", "normalize", "predict", "predict_with_probs", "read_pairs",
    "references_by_source", "remember_from_start", "save_checkpoint", "sequence_mask", "split_pairs", "teacher_forcing",
    "tokenize", "train", "train_step",
]
