"""How a server starts so that its code can be named: isolate, measure, seal (protocol clause 13).

>>> from verax.surfaces.launch.environment import injecting_variables
>>> injecting_variables({"LD_PRELOAD": "/tmp/x.so", "HOME": "/home/ann"})
['LD_PRELOAD']

* `launcher` starts the interpreter again with nothing of the outside in it.
* `measure` names what runs: the package, the lock, every installed file, what is mapped.
* `seal` watches all of that while the server runs.
"""
