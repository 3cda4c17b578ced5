"""Widgets: try the real code on real tensors, by mouse or keyboard. Importing this module loads ipywidgets."""

from .base import LessonWidget
from .batch_explorer import BatchExplorer
from .clipping_explorer import ClippingExplorer
from .decoder_stepper import DecoderStepper
from .live_curves import LiveCurves
from .mask_explorer import MaskExplorer
from .translator import Translator

__all__ = ["BatchExplorer", "ClippingExplorer", "DecoderStepper", "LessonWidget", "LiveCurves", "MaskExplorer",
           "Translator"]
