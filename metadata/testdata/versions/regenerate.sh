#!/bin/sh
# Makes the databases, what each version of containerd removes from them, and the
# summary anew. Needs the Go module cache, or the network to fill it.
set -eu
cd "$(dirname "$0")/generate"
exec go run .
