#!/bin/sh
# Resolves requirements/*.in into hash locks without addresses, for Python 3.11 to 3.13 and every platform.
# Usage: scripts/lock.sh [--upgrade]      needs "uv" (in the development environment)
set -eu
cd "$(dirname "$0")/.."
UV=${UV:-.venv-dev/bin/uv}
sources() { [ "$1" = core ] && echo requirements/core.in requirements/knowledge.in || echo "requirements/$1.in"; }

# Usage: lock NAME [OPTION...]
lock() {
    name=$1
    shift
    "$UV" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links "$@" $(sources "$name") -o "requirements/$name.lock"
    echo "requirements/$name.lock: $(grep -c '==' "requirements/$name.lock") packages"
}

for name in core postgres gates ray node dev; do
    lock "$name" "$@"
done
# PyTorch, of the lab and of the judges by name, is the build for the CPU where pip's find-links hold it, and the one of the
# registry elsewhere. The lab's base weights are a package that is taken without the libraries it names, so it is pinned by hand.
(
    export UV_FIND_LINKS="${UV_FIND_LINKS:-${PIP_FIND_LINKS:-}}"
    lock lab "$@"
    lock judges "$@"
)
cat requirements/lab-base.in >>requirements/lab.lock
