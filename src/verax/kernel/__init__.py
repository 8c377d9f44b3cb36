"""The rules of Verax, pure: no I/O, no clock, no environment, nothing random.

Whoever calls hands in bytes, times and random values. One module a clause or two of the
protocol: what a module must hold stands as bullets in its docstring.

>>> from verax.kernel.record import TurnSecret
>>> TurnSecret(bytes(range(32))).salt("reply").hex()
'0f9e95c019fcf2cdc71e2c35d962db38'
"""
