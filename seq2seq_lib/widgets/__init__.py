"""Widgets: try the real code on real tensors, by mouse or keyboard. Importing this module loads ipywidgets."""

from .base import LessonWidget
from .batch_explorer import BatchExplorer
from .live_curves import LiveCurves
from .mask_explorer import MaskExplorer

__all__ = ["BatchExplorer", "LessonWidget", "LiveCurves", "MaskExplorer"]
