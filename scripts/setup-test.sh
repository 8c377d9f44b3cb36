#!/bin/sh
# Installs what the peer tests use: Go and its checksum database library, from Debian's packages.
# Without apt or root it says what is missing and goes on; the tests that need it then skip, and say so.
set -u
if command -v go >/dev/null 2>&1 && [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb ]; then
    exit 0
fi
packages="golang-go golang-golang-x-mod-dev"
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
    echo "note: the tests against Go's note and tlog packages will skip; to run them, install: $packages" >&2
    exit 0
fi
echo "setting up: $packages (apt, for the tests against another implementation)"
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get install -y -qq --no-install-recommends $packages ||
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends $packages; }; } >/dev/null 2>&1; then
    echo "note: apt could not install $packages; the tests that need them will skip" >&2
fi
