#!/bin/sh
# Installs programs that tests use, from Debian's packages: Go and its checksum database library (another
# implementation of the logs' formats) and Chromium with fonts for Chinese (the web app's tests).
# Without apt or root it says what is missing and goes on; the tests that need it then skip, and say so.
set -u

# Usage: install WHAT_FOR PACKAGE...
install() {
    reason=$1
    shift
    if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
        echo "note: $reason will skip; to run them, install: $*" >&2
        return
    fi
    echo "setting up: $* (apt, for $reason)"
    export DEBIAN_FRONTEND=noninteractive
    if ! { apt-get install -y -qq --no-install-recommends "$@" ||
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"; }; } >/dev/null 2>&1; then
        echo "note: apt could not install $*; the tests that need them will skip" >&2
    fi
}

if ! command -v go >/dev/null 2>&1 || ! [ -d /usr/share/gocode/src/golang.org/x/mod/sumdb ]; then
    install "the tests against Go's note and tlog packages" golang-go golang-golang-x-mod-dev
fi
if [ -z "${CHROMIUM:-}" ] && ! command -v chromium >/dev/null 2>&1; then
    install "the tests in a browser" chromium fonts-noto-cjk
fi
