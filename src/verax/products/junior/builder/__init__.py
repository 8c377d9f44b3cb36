"""The engine for five to seven: stories from parts, letters and sounds, and answers to *why*."""

from verax.products.junior.builder.engine import BuilderEngine

__all__ = ["BuilderEngine"]
