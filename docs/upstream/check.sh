#!/usr/bin/env bash
# Runs the tests of the findings. Each must fail: a test that passes describes a bug that containerd no longer has.
set -euo pipefail
cd "$(dirname "$0")"
output=$(go test -timeout 2m ./... 2>&1 || true)
gone=0 count=0
for test in $(grep -ho '^func Test[A-Za-z]*' ./*_test.go | cut -d' ' -f2); do
  count=$((count + 1))
  if ! grep -q -- "^--- FAIL: $test " <<<"$output"; then
    echo "$test: does not fail"
    gone=$((gone + 1))
  fi
done
if [[ $gone -gt 0 ]]; then
  echo "$output"
  exit 1
fi
echo "$count findings, all of them in containerd $(go list -m -f '{{.Version}}' github.com/containerd/containerd/v2)"
