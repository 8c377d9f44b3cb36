"""The lab's first room: the model that says whether a passage supports a claim (docs/guides/lab.md).

One command for each step, each of which goes on where it was stopped:

    python -m lab.verifier data --claims FOLDER --run FOLDER
    python -m lab.verifier train --run FOLDER
"""
