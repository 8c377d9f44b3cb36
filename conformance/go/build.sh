#!/bin/sh
# Build veraxcheck offline from Debian's packages golang-go and golang-golang-x-mod-dev:  build.sh OUTPUT
set -eu
sources=${VERAX_GOPATH:-/usr/share/gocode}
if ! command -v go >/dev/null || [ ! -d "$sources/src/golang.org/x/mod/sumdb" ]; then
    echo "build.sh: Go or its sumdb packages are missing; apt-get install golang-go golang-golang-x-mod-dev" >&2
    exit 1
fi
cd "$(dirname "$0")"
exec env GOPATH="$sources" GO111MODULE=off GOFLAGS= GOTOOLCHAIN=local go build -o "$1" main.go
