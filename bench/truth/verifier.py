"""The part of `bench.truth` that changes with the weights: ``python -m bench.truth.verifier [OUTPUT.json] [--OPTION]``.

Word overlap, the weights that ship, what people see, and the speed; options are those of `bench.truth`. On two idle
cores it takes minutes where all of the benchmark takes an hour.
"""

from __future__ import annotations

import sys

from bench.truth.__main__ import main

if __name__ == "__main__":
    sys.exit(main([*sys.argv[1:], "--only=overlap,shipped,speed"]))
