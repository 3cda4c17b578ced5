"""A translator of two RNNs, to be read in one sitting.

The modules in the order of the story: `text` -> `corpus` -> `batches` -> `model` -> `loss` -> `training` ->
`decoding` -> `bleu`; `checkpoint` keeps what training made, `search` is the beam behind `decoding`, `attention` has a
decoder that looks back at every word of the source, and `tasks` makes up pairs for experiments.
"""

from .attention import AdditiveScore, AttentionDecoder, GeneralScore, dot_score, masked_softmax
from .batches import Batches, encode
from .bleu import (
                       NgramPrecision,
                       PairedBootstrap,
                       bleu,
                       bootstrap_bleu,
                       brevity_penalty,
                       corpus_bleu,
                       ngram_precisions,
                       paired_bootstrap,
                       references_by_source,
)
from .checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from .corpus import data_folder, large_groups, load_corpus, read_pairs, split_pairs
from .decoding import Hypothesis, beam_search, predict, predict_with_probs
from .loss import MaskedSoftmaxCELoss, sequence_mask
from .model import Decoder, Encoder, Seq2Seq, remember_from_start
from .search import beam_step, exact_search, length_penalty
from .tasks import copy_task, date_task, reverse_task, sort_task
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
    "AdditiveScore", "AttentionDecoder", "batch_loss", "Batches", "BatchRecord", "beam_search", "beam_step",
    "best_device", "bleu", "bootstrap_bleu", "brevity_penalty", "Checkpoint", "copy_task", "corpus_bleu", "data_folder",
    "date_task", "Decoder", "detokenize", "dot_score", "encode", "Encoder", "evaluate_loss", "exact_search",
    "GeneralScore", "grad_clipping", "History", "Hypothesis", "large_groups", "length_penalty", "load_checkpoint",
    "load_corpus", "masked_softmax", "MaskedSoftmaxCELoss", "ngram_precisions", "NgramPrecision", "normalize",
    "paired_bootstrap", "PairedBootstrap", "predict", "predict_with_probs", "read_pairs", "references_by_source",
    "remember_from_start", "reverse_task", "save_checkpoint", "Seq2Seq", "sequence_mask", "sort_task", "split_pairs",
    "teacher_forcing", "tokenize", "train", "train_step", "Vocab",
]
