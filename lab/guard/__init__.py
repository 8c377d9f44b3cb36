"""Makes the guard's classifiers: an English one over the bundled encoder, a Chinese one over n-grams of characters.

Run the commands in `lab.guard.__main__` one after the other; the environment is that of ``make lab``.
"""
