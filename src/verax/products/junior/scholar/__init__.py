"""The engine for eight to twelve: homework by hints, facts with sources, puzzles, and a robot to program."""

from verax.products.junior.scholar.engine import ScholarEngine

__all__ = ["ScholarEngine"]
