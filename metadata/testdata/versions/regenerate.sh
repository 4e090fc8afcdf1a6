#!/bin/sh
# Regenerates the databases, the nodes that each version of containerd removes, and the summary. Needs the Go module cache, or the network to fill it.
set -eu
cd "$(dirname "$0")/generate"
exec go run .
