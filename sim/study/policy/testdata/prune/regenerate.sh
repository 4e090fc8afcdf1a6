#!/bin/sh
# Regenerates nodes.jsonl.gz and summary.txt. Needs the Go module cache, or the network to fill it.
set -eu
cd "$(dirname "$0")"
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
(cd run && go test -count 1 -timeout 0 -output "$temp/nodes.jsonl" "$@") > "$temp/log" 2>&1 || { tail -40 "$temp/log"; exit 1; }
gzip -9 -n -c "$temp/nodes.jsonl" > nodes.jsonl.gz
cd ../.. && go test -count 1 -run 'EqualsTheImagePrunes$' -update . && go test -count 1 -v -run 'EqualsTheImagePrunes$' .
