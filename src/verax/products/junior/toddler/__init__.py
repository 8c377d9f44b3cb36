"""The engine for two to four: co-play with a grown-up beside the child, from a closed library."""

from verax.products.junior.toddler.engine import ToddlerEngine
from verax.products.junior.toddler.library import load_library

__all__ = ["ToddlerEngine", "load_library"]
