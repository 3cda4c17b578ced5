"""Widgets: try the real code on real tensors, by mouse or keyboard. Importing this module loads ipywidgets."""

from .base import LessonWidget
from .batch_explorer import BatchExplorer
from .context_map import ContextMap
from .mask_explorer import MaskExplorer
from .shape_inspector import ShapeInspector

__all__ = ["BatchExplorer", "ContextMap", "LessonWidget", "MaskExplorer", "ShapeInspector"]
