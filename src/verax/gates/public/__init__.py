"""Public test sets, read from a folder that the user gives; none of their rows comes with Verax.

>>> suite = load_public_set("xstest", Path("../shared/data"))
>>> [item.question for item in suite.items("a" * 64, count=2)]
"""

from verax.gates.public.loading import find_public_sets, load_public_set
from verax.gates.public.sets import PUBLIC_SETS

__all__ = ["PUBLIC_SETS", "find_public_sets", "load_public_set"]
