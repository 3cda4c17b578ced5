"""Widgets: try the real code on real tensors, by mouse or keyboard. Importing this module loads ipywidgets."""

from ..tables import align_tables
from .attention_explorer import AttentionExplorer
from .base import LessonWidget
from .batch_explorer import BatchExplorer
from .beam_explorer import BeamExplorer
from .bleu_explorer import BleuExplorer
from .case_file import CaseFile
from .clipping_explorer import ClippingExplorer
from .context_map import ContextMap
from .decoder_stepper import DecoderStepper
from .experiment_board import ExperimentBoard
from .live_curves import LiveCurves
from .mask_explorer import MaskExplorer
from .progress_bar import progress
from .shape_inspector import ShapeInspector
from .translator import Translator

__all__ = [
    "AttentionExplorer", "BatchExplorer", "BeamExplorer", "BleuExplorer", "CaseFile", "ClippingExplorer",
    "ContextMap", "DecoderStepper", "ExperimentBoard", "LessonWidget", "LiveCurves", "MaskExplorer", "ShapeInspector",
    "Translator", "progress",
]

align_tables()
