#!/bin/sh
# Regenerates caches.jsonl.gz and rules.jsonl, and compares the policy with them. Needs root, to mount file systems of
# certain sizes, and the Go module cache, or the network to fill it.
set -eu
cd "$(dirname "$0")"
here=$PWD
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

# Pages of 4 KiB: around whole GiB, where the rules round, and others. 0 is a disk that cannot be read.
capacities='0 4096 1073741824 5368705024 10000003072 53687091200 100000002048 107374182400 500000002048 1000000000000 4000000000000 31999998205952'

: > rules.jsonl
buildkitd() { # NAME VERSION
  dir=$temp/$2
  mkdir "$dir"
  cp rules/buildkitd/main.go "$dir"
  (cd "$dir" && go mod init rules && go get "github.com/moby/buildkit/cmd/buildkitd/config@$2") 2> "$dir/log" || { cat "$dir/log"; exit 1; }
  (cd "$dir" && go run . "$1" "$2" $capacities) >> rules.jsonl
}
dockerd() { # NAME MODULE VERSION FOLDER
  dir=$temp/$3
  mkdir -p "$dir/worker"
  cp rules/dockerd/main.go "$dir"
  source=$(go mod download -json "$2@$3" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  cp "$source/$4/gc.go" "$dir/worker"
  # The types of the newest BuildKit: its client has the same fields in all these versions.
  (cd "$dir" && go mod init rules && go get github.com/moby/buildkit/client@v0.34.2) 2> "$dir/log" || { cat "$dir/log"; exit 1; }
  (cd "$dir" && go run . "$1" "$3" $capacities) >> rules.jsonl
}
old=builder/builder-next/worker new=daemon/internal/builder-next/worker
buildkitd buildkitd v0.34.2
buildkitd buildkitd v0.31.0
buildkitd buildkitd-before-2026-06 v0.30.0
buildkitd buildkitd-before-2026-06 v0.17.0
dockerd dockerd github.com/moby/moby/v2 v2.0.0-beta.24 $new
dockerd dockerd github.com/moby/moby/v2 v2.0.0-beta.18 $new
dockerd dockerd-before-2026-06 github.com/moby/moby/v2 v2.0.0-beta.15 $new
dockerd dockerd-before-2026-06 github.com/docker/docker v28.5.1+incompatible $old
dockerd dockerd-before-2025-10 github.com/docker/docker v28.5.0+incompatible $old
dockerd dockerd-before-2025-10 github.com/docker/docker v28.0.0+incompatible $old

(cd prune && go test -count 1 -timeout 0 -output "$temp/caches.jsonl" "$@") > "$temp/log" 2>&1 || { tail -40 "$temp/log"; exit 1; }
gzip -9 -n -c "$temp/caches.jsonl" > caches.jsonl.gz
cd "$here/../.." && go test -count 1 -run 'TestBuildkit|TestDefault' -update . && go test -count 1 -v -run 'EqualsTheCacheManager$|EqualThoseOfTheBuilders$' .
