#!/usr/bin/env bash
# Builds nerdctl from the module proxy: .ci/nerdctl.sh OUTPUT
#
# `go install` refuses nerdctl, because its go.mod has a replace directive for a module of test helpers. So this builds
# in a copy of the module, without the file of the command that needs these helpers. The sum is pinned here; nerdctl's
# own go.sum pins the rest.
set -euo pipefail
output=$(realpath -m "$1")
module=github.com/containerd/nerdctl/v2@v2.2.0
sum=h1:dTJO0gUak1FYg+PyG2+fc6L4Z3TIvH4T+Sa0vQFakAo=

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
go mod init example.com/nerdctl 2>log || { cat log; exit 1; }
download=$(GONOSUMDB=github.com/containerd/nerdctl/v2 go mod download -json "$module")
field() { sed -n "s/.*\"$1\": \"\(.*\)\".*/\1/p" <<<"$download"; }
if [[ $(field Sum) != "$sum" ]]; then
  echo "$module has the sum $(field Sum), want $sum" >&2
  exit 1
fi
cp -r "$(field Dir)" module
chmod -R u+w module
cd module
rm cmd/nerdctl/helpers/testing*.go
mkdir -p mod/tigron
printf 'module github.com/containerd/nerdctl/mod/tigron\n' >mod/tigron/go.mod
go build -o "$output" ./cmd/nerdctl
