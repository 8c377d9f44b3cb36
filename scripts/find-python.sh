#!/bin/sh
# Prints the path of a Python 3.11, 3.12 or 3.13 that can make virtual environments.
# $PYTHON, when set, is the only candidate.
set -u
probe='import sys, venv, ensurepip
assert (3, 11) <= sys.version_info[:2] <= (3, 13)
print(sys.executable)'
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
    if found=$("$candidate" -c "$probe" 2>/dev/null) && [ -n "$found" ]; then
        echo "$found"
        exit 0
    fi
done
{
    if [ -n "${PYTHON:-}" ]; then
        echo "error: expected Python 3.11 to 3.13 with the venv and ensurepip modules, found: PYTHON=$PYTHON ($("$PYTHON" -V 2>&1))"
    else
        echo "error: expected Python 3.11 to 3.13 with the venv and ensurepip modules, found: $(python3 -V 2>&1 || echo none)"
    fi
    echo "hint: install one (on Debian and Ubuntu: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12 up"
} >&2
exit 1
