"""Verax: a self-hosted AI lab that can prove what it says.

>>> import verax
>>> verax.__version__
'0.1.0'
"""

__all__ = ["__version__"]

__version__ = "0.1.0"
