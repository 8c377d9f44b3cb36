"""Junior, an assistant for ages 2 to 12: three closed engines, a library and a vetted collection.

Everything that a child reads was written for this project; a model only chooses among it (docs/concepts/junior.md).
"""

__all__ = ["collection", "limits"]
